"""What a plan asks and does over HTTP: checks that look and compare, and requests that change something.

It must not know who sends a request, nor what an outcome leads to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)

from core.plan import patterns
from core.plan.kinds import Frozen, Id
from core.plan.quantities import DurationField

_STATUS = re.compile(r"[1-5]\d\d|[1-5]xx")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
# What the request itself says, and what would carry a secret past the source's own settings.
_NOT_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "authorization", "cookie", "content-type"}
)

PRESENT, ABSENT = "present", "absent"


@dataclass(frozen=True)
class Statuses:
    """The statuses that are as wished: numbers, and classes such as '2xx'."""

    written: tuple[str, ...]

    def holds(self, status: int) -> bool:
        """Whether a status is among them."""
        return str(status) in self.written or f"{status // 100}xx" in self.written

    @property
    def text(self) -> str:
        """'200', '200 or 204', '2xx, 304 or 404'."""
        return " or ".join(part for part in (", ".join(self.written[:-1]), self.written[-1]) if part)


def _read_statuses(raw: Any) -> Statuses:
    if isinstance(raw, Statuses):
        return raw
    written = tuple(str(one).lower() for one in (raw if isinstance(raw, list | tuple) else [raw]))
    if not written or not all(_STATUS.fullmatch(one) for one in written):
        raise ValueError("a status is a number from 100 to 599 or a class: write 200, '2xx' or [200, 404]")
    return Statuses(written)


def _write_statuses(statuses: Statuses) -> list[int | str] | int | str:
    plain: list[int | str] = [int(one) if one.isdecimal() else one for one in statuses.written]
    return plain[0] if len(plain) == 1 else plain


_ONE_STATUS = {
    "anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"type": "string", "pattern": "^[1-5](xx|XX|[0-9]{2})$"},
    ]
}
StatusField = Annotated[
    Statuses,
    PlainValidator(_read_statuses),
    PlainSerializer(_write_statuses),
    WithJsonSchema(
        {
            "anyOf": [*_ONE_STATUS["anyOf"], {"type": "array", "minItems": 1, "items": _ONE_STATUS}],
            "description": "The status as wished: a number, a class such as '2xx', or a list of these.",
            "examples": [200, "2xx", [200, 404]],
        }
    ),
]
PatternField = Annotated[str, AfterValidator(patterns.check)]


def _read_header(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise ValueError(f"'{name[:60]}' cannot be the name of a header")
    return name


# ------------------------------------------------------------------------------------------------------- comparisons


class Comparison(Frozen):
    """What a value of an answer is held against; all that is written must hold. Numbers: below, above, at-least, at-most.
    `contains`: a part of a text, or an entry of a list. `matches`: a regular expression somewhere in a text."""

    below: float | None = Field(default=None, allow_inf_nan=False)
    above: float | None = Field(default=None, allow_inf_nan=False)
    at_least: float | None = Field(default=None, alias="at-least", allow_inf_nan=False)
    at_most: float | None = Field(default=None, alias="at-most", allow_inf_nan=False)
    contains: str | int | float | bool | None = None
    matches: PatternField | None = Field(
        default=None,
        description="A regular expression in Rust's syntax: no look-around, no back references.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Comparison:
        if not any(getattr(self, name) is not None for name in self.model_fields_set):
            raise ValueError("a comparison needs one of: below, above, at-least, at-most, contains, matches")
        return self

    @property
    def of_numbers(self) -> bool:
        """Whether it asks for a number."""
        return any(limit is not None for limit in (self.below, self.above, self.at_least, self.at_most))


def _tag(raw: Any) -> str:
    return "comparison" if isinstance(raw, dict | Comparison) else "value"


Expected = Annotated[
    Annotated[str | int | float | bool, Tag("value")] | Annotated[Comparison, Tag("comparison")],
    Discriminator(_tag),
]
"""A value as it must be, or what it is compared with."""

ExpectedHeader = Annotated[
    Annotated[str, Tag("value")] | Annotated[Comparison, Tag("comparison")], Discriminator(_tag)
]


class Expiry(Frozen):
    """How long a certificate must still be good."""

    more_than: DurationField = Field(alias="more-than")


class HttpCheck(Frozen):
    """GET (or HEAD) a path of a source and compare. Redirects are not followed."""

    source: Id
    get: str | None = None
    head: str | None = None
    status: StatusField = Field(default=200, validate_default=True)
    json_: dict[str, Expected] = Field(
        default={}, alias="json", description="A JMESPath to the value it must have, or a comparison."
    )
    header: dict[str, ExpectedHeader] = Field(
        default={}, description="A header to 'present', 'absent', its value, or a comparison."
    )
    body: Comparison | None = Field(default=None, description="The answer's text: contains, matches.")
    within: DurationField | None = Field(
        default=None, description="The whole answer must be there by then; one sample, not a percentile."
    )
    tls_expiry: Expiry | None = Field(
        default=None,
        alias="tls-expiry",
        description="How long the certificate that the source's server shows must still be good.",
    )
    redirects_to_https: bool = Field(
        default=False,
        alias="redirects-to-https",
        description="The source's address by http:// must answer 301 or 308 with an https:// address of the same host.",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> HttpCheck:
        if self.get is not None and self.head is not None:
            raise ValueError("an http check has one of: get, head")
        if self.path is None:
            asked = self.model_fields_set & {"status", "json_", "header", "body", "within"}
            if asked:
                raise ValueError("an http check that looks at an answer needs 'get:' or 'head:'")
            if self.tls_expiry is None and not self.redirects_to_https:
                raise ValueError("an http check needs one of: get, head, tls-expiry, redirects-to-https")
        if self.head is not None and (self.json_ or self.body is not None):
            raise ValueError("an answer to HEAD has no body: use 'get:' for 'json:' and 'body:'")
        if self.body is not None and self.body.of_numbers:
            raise ValueError("a body is a text: compare it by 'contains:' or 'matches:', numbers by 'json:'")
        for name in self.header:
            _read_header(name)
        return self

    @property
    def path(self) -> str | None:
        """What is asked for; None when only the certificate or the redirect is looked at."""
        return self.get if self.get is not None else self.head

    @property
    def method(self) -> Literal["GET", "HEAD"]:
        """How it is asked for."""
        return "HEAD" if self.head is not None else "GET"


# ----------------------------------------------------------------------------------------------------------- requests


class HttpDryRun(Frozen):
    """How a server that knows dry runs is asked for one: what is different from the real request. The server's word is taken
    for it: a server that does not know it would act."""

    path: str | None = Field(default=None, description="Asked instead of the action's path.")
    query: dict[str, str] = Field(default={}, description="Added to the address.")
    body: dict[str, Any] = Field(default={}, description="Keys set in the action's body.")
    status: StatusField | None = Field(default=None, description="The status as wished, else the action's.")

    @model_validator(mode="after")
    def _differs(self) -> HttpDryRun:
        if self.path is None and not self.query and not self.body:
            raise ValueError("a dry run must differ from the action: write 'path:', 'query:' or 'body:'")
        return self


class HttpAct(Frozen):
    """A request that changes something. `body` is JSON; `$weight` and inputs may stand as whole values. Redirects are not
    followed; a server that asks for a pause (Retry-After) gets it."""

    source: Id
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: str
    body: dict[str, Any] | list[Any] | None = None
    headers: dict[str, str] = Field(default={}, description="Sent besides the source's own.")
    status: StatusField = Field(default=200, validate_default=True)
    idempotency_key: str = Field(
        default="Idempotency-Key",
        alias="idempotency-key",
        description="The header that names the request, the same in every attempt.",
    )
    evidence: tuple[str, ...] = Field(
        default=(), description="JMESPaths of the answer that are kept; else its beginning."
    )
    link: str | None = Field(
        default=None,
        description="A JMESPath to the address (https) of what the request has made, such as a ticket.",
    )
    timeout: DurationField = Field(default="30s", validate_default=True)
    dry_run: HttpDryRun | None = Field(default=None, alias="dry-run")

    @model_validator(mode="after")
    def _headers_fit(self) -> HttpAct:
        headers_fit(self.headers, self.idempotency_key)
        if self.dry_run is not None and self.dry_run.body and isinstance(self.body, list):
            raise ValueError(
                "a dry run sets keys of the body, and this body is a list: use 'query:' or 'path:'"
            )
        return self


def headers_fit(headers: dict[str, str], key: str) -> None:
    """Raises ValueError for a header that a request may not set, or that would stand twice: `key` is its own."""
    for name in (*headers, key):
        if _read_header(name).lower() in _NOT_OURS:
            raise ValueError(
                f"the header '{name}' is not for an action to set: what names the bot stands in the source"
            )
    if key.lower() in {name.lower() for name in headers}:
        raise ValueError(f"the header '{key}' carries the request's own key")

"""Whom a deployment tells besides its own channel: other channels, people by e-mail, and services by a request.

It must not know what is said, nor how a message travels.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from core.plan.access import Tls
from core.plan.kinds import Env, Frozen, Id, Text, exactly_one
from core.plan.over_http import StatusField, headers_fit
from core.plan.quantities import DurationField

AUDIENCE_KINDS = ("channel", "email", "webhook")
TEXT, SUBJECT = "text", "subject"
"""What `$name` may stand for in a webhook besides the plan's inputs: what is said, and its first line."""

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,190}")
_SECRET = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")


def is_address(text: str) -> bool:
    """Whether a text can be the address of one mailbox: no name, no list, nothing that could end a header."""
    return _ADDRESS.fullmatch(text) is not None and text.isprintable()


def _read_address(text: str) -> str:
    if _SECRET.fullmatch(text) or is_address(text):
        return text
    raise ValueError(
        f"'{text[:60]}' is not an address: write it like 'support@shop.example', or '${{NAME}}' for the bot's environment"
    )


TlsKind = Literal["starttls", "implicit", "none"]
TLS_KINDS: tuple[TlsKind, ...] = ("starttls", "implicit", "none")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SecretField = Annotated[str, Field(pattern=r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$")]


def _read_port(raw: Any) -> int | str:
    if isinstance(raw, int) and not isinstance(raw, bool) and 1 <= raw <= 65_535:
        return raw
    if isinstance(raw, str) and _SECRET.fullmatch(raw):
        return raw
    raise ValueError("a port is a number from 1 to 65535, or '${NAME}' for the bot's environment")


PortField = Annotated[
    int | str,
    PlainValidator(_read_port),
    PlainSerializer(lambda port: port),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": 65535},
                {"type": "string", "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"},
            ],
            "examples": [587, 465],
        }
    ),
]
AddressField = Annotated[Env, AfterValidator(_read_address)]


class SmtpSource(Frozen):
    """A mail server that takes messages. `starttls` encrypts after the greeting, `implicit` from the first byte, `none` not at
    all. Values may stand as ${NAME}."""

    host: Env
    port: PortField = 587
    from_: AddressField = Field(alias="from", description="Who the messages are from.")
    user: Env | None = None
    password: Env | None = None
    tls: TlsKind | SecretField = "starttls"
    trust: Tls | None = Field(
        default=None, description="Files for TLS: 'ca' instead of the system's own certificates."
    )
    insecure: bool = Field(
        default=False,
        description="true: a password may travel without TLS. A server on the bot's own host needs it not.",
    )
    timeout: DurationField = Field(
        default="20s", validate_default=True, description="For every step of the exchange."
    )

    @model_validator(mode="after")
    def _whole(self) -> SmtpSource:
        if (self.user is None) != (self.password is None):
            raise ValueError("'user:' and 'password:' go together: write both or neither")
        remote = not self.host.startswith("${") and self.host not in LOOPBACK
        if self.tls == "none" and self.password is not None and not self.insecure and remote:
            raise ValueError(
                "a password would travel in the clear: use 'tls: starttls' or 'implicit', or say 'insecure: true' if that is meant"
            )
        if self.tls == "none" and self.trust is not None:
            raise ValueError("'trust:' says whom TLS believes, and there is none: write 'tls: starttls'")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may hold ${NAME}."""
        own = (self.host, self.from_, self.user, self.password, str(self.port), self.tls)
        trusted = self.trust.texts if self.trust is not None else ()
        return (*(text for text in own if text is not None), *trusted)


class Email(Frozen):
    """By e-mail, as plain text."""

    source: Id
    to: tuple[AddressField, ...] = Field(min_length=1, max_length=50)


class Webhook(Frozen):
    """By a request to a source. In `body`, `$text` stands for what is said and `$subject` for its first line, each as one
    value; inputs of the plan may stand there too. Sent at least once, always with the same key."""

    source: Id
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: str
    body: dict[str, Any]
    headers: dict[str, str] = Field(default={}, description="Sent besides the source's own.")
    status: StatusField = Field(default="2xx", validate_default=True)
    idempotency_key: str = Field(
        default="Idempotency-Key",
        alias="idempotency-key",
        description="The header that names the request, the same in every attempt.",
    )
    timeout: DurationField = Field(default="30s", validate_default=True)

    @model_validator(mode="after")
    def _headers_fit(self) -> Webhook:
        headers_fit(self.headers, self.idempotency_key)
        return self


class Audience(Frozen):
    """Somebody who is told: exactly one of channel, email, webhook."""

    title: Text
    channel: Id | None = Field(default=None, description="A channel of the plan, by its name there.")
    email: Email | None = None
    webhook: Webhook | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Audience:
        exactly_one(self, "an audience", *AUDIENCE_KINDS)
        return self

    @property
    def kind(self) -> str:
        """How it is told: one of AUDIENCE_KINDS."""
        return exactly_one(self, "an audience", *AUDIENCE_KINDS)

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may hold ${NAME}."""
        return self.email.to if self.email is not None else ()

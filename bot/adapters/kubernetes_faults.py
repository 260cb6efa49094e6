"""What a cluster's refusals mean: its API's statuses, and the exceptions of the library that loads its configuration.

Two tables, one row each; a test holds the second against the library, so that a new class is looked at by a person before
it can mean anything. It must not know what was asked for.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from bot.errors import GaveUp, TryLater


class Means(Enum):
    """NOT_DONE: it surely did not happen and may work later. UNKNOWN: it may have happened. NEVER: trying again cannot help."""

    NOT_DONE = "not-done"
    UNKNOWN = "unknown"
    NEVER = "never"


# 500 is also how the API server says that its store did not answer in time, and 503 and 504 may come from in between.
BY_STATUS: Final[dict[int, Means]] = {
    400: Means.NEVER,
    401: Means.NOT_DONE,  # a token that has run out is renewed
    403: Means.NEVER,
    404: Means.NEVER,
    405: Means.NEVER,
    406: Means.NEVER,
    409: Means.NOT_DONE,
    410: Means.NOT_DONE,
    413: Means.NEVER,
    415: Means.NEVER,
    422: Means.NEVER,
    429: Means.NOT_DONE,
    500: Means.UNKNOWN,
    502: Means.UNKNOWN,
    503: Means.UNKNOWN,
    504: Means.UNKNOWN,
}

# By name, so that this table can be read without the library.
BY_EXCEPTION: Final[dict[str, Means]] = {
    "ConfigException": Means.NEVER,
    "OpenApiException": Means.UNKNOWN,
    "ApiTypeError": Means.NEVER,
    "ApiValueError": Means.NEVER,
    "ApiAttributeError": Means.NEVER,
    "ApiKeyError": Means.NEVER,
    "ApiException": Means.UNKNOWN,
    "BadRequestException": Means.NEVER,
    "NotFoundException": Means.NEVER,
    "UnauthorizedException": Means.NOT_DONE,
    "ForbiddenException": Means.NEVER,
    "ServiceException": Means.UNKNOWN,
    "ConflictException": Means.NOT_DONE,
    "UnprocessableEntityException": Means.NEVER,
}

_SHOWN: Final = 600


def refusal(status: int, body: Any, retry_after_s: float | None, who: str) -> TryLater | GaveUp:
    """A status that is no success, as one of our errors; its code is the API's own word ('Conflict', 'NotFound' ...)."""
    said = body if isinstance(body, dict) else {}
    details = said.get("details")
    code = str(said.get("reason") or status)
    if status == 404:  # an object that is not there is named; else the whole path is unknown to the server
        named = isinstance(details, dict) and bool(details.get("name"))
        code = "NotFound" if named else "NoPath"
    message = str(said.get("message") or f"status {status}")[:_SHOWN]
    reason = f"{who} says: {message.rstrip('.')}."
    means = BY_STATUS.get(status, Means.UNKNOWN if status >= 500 else Means.NEVER)
    if means is Means.NEVER:
        return GaveUp(reason, code=code)
    wait_s = retry_after_s or _seconds(details) or 1.0
    return TryLater(wait_s, reason, unknown=means is Means.UNKNOWN, code=code)


def library_failure(problem: BaseException, who: str) -> TryLater | GaveUp:
    """An exception of the library as one of our errors. Its text is not shown: it may hold a header with a token."""
    name = type(problem).__name__
    if BY_EXCEPTION.get(name, Means.UNKNOWN) is Means.NEVER:
        return GaveUp(f"A request to {who} cannot be made ({name}).", code=name)
    unknown = BY_EXCEPTION.get(name, Means.UNKNOWN) is Means.UNKNOWN
    return TryLater(1.0, f"The request to {who} failed ({name}).", unknown=unknown, code=name)


def _seconds(details: Any) -> float | None:
    found = details.get("retryAfterSeconds") if isinstance(details, dict) else None
    return float(found) if isinstance(found, int | float) and 0 < found < 86_400 else None

"""What requests' and the Prometheus client's exceptions mean for a question that changes nothing: who is at fault, and may it
work later?

One table, one row an exception class. A class without a row makes a test fail, so that a new one is looked at by a person
before it can mean anything. The codes are those of `commands.texts` ('detail.CODE'). It must not know what was asked.
"""

from __future__ import annotations

from typing import Final

from prometheus_api_client.exceptions import MetricValueConversionError, PrometheusApiClientException
from requests import exceptions as theirs
from urllib3.exceptions import ReadTimeoutError

from bot.errors import GaveUp, TryLater

DOWN: Final = "source-down"
SLOW: Final = "source-slow"
ODD: Final = "answer-odd"
WRONG: Final = "address-wrong"
REFUSED: Final = "source-refused"
FAILING: Final = "source-failing"
QUERY: Final = "query-refused"
LARGE: Final = "answer-too-large"
PARTIAL: Final = "answer-partial"

MEANING: Final[dict[type[BaseException], str]] = {
    theirs.RequestException: FAILING,
    theirs.ConnectionError: DOWN,
    theirs.ProxyError: DOWN,
    theirs.SSLError: DOWN,
    theirs.ConnectTimeout: SLOW,
    theirs.ReadTimeout: SLOW,
    theirs.Timeout: SLOW,
    theirs.ChunkedEncodingError: DOWN,
    theirs.ContentDecodingError: ODD,
    theirs.StreamConsumedError: ODD,
    theirs.InvalidJSONError: ODD,
    theirs.JSONDecodeError: ODD,
    theirs.HTTPError: FAILING,
    theirs.RetryError: FAILING,
    theirs.TooManyRedirects: ODD,
    theirs.UnrewindableBodyError: FAILING,
    theirs.URLRequired: WRONG,
    theirs.MissingSchema: WRONG,
    theirs.InvalidSchema: WRONG,
    theirs.InvalidURL: WRONG,
    theirs.InvalidProxyURL: WRONG,
    theirs.InvalidHeader: WRONG,
    PrometheusApiClientException: FAILING,
    MetricValueConversionError: ODD,
}

# What a question may raise. OSError: a certificate's file that is not there; ValueError: an address no request can go to.
RAISED: Final = (
    theirs.RequestException,
    PrometheusApiClientException,
    MetricValueConversionError,
    OSError,
    ValueError,
)

_SAID: Final = {
    DOWN: "{who} could not be reached ({name}).",
    SLOW: "{who} did not answer in time ({name}).",
    ODD: "{who} answered something that is not Prometheus' API ({name}).",
    FAILING: "{who} failed ({name}).",
}


def as_failure(problem: BaseException, who: str) -> TryLater | GaveUp:
    """`problem` as one of our two errors; `code` is the detail code. `who` is the source by its name in the plan."""
    # The message of a vendor's exception may hold an address with a password: its class says enough.
    name = type(problem).__name__
    code = SLOW if _timed_out(problem) else MEANING.get(type(problem))
    if code is None:
        code = WRONG if isinstance(problem, OSError | ValueError) else FAILING
    if code == WRONG:
        reason = f"The address, a header or a certificate's file of {who} cannot be used ({name}): correct it and try again."
        return GaveUp(reason, code=code)
    return TryLater(1.0, _SAID[code].format(who=who, name=name), code=code)


def _timed_out(problem: BaseException) -> bool:
    """In the middle of an answer requests calls a time-out a broken connection; what it wraps says what it was."""
    return any(isinstance(inner, ReadTimeoutError) for inner in problem.args)

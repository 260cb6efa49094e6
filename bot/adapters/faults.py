"""What aiohttp's exceptions mean for the one question that matters: may the request have had its effect?

One table, one row an exception class. A class without a row makes a test fail, so that a new one is looked at by a
person before it can mean anything. It must not know which service was asked.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import aiohttp

from bot.errors import GaveUp, TryLater

SOON_S: Final = 1.0


class Meaning(Enum):
    """NOT_SENT: it surely did not happen. UNKNOWN: it may have. WRONG: the address is no good, and will not be."""

    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"
    WRONG = "wrong"


# Websocket classes stand here too, for the test that compares this table with the library; requests never raise them.
MEANING: Final[dict[type[BaseException], Meaning]] = {
    aiohttp.ClientConnectorError: Meaning.NOT_SENT,
    aiohttp.ClientConnectorDNSError: Meaning.NOT_SENT,
    aiohttp.ClientConnectorSSLError: Meaning.NOT_SENT,
    aiohttp.ClientConnectorCertificateError: Meaning.NOT_SENT,
    aiohttp.ClientSSLError: Meaning.NOT_SENT,
    aiohttp.ClientProxyConnectionError: Meaning.NOT_SENT,
    aiohttp.ClientHttpProxyError: Meaning.NOT_SENT,
    aiohttp.ConnectionTimeoutError: Meaning.NOT_SENT,
    aiohttp.ServerFingerprintMismatch: Meaning.NOT_SENT,
    aiohttp.InvalidURL: Meaning.WRONG,
    aiohttp.InvalidUrlClientError: Meaning.WRONG,
    aiohttp.NonHttpUrlClientError: Meaning.WRONG,
    aiohttp.InvalidUrlRedirectClientError: Meaning.UNKNOWN,
    aiohttp.NonHttpUrlRedirectClientError: Meaning.UNKNOWN,
    aiohttp.RedirectClientError: Meaning.UNKNOWN,
    aiohttp.TooManyRedirects: Meaning.UNKNOWN,
    aiohttp.SocketTimeoutError: Meaning.UNKNOWN,
    aiohttp.ServerTimeoutError: Meaning.UNKNOWN,
    aiohttp.ServerDisconnectedError: Meaning.UNKNOWN,
    aiohttp.ServerConnectionError: Meaning.UNKNOWN,
    aiohttp.ClientConnectionResetError: Meaning.UNKNOWN,
    aiohttp.ClientConnectionError: Meaning.UNKNOWN,
    aiohttp.ClientOSError: Meaning.UNKNOWN,
    aiohttp.ClientPayloadError: Meaning.UNKNOWN,
    aiohttp.UploadAbortedError: Meaning.UNKNOWN,
    aiohttp.ClientResponseError: Meaning.UNKNOWN,
    aiohttp.ContentTypeError: Meaning.UNKNOWN,
    aiohttp.WSServerHandshakeError: Meaning.UNKNOWN,
    aiohttp.ClientError: Meaning.UNKNOWN,
}

# What a request may raise. OSError and TimeoutError come from below aiohttp; RuntimeError from a closed session.
RAISED: Final = (aiohttp.ClientError, OSError, TimeoutError, RuntimeError)


def as_failure(problem: BaseException, who: str) -> TryLater | GaveUp:
    """`problem` as one of our two errors. `who` is the service by its name in the plan, or 'Slack'."""
    # The message of a vendor's exception may hold an address with a password: its class says enough.
    name = type(problem).__name__
    meaning = MEANING.get(type(problem), Meaning.UNKNOWN)
    if meaning is Meaning.WRONG:
        return GaveUp(
            f"The address of {who} is not an http address ({name}): correct it and try again.", code=name
        )
    if meaning is Meaning.NOT_SENT:
        return TryLater(SOON_S, f"{who} could not be reached ({name}).", code=name)
    if isinstance(problem, TimeoutError):
        return TryLater(SOON_S, f"{who} did not answer in time.", unknown=True, code=name)
    return TryLater(
        SOON_S, f"The connection to {who} broke before it answered ({name}).", unknown=True, code=name
    )

"""Looks at the certificate that a server shows, over a connection of its own: one that is kept open would show an old one.

It must not know how long a certificate ought to be good.
"""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from typing import Final

from bot.adapters.faults import SOON_S
from bot.errors import TryLater

_EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED


async def good_until(
    host: str, port: int, context: ssl.SSLContext | bool, timeout_s: float, who: str
) -> datetime | None:
    """The end of the certificate (UTC); None when it, or one that it hangs on, is over already. TryLater when no handshake came
    about for any other reason: then nothing is known."""
    trust = ssl.create_default_context() if isinstance(context, bool) else context
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port, ssl=trust, server_hostname=host)
    except ssl.SSLCertVerificationError as problem:
        if problem.verify_code == _EXPIRED:
            return None
        raise TryLater(
            SOON_S, f"The certificate of {who} is not trusted: {problem.verify_message}.", code="certificate"
        ) from None
    except TimeoutError:
        raise TryLater(SOON_S, f"{who} did not answer in time.", code="timeout") from None
    except (OSError, ssl.SSLError, ValueError) as problem:
        raise TryLater(SOON_S, f"{who} could not be reached by TLS ({type(problem).__name__}).") from None
    try:
        shown = writer.get_extra_info("peercert") or {}
    finally:
        writer.transport.abort()  # nothing was said, so there is nothing to say goodbye to
    if "notAfter" not in shown:
        raise TryLater(SOON_S, f"{who} showed no certificate that can be read.")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)

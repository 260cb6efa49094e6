"""Entering a source over HTTP: the header that says who the bot is, and the TLS that says whom it trusts.

Files are read again when they have changed, so that a renewed certificate needs no restart. It must not know what is asked.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from bot.errors import GaveUp
from bot.secrets import Secrets
from core.plan.models import Auth, Tls

_Files = tuple[tuple[str, str, int], ...]  # what for, path, when it was changed


def authorization(auth: Auth | None, secrets: Secrets) -> dict[str, str]:
    """The header Authorization, or nothing. GaveUp names a variable that is not set."""
    if auth is None:
        return {}
    if auth.basic is not None:
        pair = f"{secrets.resolve(auth.basic.user)}:{secrets.resolve(auth.basic.password)}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    return {"Authorization": f"Bearer {secrets.resolve(auth.bearer or '')}"}


class Trust:
    """TLS contexts by the files they are made of. Relative paths stand in `folder`."""

    def __init__(self, secrets: Secrets, folder: Path) -> None:
        self._secrets = secrets
        self._folder = folder
        self._known: dict[tuple[str | None, ...], tuple[_Files, ssl.SSLContext]] = {}

    async def context(self, tls: Tls | None, who: str) -> ssl.SSLContext | bool:
        """For a request: True is the system's own trust. GaveUp when a file is missing or is not what it should be; `who` is
        the source as people know it."""
        if tls is None:
            return True
        return await asyncio.to_thread(self._context, tls, who)

    def _context(self, tls: Tls, who: str) -> ssl.SSLContext:
        written = (tls.ca, tls.certificate, tls.key)
        paths = [None if one is None else self.path(one) for one in written]
        files = tuple(
            (name, str(path), _changed(path, name, who))
            for name, path in zip(("ca", "certificate", "key"), paths, strict=True)
            if path is not None
        )
        known = self._known.get(written)
        if known is None or known[0] != files:
            known = (files, _made(paths, who))
            self._known[written] = known
        return known[1]

    def path(self, written: str) -> Path:
        """Where a file of a source is."""
        return self._folder / Path(self._secrets.resolve(written)).expanduser()


def _changed(path: Path, name: str, who: str) -> int:
    try:
        return path.stat().st_mtime_ns
    except (OSError, ValueError):
        raise GaveUp(
            f"The file under 'tls: {name}' of {who} is not there: put it there and try again."
        ) from None


def _made(paths: Sequence[Path | None], who: str) -> ssl.SSLContext:
    ca, certificate, key = paths
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ValueError):
        raise GaveUp(f"The file under 'tls: ca' of {who} holds no certificates (PEM).") from None
    if certificate is not None:
        try:
            # A key with a passphrase would make OpenSSL ask for it at the terminal, for ever.
            context.load_cert_chain(certificate, key, password=lambda: "")
        except (OSError, ValueError):
            raise GaveUp(
                f"The files under 'tls: certificate' and 'key' of {who} are no certificate with its key (PEM, no passphrase)."
            ) from None
    return context

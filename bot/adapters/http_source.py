"""Asks a plan's HTTP sources: one request, one answer, nothing remembered and nothing tried again.

It must not know what a metric, a check or an action is, nor what a failure leads to.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from bot.adapters.certificates import good_until
from bot.adapters.entrance import Trust, authorization
from bot.adapters.faults import RAISED, as_failure
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.plan.models import HttpSource, Plan

LARGEST_ANSWER: Final = 5_000_000  # bytes; a metrics answer is a few thousand
_SHOWN: Final = 2_000  # characters of an answer that are kept as evidence


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status, the JSON (None when the body is none), and the start of the text. `headers`: names in
    small letters, several of one name joined by commas. `took_s` counts from the request to the last byte."""

    status: int
    json: Any
    text: str
    retry_after_s: float | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    took_s: float = 0.0
    whole: str = ""


class HttpSources:
    """Every HTTP source of every plan, over one shared session. Redirects are not followed: they would carry headers
    with secrets to an address nobody reviewed."""

    def __init__(self, session: aiohttp.ClientSession, secrets: Secrets, folder: Path = Path()) -> None:
        """`folder`: where relative paths of TLS files stand."""
        self._session = session
        self._secrets = secrets
        self._trust = Trust(secrets, folder)

    async def get(
        self, plan: Plan, source: str, path: str, *, method: str = "GET", timeout_s: float | None = None
    ) -> Answer:
        """GET (or HEAD) `path` of a source. Raises TryLater or GaveUp when nothing came back."""
        return await self.ask(plan, method, source, path, timeout_s=timeout_s)

    async def ask(
        self,
        plan: Plan,
        method: str,
        source: str,
        path: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """One request. `timeout_s` is for all of it; else the source's. Any status is an answer, not an error.

        Raises GaveUp for a source that is not there or an address that cannot be; TryLater, with `unknown` when the
        request may have arrived."""
        place = _place(plan, source)
        url = self._secrets.resolve(place.url).rstrip("/") + "/" + path.lstrip("/")
        sent = {name: self._secrets.resolve(value) for name, value in place.headers.items()}
        sent |= authorization(place.auth, self._secrets)
        trust = await self._trust.context(place.tls, f"the source '{source}'")
        limit = timeout_s or place.timeout.total_seconds()
        payload = {} if body is None else {"json": body}
        return await self._send(
            method, url, source, limit, headers={**sent, **(headers or {})}, ssl=trust, **payload
        )

    async def plainly(self, plan: Plan, source: str, path: str) -> tuple[str, Answer]:
        """(address, answer) of the source's host by http://, without anything that is meant for the source alone: no header
        and no credentials go out unencrypted. Raises like `ask`."""
        place = _place(plan, source)
        parts = urlsplit(self._secrets.resolve(place.url))
        # What listens for https does not listen for http: the port is kept only where the address is http:// itself.
        host = parts.netloc.rpartition("@")[2] if parts.scheme == "http" else _bracketed(parts.hostname or "")
        url = f"http://{host}/{path.lstrip('/')}"
        return url, await self._send("GET", url, source, place.timeout.total_seconds())

    async def good_until(self, plan: Plan, source: str) -> tuple[str, datetime | None]:
        """(host, end) of the certificate that the source's server shows; the end is None when it is over. Raises like `ask`."""
        place = _place(plan, source)
        parts = urlsplit(self._secrets.resolve(place.url))
        if parts.scheme != "https" or not parts.hostname:
            raise GaveUp(f"The source '{source}' has no https:// address, so it shows no certificate.")
        who = f"the source '{source}'"
        trust = await self._trust.context(place.tls, who)
        limit = place.timeout.total_seconds()
        return parts.hostname, await good_until(parts.hostname, parts.port or 443, trust, limit, who)

    async def _send(self, method: str, url: str, source: str, limit_s: float, **more: Any) -> Answer:
        began = time.monotonic()
        limit = aiohttp.ClientTimeout(total=limit_s)
        try:
            async with self._session.request(
                method, url, timeout=limit, allow_redirects=False, **more
            ) as response:
                raw = await _read(response, source)
                took_s = time.monotonic() - began
                return _answer(response, raw, took_s)
        except RAISED as problem:
            raise as_failure(problem, f"the source '{source}'") from None
        except ValueError as problem:  # a header or address that cannot be sent at all
            raise GaveUp(
                f"A request to the source '{source}' cannot be made: {type(problem).__name__}."
            ) from None


def _place(plan: Plan, source: str) -> HttpSource:
    place = plan.sources.get(source)
    if place is None or place.http is None:
        raise GaveUp(f"The plan has no HTTP source '{source}'.")
    return place.http


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _answer(response: aiohttp.ClientResponse, raw: bytes, took_s: float) -> Answer:
    names = dict.fromkeys(name.lower() for name in response.headers)
    headers = {name: ", ".join(response.headers.getall(name)) for name in names}
    charset = response.charset or "utf-8"
    try:
        whole = raw.decode(charset, "replace")
    except LookupError:  # a charset nobody knows
        whole = raw.decode("utf-8", "replace")
    return Answer(
        response.status,
        _parsed(raw),
        whole[:_SHOWN],
        _wait(headers),
        MappingProxyType(headers),
        took_s,
        whole,
    )


async def _read(response: aiohttp.ClientResponse, source: str) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        raw += chunk
        if len(raw) > LARGEST_ANSWER:
            raise TryLater(
                60.0, f"The source '{source}' answered more than {LARGEST_ANSWER} bytes.", unknown=True
            )
    return bytes(raw)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _wait(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds: a number of them, or a date, counted from the moment at which the server says that it answered."""
    written = headers.get("retry-after", "")
    try:
        seconds = float(written)
    except ValueError:
        seconds = _until(written, headers.get("date", ""))
    return seconds if 0 <= seconds < 86_400 else None


def _until(then: str, now: str) -> float:
    try:
        return (parsedate_to_datetime(then) - parsedate_to_datetime(now)).total_seconds()
    except (ValueError, TypeError):  # TypeError: one of the two does not say its zone
        return -1.0

"""Asks a plan's HTTP sources: one request, one answer, nothing remembered and nothing tried again.

It must not know what a metric, a check or an action is, nor what a failure leads to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from bot.adapters.faults import RAISED, as_failure
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.plan.models import Plan

LARGEST_ANSWER: Final = 5_000_000  # bytes; a metrics answer is a few thousand
_SHOWN: Final = 2_000  # characters of an answer that are kept as evidence


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status, the JSON (None when the body is none), and the start of the text."""

    status: int
    json: Any
    text: str
    retry_after_s: float | None = None


class HttpSources:
    """Every HTTP source of every plan, over one shared session. Redirects are not followed: they would carry headers
    with secrets to an address nobody reviewed."""

    def __init__(self, session: aiohttp.ClientSession, secrets: Secrets) -> None:
        self._session = session
        self._secrets = secrets

    async def get(self, plan: Plan, source: str, path: str, *, timeout_s: float | None = None) -> Answer:
        """GET `path` of a source. Raises TryLater or GaveUp when nothing came back."""
        return await self.ask(plan, "GET", source, path, timeout_s=timeout_s)

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
        place = plan.sources.get(source)
        if place is None or place.http is None:
            raise GaveUp(f"The plan has no HTTP source '{source}'.")
        url = self._secrets.resolve(place.http.url).rstrip("/") + "/" + path.lstrip("/")
        sent = {name: self._secrets.resolve(value) for name, value in place.http.headers.items()}
        limit = aiohttp.ClientTimeout(total=timeout_s or place.http.timeout.total_seconds())
        payload = {} if body is None else {"json": body}
        try:
            async with self._session.request(
                method,
                url,
                headers={**sent, **(headers or {})},
                timeout=limit,
                allow_redirects=False,
                **payload,
            ) as response:
                raw = await _read(response, source)
                return Answer(response.status, _parsed(raw), _shown(raw), _wait(response.headers))
        except RAISED as problem:
            raise as_failure(problem, f"the source '{source}'") from None
        except ValueError as problem:  # a header or address that cannot be sent at all
            raise GaveUp(
                f"A request to the source '{source}' cannot be made: {type(problem).__name__}."
            ) from None


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


def _shown(raw: bytes) -> str:
    return raw[: _SHOWN * 4].decode("utf-8", "replace")[:_SHOWN]


def _wait(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, when it is a number of seconds (a date is left to the caller's own back-off)."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None

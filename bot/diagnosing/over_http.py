"""`Diagnoses` for `http:`: one GET of an address that the plan itself reads there, so that the authorisation is tried too.

It must not know what the answer means for a metric or a check: those are looked at by themselves.
"""

from __future__ import annotations

import time
from typing import Final

from bot.adapters.http_source import HttpSources
from bot.errors import GaveUp, TryLater
from core.findings import Finding, State
from core.plan.models import HttpCheck, Metric, Plan, ReadWeight
from core.plan.variables import names_in
from core.plan.walk import parts

_UNAUTHORISED: Final = frozenset({401, 403, 407})


class OverHttpDiagnosis:
    """One request a source."""

    def __init__(self, sources: HttpSources) -> None:
        self._sources = sources

    async def diagnose(self, plan: Plan, name: str) -> list[Finding]:
        """Whether the source answers, whether it lets the bot in, and how long that took."""
        path = read_there(plan, name)
        began = time.monotonic()
        try:
            answer = await self._sources.get(plan, name, path)
        except (TryLater, GaveUp) as problem:
            words = (("source", name), ("reason", problem.reason))
            return [Finding("source", name, "broken", "source-unreachable", words, time.monotonic() - began)]
        key, state = _meaning(answer.status)
        words_of = (("source", name), ("path", path), ("code", answer.status))
        return [Finding("source", name, state, key, words_of, time.monotonic() - began)]


def read_there(plan: Plan, source: str) -> str:
    """An address that the plan reads from this source and that needs no input; '/' when it reads none."""
    for _, part in parts(plan):
        if not isinstance(part, Metric | HttpCheck | ReadWeight) or part.source != source:
            continue
        path = (part.get or "").replace("$track", "control")
        if path and not names_in(path):
            return path
    return "/"


def _meaning(status: int) -> tuple[str, State]:
    if status in _UNAUTHORISED:
        return "source-unauthorised", "broken"
    if status >= 500:
        return "source-sick", "broken"
    return ("source-answers", "works") if status < 300 else ("source-odd", "mind")

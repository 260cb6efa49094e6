"""`Diagnoses` for `prometheus:`: one question, `count(up)`, so that the authorisation is tried, and whether it scrapes anything.

It must not know what the answer means for a metric or a check: those are looked at by themselves.
"""

from __future__ import annotations

import time
from typing import Final

from bot.adapters import prometheus_faults as faults
from bot.adapters.entrance import Trust
from bot.adapters.prometheus import open_source
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.findings import Finding
from core.plan.models import Plan

QUERY: Final = "count(up)"


class OverPrometheusDiagnosis:
    """One request a source."""

    def __init__(self, secrets: Secrets, trust: Trust) -> None:
        self._secrets = secrets
        self._trust = trust

    async def diagnose(self, plan: Plan, name: str) -> list[Finding]:
        """Whether it answers, whether it lets the bot in, whether it scrapes anything, and how long that took."""
        began = time.monotonic()
        try:
            source = await open_source(plan, name, self._secrets, self._trust)
            try:
                answered = await source.query(QUERY, None)
            finally:
                source.close()
        except (TryLater, GaveUp) as problem:
            key = "prometheus-unauthorised" if problem.code == faults.REFUSED else "source-unreachable"
            reason = self._secrets.redact(problem.reason, plan)
            words = (("source", name), ("reason", reason))
            return [Finding("source", name, "broken", key, words, time.monotonic() - began)]
        targets = int(answered.series[0].samples[-1][1]) if answered.series else 0
        told = (("source", name), ("targets", targets))
        took = time.monotonic() - began
        if targets:
            return [Finding("source", name, "works", "prometheus-answers", told, took)]
        return [Finding("source", name, "mind", "prometheus-empty", told, took)]

"""`Diagnoses` for `smtp:`: enters the mail server as for a message, and leaves without one.

It must not know who is told.
"""

from __future__ import annotations

import time

from bot.adapters.smtp import MailServers
from bot.errors import GaveUp, TryLater
from core.findings import Finding
from core.plan.models import Plan


class OverSmtpDiagnosis:
    """One exchange a source."""

    def __init__(self, servers: MailServers) -> None:
        self._servers = servers

    async def diagnose(self, plan: Plan, name: str) -> list[Finding]:
        """Whether the server answers, with TLS where the plan wants it, and lets the bot in."""
        began = time.monotonic()
        try:
            await self._servers.greet(plan, name)
        except (TryLater, GaveUp) as problem:
            words = (("source", name), ("reason", problem.reason))
            return [Finding("source", name, "broken", "source-unreachable", words, time.monotonic() - began)]
        return [Finding("source", name, "works", "mail-ready", (("source", name),), time.monotonic() - began)]

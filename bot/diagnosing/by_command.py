"""`Diagnoses` for `command:`: whether a program of the plan is on this machine and may be executed. It runs nothing."""

from __future__ import annotations

from bot.adapters.command import Commands
from bot.errors import GaveUp
from core.findings import Finding
from core.plan.models import Plan


class ByCommandDiagnosis:
    """One look at the disk a program."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def diagnose(self, plan: Plan, name: str) -> list[Finding]:
        """Whether the program would be started."""
        try:
            self._commands.find(plan, name)
        except GaveUp as problem:
            words = (("program", name), ("reason", problem.reason))
            return [Finding("program", name, "broken", "program-missing", words)]
        return [Finding("program", name, "works", "program-there", (("program", name),))]

"""Actions that are programs: run to their end, and their output is the evidence. It must not know why one is wanted."""

from __future__ import annotations

import shlex

from bot.adapters.command import Commands
from bot.adapters.templates import Values, fill_args
from bot.errors import GaveUp
from bot.performing.ports import Attempt, Found
from bot.performing.work import Work
from core.plan.models import Action, Command


class ByCommand:
    """`Acts` for `command:`."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def attempt(self, work: Work, action: Action, values: Values) -> Attempt:
        """Runs the program. An exit status that is not 0 is an attempt that failed, not an error."""
        ended = await self._commands.run(work.plan, _command(action), values)
        shown = ended.output.strip() or "It printed nothing."
        if ended.status == 0:
            return Attempt(True, shown, ended.took_s)
        return Attempt(False, f"{shown}\n(exit status {ended.status})", ended.took_s)

    async def dry(self, work: Work, action: Action, values: Values) -> Attempt:
        """The line that would be run: what a program does with its arguments only the program can say."""
        command = _command(action)
        return Attempt(True, f"Would run: {shlex.join([command.program, *fill_args(command.args, values)])}")

    async def record(self, work: Work, action: Action, values: Values) -> Found | None:
        """A program knows its own way back."""
        return None


def _command(action: Action) -> Command:
    if action.command is None:
        raise GaveUp("The action is no command.")
    return action.command

"""Actions that are programs: run to their end, and their output is the evidence. It must not know why one is wanted."""

from __future__ import annotations

import shlex
from dataclasses import replace

from bot.adapters.command import Commands, Ended
from bot.adapters.output import LARGEST_OUTPUT
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
        """Runs the program; what it prints is shown while it runs. An exit status that is not as wished is an attempt that
        failed, not an error."""
        command = _command(action)
        return _attempt(command, await self._commands.run(work.plan, command, values, watch=work.progress))

    async def dry(self, work: Work, action: Action, values: Values) -> Attempt:
        """With `dry-run` the program says what it would do. Else the line that would be run: what a program does with its
        arguments only the program can say."""
        command = _command(action)
        would = f"Would run: {shlex.join([command.program, *fill_args(command.args, values)])}"
        if command.dry_run is None:
            return Attempt(True, would)
        ended = await self._commands.run(
            work.plan, command, values, args=command.dry_run, watch=work.progress
        )
        said = _attempt(command, ended)
        line = shlex.join([command.program, *fill_args(command.dry_run, values)])
        return replace(said, evidence=f"{would}\n{line} says:\n{said.evidence}")

    async def record(self, work: Work, action: Action, values: Values) -> Found | None:
        """A program knows its own way back."""
        return None


def _attempt(command: Command, ended: Ended) -> Attempt:
    shown = ended.output.strip() or "It printed nothing."
    ok = ended.status in command.ok
    status = "" if ok and ended.status == 0 else f"\n(exit status {ended.status})"
    # What secrets and colours took away is not missing: only a cut is.
    printed = ended.printed if ended.printed > LARGEST_OUTPUT else 0
    return Attempt(ok, f"{shown}{status}", ended.took_s, printed)


def _command(action: Action) -> Command:
    if action.command is None:
        raise GaveUp("The action is no command.")
    return action.command

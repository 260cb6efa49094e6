"""Runs a plan's programs: an argument list, never a shell line; a small environment; an end that is certain.

It must not know what a deployment is, nor what an exit status leads to.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.adapters.output import Output, shortened
from bot.adapters.templates import Values, fill_args
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets, names_in
from core.plan.models import Command, Plan, Program

INHERITED: Final = ("PATH", "HOME", "LANG")

Watch = Callable[[Callable[[], str]], None]
"""Told whenever a program has printed something; what it is given reads its last lines, redacted, at any later moment."""


@dataclass(frozen=True)
class Ended:
    """How a program ended by itself: its exit status, what it printed (both streams, redacted; of very much the beginning and
    the end), and how many bytes that were."""

    status: int
    output: str
    took_s: float
    printed: int = 0


class Commands:
    """The programs of all plans. `folder` is where they run and what relative programs are relative to; `grace_s` is the
    time (real seconds) between asking a program to end and ending it."""

    def __init__(self, secrets: Secrets, folder: Path, *, grace_s: float = 2.0) -> None:
        self._secrets = secrets
        self._folder = folder
        self._grace_s = grace_s

    async def run(
        self,
        plan: Plan,
        command: Command,
        values: Values,
        *,
        args: tuple[str, ...] | None = None,
        watch: Watch | None = None,
    ) -> Ended:
        """Runs it to its end, with `args` instead of its own when they are given. GaveUp: it was never started. TryLater with
        `unknown`: it was stopped half-way, by its time limit or by a signal, and may have done its work."""
        program = _program(plan, command.program)
        arguments = [
            *self.find(plan, command.program),
            *fill_args(command.args if args is None else args, values),
        ]
        environment, folder = self._environment(program, command.program), self._where(program, command)
        began = time.monotonic()
        ours, theirs = os.pipe()
        try:
            process = await _started(arguments, environment, folder, command.program, theirs)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        output = Output()
        if watch is not None:
            output = Output(lambda: watch(lambda: shortened(self._secrets.redact(output.last_lines(), plan))))
        reading = asyncio.create_task(output.read(ours))
        try:
            await _within(process, command)
        finally:
            await _end(process, self._grace_s)
            await _finish(reading, self._grace_s)
        shown = await asyncio.to_thread(self._secrets.redact, output.text(), plan)
        status = _by_itself(process, command.program, shown)
        return Ended(status, shown, time.monotonic() - began, output.printed)

    def find(self, plan: Plan, name: str) -> list[str]:
        """The beginning of the argument list that starts a program of the plan. GaveUp says why it cannot be started: it is not
        there, may not be executed, or lacks its folder or a variable that it is to be given."""
        program = _program(plan, name)
        self._environment(program, name)
        self._where(program, Command(program=name))
        written = self._secrets.resolve(program.run)
        if not written or "\x00" in written:
            raise GaveUp(f"The program '{name}' has no path.")
        path: str | None
        if os.sep in written:
            path = str(self._folder / Path(written).expanduser())
        else:
            path = shutil.which(written, path=self._inherited().get("PATH"))
        if path is None or not Path(path).is_file():
            raise GaveUp(f"The program '{name}' ({program.run}) is not on this machine: nothing was run.")
        if os.access(path, os.X_OK):
            return [path]
        if path.endswith(
            ".py"
        ):  # installed files lose their x bit; this Python is the one that is sure to be there
            return [sys.executable, path]
        raise GaveUp(f"The program '{name}' ({program.run}) may not be executed: nothing was run.")

    def _where(self, program: Program, command: Command) -> Path:
        """The folder it runs in: inside ours, or inside the absolute one that the program has. Links do not lead out of it."""
        root = self._folder.resolve()
        own = (root / Path(self._secrets.resolve(program.folder)).expanduser()).resolve()
        allowed = (
            [root, own] if Path(self._secrets.resolve(program.folder)).expanduser().is_absolute() else [root]
        )
        folder = (root / command.folder).resolve() if command.folder else own
        written = command.folder or program.folder
        if not any(folder.is_relative_to(one) for one in allowed):
            raise GaveUp(
                f"The folder '{written}' leads out of where '{command.program}' may run: nothing was run."
            )
        if not folder.is_dir():
            raise GaveUp(f"The folder '{written}' is not there: nothing was run.")
        return folder

    def _inherited(self) -> dict[str, str]:
        return self._secrets.some(INHERITED)

    def _environment(self, program: Program, name: str) -> dict[str, str]:
        """Only what its own definition names: what another program of the plan needs is none of its business."""
        given = self._secrets.some(program.environment)
        missing = sorted(set(program.environment) - set(given))
        if missing:
            raise GaveUp(
                f"The program '{name}' needs the environment variable {', '.join(missing)}, which is not set for the bot: "
                "nothing was run."
            )
        used = self._secrets.some(one for text in program.texts for one in names_in(text))
        return {**self._inherited(), **used, **given}


def _program(plan: Plan, name: str) -> Program:
    found = plan.programs.get(name)
    if found is None:
        raise GaveUp(f"The plan has no program '{name}'.")
    return found


async def _started(
    arguments: list[str], environment: dict[str, str], folder: Path, name: str, output: int
) -> asyncio.subprocess.Process:
    # A pipe of our own: asyncio's would make `wait` last until the last child has let go of it.
    try:
        return await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,  # its own group, so that its children end with it
        )
    except (OSError, ValueError) as problem:
        raise GaveUp(f"The program '{name}' could not be started ({type(problem).__name__}).") from None


async def _within(process: asyncio.subprocess.Process, command: Command) -> None:
    """Waits for its end. TryLater when the time limit comes first."""
    limit = command.timeout.total_seconds()
    try:
        async with asyncio.timeout(limit):
            await process.wait()
    except TimeoutError:
        raise TryLater(
            1.0,
            f"'{command.program}' was stopped: it ran longer than {limit:g} s.",
            unknown=True,
            code="timeout",
        ) from None


def _by_itself(process: asyncio.subprocess.Process, name: str, shown: str) -> int:
    """The exit status of a program that ended by itself. TryLater for one that was killed."""
    status = process.returncode if process.returncode is not None else -1
    if status < 0:
        known = -status in signal.valid_signals()
        word = signal.Signals(-status).name if known else str(-status)
        raise TryLater(1.0, f"'{name}' was killed ({word}). {shown[-500:]}", unknown=True, code=word)
    return status


async def _end(process: asyncio.subprocess.Process, grace_s: float) -> None:
    """Ends the process and whatever it has started. Children that outlive a good end are ended too."""
    if process.returncode is None:
        _signal(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                await process.wait()
        except TimeoutError:
            pass  # it had its chance
    _signal(process.pid, signal.SIGKILL)
    await process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass  # nobody of the group is left, as wished
    except PermissionError:
        pass  # a child changed its user: it cannot be ended by us


async def _finish(reading: asyncio.Task[None], grace_s: float) -> None:
    """Waits for the last of the output; a child that left the group may hold the pipe open, and is not waited for."""
    done, _ = await asyncio.wait({reading}, timeout=grace_s)
    if not done:
        reading.cancel()
        await asyncio.wait({reading})

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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.adapters.templates import Values, fill_args
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets, names_of
from core.plan.models import Command, Plan

LARGEST_OUTPUT: Final = 20_000  # bytes kept: the beginning says what was tried, the end how it came out
_HEAD: Final = 5_000
INHERITED: Final = ("PATH", "HOME", "LANG")


@dataclass(frozen=True)
class Ended:
    """How a program ended by itself: its exit status, and what it printed (both streams, cut, redacted)."""

    status: int
    output: str
    took_s: float


class Commands:
    """The programs of all plans. `folder` is where they run and what relative programs are relative to; `grace_s` is the
    time (real seconds) between asking a program to end and ending it."""

    def __init__(self, secrets: Secrets, folder: Path, *, grace_s: float = 2.0) -> None:
        self._secrets = secrets
        self._folder = folder
        self._grace_s = grace_s

    async def run(self, plan: Plan, command: Command, values: Values) -> Ended:
        """Runs it to its end. GaveUp: it was never started. TryLater with `unknown`: it was stopped half-way, by its
        time limit or by a signal, and may have done its work."""
        arguments = [*self.find(plan, command.program), *fill_args(command.args, values)]
        began = time.monotonic()
        ours, theirs = os.pipe()
        try:
            process = await self._started(arguments, self._environment(plan), command.program, theirs)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        output = _Output()
        reading = asyncio.create_task(output.read(ours))
        try:
            async with asyncio.timeout(command.timeout.total_seconds()):
                await process.wait()
        except TimeoutError:
            limit = command.timeout.total_seconds()
            raise TryLater(
                1.0,
                f"'{command.program}' was stopped: it ran longer than {limit:g} s.",
                unknown=True,
                code="timeout",
            ) from None
        finally:
            await _end(process, self._grace_s)
            await _finish(reading, self._grace_s)
        shown = self._secrets.redact(output.text(), plan)
        took_s = time.monotonic() - began
        status = process.returncode if process.returncode is not None else -1
        if status < 0:
            name = signal.Signals(-status).name if -status in signal.valid_signals() else str(-status)
            raise TryLater(
                1.0, f"'{command.program}' was killed ({name}). {shown[-500:]}", unknown=True, code=name
            )
        return Ended(status, shown, took_s)

    def find(self, plan: Plan, name: str) -> list[str]:
        """The beginning of the argument list that starts a program of the plan. GaveUp says why it cannot be started."""
        if name not in plan.programs:
            raise GaveUp(f"The plan has no program '{name}'.")
        written = self._secrets.resolve(plan.programs[name])
        if not written or "\x00" in written:
            raise GaveUp(f"The program '{name}' has no path.")
        path: str | None
        if os.sep in written:
            path = str(self._folder / Path(written).expanduser())
        else:
            path = shutil.which(written, path=self._inherited().get("PATH"))
        if path is None or not Path(path).is_file():
            raise GaveUp(
                f"The program '{name}' ({plan.programs[name]}) is not on this machine: nothing was run."
            )
        if os.access(path, os.X_OK):
            return [path]
        if path.endswith(
            ".py"
        ):  # installed files lose their x bit; this Python is the one that is sure to be there
            return [sys.executable, path]
        raise GaveUp(f"The program '{name}' ({plan.programs[name]}) may not be executed: nothing was run.")

    def _inherited(self) -> dict[str, str]:
        return self._secrets.some(INHERITED)

    def _environment(self, plan: Plan) -> Mapping[str, str]:
        return {**self._inherited(), **self._secrets.some(names_of(plan))}

    async def _started(
        self, arguments: list[str], environment: Mapping[str, str], name: str, output: int
    ) -> asyncio.subprocess.Process:
        # A pipe of our own: asyncio's would make `wait` last until the last child has let go of it.
        try:
            return await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self._folder,
                env=dict(environment),
                start_new_session=True,  # its own group, so that its children end with it
            )
        except (OSError, ValueError) as problem:
            raise GaveUp(f"The program '{name}' could not be started ({type(problem).__name__}).") from None


class _Output:
    """The beginning and the end of what a program prints; the middle is counted and let go."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._lost = 0

    async def read(self, pipe: int) -> None:
        """Reads a pipe to its end and closes it."""
        stream = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe, "rb", 0)
        )
        try:
            while chunk := await stream.read(65_536):
                self._take(chunk)
        finally:
            transport.close()

    def _take(self, chunk: bytes) -> None:
        room = _HEAD - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        over = len(self._tail) - (LARGEST_OUTPUT - _HEAD)
        if over > 0:
            del self._tail[:over]
            self._lost += over

    def text(self) -> str:
        head, tail = self._head.decode("utf-8", "replace"), self._tail.decode("utf-8", "replace")
        if not self._lost:
            return head + tail
        # Half a line may be half a secret, which nobody could recognise any more: only whole lines stand at the cut.
        head, tail = head[: head.rfind("\n") + 1], tail[tail.find("\n") + 1 :]
        return f"{head}… (about {self._lost} bytes left out) …\n{tail}"


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

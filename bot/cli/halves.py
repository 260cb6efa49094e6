"""Two halves of one work in two processes: this one goes on taking things in, another one says what they come to.

The other half begins as a copy of this process at that moment: what was set up before stands on both sides, and only what is given from
then on goes across. It must not know what the work is.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Generic, NoReturn, Self, TypeVar

Thing = TypeVar("Thing")
Plain = TypeVar("Plain")
UNREAD = 141
"""How the other half ends when nobody reads what it says: 128 + SIGPIPE, as a shell has it."""
LOST = 1
"""How it ends when this process has ended before it said so."""
AT_LEAST = 2
"""Processors, for two processes to be quicker than one."""


class Ended(Exception):
    """The other half has ended before everything was said; the text is one sentence."""


class Halves(Generic[Thing, Plain]):
    """`say` takes what is given, in order; `end` says what it adds up to, and answers the exit status. Both run in this process until
    `part`, and in another one from then on: things go there as what `pack` makes of them, and `unpack` of that. Who leaves before `end`
    takes the other half along.

    `give` and `end` raise BrokenPipeError when nobody reads what is said, and Ended.
    """

    def __init__(
        self, say: Callable[[Thing], None], end: Callable[[], int], pack: Callable[[Thing], Plain], unpack: Callable[[Plain], Thing],
    ) -> None:  # fmt: skip
        self._say = say
        self._end = end
        self._pack = pack
        self._unpack = unpack
        self._way: Connection | None = None
        self._other: ForkProcess | None = None

    def part(self) -> None:
        """From now on another process says it; where there is only one processor, or no fork, this one goes on doing so."""
        if self._other is not None or not can_part():
            return
        there, self._way = multiprocessing.Pipe(duplex=False)
        self._other = multiprocessing.get_context("fork").Process(
            target=self._listen, args=(there, self._way), daemon=True
        )
        self._other.start()
        there.close()

    def give(self, thing: Thing) -> None:
        """One more thing. It is said when this comes back, or soon after."""
        if self._way is None:
            self._say(thing)
        else:
            self._sent(self._way, (self._pack(thing),))

    def end(self) -> int:
        """Nothing more comes: what it all adds up to is said, and the exit status answered."""
        if self._way is None or self._other is None:
            return self._end()
        self._sent(self._way, ())
        self._way.close()
        self._other.join()
        if self._other.exitcode in {0, 2}:
            return self._other.exitcode
        raise self._why(self._other)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._other is not None:
            self._other.terminate()
            self._other.join()

    def _sent(self, way: Connection, what: tuple[Plain, ...]) -> None:
        try:
            way.send(what)
        except (BrokenPipeError, ConnectionResetError):
            assert self._other is not None  # noqa: S101  # it reads from this way
            self._other.join()
            raise self._why(self._other) from None

    @staticmethod
    def _why(other: ForkProcess) -> Exception:
        if other.exitcode == UNREAD:
            return BrokenPipeError()
        return Ended(
            f"The process that judges has ended ({other.exitcode}): what it said until then is all there is. Start again."
        )

    def _listen(self, way: Connection, other_end: Connection) -> NoReturn:
        """The life of the other half."""
        other_end.close()  # else the end of the process that gives would not be seen here
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # a Ctrl-C ends the giver, which takes this process along
        try:
            while given := way.recv():
                self._say(self._unpack(*given))
            status = self._end()
        except EOFError:
            status = LOST
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = UNREAD
        sys.exit(status)


def can_part() -> bool:
    """Whether this machine has a second processor for the other half, and can make a copy of a process."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return processors >= AT_LEAST and "fork" in multiprocessing.get_all_start_methods()

"""The one writer: everybody's pieces of work in one queue, several of them in one commit, an answer only after that commit.

A piece of work is a plain function over an open transaction. One that is refused takes nothing of the others with it: had it
written anything by then, they all begin again, each alone. It must not know what the pieces do, nor which database is
underneath.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, RootTransaction
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
Value = TypeVar("Value")

MOST_TOGETHER = 64
"""So many pieces of work at most share a commit: the first of them waits for the last."""
MOST_HERE = 16
"""So many at most are done in the event loop: it stands for about half a millisecond for each."""


@dataclass
class Transaction:
    """An open transaction. `pending` is for what its pieces of work tell each other before it is committed, `last` for what
    they leave to its end; a piece touches neither before it has written something."""

    connection: Connection
    pending: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Callable[[], None]] = field(default_factory=dict)
    committed: list[Callable[[], None]] = field(default_factory=list)

    def before_commit(self, name: str, call: Callable[[], None]) -> None:
        """Calls it once all pieces are done, in place of what an earlier piece has left under this name. What every piece
        would write anew is so written once."""
        self.last[name] = call

    def after_commit(self, call: Callable[[], None]) -> None:
        """Calls it, in the event loop, when this has been committed; never when it has not."""
        self.committed.append(call)


Work = Callable[[Transaction], Value]
Runs = Callable[[Callable[[Connection], Any]], Awaitable[Any]]
"""Runs a function over the writing connection, outside the event loop."""
Begins = Callable[[], RootTransaction | None]
"""Opens a transaction of the writing connection at once, in the event loop; None when that would mean waiting."""
Changes = Callable[[], int]
"""How many rows the writing connection has changed so far: the same number twice means that nothing was written in between."""
Ends = Callable[[RootTransaction], Awaitable[None]]
"""Commits it, outside the event loop; an error of the commit rolls back."""


@dataclass
class _Asked:
    work: Work[Any]
    answer: asyncio.Future[Any]
    quick: bool


@dataclass
class _Outcome:
    """What became of one piece: a value or an error, and what is to be called when the commit is through."""

    value: Any = None
    error: Exception | None = None
    committed: list[Callable[[], None]] = field(default_factory=list)


class Writer:
    """Serialises writes. `run` carries a function to the connection, `begin` opens a transaction here and `end` commits it;
    they are all that differs by database, with `changes`. `undone` is called whenever a transaction was not committed.

    Quick pieces are done in the event loop, and only their commit, which waits for the disk, outside it. They are Python from
    end to end: in a thread they would take the interpreter from the loop just the same, and both would wait for each other
    at every statement.
    """

    def __init__(
        self, run: Runs, begin: Begins, end: Ends, changes: Changes, undone: Callable[[], None]
    ) -> None:
        self._run = run
        self._begin = begin
        self._end = end
        self._changes = changes
        self._undone = undone
        self._queue: list[_Asked] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._serve(), name="storage writer")

    def submit(self, work: Work[Value], *, quick: bool = False) -> asyncio.Future[Value]:
        """What `work` returns, once it is committed; its error, when nothing of it was. `quick`: it takes a millisecond at most.

        Who is cancelled while waiting takes his piece back only if it has not been begun.
        """
        answer: asyncio.Future[Value] = asyncio.get_running_loop().create_future()
        if self._closing:
            answer.set_exception(RuntimeError("the database is closed: nothing more is written"))
            return answer
        self._queue.append(_Asked(work, answer, quick))
        self._wake.set()
        return answer

    async def close(self) -> None:
        """Finishes what is in the queue."""
        self._closing = True
        self._wake.set()
        await self._task

    async def _serve(self) -> None:
        try:
            while self._queue or not self._closing:
                if not self._queue:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                # A piece that nobody waits for any more has not been begun: it is taken back.
                asked = [one for one in self._queue[:MOST_TOGETHER] if not one.answer.done()]
                del self._queue[:MOST_TOGETHER]
                await self._commit(asked)
        finally:
            self._closing = True
            for one in self._queue:
                _answer(
                    one.answer,
                    _Outcome(error=RuntimeError("the database was closed before this was written")),
                )

    async def _commit(self, asked: list[_Asked]) -> None:
        try:
            outcomes = await self._outcomes(asked)
        except asyncio.CancelledError:
            self._queue[:0] = asked  # the loop is being stopped: whoever waits is told so
            raise
        for one, outcome in zip(asked, outcomes, strict=True):
            for call in outcome.committed:
                try:
                    call()
                except Exception:
                    # What is written is written; a listener's fault must not stop the writer.
                    log.exception("a listener to commits failed", extra={"action": "storage.listener-failed"})
            _answer(one.answer, outcome)

    async def _outcomes(self, asked: list[_Asked]) -> list[_Outcome]:
        works = [one.work for one in asked]
        here = len(asked) <= MOST_HERE and all(one.quick for one in asked)
        transaction = self._begin() if asked and here else None
        try:
            if transaction is not None:
                return await self._here(transaction, works)
            if len(works) > 1:
                together: list[_Outcome] = await self._run(
                    lambda connection: _together(connection, works, self._changes)
                )
                return together
        except (DBAPIError, _Apart):
            # After some errors a database has ended the transaction by itself, and what follows would be written
            # piecemeal. Nothing of it stands now: each goes alone, so that only the one at fault is refused.
            self._undone()
        return [await self._alone(work) for work in works]

    async def _here(self, transaction: RootTransaction, works: list[Work[Any]]) -> list[_Outcome]:
        """All pieces here, and their commit outside. Raises the database's own errors: then none of them happened."""
        try:
            outcomes = _all(transaction.connection, works, self._changes)
        except (DBAPIError, _Apart):
            transaction.rollback()
            raise
        except Exception as refused:  # noqa: BLE001 -- whatever it is belongs to the one who asked, who is alone here
            transaction.rollback()
            self._undone()
            return [_Outcome(error=refused)]
        except BaseException:
            transaction.rollback()
            raise
        await self._end(transaction)
        return outcomes

    async def _alone(self, work: Work[Any]) -> _Outcome:
        try:
            outcome: _Outcome = await self._run(lambda connection: _in_its_own(connection, work))
            return outcome
        except Exception as error:  # noqa: BLE001 -- whatever it is belongs to the one who asked
            self._undone()
            return _Outcome(error=error)


def _answer(answer: asyncio.Future[Any], outcome: _Outcome) -> None:
    if answer.done():  # cancelled meanwhile; the write stands
        return
    if outcome.error is not None:
        answer.set_exception(outcome.error)
    else:
        answer.set_result(outcome.value)


class _Apart(Exception):
    """The pieces cannot be committed together, and it is not for all of them to be refused."""


def _in_its_own(connection: Connection, work: Work[Any]) -> _Outcome:
    """One piece, one transaction."""
    with connection.begin():
        return _one(connection, work)


def _together(connection: Connection, works: list[Work[Any]], changes: Changes) -> list[_Outcome]:
    """All pieces in one transaction. Raises the database's own errors and _Apart: then none of them happened."""
    with connection.begin():
        return _all(connection, works, changes)


def _one(connection: Connection, work: Work[Any]) -> _Outcome:
    """A piece that is alone, and what it leaves to the end. Its error ends the transaction."""
    transaction = Transaction(connection)
    value = work(transaction)
    for call in transaction.last.values():
        call()
    return _Outcome(value, committed=transaction.committed)


def _all(connection: Connection, works: list[Work[Any]], changes: Changes) -> list[_Outcome]:
    """All pieces over an open transaction, and what they leave to its end."""
    if len(works) == 1:
        return [_one(connection, works[0])]
    pending: dict[str, Any] = {}
    last: dict[str, Callable[[], None]] = {}
    outcomes = []
    for work in works:
        own = Transaction(connection, pending, last)
        before = changes()
        try:
            outcomes.append(_Outcome(work(own), committed=own.committed))
        except DBAPIError:
            raise
        except Exception as refused:
            if changes() != before:
                raise _Apart from refused
            outcomes.append(_Outcome(error=refused))
    try:
        for call in last.values():
            call()
    except DBAPIError:
        raise
    except Exception as wrong:
        raise _Apart from wrong
    return outcomes

"""The one writer: everybody's pieces of work in one queue, several of them in one commit, an answer only after that commit.

A piece of work is a plain function over an open transaction. Each has a savepoint of its own, so that one which is refused
takes nothing of the others with it. It must not know what the pieces do, nor which database is underneath.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, RootTransaction, text
from sqlalchemy.exc import DBAPIError

from storage.prepared import Prepared

log = logging.getLogger(__name__)
Value = TypeVar("Value")

MOST_TOGETHER = 64
"""So many pieces of work at most share a commit: the first of them waits for the last."""
MOST_HERE = 16
"""So many at most are done in the event loop: it stands for about half a millisecond for each."""

_MARK, _KEEP, _UNDO = (
    Prepared(text(f"{words} piece")) for words in ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
)


@dataclass
class Transaction:
    """An open transaction. `pending` is for what its pieces of work tell each other before it is committed."""

    connection: Connection
    pending: dict[str, Any] = field(default_factory=dict)
    committed: list[Callable[[], None]] = field(default_factory=list)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Calls it, in the event loop, when this has been committed; never when it has not."""
        self.committed.append(call)


Work = Callable[[Transaction], Value]
Runs = Callable[[Callable[[Connection], Any]], Awaitable[Any]]
"""Runs a function over the writing connection, outside the event loop."""
Begins = Callable[[], RootTransaction | None]
"""Opens a transaction of the writing connection at once, in the event loop; None when that would mean waiting."""


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
    """Serialises writes. `run` carries a function to the connection, `begin` opens a transaction here; they are all that
    differs by database. `undone` is called whenever a transaction was not committed.

    Quick pieces are done in the event loop, and only their commit, which waits for the disk, outside it. They are Python from
    end to end: in a thread they would take the interpreter from the loop just the same, and both would wait for each other
    at every statement.
    """

    def __init__(
        self, run: Runs, begin: Begins = lambda: None, undone: Callable[[], None] = lambda: None
    ) -> None:
        self._run = run
        self._begin = begin
        self._undone = undone
        self._queue: list[_Asked] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._serve(), name="storage writer")

    async def write(self, work: Work[Value], *, quick: bool = False) -> Value:
        """What `work` returns, once it is committed; its error, when nothing of it was. `quick`: it takes a millisecond at most.

        Who is cancelled while waiting takes his piece back only if it has not been begun.
        """
        if self._closing:
            raise RuntimeError("the database is closed: nothing more is written")
        answer: asyncio.Future[Value] = asyncio.get_running_loop().create_future()
        self._queue.append(_Asked(work, answer, quick))
        self._wake.set()
        return await answer

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
                together: list[_Outcome] = await self._run(lambda connection: _together(connection, works))
                return together
        except DBAPIError:
            # After some errors a database has ended the transaction by itself, and what follows would be written
            # piecemeal. Nothing of it stands now: each goes alone, so that only the one at fault is refused.
            self._undone()
        return [await self._alone(work) for work in works]

    async def _here(self, transaction: RootTransaction, works: list[Work[Any]]) -> list[_Outcome]:
        """All pieces here, and their commit outside. Raises the database's own errors: then none of them happened."""
        connection, pending = transaction.connection, dict[str, Any]()
        try:
            if len(works) == 1:
                outcomes = [_work(connection, pending, works[0])]
            else:
                outcomes = [_one_of_many(connection, pending, work) for work in works]
        except DBAPIError:
            transaction.rollback()
            raise
        except Exception as refused:  # noqa: BLE001 -- whatever it is belongs to the one who asked, who is alone here
            transaction.rollback()
            self._undone()
            return [_Outcome(error=refused)]
        except BaseException:
            transaction.rollback()
            raise
        await self._run(lambda _: _end(transaction))
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


def _in_its_own(connection: Connection, work: Work[Any]) -> _Outcome:
    """One piece, one transaction. It needs no savepoint: its error ends the transaction."""
    with connection.begin():
        return _work(connection, {}, work)


def _work(connection: Connection, pending: dict[str, Any], work: Work[Any]) -> _Outcome:
    transaction = Transaction(connection, pending)
    return _Outcome(work(transaction), committed=transaction.committed)


def _end(transaction: RootTransaction) -> None:
    """Commits; an error of the commit rolls back."""
    with transaction:
        pass


def _together(connection: Connection, works: list[Work[Any]]) -> list[_Outcome]:
    """All pieces in one transaction. Raises the database's own errors: then none of them happened."""
    pending: dict[str, Any] = {}
    with connection.begin():
        return [_one_of_many(connection, pending, work) for work in works]


def _one_of_many(connection: Connection, pending: dict[str, Any], work: Work[Any]) -> _Outcome:
    before = dict(pending)
    _MARK.run(connection, {})
    try:
        outcome = _work(connection, pending, work)
    except DBAPIError:
        raise
    except Exception as refused:  # noqa: BLE001 -- whatever it is belongs to the one who asked
        _UNDO.run(connection, {})
        pending.clear()
        pending.update(before)
        outcome = _Outcome(error=refused)
    _KEEP.run(connection, {})
    return outcome

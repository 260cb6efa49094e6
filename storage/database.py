"""One open database: a writing and a reading connection, each in a thread of its own, one for glances, and the way to them.

Work comes as plain functions over a SQLAlchemy connection, so that a whole transaction is one trip to the thread. All that
is particular to SQLite stands here and in `storage.inspection`. It must not know what is stored.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from core.machine import RULES_VERSION
from storage.inspection import DatabaseRefused, revision_of
from storage.prepared import Prepared
from storage.schema import MIGRATIONS, migrate, revisions
from storage.snapshots import Snapshots
from storage.writer import Work, Writer

__all__ = ["Database", "DatabaseRefused"]

Value = TypeVar("Value")

BUSY_MS = 5_000
"""So long a writer waits for another process's commit before it gives up."""
LOG_PAGES = 2_500
"""The log's length (10 MB) at which it is worked into the file: whoever commits then waits for it, so not with every hundredth act."""


class Database:
    """An open database. Get one with `await Database.open(...)`, give it back with `await database.close()`."""

    def __init__(
        self, path: Path, writing: _Side, reading: _Side, glancing: _Glance, snapshots: Snapshots
    ) -> None:
        self.path = path
        self.snapshots = snapshots
        self._writing = writing
        self._reading = reading
        self._glancing = glancing
        self._writer = Writer(
            writing.run, writing.begin, writing.end, writing.changes, snapshots.expect_nothing
        )
        self._closed = False

    @classmethod
    async def open(
        cls, url: str, *, migrate: bool, rules_version: int = RULES_VERSION, migrations: Path = MIGRATIONS,
        durable: bool = True,
    ) -> Database:  # fmt: skip
        """Opens 'sqlite+aiosqlite:///path/to/file.sqlite3'. With `migrate` it is made or brought up to date first.

        `rules_version` is the newest under which a deployment can be read. Not `durable`: what is committed outlives the process,
        but not a loss of power, for a commit does not wait for the disk. Raises DatabaseRefused, with a sentence for people, and
        then the file is what it was before.
        """
        path = path_of(url)
        await asyncio.to_thread(_prepare, path, migrate, rules_version, migrations)
        try:
            writing = await _Side.open(path, reads_only=False, durable=durable)
        except sqlite3.Error as wrong:
            raise DatabaseRefused(f"The database {path} cannot be opened for writing ({wrong}).") from wrong
        try:
            reading = await _Side.open(path, reads_only=True)
        except BaseException:
            await writing.close()
            raise
        try:
            glancing = _Glance(path)
        except BaseException:
            await reading.close()
            await writing.close()
            raise
        return cls(path, writing, reading, glancing, Snapshots(rules_version))

    async def write(self, work: Work[Value]) -> Value:
        """What `work` returns once it is committed; its error, and then nothing of it is there. It may be run twice
        (after an error of its neighbours), so it does nothing but read and write through its transaction."""
        return await self.submit(work)

    def submit(self, work: Work[Value], *, quick: bool = False) -> asyncio.Future[Value]:
        """`write` for whoever need not wait at once.

        `quick` is work of a millisecond at most, on rows that were written a moment ago: it may be done in the event loop."""
        return self._writer.submit(work, quick=quick)

    async def read(self, work: Callable[[Connection], Value]) -> Value:
        """What `work` returns; all it reads belongs to one moment."""

        def one_moment(connection: Connection) -> Value:
            with connection.begin():
                return work(connection)

        return await self._reading.run(one_moment)

    def glance(self, statement: Prepared) -> list[Any] | None:
        """What a small statement without parameters finds now, read in the caller's thread; None when that would mean waiting.

        For the one question every command asks. It must touch a few small columns only: while it runs, the event loop stands.
        """
        return self._glancing.all(statement)

    async def close(self) -> None:
        """Writes what is still waiting, then lets go of the file. Closing twice is no error."""
        if self._closed:
            return
        self._closed = True
        await self._writer.close()
        self._glancing.close()
        await self._reading.close()
        await self._writing.close()


def path_of(url: str) -> Path:
    """The file of an address. Raises DatabaseRefused for one that names none."""
    try:
        parsed = make_url(url)
    except ArgumentError as wrong:
        raise DatabaseRefused(
            f"'{url}' is not a database address: write 'sqlite+aiosqlite:///captain.sqlite3'."
        ) from wrong
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseRefused(
            f"This version stores in SQLite only, not in {parsed.get_backend_name()}: write 'sqlite+aiosqlite:///captain.sqlite3'."
        )
    if parsed.database in (None, "", ":memory:") or str(parsed.database).startswith("file:"):
        raise DatabaseRefused(
            "The database needs a file, because a deployment must outlive the program: name one after 'sqlite:///'."
        )
    return Path(str(parsed.database))


def _prepare(path: Path, wanted: bool, rules_version: int, migrations: Path) -> None:
    known = revisions(migrations)
    found = revision_of(path, known=known, rules_version=rules_version)
    if found == known[-1]:
        return
    if not wanted:
        what = (
            f"There is no database at {path}"
            if found is None
            else f"The database {path} is of an older version ({found})"
        )
        raise DatabaseRefused(f"{what}: start 'captain run' once, which makes it ready.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        migrate(path, migrations)
    except (OSError, SQLAlchemyError) as wrong:
        raise DatabaseRefused(
            f"The database {path} cannot be made ready ({wrong}): nothing was changed; check that the folder can be written to."
        ) from wrong


class _Thread(aiosqlite.Connection):
    """A connection that also runs a function of ours where its statements run. aiosqlite offers single statements only, and
    a transaction of ten of them would be ten trips between threads."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connect, iter_chunk_size=64)
        # A program that fails before it closes its database must end, and not wait for this thread for ever.
        self._thread.daemon = True

    async def run(self, work: Callable[[], Value]) -> Value:
        # The answer is carried in a box and taken out: the thread would keep what a function returned until its next one,
        # and who lets go of a claim must really have let go of it.
        box: list[Value] = []
        await self._execute(lambda: box.append(work()))  # type: ignore[no-untyped-call]  # aiosqlite leaves it untyped
        return box.pop()


class _Side:
    """One connection: aiosqlite owns its thread, SQLAlchemy speaks over it."""

    def __init__(
        self, thread: _Thread, engine: Engine, connection: Connection, raw: sqlite3.Connection
    ) -> None:
        self._thread = thread
        self._engine = engine
        self._connection = connection
        self._raw = raw
        self._patient = True

    @classmethod
    async def open(cls, path: Path, *, reads_only: bool, durable: bool = True) -> _Side:
        opened: list[sqlite3.Connection] = []

        def connect() -> sqlite3.Connection:
            # isolation_level None: the driver begins nothing by itself, our "begin" below does.
            # Used by its own thread and, never at the same time, by the loop's: `Writer` takes turns.
            opened.append(sqlite3.connect(path, isolation_level=None, check_same_thread=False))
            return opened[0]

        thread = _Thread(connect)
        await thread
        try:
            engine, connection = await thread.run(
                lambda: _engine_over(opened[0], reads_only, durable=durable)
            )
        except BaseException:
            await thread.close()
            raise
        return cls(thread, engine, connection, opened[0])

    async def run(self, work: Callable[[Connection], Value]) -> Value:
        """What `work` returns, from the connection's own thread, which may wait there for another process."""

        def there() -> Value:
            self._waits(True)
            return work(self._connection)

        return await self._thread.run(there)

    def begin(self) -> RootTransaction | None:
        """A transaction for the caller's thread, which nobody else may use meanwhile; None while another process writes."""
        self._waits(False)
        try:
            return self._connection.begin()
        except sqlite3.OperationalError:
            return None

    async def end(self, transaction: RootTransaction) -> None:
        """Commits what was begun in the caller's thread, in the connection's own. Who has the lock waits for nobody."""

        def there() -> None:
            with transaction:
                pass

        await self._thread.run(there)

    def changes(self) -> int:
        """How many rows it has changed since it was opened."""
        return self._raw.total_changes

    def _waits(self, patient: bool) -> None:
        """How long a statement waits for another process. Told to the connection only when it changes: it costs a statement."""
        if patient is not self._patient:
            self._patient = patient
            self._raw.execute(f"PRAGMA busy_timeout = {BUSY_MS if patient else 0}")

    async def close(self) -> None:
        def let_go() -> None:
            self._connection.close()
            self._engine.dispose()

        await self._thread.run(let_go)
        await self._thread.close()


class _Glance:
    """A third connection, without a thread. A reader of a write-ahead log waits for no writer, and a few pages that were written
    a moment ago are in memory: that takes some ten microseconds, of which a trip to a thread and back takes many."""

    def __init__(self, path: Path) -> None:
        raw = sqlite3.connect(path, isolation_level=None)
        self._engine, self._connection = _engine_over(raw, reads_only=True, busy_ms=0)

    def all(self, statement: Prepared) -> list[Any] | None:
        try:
            return statement.all(self._connection, {})
        except OperationalError:  # somebody holds the file for himself: the other way waits for him
            return None

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()


def _engine_over(
    raw: sqlite3.Connection, reads_only: bool, busy_ms: int = BUSY_MS, *, durable: bool = True
) -> tuple[Engine, Connection]:
    for pragma in (
        f"busy_timeout = {busy_ms}",
        f"synchronous = {'FULL' if durable else 'OFF'}",
        f"wal_autocheckpoint = {LOG_PAGES}",
        "foreign_keys = ON",
        f"query_only = {'ON' if reads_only else 'OFF'}",
    ):
        raw.execute(f"PRAGMA {pragma}")
    _log_ahead(raw)
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE: who will write takes the lock before he reads, so that what he decides on cannot change under him.
        raw.execute("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine, engine.connect()


def _log_ahead(raw: sqlite3.Connection) -> None:
    """Turns write-ahead logging on. Where two processes open a new file at once, SQLite does not wait here by itself."""
    deadline = time.monotonic() + BUSY_MS / 1000
    mode = ""
    while not mode:
        try:
            (mode,) = raw.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    if mode != "wal":
        raise sqlite3.OperationalError("its disk allows no write-ahead logging: use a local disk")

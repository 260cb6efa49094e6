"""A file is opened only when it is one of ours, whole, and of a version we know; else people are told, and it is left alone."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import factories
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from store_world import open_store, small_rules

from core.inputs import ItemMarked, Measured
from core.machine import RULES_VERSION
from storage import schema
from storage.clock import ManualClock
from storage.database import Database, DatabaseRefused
from storage.ledger import Ledger
from storage.queries import Queries
from storage.tables import METADATA
from storage.writer import Transaction

NEXT = '''"""One more column."""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("presence", sa.Column("host", sa.Text(), nullable=False, server_default="here"))
'''


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "captain.sqlite3"


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The migrations of a later release."""
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0002_next.py").write_text(NEXT)
    return folder


async def made(url: str, clock: ManualClock) -> None:
    """A database with something in it."""
    store = await open_store(url, clock)
    await store.begin()
    await store.queries.beat(clock())
    await store.database.close()


def sql(path: Path, *statements: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        rows: list[Any] = []
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        connection.commit()
        return rows


def read(path: Path) -> bytes:
    return path.read_bytes()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "nothing there"


async def refusal(url: str, path: Path, *, migrate: bool = True, **more: Any) -> str:
    """What is said when it is refused; the file must be what it was."""
    before = fingerprint(path)
    with pytest.raises(DatabaseRefused) as refused:
        await Database.open(url, migrate=migrate, **more)
    assert fingerprint(path) == before
    text = str(refused.value)
    assert text.endswith(".")
    return text


# ------------------------------------------------------------------------------------------------------------ migrations


async def test_a_new_database_is_made_with_its_folder(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/data/here/captain.sqlite3"
    database = await Database.open(url, migrate=True)
    await database.close()
    again = await Database.open(url, migrate=False)
    await again.close()


async def test_an_empty_file_is_a_new_database(url: str, path: Path) -> None:
    write(path, b"")
    await (await Database.open(url, migrate=True)).close()
    assert sql(path, "SELECT version_num FROM alembic_version") == [(schema.revisions()[-1],)]


def test_the_migrations_make_exactly_the_tables(path: Path) -> None:
    schema.migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, METADATA) == []
    engine.dispose()
    direct = path.with_name("direct.sqlite3")
    engine = create_engine(f"sqlite:///{direct}")
    METADATA.create_all(engine)
    engine.dispose()
    assert _shape(path) == _shape(direct)


def _shape(path: Path) -> dict[str, Any]:
    """Columns, checks, indexes and foreign keys of every table."""
    shape: dict[str, Any] = {}
    for name, text in sql(
        path, "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version'"
    ):
        indexes = sql(path, f"PRAGMA index_list('{name}')")
        shape[name] = {
            "columns": sql(path, f"PRAGMA table_info('{name}')"),
            "keys": sql(path, f"PRAGMA foreign_key_list('{name}')"),
            "indexes": {
                index[1]: (index[2:], sql(path, f"PRAGMA index_info('{index[1]}')")) for index in indexes
            },
            "checks": sorted(line.strip().strip(",") for line in text.splitlines() if "CHECK" in line),
        }
    return shape


async def test_an_older_database_is_upgraded_with_what_is_in_it(
    url: str, path: Path, clock: ManualClock, newer: Path
) -> None:
    await made(url, clock)
    assert "is of an older version (0001): start 'captain run' once" in await refusal(
        url, path, migrate=False, migrations=newer
    )
    await (await Database.open(url, migrate=True, migrations=newer)).close()
    assert sql(path, "SELECT version_num FROM alembic_version") == [("0002",)]
    assert sql(path, "SELECT name, host FROM presence") == [("bot", "here")]
    assert sql(path, "SELECT id FROM deployment") == [("D1",)]


async def test_a_migration_that_fails_changes_nothing(
    url: str, path: Path, clock: ManualClock, newer: Path
) -> None:
    await made(url, clock)
    before = sql(path, "SELECT * FROM presence")
    broken = NEXT + '    op.drop_table("nowhere")\n'
    (newer / "versions" / "0002_next.py").write_text(broken)
    with pytest.raises(DatabaseRefused, match="no such table: nowhere"):
        await Database.open(url, migrate=True, migrations=newer)
    assert sql(path, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert sql(path, "SELECT * FROM presence") == before
    await (await Database.open(url, migrate=False)).close()


async def test_two_who_make_it_at_once_make_it_once(url: str, path: Path) -> None:
    for database in await asyncio.gather(*(Database.open(url, migrate=True) for _ in range(3))):
        await database.close()
    assert sql(path, "SELECT count(*) FROM alembic_version") == [(1,)]


# -------------------------------------------------------------------------------------------------------------- refusals


async def test_no_database_is_made_without_being_asked(url: str, path: Path) -> None:
    assert "There is no database" in await refusal(url, path, migrate=False)
    assert fingerprint(path) == "nothing there"


async def test_a_newer_database_is_left_alone(url: str, path: Path, newer: Path) -> None:
    await (await Database.open(url, migrate=True, migrations=newer)).close()
    assert "revision 0002, which this program does not know" in await refusal(url, path)


async def test_deployments_of_newer_rules_are_left_alone(url: str, path: Path, clock: ManualClock) -> None:
    await made(url, clock)
    sql(path, "UPDATE deployment SET rules_version = 99")
    assert f"rules 99; this program knows them up to {RULES_VERSION}" in await refusal(url, path)


async def test_an_act_or_a_look_under_newer_rules_makes_it_theirs(
    url: str, path: Path, clock: ManualClock
) -> None:
    await made(url, clock)
    newer = await Database.open(url, migrate=True, rules_version=RULES_VERSION + 1)
    ledger = Ledger(newer, clock, **small_rules())
    await ledger.apply("D1", Measured("look:1", clock(), ()), key="a quiet look")
    assert sql(path, "SELECT rules_version, version FROM deployment") == [(RULES_VERSION + 1, 1)]
    await ledger.apply("D1", ItemMarked(factories.ANA, "ready", "people", "done"), key="an act")
    assert sql(path, "SELECT rules_version FROM journal ORDER BY seq") == [
        (RULES_VERSION,),
        (RULES_VERSION + 1,),
    ]
    assert await Queries(newer, clock).verify("D1") == []
    await newer.close()
    assert "Run the newer Deploy Captain again" in await refusal(url, path)


@pytest.mark.parametrize(
    "content",
    [b"hello", b"\x00" * 5000, b"SQLite format 3\x00" + b"\x07" * 5000],
    ids=["text", "zeros", "a head only"],
)
async def test_what_is_no_database_is_refused(url: str, path: Path, content: bytes) -> None:
    write(path, content)
    text = await refusal(url, path)
    assert str(path) in text
    assert "is not a database" in text or "cannot be read" in text


async def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is not a database" in await refusal(f"sqlite+aiosqlite:///{tmp_path}", tmp_path)


async def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    path = tmp_path / "file" / "captain.sqlite3"
    assert "cannot be made ready" in await refusal(f"sqlite+aiosqlite:///{path}", path)


async def test_a_damaged_database_is_refused(url: str, path: Path, clock: ManualClock) -> None:
    await made(url, clock)
    whole = read(path)
    refused = 0
    for page in range(1, len(whole) // 4096):
        write(path, whole[: page * 4096] + b"\xff" * 4096 + whole[(page + 1) * 4096 :])
        text = await refusal(url, path)
        assert "is damaged" in text or "cannot be read" in text
        refused += 1
    assert refused > 10
    write(path, whole[: len(whole) // 2])
    await refusal(url, path)
    write(path, whole)
    await (await Database.open(url, migrate=False)).close()


async def test_somebody_elses_database_is_refused(url: str, path: Path) -> None:
    sql(path, "CREATE TABLE customers (name TEXT)")
    assert "but not one of Deploy Captain" in await refusal(url, path)


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ("DROP TABLE message", "missing: message"),
        ("ALTER TABLE outbox DROP COLUMN outcome", "missing: outbox.outcome"),
    ],
)
async def test_an_incomplete_database_is_refused(
    url: str, path: Path, clock: ManualClock, change: str, lost: str
) -> None:
    await made(url, clock)
    sql(path, change)
    assert lost in await refusal(url, path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("captain.sqlite3", "is not a database address"),
        ("postgresql://db/captain", "stores in SQLite only, not in postgresql"),
        ("sqlite+aiosqlite:///:memory:", "needs a file"),
        ("sqlite+aiosqlite://", "needs a file"),
        ("sqlite:///file:captain?mode=ro", "needs a file"),
    ],
)
async def test_an_address_that_cannot_serve_is_refused(wrong: str, said: str, path: Path) -> None:
    assert said in await refusal(wrong, path)


# ----------------------------------------------------------------------------------------------------------- the opened


async def test_commits_are_durable_and_keys_are_kept(url: str) -> None:
    database = await Database.open(url, migrate=True)

    def pragmas(transaction: Transaction) -> list[Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "query_only")
        return [transaction.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert await database.write(pragmas) == ["wal", 2, 1, 0]
    with pytest.raises(Exception, match="readonly"):
        await database.read(lambda connection: connection.exec_driver_sql("DELETE FROM counter"))
    with pytest.raises(Exception, match="FOREIGN KEY"):
        await database.write(
            lambda transaction: transaction.connection.exec_driver_sql(
                "INSERT INTO gate VALUES ('D9', 1, NULL, NULL, '')"
            )
        )
    await database.close()


async def test_who_finds_the_file_locked_for_too_long_is_told_and_nothing_is_lost(
    url: str, path: Path, clock: ManualClock
) -> None:
    store = await open_store(url, clock)
    await store.begin()
    await store.database.write(
        lambda transaction: transaction.connection.exec_driver_sql("PRAGMA busy_timeout = 20")
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Exception, match="database is locked"):
            await store.ledger.new_id()
        assert (await store.queries.load("D1")).id == "D1"  # reading goes on
        other.execute("ROLLBACK")
    assert await store.ledger.new_id() == "D1"
    await store.database.close()


async def test_a_damaged_plan_is_refused_when_it_is_read(url: str, path: Path, clock: ManualClock) -> None:
    await made(url, clock)
    sql(path, "UPDATE deployment SET plan_text = 'format: 1'")
    store = await open_store(url, clock)
    with pytest.raises(Exception, match="not the one with which the deployment began"):
        await store.queries.load("D1")
    with pytest.raises(Exception, match="not the one with which the deployment began"):
        await store.ledger.apply("D1", factories.started(), key="k")
    await store.database.close()

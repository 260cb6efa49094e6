"""Bringing a database to this program's tables: runs the migrations, and knows which there are.

Alembic is loaded only when there is something to migrate: that takes longer than opening the database. It must not decide
whether that is wanted: `storage.database` does.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, create_engine, event

MIGRATIONS = Path(__file__).parent / "migrations"
_PARSING = threading.Lock()
"""Python 3.11 fails now and then when two threads turn text into a syntax tree at once."""


def revisions(migrations: Path = MIGRATIONS) -> tuple[str, ...]:
    """The revisions this program knows, oldest first: read from the names at the head of every migration, which is not run.
    Raises ValueError when they are not one line."""
    follows: dict[str | None, str] = {}
    for path in sorted((migrations / "versions").glob("*.py")):
        names = _names(path.read_text(encoding="utf-8"))
        if (revision := names.get("revision")) is None:
            continue
        if names.get("down_revision") in follows:
            raise ValueError(f"two migrations in {migrations} follow revision {names.get('down_revision')}")
        follows[names.get("down_revision")] = revision
    line: list[str] = []
    while (following := follows.pop(line[-1] if line else None, None)) is not None:
        line.append(following)
    if follows:
        raise ValueError(f"migrations in {migrations} follow revisions that are not there: {[*follows]}")
    return tuple(line)


@lru_cache(maxsize=64)
def _names(migration: str) -> Mapping[str, str | None]:
    """The names a migration gives a text or None at its top level."""
    with _PARSING:
        parsed = ast.parse(migration)
    return {
        target.id: part.value.value
        for part in parsed.body
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant)
        for target in part.targets
        if isinstance(target, ast.Name) and isinstance(part.value.value, str | None)
    }


def migrate(path: Path, migrations: Path = MIGRATIONS) -> None:
    """Makes or upgrades the database in `path` to the newest revision, all or nothing. Two processes may do so at once: the second
    waits for the first, and finds nothing left to do."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None, "timeout": 60})

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            upgrade(connection, migrations)
    finally:
        engine.dispose()


def upgrade(connection: Connection, migrations: Path = MIGRATIONS) -> None:
    """The same over an open transaction of any database."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

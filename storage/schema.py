"""Bringing a database to this program's tables: runs the migrations, and knows which there are.

It must not decide whether that is wanted: `storage.database` does.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event

MIGRATIONS = Path(__file__).parent / "migrations"


def revisions(migrations: Path = MIGRATIONS) -> tuple[str, ...]:
    """The revisions this program knows, oldest first."""
    script = ScriptDirectory(str(migrations))
    return tuple(reversed([step.revision for step in script.walk_revisions()]))


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
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

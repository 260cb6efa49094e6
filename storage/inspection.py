"""Whether a file is a database that this program may use, found out without changing a byte of it.

It must not know how a database is opened for work; it answers with a sentence for people, or with the revision found.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.tables import METADATA

_MAGIC = b"SQLite format 3\x00"


class DatabaseRefused(Exception):
    """The database cannot be used. The text is one sentence or two for people: what is wrong, where, what to do."""


def revision_of(path: Path, *, known: tuple[str, ...], rules_version: int) -> str | None:
    """The revision of the database in `path`; None when there is nothing yet (no file, or an empty one).

    `known` are the revisions of this program, oldest first. Raises DatabaseRefused for what is no database, is damaged,
    belongs to somebody else, or was written by a newer program.
    """
    if not path.exists() or path.stat().st_size == 0:
        return None
    if not _has_magic(path):
        raise DatabaseRefused(
            f"{path} is not a database of Deploy Captain: name another file, or restore it from a backup."
        )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return _inspect(connection, path, known, rules_version)
    except sqlite3.DatabaseError as wrong:
        raise DatabaseRefused(
            f"The database {path} cannot be read ({wrong}): nothing was changed; restore it from a backup, or use another file."
        ) from wrong


def _has_magic(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _inspect(
    connection: sqlite3.Connection, path: Path, known: tuple[str, ...], rules_version: int
) -> str | None:
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    if problems != ["ok"]:
        raise DatabaseRefused(
            f"The database {path} is damaged ({'; '.join(problems)}): nothing was changed; restore it from a backup."
        )
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    revision = _revision(connection, path, tables)
    if revision not in known:
        raise DatabaseRefused(
            f"The database {path} is at revision {revision}, which this program does not know: it was written by a newer "
            "Deploy Captain. Run that version or newer; nothing was changed."
        )
    if revision == known[-1]:
        _complete(connection, path, tables)
    _rules(connection, path, rules_version)
    return revision


def _revision(connection: sqlite3.Connection, path: Path, tables: set[str]) -> str:
    rows = (
        connection.execute("SELECT version_num FROM alembic_version").fetchall()
        if "alembic_version" in tables
        else []
    )
    if len(rows) != 1:
        raise DatabaseRefused(
            f"{path} is a database, but not one of Deploy Captain (it does not say its revision): name another file."
        )
    return str(rows[0][0])


def _complete(connection: sqlite3.Connection, path: Path, tables: set[str]) -> None:
    """At the newest revision every table and column must be there; else somebody has changed the file by hand."""
    lost = []
    for table in METADATA.sorted_tables:
        there = {row[1] for row in connection.execute(f'PRAGMA table_info("{table.name}")')}
        if table.name not in tables:
            lost.append(table.name)
        else:
            lost += [f"{table.name}.{column.name}" for column in table.columns if column.name not in there]
    if lost:
        raise DatabaseRefused(
            f"The database {path} is incomplete (missing: {', '.join(lost)}): nothing was changed; restore it from a backup."
        )


def _rules(connection: sqlite3.Connection, path: Path, rules_version: int) -> None:
    newest = connection.execute("SELECT max(rules_version) FROM deployment").fetchone()[0]
    if newest is not None and newest > rules_version:
        raise DatabaseRefused(
            f"The database {path} holds deployments under rules {newest}; this program knows them up to {rules_version}. "
            "Run the newer Deploy Captain again; nothing was changed."
        )

"""Whether the database could be used now: there, of this version, readable, writable. Found out without changing a row.

It must not know why that is asked.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.machine import RULES_VERSION
from storage.database import path_of
from storage.inspection import DatabaseRefused, revision_of
from storage.schema import revisions

WAIT_S = 1.0
"""So long another process's commit is waited for."""


@dataclass(frozen=True)
class Standing:
    """`none`: there is no database yet, and one can be made · `old`: the next start brings it up to date · `busy`: another
    process has been writing for longer than a moment · `locked`: it can be read and not written · `refused`: as `detail` says."""

    state: Literal["good", "none", "old", "busy", "locked", "refused"]
    path: str
    detail: str = ""


def look(url: str) -> Standing:
    """How the database of an address stands."""
    try:
        path = path_of(url)
        known = revisions()
        found = revision_of(path, known=known, rules_version=RULES_VERSION)
    except DatabaseRefused as refused:
        return Standing("refused", url, str(refused))
    if found is None:
        return _before(path)
    refusal = _write_lock(path)
    if refusal is not None:
        return Standing("busy" if "locked" in refusal else "locked", str(path), refusal)
    return Standing("good" if found == known[-1] else "old", str(path), found)


def _before(path: Path) -> Standing:
    """No database yet: the nearest folder that is there must take one."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Standing("none", str(path))
    return Standing("locked", str(path), f"{folder} takes no new file")


def _write_lock(path: Path) -> str | None:
    """Takes the lock that every writer takes and lets go of it; None when that worked, else SQLite's own words."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=WAIT_S)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as wrong:
        return str(wrong)
    return None

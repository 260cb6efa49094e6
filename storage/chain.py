"""The chain of hashes through a deployment's journal: a changed, missing or added row no longer fits the one after it.

It shows what was changed by hand or by a failing disk. Somebody who can write to the file and works every hash out anew is
not stopped by it: for that, the last hash has to be kept somewhere else. It must not know a table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from storage.tables import utc_text

_quoted = json.encoder.encode_basestring_ascii
Column = str | int | bytes | datetime | None


def genesis(*, deployment_id: str, plan_digest: str, opening: str) -> str:
    """What the first row follows: the plan and the value with which the deployment began. 64 hex digits."""
    return digest({"deployment_id": deployment_id, "plan_digest": plan_digest, "opening": opening})


def digest(columns: Mapping[str, Column]) -> str:
    """SHA-256 (64 hex digits) over the canonical JSON of a row: keys in order, no spaces, times as they are stored, bytes
    as their own SHA-256."""
    # Put together here, because an encoder is set up anew for every value: that takes longer than the row itself.
    parts = [quoted + _plain(columns[name]) for name, quoted in _in_order(tuple(columns))]
    return hashlib.sha256(f"{{{','.join(parts)}}}".encode()).hexdigest()


@lru_cache(maxsize=16)  # rows of a table have the same names
def _in_order(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The names in order, each with its beginning of a JSON object's entry."""
    return tuple((name, f"{_quoted(name)}:") for name in sorted(names))


def _plain(value: Column) -> str:
    """The value as JSON."""
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return f'"{utc_text(value)}"'
    if isinstance(value, bytes):
        return f'"{hashlib.sha256(value).hexdigest()}"'
    return int.__repr__(value) if type(value) is int else json.dumps(value)

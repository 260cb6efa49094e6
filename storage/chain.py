"""The chain of hashes through a deployment's journal: a changed, missing or added row no longer fits the one after it.

It shows what was changed by hand or by a failing disk. Somebody who can write to the file and works every hash out anew is
not stopped by it: for that, the last hash has to be kept somewhere else. It must not know a table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from storage.tables import utc_text

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
Column = str | int | bytes | datetime | None


def genesis(*, deployment_id: str, plan_digest: str, opening: str) -> str:
    """What the first row follows: the plan and the value with which the deployment began. 64 hex digits."""
    return digest({"deployment_id": deployment_id, "plan_digest": plan_digest, "opening": opening})


def digest(columns: Mapping[str, Column]) -> str:
    """SHA-256 (64 hex digits) over the canonical JSON of a row: keys in order, no spaces, times as they are stored, bytes
    as their own SHA-256."""
    plain = {name: _plain(value) for name, value in columns.items()}
    return hashlib.sha256(_CANONICAL.encode(plain).encode()).hexdigest()


def _plain(value: Column) -> str | int | None:
    if isinstance(value, datetime):
        return utc_text(value)
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value

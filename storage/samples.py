"""Every look's counts, so that a verdict can be worked out again. A sample takes some 300 bytes (eight metrics, both tracks).

What is pruned: nothing here and nothing in the journal. The rows that would grow without use are those of looks and redrawn
cards in the outbox, and they go with their completion (`effect_rows.LEFT_OUT_WHEN_DONE`). It must not know what counts mean.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert

from core.inputs import Backfilled, Measured, PastLook
from core.state import Deployment
from storage import packing
from storage.prepared import Prepared
from storage.tables import sample

_INSERT = Prepared(insert(sample), ("deployment_id", "gate", "ref", "at", "readings"))


def keep(connection: Connection, before: Deployment, seen: Measured | Backfilled) -> None:
    """Files the readings under the gate that looked, or under '' (a baseline, a check, the proof of a rollback). Looks that were
    filled in afterwards are looks of the gate."""
    looked = before.gate if seen.ref.startswith(("look:", "backfill:")) else None
    looks = seen.looks if isinstance(seen, Backfilled) else (PastLook(seen.at, seen.readings),)
    for look in looks:
        row = {
            "deployment_id": before.id,
            "gate": "" if looked is None else looked.name,
            "ref": seen.ref,
            "at": look.at,
            "readings": packing.pack_readings(look.readings),
        }
        _INSERT.run(connection, row)

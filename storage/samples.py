"""Every look's counts, so that a verdict can be worked out again. A sample is small (some 200 bytes for a real gate), and none is
ever deleted: the rows that would grow without use are those of quiet looks in the outbox, and they go when a look is done.
It must not know what the counts mean.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert

from core.inputs import Measured
from core.state import Deployment
from storage import codec
from storage.tables import sample

_INSERT = insert(sample)


def keep(connection: Connection, before: Deployment, measured: Measured) -> None:
    """Files the readings under the gate that looked, or under '' (a baseline, a check, the proof of a rollback)."""
    looked = before.gate if measured.ref.startswith("look:") else None
    row = {
        "deployment_id": before.id,
        "gate": "" if looked is None else looked.name,
        "ref": measured.ref,
        "at": measured.at,
        "readings": codec.pack(codec.write_readings(measured.readings)),
    }
    connection.execute(_INSERT, row)

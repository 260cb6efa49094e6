"""What was stored of a deployment's looks, in the order in which they were made, and when its stages began: for judging them anew.

It must not know how they are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from core.effects import Fact
from core.replay_stored import KEPT, StoredLook
from storage import codec, packing
from storage.tables import journal, sample


@dataclass(frozen=True, eq=False)
class Recorded:
    """`facts`: those that say that a stage has begun, or what was normal before, (plan time, fact). The looks stay packed until they are asked for: ten
    days of them are a hundred thousand readings."""

    facts: tuple[tuple[datetime, Fact], ...]
    rows: Sequence[Any]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[StoredLook]:
        """Every look of every gate. Raises Unreadable."""
        for row in self.rows:
            yield StoredLook(row.gate, row.at, packing.unpack_readings(row.readings))


def recorded(connection: Connection, id: str) -> Recorded:
    """All looks of a deployment's gates; none for one that is not there."""
    looks = (
        select(sample.c.gate, sample.c.at, sample.c.readings)
        .where(sample.c.deployment_id == id, sample.c.gate != "")
        .order_by(sample.c.number)
    )
    said = (
        select(journal.c.plan_at, journal.c.facts)
        .where(journal.c.deployment_id == id, or_(*(journal.c.facts.contains(f'"{key}"') for key in KEPT)))
        .order_by(journal.c.seq)
    )
    facts = tuple(
        (row.plan_at, fact)
        for row in connection.execute(said)
        for fact in codec.read_facts(row.facts)
        if fact.key in KEPT
    )
    return Recorded(facts, connection.execute(looks).all())

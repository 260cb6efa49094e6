"""From the database to a record: the snapshot, all of the journal, and whether it is whole.

The one place of this room that reads anything.
"""

from __future__ import annotations

from datetime import datetime

from core.record import Happening, Record, Seal, record
from storage.queries import Queries


async def read(queries: Queries, deployment_id: str, now: datetime) -> Record:
    """The record of a deployment at real time `now`. Raises Refused 'unknown-deployment'."""
    deployment = await queries.load(deployment_id)
    rows = await queries.journal(deployment_id)
    count, last = await queries.seal(deployment_id)
    problems = await queries.verify(deployment_id)
    clock = await queries.plan_clock(deployment_id)
    happenings = [Happening(row.seq, row.plan_at, row.actor, row.input, row.facts, row.gate) for row in rows]
    return record(deployment, happenings, Seal(count, last, tuple(problems)), clock.now(now))

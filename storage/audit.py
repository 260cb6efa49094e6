"""Whether a deployment's journal is the one that was written: the chain of hashes, the plan's digest, no gaps, no lost end."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, select

from core.errors import Refused
from storage import chain
from storage.tables import deployment, journal


def problems(connection: Connection, id: str) -> list[str]:
    """A sentence for everything that does not fit; [] when all does. Raises Refused 'unknown-deployment'."""
    head = connection.execute(select(deployment).where(deployment.c.id == id)).first()
    if head is None:
        raise Refused("unknown-deployment", deployment=id)
    found = []
    if hashlib.sha256(head.plan_text.encode()).hexdigest() != head.plan_digest:
        found.append("the stored plan is not the one with which the deployment began")
    previous = chain.genesis(deployment_id=id, plan_digest=head.plan_digest, opening=head.opening)
    seq = 0
    for row in connection.execute(
        select(journal).where(journal.c.deployment_id == id).order_by(journal.c.seq)
    ):
        seq += 1
        columns = dict(row._mapping)
        written = columns.pop("hash")
        if row.seq != seq:
            found.append(f"journal row {seq} is missing: {row.seq} follows {seq - 1}")
            seq = row.seq
        if row.previous != previous:
            found.append(f"journal row {row.seq} does not follow the row before it")
        if chain.digest(columns) != written:
            found.append(f"journal row {row.seq} is not what was written: its hash does not fit")
        previous = written
    if (seq, previous) != (head.journal_seq, head.journal_hash):
        found.append(
            f"the journal ends at row {seq}, but the deployment was last written with row {head.journal_seq}"
        )
    return found

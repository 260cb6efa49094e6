"""Working a deployment out again from its journal: within one version of the rules it leads to the stored snapshot.

It writes nothing, and must not know why a decision was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.state import Deployment
from storage.ledger import Decide
from storage.queries import JournalRow


def replay(opening: Deployment, rows: Iterable[JournalRow], decide: Decide) -> Deployment:
    """The value after the last row. Quiet looks leave no row, so every row brings the gate's hot state along; what looks
    have changed since the last row is not in the answer (compare with `same`)."""
    value = opening
    for row in rows:
        value = decide(replace(value, gate=row.gate), row.input, row.plan_at).deployment
    return value


def same(replayed: Deployment, stored: Deployment) -> bool:
    """Whether both are the same apart from the gate's hot state."""
    return replace(replayed, gate=None) == replace(stored, gate=None)

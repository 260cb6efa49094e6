"""What was read before: for every look, the reading of the same series that its window will begin with.

A source that counts what happened between two of its own samples needs it. Pure look-up, no rule.
"""

from __future__ import annotations

from core.history import last_good
from core.inputs import Reading
from core.readings import find
from core.state import Deployment


def previous(deployment: Deployment, ref: str, metric: str, track: str) -> Reading | None:
    """The good reading that one asked for under `ref` ('look:3', 'baseline:STEP:1', 'verify-metrics:2', ...) will be held
    against, or None: it is the first of its series."""
    kind, _, rest = ref.partition(":")
    if kind == "baseline":
        step = deployment.step(rest.rpartition(":")[0])
        return _good(find(step.readings, metric, track) if step is not None else None)
    run = deployment.rollback
    if kind == "verify-metrics":
        return _good(find(run.first, metric, track) if run is not None else None)
    known = last_good(deployment.gate, metric, track) if deployment.gate is not None else None
    return None if known is None else known.reading


def _good(reading: Reading | None) -> Reading | None:
    return reading if reading is not None and reading.state == "ok" else None

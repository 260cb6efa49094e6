"""A metric over a part of the deployment: since an earlier reading, rather than since the traffic began.

Counters are kept as what was counted since the traffic began, so that a process that began again at zero in between loses
nothing (`core.history` has added up what was counted before). Pure bookkeeping, no rule and no limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.history import remember
from core.inputs import Reading
from core.plan.models import Metric
from core.plan.runbook import Runbook
from core.readings import Window, find, window
from core.state import GateRun


def totals(
    runbook: Runbook, gate: GateRun | None, readings: Sequence[Reading], at: datetime
) -> tuple[Reading, ...]:
    """The readings with counters counted from where the traffic began; as they are while no gate has looked."""
    if gate is None:
        return tuple(readings)
    run = remember(runbook, gate, readings, at)
    return tuple(_counted(runbook.metric(one.metric), one, run) for one in readings)


def _counted(metric: Metric, reading: Reading, run: GateRun) -> Reading:
    base = find(run.first, reading.metric, reading.track)
    if reading.state != "ok" or metric.gauge is not None or base is None or base.state != "ok":
        return reading
    if len(base.values) != len(reading.values):
        return reading
    counts = range(1, len(base.values), 2) if metric.quantile is not None else range(len(base.values))
    values = list(reading.values)
    for place in counts:
        values[place] -= base.values[place]
    return replace(reading, values=tuple(values))


def beginning(readings: Sequence[Reading], metric: Metric) -> tuple[Reading, ...]:
    """What `totals` said when the traffic began: nothing counted yet."""
    if metric.gauge is not None:
        return tuple(readings)
    return tuple(_nothing(metric, one) if one.state == "ok" else one for one in readings)


def _nothing(metric: Metric, reading: Reading) -> Reading:
    if metric.quantile is None:
        return replace(reading, values=tuple(0.0 for _ in reading.values))
    kept = tuple(value if place % 2 == 0 else 0.0 for place, value in enumerate(reading.values))
    return replace(reading, values=kept)


def over(
    metric: Metric,
    name: str,
    track: str,
    before: Sequence[Reading],
    after: Sequence[Reading],
    length: timedelta,
) -> Window:
    """What happened between two `totals`."""
    return window(metric, find(before, name, track), find(after, name, track), length)

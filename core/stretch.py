"""A metric over a stretch of time, from looks that were made in it or are read from a source's past. Pure arithmetic, no rule.

Counters are put together look by look, so that a process that was restarted keeps what it had counted, as Prometheus'
`increase` does. A gauge is as bad as its worst look. A stretch that is not covered, or has a hole, says nothing: missing data
never reads as good data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from core.inputs import PastLook, Reading
from core.plan.models import Metric, MetricCheck
from core.readings import Window, find, window

SEGMENTS = 24
"""A source that keeps a past is asked for so many looks and one."""
LEAST_SLACK = timedelta(minutes=10)


def moments(over: timedelta, until: datetime) -> tuple[datetime, ...]:
    """When a stretch that ends at `until` is looked at, oldest first."""
    return tuple(until - over + over * number / SEGMENTS for number in range(SEGMENTS + 1))


def seen_over(metric: Metric, wanted: MetricCheck, looks: Iterable[PastLook], until: datetime) -> Window:
    """What the looks say about a metric over `wanted.over` before `until`. state is ok or no-data."""
    over = wanted.over or timedelta(0)
    slack = min(max(over / 12, LEAST_SLACK), over / 2)
    good = [
        (look.at, reading)
        for look in sorted(looks, key=lambda one: one.at)
        if until - over - slack <= look.at <= until + slack
        and (reading := find(look.readings, wanted.metric, wanted.track)) is not None
        and reading.state == "ok"
    ]
    if not good or good[0][0] > until - over + slack or good[-1][0] < until - slack:
        return Window("no-data", detail="not-covered")
    if any(later - earlier > max(over / 4, slack) for (earlier, _), (later, _) in pairwise(good)):
        return Window("no-data", detail="hole")
    if metric.gauge is not None:
        values = [reading.values[0] for _, reading in good]
        return Window("ok", value=max(values) if wanted.below is not None else min(values))
    return _counted(metric, good)


def _counted(metric: Metric, good: Sequence[tuple[datetime, Reading]]) -> Window:
    """Counters: everything that was added from the first look to the last."""
    (began, first), (ended, last) = good[0], good[-1]
    places = range(1, len(first.values), 2) if metric.quantile is not None else range(len(first.values))
    if any(_edges(metric, reading) != _edges(metric, first) for _, reading in good):
        return Window("no-data", detail="buckets-changed")
    grown = list(first.values)
    for (_, before), (_, after) in pairwise(good):
        # One process counts all of them: when one count has fallen, all began again at zero.
        again = any(after.values[place] < before.values[place] for place in places)
        for place in places:
            grown[place] += after.values[place] - (0.0 if again else before.values[place])
    return window(metric, first, replace(last, values=tuple(grown)), ended - began)


def _edges(metric: Metric, reading: Reading) -> tuple[float, ...]:
    return reading.values[0::2] if metric.quantile is not None else (float(len(reading.values)),)

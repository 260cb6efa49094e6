"""From what was read to a look of the engine that weighs a gate's evidence: counts as differences, buckets, gauges, in the
engine's own units. What fell or is missing is no data.

The other half of `core.weighing`. What is done with a verdict is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from operator import sub

from core.inputs import Reading
from core.plan.models import Metric, SetTraffic
from core.plan.runbook import Runbook
from core.readings import window
from core.verdict import latency
from core.verdict.looks import Arm, Buckets, Counts, Gauge, Look, Pair, Stage
from core.weighing import Bound, Known, Series, Weighing


def look(weighed: Weighing, t: float, stage: int, known: Known, now: Iterable[Reading]) -> Look:
    """The look at plan second `t`: what has happened since the newest good readings. `stage` counts traffic steps from 1.

    No data, never a zero: a series without an earlier reading, one that did not answer, a counter that fell, other bucket edges,
    and a control whose window is another than the canary's.
    """
    newest: dict[Series, Reading] = {(one.metric, one.track): one for one in now}
    seen = {
        bound.rule.metric: _pair(bound, weighed.gate.track, t, known, newest)
        for bound in weighed.bound
        if bound.judged.compares
    }
    return Look(t, stage, fed(weighed, seen))


def stage(runbook: Runbook, number: int) -> Stage:
    """A stage of the rollout (from 1) with its share of the traffic and the next one's, in percent."""
    shares = [placed.body.to for placed in runbook.route if isinstance(placed.body, SetTraffic)]
    here, after = shares[number - 1 : number], shares[number : number + 1]
    return Stage(number, *(float(share[0]) if share else None for share in (here, after)))


def fed(weighed: Weighing, seen: Mapping[str, Pair]) -> dict[str, Pair]:
    """What every engine metric is given, of what the plan's metrics showed: {metric of the plan: both arms}."""
    found = {}
    for name, metric, bound in weighed.fed:
        pair = seen.get(metric)
        if pair is not None:
            found[name] = pair if bound is None else _as_judged(bound, pair)
    return found


def _as_judged(bound: Bound, pair: Pair) -> Pair:
    control = pair.control if bound.controlled else None
    if bound.judged.kind == bound.shape and not bound.turned:
        return pair if control is pair.control else Pair(pair.canary)
    return Pair(_turned(bound, pair.canary), _turned(bound, control))


def _turned(bound: Bound, arm: Arm) -> Arm:
    if bound.turned and isinstance(arm, Counts):
        return Counts(arm.total - arm.bad, arm.total)
    if isinstance(arm, Buckets) and bound.judged.kind == "gauge":
        assert bound.metric.quantile is not None  # noqa: S101  # only a quantile shows buckets
        value = latency.quantile(arm, bound.metric.quantile.q) if arm.sound() else None
        return None if value is None else Gauge(value)
    return arm


def _pair(bound: Bound, track: str, t: float, known: Known, newest: Mapping[Series, Reading]) -> Pair:
    """Both arms over the same window. A gate on control has nothing to compare it with."""
    name, metric = bound.rule.metric, bound.metric
    canary = known.get((name, track))
    judged = arm(metric, canary, newest.get((name, track)), t)
    if not bound.controlled:
        return Pair(judged)
    control = known.get((name, "control"))
    aligned = metric.gauge is not None or (canary and canary[0]) == (control and control[0])
    return Pair(judged, arm(metric, control, newest.get((name, "control")), t) if aligned else None)


def arm(metric: Metric, before: tuple[float, Reading] | None, after: Reading | None, t: float) -> Arm:
    """What one track showed between its newest good reading and the one at `t`; of a ratio the failures, of a rate its value."""
    if after is None or after.state != "ok":
        return None
    if metric.gauge is not None:
        return Gauge(after.values[0])
    if before is None or before[1].state != "ok" or len(before[1].values) != len(after.values):
        return None
    if metric.quantile is not None:
        return _grown(before[1].values, after.values)
    seen = window(metric, before[1], after, timedelta(seconds=t - before[0]))
    if metric.rate is not None:
        return None if seen.value is None else Gauge(seen.value)
    if seen.bad is None or seen.count is None or seen.bad > seen.count:
        return None
    return Counts(seen.bad, seen.count)


def _grown(before: tuple[float, ...], after: tuple[float, ...]) -> Buckets | None:
    """The requests of a window, by bucket."""
    edges = after[0::2]
    if before[0::2] != edges:
        return None
    grown = Buckets(edges, tuple(map(sub, after[1::2], before[1::2])))
    return grown if grown.sound() else None

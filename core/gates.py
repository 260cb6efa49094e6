"""Judging a gate: what one look says about each rule, its streak, and what is recommended. Pure; it acts on nothing.

A sample is ok, breach, too few, no data, or source failed. Only a breach adds to a streak, only an ok clears it; no data
and too few do neither, and are shown. A gate without evidence never recommends GO.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.history import latest_window, remember, since_start
from core.inputs import Reading
from core.plan.models import Gate, Metric, Rule
from core.plan.runbook import Runbook
from core.readings import slope
from core.state import GateRun, Recommendation, RuleRun, Sample

__all__ = ["Look", "begin", "breaches", "judge", "recommend", "since_start"]

GROWTH_POINTS = 6
GROWTH_SPAN = timedelta(minutes=40)
"""Growth is said only over this many looks and this long: a garbage-collected heap makes sawteeth of minutes."""
GAUGE_POINTS = 96
"""Looks of a gauge that are kept for its growth: eight hours of five-minute looks."""


@dataclass(frozen=True)
class Look:
    """A gate after a look. `fired`: rules whose streak became complete with it; `cleared`: rules that stopped being fired;
    `breached`: rules whose sample broke the limit in this look."""

    run: GateRun
    fired: tuple[Rule, ...] = ()
    cleared: tuple[Rule, ...] = ()
    breached: tuple[Rule, ...] = ()


def begin(name: str, runbook: Runbook, now: datetime, *, after: GateRun | None) -> GateRun:
    """A gate that looks at once. The readings of the gate before it are kept: nothing between two gates goes unseen."""
    rules = tuple(RuleRun(rule.label) for rule in runbook.gate(name).rules)
    if after is None:
        return GateRun(name, now, now, rules=rules)
    return GateRun(
        name, now, now, looks=after.looks, last=after.last, last_at=after.last_at, first=after.first, first_at=after.first_at,
        rules=rules, gauges=after.gauges, evidence_at=now, earlier=after.earlier, brief=after.brief,
        alerts=after.alerts, alerts_gap=after.alerts_gap,
    )  # fmt: skip


def judge(runbook: Runbook, run: GateRun, readings: Sequence[Reading], at: datetime) -> Look:
    """What the look at plan time `at` says. The caller clears `pending` and sets the next look."""
    gate = runbook.gate(run.name)
    gauges = _with_gauges(runbook, run, readings, at)
    samples = tuple(_samples(runbook, run, readings, at))
    remembered = remember(runbook, run, readings, at)
    seen = replace(remembered, gauges=gauges, samples=samples, looks=run.looks + 1)
    runs, fired, cleared, breached = [], [], [], []
    for rule, before in zip(gate.rules, run.rules, strict=True):
        after = _advance(
            rule,
            before,
            _sample_for(rule, gate, runbook.metric(rule.metric), seen, run.last_at or at, at),
            at,
        )
        runs.append(after)
        if after.sample is not None and after.sample.state == "breach":
            breached.append(rule)
        if after.fired_at is not None and before.fired_at is None:
            fired.append(rule)
        if after.fired_at is None and before.fired_at is not None:
            cleared.append(rule)
    judged = replace(seen, rules=tuple(runs))
    if _has_evidence(gate, judged):
        judged = replace(judged, evidence_at=at)
    return Look(
        replace(judged, recommendation=recommend(gate, judged)), tuple(fired), tuple(cleared), tuple(breached)
    )


def _samples(runbook: Runbook, run: GateRun, readings: Sequence[Reading], at: datetime) -> list[Sample]:
    longest = runbook.gate(run.name).patience
    found = []
    for after in readings:
        since, seen = latest_window(runbook.metric(after.metric), run, after, at, longest)
        found.append(
            Sample(
                after.metric,
                after.track,
                since,
                at,
                seen.state,
                seen.value,
                seen.bad,
                seen.count,
                seen.detail,
            )
        )
    return found


def _sample_for(
    rule: Rule, gate: Gate, metric: Metric, run: GateRun, since: datetime, at: datetime
) -> Sample:
    """The sample a rule is judged on: the window's, with the limit and the minimum evidence applied."""
    sample = next((s for s in run.samples if s.metric == rule.metric and s.track == gate.track), None)
    if sample is None:
        return Sample(rule.metric, gate.track, since, at, "no-data", detail="not-read")
    if sample.state != "ok" or sample.value is None:
        return sample
    if rule.growth_below is not None:
        return _growth(rule, run, sample)
    minimum = rule.minimum if rule.minimum is not None else gate.minimum
    if sample.count is not None and sample.count < minimum:
        return replace(sample, state="too-few", detail=f"{minimum}")
    return replace(sample, state="breach" if breaches(rule, metric, sample.value) else "ok")


def breaches(rule: Rule, metric: Metric, value: float) -> bool:
    """Whether a value is on the wrong side: `below` is broken at the limit itself and over it."""
    if rule.below is not None:
        return value >= rule.below.in_unit(metric.unit)
    return rule.above is not None and value <= rule.above.in_unit(metric.unit)


def _growth(rule: Rule, run: GateRun, sample: Sample) -> Sample:
    points = next((points for name, points in run.gauges if name == rule.metric), ())
    span = timedelta(hours=points[-1][0] - points[0][0]) if points else timedelta(0)
    grown = slope(points)
    if grown is None or len(points) < GROWTH_POINTS or span < GROWTH_SPAN:
        return replace(sample, state="too-few", value=None, detail="growth")
    assert rule.growth_below is not None  # noqa: S101  # narrowed by the caller
    return replace(sample, state="breach" if grown >= rule.growth_below.value else "ok", value=grown)


def _with_gauges(
    runbook: Runbook, run: GateRun, readings: Sequence[Reading], at: datetime
) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
    """The canary's gauges with this look added; hours count from the first look, so that a later gate goes on with them."""
    origin = run.first_at or at
    kept = dict(run.gauges)
    for reading in readings:
        if (
            reading.track == "canary"
            and reading.state == "ok"
            and runbook.metric(reading.metric).gauge is not None
        ):
            points = (
                *kept.get(reading.metric, ()),
                ((at - origin).total_seconds() / 3600.0, reading.values[0]),
            )
            kept[reading.metric] = points[-GAUGE_POINTS:]
    return tuple(sorted(kept.items()))


def _advance(rule: Rule, before: RuleRun, sample: Sample, at: datetime) -> RuleRun:
    if sample.state == "breach":
        streak = before.streak + 1
        fired_at = before.fired_at or (at if streak >= rule.streak else None)
        return replace(
            before, streak=streak, fired_at=fired_at, sample=sample,
            breached_total=before.breached_total + 1, judged_total=before.judged_total + 1, since=before.since or sample.since,
            noticed_at=before.noticed_at or at,
        )  # fmt: skip
    if sample.state == "ok":
        return replace(
            before,
            streak=0,
            fired_at=None,
            since=None,
            noticed_at=None,
            sample=sample,
            judged_total=before.judged_total + 1,
        )
    return replace(before, sample=sample)


def _has_evidence(gate: Gate, run: GateRun) -> bool:
    """Every rule that can act was judged in this look."""
    acting = [
        state
        for rule, state in zip(gate.rules, run.rules, strict=True)
        if rule.growth_below is None and rule.then != "observe"
    ]
    relevant = acting or list(run.rules)
    return all(
        state.sample is not None and state.sample.state in ("ok", "breach", "too-few") for state in relevant
    )


def recommend(gate: Gate, run: GateRun) -> Recommendation:
    """NO-GO when a rule that rolls back has fired; GO only when every rule that can act was judged and none is breached."""
    states = list(zip(gate.rules, run.rules, strict=True))
    if any(state.fired_at is not None and rule.then == "rollback" for rule, state in states):
        return "NO-GO"
    if any(state.streak > 0 for _, state in states):
        return "OBSERVE"
    acting = [
        state for rule, state in states if rule.growth_below is None and rule.then != "observe"
    ] or run.rules
    known = all(
        state.judged_total > 0 and state.sample is not None and state.sample.state == "ok" for state in acting
    )
    return "GO" if known else "OBSERVE"

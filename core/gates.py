"""Judging a gate: what one look says about each rule, its streak, and what is recommended. Pure; it acts on nothing.

Every look adds to the evidence (`core.gate_evidence`). The rules' windows are longer: they end with the look at which the gate's `every`
has passed, and are judged then. A window is ok, breach, too few, no data, or source failed. Only a breach adds to a streak, only an
ok clears it; no data and too few do neither, and are shown. A gate without evidence never recommends GO.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from core import gate_evidence
from core.history import latest_window, opened, remember, since_start
from core.inputs import Reading
from core.plan.models import Gate, Metric, Rule
from core.plan.runbook import Runbook
from core.readings import slope
from core.state import GateRun, Recommendation, RuleRun, Sample, SampleState
from core.usual import Usual
from core.verdict.verdicts import Verdict

__all__ = ["Look", "begin", "judge", "recommend", "since_start", "troubled"]

GROWTH_POINTS = 6
GROWTH_SPAN = timedelta(minutes=40)
"""Growth is said only over this many windows and this long: a garbage-collected heap makes sawteeth of minutes."""
GAUGE_POINTS = 96
"""Windows of a gauge that are kept for its growth: eight hours of five minutes each."""


@dataclass(frozen=True)
class Look:
    """A gate after a look. `fired`: rules whose streak became complete with it; `cleared`: rules that stopped being fired;
    `breached`: rules whose window broke the limit in this look; `acting`: rules that began to act with it, because of their streak
    or of the evidence; `held`: rules that broke their limit for good and do not act; `released`: rules with which all is well again."""

    run: GateRun
    verdict: Verdict
    fired: tuple[Rule, ...] = ()
    cleared: tuple[Rule, ...] = ()
    breached: tuple[Rule, ...] = ()
    acting: tuple[Rule, ...] = ()
    held: tuple[Rule, ...] = ()
    released: tuple[Rule, ...] = ()


def begin(name: str, runbook: Runbook, now: datetime, *, after: GateRun | None, usual: Usual = ()) -> GateRun:
    """A gate that looks at once. The readings of the gate before it are kept: nothing between two gates goes unseen, and the
    first look closes the window that was filling. Evidence goes on too, and with it what is usual: `usual` is for the first gate."""
    rules = tuple(RuleRun(rule.label) for rule in runbook.gate(name).rules)
    if after is None:
        return GateRun(name, now, now, rules=rules, usual=usual)
    gate, shown = runbook.gate(name), runbook.gate(after.name).alerts
    known = gate.alerts == shown  # other alerts have not been read yet
    tallies = {rule.label: rule.acted for rule in after.rules}
    rules = tuple(replace(rule, acted=tallies.get(rule.label, 0)) for rule in rules)
    begun = GateRun(
        name, now, now, looks=after.looks, last=after.last, last_at=after.last_at, first=after.first, first_at=after.first_at,
        rules=rules, gauges=after.gauges, evidence_at=now, earlier=after.earlier, brief=after.brief,
        alerts=after.alerts if known else (), alerts_gap=after.alerts_gap if known else "first-look", opened=after.opened, incident=after.incident, usual=after.usual,
    )  # fmt: skip
    return gate_evidence.carried(runbook, after, begun)


def judge(runbook: Runbook, run: GateRun, readings: Sequence[Reading], at: datetime) -> Look:
    """What the look at plan time `at` says. The caller clears `pending` and sets the next look."""
    gate = runbook.gate(run.name)
    closing = closes(gate, run, at)
    seen = remember(runbook, run, readings, at)
    seen = replace(
        seen, opened=opened(runbook, run, readings, at, gate.patience, closing=closing), looks=run.looks + 1,
    )  # fmt: skip
    if closing:
        samples, gauges = (
            tuple(_samples(runbook, run, readings, at)),
            _with_gauges(runbook, run, readings, at),
        )
        since = run.opened_at or run.last_at or at
        rules = windowed(limits(runbook, run.name), run.rules, samples, dict(gauges), since, at)
        seen = replace(seen, opened_at=at, gauges=gauges, samples=samples, rules=rules)
    weighed, verdict = gate_evidence.weigh(runbook, run, seen, readings, at)
    after = replace(weighed, recommendation=recommend(gate, weighed.rules, verdict))
    return _look(gate, run, after, verdict, closing=closing)


Track = Literal["canary", "control"]


@dataclass(frozen=True, slots=True)
class Limited:
    """A rule with what is asked of it at every window, worked out once. `edge`: its limit in the metric's unit; `over`: broken at
    the edge and over it, else at it and under it; `grows`: the growth an hour, in that unit, that breaks it."""

    rule: Rule
    metric: str
    track: Track
    edge: float | None
    over: bool
    minimum: int
    grows: float | None

    def breaks(self, value: float) -> bool:
        """Whether a value is on the wrong side."""
        return self.edge is not None and (value >= self.edge if self.over else value <= self.edge)


@lru_cache(maxsize=256)
def limits(runbook: Runbook, name: str) -> tuple[Limited, ...]:
    """The rules of a gate, in their order. KeyError when the plan has no such gate."""
    gate = runbook.gate(name)
    return tuple(
        Limited(
            rule, rule.metric, gate.track, _edge(rule, runbook.metric(rule.metric)), rule.below is not None,
            gate.minimum if rule.minimum is None else rule.minimum, _growth_edge(rule, runbook.metric(rule.metric)),
        )
        for rule in gate.rules
    )  # fmt: skip


def _edge(rule: Rule, metric: Metric) -> float | None:
    limit = rule.below or rule.above
    return None if limit is None else limit.in_unit(metric.unit)


def _growth_edge(rule: Rule, metric: Metric) -> float | None:
    return None if rule.growth_below is None else rule.growth_below.in_unit(metric.unit)


Points = tuple[tuple[float, float], ...]
"""(hours, value) of a canary's gauge."""


def windowed(
    limits: Sequence[Limited], rules: Sequence[RuleRun], samples: Sequence[Sample], gauges: Mapping[str, Points],
    since: datetime, at: datetime,
) -> tuple[RuleRun, ...]:  # fmt: skip
    """The rules after the window that ends here, of which the samples are; also for counts that were recorded elsewhere."""
    shown = {(sample.metric, sample.track): sample for sample in reversed(samples)}
    return tuple(
        [
            _advance(limit.rule, before, *_judged(limit, shown, gauges, since, at), at)
            for limit, before in zip(limits, rules, strict=True)
        ]
    )


def _look(gate: Gate, before: GateRun, after: GateRun, verdict: Verdict, *, closing: bool) -> Look:
    pairs = list(zip(gate.rules, before.rules, after.rules, strict=True))
    return Look(
        after,
        verdict,
        fired=tuple([rule for rule, was, now in pairs if now.fired_at is not None and was.fired_at is None]),
        cleared=tuple([rule for rule, was, now in pairs if now.fired_at is None and was.fired_at is not None]),
        breached=tuple([rule for rule, _, now in pairs if closing and now.sample is not None and now.sample.state == "breach"]),
        acting=tuple([rule for rule, was, now in pairs if now.acts and not was.acts]),
        held=tuple([rule for rule, was, now in pairs if now.held and now.held != was.held]),
        released=tuple([rule for rule, was, now in pairs if troubled(was) and not troubled(now)]),
    )  # fmt: skip


def troubled(state: RuleRun) -> bool:
    """Whether a rule acts, or is held although its limit is broken for good."""
    return state.fired_at is not None or bool(state.acts) or bool(state.held)


def closes(gate: Gate, run: GateRun, at: datetime) -> bool:
    """Whether the rules' window ends with a look at this moment: `every` has passed, or will have by less than half a look."""
    if run.opened_at is None:
        return True
    return at - run.opened_at >= gate.every - min(gate.pace, gate.every) / 2


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


def _judged(
    limit: Limited,
    shown: Mapping[tuple[str, Track], Sample],
    gauges: Mapping[str, Points],
    since: datetime,
    at: datetime,
) -> tuple[Sample, bool]:
    """(the sample a rule is judged on, with the limit and the minimum evidence applied; whether control breaks the limit as well)"""
    sample = shown.get((limit.metric, limit.track))
    if sample is None:
        return Sample(limit.metric, limit.track, since, at, "no-data", detail="not-read"), False
    if sample.state != "ok" or sample.value is None:
        return sample, False
    if limit.grows is not None:
        return _growth(limit, gauges.get(limit.metric, ()), sample), False
    if sample.count is not None and sample.count < limit.minimum:
        return _told(sample, "too-few", sample.value, f"{limit.minimum}"), False
    shared = False
    if limit.track == "canary":
        control = shown.get((limit.metric, "control"))
        shared = (
            control is not None and control.state == "ok" and control.value is not None
            and limit.breaks(control.value)
        )  # fmt: skip
    broken = limit.breaks(sample.value)
    return _told(sample, "breach", sample.value, sample.detail) if broken else sample, shared


def _told(sample: Sample, state: SampleState, value: float | None, detail: str) -> Sample:
    """The sample with other words for it. Every window of every rule comes by here: `replace` would take three times as long."""
    return Sample(
        sample.metric, sample.track, sample.since, sample.until, state, value, sample.bad, sample.count, detail
    )  # fmt: skip


def _growth(limit: Limited, points: Points, sample: Sample) -> Sample:
    span = timedelta(hours=points[-1][0] - points[0][0]) if points else timedelta(0)
    grown = None if len(points) < GROWTH_POINTS or span < GROWTH_SPAN else slope(points)
    if grown is None:
        return _told(sample, "too-few", None, "growth")
    assert limit.grows is not None  # noqa: S101  # narrowed by the caller
    return _told(sample, "breach" if grown >= limit.grows else "ok", grown, sample.detail)


def _with_gauges(
    runbook: Runbook, run: GateRun, readings: Sequence[Reading], at: datetime
) -> tuple[tuple[str, Points], ...]:
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


def _advance(rule: Rule, before: RuleRun, sample: Sample, shared: bool, at: datetime) -> RuleRun:
    if sample.state == "breach":
        streak = before.streak + 1
        fired_at = before.fired_at or (at if streak >= rule.streak else None)
        return replace(
            before, streak=streak, fired_at=fired_at, sample=sample,
            breached_total=before.breached_total + 1, judged_total=before.judged_total + 1, since=before.since or sample.since,
            noticed_at=before.noticed_at or at, control=before.control + shared,
            broken=(before.broken[0] + (sample.bad or 0.0), before.broken[1] + (sample.count or 0.0)),
        )  # fmt: skip
    if sample.state == "ok":
        return RuleRun(
            before.label, sample=sample, breached_total=before.breached_total, judged_total=before.judged_total + 1,
            acts=before.acts, held=before.held, acted=before.acted,
        )  # fmt: skip
    return replace(before, sample=sample)


def recommend(gate: Gate, rules: Sequence[RuleRun], verdict: Verdict) -> Recommendation:
    """The verdict's word; where the streak alone decides, the rules'. Where either does, growth as the plan words it keeps GO back."""
    if gate.decide_by == "streak":
        return by_streaks(gate, rules)
    if gate.decide_by == "either" and verdict.word == "GO" and _grows(gate, rules):
        return "OBSERVE"
    return verdict.word


def _grows(gate: Gate, rules: Sequence[RuleRun]) -> bool:
    return any(
        [
            state.fired_at is not None and rule.growth_below is not None and not rule.advisory
            for rule, state in zip(gate.rules, rules, strict=True)
        ]
    )


def by_streaks(gate: Gate, rules: Sequence[RuleRun]) -> Recommendation:
    """NO-GO when a rule that rolls back has fired; GO only when every rule that can act was judged and none is breached."""
    states = [(rule, state) for rule, state in zip(gate.rules, rules, strict=True) if not rule.advisory]
    if any(state.fired_at is not None and rule.then == "rollback" for rule, state in states):
        return "NO-GO"
    if any(state.streak > 0 for _, state in states):
        return "OBSERVE"
    acting = [state for rule, state in states if rule.growth_below is None and rule.then != "observe"] or [
        state for _, state in states
    ]
    known = all(
        state.judged_total > 0 and state.sample is not None and state.sample.state == "ok" for state in acting
    )
    return "GO" if known and acting else "OBSERVE"

"""Looking back on a rehearsal: what its journal and its readings say, and what its gates would have done over the past. Pure.

It must not know where journal, readings and the past come from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core import gates
from core.effects import Fact
from core.inputs import Reading
from core.plan.models import Metric, Rule
from core.plan.runbook import Runbook
from core.rehearsal import FailedCheck, Fired, Missing, NoData, Replayed, StepTime, Weighed
from core.replay_stored import StoredLook, replayed, stages
from core.replay_tally import RuleTally, Tally
from core.roles import holders_of
from core.rules.begin import needed
from core.state import Deployment, GateRun


@dataclass(frozen=True)
class Row:
    """One row of the journal: when it was, in plan time and in real time, and what became true."""

    plan_at: datetime
    real_at: datetime
    facts: tuple[Fact, ...] = ()


def step_times(deployment: Deployment, rows: Sequence[Row]) -> tuple[StepTime, ...]:
    """Every step of the route that was opened. Real time is that of the journal's rows."""
    found = []
    for step in deployment.steps:
        if step.opened_at is None:
            continue
        plan_s = real_s = None
        if step.closed_at is not None:
            plan_s = (step.closed_at - step.opened_at).total_seconds()
            began, ended = _real(rows, step.opened_at), _real(rows, step.closed_at)
            real_s = (ended - began).total_seconds() if began is not None and ended is not None else None
        found.append(StepTime(step.id, step.status, plan_s, real_s))
    return tuple(found)


def _real(rows: Sequence[Row], plan_at: datetime) -> datetime | None:
    return next((row.real_at for row in rows if row.plan_at >= plan_at), None)


def missing(deployment: Deployment, rows: Sequence[Row]) -> tuple[Missing, ...]:
    """Roles nobody holds, tiers that would call nobody, questions and calls that nobody answered in time, a proof that did not come."""
    plan = deployment.runbook.plan
    roles = [Missing("role", role) for role in needed(deployment) if not deployment.holders(role)]
    tiers = [
        Missing("tier", str(tier.tier)) for tier in plan.escalation if not holders_of(deployment, tier.who)
    ]
    late = []
    for row in rows:
        for fact in row.facts:
            words = dict(fact.words)
            if fact.key == "defaulted":
                late.append(Missing("question", str(words.get("step", "")), row.plan_at))
            elif fact.key == "rollback-late":
                late.append(Missing("proof", str(words.get("metrics", "")), row.plan_at))
            elif fact.key == "page-exhausted":
                late.append(Missing("call", str(words.get("page", "")), row.plan_at))
    return (*roles, *tiers, *late)


_FAILED = ("item-check-failed", "not-confirmed")


def failed_checks(rows: Iterable[Row]) -> tuple[FailedCheck, ...]:
    """What the bot verified and did not pass; of several tries the last. What passed in the end is no finding."""
    found: dict[tuple[str, str], FailedCheck] = {}
    for row in rows:
        for fact in row.facts:
            words = {name: str(word or "") for name, word in fact.words}
            place = words.get("step", ""), words.get("item", "")
            if fact.key == "item-verified":
                found.pop(place, None)
            elif fact.key in _FAILED:
                found[place] = FailedCheck(*place, (words.get("evidence") or words.get("reason") or "")[:500])
    return tuple(found.values())


def without_data(runbook: Runbook, looks: Sequence[Sequence[Reading]]) -> tuple[NoData, ...]:
    """Series that had no value in at least one look, and counters that never counted anything."""
    metrics = runbook.plan.metrics
    seen: dict[tuple[str, str], set[tuple[float, ...]]] = {}
    of: Counter[tuple[str, str]] = Counter()
    empty: Counter[tuple[str, str]] = Counter()
    why: dict[tuple[str, str], str] = {}
    for readings in looks:
        for reading in readings:
            series = reading.metric, reading.track
            of[series] += 1
            if reading.state != "ok":
                empty[series] += 1
                why[series] = reading.detail or reading.state
            elif reading.metric in metrics and metrics[reading.metric].kind != "gauge":
                seen.setdefault(series, set()).add(reading.values)
    for counted, values in seen.items():
        if len(values) == 1 and of[counted] > 1:
            empty[counted], why[counted] = of[counted], "no-requests"
    return tuple(NoData(*series, empty[series], of[series], why[series][:300]) for series in sorted(empty))


# ----------------------------------------------------------------------------------------------------- the rehearsal


def weighed(
    runbook: Runbook, looks: Iterable[StoredLook], facts: Sequence[tuple[datetime, Fact]]
) -> tuple[Weighed, ...]:
    """What the evidence of every rule said over the looks of the rehearsal, in the gates' order; `facts` of its journal. Rules of levels
    and growth have no odds, nor has one that was never compared with a stable side; they stand here for their streaks."""
    tally, most, counted = Tally(), dict[tuple[str, str], tuple[float, float]](), Counter[str]()
    for step in replayed(runbook, looks, stages(runbook, facts), tally, facts=facts):
        counted[step.gate] += 1
        for state, found in zip(step.rules, step.verdict.findings, strict=True):
            if found.needed is not None and found.control_total > 0.0:
                key = (step.gate, state.label)
                odds, _ = most.get(key, (1.0, 0.0))
                most[key] = max(odds, found.evidence), found.needed
    return tuple([_weighed(one, most.get((one.gate, one.label)), counted[one.gate]) for one in tally.rules])


def _weighed(rule: RuleTally, most: tuple[float, float] | None, looks: int) -> Weighed:
    odds, needed = most or (1.0, None)
    proved = None if rule.first_evidence is None else datetime.fromtimestamp(rule.first_evidence, UTC)
    return Weighed(
        rule.gate, rule.label, rule.metric, looks, rule.fired, rule.unproved + rule.open, odds, needed, proved, rule.acted
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------- the past


class Replay:
    """A gate played over past looks, oldest first. What it would have judged on the canary it judges on the stable side: before
    a deployment that is the side which had traffic, so a rule that fires here would have fired without any new version."""

    def __init__(self, runbook: Runbook, gate: str, since: datetime) -> None:
        self._runbook = runbook
        self._gate = runbook.gate(gate)
        self._since = self._until = since
        self._run: GateRun = gates.begin(gate, runbook, since, after=None)
        self._fired: dict[str, Fired] = {}
        self._over: dict[str, Fired] = {}
        self._doubtless: frozenset[str] = frozenset()
        self._judged = 0

    def look(self, at: datetime, readings: Sequence[Reading]) -> None:
        """One past look."""
        side = [replace(one, track=self._gate.track) for one in readings if one.track == "control"]
        look = gates.judge(self._runbook, self._run, side, at)
        self._run, self._until = look.run, at
        states = {run.label: run for run in look.run.rules}
        judged = [run for run in states.values() if run.sample and run.sample.state in ("ok", "breach")]
        self._judged += bool(judged)
        for rule in look.fired:
            sample = states[rule.label].sample
            self._note(rule, at, None if sample is None else sample.value)
        self._weigh(look, at)
        for rule in look.breached:
            if rule.label in self._fired and (sample := states[rule.label].sample) is not None:
                known = self._fired[rule.label]
                self._fired[rule.label] = replace(known, worst=_worse(rule, known.worst, sample.value))

    def _note(self, rule: Rule, at: datetime, value: float | None) -> None:
        known = self._fired.get(rule.label)
        first = Fired(self._run.name, rule.label, rule.metric, 0, at, at, value) if known is None else known
        worst = _worse(rule, first.worst, value)
        self._fired[rule.label] = replace(first, times=first.times + 1, last_at=at, worst=worst)

    def _weigh(self, look: gates.Look, at: datetime) -> None:
        """Rules that the evidence has come to see over their limit beyond doubt. Whom to blame it cannot say: there is no other side."""
        seen = set()
        for rule, found in zip(self._gate.rules, look.verdict.findings, strict=True):
            if found.absolute_needed is None or found.absolute < found.absolute_needed:
                continue
            seen.add(rule.label)
            if rule.label not in self._doubtless:
                first = self._over.get(rule.label) or Fired(
                    self._run.name, rule.label, rule.metric, 0, at, at
                )
                self._over[rule.label] = replace(first, times=first.times + 1, last_at=at)
        self._doubtless = frozenset(seen)

    def outcome(self, no_past: tuple[str, ...] = ()) -> Replayed:
        """What the gate would have done."""
        return Replayed(
            self._run.name,
            self._since,
            self._until,
            self._run.looks,
            self._judged,
            tuple([self._acted(one) for one in self._fired.values()]),
            no_past,
            over=tuple([self._acted(one) for one in self._over.values()]),
        )

    def _acted(self, one: Fired) -> Fired:
        return replace(one, acted=next(state.acted for state in self._run.rules if state.label == one.rule))


def _worse(rule: Rule, one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    if not known:
        return None
    return min(known) if rule.above is not None else max(known)


def metrics_of(runbook: Runbook, gate: str) -> dict[str, Metric]:
    """The metrics a gate's rules are about, by name."""
    return {rule.metric: runbook.metric(rule.metric) for rule in runbook.gate(gate).rules}

"""A deployment in numbers at one moment: what reports, the card, gate messages and decisions show. Pure; no words in a language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core import gate_evidence
from core.gates import since_start
from core.plan.models import Metric, Rule, Text
from core.plan.quantities import Growth, Limit
from core.rules.reports import requests, trend
from core.state import Deployment, GateRun, RuleRun, SampleState, Status
from core.verdict import scoring
from core.verdict.verdicts import Verdict

Trend = Literal["up", "down", "flat", ""]


@dataclass(frozen=True)
class MetricRow:
    """One metric: the last window of the canary beside its limit, the control, the baseline, and the report before."""

    metric: str
    title: Text
    unit: str
    value: float | None
    count: float | None
    limit: Limit | Growth | None
    limit_kind: Literal["below", "above", "growth", ""]
    state: SampleState | Literal[""]
    detail: str
    streak: int
    needed: int
    then: str
    control: float | None
    baseline: float | None
    since_start: float | None
    since_start_count: float | None
    previous: float | None
    trend: Trend


@dataclass(frozen=True)
class Reason:
    """Why a gate says what it says: one rule with its sample."""

    metric: str
    rule: str
    state: SampleState | Literal[""]
    value: float | None
    unit: str
    limit: str
    bad: float | None
    count: float | None
    streak: int
    needed: int
    then: str
    detail: str
    growth: bool = False


@dataclass(frozen=True)
class Summary:
    """All of it. `requests`: of the canary since its traffic began; None when not known."""

    at: datetime
    status: Status
    weight: int
    gate: str
    rows: tuple[MetricRow, ...]
    recommendation: str
    reasons: tuple[Reason, ...]
    requests: float | None
    looked_at: datetime | None
    next_at: datetime | None
    weighed: Verdict | None = None
    """What the evidence says, with the score of what is recommended; None before the first look."""
    advised: tuple[tuple[str, int], ...] = ()
    """(metric, how often it would have acted) of rules that are only advisory."""

    @property
    def trend(self) -> str:
        """Where it is going as a whole: worse if anything is, better if something is and nothing worsens."""
        trends = (
            {found.trend for found in self.weighed.findings if not found.advisory} if self.weighed else set()
        )
        return next((trend for trend in ("worsening", "improving", "stable") if trend in trends), "unknown")


def summarise(deployment: Deployment, now: datetime, kind: str = "full") -> Summary:
    """`kind` chooses the report that the trend is against: 'full', 'brief', or 'now' for the last full one posted."""
    run = deployment.gate
    if run is None:
        return Summary(now, deployment.status, deployment.weight, "", (), "", (), None, None, None)
    rules = deployment.runbook.gate(run.name).rules
    pairs = tuple(zip(rules, run.rules, strict=True))
    before = _before(deployment, kind)
    shown = dict.fromkeys([rule.metric for rule in rules] + list(deployment.runbook.plan.reports.metrics))
    rows = tuple(_row(deployment, run, name, pairs, before) for name in shown)
    reasons = tuple(_reason(deployment, rule, state) for rule, state in pairs)
    return Summary(
        now, deployment.status, deployment.weight, run.name, rows, run.recommendation, _weightiest(reasons), requests(deployment),
        run.last_at, run.next_look, _weighed(deployment, run),
        tuple((rule.metric, state.acted) for rule, state in pairs if rule.advisory and state.acted),
    )  # fmt: skip


def _weighed(deployment: Deployment, run: GateRun) -> Verdict | None:
    """The verdict. Where the streaks alone decide, the score is that of their word: one message says one thing."""
    verdict = gate_evidence.verdict_of(deployment.runbook, run)
    if verdict is None or verdict.word == run.recommendation:
        return verdict
    settings = gate_evidence.scales(deployment.runbook, run.name).engine.settings
    return verdict._replace(score=scoring.score(run.recommendation, verdict.findings, settings))


def _before(deployment: Deployment, kind: str) -> dict[str, float | None]:
    if kind == "brief":
        mark = deployment.gate.brief if deployment.gate is not None else None
        return dict(mark.previous) if mark is not None else {}
    mark = deployment.full
    if mark is None:
        return {}
    return dict(mark.values if kind == "now" else mark.previous)


def _row(
    deployment: Deployment,
    run: GateRun,
    name: str,
    pairs: tuple[tuple[Rule, RuleRun], ...],
    before: dict[str, float | None],
) -> MetricRow:
    metric = deployment.runbook.metric(name)
    level = [(rule, state) for rule, state in pairs if rule.metric == name and rule.growth_below is None]
    rule, state = level[0] if level else (None, None)
    sample = next((s for s in run.samples if s.metric == name and s.track == "canary"), None)
    control = next((s for s in run.samples if s.metric == name and s.track == "control"), None)
    baseline = deployment.baseline
    normal = (
        next((value for metric_id, value, _ in baseline.values if metric_id == name), None)
        if baseline is not None
        else None
    )
    whole = since_start(deployment.runbook, run, name, "canary")
    value = sample.value if sample is not None else None
    judged = (
        state.sample.state
        if state is not None and state.sample is not None
        else (sample.state if sample is not None else "")
    )
    return MetricRow(
        name, metric.title, metric.unit, value, sample.count if sample is not None else None,
        (rule.below or rule.above) if rule is not None else None,
        "" if rule is None else "below" if rule.below is not None else "above",
        judged, _detail(sample.detail if sample is not None else "", state), state.streak if state is not None else 0,
        rule.streak if rule is not None else 0, rule.then if rule is not None else "",
        control.value if control is not None and control.state == "ok" else None, normal,
        whole.value if whole.state == "ok" else None, whole.count, before.get(name), _trend(metric, value, before.get(name)),
    )  # fmt: skip


def _detail(detail: str, state: RuleRun | None) -> str:
    return state.sample.detail if state is not None and state.sample is not None else detail


def _trend(metric: Metric, now: float | None, before: float | None) -> Trend:
    found = trend(now, before)
    return "up" if found == "up" else "down" if found == "down" else "flat" if found == "flat" else ""


def _reason(deployment: Deployment, rule: Rule, state: RuleRun) -> Reason:
    sample = state.sample
    limit = rule.below or rule.above or rule.growth_below
    unit = deployment.runbook.metric(rule.metric).unit + ("/h" if rule.growth_below is not None else "")
    if sample is None:
        return Reason(
            rule.metric,
            rule.label,
            "",
            None,
            unit,
            limit.text if limit else "",
            None,
            None,
            0,
            rule.streak,
            rule.then,
            "",
        )
    return Reason(
        rule.metric, rule.label, sample.state, sample.value, unit, limit.text if limit else "", sample.bad, sample.count,
        state.streak, rule.streak, rule.then, sample.detail, rule.growth_below is not None,
    )  # fmt: skip


def _weightiest(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Broken rules first, then the unknown ones, then the rest; rollback rules before those that only propose."""
    order = {"breach": 0, "source-failed": 1, "no-data": 2, "too-few": 3, "": 4, "ok": 5}
    acting = {"rollback": 0, "call": 1, "observe": 2}
    return tuple(sorted(reasons, key=lambda r: (order[r.state], acting.get(r.then, 3), -r.streak)))

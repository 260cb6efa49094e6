"""The gate that looks on while there is traffic: when it looks, and what follows from what it sees.

Growth only proposes. What follows from evidence stands in `core.rules.weighed`. No data never passes and never rolls back by itself: it holds, says why, and calls people.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core import gate_evidence, gates, usual
from core.decision import Decision
from core.effects import Measure, Words
from core.inputs import Measured
from core.plan.models import Rule
from core.rules import alerts, escalation, holding, rollback, weighed
from core.rules.rehearsing import is_blind
from core.state import Deployment, GateRun, Sample, Status

LOOKING = frozenset({Status.RUNNING, Status.HELD})


def switch(deployment: Deployment, name: str, now: datetime) -> Deployment:
    """Another gate from now on; the same one just goes on."""
    if deployment.gate is not None and deployment.gate.name == name:
        return deployment
    before = deployment.baseline
    measured = () if before is None else usual.measured(deployment.runbook, before.values)
    begun = gates.begin(name, deployment.runbook, now, after=deployment.gate, usual=measured)
    return replace(deployment, gate=begun)


def staged(deployment: Deployment, number: int, now: datetime) -> Deployment:
    """The canary's share was set: a stage of the evidence begins. `number` counts traffic steps from 1."""
    if deployment.gate is None:
        return deployment
    run = gate_evidence.staged(deployment.runbook, deployment.gate, number, now)
    return deployment if run is deployment.gate else replace(deployment, gate=run)


def due(deployment: Deployment, now: datetime) -> Decision:
    """Asks for a look when it is time: all metrics of the gate in one."""
    gate = deployment.gate
    if gate is None or deployment.status not in LOOKING or gate.pending or gate.next_look > now:
        return Decision(deployment)
    if gate.filling:  # what has been missed comes first, so that streaks count in order; but not for ever
        if gate.filling_until is not None and gate.filling_until > now:
            return Decision(deployment)
        alone = replace(gate, filling="", filling_since=None, filling_until=None)
        unfilled = Decision(replace(deployment, gate=alone)).fact("backfill-late", gate=gate.name)
        return unfilled.then(lambda d: due(d, now))
    every = deployment.runbook.gate(gate.name).pace
    late = now - gate.next_look
    following = now + every if late > every / 2 else gate.next_look + every
    ref = f"look:{gate.looks + 1}"
    looking = replace(gate, pending=ref, next_look=following)
    return Decision(replace(deployment, gate=looking)).ask(Measure(ref, watched(deployment, gate.name)))


def watched(deployment: Deployment, name: str) -> tuple[str, ...]:
    """Every metric a look reads: the gate's, the reports', and those the final verdict and the checks will need."""
    plan = deployment.runbook.plan
    wanted = (
        [rule.metric for rule in plan.gates[name].rules] + list(plan.reports.metrics) + list(plan.metrics)
    )
    return tuple(dict.fromkeys(wanted))


def looked(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    """What follows from a look: facts, a hold, a call, or the way back."""
    gate = deployment.gate
    if gate is None or gate.pending != happened.ref or deployment.status not in LOOKING:
        return Decision(deployment)
    look = gates.judge(deployment.runbook, replace(gate, pending=""), happened.readings, happened.at)
    decision = Decision(replace(deployment, gate=look.run))
    for rule in look.breached:
        decision = _said(decision, "breach", rule, look.run)
    for rule in look.cleared:
        decision = _said(decision, "cleared", rule, look.run)
    decision = recommended(decision, gate, look)
    decision = decision.then(lambda d: alerts.looked(d, happened, now))
    decision = decision.then(lambda d: _evidence(d, now))
    decision = decision.then(lambda d: weighed.outage(d, look, was=gate.incident, now=now))
    return decision.then(lambda d: follow(d, look, now))


def recommended(decision: Decision, before: GateRun, look: gates.Look) -> Decision:
    """Says that the recommendation has changed, and why."""
    if look.run.recommendation == before.recommendation:
        return decision
    why = weighed.words(look.verdict, None, next(iter(look.verdict.reasons), None))
    return decision.fact(
        "recommendation", **dict(why), was=before.recommendation, now=look.run.recommendation
    )


def why(deployment: Deployment) -> Words:
    """Why the gate recommends what it does, as words: the first reason of its verdict, which says what is missing for a GO."""
    run = deployment.gate
    verdict = None if run is None else gate_evidence.verdict_of(deployment.runbook, run)
    return () if verdict is None else weighed.words(verdict, None, next(iter(verdict.reasons), None))


def follow(deployment: Deployment, look: gates.Look, now: datetime) -> Decision:
    """What the rules do that began to act, to be held, or to be well again, with this look."""
    decision = Decision(deployment)
    for rule in look.acting:
        decision = decision.then(lambda d, rule=rule: acts(d, rule, look, now))  # type: ignore[misc]
    for rule in look.held:
        if not rule.advisory:
            said = rule_words(deployment, rule, look.run)
            decision = decision.then(lambda d, rule=rule, said=said: weighed.withheld(d, rule, look.verdict, said, now))  # type: ignore[misc]  # fmt: skip
    for rule in look.released:
        decision = decision.then(lambda d, rule=rule: cleared(d, rule, now))  # type: ignore[misc]
        decision = decision.then(lambda d, rule=rule: weighed.eased(d, rule, now))  # type: ignore[misc]
    return decision


def acts(deployment: Deployment, rule: Rule, look: gates.Look, now: datetime) -> Decision:
    """A rule acts from now on, because its streak is complete or the evidence suffices; an advisory one only says so."""
    gate = deployment.gate
    if gate is None or deployment.status not in LOOKING:
        return Decision(deployment)
    state = next(state for state in gate.rules if state.label == rule.label)
    if rule.advisory:
        found = weighed.finding(deployment, rule, look.verdict)
        said = {**dict(weighed.words(look.verdict, found)), **dict(rule_words(deployment, rule, gate))}
        return Decision(deployment).fact("advised", **said, times=state.acted, by_what=state.acts)
    if state.acts == "evidence":
        return weighed.accused(deployment, rule, look.verdict, now)
    return fired(deployment, rule, look, now)


def cleared(deployment: Deployment, rule: Rule, now: datetime) -> Decision:
    """All is well with a rule again. Whoever was called is still needed while the deployment stands still because of it."""
    held = deployment.hold
    if held is not None and held.key in ("rule", "evidence") and held.ref == rule.label:
        return Decision(deployment)
    return escalation.close(deployment, f"rule:{rule.label}", now)


def _said(decision: Decision, key: str, rule: Rule, run: GateRun) -> Decision:
    return decision.fact(key, **dict(rule_words(decision.deployment, rule, run)))


def rule_words(deployment: Deployment, rule: Rule, run: GateRun) -> Words:
    """A rule and its last sample as words: metric, value, limit, bad, count, streak, needed, unit."""
    state = next(state for state in run.rules if state.label == rule.label)
    sample = state.sample
    limit = rule.below or rule.above or rule.growth_below
    return (
        ("metric", rule.metric),
        ("rule", rule.label),
        ("value", None if sample is None else sample.value),
        (
            "unit",
            deployment.runbook.metric(rule.metric).unit + ("/h" if rule.growth_below is not None else ""),
        ),
        ("limit", limit.text if limit is not None else ""),
        ("side", "above" if rule.above is not None else "below"),
        ("bad", None if sample is None else sample.bad),
        ("count", None if sample is None else sample.count),
        ("streak", state.streak),
        ("needed", rule.streak),
        ("then", rule.then),
    )


def fired(deployment: Deployment, rule: Rule, look: gates.Look, now: datetime) -> Decision:
    """A streak is complete: the plan says what that means."""
    gate = deployment.gate
    if gate is None or deployment.status not in LOOKING:
        return Decision(deployment)
    words = rule_words(deployment, rule, gate)
    words = (*words, *weighed.words(look.verdict, weighed.finding(deployment, rule, look.verdict)))
    plan = deployment.runbook.plan
    if rule.then == "rollback" and plan.rollback is not None and plan.rollback.automatic:
        state = next(state for state in gate.rules if state.label == rule.label)
        breach_at = state.since or gate.last_at or gate.since
        return rollback.begin(
            deployment,
            "bot",
            "",
            now,
            key="rule",
            words=words,
            breach_at=breach_at,
            noticed_at=state.noticed_at,
        )
    return Decision(deployment) if rule.then == "observe" else called(deployment, rule, now)


def called(deployment: Deployment, rule: Rule, now: datetime) -> Decision:
    """A streak is complete, and people are to say what follows."""
    gate = deployment.gate
    if gate is None:
        return Decision(deployment)
    words = rule_words(deployment, rule, gate)
    held = holding.hold(deployment, "gate", "bot", "rule", words, now, ref=rule.label)
    return held.then(
        lambda d: escalation.call(d, f"rule:{rule.label}", "rule", words, now, playbook=rule.playbook or "")
    )


def _evidence(deployment: Deployment, now: datetime) -> Decision:
    """Without evidence for longer than the gate's patience: hold, say why, call people. With it again: go on."""
    gate = deployment.gate
    if gate is None:
        return Decision(deployment)
    if gate.evidence_at == gate.last_at:
        return _evidence_back(deployment, gate, now)
    if is_blind(deployment):
        return Decision(deployment)
    patience = deployment.runbook.gate(gate.name).patience
    quiet_for = now - (gate.evidence_at or gate.since)
    if quiet_for < patience or (gate.patient_since is not None and now - gate.patient_since < patience):
        return Decision(deployment)
    words = no_data_words(gate, quiet_for)
    stopped = holding.hold(deployment, "gate", "bot", "no-data", words, now)
    return stopped.then(lambda d: escalation.call(d, "no-data", "no-data", words, now))


def _evidence_back(deployment: Deployment, gate: GateRun, now: datetime) -> Decision:
    """What stood still only for want of evidence goes on by itself; a pause or a broken limit does not."""
    decision = escalation.close(deployment, "no-data", now)
    held = deployment.hold
    waited = held is not None and (
        held.key == "no-data" or (held.key == "no-evidence" and gate.recommendation == "GO")
    )
    if held is None or not waited:
        return decision
    decision = replace(decision, deployment=holding.release(decision.deployment, now))
    decision = decision.fact("data-back", gate=gate.name)
    return decision.then(lambda d: escalation.close(d, holding.topic_of(held), now))


def no_data_words(gate: GateRun, quiet_for: timedelta) -> Words:
    """Why there is no evidence, as words: the first sample that says so."""
    silent: Sample | None = next(
        (run.sample for run in gate.rules if run.sample and run.sample.state in ("no-data", "source-failed")),
        None,
    )
    return (
        ("gate", gate.name),
        ("metric", silent.metric if silent else ""),
        ("state", silent.state if silent else "no-data"),
        ("detail", silent.detail if silent else ""),
        ("minutes", int(quiet_for.total_seconds() // 60)),
        ("since", (gate.evidence_at or gate.since).isoformat()),
    )

"""What follows from evidence: a rollback or a call because the canary is to blame, people who are called although a complete streak
does not act, an incident in which the clock stands still. The streak's own consequences stand in `core.rules.gate`.

It must not know how evidence is worked out.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.decision import Decision
from core.effects import Word, Words
from core.gates import Look
from core.plan.models import Rule
from core.rules import escalation, holding, rollback
from core.state import Deployment, GateRun
from core.verdict.verdicts import Finding, Sentence, Verdict

OUTAGE = "outage"
"""Key and topic of what control itself suffers; the engine calls it an incident."""
OWN_END = ("streak-shared", "streak-unproved", "streak-usual", "streak-alone")
"""Holds because of a streak that does not act: they end with the streak."""


def finding(deployment: Deployment, rule: Rule, verdict: Verdict) -> Finding | None:
    """What the verdict says of a rule: the findings stand in the rules' order."""
    gate = deployment.gate
    rules = deployment.runbook.gate(gate.name).rules if gate is not None else ()
    return next(
        (found for one, found in zip(rules, verdict.findings, strict=False) if one.label == rule.label), None
    )


def words(verdict: Verdict, found: Finding | None, because: Sentence | None = None) -> Words:
    """What an auditor needs to see why: odds against those needed, the score, and the sentence's key with its counts ('why_...')."""
    said: dict[str, Word] = {"score": verdict.score.value, "verdict_word": verdict.word}
    if found is not None:
        said |= {
            "odds": _rounded(found.evidence), "odds_needed": _rounded(found.needed), "odds_over": _rounded(found.absolute),
            "odds_over_needed": _rounded(found.absolute_needed), "shared": found.control_streak, "phi": _rounded(found.phi),
        }  # fmt: skip
        because = because or (found.reasons[0] if found.reasons else None)
    if because is not None:
        said |= {"because": because.key, **{f"why_{name}": word for name, word in because.words.items()}}
    return tuple(said.items())


def _rounded(value: float | None) -> float | None:
    """Six digits: more of them prove nothing."""
    return None if value is None else float(f"{value:.6g}")


def accused(deployment: Deployment, rule: Rule, verdict: Verdict, now: datetime) -> Decision:
    """The evidence suffices: the canary is to blame, and the plan says what that means."""
    gate, plan = deployment.gate, deployment.runbook.plan
    found = finding(deployment, rule, verdict)
    if gate is None:
        return Decision(deployment)
    said = accusation(rule, verdict, found)
    if rule.then == "rollback" and plan.rollback is not None and plan.rollback.automatic:
        state = next(state for state in gate.rules if state.label == rule.label)
        return rollback.begin(
            deployment, "bot", "", now, key="evidence", words=said, breach_at=state.since or _since(found, gate),
            noticed_at=state.noticed_at or now,
        )  # fmt: skip
    return Decision(deployment) if rule.then == "observe" else called(deployment, rule, verdict, now)


def called(deployment: Deployment, rule: Rule, verdict: Verdict, now: datetime) -> Decision:
    """The evidence suffices, and people are to say what follows."""
    said = accusation(rule, verdict, finding(deployment, rule, verdict))
    held = holding.hold(deployment, "gate", "bot", "evidence", said, now, ref=rule.label)
    return held.then(
        lambda d: escalation.call(
            d, f"rule:{rule.label}", "evidence", said, now, playbook=rule.playbook or ""
        )
    )


def accusation(rule: Rule, verdict: Verdict, found: Finding | None) -> Words:
    """The rule and what speaks against the canary."""
    return (("metric", rule.metric), ("rule", rule.label), ("then", rule.then), *words(verdict, found))


def _since(found: Finding | None, gate: GateRun) -> datetime:
    """When the evidence was last nothing: the trouble began after that."""
    if found is not None and found.since is not None:
        return datetime.fromtimestamp(found.since, UTC)
    return gate.last_at or gate.since


def withheld(deployment: Deployment, rule: Rule, verdict: Verdict, said: Words, now: datetime) -> Decision:
    """The limit is broken for good, and that alone does not act: it is said why, and people are called."""
    gate = deployment.gate
    state = (
        next((state for state in gate.rules if state.label == rule.label), None) if gate is not None else None
    )
    if gate is None or state is None or rule.then == "observe":
        return Decision(deployment)
    found = finding(deployment, rule, verdict)
    spoken = (*said, *words(verdict, found))
    if state.held == "over":
        decision = Decision(deployment).fact("over-limit", **dict(spoken))
        key = "over-limit"
    else:
        key = f"streak-{state.held}"
        decision = holding.hold(deployment, "gate", "bot", key, spoken, now, ref=rule.label)
        if not decision.facts:  # it stands still for another reason already: this one is said all the same
            decision = decision.fact(f"held-{key}", **dict(spoken))
    topic = OUTAGE if gate.incident else f"rule:{rule.label}"  # one thing is wrong, so people are called once
    return decision.then(lambda d: escalation.call(d, topic, key, spoken, now, playbook=rule.playbook or ""))


def eased(deployment: Deployment, rule: Rule, now: datetime) -> Decision:
    """A streak that was held is over: what stood still for it goes on."""
    held = deployment.hold
    if held is None or held.key not in OWN_END or held.ref != rule.label:
        return Decision(deployment)
    going = holding.release(deployment, now)
    return Decision(going).fact("streak-over", metric=rule.metric)


def outage(deployment: Deployment, look: Look, *, was: bool, now: datetime) -> Decision:
    """Control itself fails, or does so no more: nobody is accused, people are called, and the stage's time stands still."""
    gate = deployment.gate
    if (
        gate is None
        or deployment.runbook.gate(gate.name).decide_by == "streak"
        or look.verdict.incident == was
    ):
        return Decision(deployment)
    if not look.verdict.incident:
        return _outage_over(deployment, gate, now)
    found = next((one for one in look.verdict.findings if one.incident and not one.advisory), None)
    because = None
    if found is not None:
        because = next((reason for reason in found.reasons if reason.key == "incident"), None)
    said = (("gate", gate.name), *words(look.verdict, found, because))
    decision = holding.hold(deployment, "gate", "bot", "outage", said, now)
    if not decision.facts:
        decision = decision.fact("held-outage", **dict(said))
    return decision.then(lambda d: escalation.call(d, OUTAGE, "outage", said, now))


def _outage_over(deployment: Deployment, gate: GateRun, now: datetime) -> Decision:
    decision = escalation.close(deployment, OUTAGE, now)
    held = deployment.hold
    if held is not None and held.key == OUTAGE:
        decision = replace(decision, deployment=holding.release(decision.deployment, now))
    return decision.fact("outage-over", gate=gate.name)

"""Filling in what nobody has looked at while the bot was away: the sources are asked for their past, and the gate judges it look
by look, so that streaks count from the samples' own times.

A streak that was complete by then acts as one that is complete now, if it is not older than the gate's patience: an older one
says nothing about now, so it may call people and not roll back. It must not know a source.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core import gates
from core.decision import Decision
from core.effects import Backfill
from core.inputs import Backfilled, PastLook
from core.plan.models import Rule
from core.rules import gate as looking
from core.rules import weighed
from core.state import Deployment, GateRun

MOST = 120
"""So many missed looks are filled in at most, the newest: ten hours of looks every five minutes."""
PATIENCE = timedelta(minutes=2)
"""The past is waited for so long (at most one look's distance) before the gate goes on with the present."""


def missed(run: GateRun, every: timedelta, now: datetime) -> tuple[datetime, ...]:
    """When the gate would have looked since its last answer. What is due about now is left to the live look."""
    last = run.last_at or run.since
    moment = run.next_look
    while moment - every > last + every / 2:
        moment -= every
    found = []
    while moment < now - every / 2:
        found.append(moment)
        moment += every
    return tuple(found[-MOST:])


def ask(deployment: Deployment, since: datetime, now: datetime) -> Decision:
    """Asks for the looks that were missed; `since`: when the bot was last there. A look that was under way is given up: the live one follows the past."""
    run = deployment.gate
    if run is None or deployment.status not in looking.LOOKING:
        return Decision(deployment)
    gate = deployment.runbook.gate(run.name)
    moments = missed(run, gate.pace, now)
    if len(moments) == MOST:  # long away: then a look for each of the rules' windows
        moments = missed(run, gate.every, now)
    if not moments:
        due = not run.pending and run.next_look < now
        return Decision(replace(deployment, gate=replace(run, next_look=now)) if due else deployment)
    ref = f"backfill:{int(now.timestamp())}"
    filling = replace(
        run, pending="", next_look=now, filling=ref, filling_since=since, filling_until=now + min(PATIENCE, gate.every)
    )  # fmt: skip
    asked = Backfill(ref, looking.watched(deployment, run.name), moments)
    return Decision(replace(deployment, gate=filling)).ask(asked)


def filled(deployment: Deployment, happened: Backfilled, now: datetime) -> Decision:
    """The missed looks, judged in order; then the live one is asked for."""
    run = deployment.gate
    if run is None or run.filling != happened.ref or deployment.status not in looking.LOOKING:
        return Decision(deployment)
    since = run.filling_since or run.since
    before = replace(run, filling="", filling_since=None, filling_until=None)
    looks = [look for look in sorted(happened.looks, key=lambda look: look.at) if _tells(look, run)]
    if not looks:
        empty = Decision(replace(deployment, gate=before))
        return empty.fact("backfill-empty", since=since.isoformat(), until=now.isoformat())
    fresh_from = now - deployment.runbook.gate(run.name).patience
    after, breaches, acting, last = _fed(deployment, before, looks, fresh_from)
    decision = Decision(replace(deployment, gate=after))
    decision = decision.fact(
        "backfilled", since=since.isoformat(), until=now.isoformat(), samples=len(looks), breaches=breaches
    )
    decision = looking.recommended(decision, before, last)
    decision = decision.then(lambda d: weighed.outage(d, last, was=before.incident, now=now))
    if acting is not None:
        decision = decision.then(lambda d: looking.acts(_noticed_now(d, acting, now), acting, last, now))
    return _standing(decision, before, last, now)


def _tells(look: PastLook, run: GateRun) -> bool:
    """Whether a past look says anything that is not known yet."""
    new = run.last_at is None or look.at > run.last_at
    return new and any(reading.state == "ok" for reading in look.readings)


def _fed(
    deployment: Deployment, run: GateRun, looks: list[PastLook], fresh_from: datetime
) -> tuple[GateRun, int, Rule | None, gates.Look]:
    """(the gate after the looks, how often a limit was broken in them, the rule that acts now because of its streak or of the
    evidence, the last look). With such a rule it ends."""
    breaches, acted = 0, {state.label for state in run.rules if state.acts}
    last = None
    for look in looks:
        last = gates.judge(deployment.runbook, run, look.readings, look.at)
        run = last.run
        breaches += len(last.breached)
        acting = _acting(deployment, last, acted) if look.at >= fresh_from else None
        if acting is not None:
            return run, breaches, acting, last
    assert last is not None  # noqa: S101  # the caller has looks
    return run, breaches, None, last


def _acting(deployment: Deployment, look: gates.Look, acted: set[str]) -> Rule | None:
    """The rule that rolls back on what this very look has shown, and had not begun to before the absence."""
    rules = deployment.runbook.gate(look.run.name).rules
    for rule, state, found in zip(rules, look.run.rules, look.verdict.findings, strict=True):
        shown = rule in look.breached or (state.acts == "evidence" and found.known)
        if rule.then == "rollback" and not rule.advisory and state.acts and shown and rule.label not in acted:
            return rule
    return None


def _noticed_now(deployment: Deployment, acting: Rule, now: datetime) -> Deployment:
    """The trouble began then, but nobody saw it before now."""
    run = deployment.gate
    if run is None:
        return deployment
    rules = tuple(
        replace(state, noticed_at=now) if state.label == acting.label else state for state in run.rules
    )
    return replace(deployment, gate=replace(run, rules=rules))


def _standing(decision: Decision, before: GateRun, last: gates.Look, now: datetime) -> Decision:
    """Rules that are broken now and were not, or the other way round: people are called, nothing is rolled back."""
    after = decision.deployment.gate
    if after is None or decision.deployment.status not in looking.LOOKING:
        return decision
    rules = decision.deployment.runbook.gate(after.name).rules
    for rule, was, state in zip(rules, before.rules, after.rules, strict=True):
        if rule.advisory:
            continue
        if state.acts and not was.acts and rule.then != "observe":
            decision = decision.then(lambda d, rule=rule, by=state.acts: _called(d, rule, by, last, now))  # type: ignore[misc]
        elif state.held and state.held != was.held:
            said = looking.rule_words(decision.deployment, rule, after)
            decision = decision.then(lambda d, rule=rule, said=said: weighed.withheld(d, rule, last.verdict, said, now))  # type: ignore[misc]  # fmt: skip
        if gates.troubled(was) and not gates.troubled(state):
            decision = decision.then(lambda d, rule=rule: looking.cleared(d, rule, now))  # type: ignore[misc]
            decision = decision.then(lambda d, rule=rule: weighed.eased(d, rule, now))  # type: ignore[misc]
    return decision


def _called(deployment: Deployment, rule: Rule, by: str, last: gates.Look, now: datetime) -> Decision:
    if by == "evidence":
        return weighed.called(deployment, rule, last.verdict, now)
    return looking.called(deployment, rule, now)

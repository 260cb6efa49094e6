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
    every = deployment.runbook.gate(run.name).every
    moments = missed(run, every, now)
    if not moments:
        due = not run.pending and run.next_look < now
        return Decision(replace(deployment, gate=replace(run, next_look=now)) if due else deployment)
    ref = f"backfill:{int(now.timestamp())}"
    filling = replace(
        run, pending="", next_look=now, filling=ref, filling_since=since, filling_until=now + min(PATIENCE, every)
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
    after, breaches, acting = _fed(deployment, before, looks, fresh_from)
    decision = Decision(replace(deployment, gate=after))
    decision = decision.fact(
        "backfilled", since=since.isoformat(), until=now.isoformat(), samples=len(looks), breaches=breaches
    )
    if after.recommendation != before.recommendation:
        decision = decision.fact("recommendation", was=before.recommendation, now=after.recommendation)
    if acting is not None:
        decision = decision.then(lambda d: looking.fired(_noticed_now(d, acting, now), acting, now))
    return _standing(decision, before, now)


def _tells(look: PastLook, run: GateRun) -> bool:
    """Whether a past look says anything that is not known yet."""
    new = run.last_at is None or look.at > run.last_at
    return new and any(reading.state == "ok" for reading in look.readings)


def _fed(
    deployment: Deployment, run: GateRun, looks: list[PastLook], fresh_from: datetime
) -> tuple[GateRun, int, Rule | None]:
    """(the gate after the looks, how often a limit was broken in them, the rule whose streak acts now). With that one it ends."""
    breaches = 0
    for look in looks:
        judged = gates.judge(deployment.runbook, run, look.readings, look.at)
        run = judged.run
        breaches += len(judged.breached)
        acting = next((rule for rule in judged.fired if rule.then == "rollback"), None)
        if acting is not None and look.at >= fresh_from:
            return run, breaches, acting
    return run, breaches, None


def _noticed_now(deployment: Deployment, acting: Rule, now: datetime) -> Deployment:
    """The trouble began then, but nobody saw it before now."""
    run = deployment.gate
    if run is None:
        return deployment
    rules = tuple(
        replace(state, noticed_at=now) if state.label == acting.label else state for state in run.rules
    )
    return replace(deployment, gate=replace(run, rules=rules))


def _standing(decision: Decision, before: GateRun, now: datetime) -> Decision:
    """Rules that are broken now and were not, or the other way round: people are called, nothing is rolled back."""
    after = decision.deployment.gate
    if after is None or decision.deployment.status not in looking.LOOKING:
        return decision
    rules = decision.deployment.runbook.gate(after.name).rules
    for rule, was, state in zip(rules, before.rules, after.rules, strict=True):
        if state.fired_at is not None and was.fired_at is None and rule.then != "observe":
            decision = decision.then(lambda d, rule=rule: looking.called(d, rule, now))  # type: ignore[misc]
        if state.fired_at is None and was.fired_at is not None:
            decision = decision.then(lambda d, rule=rule: looking.cleared(d, rule, now))  # type: ignore[misc]
    return decision

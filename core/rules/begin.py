"""The first moment, and every return: what had passed before the start is shown as missed, and nothing fires in a burst."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Post, Word
from core.errors import Refused
from core.inputs import MissedSettled, Returned, Started, Unlocked
from core.plan.models import Announce, Checklist, Decide, ReportStep, Run, SetTraffic, Signoff, Verdict
from core.roles import LOCAL, holders_of, require
from core.rota import shifts_of
from core.rules import backfill, duty
from core.rules.stopwatch import seconds
from core.state import Deployment, Status, StepState

PASSED = "its time had passed"
"""The note of a step that nobody has to settle and whose moment was over before the start."""


def started(deployment: Deployment, happened: Started, now: datetime) -> Decision:
    """A new deployment: its people, its route, its card; moments that have passed are marked."""
    plan = deployment.runbook.plan
    peopled = duty.begin(replace(deployment, started_by=happened.by, started_at=now), happened, now)
    require(peopled, happened.by, plan.starters, "start")
    if not deployment.rehearsal:  # what is missing there is what it is to find out
        _require_everybody(peopled, happened.by)
    steps = tuple(StepState(placed.body.id) for placed in deployment.runbook.route)
    begun = replace(peopled, status=Status.RUNNING, steps=steps)
    decision = Decision(begun).fact("started", by=happened.by, plan=plan.plan, at=deployment.t0.isoformat())
    decision = decision.ask(Post("card", "card", "", "top", "main", priority=1))
    decision = decision.then(lambda d: duty.at_start(d, now))
    return decision.then(lambda d: _mark_missed(d, now))


def _require_everybody(deployment: Deployment, by: str) -> None:
    """Raises Refused when a plan could not be followed to its end with the people there are."""
    empty = [
        role
        for role in needed(deployment)
        if not (deployment.holders(role) or shifts_of(deployment.rota, role))
    ]
    if empty:
        raise Refused("empty-roles", roles=",".join(empty))
    _require_other_eyes(deployment, by)


def needed(deployment: Deployment) -> tuple[str, ...]:
    """Roles without which the plan cannot be followed: those who sign and tick, and where one of several is enough to answer
    or to roll back, all of them when nobody holds any."""
    plan = deployment.runbook.plan
    wanted: list[str] = []
    any_of = [plan.rollback.by] if plan.rollback is not None else []
    for placed in deployment.runbook.route:
        match placed.body:
            case Signoff():
                wanted.extend(placed.body.roles)
            case Checklist():
                wanted.extend(item.role for item in placed.body.items if item.role and not item.optional)
            case Decide() | Verdict():
                any_of.append(placed.body.by)
            case _:
                pass
    for roles in any_of:
        wanted.extend(roles if not holders_of(deployment, roles) else ())
    return tuple(dict.fromkeys(wanted))


def _require_other_eyes(deployment: Deployment, by: str) -> None:
    """With four eyes, somebody else must be able to answer GO at every question; better said now than at T0."""
    if not deployment.runbook.plan.four_eyes:
        return
    for placed in deployment.runbook.route:
        if isinstance(placed.body, Decide | Verdict) and set(holders_of(deployment, placed.body.by)) == {by}:
            raise Refused("four-eyes-alone", by=by, step=placed.body.id, roles=",".join(placed.body.by))


def _mark_missed(deployment: Deployment, now: datetime) -> Decision:
    """Steps before the traffic whose time is over because a later moment has come too."""
    decision = Decision(deployment)
    missed = missed_steps(deployment, now)
    if not missed:
        return decision
    people = holders_of(deployment, deployment.runbook.plan.starters)
    passed, asked = pass_over(deployment, missed, now)
    decision = replace(decision, deployment=passed)
    if not asked:
        return decision
    decision = decision.fact("missed", steps=len(asked), by=deployment.started_by)
    return decision.ask(Post("missed", "missed", "", "top", "main", people, priority=1))


def pass_over(
    deployment: Deployment, missed: tuple[tuple[str, bool], ...], now: datetime
) -> tuple[Deployment, tuple[str, ...]]:
    """With these steps marked as missed, or left out where nobody has to settle them; and those that somebody has to."""
    for step_id, asks in missed:
        step = deployment.step(step_id)
        assert step is not None  # noqa: S101  # every step of the route has a state
        passed = (
            replace(step, status="missed")
            if asks
            else replace(step, status="skipped", closed_at=now, note=PASSED)
        )
        deployment = deployment.with_step(passed)
    return deployment, tuple(step_id for step_id, asks in missed if asks)


def missed_steps(deployment: Deployment, now: datetime) -> tuple[tuple[str, bool], ...]:
    """(step, whether a person must settle it) for every step before the first traffic step that a later moment has overtaken."""
    moments: list[tuple[str, datetime | None, object]] = []
    latest: datetime | None = None
    for placed in deployment.runbook.route:
        own = placed.opens_at(deployment.t0, deployment.runbook.zone)
        latest = own if latest is None or (own is not None and own > latest) else latest
        moments.append((placed.body.id, latest, placed.body))
    found: list[tuple[str, bool]] = []
    for index, (step_id, at, body) in enumerate(moments):
        if isinstance(body, SetTraffic):
            break
        if not isinstance(body, Checklist | Signoff | Decide | Run | Announce | ReportStep) or at is None:
            continue
        overtaken = any(later is not None and at < later <= now for _, later, _ in moments[index + 1 :])
        if overtaken:
            found.append((step_id, not isinstance(body, Announce | ReportStep)))
    return tuple(found)


def missed_settled(deployment: Deployment, happened: MissedSettled, now: datetime) -> Decision:
    """Done elsewhere, not applicable, or still to do."""
    require(deployment, happened.by, deployment.runbook.plan.starters, "settle-missed")
    step = deployment.step(happened.step)
    if step is None or step.status != "missed":
        raise Refused("not-missed", step=happened.step)
    if happened.how != "to-do" and not happened.note.strip():
        raise Refused("reason-required", act=f"missed-{happened.how}")
    words: dict[str, Word] = {"step": step.id, "by": happened.by, "how": happened.how, "note": happened.note}
    if happened.how == "to-do":
        return Decision(deployment.with_step(replace(step, status="waiting"))).fact("missed-settled", **words)
    settled = replace(
        step, status="skipped", closed_at=now, by=happened.by, note=f"{happened.how}: {happened.note}"
    )
    return Decision(deployment.with_step(settled)).fact("missed-settled", **words)


def returned(deployment: Deployment, happened: Returned, now: datetime) -> Decision:
    """The bot was away: the thread says how long. Looks that were missed are filled in from the sources' past, then comes a
    live one; nothing comes in a burst."""
    away = max(0, seconds(now - happened.since))
    decision = Decision(deployment).fact(
        "returned", since=happened.since.isoformat(), until=now.isoformat(), away_s=away
    )
    return decision.then(lambda d: backfill.ask(d, happened.since, now))


def unlocked(deployment: Deployment, happened: Unlocked, now: datetime) -> Decision:
    """The service may be deployed again."""
    plan = deployment.runbook.plan
    if not deployment.locked:
        raise Refused("not-locked", service=plan.service, environment=plan.environment)
    require(deployment, happened.by, plan.starters, "unlock")
    if not happened.reason.strip() and not happened.by.startswith(LOCAL):
        raise Refused("reason-required", act="unlock")
    return Decision(replace(deployment, locked=False)).fact(
        "unlocked", by=happened.by, reason=happened.reason
    )

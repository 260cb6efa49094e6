"""T0 is moved: what has happened stays, what lies ahead moves with it. Only before the traffic, and only by those who may start.

Questions that are open keep the time they were given. Moments that the new T0 leaves behind are missed as with a late start.
It must not know how people are told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Post
from core.errors import Refused
from core.inputs import Rescheduled
from core.plan.models import Item, SetTraffic
from core.roles import holders_of, require
from core.rules import begin, checklist, reminders, signoff
from core.rules.rollback import touched
from core.state import Deployment, Move, StepState


def rescheduled(deployment: Deployment, happened: Rescheduled, now: datetime) -> Decision:
    """Moves T0. Raises Refused: 'not-allowed', 'reason-required', 'traffic-moved', 't0-moved', 't0-same', and 't0-near' when
    moments would be missed and nobody has seen which."""
    require(deployment, happened.by, deployment.runbook.plan.starters, "reschedule")
    if not happened.reason.strip():
        raise Refused("reason-required", act="reschedule")
    _check_before_traffic(deployment)
    if happened.was != deployment.t0:
        by = deployment.moves[-1].by if deployment.moves else deployment.started_by
        raise Refused("t0-moved", t0=deployment.t0.isoformat(), by=by)
    if happened.t0 == deployment.t0:
        raise Refused("t0-same", t0=deployment.t0.isoformat())
    missed = newly_missed(deployment, happened.t0, now)
    if not happened.confirmed and (missed or happened.t0 <= now):
        raise Refused("t0-near", t0=happened.t0.isoformat(), steps=",".join(step_id for step_id, _ in missed))
    moved = _moved(deployment, happened, now)
    decision = Decision(moved).fact(
        "rescheduled",
        by=happened.by,
        start=deployment.t0.isoformat(),
        t0=moved.t0.isoformat(),
        reason=happened.reason,
    )
    number = str(len(moved.moves))
    decision = decision.ask(
        Post("rescheduled", f"rescheduled:{number}", number, "top", "main", owners(moved), priority=1),
        Post("timeline", f"timeline:{number}", number),
    )
    passed, asked = begin.pass_over(moved, missed, now)
    decision = replace(decision, deployment=passed)
    if not asked:
        return decision
    decision = decision.fact("missed-by-moving", steps=len(asked), by=happened.by)
    people = holders_of(passed, passed.runbook.plan.starters)
    return decision.ask(Post("missed", "missed", "", "top", "main", people, priority=1))


def _check_before_traffic(deployment: Deployment) -> None:
    """Raises Refused when something has been changed that a new time could not undo."""
    begun = any(
        isinstance(placed.body, SetTraffic) and step.status != "waiting"
        for placed, step in zip(deployment.runbook.route, deployment.steps, strict=False)
    )
    if begun or touched(deployment):
        raise Refused("traffic-moved", weight=max(deployment.weight, deployment.wanted))


def newly_missed(deployment: Deployment, t0: datetime, now: datetime) -> tuple[tuple[str, bool], ...]:
    """Waiting steps whose time would be over with this T0 and is not now, each with whether a person must settle it.
    What is only late waits for its turn as before."""
    already = {step_id for step_id, _ in begin.missed_steps(deployment, now)}
    found = begin.missed_steps(replace(deployment, t0=t0), now)
    return tuple(
        (step_id, asks)
        for step_id, asks in found
        if step_id not in already
        and (step := deployment.step(step_id)) is not None
        and step.status == "waiting"
    )


def owners(deployment: Deployment) -> tuple[str, ...]:
    """Whose due moments have moved: everybody with an open item or signature that has a due time."""
    roles: list[str] = []
    for step in deployment.open_steps:
        if step.items:
            roles += [item.role for item, _ in _due_items(deployment, step) if item.role]
        elif step.signs and signoff.due_of(deployment, step.id) is not None:
            roles += [sign.role for sign in step.signs if sign.mark == "open"]
    return holders_of(deployment, dict.fromkeys(roles))


def _due_items(deployment: Deployment, step: StepState) -> list[tuple[Item, datetime]]:
    """The open items of a list that are due at some moment, with that moment."""
    opened = {state.id for state in step.items if state.mark == "open"}
    listed = [
        item for item in checklist.items_of(deployment, step.id) if item.id in opened and not item.optional
    ]
    dues = ((item, reminders.due_of(deployment, step.id, item)) for item in listed)
    return [(item, due) for item, due in dues if due is not None]


def _moved(deployment: Deployment, happened: Rescheduled, now: datetime) -> Deployment:
    """The deployment under its new T0: what had been missed and lies ahead again waits, and whoever was reminded of what is
    now due later is reminded anew."""
    move = Move(now, happened.by, deployment.t0, happened.t0, happened.reason)
    moved = replace(deployment, t0=happened.t0, moves=(*deployment.moves, move))
    over = {step_id for step_id, _ in begin.missed_steps(moved, now)}
    return replace(moved, steps=tuple(_step(moved, step, over, now) for step in moved.steps))


def _step(deployment: Deployment, step: StepState, over: set[str], now: datetime) -> StepState:
    passed = step.status == "missed" or (step.status == "skipped" and step.note == begin.PASSED)
    if passed and step.id not in over:
        return StepState(step.id)
    if step.status != "open":
        return step
    if step.items:
        later = {item.id for item, due in _due_items(deployment, step) if due > now}
        return replace(
            step,
            items=tuple(
                replace(
                    one,
                    reminded=one.reminded and one.id not in later,
                    warned=one.warned and one.id not in later,
                )
                for one in step.items
            ),
        )
    due = signoff.due_of(deployment, step.id) if step.signs else None
    if due is None or due <= now:
        return step
    return replace(
        step, signs=tuple(replace(one, reminded=one.reminded and one.mark != "open") for one in step.signs)
    )

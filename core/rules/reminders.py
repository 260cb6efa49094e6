"""When items are due, and whose owner is reminded: before that where the plan says so, and once when it is overdue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from core.decision import Decision
from core.plan.models import Checklist, Item
from core.plan.runbook import Runbook
from core.roles import holders_of
from core.state import Deployment, ItemState, Status, StepState


def due_of(deployment: Deployment, step_id: str, item: Item) -> datetime | None:
    """When an item is due: its own moment, else its list's."""
    return _due(deployment.runbook, step_id, item, deployment.t0)


def _due(runbook: Runbook, step_id: str, item: Item, t0: datetime) -> datetime | None:
    placed = runbook.find(step_id)
    body = placed.body if placed is not None else None
    moment = item.due or (body.due if isinstance(body, Checklist) else None)
    return None if moment is None else runbook.moment(moment, t0)


@lru_cache(maxsize=256)  # every decision asks for the same few lists
def _reminding(runbook: Runbook, step_id: str, t0: datetime) -> Mapping[str, tuple[Item, datetime]]:
    """The items of a list of the route whose owner is reminded, by id, with when they are due."""
    body = runbook.step(step_id).body
    items = body.items if isinstance(body, Checklist) else ()
    dues = ((item, _due(runbook, step_id, item, t0)) for item in items if not item.optional)
    return {item.id: (item, due) for item, due in dues if due is not None}


def unreminded(deployment: Deployment, step: StepState) -> Iterator[tuple[Item, ItemState, datetime]]:
    """The open items of a step of the route of which nobody has been reminded, with when they are due."""
    known = _reminding(deployment.runbook, step.id, deployment.t0)
    for state in step.items:
        if state.mark == "open" and not state.reminded and state.id in known:
            yield known[state.id][0], state, known[state.id][1]


def unwarned(deployment: Deployment, step: StepState) -> Iterator[tuple[Item, ItemState, datetime]]:
    """The open items of a step of the route whose owner is to be reminded before they are due, with when that is."""
    for item, state, due in unreminded(deployment, step):
        if item.remind is not None and not state.warned:
            yield item, state, due - item.remind


def _warn(deployment: Deployment, step_id: str, now: datetime) -> Decision:
    """Reminds the owner of an item that will be due soon, once."""
    decision = Decision(deployment)
    step = deployment.step(step_id)
    for item, state, at in unwarned(deployment, step) if step is not None else ():
        due = at + (item.remind or timedelta(0))
        current = decision.deployment.step(step_id)
        if at > now or current is None:
            continue
        warned = decision.deployment.with_step(current.with_item(replace(state, warned=True)))
        decision = replace(decision, deployment=warned)
        if due > now:  # else it is overdue, which is said anyway
            people = holders_of(deployment, (item.role,) if item.role else ())
            decision = decision.fact(
                "item-due-soon", step=step_id, item=item.id, due=due.isoformat(), people=",".join(people)
            )
    return decision


def tick(deployment: Deployment, now: datetime) -> Decision:
    """Reminds the owner of an item in the thread: once when it is overdue, and before that where the plan says so."""
    decision = Decision(deployment)
    if deployment.status is not Status.RUNNING:
        return decision
    for step in deployment.open_steps:
        if step.items:
            decision = decision.then(lambda d, step=step: _warn(d, step.id, now))  # type: ignore[misc]
    deployment = decision.deployment
    for step in deployment.open_steps:
        if not step.items:
            continue
        for item, state, due in unreminded(deployment, step):
            if due > now:
                continue
            current = decision.deployment.step(step.id) or step
            reminded = decision.deployment.with_step(current.with_item(replace(state, reminded=True)))
            people = holders_of(deployment, (item.role,) if item.role else ())
            decision = replace(decision, deployment=reminded)
            decision = decision.fact(
                "item-overdue", step=step.id, item=item.id, due=due.isoformat(), people=",".join(people)
            )
    return decision

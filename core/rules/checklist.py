"""Checklists: items that people tick, items that the bot verifies, and who is reminded when one is overdue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from core.decision import Decision
from core.effects import CheckItem, Measure, Post
from core.errors import Refused
from core.history import remember, since_start
from core.inputs import Checked, EffectFailed, ItemMarked, Measured, Ran
from core.plan.models import Checklist, Item, MetricCheck
from core.plan.runbook import Runbook
from core.readings import Window, against
from core.roles import holders_of, require
from core.rules import tickets
from core.rules.proof import CHECKLIST as AFTER_ROLLBACK
from core.state import Deployment, ItemState, Status, StepState


def opened(deployment: Deployment, body: Checklist, now: datetime) -> Decision:
    """Shows the list, calls its owners once, and starts the bot's own checks."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    items = tuple(ItemState(item.id, checking=_by_the_bot(item)) for item in body.items)
    fresh = replace(step, status="open", opened_at=now, round=step.round + 1, items=items)
    roles = tuple(dict.fromkeys(item.role for item in body.items if item.role and item.check is None))
    people = holders_of(deployment, roles)
    decision = Decision(deployment.with_step(fresh)).note("step-opened", step=body.id)
    decision = decision.ask(
        Post("checklist", f"checklist:{body.id}", body.id, "top", "main", people, priority=1)
    )
    for item in body.items:
        if item.check is not None:
            decision = decision.ask(check(body.id, item, fresh.round))
    return decision.ask(*tickets.ask(deployment, body.id, body.items, fresh.round))


def _by_the_bot(item: Item) -> bool:
    """Whether the bot tries to settle it when its list opens."""
    return item.check is not None or item.ticket is not None


def check(step: str, item: Item, attempt: int) -> CheckItem | Measure:
    """The effect that verifies an item."""
    if item.check is not None and item.check.metric is not None:
        return Measure(f"check:{step}:{item.id}:{attempt}", (item.check.metric.metric,))
    return CheckItem(step, item.id, attempt)


def items_of(deployment: Deployment, step_id: str) -> tuple[Item, ...]:
    """The plan's items of a checklist step (of the rollback's own list too); raises Refused for any other."""
    plan = deployment.runbook.plan
    if step_id == AFTER_ROLLBACK and plan.rollback is not None:
        return plan.rollback.checklist
    body = next((placed.body for placed in deployment.runbook.route if placed.body.id == step_id), None)
    if not isinstance(body, Checklist):
        raise Refused("no-such-checklist", step=step_id)
    return body.items


def marked(deployment: Deployment, happened: ItemMarked, now: datetime) -> Decision:
    """A person settles an item, or opens it again."""
    item = next((item for item in items_of(deployment, happened.step) if item.id == happened.item), None)
    step = deployment.step(happened.step)
    if item is None or step is None:
        raise Refused("no-such-item", item=happened.item, step=happened.step)
    state = step.item(item.id)
    if step.status not in ("open", "done") or state is None:
        raise Refused("step-not-open", step=happened.step)
    if deployment.final and step.id != AFTER_ROLLBACK:
        raise Refused("deployment-over", status=deployment.status.value)
    require(
        deployment, happened.by, (item.role,) if item.role else tuple(deployment.runbook.plan.roles), "item"
    )
    _check_mark(happened, item, state, step)
    if happened.mark == "open":
        again = step.with_item(ItemState(item.id, checking=item.check is not None))
        decision = Decision(deployment.with_step(replace(again, status="open", closed_at=None)))
        decision = decision.fact(
            "item-reopened", step=step.id, item=item.id, by=happened.by, note=happened.note
        )
        return decision.ask(check(step.id, item, step.round)) if item.check is not None else decision
    settled = replace(state, mark=happened.mark, by=happened.by, at=now, note=happened.note, checking=False)
    decision = Decision(deployment.with_step(step.with_item(settled)))
    key = "item-done" if happened.mark == "done" else "item-not-applicable"
    return decision.fact(key, step=step.id, item=item.id, by=happened.by, note=happened.note).then(
        lambda d: closed(d, step.id, now)
    )


def _check_mark(happened: ItemMarked, item: Item, state: ItemState, step: StepState) -> None:
    """Raises Refused for a mark that says nothing new or lacks what it needs."""
    if happened.mark == state.mark:
        raise Refused(
            "item-already", mark=state.mark, by=state.by, at=state.at.isoformat() if state.at else ""
        )
    if state.mark != "open" and happened.mark != "open":
        raise Refused(
            "item-already", mark=state.mark, by=state.by, at=state.at.isoformat() if state.at else ""
        )
    if happened.mark == "not-applicable" and not happened.note.strip():
        raise Refused("reason-required", act="not-applicable")
    if (
        happened.mark == "done"
        and not happened.note.strip()
        and (item.evidence or item.ticket or state.failed)
    ):
        raise Refused("evidence-required", item=item.id, step=step.id, failed=state.failed)


def checked(deployment: Deployment, happened: Checked, now: datetime) -> Decision:
    """The bot's own check of an item: settled with its evidence, or left to a person with the reason."""
    step = deployment.step(happened.step)
    state = step.item(happened.item) if step is not None else None
    if step is None or state is None or not state.checking or happened.round != step.round:
        return Decision(deployment)
    if happened.ok:
        settled = replace(
            state, mark="done", by="bot", at=now, note=happened.evidence, checking=False, failed=""
        )
        decision = Decision(deployment.with_step(step.with_item(settled)))
        decision = decision.fact("item-verified", step=step.id, item=state.id, evidence=happened.evidence)
        return decision.then(lambda d: closed(d, step.id, now))
    failed = replace(state, checking=False, failed=happened.evidence or "?")
    decision = Decision(deployment.with_step(step.with_item(failed)))
    return decision.fact("item-check-failed", step=step.id, item=state.id, evidence=happened.evidence)


def ticketed(deployment: Deployment, happened: Ran | EffectFailed, now: datetime) -> Decision:
    """A ticket was opened: the item is done, with the link as its evidence. Or it was not, and a person gives one."""
    step_id, item_id, attempt = tickets.place_of(happened.ref)
    step = deployment.step(step_id)
    state = step.item(item_id) if step is not None else None
    link, why = tickets.result(deployment, happened)
    if step is None or state is None or not state.checking or attempt != step.round:
        late = Decision(deployment)
        return late.fact("ticket-late", step=step_id, item=item_id, link=link) if link else late
    if link:
        settled = replace(state, mark="done", by="bot", at=now, note=link, checking=False, failed="")
        decision = Decision(deployment.with_step(step.with_item(settled)))
        decision = decision.fact("ticket-opened", step=step.id, item=state.id, link=link)
        return decision.then(lambda d: closed(d, step.id, now))
    failed = replace(state, checking=False, failed=why or "?")
    unopened = Decision(deployment.with_step(step.with_item(failed)))
    return unopened.fact("ticket-failed", step=step.id, item=state.id, reason=why)


def measured(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    """The answer to a metric check of an item: judged over everything since the traffic began, up to this reading."""
    _, step, item, attempt = happened.ref.split(":")
    if deployment.step(step) is None:
        return Decision(deployment)
    found = next((i for i in items_of(deployment, step) if i.id == item), None)
    if found is None or found.check is None or found.check.metric is None:
        return Decision(deployment)
    ok, evidence = metric_verdict(deployment, found.check.metric, happened)
    return checked(deployment, Checked(step, item, int(attempt), ok is True, evidence), now)


def metric_verdict(
    deployment: Deployment, wanted: MetricCheck, fresh: Measured | None = None
) -> tuple[bool | None, str]:
    """(met, evidence) of a metric since the traffic began, up to `fresh` or to the gate's last look; None without data, which
    is not met."""
    metric = deployment.runbook.metric(wanted.metric)
    gate = deployment.gate
    if gate is not None and fresh is not None:
        gate = remember(deployment.runbook, gate, fresh.readings, fresh.at)
    seen = (
        since_start(deployment.runbook, gate, wanted.metric, wanted.track)
        if gate is not None
        else Window("no-data", detail="no-gate")
    )
    return against(wanted, metric, seen)


def closed(deployment: Deployment, step_id: str, now: datetime) -> Decision:
    """Closes the list when nothing in it is open (optional items may stay open)."""
    step = deployment.step(step_id)
    if step is None or step.status != "open":
        return Decision(deployment)
    optional = {item.id for item in items_of(deployment, step_id) if item.optional}
    if any(item.mark == "open" and item.id not in optional for item in step.items):
        return Decision(deployment)
    done = replace(step, status="done", closed_at=now)
    return Decision(deployment.with_step(done)).fact("checklist-done", step=step_id, items=len(step.items))


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


def tick(deployment: Deployment, now: datetime) -> Decision:
    """Reminds the owner of an overdue item, once, in the thread."""
    decision = Decision(deployment)
    if deployment.status is not Status.RUNNING:
        return decision
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

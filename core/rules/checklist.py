"""Checklists: items that people tick, items that the bot verifies, and who is reminded when one is overdue."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Post
from core.errors import Refused
from core.history import remember, since_start
from core.inputs import Backfilled, Checked, EffectFailed, ItemMarked, Measured, Ran
from core.plan.models import Checklist, Item, MetricCheck
from core.plan.written_out import RowItem
from core.readings import Window, against
from core.roles import holders_of, require, require_any_role
from core.rules import item_looks, tickets, values
from core.rules.item_looks import looks
from core.rules.proof import CHECKLIST as AFTER_ROLLBACK
from core.state import Deployment, ItemState, StepState

ALL_FAILED = "*"
"""In the place of an item: everything the bot could not verify. No item can have this name."""
PLAN = "plan"
"""Who has settled what was settled before the start: the plan says so."""
ADDRESS = re.compile(r"https://[\w-]+(?:\.[\w-]+)*(?::\d+)?(?:[/?#]\S*)?(?=[\s>)\],.;|]|$)")
"""A link as people paste it, wherever it stands in what they write."""


def opened(deployment: Deployment, body: Checklist, now: datetime) -> Decision:
    """Shows the list, calls its owners once, and starts the bot's own checks."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    items = tuple(_begun(item, deployment.language, now) for item in body.items)
    fresh = replace(
        step, status="open", opened_at=now, round=step.round + 1, items=items, readings=(), readings_at=None
    )
    roles = tuple(
        dict.fromkeys(
            item.role for item in body.items if item.role and not item.by_bot and item.already is None
        )
    )
    people = holders_of(deployment, roles)
    decision = Decision(deployment.with_step(fresh)).note("step-opened", step=body.id)
    decision = decision.ask(
        Post("checklist", f"checklist:{body.id}", body.id, "top", "main", people, priority=1)
    )
    for state in items:
        if state.by == PLAN:
            decision = decision.note("item-already-done", step=body.id, item=state.id, evidence=state.note)
    decision = decision.ask(*looks(body.id, body.items, fresh.round, now))
    decision = decision.ask(*tickets.ask(deployment, body.id, body.items, fresh.round))
    settled = any(item.already is not None for item in body.items)
    return decision.then(lambda d: closed(d, body.id, now)) if settled else decision


def _begun(item: Item, language: str, now: datetime) -> ItemState:
    """An item as it opens: open, being checked, or settled by the plan itself."""
    if item.already is None:
        return ItemState(item.id, checking=item.by_bot or item.ticket is not None)
    value = item.value
    return ItemState(
        item.id, "done", PLAN, now, item.already.in_(language),
        value=value.known if value is not None else None, unit=value.unit if value is not None else "",
    )  # fmt: skip


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
    if happened.item == ALL_FAILED:
        return _check_again(deployment, happened, now)
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
        again = step.with_item(ItemState(item.id, checking=item.by_bot))
        decision = Decision(deployment.with_step(replace(again, status="open", closed_at=None)))
        key = "item-checked-again" if state.mark == "open" else "item-reopened"
        decision = decision.fact(key, step=step.id, item=item.id, by=happened.by, note=happened.note)
        return decision.ask(*looks(step.id, (item,), step.round, now))
    if happened.mark == "done" and item.value is not None and happened.value.strip():
        decision, passes = values.entered(deployment, step, state, item, happened, now)
        return decision.then(lambda d: closed(d, step.id, now)) if passes else decision
    settled = replace(state, mark=happened.mark, by=happened.by, at=now, note=happened.note, checking=False)
    decision = Decision(deployment.with_step(step.with_item(settled)))
    key = "item-done" if happened.mark == "done" else "item-not-applicable"
    if key == "item-done" and state.failed and judged(deployment, item, step.id):
        key = "item-accepted"
    return decision.fact(key, step=step.id, item=item.id, by=happened.by, note=happened.note).then(
        lambda d: closed(d, step.id, now)
    )


def _check_again(deployment: Deployment, happened: ItemMarked, now: datetime) -> Decision:
    """Everything of a list that the bot could not verify is looked at once more."""
    step = deployment.step(happened.step)
    if step is None or step.status != "open":
        raise Refused("step-not-open", step=happened.step)
    require_any_role(deployment, happened.by, "item")
    failed = {state.id for state in step.items if state.mark == "open" and state.failed}
    again = tuple(item for item in items_of(deployment, step.id) if item.id in failed and item.by_bot)
    if not again:
        raise Refused("nothing-to-check-again", step=step.id)
    for item in again:
        step = step.with_item(ItemState(item.id, checking=True))
    decision = Decision(deployment.with_step(step)).fact(
        "items-checked-again", step=step.id, by=happened.by, n=len(again)
    )
    return decision.ask(*looks(step.id, again, step.round, now))


def _check_mark(happened: ItemMarked, item: Item, state: ItemState, step: StepState) -> None:
    """Raises Refused for a mark that says nothing new or lacks what it needs."""
    if happened.mark == "open" and state.mark == "open" and state.failed and item.by_bot:
        return  # checked once more
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
    if happened.mark != "done":
        return
    note, value = happened.note.strip(), item.value is not None and bool(happened.value.strip())
    if item.value is not None and not value and not (state.failed and note):
        raise Refused("value-required", **values.asked(item, step.id))
    if not note and (item.evidence or item.ticket or (state.failed and not value)):
        raise Refused("evidence-required", item=item.id, step=step.id, failed=state.failed)
    if (item.evidence == "link" or item.ticket is not None) and not ADDRESS.search(note):
        raise Refused("link-required", item=item.id, step=step.id)


def checked(deployment: Deployment, happened: Checked, now: datetime) -> Decision:
    """The bot's own check of an item: settled with its evidence, or left to a person with the reason."""
    step = deployment.step(happened.step)
    state = step.item(happened.item) if step is not None else None
    if step is None or state is None or not state.checking or happened.round != step.round:
        return Decision(deployment)
    if happened.ok:
        settled = replace(
            state, mark="done", by="bot", at=now, note=happened.evidence, checking=False, failed="", value=happened.value,
            unit=happened.unit,
        )  # fmt: skip
        decision = Decision(deployment.with_step(step.with_item(settled)))
        decision = decision.fact("item-verified", step=step.id, item=state.id, evidence=happened.evidence)
        return decision.then(lambda d: closed(d, step.id, now))
    failed = replace(
        state, checking=False, failed=happened.evidence or "?", value=happened.value, unit=happened.unit
    )
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
    metric = deployment.runbook.metric(found.check.metric.metric)
    seen = metric_seen(deployment, found.check.metric, happened)
    ok, evidence = against(found.check.metric, metric, seen, normal(deployment, found.check.metric.metric))
    answer = Checked(step, item, int(attempt), ok is True, evidence, value=seen.value, unit=metric.unit)
    return checked(deployment, answer, now)


def looked_back(deployment: Deployment, happened: Backfilled, now: datetime) -> Decision:
    """The past of a metric that an item wants over the last stretch of time."""
    step_id, item_id, _, _ = item_looks.place_of(happened.ref)
    if deployment.step(step_id) is None:
        return Decision(deployment)
    found = next((item for item in items_of(deployment, step_id) if item.id == item_id), None)
    wanted = found.check.metric if found is not None and found.check is not None else None
    if found is None or wanted is None:
        return Decision(deployment)
    answer = item_looks.judged(deployment.runbook, found, happened, normal(deployment, wanted.metric))
    return checked(deployment, answer, now) if answer is not None else Decision(deployment)


def metric_verdict(
    deployment: Deployment, wanted: MetricCheck, fresh: Measured | None = None
) -> tuple[bool | None, str]:
    """(met, evidence) of a metric since the traffic began, up to `fresh` or to the gate's last look; None without data, which
    is not met."""
    metric = deployment.runbook.metric(wanted.metric)
    return against(wanted, metric, metric_seen(deployment, wanted, fresh), normal(deployment, wanted.metric))


def normal(deployment: Deployment, metric: str) -> float | None:
    """What a baseline step measured; None where nothing was."""
    if deployment.baseline is None:
        return None
    return next((value for name, value, _ in deployment.baseline.values if name == metric), None)


def metric_seen(deployment: Deployment, wanted: MetricCheck, fresh: Measured | None = None) -> Window:
    """A metric since the traffic began, up to `fresh` or to the gate's last look."""
    gate = deployment.gate
    if gate is not None and fresh is not None:
        gate = remember(deployment.runbook, gate, fresh.readings, fresh.at)
    if gate is None:
        return Window("no-data", detail="no-gate")
    return since_start(deployment.runbook, gate, wanted.metric, wanted.track)


def judged(deployment: Deployment, item: Item, step_id: str) -> bool:
    """Whether an item passes or fails: a criterion, a row's metric, or a number with a limit."""
    placed = deployment.runbook.find(step_id)
    criteria = placed is not None and isinstance(placed.body, Checklist) and placed.body.as_ == "criteria"
    return criteria or isinstance(item, RowItem) or (item.value is not None and item.value.limited)


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

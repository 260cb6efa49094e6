"""The daily rows of a watch: the bot fills in what it measures, over the time since the row before, and holds it against the
gate's limits where there are any. What people fill in are items like any other.

It must not know how a row is written out.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core import stretches
from core.decision import Decision
from core.inputs import Checked, Measured
from core.plan.models import Checklist
from core.plan.written_out import RowItem
from core.readings import Window, against
from core.rules import checklist
from core.state import Deployment, StepState


def measured(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    """The row's look: every metric over the time since the row before; the first over all since the traffic began."""
    _, step_id, attempt = happened.ref.split(":")
    step, placed = deployment.step(step_id), deployment.runbook.find(step_id)
    if step is None or placed is None or not isinstance(placed.body, Checklist) or step.round != int(attempt):
        return Decision(deployment)
    fresh = stretches.totals(deployment.runbook, deployment.gate, happened.readings, happened.at)
    decision = Decision(deployment)
    if step.readings_at is None:
        kept = replace(step, readings=fresh, readings_at=happened.at)
        decision = Decision(deployment.with_step(kept))
    for item in placed.body.items:
        if isinstance(item, RowItem):
            answer = _judged(deployment, step, item, replace(happened, readings=fresh))
            decision = decision.then(lambda d, answer=answer: checklist.checked(d, answer, now))  # type: ignore[misc]
    return decision


def _judged(deployment: Deployment, step: StepState, item: RowItem, fresh: Measured) -> Checked:
    metric = deployment.runbook.metric(item.reads)
    wanted = item.check.metric if item.check is not None else None
    track = wanted.track if wanted is not None else "canary"
    seen = _since_row_before(deployment, item, track, fresh)
    if wanted is None:
        ok, evidence = seen.state == "ok", _plainly(item, metric.unit, seen)
    else:
        met, evidence = against(wanted, metric, seen)
        ok = met is True
    return Checked(step.id, item.id, step.round, ok, evidence, value=seen.value, unit=metric.unit)


def _since_row_before(deployment: Deployment, item: RowItem, track: str, fresh: Measured) -> Window:
    metric = deployment.runbook.metric(item.reads)
    before = deployment.step(item.after) if item.after else None
    gate = deployment.gate
    if before is not None and before.readings_at is not None:
        since, start = before.readings_at, before.readings
    elif gate is not None and gate.first_at is not None:
        since, start = gate.first_at, stretches.beginning(gate.first, metric)
    else:
        since, start = fresh.at, ()
    length = fresh.at - since
    return stretches.over(metric, item.reads, track, start, fresh.readings, max(length, timedelta(0)))


def _plainly(item: RowItem, unit: str, seen: Window) -> str:
    if seen.state != "ok" or seen.value is None:
        return f"{item.reads}: {seen.detail or seen.state}"
    count = f" (n={seen.count:g})" if seen.count is not None else ""
    return f"{item.reads} {seen.value:.4g} {unit}".rstrip() + count

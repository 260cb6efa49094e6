"""Whether one criterion is met, with the evidence in a line: for the final verdict and for the readiness board alike.

None is not known, which is never met and never unmet. It must not know what follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from core.plan.models import Approval, Criterion, MetricCriterion, Verdict
from core.plan.quantities import figure, show_duration
from core.progress import of_category
from core.readings import Window, against
from core.rules import attendance, checklist, values
from core.state import Deployment

Judged = tuple[bool | None, str]
"""(met, evidence): evidence as `core.readings.against` writes it, or a line of its own."""
Stretches = Mapping[MetricCriterion, Window]
"""What was seen of the metrics that are judged over a stretch of time."""


def judge(deployment: Deployment, criterion: Criterion, stretches: Stretches | None = None) -> Judged:
    """One criterion as things stand."""
    if criterion.metric is not None:
        return _metric(deployment, criterion.metric, stretches or {})
    if criterion.item is not None:
        return _item(deployment, criterion.item)
    if criterion.category is not None:
        return _category(deployment, criterion.category.id, criterion.category.at_least)
    match criterion.holds:
        case "no-rollback":
            return deployment.rollback is None, "rollback" if deployment.rollback else ""
        case "no-automatic-rollback":
            run = deployment.rollback
            return (run is None or run.by != "bot"), "rollback" if run is not None and run.by == "bot" else ""
        case "items-settled":
            return _items_settled(deployment)
        case "decisions-go":
            return _decisions_go(deployment)
        case "signed" | None:
            return _signed(deployment)
        case _ as never:
            assert_never(never)


def _metric(deployment: Deployment, wanted: MetricCriterion, stretches: Stretches) -> Judged:
    if wanted.over is None:
        return checklist.metric_verdict(deployment, wanted)
    seen = stretches.get(wanted, Window("no-data", detail="not-covered"))
    normal = checklist.normal(deployment, wanted.metric)
    met, evidence = against(wanted, deployment.runbook.metric(wanted.metric), seen, normal)
    return met, f"{evidence} [{show_duration(wanted.over)}]"


def _item(deployment: Deployment, place: str) -> Judged:
    step_id, _, item_id = place.partition("/")
    step = deployment.step(step_id)
    state = step.item(item_id) if step is not None else None
    item = next((one for one in checklist.items_of(deployment, step_id) if one.id == item_id), None)
    if state is None or item is None:
        return None, "open"
    if state.failed and checklist.judged(deployment, item, step_id):
        return False, state.failed  # accepted with a reason or not: the number is on the wrong side
    if state.mark == "open":
        return None, "open"
    if state.mark == "not-applicable":
        return None, f"not-applicable: {state.note}"
    value = values.shown(state.value, state.unit) if state.value is not None else ""
    return True, "; ".join(part for part in (value, state.note) if part)


def _category(deployment: Deployment, category_id: str, at_least: float) -> Judged:
    board = deployment.runbook.plan.readiness
    category = next((one for one in board.categories if one.id == category_id), None) if board else None
    if category is None:
        return None, ""
    far = of_category(deployment, category)
    evidence = f"{far.done}/{far.counted} = {figure(_floored(far.required_percent))}% (≥ {figure(at_least)}%)"
    return far.required_percent >= at_least, evidence


def _floored(percent: float) -> float:
    """To a tenth, downwards: what is shown must not look met when it is not."""
    return int(percent * 10 + 1e-9) / 10


def _items_settled(deployment: Deployment) -> Judged:
    left = [
        f"{step.id}/{item.id}"
        for step in deployment.steps
        for item in step.items
        if item.mark == "open" and not _optional(deployment, step.id, item.id)
    ]
    return not left, ", ".join(left[:5])


def _optional(deployment: Deployment, step_id: str, item_id: str) -> bool:
    return any(item.id == item_id and item.optional for item in checklist.items_of(deployment, step_id))


def _decisions_go(deployment: Deployment) -> Judged:
    bodies = [placed.body for placed in deployment.runbook.route]
    besides = {
        body.id
        for body in bodies
        if isinstance(body, Verdict) or (isinstance(body, Approval) and body.optional)
    }
    asked = [step for step in deployment.steps if step.answer is not None and step.id not in besides]
    other = ", ".join(f"{step.id}: {step.answer}" for step in asked if step.answer != "go")
    return bool(asked) and not other, other


def _signed(deployment: Deployment) -> Judged:
    signing = [step for step in deployment.steps if not attendance.is_attendance(deployment, step.id)]
    unsigned = [f"{step.id}/{sign.role}" for step in signing for sign in step.signs if sign.mark != "approve"]
    return any(step.signs for step in signing) and not unsigned, ", ".join(unsigned[:5])

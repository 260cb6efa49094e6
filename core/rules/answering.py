"""The world's answers find their way by their ref: to the step, the look, the record or the way back that waits for them. An
answer nobody waits for changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from core.decision import Decision
from core.effects import NOTICE, SIDE, STRETCH, TICKET
from core.incidents import PREFIX
from core.inputs import (
    Backfilled,
    Checked,
    EffectFailed,
    Measured,
    Posted,
    Ran,
    Recorded,
    WeightRead,
)
from core.plan.models import Baseline, Run, SetTraffic
from core.rules import (
    approval,
    backfill,
    checklist,
    confirming,
    escalation,
    gate,
    incidents,
    inspecting,
    item_looks,
    notices,
    proof,
    rehearsing,
    rollback,
    rows,
    traffic,
    verdict,
    work,
)
from core.state import Deployment

Answer = Measured | Checked | Ran | WeightRead | Recorded | Backfilled | Posted | EffectFailed
_STAGES = {"set-weight": "setting", "read-back": "reading"}
"""The stage of work in which a step waits for an effect of this kind; '' for a step of one action."""


def ran(deployment: Deployment, happened: Ran, now: datetime) -> Decision:
    """An action of a step ended. An answer nobody waits for changes nothing."""
    if (aside := _aside(deployment, happened, now)) is not None:
        return aside
    if happened.ref.startswith(rehearsing.PREFIX):
        return rehearsing.answered(deployment, happened, now)
    if happened.ref.startswith(PREFIX):
        return incidents.answered(deployment, happened, now)
    if happened.ref.startswith(approval.PREFIX):
        return approval.answered(deployment, happened, now)
    step = deployment.step(happened.ref.split(":")[1])
    if step is None or step.status != "open" or happened.ref != f"step:{step.id}:{step.round}":
        return Decision(deployment).note("late-answer", ref=happened.ref)
    body = deployment.runbook.step(step.id).body
    if not isinstance(body, SetTraffic):
        if step.stage_of_work:
            return Decision(deployment).note("late-answer", ref=happened.ref)
        return work.ran(deployment, step, happened, now)
    if step.stage_of_work != "setting":
        return Decision(deployment).note("late-answer", ref=happened.ref)
    return traffic.ran(deployment, body, step, happened, now)


def _aside(deployment: Deployment, happened: Ran | EffectFailed, now: datetime) -> Decision | None:
    """What stands beside the route: tickets, and what audiences are told. None for everything else."""
    if happened.ref.startswith(TICKET):
        return checklist.ticketed(deployment, happened, now)
    return notices.answered(deployment, happened, now) if happened.ref.startswith(NOTICE) else None


def after_the_end(deployment: Deployment, happened: Ran | EffectFailed, now: datetime) -> Decision:
    """An answer after the end: only what stands beside the route still counts."""
    aside = _aside(deployment, happened, now)
    return aside if aside is not None else Decision(deployment)


def weight_read(deployment: Deployment, happened: WeightRead, now: datetime) -> Decision:
    """A fresh read of the share, for a traffic step."""
    step = deployment.step(happened.ref.split(":")[1])
    if step is None or step.stage_of_work != "reading" or happened.ref != f"step:{step.id}:{step.round}":
        return Decision(deployment)
    body = deployment.runbook.step(step.id).body
    return (
        traffic.weight_read(deployment, body, step, happened, now)
        if isinstance(body, SetTraffic)
        else Decision(deployment)
    )


def measured(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    """A look, a baseline, a check, or a confirmation."""
    kind, _, rest = happened.ref.partition(":")
    if kind == "look":
        return gate.looked(deployment, happened, now)
    if kind == "check":
        return checklist.measured(deployment, happened, now)
    if kind == "row":
        return rows.measured(deployment, happened, now)
    if kind == "confirm":
        return confirming.measured(deployment, happened, now)
    step_id = rest.rpartition(":")[0]
    step = deployment.step(step_id)
    if kind != "baseline" or step is None or step.status != "open" or rest != f"{step.id}:{step.round}":
        return Decision(deployment)
    body = deployment.runbook.step(step_id).body
    return (
        work.baseline_measured(deployment, body, step, happened, now)
        if isinstance(body, Baseline)
        else Decision(deployment)
    )


def backfilled(deployment: Deployment, happened: Backfilled, now: datetime) -> Decision:
    """The past: of the gate's missed looks, or of what an item or the verdict judges."""
    if item_looks.is_of_an_item(happened.ref):
        return checklist.looked_back(deployment, happened, now)
    if happened.ref.startswith(STRETCH):
        return verdict.looked_back(deployment, happened, now)
    return backfill.filled(deployment, happened, now)


def checked(deployment: Deployment, happened: Checked, now: datetime) -> Decision:
    """A checklist item's check, or a traffic step's confirmation."""
    step = deployment.step(happened.step)
    if step is None or step.status != "open":
        return Decision(deployment)
    if step.items:
        return checklist.checked(deployment, happened, now)
    body = deployment.runbook.step(happened.step).body
    return (
        confirming.checked(deployment, body, step, happened, now)
        if isinstance(body, SetTraffic | Run)
        else Decision(deployment)
    )


def failed(deployment: Deployment, happened: EffectFailed, now: datetime) -> Decision:
    """An effect gave up. The rules say what that means."""
    if (aside := _aside(deployment, happened, now)) is not None:
        return aside
    if happened.ref.startswith(rehearsing.PREFIX):
        return rehearsing.answered(deployment, happened, now)
    if happened.effect == "run" and happened.ref.startswith(PREFIX):
        return incidents.answered(deployment, happened, now)
    if happened.ref.startswith(approval.PREFIX):
        return approval.answered(deployment, happened, now)
    if happened.effect == "post":
        return escalation.not_posted(deployment, happened, now)
    if happened.effect == "check":
        step_id, item, attempt = happened.ref.rsplit(":", 2)
        return checked(deployment, Checked(step_id, item, int(attempt), False, happened.reason), now)
    if happened.effect == "measure":
        return measured(deployment, Measured(happened.ref, now, ()), now)
    step = deployment.step(happened.ref.split(":")[1])
    if step is None or step.status != "open" or happened.ref != f"step:{step.id}:{step.round}":
        return Decision(deployment)
    asked_already = deployment.hold is not None and deployment.hold.ref == happened.ref
    if asked_already or step.stage_of_work != _STAGES.get(happened.effect, ""):
        return Decision(deployment)
    return work.gave_up(deployment, step, happened, now)


def on_the_way_back(deployment: Deployment, happened: Answer, now: datetime) -> Decision:
    """While rolling back only the way back's own answers, a dry run's and those of calls count; the rest of the route is over."""
    if isinstance(happened, Ran | EffectFailed) and (aside := _aside(deployment, happened, now)) is not None:
        return aside
    match happened:
        case Posted():
            return escalation.posted(deployment, happened, now)
        case Ran():
            return _ran_on_the_way_back(deployment, happened, now)
        case WeightRead() if happened.ref.startswith("verify:"):
            return proof.weight_read(deployment, happened, now)
        case Measured():
            return _measured_on_the_way_back(deployment, happened, now)
        case Checked() if happened.step == SIDE:
            return rollback.side_checked(deployment, happened, now)
        case EffectFailed():
            return _failed_on_the_way_back(deployment, happened, now)
        case _:
            return Decision(deployment)


def _ran_on_the_way_back(deployment: Deployment, happened: Ran, now: datetime) -> Decision:
    if happened.ref.startswith(rehearsing.PREFIX):
        return rehearsing.answered(deployment, happened, now)
    if happened.ref.startswith(PREFIX):
        return incidents.answered(deployment, happened, now)
    if happened.ref.startswith("rollback:"):
        return rollback.ran(deployment, happened, now)
    return Decision(deployment).note("late-answer", ref=happened.ref)


def _measured_on_the_way_back(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    if happened.ref.startswith(inspecting.METRICS):
        return rollback.side_measured(deployment, happened, now)
    if happened.ref.startswith("verify-metrics:"):
        return proof.measured(deployment, happened, now)
    return Decision(deployment)


def _failed_on_the_way_back(deployment: Deployment, happened: EffectFailed, now: datetime) -> Decision:
    if happened.effect == "post":
        return escalation.not_posted(deployment, happened, now)
    if happened.ref.startswith(rehearsing.PREFIX):
        return rehearsing.answered(deployment, happened, now)
    if happened.ref.startswith(PREFIX):
        return incidents.answered(deployment, happened, now)
    if happened.ref.startswith(inspecting.METRICS):
        return rollback.side_measured(deployment, Measured(happened.ref, now, ()), now)
    if happened.ref.startswith(("rollback:", "verify")):
        return rollback.gave_up(deployment, happened, now)
    return Decision(deployment).note("late-answer", ref=happened.ref)

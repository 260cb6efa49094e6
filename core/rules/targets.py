"""What the way back leads to is recorded before the first change: afterwards nobody could find out any more.

Without a target that is known to be healthy nothing is changed: the deployment holds and calls people, who may go on all the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Record, Words
from core.inputs import Recorded, Target
from core.plan.models import Run, SetTraffic, StepBody
from core.rules import escalation, holding
from core.rules.holding import TARGETS
from core.rules.rollback import touched
from core.state import Deployment


def first_change(deployment: Deployment, body: StepBody) -> bool:
    """Whether opening this step would change the world for the first time, with a way back that ought to be known."""
    changes = isinstance(body, SetTraffic) or (
        isinstance(body, Run) and deployment.runbook.action(body.action).changes
    )
    return changes and deployment.runbook.plan.rollback is not None and not touched(deployment)


def reading(deployment: Deployment, body: StepBody) -> bool:
    """Whether this step waits for what the way back leads to."""
    return bool(deployment.recording.ref) and first_change(deployment, body)


def before(deployment: Deployment, body: StepBody, now: datetime) -> Decision | None:
    """What has to be done before this step may open; None: nothing."""
    if not first_change(deployment, body):
        return None
    known = deployment.recording
    if known.ref:
        return Decision(deployment)
    if known.at is None:
        return _ask(deployment)
    objection = objection_to(deployment)
    if objection is None or known.accepted_by:
        return None
    key, words = objection
    held = holding.hold(deployment, "failed", "bot", key, words, now, ref=TARGETS)
    return held.then(lambda d: escalation.call(d, f"failed:{TARGETS}", key, words, now))


def _ask(deployment: Deployment) -> Decision:
    plan = deployment.runbook.plan.rollback
    attempt = deployment.recording.round + 1
    ref = f"{TARGETS}:{attempt}"
    asking = replace(deployment.recording, ref=ref, round=attempt, missing=())
    actions = tuple(dict.fromkeys(plan.steps)) if plan is not None else ()
    return Decision(replace(deployment, recording=asking)).ask(Record(ref, actions))


def recorded(deployment: Deployment, happened: Recorded, now: datetime) -> Decision:
    """What the actions of the way back would lead to. Whether that is enough is asked when the first change is due."""
    known = deployment.recording
    if not known.ref or happened.ref != known.ref:
        return Decision(deployment)
    answered = replace(known, ref="", at=now, missing=happened.missing)
    decision = Decision(replace(deployment, recording=answered, targets=happened.targets))
    for target in happened.targets:
        decision = decision.fact(
            "target-recorded", action=target.action, what=target.what, health=health_of(target)
        )
    return decision


def health_of(target: Target) -> str:
    """'healthy', 'sick' or 'unknown'."""
    return "unknown" if target.healthy is None else "healthy" if target.healthy else "sick"


def objection_to(deployment: Deployment) -> tuple[str, Words] | None:
    """(key of a sentence, its words) for what is wrong with the recorded way back; None when nothing is. That nobody can tell
    whether a target is healthy is no objection where the plan has checks of its own for that."""
    for action, why in deployment.recording.missing:
        return "target-missing", (("action", action), ("reason", why))
    for target in deployment.targets:
        if target.healthy is False:
            return "target-sick", (("action", target.action), ("what", target.what))
    plan = deployment.runbook.plan.rollback
    for target in deployment.targets:
        if target.healthy is None and plan is not None and not plan.healthy:
            return "target-unknown", (("action", target.action), ("what", target.what))
    return None

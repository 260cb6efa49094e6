"""A step whose work could not be done: it holds and calls people. It must not know what kind of work that was."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.plan.models import Run, SetTraffic
from core.rules import escalation, holding
from core.state import Deployment


def failed(deployment: Deployment, step_id: str, key: str, now: datetime, reason: str) -> Decision:
    """A step that could not be done: hold, and call people. Resuming tries it again."""
    step = deployment.step(step_id)
    if step is None or step.status != "open":
        return Decision(deployment)
    words = (("step", step_id), ("reason", reason))
    broken = replace(
        step,
        status="failed",
        note=reason[:500],
        stage_of_work="",
        next_at=None,
        deadline=None,
        withheld=False,
    )
    decision = holding.hold(deployment.with_step(broken), "failed", "bot", key, words, now, ref=step_id)
    if not decision.facts:  # it stands still for a weightier reason already: this one is said all the same
        decision = decision.fact(f"held-{key}", **dict(words))
    playbook = playbook_of(deployment, step_id)
    return decision.then(
        lambda d: escalation.call(d, f"failed:{step_id}", key, words, now, playbook=playbook)
    )


def playbook_of(deployment: Deployment, step_id: str) -> str:
    """What the plan says to do when the action of a step fails; '' when it says nothing."""
    body = deployment.runbook.step(step_id).body
    plan = deployment.runbook.plan
    name = (
        body.action
        if isinstance(body, Run)
        else plan.traffic.set
        if isinstance(body, SetTraffic) and plan.traffic
        else ""
    )
    return (plan.actions[name].playbook or "") if name else ""

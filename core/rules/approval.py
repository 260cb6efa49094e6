"""A run that people approve first: what exactly it would change is found out, then the question is asked with it.

Nobody is asked before there is something to look at; where nobody can say what it would change, that is what they see, and GO
takes a reason. The answer is `core.rules.decide`'s, as of every question.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Run
from core.inputs import EffectFailed, Ran
from core.plan.models import Approval
from core.rules import decide
from core.rules.params import step_params
from core.state import Deployment, StepState

PREFIX = "approve:"
"""How the refs of these dry runs begin."""
KEPT = 2_000


def opened(deployment: Deployment, body: Approval, now: datetime) -> Decision:
    """Asks for a dry run of the action."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    trying = replace(
        step, status="open", opened_at=step.opened_at or now, stage_of_work="trying", evidence="", tried="",
        answer=None, by="", note="", defaulted=False, deadline=None,
    )  # fmt: skip
    decision = Decision(deployment.with_step(trying)).note("step-opened", step=body.id)
    return decision.ask(Run(ref_of(trying), body.action, step_params(deployment), dry=True))


def ref_of(step: StepState) -> str:
    """The ref of the dry run that belongs to the next asking."""
    return f"{PREFIX}{step.id}:{step.round + 1}"


def answered(deployment: Deployment, happened: Ran | EffectFailed, now: datetime) -> Decision:
    """What it would change, or why nobody can say: now people are asked."""
    step_id = happened.ref.split(":")[1]
    step, placed = deployment.step(step_id), deployment.runbook.find(step_id)
    if step is None or placed is None or not isinstance(placed.body, Approval):
        return Decision(deployment)
    body = placed.body
    if step.status != "open" or step.stage_of_work != "trying" or happened.ref != ref_of(step):
        return Decision(deployment)
    known = isinstance(happened, Ran) and happened.ok
    evidence = happened.evidence if isinstance(happened, Ran) else happened.reason
    seen = replace(step, evidence=evidence[:KEPT], tried="ok" if known else "failed")
    decision = Decision(deployment.with_step(seen)).fact(
        "approval-shown" if known else "approval-unseen", step=step_id, action=body.action, evidence=evidence
    )
    return decision.then(lambda d: decide.opened(d, body, now))

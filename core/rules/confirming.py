"""Confirmations: after a share was set or an action has run, it settles, and checks must pass within a time; those that did not
are made again. The same for a traffic step and for a run.

It must not know what was done before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core.decision import Decision
from core.effects import CheckItem, Measure
from core.inputs import Checked, Measured
from core.plan.models import Check, Run, SetTraffic
from core.rules import checklist
from core.rules.failing import failed
from core.rules.rehearsing import is_blind, is_dry
from core.state import Deployment, StepState

RETRY = timedelta(minutes=1)
"""A confirmation that did not pass is tried again after this long, until the step's `within`."""

Confirmed = SetTraffic | Run


def settling(step: StepState, body: Confirmed, now: datetime) -> StepState:
    """The step waiting for its confirmation to begin."""
    return replace(step, stage_of_work="settling", next_at=now + body.settle)


def tick(deployment: Deployment, body: Confirmed, now: datetime) -> Decision:
    """After settling: the confirmations; those that did not pass again, until the time is up."""
    step = deployment.step(body.id)
    if step is None or step.status != "open" or step.next_at is None:
        return Decision(deployment)  # while the checks' answers are on their way, no deadline counts
    if step.stage_of_work == "confirming" and step.deadline is not None and step.deadline <= now:
        return failed(deployment, body.id, "confirm-failed", now, step.note)
    if step.next_at > now:
        return Decision(deployment)
    deadline = now + body.within if step.stage_of_work == "settling" else step.deadline
    confirming = replace(
        step, stage_of_work="confirming", deadline=deadline, next_at=None, round=step.round + 1
    )
    return _confirm(deployment.with_step(confirming), body, now)


def _confirm(deployment: Deployment, body: Confirmed, now: datetime) -> Decision:
    """Asks for every confirmation that has not passed; with none left the step is done."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # the caller has just changed it
    left = [index for index in range(len(body.confirm)) if str(index) not in step.confirmed]
    if not left:
        done = replace(step, status="done", stage_of_work="", closed_at=now, deadline=None, next_at=None)
        decision = Decision(deployment.with_step(done))
        if isinstance(body, SetTraffic):
            return decision.fact("traffic-confirmed", step=body.id, weight=body.to, checks=len(body.confirm))
        return decision.fact("run-confirmed", step=body.id, checks=len(body.confirm))
    return Decision(deployment).ask(
        *(_asked(body.id, index, body.confirm[index], step.round) for index in left)
    )


def _asked(step: str, index: int, check: Check, attempt: int) -> CheckItem | Measure:
    if check.metric is not None:
        return Measure(f"confirm:{step}:{index}:{attempt}", (check.metric.metric,))
    return CheckItem(step, str(index), attempt)


def checked(
    deployment: Deployment, body: Confirmed, step: StepState, happened: Checked, now: datetime
) -> Decision:
    """One confirmation's answer."""
    if step.stage_of_work != "confirming" or happened.round != step.round or happened.item in step.confirmed:
        return Decision(deployment)
    if happened.ok or _only_tried_out(deployment, body):
        passed = replace(step, confirmed=(*step.confirmed, happened.item))
        key = "confirmed" if happened.ok else "not-confirmed"
        decision = Decision(deployment.with_step(passed)).fact(key, step=body.id, evidence=happened.evidence)
        if len(passed.confirmed) == len(body.confirm):
            return decision.then(lambda d: _confirm(d, body, now))
        return decision
    again = step
    if (
        step.next_at is None
    ):  # the first check of this round that did not pass says why, and sets the next try
        again = replace(step, note=happened.evidence[:500], next_at=now + RETRY)
    return Decision(deployment.with_step(again)).fact(
        "not-confirmed", step=body.id, evidence=happened.evidence
    )


def _only_tried_out(deployment: Deployment, body: Confirmed) -> bool:
    """Of what was only tried out nothing can be confirmed: it is looked at and told."""
    return is_blind(deployment) if isinstance(body, SetTraffic) else is_dry(deployment, body.action)


def measured(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    """A metric confirmation: judged over everything since the traffic began, with these readings as its end."""
    _, step_id, index, attempt = happened.ref.rsplit(":", 3)
    placed, step = deployment.runbook.find(step_id), deployment.step(step_id)
    if placed is None or step is None or not isinstance(placed.body, SetTraffic | Run):
        return Decision(deployment)
    wanted = placed.body.confirm[int(index)].metric
    if wanted is None:
        return Decision(deployment)
    ok, evidence = checklist.metric_verdict(deployment, wanted, happened)
    return checked(
        deployment, placed.body, step, Checked(step_id, index, int(attempt), ok is True, evidence), now
    )

"""Standing still and going on: pause, hold, resume, abort. Time under traffic stops while a deployment stands still."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from core.decision import Decision
from core.effects import Words
from core.errors import Refused
from core.inputs import Aborted, Assigned, Paused, Resumed
from core.roles import require
from core.rules import escalation
from core.state import Deployment, Hold, Status, StepState

Cause = Literal["paused", "decision", "rejected", "failed", "unknown", "gate", "verdict"]


def hold(
    deployment: Deployment, cause: Cause, by: str, key: str, words: Words, now: datetime, *, ref: str = ""
) -> Decision:
    """Stands still from now on, with the reason on the card. A hold that is there already stays."""
    if deployment.hold is not None or deployment.status not in (Status.RUNNING, Status.HELD):
        return Decision(deployment)
    stopped = tuple(bake_stopped(step, now) for step in deployment.steps)
    held = replace(deployment, status=Status.HELD, hold=Hold(cause, by, key, words, now, ref), steps=stopped)
    return Decision(held).fact(f"held-{key}", **dict(words))


def release(deployment: Deployment, now: datetime) -> Deployment:
    """Goes on: bake time counts again."""
    going = tuple(bake_started(step, now) for step in deployment.steps)
    return replace(deployment, status=Status.RUNNING, hold=None, steps=going)


def bake_stopped(step: StepState, now: datetime) -> StepState:
    """The step with its time under traffic added up so far."""
    if step.baking_since is None:
        return step
    return replace(step, baked=step.baked + (now - step.baking_since), baking_since=None)


def bake_started(step: StepState, now: datetime) -> StepState:
    """The step counting its time under traffic again, if it is one that bakes."""
    baking = step.status == "open" and step.bake_for > step.baked and step.baking_since is None
    return replace(step, baking_since=now) if baking else step


def paused(deployment: Deployment, happened: Paused, now: datetime) -> Decision:
    """A person stops the clock; the gate goes on looking."""
    require(deployment, happened.by, deployment.runbook.plan.starters, "pause")
    if deployment.hold is not None:
        raise Refused("already-held", by=deployment.hold.by, since=deployment.hold.since.isoformat())
    words = (("by", happened.by), ("reason", happened.reason))
    return hold(deployment, "paused", happened.by, "paused", words, now)


def resumed(deployment: Deployment, happened: Resumed, now: datetime) -> Decision:
    """Goes on after a pause or hold; what had failed is tried again, what had been asked is asked again."""
    require(deployment, happened.by, deployment.runbook.plan.starters, "resume")
    held = deployment.hold
    if held is None:
        raise Refused("not-held")
    if held.cause == "unknown":
        raise Refused("settle-outcome-first", ref=held.ref)
    step = deployment.step(held.ref)
    if step is not None and step.status == "failed":
        deployment = deployment.with_step(replace(step, status="waiting", stage_of_work="", note=""))
    if step is not None and held.cause in ("decision", "verdict") and step.status == "open":
        deployment = deployment.with_step(replace(step, status="waiting", answer=None, defaulted=False))
    if step is not None and held.cause == "gate" and step.bake_for:
        deployment = deployment.with_step(replace(step, by=happened.by))
    if step is not None and held.cause == "rejected":
        reopened = tuple(replace(sign, mark="open") if sign.mark == "reject" else sign for sign in step.signs)
        deployment = deployment.with_step(replace(step, signs=reopened))
    decision = Decision(release(deployment, now)).fact("resumed", by=happened.by)
    return decision.then(lambda d: escalation.close(d, topic_of(held), now))


def topic_of(held: Hold) -> str:
    """The escalation topic that belongs to a hold."""
    return f"{held.cause}:{held.ref}" if held.ref else held.cause


def aborted(deployment: Deployment, happened: Aborted, now: datetime) -> Decision:
    """The end of a deployment without traffic; with traffic only a rollback ends it."""
    require(deployment, happened.by, deployment.runbook.plan.starters, "abort")
    if deployment.weight > 0 or deployment.wanted > 0:
        raise Refused("abort-with-traffic", weight=max(deployment.weight, deployment.wanted))
    ended = replace(deployment, status=Status.ABORTED, hold=None, gate=None, verdict="ABORTED", ended_at=now)
    decision = Decision(ended, cancels_world=True).fact("aborted", by=happened.by, reason=happened.reason)
    return decision.then(lambda d: escalation.close_all(d, now))


def assigned(deployment: Deployment, happened: Assigned, now: datetime) -> Decision:
    """Somebody else holds a role from now on; it is in the journal."""
    require(deployment, happened.by, deployment.runbook.plan.starters, "assign")
    if happened.role not in deployment.runbook.plan.roles:
        raise Refused("unknown-role", role=happened.role, roles=",".join(deployment.runbook.plan.roles))
    if not happened.people:
        raise Refused("assign-nobody", role=happened.role)
    others = tuple((role, people) for role, people in deployment.people if role != happened.role)
    changed = replace(deployment, people=(*others, (happened.role, happened.people)))
    return Decision(changed).fact(
        "assigned", by=happened.by, role=happened.role, people=",".join(happened.people)
    )

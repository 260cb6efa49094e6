"""Standing still and going on: pause, hold, resume, abort. Time under traffic stops while a deployment stands still."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from core import gate_evidence
from core.decision import Decision
from core.effects import Words
from core.errors import Refused
from core.inputs import Aborted, Paused, Resumed
from core.plan.models import Approval, Run, Verdict
from core.plan.written_out import run_of
from core.roles import require
from core.rules import escalation
from core.state import Deployment, Hold, Recording, SignState, Status, StepState

Cause = Literal["paused", "decision", "rejected", "failed", "unknown", "gate", "verdict", "incident"]


_WEIGHT: dict[Cause, int] = {"unknown": 3, "failed": 2, "paused": 1, "incident": 1}
"""Which reason shows when there are two. What only a person can end must not hide behind what ends by itself."""


ANSWERED = frozenset({"evidence", "rule", "streak-unproved", "streak-usual", "streak-alone"})
"""Holds because of what a rule found out about the canary: whoever goes on has answered for it."""
TARGETS = "rollback/targets"
"""The ref of a hold because of what the way back leads to (`core.rules.targets`); no step can have this name."""


def hold(
    deployment: Deployment, cause: Cause, by: str, key: str, words: Words, now: datetime, *, ref: str = ""
) -> Decision:
    """Stands still from now on, with the reason on the card. A hold that is there already stays, unless the new one weighs more."""
    if deployment.status not in (Status.RUNNING, Status.HELD):
        return Decision(deployment)
    before = deployment.hold
    if before is not None and _WEIGHT.get(cause, 0) <= _WEIGHT.get(before.cause, 0):
        return Decision(deployment)
    since = before.since if before is not None else now
    unknown = ref if cause == "unknown" else ""
    stopped = tuple(_stopped(deployment, step, unknown, now) for step in deployment.steps)
    held = replace(
        deployment, status=Status.HELD, hold=Hold(cause, by, key, words, since, ref), steps=stopped
    )
    return Decision(held).fact(f"held-{key}", **dict(words))


def _stopped(deployment: Deployment, step: StepState, unknown: str, now: datetime) -> StepState:
    """The step standing still. An action that nobody has begun is not begun meanwhile (`core.wanted`), and is asked for
    again afterwards (`work.ask_again`); one whose outcome is unknown is a person's question."""
    if step.status != "open":
        return step
    running = step.stage_of_work == "" and isinstance(deployment.runbook.step(step.id).body, Run)
    acting = step.stage_of_work == "setting" or running
    return replace(bake_stopped(step, now), withheld=acting and unknown != f"step:{step.id}:{step.round}")


def release(deployment: Deployment, now: datetime) -> Deployment:
    """Goes on: bake time counts again, and a deadline that nobody could meet meanwhile moves by as much."""
    stood = now - deployment.hold.since if deployment.hold is not None else timedelta(0)
    going = tuple(_going(step, stood, now) for step in deployment.steps)
    return replace(deployment, status=Status.RUNNING, hold=None, steps=going)


def _going(step: StepState, stood: timedelta, now: datetime) -> StepState:
    if step.status == "open" and step.deadline is not None:
        step = replace(step, deadline=step.deadline + stood)
    return bake_started(step, now)


def bake_stopped(step: StepState, now: datetime) -> StepState:
    """The step with its time under traffic added up so far."""
    if step.baking_since is None:
        return step
    return replace(step, baked=step.baked + (now - step.baking_since), baking_since=None)


def bake_started(step: StepState, now: datetime) -> StepState:
    """The step counting its time under traffic again, if it is one that bakes."""
    baking = step.status == "open" and bool(step.bake_for) and step.baking_since is None
    return replace(step, baking_since=now) if baking else step


def paused(deployment: Deployment, happened: Paused, now: datetime) -> Decision:
    """A person stops the clock; the gate goes on looking."""
    require(deployment, happened.by, deployment.runbook.plan.starters, "pause")
    held = deployment.hold
    if held is not None and _WEIGHT.get(held.cause, 0) >= _WEIGHT["paused"]:
        raise Refused("already-held", by=held.by, since=held.since.isoformat())
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
    if held.cause == "incident":
        raise Refused("close-incident-first", playbook=dict(held.words).get("playbook", ""))
    if happened.force and held.ref != TARGETS:
        raise Refused("nothing-to-force")
    steps = tuple(_once_more(deployment, step, happened.by) for step in deployment.steps)
    begun_again = [
        old.id for old, new in zip(deployment.steps, steps, strict=True) if old.status != new.status
    ]
    again = replace(deployment, steps=steps)
    if again.gate is not None:
        run = replace(again.gate, patient_since=now)
        if held.key in ANSWERED:
            run = gate_evidence.answered(deployment.runbook, run, held.ref)
        again = replace(again, gate=run)
    if held.ref == TARGETS:
        again = _way_back_again(again, happened)
    decision = Decision(release(again, now)).fact("resumed", by=happened.by)
    if happened.force:
        decision = decision.fact("targets-accepted", by=happened.by, reason=happened.force)
    topics = [f"{cause}:{step}" for step in begun_again for cause in ("failed", "decision", "verdict")]
    for topic in (topic_of(held), *topics):
        decision = decision.then(lambda d, topic=topic: escalation.close(d, topic, now))  # type: ignore[misc]
    return decision


def _way_back_again(deployment: Deployment, happened: Resumed) -> Deployment:
    """It is recorded anew, unless somebody takes it as it is, with a reason."""
    known = deployment.recording
    if happened.force.strip():
        return replace(deployment, recording=replace(known, accepted_by=happened.by, accepted=happened.force))
    return replace(deployment, targets=(), recording=Recording(round=known.round))


def _to_ask_again(step: StepState) -> bool:
    """A question that stands open with an answer that held the deployment."""
    return step.status == "open" and step.answer in ("hold", "no-go")


def _of_a_failed_run(deployment: Deployment, step: StepState) -> bool:
    """The question before a run that may be left out and has failed: people decide anew whether it is tried again."""
    body = deployment.runbook.step(step.id).body
    if not isinstance(body, Approval) or not body.optional or step.status != "done":
        return False
    run = deployment.step(run_of(body))
    return run is not None and run.status == "failed"


def _once_more(deployment: Deployment, step: StepState, by: str) -> StepState:
    """What a resume does to a step: failed work and held questions begin again, rejections are open again, a bake that
    ended without evidence may end."""
    held = deployment.hold
    if step.status == "failed":
        return replace(step, status="waiting", stage_of_work="", note="")
    if _of_a_failed_run(deployment, step):
        return replace(step, status="waiting", answer=None, defaulted=False)
    verdict = step.status == "open" and isinstance(deployment.runbook.step(step.id).body, Verdict)
    if verdict or _to_ask_again(step):
        return replace(step, status="waiting", answer=None, defaulted=False)
    if held is not None and held.key == "no-evidence" and held.ref == step.id:
        return replace(step, by=by)
    if any(sign.mark == "reject" for sign in step.signs) and step.status == "open":
        return replace(step, signs=tuple(SignState(s.role) if s.mark == "reject" else s for s in step.signs))
    return step


def topic_of(held: Hold) -> str:
    """The escalation topic that belongs to a hold."""
    if held.key in ("rule", "evidence") or held.key.startswith("streak-"):
        return f"rule:{held.ref}"
    if held.key == "outage":
        return held.key
    if held.key == "no-data":
        return f"{held.key}:{held.ref}" if held.ref else held.key
    return f"{held.cause}:{held.ref}" if held.ref else held.cause


def aborted(deployment: Deployment, happened: Aborted, now: datetime) -> Decision:
    """The end of a deployment without traffic; with traffic only a rollback ends it."""
    require(deployment, happened.by, deployment.runbook.plan.starters, "abort")
    if deployment.weight > 0 or deployment.wanted > 0:
        raise Refused("abort-with-traffic", weight=max(deployment.weight, deployment.wanted))
    steps = tuple(
        replace(step, status="skipped", closed_at=now) if step.status in ("open", "missed") else step
        for step in deployment.steps
    )
    ended = replace(
        deployment, status=Status.ABORTED, steps=steps, hold=None, gate=None, verdict="ABORTED", ended_at=now
    )
    decision = Decision(ended, cancels_world=True).fact("aborted", by=happened.by, reason=happened.reason)
    return decision.then(lambda d: escalation.close_all(d, now))

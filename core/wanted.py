"""The question before anything is sent: does the deployment still want this? Asked by whoever performs an effect."""

from __future__ import annotations

from typing import assert_never

from core.effects import (
    SIDE,
    STRETCH,
    TICKET,
    Backfill,
    CheckItem,
    Effect,
    LookBack,
    Measure,
    Notify,
    Post,
    ReadBack,
    Record,
    Run,
    SetWeight,
    Update,
)
from core.incidents import PREFIX, number_in
from core.rules import approval, item_looks
from core.rules.proof import CHECKLIST as AFTER_ROLLBACK
from core.rules.tickets import place_of
from core.state import Deployment, Status


def wanted(deployment: Deployment, effect: Effect, *, began: bool = False) -> bool:
    """False for an effect whose reason has gone since it was asked for.

    Nothing that changes the world begins while a deployment stands still: it is asked for again afterwards. `began`: an
    earlier attempt may have happened, so it is followed up also then, for its outcome must be known."""
    match effect:
        case Run() | SetWeight():
            return _action(deployment, effect, began=began)
        case ReadBack():
            return _waits_for(deployment, effect)
        case Measure():
            return _measure(deployment, effect.ref)
        case Record():
            return deployment.status in _GOING and deployment.recording.ref == effect.ref
        case LookBack():
            return deployment.rehearsal and deployment.final and deployment.rehearsing.review is None
        case Backfill():
            return _past(deployment, effect.ref)
        case CheckItem():
            return _check(deployment, effect)
        case Post() | Notify():
            return _post(deployment, effect)
        case Update():
            return True
        case _ as never:
            assert_never(never)


_GOING = (Status.RUNNING, Status.HELD)
_STAGE = {"set-weight": "setting", "read-back": "reading"}


def _past(deployment: Deployment, ref: str) -> bool:
    if deployment.status not in _GOING:
        return False
    if not ref.startswith(STRETCH):
        return deployment.gate is not None and deployment.gate.filling == ref
    step = deployment.step(ref.split(":")[1])
    if step is None or step.status != "open":
        return False
    if item_looks.is_of_an_item(ref):
        _, item, attempt, _ = item_looks.place_of(ref)
        state = step.item(item)
        return state is not None and state.checking and step.round == attempt
    return ref == f"{STRETCH}{step.id}:{step.round}"


def _action(deployment: Deployment, effect: Run | SetWeight, *, began: bool) -> bool:
    if effect.ref.startswith(TICKET):
        step_id, item, attempt = place_of(effect.ref)
        step = deployment.step(step_id)
        state = step.item(item) if step is not None else None
        return step is not None and state is not None and state.checking and step.round == attempt
    if effect.ref.startswith(approval.PREFIX):
        step = deployment.step(effect.ref.split(":")[1])
        trying = step is not None and step.stage_of_work == "trying" and effect.ref == approval.ref_of(step)
        return trying and deployment.status in _GOING
    if effect.ref.startswith("dry:"):
        dry = deployment.dry
        return not deployment.final and dry is not None and effect.ref in dry.outstanding
    if isinstance(effect, Run) and effect.ref.startswith(PREFIX):
        return _of_incident(deployment, effect)
    return _waits_for(deployment, effect) and (began or deployment.status is not Status.HELD)


def _of_incident(deployment: Deployment, effect: Run) -> bool:
    """A look while its step waits for it; an answer's action also while the deployment stands still, as a person has said so."""
    incident = deployment.incident(number_in(effect.ref))
    if incident is None or not incident.open:
        return False
    if effect.looks:
        return any(todo.ref == effect.ref for todo in incident.todos)
    return deployment.status in _GOING and incident.stage == "acting" and incident.ref == effect.ref


def _check(deployment: Deployment, effect: CheckItem) -> bool:
    if effect.step == SIDE:
        return _proof_waits_for(deployment, f"side:{effect.item}:{effect.round}")
    step = deployment.step(effect.step)
    over = deployment.final and not (
        deployment.status is Status.ROLLED_BACK and effect.step == AFTER_ROLLBACK
    )
    return step is not None and step.status == "open" and step.round == effect.round and not over


def _waits_for(deployment: Deployment, effect: Run | SetWeight | ReadBack) -> bool:
    if effect.ref.startswith(("rollback:", "verify")):
        return _proof_waits_for(deployment, effect.ref)
    if deployment.status not in _GOING:
        return False
    step = deployment.step(effect.ref.split(":")[1])
    if step is None or step.status != "open" or effect.ref != f"step:{step.id}:{step.round}":
        return False
    return step.stage_of_work == _STAGE.get(effect.kind, "")


def _proof_waits_for(deployment: Deployment, ref: str) -> bool:
    run = deployment.rollback
    return deployment.status is Status.ROLLING_BACK and run is not None and ref in run.outstanding


def _measure(deployment: Deployment, ref: str) -> bool:
    kind, _, rest = ref.partition(":")
    if kind == "look":
        return deployment.gate is not None and deployment.gate.pending == ref
    if kind in ("verify-metrics", "side-metrics"):
        return _proof_waits_for(deployment, ref)
    if deployment.status not in _GOING:
        return False
    step = deployment.step(rest.split(":")[0])
    return step is not None and step.status == "open"


def _post(deployment: Deployment, effect: Post | Notify) -> bool:
    """A call that was answered before it was sent, or a question that was answered, need not be posted."""
    if effect.view == "page":
        number, tier = (int(part) for part in effect.subject.split(":"))
        page = deployment.page(number)
        return page is not None and page.closed_at is None and page.acked_at is None and page.tier >= tier
    if effect.view in ("decision", "outcome") and deployment.status not in _GOING:
        return False
    if isinstance(effect, Post) and effect.view == "incident-question":
        incident = deployment.incident(int(effect.subject.partition(":")[0]))
        return incident is not None and incident.stage == "asking" and effect.key == incident.question
    if effect.view == "decision":
        step_id, _, asked = effect.subject.rpartition(":")
        step = deployment.step(step_id)
        return step is not None and step.round == int(asked) and step.status == "open"
    return True

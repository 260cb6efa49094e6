"""The question before anything is sent: does the deployment still want this? Asked by whoever performs an effect."""

from __future__ import annotations

from typing import assert_never

from core.effects import CheckItem, Effect, Measure, Post, ReadBack, Run, SetWeight, Update
from core.rules.escalation import page_of
from core.state import Deployment, Status


def wanted(deployment: Deployment, effect: Effect) -> bool:
    """False for an effect whose reason has gone since it was asked for."""
    match effect:
        case Run() | SetWeight() | ReadBack():
            return _waits_for(deployment, effect.ref)
        case Measure():
            return _measure(deployment, effect.ref)
        case CheckItem():
            step = deployment.step(effect.step)
            return (
                step is not None
                and step.status == "open"
                and step.round == effect.round
                and not deployment.final
            )
        case Post():
            return _post(deployment, effect)
        case Update():
            return True
        case _ as never:
            assert_never(never)


def _waits_for(deployment: Deployment, ref: str) -> bool:
    run = deployment.rollback
    if ref.startswith(("rollback:", "verify")):
        return deployment.status is Status.ROLLING_BACK and run is not None and ref in run.outstanding
    if deployment.status not in (Status.RUNNING, Status.HELD):
        return False
    step = deployment.step(ref.split(":")[1])
    return step is not None and step.status == "open" and ref == f"step:{step.id}:{step.round}"


def _measure(deployment: Deployment, ref: str) -> bool:
    kind, _, rest = ref.partition(":")
    if kind == "look":
        return deployment.gate is not None and deployment.gate.pending == ref and not deployment.final
    if kind == "verify-metrics":
        return _waits_for(deployment, ref)
    step = deployment.step(rest.split(":")[0])
    return step is not None and step.status == "open" and deployment.status in (Status.RUNNING, Status.HELD)


def _post(deployment: Deployment, effect: Post) -> bool:
    """A call that was answered before it was sent, or a question that was answered, need not be posted."""
    if effect.view == "page":
        number, tier = (int(part) for part in effect.subject.split(":"))
        page = deployment.page(number)
        return page is not None and page.closed_at is None and page.acked_at is None and page.tier >= tier
    if effect.view == "decision":
        step_id, _, asked = effect.subject.rpartition(":")
        step = deployment.step(step_id)
        return step is not None and step.round == int(asked) and step.status == "open"
    return True


__all__ = ["page_of", "wanted"]

"""Traffic steps and bakes: the canary's share is set and read back (`core.rules.confirming` confirms it); then it bakes under its gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core.decision import Decision
from core.effects import ReadBack, SetWeight, Word
from core.inputs import Ran, WeightRead
from core.plan.models import Bake, SetTraffic
from core.rules import confirming, escalation, gate, holding
from core.rules.failing import failed
from core.rules.params import step_params
from core.rules.rehearsing import is_blind, is_dry
from core.state import Deployment, StepState


def opened(deployment: Deployment, body: SetTraffic, now: datetime) -> Decision:
    """Asks for the new share, absolute."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    attempt = step.round + 1
    setting = replace(
        step,
        status="open",
        opened_at=step.opened_at or now,
        round=attempt,
        stage_of_work="setting",
        confirmed=(),
        deadline=None,
        next_at=None,
        withheld=False,
    )
    wanting = replace(deployment.with_step(setting), wanted=max(body.to, deployment.weight))
    decision = Decision(wanting).fact("traffic-asked", step=body.id, was=deployment.weight, weight=body.to)
    return decision.ask(setting_of(deployment, body, attempt))


def setting_of(deployment: Deployment, body: SetTraffic, attempt: int) -> SetWeight:
    """The effect that sets the share of a traffic step; absolute, so that asking twice sets it once."""
    traffic = deployment.runbook.plan.traffic
    assert traffic is not None  # noqa: S101  # the plan's checks saw to it
    dry = is_dry(deployment, traffic.set)
    return SetWeight(f"step:{body.id}:{attempt}", traffic.set, body.to, step_params(deployment), dry)


def ran(deployment: Deployment, body: SetTraffic, step: StepState, happened: Ran, now: datetime) -> Decision:
    """The action ended: its word is not enough, the share is read afresh. Of one that was only tried out there is nothing to
    read: the share that was asked for counts as set, and is told as rehearsed."""
    words: dict[str, Word] = {
        "step": body.id,
        "evidence": happened.evidence,
        "took_s": round(happened.took_s, 1),
        "probed": happened.probed,
    }
    if not happened.ok:
        return failed(deployment, body.id, "run-failed", now, happened.evidence[-300:])
    reading = replace(step, stage_of_work="reading", evidence=happened.evidence[:2000], withheld=False)
    decision = Decision(deployment.with_step(reading)).fact("ran", **words)
    if deployment.runbook.plan.traffic is not None and is_dry(
        deployment, deployment.runbook.plan.traffic.set
    ):
        decision = decision.fact("traffic-rehearsed", step=body.id, weight=body.to)
        rehearsed = WeightRead(happened.ref, body.to)
        return decision.then(lambda d: weight_read(d, body, reading, rehearsed, now))
    return decision.ask(ReadBack(happened.ref))


def weight_read(
    deployment: Deployment, body: SetTraffic, step: StepState, happened: WeightRead, now: datetime
) -> Decision:
    """The share as it is: the one that was asked for, or a hold."""
    known = replace(deployment, weight=happened.weight, weight_since=now)
    if happened.weight != body.to:
        words = (("step", body.id), ("wanted", body.to), ("weight", happened.weight))
        decision = Decision(known.with_step(replace(step, status="failed", stage_of_work="")))
        decision = decision.then(
            lambda d: holding.hold(d, "failed", "bot", "weight-differs", words, now, ref=body.id)
        )
        return decision.then(lambda d: escalation.call(d, f"failed:{body.id}", "weight-differs", words, now))
    settling = confirming.settling(step, body, now)
    looking = gate.switch(known.with_step(settling), body.gate, now)
    looking = gate.staged(looking, deployment.runbook.step(body.id).stage, now)
    return Decision(replace(looking, wanted=body.to)).fact("traffic-set", step=body.id, weight=body.to)


# ------------------------------------------------------------------------------------------------------------- bakes


def bake_opened(deployment: Deployment, body: Bake, now: datetime) -> Decision:
    """Time under traffic begins to count."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    baking = replace(
        step, status="open", opened_at=now, round=step.round + 1, bake_for=body.for_, baking_since=now
    )
    changed = deployment.with_step(baking)
    if body.gate is not None:
        changed = gate.switch(changed, body.gate, now)
    return Decision(changed).fact(
        "bake-opened", step=body.id, minutes=int(body.for_.total_seconds() // 60), weight=deployment.weight
    )


def baked(step: StepState, now: datetime) -> timedelta:
    """Time under traffic so far."""
    return step.baked + (now - step.baking_since if step.baking_since is not None else timedelta(0))


def bake_tick(deployment: Deployment, body: Bake, now: datetime, *, person_next: bool) -> Decision:
    """Done when the time is up and the last look is in; when no person decides before the next change, only on evidence."""
    step = deployment.step(body.id)
    run = deployment.gate
    if step is None or step.status != "open" or step.baking_since is None or baked(step, now) < step.bake_for:
        return Decision(deployment)
    if run is not None and (run.busy or run.next_look <= now):
        return Decision(deployment)
    let_on = person_next or bool(step.by) or is_blind(deployment)  # `by`: a person let it go on
    if run is not None and run.recommendation != "GO" and not let_on:
        words = (("step", body.id), ("recommendation", run.recommendation), *gate.why(deployment))
        decision = holding.hold(deployment, "gate", "bot", "no-evidence", words, now, ref=body.id)
        return decision.then(lambda d: escalation.call(d, f"gate:{body.id}", "no-evidence", words, now))
    total = baked(step, now)
    done = replace(step, status="done", closed_at=now, baked=total, baking_since=None)
    return Decision(deployment.with_step(done)).fact(
        "bake-done", step=body.id, minutes=int(total.total_seconds() // 60), weight=deployment.weight
    )

"""Traffic steps and bakes: the canary's share is set, read back, left to settle, confirmed; then it bakes under its gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core.decision import Decision
from core.effects import CheckItem, Measure, ReadBack, SetWeight, Word
from core.inputs import Checked, Measured, Ran, WeightRead
from core.plan.models import Bake, Check, Run, SetTraffic
from core.rules import checklist, escalation, gate, holding
from core.rules.params import step_params
from core.rules.rehearsing import is_blind, is_dry
from core.state import Deployment, StepState

RETRY = timedelta(minutes=1)
"""A confirmation that did not pass is tried again after this long, until the step's `within`."""


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
    settling = replace(step, stage_of_work="settling", next_at=now + body.settle)
    looking = gate.switch(known.with_step(settling), body.gate, now)
    looking = gate.staged(looking, deployment.runbook.step(body.id).stage, now)
    return Decision(replace(looking, wanted=body.to)).fact("traffic-set", step=body.id, weight=body.to)


def tick(deployment: Deployment, body: SetTraffic, now: datetime) -> Decision:
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


def _confirm(deployment: Deployment, body: SetTraffic, now: datetime) -> Decision:
    """Asks for every confirmation that has not passed; with none left the step is done."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # the caller has just changed it
    left = [index for index in range(len(body.confirm)) if str(index) not in step.confirmed]
    if not left:
        done = replace(step, status="done", stage_of_work="", closed_at=now, deadline=None, next_at=None)
        return Decision(deployment.with_step(done)).fact(
            "traffic-confirmed", step=body.id, weight=body.to, checks=len(body.confirm)
        )
    return Decision(deployment).ask(
        *(_asked(body.id, index, body.confirm[index], step.round) for index in left)
    )


def _asked(step: str, index: int, check: Check, attempt: int) -> CheckItem | Measure:
    if check.metric is not None:
        return Measure(f"confirm:{step}:{index}:{attempt}", (check.metric.metric,))
    return CheckItem(step, str(index), attempt)


def checked(
    deployment: Deployment, body: SetTraffic, step: StepState, happened: Checked, now: datetime
) -> Decision:
    """One confirmation's answer."""
    if step.stage_of_work != "confirming" or happened.round != step.round or happened.item in step.confirmed:
        return Decision(deployment)
    blind = is_blind(
        deployment
    )  # of a share that was only tried out nothing can be confirmed: it is looked at and told
    if happened.ok or blind:
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


def confirm_measured(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    """A metric confirmation: judged over everything since the traffic began, with these readings as its end."""
    _, step_id, index, attempt = happened.ref.rsplit(":", 3)
    placed = next((p for p in deployment.runbook.route if p.body.id == step_id), None)
    step = deployment.step(step_id)
    if placed is None or step is None or not isinstance(placed.body, SetTraffic):
        return Decision(deployment)
    wanted = placed.body.confirm[int(index)].metric
    if wanted is None:
        return Decision(deployment)
    ok, evidence = checklist.metric_verdict(deployment, wanted, happened)
    return checked(
        deployment, placed.body, step, Checked(step_id, index, int(attempt), ok is True, evidence), now
    )


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
        words = (("step", body.id), ("recommendation", run.recommendation))
        decision = holding.hold(deployment, "gate", "bot", "no-evidence", words, now, ref=body.id)
        return decision.then(lambda d: escalation.call(d, f"gate:{body.id}", "no-evidence", words, now))
    total = baked(step, now)
    done = replace(step, status="done", closed_at=now, baked=total, baking_since=None)
    return Decision(deployment.with_step(done)).fact(
        "bake-done", step=body.id, minutes=int(total.total_seconds() // 60), weight=deployment.weight
    )

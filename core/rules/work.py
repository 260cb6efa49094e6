"""Steps that do one thing: run an action, measure a baseline, announce, report. And what happens when nobody knows whether it was done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core import usual
from core.decision import Decision
from core.effects import Measure, Post, Run, Word
from core.errors import Refused
from core.inputs import EffectFailed, Measured, OutcomeSettled, Ran
from core.plan.models import Announce, Baseline, ReportStep, SetTraffic
from core.plan.models import Run as RunBody
from core.readings import find, window
from core.roles import holders_of, require
from core.rules import confirming, escalation, holding, notices, reports, traffic
from core.rules.failing import failed
from core.rules.params import step_params
from core.rules.rehearsing import is_dry
from core.state import Baseline as BaselineState
from core.state import Deployment, Status, StepState


def run_opened(deployment: Deployment, body: RunBody, now: datetime) -> Decision:
    """Asks for the action."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    attempt = step.round + 1
    running = replace(
        step, status="open", opened_at=step.opened_at or now, round=attempt, withheld=False, stage_of_work="", confirmed=(),
        deadline=None, next_at=None,
    )  # fmt: skip
    decision = Decision(deployment.with_step(running)).fact("run-asked", step=body.id, action=body.action)
    return decision.ask(_run_of(deployment, body, attempt))


def _run_of(deployment: Deployment, body: RunBody, attempt: int) -> Run:
    dry = is_dry(deployment, body.action)
    return Run(f"step:{body.id}:{attempt}", body.action, step_params(deployment), dry)


def ask_again(deployment: Deployment) -> Decision:
    """After standing still: what was withheld is asked for, under its old name. Had it been begun all the same, its answer
    counts, and this asking finds that nobody waits for it any more."""
    decision = Decision(deployment)
    if deployment.status is not Status.RUNNING:
        return decision
    for step in deployment.open_steps:
        if not step.withheld:
            continue
        asked = decision.deployment.with_step(replace(step, withheld=False))
        body = deployment.runbook.step(step.id).body
        if isinstance(body, SetTraffic):
            decision = replace(decision, deployment=asked).ask(
                traffic.setting_of(deployment, body, step.round)
            )
        elif isinstance(body, RunBody):
            decision = replace(decision, deployment=asked).ask(_run_of(deployment, body, step.round))
    return decision


def ran(deployment: Deployment, step: StepState, happened: Ran, now: datetime) -> Decision:
    """The action ended: the step is done, or its confirmation begins."""
    body = deployment.runbook.step(step.id).body
    words: dict[str, Word] = {
        "step": step.id,
        "evidence": happened.evidence,
        "took_s": round(happened.took_s, 1),
        "probed": happened.probed,
    }
    if not happened.ok:
        return failed(deployment, step.id, "run-failed", now, happened.evidence[-300:])
    evidence = happened.evidence[:2000]
    if isinstance(body, RunBody) and body.confirm:
        settling = replace(confirming.settling(step, body, now), evidence=evidence, withheld=False)
        return Decision(deployment.with_step(settling)).fact("ran", **words)
    done = replace(step, status="done", closed_at=now, evidence=evidence, withheld=False)
    return Decision(deployment.with_step(done)).fact("ran", **words)


def gave_up(deployment: Deployment, step: StepState, happened: EffectFailed, now: datetime) -> Decision:
    """It could not be carried out; or nobody knows whether it was, and then a person is asked."""
    if not happened.unknown or happened.effect == "read-back":  # a read that failed leaves nothing unknown
        return failed(deployment, step.id, "gave-up", now, happened.reason)
    words = (("step", step.id), ("reason", happened.reason))
    asking = replace(step, note=happened.reason[:500], stage_of_work="", next_at=None)
    decision = holding.hold(
        deployment.with_step(asking), "unknown", "bot", "unknown", words, now, ref=happened.ref
    )
    people = holders_of(deployment, deployment.runbook.plan.starters)
    decision = decision.ask(
        Post("outcome", f"outcome:{happened.ref}", happened.ref, "top", "main", people, priority=1)
    )
    return decision.then(lambda d: escalation.call(d, f"unknown:{happened.ref}", "unknown", words, now))


def settled(deployment: Deployment, happened: OutcomeSettled, now: datetime) -> Decision:
    """A person says whether it happened: then it counts as done, or it is done now."""
    require(deployment, happened.by, deployment.runbook.plan.starters, "settle-outcome")
    held = deployment.hold
    if held is None or held.cause != "unknown" or held.ref != happened.ref:
        raise Refused("outcome-already-settled", ref=happened.ref)
    step = deployment.step(happened.ref.split(":")[1])
    placed = next((p for p in deployment.runbook.route if step is not None and p.body.id == step.id), None)
    if step is None or placed is None:
        raise Refused("outcome-already-settled", ref=happened.ref)
    decision = Decision(holding.release(deployment, now))
    decision = decision.fact(
        "outcome-settled", step=step.id, by=happened.by, happened=happened.happened, note=happened.note
    )
    decision = decision.then(lambda d: escalation.close(d, f"unknown:{happened.ref}", now))
    if not happened.happened:
        again = replace(
            decision.deployment, steps=decision.deployment.with_step(replace(step, status="waiting")).steps
        )
        return replace(decision, deployment=again)
    told = Ran(happened.ref, True, f"{happened.by}: {happened.note}" if happened.note else happened.by)
    if isinstance(placed.body, SetTraffic):
        body = placed.body
        return decision.then(
            lambda d: traffic.ran(d, body, replace(step, stage_of_work="setting"), told, now)
        )
    return decision.then(lambda d: ran(d, step, told, now))


# ---------------------------------------------------------------------------------------------------------- baseline


def baseline_opened(deployment: Deployment, body: Baseline, now: datetime) -> Decision:
    """The first of two looks; counters need both."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    looking = replace(
        step,
        status="open",
        opened_at=now,
        round=step.round + 1,
        stage_of_work="measuring",
        readings=(),
        readings_at=None,
    )
    return Decision(deployment.with_step(looking)).ask(
        Measure(f"baseline:{body.id}:{looking.round}", body.metrics)
    )


def baseline_tick(deployment: Deployment, body: Baseline, now: datetime) -> Decision:
    """The second look, when its time has come."""
    step = deployment.step(body.id)
    if step is None or step.status != "open" or step.next_at is None or step.next_at > now:
        return Decision(deployment)
    looking = replace(step, next_at=None)
    return Decision(deployment.with_step(looking)).ask(
        Measure(f"baseline:{body.id}:{step.round}", body.metrics)
    )


def baseline_measured(
    deployment: Deployment, body: Baseline, step: StepState, happened: Measured, now: datetime
) -> Decision:
    """What is normal now, on the stable side. Without any number the step has failed."""
    if step.readings_at is not None and (step.next_at is not None or happened.at <= step.readings_at):
        return Decision(deployment)  # the first look's answer once more
    if step.readings_at is None:
        first = replace(
            step, readings=happened.readings, readings_at=happened.at, next_at=happened.at + body.over
        )
        return Decision(deployment.with_step(first))
    length = happened.at - step.readings_at
    values: list[tuple[str, float | None, float | None]] = []
    for name in body.metrics:
        metric = deployment.runbook.metric(name)
        seen = window(
            metric, find(step.readings, name, "control"), find(happened.readings, name, "control"), length
        )
        values.append((name, seen.value if seen.state == "ok" else None, seen.count))
    if all(value is None for _, value, _ in values):
        detail = next((r.detail for r in happened.readings if r.state != "ok"), "")
        return failed(deployment, step.id, "baseline-missing", now, detail)
    done = replace(step, status="done", closed_at=now, stage_of_work="", readings=())
    kept = replace(deployment.with_step(done), baseline=BaselineState(happened.at, tuple(values)))
    missing = ",".join(name for name, value, _ in values if value is None)
    counts = usual.written(usual.measured(deployment.runbook, values))
    return Decision(kept).fact(
        usual.BASELINE, step=step.id, metrics=len(values), missing=missing, counts=counts
    )


# -------------------------------------------------------------------------------------------- announcements, reports


def announce(deployment: Deployment, body: Announce, now: datetime) -> Decision:
    """Said once, to everybody the plan names."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    done = replace(step, status="done", opened_at=now, closed_at=now)
    return notices.announce(deployment.with_step(done), body)


def report(deployment: Deployment, body: ReportStep, now: datetime) -> Decision:
    """A full report at this moment of the runbook, which names the next check."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    done = replace(step, status="done", opened_at=now, closed_at=now)
    following = (
        deployment.runbook.moment(body.next, deployment.t0).isoformat() if body.next is not None else ""
    )
    return reports.full(deployment.with_step(done), f"step:{body.id}", following, now)

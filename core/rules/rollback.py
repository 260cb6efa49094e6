"""The way back: who may take it, and its actions, one after another. Then the proof begins (`core.rules.proof`), for it is not
done because the actions said so.

Starting it withdraws every promotion nobody has begun, in the same decision.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Post, Run, Word, Words
from core.errors import Refused
from core.inputs import EffectFailed, Ran, RollbackAsked
from core.plan.models import Run as RunStep
from core.roles import holders_of, require
from core.rules import escalation, holding
from core.rules.proof import CHECKLIST, prove, seconds, stopwatch
from core.state import Deployment, RollbackRun, Status

__all__ = ["CHECKLIST", "asked", "begin", "gave_up", "ran", "seconds", "stopwatch", "touched"]

TRIES = 3
"""A step of the way back is tried so often before people are called to do it by hand; the reads go on meanwhile."""


def asked(deployment: Deployment, happened: RollbackAsked, now: datetime) -> Decision:
    """A person starts it with a reason, or tries again what failed."""
    plan = deployment.runbook.plan.rollback
    if plan is None:
        raise Refused("no-rollback-in-plan")
    require(deployment, happened.by, plan.by, "rollback")
    if happened.trigger and all(trigger.id != happened.trigger for trigger in plan.triggers):
        raise Refused(
            "unknown-trigger", trigger=happened.trigger, triggers=",".join(t.id for t in plan.triggers)
        )
    if not happened.reason.strip() and not happened.trigger:
        raise Refused("reason-required", act="rollback")
    if deployment.status is Status.ROLLING_BACK:
        return _again(deployment, happened, now)
    if not touched(deployment):
        raise Refused("nothing-to-roll-back")
    key = "trigger" if happened.trigger else "person"
    words = (("by", happened.by), ("reason", happened.reason), ("trigger", happened.trigger))
    return begin(deployment, happened.by, happened.reason, now, key=key, words=words)


def touched(deployment: Deployment) -> bool:
    """Whether there is anything to take back: traffic, or an action of a step that changes something and was asked for."""
    if deployment.weight > 0 or deployment.wanted > 0:
        return True
    return any(
        isinstance(placed.body, RunStep)
        and deployment.runbook.action(placed.body.action).changes
        and (step := deployment.step(placed.body.id)) is not None
        and step.round > 0
        for placed in deployment.runbook.route
    )


def begin(
    deployment: Deployment,
    by: str,
    reason: str,
    now: datetime,
    *,
    key: str,
    words: Words,
    breach_at: datetime | None = None,
) -> Decision:
    """From every status that is not final. The gate stops; its last look stays for the record."""
    plan = deployment.runbook.plan.rollback
    if plan is None or deployment.final or deployment.status is Status.ROLLING_BACK:
        return Decision(deployment)
    run = RollbackRun(
        by, reason, key, words, asked_at=now, breach_at=breach_at, deadline=now + plan.verify.within
    )
    stopped = tuple(holding.bake_stopped(step, now) for step in deployment.steps)
    back = replace(deployment, status=Status.ROLLING_BACK, hold=None, rollback=run, steps=stopped)
    decision = Decision(back, cancels_world=True).fact(f"rollback-{key}", **dict(words))
    people = holders_of(back, plan.by)
    decision = decision.ask(Post("rollback", "rollback", "", "top", "main", people, priority=0))
    decision = decision.then(lambda d: escalation.close_all(d, now))
    decision = decision.then(lambda d: escalation.call(d, "rollback", "rollback", words, now))
    return decision.then(_act)


def _again(deployment: Deployment, happened: RollbackAsked, now: datetime) -> Decision:
    """All actions once more. A read that hangs does not stand in the way of it; an action under way, or a share of 0, does."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None or not run.verifying or run.zero_reads > 0:
        raise Refused("already-rolling-back", by=run.by if run else "")
    again = replace(
        run, step=0, round=run.round + 1, tries=0, verifying=False, acted_at=None, next_at=None,
        deadline=now + plan.verify.within,
    )  # fmt: skip
    return (
        Decision(replace(deployment, rollback=again))
        .fact("rollback-again", by=happened.by, reason=happened.reason)
        .then(_act)
    )


def _act(deployment: Deployment) -> Decision:
    """Asks for the action whose turn it is."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None or run.step >= len(plan.steps):
        return Decision(deployment)
    ref = f"rollback:{run.step}:{run.round}"
    waiting = replace(deployment, wanted=0, rollback=replace(run, outstanding=(ref,)))
    return Decision(waiting).ask(Run(ref, plan.steps[run.step], tuple(sorted(deployment.inputs.items()))))


def ran(deployment: Deployment, happened: Ran, now: datetime) -> Decision:
    """An action of the way back ended: the next one, another try, or people are called; then the proof begins."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None or happened.ref not in run.outstanding:
        return Decision(deployment)
    action = plan.steps[run.step]
    done = replace(run, outstanding=())
    words: dict[str, Word] = {
        "action": action,
        "evidence": happened.evidence,
        "took_s": round(happened.took_s, 1),
        "probed": happened.probed,
    }
    if happened.ok:
        done = replace(done, acted_at=now)
        return _next(Decision(replace(deployment, rollback=done)).fact("rollback-ran", **words), now)
    decision = Decision(replace(deployment, rollback=done)).fact(
        "rollback-run-failed", round=run.tries + 1, **words
    )
    return _failed(decision, now, f"{action}: {happened.evidence[-200:]}")


def _next(decision: Decision, now: datetime) -> Decision:
    """The action after this one; after the last, the proof."""
    run, plan = decision.deployment.rollback, decision.deployment.runbook.plan.rollback
    if run is None or plan is None:
        return decision
    following = replace(run, step=run.step + 1, tries=0)
    decision = replace(decision, deployment=replace(decision.deployment, rollback=following))
    return decision.then(_act) if following.step < len(plan.steps) else decision.then(lambda d: prove(d, now))


def gave_up(deployment: Deployment, happened: EffectFailed, now: datetime) -> Decision:
    """An action or read could not be carried out. An unknown outcome goes on: the fresh reads tell what came of it."""
    run = deployment.rollback
    if run is None or happened.ref not in run.outstanding:
        return Decision(deployment)
    done = replace(run, outstanding=tuple(ref for ref in run.outstanding if ref != happened.ref))
    decision = Decision(replace(deployment, rollback=done)).fact(
        "rollback-effect-failed", ref=happened.ref, reason=happened.reason
    )
    if happened.ref.startswith("verify-metrics:"):
        unclean = replace(done, metrics_clean_at=None)
        return replace(decision, deployment=replace(decision.deployment, rollback=unclean))
    if happened.ref.startswith("verify:"):
        words = (("reason", happened.reason),)
        return decision.then(lambda d: escalation.call(d, "rollback-read", "rollback-unverified", words, now))
    if happened.unknown:
        return _next(decision, now)
    return _failed(decision, now, happened.reason)


def _failed(decision: Decision, now: datetime, reason: str) -> Decision:
    run = decision.deployment.rollback
    if run is not None and run.tries + 1 < TRIES:
        again = replace(decision.deployment, rollback=replace(run, round=run.round + 1, tries=run.tries + 1))
        return replace(decision, deployment=again).then(_act)
    words = (("reason", reason),)
    called = decision.then(
        lambda d: escalation.call(d, "rollback-failed", "rollback-failed", words, now, playbook=_playbook(d))
    )
    return called.then(lambda d: prove(d, now))


def _playbook(deployment: Deployment) -> str:
    """What the plan advises when the action whose turn it is fails."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None or run.step >= len(plan.steps):
        return ""
    return deployment.runbook.action(plan.steps[run.step]).playbook or ""

"""The way back: who may take it, the look at where it leads (`core.rules.inspecting`), and its actions, one after another. Then
the proof begins (`core.rules.proof`), for it is not done because the actions said so.

Starting it withdraws every promotion nobody has begun, in the same decision. The bot never goes to a side that is known to be
sick; a person may, with a reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Post, Run, Word, Words
from core.errors import Refused
from core.inputs import Checked, EffectFailed, Measured, Ran, RollbackAsked
from core.plan.models import Run as RunStep
from core.plan.models import SetTraffic
from core.roles import holders_of, require
from core.rules import escalation, holding, inspecting
from core.rules.params import back_params
from core.rules.proof import CHECKLIST, prove
from core.rules.rehearsing import is_dry
from core.rules.stopwatch import noticed, seconds, stopwatch
from core.state import Deployment, RollbackRun, Status

__all__ = [
    "CHECKLIST", "asked", "begin", "gave_up", "ran", "seconds", "side_checked", "side_measured", "stopwatch", "touched",
]  # fmt: skip

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
    if not happened.reason.strip() and (happened.force or not happened.trigger):
        raise Refused("reason-required", act="force" if happened.force else "rollback")
    if deployment.status is Status.ROLLING_BACK:
        return _again(deployment, happened, now)
    if not touched(deployment) and not by_hand(deployment):
        raise Refused("nothing-to-roll-back")
    key = "trigger" if happened.trigger else "person"
    words = (("by", happened.by), ("reason", happened.reason), ("trigger", happened.trigger))
    return begin(deployment, happened.by, happened.reason, now, key=key, words=words, force=happened.force)


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


def by_hand(deployment: Deployment) -> bool:
    """Whether people deploy and the bot only keeps the lists: then only they know whether there is anything to take back."""
    return not any(
        isinstance(placed.body, SetTraffic)
        or (isinstance(placed.body, RunStep) and deployment.runbook.action(placed.body.action).changes)
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
    noticed_at: datetime | None = None,
    force: bool = False,
) -> Decision:
    """From every status that is not final. The gate stops; its last look stays for the record. Without `breach_at` and
    `noticed_at` what the bot knows of the trouble counts."""
    plan = deployment.runbook.plan.rollback
    if plan is None or deployment.final or deployment.status is Status.ROLLING_BACK:
        return Decision(deployment)
    if noticed_at is None:
        breach_at, noticed_at = noticed(deployment)
    run = RollbackRun(
        by, reason, key, words, asked_at=now, breach_at=breach_at, noticed_at=noticed_at, decided_at=now,
        deadline=now + plan.verify.within,
    )  # fmt: skip
    stopped = tuple(holding.bake_stopped(step, now) for step in deployment.steps)
    back = replace(deployment, status=Status.ROLLING_BACK, hold=None, rollback=run, steps=stopped)
    decision = Decision(back, cancels_world=True).fact(f"rollback-{key}", **dict(words))
    people = holders_of(back, plan.by)
    decision = decision.ask(Post("rollback", "rollback", "", "top", "main", people, priority=0))
    decision = decision.then(lambda d: escalation.close_all(d, now))
    decision = decision.then(lambda d: escalation.call(d, "rollback", "rollback", words, now))
    if force:
        return decision.then(lambda d: _forced(d, by, reason, now))
    return decision.then(lambda d: _look_first(d, now))


# ------------------------------------------------------------------------------------------- where does the way lead


def _look_first(deployment: Deployment, now: datetime) -> Decision:
    """Nothing is done before the side the traffic would go to has been looked at."""
    asked = inspecting.ask(deployment)
    return asked if asked.effects else asked.then(lambda d: _judge(d, now))


def side_checked(deployment: Deployment, happened: Checked, now: datetime) -> Decision:
    """The answer of one check of that side."""
    return _looked(deployment, inspecting.checked(deployment, happened), now)


def side_measured(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    """The answer to the checks of its metrics."""
    return _looked(deployment, inspecting.measured(deployment, happened), now)


def _looked(before: Deployment, after: Deployment, now: datetime) -> Decision:
    run = after.rollback
    if after is before or run is None or run.outstanding:
        return Decision(after)
    return _judge(after, now)


def _judge(deployment: Deployment, now: datetime) -> Decision:
    """Everything is known that can be: it acts, or people are called to say."""
    run, objection = deployment.rollback, inspecting.objection(deployment)
    if run is None:
        return Decision(deployment)
    if objection is None:
        decision = Decision(deployment)
        if run.side:
            found = "; ".join(one.evidence for one in run.side)
            decision = decision.fact("side-healthy", checks=len(run.side), evidence=found)
        return decision.then(lambda d: _go(d, now))
    key, words = objection
    stopped = replace(run, stage="refused", refused=key, refused_words=words, deadline=None, next_at=None)
    decision = Decision(replace(deployment, rollback=stopped)).fact(key, **dict(words))
    decision = decision.then(lambda d: escalation.close(d, "rollback", now))
    return decision.then(lambda d: escalation.call(d, "rollback-refused", key, words, now))


def _forced(deployment: Deployment, by: str, reason: str, now: datetime) -> Decision:
    """A person goes back whatever is known of that side."""
    run = deployment.rollback
    if run is None:
        return Decision(deployment)
    forced = replace(run, forced_by=by, forced=reason, decided_at=now, outstanding=())
    decision = Decision(replace(deployment, rollback=forced)).fact("rollback-forced", by=by, reason=reason)
    return decision.then(lambda d: _go(d, now))


def _go(deployment: Deployment, now: datetime) -> Decision:
    """All actions, from the first on."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None:
        return Decision(deployment)
    going = replace(
        run, stage="acting", step=0, tries=0, acted_at=None, next_at=None, deadline=run.deadline or now + plan.verify.within
    )  # fmt: skip
    closed = escalation.close(replace(deployment, rollback=going), "rollback-refused", now)
    return closed.then(_act)


# ----------------------------------------------------------------------------------------------------------- acting


def _again(deployment: Deployment, happened: RollbackAsked, now: datetime) -> Decision:
    """All actions once more. A read that hangs does not stand in the way of it; an action under way, or a share of 0, does.
    One that was refused looks again where it leads; by force it goes at once."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    open_to = run is not None and (
        run.stage == "refused"
        or (run.stage == "inspecting" and happened.force)
        or (run.stage == "proving" and run.zero_reads == 0)
    )
    if run is None or plan is None or not open_to:
        raise Refused("already-rolling-back", by=run.by if run else "")
    again = replace(run, round=run.round + 1, deadline=now + plan.verify.within)
    if run.stage == "refused":
        again = replace(again, decided_at=now)
    decision = Decision(replace(deployment, rollback=again))
    if happened.force:
        return decision.then(lambda d: _forced(d, happened.by, happened.reason, now))
    decision = decision.fact("rollback-again", by=happened.by, reason=happened.reason)
    if run.forced_by:  # a person has taken this way already, whatever is known of its end
        return decision.then(lambda d: _go(d, now))
    return decision.then(lambda d: _look_first(d, now))


def _act(deployment: Deployment) -> Decision:
    """Asks for the action whose turn it is."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None or run.step >= len(plan.steps):
        return Decision(deployment)
    ref, action = f"rollback:{run.step}:{run.round}", plan.steps[run.step]
    waiting = replace(deployment, wanted=0, rollback=replace(run, outstanding=(ref,)))
    return Decision(waiting).ask(Run(ref, action, back_params(deployment), is_dry(deployment, action)))


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

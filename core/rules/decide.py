"""Questions to people: GO, OBSERVE, NO-GO or HOLD. A deadline and a default stand on the question before anybody needs them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core.decision import Decision
from core.effects import Post, Word
from core.errors import Refused
from core.evidence import seen
from core.inputs import Decided
from core.plan.models import Approval, Decide, Verdict
from core.plan.written_out import run_of
from core.roles import holders_of, require, require_other_eyes
from core.rules import escalation, holding, rollback
from core.rules.readiness import require_no_risk
from core.state import Deployment, Status, StepState


def opened(deployment: Deployment, body: Decide, now: datetime) -> Decision:
    """Asks: a message of its own, the people mentioned once, the deadline and the default on it."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    asked = replace(
        step, status="open", opened_at=step.opened_at or now, round=step.round + 1, answer=None, by="", note="", defaulted=False,
        deadline=now + body.within, stage_of_work="", bake_for=timedelta(0), baked=timedelta(0), baking_since=None,
    )  # fmt: skip
    people = holders_of(deployment, body.by)
    decision = Decision(deployment.with_step(asked)).note("asked", step=body.id, round=asked.round)
    key = f"decision:{body.id}:{asked.round}"
    return decision.ask(Post("decision", key, f"{body.id}:{asked.round}", "top", "main", people, priority=1))


def decided(deployment: Deployment, happened: Decided, now: datetime) -> Decision:
    """An answer to the open question."""
    body = next((p.body for p in deployment.runbook.route if p.body.id == happened.step), None)
    step = deployment.step(happened.step)
    if step is None or not isinstance(body, Decide | Verdict):
        raise Refused("no-such-decision", step=happened.step)
    _check_open(step, happened)
    require(deployment, happened.by, body.by, "decide")
    if isinstance(body, Verdict):
        return _final(deployment, body, step, happened, now)
    _check_answer(deployment, body, step, happened)
    answered = replace(
        step, answer=happened.answer, by=happened.by, note=happened.reason, deadline=None, defaulted=False
    )
    words: dict[str, Word] = {
        "step": step.id,
        "by": happened.by,
        "answer": happened.answer,
        "reason": happened.reason,
        "seen": seen(deployment, step.id),
    }
    decision = Decision(deployment.with_step(answered)).fact("decided", **words)
    decision = decision.then(lambda d: escalation.close(d, f"decision:{body.id}", now))
    return decision.then(lambda d: _follow(d, body, happened.answer, happened.by, happened.reason, now))


def _check_open(step: StepState, happened: Decided) -> None:
    if step.status == "done":
        raise Refused(
            "already-decided",
            by=step.by,
            answer=step.answer,
            at=step.closed_at.isoformat() if step.closed_at else "",
        )
    if step.status != "open" or step.stage_of_work in ("observing", "measuring", "trying"):
        raise Refused("step-not-open", step=step.id)
    if happened.round != step.round:
        raise Refused("asked-again", step=step.id)
    if step.answer == happened.answer and not step.defaulted:
        raise Refused("already-decided", by=step.by, answer=step.answer, at="")


def _check_answer(deployment: Deployment, body: Decide, step: StepState, happened: Decided) -> None:
    """Raises Refused for an answer the plan does not offer, or that lacks its reason or its evidence."""
    if happened.answer not in body.options:
        raise Refused("not-an-option", answer=happened.answer, options=",".join(body.options))
    if happened.seen and happened.seen != seen(deployment, step.id):
        raise Refused("evidence-changed", step=step.id)
    held = deployment.hold
    if (
        happened.answer != "no-go"
        and held is not None
        and not (held.cause == "decision" and held.ref == step.id)
    ):
        raise Refused("held", why=held.key, by=held.by)
    if happened.answer in ("no-go", "hold") and not happened.reason.strip():
        raise Refused("reason-required", act=happened.answer)
    if happened.answer == "observe" and step.observed >= body.observe.at_most:
        raise Refused("observed-enough", times=step.observed)
    if happened.answer == "go":
        require_no_risk(deployment)
        require_other_eyes(deployment, happened.by)
        if isinstance(body, Approval) and step.tried != "ok" and not happened.reason.strip():
            raise Refused("go-unseen-needs-reason", step=step.id)
        recommended = (
            deployment.gate.recommendation if deployment.gate is not None and deployment.weight > 0 else "GO"
        )
        if recommended != "GO" and not happened.reason.strip():
            raise Refused("go-needs-reason", recommendation=recommended)


def _follow(
    deployment: Deployment, body: Decide, answer: str, by: str, reason: str, now: datetime
) -> Decision:
    """What an answer means, whoever gave it (a person or the default)."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # the caller has just changed it
    words = (("by", by), ("reason", reason), ("step", body.id))
    if answer == "no-go" and isinstance(body, Approval) and body.optional:
        return _left_out(deployment, body, by, reason, now)
    if answer == "go":
        deployment = _unheld(deployment, body.id, now)
        return Decision(deployment.with_step(replace(step, status="done", closed_at=now)))
    if answer == "observe":
        deployment = _unheld(deployment, body.id, now)
        watching = replace(
            step,
            stage_of_work="observing",
            observed=step.observed + 1,
            bake_for=body.observe.bake,
            baked=timedelta(0),
            baking_since=now,
        )
        return Decision(deployment.with_step(watching))
    if answer == "no-go" and (deployment.weight > 0 or deployment.wanted > 0):
        return rollback.begin(deployment, by, reason, now, key="no-go", words=words)
    key = "no-go" if answer == "no-go" else "decision"
    return holding.hold(deployment, "decision", by, key, words, now, ref=body.id)


def _left_out(deployment: Deployment, body: Approval, by: str, reason: str, now: datetime) -> Decision:
    """A run that may be left out: nothing runs, and it goes on. The reason says who has done it, or why nobody has to."""
    deployment = _unheld(deployment, body.id, now)
    for name in (body.id, run_of(body)):
        step = deployment.step(name)
        assert step is not None  # noqa: S101  # every step of the route has a state
        deployment = deployment.with_step(replace(step, status="skipped", closed_at=now, by=by, note=reason))
    return Decision(deployment)


def _unheld(deployment: Deployment, step_id: str, now: datetime) -> Deployment:
    held = deployment.hold
    mine = held is not None and held.ref == step_id
    return holding.release(deployment, now) if mine else deployment


def tick(deployment: Deployment, body: Decide, now: datetime) -> Decision:
    """The deadline's default, or the end of an OBSERVE: then it is asked again."""
    step = deployment.step(body.id)
    if step is None or step.status != "open":
        return Decision(deployment)
    if step.stage_of_work == "observing":
        over = step.baking_since is not None and step.baked + (now - step.baking_since) >= step.bake_for
        looking = deployment.gate is not None and (deployment.gate.busy or deployment.gate.next_look <= now)
        return opened(deployment, body, now) if over and not looking else Decision(deployment)
    if step.answer in ("hold", "no-go"):  # another reason to stand still has gone; this one has not
        return _follow(deployment, body, step.answer, step.by, step.note, now)
    if step.deadline is None or step.deadline > now:
        return Decision(deployment)
    answer = "hold" if body.default == "observe" and step.observed >= body.observe.at_most else body.default
    lapsed = replace(step, defaulted=True, answer=answer, by="bot", deadline=None)
    words = (("step", body.id), ("answer", answer))
    decision = Decision(deployment.with_step(lapsed)).fact("defaulted", **dict(words))
    decision = decision.then(lambda d: _follow(d, body, answer, "bot", "", now))
    if decision.deployment.status is Status.ROLLING_BACK:  # everybody is called for that already
        return decision
    return decision.then(lambda d: escalation.call(d, f"decision:{body.id}", "unanswered", words, now))


def _final(
    deployment: Deployment, body: Verdict, step: StepState, happened: Decided, now: datetime
) -> Decision:
    """A person settles a final verdict that was HOLD."""
    if not happened.reason.strip():
        raise Refused("reason-required", act=happened.answer)
    if happened.seen and happened.seen != seen(deployment, step.id):
        raise Refused("evidence-changed", step=step.id)
    if happened.answer == "no-go":
        if deployment.runbook.plan.rollback is None:
            raise Refused("no-rollback-in-plan")
        if not rollback.touched(deployment):
            raise Refused("nothing-to-roll-back")
        words = (("by", happened.by), ("reason", happened.reason), ("step", body.id))
        decision = Decision(deployment).fact(
            "decided",
            step=step.id,
            by=happened.by,
            answer="no-go",
            reason=happened.reason,
            seen=seen(deployment, step.id),
        )
        return decision.then(
            lambda d: rollback.begin(d, happened.by, happened.reason, now, key="no-go", words=words)
        )
    if happened.answer != "go":
        raise Refused("not-an-option", answer=happened.answer, options="go,no-go")
    require_no_risk(deployment)
    require_other_eyes(deployment, happened.by)
    settled = replace(step, answer="go", by=happened.by, note=happened.reason)
    words_: dict[str, Word] = {
        "step": step.id,
        "by": happened.by,
        "answer": "go",
        "reason": happened.reason,
        "seen": seen(deployment, step.id),
    }
    released = holding.release(deployment.with_step(settled), now)
    return Decision(released).fact("decided", **words_)

"""Sign-offs: every named role approves, by a person who holds it; one person signs for one role; a rejection holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Post, Word
from core.errors import Refused
from core.evidence import seen
from core.inputs import SignedOff
from core.plan.models import Signoff
from core.roles import LOCAL, holders_of, require
from core.rules import attendance, holding
from core.state import Deployment, SignState, Status, StepState


def opened(deployment: Deployment, body: Signoff, now: datetime) -> Decision:
    """Shows the board and calls everybody who may sign, once."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    fresh = replace(
        step,
        status="open",
        opened_at=now,
        round=step.round + 1,
        signs=tuple(SignState(role) for role in body.roles),
    )
    decision = Decision(deployment.with_step(fresh)).note("step-opened", step=body.id)
    people = holders_of(deployment, body.roles)
    return decision.ask(Post("signoff", f"signoff:{body.id}", body.id, "top", "main", people, priority=1))


def signed(deployment: Deployment, happened: SignedOff, now: datetime) -> Decision:
    """An approval, a rejection with its reason, or a withdrawal of one's own."""
    if attendance.is_attendance(deployment, happened.step):
        return attendance.said(deployment, happened, now)
    step = _open_step(deployment, happened)
    sign = next((sign for sign in step.signs if sign.role == happened.role), None)
    if sign is None:
        raise Refused(
            "role-does-not-sign", role=happened.role, roles=",".join(sign.role for sign in step.signs)
        )
    require(deployment, happened.by, (happened.role,), "sign")
    if happened.mark == "withdraw":
        return _withdrawn(deployment, step, sign, happened).then(lambda d: _unrejected(d, step.id, now))
    if sign.mark == happened.mark:
        raise Refused("already-signed", by=sign.by, at=sign.at.isoformat() if sign.at else "", mark=sign.mark)
    if happened.mark == "reject" and not happened.comment.strip():
        raise Refused("reason-required", act="reject")
    other = next(
        (
            s.role
            for s in step.signs
            if s.by == happened.by and s.mark == "approve" and s.role != happened.role
        ),
        None,
    )
    alone = happened.by.startswith(LOCAL) or deployment.rehearsal
    if other is not None and not alone and happened.mark == "approve":
        raise Refused("one-person-two-roles", role=other)
    now_seen = seen(deployment, step.id)
    if happened.seen and happened.seen != now_seen:
        raise Refused("evidence-changed", step=step.id)
    made = SignState(happened.role, happened.mark, happened.by, now, happened.comment, now_seen)
    words: dict[str, Word] = {
        "step": step.id,
        "role": happened.role,
        "by": happened.by,
        "comment": happened.comment,
        "seen": now_seen,
    }
    decision = Decision(deployment.with_step(step.with_sign(made))).fact(f"signed-{happened.mark}", **words)
    if happened.mark == "reject":
        return decision.then(lambda d: _rejected(d, step.id, made, now))
    return decision.then(lambda d: _unrejected(d, step.id, now)).then(lambda d: _closed(d, step.id, now))


def _rejected(deployment: Deployment, step_id: str, sign: SignState, now: datetime) -> Decision:
    words = (("by", sign.by), ("role", sign.role), ("reason", sign.comment))
    return holding.hold(deployment, "rejected", sign.by, "rejected", words, now, ref=step_id)


def _unrejected(deployment: Deployment, step_id: str, now: datetime) -> Decision:
    """Goes on when no rejection of this list stands any more."""
    step, held = deployment.step(step_id), deployment.hold
    if step is None or held is None or held.cause != "rejected" or held.ref != step_id:
        return Decision(deployment)
    if any(sign.mark == "reject" for sign in step.signs):
        return Decision(deployment)
    return Decision(holding.release(deployment, now))


def _open_step(deployment: Deployment, happened: SignedOff) -> StepState:
    step = deployment.step(happened.step)
    if step is None or not step.signs:
        raise Refused("no-such-signoff", step=happened.step)
    if step.status != "open":
        raise Refused("step-not-open", step=happened.step)
    return step


def _withdrawn(deployment: Deployment, step: StepState, sign: SignState, happened: SignedOff) -> Decision:
    if sign.mark == "open":
        raise Refused("nothing-signed", role=sign.role)
    if sign.by != happened.by:
        raise Refused("withdraw-own-only", by=sign.by)
    again = deployment.with_step(step.with_sign(SignState(sign.role)))
    return Decision(again).fact(
        "signed-withdraw", step=step.id, role=sign.role, by=happened.by, comment=happened.comment
    )


def stale(deployment: Deployment) -> Decision:
    """Signatures on evidence that no longer holds are open again."""
    decision = Decision(deployment)
    for step in deployment.open_steps:
        if not step.signs or attendance.is_attendance(deployment, step.id):
            continue
        current = seen(deployment, step.id)
        for sign in step.signs:
            if sign.mark == "approve" and sign.seen != current:
                opened_again = (decision.deployment.step(step.id) or step).with_sign(
                    SignState(sign.role, comment=sign.comment)
                )
                decision = replace(decision, deployment=decision.deployment.with_step(opened_again))
                decision = decision.fact("signature-stale", step=step.id, role=sign.role, by=sign.by)
    return decision


def _closed(deployment: Deployment, step_id: str, now: datetime) -> Decision:
    step = deployment.step(step_id)
    if step is None or any(sign.mark != "approve" for sign in step.signs):
        return Decision(deployment)
    return Decision(deployment.with_step(replace(step, status="done", closed_at=now))).fact(
        "signoff-done", step=step_id
    )


def due_of(deployment: Deployment, step_id: str) -> datetime | None:
    """When the signatures are due."""
    body = deployment.runbook.step(step_id).body
    due = body.due if isinstance(body, Signoff) else None
    return None if due is None else deployment.runbook.moment(due, deployment.t0)


def tick(deployment: Deployment, now: datetime) -> Decision:
    """A rejection holds as long as it stands; whoever has not signed in time is reminded, once."""
    decision = Decision(deployment)
    if deployment.status is not Status.RUNNING:
        return decision
    for step in deployment.open_steps:
        if step.signs:
            decision = decision.then(lambda d, step=step: _step_time(d, step, now))  # type: ignore[misc]
    return decision


def _step_time(deployment: Deployment, step: StepState, now: datetime) -> Decision:
    rejected = next((sign for sign in step.signs if sign.mark == "reject"), None)
    if rejected is not None:
        return _rejected(deployment, step.id, rejected, now)
    due = due_of(deployment, step.id)
    late = [sign for sign in step.signs if sign.mark == "open" and not sign.reminded]
    if due is None or due > now or not late:
        return Decision(deployment)
    reminded = tuple(replace(sign, reminded=True) if sign in late else sign for sign in step.signs)
    roles = tuple(sign.role for sign in late)
    return Decision(deployment.with_step(replace(step, signs=reminded))).fact(
        "signoff-overdue",
        step=step.id,
        roles=",".join(roles),
        due=due.isoformat(),
        people=",".join(holders_of(deployment, roles)),
    )

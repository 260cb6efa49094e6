"""Meetings: every role says that it is here, by a person who holds it. Who is missing when the time is up is named, and it goes
on; late arrivals are written down.

It must not know what the meeting is about.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Word
from core.errors import Refused
from core.inputs import SignedOff
from core.plan.models import Signoff
from core.roles import holders_of, require
from core.state import Deployment, SignState, StepState


def is_attendance(deployment: Deployment, step_id: str) -> bool:
    """Whether people say here that they are present, and approve nothing."""
    placed = deployment.runbook.find(step_id)
    return placed is not None and isinstance(placed.body, Signoff) and placed.body.attendance


def said(deployment: Deployment, happened: SignedOff, now: datetime) -> Decision:
    """Somebody is here, also late; or takes that back."""
    step = deployment.step(happened.step)
    if step is None or step.status not in ("open", "done"):
        raise Refused("step-not-open", step=happened.step)
    sign = next((sign for sign in step.signs if sign.role == happened.role), None)
    if sign is None:
        raise Refused("role-not-asked", role=happened.role, roles=",".join(one.role for one in step.signs))
    require(deployment, happened.by, (happened.role,), "attend")
    words: dict[str, Word] = {"step": step.id, "role": happened.role, "by": happened.by}
    if happened.mark == "reject":
        raise Refused("nothing-to-reject", step=step.id)
    if happened.mark == "withdraw":
        if sign.mark == "open":
            raise Refused("not-here", role=sign.role)
        if sign.by != happened.by:
            raise Refused("withdraw-own-only", by=sign.by)
        if step.status == "done":
            raise Refused("step-not-open", step=step.id)
        return Decision(deployment.with_step(step.with_sign(SignState(sign.role)))).fact("left", **words)
    if sign.mark == "approve":
        raise Refused("already-here", by=sign.by, at=sign.at.isoformat() if sign.at else "")
    here = SignState(happened.role, "approve", happened.by, now, happened.comment)
    decision = Decision(deployment.with_step(step.with_sign(here)))
    decision = decision.fact("attended-late" if step.status == "done" else "attended", **words)
    return decision.then(lambda d: _all_here(d, step.id, now))


def _all_here(deployment: Deployment, step_id: str, now: datetime) -> Decision:
    step = deployment.step(step_id)
    if step is None or step.status != "open" or any(sign.mark != "approve" for sign in step.signs):
        return Decision(deployment)
    done = replace(step, status="done", closed_at=now)
    return Decision(deployment.with_step(done)).fact("attendance-done", step=step_id, n=len(step.signs))


def begins_at(deployment: Deployment, step: StepState) -> datetime | None:
    """When it goes on without those who are missing; None: they are waited for."""
    placed = deployment.runbook.find(step.id)
    body = placed.body if placed is not None else None
    if not isinstance(body, Signoff) or body.within is None or step.opened_at is None:
        return None
    return step.opened_at + body.within


def tick(deployment: Deployment, body: Signoff, now: datetime) -> Decision:
    """The time is up: who is missing is named once, and it goes on."""
    step = deployment.step(body.id)
    if step is None or step.status != "open":
        return Decision(deployment)
    begins = begins_at(deployment, step)
    if begins is None or begins > now:
        return Decision(deployment)
    missing = tuple(sign.role for sign in step.signs if sign.mark == "open")
    done = replace(step, status="done", closed_at=now, note=",".join(missing))
    return Decision(deployment.with_step(done)).fact(
        "attendance-missing",
        step=step.id,
        roles=",".join(missing),
        people=",".join(holders_of(deployment, missing)),
    )

"""How long the steps of a plan take, as far as that is known: bakes, settling, the time to answer.

It must not know where a step stands in the plan.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from core.plan.models import Bake, Baseline, Checklist, Decide, Run, SetTraffic, Signoff, StepBody, Watch
from core.plan.runbook import Runbook
from core.state import StepState


def over_at(
    runbook: Runbook,
    body: StepBody,
    t0: datetime,
    at: datetime | None,
    step: StepState | None,
    now: datetime | None,
) -> datetime | None:
    """When the step is over if everything takes its known length; None where nothing can be said."""
    if step is not None and step.closed_at is not None:
        return step.closed_at
    if isinstance(body, Watch):
        return runbook.moment(body.until, t0)
    if step is not None and step.opened_at is not None and now is not None:
        return _left(body, step, now)
    if at is None:
        return None
    if isinstance(body, Checklist | Signoff):
        due = runbook.moment(body.due, t0) if body.due is not None and body.wait else at
        return max(at, due)
    return at + span_of(body)


def _left(body: StepBody, step: StepState, now: datetime) -> datetime:
    """The end of a step that is open."""
    if isinstance(body, Bake):
        running = now - step.baking_since if step.baking_since is not None else timedelta(0)
        return now + max(body.for_ - step.baked - running, timedelta(0))
    return max(now, step.deadline or step.next_at or now)


def span_of(body: StepBody) -> timedelta:
    """The length that the plan gives a step; zero where it gives none."""
    if isinstance(body, Bake):
        return body.for_
    if isinstance(body, SetTraffic | Run):
        return body.settle
    if isinstance(body, Decide):
        return body.within
    return body.over if isinstance(body, Baseline) else timedelta(0)

"""Going along the route: which step may open, what opening means for its kind, and what time does to those that are open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from core.decision import Decision
from core.plan.models import (
    Announce,
    Approval,
    Bake,
    Baseline,
    Checklist,
    Decide,
    ReportStep,
    Run,
    SetTraffic,
    Signoff,
    Verdict,
    Watch,
)
from core.plan.runbook import Placed
from core.rules import (
    approval,
    attendance,
    checklist,
    confirming,
    decide,
    reminders,
    signoff,
    targets,
    traffic,
    verdict,
    watch,
    work,
)
from core.state import Deployment, Status, StepState


def lets_pass(placed: Placed, step: StepState) -> bool:
    """Whether the next step may open: this one is settled, or it is one that nobody has to wait for."""
    if step.settled:
        return True
    return step.status == "open" and isinstance(placed.body, Checklist | Signoff) and not placed.body.wait


def standing(deployment: Deployment) -> Iterator[tuple[Placed, StepState]]:
    """Every step of the route with its state; the states stand in the route's order, from the start on."""
    return zip(deployment.runbook.route, deployment.steps, strict=False)


def opened(deployment: Deployment) -> Iterator[tuple[Placed, StepState]]:
    """The open steps of the route with where they stand; the list after a rollback is none of them."""
    for step in deployment.open_steps:
        placed = deployment.runbook.find(step.id)
        if placed is not None:
            yield placed, step


def next_step(deployment: Deployment) -> Placed | None:
    """The step whose turn it is to open, or None while an earlier one is not done. The final verdict waits for every step."""
    everything_settled = True
    for placed, step in standing(deployment):
        if step.status == "waiting":
            return placed if everything_settled or not isinstance(placed.body, Verdict) else None
        if not lets_pass(placed, step):
            return None
        everything_settled = everything_settled and step.settled
    return None


def advance(deployment: Deployment, now: datetime) -> Decision:
    """Opens the step whose turn and time have come; one at a time, the machine calls it to a fixed point."""
    if deployment.status is not Status.RUNNING:
        return Decision(deployment)
    placed = next_step(deployment)
    if placed is None:
        return verdict.ended(deployment, now)
    at = placed.opens_at(deployment.t0, deployment.runbook.zone)
    if at is not None and at > now:
        return Decision(deployment)
    first = targets.before(deployment, placed.body, now)
    return first if first is not None else _open(deployment, placed, now)


def _open(deployment: Deployment, placed: Placed, now: datetime) -> Decision:  # noqa: C901, PLR0912  # one row a kind of step
    body = placed.body
    match body:
        case Checklist():
            return checklist.opened(deployment, body, now)
        case Signoff():
            return signoff.opened(deployment, body, now)
        case Approval():
            return approval.opened(deployment, body, now)
        case Decide():
            return decide.opened(deployment, body, now)
        case Baseline():
            return work.baseline_opened(deployment, body, now)
        case Run():
            return work.run_opened(deployment, body, now)
        case SetTraffic():
            return traffic.opened(deployment, body, now)
        case Bake():
            return traffic.bake_opened(deployment, body, now)
        case Announce():
            return work.announce(deployment, body, now)
        case ReportStep():
            return work.report(deployment, body, now)
        case Watch():
            return watch.opened(deployment, body, now)
        case Verdict():
            return verdict.opened(deployment, body, now)
        case _ as never:
            assert_never(never)


def time_passes(deployment: Deployment, now: datetime) -> Decision:
    """What the present moment means for every step that is open."""
    decision = Decision(deployment)
    if deployment.status is not Status.RUNNING:
        return decision
    for placed, _ in opened(deployment):
        decision = decision.followed(_step_time(decision.deployment, placed, now))
    return decision


def _step_time(deployment: Deployment, placed: Placed, now: datetime) -> Decision:
    body = placed.body
    match body:
        case Decide():
            return decide.tick(deployment, body, now)
        case Baseline():
            return work.baseline_tick(deployment, body, now)
        case SetTraffic() | Run():
            return confirming.tick(deployment, body, now)
        case Signoff():
            return attendance.tick(deployment, body, now)
        case Bake():
            return traffic.bake_tick(deployment, body, now, person_next=person_next(deployment, placed))
        case Watch():
            return watch.tick(deployment, body, now)
        case Verdict():
            return verdict.tick(deployment, body, now)
        case Checklist() | Announce() | ReportStep():
            return Decision(deployment)
        case _ as never:
            assert_never(never)


def person_next(deployment: Deployment, placed: Placed) -> bool:
    """Whether a person looks at it before anything changes after this step: a question, a sign-off, or items to tick.

    Reports, announcements, measurements and looks ask nobody; nor does a list that nobody has to wait for."""
    for following in deployment.runbook.route[placed.index + 1 :]:
        match following.body:
            case Decide():
                return True
            case Signoff() if following.body.wait:
                return True
            case Checklist() if following.body.wait and any(not item.by_bot for item in following.body.items):
                return True
            case Run() if deployment.runbook.action(following.body.action).changes:
                return False
            case SetTraffic() | Watch() | Verdict():
                return False
            case _:
                continue
    return False


def next_moment(deployment: Deployment) -> datetime | None:
    """When time next matters to the route: a step that opens, a deadline, the end of a bake, a review, an overdue item.

    For a settled deployment: whatever could happen at once has happened. While a look is under way, the end of a bake or
    watch waits for its answer, which settles again."""
    if deployment.status is not Status.RUNNING:
        return None
    moments: list[datetime] = []
    placed = next_step(deployment)
    opens = placed.opens_at(deployment.t0, deployment.runbook.zone) if placed is not None else None
    if placed is not None and opens is not None and not targets.reading(deployment, placed.body):
        moments.append(opens)
    for where, step in opened(deployment):
        moments.extend(_moments(deployment, where, step))
    return min(moments, default=None)


def _moments(deployment: Deployment, placed: Placed, step: StepState) -> list[datetime]:
    found = [moment for moment in (step.deadline, step.next_at) if moment is not None]
    if isinstance(placed.body, SetTraffic | Run) and step.next_at is None:
        found = []  # its checks are on their way, and their answers settle it
    looking = deployment.gate is not None and deployment.gate.busy
    if step.baking_since is not None and step.bake_for and not looking:
        found.append(step.baking_since + (step.bake_for - step.baked))
    if isinstance(placed.body, Watch):
        found.extend(
            at for key, at in watch.reviews(deployment, placed.body) if key not in deployment.reviewed
        )
        if not looking:
            found.append(deployment.runbook.moment(placed.body.until, deployment.t0))
    if isinstance(placed.body, Checklist):
        found.extend(due for _, _, due in reminders.unreminded(deployment, step))
        found.extend(at for _, _, at in reminders.unwarned(deployment, step))
    if isinstance(placed.body, Signoff) and any(s.mark == "open" and not s.reminded for s in step.signs):
        due = signoff.due_of(deployment, step.id)
        found.extend([due] if due is not None else [])
    begins = attendance.begins_at(deployment, step)
    found.extend([begins] if begins is not None else [])
    return found

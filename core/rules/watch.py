"""The watch after the last stage, and the final verdict: GO on evidence, else HOLD, which a person settles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from core.decision import Decision
from core.effects import Post
from core.plan.models import Criterion, Stretch, Verdict, Watch
from core.plan.moments import local, parse_clock
from core.roles import holders_of
from core.rules import attendance, checklist, escalation, gate, holding
from core.state import FINAL, Deployment, Status, StepState


def opened(deployment: Deployment, body: Watch, now: datetime) -> Decision:
    """The gate of the watch looks on from here; reviews that lie behind are not made up for."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    watching = replace(step, status="open", opened_at=now, round=step.round + 1)
    missed = tuple(key for key, at in reviews(deployment, body) if at < now)
    changed = deployment.with_step(watching)
    looking = gate.switch(changed, body.gate, now) if body.gate is not None else changed
    begun = replace(looking, reviewed=missed)
    until = deployment.runbook.moment(body.until, deployment.t0)
    return Decision(begun).fact(
        "watch-opened", step=body.id, until=until.isoformat(), weight=deployment.weight
    )


def reviews(deployment: Deployment, body: Watch) -> tuple[tuple[str, datetime], ...]:
    """(key, UTC moment) of every review from the day after T0 to the end, in order."""
    zone = deployment.runbook.zone
    until = deployment.runbook.moment(body.until, deployment.t0)
    since = None
    if isinstance(body, Stretch) and body.since is not None:
        since = deployment.runbook.moment(body.since, deployment.t0)
    day: date = deployment.t0.astimezone(zone).date() + timedelta(days=1)
    found: list[tuple[str, datetime]] = []
    while local(day, parse_clock("00:00"), zone).at <= until:
        for clock in body.reviews:
            at = local(day, parse_clock(clock), zone).at
            if at <= until and (since is None or at > since):
                found.append((f"{body.id}:{day.isoformat()} {clock}", at))
        day += timedelta(days=1)
    return tuple(sorted(found, key=lambda review: review[1]))


def tick(deployment: Deployment, body: Watch, now: datetime) -> Decision:
    """A review when its time has come; the end of the watch when its own has, and the last look is in."""
    step = deployment.step(body.id)
    if step is None or step.status != "open":
        return Decision(deployment)
    decision = Decision(deployment)
    due = [(key, at) for key, at in reviews(deployment, body) if at <= now and key not in deployment.reviewed]
    if due:
        following = next((at for key, at in reviews(deployment, body) if at > now), None)
        words = (("kind", "review"), ("next", following.isoformat() if following else ""))
        reviewed = replace(deployment, reviewed=(*deployment.reviewed, *(key for key, _ in due)))
        key = due[-1][0].replace(" ", "T").replace(":", "-")
        decision = Decision(reviewed).note("review", step=body.id)
        decision = decision.ask(
            Post("report", f"report:review:{key}", f"review:{key}", "top", "main", words=words, priority=2)
        )
    run = deployment.gate
    until = deployment.runbook.moment(body.until, deployment.t0)
    if now < until or (run is not None and (run.busy or run.next_look <= now)):
        return decision
    if run is not None and (run.last_at is None or run.last_at < until):
        # One more look: the verdict is on how things are, not on how they were half an hour ago.
        looking = replace(decision.deployment, gate=replace(run, next_look=now))
        return replace(decision, deployment=looking)
    done = replace(step, status="done", closed_at=now)
    return replace(decision, deployment=decision.deployment.with_step(done)).fact("watch-done", step=body.id)


def verdict_opened(deployment: Deployment, body: Verdict, now: datetime) -> Decision:
    """Every required criterion, each with its evidence."""
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    judged = tuple(
        _criterion(deployment, number, criterion) for number, criterion in enumerate(body.required)
    )
    met = all(ok for _, ok, _ in judged)
    opened_ = replace(step, status="open", opened_at=now, round=step.round + 1)
    shown = replace(deployment.with_step(opened_), criteria=judged, verdict="GO" if met else "HOLD")
    if met:
        return _over(shown, body, now)
    words = (("step", body.id), ("unmet", sum(1 for _, ok, _ in judged if not ok)))
    decision = holding.hold(shown, "verdict", "bot", "verdict", words, now, ref=body.id)
    decision = decision.ask(
        Post("verdict", "verdict", "", "top", "main", holders_of(shown, body.by), priority=1)
    )
    return decision.then(lambda d: escalation.call(d, f"verdict:{body.id}", "verdict", words, now))


def verdict_tick(deployment: Deployment, body: Verdict, now: datetime) -> Decision:
    """A person has settled it."""
    step = deployment.step(body.id)
    if step is None or step.status != "open" or step.answer != "go" or deployment.status in FINAL:
        return Decision(deployment)
    return _over(deployment, body, now)


def ended(deployment: Deployment, now: datetime) -> Decision:
    """A plan without a verdict is done when its last step is."""
    if deployment.status is not Status.RUNNING or not all(step.settled for step in deployment.steps):
        return Decision(deployment)
    over = replace(deployment, status=Status.DONE, verdict="GO", ended_at=now)
    decision = Decision(over).fact("verdict-go", by="bot", criteria=0)
    decision = decision.then(lambda d: escalation.close_all(d, now))
    return decision.ask(Post("verdict", "verdict", "", "top", "main", priority=1))


def _over(deployment: Deployment, body: Verdict, now: datetime) -> Decision:
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    done = deployment.with_step(replace(step, status="done", closed_at=now))
    ended = replace(done, status=Status.DONE, verdict="GO", hold=None, ended_at=now)
    decision = Decision(ended).fact("verdict-go", by=step.by or "bot", criteria=len(deployment.criteria))
    decision = decision.then(lambda d: escalation.close_all(d, now))
    return decision.ask(Post("verdict", "verdict", "", "top", "main", priority=1))


def _criterion(deployment: Deployment, number: int, criterion: Criterion) -> tuple[str, bool | None, str]:
    """(number, met, evidence); None where nothing is known, which is not met."""
    key = str(number)
    if criterion.metric is not None:
        met, evidence = checklist.metric_verdict(deployment, criterion.metric)
        return key, met, evidence
    if criterion.holds == "no-rollback":
        return key, deployment.rollback is None, "rollback" if deployment.rollback else ""
    if criterion.holds == "items-settled":
        left = [
            f"{step.id}/{item.id}"
            for step in deployment.steps
            for item in step.items
            if item.mark == "open" and not _optional(deployment, step.id, item.id)
        ]
        return key, not left, ", ".join(left[:5])
    if criterion.holds == "decisions-go":
        asked = [
            step
            for step in deployment.steps
            if step.answer is not None and step.id != _verdict_id(deployment)
        ]
        return (
            key,
            bool(asked) and all(step.answer == "go" for step in asked),
            ", ".join(f"{s.id}: {s.answer}" for s in asked if s.answer != "go"),
        )
    unsigned = [
        f"{step.id}/{sign.role}"
        for step in _signing(deployment)
        for sign in step.signs
        if sign.mark != "approve"
    ]
    signed = any(step.signs for step in _signing(deployment))
    return key, signed and not unsigned, ", ".join(unsigned[:5])


def _signing(deployment: Deployment) -> Iterator[StepState]:
    """The steps in which people sign; who says only that he is here has signed nothing."""
    return (step for step in deployment.steps if not attendance.is_attendance(deployment, step.id))


def _optional(deployment: Deployment, step_id: str, item_id: str) -> bool:
    return any(item.id == item_id and item.optional for item in checklist.items_of(deployment, step_id))


def _verdict_id(deployment: Deployment) -> str:
    return next(
        (placed.body.id for placed in deployment.runbook.route if isinstance(placed.body, Verdict)), ""
    )

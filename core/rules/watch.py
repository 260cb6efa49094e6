"""The watch after the last stage: a gate that looks on until a moment, with reviews at clock times."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from core.decision import Decision
from core.effects import Post
from core.plan.models import Stretch, Watch
from core.plan.moments import local, parse_clock
from core.rules import gate
from core.state import Deployment


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

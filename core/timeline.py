"""Every moment of a plan in order: what it is, when, and who is needed. Of a deployment also what has happened, and what was missed.

A step without a time of its own is placed behind the one before, by the lengths that are known (bakes, settling, the time to
answer), and is marked as an estimate. It must not know a language, nor in whose zone the moments are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from core.lengths import over_at, span_of
from core.plan.models import (
    Bake,
    Checklist,
    Decide,
    Phase,
    ReportStep,
    Signoff,
    StepBody,
    Stretch,
    Verdict,
    Watch,
)
from core.plan.moments import Moment, Resolved, local, parse_clock
from core.plan.runbook import Placed, Runbook
from core.points import Point as Point
from core.points import State as State
from core.points import What as What
from core.rules.begin import PASSED
from core.state import Deployment, Status, StepState

_COMING = ("ahead", "late", "overdue")


@dataclass(frozen=True)
class _Cursor:
    """How far the route has come: `hard` when people answer at once, `soft` when they take all their time."""

    hard: datetime | None = None
    soft: datetime | None = None


def of_plan(runbook: Runbook, t0: Resolved) -> tuple[Point, ...]:
    """Every moment of a plan for a T0 (aware), in order."""
    written = f"{t0.at.astimezone(runbook.zone):%Y-%m-%d %H:%M}" if t0.note else ""
    points = [Point("t0", t0.at, note=t0.note, written=written), *_points(runbook, t0.at, None, None)]
    return _sorted(points)


def of_deployment(deployment: Deployment, now: datetime) -> tuple[Point, ...]:
    """Every moment of a deployment at plan time `now`: what was really so, what was missed, what lies ahead."""
    passed: State = "done" if deployment.t0 <= now else "ahead"
    points = [Point("t0", deployment.t0, state=passed), *_points(deployment.runbook, deployment.t0, deployment, now)]  # fmt: skip
    if deployment.final or deployment.status is Status.ROLLING_BACK:
        points = [replace(one, state="skipped") if one.state in _COMING else one for one in points]
    return _sorted(points)


def next_points(points: tuple[Point, ...], most: int) -> tuple[Point, ...]:
    """The next moments that lie ahead and have a time."""
    ahead = [one for one in points if one.state in ("ahead", "late") and one.at is not None]
    return tuple(ahead[:most])


def key_of(point: Point) -> str:
    """What stays the same of a moment when its time changes: 'hour-decision/decision', 'ready/due/D-1-16:00'."""
    which = point.written.replace(" ", "-") if point.what in ("due", "review") else ""
    return "/".join(part for part in (point.step or point.phase, point.what, which) if part)


# ---------------------------------------------------------------------------------------------------------- the walk


def _points(
    runbook: Runbook, t0: datetime, deployment: Deployment | None, now: datetime | None
) -> Iterator[Point]:
    cursor = _Cursor()
    bounds = _latest(runbook, t0)
    for placed in runbook.route:
        step = deployment.step(placed.body.id) if deployment is not None else None
        own, note, written = _own(runbook, placed, t0)
        at, about = _placed(own, cursor, bounds[placed.index], step, now)
        point = _point(placed, at, about, note, written)
        ending = over_at(runbook, placed.body, t0, at, step, now)
        cursor = _after(placed.body, at, own, ending, cursor)
        if isinstance(placed.body, Bake | Watch | Decide):
            point = replace(point, until=ending)
        if deployment is not None and now is not None and step is not None:
            point = _seen(deployment, point, step, own, now)
        if placed.first_of_phase:
            yield _phase(placed.phase, point)
        if not (isinstance(placed.body, Stretch) and placed.body.since is not None):
            yield point  # the later parts of a watch are no moments of their own
        yield from _dues(runbook, placed.body, t0, placed.phase.id, step, now)
        if isinstance(placed.body, Watch):
            yield from _watch(runbook, placed, t0, point, deployment, step, now)


def _own(
    runbook: Runbook, placed: Placed, t0: datetime
) -> tuple[datetime | None, Literal["", "skipped", "twice"], str]:
    """The step's own instant, with what is to be said about it: the later of its own moment and its phase's."""
    moments = [placed.body.at, placed.phase.at if placed.first_of_phase else None]
    found = [(moment.resolve(t0, runbook.zone), moment) for moment in moments if moment is not None]
    if not found:
        return None, "", ""
    resolved, moment = max(found, key=lambda one: one[0].at)
    return resolved.at, resolved.note, moment.text


def _latest(runbook: Runbook, t0: datetime) -> list[datetime | None]:
    """For every step, when it has to begin so that the next one with a time of its own can; None where none follows."""
    found: list[datetime | None] = []
    bound: datetime | None = None
    for placed in reversed(runbook.route):
        waits = isinstance(placed.body, Decide | Checklist | Signoff | Watch)
        latest = bound if bound is None or waits else bound - span_of(placed.body)
        found.append(latest)
        bound = placed.opens_at(t0, runbook.zone) or latest
    return found[::-1]


def _placed(
    own: datetime | None,
    cursor: _Cursor,
    latest: datetime | None,
    step: StepState | None,
    now: datetime | None,
) -> tuple[datetime | None, bool]:
    """(when the step begins, whether that is an estimate). Whoever wrote the plan has left room for what stands before a time."""
    if step is not None and step.opened_at is not None:
        return own or step.opened_at, False
    begins = cursor.soft if own is None else max(own, cursor.hard or own)
    if own is None and begins is not None and latest is not None and cursor.hard is not None:
        begins = min(begins, max(cursor.hard, latest))
    about = begins is not None and begins != own
    if now is not None and begins is not None and begins < now and (step is None or step.status == "waiting"):
        return (own, False) if own is not None else (now, True)
    return begins, about


def _after(
    body: StepBody, at: datetime | None, own: datetime | None, ending: datetime | None, before: _Cursor
) -> _Cursor:
    """A step with a time of its own begins the count anew: what stands behind it was planned from there."""
    if at is None:
        return before
    length = (ending or at) - at
    hard = at if own is not None or before.hard is None else before.hard
    waits = isinstance(body, Decide | Checklist | Signoff)
    return _Cursor(hard if waits else hard + length, at + length)


def _point(
    placed: Placed, at: datetime | None, about: bool, note: Literal["", "skipped", "twice"], written: str
) -> Point:
    body = placed.body
    what: What = "step"
    if isinstance(body, Decide):
        what = "decision"
    elif isinstance(body, Verdict):
        what = "verdict"
    elif isinstance(body, ReportStep):
        what = "report"
    default = body.default if isinstance(body, Decide) else ""
    return Point(
        what, at, placed.phase.id, body.id, kind_of(body), roles_needed(body), about, default=default, note=note, written=written
    )  # fmt: skip


def _phase(phase: Phase, first: Point) -> Point:
    return replace(
        first, what="phase", step="", kind="", roles=(), until=None, default="", phase=phase.id, by=""
    )


def kind_of(body: StepBody) -> str:
    """The step's kind as it was written: a meeting is written out into a sign-off."""
    return "meeting" if isinstance(body, Signoff) and body.attendance else body.kind


def roles_needed(body: StepBody) -> tuple[str, ...]:
    """Who has to do something at a step; empty where only the bot has."""
    if isinstance(body, Signoff):
        return body.roles
    if isinstance(body, Decide | Verdict):
        return body.by
    if isinstance(body, Checklist):
        manual = (item.role for item in body.items if not item.by_bot and item.already is None and item.role)
        return tuple(dict.fromkeys(manual))
    return ()


# ----------------------------------------------------------------------------------------- due moments, and the watch


def _dues(
    runbook: Runbook,
    body: StepBody,
    t0: datetime,
    phase: str,
    step: StepState | None,
    now: datetime | None,
) -> Iterator[Point]:
    """One point for every due moment of a list or board, with the items that are due then."""
    due_of: dict[Moment, list[str]] = {}
    roles: dict[Moment, list[str]] = {}
    if isinstance(body, Checklist):
        for item in body.items:
            due = item.due or body.due
            if due is not None and not item.optional and item.already is None:
                due_of.setdefault(due, []).append(item.id)
                roles.setdefault(due, []).extend([item.role] if item.role and not item.by_bot else [])
    elif isinstance(body, Signoff) and body.due is not None:
        due_of[body.due], roles[body.due] = [], list(body.roles)
    for due, items in due_of.items():
        found = due.resolve(t0, runbook.zone)
        wanted = tuple(dict.fromkeys(roles[due]))
        point = Point(
            "due", found.at, phase, body.id, body.kind, wanted, items=tuple(items), note=found.note, written=due.text
        )  # fmt: skip
        yield point if step is None or now is None else _due_seen(point, step, now)


def _due_seen(point: Point, step: StepState, now: datetime) -> Point:
    marks = [item for item in step.items if item.id in point.items]
    left = any(item.mark == "open" for item in marks) or any(sign.mark == "open" for sign in step.signs)
    if step.status == "missed" or (step.status == "skipped" and step.note == PASSED):
        return replace(point, state="missed")
    if step.settled or (step.opened_at is not None and not left):
        times = [item.at for item in marks] + [sign.at for sign in step.signs]
        latest = max((at for at in times if at is not None), default=step.closed_at)
        return replace(point, state="skipped" if step.status == "skipped" else "done", happened=latest)
    return replace(point, state="overdue" if point.at is not None and point.at <= now else "ahead")


def _watch(
    runbook: Runbook,
    placed: Placed,
    t0: datetime,
    begins: Point,
    deployment: Deployment | None,
    step: StepState | None,
    now: datetime | None,
) -> Iterator[Point]:
    body = placed.body
    assert isinstance(body, Watch)  # noqa: S101  # the caller has looked
    for key, written, found in reviews(runbook, body, t0):
        if begins.when is not None and found.at < begins.when:
            continue  # the watch is not open then
        state: State = "ahead"
        if deployment is not None and now is not None and found.at <= now:
            seen = key in deployment.reviewed and step is not None and step.opened_at is not None
            state = (
                "done" if seen and step is not None and found.at >= (step.opened_at or found.at) else "missed"
            )
        yield Point(
            "review", found.at, placed.phase.id, body.id, body.kind, note=found.note, written=written, state=state
        )  # fmt: skip
    if _goes_on(runbook, placed):
        return
    end = body.until.resolve(t0, runbook.zone)
    closed = step.closed_at if step is not None else None
    ended: State = "done" if closed is not None and step is not None and step.status == "done" else "ahead"
    yield Point(
        "watch-end", end.at, placed.phase.id, body.id, body.kind, note=end.note, written=body.until.text, state=ended,
        happened=closed if ended == "done" else None,
    )  # fmt: skip


def _goes_on(runbook: Runbook, placed: Placed) -> bool:
    """Whether this is a part of a watch that ends with a row, and the watch goes on behind it."""
    body = placed.body
    return isinstance(body, Stretch) and any(
        isinstance(later.body, Stretch) and later.body.since == body.until and later.body.title == body.title
        for later in runbook.route[placed.index + 1 :]
    )


def reviews(runbook: Runbook, body: Watch, t0: datetime) -> Iterator[tuple[str, str, Resolved]]:
    """(key, 'D+1 08:00', moment) of every review from the day after T0 to the end, as `core.rules.watch` counts them."""
    until = runbook.moment(body.until, t0)
    since = runbook.moment(body.since, t0) if isinstance(body, Stretch) and body.since is not None else None
    first: date = t0.astimezone(runbook.zone).date()
    day = first + timedelta(days=1)
    while local(day, parse_clock("00:00"), runbook.zone).at <= until:
        for clock in body.reviews:
            found = local(day, parse_clock(clock), runbook.zone)
            if found.at <= until and (since is None or found.at > since):
                yield f"{body.id}:{day.isoformat()} {clock}", f"D+{(day - first).days} {clock}", found
        day += timedelta(days=1)


# ------------------------------------------------------------------------------------------------ what really happened


def _seen(
    deployment: Deployment, point: Point, step: StepState, own: datetime | None, now: datetime
) -> Point:
    """The point as it stands in a deployment."""
    if step.status == "missed" or (step.status == "skipped" and step.note == PASSED):
        return replace(point, state="missed")
    if step.status == "skipped":
        return replace(point, state="skipped", happened=step.closed_at, by=step.by)
    if step.status == "done":
        happened = (
            step.closed_at if point.what in ("decision", "verdict") else step.opened_at or step.closed_at
        )
        return replace(point, state="done", happened=happened, by=step.by)
    if step.status in ("open", "failed"):
        return replace(point, state="now", happened=step.opened_at, until=step.deadline or point.until)
    return replace(point, state="late" if own is not None and own < now else "ahead")


def _sorted(points: list[Point]) -> tuple[Point, ...]:
    """By time, and at one moment as the route goes; what has no time stays behind what it follows."""
    first = min((one.when for one in points if one.when is not None), default=None)
    assert first is not None  # noqa: S101  # T0 always has a time
    known: list[tuple[datetime, int, Point]] = []
    last = first
    for index, point in enumerate(points):
        if point.when is not None and point.what not in ("t0", "due", "review", "watch-end"):
            last = point.when
        known.append((point.when or last, index, point))
    return tuple(point for *_, point in sorted(known, key=lambda one: one[:2]))

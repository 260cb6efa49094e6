"""Who is on duty today: roles with a rota change hands at midnight of the plan's zone, and days without anybody are said before
they come.

`people` of a deployment are always those of its present day; every rule asks them and knows no rota.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from core.decision import Decision
from core.effects import Post
from core.errors import Refused
from core.inputs import Assigned, Started
from core.plan.models import Checklist, Signoff, Watch
from core.plan.moments import local, parse_clock
from core.plan.runbook import Runbook
from core.roles import holders_of, require
from core.rota import DAY, Shift, on, put, shifts_of, shown, with_role, without
from core.state import Deployment, Status

Gap = tuple[str, date, date]
"""(role, first day, last day) of days in a row on which nobody holds it."""
FAR = date.max - DAY


def day_of(deployment: Deployment, now: datetime) -> date:
    """The day in the plan's zone."""
    return now.astimezone(deployment.runbook.zone).date()


def begin(deployment: Deployment, happened: Started, now: datetime) -> Deployment:
    """With its people as they are on the first day."""
    known = set(deployment.runbook.plan.roles)
    rota = tuple((role, shifts) for role, shifts in happened.rota if role in known)
    peopled = replace(
        deployment, people=happened.people, standing=happened.people, rota=rota,
        deputies=tuple((role, people) for role, people in happened.deputies if role in known),
    )  # fmt: skip
    return turn(peopled, now).deployment


def standing(deployment: Deployment, role: str) -> tuple[str, ...]:
    """Who holds a role on days that no shift covers, deputies included."""
    known = deployment.standing or deployment.people
    return next((people for name, people in known if name == role), ())


def deputies(deployment: Deployment, role: str) -> tuple[str, ...]:
    """Who may do the same, and is called after the holders."""
    return next((people for name, people in deployment.deputies if name == role), ())


def holders_on(deployment: Deployment, role: str, day: date) -> tuple[str, ...]:
    """Everybody who holds a role on a day: the shift's people and the deputies; else those who always do."""
    named = on(shifts_of(deployment.rota, role), day)
    if named is None:
        return standing(deployment, role)
    return tuple(dict.fromkeys((*named, *deputies(deployment, role))))


def turn(deployment: Deployment, now: datetime) -> Decision:
    """A new day: roles with a rota change hands, and the journal says so. Nothing without a rota, or on the same day."""
    day = day_of(deployment, now)
    if not deployment.rota or deployment.rota_day == day:
        return Decision(deployment)
    first = deployment.rota_day is None
    people = tuple((role, holders_on(deployment, role, day)) for role in deployment.runbook.plan.roles)
    decision = Decision(replace(deployment, people=people, rota_day=day))
    for role, _ in deployment.rota:
        holders = decision.deployment.holders(role)
        if not first and holders != deployment.holders(role):
            decision = decision.fact("duty-changed", role=role, people=",".join(holders), day=shown((day,)))
    return decision


def assigned(deployment: Deployment, happened: Assigned, now: datetime) -> Decision:
    """Somebody else holds a role: from now on, whatever the rota says; or on the days that are named."""
    roles = deployment.runbook.plan.roles
    require(deployment, happened.by, deployment.runbook.plan.starters, "assign")
    if happened.role not in roles:
        raise Refused("unknown-role", role=happened.role, roles=",".join(roles))
    if not happened.people:
        raise Refused("assign-nobody", role=happened.role)
    today = day_of(deployment, now)
    shifts = shifts_of(deployment.rota, happened.role)
    people = ",".join(happened.people)
    if happened.since is None and happened.until is None:
        known = deployment.standing or deployment.people
        others = tuple((role, who) for role, who in known if role != happened.role)
        rota = with_role(deployment.rota, happened.role, without(shifts, today, FAR))
        changed = replace(deployment, standing=(*others, (happened.role, happened.people)), rota=rota)
        return Decision(_today(changed, happened.role, today)).fact(
            "assigned", by=happened.by, role=happened.role, people=people
        )
    since = happened.since or today
    until = happened.until or since
    if until < since:
        raise Refused("duty-backwards", since=since.isoformat(), until=until.isoformat())
    if until < today:
        raise Refused("duty-past", until=until.isoformat(), today=today.isoformat())
    rota = with_role(deployment.rota, happened.role, put(shifts, Shift(since, until, happened.people)))
    changed = replace(
        deployment, rota=rota, standing=deployment.standing or deployment.people, rota_day=deployment.rota_day or today
    )  # fmt: skip
    days = shown((since, until)) if until != since else shown((since,))
    return Decision(_today(changed, happened.role, today)).fact(
        "assigned-days", by=happened.by, role=happened.role, people=people, days=days.replace(", ", " – ")
    )


def _today(deployment: Deployment, role: str, today: date) -> Deployment:
    others = tuple((name, people) for name, people in deployment.people if name != role)
    return replace(deployment, people=(*others, (role, holders_on(deployment, role, today))))


# -------------------------------------------------------------------------------------------------------------- gaps


def days(deployment: Deployment, first: date | None = None) -> tuple[date, ...]:
    """Every day from T0's (or `first`, if that is later) to that of the plan's last moment."""
    begin_day = day_of(deployment, deployment.t0)
    if first is not None and first > begin_day:
        begin_day = first
    last = day_of(deployment, last_moment(deployment.runbook, deployment.t0))
    return tuple(begin_day + number * DAY for number in range((last - begin_day).days + 1))


@lru_cache(maxsize=256)  # asked for with every decision of a plan that wants somebody each day
def last_moment(runbook: Runbook, t0: datetime) -> datetime:
    """The latest instant (UTC) that the plan names."""
    return max(_moments(runbook, t0))


def _moments(runbook: Runbook, t0: datetime) -> Iterator[datetime]:
    yield t0
    for placed in runbook.route:
        opens = placed.opens_at(t0, runbook.zone)
        if opens is not None:
            yield opens
        body = placed.body
        dues = [body.due] if isinstance(body, Checklist | Signoff) else []
        dues += [item.due for item in body.items] if isinstance(body, Checklist) else []
        dues += [body.until] if isinstance(body, Watch) else []
        yield from (runbook.moment(due, t0) for due in dues if due is not None)


def uncovered(deployment: Deployment, role: str, first: date | None = None) -> tuple[date, ...]:
    """The days on which nobody holds a role. Deputies step in, but they are not who is on duty."""
    always = set(standing(deployment, role)) - set(deputies(deployment, role))
    if always:
        return ()
    shifts = shifts_of(deployment.rota, role)
    return tuple(day for day in days(deployment, first) if not on(shifts, day))


def gaps(deployment: Deployment, first: date | None = None) -> tuple[Gap, ...]:
    """Days in a row without anybody, for every role that the plan wants somebody for each day."""
    found: list[Gap] = []
    for role, wanted in deployment.runbook.plan.roles.items():
        if not wanted.rota:
            continue
        for day in uncovered(deployment, role, first):
            if found and found[-1][0] == role and found[-1][2] == day - DAY:
                found[-1] = (role, found[-1][1], day)
            else:
                found.append((role, day, day))
    return tuple(found)


def at_start(deployment: Deployment, now: datetime) -> Decision:
    """At the start every gap is said at once."""
    decision = Decision(deployment)
    today = day_of(deployment, now)
    for role, wanted in deployment.runbook.plan.roles.items():
        missing = uncovered(deployment, role, today) if wanted.rota else ()
        if missing:
            decision = decision.fact("duty-gaps", role=role, days=shown(missing))
    return decision


def tick(deployment: Deployment, now: datetime) -> Decision:
    """A day before each gap the channel is told, once."""
    decision = Decision(deployment)
    if deployment.status not in (Status.RUNNING, Status.HELD):
        return decision
    today = day_of(deployment, now)
    for role, first, last in _untold(deployment):
        if first - DAY > today or last < today:
            continue
        subject = f"{_name(role, first)}:{last.isoformat()}"
        told = (*decision.deployment.gaps_told, subject)
        decision = replace(decision, deployment=replace(decision.deployment, gaps_told=told))
        decision = decision.note("duty-gap", role=role, days=shown((first,)))
        people = holders_of(deployment, deployment.runbook.plan.starters)
        decision = decision.ask(
            Post("gap", f"gap:{_name(role, first)}", subject, "top", "main", people, priority=1)
        )
    return decision


def _untold(deployment: Deployment) -> Iterator[Gap]:
    if any(role.rota for role in deployment.runbook.plan.roles.values()):
        told = {subject.rpartition(":")[0] for subject in deployment.gaps_told}
        yield from (gap for gap in gaps(deployment) if _name(gap[0], gap[1]) not in told)


def _name(role: str, first: date) -> str:
    return f"{role}:{first.isoformat()}"


def next_moment(deployment: Deployment) -> datetime | None:
    """The next midnight at which somebody else is on duty, or at which a gap is a day away."""
    if deployment.status not in (Status.RUNNING, Status.HELD, Status.ROLLING_BACK):
        return None
    turning = _turning(deployment)
    found = [turning] if turning is not None else []
    if deployment.status is not Status.ROLLING_BACK:
        today = deployment.rota_day or day_of(deployment, deployment.t0)
        found.extend(first - DAY for _, first, _ in _untold(deployment) if first - DAY > today)
    return midnight(deployment, min(found)) if found else None


def _turning(deployment: Deployment) -> date | None:
    today = deployment.rota_day
    if today is None:
        return None
    edges = sorted(
        edge
        for _, shifts in deployment.rota
        for shift in shifts
        for edge in (shift.since, shift.until + DAY)
        if edge > today
    )
    return edges[0] if edges else None


def midnight(deployment: Deployment, day: date) -> datetime:
    """The first moment of a day in the plan's zone, in UTC."""
    return local(day, parse_clock("00:00"), deployment.runbook.zone).at

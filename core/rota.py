"""Who holds a role on which day, as frozen values, and looking them up. Days are those of the plan's zone, both ends included.

Part of a deployment's inputs and state. It must not know a rule, a plan or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Shift:
    """From `since` to `until`, both included, these people (Slack ids) hold the role."""

    since: date
    until: date
    who: tuple[str, ...]


Rota = tuple[tuple[str, tuple[Shift, ...]], ...]
"""Role -> its shifts, in the order of time; none of a role overlap."""


def shifts_of(rota: Rota, role: str) -> tuple[Shift, ...]:
    """The shifts of one role; () when it has none."""
    return next((shifts for name, shifts in rota if name == role), ())


def on(shifts: tuple[Shift, ...], day: date) -> tuple[str, ...] | None:
    """Who holds it on a day; None when no shift covers it."""
    return next((shift.who for shift in shifts if shift.since <= day <= shift.until), None)


def put(shifts: tuple[Shift, ...], new: Shift) -> tuple[Shift, ...]:
    """With `new` in the place of whatever those days held."""
    return tuple(sorted((*without(shifts, new.since, new.until), new), key=lambda shift: shift.since))


def without(shifts: tuple[Shift, ...], since: date, until: date) -> tuple[Shift, ...]:
    """Without these days; a shift that goes on around them becomes two."""
    kept: list[Shift] = []
    for shift in shifts:
        if shift.until < since or shift.since > until:
            kept.append(shift)
            continue
        if shift.since < since:
            kept.append(Shift(shift.since, since - DAY, shift.who))
        if shift.until > until:
            kept.append(Shift(until + DAY, shift.until, shift.who))
    return tuple(kept)


def with_role(rota: Rota, role: str, shifts: tuple[Shift, ...]) -> Rota:
    """With these shifts for a role; none takes it out."""
    others = tuple((name, known) for name, known in rota if name != role)
    return (*others, (role, shifts)) if shifts else others


def shown(days: tuple[date, ...]) -> str:
    """Days as people write them: '10-24, 10-27, 10-28'; with the year where there are several."""
    several = len({day.year for day in days}) > 1
    return ", ".join(day.isoformat() if several else f"{day:%m-%d}" for day in days)

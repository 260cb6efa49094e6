"""The moments of a plan: 'T-2h' from the start of traffic, 'D-1 14:00' on a calendar day of the plan's zone.

A moment is a rule; only `resolve` with a T0 makes an instant of it. Local times that do not exist move forward by the gap,
local times that exist twice are the first of the two, and the answer says so, because people read these times on a wall.
It must not know the present: where 'now' matters, it is an argument.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from core.plan.quantities import parse_duration, show_duration

FARTHEST_DAYS = 3660
"""A moment lies at most ten years from T0, so that it never leaves the calendar."""
FARTHEST_START = timedelta(days=366)
"""A start lies at most a year away: farther is a slip of the finger in the date."""

_T = re.compile(r"[Tt](?:\s*([+-])\s*(.+))?")
_D = re.compile(r"[Dd](?:\s*([+-])\s*)?([0-9]{1,5})?(?:\s+(\S+))?")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:\s+|[Tt])(.+))?", re.ASCII)
_SHAPES = "write it like 'T-2h', 'T0', 'T+45m', 'D-1 14:00' or 'D+1'"
_START_SHAPES = "write '2025-10-22 14:00', '14:00', 'tomorrow 14:00', '+2h' or 'now'"


@dataclass(frozen=True)
class Resolved:
    """An instant in UTC. `note`: 'skipped' when the local time did not exist, 'twice' when it came twice, else ''."""

    at: datetime
    note: Literal["", "skipped", "twice"] = ""


@dataclass(frozen=True)
class Moment:
    """Either `offset` from T0 (days is None), or a calendar day: `days` from T0's local date, at `clock`.

    A day without a clock time is its first minute, and remembers that none was written.
    """

    offset: timedelta | None = None
    days: int | None = None
    clock: time | None = None

    @property
    def text(self) -> str:
        """As it is written in a plan; `parse_moment` reads it back to the same moment."""
        if self.days is None:
            offset = self.offset or timedelta(0)
            return f"T{'-' if offset < timedelta(0) else '+'}{_hours_first(abs(offset))}" if offset else "T0"
        day = f"D{self.days:+d}" if self.days else "D0"
        return day if self.clock is None else f"{day} {self.clock:%H:%M}"

    def resolve(self, t0: datetime, zone: ZoneInfo) -> Resolved:
        """The instant this moment means for a T0 (aware) in the plan's zone."""
        if self.days is None:
            return Resolved(t0.astimezone(UTC) + (self.offset or timedelta(0)))
        day = t0.astimezone(zone).date() + timedelta(days=self.days)
        return local(day, self.clock or time(), zone)

    def since_midnight(self, t0_clock: time | None) -> timedelta | None:
        """How far from the first minute of D0, were no clock ever changed: for putting a plan's moments in order.

        None for a T-moment of a plan that does not say at what clock time T0 is.
        """
        if self.days is not None:
            return timedelta(days=self.days) + _since_midnight(self.clock or time())
        return None if t0_clock is None else _since_midnight(t0_clock) + (self.offset or timedelta(0))


def _hours_first(span: timedelta) -> str:
    """Teams say T-72h and T-48h, not T-3d: whole hours stay hours for the first week."""
    hours, rest = divmod(span, timedelta(hours=1))
    return f"{hours}h" if not rest and 24 <= hours < 7 * 24 else show_duration(span).replace(" ", "")


def local(day: date, clock: time, zone: ZoneInfo) -> Resolved:
    """A local time as an instant. In a gap it moves forward by the gap; of two it is the first. The note says so."""
    wall = datetime.combine(day, clock)
    first = wall.replace(tzinfo=zone, fold=0)
    at = first.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != wall:
        return Resolved(at, "skipped")
    return Resolved(at, "twice" if first.utcoffset() != first.replace(fold=1).utcoffset() else "")


def parse_moment(text: str) -> Moment:
    """'T0', 'T-2h', 'T+1h30m', 'D-1 14:00', 'D0 13:45', 'D+1'. Raises ValueError with one sentence."""
    written = text.strip()
    if written.upper() in ("T0", "T-0", "T+0"):
        return Moment(offset=timedelta(0))
    if found := _T.fullmatch(written):
        return _t_moment(written, found)
    if found := _D.fullmatch(written):
        return _d_moment(written, found)
    if _CLOCK.fullmatch(written):
        raise ValueError(
            f"'{written}' does not say which day: write 'D0 {written}' for the day of T0, or 'D-1 {written}' for the day before"
        )
    raise ValueError(f"'{written[:40]}' is not a moment: {_SHAPES}")


def _t_moment(written: str, found: re.Match[str]) -> Moment:
    if found[1] is None:
        return Moment(offset=timedelta(0))
    try:
        span = parse_duration(found[2])
    except ValueError as wrong:
        raise ValueError(f"the moment '{written[:40]}' cannot be read: {wrong}") from None
    return Moment(offset=-span if found[1] == "-" else span)


def _d_moment(written: str, found: re.Match[str]) -> Moment:
    sign, digits, clock = found[1], found[2], found[3]
    days = int(digits or 0)
    if (digits is None) != (sign is None) and days:
        raise ValueError(f"'{written}' does not say whether before or after: write 'D-{days}' or 'D+{days}'")
    if (sign is not None and digits is None) or days > FARTHEST_DAYS:
        raise ValueError(f"'{written}' is not a moment: {_SHAPES}")
    return Moment(days=-days if sign == "-" else days, clock=None if clock is None else parse_clock(clock))


def parse_clock(text: str) -> time:
    """'14:00' or '8:00'. Raises ValueError with one sentence."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"'{text.strip()[:40]}' is not a clock time: write it from 00:00 to 23:59, like '14:00'"
        )
    return time(int(found[1]), int(found[2]))


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)


# ------------------------------------------------------------------------------------------------- when it begins


def parse_start(text: str | None, plan_t0: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """T0 in UTC from what stands behind `at=`; clock times without an offset are in `zone`.

    '2025-10-22 14:00', '2025-10-22T14:00Z', '2025-10-22' (at `plan_t0`), '14:00' (today while it is ahead, else tomorrow),
    'tomorrow 14:00', '+2h', 'now'. None: the next time it is `plan_t0` ('HH:MM'), or `now` when the plan has none.
    Raises ValueError with one sentence.
    """
    return read_start(text, plan_t0, zone, now).at


def read_start(text: str | None, plan_t0: str | None, zone: ZoneInfo, now: datetime) -> Resolved:
    """As `parse_start`, with the note on a clock time that does not exist or exists twice on that day."""
    start, written = any_start(text, plan_t0, zone, now), (text or "").strip()
    if written and abs(start.at - now) > FARTHEST_START:
        raise ValueError(f"'{written[:40]}' is more than a year away: check the date, then say it again")
    return start


def any_start(text: str | None, plan_t0: str | None, zone: ZoneInfo, now: datetime) -> Resolved:
    """As `read_start`, however far away it is: nothing begins there, somebody only wants to know how it would be."""
    clock = None if plan_t0 is None else parse_clock(plan_t0)
    written = (text or "").strip()
    if not written:
        return Resolved(now.astimezone(UTC)) if clock is None else _next(clock, zone, now)
    return _start(written, clock, zone, now)


def _start(written: str, clock: time | None, zone: ZoneInfo, now: datetime) -> Resolved:
    lowered = written.lower()
    if lowered in ("now", "지금"):
        return Resolved(now.astimezone(UTC))
    if lowered.startswith("+"):
        try:
            return Resolved(now.astimezone(UTC) + parse_duration(written[1:]))
        except ValueError:
            raise ValueError(f"'{written[:40]}' is not a start: {_START_SHAPES}") from None
    if _CLOCK.fullmatch(written):
        return _next(parse_clock(written), zone, now)
    word, _, rest = lowered.partition(" ")
    ahead = {"today": 0, "오늘": 0, "tomorrow": 1, "내일": 1}.get(word)
    if ahead is not None:
        day = now.astimezone(zone).date() + timedelta(days=ahead)
        return local(day, _clock_or_plan(rest, clock, written), zone)
    if found := _DAY.fullmatch(written):
        return _dated(written, found, clock, zone)
    raise ValueError(f"'{written[:40]}' is not a start: {_START_SHAPES}")


def _next(clock: time, zone: ZoneInfo, now: datetime) -> Resolved:
    today = now.astimezone(zone).date()
    found = local(today, clock, zone)
    return found if found.at >= now else local(today + timedelta(days=1), clock, zone)


def _dated(written: str, found: re.Match[str], clock: time | None, zone: ZoneInfo) -> Resolved:
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueError(
            f"'{written[:40]}' is not a day of the calendar: write it like '2025-10-22 14:00'"
        ) from None
    if not 2000 <= day.year <= 2999:
        raise ValueError(f"'{written[:40]}' is more than a year away: check the date, then say it again")
    rest = (found[4] or "").strip()
    if offset := re.search(r"\s*(?:[Zz]|UTC|utc|[+-][0-9]{2}:?[0-9]{2})$", rest):
        wall = parse_clock(re.sub(r"^([0-9:]{5}):00$", r"\1", rest[: offset.start()]))
        return Resolved(datetime.combine(day, wall, UTC) - _utc_offset(offset[0].strip(), written))
    return local(day, _clock_or_plan(rest, clock, written), zone)


def _utc_offset(text: str, written: str) -> timedelta:
    if text[0] not in "+-":
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError(
            f"'{written[:40]}' has no real offset from UTC: write it like '2025-10-22T14:00+09:00'"
        )
    return (1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes)


def _clock_or_plan(text: str, clock: time | None, written: str) -> time:
    if text.strip():
        return parse_clock(text)
    if clock is None:
        raise ValueError(
            f"'{written[:40]}' has no clock time, and the plan has no t0: write it like '{written[:40]} 14:00'"
        )
    return clock


# ---------------------------------------------------------------------------------------------- as a field of the models


def _read_moment(raw: Any) -> Moment:
    if isinstance(raw, Moment):
        return raw
    if isinstance(raw, str):
        return parse_moment(raw)
    raise ValueError(f"a moment belongs here: {_SHAPES}")


MomentField = Annotated[
    Moment,
    PlainValidator(_read_moment),
    PlainSerializer(lambda moment: moment.text, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*([Tt]\s*(0|[+-].+)?|[Dd]\s*([+-]?\s*[0-9]{1,5})?(\s+([01]?[0-9]|2[0-3]):[0-5][0-9])?)\s*$",
            "description": "A moment relative to T0 ('T-2h'), or on a day relative to T0's date ('D-1 14:00').",
            "examples": ["T0", "T-2h", "T+45m", "D-1 14:00", "D+1"],
        }
    ),
]

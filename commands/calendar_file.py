"""A timeline as an iCalendar file (RFC 5545), for people's calendars. Pure: the same points make the same bytes.

UIDs are derived from what a moment is, so that importing a later file moves what has moved; SEQUENCE counts how often T0 was
moved. The format itself (folding, escaping, octets) is the library's work. It must not know how a file gets to people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from commands.timetable import Timetable
from core.timeline import Point, key_of

PRODUCT = "-//Deploy Captain//timeline//EN"
ALARM = timedelta(minutes=15)
"""A decision is announced so long before."""


@dataclass(frozen=True)
class Origin:
    """Whose timeline it is: `prefix` begins every UID and never changes for a plan or deployment; `name` is what people read;
    `stamp` (aware) is when the file was made."""

    prefix: str
    name: str
    stamp: datetime
    sequence: int = 0


def calendar_file(points: Iterable[Point], table: Timetable, origin: Origin) -> bytes:
    """The file, in UTF-8: every moment that has a time and at which somebody is needed, and T0, phases, reviews, ends."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", origin.name)
    for point in points:
        if point.at is not None and worth_an_entry(point):
            calendar.add_component(_event(point, point.at, table, origin))
    return bytes(calendar.to_ical())


def worth_an_entry(point: Point) -> bool:
    """What only the bot does fills nobody's calendar."""
    return point.needs_people or point.what in ("t0", "phase", "review", "watch-end")


def _event(point: Point, at: datetime, table: Timetable, origin: Origin) -> Event:
    event = Event()
    event.add("uid", f"{origin.prefix}/{key_of(point)}@deploy-captain")
    event.add("dtstamp", origin.stamp.astimezone(UTC))
    event.add("dtstart", at.astimezone(UTC))
    if point.until is not None and point.until > at:
        event.add("dtend", point.until.astimezone(UTC))
    else:
        event.add("transp", "TRANSPARENT")  # a moment keeps nobody busy
    event.add("sequence", origin.sequence)
    event.add("status", "TENTATIVE" if point.about else "CONFIRMED")
    event.add("summary", f"{origin.name}: {table.what(point)}")
    event.add("description", table.line(point))
    if point.what in ("decision", "verdict"):
        event.add_component(_alarm(table.what(point)))
    return event


def _alarm(text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -ALARM)
    return alarm

"""Times as people write them over a section: 'D-7', 'T-2h', 'T-60 minutes', '14:00', '2025-10-19 08:00 UTC', '48시간 전', '1주차', 'Day 1'.

A `When` is a part of a moment; the parts of nested headings are put together, the inner over the outer. It must not know the present:
dates are held against the day of the deployment, which the document names or does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta

from core.importing.phrases import halfwidth
from core.plan.moments import FARTHEST_DAYS, Moment

LONGEST = 300
"""Characters of a heading that are searched."""
MONTH_DAYS = 30
_MOST = timedelta(days=FARTHEST_DAYS)

_UNITS = {
    **dict.fromkeys(("d", "day", "days", "일"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks", "주", "주일"), timedelta(weeks=1)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "시간"), timedelta(hours=1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "분"), timedelta(minutes=1)),
    **dict.fromkeys(("month", "months", "개월", "달"), timedelta(days=MONTH_DAYS)),
}
_SPAN = r"([0-9]{1,4})\s*(days?|weeks?|hours?|hrs?|hr|minutes?|mins?|months?|일|주일|주|시간|분|개월|달|[dwhm])(?![A-Za-z0-9])"
_T = re.compile(
    rf"(?<![A-Za-z0-9])[Tt]\s*([+\-−–])\s*{_SPAN}(?:\s*([0-9]{{1,2}})\s*(?:m|min|분)(?![A-Za-z]))?"
)
_T0 = re.compile(r"(?<![A-Za-z0-9])T\s*[-+]?\s*0(?![0-9])")
_T_SHORT = re.compile(r"(?<![A-Za-z0-9])T\s*([+\-−–])\s*([0-9]{1,3})h([0-9]{1,2})m(?![A-Za-z0-9])")
_D = re.compile(r"(?<![A-Za-z0-9])D\s*([+\-−–])\s*([0-9]{1,4})(?![0-9])")
_D0 = re.compile(
    r"(?<![A-Za-z0-9])D-?\s?day(?![A-Za-z])|배포 당일|당일|(?:deployment|deploy|release|launch|go-live) day|day of (?:the )?(?:deployment|release|launch)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"{_SPAN}\s*(?:전(?!체)|before|prior|earlier)|(?:before|배포)\s+{_SPAN}\s*전", re.IGNORECASE
)
_AFTER = re.compile(
    rf"{_SPAN}\s*(?:후(?!보)|뒤|after|later)|(?:배포|릴리스|출시)\s*후\s*{_SPAN}", re.IGNORECASE
)
_NTH = re.compile(
    r"([0-9]{1,3})\s*(일|주|개월)\s*차|(?<![A-Za-z])(day|week|month)\s+([0-9]{1,3})(?![0-9])", re.IGNORECASE
)
_A_WEEK = re.compile(r"(?:일주일|1주일)\s*전|(?:a|one) week before", re.IGNORECASE)
_NEXT_DAY = re.compile(r"익일|다음\s?날|(?:the )?(?:next day|day after)", re.IGNORECASE)
_DATE = re.compile(r"(?<![0-9])(20[0-9]{2})\s*[-./년]\s*([01]?[0-9])\s*[-./월]\s*([0-3]?[0-9])(?![0-9])")
_CLOCK = re.compile(
    r"(?<![0-9:.])([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?(?!:?[0-9])(?:\s*([AaPp])\.?[Mm])?"
)
_HOUR = re.compile(
    r"(?:(오전|오후)\s*([0-9]{1,2})\s*시(?:\s*([0-9]{1,2})\s*분)?)|(?<![0-9:])([0-9]{1,2})\s*([AaPp])[Mm](?![A-Za-z])"
)
_DIGIT = re.compile(r"[0-9]")
ZONES = {
    **dict.fromkeys(("UTC", "GMT"), "UTC"),
    **dict.fromkeys(("KST", "한국 시간", "한국시간", "서울 시간", "서울시간"), "Asia/Seoul"),
    "JST": "Asia/Tokyo",
    **dict.fromkeys(("CET", "CEST"), "Europe/Berlin"),
}
_BESIDE_A_CLOCK = {
    **dict.fromkeys(("PST", "PDT"), "America/Los_Angeles"),
    **dict.fromkeys(("MST", "MDT"), "America/Denver"),
    **dict.fromkeys(("EST", "EDT"), "America/New_York"),
    **dict.fromkeys(("AEST", "AEDT"), "Australia/Sydney"),
    "SGT": "Asia/Singapore",
    "HKT": "Asia/Hong_Kong",
    "BST": "Europe/London",
}
"""Short names that mean other things too, so that they count only behind a clock time. CST and IST are several zones. Where clocks
are changed, the name of either half of the year is the place."""
_PLACES = {place: place for place in (*ZONES.values(), *_BESIDE_A_CLOCK.values())}
_NAMED = {**ZONES, **_BESIDE_A_CLOCK, **_PLACES}
_names = "|".join(sorted(_NAMED, key=len, reverse=True))
_ZONE = re.compile(
    rf"(?<![A-Za-z])(?:(?:UTC|GMT)(?P<ahead>[+\-−–][0-9]{{1,2}})(?::?(?P<minutes>[0-9]{{2}}))?(?![0-9:]|\s*(?:{_names}))|(?P<name>{_names})(?![A-Za-z/]))"
)
_CLOCK_BEFORE = re.compile(r"[0-9](?:\s?[AaPp]\.?[Mm]\.?)?\s?\(?$")


@dataclass(frozen=True)
class When:
    """What a text says about a time: at most an offset from T0, or a day (counted from D0, or a date) and a clock."""

    offset: timedelta | None = None
    days: int | None = None
    on: date | None = None
    clock: time | None = None
    ahead: int | None = None
    """'3 days before' beside a date: how many days that date lies from D0."""

    @property
    def says(self) -> bool:
        return (self.offset, self.days, self.on, self.clock) != (None, None, None, None)

    def inside(self, outer: When) -> When:
        """This, where it stands under `outer`."""
        if self.offset is not None or self.days is not None or self.on is not None:
            return self
        if self.clock is not None:
            return When(days=outer.days, on=outer.on, clock=self.clock)
        return outer


def when(text: str) -> When:
    """What a heading or label says. The first time of a stretch ('D-7 ~ D-1', '13:00-13:50') counts."""
    text = halfwidth(text[:LONGEST])
    if (
        not _DIGIT.search(text)
        and not _D0.search(text)
        and not _A_WEEK.search(text)
        and not _NEXT_DAY.search(text)
    ):
        return When()
    day = _date(text)
    clock = _clock(text)
    if day is not None:
        return When(on=day, clock=clock, ahead=_ahead(text))
    relative = _relative(text)
    if relative is not None and relative.offset is not None:
        return relative
    if relative is not None:
        return When(days=relative.days, clock=clock)
    return When(clock=clock)


def _relative(text: str) -> When | None:
    """The distance a text names first."""
    found = sorted(
        ((match.start(), number, match) for number, (pattern, _) in enumerate(_RELATIVE) if (match := pattern.search(text))),
        key=lambda one: one[:2],
    )  # fmt: skip
    for _, number, match in found:
        if (said := _RELATIVE[number][1](match)) is not None:
            return said
    return None


def _ahead(text: str) -> int | None:
    """Beside a date: how many days it lies before ('-') or behind the deployment."""
    for pattern in (_D, _BEFORE):
        if match := pattern.search(text):
            said = _days_of(match) if pattern is _D else _distance("-", match)
            return said.days if said is not None else None
    return 0 if re.search(r"D-?\s?day|당일", text, re.IGNORECASE) else None


def _nth(found: re.Match[str]) -> When | None:
    """'1주차', 'Week 2': counted from the deployment, so many whole days, weeks or months on."""
    if re.search(r"전|before", found.string):
        return None
    count, unit = int(found[1] or found[4]), (found[2] or found[3]).lower()
    return _day(count * {"일": 1, "day": 1, "주": 7, "week": 7}.get(unit, MONTH_DAYS))


def _distance(sign: str, found: re.Match[str]) -> When | None:
    count, unit = int(found[1] or found[3]), (found[2] or found[4]).lower()
    span = count * _unit(unit)
    if _unit(unit) >= timedelta(days=1):
        return _day((1 if sign == "+" else -1) * span.days)
    return _offset(sign, span)


def _unit(name: str) -> timedelta:
    return _UNITS[name.lower()]


def _offset(sign: str, span: timedelta) -> When | None:
    return None if span > _MOST else When(offset=span if sign == "+" else -span)


def _day(days: int) -> When | None:
    return None if abs(days) > FARTHEST_DAYS else When(days=days)


def _date(text: str) -> date | None:
    found = _DATE.search(text)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    if found := _CLOCK.search(text):
        return _of_day(int(found[1]), int(found[2]), (found[3] or "").lower())
    if found := _HOUR.search(text):
        half = {"오전": "a", "오후": "p"}.get(found[1] or "", (found[5] or "").lower())
        return _of_day(int(found[2] or found[4]), int(found[3] or 0), half)
    return None


def _of_day(hour: int, minute: int, half: str) -> time | None:
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def zone_in(text: str) -> str:
    """The time zone a line names ('KST', 'UTC+9', 'Asia/Seoul'), or ''."""
    said = halfwidth(text[:LONGEST])
    for found in _ZONE.finditer(said):
        name = found["name"]
        if name is None:
            return _counted(int(re.sub("[−–]", "-", found["ahead"])), found["minutes"] or "00")
        if name not in _BESIDE_A_CLOCK or _CLOCK_BEFORE.search(said[: found.start()]):
            return _NAMED[name]
    return ""


def _counted(hours: int, minutes: str) -> str:
    """The zone that is so many whole hours ahead of UTC; these zones count to the west. '' for any other distance."""
    if minutes != "00" or not -12 <= hours <= 14:
        return ""
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def _days_of(found: re.Match[str]) -> When | None:
    return _day(int(found[2]) * (1 if found[1] == "+" else -1))


_RELATIVE: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], When | None]], ...] = (
    (_T_SHORT, lambda found: _offset(found[1], timedelta(hours=int(found[2]), minutes=int(found[3])))),
    (_T, lambda found: _offset(found[1], int(found[2]) * _unit(found[3]) + timedelta(minutes=int(found[4] or 0)))),
    (_T0, lambda found: When(offset=timedelta(0))),
    (_D, _days_of),
    (_A_WEEK, lambda found: _day(-7)),
    (_NEXT_DAY, lambda found: _day(1)),
    (_BEFORE, lambda found: _distance("-", found)),
    (_AFTER, lambda found: _distance("+", found)),
    (_D0, lambda found: When(days=0)),
    (_NTH, _nth),
)  # fmt: skip
"""How distances are written, and what each says; of two at the same place the earlier of this list counts."""

_LABEL = re.compile(r"배포|릴리스|출시|오픈|deploy|release|launch|go-?live|cut-?over|rollout", re.IGNORECASE)
_NOT_IT = re.compile(
    r"작성|업데이트|수정|갱신|테스트|검토|리뷰|버전|updated|created|written|revis|test|review|\bversion",
    re.IGNORECASE,
)


def names_day(text: str) -> tuple[int, date] | None:
    """The date of the deployment a line names, with a rank (0 is surest): 'D-1: 2025-10-21', '배포 날짜: 2025-10-22'."""
    found = when(text)
    if found.on is None:
        return None
    if found.ahead is not None:
        return 0, found.on - timedelta(days=found.ahead)
    if _NOT_IT.search(text[:LONGEST]) or not _LABEL.search(text[:LONGEST]):
        return None
    return (1 if re.match(r"[^:：]{1,30}[:：]", text) else 2), found.on


def names_clock(text: str) -> tuple[int, time] | None:
    """The clock time of T0 a line names, with a rank: '배포 시간: 14:00 - 17:00 UTC'."""
    found = when(text)
    if found.clock is None or not _LABEL.search(text[:LONGEST]) or _NOT_IT.search(text[:LONGEST]):
        return None
    if re.search(
        r"준비|(?<!오)전 |예정 공지|before|prepar|회의|리허설|meeting|rehears", text[:LONGEST], re.IGNORECASE
    ):
        return None
    labelled = re.match(r"[^:：=0-9]{1,30}[:：=]", text) is not None
    return (
        0 if labelled and re.search(r"시간|시각|time", text[:30], re.IGNORECASE) else 1 if labelled else 2
    ), found.clock


def moment(found: When, day: date | None) -> Moment | None:
    """As a plan's moment. None when it says nothing, or a date and nobody knows on which day the deployment is."""
    if found.offset is not None:
        return Moment(offset=found.offset)
    if found.on is not None:
        if day is None or abs((found.on - day).days) > FARTHEST_DAYS:
            return None
        return Moment(days=(found.on - day).days, clock=found.clock)
    if found.days is not None or found.clock is not None:
        return Moment(days=found.days or 0, clock=found.clock)
    return None


def written(found: When, day: date | None) -> str:
    """As text: a plan's moment where it is one, else the date as it stands, or ''."""
    if (at := moment(found, day)) is not None:
        return at.text
    if found.on is not None:
        return f"{found.on.isoformat()}{f' {found.clock:%H:%M}' if found.clock else ''}"
    return ""

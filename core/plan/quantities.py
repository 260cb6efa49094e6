"""The figures people write in a plan or a command: '15m', '< 0.5 %', '1%/h'. Text in, a value with its unit out.

A figure without its unit is refused wherever it could mean two things: a gate that reads seconds as milliseconds is worse
than a plan that does not load. Every refusal is one sentence that shows how to write it.
It must not know what a figure is compared with: that a limit suits its metric is checked in `core.plan.references`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

LONGEST = timedelta(days=3660)
"""Ten years: longer is a slip of the finger, and would overflow the calendar further on."""

# Longest unit first, and the order in which a duration names them.
_SECONDS: dict[str, int | Decimal] = {
    "w": 604_800,
    "d": 86_400,
    "h": 3_600,
    "m": 60,
    "s": 1,
    "ms": Decimal("0.001"),
}
_DURATION_NAMES = {
    **{name: name for name in _SECONDS},
    **dict.fromkeys(("week", "weeks", "주"), "w"),
    **dict.fromkeys(("day", "days", "일"), "d"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "시간"), "h"),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "분"), "m"),
    **dict.fromkeys(("sec", "secs", "second", "seconds", "초"), "s"),
}
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z가-힣]+)\s*", re.ASCII)

_LIMIT_NAMES = {
    "": "",
    "%": "%",
    **dict.fromkeys(("us", "µs", "μs"), "us"),  # the micro sign and the Greek letter look alike
    "ms": "ms",
    **dict.fromkeys(("s", "sec", "second", "seconds", "초"), "s"),
    **dict.fromkeys(("m", "min", "minute", "minutes", "분"), "min"),
    **dict.fromkeys(("/s", "/sec", "rps", "req/s"), "/s"),
}
_IN_MS = {"us": Decimal("0.001"), "ms": Decimal(1), "s": Decimal(1000), "min": Decimal(60_000)}
_EXAMPLES = {"%": "1%", "ms": "500 ms", "s": "0.5 s", "/s": "100/s"}
_COMPARATOR = re.compile(r"^(?:<=|>=|<|>|≤|≥)\s*")
_NUMBER = r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_LIMIT = re.compile(rf"({_NUMBER})\s*([%a-zµμ/가-힣]*)")
_GROWTH = re.compile(rf"({_NUMBER})\s*([%a-zµμ가-힣]*)\s*(?:/\s*(?:h|hr|hour|시간)|\s+per\s+hour)")


def parse_duration(text: str) -> timedelta:
    """A length of time: '15m', '1h30m', '1.5h', '2d', '90s', '250ms', '1시간 30분'.

    Units come largest first, each once. Raises ValueError with one sentence (no unit, unknown unit, negative, over ten years).
    """
    written = text.strip()
    rest = written.lower()
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", rest):
        raise ValueError(
            f"'{written}' has no unit: write '{written}m' for minutes, '{written}s' for seconds, '{written}h' for hours"
        )
    seconds, units = Decimal(0), list(_SECONDS)
    while rest:
        part = _DURATION_PART.match(rest)
        unit = _DURATION_NAMES.get(part[2]) if part else None
        if part is None or unit is None:
            raise ValueError(
                f"'{_short(written)}' is not a length of time: write it like '90s', '15m', '1h30m' or '2d'"
            )
        if unit not in units:
            raise ValueError(
                f"'{_short(written)}' names its units twice or out of order: write the largest first, like '1h30m'"
            )
        units = units[units.index(unit) + 1 :]
        seconds += Decimal(part[1]) * _SECONDS[unit]
        rest = rest[part.end() :]
    if not written:
        raise ValueError("a length of time is missing: write it like '90s', '15m', '1h30m' or '2d'")
    if seconds > int(LONGEST.total_seconds()):
        raise ValueError(f"'{_short(written)}' is longer than ten years: write a shorter time")
    return timedelta(microseconds=int((seconds * 1_000_000).to_integral_value()))


def show_duration(span: timedelta) -> str:
    """'1h 30m', '2d', '0s', '0.25s'. `parse_duration` reads it back to the same span when the span is not negative."""
    if span < timedelta(0):
        return "-" + show_duration(-span)
    minutes, seconds = divmod(span, timedelta(minutes=1))
    days, within_day = divmod(minutes, 24 * 60)
    hours, minutes = divmod(within_day, 60)
    tail = figure(seconds / timedelta(seconds=1))
    parts = [f"{count}{unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if count]
    return " ".join([*parts, f"{tail}s"] if seconds or not parts else parts)


def figure(value: float) -> str:
    """The number as people write it, without an exponent and without a needless '.0': 0.5, 1000, 33.79."""
    text = format(Decimal(repr(float(value))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Limit:
    """A figure with its unit: '%', 'us', 'ms', 's', 'min', '/s' or '' (a plain number)."""

    value: float
    unit: str

    @property
    def text(self) -> str:
        """'1 %', '500 ms', '100'."""
        return f"{figure(self.value)} {self.unit}".strip()

    def in_unit(self, unit: str) -> float:
        """The value in `unit`. Times convert into each other; anything else must be the same unit, or ValueError says so."""
        if unit == self.unit:
            return self.value
        if unit in _IN_MS and self.unit in _IN_MS:
            return float(Decimal(repr(self.value)) * _IN_MS[self.unit] / _IN_MS[unit])
        example = f"{figure(self.value)} {unit}" if not self.unit else _EXAMPLES.get(unit, f"5 {unit}")
        wanted = (
            f"in {unit}: write it like '{example}'" if unit else "a plain number: write it without a unit"
        )
        have = f"in {self.unit}" if self.unit else "a plain number"
        raise ValueError(f"the limit {self.text} is {have}, but the metric is {wanted}")


def parse_limit(text: str) -> Limit:
    """A limit as people write it, with or without its comparison sign: '1%', '< 0.5 %', '500ms', '> 100', '1,000 ms', '100 rps'.

    The sign is dropped: which side is good is said by the key it stands under. Raises ValueError with one sentence.
    """
    written = text.strip()
    found = _LIMIT.fullmatch(_COMPARATOR.sub("", written).lower())
    unit = _LIMIT_NAMES.get(found[2]) if found else None
    if found is None or unit is None:
        raise ValueError(
            f"'{_short(written)}' is not a limit: write a figure with its unit, like '1%', '500ms', '0.8s' or '100/s'"
        )
    return Limit(_number(found[1], written), unit)


@dataclass(frozen=True)
class Growth:
    """How fast a value may rise, in `unit` per hour."""

    value: float
    unit: str

    @property
    def text(self) -> str:
        """'1 %/h', '20 ms/h', '5/h'."""
        return f"{figure(self.value)} {self.unit}/h" if self.unit else f"{figure(self.value)}/h"

    def in_unit(self, unit: str) -> float:
        """The rise in `unit` per hour; as `Limit.in_unit` converts."""
        return Limit(self.value, self.unit).in_unit(unit)


def parse_growth(text: str) -> Growth:
    """A rise per hour: '1%/h', '20 ms/h', '5/h', '1 % per hour'. Raises ValueError with one sentence."""
    written = text.strip()
    found = _GROWTH.fullmatch(written.lower())
    unit = _LIMIT_NAMES.get(found[2]) if found else None
    if found is None or unit is None:
        raise ValueError(f"'{_short(written)}' is not a growth: write it per hour, like '1%/h'")
    return Growth(_number(found[1], written), unit)


def parse_percent(text: str) -> float:
    """A share from 0 to 100: '5%', '99.95 %', '5'. Raises ValueError with one sentence."""
    limit = parse_limit(text)
    if limit.unit not in ("%", "") or not 0 <= limit.value <= 100:
        raise ValueError(
            f"'{_short(text.strip())}' is not a share: write a percentage from 0 to 100, like '5%'"
        )
    return limit.value


def _number(text: str, written: str) -> float:
    value = float(text.replace(",", ""))
    if not math.isfinite(value):
        raise ValueError(f"'{_short(written)}' is too large a number: write a smaller one")
    return value


def _short(text: str) -> str:
    """A refusal quotes what was written, but never a page of it."""
    return text if len(text) <= 60 else text[:57] + "..."


# ------------------------------------------------------------------------------------------- as fields of the models


def _read_duration(raw: Any) -> timedelta:
    if isinstance(raw, timedelta):
        return raw
    if isinstance(raw, str | int | float) and not isinstance(raw, bool):
        return parse_duration(str(raw))
    raise ValueError("a length of time belongs here: write it like '90s', '15m', '1h30m' or '2d'")


def _read_below(raw: Any) -> Limit:
    return _read_limit(raw, "below", "<≤")


def _read_above(raw: Any) -> Limit:
    return _read_limit(raw, "above", ">≥")


def _read_limit(raw: Any, key: str, signs: str) -> Limit:
    """A figure, with or without the sign that its key already says ('below: < 1%'); the other sign would contradict it."""
    if isinstance(raw, Limit):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueError("a limit belongs here: write a figure with its unit, like '1%', '500ms' or '100/s'")
    text = raw if isinstance(raw, str) else _plain_number(raw)
    if _COMPARATOR.match(text.strip()) and text.strip()[0] not in signs:
        other = "above" if key == "below" else "below"
        raise ValueError(
            f"'{_short(text)}' contradicts its key: behind '{key}' write the figure alone, or use '{other}'"
        )
    return parse_limit(text)


def _read_growth(raw: Any) -> Growth:
    if isinstance(raw, Growth):
        return raw
    if isinstance(raw, str):
        return parse_growth(raw)
    raise ValueError("a growth belongs here: write it per hour, like '1%/h'")


def _read_band(raw: Any) -> float:
    """A band around a value: '20%' as 0.2. A bare number could be either, so it is refused."""
    if isinstance(raw, str) and raw.strip().endswith("%") and (percent := parse_percent(raw)) > 0:
        return percent / 100
    raise ValueError("a band belongs here: write a percentage above 0, like '20%'")


def _read_percent(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueError("a share belongs here: write a percentage from 0 to 100, like '95%'")
    return parse_percent(raw if isinstance(raw, str) else _plain_number(raw))


def _plain_number(raw: float) -> str:
    try:
        value = float(raw)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise ValueError("this number cannot be compared with anything: write a finite figure")
    return figure(value)


_DURATION_SCHEMA = {
    "type": "string",
    "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s*[A-Za-z가-힣]+\s*)+$",
    "description": "A length of time with its unit.",
    "examples": ["90s", "15m", "1h30m", "2d"],
}
_LIMIT_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": r"^\s*([<>≤≥]=?\s*)?[-+]?[0-9][0-9,.]*\s*[%A-Za-zµμ/가-힣]*\s*$"},
        {"type": "number"},
    ],
    "description": "A figure with its unit; a plain number only for a metric without a unit.",
    "examples": ["1%", "500ms", "0.8s", "100/s"],
}
_GROWTH_SCHEMA = {
    "type": "string",
    "pattern": r"^\s*[-+]?[0-9][0-9,.]*\s*[%A-Za-zµμ가-힣]*\s*(/|per)\s*(h|hr|hour|시간)\s*$",
    "description": "A rise per hour.",
    "examples": ["1%/h"],
}

DurationField = Annotated[
    timedelta,
    PlainValidator(_read_duration),
    PlainSerializer(show_duration, return_type=str),
    WithJsonSchema(_DURATION_SCHEMA),
]
BelowField = Annotated[
    Limit,
    PlainValidator(_read_below),
    PlainSerializer(lambda limit: limit.text, return_type=str),
    WithJsonSchema(_LIMIT_SCHEMA),
]
AboveField = Annotated[
    Limit,
    PlainValidator(_read_above),
    PlainSerializer(lambda limit: limit.text, return_type=str),
    WithJsonSchema(_LIMIT_SCHEMA),
]
GrowthField = Annotated[
    Growth,
    PlainValidator(_read_growth),
    PlainSerializer(lambda growth: growth.text, return_type=str),
    WithJsonSchema(_GROWTH_SCHEMA),
]
PercentField = Annotated[
    float,
    PlainValidator(_read_percent),
    PlainSerializer(lambda share: f"{figure(share)}%", return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*[0-9][0-9.]*\s*%?\s*$"},
                {"type": "number", "minimum": 0, "maximum": 100},
            ],
            "examples": ["95%"],
        }
    ),
]
BandField = Annotated[
    float,
    PlainValidator(_read_band),
    PlainSerializer(lambda band: f"{figure(band * 100)}%", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9][0-9.]*\s*%\s*$", "examples": ["20%"]}),
]

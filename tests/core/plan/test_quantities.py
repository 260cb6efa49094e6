"""Figures as people write them: what is read, what is refused and in which words, and that showing reads back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.plan.quantities import (
    Growth,
    Limit,
    figure,
    parse_duration,
    parse_growth,
    parse_limit,
    parse_percent,
    show_duration,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15m", 900), ("1h30m", 5400), ("1h 30m", 5400), ("90s", 90), ("2d", 172_800), ("0s", 0), ("1.5h", 5400), ("1w", 604_800),
        ("250ms", 0.25), (" 5 min ", 300), ("2 hours", 7200), ("15분", 900), ("1시간 30분", 5400), ("2일", 172_800), ("30초", 30), ("1H", 3600),
    ],
)  # fmt: skip
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("15", "write '15m' for minutes"),
        ("1.5", "has no unit"),
        ("", "is missing"),
        ("-5m", "is not a length of time"),
        ("5 parsecs", "write it like '90s'"),
        ("m5", "is not a length of time"),
        ("30m1h", "largest first"),
        ("1h1h", "twice"),
        ("9999d", "longer than ten years"),
        ("99999999999999999999999999h", "longer than ten years"),
        ("５m", "is not a length of time"),
        ("1e3s", "is not a length of time"),
    ],
)
def test_durations_are_refused_with_a_way_out(text: str, words: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_duration(text)
    assert words in str(refusal.value)


@settings(deadline=None)
@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3659)))
def test_a_shown_duration_reads_back(span: timedelta) -> None:
    assert parse_duration(show_duration(span)) == span
    assert parse_duration(show_duration(span).replace(" ", "")) == span


def test_durations_are_shown_as_people_say_them() -> None:
    shown = [
        show_duration(timedelta(seconds=seconds)) for seconds in (0, 45, 90, 3600, 5400, 90_000, 0.25, -300)
    ]
    assert shown == ["0s", "45s", "1m 30s", "1h", "1h 30m", "1d 1h", "0.25s", "-5m"]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("1%", Limit(1, "%")), ("< 0.5%", Limit(0.5, "%")), ("500ms", Limit(500, "ms")), ("> 100", Limit(100, "")), ("0.8s", Limit(0.8, "s")),
        ("1,000 ms", Limit(1000, "ms")), ("113,164/s", Limit(113_164, "/s")), ("≤ 99.95 %", Limit(99.95, "%")), ("33.79 us", Limit(33.79, "us")),
        ("33.79 µs", Limit(33.79, "us")), ("100 rps", Limit(100, "/s")), ("-5", Limit(-5, "")), (">=2 min", Limit(2, "min")),
    ],
)  # fmt: skip
def test_limits_are_read(text: str, limit: Limit) -> None:
    assert parse_limit(text) == limit


@pytest.mark.parametrize(
    "text", ["", "%", "fast", "1,00 ms", "1.000,5", "5 apples", "1%/h", "1e9", "nan", "inf", "1 % 2"]
)
def test_limits_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_limit(text)
    assert "write a figure with its unit" in str(refusal.value)


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(ValueError) as refusal:
        parse_limit("9" * 400 + "%")
    assert "too large" in str(refusal.value)
    assert len(str(refusal.value)) < 200


numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
units = st.sampled_from(["%", "us", "ms", "s", "min", "/s", ""])


@settings(deadline=None)
@given(numbers, units)
def test_a_shown_limit_reads_back(value: float, unit: str) -> None:
    assert parse_limit(Limit(value, unit).text) == Limit(value, unit)


@settings(deadline=None)
@given(numbers, units)
def test_a_shown_growth_reads_back(value: float, unit: str) -> None:
    growth = Growth(value, "" if unit == "/s" else unit)
    assert parse_growth(growth.text) == growth


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_seconds_and_milliseconds_are_the_same_time(thousandths: int) -> None:
    limit = Limit(thousandths / 1000, "s")
    assert limit.in_unit("ms") == pytest.approx(thousandths)
    assert Limit(float(thousandths), "ms").in_unit("s") == thousandths / 1000


def test_times_convert_exactly_and_nothing_else_does() -> None:
    assert Limit(0.8, "s").in_unit("ms") == 800
    assert Limit(500, "us").in_unit("ms") == 0.5
    assert Limit(2, "min").in_unit("s") == 120
    for limit, unit, words in [
        (Limit(5, "%"), "", "is in %, but the metric is a plain number"),
        (Limit(5, ""), "%", "write it like '5 %'"),
        (Limit(5, ""), "ms", "write it like '5 ms'"),
        (Limit(5, "%"), "ms", "write it like '500 ms'"),
        (Limit(5, "/s"), "s", "is in /s"),
    ]:
        with pytest.raises(ValueError) as refusal:
            limit.in_unit(unit)
        assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "growth"),
    [
        ("1%/h", Growth(1, "%")),
        ("1 %/hour", Growth(1, "%")),
        ("20 ms/h", Growth(20, "ms")),
        ("5/h", Growth(5, "")),
        ("1 % per hour", Growth(1, "%")),
        ("1%/시간", Growth(1, "%")),
    ],
)
def test_growths_are_read(text: str, growth: Growth) -> None:
    assert parse_growth(text) == growth


@pytest.mark.parametrize("text", ["1%", "1%/m", "1%/d", "/h", ""])
def test_growths_are_per_hour(text: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_growth(text)
    assert "per hour, like '1%/h'" in str(refusal.value)


def test_shares_are_from_0_to_100() -> None:
    assert [parse_percent(text) for text in ("5%", "99.95 %", "0", "100")] == [5, 99.95, 0, 100]
    for wrong in ("101%", "-1%", "5 ms"):
        with pytest.raises(ValueError) as refusal:
            parse_percent(wrong)
        assert "from 0 to 100" in str(refusal.value)


def test_figures_have_no_exponent_and_no_needless_zero() -> None:
    assert [figure(value) for value in (1.0, 0.5, 1000.0, 1e-7, 1e21)] == [
        "1",
        "0.5",
        "1000",
        "0.0000001",
        "1000000000000000000000",
    ]


def refusal_of(parser: Callable[[str], object], text: str) -> str | None:
    """The sentence a parser refuses with; None when it does not."""
    try:
        parser(text)
    except ValueError as refused:
        return str(refused)
    return None


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_a_parser(text: str) -> None:
    for parser in (parse_duration, parse_limit, parse_growth, parse_percent):
        refusal = refusal_of(parser, text)
        assert refusal is None or (refusal and len(refusal) < 250)

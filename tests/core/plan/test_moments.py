"""Moments and starts: what is read, and which instant it means where clocks are changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.plan.moments import Moment, local, parse_moment, parse_start

BERLIN, NEW_YORK, SEOUL = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Seoul")
T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)

zones = st.sampled_from([BERLIN, NEW_YORK, SEOUL, ZoneInfo("UTC")])
moments = st.one_of(
    st.integers(-5_000_000, 5_000_000).map(lambda seconds: Moment(offset=timedelta(seconds=seconds))),
    st.builds(
        Moment,
        days=st.integers(-3660, 3660),
        clock=st.one_of(st.none(), st.builds(time, st.integers(0, 23), st.integers(0, 59))),
    ),
)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("T0", Moment(offset=timedelta(0))), ("T-0", Moment(offset=timedelta(0))), ("T-2h", Moment(offset=-timedelta(hours=2))),
        ("T+45m", Moment(offset=timedelta(minutes=45))), ("t + 1h30m", Moment(offset=timedelta(minutes=90))), ("T-72h", Moment(offset=-timedelta(days=3))),
        ("T+7d", Moment(offset=timedelta(days=7))), ("D-1 14:00", Moment(days=-1, clock=time(14))), ("D0 13:45", Moment(days=0, clock=time(13, 45))),
        ("D+1 8:00", Moment(days=1, clock=time(8))), ("D+1", Moment(days=1)), ("D-7", Moment(days=-7)), ("d 09:00", Moment(days=0, clock=time(9))),
    ],
)  # fmt: skip
def test_moments_are_read(text: str, moment: Moment) -> None:
    assert parse_moment(text) == moment


def test_moments_are_shown_as_teams_write_them() -> None:
    written = [
        "T0",
        "T-2h",
        "T+45m",
        "T-72h",
        "T+7d",
        "T+1h30m",
        "D-1 14:00",
        "D0 13:45",
        "D+1 08:00",
        "D+1",
        "D0",
    ]
    assert [parse_moment(text).text for text in written] == written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("14:00", "write 'D0 14:00'"),
        ("D1 14:00", "write 'D-1' or 'D+1'"),
        ("D-1 25:00", "is not a clock time"),
        ("D-1 2pm", "is not a clock time"),
        ("T-2", "has no unit"),
        ("T-soon", "cannot be read"),
        ("tomorrow", "is not a moment"),
        ("D+99999", "is not a moment"),
        ("D+", "is not a moment"),
        ("", "write it like 'T-2h'"),
    ],
)
def test_moments_are_refused_with_a_way_out(text: str, words: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_moment(text)
    assert words in str(refusal.value)


@settings(deadline=None)
@given(moments)
def test_a_shown_moment_reads_back(moment: Moment) -> None:
    assert parse_moment(moment.text) == moment


@settings(deadline=None)
@given(moments, instants, zones)
def test_every_moment_has_an_instant_in_utc(moment: Moment, t0: datetime, zone: ZoneInfo) -> None:
    resolved = moment.resolve(t0, zone)
    assert resolved.at.utcoffset() == timedelta(0)
    if moment.days is None:
        assert resolved.at - t0 == moment.offset
        return
    wall = resolved.at.astimezone(zone)
    asked = datetime.combine(t0.astimezone(zone).date() + timedelta(days=moment.days), moment.clock or time())
    if resolved.note == "skipped":
        assert timedelta(0) < wall.replace(tzinfo=None) - asked <= timedelta(hours=2)
    else:
        assert wall.replace(tzinfo=None) == asked
        assert wall.fold == 0


@pytest.mark.parametrize(
    ("zone", "t0", "text", "at", "note"),
    [
        # Berlin's clocks jump from 02:00 to 03:00 on 2025-03-30, and go back from 03:00 to 02:00 on 2025-10-26.
        (BERLIN, datetime(2025, 3, 29, 12, tzinfo=UTC), "D+1 02:30", datetime(2025, 3, 30, 1, 30, tzinfo=UTC), "skipped"),
        (BERLIN, datetime(2025, 10, 25, 12, tzinfo=UTC), "D+1 02:30", datetime(2025, 10, 26, 0, 30, tzinfo=UTC), "twice"),
        (BERLIN, datetime(2025, 10, 25, 12, tzinfo=UTC), "D+1 14:00", datetime(2025, 10, 26, 13, 0, tzinfo=UTC), ""),
        (NEW_YORK, datetime(2025, 3, 8, 18, tzinfo=UTC), "D+1 02:15", datetime(2025, 3, 9, 7, 15, tzinfo=UTC), "skipped"),
        (NEW_YORK, datetime(2025, 11, 1, 18, tzinfo=UTC), "D+1 01:15", datetime(2025, 11, 2, 5, 15, tzinfo=UTC), "twice"),
        # It is already the 23rd in Seoul when it is 16:00 of the 22nd in UTC.
        (SEOUL, datetime(2025, 10, 22, 16, tzinfo=UTC), "D0 09:00", datetime(2025, 10, 23, 0, 0, tzinfo=UTC), ""),
        (SEOUL, datetime(2025, 10, 22, 16, tzinfo=UTC), "D+1", datetime(2025, 10, 23, 15, 0, tzinfo=UTC), ""),
        # Hours from T0 are hours, whatever the clocks do.
        (BERLIN, datetime(2025, 10, 25, 12, tzinfo=UTC), "T+24h", datetime(2025, 10, 26, 12, tzinfo=UTC), ""),
    ],
)  # fmt: skip
def test_where_clocks_are_changed(zone: ZoneInfo, t0: datetime, text: str, at: datetime, note: str) -> None:
    resolved = parse_moment(text).resolve(t0, zone)
    assert (resolved.at, resolved.note) == (at, note)


def test_a_whole_day_that_a_zone_left_out_moves_by_that_day() -> None:
    resolved = local(datetime(2011, 12, 30).date(), time(12), ZoneInfo("Pacific/Apia"))  # noqa: DTZ001  # only its date is used
    assert resolved.note == "skipped"
    assert resolved.at.astimezone(ZoneInfo("Pacific/Apia")).day == 31


# ------------------------------------------------------------------------------------------------------------- starts

NOW = datetime(2025, 10, 22, 11, 30, tzinfo=UTC)  # 13:30 in Berlin, 20:30 in Seoul


@pytest.mark.parametrize(
    ("text", "t0", "zone", "at"),
    [
        (None, None, BERLIN, NOW),
        ("", None, BERLIN, NOW),
        (None, "14:00", BERLIN, datetime(2025, 10, 22, 12, 0, tzinfo=UTC)),
        (None, "13:00", BERLIN, datetime(2025, 10, 23, 11, 0, tzinfo=UTC)),
        (None, "14:00", SEOUL, datetime(2025, 10, 23, 5, 0, tzinfo=UTC)),
        ("now", "14:00", BERLIN, NOW),
        ("지금", "14:00", BERLIN, NOW),
        ("+2h", "14:00", BERLIN, datetime(2025, 10, 22, 13, 30, tzinfo=UTC)),
        ("+90m", None, SEOUL, datetime(2025, 10, 22, 13, 0, tzinfo=UTC)),
        ("14:00", None, BERLIN, datetime(2025, 10, 22, 12, 0, tzinfo=UTC)),
        ("13:30", None, BERLIN, NOW),
        ("13:29", None, BERLIN, datetime(2025, 10, 23, 11, 29, tzinfo=UTC)),
        ("tomorrow 14:00", None, BERLIN, datetime(2025, 10, 23, 12, 0, tzinfo=UTC)),
        ("내일 14:00", None, SEOUL, datetime(2025, 10, 23, 5, 0, tzinfo=UTC)),
        ("tomorrow", "14:00", BERLIN, datetime(2025, 10, 23, 12, 0, tzinfo=UTC)),
        ("오늘 9:00", None, BERLIN, datetime(2025, 10, 22, 7, 0, tzinfo=UTC)),
        ("2025-10-22 14:00", None, BERLIN, datetime(2025, 10, 22, 12, 0, tzinfo=UTC)),
        ("2025-10-22", "14:00", BERLIN, datetime(2025, 10, 22, 12, 0, tzinfo=UTC)),
        ("2025-10-22T14:00Z", None, SEOUL, T0),
        ("2025-10-22 14:00 UTC", None, SEOUL, T0),
        ("2025-10-22T14:00:00Z", None, SEOUL, T0),
        ("2025-10-22T14:00", None, SEOUL, datetime(2025, 10, 22, 5, 0, tzinfo=UTC)),
        ("2025-10-22T23:00+09:00", None, BERLIN, T0),
        ("2025-10-22T09:30-0430", None, BERLIN, T0),
        ("2025-10-26 02:30", None, BERLIN, datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        ("2026-03-29 02:30", None, BERLIN, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_starts_are_read(text: str | None, t0: str | None, zone: ZoneInfo, at: datetime) -> None:
    assert parse_start(text, t0, zone, NOW) == at


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("soon", "write '2025-10-22 14:00'"),
        ("2025-10-22", "has no clock time"),
        ("tomorrow", "has no clock time"),
        ("2025-02-30 14:00", "is not a day of the calendar"),
        ("2025-10-22 2pm", "is not a clock time"),
        ("2025-10-22T14:00+99:00", "offset from UTC"),
        ("2052-10-22 14:00", "more than a year away"),
        ("1999-10-22 14:00", "more than a year away"),
        ("9999-12-31 23:59", "more than a year away"),
        ("+2", "is not a start"),
        ("+9000d", "is not a start"),
        ("+3000d", "more than a year away"),
        ("25:00", "is not a start"),
    ],
)
def test_starts_are_refused_with_a_way_out(text: str, words: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_start(text, None, BERLIN, NOW)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def refusal_of(reader: Callable[[], object]) -> str:
    """The sentence a reader refuses with; '' when it does not."""
    try:
        reader()
    except ValueError as refused:
        return str(refused)
    return ""


@settings(deadline=None)
@given(st.text(max_size=40), zones)
def test_no_text_breaks_the_readers(text: str, zone: ZoneInfo) -> None:
    refusal = refusal_of(lambda: parse_moment(text))
    assert refusal or parse_moment(parse_moment(text).text) == parse_moment(text)
    refusal = refusal_of(lambda: parse_start(text, "14:00", zone, NOW))
    assert refusal or parse_start(text, "14:00", zone, NOW).utcoffset() == timedelta(0)


DATES = st.from_regex(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[T ]?([0-9]{1,2}:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?", fullmatch=True
)


@settings(deadline=None)
@given(DATES, zones)
def test_no_date_breaks_the_reader(text: str, zone: ZoneInfo) -> None:
    refusal = refusal_of(lambda: parse_start(text, "14:00", zone, NOW))
    assert refusal or abs(parse_start(text, "14:00", zone, NOW) - NOW) <= timedelta(days=366)


@settings(deadline=None)
@given(instants, zones, st.builds(time, st.integers(0, 23), st.integers(0, 59)))
def test_without_a_word_the_start_is_the_next_such_time(now: datetime, zone: ZoneInfo, clock: time) -> None:
    start = parse_start(None, f"{clock:%H:%M}", zone, now)
    assert timedelta(0) <= start - now <= timedelta(hours=26)

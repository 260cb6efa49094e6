"""Growth of gauges: floors, the interval, when nothing can be said, and when something must."""

from __future__ import annotations

import math

import pytest
from streams import MEMORY, engine, walk

from core.verdict import growth
from core.verdict.growth import Block, Floor
from core.verdict.looks import Gauge, Pair
from core.verdict.settings import Metric, Settings

SETTINGS = Settings()
QUIET = Metric("memory", "gauge", limit=85.0, streak=2, noise=0.5)


def climbing(
    per_hour: float, hours: float, *, saw: float = 4.0, control: float | None = 0.0
) -> list[dict[str, Pair]]:
    """A look a minute at a gauge that saws with a period of 25 minutes and grows; control saws too, or is not there."""

    def level(minute: int, slope: float, phase: int) -> Gauge:
        return Gauge(60.0 + saw * ((minute + phase) % 25) / 25.0 + slope * minute / 60.0)

    return [
        {"memory": Pair(level(minute, per_hour, 0), None if control is None else level(minute, control, 11))}
        for minute in range(1, round(hours * 60) + 1)
    ]


def floors(*values: float) -> list[Floor]:
    return [Floor(0.5 + place / 3.0, value, None, value) for place, value in enumerate(values)]


def test_the_interval_is_robbins_mixture() -> None:
    # five floors 20 minutes apart on a line of 6/h: Sxx = 10/9; sigma 1: I = 10/9, a = 0.002
    # width = sqrt((I + 0.04)/I^2 * 2 ln(sqrt(1 + 25 I)/0.002)) = 3.837
    found = growth.growth(floors(60, 62, 64, 66, 68), 1.0, 0.002, SETTINGS)
    assert found is not None
    assert found.slope == pytest.approx(6.0)
    assert found.high - found.slope == pytest.approx(3.837, abs=1e-3)
    assert found.halves == pytest.approx((6.0, 6.0))
    assert growth.stops(found, SETTINGS)


def test_fewer_than_three_blocks_say_nothing() -> None:
    assert growth.growth(floors(60, 70), 0.1, 0.002, SETTINGS) is None


def test_scatter_widens_it_and_calm_never_narrows_it_under_the_history() -> None:
    calm = growth.growth(floors(60, 60, 60, 60, 60, 60), 1.0, 0.002, SETTINGS)
    wild = growth.growth(floors(60, 66, 58, 67, 57, 66), 1.0, 0.002, SETTINGS)
    assert calm is not None
    assert wild is not None
    assert (
        wild.high - wild.slope
        > calm.high - calm.slope
        == pytest.approx(growth._width(17.5 / 9.0, 0.002, 5.0))
    )


def test_a_block_closes_with_its_tenth_percentile_and_the_warm_up_is_skipped() -> None:
    values = tuple(float(value) for value in range(20, 0, -1))
    assert growth.close(Block(1, values), SETTINGS) is None
    closed = growth.close(Block(2, values, (5.0,)), SETTINGS)
    assert closed == Floor(at=2.5 / 3.0, canary=2.0, control=5.0, top=20.0)


def test_noise_of_a_straight_line_is_nothing_and_of_a_zigzag_its_height() -> None:
    assert growth.noise([float(value) for value in range(10)], SETTINGS) == pytest.approx(0.0)
    # +-1 alternating: every second difference is 4, 16/6 each
    assert growth.noise([1.0, -1.0] * 5, SETTINGS) == pytest.approx(math.sqrt(16 / 6))
    assert growth.noise([1.0] * 5, SETTINGS) is None


def test_sawteeth_do_not_grow() -> None:
    _, said = walk(engine(QUIET), climbing(0.0, 12.0), every=60.0)
    assert {one.word for one in said} == {"GO"}


def test_a_fast_leak_is_rolled_back_within_two_hours_and_twenty_minutes() -> None:
    _, said = walk(engine(QUIET), climbing(8.0, 3.0, control=None), every=60.0)
    first = next(one for one in said if one.word == "NO-GO")
    assert first.t <= 2.4 * 3600
    assert first.reasons[0].key == "growing-fast"


def test_a_slow_leak_is_watched_with_a_time_to_its_limit() -> None:
    _, said = walk(engine(QUIET), climbing(3.0, 3.0), every=60.0)
    assert "NO-GO" not in {one.word for one in said}
    last = said[-1].findings[0]
    assert said[-1].word == "OBSERVE"
    assert last.breach_in is not None
    earliest, latest = last.breach_in
    # from 64 + 3 * 3 = 73 at most, 12 points at 3/h are about 4 hours
    assert latest is not None
    assert earliest < 4.5 * 3600 < latest


def test_nothing_is_said_of_growth_before_three_blocks_after_the_warm_up() -> None:
    _, said = walk(engine(QUIET), climbing(30.0, 1.5), every=60.0)
    for one in said:
        keys = {reason.key for reason in one.reasons}
        if one.t < 100 * 60:
            assert not keys & {"growing", "growing-fast"}


def test_what_control_shares_is_not_growth() -> None:
    _, said = walk(engine(QUIET), climbing(3.0, 9.0, control=3.0), every=60.0)
    assert said[-1].findings[0].slope is not None
    assert said[-1].findings[0].slope[0] == pytest.approx(0.0, abs=0.2)


def test_a_level_keeps_its_streak_however_often_one_looks() -> None:
    high = [{"memory": Pair(Gauge(90.0), Gauge(60.0))}] * 6
    _, said = walk(engine(MEMORY), high, every=60.0)
    assert [one.word for one in said] == ["OBSERVE"] * 5 + ["NO-GO"]
    shared = [{"memory": Pair(Gauge(90.0), Gauge(88.0))}] * 12
    _, held = walk(engine(MEMORY), shared, every=60.0)
    assert {one.word for one in held} == {"OBSERVE"}
    assert held[-1].reasons[0].key == "level-shared"


def test_a_floor_is_broken_from_above() -> None:
    rps = Metric("rps", "gauge", limit=1.0, low_is_bad=True, streak=1)
    _, said = walk(engine(rps), [{"memory": Pair(), "rps": Pair(Gauge(value))} for value in (3.0, 1.0)])
    assert [one.word for one in said] == ["GO", "NO-GO"]
    assert said[0].findings[0].slope is None

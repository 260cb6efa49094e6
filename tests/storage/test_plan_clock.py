"""Two kinds of time, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from any_value import moments
from hypothesis import given
from hypothesis import strategies as st

from storage.clock import ManualClock, PlanClock, real_time, utcnow

REAL = datetime(2025, 10, 20, 9, 0, tzinfo=UTC)
PLAN = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)


def test_the_wall_clock_knows_its_zone() -> None:
    assert utcnow().utcoffset() == timedelta(0)


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(REAL)
    assert (clock(), clock()) == (REAL, REAL)
    assert clock.advance(timedelta(minutes=5)) == clock() == REAL + timedelta(minutes=5)
    assert clock.set(PLAN.astimezone(timezone(timedelta(hours=9)))) == PLAN


@pytest.mark.parametrize(
    "makes", [ManualClock, lambda moment: PlanClock(moment, REAL)], ids=["manual", "plan"]
)
def test_a_time_without_a_zone_is_refused(makes: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match="does not say its zone"):
        makes(REAL.replace(tzinfo=None))


@pytest.mark.parametrize("speed", [-1.0, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed of 0 or more"):
        PlanClock(PLAN, REAL, speed)


def test_in_production_plan_time_is_real_time() -> None:
    clock = real_time(REAL)
    later = REAL + timedelta(days=400, microseconds=1)
    assert clock.now(later) == later
    assert clock.at(later) == later


def test_a_demo_runs_faster_and_can_be_slowed_without_a_jump() -> None:
    clock = PlanClock(PLAN, REAL, 60)
    minute = REAL + timedelta(minutes=1)
    assert clock.now(minute) == PLAN + timedelta(hours=1)
    slower = clock.rescaled(minute, 1)
    assert slower.now(minute) == PLAN + timedelta(hours=1)
    assert slower.now(minute + timedelta(hours=1)) == PLAN + timedelta(hours=2)
    moved = slower.moved(minute, PLAN + timedelta(days=1))
    assert moved.now(minute) == PLAN + timedelta(days=1)
    assert moved.speed == 1


def test_a_clock_that_stands_still_never_gets_anywhere() -> None:
    clock = PlanClock(PLAN, REAL, 0)
    assert clock.now(REAL + timedelta(days=9)) == PLAN
    assert clock.at(PLAN) is None
    assert PlanClock(PLAN, REAL, 1e-12).at(PLAN + timedelta(days=1)) is None  # beyond the calendar


@given(moments, moments, st.floats(0.001, 100_000), st.timedeltas(timedelta(0), timedelta(days=60)))
def test_what_is_due_at_a_moment_is_due_then_and_not_a_step_earlier(
    plan: datetime, real: datetime, speed: float, span: timedelta
) -> None:
    clock = PlanClock(plan, real, speed)
    at = clock.at(plan + span)
    if at is None:  # so slow that it ends beyond the calendar
        assert span / speed > timedelta(days=300_000)
        return
    assert clock.now(at) >= plan + span
    # Real steps that are shorter than half a plan step round to the same plan moment.
    assert clock.now(at - timedelta(microseconds=2)) < plan + span or speed < 1


def test_what_it_was_is_known_only_since_the_clock_was_set() -> None:
    clock = PlanClock(PLAN, REAL, 2.0)
    assert clock.was(PLAN) == REAL
    assert clock.was(PLAN + timedelta(minutes=10)) == REAL + timedelta(minutes=5)
    assert clock.was(PLAN - timedelta(microseconds=1)) is None
    assert PlanClock(PLAN, REAL, 0.0).was(PLAN + timedelta(minutes=1)) is None

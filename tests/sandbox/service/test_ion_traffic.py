"""The counters: the same at the same plan time however they are asked, never falling, and as many as configured."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise
from time import process_time

import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from ion_world import BEGIN, Clock

from sandbox.dice import Dice
from sandbox.service.app import CanaryService
from sandbox.service.arrivals import UnitPoisson
from sandbox.service.faults import TRACKS, Track, TrackFaults
from sandbox.service.latency import LABELS_MS
from sandbox.service.traffic import TrackReading, Traffic

HEALTHY = {track: TrackFaults() for track in TRACKS}
moments = st.integers(min_value=0, max_value=10 * 86_400_000)


def traffic(seed: int = 7, per_5min: float = 240, error_rate: float = 0.0005, share: float = 0.05) -> Traffic:
    made = Traffic(seed, BEGIN, per_5min, error_rate)
    made.switch(BEGIN, share, HEALTHY)
    return made


def quantile(one: TrackReading, share: float) -> float:
    """As histogram_quantile does it."""
    rank = share * one.requests
    low, before = 0.0, 0
    for label, reached in zip(LABELS_MS, one.latency_buckets, strict=True):
        if reached >= rank:
            return low + (float(label) - low) * (rank - before) / (reached - before)
        low, before = float(label), reached
    raise AssertionError("no bucket reaches the rank")


# ------------------------------------------------------------------------------------------ determinism


@settings(deadline=None)
@given(
    seed=st.integers(),
    asked=st.lists(st.floats(min_value=0, max_value=1e6), max_size=30),
    at=st.floats(min_value=0, max_value=1e6),
)
def test_a_count_depends_on_nothing_that_was_asked_before(seed: int, asked: list[float], at: float) -> None:
    busy = UnitPoisson(seed, "x")
    for other in asked:
        busy.count(other)
    assert busy.count(at) == UnitPoisson(seed, "x").count(at)


@settings(deadline=None)
@given(seed=st.integers(), points=st.lists(st.floats(min_value=0, max_value=1e7), min_size=2, max_size=40))
def test_a_count_never_falls(seed: int, points: list[float]) -> None:
    arrivals = UnitPoisson(seed, "x")
    counts = [arrivals.count(point) for point in sorted(points)]
    assert counts == sorted(counts)


@settings(max_examples=draws(40), deadline=None)
@given(
    seed=st.integers(min_value=0, max_value=9),
    steps=st.lists(st.tuples(moments, st.integers(0, 100), st.floats(0, 1)), max_size=5),
    polls=st.lists(moments, max_size=8),
    at=moments,
)
def test_two_services_polled_differently_agree(
    seed: int, steps: list[tuple[int, int, float]], polls: list[int], at: int
) -> None:
    """The same changes at the same plan times; one service is asked all the time, the other once at the end."""
    end = BEGIN + timedelta(milliseconds=max(at, *(moment for moment, _, _ in steps), 0))
    events = sorted(
        [(moment, None) for moment in polls] + [(m, (w, e)) for m, w, e in steps], key=lambda one: one[0]
    )
    services = []
    for polled in (True, False):
        made = traffic(seed)
        for moment, change in events:
            when = BEGIN + timedelta(milliseconds=moment)
            if change is not None:
                made.switch(when, change[0] / 100, HEALTHY | {"canary": TrackFaults(errors=change[1])})
            elif polled:
                made.read(when)
        services.append(made.read(end))
    assert services[0] == services[1]


@settings(max_examples=draws(40), deadline=None)
@given(polls=st.lists(moments, min_size=2, max_size=12), switches=st.lists(moments, max_size=3))
def test_counters_never_fall_whatever_is_switched(polls: list[int], switches: list[int]) -> None:
    made = traffic(3, per_5min=1200)
    seen: list[dict[Track, TrackReading]] = []
    events = sorted([(moment, False) for moment in polls] + [(moment, True) for moment in switches])
    for number, (moment, switch) in enumerate(events):
        when = BEGIN + timedelta(milliseconds=moment)
        if switch:
            sick = TrackFaults(errors=0.3, latency=1 + number, down=number % 3 == 0)
            made.switch(when, (number * 37 % 101) / 100, HEALTHY | {"canary": sick})
        seen.append(made.read(when))
    for before, after in pairwise(seen):
        for track in TRACKS:
            assert after[track].requests >= before[track].requests
            assert after[track].errors >= before[track].errors
            assert after[track].latency_sum_ms >= before[track].latency_sum_ms
            pairs = zip(before[track].latency_buckets, after[track].latency_buckets, strict=True)
            assert all(old <= new for old, new in pairs)


def test_another_seed_gives_another_day() -> None:
    late = BEGIN + timedelta(hours=6)
    assert traffic(1).read(late) == traffic(1).read(late)
    assert traffic(1).read(late)["control"].requests != traffic(2).read(late)["control"].requests


def test_the_past_stays_when_a_weight_changes() -> None:
    changed, unchanged = traffic(), traffic()
    turn = BEGIN + timedelta(hours=2, minutes=3, seconds=17)
    changed.switch(turn, 0.5, HEALTHY | {"canary": TrackFaults(errors=1.0)})
    assert changed.read(turn)["canary"].errors == unchanged.read(turn)["canary"].errors
    assert changed.read(turn - timedelta(minutes=9)) == unchanged.read(turn - timedelta(minutes=9))
    later = turn + timedelta(hours=1)
    assert changed.read(later)["canary"].requests > unchanged.read(later)["canary"].requests


# ------------------------------------------------------------------------------------------ as many as configured


def close(found: float, wanted: float, deviations: float = 4.0) -> bool:
    """Whether a Poisson count lies within so many standard deviations of what was expected."""
    return abs(found - wanted) <= deviations * math.sqrt(wanted)


@pytest.mark.parametrize("per_5min", [12, 240, 120_000])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_arrivals_are_as_many_as_configured(per_5min: float, share: float) -> None:
    reading = traffic(per_5min=per_5min, share=share).read(BEGIN + timedelta(days=3))
    total = per_5min * 288 * 3
    assert close(reading["canary"].requests, total * share)
    assert close(reading["control"].requests, total * (1 - share))


@pytest.mark.parametrize("expected", [0.5, 12.0, 120.0, 20_000.0])
def test_the_counts_of_a_window_scatter_as_poisson_counts_do(expected: float) -> None:
    """Mean and variance over many windows; a regular stream or a clumped one would miss one of them."""
    arrivals = UnitPoisson(11, "x")
    windows = 3000
    reached = [arrivals.count(expected * n) for n in range(windows + 1)]
    counts = [after - before for before, after in pairwise(reached)]
    mean = sum(counts) / windows
    assert mean == pytest.approx(expected, abs=4 * math.sqrt(expected / windows))
    assert sum((count - mean) ** 2 for count in counts) / windows == pytest.approx(expected, rel=0.12)


def test_neighbouring_windows_and_other_names_have_nothing_to_do_with_each_other() -> None:
    one, other = UnitPoisson(11, "x"), UnitPoisson(11, "y")
    first = [one.count(20 * (n + 1)) - one.count(20 * n) - 20 for n in range(3001)]
    second = [other.count(20 * (n + 1)) - other.count(20 * n) - 20 for n in range(3001)]
    for left, right in ((first, first[1:]), (first, second)):
        together = sum(a * b for a, b in zip(left, right, strict=False)) / 3000 / 20
        assert abs(together) < 4 / math.sqrt(3000)


def test_a_canary_at_five_percent_gets_about_a_dozen_requests_in_five_minutes() -> None:
    made = traffic()
    start = BEGIN + timedelta(days=1)
    reached = [made.read(start + timedelta(minutes=5 * n))["canary"].requests for n in range(13)]
    assert 120 < reached[-1] - reached[0] < 210
    assert all(3 <= after - before <= 27 for before, after in pairwise(reached))


@pytest.mark.parametrize("rate", [0.0, 0.0005, 0.12, 1.0])
def test_errors_come_at_the_configured_rate(rate: float) -> None:
    one = traffic(per_5min=120_000, error_rate=rate).read(BEGIN + timedelta(days=1))["control"]
    assert 0 <= one.errors <= one.requests
    assert close(one.errors, one.requests * rate)


def test_a_healthy_control_answers_as_fast_as_it_should() -> None:
    one = traffic(per_5min=60_000).read(BEGIN + timedelta(hours=12))["control"]
    assert quantile(one, 0.5) == pytest.approx(120, rel=0.05)
    assert quantile(one, 0.95) == pytest.approx(287, rel=0.05)
    assert quantile(one, 0.99) == pytest.approx(412, rel=0.1)
    assert one.latency_sum_ms / one.requests == pytest.approx(120 * math.exp(0.53**2 / 2), rel=0.05)


def test_latency_faults_stretch_every_percentile() -> None:
    made = traffic(per_5min=60_000, share=0.5)
    made.switch(BEGIN, 0.5, HEALTHY | {"canary": TrackFaults(latency=2.5)})
    both = made.read(BEGIN + timedelta(hours=6))
    assert quantile(both["canary"], 0.95) > 500 > 300 > quantile(both["control"], 0.95)


def test_the_daily_wave_is_mild() -> None:
    made = traffic(per_5min=120_000)
    reached = [made.read(BEGIN + timedelta(hours=n))["control"].requests for n in range(25)]
    hours = [after - before for before, after in pairwise(reached)]
    assert 1.2 < max(hours) / min(hours) < 1.5
    assert hours.index(max(hours)) in (0, 1, 2)  # about 15:00 UTC
    assert hours.index(min(hours)) in (12, 13, 14)  # about 03:00 UTC


# ------------------------------------------------------------------------------------------ weights and gauges


def test_a_weight_of_zero_stops_the_canarys_counters() -> None:
    made = traffic()
    stop = BEGIN + timedelta(hours=1)
    made.switch(stop, 0.0, HEALTHY)
    then, later = made.read(stop)["canary"], made.read(stop + timedelta(days=2))["canary"]
    assert later.requests == then.requests > 0
    assert later.latency_buckets == then.latency_buckets
    assert later.recommendation_buckets == then.recommendation_buckets


def test_all_traffic_on_the_canary_stops_the_controls_counters() -> None:
    made = traffic(share=1.0)
    reading = made.read(BEGIN + timedelta(hours=5))
    assert reading["control"].requests == 0
    assert reading["canary"].requests > 10_000


def test_memory_swings_mildly_around_its_middle() -> None:
    made = traffic()
    seen = [made.read(BEGIN + timedelta(minutes=10 * n)) for n in range(200)]
    for track, middle in (("control", 60), ("canary", 61)):
        values = [reading[track].memory_percent for reading in seen]  # type: ignore[index]  # the names are tracks
        assert middle - 1.3 < min(values) < max(values) < middle + 1.3
        assert sum(values) / len(values) == pytest.approx(middle, abs=0.2)


def test_a_leak_grows_with_plan_time_and_ends_when_it_is_healed() -> None:
    made = traffic()
    leaking = HEALTHY | {"canary": TrackFaults(memory_growth=12.0)}
    made.switch(BEGIN, 0.05, leaking)
    made.switch(BEGIN + timedelta(hours=1), 0.1, leaking)  # a new weight does not mend it
    two_hours = BEGIN + timedelta(hours=2)
    assert made.read(two_hours)["canary"].memory_percent == pytest.approx(61 + 24, abs=1.3)
    assert made.read(two_hours)["control"].memory_percent == pytest.approx(60, abs=1.3)
    assert made.read(BEGIN + timedelta(days=2))["canary"].memory_percent == 99.5
    made.switch(two_hours, 0.1, HEALTHY)
    assert made.read(two_hours)["canary"].memory_percent == pytest.approx(61, abs=1.3)


def test_a_rollback_replaces_leaking_pods() -> None:
    made = traffic()
    leaking = HEALTHY | {"canary": TrackFaults(memory_growth=12.0)}
    made.switch(BEGIN, 0.05, leaking)
    made.switch(BEGIN + timedelta(hours=2), 0.0, leaking)
    assert made.read(BEGIN + timedelta(hours=4))["canary"].memory_percent == pytest.approx(61, abs=1.3)


def test_slow_answers_and_idleness_show_in_the_cpu() -> None:
    made = traffic(share=0.5)
    noon = BEGIN + timedelta(hours=1)
    healthy = made.read(noon)["canary"].cpu_percent
    made.switch(BEGIN, 0.5, HEALTHY | {"canary": TrackFaults(latency=2.5)})
    assert made.read(noon)["canary"].cpu_percent > healthy + 10
    made.switch(BEGIN, 0.0, HEALTHY)
    assert made.read(noon)["canary"].cpu_percent < 10


# ------------------------------------------------------------------------------------------ edges


@pytest.mark.parametrize(
    ("named", "values"),
    [
        ("per_5min", {"per_5min": 11}),
        ("per_5min", {"per_5min": 120_001}),
        ("per_5min", {"per_5min": math.nan}),
        ("error_rate", {"error_rate": 1.5}),
        ("error_rate", {"error_rate": -0.1}),
    ],
)
def test_impossible_settings_are_refused_by_name(named: str, values: dict[str, float]) -> None:
    with pytest.raises(ValueError) as refused:
        CanaryService(plan_time=Clock(), **values)  # type: ignore[arg-type]  # only numbers are in the table
    assert named in str(refused.value)


def test_plan_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError) as refused:
        CanaryService(plan_time=Clock(BEGIN.replace(tzinfo=None)))
    assert "time zone" in str(refused.value)


def test_before_the_beginning_there_was_nothing() -> None:
    made = traffic()
    early = made.read(BEGIN - timedelta(hours=1))
    assert {one.requests for one in early.values()} == {0}
    made.switch(BEGIN + timedelta(hours=1), 0.5, HEALTHY)
    made.switch(BEGIN, 0.9, HEALTHY)  # too late for that: it counts from the last change on
    assert made.read(BEGIN + timedelta(hours=1)).keys() == set(TRACKS)
    assert made.read(BEGIN + timedelta(minutes=59)) == traffic().read(BEGIN + timedelta(minutes=59))


def test_a_jump_of_days_is_answered_at_once() -> None:
    """Ten days at the busiest setting: 345 million requests, and every answer after it in milliseconds."""
    made = traffic(per_5min=120_000)
    for day in range(1, 11):
        made.switch(BEGIN + timedelta(days=day - 1, hours=1), day / 20, HEALTHY)
    took = []
    for minute in range(20):
        begun = process_time()
        made.read(BEGIN + timedelta(days=10, minutes=minute))
        took.append(process_time() - begun)
    assert sorted(took)[10] < 0.005  # of the processor's time, and the middle one
    assert max(took) < 0.5


def test_dice_are_fair_and_refuse_to_overdraw() -> None:
    dice = Dice(5, "coins")
    small = [dice.half_of(n, 100) for n in range(2000)]
    large = [dice.half_of(n, 10_000) for n in range(2000)]
    assert sum(small) / 2000 == pytest.approx(50, abs=0.5)
    assert sum(large) / 2000 == pytest.approx(5000, abs=5)
    assert sum((one - 5000) ** 2 for one in large) / 2000 == pytest.approx(2500, rel=0.15)
    for mean in (0.5, 16, 64, 5000):
        drawn = [dice.poisson(n, mean) for n in range(2000)]
        assert sum(drawn) / 2000 == pytest.approx(mean, abs=4 * math.sqrt(mean / 2000))
        assert sum((one - mean) ** 2 for one in drawn) / 2000 == pytest.approx(mean, rel=0.15)
    assert dice.half_of(1, 0) == 0
    with pytest.raises(ValueError):
        dice.uniforms(1, 9)

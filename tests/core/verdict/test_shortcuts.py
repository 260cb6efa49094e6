"""What the engine works out the short way, because it is worked out with every look, is what the long way gives."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.verdict import bets, bounds, latency, replay
from core.verdict.looks import Buckets

counts = st.integers(0, 5_000).map(float)
edges = st.floats(allow_nan=True) | st.sampled_from([0.1, 0.5, 1.0, math.inf])
figures = st.floats(allow_nan=True) | st.integers(-2, 50).map(float)


@given(
    st.lists(st.tuples(counts, counts), min_size=1, max_size=4), st.integers(1, 6_000), st.integers(1, 6_000),
    st.lists(st.sampled_from([1.0, 1.5, 2.0, 3.5, 15.0, 60.0]), min_size=1, max_size=5), st.sampled_from([1.0, 1.7]),
)  # fmt: skip
def test_the_smaller_of_both_moments_is_known_beforehand(
    seen: list[tuple[float, float]], total: int, control_total: int, tilts: list[float], phi: float
) -> None:
    """Every cut's factors, by the formula as Hoeffding wrote it: the smaller of two bounds. Small windows go by the exact moment."""
    if total <= bets.EXACT_COUNT:
        total += 25
    both = [(min(bad, float(total)), min(other, float(control_total))) for bad, other in seen]
    worth = [bets.worked(tuple(tilts))] * len(both)
    found = bets.comparisons(
        [bad for bad, _ in both], total, [other for _, other in both], control_total, worth, cap=4.5, phi=phi
    )
    every = total + control_total
    wanted = []
    for bad, other in both:
        for tilt in tilts:
            all_bad = bad + other
            bound = min(
                all_bad * math.log1p(total / every * (tilt - 1.0)),
                total * math.log1p(all_bad / every * (tilt - 1.0)),
            )
            wanted.append(math.exp(min((bad * math.log(tilt) - bound) / phi, 4.5)))
    assert found == pytest.approx(wanted, rel=1e-9)


@given(counts, counts, st.floats(0.001, 0.9), st.sampled_from([0.05, 0.1]), st.sampled_from([20.0, 40.0]))
def test_both_bounds_of_one_mixture(bad: float, good: float, rate: float, alpha: float, prior: float) -> None:
    nats, upper = bounds.excluded(bad, bad + good, rate, alpha, prior)
    assert nats == pytest.approx(bounds.excluded_nats(bad, bad + good, rate, prior), rel=1e-9, abs=1e-12)
    assert upper == pytest.approx(bounds.upper(bad, bad + good, alpha, prior), rel=1e-9)


@example(41.0, 0.0, 1e-290, 0.01)
@example(41.0, 0.0, 1.0 - 1e-16, 0.01)
@given(
    st.floats(0.0, 80.0), st.floats(0.0, 5_000.0), st.floats(0.0, 1.0) | st.floats(0.0, 0.02),
    st.sampled_from([0.01, 0.05, 0.2, 0.5]),
)  # fmt: skip
def test_a_count_up_to_the_mean_is_likely(bad: float, more: float, rate: float, least: float) -> None:
    """Fractions too: counts are divided by phi."""
    total = bad + more
    assert bounds.likely(bad, total, rate, least) is (bounds.tail(bad, total, rate) > least)


@example(0.0625, 1.0)
@example(math.nextafter(0.0635, 0.0), 1.0)
@given(
    st.floats(0.0, 1.0) | st.integers(0, 2_000).map(lambda half: half / 2_000.0),
    st.sampled_from([1.0, 1.5, 2.0]),
)
def test_bets_at_an_edge_are_looked_up(share: float, margin: float) -> None:
    """By the share as `round` has it, also in the middle between two."""
    odds = (1.5, 2.0, 15.0)
    known = latency.table(odds, margin)
    assert known.at(share) == bets.worked(latency.tilts(odds, margin, round(share, 3)))
    assert known is latency.table(odds, margin)


def _can_be(pairs: list[tuple[float, float]]) -> bool:
    """Whether these can be a histogram, said as plainly as it can be."""
    numbers = [number for pair in pairs for number in pair]
    if not pairs or any(math.isnan(number) for number in numbers) or pairs[0][0] == -math.inf:
        return False
    rises = all(low[0] < high[0] and low[1] <= high[1] for low, high in pairwise(pairs))
    return rises and pairs[0][1] >= 0.0 and sum(count for _, count in pairs) < math.inf


@given(st.lists(st.tuples(edges, figures), max_size=5))
def test_a_histogram_is_sound_or_it_is_not(pairs: list[tuple[float, float]]) -> None:
    assert Buckets.of(pairs).sound() is _can_be(pairs)


@given(st.lists(st.tuples(edges, figures), min_size=1, max_size=5), st.booleans())
def test_a_line_holds_a_histogram_that_can_be_or_is_refused(
    pairs: list[tuple[float, float]], whole: bool
) -> None:
    """What is read at a glance is no other than what is looked at part by part; nothing that cannot be goes through."""
    if whole:
        pairs = [*pairs, (math.inf, max(count for _, count in pairs))]
    line = json.dumps({"t": 1, "metrics": {"p95": {"canary": {"buckets": pairs}}}})
    try:
        arm = replay.read(line, {"p95": "latency"}).look.readings["p95"].canary
    except replay.BadLine:
        assert not _can_be(pairs) or pairs[-1][0] != math.inf
        return
    if arm is None:  # a count that is no number is no data
        assert any(math.isnan(count) for _, count in pairs)
        return
    assert isinstance(arm, Buckets)
    assert arm.buckets == tuple(pairs)
    assert _can_be(list(arm.buckets))


def test_metrics_that_show_the_same_histogram_are_given_the_same_one() -> None:
    shown = {"canary": {"buckets": [["1", 2], ["+Inf", 3]]}, "control": None}
    other = {"canary": {"buckets": [["1", 2], ["+Inf", 4]]}}
    kinds = dict.fromkeys(("p50", "p95", "p99"), "latency")
    body = {"t": 1, "metrics": {"p50": shown, "p95": {**shown}, "p99": other}}
    found = replay.read(json.dumps(body), kinds).look.readings
    assert found["p50"] == found["p95"] != found["p99"]
    assert found["p99"].canary == Buckets((1.0, math.inf), (2.0, 4.0))

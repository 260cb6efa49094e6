"""What a count excludes, in figures worked out by hand and against sums."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.verdict import bounds
from core.verdict.dispersion import overdispersion

PRIOR = 40.0


def test_clean_requests_exclude_a_rate() -> None:
    # no errors in 45: B(1, 85)/B(1, 40) = 40/85; (1 - p)^45 = 40/85/20, so p = 1 - exp(-3.7495/45) = 7.99 %
    assert bounds.upper(0, 45, 0.05, PRIOR) == pytest.approx(0.0799, abs=1e-4)


def test_missing_requests_are_those_that_exclude_it() -> None:
    more = bounds.missing(0, 45, 0.05, 0.0, 0.05, PRIOR)
    assert more is not None
    assert bounds.upper(0, 45 + more, 0.05, PRIOR) <= 0.05 < bounds.upper(0, 45 + more - 2, 0.05, PRIOR)
    assert bounds.missing(0, 500, 0.05, 0.0, 0.05, PRIOR) == 0.0
    assert bounds.missing(0, 45, 0.05, 0.06, 0.05, PRIOR) is None


@given(st.integers(0, 60), st.integers(1, 3000))
def test_the_bounds_are_where_the_evidence_is_twenty_to_one(bad: int, total: int) -> None:
    bad = min(bad, total)
    high, low = bounds.upper(bad, total, 0.05, PRIOR), bounds.lower(bad, total, 0.05, PRIOR)
    assert 0.0 <= low <= bad / total <= high <= 1.0
    if high < 1.0:
        assert bounds.excluded_nats(bad, total, high, PRIOR) == pytest.approx(math.log(20), abs=1e-4)


@given(st.integers(0, 50), st.integers(50, 5000), st.floats(0.001, 0.2))
def test_an_error_more_never_excludes_more(bad: int, total: int, rate: float) -> None:
    assert (
        bounds.excluded_nats(bad + 1, total, rate, PRIOR)
        <= bounds.excluded_nats(bad, total, rate, PRIOR) + 1e-9
    )


@pytest.mark.parametrize(
    ("bad", "total", "rate"),
    [(1, 12, 0.001), (3, 36, 0.01), (39, 4000, 0.008), (41, 4000, 0.008), (250, 100_000, 0.0022)],
)
def test_a_binomial_tail_is_its_sum(bad: int, total: int, rate: float) -> None:
    log = [
        math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) + k * math.log(rate) + (total - k) * math.log1p(-rate)
        for k in range(bad)
    ]  # fmt: skip
    assert bounds.tail(bad, total, rate) == pytest.approx(1.0 - math.fsum(map(math.exp, log)), abs=1e-4)


def test_edges_of_the_tail() -> None:
    assert bounds.tail(0, 10, 0.1) == 1.0
    assert bounds.tail(11, 10, 0.1) == 0.0
    assert bounds.tail(1, 10, 0.0) == 0.0
    assert bounds.tail(50, 1_000_000, 0.5) == pytest.approx(1.0)


def test_errors_one_by_one_are_not_overdispersed_and_clumps_are() -> None:
    # one window, two equal pods, 4 and 4: no spread at all, drawn to 1 and never under it
    assert overdispersion([[(4, 100), (4, 100)]] * 50) == 1.0
    # 8 and 0: each 4 off its share of 8, so (2 * 16 * 50 + 5)/(2 * 8 * 0.25 * 50 + 5) = 1605/205
    assert overdispersion([[(8, 100), (0, 100)]] * 50) == pytest.approx(1605 / 205)


def test_an_outage_that_all_pods_share_is_no_overdispersion() -> None:
    assert overdispersion([[(1, 100), (1, 100)], [(40, 100), (40, 100)], [(3, 9)], [(0, 0), (0, 0)]]) == 1.0

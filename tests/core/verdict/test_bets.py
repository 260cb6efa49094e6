"""Evidence: figures worked out by hand, that it stays evidence (simulated), and what never adds to it."""

from __future__ import annotations

import math
from itertools import pairwise
from math import comb

import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import ERRORS, P95, counted, engine, errors, play, walk, windows

from core.verdict import bets
from core.verdict.bets import Capital
from core.verdict.looks import Counts, Pair
from core.verdict.settings import Metric, Settings
from core.verdict.setup import prepare


def factor_of(
    bad: float, total: float, control_bad: float, control_total: float, tilt: float, *, cap: float, phi: float = 1.0
) -> float:  # fmt: skip
    """What one bet on one count comes to."""
    worth = bets.worked((tilt,))
    (factor,) = bets.comparisons((bad,), total, (control_bad,), control_total, (worth,), cap=cap, phi=phi)
    return factor


def test_one_window_against_control_is_hoeffdings_bound() -> None:
    # 3 of 15 against 4 of 285, tilt 8: K = 7 of N = 300, share 0.05, rate 7/300.
    # 3 ln 8 - min(7 ln(1 + 0.05 * 7), 15 ln(1 + 7/300 * 7)) = 6.2383 - min(2.1007, 2.2689) = 4.1376
    factor = factor_of(3, 15, 4, 285, 8.0, cap=100.0)
    assert math.log(factor) == pytest.approx(4.1376, abs=2e-4)


def test_a_window_gives_no_more_than_the_cap() -> None:
    factor = factor_of(12, 15, 0, 285, 200.0, cap=4.5)
    assert math.log(factor) == pytest.approx(4.5)


def test_phi_divides_the_evidence() -> None:
    plain = factor_of(3, 15, 4, 285, 8.0, cap=100.0)
    clumpy = factor_of(3, 15, 4, 285, 8.0, cap=100.0, phi=2.0)
    assert math.log(clumpy) == pytest.approx(math.log(plain) / 2.0)


def test_a_small_window_of_equal_arms_uses_the_exact_moment() -> None:
    # 3 bad in all, 4 canary and 4 control requests: P(X = x) = C(4, x) C(4, 3 - x) / C(8, 3), E 2^X = (4 + 2*24 + 4*24 + 8*4)/56
    factor = factor_of(3, 4, 0, 4, 2.0, cap=100.0)
    assert factor == pytest.approx(8.0 / ((4 + 48 + 96 + 32) / 56))


def test_over_a_threshold_is_the_likelihood_ratio() -> None:
    # 2 of 20, threshold 1 %, bet 5 %: (0.05/0.01)^2 (0.95/0.99)^18
    slopes = bets.absolute_slopes(0.01, (5.0,))
    (factor,) = bets.absolute(2, 20, slopes, cap=100.0)
    assert factor == pytest.approx(25.0 * (0.95 / 0.99) ** 18)


def test_a_multiple_that_is_no_rate_is_left_out() -> None:
    assert len(bets.absolute_slopes(0.05, (1.5, 10.0, 30.0))) == 2
    assert len(bets.absolute_slopes(0.9, (1.5,))) == 1


def test_points_become_odds_and_a_tilt_under_the_margin_does_not_bet() -> None:
    # usual 1 % + 5 points: (0.06/0.94)/(0.01/0.99) = 6.319
    assert bets.tilts((1.5, 2.0), (0.05,), 0.01, margin=2.0) == pytest.approx((1.0, 2.0, 6.3191), abs=1e-4)


def test_capital_is_put_down_once_and_multiplied_since() -> None:
    first = bets.play(bets.fresh(2), (2.0, 1.0), 0.6)
    assert first.bets == (1.2, 0.6)
    assert first.evidence == pytest.approx(0.9 + 0.4)
    second = bets.play(first, (2.0, 0.5), 0.8)
    assert second.bets == pytest.approx((2.8, 0.4))
    assert second.evidence == pytest.approx(1.6 + 0.2)


def test_capital_stays_a_finite_number() -> None:
    capital = bets.fresh(1)
    for _ in range(1000):
        capital = bets.play(capital, (90.0,), 1.0)
    assert capital.evidence == bets.MOST


@given(
    st.integers(1, 14), st.integers(1, 60), st.integers(0, 74), st.sampled_from((1.5, 2.0, 3.5, 8.0, 50.0))
)
def test_no_bet_gains_on_average_from_equal_arms(n: int, m: int, k: int, tilt: float) -> None:
    """Given the sums, the expected factor is at most 1: the whole of the guarantee, summed over every outcome."""
    k = min(k, n + m)
    mean = 0.0
    for x in range(max(0, k - m), min(n, k) + 1):
        factor = factor_of(x, n, k - x, m, tilt, cap=4.5)
        mean += comb(n, x) * comb(m, k - x) / comb(n + m, k) * factor
    assert mean <= 1.0 + 1e-9


@given(counted(40), counted(400), st.sampled_from((1.5, 3.5, 60.0)))
def test_an_error_more_in_the_canary_never_weakens_it(canary: Counts, control: Counts, tilt: float) -> None:
    steps = [
        factor_of(bad, canary.total, control.bad, control.total, tilt, cap=4.5)
        for bad in range(int(canary.total) + 1)
    ]
    assert all(after >= before - 1e-12 for before, after in pairwise(steps))


@given(st.lists(windows(), max_size=12))
@settings(max_examples=draws(50), deadline=None)
def test_evidence_never_moves_in_a_window_without_data(pairs: list[Pair]) -> None:
    judge = engine()
    state, _ = walk(judge, [{"errors": pair} for pair in pairs])
    for silent in (
        {},
        {"errors": Pair()},
        {"errors": Pair(None, Counts(5, 10))},
        {"errors": Pair(Counts(0, 0), None)},
    ):
        after, _ = walk(judge, [*[{"errors": pair} for pair in pairs], silent])
        assert _evidence(after.runs[0]) == _evidence(state.runs[0])


def _evidence(run: object) -> tuple[Capital, Capital]:
    return run.comparison, run.absolute  # type: ignore[attr-defined]  # these are counts


def test_a_gap_in_control_plays_no_comparison() -> None:
    judge = engine()
    state, _ = walk(judge, [{"errors": errors(6, 12)}])
    assert state.runs[0].comparison.evidence == 1.0  # type: ignore[union-attr]  # these are counts
    assert state.runs[0].absolute.evidence > 1.0  # type: ignore[union-attr]


def test_two_windows_at_least_for_any_accusation() -> None:
    said = play(engine(decide_by="evidence"), [errors(100, 100, 0, 1900)] * 2)
    assert [one.word for one in said] == ["OBSERVE", "NO-GO"]
    alone = play(engine(decide_by="evidence", alpha=0.2), [errors(100, 100, 0, 1900)])
    assert alone[0].word == "OBSERVE"


def test_the_budget_is_shared_and_nothing_of_it_is_lost() -> None:
    memory = Metric("memory", "gauge", limit=85.0)
    one, two, three = prepare(Settings(), (ERRORS, P95, memory))
    assert (one.odds.comparison, two.odds.comparison) == pytest.approx((285.7, 500.0), abs=0.1)
    assert (one.odds.absolute, two.odds.absolute) == pytest.approx((666.7, 1000.0), abs=0.1)
    assert three.odds.gauge == pytest.approx(500.0)
    risks = (
        1 / one.odds.comparison,
        1 / one.odds.absolute,
        1 / two.odds.comparison,
        1 / two.odds.absolute,
        1 / three.odds.gauge,
    )
    assert sum(risks) == pytest.approx(0.01)
    (alone,) = prepare(Settings(), (ERRORS,))
    assert 1 / alone.odds.comparison + 1 / alone.odds.absolute == pytest.approx(0.01)


def test_a_second_metric_of_a_family_shares_its_part_and_an_advisory_one_takes_nothing() -> None:
    other = Metric("timeouts", "counts", limit=0.01)
    both = prepare(Settings(), (ERRORS, other))
    (alone,) = prepare(Settings(), (ERRORS,))
    assert both[0].odds.comparison == pytest.approx(2 * alone.odds.comparison)
    quiet = Metric("timeouts", "counts", limit=0.01, advisory=True)
    assert prepare(Settings(), (ERRORS, quiet))[0].odds == alone.odds

"""Evidence over simulated deployments: the guarantee itself, and that the benchmark's arrays say what the engine says."""

from __future__ import annotations

import numpy as np
import pytest
from streams import engine

from benchmarks.verdicts import cells, limits, rivals
from benchmarks.verdicts.chance import generator
from benchmarks.verdicts.world import Scenario, play
from core.verdict.looks import Counts, Look, Pair
from core.verdict.settings import Metric
from core.verdict.state import CountRun


def test_permuted_labels_reach_a_hundred_to_one_no_oftener_than_one_in_a_hundred() -> None:
    """The requests of both arms are shuffled in every window: whatever drift, outage, clumps or shares of the traffic there
    are, the labels mean nothing, and the evidence may reach 1/a with probability a at most. 400 streams."""
    chance = generator(7, "labels")
    judge = engine(Metric("errors", "counts", usual=0.001))
    reached = []
    for stream in range(400):
        state, most = judge.begin(0.0), 0.0
        control = (1.0, 4.0, 19.0)[stream % 3]
        counts = play(
            Scenario(60, control, minutes=200.0, base=0.01, clump=3.0, outage="shared"), 1, stream, "labels"
        )
        for window in range(counts.n.shape[1]):
            n, m = int(counts.n[0, window]), int(counts.m[0, window])
            bad = int(counts.x[0, window] + counts.y[0, window])
            x = int(chance.hypergeometric(bad, n + m - bad, n))
            pair = Pair(Counts(x, n), Counts(bad - x, m))
            state, _ = judge.look(state, Look(300.0 * (window + 1), 1, {"errors": pair}))
            run = state.runs[0]
            assert isinstance(run, CountRun)
            most = max(most, run.comparison.evidence)
        reached.append(most)
    # 400 x 5 % = 20 and 400 x 1 % = 4 at most on average; three standard deviations of chance on top.
    assert 0 < sum(most >= 5.0 for most in reached) <= 80 + 3 * 8.0
    assert sum(most >= 20.0 for most in reached) <= 20 + 3 * 4.4
    assert sum(most >= 100.0 for most in reached) <= 4 + 3 * 2.0


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(12, points=0.05, look=1.0, minutes=300.0),
        Scenario(180, 1.0, points=0.01, minutes=400.0, gaps=0.1, misaligned=0.3, diurnal=0.5),
        Scenario(12, 1.0, points=0.2, look=1.0, minutes=200.0, outage="unequal"),
        Scenario(180, slower=1.3, look=1.0, minutes=120.0, outage="shared"),
        Scenario(6000, times=2.0, minutes=400.0, onset=120.0),
    ],
)
def test_the_arrays_accuse_at_the_same_minute_as_the_engine(scenario: Scenario) -> None:
    counts = play(scenario, 6, 11, "same")
    minute, _ = cells.judged(counts, cells.BOTH, stages=True)
    assert len(minute) == 6


def test_a_healthy_day_is_quiet_and_a_sick_hour_is_not() -> None:
    healthy, _ = cells.judged(play(Scenario(180), 40, 3, "healthy"), cells.BOTH, stages=False)
    assert np.isfinite(healthy).sum() == 0
    sick, _ = cells.judged(
        play(Scenario(180, points=0.05, minutes=60.0), 40, 3, "sick"), ("errors",), stages=False
    )
    assert np.quantile(sick, 0.95) <= 15


def test_the_limit_is_that_of_the_textbook() -> None:
    assert limits.neyman_pearson(0.051, 0.001, 19.0, 0.5, 0.01) == 27
    assert limits.neyman_pearson(0.051, 0.001, 19.0, 0.95, 0.01) == 90
    assert limits.wilson(0, 100) == pytest.approx((0.0, 0.0370), abs=1e-4)


def test_the_rules_of_others_act_when_they_should() -> None:
    counts = play(Scenario(6000, points=0.5, minutes=60.0), 3, 1, "rivals")
    assert rivals.streak(counts).tolist() == rivals.counter(counts).tolist() == [15.0] * 3
    assert rivals.z_score(counts).tolist() == [5.0] * 3
    assert rivals.mann_whitney(counts).tolist() == [30.0] * 3
    assert (
        rivals.mann_whitney(play(Scenario(6000, minutes=60.0, base=0.02), 3, 1, "equal")).tolist()
        == [np.inf] * 3
    )

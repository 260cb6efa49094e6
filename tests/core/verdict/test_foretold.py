"""What bets foretell: bursts are not believed, silence is paid for, and neither ever adds evidence. Through the engine's door."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import ERRORS, engine, errors, windows

from benchmarks.verdicts import cells
from benchmarks.verdicts.world import Scenario, play
from core.verdict import foretold
from core.verdict.bets import worked
from core.verdict.engine import Engine
from core.verdict.looks import Counts, Look, Pair
from core.verdict.state import CountRun, decode, encode

NEVER = 1e9
FINE = errors(0, 180, 0, 180)


def evidence(judge: Engine, pairs: list[Pair], *, every: float = 300.0) -> list[float]:
    """The evidence against the canary after every look."""
    state, found = judge.begin(0.0), []
    for number, pair in enumerate(pairs, 1):
        state, _ = judge.look(state, Look(number * every, 1, {"errors": pair}))
        run = state.runs[0]
        assert isinstance(run, CountRun)
        found.append(run.comparison.evidence)
    return found


@given(st.lists(windows(), min_size=1, max_size=12))
@settings(max_examples=draws(100), deadline=None)
def test_it_only_ever_takes_evidence_away(pairs: list[Pair]) -> None:
    """So the bound of Ville's inequality stands, whatever the foretold rate is taken to be."""
    bare = evidence(engine(surprise=NEVER, arrears=NEVER), pairs)
    for held, most in zip(evidence(engine(), pairs), bare, strict=True):
        assert held <= most * (1 + 1e-9)


@given(st.lists(windows(), min_size=1, max_size=12), st.data())
@settings(max_examples=draws(100), deadline=None)
def test_one_more_error_in_the_canary_never_weakens_the_evidence_now_or_later(
    pairs: list[Pair], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(pairs) - 1))
    canary = pairs[place].canary
    if not isinstance(canary, Counts):
        return
    bad = data.draw(st.integers(int(canary.bad), int(canary.total)))
    worse = [*pairs[:place], Pair(Counts(bad, canary.total), pairs[place].control), *pairs[place + 1 :]]
    for before, after in zip(evidence(engine(), pairs), evidence(engine(), worse), strict=True):
        assert after >= before * (1 - 1e-9)


@given(st.lists(windows(), min_size=1, max_size=8))
@settings(max_examples=draws(50), deadline=None)
def test_a_window_without_data_moves_nothing(pairs: list[Pair]) -> None:
    assert evidence(engine(), [*pairs, Pair()])[-1] == evidence(engine(), pairs)[-1]


def test_the_same_errors_accuse_one_by_one_and_not_in_one_clump() -> None:
    clump = evidence(engine(), [errors(9, 180, 0, 180), *[FINE] * 8])
    singles = evidence(engine(), [errors(1, 180, 0, 180)] * 9)
    assert clump[-1] < clump[0]
    assert clump[-1] < 10.0 < singles[-1]


def test_evidence_fades_when_the_fault_does_not_go_on() -> None:
    found = evidence(engine(), [errors(4, 180, 0, 180)] * 2 + [FINE] * 24)
    assert found[1] > 10.0
    assert found[-1] < 2.0


def test_a_fault_is_as_foretold_and_pays_next_to_nothing() -> None:
    sick = [errors(9, 180, 0, 180)] * 2
    bare = evidence(engine(surprise=NEVER, arrears=NEVER), sick)
    assert evidence(engine(), sick)[-1] > bare[-1] / 3


def test_after_an_outage_of_both_arms_nothing_is_foretold_by_it() -> None:
    """Control's rate of late is 20 % then; a silent canary is to pay by what is usual."""
    outage, sick = errors(36, 180, 684, 3420), errors(9, 180, 3, 3420)
    shaken = evidence(engine(), [outage] * 12 + [errors(0, 180, 3, 3420)] * 6 + [sick] * 4)
    assert shaken[-1] > 286.0


def test_a_healthy_canary_whose_errors_come_in_clumps_is_left_alone() -> None:
    """Half of the traffic from the start, phi unknown: three in ten were rolled back in a day by the bets alone."""
    clumps = Scenario(180, 1.0, look=1.0, minutes=1575.0, clump=3.0)
    minute, _ = cells.judged(play(clumps, 60, 23, "clumps"), ("errors",), stages=True)
    assert np.isfinite(minute).sum() <= 1


def test_what_is_believed_and_what_is_paid() -> None:
    worth = worked((1.0, 11.0))
    assert foretold.most_believed(9.0, worth, 180.0, 0.001, 2.0) == [9.0, 6.0]
    assert foretold.most_believed(5.0, worth, 180.0, 0.001, 2.0) == [5.0, 5.0]
    # 1.96 errors foretold, two deviations of 1.4 and one more; and 1.96 - 0.18 = 1.78 nats for none of them.
    credit, factors = foretold.paid((), worth, (0.0, 0.0), 180.0, 0.001, 0.001, 2.0, 1.0)
    assert credit == pytest.approx((2.0, 0.220), abs=1e-3)
    assert factors == [1.0, 1.0]
    credit, factors = foretold.paid(credit, worth, (0.0, 0.0), 180.0, 0.001, 0.001, 2.0, 1.0)
    assert credit == (2.0, 0.0)
    assert factors == pytest.approx([1.0, np.exp(0.2196 - 1.7804)], abs=1e-3)


def test_evidence_from_before_there_was_a_credit_is_read_with_a_whole_one() -> None:
    judge = engine(dataclasses.replace(ERRORS))
    state, _ = judge.look(judge.begin(0.0), Look(300.0, 1, {"errors": errors(3, 180, 0, 180)}))
    old = json.loads(json.dumps(encode(state)))
    for capital in old["runs"][0][3:5]:
        del capital[3]
    run = decode(old).runs[0]
    assert isinstance(run, CountRun)
    assert run.comparison.credit == ()
    again, _ = judge.look(decode(old), Look(600.0, 1, {"errors": FINE}))
    assert isinstance(again.runs[0], CountRun)
    assert max(again.runs[0].comparison.credit) <= judge.settings.arrears

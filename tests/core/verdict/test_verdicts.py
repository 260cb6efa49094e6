"""Verdicts: who decides, what GO needs, incidents, missing data, restarts, score and sentence. Through the engine's door."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import ERRORS, MEMORY, P95, engine, errors, histogram, play, readings, walk, windows

from core.verdict import english
from core.verdict.engine import Engine
from core.verdict.looks import Buckets, Counts, Gauge, Look, Pair, Stage
from core.verdict.settings import DecideBy, Metric, Settings
from core.verdict.state import decode, encode
from core.verdict.verdicts import Verdict, Word

BROKEN = errors(1, 12, 2, 228)
"""One error in twelve: over the limit of 1 %; control is not."""


def words(said: list[Verdict]) -> list[Word]:
    return [one.word for one in said]


@pytest.mark.parametrize(
    ("decide_by", "expected"),
    [("streak", "NO-GO"), ("either", "NO-GO"), ("evidence", "OBSERVE")],
)
def test_who_decides_over_three_broken_windows(decide_by: DecideBy, expected: Word) -> None:
    said = play(engine(decide_by=decide_by), [errors(0, 12, 0, 228)] * 3 + [errors(1, 12, 1, 228)] * 3)
    assert said[-1].word == expected
    assert said[-1].by_streak == "NO-GO"
    assert said[-1].calls


def test_a_streak_that_control_shares_is_held_and_calls_people() -> None:
    said = play(engine(), [errors(0, 12, 0, 228)] * 3 + [errors(2, 12, 38, 228)] * 3)
    assert said[-1].word == "OBSERVE"
    assert said[-1].by_streak == "NO-GO"
    assert (said[-1].incident, said[-1].holds_clock, said[-1].calls) == (True, True, True)
    assert "streak-shared" in {reason.key for reason in said[-1].reasons}


def test_the_literal_rule_acts_even_when_control_shares_it() -> None:
    assert play(engine(decide_by="streak"), [errors(2, 12, 38, 228)] * 3)[-1].word == "NO-GO"


def test_an_ok_window_ends_a_streak_and_one_without_data_does_not() -> None:
    judge = engine(decide_by="streak")
    assert words(play(judge, [BROKEN, BROKEN, errors(0, 12, 1, 228), BROKEN]))[-1] == "OBSERVE"
    assert words(play(judge, [BROKEN, BROKEN, Pair(), BROKEN]))[-1] == "NO-GO"


def test_a_window_with_too_few_requests_neither_adds_nor_clears() -> None:
    rule = dataclasses.replace(ERRORS, minimum=10.0)
    said = play(
        engine(rule, decide_by="streak"), [BROKEN, BROKEN, errors(1, 2, 0, 38), errors(0, 3, 0, 38), BROKEN]
    )
    assert [one.findings[0].streak for one in said] == [1, 2, 2, 2, 3]


def test_looking_more_often_does_not_make_a_streak_shorter() -> None:
    said = play(engine(decide_by="streak"), [errors(1, 12, 0, 228)] * 15, every=60.0)
    assert [one.findings[0].streak for one in said] == [0] * 4 + [1] * 5 + [2] * 5 + [3]


def test_without_a_control_evidence_asks_a_person_and_a_streak_acts_on_an_unusual_count() -> None:
    alone = [errors(6, 60)] * 4
    asked = play(engine(decide_by="evidence"), alone)[-1]
    assert (asked.word, asked.calls) == ("OBSERVE", True)
    assert asked.reasons[0].key == "over-limit-without-control"
    assert play(engine(decide_by="either"), alone)[-1].word == "NO-GO"
    usual = dataclasses.replace(ERRORS, usual=0.009)
    said = play(engine(usual, decide_by="either"), [errors(1, 60)] * 4)[-1]
    assert (said.by_streak, said.word) == ("NO-GO", "OBSERVE")


def test_a_rule_that_only_observes_never_rolls_back_and_one_that_calls_calls() -> None:
    bad = [errors(30, 60, 0, 1140)] * 3
    for then, calls in (("observe", False), ("call", True)):
        said = play(engine(dataclasses.replace(ERRORS, then=then)), bad)[-1]  # type: ignore[arg-type]  # both are
        assert (said.word, said.calls) == ("OBSERVE", calls)


def test_an_advisory_rule_says_what_it_would_have_done_and_moves_nothing() -> None:
    quiet = Metric("errors", "counts", limit=0.01, advisory=True)
    judge = engine(MEMORY, quiet)
    _, said = walk(judge, [{"memory": Pair(Gauge(50.0)), "errors": errors(30, 60, 0, 1140)}] * 3)
    assert said[-1].advised == {"errors": "NO-GO"}
    assert said[-1].word == "GO"
    assert said[-1].score.value == 97  # 80 + 20 x (0.6 + 0.4 x 0.6): growth is not known yet


def test_go_needs_requests_and_says_how_many() -> None:
    said = play(engine(), [errors(0, 15, 0, 285)] * 6)
    first, last = said[2], said[-1]
    assert first.word == "OBSERVE"
    assert english.say(first.reasons[0]) == (
        "errors: only 45 requests in this stage (0 bad): rates up to 8 % not excluded; 33 more clean requests, "
        "about 11 minutes at this traffic."
    )
    assert last.word == "GO"
    assert last.findings[0].excluded is not None
    assert last.findings[0].excluded < 0.051
    assert last.reasons[0].key == "excluded"


def test_the_wait_is_shorter_with_the_next_stages_traffic() -> None:
    judge = engine()
    state = judge.begin(0.0, Stage(1, weight=5.0, next_weight=25.0))
    _, said = judge.look(state, Look(900.0, 1, {"errors": errors(0, 45, 0, 855)}))
    assert said.eta is not None
    assert said.eta.minutes == pytest.approx(33 / 3)
    assert said.eta.minutes_next == pytest.approx(33 / 15)


def test_a_count_that_no_healthy_canary_shows_is_not_go() -> None:
    """Two in a thousand excludes five percent, and is still more than 0.1 % explains when it is twenty in ten thousand."""
    said = play(engine(), [errors(20, 10_000, 10, 10_000)])
    assert said[0].word == "OBSERVE"
    assert "unusual" in {reason.key for reason in said[0].reasons}


def test_a_stage_begins_with_nothing_known_and_keeps_its_evidence() -> None:
    judge = engine(decide_by="evidence")
    state, verdict = judge.look(judge.begin(0.0), Look(300.0, 1, {"errors": errors(0, 200, 0, 3800)}))
    assert verdict.word == "GO"
    state = judge.stage(state, 300.0, Stage(2, 25.0))
    state, verdict = judge.look(state, Look(600.0, 2, {"errors": errors(0, 12, 0, 228)}))
    assert verdict.word == "OBSERVE"
    assert verdict.findings[0].total == 12
    assert state.staged == pytest.approx(0.1)


def test_an_incident_holds_the_clock_and_ends() -> None:
    fine, outage = errors(0, 180, 3, 3420), errors(40, 180, 760, 3420)
    said = play(engine(decide_by="evidence"), [fine] * 3 + [outage] * 4 + [fine] * 4)
    assert [one.holds_clock for one in said] == [False] * 3 + [True] * 4 + [False] * 4
    assert "NO-GO" not in words(said)


def test_a_canary_that_is_worse_in_an_incident_is_accused_all_the_same() -> None:
    said = play(engine(decide_by="evidence"), [errors(90, 180, 340, 3420)] * 4)
    assert said[-1].word == "NO-GO"
    assert said[-1].reasons[0].key == "worse"


def test_late_faults_are_found() -> None:
    said = play(engine(decide_by="evidence"), [errors(0, 180, 3, 3420)] * 150 + [errors(9, 180, 3, 3420)] * 6)
    assert words(said)[149] == "GO"
    assert words(said)[-1] == "NO-GO"


def test_a_fault_after_the_planned_time_is_still_found() -> None:
    judge = engine(decide_by="evidence", planned=3600.0)
    said = play(judge, [errors(0, 180, 3, 3420)] * 100 + [errors(9, 180, 3, 3420)] * 8)
    assert (said[99].word, said[-1].word) == ("GO", "NO-GO")


def test_without_history_a_service_that_often_fails_is_no_incident() -> None:
    rule = Metric("errors", "counts", limit=0.05)
    said = play(engine(rule), [errors(1, 60, 24, 1140)] * 6)
    assert not any(one.incident for one in said)


def test_a_share_at_its_limit_breaks_it() -> None:
    rule = Metric("errors", "counts", limit=0.07)
    assert [one.findings[0].streak for one in play(engine(rule), [errors(7, 100), errors(6.99, 100)])] == [
        1,
        0,
    ]


def test_slower_requests_accuse_and_the_limit_is_about_its_edge() -> None:
    fast, slow = histogram(60, 160, 178, 180, 180), histogram(20, 110, 165, 180, 180)
    control = histogram(1140, 3040, 3382, 3420, 3420)
    said = play(engine(P95, decide_by="evidence"), [Pair(fast, control)] * 3, name="p95")
    assert words(said)[-1] == "GO"
    assert said[-1].findings[0].edge == 500.0
    assert said[-1].findings[0].shown == pytest.approx(250 + 250 * (171 - 160) / 18)
    assert play(engine(P95, decide_by="evidence"), [Pair(slow, control)] * 3, name="p95")[-1].word == "NO-GO"


def test_edges_are_chosen_from_control_when_nobody_named_them() -> None:
    found = dataclasses.replace(P95, edges=())
    pair = Pair(histogram(60, 160, 178, 180, 180), histogram(1140, 3040, 3382, 3420, 3420))
    state, said = walk(engine(found), [{"p95": pair}] * 2)
    assert [cut.edge for cut in state.runs[0].cuts] == [100.0, 500.0]  # type: ignore[union-attr]  # counts
    assert words(said) == ["OBSERVE", "GO"]


def test_a_histogram_with_other_edges_is_no_data() -> None:
    other = Pair(Buckets((50.0, float("inf")), (1.0, 5.0)), None)
    assert not play(engine(P95), [other], name="p95")[0].findings[0].known


def test_a_budget_says_when_it_is_spent() -> None:
    rule = dataclasses.replace(ERRORS, budget=200.0)
    said = play(engine(rule), [errors(1, 500, 4, 9500)] * 12)[-1].findings[0]
    assert said.breach_in is not None
    earliest, latest = said.breach_in
    # 60 of 200 are spent, five every five minutes: 140 minutes, give or take the rate's interval
    assert latest is not None
    assert earliest < 140 * 60 < latest


def test_the_trend_follows_the_canary() -> None:
    worse = play(engine(), [errors(1, 1000, 1, 1000)] * 12 + [errors(12, 1000, 1, 1000)] * 3)[-1].findings[0]
    assert worse.trend == "worsening"
    better = play(engine(), [errors(12, 1000, 12, 1000)] * 12 + [errors(0, 1000, 1, 1000)] * 4)[-1].findings[
        0
    ]
    assert better.trend == "improving"


@given(st.lists(readings(), min_size=1, max_size=10))
@settings(max_examples=draws(40), deadline=None)
def test_a_restart_between_any_two_looks_changes_nothing(looks: list[dict[str, Pair]]) -> None:
    judge = engine(ERRORS, P95, MEMORY)
    assert walk(judge, looks, stage_of=3) == walk(judge, looks, stage_of=3, restart=True)


@given(st.lists(readings(), max_size=8), st.sets(st.sampled_from(("errors", "p95", "memory")), min_size=1))
@settings(max_examples=draws(40), deadline=None)
def test_missing_data_is_never_go_or_no_go(looks: list[dict[str, Pair]], silent: set[str]) -> None:
    judge = engine(ERRORS, P95, MEMORY)
    nothing: dict[str, Pair] = {}
    _, said = walk(judge, [*looks, nothing])
    assert said[-1].word == "OBSERVE"
    assert said[-1].score.value is None
    partly = {name: pair for name, pair in (looks[-1] if looks else nothing).items() if name not in silent}
    _, said = walk(judge, [*looks, partly])
    assert said[-1].word != "GO"


def test_a_metric_that_never_answers_keeps_go_away() -> None:
    _, said = walk(engine(ERRORS, MEMORY), [{"errors": errors(0, 500, 0, 9500)}] * 5)
    assert words(said) == ["OBSERVE"] * 5
    assert "no-data" in {reason.key for reason in said[-1].reasons}


@given(st.lists(windows(), min_size=1, max_size=10), st.data())
@settings(max_examples=draws(100), deadline=None)
def test_more_errors_in_the_canary_never_raise_the_score(pairs: list[Pair], data: st.DataObject) -> None:
    for decide_by in ("evidence", "either", "streak"):
        judge = engine(decide_by=decide_by)
        place = data.draw(st.integers(0, len(pairs) - 1))
        canary = pairs[place].canary
        if not isinstance(canary, Counts):
            continue
        bad = data.draw(st.integers(int(canary.bad), int(canary.total)))
        worse = [*pairs[:place], Pair(Counts(bad, canary.total), pairs[place].control), *pairs[place + 1 :]]
        for before, after in zip(play(judge, pairs), play(judge, worse), strict=True):
            assert (before.score.value is None) == (after.score.value is None)
            assert (after.score.value or 0) <= (before.score.value or 0)


@given(st.lists(readings(), min_size=1, max_size=8))
@settings(max_examples=draws(40), deadline=None)
def test_score_and_word_agree_and_the_arithmetic_gives_the_score(looks: list[dict[str, Pair]]) -> None:
    for one in walk(engine(ERRORS, P95, MEMORY), looks)[1]:
        score = one.score
        if score.value is None:
            continue
        low, high = {"NO-GO": (0, 29), "OBSERVE": (30, 79), "GO": (80, 100)}[one.word]
        assert low <= score.value <= high
        inside = (1 - score.used) * (0.6 + 0.4 * score.knowledge) * score.coverage
        assert score.capped or score.value == round(low + (high - low) * inside)


def test_a_key_metric_that_may_not_act_still_caps_the_score() -> None:
    rule = dataclasses.replace(ERRORS, then="call", key=True)
    _, said = walk(
        engine(rule, MEMORY), [{"errors": errors(30, 60, 0, 1140), "memory": Pair(Gauge(50.0))}] * 3
    )
    assert said[-1].word == "OBSERVE"
    assert (said[-1].score.value, said[-1].score.capped) == (29, "key") or said[-1].score.value == 30


@given(st.lists(readings(), min_size=1, max_size=8))
@settings(max_examples=draws(40), deadline=None)
def test_every_reason_is_a_sentence_with_its_own_figures(looks: list[dict[str, Pair]]) -> None:
    for one in walk(engine(ERRORS, P95, MEMORY), looks)[1]:
        assert one.reasons
        for reason in one.reasons:
            said = english.say(reason)
            assert said.endswith(".")
            assert "{" not in said
            if reason.key in ("worse", "perhaps-worse"):
                assert re.search(rf"\b{reason.words['bad']:,.0f} (bad|slower)", said)
                assert f"in {reason.words['total']:,.0f} canary requests" in said


def test_the_sentence_of_an_accusation() -> None:
    said = play(
        engine(decide_by="evidence"), [errors(0, 15, 3, 285), errors(4, 15, 4, 285), errors(5, 15, 4, 285)]
    )[-1]
    assert re.fullmatch(
        r"errors: 9 bad in 30 canary requests vs 8 in 570 on control: 99\.\d+ % sure that it is worse \(21\.4x\)\.",
        english.say(said.reasons[0]),
    )


def test_every_sentence_has_a_text() -> None:
    assert english.certainty(1.0) == "99.99 %"
    assert english.percent(None) == "unknown"
    assert english.percent(1e-7) == "under 0.001 %"


def test_what_the_engine_refuses() -> None:
    with pytest.raises(ValueError, match="without metrics"):
        Engine(Settings(), ())
    with pytest.raises(ValueError, match="same name"):
        Engine(Settings(), (ERRORS, ERRORS))
    judge = engine()
    state, _ = judge.look(judge.begin(0.0), Look(300.0, 1, {}))
    with pytest.raises(ValueError, match="not later"):
        judge.look(state, Look(300.0, 1, {}))
    with pytest.raises(ValueError, match="of 1 metrics, the gate has 2"):
        engine(ERRORS, P95).look(state, Look(600.0, 1, {}))
    with pytest.raises(ValueError, match="version 0"):
        decode({**encode(state), "version": 0})
    for changes, sentence in (
        ({"alpha": 0.0}, "risks between 0 and 1"), ({"share_gauge": 0.9}, "shares of alpha"), ({"capital_start": 0.9}, "parts of the capital"),
        ({"margin": 0.5}, "margin is 1 or more"), ({"blocks": 2}, "three blocks"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=sentence):
            Settings(**changes)
    for wrong in ({"phi": 0.5}, {"streak": 0}, {"limit": 2.0}, {"quantile": 1.0}):
        with pytest.raises(ValueError, match="errors:"):
            dataclasses.replace(ERRORS, **wrong)


def test_the_state_is_small() -> None:
    judge = engine(ERRORS, P95, MEMORY)
    reading = {
        "errors": errors(1, 180, 3, 3420),
        "p95": Pair(histogram(60, 160, 178, 180, 180), histogram(1140, 3040, 3382, 3420, 3420)),
        "memory": Pair(Gauge(61.25), Gauge(60.5)),
    }
    state, _ = walk(judge, [reading] * 1200, every=60.0)
    assert len(json.dumps(encode(state))) < 6000

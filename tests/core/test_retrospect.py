"""Looking back on a rehearsal: gates played over the past, series without data, checks, people, times. Values in, values out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.effects import Fact
from core.inputs import Reading
from core.plan.runbook import Runbook, read_runbook
from core.rehearsal import FailedCheck, Missing, Replayed, Weighed
from core.replay_stored import StoredLook
from core.retrospect import Replay, Row, failed_checks, missing, step_times, weighed, without_data
from core.start import new_deployment
from core.state import Deployment, StepState

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
EVERY = timedelta(minutes=5)
PLAN = """
format: 1
plan: p
title: P
service: s
environment: production
starters: [a]
roles: {a: {title: A}, b: {title: B}}
channels: {main: m}
sources: {api: {http: {url: "https://api.test"}}}
metrics:
  errors: {title: E, source: api, get: /m, unit: "%", ratio: {bad: b, total: t}}
  memory: {title: M, source: api, get: /m, unit: "%", gauge: g}
gates:
  canary:
    title: G
    every: 5m
    minimum: 10
    rules: [{metric: errors, below: 1%, streak: 3, then: call}, {metric: memory, below: 85%, streak: 2, then: observe}]
  low: {title: L, track: control, rules: [{metric: memory, above: 10%, then: observe}]}
escalation: [{tier: 1, for: x, who: [a], within: 5m}, {tier: 2, for: x, who: [b], within: 10m}]
phases: [{id: x, title: X, steps: [{signoff: {id: s, title: S, roles: [b]}}]}]
"""


def runbook() -> Runbook:
    return read_runbook(PLAN)


def played(shares: list[float], memory: float = 50.0, gate: str = "canary") -> Replayed:
    """A gate over windows with these shares of failed requests, a hundred requests a window on the stable side."""
    replay = Replay(runbook(), gate, T0)
    bad = total = 0.0
    replay.look(T0, look(bad, total, memory))
    for number, share in enumerate(shares, 1):
        bad, total = bad + 100 * share, total + 100
        replay.look(T0 + EVERY * number, look(bad, total, memory))
    return replay.outcome()


def look(bad: float, total: float, memory: float) -> list[Reading]:
    return [
        Reading("errors", "control", "ok", (bad, total)),
        Reading("errors", "canary", "ok", (0.0, 0.0)),
        Reading("memory", "control", "ok", (memory,)),
    ]


def test_a_streak_on_the_stable_side_would_have_fired() -> None:
    found = played([0, 0.02, 0.03, 0.05, 0.02, 0, 0])
    (fired,) = found.fired
    assert (fired.rule, fired.times) == ("errors.below.call", 1)
    assert fired.first_at == fired.last_at == T0 + EVERY * 4
    assert fired.worst == 5.0
    assert (found.looks, found.judged) == (8, 8)


def test_two_streaks_fire_twice_and_two_windows_do_not() -> None:
    assert played([0.02, 0.02, 0, 0.02, 0.02]).fired == ()
    (fired,) = played([0.02] * 3 + [0] + [0.02] * 5).fired
    assert fired.times == 2


def test_gauges_and_limits_from_below() -> None:
    (fired,) = played([0] * 4, memory=90).fired
    assert (fired.rule, fired.worst) == ("memory.below.observe", 90)
    (fired,) = played([0] * 4, memory=5, gate="low").fired
    assert (fired.rule, fired.worst) == ("memory.above.observe", 5)


def test_silence_is_never_evidence() -> None:
    replay = Replay(runbook(), "canary", T0)
    for number in range(10):
        replay.look(T0 + EVERY * number, [Reading("errors", "control", "no-data", (), "gone")])
    found = replay.outcome(("api",))
    assert (found.fired, found.judged, found.no_past) == ((), 0, ("api",))


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.floats(0, 0.0099), max_size=30))
def test_nothing_fires_while_every_window_is_good(shares: list[float]) -> None:
    assert played(shares).fired == ()


def test_series_without_data_and_counters_that_stand_still() -> None:
    ok, still = Reading("errors", "control", "ok", (1.0, 9.0)), Reading("errors", "canary", "ok", (0.0, 0.0))
    gone = Reading("memory", "control", "no-data", (), "no such series")
    well = Reading("memory", "control", "ok", (50.0,))
    found = without_data(
        runbook(), [(ok, still, gone), (Reading("errors", "control", "ok", (1.0, 12.0)), still, well)]
    )
    assert [(one.metric, one.track, one.looks, one.of, one.detail) for one in found] == [
        ("errors", "canary", 2, 2, "no-requests"),
        ("memory", "control", 1, 2, "no such series"),
    ]
    assert without_data(runbook(), [(well,), (well,)]) == ()


def test_the_last_word_of_a_check_counts_and_people_are_missed_by_name() -> None:
    rows = [
        Row(T0, T0, (Fact("item-check-failed", (("step", "s"), ("item", "i"), ("evidence", "503"))),)),
        Row(T0 + EVERY, T0, (Fact("item-check-failed", (("step", "s"), ("item", "i"), ("evidence", "404"))),)),
        Row(T0 + EVERY, T0, (Fact("not-confirmed", (("step", "five"), ("evidence", "0, not 5"))),)),
        Row(T0 + EVERY, T0, (Fact("defaulted", (("step", "go"), ("answer", "hold"))), Fact("page-exhausted", (("page", 3),)))),
    ]  # fmt: skip
    assert failed_checks(rows) == (FailedCheck("s", "i", "404"), FailedCheck("five", "", "0, not 5"))
    passed = Row(
        T0 + EVERY, T0, (Fact("item-verified", (("step", "s"), ("item", "i"), ("evidence", "200"))),)
    )
    assert failed_checks([*rows, passed]) == (FailedCheck("five", "", "0, not 5"),)
    deployment = peopled((("a", ("U1",)), ("b", ())))
    assert missing(deployment, rows) == (
        Missing("role", "b"), Missing("tier", "2"), Missing("question", "go", T0 + EVERY), Missing("call", "3", T0 + EVERY),
    )  # fmt: skip
    assert missing(peopled((("a", ("U1",)), ("b", ("U2",)))), []) == ()


def test_a_step_s_real_time_is_that_of_the_journal() -> None:
    deployment = Deployment(
        "D1", runbook(), {}, T0, "en",
        steps=(StepState("s", "done", T0, T0 + timedelta(hours=1)), StepState("t", "open", T0), StepState("u")),
    )  # fmt: skip
    real = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [Row(T0, real), Row(T0 + timedelta(hours=1), real + timedelta(minutes=1))]
    done, still_open = step_times(deployment, rows)
    assert (done.plan_s, done.real_s) == (3600, 60)
    assert (still_open.status, still_open.plan_s) == ("open", None)


def peopled(people: tuple[tuple[str, tuple[str, ...]], ...]) -> Deployment:
    return replace(new_deployment(id="D1", runbook=runbook(), inputs={}, t0=T0, language="en"), people=people)


# ----------------------------------------------------------------------------------------------- what the evidence said


def counted(bad: float, total: float, control_bad: float, control_total: float) -> tuple[Reading, ...]:
    return (
        Reading("errors", "canary", "ok", (bad, total)), Reading("errors", "control", "ok", (control_bad, control_total)),
        Reading("memory", "canary", "ok", (50.0,)),
    )  # fmt: skip


def compared() -> Runbook:
    """The same with a metric that tells the sides apart."""
    return read_runbook(PLAN.replace("bad: b, total: t", "bad: b.$track, total: t.$track"))


def rehearsed(bad: float, control_bad: float) -> tuple[Weighed, ...]:
    """Twelve windows of a hundred requests in the canary and nine hundred beside it, with so many errors a window."""
    looks = [
        StoredLook("canary", T0 + EVERY * n, counted(bad * n, 100.0 * n, control_bad * n, 900.0 * n))
        for n in range(13)
    ]
    return weighed(compared(), looks, ())


def test_the_evidence_of_a_rehearsal_stands_beside_its_streaks() -> None:
    sick, memory = rehearsed(20, 1)
    assert (sick.gate, sick.rule, sick.looks) == ("canary", "errors.below.call", 13)
    assert (sick.streaks, sick.unproved, sick.acted) == (1, 0, 1)
    assert sick.needed is not None
    assert sick.odds >= sick.needed
    assert sick.proved_at == T0 + EVERY * 2
    assert (memory.streaks, memory.needed, memory.proved_at, memory.acted) == (0, None, None, 0)


def test_a_streak_that_both_sides_share_is_complete_and_unproved() -> None:
    shared, _ = rehearsed(2, 18)
    assert (shared.streaks, shared.unproved, shared.proved_at) == (1, 1, None)
    assert shared.odds < 10.0
    quiet, _ = rehearsed(0, 1)
    assert (quiet.streaks, quiet.unproved, quiet.proved_at, quiet.acted) == (0, 0, None, 0)
    assert weighed(runbook(), (), ()) == ()
    looks = [StoredLook("canary", T0 + EVERY * n, counted(9.0 * n, 100.0 * n, 0, 900.0)) for n in range(4)]
    assert weighed(runbook(), looks, ())[0].needed is None  # one number for both sides compares nothing


def test_the_past_says_what_was_over_its_limit_beyond_doubt_and_what_the_gate_made_of_it() -> None:
    found = played([0.2] * 4 + [0.0] * 80)
    (over,) = found.over
    assert (over.rule, over.times, over.worst) == ("errors.below.call", 1, None)
    assert T0 < over.first_at <= T0 + EVERY * 4
    (fired,) = found.fired
    assert (fired.times, fired.acted) == (1, 1)
    assert played([0, 0.02, 0.02, 0.02, 0, 0]).over == ()

"""What one look says: the states of a sample, streaks, windows, quantiles, and what a gate without evidence does."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise
from statistics import linear_regression
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure_world import DEPLOYER, T0, PureWorld, at, begin, clock, failed, in_seconds, ion, literal

from core import gates
from core.effects import Measure
from core.gates import Look
from core.history import since_start
from core.inputs import EffectFailed, Measured, Paused, Reading, Resumed, Tick
from core.machine import gate_wake_at, wake_at
from core.plan.models import Ratio
from core.plan.runbook import read_runbook
from core.readings import slope, window
from core.report import summarise
from core.start import new_deployment
from core.state import GateRun, RuleRun, SampleState, Status

FIVE = timedelta(minutes=5)
Track = Literal["canary", "control"]


def counted(bad: float, total: float, *, track: Track = "canary") -> Reading:
    return Reading("errors", track, "ok", (bad, total))


def buckets(*counts: float, metric: str = "p95", track: Track = "canary") -> Reading:
    edges = (100.0, 200.0, 500.0, 1000.0, math.inf)
    return Reading(metric, track, "ok", tuple(x for pair in zip(edges, counts, strict=True) for x in pair))


def gauge(value: float, *, metric: str = "memory", track: Track = "canary") -> Reading:
    return Reading(metric, track, "ok", (value,))


def missing(metric: str = "errors") -> Reading:
    return Reading(metric, "canary", "no-data", detail="missing")


def broken(metric: str = "errors") -> Reading:
    return Reading(metric, "canary", "failed", detail="connection refused")


def looks(*readings: tuple[Reading, ...] | Reading, every: timedelta = FIVE) -> list[Look]:
    """A canary gate that sees these readings one after another."""
    run = gates.begin("canary", literal(), T0, after=None)
    found = []
    for number, seen in enumerate(readings):
        look = gates.judge(literal(), run, seen if isinstance(seen, tuple) else (seen,), T0 + number * every)
        run = look.run
        found.append(look)
    return found


def rule(run: GateRun, label: str = "errors.below.rollback") -> RuleRun:
    return next(state for state in run.rules if state.label == label)


def state(look: Look, label: str = "errors.below.rollback") -> SampleState | None:
    sample = rule(look.run, label).sample
    return sample.state if sample is not None else None


# --------------------------------------------------------------------------------------------------- states of a sample


@pytest.mark.parametrize(
    ("before", "after", "expected", "detail"),
    [
        pytest.param(counted(0, 100), counted(0, 200), "ok", "", id="no error in a hundred"),
        pytest.param(counted(0, 1000), counted(9, 2000), "ok", "", id="0.9 % is below 1 %"),
        pytest.param(counted(0, 100), counted(1, 200), "breach", "", id="1 % is the limit and over it"),
        pytest.param(counted(5, 100), counted(7, 200), "breach", "", id="only the difference counts"),
        pytest.param(counted(0, 100), counted(0, 109), "too-few", "10", id="nine requests"),
        pytest.param(counted(0, 100), counted(9, 109), "too-few", "10", id="nine errors in nine requests"),
        pytest.param(counted(0, 100), counted(0, 110), "ok", "", id="ten are enough"),
        pytest.param(counted(0, 100), counted(0, 100), "no-data", "no-requests", id="no traffic at all"),
        pytest.param(counted(3, 100), counted(0, 40), "no-data", "counter-reset", id="restarted"),
        pytest.param(counted(3, 100), counted(0, 140), "no-data", "counter-reset", id="one of two fell"),
        pytest.param(missing(), counted(0, 200), "no-data", "first-look", id="nothing to compare with"),
        pytest.param(counted(0, 100), missing(), "no-data", "missing", id="the series is missing"),
        pytest.param(counted(0, 100), broken(), "source-failed", "connection refused", id="no answer"),
        pytest.param(counted(0, 100), gauge(60), "no-data", "not-read", id="another metric came"),
    ],
)
def test_a_window_says_exactly_one_of_five_things(
    before: Reading, after: Reading, expected: SampleState, detail: str
) -> None:
    look = looks(before, after)[1]
    assert state(look) == expected
    sample = rule(look.run).sample
    assert sample is not None
    assert sample.detail == detail
    assert (sample.value is None) == (expected in ("no-data", "source-failed"))


SEQUENCES = [
    pytest.param("bad bad bad", (1, 2, 3), 3, id="three in a row fire at the third"),
    pytest.param("bad ok bad bad", (1, 0, 1, 2), None, id="an ok window clears"),
    pytest.param("bad none bad bad", (1, 1, 2, 3), 4, id="no data neither counts nor clears"),
    pytest.param("bad down down bad bad", (1, 1, 1, 2, 3), 5, id="nor does a source that failed"),
    pytest.param("bad few bad few bad", (1, 1, 2, 2, 3), 5, id="nor do too few requests"),
    pytest.param("none none none", (0, 0, 0), None, id="no data alone never fires"),
    pytest.param("down down down down", (0, 0, 0, 0), None, id="a dead source alone never fires"),
    pytest.param("few few few", (0, 0, 0), None, id="few requests alone never fire"),
    pytest.param("bad bad bad ok", (1, 2, 3, 0), 3, id="and goes out again"),
    pytest.param("bad reset bad bad", (1, 1, 2, 3), 4, id="a restart neither counts nor clears"),
]


@pytest.mark.parametrize(("story", "streaks", "fires"), SEQUENCES)
def test_only_a_breach_feeds_a_streak_and_only_an_ok_clears_it(
    story: str, streaks: tuple[int, ...], fires: int | None
) -> None:
    bad, total = 0.0, 0.0
    readings: list[Reading] = [counted(0, 0)]
    for word in story.split():
        if word == "reset":
            bad, total = 0.0, 10.0
        total += {"few": 3, "ok": 100, "bad": 100}.get(word, 0)
        bad += {"few": 3, "bad": 50}.get(word, 0)
        readings.append({"none": missing(), "down": broken()}.get(word, counted(bad, total)))
    found = looks(*readings)[1:]
    assert tuple(rule(look.run).streak for look in found) == streaks
    fired = [number for number, look in enumerate(found, 1) if any(r.then == "rollback" for r in look.fired)]
    assert fired == ([] if fires is None else [fires])


def test_a_rule_that_has_fired_fires_once_and_is_cleared_once() -> None:
    bad = [counted(50.0 * n, 100.0 * n) for n in range(6)]
    found = looks(*bad, counted(250, 600), counted(250, 700))
    assert [len(look.fired) for look in found] == [0, 0, 0, 1, 0, 0, 0, 0]
    assert [len(look.cleared) for look in found] == [0, 0, 0, 0, 0, 0, 1, 0]
    assert rule(found[5].run).since == T0


def test_a_window_after_a_blind_look_begins_where_the_last_good_one_ended() -> None:
    found = looks(counted(0, 100), broken(), counted(20, 200))
    sample = rule(found[2].run).sample
    assert sample is not None
    assert (sample.since, sample.until, sample.bad, sample.count) == (T0, T0 + 2 * FIVE, 20, 100)
    assert state(found[2]) == "breach"


def test_but_not_over_more_time_than_the_gates_patience() -> None:
    found = looks(counted(0, 100), broken(), broken(), broken(), counted(20, 200))
    assert state(found[4]) == "no-data"
    assert state(looks(counted(0, 100), broken(), broken(), counted(20, 200))[3]) == "breach"


@given(
    st.lists(
        st.one_of(
            st.tuples(st.integers(0, 50), st.integers(0, 50)), st.sampled_from(["none", "down", "reset"])
        ),
        min_size=2,
        max_size=25,
    )
)
def test_every_request_is_in_at_most_one_window(story: list[tuple[int, int] | str]) -> None:
    bad = total = 0
    arrived = 0
    readings: list[Reading] = []
    for word in story:
        if word == "none":
            readings.append(missing())
        elif word == "down":
            readings.append(broken())
        else:
            if isinstance(word, str):
                bad = total = 0
            else:
                bad, total = bad + word[0], total + word[0] + word[1]
                arrived += word[0] + word[1]
            readings.append(counted(bad, total))
    run = gates.begin("canary", ion(), T0, after=None)
    counts, spans = 0.0, []
    for number, reading in enumerate(readings):
        run = gates.judge(ion(), run, (reading,), T0 + number * FIVE).run
        sample = run.samples[0]
        if sample.state == "ok":
            counts += sample.count or 0
            spans.append((sample.since, sample.until))
        assert rule(run).streak <= rule(run).breached_total
    assert counts <= arrived
    assert all(one[1] <= after[0] for one, after in pairwise(spans))


def test_a_look_out_of_time_is_no_window() -> None:
    run = looks(counted(0, 100), counted(0, 200))[1].run
    again = gates.judge(ion(), run, (counted(90, 300),), T0 + FIVE)
    assert again.breached == ()
    assert (rule(again.run).streak, rule(again.run).judged_total) == (0, 1)


# ------------------------------------------------------------------------------------------------- since it all began


def test_since_the_beginning_counts_over_a_restart_of_the_process() -> None:
    run = looks(counted(0, 0), counted(5, 100), counted(1, 50), counted(2, 80))[3].run
    seen = since_start(ion(), run, "errors", "canary")
    assert (seen.state, seen.bad, seen.count) == ("ok", 7, 180)


def test_a_restart_does_not_make_earlier_errors_disappear_from_a_quantile() -> None:
    first, then, anew = buckets(0, 0, 0, 0, 0), buckets(0, 0, 0, 100, 100), buckets(100, 100, 100, 100, 100)
    run = looks(first, then, buckets(0, 0, 0, 0, 0), anew)[3].run
    seen = since_start(ion(), run, "p95", "canary")
    assert seen.count == 200
    assert seen.value == pytest.approx(950)


def test_a_series_that_is_missing_at_first_begins_when_it_comes() -> None:
    run = looks(missing(), counted(0, 10), counted(1, 110))[2].run
    seen = since_start(ion(), run, "errors", "canary")
    assert (seen.state, seen.bad, seen.count) == ("ok", 1, 100)
    late = looks((counted(0, 0), missing("p95")), (counted(0, 9), buckets(1, 1, 1, 1, 1)))[1].run
    assert since_start(ion(), late, "p95", "canary").detail == "no-requests"


def test_a_rate_that_answers_late_has_no_value_since_the_beginning() -> None:
    first = Reading("rps", "canary", "ok", (0.0,))
    fresh = looks((counted(0, 0), first), (counted(0, 9), Reading("rps", "canary", "ok", (300.0,))))[1].run
    assert since_start(ion(), fresh, "rps", "canary").value == pytest.approx(1.0)
    late = looks((counted(0, 0), missing("rps")), (counted(0, 9), first), (counted(0, 9), first))[2].run
    assert since_start(ion(), late, "rps", "canary").state == "no-data"


@pytest.mark.parametrize(("last", "expected"), [(missing(), "no-data"), (broken(), "source-failed")])
def test_what_does_not_answer_now_has_no_value_since_the_beginning(last: Reading, expected: str) -> None:
    run = looks(counted(0, 0), counted(0, 500), last)[2].run
    seen = since_start(ion(), run, "errors", "canary")
    assert (seen.state, seen.value) == (expected, None)


# -------------------------------------------------------------------------------------------------------------- figures


def reference_quantile(q: float, edges: list[float], cumulative: list[float]) -> float:
    """Prometheus' histogram_quantile, written down from its documentation."""
    rank = q * cumulative[-1]
    index = next(i for i, count in enumerate(cumulative) if count >= rank)
    if edges[index] == math.inf:
        return edges[-2]
    low = edges[index - 1] if index else 0.0
    below = cumulative[index - 1] if index else 0.0
    inside = cumulative[index] - below
    return low + (edges[index] - low) * ((rank - below) / inside)


@given(
    st.lists(st.integers(0, 500), min_size=2, max_size=12).filter(lambda grown: sum(grown) > 0),
    st.lists(st.integers(0, 500), min_size=12, max_size=12),
)
def test_quantiles_agree_with_the_reference(grown: list[int], before: list[int]) -> None:
    edges = [50.0 * (i + 1) for i in range(len(grown) - 1)] + [math.inf]
    base, added = [], []
    for index in range(len(grown)):
        base.append(float(sum(before[: index + 1])))
        added.append(float(sum(grown[: index + 1])))
    old = tuple(x for pair in zip(edges, base, strict=True) for x in pair)
    new = tuple(x for edge, b, a in zip(edges, base, added, strict=True) for x in (edge, b + a))
    metric = ion().metric("p95")
    seen = window(metric, Reading("p95", "canary", "ok", old), Reading("p95", "canary", "ok", new), FIVE)
    assert seen.count == added[-1]
    assert seen.value == pytest.approx(reference_quantile(0.95, edges, added))


def test_buckets_that_changed_or_fell_are_no_data() -> None:
    metric = ion().metric("p95")
    other = Reading("p95", "canary", "ok", (100.0, 5.0, math.inf, 9.0))
    assert window(metric, buckets(1, 2, 3, 4, 5), other, FIVE).detail == "buckets-changed"
    assert window(metric, buckets(1, 2, 3, 4, 5), buckets(0, 2, 3, 4, 9), FIVE).detail == "counter-reset"
    same = window(metric, buckets(1, 2, 3, 4, 5), buckets(1, 2, 3, 4, 5), FIVE)
    assert (same.state, same.detail, same.count) == ("no-data", "no-requests", 0.0)


def test_slower_than_the_last_edge_is_said_to_be_beyond_it() -> None:
    seen = window(ion().metric("p95"), buckets(0, 0, 0, 0, 0), buckets(0, 0, 0, 0, 7), FIVE)
    assert (seen.value, seen.detail) == (1000.0, "beyond-buckets")


@given(
    st.lists(
        st.tuples(st.floats(0, 100, width=32), st.floats(-1000, 1000, width=32)), min_size=2, max_size=30
    ).filter(lambda points: max(x for x, _ in points) - min(x for x, _ in points) > 0.1)
)
def test_growth_is_the_least_squares_slope(points: list[tuple[float, float]]) -> None:
    wanted = linear_regression([x for x, _ in points], [y for _, y in points]).slope
    assert slope(points) == pytest.approx(wanted, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("points", [(), ((1.0, 2.0),), ((1.0, 2.0), (1.0, 9.0))])
def test_growth_needs_two_moments(points: tuple[tuple[float, float], ...]) -> None:
    assert slope(points) is None


def test_growth_is_said_only_over_enough_looks_and_time() -> None:
    label = "memory.growth.observe"
    rising = looks(*(gauge(60 + 0.5 * n) for n in range(12)))
    assert [state(look, label) for look in rising] == ["too-few"] * 8 + ["breach"] * 4
    flat = looks(*(gauge(60.0) for _ in range(12)))
    assert state(flat[-1], label) == "ok"
    often = looks(*(gauge(60 + 0.5 * n) for n in range(12)), every=timedelta(minutes=1))
    assert state(often[-1], label) == "too-few"  # eleven minutes are a sawtooth, not a trend


def test_growth_is_held_against_its_limit_in_the_metrics_unit() -> None:
    """The limit is 0.001 s an hour, and the metric is in milliseconds."""
    book = in_seconds()
    grown = []
    for per_hour in (0.5, 1.5):
        run, said = gates.begin("canary", book, T0, after=None), []
        for number in range(12):
            seen = gauge(60 + per_hour * number / 12)
            look = gates.judge(book, run, (seen,), T0 + number * FIVE)
            run = look.run
            said.append(state(look, "memory.growth.observe"))
        grown.append(said[-1])
    assert grown == ["ok", "breach"]


def test_a_gauge_is_kept_for_eight_hours_and_not_longer() -> None:
    run = looks(*(gauge(60.0) for _ in range(120)))[-1].run
    assert [(name, len(points)) for name, points in run.gauges] == [("memory", gates.GAUGE_POINTS)]


# ------------------------------------------------------------------------------------------------------- recommendation


def every_rule(bad: float, total: float, *, slow: float = 0.0, memory: float = 60.0) -> tuple[Reading, ...]:
    counts = (total - slow, total - slow, total - slow, total, total)
    return (
        counted(bad, total), gauge(memory), *(buckets(*counts, metric=name) for name in ("p95", "p50", "p99")),
        buckets(total, total, total, total, total, metric="recommendation"),
    )  # fmt: skip


def test_go_needs_every_rule_that_can_act_to_have_been_judged() -> None:
    found = looks(every_rule(0, 0), every_rule(0, 100), every_rule(0, 105), every_rule(0, 205))
    assert [look.run.recommendation for look in found] == ["OBSERVE", "GO", "OBSERVE", "GO"]
    blind = looks(every_rule(0, 0), every_rule(0, 100), (counted(0, 200), gauge(60)))
    assert blind[-1].run.recommendation == "OBSERVE"


def test_one_breach_is_observe_and_a_full_streak_no_go() -> None:
    found = looks(*(every_rule(50.0 * n, 100.0 * n) for n in range(4)), every_rule(150, 400))
    assert [look.run.recommendation for look in found] == ["OBSERVE", "OBSERVE", "OBSERVE", "NO-GO", "GO"]


def test_a_rule_that_only_observes_never_says_no_go() -> None:
    found = looks(
        *(
            (
                *every_rule(0, 100.0 * n)[:-1],
                buckets(0, 0, 100.0 * n, 100.0 * n, 100.0 * n, metric="recommendation"),
            )
            for n in range(6)
        )
    )
    assert found[-1].run.recommendation == "OBSERVE"
    assert rule(found[-1].run, "recommendation.below.observe").fired_at is not None


def test_switching_gates_keeps_the_readings_and_begins_the_streaks_anew() -> None:
    before = looks(every_rule(0, 0), every_rule(50, 100))[1].run
    after = gates.begin("first-window", ion(), T0 + FIVE, after=before)
    assert all(state.streak == 0 for state in after.rules)
    look = gates.judge(ion(), after, every_rule(60, 200), T0 + 2 * FIVE)
    assert state(look) == "breach"
    assert [r.then for r in look.fired] == ["rollback"]
    seen = since_start(ion(), look.run, "errors", "canary")
    assert (seen.bad, seen.count) == (60, 200)


# ------------------------------------------------------------------------------------------ the gate in a deployment


def test_without_evidence_it_waits_patiently_then_holds_and_calls_and_comes_back_by_itself() -> None:
    world = at("14:31", runbook=literal())
    world.service.down = True
    world.run(clock("14:44"))
    assert world.status() is Status.RUNNING
    assert world.open_pages() == []
    world.run(clock("14:45"))
    assert world.status() is Status.HELD
    hold = world.deployment.hold
    assert hold is not None
    assert (hold.cause, hold.key) == ("gate", "no-data")
    assert dict(hold.words) == {
        "gate": "canary", "metric": "errors", "state": "source-failed", "detail": "connection refused",
        "minutes": 15, "since": clock("14:30").isoformat(),
    }  # fmt: skip
    assert world.open_pages() == ["no-data"]
    world.service.down = False
    world.run(clock("14:54"))
    assert world.status() is Status.HELD  # the last good reading is too old to begin a window with
    world.run(clock("14:55"))
    assert world.status() is Status.RUNNING
    assert world.when("data-back") == [clock("14:55")]
    assert world.open_pages() == []
    assert "rollback-rule" not in world.told()


def test_bake_time_stands_still_without_evidence() -> None:
    world = at("14:31", runbook=literal())
    world.service.down = True
    world.run(clock("14:50"))
    world.service.down = False
    world.run(clock("15:20"))
    bake = world.step("fifteen-together")
    assert bake.closed_at is not None
    assert bake.baked == timedelta(minutes=15)
    stood = world.when("data-back")[0] - world.when("held-no-data")[0]
    assert bake.closed_at == clock("14:45") + stood


def test_a_pause_on_top_of_missing_data_is_not_ended_by_the_data() -> None:
    world = at("14:31", runbook=literal())
    world.service.down = True
    world.run(clock("14:46"))
    world.do(Paused(DEPLOYER, "we are looking into it"))
    assert world.deployment.hold is not None
    assert (world.deployment.hold.cause, world.deployment.hold.since) == ("paused", clock("14:45"))
    world.service.down = False
    world.run(clock("15:00"))
    assert world.status() is Status.HELD
    assert world.open_pages() == []  # the data is back, so nobody is called for it any more
    world.do(Resumed(DEPLOYER))
    assert world.status() is Status.RUNNING


def test_whoever_resumes_without_data_gets_the_gates_patience_once_more() -> None:
    world = at("15:16", runbook=literal())
    world.service.down = True
    world.run(clock("15:31"))
    world.do(Resumed(DEPLOYER))
    assert world.open_pages() == []
    world.run(clock("15:49"))
    assert world.status() is Status.RUNNING
    world.run(clock("15:50"))
    assert world.status() is Status.HELD
    assert world.when("held-no-data") == [clock("15:30"), clock("15:50")]


def test_missing_data_never_rolls_back_and_never_passes_a_gate() -> None:
    world = at("14:31", runbook=literal())
    world.service.silent = True
    world.run(clock("20:00"))
    assert world.status() is Status.HELD
    assert world.changes[-1] == ("step:canary-5:1", 5)
    assert world.step("fifteen-together").status == "open"
    assert gate_wake_at(world.deployment) == clock("20:05")


def _canary_without_approval() -> str:
    return "\n".join(
        [
            "format: 1", "plan: two", "title: Two", "service: shop", "environment: production", 't0: "14:00"',
            "starters: [deployer]", "four-eyes: false", "roles: {deployer: {title: D}}",
            "channels: {main: deployment}", 'programs: {deploy: "${D}"}', 'sources: {api: {http: {url: "${U}"}}}',
            "metrics:",
            "  errors: {title: E, source: api, get: /m, ratio: {bad: $track.e, total: $track.t}, unit: '%'}",
            "gates: {g: {title: G, every: 5m, rules: [{metric: errors, below: 1%, streak: 3, then: rollback}], decide-by: streak, look: 5m}}",
            "actions:",
            "  set: {title: S, command: {program: deploy, args: [$weight]}, repeat: safe}",
            "  back: {title: B, command: {program: deploy, args: [back]}, repeat: safe}",
            "traffic: {set: set, read: {source: api, get: /w, value: w}}",
            "escalation: [{tier: 1, for: fix, who: [deployer], within: 5m}]",
            "rollback: {by: [deployer], steps: [back], verify: {}}",
            "phases:",
            "  - id: only", "    title: Only", "    at: T0", "    steps:",
            "      - canary: {id: c, title: C, gate: g, stages: [{weight: 5, bake: 12m}, {weight: 50, bake: 10m}]}",
            "      - verdict: {id: v, title: V, by: [deployer], required: [{title: N, holds: no-rollback}]}",
        ]
    )  # fmt: skip


def test_between_two_stages_without_a_person_the_evidence_decides() -> None:

    from core.inputs import Started

    runbook = read_runbook(_canary_without_approval())
    world = PureWorld(
        new_deployment(id="D3", runbook=runbook, inputs={}, t0=T0, language="en"), clock("13:59")
    )
    world.do(Started(DEPLOYER, (("deployer", (DEPLOYER,)),)))
    world.run(clock("14:06"))
    world.service.error_share = 0.5
    world.run(clock("14:12"))  # the bake is over with one broken window
    assert world.status() is Status.HELD
    assert world.deployment.hold is not None
    assert (world.deployment.hold.key, world.deployment.hold.ref) == ("no-evidence", "c.5.bake")
    assert world.open_pages() == ["gate:c.5.bake"]
    quiet = world.copy()
    world.service.error_share = 0.0
    world.run(clock("14:15"))
    assert world.status() is Status.HELD  # this window still has a broken minute in it
    world.run(clock("14:20"))  # and this one has not: it goes on by itself
    assert world.changes[-1][1] == 50
    assert world.open_pages() == []
    quiet.do(Resumed(DEPLOYER))  # or a person lets it
    assert quiet.changes[-1][1] == 50
    assert quiet.open_pages() == []
    world.run(clock("14:40"))
    assert (world.status(), world.deployment.verdict) == (Status.DONE, "GO")


def test_a_look_that_gave_up_is_a_look_without_data() -> None:
    world = at("14:31")
    world.broken = lambda e: EffectFailed("measure", e.ref, "gave up") if isinstance(e, Measure) else None
    world.run(clock("14:36"))
    gate = world.deployment.gate
    assert gate is not None
    assert gate.pending == ""
    assert gate.recommendation == "OBSERVE"
    assert {run.sample.state for run in gate.rules if run.sample} == {"no-data"}
    world.broken = None
    world.run(clock("14:41"))
    assert world.deployment.gate is not None
    assert world.deployment.gate.recommendation == "GO"


def test_one_look_at_a_time_and_an_old_answer_is_not_taken_for_a_new_one() -> None:
    world = at("14:31")
    world.move(clock("14:35"))
    world.apply(Tick())
    asked = [effect for effect in world.pending if isinstance(effect, Measure)]
    assert len(asked) == 1
    assert gate_wake_at(world.deployment) is None
    following = wake_at(world.deployment)
    assert (
        following is None or following > world.now
    )  # the report of 14:35 waits for the answer, it does not wake
    world.apply(Tick())
    world.move(clock("14:41"))
    world.apply(Tick())
    assert [effect for effect in world.pending if isinstance(effect, Measure)] == asked
    readings = tuple(r for name in asked[0].metrics for r in world.service.read(ion(), name))
    world.do(Measured(asked[0].ref, world.now, readings))
    before = world.deployment
    world.do(Measured(asked[0].ref, world.now, readings))
    world.do(Measured("look:999", world.now, readings))
    assert world.deployment == before


def test_a_late_look_moves_the_next_one_instead_of_firing_a_burst() -> None:
    world = at("14:31")
    world.move(clock("14:52"))
    world.do(Tick())
    assert world.deployment.gate is not None
    assert world.deployment.gate.next_look == clock("14:53")
    assert len([i for _, i in world.inputs if isinstance(i, Measured) and i.at == clock("14:52")]) == 1
    following = wake_at(world.deployment)
    assert following is None or following > world.now


# -------------------------------------------------------------------------------------------------------- what is shown


def test_the_reason_for_no_go_has_everything_its_sentence_needs() -> None:
    world = at("14:30", runbook=literal())
    world.service.error_share = 0.05
    world.run(clock("14:41"))
    summary = summarise(world.deployment, world.now, "now")
    first = summary.reasons[0]
    assert (first.metric, first.rule, first.state, first.unit, first.limit) == (
        "errors", "errors.below.rollback", "breach", "%", "1 %",
    )  # fmt: skip
    assert (first.streak, first.needed, first.then) == (2, 3, "rollback")
    assert first.value == pytest.approx(5.0)
    assert (first.bad, first.count) == pytest.approx((3.0, 60.0))
    assert summary.recommendation == "OBSERVE"
    errors = next(row for row in summary.rows if row.metric == "errors")
    assert (errors.state, errors.streak, errors.trend) == ("breach", 2, "up")


def test_reasons_name_what_is_broken_before_what_is_unknown_before_what_is_well() -> None:
    world = at("14:31")
    world.service.silent = True
    world.run(clock("14:36"))
    summary = summarise(world.deployment, world.now)
    states = [reason.state for reason in summary.reasons]
    order = ["breach", "source-failed", "no-data", "too-few", "", "ok"]
    assert states == sorted(states, key=order.index)
    assert summary.requests is None
    row = next(row for row in summary.rows if row.metric == "errors")
    assert (row.value, row.state, row.detail, row.since_start) == (None, "no-data", "missing", None)


def test_before_there_is_a_gate_a_summary_says_so() -> None:
    world = begin(at=clock("14:00", -1))
    summary = summarise(world.deployment, world.now)
    assert (summary.rows, summary.recommendation, summary.requests, summary.gate) == ((), "", None, "")


def test_trends_are_against_the_report_before() -> None:
    world = at("15:00", runbook=literal())
    world.service.slow_share = 0.2
    world.run(clock("15:29"))
    now = summarise(world.deployment, world.now, "now")
    row = next(row for row in now.rows if row.metric == "p95")
    assert (row.previous, row.trend) == (95.0, "up")
    brief = summarise(world.deployment, world.now, "brief")
    assert next(row for row in brief.rows if row.metric == "p95").trend in ("flat", "up")
    assert summarise(world.deployment, world.now).rows[0].metric == "errors"


def test_a_baseline_without_any_number_holds_before_anything_is_at_stake() -> None:
    world = at("13:49")
    world.service.down = True
    world.play(clock("13:56"))
    assert world.status() is Status.HELD
    assert world.deployment.hold is not None
    assert world.deployment.hold.key == "baseline-missing"
    world.service.down = False
    world.do(Resumed(DEPLOYER))
    world.play(clock("14:10"))
    assert world.step("baseline").status == "done"
    before = world.deployment
    world.do(failed("measure", "baseline:baseline:1", "late"))
    assert world.deployment == before


def test_the_first_answer_of_a_baseline_once_more_is_not_its_second_look() -> None:
    world = at("13:49")
    world.play(clock("13:51"))
    first = next(i for _, i in reversed(world.inputs) if isinstance(i, Measured))
    before = world.deployment
    world.do(first)
    assert world.deployment == before
    world.move(clock("13:55"))
    world.apply(Tick())
    world.apply(first)  # and not while the second is on its way
    assert world.step("baseline").status == "open"
    world.drain()
    assert world.step("baseline").status == "done"


@pytest.mark.parametrize(
    ("good", "total", "value", "bad"),
    [(1999, 2000, 99.95, 1), (2000, 2000, 100, 0), (2001, 2000, 100, 0), (0, 10, 0, 10)],
)
def test_availability_is_the_good_of_all(good: float, total: float, value: float, bad: float) -> None:
    metric = ion().metric("errors").model_copy(update={"ratio": Ratio(good="g", total="t")})
    before, after = counted(5, 7), counted(5 + good, 7 + total)
    seen = window(metric, before, after, FIVE)
    assert (seen.state, seen.value, seen.bad, seen.count) == ("ok", value, bad, total)
    assert window(metric, before, before, FIVE).detail == "no-requests"

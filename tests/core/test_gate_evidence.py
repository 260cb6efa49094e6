"""A running gate and its evidence: who acts, what is held, when the clock stands still, what a restart, a gap and a person change."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Literal

import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from pure_world import APPROVER, DEPLOYER, T0, PureWorld, at, clock, ion, ion_but

from core import gate_evidence, gates
from core.inputs import Decided, Reading, Resumed, Started
from core.plan.runbook import Runbook, read_runbook
from core.report import summarise
from core.start import new_deployment
from core.state import GateRun, RuleRun, Status
from core.verdict.state import CountRun

MINUTE = timedelta(minutes=1)
ERRORS = "errors.below.rollback"
EITHER = "decide-by: either\n    every: 5m"


def gate_of(world: PureWorld) -> GateRun:
    assert world.deployment.gate is not None
    return world.deployment.gate


def rule(world: PureWorld, label: str = ERRORS) -> RuleRun:
    return next(state for state in gate_of(world).rules if state.label == label)


def errors_of(runbook: Runbook, run: GateRun) -> CountRun:
    """What the statistics remember of the first rule."""
    state = gate_evidence.state_of(runbook, run)
    assert state is not None
    found = state.runs[0]
    assert isinstance(found, CountRun)
    return found


def by_evidence() -> Runbook:
    return ion_but((EITHER, "decide-by: evidence\n    every: 5m"))


# ------------------------------------------------------------------------------------------------------------- who acts


def test_evidence_rolls_back_long_before_three_windows_are_over() -> None:
    world = at("14:40")
    world.service.error_share = 1 / 3
    world.run(clock("14:50"))
    assert world.when("rollback-evidence") == [clock("14:43")]
    words = world.words("rollback-evidence")
    assert (words["rule"], words["because"], words["why_total"]) == (ERRORS, "worse", 36.0)
    assert float(str(words["odds"])) >= float(str(words["odds_needed"]))
    assert words["score"] == 0
    assert world.status() is Status.ROLLED_BACK
    run = world.deployment.rollback
    assert run is not None
    assert (run.breach_at, run.noticed_at) == (clock("14:40"), clock("14:43"))


def test_a_streak_that_control_shares_is_held_and_people_are_called() -> None:
    world = at("14:30")
    world.service.error_share = world.service.stable_errors = 0.2
    world.run(clock("14:46"))
    assert (rule(world).streak, rule(world).control, rule(world).held) == (3, 3, "shared")
    assert world.when("held-streak-shared") == [clock("14:45")]
    assert world.deployment.rollback is None
    assert world.status() is Status.HELD
    assert world.open_pages() == ["outage"], "one thing is wrong, so people are called once"


@pytest.mark.parametrize("mode", ["either", "evidence"])
def test_an_incident_stops_the_stages_clock_and_ends_by_itself(mode: str) -> None:
    world = at("14:31", runbook=ion() if mode == "either" else by_evidence())
    world.service.error_share = world.service.stable_errors = 0.2
    world.run(clock("14:36"))
    hold = world.deployment.hold
    assert hold is not None
    assert hold.key == "outage"
    assert world.open_pages() == ["outage"]
    world.service.error_share = world.service.stable_errors = 0.0
    world.run(clock("15:10"))
    assert world.when("outage-over") == [clock("14:37")]
    assert "outage" not in world.open_pages()
    bake = world.step("fifteen-together")
    stood = world.when("outage-over")[0] - world.when("held-outage")[0]
    assert bake.closed_at == clock("14:45") + stood
    assert world.deployment.rollback is None


def test_whoever_resumes_in_an_incident_is_not_stopped_again_by_the_same_one() -> None:
    world = at("14:31")
    world.service.error_share = world.service.stable_errors = 0.2
    world.run(clock("14:33"))
    assert world.status() is Status.HELD
    world.do(Resumed(DEPLOYER))
    world.run(clock("14:35"))
    assert gate_of(world).incident
    assert world.status() is Status.RUNNING


def test_where_evidence_decides_a_complete_streak_calls_people_and_goes_on_when_it_is_over() -> None:
    world = at("14:30", runbook=by_evidence())
    world.service.per_second = 40.0
    world.service.error_share, world.service.stable_errors = (
        0.0105,
        0.0095,
    )  # hardly worse, and just over the limit
    world.run(clock("14:46"))
    assert (rule(world).streak, rule(world).control, rule(world).held, rule(world).acts) == (
        3,
        0,
        "unproved",
        "",
    )
    assert world.when("held-streak-unproved") == [clock("14:45")]
    assert f"rule:{ERRORS}" in world.open_pages()
    assert world.deployment.rollback is None
    assert (world.status(), gate_of(world).recommendation) == (Status.HELD, "OBSERVE")
    world.service.error_share = 0.0
    world.run(clock("14:51"))
    assert world.when("streak-over") == [clock("14:50")]
    assert world.status() is Status.RUNNING
    assert f"rule:{ERRORS}" not in world.open_pages()


def test_without_a_control_evidence_alone_never_rolls_back() -> None:
    world = at("14:30", runbook=by_evidence())
    world.service.stable_silent = True
    world.service.error_share = 0.3
    world.run(clock("14:50"))
    assert world.deployment.rollback is None
    assert world.when("over-limit") == [clock("14:34")], "beyond doubt, and nobody can say whose fault it is"
    assert (rule(world).held, rule(world).acts) == ("alone", "")
    assert f"rule:{ERRORS}" in world.open_pages()


def test_without_a_control_a_streak_acts_on_a_count_that_no_healthy_canary_shows() -> None:
    world = at("14:30")
    world.service.stable_silent = True
    world.service.error_share = 0.3
    world.run(clock("14:50"))
    assert world.when("rollback-rule") == [clock("14:45")]


@cache
def advisory() -> Runbook:
    return ion_but(
        (
            "- {metric: errors, below: 1%, streak: 3, then: rollback, playbook: high-errors}\n"
            "      - {metric: p95, below: 500ms, streak: 3",
            "- {metric: errors, below: 1%, streak: 3, then: rollback, playbook: high-errors, advisory: true}\n"
            "      - {metric: p95, below: 500ms, streak: 3",
        )
    )


def test_an_advisory_rule_only_says_what_it_would_have_done_and_counts() -> None:
    world = at("14:30", runbook=advisory())
    world.service.error_share = 1 / 3
    world.run(clock("14:44"))
    assert world.deployment.rollback is None
    assert world.status() is Status.RUNNING
    assert world.open_pages() == []
    assert (world.words("advised")["metric"], world.words("advised")["times"]) == ("errors", 1)
    assert summarise(world.deployment, world.now).advised == (("errors", 1),)


# ----------------------------------------------------------------------------------------------------- stages and GO


def test_a_go_rests_on_the_stage_and_what_is_missing_is_said_with_its_time() -> None:
    world = at("15:04")
    world.service.per_second = 0.8
    world.play(clock("15:08"))
    verdict = summarise(world.deployment, world.now).weighed
    assert verdict is not None
    assert (world.deployment.weight, gate_of(world).recommendation, verdict.word) == (
        10,
        "OBSERVE",
        "OBSERVE",
    )
    missing = next(reason for reason in verdict.reasons if reason.key == "too-few")
    assert missing.words["total"] == verdict.findings[0].total
    more, minutes, onward = (float(str(missing.words[name])) for name in ("more", "minutes", "minutes_next"))
    assert more > 0
    assert minutes == pytest.approx(more / (0.8 * 0.1 * 60), rel=0.5)
    assert onward == pytest.approx(minutes * 10 / 50)


def test_nothing_known_has_no_score_and_no_go() -> None:
    world = at("14:31")
    world.service.down = True
    world.run(clock("14:41"))
    summary = summarise(world.deployment, world.now)
    assert summary.weighed is not None
    assert summary.weighed.score.value is None
    assert summary.recommendation == "OBSERVE"


def test_evidence_outlives_a_change_of_gates_also_of_rules_the_next_gate_has_not() -> None:
    world = at("14:14")
    runbook = world.deployment.runbook
    before = gate_of(world)
    away = gates.begin("first-window", runbook, clock("14:15"), after=before)
    assert away.parked
    assert errors_of(runbook, away).comparison == errors_of(runbook, before).comparison
    back = gates.begin("canary", runbook, clock("14:20"), after=away)
    assert back.parked == ""
    old, new = gate_evidence.state_of(runbook, before), gate_evidence.state_of(runbook, back)
    assert old is not None
    assert new is not None
    assert [run for run in new.runs if isinstance(run, CountRun)] == [
        run for run in old.runs if isinstance(run, CountRun)
    ]


def test_evidence_of_another_version_begins_anew() -> None:
    world = at("14:31")
    torn = gate_of(world).evidence.replace('"version":1', '"version":99')
    world.deployment = replace(world.deployment, gate=replace(gate_of(world), evidence=torn))
    world.run(clock("14:33"))
    assert errors_of(world.deployment.runbook, gate_of(world)).sums.stage_total <= 12.0 * 2
    assert gate_of(world).recommendation == "OBSERVE"


def test_a_person_who_goes_on_has_answered_for_what_was_found() -> None:
    world = at("14:15")
    world.service.slow_share = 0.5
    world.run(clock("14:20"))
    held = world.deployment.hold
    assert held is not None
    assert (held.key, held.ref) == ("evidence", "p95.below.call")
    world.service.slow_share = 0.0
    world.do(Resumed(DEPLOYER))
    world.run(clock("14:40"))
    assert world.deployment.rollback is None, (
        "the next gate's rule rolls back, but not on what a person has answered for"
    )
    assert world.status() is Status.RUNNING


def test_go_against_the_evidence_needs_a_reason() -> None:
    world = at("14:43")
    world.run(clock("14:46"))
    world.service.per_second = 0.0
    world.run(clock("14:52"))
    assert gate_of(world).recommendation == "OBSERVE"
    assert world.refused(Decided(APPROVER, "look-45", 1, "go")) == "go-needs-reason"


# --------------------------------------------------------------------------------------------- what moves no evidence


def looks(*shown: tuple[Reading, ...]) -> list[GateRun]:
    run, found = gates.begin("canary", ion(), T0, after=None), []
    for number, readings in enumerate(shown):
        run = gates.judge(ion(), run, readings, T0 + number * MINUTE).run
        found.append(run)
    return found


def arms(bad: float, total: float, control_bad: float, control_total: float) -> tuple[Reading, ...]:
    return (
        Reading("errors", "canary", "ok", (bad, total)),
        Reading("errors", "control", "ok", (control_bad, control_total)),
    )


def test_a_restarted_canary_proves_nothing_and_does_not_look_well() -> None:
    runs = looks(arms(0, 100, 0, 1900), arms(20, 200, 0, 3800), arms(0, 40, 0, 5700), arms(0, 140, 0, 7600))
    before, restarted, after = (errors_of(ion(), run) for run in runs[1:])
    assert before.comparison.evidence > 1.0
    assert restarted.comparison == before.comparison
    assert restarted.sums.stage_total == before.sums.stage_total
    assert after.sums.stage_total == before.sums.stage_total + 100


def test_a_window_with_a_restart_in_it_is_no_window_of_the_rule() -> None:
    shown = [arms(0, 100.0 * n, 0, 1900.0 * n) for n in range(4)]
    shown += [arms(0, 10.0, 0, 7600.0), arms(0, 500.0, 0, 9500.0), arms(0, 600.0, 0, 11400.0)]
    closed = looks(*shown)[5]
    sample = closed.rules[0].sample
    assert sample is not None
    assert (sample.state, sample.detail) == ("no-data", "counter-reset")
    assert closed.rules[0].judged_total == 0


def test_a_gap_in_one_arm_compares_nothing() -> None:
    gone = (
        Reading("errors", "canary", "ok", (30.0, 200.0)),
        Reading("errors", "control", "no-data", detail="missing"),
    )
    runs = looks(arms(0, 100, 0, 1900), gone, arms(60, 300, 0, 5700))
    first, during, after = (errors_of(ion(), run) for run in runs)
    assert first.comparison.evidence == during.comparison.evidence == after.comparison.evidence == 1.0
    assert during.sums.stage_total == 100
    assert after.sums.stage_total == 200


readings = st.one_of(
    st.sampled_from(["no-data", "failed"]),
    st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(0, 20), st.integers(0, 400)),
)


@given(st.lists(readings, min_size=1, max_size=25))
@settings(max_examples=draws(60))
def test_evidence_never_grows_in_a_look_without_data(shown: list[object]) -> None:
    counts = [0.0, 0.0, 0.0, 0.0]
    run = gates.begin("canary", ion(), T0, after=None)
    for number, seen in enumerate(shown):
        if isinstance(seen, tuple):
            bad, good, control_bad, control_good = seen
            counts = [
                counts[0] + bad,
                counts[1] + bad + good,
                counts[2] + control_bad,
                counts[3] + control_bad + control_good,
            ]
            look = arms(*counts)
        else:
            look = tuple(Reading("errors", track, seen, detail="away") for track in ("canary", "control"))  # type: ignore[arg-type]  # one of two words
        before = gate_evidence.state_of(ion(), run)
        run = gates.judge(ion(), run, look, T0 + number * MINUTE).run
        if not isinstance(seen, tuple) and before is not None:
            was, now = before.runs[0], errors_of(ion(), run)
            assert isinstance(was, CountRun)
            assert (was.comparison, was.absolute, was.sums) == (now.comparison, now.absolute, now.sums)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 6)), min_size=8, max_size=16),
    st.integers(12, 40),
)
@settings(max_examples=draws(40))
def test_more_errors_in_the_canary_never_raise_the_score(
    windows: list[tuple[int, int, int]], requests: int
) -> None:
    scores: list[list[float]] = []
    for worse in (0, 1):
        totals = [0.0, 0.0, 0.0, 0.0]
        run, found = gates.begin("canary", ion(), T0, after=None), []
        for number, (few, more, control) in enumerate(windows):
            bad = few + worse * more
            totals = [
                totals[0] + bad,
                totals[1] + requests + 8,
                totals[2] + control,
                totals[3] + 19 * requests,
            ]
            run = gates.judge(ion(), run, everything(*totals), T0 + number * MINUTE).run
            verdict = gate_evidence.verdict_of(ion(), run)
            assert verdict is not None
            found.append(math.inf if verdict.score.value is None else float(verdict.score.value))
        scores.append(found)
    assert all(bad <= good + 1 for good, bad in zip(*scores, strict=True)), (
        "but for the rounding of one point"
    )


def everything(bad: float, total: float, control_bad: float, control_total: float) -> tuple[Reading, ...]:
    """Errors as given, and all else well."""
    found = list(arms(bad, total, control_bad, control_total))
    tracks: tuple[tuple[Literal["canary", "control"], float], ...] = (
        ("canary", total),
        ("control", control_total),
    )
    for track, count in tracks:
        shown = (100.0, count, 500.0, count, math.inf, count)
        found += [Reading(name, track, "ok", shown) for name in ("p95", "p50", "p99", "recommendation")]
        found.append(Reading("memory", track, "ok", (60.0,)))
    return tuple(found)


# ------------------------------------------------------------------------------------------------ between two stages


def two_stages() -> Runbook:
    """Two stages that nobody is asked between, and a gate that says nothing of how it decides."""
    return read_runbook(
        "\n".join(
            [
                "format: 1", "plan: two", "title: Two", "service: shop", "environment: production", 't0: "14:00"',
                "starters: [deployer]", "four-eyes: false", "roles: {deployer: {title: D}}",
                "channels: {main: deployment}", 'programs: {deploy: "${D}"}', 'sources: {api: {http: {url: "${U}"}}}',
                "metrics:",
                "  errors: {title: E, source: api, get: /m, ratio: {bad: $track.e, total: $track.t}, unit: '%'}",
                "gates: {g: {title: G, every: 5m, rules: [{metric: errors, below: 1%, streak: 3, then: rollback}]}}",
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
        )
    )  # fmt: skip


@pytest.mark.parametrize(("per_second", "goes_on"), [(4.0, True), (1.0, False)])
def test_a_stage_goes_on_by_itself_only_when_its_evidence_excludes_enough(
    per_second: float, goes_on: bool
) -> None:
    new = new_deployment(id="D3", runbook=two_stages(), inputs={}, t0=T0, language="en")
    world = PureWorld(new, clock("13:59"))
    world.service.per_second = per_second
    world.do(Started(DEPLOYER, (("deployer", (DEPLOYER,)),)))
    world.run(clock("14:13"))
    assert (world.changes[-1][1] == 50) is goes_on
    if goes_on:
        assert world.status() is Status.RUNNING
        return
    assert world.deployment.hold is not None
    assert world.deployment.hold.key == "no-evidence"
    words = dict(world.deployment.hold.words)
    assert (words["because"], words["why_bad"]) == ("too-few", 0.0)
    assert 30.0 <= float(str(words["why_total"])) <= 40.0
    world.run(clock("14:40"))  # it goes on when enough is known, without anybody
    assert world.changes[-1][1] == 50

"""A canary that is not well: when the way back is taken, by whom, and when it counts as gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pure_world import APPROVER, DEPLOYER, LEAD, OPS, PureWorld, at, begin, clock, failed, ion_but, literal

from core.asks import asks
from core.effects import Effect, Measure, ReadBack, Run, SetWeight
from core.incidents import IncidentClosed
from core.inputs import (
    Aborted,
    Acknowledged,
    Decided,
    EffectFailed,
    Input,
    ItemMarked,
    Measured,
    Paused,
    Ran,
    Resumed,
    RollbackAsked,
    SignedOff,
    Started,
    Tick,
    Unlocked,
    WeightRead,
)
from core.machine import gate_wake_at, wake_at
from core.plan.runbook import read_runbook
from core.rules.rollback import CHECKLIST, stopwatch
from core.start import new_deployment
from core.state import FINAL, RollbackRun, Status

MINUTE = timedelta(minutes=1)


def run_of(world: PureWorld) -> RollbackRun:
    assert world.deployment.rollback is not None
    return world.deployment.rollback


# ------------------------------------------------------------------------------------------ what the rules do themselves


def test_errors_in_three_windows_in_a_row_roll_back_at_the_third_and_not_before() -> None:
    world = at("14:30", runbook=literal())
    world.service.error_share = 0.05
    world.run(clock("14:44"))
    assert world.when("breach") == [clock("14:35"), clock("14:40")]
    assert world.status() is Status.RUNNING
    assert world.changes[-1][1] == 5
    world.run(clock("15:00"))
    assert world.when("rollback-rule") == [clock("14:45")]
    words = world.words("rollback-rule")
    assert (words["metric"], words["value"], words["bad"], words["count"]) == (
        "errors",
        pytest.approx(5.0),
        pytest.approx(3.0),
        60,
    )
    assert (words["streak"], words["needed"], words["limit"]) == (3, 3, "1 %")
    assert world.changes[-1] == ("rollback:0:0", "rollback-script")
    assert world.status() is Status.ROLLED_BACK


def test_a_clean_window_in_between_begins_the_streak_anew() -> None:
    world = at("14:30", runbook=literal())
    world.service.error_share = 0.05
    world.run(clock("14:40"))
    world.service.error_share = 0.0
    world.run(clock("14:45"))
    assert world.when("cleared") == []  # it had not fired
    world.service.error_share = 0.05
    world.run(clock("14:59"))
    assert world.status() is Status.RUNNING
    world.run(clock("15:01"))
    assert world.when("rollback-rule") == [clock("15:00")]


def test_in_the_first_window_a_single_error_in_twelve_requests_acts_at_once() -> None:
    world = at("14:15")
    world.service.per_second = 0.8  # twelve requests of the canary in five minutes
    world.service.error_share = 1 / 12
    world.run(clock("14:21"))
    assert world.when("rollback-rule") == [clock("14:20")]
    words = world.words("rollback-rule")
    assert (words["needed"], words["bad"], words["count"]) == (1, pytest.approx(1.0), pytest.approx(12.0))
    assert words["value"] == pytest.approx(100 / 12)
    assert run_of(world).breach_at == clock("14:15")


def test_the_same_single_window_after_half_past_two_does_not_act() -> None:
    world = at("14:30", runbook=literal())
    world.service.error_share = 1 / 12
    world.run(clock("14:35"))
    world.service.error_share = 0.0
    world.run(clock("14:45"))
    assert world.when("breach") == [clock("14:35")]
    assert world.deployment.rollback is None


def test_slow_answers_in_the_first_window_stop_and_call_but_do_not_roll_back() -> None:
    world = at("14:15", runbook=literal())
    world.service.slow_share = 0.5
    world.run(clock("14:20"))
    assert world.status() is Status.HELD
    assert world.deployment.hold is not None
    assert (world.deployment.hold.key, world.deployment.hold.ref) == ("rule", "p95.below.call")
    assert world.open_pages() == ["rule:p95.below.call"]
    assert world.deployment.pages[0].playbook == "slow-responses"
    world.service.slow_share = 0.0
    world.run(clock("14:27"))
    assert set(world.when("cleared")) == {clock("14:25")}
    # It still stands still, and nobody has answered, nor worked by the playbook.
    assert world.open_pages() == ["rule:p95.below.call", "incident:1:late"]
    assert world.status() is Status.HELD
    world.do(Resumed(DEPLOYER))
    assert world.status() is Status.RUNNING
    assert world.open_pages() == ["incident:1:late"]
    world.do(IncidentClosed(DEPLOYER, 1, "it was the cold cache"))
    assert world.open_pages() == []


@pytest.mark.parametrize(
    ("change", "metric", "windows"),
    [
        pytest.param({"slow_share": 0.5}, "p95", 3, id="p95 three times"),
        pytest.param({"memory": 85.0}, "memory", 2, id="memory at its limit, twice"),
        pytest.param({"memory": 91.0}, "memory", 2, id="memory above it, twice"),
        pytest.param({"error_share": 0.011}, "errors", 3, id="errors just above the limit"),
    ],
)
def test_every_limit_has_its_own_number_of_windows(
    change: dict[str, float], metric: str, windows: int
) -> None:
    world = at("14:30", runbook=literal())
    for name, value in change.items():
        setattr(world.service, name, value)
    world.run(clock("14:50"))
    assert world.when("rollback-rule") == [clock("14:30") + windows * 5 * MINUTE]
    assert world.words("rollback-rule")["metric"] == metric
    assert run_of(world).breach_at == clock("14:30")


def test_growth_only_proposes() -> None:
    world = at("14:30")
    while world.now < clock("15:25"):
        world.service.memory += 0.2  # every five minutes: 2.4 % an hour
        world.play(world.now + 5 * MINUTE)
    gate = world.deployment.gate
    assert gate is not None
    grown = next(run for run in gate.rules if run.label == "memory.growth.observe")
    assert grown.fired_at is not None
    assert grown.sample is not None
    assert grown.sample.value is not None
    assert 1.0 < grown.sample.value < 2.4  # the flat half hour before counts too
    assert gate.recommendation == "OBSERVE"
    assert world.status() is Status.RUNNING
    assert world.deployment.pages == ()


def test_a_plan_that_is_not_automatic_stops_and_proposes() -> None:
    world = at("14:30", runbook=ion_but(("automatic: true", "automatic: false")))
    world.service.error_share = 0.05
    world.run(clock("14:36"))
    assert world.status() is Status.HELD
    assert world.deployment.rollback is None
    assert world.open_pages() == ["rule:errors.below.rollback"]
    world.do(RollbackAsked(OPS, "errors since 14:30"))
    assert world.status() is Status.ROLLING_BACK


def test_a_canary_that_answers_again_after_a_blind_look_loses_no_window() -> None:
    world = at("14:30", runbook=literal())
    world.service.error_share = 0.05
    world.run(clock("14:39"))
    world.service.down = True
    world.run(clock("14:41"))
    world.service.down = False
    world.run(clock("14:46"))  # the window of 14:45 begins at 14:35
    assert world.when("breach") == [clock("14:35"), clock("14:45")]
    assert world.words("breach")["count"] == pytest.approx(120)
    world.run(clock("14:51"))
    assert world.when("rollback-rule") == [clock("14:50")]
    assert run_of(world).breach_at == clock("14:30")


# ----------------------------------------------------------------------------------------------- when it counts as gone


def test_it_is_done_when_two_fresh_reads_say_zero_and_the_stable_side_is_clean() -> None:
    world = at("14:31")
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    assert world.when("rollback-read") == [clock("14:31")]
    assert world.status() is Status.ROLLING_BACK
    assert world.deployment.verdict == ""
    assert wake_at(world.deployment) == clock("14:32")
    assert gate_wake_at(world.deployment) is None
    world.run(clock("14:32"))
    assert world.status() is Status.ROLLED_BACK
    assert dict(stopwatch(world.deployment)) == {
        "detect_s": None, "decide_s": None, "act_s": 0, "recover_s": 60, "total_s": 60,
    }  # fmt: skip
    assert world.deployment.ended_at == clock("14:32")
    assert (world.deployment.weight, world.deployment.wanted) == (0, 0)


def test_the_stopwatch_counts_detection_from_the_first_breached_window() -> None:
    world = at("14:30", runbook=literal())
    world.service.error_share = 0.05
    world.run(clock("15:00"))
    assert dict(stopwatch(world.deployment)) == {
        "detect_s": 300, "decide_s": 600, "act_s": 0, "recover_s": 60, "total_s": 960,
    }  # fmt: skip
    assert world.words("rolled-back")["total_s"] == 960


def test_reads_that_do_not_say_zero_keep_it_open_and_people_are_called_at_the_deadline() -> None:
    world = at("14:31")
    world.broken = lambda effect: WeightRead(effect.ref, 5) if isinstance(effect, ReadBack) else None
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    world.run(clock("14:35"))
    assert world.status() is Status.ROLLING_BACK
    assert world.deployment.weight == 5
    assert "rollback-late" not in world.told()
    world.run(clock("14:40"))
    assert world.when("rollback-late") == [clock("14:36")]
    assert world.words("rollback-late") == {"minutes": 5, "weight": 5, "metrics": ""}
    late = next(page for page in world.deployment.pages if page.topic == "rollback-late")
    assert late.tier == 2  # the first tier has been called since the rollback began
    assert late.closed_at is None
    world.broken = None  # the script had done its work after all
    world.run(clock("14:42"))
    assert world.status() is Status.ROLLED_BACK
    assert world.open_pages() == []


def test_zero_must_be_read_twice_in_a_row() -> None:
    world = at("14:31")
    shares = iter([0, 5, 0, 0])
    world.broken = lambda e: WeightRead(e.ref, next(shares)) if isinstance(e, ReadBack) else None
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    world.run(clock("14:33"))
    assert world.status() is Status.ROLLING_BACK
    world.run(clock("14:34"))
    assert world.status() is Status.ROLLED_BACK
    assert run_of(world).reads == 4


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"stable_errors": 0.2}, id="errors on the stable side"),
        pytest.param({"stable_slow": 0.5}, id="the stable side is slow"),
        pytest.param({"stable_silent": True}, id="the stable side is silent"),
        pytest.param({"down": True}, id="the source does not answer"),
        pytest.param({"per_second": 0.001}, id="too little traffic to tell"),
    ],
)
def test_zero_alone_is_no_proof_while_the_stable_side_is_not_clean(trouble: dict[str, float]) -> None:
    world = at("14:31")
    well = {name: getattr(world.service, name) for name in trouble}
    for name, value in trouble.items():
        setattr(world.service, name, value)
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    world.run(clock("14:40"))
    assert run_of(world).zero_reads >= 2
    assert world.status() is Status.ROLLING_BACK
    assert world.when("rollback-late") == [clock("14:36")]
    for name, value in well.items():
        setattr(world.service, name, value)
    world.run(clock("14:43"))  # a bad minute that is over must not keep it open for hours
    assert world.status() is Status.ROLLED_BACK


def test_a_stable_side_that_was_restarted_is_measured_anew() -> None:
    world = at("14:31")
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    world.service.control = [0.0, 0.0, 0.0]
    world.run(clock("14:32"))
    assert world.status() is Status.ROLLING_BACK
    world.run(clock("14:33"))
    assert world.status() is Status.ROLLED_BACK


# --------------------------------------------------------------------------------------------- actions of the way back


def fails(times: int, *, unknown: bool = False) -> Callable[[Effect], Input | None]:
    left = [times]

    def answer(effect: Effect) -> Input | None:
        if not isinstance(effect, Run) or left[0] == 0:
            return None
        left[0] -= 1
        if unknown:
            return failed("run", effect.ref, "the connection broke", unknown=True)
        return Ran(effect.ref, ok=False, evidence="exit status 1")

    return answer


def test_a_failing_action_is_tried_three_times_then_people_are_called_and_the_reads_go_on() -> None:
    world = at("14:31")
    world.broken = fails(99)
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    assert [dict(f.words)["round"] for _, f in world.facts if f.key == "rollback-run-failed"] == [1, 2, 3]
    assert world.open_pages() == ["rollback", "rollback-failed"]
    world.run(clock("14:34"))
    assert world.status() is Status.ROLLING_BACK
    assert world.deployment.weight == 5
    assert len(world.when("rollback-read")) == 4
    world.service.weight = 0  # somebody did it by hand
    world.run(clock("14:36"))
    assert world.status() is Status.ROLLED_BACK


def test_an_action_that_fails_once_and_then_works_calls_nobody_for_it() -> None:
    world = at("14:31")
    world.broken = fails(2)
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    assert world.open_pages() == ["rollback"]
    assert world.changes[-1] == ("rollback:0:2", "rollback-script")
    world.run(clock("14:32"))
    assert world.status() is Status.ROLLED_BACK


def test_an_unknown_outcome_is_settled_by_the_reads() -> None:
    world = at("14:31")
    world.broken = fails(1, unknown=True)
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    assert world.words("rollback-effect-failed")["reason"] == "the connection broke"
    world.service.weight = 0
    world.run(clock("14:33"))
    assert world.status() is Status.ROLLED_BACK


TWO_STEPS = (
    ("  steps: [rollback-script]", "  steps: [rollback-script, tidy]"),
    (
        "traffic:\n  set:",
        "  tidy:\n    title: Tidy up\n    command: {program: deploy, args: [tidy]}\n    repeat: safe\n\ntraffic:\n  set:",
    ),
)


def test_an_unknown_outcome_does_not_leave_the_other_actions_undone() -> None:
    world = at("14:31", runbook=ion_but(*TWO_STEPS))
    world.broken = fails(1, unknown=True)
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    assert world.changes[-1] == ("rollback:1:0", "tidy")
    world.run(clock("14:32"))
    assert world.status() is Status.ROLLED_BACK


def test_every_action_has_its_own_three_tries() -> None:
    world = at("14:31", runbook=ion_but(*TWO_STEPS))
    answers = iter([False, False, True, False, False, True])
    world.broken = lambda e: Ran(e.ref, next(answers), "x") if isinstance(e, Run) else None
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    assert world.open_pages() == ["rollback"]
    tries = [
        (dict(f.words)["action"], dict(f.words)["round"])
        for _, f in world.facts
        if f.key == "rollback-run-failed"
    ]
    assert tries == [("rollback-script", 1), ("rollback-script", 2), ("tidy", 1), ("tidy", 2)]
    assert run_of(world).verifying


def test_it_can_be_asked_for_again_while_the_share_is_not_zero() -> None:
    world = at("14:31")
    world.broken = fails(3)
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    world.run(clock("14:33"))
    assert world.deployment.weight == 5
    world.do(RollbackAsked(OPS, "the network is back"))
    assert world.words("rollback-again")["by"] == OPS
    assert world.changes[-1][1] == "rollback-script"
    assert world.refused(RollbackAsked(OPS, "and again")) == "already-rolling-back"
    world.run(clock("14:35"))
    assert world.status() is Status.ROLLED_BACK


def test_a_read_that_hangs_does_not_stand_in_the_way_of_asking_again() -> None:
    world = at("14:31")
    world.broken = fails(3)
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    world.move(clock("14:32"))
    world.apply(Tick())  # the next read is on its way, and its answer does not come
    assert run_of(world).outstanding
    late = list(world.pending)
    world.pending.clear()
    world.do(RollbackAsked(OPS, "it hangs"))
    assert world.changes[-1][1] == "rollback-script"
    before = world.deployment
    for effect in late:  # what had hung answers after all
        if isinstance(effect, ReadBack | Measure):
            answer = world.perform(effect)
            assert answer is not None
            world.apply(answer)
    assert world.deployment == before


def test_a_read_that_fails_calls_people_and_the_call_ends_when_reads_work_again() -> None:
    world = at("14:31")
    world.broken = lambda e: failed("read-back", e.ref, "no answer") if isinstance(e, ReadBack) else None
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    assert world.open_pages() == ["rollback", "rollback-read"]
    world.broken = None
    world.run(clock("14:32"))
    assert "rollback-read" not in world.open_pages()
    world.run(clock("14:33"))
    assert world.status() is Status.ROLLED_BACK


def test_a_measurement_that_gave_up_does_not_run_the_actions_again() -> None:
    world = at("14:31")
    world.broken = lambda e: (
        EffectFailed("measure", e.ref, "gave up") if isinstance(e, Measure) and "verify" in e.ref else None
    )
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    world.run(clock("14:35"))
    assert [change for change in world.changes if change[1] == "rollback-script"] == [
        ("rollback:0:0", "rollback-script")
    ]
    assert world.status() is Status.ROLLING_BACK


# ------------------------------------------------------------------------------------------------- from where, by whom


def about_to_promote() -> tuple[PureWorld, SetWeight]:
    """At 15:05, with the step to 10 % asked for and not yet begun."""
    world = at("15:04")
    world.move(clock("15:05"))
    world.apply(Tick())
    while not any(isinstance(effect, SetWeight) for effect in world.pending):
        answer = world.perform(world.pending.pop(0))
        if answer is not None:
            world.apply(answer)
    return world, next(effect for effect in world.pending if isinstance(effect, SetWeight))


def test_pending_promotions_are_withdrawn_in_the_same_decision() -> None:
    world, _ = about_to_promote()
    world.do(RollbackAsked(DEPLOYER, "stop"))
    assert not [change for change in world.changes if change[1] == 10]
    assert world.changes[-1][1] == "rollback-script"


def test_a_promotion_that_had_begun_answers_late_and_changes_nothing() -> None:
    world, begun = about_to_promote()
    world.service.weight = 10  # it happens, and its answer is on the way
    world.apply(RollbackAsked(DEPLOYER, "stop"))
    before = world.deployment
    world.apply(Ran(begun.ref, ok=True, evidence="10 %"))
    world.apply(failed("set-weight", begun.ref, "or not", unknown=True))
    assert world.deployment == before
    world.drain()
    world.run(clock("15:07"))
    assert world.status() is Status.ROLLED_BACK
    assert world.service.weight == 0


def test_a_look_that_was_under_way_neither_calls_nor_holds_while_rolling_back() -> None:
    world = at("14:30")
    world.service.down = True
    world.run(clock("14:49"))
    world.move(clock("14:50"))
    world.apply(Tick())
    look = next(effect for effect in world.pending if isinstance(effect, Measure))
    world.apply(RollbackAsked(DEPLOYER, "blind"))
    before = world.deployment
    world.apply(Measured(look.ref, world.now, ()))
    assert world.deployment == before


def _status(name: str) -> PureWorld:
    if name == "held":
        world = at("14:31")
        world.do(Paused(DEPLOYER, "wait"))
        return world
    if name == "unknown outcome":
        world = at("15:04")
        world.broken = lambda e: (
            failed("set-weight", e.ref, "?", unknown=True) if isinstance(e, SetWeight) else None
        )
        world.run(clock("15:06"))
        assert world.status() is Status.HELD
        world.broken = None
        return world
    if name == "failed at zero":
        world = at("13:59")
        world.broken = lambda e: failed("set-weight", e.ref, "no") if isinstance(e, SetWeight) else None
        world.play(clock("14:01"))
        assert world.deployment.weight == 0
        assert world.deployment.wanted == 5
        world.broken = None
        return world
    return at({"running": "14:31", "hand-over": "16:39"}.get(name, "14:31"))


@pytest.mark.parametrize("name", ["running", "held", "unknown outcome", "failed at zero", "hand-over"])
def test_from_every_status_with_traffic_there_is_a_way_back(name: str) -> None:
    world = _status(name)
    world.do(RollbackAsked(APPROVER, "enough"))
    assert world.status() is Status.ROLLING_BACK
    assert world.deployment.hold is None
    world.run(world.now + 3 * MINUTE)
    assert world.status() is Status.ROLLED_BACK


def test_on_watch_the_rules_still_roll_back() -> None:
    world = at("16:40")
    world.service.error_share = 0.05
    world.run(clock("18:09"))
    assert world.when("rollback-rule") == [clock("18:09")]
    assert world.status() is Status.ROLLING_BACK
    world.run(clock("18:15"))
    assert world.status() is Status.ROLLED_BACK


def test_without_traffic_there_is_nothing_to_roll_back() -> None:
    world = begin(at=clock("14:00", -1))
    assert world.refused(RollbackAsked(DEPLOYER, "nerves")) == "nothing-to-roll-back"
    world.do(Aborted(DEPLOYER, "another day"))
    assert world.refused(RollbackAsked(DEPLOYER, "nerves")) == "not-in-this-status"


def test_with_traffic_nothing_ends_it_but_a_rollback() -> None:
    world = at("14:31")
    assert world.refused(Aborted(DEPLOYER, "enough")) == "abort-with-traffic"
    assert world.refused(RollbackAsked(LEAD, "I want it")) == "not-allowed"
    assert world.refused(RollbackAsked("U0NOBODY", "me too")) == "not-allowed"
    assert world.refused(RollbackAsked(DEPLOYER, "  ")) == "reason-required"
    assert world.refused(RollbackAsked(DEPLOYER, "", trigger="full-moon")) == "unknown-trigger"


def test_a_declared_trigger_needs_no_other_reason() -> None:
    world = at("14:31")
    world.do(RollbackAsked(OPS, "", trigger="data-corruption"))
    assert world.words("rollback-trigger")["trigger"] == "data-corruption"
    assert world.status() is Status.ROLLING_BACK


def test_no_go_with_traffic_rolls_back() -> None:
    world = at("14:44")
    world.run(clock("14:45"))
    world.do(Decided(DEPLOYER, "look-45", 1, "no-go", "I do not like it"))
    assert world.words("rollback-no-go")["by"] == DEPLOYER
    assert world.status() is Status.ROLLING_BACK


def test_while_rolling_back_the_route_is_closed() -> None:
    world = at("14:45")
    world.do(RollbackAsked(DEPLOYER, "stop"))
    for act in (
        Decided(APPROVER, "look-45", 1, "go", "now"),
        SignedOff(OPS, "hand-over-signed", "operations", "approve"),
        Paused(DEPLOYER, "wait"),
        Resumed(DEPLOYER),
        Aborted(DEPLOYER, "enough"),
    ):
        assert world.refused(act) == "not-in-this-status"
    assert {ask.kind for ask in asks(world.deployment)} == {"page"}
    page = world.deployment.pages[-1]
    world.do(Acknowledged(OPS, page.number))
    assert world.deployment.pages[-1].acked_by == OPS


# ----------------------------------------------------------------------------------------------------------- afterwards


def _rolled_back() -> PureWorld:
    world = at("14:31")
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    world.run(clock("14:33"))
    assert world.status() in FINAL
    return world


def test_afterwards_there_is_a_verdict_a_list_and_a_lock() -> None:
    world = _rolled_back()
    deployment = world.deployment
    assert (deployment.verdict, deployment.locked) == ("ROLLBACK", True)
    assert world.open_pages() == []
    assert wake_at(deployment) is None
    assert [post.subject for post in world.posted("checklist")][-1] == CHECKLIST
    assert len(world.posted("verdict")) == 1
    assert [item.id for item in world.step(CHECKLIST).items] == ["logs", "cause", "report", "next-try"]
    assert {ask.step for ask in asks(deployment)} == {CHECKLIST}
    assert all(step.settled for step in deployment.steps if step.id != CHECKLIST)


def test_the_list_afterwards_is_ticked_with_evidence_by_its_owners() -> None:
    world = _rolled_back()
    assert world.refused(ItemMarked(OPS, CHECKLIST, "logs", "done", "saved")) == "not-allowed"
    assert world.refused(ItemMarked(DEPLOYER, CHECKLIST, "logs", "done")) == "evidence-required"
    assert world.refused(ItemMarked(DEPLOYER, "panels", "throughput", "done")) != ""
    for person, item in ((DEPLOYER, "logs"), (DEPLOYER, "cause"), (OPS, "report"), (APPROVER, "next-try")):
        world.do(ItemMarked(person, CHECKLIST, item, "done", "https://wiki.example/42"))
    assert world.step(CHECKLIST).status == "done"
    assert asks(world.deployment) == ()
    assert world.status() is Status.ROLLED_BACK


def test_the_lock_is_lifted_by_a_starter_with_a_reason() -> None:
    world = _rolled_back()
    assert world.refused(Unlocked(LEAD, "fixed")) == "not-allowed"
    assert world.refused(Unlocked(DEPLOYER, " ")) == "reason-required"
    world.do(Unlocked(DEPLOYER, "fixed in v2.14.1"))
    assert world.deployment.locked is False
    assert world.refused(Unlocked(DEPLOYER, "again")) == "not-locked"
    assert world.status() is Status.ROLLED_BACK


def test_a_plan_may_leave_no_lock() -> None:
    world = at("14:31", runbook=ion_but(("afterwards: lock", "afterwards: unlock")))
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    world.run(clock("14:33"))
    assert world.deployment.locked is False


def test_after_the_end_answers_are_taken_and_change_nothing() -> None:
    world = _rolled_back()
    before = world.deployment
    for answer in (
        WeightRead("verify:2", 5),
        Ran("rollback:0:0", False, "late"),
        Measured("verify-metrics:2", world.now, ()),
        failed("post", "page:1:1", "no"),
        Tick(),
    ):
        world.do(answer)
    assert world.deployment == before
    assert world.pending == []


def test_no_answer_of_the_way_back_counts_twice() -> None:
    world = at("14:31")
    seen: list[Input] = []
    perform = world.perform

    def twice(effect: Effect) -> Input | None:
        answer = perform(effect)
        if answer is not None:
            seen.append(answer)
        return answer

    world.broken = twice
    world.do(RollbackAsked(DEPLOYER, "looks odd"))
    before = world.deployment
    for answer in seen:
        world.apply(answer)
    assert world.deployment == before
    assert run_of(world).zero_reads == 1


# ------------------------------------------------------------------------------------------------- plans without traffic

SCRIPTS = """
format: 1
plan: scripts
title: Scripts
service: shop
environment: production
t0: "14:00"
starters: [deployer]
four-eyes: false
roles: {deployer: {title: Deployer}}
channels: {main: deployment}
programs: {deploy: "${DEPLOY}"}
actions:
  migrate: {title: Migrate, command: {program: deploy, args: [migrate]}, repeat: ask}
  undo: {title: Undo, command: {program: deploy, args: [undo]}, repeat: safe}
  look: {title: Look, command: {program: deploy, args: [look]}, changes: false, repeat: safe}
escalation: [{tier: 1, for: fix, who: [deployer], within: 5m}]
rollback: {by: [deployer], steps: [undo], verify: {}}
phases:
  - id: only
    title: Only
    steps:
      - run: {id: peek, title: Peek, action: look}
      - checklist: {id: list, title: List, items: [{id: one, title: One, role: deployer}]}
      - run: {id: change, title: Change, action: migrate}
      - checklist: {id: after, title: After, items: [{id: two, title: Two, role: deployer}]}
"""


def scripts() -> PureWorld:
    fresh = new_deployment(
        id="D2", runbook=read_runbook(SCRIPTS), inputs={}, t0=clock("14:00"), language="en"
    )
    world = PureWorld(fresh, clock("14:00"))
    world.do(Started(DEPLOYER, (("deployer", (DEPLOYER,)),)))
    return world


def test_what_scripts_have_changed_can_be_taken_back_too() -> None:
    world = scripts()
    assert world.refused(RollbackAsked(DEPLOYER, "nerves")) == "nothing-to-roll-back"  # it has only looked
    world.do(ItemMarked(DEPLOYER, "list", "one", "done"))
    assert world.step("change").status == "done"
    world.do(RollbackAsked(DEPLOYER, "the migration is wrong"))
    assert world.changes[-1] == ("rollback:0:0", "undo")
    assert world.status() is Status.ROLLED_BACK  # the plan names nothing to read or measure


def test_a_plan_without_a_verdict_ends_with_its_last_step() -> None:
    world = scripts()
    world.do(ItemMarked(DEPLOYER, "list", "one", "done"))
    assert world.status() is Status.RUNNING
    world.do(ItemMarked(DEPLOYER, "after", "two", "done"))
    assert (world.deployment.status, world.deployment.verdict) == (Status.DONE, "GO")
    assert world.deployment.ended_at == world.now

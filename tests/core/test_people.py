"""What people may do, and what becomes of it: authority, four eyes, deadlines, holds, signatures, missed moments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pure_world import (
    APPROVER,
    DEPLOYER,
    LEAD,
    OPS,
    PEOPLE,
    T0,
    PureWorld,
    at,
    begin,
    clock,
    coarse,
    failed,
    ion,
    ion_but,
)

from core.asks import Ask, asks
from core.effects import Effect, Run, SetWeight
from core.errors import Refused
from core.evidence import lines, seen
from core.inputs import (
    Aborted,
    Assigned,
    Checked,
    Decided,
    ItemMarked,
    MissedSettled,
    OutcomeSettled,
    Paused,
    Ran,
    Resumed,
    Returned,
    SignedOff,
    Started,
    Tick,
)
from core.machine import decide, wake_at
from core.plan.runbook import Runbook
from core.roles import may, roles_of
from core.start import new_deployment
from core.state import Deployment, Status
from core.wanted import wanted

MINUTE = timedelta(minutes=1)
STRANGER = "U0STRANGE"


def fresh(runbook: Runbook | None = None) -> Deployment:
    return new_deployment(
        id="D9", runbook=runbook or ion(), inputs={"version": "v2.14.0"}, t0=T0, language="ko"
    )


def start(by: str = DEPLOYER, people: tuple[tuple[str, tuple[str, ...]], ...] = PEOPLE) -> str:
    """The key with which a start is refused, or ''."""
    try:
        decide(fresh(), Started(by, people), clock("14:00", -1))
    except Refused as refused:
        return refused.key
    return ""


def without(*roles: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((role, () if role in roles else holders) for role, holders in PEOPLE)


# ----------------------------------------------------------------------------------------------------------- authority


def test_an_empty_role_means_nobody_never_everybody() -> None:
    deployment = replace(fresh(), people=without("deployer"))
    assert not may(deployment, DEPLOYER, ("deployer",))
    assert not may(deployment, "", ("deployer",))
    assert not may(deployment, DEPLOYER, ())
    assert not may(deployment, DEPLOYER, ("no-such-role",))
    assert roles_of(deployment, DEPLOYER) == ()
    assert roles_of(deployment, OPS) == ("operations",)


@pytest.mark.parametrize(
    ("people", "by", "refused"),
    [
        pytest.param(PEOPLE, DEPLOYER, "", id="a starter"),
        pytest.param(PEOPLE, "cli:root", "", id="the command line of the bot's own host"),
        pytest.param(PEOPLE, LEAD, "not-allowed", id="a role that may not start"),
        pytest.param(PEOPLE, STRANGER, "not-allowed", id="no role"),
        pytest.param((), DEPLOYER, "not-allowed", id="no team at all"),
        pytest.param(
            without("final-approver"), DEPLOYER, "empty-roles", id="nobody who could give the signal"
        ),
        pytest.param(without("operations"), DEPLOYER, "empty-roles", id="nobody who could tick the list"),
        pytest.param(without("engineering-lead"), DEPLOYER, "", id="only the last tier is empty"),
    ],
)
def test_who_may_start_and_whether_the_plan_can_be_followed(
    people: tuple[tuple[str, tuple[str, ...]], ...], by: str, refused: str
) -> None:
    assert start(by, people) == refused


def test_with_four_eyes_nobody_starts_what_only_they_could_answer() -> None:
    assert ion().plan.four_eyes is True
    assert start(APPROVER) == "four-eyes-alone"


def test_whoever_started_it_does_not_answer_go_but_may_stop_it() -> None:
    world = at("14:44", runbook=coarse())
    world.run(clock("14:45"))
    assert world.deployment.started_by == DEPLOYER
    assert world.refused(Decided(DEPLOYER, "look-45", 1, "go", "fine")) == "four-eyes"
    world.do(Decided(DEPLOYER, "look-45", 1, "hold", "wait for the database team"))
    assert world.status() is Status.HELD
    world.do(Decided(OPS, "look-45", 1, "go", "they are done"))
    assert world.status() is Status.RUNNING


def test_without_four_eyes_one_person_is_enough() -> None:
    plan = ion_but(("starters: [", "four-eyes: false\nstarters: ["))
    world = begin(at=clock("14:00", -1), runbook=plan)
    world.settle_items()
    world.run(clock("15:00", -1))
    world.settle_items()
    world.do(Decided(DEPLOYER, "go-tomorrow", 1, "go"))
    assert world.step("go-tomorrow").by == DEPLOYER


@pytest.mark.parametrize("by", [LEAD, STRANGER, ""])
def test_only_holders_of_the_questions_roles_answer_it(by: str) -> None:
    world = at("14:44", runbook=coarse())
    world.run(clock("14:45"))
    assert world.refused(Decided(by, "look-45", 1, "go", "fine")) == "not-allowed"


def test_a_role_given_to_somebody_else_counts_from_then_on() -> None:
    world = at("14:44", runbook=coarse())
    world.run(clock("14:45"))
    assert world.refused(Assigned(STRANGER, "operations", (STRANGER,))) == "not-allowed"
    assert world.refused(Assigned(DEPLOYER, "kings", (LEAD,))) == "unknown-role"
    assert world.refused(Assigned(DEPLOYER, "operations", ())) == "assign-nobody"
    world.do(Assigned(DEPLOYER, "operations", (LEAD,)))
    assert world.words("assigned") == {"by": DEPLOYER, "role": "operations", "people": LEAD}
    assert world.refused(Decided(OPS, "look-45", 1, "go", "fine")) == "not-allowed"
    world.do(Decided(LEAD, "look-45", 1, "go", "fine"))
    assert world.step("look-45").by == LEAD


# ------------------------------------------------------------------------------------------------------------ questions


def asked(step: str = "look-45") -> PureWorld:
    """A deployment in which a question has just been asked."""
    before = {
        "look-45": "14:44",
        "hour-decision": "14:59",
        "final-decision": "15:59",
        "start-signal": "13:59",
    }[step]
    world = at(before)
    world.run(world.now + MINUTE)
    assert world.step(step).status == "open"
    return world


def test_a_question_names_its_people_and_its_deadline() -> None:
    world = asked()
    post = world.posted("decision")[-1]
    assert (post.key, post.subject, post.place) == ("decision:look-45:1", "look-45:1", "top")
    assert post.people == (APPROVER, DEPLOYER, OPS)
    assert world.step("look-45").deadline == clock("15:00")
    ask = asks(world.deployment)[0]
    assert (ask.kind, ask.subject, ask.due) == ("decide", "look-45:1", clock("15:00"))
    assert set(ask.people) == {APPROVER, DEPLOYER, OPS}


def test_answers_that_cannot_count_say_why_and_change_nothing() -> None:
    world = asked()
    first = seen(world.deployment, "look-45")
    cases = {
        "no-such-decision": Decided(APPROVER, "no-such-step", 1, "go"),
        "asked-again": Decided(APPROVER, "look-45", 2, "go"),
        "evidence-changed": Decided(APPROVER, "look-45", 1, "go", "", "00000000"),
        "reason-required": Decided(APPROVER, "look-45", 1, "no-go", "  "),
        "step-not-open": Decided(APPROVER, "final-decision", 1, "go"),
        "already-decided": Decided(APPROVER, "start-signal", 1, "go"),
    }
    for key, answer in cases.items():
        assert world.refused(answer) == key
    assert world.refused(Decided(APPROVER, "look-45", 1, "hold", "")) == "reason-required"
    world.do(Decided(APPROVER, "look-45", 1, "go", "", first))
    assert world.words("decided")["seen"] == first


def test_an_option_the_plan_does_not_offer_is_refused() -> None:
    world = asked("start-signal")
    assert world.refused(Decided(APPROVER, "start-signal", 1, "observe", "why not")) == "not-an-option"


def test_two_people_at_once_make_one_decision_and_the_second_learns_who_was_first() -> None:
    world = asked()
    world.do(Decided(APPROVER, "look-45", 1, "go"))
    before = world.deployment
    with pytest.raises(Refused) as refused:
        decide(world.deployment, Decided(OPS, "look-45", 1, "no-go", "no"), world.now)
    assert (refused.value.key, refused.value.args_["by"]) == ("already-decided", APPROVER)
    assert world.deployment == before


def test_what_matters_has_changed_so_the_question_is_asked_again() -> None:
    world = asked()
    old = seen(world.deployment, "look-45")
    world.run(clock("14:51"))
    assert seen(world.deployment, "look-45") == old  # numbers that move with every look do not matter
    world.service.error_share = 0.012
    world.run(clock("14:56"))
    assert seen(world.deployment, "look-45") != old
    assert world.refused(Decided(APPROVER, "look-45", 1, "go", "fine", old)) == "evidence-changed"
    assert any("gate canary OBSERVE" in line for line in lines(world.deployment, "look-45"))


def test_go_against_the_gates_advice_needs_a_reason() -> None:
    world = asked()
    world.service.error_share = 0.012
    world.run(clock("14:56"))
    assert world.refused(Decided(APPROVER, "look-45", 1, "go")) == "go-needs-reason"
    world.do(Decided(APPROVER, "look-45", 1, "go", "a known customer with broken requests"))
    assert world.step("look-45").note == "a known customer with broken requests"


def test_nobody_answers_so_the_default_holds_and_people_are_called() -> None:
    world = asked()
    world.run(clock("14:59"))
    assert world.deployment.hold is None
    world.run(clock("15:00"))
    step = world.step("look-45")
    assert (step.answer, step.defaulted, step.by, step.deadline) == ("hold", True, "bot", None)
    assert world.words("defaulted") == {"step": "look-45", "answer": "hold"}
    assert world.status() is Status.HELD
    assert world.open_pages() == ["decision:look-45"]
    assert world.when("defaulted") == [clock("15:00")]
    world.run(clock("15:04"))
    world.do(Decided(APPROVER, "look-45", 1, "go", "I was on the phone"))
    assert world.status() is Status.RUNNING
    assert world.open_pages() == []
    assert (world.step("look-45").by, world.step("look-45").defaulted) == (APPROVER, False)


def test_a_person_may_confirm_the_hold_that_nobody_had_answered() -> None:
    world = asked()
    world.run(clock("15:01"))
    world.do(Decided(OPS, "look-45", 1, "hold", "we are looking"))
    assert world.status() is Status.HELD
    assert world.open_pages() == []
    assert (world.step("look-45").by, world.step("look-45").defaulted) == (OPS, False)
    assert world.refused(Decided(OPS, "look-45", 1, "hold", "still")) == "already-decided"


def test_a_default_of_observe_observes_and_then_holds() -> None:
    plan = ion_but(
        ("observe: {bake: 15m, at-most: 4}", "observe: {bake: 15m, at-most: 1}\n          default: observe")
    )
    world = at("14:59", runbook=plan)
    world.run(clock("15:15"))
    assert (world.step("hour-decision").answer, world.step("hour-decision").stage_of_work) == (
        "observe",
        "observing",
    )
    assert world.status() is Status.RUNNING
    world.run(clock("15:30"))
    assert world.step("hour-decision").round == 2
    world.run(clock("15:45"))
    assert world.step("hour-decision").answer == "hold"
    assert world.status() is Status.HELD


def test_a_default_of_no_go_rolls_back_and_calls_once() -> None:
    plan = ion_but(("observe: {bake: 15m, at-most: 4}", "default: no-go"))
    world = at("14:59", runbook=plan)
    world.run(clock("15:15"))
    assert world.words("rollback-no-go")["by"] == "bot"
    assert world.open_pages() == ["rollback"]


def test_observe_bakes_a_quarter_of_an_hour_more_and_asks_again_at_most_four_times() -> None:
    world = asked("hour-decision")
    for number in range(1, 5):
        evidence = seen(world.deployment, "hour-decision")
        world.do(Decided(APPROVER, "hour-decision", number, "observe"))
        assert asks(world.deployment) == ()
        assert world.refused(Decided(APPROVER, "hour-decision", number, "go", "now")) == "step-not-open"
        asked_at = world.now
        world.run(asked_at + timedelta(minutes=14))
        assert world.step("hour-decision").round == number
        world.run(asked_at + timedelta(minutes=15))
        assert world.step("hour-decision").round == number + 1
        assert len({seen(world.deployment, "hour-decision"), evidence}) == 2  # it is another question
    assert world.refused(Decided(APPROVER, "hour-decision", 5, "observe")) == "observed-enough"
    assert world.now == clock("16:00")
    world.do(Decided(APPROVER, "hour-decision", 5, "go"))
    assert world.deployment.wanted == 10


def test_a_pause_stops_the_clock_of_observing_too() -> None:
    world = asked("hour-decision")
    world.do(Decided(APPROVER, "hour-decision", 1, "observe"))
    world.run(clock("15:10"))
    world.do(Paused(DEPLOYER, "wait"))
    world.run(clock("15:40"))
    world.do(Resumed(DEPLOYER))
    world.run(clock("15:44"))
    assert world.step("hour-decision").round == 1
    world.run(clock("15:45"))
    assert world.step("hour-decision").round == 2


def test_no_go_before_traffic_holds_and_can_be_asked_again_or_ended() -> None:
    world = asked("start-signal")
    world.do(Decided(APPROVER, "start-signal", 1, "no-go", "the database is slow"))
    assert world.status() is Status.HELD
    assert world.deployment.hold is not None
    assert (world.deployment.hold.cause, world.deployment.hold.key) == ("decision", "no-go")
    assert world.changes == []
    other = world.copy()
    world.do(Resumed(OPS))
    assert world.step("start-signal").round == 2
    assert world.step("start-signal").answer is None
    world.do(Decided(APPROVER, "start-signal", 2, "go"))
    assert world.deployment.weight == 5
    other.do(Aborted(OPS, "tomorrow"))
    assert (other.status(), other.deployment.verdict) == (Status.ABORTED, "ABORTED")
    assert other.deployment.locked is False
    assert wake_at(other.deployment) is None


def test_no_go_is_heard_also_while_something_else_holds() -> None:
    world = asked("start-signal")
    world.do(Paused(DEPLOYER, "wait"))
    assert world.refused(Decided(APPROVER, "start-signal", 1, "go")) == "held"
    world.do(Decided(APPROVER, "start-signal", 1, "no-go", "not today"))
    world.do(Resumed(DEPLOYER))
    assert world.step("start-signal").round == 2  # it is asked again, it does not hang unanswered
    assert world.step("start-signal").deadline is not None


def test_a_deadline_waits_while_nobody_can_answer() -> None:
    world = asked()  # due at 15:00
    world.run(clock("14:50"))
    world.do(Paused(DEPLOYER, "wait"))
    world.run(clock("15:30"))
    world.do(Resumed(DEPLOYER))
    assert world.step("look-45").deadline == clock("15:40")
    assert "defaulted" not in world.told()


# ---------------------------------------------------------------------------------------------------------- standing still


def test_time_under_traffic_is_added_up_only_while_it_runs() -> None:
    world = at("14:46", runbook=coarse())
    world.run(clock("14:50"))
    world.do(Paused(OPS, "lunch"))
    assert world.refused(Paused(OPS, "more lunch")) == "already-held"
    world.run(clock("15:20"))
    assert world.step("to-the-hour").baked == timedelta(minutes=5)
    assert world.step("to-the-hour").baking_since is None
    world.do(Resumed(OPS))
    assert world.refused(Resumed(OPS)) == "not-held"
    world.run(clock("15:29"))
    assert world.step("to-the-hour").status == "open"
    world.run(clock("15:30"))
    assert world.step("to-the-hour").closed_at == clock("15:30")


def test_a_hold_at_the_very_end_of_a_bake_does_not_swallow_it() -> None:
    world = at("14:46", runbook=coarse())
    world.run(clock("14:59"))
    world.move(clock("15:00"))
    world.apply(Tick())  # the last look is on its way
    world.apply(Paused(DEPLOYER, "wait"))
    world.drain()
    assert world.step("to-the-hour").baked == timedelta(minutes=15)
    world.run(clock("15:10"))
    world.do(Resumed(DEPLOYER))
    assert world.step("to-the-hour").status == "done"
    assert world.step("hour-decision").status == "open"


@pytest.mark.parametrize(
    "act", [Paused(LEAD, "x"), Resumed(LEAD), Aborted(LEAD, "x"), Assigned(LEAD, "deployer", (LEAD,))]
)
def test_only_starters_pause_resume_abort_and_assign(act: Paused | Resumed | Aborted | Assigned) -> None:
    world = begin(at=clock("14:00", -1), runbook=coarse())
    assert world.refused(act) == "not-allowed"


def test_abort_ends_a_deployment_without_traffic_at_once() -> None:
    world = begin(at=clock("14:00", -1), runbook=coarse())
    world.do(Aborted(DEPLOYER, "postponed"))
    assert world.status() is Status.ABORTED
    assert world.refused(Paused(DEPLOYER, "x")) == "not-in-this-status"
    assert asks(world.deployment) == ()


def held_back(world: PureWorld, effect_type: type[Effect]) -> Effect:
    """Plays on until such an effect waits to be performed, and leaves it waiting."""
    for _ in range(50):
        for effect in world.pending:
            if isinstance(effect, effect_type):
                return effect
        answer = world.perform(world.pending.pop(0))
        if answer is not None:
            world.apply(answer)
    raise AssertionError("it was not asked for")


def test_a_promotion_that_nobody_has_begun_does_not_begin_in_a_pause() -> None:
    world = at("15:04", runbook=coarse())
    world.move(clock("15:05"))
    world.apply(Tick())
    effect = held_back(world, SetWeight)
    world.apply(Paused(DEPLOYER, "wait"))
    assert not wanted(world.deployment, effect)
    assert wanted(world.deployment, effect, began=True)  # what may have happened is followed up
    world.drain()
    world.run(clock("15:20"))
    assert world.service.weight == 5
    world.do(Resumed(DEPLOYER))
    assert world.changes[-1] == ("step:canary-10:1", 10)
    assert world.deployment.weight == 10
    assert world.when("traffic-asked")[-1] == clock("15:05")


def test_a_promotion_that_had_begun_counts_and_is_not_asked_for_twice() -> None:
    world = at("15:04", runbook=coarse())
    world.move(clock("15:05"))
    world.apply(Tick())
    effect = held_back(world, SetWeight)
    world.pending.remove(effect)  # it is under way
    world.do(Paused(DEPLOYER, "wait"))
    world.service.weight = 10
    world.do(Ran(effect.ref, True, "ok"))  # type: ignore[union-attr]
    assert world.deployment.weight == 10
    assert world.status() is Status.HELD
    world.run(clock("15:20"))
    world.do(Resumed(DEPLOYER))
    assert not [change for change in world.changes if change[1] == 10]
    assert world.step("canary-10").status == "done"


def test_an_action_that_nobody_has_begun_waits_too_and_runs_once() -> None:
    world = at("15:14", runbook=coarse())
    world.move(clock("15:15"))
    world.apply(Tick())
    effect = held_back(world, Run)
    world.apply(Paused(DEPLOYER, "wait"))
    assert not wanted(world.deployment, effect)
    world.drain()
    assert world.step("second-metrics").status == "open"
    world.apply(Resumed(DEPLOYER))
    world.apply(Tick())
    world.apply(Tick())
    assert len([again for again in world.pending if isinstance(again, Run)]) == 1
    world.drain()
    assert world.step("second-metrics").status == "done"
    assert not wanted(world.deployment, effect)


def test_a_step_that_failed_holds_and_is_tried_again_on_resume() -> None:
    world = at("15:04", runbook=coarse())
    world.broken = lambda e: Ran(e.ref, False, "exit 1") if isinstance(e, SetWeight) else None
    world.run(clock("15:06"))
    assert world.step("canary-10").status == "failed"
    assert world.deployment.hold is not None
    assert (world.deployment.hold.cause, world.deployment.hold.key) == ("failed", "run-failed")
    assert world.open_pages() == ["failed:canary-10"]
    assert world.deployment.pages[-1].playbook == "script-fails"
    world.broken = None
    world.do(Resumed(DEPLOYER))
    assert world.changes[-1] == ("step:canary-10:2", 10)
    assert world.open_pages() == []


def test_a_failure_during_a_pause_is_not_lost() -> None:
    world = at("15:14", runbook=coarse())
    world.move(clock("15:15"))
    world.apply(Tick())
    effect = held_back(world, Run)
    world.pending.remove(effect)
    world.do(Paused(DEPLOYER, "wait"))
    world.do(Ran(effect.ref, False, "exit 1"))  # type: ignore[union-attr]
    assert world.deployment.hold is not None
    assert world.deployment.hold.cause == "failed"
    assert world.deployment.hold.since == clock("15:15")
    world.do(Resumed(DEPLOYER))
    assert world.step("second-metrics").status == "done"


def test_another_share_than_the_one_asked_for_holds() -> None:
    world = at("15:04", runbook=coarse())
    perform = world.perform
    world.broken = lambda e: Ran(e.ref, True, "ok") if isinstance(e, SetWeight) else perform(e)
    world.run(clock("15:06"))
    assert world.words("held-weight-differs") == {"step": "canary-10", "wanted": 10, "weight": 5}
    assert world.deployment.weight == 5
    assert world.step("canary-10").status == "failed"


def test_a_confirmation_that_never_passes_fails_the_step_in_time() -> None:
    world = at("13:59", runbook=coarse())
    world.broken = lambda e: (
        Checked("canary-5", e.item, e.round, False, "503")
        if e.kind == "check" and e.step == "canary-5"
        else None
    )
    world.play(clock("14:12"))
    assert world.when("not-confirmed")[0] == clock("14:10")
    assert world.status() is Status.RUNNING
    world.run(clock("14:16"))
    assert world.when("held-confirm-failed") == [clock("14:15")]
    assert world.step("canary-5").status == "failed"


def test_a_confirmation_that_passes_late_is_fine() -> None:
    world = at("13:59", runbook=coarse())
    world.broken = lambda e: (
        Checked("canary-5", e.item, e.round, False, "503")
        if e.kind == "check" and e.step == "canary-5"
        else None
    )
    world.play(clock("14:12"))
    world.broken = None
    world.run(clock("14:14"))
    assert world.step("canary-5").status == "done"
    assert world.when("traffic-confirmed") == [clock("14:13")]


def test_no_confirmation_without_any_request() -> None:
    world = at("13:59", runbook=coarse())
    world.service.per_second = 0.0
    world.play(clock("14:16"))
    assert world.step("canary-5").status == "failed"
    assert "no-requests" in world.words("not-confirmed")["evidence"]  # type: ignore[operator]


# ------------------------------------------------------------------------------------------------------ unknown outcomes


def unknown() -> PureWorld:
    world = at("15:04", runbook=coarse())
    world.broken = lambda e: (
        failed("set-weight", e.ref, "the connection broke", unknown=True)
        if isinstance(e, SetWeight)
        else None
    )
    world.run(clock("15:06"))
    world.broken = None
    return world


def test_an_unknown_outcome_is_a_persons_question() -> None:
    world = unknown()
    assert world.deployment.hold is not None
    assert (world.deployment.hold.cause, world.deployment.hold.ref) == ("unknown", "step:canary-10:1")
    assert world.posted("outcome")[-1].subject == "step:canary-10:1"
    assert [ask.kind for ask in asks(world.deployment)][:2] == ["page", "outcome"]
    assert world.refused(Resumed(DEPLOYER)) == "settle-outcome-first"
    assert world.refused(OutcomeSettled(LEAD, "step:canary-10:1", True)) == "not-allowed"
    assert world.refused(OutcomeSettled(DEPLOYER, "step:canary-50:1", True)) == "outcome-already-settled"
    before = world.deployment
    world.do(failed("set-weight", "step:canary-10:1", "again", unknown=True))
    world.do(Ran("step:canary-10:1", True, "late"))
    assert world.deployment == before


def test_it_happened_then_it_is_read_back_and_counts() -> None:
    world = unknown()
    world.service.weight = 10
    world.do(OutcomeSettled(DEPLOYER, "step:canary-10:1", True, "I looked"))
    assert world.deployment.weight == 10
    assert world.status() is Status.RUNNING
    assert world.open_pages() == []
    assert world.refused(OutcomeSettled(OPS, "step:canary-10:1", False)) == "outcome-already-settled"
    world.run(clock("15:12"))
    assert world.step("canary-10").status == "done"


def test_a_person_who_errs_is_found_out_by_the_fresh_read() -> None:
    world = unknown()
    world.do(OutcomeSettled(DEPLOYER, "step:canary-10:1", True, "surely"))
    assert world.step("canary-10").status == "failed"
    assert world.words("held-weight-differs")["weight"] == 5


def test_it_did_not_happen_then_it_is_done_now() -> None:
    world = unknown()
    world.do(OutcomeSettled(DEPLOYER, "step:canary-10:1", False))
    assert world.changes[-1] == ("step:canary-10:2", 10)
    assert world.deployment.weight == 10


def test_an_unknown_outcome_during_a_pause_is_asked_too() -> None:
    world = at("15:14", runbook=coarse())
    world.move(clock("15:15"))
    world.apply(Tick())
    effect = held_back(world, Run)
    world.pending.remove(effect)
    world.do(Paused(DEPLOYER, "wait"))
    world.do(failed("run", effect.ref, "?", unknown=True))  # type: ignore[union-attr]
    assert world.deployment.hold is not None
    assert world.deployment.hold.cause == "unknown"
    world.do(OutcomeSettled(DEPLOYER, effect.ref, True, "seen in the log"))  # type: ignore[union-attr]
    assert world.step("second-metrics").status == "done"
    assert world.step("second-metrics").evidence == f"{DEPLOYER}: seen in the log"


def test_a_read_back_that_failed_is_a_failure_not_a_riddle() -> None:
    world = at("15:04", runbook=coarse())
    world.broken = lambda e: (
        failed("read-back", e.ref, "no answer", unknown=True) if e.kind == "read-back" else None
    )
    world.run(clock("15:06"))
    assert world.deployment.hold is not None
    assert (world.deployment.hold.cause, world.deployment.hold.key) == ("failed", "gave-up")
    assert world.deployment.wanted == 10


# ------------------------------------------------------------------------------------------------------------ checklists


def test_items_are_settled_by_their_owners_with_what_the_plan_asks() -> None:
    world = begin(at=clock("14:00", -1), runbook=coarse())
    mark = ItemMarked
    assert world.refused(mark(DEPLOYER, "rehearse", "dashboard", "done")) == "not-allowed"
    assert world.refused(mark(OPS, "rehearse", "nothing", "done")) == "no-such-item"
    assert world.refused(mark(OPS, "nowhere", "dashboard", "done")) == "no-such-checklist"
    assert world.refused(mark(OPS, "agenda", "contacts", "done")) == "step-not-open"
    assert world.refused(mark(OPS, "rehearse", "dashboard", "open")) == "item-already"
    assert world.refused(mark(OPS, "rehearse", "dashboard", "not-applicable")) == "reason-required"
    world.do(mark(OPS, "rehearse", "dashboard", "not-applicable", "it is being rebuilt"))
    assert world.refused(mark(OPS, "rehearse", "dashboard", "done")) == "item-already"
    assert world.step("rehearse").status == "done"
    assert world.words("item-not-applicable")["note"] == "it is being rebuilt"


def test_an_answer_of_another_round_does_not_tick_an_item() -> None:
    world = begin(at=clock("13:59", -1), runbook=coarse())
    world.move(clock("14:00", -1))
    world.apply(Tick())
    assert world.step("rehearse").items[0].checking
    before = world.deployment
    world.apply(Checked("rehearse", "script", 7, True, "from another life"))
    assert world.deployment == before


def test_what_the_bot_could_not_verify_a_person_settles_only_with_evidence() -> None:
    world = at("13:44", runbook=coarse())
    world.broken = lambda e: Checked(e.step, e.item, e.round, False, "503") if e.kind == "check" else None
    world.run(clock("13:45"))
    world.settle_items()
    world.run(clock("13:50"))
    assert world.words("item-check-failed") == {"step": "state", "item": "no-canary", "evidence": "503"}
    assert world.refused(ItemMarked(OPS, "state", "healthy", "done")) == "evidence-required"
    world.do(ItemMarked(OPS, "state", "healthy", "done", "looked by hand"))
    world.do(ItemMarked(OPS, "state", "healthy", "open", "no, wait"))  # it is verified anew
    assert world.step("state").item("healthy") is not None
    assert world.step("state").items[0].failed == "503"
    world.broken = None
    world.do(ItemMarked(OPS, "state", "no-canary", "done", "x"))
    world.do(ItemMarked(OPS, "state", "no-canary", "open", "again"))
    assert world.step("state").items[1].by == "bot"


def test_a_check_answers_only_the_round_and_item_it_was_asked_for() -> None:
    world = begin(at=clock("14:00", -1), runbook=coarse())
    before = world.deployment
    for late in (
        Checked("rehearse", "dashboard", 1, True, "not asked"),
        Checked("rehearse", "script", 1, False, "twice"),
        Checked("rehearse", "nothing", 1, True, "x"),
        Checked("agenda", "contacts", 1, True, "x"),
        Checked("nowhere", "contacts", 1, True, "x"),
    ):
        world.do(late)
    assert world.deployment == before


def test_overdue_items_are_reminded_of_once() -> None:
    world = begin(at=clock("14:00", -1), runbook=coarse())
    world.run(clock("14:59", -1))
    assert "item-overdue" not in world.told()
    world.run(clock("15:00", -1))
    assert world.words("item-overdue") == {
        "step": "rehearse", "item": "dashboard", "due": clock("15:00", -1).isoformat(), "people": OPS,
    }  # fmt: skip
    world.run(clock("13:00"))
    assert world.when("item-overdue") == [clock("15:00", -1)]
    assert world.step("agenda").status == "waiting"  # and everything behind it waits


def test_overdue_signatures_are_reminded_of_once_and_say_who() -> None:
    world = at("16:24", runbook=coarse())
    world.play(clock("16:38"))
    world.run(clock("16:39"))
    world.settle_items()
    world.do(SignedOff(DEPLOYER, "hand-over-signed", "deployer", "approve"))
    assert next(ask for ask in asks(world.deployment) if ask.kind == "sign").due == clock("17:00")
    world.run(clock("20:00"))
    assert world.when("signoff-overdue") == [clock("17:00")]
    assert world.words("signoff-overdue") == {
        "step": "hand-over-signed", "roles": "operations", "due": clock("17:00").isoformat(), "people": OPS,
    }  # fmt: skip


def test_a_metric_item_is_judged_on_the_reading_made_for_it() -> None:
    world = at("14:29", runbook=coarse())
    world.run(clock("14:29") + timedelta(seconds=30))
    world.service.down = True
    world.run(clock("14:30"))
    items = {item.id: item for item in world.step("panels").items}
    assert items["split"].by == "bot"
    assert (items["error-panel"].mark, items["error-panel"].failed) == ("open", "errors: connection refused")
    assert world.refused(ItemMarked(OPS, "panels", "error-panel", "done")) == "evidence-required"


# ------------------------------------------------------------------------------------------------------------ signatures


def to_sign(roles: str = "[deployer, operations]") -> PureWorld:
    plan = (
        ion_but(("roles: [deployer, operations]", f"roles: {roles}"))
        if roles != "[deployer, operations]"
        else None
    )
    world = at("16:24", runbook=plan)
    world.play(clock("16:38"))
    world.run(clock("16:39"))
    world.settle_items()
    return world


def sign(by: str, role: str, mark: str = "approve", comment: str = "", digest: str = "") -> SignedOff:
    return SignedOff(by, "hand-over-signed", role, mark, comment, digest)  # type: ignore[arg-type]


def test_signatures_are_given_by_who_holds_the_role_once() -> None:
    world = to_sign()
    assert world.refused(sign(OPS, "deployer")) == "not-allowed"
    assert world.refused(sign(LEAD, "engineering-lead")) == "role-does-not-sign"
    assert world.refused(SignedOff(OPS, "panels", "operations", "approve")) == "no-such-signoff"
    assert world.refused(sign(OPS, "operations", "withdraw")) == "nothing-signed"
    assert world.refused(sign(OPS, "operations", digest="00000000")) == "evidence-changed"
    world.do(sign(OPS, "operations"))
    assert world.refused(sign(OPS, "operations")) == "already-signed"
    world.do(Assigned(DEPLOYER, "operations", (OPS, LEAD)))
    assert world.refused(sign(LEAD, "operations", "withdraw")) == "withdraw-own-only"
    world.do(sign(OPS, "operations", "withdraw", "too early"))
    world.do(sign(LEAD, "operations"))
    world.do(sign(DEPLOYER, "deployer"))
    assert world.step("hand-over-signed").status == "done"
    assert world.refused(sign(DEPLOYER, "deployer")) == "step-not-open"


def test_one_person_signs_for_one_role() -> None:
    world = to_sign()
    world.do(Assigned(DEPLOYER, "operations", (OPS, DEPLOYER)))
    world.do(sign(DEPLOYER, "operations"))
    assert world.refused(sign(DEPLOYER, "deployer")) == "one-person-two-roles"
    assert world.refused(sign(DEPLOYER, "deployer", "reject")) == "reason-required"
    world.do(sign(DEPLOYER, "deployer", "reject", "something is off"))
    assert world.status() is Status.HELD


def test_a_rejection_holds_until_it_is_taken_back() -> None:
    world = to_sign()
    world.do(sign(OPS, "operations", "reject", "no dashboards yet"))
    assert world.deployment.hold is not None
    assert (world.deployment.hold.cause, world.deployment.hold.by) == ("rejected", OPS)
    assert dict(world.deployment.hold.words)["reason"] == "no dashboards yet"
    other = world.copy()
    third = world.copy()
    world.do(sign(OPS, "operations"))  # approves after all
    assert world.status() is Status.RUNNING
    other.do(sign(OPS, "operations", "withdraw"))
    assert other.status() is Status.RUNNING
    third.do(Resumed(DEPLOYER))  # whoever resumes asks for the signature again
    assert [s.mark for s in third.step("hand-over-signed").signs] == ["open", "open"]
    assert third.step("overnight").status == "waiting"


def test_a_rejection_under_another_hold_is_not_lost() -> None:
    world = to_sign()
    world.service.down = True
    world.run(clock("16:56"))
    assert world.deployment.hold is not None
    assert world.deployment.hold.key == "no-data"
    world.do(sign(OPS, "operations", "reject", "we cannot see anything"))
    world.service.down = False
    world.run(clock("17:10"))
    assert world.status() is Status.HELD
    assert world.deployment.hold.key == "rejected"


def test_a_signature_is_open_again_when_what_was_signed_has_changed() -> None:
    world = to_sign()
    world.do(sign(OPS, "operations"))
    world.broken = lambda e: Checked(e.step, e.item, e.round, False, "404") if e.kind == "check" else None
    world.do(ItemMarked(DEPLOYER, "hand-over-list", "snapshot", "open", "is it still there?"))
    assert world.words("signature-stale") == {"step": "hand-over-signed", "role": "operations", "by": OPS}
    assert [s.mark for s in world.step("hand-over-signed").signs] == ["open", "open"]


# --------------------------------------------------------------------------------------------------------- late starts


def test_a_start_two_hours_before_shows_the_day_before_as_missed() -> None:
    world = begin(at=clock("12:00"), runbook=coarse())
    missed = [step.id for step in world.deployment.steps if step.status == "missed"]
    assert missed == ["rehearse", "agenda", "go-tomorrow", "prepare"]
    assert world.words("missed") == {"steps": 4, "by": DEPLOYER}
    assert [post.view for post in world.posts if post.view in ("missed", "checklist", "decision")] == [
        "missed"
    ]
    assert [(ask.kind, ask.step) for ask in asks(world.deployment)] == [("missed", step) for step in missed]
    world.run(clock("13:44"))
    assert world.step("stand-by").status == "waiting"  # nothing fires while they are not settled


def test_missed_moments_are_settled_one_by_one() -> None:
    world = begin(at=clock("12:00"), runbook=coarse())
    settle = MissedSettled
    assert world.refused(settle(LEAD, "rehearse", "done", "yesterday")) == "not-allowed"
    assert world.refused(settle(OPS, "stand-by", "done", "x")) == "not-missed"
    assert world.refused(settle(OPS, "rehearse", "done", " ")) == "reason-required"
    world.do(settle(OPS, "rehearse", "done", "by hand, see the wiki"))
    assert world.step("rehearse").note == "done: by hand, see the wiki"
    world.do(settle(OPS, "agenda", "not-applicable", "no meeting"))
    world.do(settle(OPS, "prepare", "done", "yesterday"))
    assert [post.view for post in world.posts if post.view in ("checklist", "decision")] == []
    world.do(settle(OPS, "go-tomorrow", "to-do"))
    assert world.step("go-tomorrow").status == "open"  # it is asked now
    assert world.refused(settle(OPS, "go-tomorrow", "done", "x")) == "not-missed"
    world.do(Decided(APPROVER, "go-tomorrow", 1, "go"))
    assert world.step("stand-by").status == "open"


def test_what_begins_at_the_same_moment_does_not_overtake() -> None:
    world = begin(at=clock("15:30", -1), runbook=coarse())  # the meeting and its question both stand at 15:00
    assert [step.id for step in world.deployment.steps if step.status == "missed"] == ["rehearse"]


def test_twenty_minutes_late_on_the_day_before_nothing_is_missed() -> None:
    world = begin(at=clock("14:20", -1), runbook=coarse())
    assert [step.id for step in world.deployment.steps if step.status == "missed"] == []
    assert world.step("rehearse").status == "open"
    assert "missed" not in world.told()


def test_a_return_after_an_absence_says_so_and_looks_once() -> None:
    world = at("14:46", runbook=coarse())
    world.move(clock("15:31"))
    world.do(Returned(clock("14:46")))
    assert world.words("returned")["away_s"] == 45 * 60
    assert len([i for t, i in world.inputs if t == clock("15:31") and i.kind == "measured"]) == 1
    assert world.step("hour-decision").status == "open"
    assert world.deployment.weight == 5
    assert world.step("hour-decision").deadline == clock("15:46")
    assert (
        len([p for p in world.posted("report") if p.subject.startswith("full")]) == 1
    )  # slots are not made up for


# --------------------------------------------------------------------------------------------------------- the verdict


def not_go() -> PureWorld:
    """At the verdict, after one bad window that the streak forgave and the sum did not."""
    world = at("16:40", runbook=coarse())
    world.play(clock("17:10"))
    world.service.canary[1] += 5000.0
    world.play(clock("16:10", 1))
    return world


def test_a_verdict_that_is_not_go_holds_and_names_what_is_not_met() -> None:
    world = not_go()
    assert (world.status(), world.deployment.verdict) == (Status.HELD, "HOLD")
    unmet = [(key, evidence) for key, met, evidence in world.deployment.criteria if not met]
    assert len(unmet) == 1
    assert unmet[0][1].startswith("errors ")
    assert "≥ 1 %" in unmet[0][1]
    assert world.open_pages() == ["verdict:verdict"]
    assert world.refused(Decided(OPS, "verdict", 1, "go", "x")) == "not-allowed"
    assert world.refused(Decided(APPROVER, "verdict", 1, "go", "")) == "reason-required"
    assert world.refused(Decided(APPROVER, "verdict", 1, "hold", "x")) == "not-an-option"
    assert world.refused(Decided(APPROVER, "verdict", 1, "go", "x", "00000000")) == "evidence-changed"


def test_a_person_settles_it_with_a_reason() -> None:
    world = not_go()
    world.do(Decided(APPROVER, "verdict", 1, "go", "a load test, not users"))
    assert (world.status(), world.deployment.verdict) == (Status.DONE, "GO")
    assert world.words("verdict-go")["by"] == APPROVER
    assert world.open_pages() == []


def test_or_rolls_back() -> None:
    world = not_go()
    world.do(Decided(APPROVER, "verdict", 1, "no-go", "users saw it"))
    assert world.status() is Status.ROLLING_BACK


def test_resuming_judges_again() -> None:
    world = not_go()
    world.do(Resumed(DEPLOYER))
    assert (world.status(), world.step("verdict").round) == (Status.HELD, 2)
    assert world.open_pages() == ["verdict:verdict"]
    world.do(Paused(DEPLOYER, "night"))
    world.do(Resumed(DEPLOYER))
    assert world.step("verdict").round == 3
    assert world.status() is Status.HELD


# --------------------------------------------------------------------------------------------------------------- inputs


@pytest.mark.parametrize(
    ("inputs", "refused"),
    [
        pytest.param({}, "missing-input", id="required"),
        pytest.param({"version": ""}, "missing-input", id="empty"),
        pytest.param({"version": "2.14"}, "bad-input", id="does not match"),
        pytest.param({"version": "v2.14.0; rm"}, "bad-input", id="more than the pattern"),
        pytest.param({"version": "v2.14.0", "verison": "x"}, "unknown-input", id="misspelt"),
    ],
)
def test_inputs_are_checked_against_the_plan(inputs: dict[str, str], refused: str) -> None:
    with pytest.raises(Refused) as error:
        new_deployment(id="D1", runbook=ion(), inputs=inputs, t0=T0, language="en")
    assert error.value.key == refused
    if refused == "unknown-input":
        assert error.value.args_["near"] == "version"


def test_an_input_that_is_not_required_may_be_left_out() -> None:
    plan = ion_but(("    example: v2.14.0", "    example: v2.14.0\n    required: false"))
    assert new_deployment(id="D1", runbook=plan, inputs={}, t0=T0, language="en").inputs == {}


def test_an_ask_is_plain_data() -> None:
    world = begin(at=clock("14:00", -1), runbook=coarse())
    found = asks(world.deployment)
    assert found == (Ask("item", "rehearse", "dashboard", ("operations",), (OPS,), clock("15:00", -1)),)

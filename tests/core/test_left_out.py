"""A run that may be left out: NO-GO runs nothing and goes on; what failed is asked about again before it is tried again."""

from __future__ import annotations

import pytest
from pure_world import DEPLOYER, OPS, clock
from test_other_plans import END, play
from test_other_plans import plan as runbook

from core.effects import Effect, Run
from core.inputs import Decided, Input, Paused, Ran, Resumed
from core.plan.parse import parse_plan
from core.plan.problems import PlanInvalid
from core.state import Status

OPTIONAL = "run: {id: go, title: G, action: change, approve: [qa], optional: true}"
ALL_GO = (
    "verdict: {id: final, title: F, by: [qa], required: [{title: Every answer was GO, holds: decisions-go}]}"
)
TWICE = OPTIONAL.replace("go, title", "more, title")


def test_no_go_leaves_it_out_with_its_reason_and_nothing_runs() -> None:
    world = play(OPTIONAL, END)
    assert world.refused(Decided(OPS, "go.go", 1, "no-go")) == "reason-required"
    world.do(Decided(OPS, "go.go", 1, "no-go", "done by hand"))
    assert world.changes == []
    assert [(world.step(id).status, world.step(id).note) for id in ("go.go", "go")] == [
        ("skipped", "done by hand")
    ] * 2
    assert world.status() is Status.DONE


def test_without_the_word_no_go_holds_as_before() -> None:
    world = play(OPTIONAL.replace(", optional: true", ""), END)
    world.do(Decided(OPS, "go.go", 1, "no-go", "not today"))
    assert (world.status(), world.changes) == (Status.HELD, [])


def test_go_runs_it_and_silence_holds() -> None:
    world = play(OPTIONAL, END)
    silent = world.copy()
    world.do(Decided(OPS, "go.go", 1, "go"))
    assert ("step:go:1", "change") in world.changes
    silent.run(clock("15:00"))
    assert (silent.status(), silent.changes) == (Status.HELD, [])
    silent.do(Decided(OPS, "go.go", 1, "no-go", "nobody needs it"))
    assert silent.status() is Status.DONE, "an answer that comes late still counts"


def test_hold_and_then_no_go_goes_on() -> None:
    world = play(OPTIONAL, END)
    world.do(Decided(OPS, "go.go", 1, "hold", "wait"))
    assert world.status() is Status.HELD
    world.do(Decided(OPS, "go.go", 1, "no-go", "it is there already"))
    assert world.status() is Status.DONE


def test_what_failed_is_asked_about_again_and_can_be_left_out_then() -> None:
    world = play(OPTIONAL, END)

    def missing(effect: Effect) -> Input | None:
        return (
            Ran(effect.ref, ok=False, evidence="no such program")
            if isinstance(effect, Run) and not effect.dry
            else None
        )

    world.broken = missing
    world.do(Decided(OPS, "go.go", 1, "go"))
    assert (world.status(), world.step("go").status) == (Status.HELD, "failed")
    world.do(Resumed(DEPLOYER))
    assert (world.step("go.go").status, world.step("go").status) == ("open", "waiting")
    assert world.told().count("run-asked") == 1, "nothing is run again before somebody has said so"
    world.do(Decided(OPS, "go.go", 2, "no-go", "ran it on the host"))
    assert world.status() is Status.DONE


def test_two_in_a_row_are_asked_one_after_another() -> None:
    world = play(OPTIONAL, TWICE, END)
    assert world.step("more.go").status == "waiting"
    world.do(Decided(OPS, "go.go", 1, "no-go", "x"))
    assert world.step("more.go").status == "open"


def test_a_pause_does_not_ask_again_about_what_was_left_out() -> None:
    world = play(OPTIONAL, TWICE, END)
    world.do(Decided(OPS, "go.go", 1, "no-go", "x"))
    world.do(Paused(DEPLOYER, "lunch"))
    world.do(Resumed(DEPLOYER))
    assert (world.step("go.go").status, world.step("more.go").status) == ("skipped", "open")


def test_left_out_is_no_vote_against_the_deployment() -> None:
    question = "decide: {id: ask, title: A, by: [qa], options: [go, hold]}"
    world = play(question, OPTIONAL, ALL_GO)
    world.do(Decided(OPS, "ask", 1, "go"))
    world.do(Decided(OPS, "go.go", 1, "no-go", "done by hand"))
    assert (world.status(), world.deployment.verdict) == (Status.DONE, "GO")


def test_nobody_can_leave_out_what_nobody_is_asked_about() -> None:
    text = runbook(OPTIONAL).text.replace("approve: [qa], ", "")
    with pytest.raises(PlanInvalid, match="nobody can leave it out"):
        parse_plan(text)

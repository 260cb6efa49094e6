"""Decisions, typed and clicked: one click acts, reasons are asked for, two people never both win, old evidence asks again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import factories
import pytest
from commands_world import APPROVER, DEPLOYER, SECOND, STRANGER, World, open_world

from core.inputs import Decided, ItemMarked, Measured, Reading, Resumed, SignedOff, Tick
from core.state import Deployment, Status


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


def answer_of(deployment: Deployment) -> str | None:
    step = deployment.step("begin")
    assert step is not None
    return step.answer


# ------------------------------------------------------------------------------------------------------------ clicking


async def test_go_is_one_click(world: World) -> None:
    await world.to_the_question()
    ts = await world.hang("decision", "begin:1")
    result = await world.click(APPROVER, ts, "decision.go")
    assert result.ok
    assert result.ack_ms < 1_000
    deployment = await world.deployment()
    assert answer_of(deployment) == "go"
    assert deployment.recording.ref, "it is asked what the way back leads to before anything is changed"
    assert world.whispers(APPROVER) == []
    assert world.window(APPROVER) == ""


async def test_who_may_not_is_told_privately_who_may(world: World) -> None:
    await world.to_the_question()
    ts = await world.hang("decision", "begin:1")
    await world.click(STRANGER, ts, "decision.go")
    await world.click(DEPLOYER, ts, "decision.go")
    for person in (STRANGER, DEPLOYER):
        (said,) = world.whispers(person)
        assert "You may not do this (answer this decision)" in said
        assert f"<@{APPROVER}>" in said
    assert world.whispers(APPROVER) == []
    assert answer_of(await world.deployment()) is None


async def test_who_started_cannot_answer_go(world: World) -> None:
    world.team.holders = (("deployer", (DEPLOYER,)), ("approver", (DEPLOYER, APPROVER)))
    await world.start()
    await world.apply(ItemMarked(DEPLOYER, "ready", "people", "done"))
    await world.apply(ItemMarked(DEPLOYER, "ready", "notes", "done"))
    await sign(world)
    ts = await world.hang("decision", "begin:1")
    await world.click(DEPLOYER, ts, "decision.go")
    assert "GO needs a second pair of eyes" in world.whispers(DEPLOYER)[0]
    assert answer_of(await world.deployment()) is None


async def sign(world: World) -> None:
    await world.apply(SignedOff(APPROVER, "signed", "approver", "approve"))
    world.clock.set(factories.T0)
    await world.apply(Tick())


async def test_no_go_in_its_window(world: World) -> None:
    await world.to_the_question()
    ts = await world.hang("decision", "begin:1")
    await world.click(APPROVER, ts, "decision.no-go")
    window = world.window(APPROVER)
    assert "Answer: NO-GO" in window
    assert "You answer *NO-GO* to “Begin”" in window
    blank = await world.submit(APPROVER, reason="   ")
    assert blank.view_errors == {
        "reason": "A reason is required (NO-GO). Say in a few words why; it goes into the record."
    }
    assert answer_of(await world.deployment()) is None
    await world.submit(APPROVER, reason="image is wrong <!channel>")
    assert world.window(APPROVER) == ""
    deployment = await world.deployment()
    assert answer_of(deployment) == "no-go"
    assert deployment.status is Status.HELD
    assert deployment.hold is not None
    assert dict(deployment.hold.words)["reason"] == "image is wrong <!channel>"


async def test_who_may_not_is_told_before_writing_a_reason(world: World) -> None:
    await world.to_the_question()
    ts = await world.hang("decision", "begin:1")
    await world.click(STRANGER, ts, "decision.hold")
    assert "You may not do this" in world.window(STRANGER)
    assert "Reason" not in world.window(STRANGER)


async def test_somebody_else_answers_while_the_window_is_open(world: World) -> None:
    await world.to_the_question()
    ts = await world.hang("decision", "begin:1")
    await world.click(APPROVER, ts, "decision.hold")
    await world.click(SECOND, ts, "decision.go")
    await world.submit(APPROVER, reason="wait for the database")
    assert f"Already answered GO by <@{SECOND}> at <!date^" in world.window(APPROVER)
    assert answer_of(await world.deployment()) == "go"


async def test_two_people_click_at_the_same_moment_and_one_wins(world: World) -> None:
    await world.to_the_question()
    ts = await world.hang("decision", "begin:1")
    await asyncio.gather(
        world.click(APPROVER, ts, "decision.go"), world.click(SECOND, ts, "decision.observe")
    )
    told = [person for person in (APPROVER, SECOND) if world.whispers(person)]
    assert len(told) == 1
    journal = await world.queries.journal("D1")
    assert [row.kind for row in journal].count("decided") == 1


async def test_a_double_click_answers_once(world: World) -> None:
    await world.to_the_question()
    ts = await world.hang("decision", "begin:1")
    await asyncio.gather(*(world.click(APPROVER, ts, "decision.go") for _ in range(2)))
    journal = await world.queries.journal("D1")
    assert [row.kind for row in journal].count("decided") == 1
    assert len(world.whispers(APPROVER)) == 1
    assert "Already answered GO" in world.whispers(APPROVER)[0]


async def test_a_click_delivered_four_times_counts_once(world: World) -> None:
    await world.to_the_question()
    ts = await world.hang("decision", "begin:1")
    world.slack.faults.add(kind="duplicate", times=4)
    await world.click(APPROVER, ts, "decision.go")
    await world.answers.finish()
    journal = await world.queries.journal("D1")
    assert [row.kind for row in journal].count("decided") == 1
    assert world.whispers(APPROVER) == []


ONWARD = '      - decide: {id: onward, title: {en: "Go on?", ko: "계속할까요?"}, by: [approver]}\n'


async def under_traffic(world: World) -> str:
    """A question that is asked while the canary has traffic and all is well; answers its message's ts."""
    world.plans.found["shop-canary"] = factories.PLAN.replace(
        "      - bake: {id: bake", ONWARD + "      - bake: {id: bake"
    )
    await world.to_the_canary()
    await look(world, 3, 2.0)  # edges of latency are known from here
    return await world.hang("decision", "onward:1")


async def look(world: World, number: int, errors: float) -> None:
    """One more look at the canary, a minute on, with so many errors in it."""
    seen = factories.readings(20_000.0 * number, 0.0)
    bad = [
        r
        if r.metric != "errors" or r.track != "canary"
        else Reading("errors", "canary", "ok", (errors, r.values[1]))
        for r in seen
    ]
    await world.apply(Measured(f"look:{number}", world.clock(), tuple(bad)))
    world.clock.advance(timedelta(minutes=1))
    await world.apply(Tick())


async def test_changed_evidence_asks_again(world: World) -> None:
    ts = await under_traffic(world)
    await look(world, 4, 100.0)
    await world.click(APPROVER, ts, "decision.go")
    assert "What you saw has changed" in world.whispers(APPROVER)[0]
    step = (await world.deployment()).step("onward")
    assert step is not None
    assert step.answer is None


async def test_go_against_the_evidence_asks_for_a_reason(world: World) -> None:
    await under_traffic(world)
    await look(world, 4, 100.0)
    ts = await world.hang("decision", "onward:1")
    await world.click(APPROVER, ts, "decision.go")
    window = world.window(APPROVER)
    assert "You answer *GO* to “Go on?” with a reason." in window
    assert "*The evidence recommends OBSERVE.*" in window
    assert "Errors 9.8 % (98 of 1,000 requests), limit under 1 %: over the limit" in window
    assert world.whispers(APPROVER) == []
    await world.submit(APPROVER, reason="a burst from the load test")
    step = (await world.deployment()).step("onward")
    assert step is not None
    assert (step.answer, step.note) == ("go", "a burst from the load test")


async def test_no_go_under_traffic_rolls_back(world: World) -> None:
    ts = await under_traffic(world)
    await world.click(SECOND, ts, "decision.no-go")
    assert "rolled back *at once*" in world.window(SECOND)
    await world.submit(SECOND, reason="customers complain")
    deployment = await world.deployment()
    assert deployment.status is Status.ROLLING_BACK
    assert deployment.rollback is not None
    assert (deployment.rollback.by, deployment.rollback.reason) == (SECOND, "customers complain")


async def test_the_buttons_of_an_earlier_round_do_nothing(world: World) -> None:
    await world.to_the_question()
    ts = await world.hang("decision", "begin:1")
    await world.apply(Decided(APPROVER, "begin", 1, "hold", "wait"))
    await world.apply(Resumed(DEPLOYER))
    await world.click(SECOND, ts, "decision.go")
    assert "has been asked again" in world.whispers(SECOND)[0]
    step = (await world.deployment()).step("begin")
    assert step is not None
    assert (step.round, step.answer) == (2, None)


# -------------------------------------------------------------------------------------------------------------- typing


async def test_gate_status_shows_the_question_or_the_evidence(world: World) -> None:
    await world.start()
    assert "0 % of the traffic" in (await world.command(APPROVER, "/gate")).text
    await world.apply(ItemMarked(DEPLOYER, "ready", "people", "done"))
    await world.apply(ItemMarked(DEPLOYER, "ready", "notes", "done"))
    await sign(world)
    asked = await world.command(APPROVER, "/gate status")
    assert "decision needed, “Begin”" in asked.text
    assert "decision.go" in [
        e["action_id"] for block in asked.blocks if block["type"] == "actions" for e in block["elements"]
    ]


async def test_gate_status_under_traffic(world: World) -> None:
    await world.to_the_canary()
    result = await world.command(APPROVER, "/gate 상태")
    shown = str(result.blocks)
    assert "*Errors: " in shown
    assert "(under 1 %)" in shown
    assert "The evidence recommends" in shown


@pytest.mark.parametrize(
    ("line", "answer", "status"),
    [
        ("/gate go", "go", Status.RUNNING),
        ("/gate 진행", "go", Status.RUNNING),
        ("/gate observe", "observe", Status.RUNNING),
        ("/gate hold the database is slow", "hold", Status.HELD),
        ("/gate nogo wrong image", "no-go", Status.HELD),
        ("/gate no-go “wrong image”", "no-go", Status.HELD),
    ],
)
async def test_answers_can_be_typed(world: World, line: str, answer: str, status: Status) -> None:
    await world.to_the_question()
    result = await world.command(APPROVER, line)
    assert "answered" in result.text
    deployment = await world.deployment()
    assert answer_of(deployment) == answer
    assert deployment.status is status


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/gate hold", "A reason is required (HOLD)"),
        ("/gate help", "`/gate nogo reason`"),
        ("/gate gp", "Did you mean “/gate go”?"),
        ("/gate go D77", "answered GO"),
    ],
)
async def test_what_is_said_to_other_lines(world: World, line: str, said: str) -> None:
    await world.to_the_question()
    assert said in (await world.command(APPROVER, line)).text


async def test_nothing_to_decide(world: World) -> None:
    await world.start()
    assert "Nothing waits for a decision now" in (await world.command(APPROVER, "/gate go")).text

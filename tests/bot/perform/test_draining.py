"""The drainer: one at a time, side by side where it may be, in order where it must be, and a good end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from perform_world import LUBIT, World, perform_world, quick

from bot.perform import Drain, Performer
from bot.performing.answers import failed
from bot.performing.work import Patience
from core.effects import (
    Backfill,
    CheckItem,
    Effect,
    LookBack,
    Measure,
    Notify,
    Post,
    ReadBack,
    Record,
    Run,
    SetWeight,
    Update,
)
from core.inputs import Backfilled, Checked, EffectFailed, Measured, Ran, Reading, Recorded, Reviewed
from core.rehearsal import Review
from core.state import Deployment, Hold, Status
from storage.outbox import Claim

CARD = Post("card", "card", "", "top", "main", priority=1)
WAIT = Run("step:act:1", "waits")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with perform_world(tmp_path, deployments=2) as one:
        yield one


@asynccontextmanager
async def running(performer: Performer) -> AsyncIterator[asyncio.Event]:
    """A performer that runs; it is stopped and waited for at the end, also of a test that fails."""
    stop = asyncio.Event()
    task = asyncio.create_task(performer.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await task


async def until(condition: Callable[[], object]) -> None:
    """Waits, not for long, for something that another task or process does."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.to_thread(lambda: None)


async def test_a_slow_command_holds_up_neither_messages_nor_other_deployments(world: World) -> None:
    async with running(world.performer(**quick())):
        await world.ask(WAIT, CARD)
        await until(lambda: world.runs() == ["wait"])
        await world.ask(SetWeight("step:first:1", "post-probe", 5), CARD, deployment="D2")
        await until(lambda: len(world.screen()) == 2 and world.changes() == [5])
        assert await world.answers("D1") == []
        (world.folder / "go-on").touch()
    (answer,) = await world.answers("D1")
    assert isinstance(answer, Ran)
    assert answer.ok


async def test_what_changes_the_world_happens_one_after_the_other(world: World) -> None:
    stages: list[tuple[str, str]] = []

    def watch(stage: str, claim: Claim) -> None:
        if claim.lane == "world":
            stages.append((stage, claim.id.rpartition("/")[2]))

    await world.ask(*(SetWeight("step:first:1", "post-ask", weight) for weight in (5, 10, 25)))
    await world.drain(world.performer(**quick(observe=watch)))
    assert stages == [
        (stage, str(number)) for number in range(3) for stage in ("claimed", "performed", "committed")
    ]
    assert world.changes() == [5, 10, 25]


async def test_it_wakes_with_a_commit_and_with_what_falls_due(world: World) -> None:
    async with running(world.performer(**quick())):
        await world.ask(CARD)
        await until(lambda: world.screen())
        world.sandbox.faults.add(method="chat.update", kind="429", retry_after=1)
        await world.ask(Update("card", "card"), change=_noted)
        async with asyncio.timeout(5):
            while await world.outbox.next_due() != world.clock() + timedelta(seconds=1):
                assert len(world.sandbox.log.calls_of("chat.update")) <= 1
        world.advance(2)
        await world.ask()
        await until(lambda: len(world.sandbox.log.calls_of("chat.update")) == 2)


async def test_there_is_one_drainer_and_another_takes_over_when_the_lease_ends(world: World) -> None:
    first, second = world.performer("first", **quick()), world.performer("second", **quick())
    await world.ask(CARD)
    assert await first.drain_once() == 1
    await world.ask(Update("card", "card"), change=_noted)
    assert await second.drain_once() == 0
    world.advance(14)
    assert await second.drain_once() == 0
    world.advance(2)
    assert await second.drain_once() == 1
    await world.ask(SetWeight("step:first:1", "post-probe", 5))
    assert await first.drain_once() == 0
    assert world.changes() == []


async def test_a_lease_that_is_given_back_is_taken_at_once(world: World) -> None:
    first, second = world.performer("first", **quick()), world.performer("second", **quick())
    await world.ask(CARD)
    assert await first.drain_once() == 1
    await first.release()
    await world.ask(Update("card", "card"))
    assert await second.drain_once() == 1


async def test_an_answer_that_comes_after_the_lease_was_lost_is_not_written(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = world.performer("first", **quick()), world.performer("second", **quick())
    await world.ask(replace(WAIT, action="waits"))
    slow = asyncio.create_task(first.drain_once())
    await until(lambda: world.runs() == ["wait"])
    world.advance(20)
    assert await second.drain_once() == 1  # it began before: the plan says to ask
    (answer,) = await world.answers()
    assert isinstance(answer, EffectFailed)
    assert answer.unknown
    with caplog.at_level(logging.WARNING):
        (world.folder / "go-on").touch()
        await slow
    assert await world.answers() == [answer]
    assert [getattr(record, "action", "") for record in caplog.records] == ["drain.stale"]


async def test_at_the_end_what_is_in_the_air_may_finish(world: World) -> None:
    async with running(world.performer(**quick())) as stop:
        await world.ask(WAIT)
        await until(lambda: world.runs() == ["wait"])
        stop.set()
        await world.ask(CARD)
        (world.folder / "go-on").touch()
    assert len(await world.answers()) == 1
    assert world.screen() == []  # nothing new was begun
    assert await world.performer("next", **quick()).drain_once() == 1  # and the lease was given back


async def test_what_does_not_finish_is_cut_off_and_comes_back_as_begun(world: World) -> None:
    async with running(world.performer(**quick(drain=Drain(grace_s=0.05)))):
        await world.ask(WAIT)
        await until(lambda: world.runs() == ["wait"])
    assert await world.answers() == []
    await world.drain(world.performer("next", **quick()))
    (answer,) = await world.answers()
    assert isinstance(answer, EffectFailed)
    assert answer.unknown
    assert world.runs() == ["wait"]


async def test_an_answer_the_rules_refuse_does_not_come_back(tmp_path: Path) -> None:
    async with perform_world(tmp_path) as world:
        world.refuses = (Ran,)
        await world.ask(Run("step:act:1", "run-safe"))
        await world.drain(world.performer(**quick()))
        assert await world.outbox.depth() == 0
        assert world.runs() == ["rollback"]


async def test_a_fault_of_the_bot_in_one_effect_stops_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    performer = world.performer(**quick(patience=Patience(surprises=2)))
    await world.ask(Post("no-such-view", "x", "", "top", answer=True), CARD)
    with caplog.at_level(logging.ERROR):
        await world.drain_later(performer, seconds=60)
    assert len(world.screen()) == 1
    (answer,) = await world.answers()
    assert isinstance(answer, EffectFailed)
    assert "The bot itself failed" in answer.reason
    assert [getattr(record, "action", "") for record in caplog.records] == ["drain.surprise"] * 2


def test_whoever_waits_is_told_when_an_effect_gave_up() -> None:
    at = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
    effects: dict[type[Effect], Effect] = {
        Measure: Measure("look:1", ("errors",)),
        CheckItem: CheckItem("ready", "health", 2),
        Run: Run("step:act:1", "x"),
        SetWeight: SetWeight("step:first:1", "x", 5),
        ReadBack: ReadBack("verify:1"),
        Record: Record("rollback/targets:1", ("back", "undo")),
        Backfill: Backfill("backfill:1", ("errors",), (at,)),
        LookBack: LookBack("review"),
        Notify: Notify("notice:announce:told:support", "support", "announce", "told"),
        Post: Post("page", "page:1:1", answer=True),
        Update: Update("card", "card"),
    }
    told = {kind: failed(effect, "why", unknown=True, at=at) for kind, effect in effects.items()}
    assert set(told) == set(get_args(Effect))
    assert told == {
        Measure: Measured(
            "look:1",
            at,
            (
                Reading("errors", "canary", "failed", (), "why"),
                Reading("errors", "control", "failed", (), "why"),
            ),
        ),
        CheckItem: Checked("ready", "health", 2, False, "why", known=False),
        Run: EffectFailed("run", "step:act:1", "why", True),
        SetWeight: EffectFailed("set-weight", "step:first:1", "why", True),
        ReadBack: EffectFailed("read-back", "verify:1", "why", False),
        Record: Recorded("rollback/targets:1", (), (("back", "why"), ("undo", "why"))),
        Backfill: Backfilled("backfill:1", ()),
        LookBack: Reviewed("review", Review(problem="why")),
        Notify: EffectFailed("notify", "notice:announce:told:support", "why", True),
        Post: EffectFailed("post", "page:1:1", "why", True),
        Update: None,
    }
    assert failed(Post("log"), "why", unknown=False, at=at) is None
    dry = Run("dry:0:1", "x", dry=True)
    assert failed(dry, "why", unknown=True, at=at) == EffectFailed("run", "dry:0:1", "why", False)


async def test_drain_once_answers_how_many_and_then_none(world: World) -> None:
    performer = world.performer(**quick())
    assert await performer.drain_once() == 0
    await world.ask(CARD, SetWeight("step:first:1", "post-probe", 5))
    assert await performer.drain_once() == 2
    assert await performer.drain_once() == 0
    assert world.sandbox.people.pins(LUBIT, "deployment")


def _noted(deployment: Deployment) -> Deployment:
    """Something that the card shows."""
    why = Hold("paused", LUBIT, "paused", (("by", LUBIT), ("reason", "lunch")), deployment.t0)
    return replace(deployment, status=Status.HELD, hold=why)

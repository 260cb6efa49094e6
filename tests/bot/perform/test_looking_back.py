"""Reads about the way back and the past: what actions would go back to, what they would change, whether the other side is healthy,
what looks would have read. Against real parts, and a room of this test's own where a vendor has to have an ability."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from perform_world import START, World, perform_world, quick

from bot.adapters.templates import Values
from bot.errors import GaveUp, TryLater
from bot.performing.ports import Attempt, Found, Vendors, Wanted
from bot.performing.work import Work
from core.effects import SIDE, Backfill, CheckItem, Record, Run, SetWeight
from core.inputs import Backfilled, Checked, EffectFailed, Input, Measured, Ran, Reading, Recorded, Target
from core.plan.models import Action, MetricCheck
from core.state import Deployment, DryRun, GateRun, Recording, RollbackRun, RuleRun, Status
from core.stretch import moments, seen_over

TARGETS = "rollback/targets:1"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with perform_world(tmp_path) as opened:
        yield opened


@dataclass
class Room:
    """A vendor that does what a test says; it changes nothing."""

    found: Found | None = None
    trouble: list[Exception] = field(default_factory=list)
    past: list[list[Reading]] | None = None
    asked: list[Any] = field(default_factory=list)

    async def attempt(self, work: Work, action: Action, values: Values) -> Attempt:
        raise AssertionError("nobody may carry anything out here")

    async def dry(self, work: Work, action: Action, values: Values) -> Attempt:
        self.asked.append(dict(values))
        if self.trouble:
            raise self.trouble.pop(0)
        return Attempt(True, "image: v1 -> v0")

    async def record(self, work: Work, action: Action, values: Values) -> Found | None:
        self.asked.append(dict(values))
        if self.trouble:
            raise self.trouble.pop(0)
        return self.found

    async def read(self, work: Work, wanted: Sequence[Wanted]) -> list[Reading]:
        raise AssertionError("nobody looks here")

    async def history(
        self, work: Work, wanted: Sequence[Wanted], moments: Sequence[datetime]
    ) -> list[list[Reading]] | None:
        self.asked.append(tuple(moments))
        if self.trouble:
            raise self.trouble.pop(0)
        return self.past


def with_room(world: World, room: Room) -> World:
    """The world with this room behind commands and http."""
    vendors = Vendors(acts={"command": room, "http": room}, measures={"http": room})
    world.adapters = replace(world.adapters, vendors=vendors)
    return world


async def answer_to(world: World, *effects: Any, change: Any, later: float = 0) -> Input:
    """What the rules are told."""
    await world.ask(*effects, change=change)
    performer = world.performer(**quick())
    await (world.drain_later(performer, later) if later else world.drain(performer))
    (answer,) = await world.answers()
    return answer


def recording(deployment: Deployment) -> Deployment:
    return replace(deployment, recording=Recording(TARGETS, 1))


def trying(deployment: Deployment) -> Deployment:
    return replace(deployment, dry=DryRun("U1", 1, START, ("dry:0:1",)))


def inspecting(number: int) -> Any:
    def change(deployment: Deployment) -> Deployment:
        run = RollbackRun("U1", "odd", stage="inspecting", inspection=1, outstanding=(f"side:{number}:1",))
        return replace(deployment, status=Status.ROLLING_BACK, rollback=run)

    return change


def filling(deployment: Deployment) -> Deployment:
    gate = GateRun("canary", START, START, rules=(RuleRun("errors.below.observe"),), filling="backfill:1")
    return replace(deployment, gate=gate)


# ---------------------------------------------------------------------------------------------------------- targets


async def test_actions_that_need_no_target_have_none(world: World) -> None:
    answer = await answer_to(world, Record(TARGETS, ("run-safe", "post-safe")), change=recording)
    assert answer == Recorded(TARGETS, ())
    assert world.runs() == []
    assert world.changes() == []


async def test_a_target_is_recorded_with_its_time(world: World) -> None:
    room = Room(Found(True, "revision 7, 3 of 3 pods ready", '{"revision": 7}'))
    answer = await answer_to(with_room(world, room), Record(TARGETS, ("run-safe",)), change=recording)
    assert isinstance(answer, Recorded)
    (target,) = answer.targets
    assert replace(target, at=START) == Target(
        "run-safe", True, "revision 7, 3 of 3 pods ready", '{"revision": 7}', START
    )
    assert room.asked[0]["weight"] == 0


async def test_what_cannot_be_recorded_is_missing_with_its_reason(world: World) -> None:
    room = Room(trouble=[GaveUp("There is no deployment 'ion-api'.")])
    answer = await answer_to(with_room(world, room), Record(TARGETS, ("run-safe", "gone")), change=recording)
    assert isinstance(answer, Recorded)
    assert answer.missing == (
        ("run-safe", "There is no deployment 'ion-api'."),
        ("gone", "The plan has no action 'gone'."),
    )


async def test_a_vendor_that_is_away_is_asked_again_and_then_given_up(world: World) -> None:
    room = Room(Found(True, "7", "7"), trouble=[TryLater(1, "away")] * 2)
    answer = await answer_to(
        with_room(world, room), Record(TARGETS, ("run-safe",)), change=recording, later=60
    )
    assert isinstance(answer, Recorded)
    assert [target.what for target in answer.targets] == ["7"]
    room.trouble = [TryLater(1, "away")] * 9
    world.counter += 10
    await world.ask(Record(TARGETS, ("run-safe",)), change=recording)
    await world.drain_later(world.performer(**quick()), 60)
    last = (await world.answers())[-1]
    assert isinstance(last, Recorded)
    assert last.missing == (("run-safe", "away Tried 3 times."),)


async def test_a_target_never_holds_a_secret(world: World) -> None:
    secret = str(world.secrets.resolve("${ION_API_URL}"))
    room = Room(Found(True, f"config at {secret}", f'{{"url": "{secret}"}}'))
    answer = await answer_to(with_room(world, room), Record(TARGETS, ("run-safe",)), change=recording)
    assert isinstance(answer, Recorded)
    assert answer.targets == ()
    assert answer.missing == (("run-safe", "What was read holds a secret, which is never stored."),)


# --------------------------------------------------------------------------------------------------------- dry runs


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(world: World) -> None:
    answer = await answer_to(world, Run("dry:0:1", "run-safe", dry=True), change=trying)
    assert isinstance(answer, Ran)
    assert answer.ok
    assert "rollback" in answer.evidence
    assert world.runs() == []


async def test_a_dry_share_is_not_set(world: World) -> None:
    answer = await answer_to(world, SetWeight("step:first:1", "post-probe", 5, dry=True), change=None)
    assert isinstance(answer, Ran)
    assert "Would send POST ${ION_API_URL}/api/v2/canary/config" in answer.evidence
    assert world.changes() == []


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ([GaveUp("It is forbidden.")], "It is forbidden."),
        ([TryLater(1, "away", unknown=True)] * 9, "away Tried 3 times."),
    ],
)
async def test_a_dry_run_that_fails_leaves_nothing_unknown(
    world: World, trouble: list[Exception], reason: str
) -> None:
    room = Room(trouble=trouble)
    answer = await answer_to(
        with_room(world, room), Run("dry:0:1", "run-ask", dry=True), change=trying, later=60
    )
    assert answer == EffectFailed("run", "dry:0:1", reason, False)


# ----------------------------------------------------------------------------------------- the side a rollback leads to


@pytest.mark.parametrize(
    ("number", "ok", "known", "evidence"),
    [
        (0, True, True, "GET /health answered 200"),
        (1, True, True, "did look"),
        (2, False, True, "GET /nothing answered 404"),
    ],
    ids=["healthy", "an action that looks", "sick"],
)
async def test_a_check_of_the_other_side(
    world: World, number: int, ok: bool, known: bool, evidence: str
) -> None:
    answer = await answer_to(world, CheckItem(SIDE, str(number), 1), change=inspecting(number))
    assert isinstance(answer, Checked)
    assert (answer.step, answer.item, answer.ok, answer.known) == (SIDE, str(number), ok, known)
    assert evidence in answer.evidence
    assert "rollback" not in world.runs()


async def test_a_side_whose_source_is_down_is_not_known_and_seconds_count(world: World) -> None:
    await world.close_service()
    answer = await answer_to(world, CheckItem(SIDE, "0", 1), change=inspecting(0), later=5)
    assert isinstance(answer, Checked)
    assert (answer.ok, answer.known) == (False, False)


# ---------------------------------------------------------------------------------------------------------- the past


def looks(*names: str) -> list[Reading]:
    return [Reading(name, track, "ok", (1.0, 2.0)) for name in names for track in ("canary", "control")]


async def test_past_moments_of_plan_time_are_asked_for_in_real_time(world: World) -> None:
    pace = await world.queries.plan_clock("D1")
    world.advance(600)
    moments = tuple(pace.plan_epoch + timedelta(minutes=n) for n in (1, 2, 3))
    room = Room(past=[looks("errors")] * 3)
    answer = await answer_to(
        with_room(world, room), Backfill("backfill:1", ("errors",), moments), change=filling
    )
    assert isinstance(answer, Backfilled)
    assert [look.at for look in answer.looks] == list(moments)
    assert all(look.readings == tuple(looks("errors")) for look in answer.looks)
    assert room.asked == [tuple(pace.real_epoch + timedelta(minutes=n) for n in (1, 2, 3))]


async def test_moments_before_the_clock_was_set_are_left_out(world: World) -> None:
    pace = await world.queries.plan_clock("D1")
    world.advance(120)
    await world.ledger.retime("D1", pace.rescaled(world.clock(), 60.0))
    world.advance(1)
    moments = (pace.plan_epoch + timedelta(minutes=1), pace.plan_epoch + timedelta(minutes=3))
    room = Room(past=[looks("errors")])
    answer = await answer_to(
        with_room(world, room), Backfill("backfill:1", ("errors",), moments), change=filling
    )
    assert isinstance(answer, Backfilled)
    assert [look.at for look in answer.looks] == [moments[1]]
    assert room.asked == [(world.clock(),)]


@pytest.mark.parametrize(
    ("room", "detail"),
    [
        (Room(past=None), "no-past"),
        (Room(trouble=[GaveUp("It is too long ago.")]), "It is too long ago."),
        (Room(past=[]), "no-past"),
    ],
    ids=["no past", "an error", "not as many as were asked for"],
)
async def test_a_past_that_is_not_there_is_no_data(world: World, room: Room, detail: str) -> None:
    pace = await world.queries.plan_clock("D1")
    world.advance(600)
    moments = (pace.plan_epoch + timedelta(minutes=1),)
    answer = await answer_to(
        with_room(world, room), Backfill("backfill:1", ("errors",), moments), change=filling
    )
    assert isinstance(answer, Backfilled)
    (look,) = answer.looks
    assert [(reading.state, reading.detail) for reading in look.readings] == [("no-data", detail)] * 2


async def test_json_sources_keep_no_past(world: World) -> None:
    pace = await world.queries.plan_clock("D1")
    world.advance(600)
    moments = (pace.plan_epoch + timedelta(minutes=1),)
    answer = await answer_to(world, Backfill("backfill:1", ("errors", "memory"), moments), change=filling)
    assert isinstance(answer, Backfilled)
    assert {reading.state for look in answer.looks for reading in look.readings} == {"no-data"}


def counted(total: float) -> list[Reading]:
    return [Reading("errors", track, "ok", (0.0, total)) for track in ("canary", "control")]


async def looked(world: World, until: datetime) -> tuple[datetime, ...]:
    """The gate has looked every ten minutes of the last hour, and read 100 requests more each time. The moments of the last hour."""
    await world.ask(change=filling)
    for number in range(7):
        at = until - timedelta(minutes=10 * (6 - number))
        seen = Measured(f"look:{number}", at, tuple(counted(100.0 * number)))
        await world.ledger.apply("D1", seen, key=f"look:{number}")
    return moments(timedelta(hours=1), until)


async def test_a_stretch_of_a_source_with_a_past_is_not_mixed_with_what_gates_have_counted(
    world: World,
) -> None:
    pace = await world.queries.plan_clock("D1")
    world.advance(7200)
    until = pace.plan_epoch + timedelta(hours=1)
    asked = await looked(world, until)
    # The same 600 requests, counted from another beginning.
    room = Room(past=[counted(5000.0 + 25.0 * number) for number in range(len(asked))])
    await world.ask(Backfill("stretch:end:1", ("errors",), asked), change=filling)
    await world.drain(with_room(world, room).performer(**quick()))
    answer = (await world.answers())[-1]
    assert isinstance(answer, Backfilled)
    metric = (await world.queries.load("D1")).runbook.metric("errors")
    wanted = MetricCheck.model_validate({"metric": "errors", "below": "1%", "over": "1h"})
    seen = seen_over(metric, wanted, answer.looks, until)
    assert (seen.state, seen.count) == ("ok", 600.0)


async def test_a_stretch_of_a_source_without_a_past_is_what_gates_have_counted(world: World) -> None:
    pace = await world.queries.plan_clock("D1")
    world.advance(7200)
    until = pace.plan_epoch + timedelta(hours=1)
    asked = await looked(world, until)
    await world.ask(Backfill("stretch:end:1", ("errors",), asked), change=filling)
    await world.drain(with_room(world, Room(past=None)).performer(**quick()))
    answer = (await world.answers())[-1]
    assert isinstance(answer, Backfilled)
    metric = (await world.queries.load("D1")).runbook.metric("errors")
    wanted = MetricCheck.model_validate({"metric": "errors", "below": "1%", "over": "1h"})
    seen = seen_over(metric, wanted, answer.looks, until)
    assert (seen.state, seen.count) == ("ok", 600.0)

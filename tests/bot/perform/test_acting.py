"""Actions: done once, and what an unknown outcome leads to is what the plan says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from perform_world import World, perform_world, quick

from core.effects import CheckItem, Measure, ReadBack, Run, SetWeight
from core.inputs import Checked, EffectFailed, Measured, Ran, WeightRead
from core.state import Deployment, Status

ACT = "step:act:1"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with perform_world(tmp_path) as one:
        yield one


async def done(world: World, effect: Run | SetWeight | ReadBack | CheckItem | Measure) -> object:
    """The one answer to an effect."""
    await world.ask(effect)
    await world.drain_later(world.performer(**quick()))
    (answer,) = await world.answers()
    return answer


# ----------------------------------------------------------------------------------------------------- the plain course


async def test_a_command_runs_with_its_arguments_and_shows_its_output(world: World) -> None:
    answer = await done(world, SetWeight("step:first:1", "run-probe", 5))
    assert isinstance(answer, Ran)
    assert (answer.ok, answer.probed) == (True, False)
    assert answer.evidence == "did traffic with ${ION_API_URL}"
    assert world.runs() == ["traffic 5 v2.14.0"]


async def test_a_request_sets_the_weight_as_a_number_with_the_claims_id_as_key(world: World) -> None:
    answer = await done(world, SetWeight("step:first:1", "post-probe", 5))
    assert isinstance(answer, Ran)
    assert answer.ok
    assert answer.evidence.startswith("POST /api/v2/canary/config answered 200")
    assert world.changes() == [5]
    (request,) = [one for one in world.service.requests if one.method == "POST"]
    assert request.body == {"enabled": True, "canary_percentage": 5}
    assert request.idempotency_key is not None
    assert request.idempotency_key.startswith("D1/")


async def test_a_failed_command_is_known_to_have_failed_and_not_run_again(world: World) -> None:
    answer = await done(world, Run(ACT, "fails"))
    assert answer == Ran(ACT, False, "it is broken\n(exit status 1)", answer.took_s)  # type: ignore[attr-defined]  # a Ran, as compared
    assert world.runs() == ["fail"]


async def test_a_refused_request_is_known_to_have_failed(world: World) -> None:
    world.service.faults.set(deploy_fails=True)
    answer = await done(world, SetWeight("step:first:1", "post-ask", 5))
    assert isinstance(answer, Ran)
    assert not answer.ok
    assert "answered 503, not 200" in answer.evidence
    assert world.changes() == []


async def test_an_action_the_plan_does_not_have(world: World) -> None:
    answer = await done(world, Run(ACT, "other"))
    assert isinstance(answer, EffectFailed)
    assert not answer.unknown


async def test_a_missing_program_was_not_run(world: World) -> None:
    (world.folder / "script").unlink()
    answer = await done(world, Run(ACT, "run-ask"))
    assert isinstance(answer, EffectFailed)
    assert not answer.unknown
    assert "not on this machine" in answer.reason


# ---------------------------------------------------------------------------------------------------- unknown outcomes


@pytest.mark.parametrize("loss", ["cut", "hang", "502"])
async def test_probe_looks_first_and_then_does_what_did_not_happen(world: World, loss: str) -> None:
    world.door.will(loss)
    answer = await done(world, SetWeight("step:first:1", "post-probe", 5))
    assert isinstance(answer, Ran)
    assert (answer.ok, answer.probed) == (True, loss != "502")
    assert world.changes() == [5]


@pytest.mark.parametrize("loss", ["cut", "hang", "502"])
async def test_safe_does_it_again(world: World, loss: str) -> None:
    world.door.will(loss, loss)
    answer = await done(world, SetWeight("step:first:1", "post-safe", 5))
    assert isinstance(answer, Ran)
    assert (answer.ok, answer.probed) == (True, False)
    assert world.changes() == [5]  # the same key: the service knew it


@pytest.mark.parametrize("loss", ["cut", "hang", "502"])
async def test_ask_asks_a_person_at_once(world: World, loss: str) -> None:
    world.door.will(loss)
    await world.ask(SetWeight("step:first:1", "post-ask", 5))
    await world.drain(world.performer(**quick()))
    (answer,) = await world.answers()
    assert isinstance(answer, EffectFailed)
    assert answer.unknown
    assert world.changes() == ([] if loss == "502" else [5])


@pytest.mark.parametrize(("action", "word"), [("sleeps", "ran longer than"), ("dies", "SIGKILL")])
async def test_a_stopped_command_is_not_run_again_without_asking(
    world: World, action: str, word: str
) -> None:
    answer = await done(world, Run(ACT, action))
    assert isinstance(answer, EffectFailed)
    assert (answer.unknown, word in answer.reason) == (True, True)
    assert len(world.runs()) == 1


async def test_a_probe_that_cannot_be_read_is_no_leave_to_repeat(world: World) -> None:
    world.door.will("hang")
    await world.ask(SetWeight("step:first:1", "post-probe", 5))
    performer = world.performer(**quick())
    await world.drain(performer)
    world.service.faults.set(metrics_down=True)
    for track in ("canary", "control"):
        world.service.faults.set(track=track, down=True)
    await world.drain_later(performer)
    (answer,) = await world.answers()
    assert isinstance(answer, EffectFailed)
    assert answer.unknown
    assert "could not be found out" in answer.reason
    assert world.changes() == [5]


async def test_a_service_that_is_away_is_tried_for_a_while_and_then_known_not_to_have_done_it(
    world: World,
) -> None:
    await world.close_service()
    answer = await done(world, SetWeight("step:first:1", "post-ask", 5))
    assert isinstance(answer, EffectFailed)
    assert (answer.unknown, "Tried 6 times" in answer.reason) == (False, True)


# ------------------------------------------------------------------------------------------------ what nobody wants now


async def test_what_is_no_longer_wanted_is_not_done(world: World) -> None:
    def closed(deployment: Deployment) -> Deployment:
        return replace(deployment, steps=tuple(replace(step, status="done") for step in deployment.steps))

    await world.ask(
        SetWeight("step:first:1", "post-probe", 5),
        Run(ACT, "run-ask"),
        CheckItem("ready", "health", 1),
        change=closed,
    )
    await world.drain(world.performer(**quick()))
    assert (world.changes(), world.runs(), await world.answers()) == ([], [], [])
    assert await world.outbox.depth() == 0


async def test_an_older_round_is_not_done(world: World) -> None:
    await world.ask(Run("step:act:0", "run-ask"))
    await world.drain(world.performer(**quick()))
    assert world.runs() == []


@pytest.mark.parametrize(("loss", "happened"), [("cut", True), ("502", False)])
async def test_while_the_deployment_is_held_an_unknown_outcome_is_found_out_and_nothing_begun(
    world: World, loss: str, happened: bool
) -> None:
    world.door.will(loss)
    performer = world.performer(**quick())
    await world.ask(SetWeight("step:first:1", "post-probe", 5))
    await world.drain(performer)
    await world.ask(change=lambda deployment: replace(deployment, status=Status.HELD))
    await world.drain_later(performer)
    assert [isinstance(answer, Ran) and answer.probed for answer in await world.answers()] == [
        True
    ] * happened
    assert world.changes() == [5] * happened
    assert len([one for one in world.service.requests if one.method == "POST"]) == happened


# ------------------------------------------------------------------------------------------------------------- looking


@pytest.mark.parametrize(
    ("step", "item", "ok", "word"),
    [
        ("ready", "health", True, "status is 'healthy'"),
        ("ready", "script", True, "did look"),
        ("ready", "wrong", False, "not 'asleep'"),
        ("ready", "people", False, "nothing to verify"),
        ("first", "0", True, "GET /health answered 200"),
        ("first", "1", True, "did look"),
        ("first", "2", False, "nothing to verify"),
    ],
)
async def test_items_and_confirmations_are_verified(
    world: World, step: str, item: str, ok: bool, word: str
) -> None:
    answer = await done(world, CheckItem(step, item, 1))
    assert isinstance(answer, Checked)
    assert (answer.step, answer.item, answer.round, answer.ok) == (step, item, 1, ok)
    assert word in answer.evidence


async def test_an_item_that_cannot_be_verified_says_so_after_three_attempts(world: World) -> None:
    await world.close_service()
    answer = await done(world, CheckItem("ready", "health", 1))
    assert isinstance(answer, Checked)
    assert (answer.ok, "could not be reached" in answer.evidence) == (False, True)


async def test_the_weight_is_read_afresh(world: World) -> None:
    await world.ask(SetWeight("step:first:1", "post-probe", 5))
    performer = world.performer(**quick())
    await world.drain(performer)
    await world.ask(ReadBack("step:first:1"))
    await world.drain(performer)
    assert (await world.answers())[-1] == WeightRead("step:first:1", 5)


async def test_a_read_back_waits_for_an_answer_and_then_gives_up(world: World) -> None:
    world.service.faults.set(track="canary", down=True)
    world.service.faults.set(track="control", down=True)
    await world.ask(ReadBack("step:first:1"))
    performer = world.performer(**quick())
    await world.drain_later(performer, seconds=90)
    (answer,) = await world.answers()
    assert isinstance(answer, EffectFailed)
    assert (answer.effect, answer.ref, answer.unknown) == ("read-back", "step:first:1", False)
    assert "Tried 7 times" in answer.reason


async def test_a_look_asks_each_address_once_and_carries_plan_time(world: World) -> None:
    answer = await done(world, Measure("baseline:normal:1", ("errors", "p95", "memory")))
    assert isinstance(answer, Measured)
    assert answer.at == world.clock()
    assert [(one.metric, one.track, one.state) for one in answer.readings] == [
        (metric, track, "ok") for metric in ("errors", "p95", "memory") for track in ("canary", "control")
    ]
    assert [one.path for one in world.service.requests] == ["/api/v2/canary/metrics"]


async def test_a_look_at_a_broken_source_is_an_answer_too(world: World) -> None:
    world.service.faults.set(metrics_down=True)
    answer = await done(world, Measure("baseline:normal:1", ("errors", "other")))
    assert isinstance(answer, Measured)
    assert {one.state for one in answer.readings} == {"failed"}
    assert len(answer.readings) == 4


async def test_a_missing_track_is_no_data(world: World) -> None:
    world.service.faults.set(track="canary", no_data=True)
    answer = await done(world, Measure("baseline:normal:1", ("errors",)))
    assert isinstance(answer, Measured)
    assert [one.state for one in answer.readings] == ["no-data", "ok"]


async def test_nothing_is_left_of_a_deployment_that_is_over(world: World) -> None:
    def over(deployment: Deployment) -> Deployment:
        return replace(deployment, status=Status.ABORTED)

    await world.ask(Measure("look:1", ("errors",)), ReadBack("verify:1"), change=over)
    await world.drain(world.performer(**quick()))
    assert (await world.answers(), world.service.requests) == ([], [])

"""When Slack refuses, a card is gone or a message is late: nothing is lost without a word."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from messages_world import CARD, PAGE, PAGE_DM, calls, held, log_line, paged, report, ticked
from perform_world import DEPLOYMENT, LUBIT, World, perform_world, quick

from core.effects import Post, Update
from core.inputs import EffectFailed
from sandbox.slack import roster


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with perform_world(tmp_path) as one:
        yield one


# ----------------------------------------------------------------------------------------------------- refused for good


@pytest.mark.parametrize(
    "error",
    [
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "missing_scope",
        "restricted_action",
        "a_new_word",
    ],
)
async def test_a_refusal_is_an_alarm_and_never_a_success(
    world: World, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    performer = world.performer(**quick())
    world.sandbox.faults.add(method="chat.postMessage", kind=error)
    await world.ask(PAGE, change=paged)
    with caplog.at_level(logging.ERROR):
        await world.drain_later(performer)
    (answer,) = await world.answers()
    assert isinstance(answer, EffectFailed)
    assert (answer.effect, answer.ref, answer.unknown) == ("post", "page:1:1", False)
    assert error in answer.reason
    assert [getattr(record, "action", "") for record in caplog.records] == ["slack.terminal"]
    assert not performer.health.ready
    assert error in performer.health.last_error
    await world.ask(replace(PAGE, key="page:1:2"))
    await world.drain_later(performer)
    assert performer.health.ready


async def test_a_revoked_token_stops_everything_and_loses_nothing(world: World) -> None:
    performer = world.performer(**quick())
    world.sandbox.revoke_token("token_revoked")
    await world.ask(CARD, PAGE, log_line(), change=paged)
    await world.drain(performer)
    assert not performer.health.ready
    assert calls(world, "chat.postMessage") == 0
    for _ in range(10):
        world.advance(61)
        await world.drain(performer)
    assert await world.outbox.depth() == 3
    world.sandbox.revoke_token("")
    await world.drain_later(performer)
    card = await world.messages.find("D1", "card")
    assert card is not None
    assert len(world.screen()) == 2
    assert len(world.sandbox.people.thread(LUBIT, "deployment", card.ts)) == 2
    assert performer.health.ready


async def test_a_person_who_cannot_be_reached_is_no_alarm(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(replace(PAGE_DM, channel=roster.GONE), PAGE, change=paged)
    await world.drain_later(performer)
    assert performer.health.ready
    assert len(world.screen()) == 1


async def test_a_channel_that_is_made_later_is_found_then(world: World) -> None:
    performer = world.performer(**quick())
    world.sandbox.workspace.change_channel(DEPLOYMENT, archived=True)
    await world.ask(CARD)
    await world.drain_later(performer)
    assert not performer.health.ready
    world.sandbox.workspace.change_channel(DEPLOYMENT, archived=False)
    await world.ask(Update("card", "card"))
    await world.drain_later(performer)
    assert len(world.screen()) == 1
    assert performer.health.ready


# ------------------------------------------------------------------------------------------------------------- layouts


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long", "invalid_blocks_format"])
async def test_a_refused_layout_goes_out_in_words_and_is_remembered(world: World, error: str) -> None:
    performer = world.performer(**quick())
    world.sandbox.faults.add(method="chat.postMessage", kind=error)
    await world.ask(CARD)
    await world.drain_later(performer)
    (message,) = world.screen()
    assert message["blocks"] == []
    assert "/deploy help" in message["text"]
    await world.ask(Update("card", "card"), change=held)
    await world.drain_later(performer)
    (edit,) = world.sandbox.log.calls_of("chat.update")
    assert edit.args["blocks"] == []


async def test_a_layout_refused_in_an_edit_goes_out_in_words(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(CARD)
    await world.drain(performer)
    world.sandbox.faults.add(method="chat.update", kind="invalid_blocks")
    await world.ask(Update("card", "card"), change=held)
    await world.drain_later(performer)
    assert world.screen()[0]["blocks"] == []


# ------------------------------------------------------------------------------------------------------ the card is gone


async def test_a_deleted_card_comes_anew_with_its_pin(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(CARD)
    await world.drain(performer)
    old = world.screen()[0]["ts"]
    await world.sandbox.people.delete(roster.OPS, "deployment", old)
    await world.ask(Update("card", "card"), change=held)
    await world.drain_later(performer)
    shown = [message for message in world.screen() if message["blocks"]]
    assert [(message["pinned"], message["ts"] != old) for message in shown] == [(True, True)]
    ref = await world.messages.find("D1", "card")
    assert ref is not None
    assert ref.ts == shown[0]["ts"]


@pytest.mark.parametrize("error", ["edit_window_closed", "cant_update_message", "message_not_found"])
async def test_a_card_that_cannot_be_edited_moves_and_leaves_a_pointer(world: World, error: str) -> None:
    performer = world.performer(**quick())
    await world.ask(CARD)
    await world.drain(performer)
    world.sandbox.faults.add(method="chat.update", kind=error)
    await world.ask(Update("card", "card"), change=held)
    await world.drain_later(performer)
    old, new = world.screen()
    assert (old["pinned"], new["pinned"]) == (False, True)
    assert "goes on here" in world.thread()[0]["text"]
    await world.ask(log_line())
    await world.drain_later(performer)
    assert len(world.sandbox.people.thread(LUBIT, "deployment", new["ts"])) == 2


async def test_a_new_card_of_unknown_outcome_is_found_too(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(CARD)
    await world.drain(performer)
    world.sandbox.faults.add(method="chat.update", kind="cant_update_message", times=2)
    world.sandbox.faults.add(method="chat.postMessage", kind="500_after")
    await world.ask(Update("card", "card"), change=held)
    await world.drain_later(performer)
    assert len(world.screen()) == 2


async def test_another_message_that_is_gone_is_let_go(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(Post("checklist", "checklist:ready", "ready", "top", priority=1))
    await world.drain(performer)
    world.sandbox.faults.add(method="chat.update", kind="message_not_found")
    await world.ask(Update("checklist", "checklist:ready", "ready"), change=ticked)
    await world.drain_later(performer)
    assert await world.messages.find("D1", "checklist:ready") is None
    assert performer.health.ready


async def test_a_pin_that_fails_is_no_failure_of_the_card(world: World) -> None:
    world.sandbox.faults.add(method="pins.add", kind="too_many_pins")
    await world.ask(CARD)
    await world.drain_later(world.performer(**quick()))
    assert not world.screen()[0]["pinned"]
    assert await world.messages.find("D1", "card") is not None


# ------------------------------------------------------------------------------------------------------------- lateness


async def test_a_late_message_says_so_and_a_timely_one_does_not(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(CARD)
    await world.drain(performer)
    assert "delivered" not in str(world.screen()[0])
    await world.ask(PAGE, change=paged)
    world.advance(26 * 60)
    await world.drain_later(performer)
    assert "due 14:00 UTC, delivered 14:26 UTC" in str(world.screen()[1]["blocks"])


async def test_what_came_too_late_is_left_out_and_the_next_message_says_so(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(
        report("brief", "2025-10-22T14:05:00+00:00", "1"), report("full", "2025-10-22T18:00:00+00:00", "2")
    )
    world.advance(30 * 60)
    await world.drain_later(performer)
    (message,) = world.screen()
    assert "Not delivered" in str(message["blocks"])
    assert "reports: 1" in str(message["blocks"])
    assert performer.health.dropped == 1
    await world.ask(PAGE, change=paged)
    await world.drain_later(performer)
    assert "Not delivered" not in str(world.screen()[1])


async def test_a_log_line_waits_for_its_card_and_is_left_out_after_hours(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(log_line())
    await world.drain(performer)
    world.advance(5 * 3600)
    await world.drain(performer)
    assert await world.outbox.depth() == 1
    await world.drain_later(performer, seconds=2 * 3600, step=600)
    assert world.screen() == []
    assert performer.health.dropped == 1


async def test_a_reply_that_is_not_just_a_line_goes_to_the_channel_when_there_is_no_card(
    world: World,
) -> None:
    await world.ask(Post("announce", "", "begin", "thread", priority=2))
    await world.drain_later(world.performer(**quick()))
    assert len(world.screen()) == 1

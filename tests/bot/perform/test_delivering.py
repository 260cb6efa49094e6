"""Messages: drawn when they are sent, sent once, edited in place, and never lost without a word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from messages_world import CARD, PAGE, PAGE_DM, calls, held, log_line, paged, report, running
from perform_world import DEPLOYMENT, GITCODE, LUBIT, World, perform_world, quick

from bot.performing.pacing import SlackPacing
from core.effects import Post, Update
from core.inputs import Posted


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with perform_world(tmp_path) as one:
        yield one


# ----------------------------------------------------------------------------------------------------- the plain course


async def test_the_card_is_posted_and_pinned(world: World) -> None:
    await world.ask(CARD)
    await world.drain(world.performer(**quick()))
    (message,) = world.screen()
    assert message["pinned"]
    assert message["blocks"]
    ref = await world.messages.find("D1", "card")
    assert ref is not None
    assert (ref.channel, ref.ts) == (DEPLOYMENT, message["ts"])
    (call,) = world.sandbox.log.calls_of("chat.postMessage")
    assert call.args["metadata"]["event_type"] == "deploy_captain"
    assert call.args["metadata"]["event_payload"]["id"].startswith("D1/")


async def test_log_lines_stand_under_the_card_in_their_order(world: World) -> None:
    await world.ask(CARD, *(log_line(number) for number in range(5)))
    await world.drain_later(world.performer(**quick()))
    assert len(world.screen()) == 1
    assert len(world.thread()) == 5
    sent = [
        call.args["metadata"]["event_payload"]["id"]
        for call in world.sandbox.log.calls_of("chat.postMessage")
    ]
    assert sent[1:] == sorted(sent[1:], key=lambda claim: int(claim.rpartition("/")[2]))


async def test_both_shows_a_reply_in_the_channel_too(world: World) -> None:
    await world.ask(CARD, Post("announce", "", "begin", "both", priority=2))
    await world.drain_later(world.performer(**quick()))
    assert (len(world.screen()), len(world.thread())) == (2, 1)


async def test_a_page_mentions_whom_it_calls_and_says_that_slack_took_it(world: World) -> None:
    await world.ask(PAGE, PAGE_DM, change=paged)
    await world.drain_later(world.performer(**quick()))
    assert await world.answers() == [Posted("page:1:1")]
    (message,) = world.screen()
    assert f"<@{GITCODE}>" in str(message["blocks"])
    assert {one.ts for one in world.sandbox.people.notifications(GITCODE)} >= {message["ts"]}
    (direct,) = world.sandbox.people.screen(GITCODE, "dm")
    assert direct["blocks"]


async def test_another_channel_of_the_plan_is_found_by_its_name(world: World) -> None:
    await world.ask(replace(PAGE, channel="alerts", people=("!here",)), change=paged)
    await world.drain_later(world.performer(**quick()))
    (message,) = world.sandbox.people.screen(LUBIT, "deployment-alerts")
    assert "<!here>" in str(message)
    assert calls(world, "conversations.list") == 1


async def test_an_update_edits_in_place_and_only_when_something_changed(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(CARD)
    await world.drain(performer)
    await world.ask(Update("card", "card"))
    await world.drain(performer)
    assert calls(world, "chat.update") == 0
    await world.ask(Update("card", "card"), change=held)
    await world.drain(performer)
    assert calls(world, "chat.update") == 1
    (message,) = world.screen()
    assert not message["edited"]


async def test_a_hundred_changes_become_few_edits_and_the_last_one_counts(world: World) -> None:
    performer = world.performer(pacing=SlackPacing())
    await world.ask(CARD)
    await world.drain(performer)
    for number in range(100):
        await world.ask(Update("card", "card"), change=running if number % 2 else held)
    await world.ask(Update("card", "card"), change=held)
    await world.drain_later(performer)
    assert calls(world, "chat.update") <= 3
    ref = await world.messages.find("D1", "card")
    await world.ask(Update("card", "card"))
    await world.drain_later(performer)
    assert await world.messages.find("D1", "card") == ref


async def test_an_update_of_what_was_never_posted_is_no_call(world: World) -> None:
    await world.ask(Update("checklist", "checklist:ready", "ready"))
    await world.drain(world.performer(**quick()))
    assert calls(world, "chat.update") == calls(world, "chat.postMessage") == 0
    assert await world.outbox.depth() == 0


async def test_a_question_that_was_answered_is_not_posted(world: World) -> None:
    await world.ask(Post("decision", "decision:begin:0", "begin:0", "top", priority=1))
    await world.drain(world.performer(**quick()))
    assert world.screen() == []


# ---------------------------------------------------------------------------------------------------- unknown outcomes


@pytest.mark.parametrize(
    "fault", ["timeout_after", "500_after", "503_after", "disconnect_after", "fatal_error_after"]
)
@pytest.mark.parametrize("posted", ["card", "page", "dm"])
async def test_a_post_of_unknown_outcome_is_found_and_not_sent_twice(
    world: World, fault: str, posted: str
) -> None:
    world.sandbox.faults.add(method="chat.postMessage", kind=fault)
    effect = {"card": CARD, "page": PAGE, "dm": PAGE_DM}[posted]
    await world.ask(effect, change=paged)
    await world.drain_later(world.performer(**quick()))
    place = (GITCODE, "dm") if posted == "dm" else (LUBIT, "deployment")
    (message,) = world.sandbox.people.screen(*place)
    assert calls(world, "chat.postMessage") == 1
    ref = await world.messages.find("D1", effect.key)
    assert ref is not None
    assert ref.ts == message["ts"]
    assert message["pinned"] == (posted == "card")
    assert await world.answers() == ([Posted("page:1:1")] if posted == "page" else [])


@pytest.mark.parametrize("fault", ["timeout_before", "500_before", "disconnect_before", "fatal_error"])
async def test_a_post_that_never_arrived_is_sent_again(world: World, fault: str) -> None:
    world.sandbox.faults.add(method="chat.postMessage", kind=fault, times=2)
    await world.ask(PAGE, change=paged)
    await world.drain_later(world.performer(**quick()))
    assert len(world.screen()) == 1
    assert calls(world, "chat.postMessage") == 3


async def test_a_log_line_of_unknown_outcome_is_found_in_its_thread(world: World) -> None:
    performer = world.performer(**quick())
    await world.ask(CARD)
    await world.drain(performer)
    world.sandbox.faults.add(method="chat.postMessage", kind="500_after")
    await world.ask(log_line(1), log_line(2))
    await world.drain_later(performer)
    assert len(world.thread()) == 2
    assert calls(world, "conversations.replies") == 1


async def test_looking_fails_too_and_still_nothing_is_sent_twice(world: World) -> None:
    world.sandbox.faults.add(method="chat.postMessage", kind="timeout_after")
    world.sandbox.faults.add(method="conversations.history", kind="500_before", times=3)
    await world.ask(CARD)
    await world.drain_later(world.performer(**quick()))
    assert len(world.screen()) == 1


@pytest.mark.parametrize(("effect", "posts"), [(PAGE, 2), (report("full", "2025-10-22T18:00:00+00:00"), 1)])
async def test_without_leave_to_look_a_page_is_rather_sent_twice_and_a_report_not(
    tmp_path: Path, effect: Post, posts: int
) -> None:
    async with perform_world(tmp_path, without=("channels:history",)) as world:
        world.sandbox.faults.add(method="chat.postMessage", kind="500_before")
        await world.ask(effect, change=paged)
        await world.drain_later(world.performer(**quick()))
        assert calls(world, "chat.postMessage") == posts
        assert len(world.screen()) == posts - 1


# ---------------------------------------------------------------------------------------------------------- throttling


async def test_a_429_stops_that_channel_for_as_long_as_slack_says_and_nothing_else(world: World) -> None:
    performer = world.performer(**quick())
    world.sandbox.faults.add(method="chat.postMessage", kind="429", channel=DEPLOYMENT, retry_after=30)
    await world.ask(CARD, replace(PAGE, channel="alerts"), change=paged)
    await world.drain(performer)
    assert (len(world.screen()), len(world.sandbox.people.screen(LUBIT, "deployment-alerts"))) == (0, 1)
    before = calls(world, "chat.postMessage")
    world.advance(29)
    await world.ask(replace(PAGE, key="page:1:2", subject="1:1"))
    await world.drain(performer)
    assert calls(world, "chat.postMessage") == before
    world.advance(1)
    await world.drain(performer)
    assert len(world.screen()) == 2


@pytest.mark.parametrize("word", ["ratelimited", "rate_limited", "message_limit_exceeded"])
async def test_slack_has_three_words_for_too_fast(world: World, word: str) -> None:
    world.sandbox.faults.add(method="chat.postMessage", kind=word)
    await world.ask(CARD)
    await world.drain_later(world.performer(**quick()))
    assert len(world.screen()) == 1
    assert calls(world, "conversations.history") == 0


async def test_a_page_overtakes_two_hundred_log_lines(world: World) -> None:
    performer = world.performer()
    await world.ask(CARD, *(log_line(number) for number in range(200)))
    await world.drain(performer)
    await world.ask(PAGE, change=paged)
    begun = world.clock()
    while not await world.answers():
        await world.drain(performer)
        assert world.clock() - begun < timedelta(seconds=2)
        world.advance(0.5)
    assert len(world.thread()) < 10


async def test_pacing_stays_within_slacks_own_limits(world: World) -> None:
    world.sandbox.enforce_rate_limits = True
    await world.ask(CARD, *(log_line(number) for number in range(30)))
    await world.drain_later(world.performer())
    assert len(world.thread()) == 30
    assert [call for call in world.sandbox.log.calls if call.status == 429] == []

"""Messages: drawn when they are sent, sent once, edited in place, and never lost without a word."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from perform_world import DEPLOYMENT, GITCODE, LUBIT, World, perform_world, quick

from bot.performing.pacing import SlackPacing
from core.effects import Post, Update
from core.inputs import EffectFailed, Posted
from core.state import Deployment, Hold, ItemState, Page, Status
from sandbox.slack import roster

CARD = Post("card", "card", "", "top", "main", priority=1)
PAGE = Post("page", "page:1:1", "1:1", "top", "main", (GITCODE,), priority=0, answer=True)
PAGE_DM = Post("page", f"page:1:1:dm:{GITCODE}", "1:1", "dm", GITCODE, priority=0)


def log_line(number: int = 1) -> Post:
    return Post(
        "log",
        words=(
            ("fact", "ran"),
            ("step", "act"),
            ("evidence", f"line {number}"),
            ("took_s", 1.0),
            ("probed", False),
        ),
    )


def report(kind: str, following: str, slot: str = "1") -> Post:
    return Post(
        "report",
        f"report:{kind}:{slot}",
        f"{kind}:{slot}",
        "top",
        words=(("kind", kind), ("next", following)),
        priority=2,
    )


def paged(deployment: Deployment) -> Deployment:
    """Somebody has to be called."""
    page = Page(
        1,
        "unknown",
        "unknown",
        (("step", "act"), ("reason", "it is not known")),
        deployment.t0,
        called=(GITCODE,),
    )
    return deployment.with_page(page)


def held(deployment: Deployment) -> Deployment:
    """Something that every drawing of the card shows."""
    why = Hold("paused", LUBIT, "paused", (("by", LUBIT), ("reason", "lunch")), deployment.t0)
    return replace(deployment, status=Status.HELD, hold=why)


def running(deployment: Deployment) -> Deployment:
    return replace(deployment, status=Status.RUNNING, hold=None)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with perform_world(tmp_path) as one:
        yield one


def calls(world: World, method: str) -> int:
    """So many calls of a method were made."""
    return len(world.sandbox.log.calls_of(method))


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
    await world.ask(Update("checklist", "checklist:ready", "ready"), change=_ticked)
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
    await world.drain_later(performer, seconds=7 * 3600, step=60)
    assert world.screen() == []
    assert performer.health.dropped == 1


async def test_a_reply_that_is_not_just_a_line_goes_to_the_channel_when_there_is_no_card(
    world: World,
) -> None:
    await world.ask(Post("announce", "", "begin", "thread", priority=2))
    await world.drain_later(world.performer(**quick()))
    assert len(world.screen()) == 1


def _ticked(deployment: Deployment) -> Deployment:
    step = deployment.steps[0]
    item = ItemState("people", "done", GITCODE, deployment.t0)
    return deployment.with_step(replace(step, items=(item,)))

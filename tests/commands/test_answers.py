"""Nothing is called done before it is committed; what comes late is told; strangers, old buttons and faults get an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from commands_world import APPROVER, CHANNEL, DEPLOYER, GENERAL, STRANGER, World, open_world

from core.inputs import ItemMarked
from core.state import Status
from sandbox.slack import roster


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


class Slow:
    """Holds writes back until it is told to let them go, and people's patience is over soon."""

    def __init__(self, world: World) -> None:
        self._go = asyncio.Event()
        world.answers.room = replace(world.answers.room, patience_s=0.05)
        world.ledger.gate = self.wait

    async def wait(self) -> None:
        await self._go.wait()

    def let_go(self) -> None:
        self._go.set()


# ------------------------------------------------------------------------------------------------------------- lateness


async def test_a_slow_commit_is_not_called_done_and_its_outcome_follows(world: World) -> None:
    await world.start()
    slow = Slow(world)
    result = await world.command(DEPLOYER, "/deploy pause lunch")
    assert "Not recorded yet" in result.text
    assert result.elapsed_ms < 1_000
    assert (await world.deployment()).status is Status.RUNNING
    slow.let_go()
    await world.answers.finish()
    assert (await world.deployment()).status is Status.HELD
    assert f"Paused by <@{DEPLOYER}>" in world.whispers(DEPLOYER)[-1]


async def test_a_slow_commit_that_is_refused_is_told_as_such(world: World) -> None:
    await world.start()
    slow = Slow(world)
    await world.command(APPROVER, "/deploy pause lunch")
    slow.let_go()
    await world.answers.finish()
    assert "You may not do this (pause)" in world.whispers(APPROVER)[-1]


async def test_a_slow_click_is_acknowledged_in_time_and_answered_later(world: World) -> None:
    await world.start()
    ts = await world.hang("checklist", "ready")
    message = next(m for m in world.slack.people.screen(DEPLOYER, CHANNEL) if m["ts"] == ts)
    block = next(b["block_id"] for b in message["blocks"] if str(b.get("block_id", "")).startswith("item:"))
    slow = Slow(world)
    result = await world.slack.people.click(DEPLOYER, CHANNEL, ts, "item.done", block_id=block)
    assert result.ok
    assert result.ack_ms < 1_000
    slow.let_go()
    await world.answers.finish()
    told = world.whispers(DEPLOYER)
    assert any("Not recorded yet" in text for text in told)
    assert any("ticked “Everybody is here”" in text for text in told)


async def test_a_slow_submit_says_so_in_its_window_and_then_the_outcome(world: World) -> None:
    await world.start()
    ts = await world.hang("card")
    await world.click(DEPLOYER, ts, "card.pause")
    slow = Slow(world)
    view = world.slack.people.views(DEPLOYER)[-1]
    await world.slack.people.submit(DEPLOYER, view["id"], {"reason": {"text": "lunch"}})
    assert "Not recorded yet" in world.window(DEPLOYER)
    slow.let_go()
    await world.answers.finish()
    assert f"Paused by <@{DEPLOYER}>" in world.window(DEPLOYER)


async def test_a_slow_submit_whose_window_was_closed_is_told_directly(world: World) -> None:
    await world.start()
    ts = await world.hang("card")
    await world.click(DEPLOYER, ts, "card.pause")
    slow = Slow(world)
    view = world.slack.people.views(DEPLOYER)[-1]
    await world.slack.people.submit(DEPLOYER, view["id"], {"reason": {"text": "lunch"}})
    await world.slack.people.close_view(DEPLOYER, view["id"])
    slow.let_go()
    await world.answers.finish()
    direct = world.slack.people.screen(DEPLOYER, "dm")
    assert f"Paused by <@{DEPLOYER}>" in direct[-1]["text"]


async def test_a_fault_is_said_and_not_taken_for_success(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.start()

    async def broken() -> None:
        raise OSError("disk is full")

    world.ledger.gate = broken
    result = await world.command(DEPLOYER, "/deploy pause lunch")
    assert "could not be recorded because of a fault" in result.text
    assert "disk is full" not in result.text
    assert "disk is full" in caplog.text
    assert (await world.deployment()).status is Status.RUNNING


async def test_a_fault_inside_a_listener_is_answered_too(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.plans.found["strange"] = None  # type: ignore[assignment]  # a plans folder that has gone wrong
    result = await world.command(DEPLOYER, "/deploy start strange version=v7")
    assert "could not be recorded because of a fault" in result.text
    assert "a listener failed" in caplog.text


async def test_the_end_of_the_process_waits_for_what_is_under_way(world: World) -> None:
    await world.start()
    slow = Slow(world)
    await world.command(DEPLOYER, "/deploy pause lunch")
    assert not await world.answers.finish(timeout_s=0.01)
    slow.let_go()
    assert await world.answers.finish()
    assert (await world.deployment()).status is Status.HELD


# --------------------------------------------------------------------------------------------------------------- door


async def test_a_guest_may_not_use_commands(world: World) -> None:
    result = await world.command(roster.GUEST, "/deploy help", channel=GENERAL)
    assert "only from full members" in result.text


async def test_a_guest_may_not_click(world: World) -> None:
    await world.start()
    ts = await world.hang("card")
    world.team.away.add(STRANGER)
    await world.click(STRANGER, ts, "card.details")
    assert "only from full members" in world.whispers(STRANGER)[0]
    assert world.window(STRANGER) == ""


async def test_who_lost_their_account_cannot_submit_an_open_window(world: World) -> None:
    await world.start()
    ts = await world.hang("card")
    await world.click(DEPLOYER, ts, "card.pause")
    world.team.away.add(DEPLOYER)
    await world.submit(DEPLOYER, reason="lunch")
    assert "only from full members" in world.window(DEPLOYER)
    assert (await world.deployment()).status is Status.RUNNING


async def test_when_membership_cannot_be_known_the_answer_is_no(world: World) -> None:
    async def unknown(user: str) -> bool:
        raise ConnectionError("users.info did not answer")

    world.team.asked = unknown
    result = await world.command(DEPLOYER, "/deploy help")
    assert "did not say in time whether you are a full member" in result.text


# ------------------------------------------------------------------------------------------------------- old buttons


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("gate.approve", '{"d":"D1"}'),
        ("decision.go", "not json"),
        ("decision.go", '{"d":"D1","state":"evil"}'),
        ("item.done", '{"d":"D99","s":"ready","i":"people"}'),
        ("item.done", '{"d":"D1","s":"gone","i":"people"}'),
        ("page.ack", '{"d":"D1","i":"seven"}'),
        ("page.ack", '{"d":"D1","i":"7"}'),
        ("sign.approve", '{"d":"D1","s":"ready","i":"nobody"}'),
        ("card.resume", '{"d":"D1"}'),
        ("missed.todo", '{"d":"D1","s":"ready"}'),
    ],
)
async def test_every_old_button_gets_a_private_answer(world: World, action: str, value: str) -> None:
    await world.start()
    before = await world.deployment()
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Old"},
        "action_id": action,
        "value": value,
    }
    posted = await world.client.chat_postMessage(
        channel=CHANNEL, text="an old message", blocks=[{"type": "actions", "elements": [button]}]
    )
    result = await world.click(DEPLOYER, str(posted["ts"]), action)
    assert result.ok
    assert len(world.whispers(DEPLOYER)) == 1
    assert len(world.whispers(DEPLOYER)[0]) > 30
    assert await world.deployment() == before


@pytest.mark.parametrize(
    "action",
    ["decision.hold", "card.details", "item.all", "rollback.start", "outcome.happened", "unlock.start"],
)
async def test_an_old_button_that_opens_a_window_says_it_there(world: World, action: str) -> None:
    await world.start()
    value = '{"d":"D99","s":"ready","i":"x"}'
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Old"},
        "action_id": action,
        "value": value,
    }
    posted = await world.client.chat_postMessage(
        channel=CHANNEL, text="an old message", blocks=[{"type": "actions", "elements": [button]}]
    )
    await world.click(DEPLOYER, str(posted["ts"]), action)
    assert "There is no deployment D99" in world.window(DEPLOYER)


@pytest.mark.parametrize("kind", ["expired_trigger_id", "500_before", "429"])
async def test_a_window_that_slack_does_not_open_is_said_privately(world: World, kind: str) -> None:
    await world.start()
    ts = await world.hang("card")
    world.slack.faults.add(method="views.open", kind=kind)
    await world.click(DEPLOYER, ts, "card.pause")
    assert "Slack did not let the window open in time" in world.whispers(DEPLOYER)[0]
    assert world.window(DEPLOYER) == ""


async def test_a_button_in_a_direct_message_is_answered_there(world: World) -> None:
    await world.start()
    await world.apply(ItemMarked(DEPLOYER, "ready", "people", "done"))
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Old"},
        "action_id": "item.done",
        "value": '{"d":"D1","s":"ready","i":"people"}',
    }
    opened = await world.client.conversations_open(users=DEPLOYER)
    channel = str(opened["channel"]["id"])
    posted = await world.client.chat_postMessage(
        channel=channel, text="x", blocks=[{"type": "actions", "elements": [button]}]
    )
    await world.click(DEPLOYER, str(posted["ts"]), "item.done", channel=channel)
    assert any("Already settled (done)" in text for text in world.whispers(DEPLOYER, channel))


# --------------------------------------------------------------------------------------------------------------- home


async def test_home_shows_what_needs_this_person_and_acts_at_one_click(world: World) -> None:
    await world.start()
    home = await world.home(DEPLOYER)
    assert "Checklist “Ready”: Everybody is here" in str(home)
    assert "Your roles: Deployer" in str(home)
    block = next(
        b["block_id"]
        for b in home["blocks"]
        if "ready/people" in b.get("block_id", "") and b["block_id"].endswith(":do")
    )
    await world.slack.people.view_click(DEPLOYER, home["id"], "item.done", block_id=block)
    await world.answers.finish()
    again = world.slack.people.home(DEPLOYER)
    assert again is not None
    assert "Everybody is here" not in str(again)
    ready = (await world.deployment()).step("ready")
    assert ready is not None
    assert ready.items[0].mark == "done"


async def test_a_refusal_on_the_home_tab_comes_as_a_direct_message(world: World) -> None:
    await world.start()
    home = await world.home(DEPLOYER)
    await world.apply(ItemMarked(DEPLOYER, "ready", "people", "done"))
    block = next(
        b["block_id"]
        for b in home["blocks"]
        if "ready/people" in b.get("block_id", "") and b["block_id"].endswith(":do")
    )
    await world.slack.people.view_click(DEPLOYER, home["id"], "item.done", block_id=block)
    await world.answers.finish()
    assert "Already settled (done)" in world.slack.people.screen(DEPLOYER, "dm")[-1]["text"]


async def test_home_of_somebody_who_waits_for_nothing(world: World) -> None:
    home = await world.home(STRANGER)
    assert "Nothing waits for you." in str(home)
    assert "No deployment is under way." in str(home)


# --------------------------------------------------------------------------------------------------------------- korean


async def test_a_korean_team_reads_korean(tmp_path: Path) -> None:
    async with open_world(tmp_path, language="ko") as world:
        started = await world.command(DEPLOYER, "/deploy 시작 shop-canary version=v7 at=2025-10-22T14:00Z")
        assert "*shop v7 → production* 배포를 D1로 시작했습니다." in started.text
        paused = await world.command(DEPLOYER, "/deploy 일시정지 점심")
        assert f"보류: <@{DEPLOYER}> 님이 일시정지했습니다. 사유: 점심." in paused.text
        refused = await world.command(APPROVER, "/deploy 재개")
        assert (
            "이 작업(재개)을 할 권한이 없습니다. 다음 역할 가운데 하나가 필요합니다: 배포 담당."
            in refused.text
        )
        unknown = await world.command(DEPLOYER, "/deploy 시자")
        assert "“시자”는 없는 명령입니다. 혹시 “/deploy 시작”을 찾으셨나요?" in unknown.text

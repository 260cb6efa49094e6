"""The box one types into: completion, history, answers, errors, mentions."""

import pytest
from browser import Page
from page_world import DEPLOYMENT, GITCODE, LUBIT, World, enter, page_world, say

pytestmark = pytest.mark.services

VALUE = "document.querySelector('#composer').value"


async def test_a_command_is_completed_sent_and_answered_privately(page: Page, world: World) -> None:
    await page.click("#composer")
    await page.type("/")
    await page.wait_text("Start and steer a deployment", ".completion")
    assert "[approve | reject]" in await page.text(".completion")
    await page.press("ArrowDown")
    assert "/gate" in await page.text(".completion-item.active")
    await page.press("ArrowUp")
    await page.press("Tab")
    assert await page.eval(VALUE) == "/deploy "
    await page.type("sta")
    await page.wait_text("status", ".completion")
    await page.press("ArrowDown")
    await page.press("Tab")
    assert await page.eval(VALUE) == "/deploy status "
    assert "Start and steer" in await page.text(".composer-hint")
    await page.press("Enter")
    await page.wait_text(f"Private answer to {LUBIT}: status", ".message.ephemeral")
    assert "Only visible to you" in await page.text(".message.ephemeral")
    await page.click(".dismiss")
    await page.wait_for("!document.querySelector('.message.ephemeral')")
    await world.sandbox.until(lambda: not world.sandbox.people.screen(LUBIT, DEPLOYMENT))


async def test_what_was_sent_comes_back_with_the_up_key(page: Page, world: World) -> None:
    await say(page, "/deploy one")
    await page.wait_text("Private answer to U0LUBIT00: one")
    await say(page, "hello")
    await page.press("ArrowUp")
    assert await page.eval(VALUE) == "hello"
    await page.press("ArrowUp")
    assert await page.eval(VALUE) == "/deploy one"
    await page.press("ArrowDown", times=2)
    assert await page.eval(VALUE) == ""


async def test_an_unknown_command_is_refused_by_slackbot(page: Page, world: World) -> None:
    await say(page, "/depoly start")
    await page.wait_text("/depoly is not a valid command", ".message.ephemeral")
    assert "Slackbot" in await page.text(".message.ephemeral")
    assert not [one for one in world.sandbox.people.screen(GITCODE, DEPLOYMENT)]


async def test_a_command_without_an_answer_fails_as_in_slack(tab: Page) -> None:
    async with page_world(ack_timeout=0.3) as world:
        await enter(tab, world)
        await say(tab, "/deploy silence")
        await tab.wait_text('/deploy failed with the error "operation_timeout"', ".message.ephemeral")


async def test_enter_sends_and_shift_enter_adds_a_line(page: Page, world: World) -> None:
    await page.click("#composer")
    await page.type("first <b>line</b>")
    await page.press("Enter", shift=True)
    await page.type("second & line")
    assert not world.sandbox.people.screen(LUBIT, DEPLOYMENT)
    await page.press("Enter")
    await page.wait_text("first <b>line</b>\nsecond & line", ".message-text")
    [message] = world.sandbox.people.screen(LUBIT, DEPLOYMENT)
    assert message["text"] == "first &lt;b&gt;line&lt;/b&gt;\nsecond &amp; line"


async def test_a_name_is_completed_and_becomes_a_mention(page: Page, world: World) -> None:
    await page.click("#composer")
    await page.type("ping @gi")
    await page.wait_text("Deployer", ".completion")
    await page.press("Enter")
    assert await page.eval(VALUE) == "ping @gitcode "
    await page.press("Enter")
    await page.wait_text("@GitCode", ".message-text .mention")
    [message] = world.sandbox.people.screen(LUBIT, DEPLOYMENT)
    assert f"<@{GITCODE}" in message["text"]


async def test_what_slack_refuses_stays_in_the_box(page: Page, world: World) -> None:
    world.sandbox.workspace.change_channel(DEPLOYMENT, archived=True)
    await page.click("#composer")
    await page.type("too late")
    await page.press("Enter")
    await page.wait_text("#deployment is archived", ".composer-error")
    assert await page.eval(VALUE) == "too late"


async def test_a_draft_belongs_to_a_person_and_a_channel(page: Page, world: World) -> None:
    await page.click("#composer")
    await page.type("half a sentence")
    await page.click("[data-channel=C0GENERAL]")
    await page.wait_text("#general", "h1")
    assert await page.eval(VALUE) == ""
    await page.click(f"[data-channel={DEPLOYMENT}]")
    await page.wait_for(f"{VALUE} === 'half a sentence'")

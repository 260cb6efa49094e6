"""Buttons of messages: working, updated, failed, confirmed; choices; the Home tab."""

import pytest
from browser import Page
from page_world import (
    DEPLOYMENT,
    LUBIT,
    World,
    become,
    button,
    card,
    enter,
    mrkdwn,
    page_world,
    say,
    section,
    words,
)

pytestmark = pytest.mark.services


async def test_a_click_updates_the_message_in_place(page: Page, world: World) -> None:
    await say(page, "/deploy start")
    await page.wait_text("RUNNING", ".message")
    await page.click("[data-action=approve]")
    await page.wait_text("Approved by @Lubit.", ".message")
    assert await page.eval("document.querySelectorAll('.message:not(.ephemeral)').length") == 1
    assert "(edited)" not in await page.text(".timeline-list")
    assert not await page.eval("Boolean(document.querySelector('[data-action=approve]'))")


async def test_a_button_is_working_until_the_app_answers_and_says_when_it_does_not(tab: Page) -> None:
    async with page_world(ack_timeout=0.6) as world:
        await enter(tab, world)
        await world.post("A card", blocks=card("RUNNING"))
        await tab.click("[data-action=silent]")
        await tab.wait_for(
            "document.querySelector('[data-action=silent]').getAttribute('aria-busy') === 'true'"
        )
        await tab.wait_text("Slack: the app did not answer within 3 seconds.", "[role=alert].block-error")
        assert (
            await tab.eval("document.querySelector('[data-action=silent]').getAttribute('aria-busy')") is None
        )
        await tab.click("[data-action=approve]")
        await tab.wait_text("Approved by @Lubit.", ".message")
        assert "did not answer" not in await tab.text(".timeline-list")


async def test_a_dangerous_button_asks_first(page: Page, world: World) -> None:
    await world.post("A card", blocks=card("RUNNING"))
    await page.click("[data-action=rollback]")
    await page.wait_text("All traffic goes back.", "dialog[open]")
    assert await page.eval("document.activeElement.innerText") == "Keep going"
    await page.press("Escape")
    await page.wait_for("!document.querySelector('dialog[open]')")
    assert await page.eval("document.activeElement.dataset.action") == "rollback"
    assert "RUNNING" in world.sandbox.people.screen(LUBIT, DEPLOYMENT)[0]["blocks"][0]["text"]["text"]
    await page.click("[data-action=rollback]")
    await page.click_text("dialog[open] button", "Roll back")
    await page.wait_text("ROLLED BACK", ".message")


async def test_choices_in_a_message_are_delivered(page: Page, world: World) -> None:
    options = [{"text": words(name), "value": name} for name in ("pause", "hold")]
    elements = [
        {"type": "overflow", "action_id": "more", "options": options},
        {"type": "static_select", "action_id": "pick", "options": options, "placeholder": words("Pick")},
        {"type": "checkboxes", "action_id": "tick", "options": options},
    ]
    await world.post("Choose", blocks=[{"type": "actions", "block_id": "acts", "elements": elements}])
    await page.click("[data-action=more]")
    await page.click_text("[role=menuitem]", "hold")
    await page.eval(
        "(() => { const node = document.querySelector('[data-action=pick]');"
        " node.value = 'pause'; node.dispatchEvent(new Event('change')); })()"
    )
    await page.click("[data-action=tick] input[value=hold]")
    await world.sandbox.until(lambda: len(_deliveries(world)) == 3, what="three deliveries")
    chosen = [(action["action_id"], _picked(action)) for action in _deliveries(world)]
    assert chosen == [("more", ["hold"]), ("pick", ["pause"]), ("tick", ["hold"])]


def _deliveries(world: World) -> list[dict[str, object]]:
    payloads = [one.payload for one in world.sandbox.log.deliveries if one.kind == "interactive"]
    return [payload["actions"][0] for payload in payloads if payload.get("actions")]


def _picked(action: dict[str, object]) -> list[str]:
    one = action.get("selected_option")
    several = action.get("selected_options")
    found = [one] if isinstance(one, dict) else several if isinstance(several, list) else []
    return [option["value"] for option in found]


async def test_the_home_tab_greets_the_person_and_its_buttons_work(page: Page, world: World) -> None:
    await page.click("#open-home")
    await page.wait_text("Hello @Lubit", ".home")
    await page.click("[data-action='home.greet']")
    await page.wait_text("Deploy Captain wrote to you", ".toasts")
    await page.wait_text("1", ".sidebar .badge")
    await become_home(page)
    await page.wait_text("Hello @Sena", ".home")


async def become_home(page: Page) -> None:
    """Takes Sena's seat while the Home tab is open."""
    await page.click("#act-as")
    await page.click_text(".popover-item", "Sena")


async def test_a_button_with_an_address_never_opens_a_script(page: Page, world: World) -> None:
    elements = [button("Dashboard", "board", url="https://grafana.example/d/1")]
    await world.post("Look", blocks=[section("Look"), {"type": "actions", "elements": elements}])
    await page.wait_text("↗", "[data-action=board]")
    await world.post("bad", blocks=[{"type": "section", "text": mrkdwn("<javascript:alert(1)|press me>")}])
    await page.wait_text("press me", ".timeline-list")
    assert not await page.eval("Boolean(document.querySelector('a[href^=javascript]'))")


async def test_an_update_keeps_the_focus_on_the_same_button(page: Page, world: World) -> None:
    ts = await world.post("A card", blocks=card("RUNNING"))
    await page.wait_for("Boolean(document.querySelector('[data-action=form]'))")
    await page.eval("document.querySelector('[data-action=form]').focus()")
    await world.client.chat_update(
        channel=DEPLOYMENT, ts=ts, text="x", blocks=[*card("RUNNING"), section("New line", block_id="new")]
    )
    await page.wait_text("New line", ".message")
    assert await page.eval("document.activeElement.dataset.action") == "form"


async def test_someone_else_sees_the_same_card(page: Page, world: World) -> None:
    await say(page, "/deploy start")
    await page.wait_text("Started.", ".message.ephemeral")
    await become(page, "GitCode")
    await page.wait_text("RUNNING", ".message")
    assert "Started." not in await page.text(".timeline-list")
    await page.click("[data-action=approve]")
    await page.wait_text("Approved by @GitCode.", ".message")

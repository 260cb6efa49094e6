"""Everything can be done without a mouse."""

import pytest
from browser import Page
from page_world import DEPLOYMENT, SENA, World, card

pytestmark = pytest.mark.services


async def tab_to(page: Page, selector: str, *, back: bool = False) -> None:
    """Presses Tab until an element has the focus; every stop on the way must be visible."""
    for _ in range(80):
        await page.press("Tab", shift=back)
        if await page.eval(f"document.activeElement.matches({selector!r})"):
            return
        assert await page.eval(
            "(() => { const box = document.activeElement.getBoundingClientRect();"
            " return document.activeElement === document.body || box.width > 0 && box.height > 0; })()"
        )
    raise AssertionError(f"{selector} was never reached with the Tab key")


async def test_a_deployment_is_approved_without_a_mouse(page: Page, world: World) -> None:
    await page.press("Tab")
    assert await page.eval("document.activeElement.className") == "skip"
    await page.press("Enter")
    assert await page.eval("document.activeElement.id") == "composer"
    await page.type("/dep")
    await page.wait_text("/deploy", ".completion")
    await page.press("Enter")
    await page.type("start")
    await page.press("Escape")
    await page.press("Enter")
    await page.wait_text("RUNNING", ".message")
    await page.wait_text("Started.", ".message.ephemeral")
    await tab_to(page, "#act-as", back=True)
    await page.press("Enter")
    await page.wait_for("document.querySelector('.popover')")
    await page.type("")
    for letter in "sena":
        await page.press(letter)
    await page.press("Enter")
    await page.wait_text("Sena", "#act-as")
    await page.wait_for("document.activeElement.id === 'act-as'")
    await tab_to(page, "[data-action=rollback]")
    await page.press("Enter")
    await page.wait_text("All traffic goes back.", "dialog[open]")
    await page.press("Tab")
    await page.press("Enter")
    await page.wait_text("ROLLED BACK", ".message")
    assert "ROLLED BACK" in world.sandbox.people.screen(SENA, DEPLOYMENT)[0]["blocks"][0]["text"]["text"]


async def test_a_form_is_filled_in_without_a_mouse(page: Page, world: World) -> None:
    await world.post("A card", blocks=card("RUNNING"))
    await page.wait_for("document.querySelector('[data-action=form]')")
    await tab_to(page, "[data-action=form]")
    await page.press(" ")
    await page.wait_for("document.activeElement.dataset.action === 'text'")
    await page.type("because the numbers are good")
    await tab_to(page, "[data-action=boxes] input")
    await page.press(" ")
    await tab_to(page, "dialog .multi")
    await page.press("Enter")
    await page.wait_for("document.querySelector('dialog .popover')")
    await page.press("ArrowDown")
    await page.press(" ")
    await page.press("Escape")
    await page.wait_text("1 chosen", "dialog .multi")
    await tab_to(page, "dialog [type=submit]")
    await page.press("Enter")
    await page.wait_text("because the numbers are good · ['boards'] · @Lubit", ".timeline-list")


async def test_the_overflow_menu_and_the_thread_without_a_mouse(page: Page, world: World) -> None:
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("pause", "hold")]
    menu = {"type": "overflow", "action_id": "more", "options": options}
    ts = await world.post("A card", blocks=[{"type": "actions", "block_id": "acts", "elements": [menu]}])
    await page.wait_for("document.querySelector('[data-action=more]')")
    await tab_to(page, "[data-action=more]")
    await page.press("Enter")
    await page.press("ArrowDown")
    await page.press("Enter")
    await world.sandbox.until(lambda: any(one.kind == "interactive" for one in world.sandbox.log.deliveries))
    [payload] = [one.payload for one in world.sandbox.log.deliveries if one.kind == "interactive"]
    assert payload["actions"][0]["selected_option"]["value"] == "hold"
    await page.wait_for("document.activeElement.dataset.action === 'more'")
    await tab_to(page, ".tool")
    await page.press("Enter")
    await page.wait_for("document.activeElement.id === 'thread-composer'")
    await page.type("noted")
    await page.press("Enter")
    await page.wait_text("noted", ".thread-pane .timeline-list")
    assert world.sandbox.people.thread(SENA, DEPLOYMENT, ts)[-1]["text"] == "noted"


async def test_a_slash_anywhere_begins_a_command(page: Page, world: World) -> None:
    await page.eval("document.querySelector('.timeline-log').focus()")
    await page.press("/")
    await page.wait_text("Start and steer a deployment", ".completion")
    assert await page.eval("document.activeElement.id") == "composer"

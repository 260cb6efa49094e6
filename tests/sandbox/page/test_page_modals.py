"""Modal views: filling in, errors, submitting, closing, where the focus goes."""

import pytest
from browser import Page
from page_world import DEPLOYMENT, LUBIT, SENA, World, card, say, words

pytestmark = pytest.mark.services


async def open_form(page: Page, world: World) -> None:
    """Opens the form from a button of a card."""
    await world.post("A card", blocks=card("RUNNING"))
    await page.click("[data-action=form]")
    await page.wait_text("Say why", "dialog[open]")


async def test_a_form_is_filled_in_corrected_and_recorded(page: Page, world: World) -> None:
    await open_form(page, world)
    assert await page.eval("document.activeElement.dataset.action") == "text"
    await page.click("dialog [type=submit]")
    await page.wait_text("Please fill in this field.", "dialog .block-input.invalid")
    await page.type("too short")
    await page.click("dialog [type=submit]")
    await page.wait_text("Please write at least ten letters.", "dialog .block-input.invalid")
    assert await page.eval("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert await page.eval("document.activeElement.value") == "too short"
    await page.type(" — now it is long enough")
    await page.click("dialog .choice input[value=boards]")
    await page.click("dialog .multi")
    await page.click_text(".popover-item", "Sena")
    await page.click_text(".popover-item", "GitCode")
    await page.press("Escape")
    await page.wait_text("Sena", "dialog .chips")
    await page.click_text("dialog .chip", "GitCode")
    await page.eval(
        "(() => { const node = document.querySelector('dialog input[type=date]');"
        " node.value = '2026-12-01'; node.dispatchEvent(new Event('change')); })()"
    )
    await page.click("dialog [type=submit]")
    await page.wait_for("!document.querySelector('dialog[open]')")
    await page.wait_text("Recorded: too short — now it is long enough", ".timeline-list")
    recorded = world.sandbox.people.screen(LUBIT, DEPLOYMENT)[-1]["text"]
    assert recorded.endswith("· ['boards'] · <@U0SENA000> · None · 2026-12-01")


async def test_escape_closes_it_and_the_focus_returns(page: Page, world: World) -> None:
    await open_form(page, world)
    await page.press("Escape")
    await page.wait_for("!document.querySelector('dialog[open]')")
    assert await page.eval("document.activeElement.dataset.action") == "form"
    assert world.sandbox.people.views(LUBIT) == []


async def test_the_tab_key_stays_inside(page: Page, world: World) -> None:
    await open_form(page, world)
    for _ in range(25):
        await page.press("Tab")
        assert await page.eval("Boolean(document.activeElement.closest('dialog[open]'))")


async def test_an_update_of_the_view_keeps_what_was_typed(page: Page, world: World) -> None:
    await say(page, "/deploy form")
    await page.wait_text("Say why", "dialog[open]")
    await page.type("what I was typing")
    [view] = world.sandbox.people.views(LUBIT)
    body = {
        "type": "modal",
        "callback_id": "why",
        "title": words("Say why, please"),
        "submit": words("Record"),
        "blocks": [
            {"type": "section", "block_id": "hint", "text": words("Evidence has arrived.")},
            *view["blocks"],
        ],
    }
    await world.client.views_update(view_id=view["id"], view=body)
    await page.wait_text("Evidence has arrived.", "dialog[open]")
    assert await page.eval("document.activeElement.value") == "what I was typing"


async def test_a_loading_view_becomes_the_form(page: Page, world: World) -> None:
    await say(page, "/deploy form")
    await page.wait_text("Say why", "dialog[open]")
    [view] = world.sandbox.people.views(LUBIT)
    loading = {
        "type": "modal",
        "title": words("Loading"),
        "blocks": [{"type": "section", "text": words("One moment")}],
    }
    await world.client.views_update(view_id=view["id"], view=loading)
    await page.wait_text("One moment", "dialog[open]")
    assert not await page.eval("Boolean(document.querySelector('dialog [type=submit]'))")
    await page.click_text("dialog .dialog-foot button", "Close")
    await page.wait_for("!document.querySelector('dialog[open]')")


async def test_a_window_belongs_to_its_person(page: Page, world: World) -> None:
    assert (await world.sandbox.people.command(SENA, DEPLOYMENT, "/deploy", "form")).ok
    await say(page, "/deploy hello")
    await page.wait_text("Private answer", ".message.ephemeral")
    assert not await page.eval("Boolean(document.querySelector('dialog[open]'))")
    await page.click("#act-as")
    await page.click_text(".popover-item", "Sena")
    await page.wait_text("Say why", "dialog[open]")


async def test_the_browser_closing_the_window_closes_the_view(page: Page, world: World) -> None:
    await open_form(page, world)
    await page.eval("document.querySelector('dialog[open]').close()")
    await world.sandbox.until(lambda: not world.sandbox.people.views(LUBIT), what="the view is closed")
    assert not await page.eval("Boolean(document.querySelector('dialog[open]'))")

"""Text from the network is text: markup in any field of any block is shown as it was written, and runs nowhere."""

from typing import Any

import pytest
from browser import Page
from page_world import ATTACK, DEPLOYMENT, GITCODE, LUBIT, World, enter, page_world

from sandbox.slack.records import Bookmark, Message, Pin, View

pytestmark = pytest.mark.services

Json = dict[str, Any]

BLOCK_TYPES = (
    "header", "section", "context", "divider", "actions", "image", "input", "rich_text", "table", "markdown",
    "data_table", "data_visualization", "plan", "task_card", "alert", "card", "carousel", "container", ATTACK,
)  # fmt: skip
ELEMENT_TYPES = (
    "button", "overflow", "static_select", "multi_static_select", "users_select", "multi_users_select",
    "conversations_select", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker",
    "plain_text_input", "number_input", "image", ATTACK,
)  # fmt: skip


def plain() -> Json:
    return {"type": "plain_text", "text": ATTACK}


def mrkdwn() -> Json:
    return {
        "type": "mrkdwn",
        "text": f"{ATTACK} <javascript:alert(1)|x> <https://a/{ATTACK}> `{ATTACK}` <@{ATTACK}>",
    }


def element(kind: str) -> Json:
    """An element with the attack in every field that holds a text."""
    option = {"text": plain(), "value": ATTACK, "description": plain(), "url": "javascript:alert(1)"}
    return {
        "type": kind, "action_id": ATTACK, "text": plain(), "value": ATTACK, "url": "javascript:alert(1)",
        "placeholder": plain(), "options": [option], "accessibility_label": ATTACK, "alt_text": ATTACK,
        "image_url": "javascript:alert(1)", "initial_value": ATTACK, "initial_date": ATTACK, "initial_time": ATTACK,
        "initial_date_time": ATTACK,
        "confirm": {"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain()},
    }  # fmt: skip


def rich() -> Json:
    """A rich_text block with the attack in its leaves."""
    leaves = [
        {"type": "text", "text": ATTACK, "style": {"bold": True}},
        {"type": "link", "url": "javascript:alert(1)", "text": ATTACK},
        {"type": "user", "user_id": ATTACK},
        {"type": "channel", "channel_id": ATTACK},
        {"type": "usergroup", "usergroup_id": ATTACK},
        {"type": "emoji", "name": ATTACK},
        {"type": "date", "timestamp": ATTACK, "format": ATTACK, "fallback": ATTACK},
        {"type": ATTACK},
    ]
    kinds = ("rich_text_section", "rich_text_quote", "rich_text_preformatted")
    sections = [{"type": kind, "elements": leaves} for kind in kinds]
    return {
        "type": "rich_text",
        "elements": [*sections, {"type": "rich_text_list", "elements": sections[:1]}],
    }


def block(kind: str) -> Json:
    """A block with the attack in every field that holds a text."""
    image = {"type": "image", "image_url": f"https://example.com/{ATTACK}", "alt_text": ATTACK}
    cells = [{"type": "raw_text", "text": ATTACK}, rich()]
    series = [{"name": ATTACK, "data": [{"label": ATTACK, "value": 3}, {"label": "b", "value": ATTACK}]}]
    task = {
        "type": "task_card",
        "task_id": "1",
        "title": ATTACK,
        "status": ATTACK,
        "details": rich(),
        "output": rich(),
    }
    special: dict[str, Json] = {
        "context": {"elements": [mrkdwn(), plain(), image]},
        "rich_text": rich(),
        "table": {"rows": [cells, cells]},
        "data_table": {"caption": ATTACK, "rows": [cells, cells]},
        "data_visualization": {
            "title": ATTACK,
            "chart": {
                "type": "line",
                "series": series,
                "axis_config": {"x_label": ATTACK, "y_label": ATTACK},
            },
        },
        "markdown": {
            "text": f"# {ATTACK}\n- {ATTACK}\n\n[{ATTACK}](javascript:alert(1)) **{ATTACK}**\n> {ATTACK}"
        },
        "plan": {"title": ATTACK, "tasks": [task]},
        "task_card": task,
        "card": {
            "title": mrkdwn(),
            "subtitle": plain(),
            "body": mrkdwn(),
            "hero_image": image,
            "icon": image,
        },
        "alert": {"text": mrkdwn(), "level": ATTACK},
        "image": {**image, "title": plain()},
        "input": {"label": plain(), "hint": plain(), "element": element("plain_text_input")},
        "actions": {"elements": [element(one) for one in ELEMENT_TYPES]},
    }
    usual = {
        "text": mrkdwn(),
        "fields": [mrkdwn(), plain()],
        "accessory": element("button"),
        "title": plain(),
    }
    return {**(special.get(kind, usual)), "type": kind, "block_id": f"{kind}-1"}


async def test_no_field_can_carry_markup_into_the_page(tab: Page) -> None:
    async with page_world() as world:
        _poison(world)
        await enter(tab, world, "GitCode")
        await tab.wait_for("document.querySelectorAll('.block').length >= 19")
        shown = await tab.text(".timeline-list")
        assert shown.count("<script>window.hacked=1</script>") > 60
        await _look_around(tab)
        assert await tab.eval("window.hacked") is None
        assert (
            await tab.eval(
                "document.querySelectorAll('body script, body img[src=x], .timeline b b i').length"
            )
            == 0
        )
        assert not await tab.eval(
            "[...document.querySelectorAll('[href],[src]')].some((n) => /^javascript:/i.test(n.href || n.src))"
        )
        assert not [one for one in tab.requests if not one.startswith((world.sandbox.url, "data:"))]


def _poison(world: World) -> None:
    """Fills people, channel, message, view and Home tab with the attack, past the server's checks."""
    space = world.sandbox.workspace
    blocks = tuple(block(kind) for kind in BLOCK_TYPES)
    attachment = {"title": ATTACK, "text": ATTACK, "pretext": ATTACK, "footer": ATTACK, "color": ATTACK}
    ts = "1763650000.000100"
    space.put(
        Message(
            DEPLOYMENT, ts, world.sandbox.workspace.bot_user, ATTACK, blocks=blocks, attachments=(attachment,)
        )
    )
    plain_ts = "1763650001.000100"
    space.put(Message(DEPLOYMENT, plain_ts, LUBIT, mrkdwn()["text"], username=ATTACK))
    mark = Bookmark("Bk1", DEPLOYMENT, ATTACK, "javascript:alert(1)", ATTACK)
    space.change_channel(DEPLOYMENT, topic=ATTACK, pins=(Pin(ts, LUBIT, 1),), bookmarks=(mark,))
    space.add_channel("C0ATTACK0", ATTACK, members=(LUBIT,))
    space.change_user(LUBIT, name=ATTACK, title_en=ATTACK)
    body = {
        "title": plain(),
        "submit": plain(),
        "close": plain(),
        "blocks": [block("section"), block("input")],
    }
    space.homes[GITCODE] = View("V2", GITCODE, "home", {"blocks": list(blocks)}, "1", "V2")
    space.modals["U0SENA000"] = [
        View("V1", "U0SENA000", "modal", body, "1", "V1", errors={"input-1": ATTACK})
    ]


async def _look_around(tab: Page) -> None:
    """Opens what opens: the thread, the chooser, the Home tab, a modal."""
    await tab.click(".tool")
    await tab.wait_text("<script>", ".thread-pane")
    await tab.press("Escape")
    await tab.click("#open-home")
    await tab.wait_text("<script>", ".home")
    await tab.click("#act-as")
    await tab.wait_text("<script>", ".popover")
    await tab.click_text(".popover-item", "Sena")
    await tab.wait_text("<script>", "dialog[open]")

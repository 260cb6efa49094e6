"""Blocks as they are drawn: charts with their numbers, tables, plans, alerts, and what the page does not know."""

from typing import Any

import pytest
from browser import Page
from page_world import DEPLOYMENT, World, mrkdwn, section, words

from sandbox.slack.records import Message

pytestmark = pytest.mark.services

Json = dict[str, Any]
LABELS = ["14:00", "14:05", "14:10", "14:15", "14:20"]


def chart(kind: str) -> Json:
    """Two series over five labels; one value of the canary is missing."""
    canary = [
        {"label": label, "value": value}
        for label, value in zip(LABELS, (0.2, 0.4, None, 0.9, 1.2), strict=True)
    ]
    control = [{"label": label, "value": 0.25} for label in LABELS]
    return {
        "type": "data_visualization",
        "title": "Error rate (%)",
        "chart": {
            "type": kind,
            "series": [{"name": "canary", "data": canary}, {"name": "control", "data": control}],
            "axis_config": {"categories": LABELS, "x_label": "time (UTC)", "y_label": "errors, %"},
        },
    }


def cell(text: str) -> Json:
    """A cell of a table."""
    return {"type": "raw_text", "text": text}


def styled(style: str) -> Json:
    """A piece of rich text that says its own style."""
    return {"type": "text", "text": style, "style": {style: True}}


def put(world: World, *blocks: Json) -> None:
    """Puts a message with blocks on the screen, past the server's checks."""
    space = world.sandbox.workspace
    ts = f"1763650000.{len(space.messages[DEPLOYMENT]):06d}"
    space.put(Message(DEPLOYMENT, ts, space.bot_user, "blocks", blocks=tuple(blocks)))


async def shown(page: Page) -> None:
    """Loads the page again and waits for the message."""
    await page.eval("location.reload()")
    await page.wait_for("document.body.dataset.ready && document.querySelector('.message')")


async def test_a_line_chart_has_axes_a_legend_a_gap_and_its_numbers(page: Page, world: World) -> None:
    put(world, chart("line"))
    await shown(page)
    figure = await page.text(".chart")
    assert "Error rate (%)" in figure
    assert await page.text(".chart-legend") == "canary\ncontrol"
    svg = await page.eval("document.querySelector('.chart-picture').textContent")
    for part in ("time (UTC)", "errors, %", "14:00", "0.5", "1.5"):
        assert part in svg
    assert await page.eval("document.querySelectorAll('.chart-picture path.line.series-0').length") == 2
    assert await page.eval("document.querySelectorAll('.chart-picture path.line.series-1').length") == 1
    label = await page.eval("document.querySelector('.chart-picture').getAttribute('aria-label')")
    assert label == "Line chart: Error rate (%). canary 14:20: 1.2; control 14:20: 0.25"
    await page.click(".chart-numbers summary")
    rows = await page.eval(
        "[...document.querySelectorAll('.chart-numbers tr')].map((row) => row.innerText.split('\\t'))"
    )
    assert rows[0] == ["time (UTC)", "canary", "control"]
    assert rows[3] == ["14:10", "no data", "0.25"]
    assert rows[5] == ["14:20", "1.2", "0.25"]


async def test_the_height_of_a_point_is_its_value(page: Page, world: World) -> None:
    put(world, chart("line"), chart("bar"))
    await shown(page)
    points = await page.eval(
        "[...document.querySelectorAll('.chart-picture path.line.series-0')]"
        ".flatMap((p) => p.getAttribute('d').slice(1).split('L').map((one) => Number(one.split(' ')[1])))"
    )
    low, second, fourth, high = points
    assert low > second > fourth > high
    assert abs((low - second) / (fourth - high) - 0.2 / 0.3) < 0.02
    bars = await page.eval(
        "[...document.querySelectorAll('rect.bar.series-0')].map((n) => Number(n.getAttribute('height'))).filter((x) => x > 12.5)"
    )
    assert len(bars) == 4
    assert abs(bars[3] / bars[0] - 6) < 0.1


async def test_tables_are_paged_and_sorted(page: Page, world: World) -> None:
    head = [cell("Time"), cell("Errors")]
    rows = [
        [cell(f"14:0{n}"), {"type": "raw_number", "value": (n * 3) % 7, "text": str((n * 3) % 7)}]
        for n in range(7)
    ]
    put(world, {"type": "data_table", "caption": "Samples", "rows": [head, *rows], "page_size": 4})
    put(world, {"type": "table", "rows": [head, *rows], "column_settings": [{"align": "right"}]})
    await shown(page)
    cells = "[...document.querySelectorAll('.data-table tbody tr')].map((row) => row.innerText.split('\\t'))"
    assert await page.eval(cells) == [["14:00", "0"], ["14:01", "3"], ["14:02", "6"], ["14:03", "2"]]
    await page.click_text(".sorter", "Errors")
    assert await page.eval(cells) == [["14:00", "0"], ["14:05", "1"], ["14:03", "2"], ["14:01", "3"]]
    assert (
        await page.eval("document.querySelectorAll('.data-table th')[1].getAttribute('aria-sort')")
        == "ascending"
    )
    await page.click_text(".pager button", "Next")
    await page.wait_text("Page 2 of 2", ".pager")
    assert await page.eval(cells) == [["14:06", "4"], ["14:04", "5"], ["14:02", "6"]]
    assert await page.eval("document.querySelectorAll('.block-table tbody tr').length") == 7


async def test_states_are_words(page: Page, world: World) -> None:
    states = ("pending", "in_progress", "complete", "error")
    tasks = [{"type": "task_card", "task_id": one, "title": f"Step {one}", "status": one} for one in states]
    alerts = [
        {"type": "alert", "level": level, "text": words("Look here")}
        for level in ("info", "warning", "error")
    ]
    put(world, {"type": "plan", "title": "Rollout", "tasks": tasks}, *alerts)
    await shown(page)
    plan = await page.text(".plan")
    for word in ("Rollout", "1/4", "Pending", "In progress", "Done", "Failed"):
        assert word in plan
    said = await page.eval("[...document.querySelectorAll('.alert')].map((node) => node.innerText)")
    assert [text.split("\n")[-1] for text in said] == [
        "Info Look here",
        "Warning Look here",
        "Error Look here",
    ]


async def test_rich_text_and_markdown(page: Page, world: World) -> None:
    line = {"type": "rich_text_section", "elements": [styled("bold"), styled("code")]}
    rich = {
        "type": "rich_text",
        "elements": [line, {"type": "rich_text_list", "style": "ordered", "elements": [line]}],
    }
    text = "# Report\n\n1. **first**\n   - nested *one*\n2. `two`\n\n| a | b |\n|---|---|\n| 1 | ~~2~~ |\n\n> said [here](https://example.com)"
    put(world, rich, {"type": "markdown", "text": text})
    await shown(page)
    assert await page.text(".rich-text b") == "bold"
    assert await page.eval("document.querySelector('.rich-list').tagName") == "OL"
    assert await page.text(".markdown h3") == "Report"
    assert await page.text(".markdown ol > li:first-child ul li i") == "one"
    assert await page.text(".markdown td s") == "2"
    assert await page.eval("document.querySelector('.markdown blockquote a').href") == "https://example.com/"


async def test_an_unknown_or_broken_block_is_named_and_the_rest_is_drawn(page: Page, world: World) -> None:
    broken = {"type": "table", "rows": 7}
    put(world, {"type": "hologram"}, broken, section("still here"))
    await page.eval("location.reload()")
    await page.wait_text("still here", ".message")
    assert "hologram" in await page.text(".unknown-block")
    assert "“table”" in (await page.text(".timeline-list"))
    assert page.problems
    assert [one for one in page.problems if "could not be drawn" not in one] == []
    page.problems.clear()  # it is said on the console too, on purpose


async def test_a_section_shows_fields_and_its_accessory(page: Page, world: World) -> None:
    button = {"type": "button", "action_id": "go", "text": words("Go")}
    await world.post(
        "x", blocks=[section("*Head*", fields=[mrkdwn("*A*\n1"), mrkdwn("*B*\n2")], accessory=button)]
    )
    await page.wait_text("Head", ".section-text")
    assert await page.eval("document.querySelectorAll('.field-cell').length") == 2
    assert await page.text(".accessory button") == "Go"

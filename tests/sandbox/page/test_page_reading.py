"""Reading: long channels, places kept while scrolling, lost connections, phones, dark screens, what is loaded."""

from pathlib import Path

import pytest
from browser import Page
from page_world import ATTACK, DEPLOYMENT, LUBIT, MANIFEST, World, card, enter

from sandbox.slack.server import PAGE, SlackSandbox

pytestmark = pytest.mark.services

SCROLL = "document.querySelector('.timeline-log').scrollTop"
AT_END = (
    "(() => { const log = document.querySelector('.timeline-log');"
    " return log.scrollHeight - log.scrollTop - log.clientHeight < 60 })()"
)


async def fill(world: World, count: int) -> None:
    """Puts many messages into #deployment."""
    for number in range(count):
        await world.sandbox.people.say(
            LUBIT if number % 3 else "sena", DEPLOYMENT, f"message number {number}"
        )


async def test_the_place_is_kept_while_one_reads_older_messages(tab: Page, world: World) -> None:
    await fill(world, 120)
    await enter(tab, world)
    await tab.wait_for(AT_END)
    await tab.eval(f"{SCROLL} = 800")
    await tab.wait_for("document.querySelector('.new-pill').hidden && !(" + AT_END + ")")
    before = await tab.eval(SCROLL)
    await world.post("news")
    await world.post("more news")
    await tab.wait_text("2 new messages", ".new-pill")
    assert abs(await tab.eval(SCROLL) - before) < 2
    await tab.click(".new-pill")
    await tab.wait_for(AT_END)
    assert await tab.eval("document.querySelector('.new-pill').hidden")
    await world.post("the last one")
    await tab.wait_text("the last one", ".timeline-list")
    await tab.wait_for(AT_END)


async def test_a_thousand_messages_stay_quick_and_older_ones_are_read_on_demand(
    tab: Page, world: World
) -> None:
    await fill(world, 1000)
    ts = await world.post("A card", blocks=card("RUNNING"))
    await enter(tab, world)
    assert await tab.eval("document.querySelectorAll('.message').length") == 200
    for shown in (600, 1000):
        await tab.eval(f"{SCROLL} = 0")
        await tab.click(".older")
        await tab.wait_for(f"document.querySelectorAll('.message').length === {shown}")
    await tab.eval(f"{SCROLL} = 0")
    await tab.click(".older")
    await tab.wait_text("message number 0", ".timeline-list")
    await tab.eval(
        "window.longest = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
        " window.longest = Math.max(window.longest, one.duration) }).observe({type: 'longtask'})"
    )
    for number in range(20):
        await world.client.chat_update(channel=DEPLOYMENT, ts=ts, text="x", blocks=card(f"STEP {number}"))
    await tab.wait_for("document.querySelector('.timeline-list').textContent.includes('STEP 19')")
    assert await tab.eval("document.querySelectorAll('.message').length") == 1001
    assert await tab.eval("window.longest") < 500


async def test_a_lost_connection_is_said_and_healed(tab: Page, world: World) -> None:
    await world.post("before")
    await enter(tab, world)
    port = int(world.sandbox.url.rpartition(":")[2])
    await world.sandbox.stop()
    await tab.wait_text("Connection lost", ".connection")
    again = SlackSandbox(MANIFEST)
    await again.start(port=port)
    try:
        await again.people.say("sena", DEPLOYMENT, "after the restart")
        await tab.wait_text("after the restart", ".timeline-list")
        await tab.wait_for("document.querySelector('.connection').textContent === ''")
        assert "before" not in await tab.text(".timeline-list")
        await again.people.say("sena", DEPLOYMENT, "and live again")
        await tab.wait_text("and live again", ".timeline-list")
    finally:
        await again.stop()


async def test_on_a_phone_nothing_sticks_out_and_the_menu_opens(tab: Page, world: World) -> None:
    await tab.viewport(390, 844, phone=True)
    await world.post("A card", blocks=[*card("RUNNING"), {"type": "section", "fields": _fields()}])
    await enter(tab, world)
    assert await tab.eval("document.documentElement.scrollWidth") == 390
    assert await tab.eval("document.querySelector('.timeline-log').scrollWidth") <= 390
    assert await tab.eval("getComputedStyle(document.querySelector('.sidebar')).visibility") == "hidden"
    await tab.click("#menu-button")
    await tab.wait_for("getComputedStyle(document.querySelector('.sidebar')).visibility === 'visible'")
    await tab.click("[data-channel=C0ALERTS0]")
    await tab.wait_text("#deployment-alerts", "h1")
    await tab.wait_for("getComputedStyle(document.querySelector('.sidebar')).visibility === 'hidden'")
    assert await tab.eval("document.activeElement.id") == "menu-button"


def _fields() -> list[dict[str, str]]:
    return [{"type": "mrkdwn", "text": f"*Field {number}*\n{'long' * 12}"} for number in range(6)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_words_can_be_read_on_both_grounds(tab: Page, world: World, scheme: str) -> None:
    await tab.media(prefers_color_scheme=scheme)
    await world.post(f"<@{LUBIT}> and <@U0SENA000>", blocks=[*card("RUNNING"), _context()])
    await world.post(f"<@{LUBIT}> `code` <https://example.com|link>")
    await enter(tab, world)
    worst = await tab.eval(CONTRAST)
    assert [one for one in worst if one["ratio"] < 4.5] == []
    assert len(worst) > 20


def _context() -> dict[str, object]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": "checked 14:05"}]}


# WCAG 2.1, relative luminance and contrast ratio, of every element that holds text itself.
CONTRAST = """(() => {
  const rgb = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => { const f = (v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const ground = (node) => { for (let n = node; n; n = n.parentElement) {
    const style = getComputedStyle(n), image = style.backgroundImage.match(/rgba?\\([^)]*\\)/);
    if (image) return rgb(image[0]);
    const c = rgb(style.backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  const own = (n) => [...n.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim());
  return [...document.querySelectorAll('#page *')].filter((n) => own(n) && n.offsetParent && !n.closest('.emoji, .skip'))
    .map((n) => { const a = light(rgb(getComputedStyle(n).color)), b = light(ground(n));
      return {what: n.className || n.tagName, text: n.textContent.slice(0, 20),
        ratio: (Math.max(a, b) + .05) / (Math.min(a, b) + .05)}; });
})()"""


async def test_nothing_is_asked_of_another_machine(tab: Page, world: World) -> None:
    image = {"type": "image", "image_url": "https://example.com/graph.png", "alt_text": "error rate 0.3 %"}
    await world.post("A picture", blocks=[image])
    await enter(tab, world)
    await tab.wait_text("error rate 0.3 %", ".block-image")
    assert [one for one in tab.requests if not one.startswith(world.sandbox.url)] == []


async def test_motion_stops_for_those_who_ask(tab: Page, world: World) -> None:
    await tab.media(prefers_reduced_motion="reduce")
    await enter(tab, world)
    assert await tab.eval("getComputedStyle(document.querySelector('.sidebar')).transitionDuration") == "0s"


def test_every_module_is_loaded_at_once_and_no_markup_is_ever_parsed() -> None:
    modules = {path.name: path.read_text(encoding="utf-8") for path in Path(PAGE).glob("*.js")}
    index = (PAGE / "index.html").read_text(encoding="utf-8")
    assert [name for name in modules if f'"/static/{name}"' not in index] == []
    forbidden = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "DOMParser",
    )
    assert [(name, word) for name, text in modules.items() for word in forbidden if word in text] == []
    assert "style=" not in index
    assert "onclick=" not in index


async def test_a_screen_reader_finds_its_way(page: Page, world: World) -> None:
    await world.post("A card", blocks=card("RUNNING"))
    await page.wait_for("document.querySelector('[data-action=approve]')")
    tree = (await page.call("Accessibility.getFullAXTree"))["nodes"]
    seen = {
        (one.get("role", {}).get("value"), one.get("name", {}).get("value"))
        for one in tree
        if not one["ignored"]
    }
    for wanted in (
        ("navigation", "Channels"),
        ("main", ""),
        ("log", "Messages in #deployment"),
        ("heading", "#deployment"),
        ("heading", "ion-api v2.14.0 — RUNNING"),
        ("button", "Approve"),
        ("textbox", "Message #deployment"),
        ("button", "You act as Lubit Final approver"),
    ):
        assert wanted in seen, wanted
    nameless = [one for one in seen if one[0] in ("button", "textbox", "link", "combobox") and not one[1]]
    assert nameless == []


async def test_a_text_file_shows_its_first_lines_and_opens_to_all_of_them(tab: Page, world: World) -> None:
    text = "\n".join(f"line {number} {ATTACK}" for number in range(1, 101))
    await world.client.files_upload_v2(
        channel=DEPLOYMENT,
        content=text,
        filename="output.txt",
        snippet_type="text",
        initial_comment="The whole output",
    )
    await enter(tab, world)
    await tab.wait_text("output.txt", ".file")
    await tab.wait_text("kB", ".file")
    assert "line 6 " not in await tab.eval("document.querySelector('.snippet').textContent")
    assert await tab.eval("document.querySelector('.snippet-more').getAttribute('aria-expanded')") == "false"
    await tab.click(".snippet-more")
    await tab.wait_text(f"line 100 {ATTACK}", ".snippet")
    assert await tab.eval("document.querySelector('.snippet-more').getAttribute('aria-expanded')") == "true"
    await tab.click(".snippet-more")
    await tab.wait_for("!document.querySelector('.snippet').textContent.includes('line 6 ')")
    assert await tab.eval("window.hacked === undefined")

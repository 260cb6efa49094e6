"""The bar above a demo: the plan's clock, its switches, the hint whose turn it is, the language."""

from collections.abc import AsyncIterator

import pytest
from browser import Page
from page_world import DEPLOYMENT, LUBIT, Demo, World, enter, page_world

pytestmark = pytest.mark.services


@pytest.fixture
async def demo_world() -> AsyncIterator[World]:
    """A workspace with a demo in it."""
    async with page_world(demo=True) as one:
        yield one


@pytest.fixture
async def bar(demo_world: World, tab: Page) -> Demo:
    """The demo's state; the page is open."""
    await enter(tab, demo_world)
    assert demo_world.demo is not None
    return demo_world.demo


async def test_there_is_no_bar_without_a_demo(page: Page, world: World) -> None:
    assert await page.eval("document.querySelector('#demo-bar').hidden")


async def test_the_clock_and_the_speed_are_shown(tab: Page, bar: Demo) -> None:
    assert await tab.text(".plan-time") == "14:06 UTC"
    assert "20 Nov" in await tab.text(".plan-date")
    assert await tab.text(".plan-speed") == "360× real time: one plan hour takes 10 s"
    assert await tab.text(".waiting") == "", "the hint already says who has to do what"
    bar.state["act_as_hint"] = None
    await tab.wait_text("Waiting for somebody to give the final approval", ".waiting")
    bar.state.update(plan_time="2026-11-20T14:21:00Z", speed="standing still", waiting_for=None)
    await tab.wait_text("14:21 UTC", ".plan-time")
    assert await tab.text(".plan-speed") == "the clock stands still"
    assert await tab.text(".waiting") == ""


async def test_the_stream_moves_the_clock_at_once(tab: Page, bar: Demo, demo_world: World) -> None:
    bar.state["plan_time"] = "2026-11-20T15:30:00Z"
    demo_world.sandbox.publish({"type": "demo", "plan_time": "2026-11-20T15:30:00Z", "speed": "jumping"})
    await tab.wait_text("15:30 UTC", ".plan-time")


async def test_the_switches_change_the_demo(tab: Page, bar: Demo) -> None:
    assert (
        await tab.eval("document.querySelector('#demo-wait-for-me').getAttribute('aria-checked')") == "true"
    )
    await tab.click("#demo-teammates")
    await tab.wait_for("document.querySelector('#demo-teammates').getAttribute('aria-checked') === 'true'")
    await tab.click("#demo-sick")
    await tab.wait_text("Make it well again", "#demo-sick")
    await bar.holds(teammates=True, sick=True)
    await tab.click("#demo-wait-for-me")
    await tab.wait_for("document.querySelector('#demo-wait-for-me').getAttribute('aria-checked') === 'false'")
    await bar.holds(wait_for_me=False)
    await tab.click("#demo-sick")
    await tab.wait_text("The demo did not take this change: nobody waits", ".demo-error")
    assert await tab.text("#demo-sick") == "Make it well again"


async def test_the_hint_takes_the_seat_of_whose_turn_it_is(tab: Page, bar: Demo) -> None:
    assert await tab.text("#demo-hint") == "Sena has to confirm the dashboards: act as Sena"
    await tab.click("#demo-hint")
    await tab.wait_text("Sena", "#act-as")
    await tab.wait_for("document.querySelector('#demo-hint').hidden")
    assert await tab.text(".turn") == "Your turn: confirm the dashboards"
    bar.state["act_as_hint"] = {"user": "U0LUBIT00", "why": "approve the gate"}
    await tab.wait_text("Lubit has to approve the gate: act as Lubit", "#demo-hint")


async def test_my_turn_leads_to_the_message(tab: Page, bar: Demo, demo_world: World) -> None:
    first = await demo_world.post("Please confirm the dashboards")
    for number in range(30):
        await demo_world.post(f"line {number}")
    await tab.wait_text("line 29")
    bar.state["act_as_hint"] = {"user": LUBIT, "why": "confirm", "channel": DEPLOYMENT, "ts": first}
    await tab.click("#demo-turn:not([hidden])")
    await tab.wait_for(f"document.querySelector('article[data-ts=\"{first}\"]').classList.contains('flash')")


async def test_messages_stand_at_the_time_of_the_plan(tab: Page, bar: Demo, demo_world: World) -> None:
    ts = await demo_world.post("the canary opens")
    stamp = f"document.querySelector('article[data-ts=\"{ts}\"] .stamp').dateTime"
    bar.state["timeline"] = [[0, 1760000000, 0], [round(float(ts)) - 10, 1760000000, 60]]
    await tab.wait_for(f"Math.abs(Date.parse({stamp}) / 1000 - 1760000600) < 61")


async def test_the_page_speaks_korean_when_the_demo_does(tab: Page, bar: Demo) -> None:
    await tab.click("[data-language=ko]")
    await tab.wait_text("지금 맡은 사람", ".sidebar")
    assert bar.state["language"] == "ko"
    assert await tab.eval("document.documentElement.lang") == "ko"
    assert "최종 승인자" in await tab.text("#act-as")
    assert "고장 내기" in await tab.text("#demo-sick")
    assert "#deployment에 메시지 보내기" in await tab.eval("document.querySelector('#composer').placeholder")
    assert "Sena 역할로 바꾸기" in await tab.text("#demo-hint")

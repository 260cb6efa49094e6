"""One person plays every role: switching seats, what each of them sees, badges and notices, threads."""

import pytest
from browser import Page
from page_world import ALERTS, DEPLOYMENT, GITCODE, LUBIT, SENA, World, become, card, say

pytestmark = pytest.mark.services


async def test_switching_the_person_hides_private_answers_and_keeps_the_channel(
    page: Page, world: World
) -> None:
    await page.click(f"[data-channel={ALERTS}]")
    await page.wait_text("#deployment-alerts", "h1")
    await say(page, "/deploy secret")
    await page.wait_text("Private answer to U0LUBIT00: secret", ".message.ephemeral")
    await become(page, "Sena")
    await page.wait_text("Type / to see what the app can do", ".timeline-list")
    assert await page.text("h1") == "#deployment-alerts"
    assert "secret" not in await page.text()
    await say(page, "I am Sena")
    await page.wait_text("I am Sena", ".message")
    assert world.sandbox.people.screen(SENA, ALERTS)[0]["user"] == SENA
    await become(page, "Lubit")
    await page.wait_text("Private answer to U0LUBIT00: secret", ".message.ephemeral")


async def test_the_seat_is_kept_over_a_reload(page: Page, world: World) -> None:
    await become(page, "GitCode")
    await page.click(f"[data-channel={ALERTS}]")
    await page.wait_text("#deployment-alerts", "h1")
    await page.eval("location.reload()")
    await page.wait_for("document.body.dataset.ready && performance.navigation.type === 1")
    await page.wait_text("GitCode", "#act-as")
    await page.wait_text("#deployment-alerts", "h1")


async def test_nobody_who_has_left_and_no_bot_can_be_chosen(page: Page, world: World) -> None:
    await page.click("#act-as")
    names = await page.text(".popover-list")
    assert "Final approver" in names
    assert "Pat" in names
    assert "Dana" not in names
    assert "Slackbot" not in names


async def test_a_mention_elsewhere_makes_a_badge_and_a_notice_that_jumps(page: Page, world: World) -> None:
    await world.post("unread, but nobody is called", channel="C0INCIDNT")
    await page.wait_for("document.querySelector('[data-channel=C0INCIDNT] .unread-dot')")
    await world.post(f"<@{LUBIT}> please look: *errors* &gt; 1 %", channel=ALERTS)
    await page.wait_text("1", f"[data-channel={ALERTS}] .badge")
    await page.wait_text("Deploy Captain mentioned you in #deployment-alerts", ".toast")
    assert "@Lubit please look: errors > 1 %" in await page.text(".toast")
    await page.click(".toast-main")
    await page.wait_text("#deployment-alerts", "h1")
    await page.wait_text("please look", ".message.called")
    await page.wait_for(f"!document.querySelector('[data-channel={ALERTS}] .badge')")


async def test_a_call_for_somebody_else_is_shown_in_the_chooser(page: Page, world: World) -> None:
    await world.post(f"<@{SENA}> confirm the dashboards", channel=ALERTS)
    await page.wait_for(f"document.querySelector('[data-channel={ALERTS}] .unread-dot')")
    await page.click("#act-as")
    assert await page.text(f".popover-item[data-value={SENA}] .badge") == "1"
    await page.click(f".popover-item[data-value={SENA}]")
    await page.wait_text("1", f"[data-channel={ALERTS}] .badge")


async def test_a_direct_message_notifies_and_can_be_answered(page: Page, world: World) -> None:
    await world.post("A page for you: acknowledge within 5 min.", channel=LUBIT)
    await page.wait_text("Deploy Captain wrote to you", ".toast")
    await page.click(".toast-main")
    await page.wait_text("Deploy Captain", "h1")
    await page.wait_text("acknowledge within 5 min", ".message")
    await say(page, "on it")
    await page.wait_text("on it", ".message:last-child")
    assert [one["text"] for one in world.sandbox.people.screen(LUBIT, "dm")][-1] == "on it"


async def test_a_thread_opens_beside_and_can_be_answered(page: Page, world: World) -> None:
    ts = await world.post("A card", blocks=card("RUNNING"))
    await world.post("14:05 all pass", thread_ts=ts)
    await world.post("14:10 stage done", thread_ts=ts, reply_broadcast=True)
    await page.wait_text("2 replies", ".thread-line")
    await page.wait_text("Replied to a thread", ".timeline-list")
    await page.click(".thread-line")
    await page.wait_text("14:05 all pass", ".thread-pane")
    await page.wait_text("Also sent to the channel", ".thread-pane")
    await page.type("thank")
    await world.client.chat_update(channel=DEPLOYMENT, ts=ts, text="A card", blocks=card("PAUSED"))
    await page.wait_text("PAUSED", ".main .timeline-list")
    await page.wait_text("PAUSED", ".thread-pane")
    await page.type(" you")
    await page.press("Enter")
    await page.wait_text("thank you", ".thread-pane .timeline-list")
    await page.wait_text("3 replies", ".main .thread-line")
    assert world.sandbox.people.thread(LUBIT, DEPLOYMENT, ts)[-1]["text"] == "thank you"
    await page.press("Escape")
    await page.wait_for("document.querySelector('.thread-pane').hidden")
    assert await page.eval("document.activeElement.className") == "thread-line"


async def test_a_link_to_a_message_jumps_without_loading_the_page_again(page: Page, world: World) -> None:
    ts = await world.post("the one that is meant", channel=ALERTS)
    link = (await world.client.chat_getPermalink(channel=ALERTS, message_ts=ts))["permalink"]
    await world.post(f"See <{link}|that message>.")
    await page.eval("window.sameDocument = true")
    await page.click_text(".message-text a", "that message")
    await page.wait_text("#deployment-alerts", "h1")
    await page.wait_text("the one that is meant", ".message.flash")
    assert await page.eval("window.sameDocument")
    await page.goto(link)
    await page.wait_text("the one that is meant", ".message.flash")


async def test_mentions_times_and_marks_are_drawn_as_in_slack(page: Page, world: World) -> None:
    text = (
        f"<@{LUBIT}> and <@{GITCODE}>: *bold* _italic_ ~struck~ `code <b>` <#{ALERTS}> <!here> "
        "<https://example.com/a?b=1&amp;c=2|the report> :rocket: :no_such_sign: a*b*c snake_case_name\n"
        "> quoted\n```\npre *not bold*\n```\n<!date^1763650000^{date_num} {time}^https://example.com|14:46 UTC>"
    )
    await world.post(text)
    await page.wait_text("@Lubit", ".mention-me")
    body = ".message-text"
    assert await page.text(f"{body} .mention:not(.mention-me)") == "@GitCode"
    assert await page.text(f"{body} b") == "bold"
    assert await page.text(f"{body} i") == "italic"
    assert await page.text(f"{body} s") == "struck"
    assert await page.text(f"{body} code") == "code <b>"
    assert await page.text(f"{body} blockquote") == "quoted"
    assert (await page.text(f"{body} pre")).strip() == "pre *not bold*"
    assert await page.eval(f"document.querySelector('{body} a').href") == "https://example.com/a?b=1&c=2"
    shown = await page.text(body)
    for part in ("#deployment-alerts", "@here", "🚀", ":no_such_sign:", "a*b*c", "snake_case_name"):
        assert part in shown
    local = await page.eval(
        "(() => { const d = new Date(1763650000000), p = (n) => String(n).padStart(2, '0');"
        " return `${d.getFullYear()}-${p(d.getMonth() + 1)}-${p(d.getDate())} ${p(d.getHours())}:${p(d.getMinutes())}` })()"
    )
    assert await page.text(f"{body} time") == local
    await page.click(f"{body} .mention-channel")
    await page.wait_text("#deployment-alerts", "h1")

"""Everything that time decides: scheduled messages, response URLs, rate limits. The clock is moved by hand."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_world import HandClock, Json, World, actions, button, section, slack_world

from sandbox.slack.ratelimit import RateLimits

DEPLOYMENT = "C0DEPLOY0"


async def scheduled(world: World, after: float, **more: Any) -> Json:
    """Schedules a message some seconds ahead."""
    post_at = int(world.clock.now.timestamp() + after)
    return await world.call(
        "chat.scheduleMessage", **({"channel": DEPLOYMENT, "text": "Later", "post_at": post_at} | more)
    )


async def test_a_scheduled_message_posts_itself_even_without_the_app() -> None:
    async with slack_world() as world:
        first = await scheduled(world, 600, text="I have been silent. <@U0LUBIT00>")
        listed = await world.call("chat.scheduledMessages.list", channel=DEPLOYMENT)
        assert [s["id"] for s in listed["scheduled_messages"]] == [first["scheduled_message_id"]]
        world.clock.advance(599)
        assert world.texts("lubit") == []
        world.clock.advance(2)
        await world.sandbox.until(lambda: world.sandbox.workspace.messages[DEPLOYMENT])
        assert world.texts("lubit") == ["I have been silent. <@U0LUBIT00>"]
        assert [n.kind for n in world.sandbox.people.notifications("lubit")] == ["mention"]
        gone = await world.error(
            "chat.deleteScheduledMessage",
            channel=DEPLOYMENT,
            scheduled_message_id=first["scheduled_message_id"],
        )
        assert gone == "invalid_scheduled_message_id"


async def test_a_scheduled_message_can_be_taken_back_until_its_last_minute() -> None:
    async with slack_world() as world:
        early, late = await scheduled(world, 600), await scheduled(world, 600)
        back = {"channel": DEPLOYMENT, "scheduled_message_id": early["scheduled_message_id"]}
        assert (await world.call("chat.deleteScheduledMessage", **back))["ok"]
        world.clock.advance(545)
        back["scheduled_message_id"] = late["scheduled_message_id"]
        assert await world.error("chat.deleteScheduledMessage", **back) == "invalid_scheduled_message_id"
        world.clock.advance(60)
        world.sandbox.tick()
        assert world.texts("lubit") == ["Later"]


async def test_scheduling_has_its_limits() -> None:
    async with slack_world() as world:
        assert (await scheduled(world, -1))["error"] == "time_in_past"
        assert (await scheduled(world, 121 * 86_400))["error"] == "time_too_far"
        assert (await scheduled(world, 60, channel="C0GENERAL"))["error"] == "not_in_channel"
        for _ in range(30):
            assert (await scheduled(world, 600))["ok"]
        assert (await scheduled(world, 601))["error"] == "restricted_too_many"
        assert (await scheduled(world, 6_000))["ok"]


async def test_a_scheduled_message_with_metadata_is_never_posted() -> None:
    async with slack_world() as world:
        await scheduled(world, 60, metadata={"event_type": "t", "event_payload": {}})
        world.clock.advance(61)
        world.sandbox.tick()
        assert world.texts("lubit") == []
        assert (await world.call("chat.scheduledMessages.list"))["scheduled_messages"] == []


def answering(urls: list[str]) -> Any:
    """An app that remembers the response URLs it was given."""

    def listeners(app: AsyncApp) -> None:
        @app.command("/deploy")
        async def deploy(ack: Any, command: Json) -> None:
            urls.append(command["response_url"])
            await ack("Working …")

        @app.action("b")
        async def clicked(ack: Any, body: Json) -> None:
            urls.append(body["response_url"])
            await ack()

    return listeners


async def post_to(world: World, url: str, **body: Any) -> tuple[int, Json]:
    """Uses a response URL."""
    assert world.client.session is not None
    async with world.client.session.post(url, json=body) as answer:
        return answer.status, await answer.json()


async def test_a_response_url_has_five_uses() -> None:
    urls: list[str] = []
    async with slack_world(sockets=1, listeners=answering(urls)) as world:
        await world.sandbox.people.command("gitcode", "deployment", "/deploy")
        for number in range(5):
            assert await post_to(world, urls[0], text=str(number), replace_original=True) == (
                200,
                {"ok": True},
            )
        assert await post_to(world, urls[0], text="6") == (404, {"ok": False, "error": "used_url"})
        assert world.texts("gitcode") == ["4"]
        assert [call.ok for call in world.sandbox.log.calls_of("response_url")] == [True] * 5 + [False]


async def test_a_response_url_lasts_thirty_minutes() -> None:
    urls: list[str] = []
    async with slack_world(sockets=1, listeners=answering(urls)) as world:
        await world.sandbox.people.command("gitcode", "deployment", "/deploy")
        world.clock.advance(1_799)
        assert (await post_to(world, urls[0], text="still"))[0] == 200
        world.clock.advance(2)
        assert await post_to(world, urls[0], text="x") == (404, {"ok": False, "error": "expired_url"})
        assert (await post_to(world, urls[0][:-3] + "xyz", text="x"))[1]["error"] == "invalid_url"
        assert world.texts("gitcode") == ["Working …", "still"]


async def test_a_response_url_changes_or_deletes_what_was_clicked() -> None:
    urls: list[str] = []
    async with slack_world(sockets=1, listeners=answering(urls)) as world:
        people = world.sandbox.people
        card = (
            await world.call(
                "chat.postMessage", channel=DEPLOYMENT, text="Card", blocks=[actions(button("b"))]
            )
        )["ts"]
        own = await world.call(
            "chat.postEphemeral",
            channel=DEPLOYMENT,
            user="U0LUBIT00",
            text="Mine",
            blocks=[actions(button("b"))],
        )
        await people.click("lubit", "deployment", card, "b")
        await people.click("lubit", "deployment", own["message_ts"], "b")

        assert (await post_to(world, urls[0], replace_original=True, text="Done", blocks=[section("Done")]))[
            0
        ] == 200
        assert (await post_to(world, urls[1], replace_original=True, text="Changed"))[0] == 200
        assert world.texts("lubit") == ["Done", "Changed"]
        assert world.texts("mina") == ["Done"]
        assert (await post_to(world, urls[1], delete_original=True))[0] == 200
        assert (await post_to(world, urls[0], response_type="in_channel", text="New"))[0] == 200
        assert (await post_to(world, urls[0]))[1] == {"ok": False, "error": "no_text"}
        assert (await post_to(world, urls[0], blocks=[{"type": "x"}]))[0] == 400
        assert world.texts("lubit") == ["Done", "New"]


async def test_limits_are_enforced_only_when_wanted() -> None:
    async with slack_world() as world:
        for _ in range(60):
            await world.call("chat.postMessage", channel=DEPLOYMENT, text="x")
        world.sandbox.enforce_rate_limits = True
        burst = [await world.call("chat.postMessage", channel=DEPLOYMENT, text="x") for _ in range(7)]
        other = await world.call("chat.postMessage", channel="C0ALERTS0", text="x")
        assert [answer["ok"] for answer in burst] == [True] * 5 + [False] * 2
        assert (burst[-1]["error"], other["ok"]) == ("ratelimited", True)
        assert world.sandbox.log.calls[-2].status == 429
        world.clock.advance(1)
        assert (await world.call("chat.postMessage", channel=DEPLOYMENT, text="x"))["ok"]


def test_a_tier_is_a_sliding_minute() -> None:
    limits, clock = RateLimits(), HandClock()
    assert [limits.wait_before("chat.update", "t3", None, clock.now) for _ in range(51)] == [0] * 50 + [60]
    clock.advance(45)
    assert limits.wait_before("chat.update", "t3", None, clock.now) == 15
    assert limits.wait_before("pins.add", "t2", None, clock.now) == 0
    clock.advance(15)
    assert limits.wait_before("chat.update", "t3", None, clock.now) == 0

"""A real Bolt app behind a request URL: signed POSTs, retries, and what a wrong signature gets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_world import Json, World, actions, asked, button, modal, slack_world

from sandbox.slack.httpmode import signature

DEPLOYMENT = "C0DEPLOY0"


def listeners(app: AsyncApp) -> None:
    """Answers a command, opens a form on a click, and takes it."""

    @app.command("/deploy")
    async def deploy(ack: Any, command: Json) -> None:
        await ack(f"Heard: {command['text']}")

    @app.command("/raw")
    async def raw(ack: Any) -> None:
        await ack(blocks=[actions(button("b"))], text="With a button")

    @app.action("b")
    async def clicked(ack: Any, body: Json, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal(asked("why")))
        await ack()

    @app.view("form")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"why": "No."})


@asynccontextmanager
async def http_world(seen: list[Json] | None = None, **more: Any) -> AsyncIterator[World]:
    """A world whose app listens at a request URL; `seen` collects the headers of every delivery."""

    async def endpoint(request: web.Request) -> web.Response:
        if seen is not None:
            seen.append(dict(request.headers))
        answer = await to_aiohttp_response(await world.app.async_dispatch(await to_bolt_request(request)))
        assert isinstance(answer, web.Response)
        return answer

    async with slack_world(listeners=listeners, **more) as world:
        server = web.Application()
        server.router.add_post("/slack/events", endpoint)
        runner = web.AppRunner(server)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        world.sandbox.deliver_to = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        try:
            yield world
        finally:
            await runner.cleanup()


async def test_commands_clicks_and_forms_work_over_signed_http() -> None:
    async with http_world() as world:
        people = world.sandbox.people
        heard = await people.command("gitcode", "deployment", "/deploy", "start a&b = “c”")
        assert (heard.ok, heard.text) == (True, "Heard: start a&amp;b = “c”")
        private = await people.command("gitcode", "deployment", "/raw")
        assert private.ts is not None
        clicked = await people.click("gitcode", "deployment", private.ts, "b")
        refused = await people.submit("gitcode", people.views("gitcode")[0]["id"], {"why": {"v": "x"}})
        assert (clicked.ok, refused.view_errors) == (True, {"why": "No."})
        assert [d.via for d in world.sandbox.log.deliveries] == ["http"] * 4


async def test_an_unhandled_action_and_a_dead_server_are_told_apart() -> None:
    async with http_world() as world:
        people = world.sandbox.people
        card = await world.call(
            "chat.postMessage", channel=DEPLOYMENT, text="x", blocks=[actions(button("unknown"))]
        )
        unhandled = await people.click("lubit", "deployment", card["ts"], "unknown")
        world.sandbox.deliver_to = "http://127.0.0.1:9/slack/events"
        dead = await people.click("lubit", "deployment", card["ts"], "unknown")
        assert (unhandled.error, dead.error) == ("http_service_error", "dispatch_failed")
        assert unhandled.message == "The app answered with an error."


async def test_events_are_retried_with_their_number_and_reason() -> None:
    seen: list[Json] = []
    async with http_world(seen) as world:
        # The app has no listener for messages, so Bolt answers 404, and Slack sends the event three times more.
        await world.sandbox.people.say("lubit", "deployment", "hello")
        await world.sandbox.until(lambda: len(seen) == 4)
        await world.sandbox.idle()
        assert [headers.get("X-Slack-Retry-Num") for headers in seen] == [None, "1", "2", "3"]
        assert seen[1]["X-Slack-Retry-Reason"] == "http_error"


async def test_bolt_takes_the_signature_and_refuses_another() -> None:
    async with http_world() as world, aiohttp.ClientSession() as session:
        body = "command=%2Fdeploy&text=x"
        for secret, status in (("wrong", 401), (world.sandbox.signing_secret, 401)):
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Slack-Request-Timestamp": "1700000000",
                "X-Slack-Signature": signature(secret, "1700000000", body),
            }
            async with session.post(world.sandbox.deliver_to, data=body, headers=headers) as answer:
                assert answer.status == status  # the second one is rightly signed, but years old


def test_a_signature_is_the_published_example() -> None:
    # The worked example of Slack's page on verifying requests.
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    made = signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body)
    assert made == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


async def test_a_duplicate_over_http_is_posted_again() -> None:
    seen: list[Json] = []
    async with http_world(seen) as world:
        world.sandbox.faults.add(kind="duplicate", times=3)
        assert (await world.sandbox.people.command("gitcode", "deployment", "/deploy", "x")).ok
        assert len(seen) == 3

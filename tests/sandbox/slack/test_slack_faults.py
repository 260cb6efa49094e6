"""Injected misbehaviour of the Web API, as a client sees it: what was answered, and whether it took effect."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_world import slack_world

from sandbox.slack.faults import Faults

DEPLOYMENT = "C0DEPLOY0"


async def test_429_names_the_seconds_and_spares_other_methods() -> None:
    async with slack_world() as world:
        world.sandbox.faults.add(method="chat.postMessage", kind="429", retry_after=7)
        with pytest.raises(SlackApiError) as caught:
            await world.client.chat_postMessage(channel=DEPLOYMENT, text="x")
        assert (caught.value.response.status_code, caught.value.response["error"]) == (429, "ratelimited")
        assert caught.value.response.headers["Retry-After"] == "7"
        assert (await world.call("auth.test"))["ok"]
        assert (await world.call("chat.postMessage", channel=DEPLOYMENT, text="now"))["ok"]
        assert world.texts("lubit") == ["now"]


async def test_the_sdk_waits_and_comes_back_after_a_429() -> None:
    async with slack_world() as world:
        world.sandbox.faults.add(method="auth.test", kind="429", retry_after=0)
        handlers: list[AsyncRetryHandler] = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)]
        client = AsyncWebClient(
            token=world.sandbox.bot_token,
            base_url=world.sandbox.api_url,
            session=world.client.session,
            retry_handlers=handlers,
        )
        assert (await client.auth_test())["ok"]
        assert [call.status for call in world.sandbox.log.calls_of("auth.test")] == [429, 200]


@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        ("500_before", False),
        ("500_after", True),
        ("503_after", True),
        ("fatal_error", False),
        ("fatal_error_after", True),
    ],
)
async def test_a_bad_answer_before_or_after_the_effect(kind: str, effect: bool) -> None:
    async with slack_world() as world:
        world.sandbox.faults.add(method="chat.postMessage", kind=kind)
        with pytest.raises(SlackApiError):
            await world.client.chat_postMessage(channel=DEPLOYMENT, text="x")
        assert (world.texts("lubit") == ["x"]) is effect
        record = world.sandbox.log.calls_of("chat.postMessage")[0]
        assert (record.effect, record.ok, record.fault) == (effect, False, kind)


@pytest.mark.parametrize(("kind", "effect"), [("timeout_before", False), ("timeout_after", True)])
async def test_no_answer_at_all(kind: str, effect: bool) -> None:
    async with slack_world() as world:
        world.sandbox.faults.add(method="chat.postMessage", kind=kind)
        # With a session of one's own, the SDK leaves time-outs to that session.
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.1)) as impatient:
            world.client.session = impatient
            with pytest.raises(asyncio.TimeoutError):
                await world.client.chat_postMessage(channel=DEPLOYMENT, text="x")
        assert (world.texts("lubit") == ["x"]) is effect
        assert world.sandbox.log.calls[-1].answer is None


@pytest.mark.parametrize(("kind", "effect"), [("disconnect_before", False), ("disconnect_after", True)])
async def test_a_line_that_is_cut(kind: str, effect: bool) -> None:
    async with slack_world() as world:
        world.sandbox.faults.add(method="chat.postMessage", kind=kind)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await world.client.chat_postMessage(channel=DEPLOYMENT, text="x")
        assert (world.texts("lubit") == ["x"]) is effect


async def test_a_held_line_does_not_keep_the_sandbox_from_stopping() -> None:
    async with slack_world() as world:
        world.sandbox.faults.add(kind="timeout_before")
        call = asyncio.ensure_future(world.client.auth_test())
        await world.sandbox.until(lambda: world.sandbox.log.calls)
        await world.sandbox.stop()
        with pytest.raises(aiohttp.ClientError):
            await call


async def test_any_error_code_for_some_calls_of_one_channel() -> None:
    async with slack_world() as world:
        world.sandbox.faults.add(
            method="chat.postMessage", kind="restricted_action", channel=DEPLOYMENT, times=2
        )
        answers = [await world.call("chat.postMessage", channel=DEPLOYMENT, text="x") for _ in range(3)]
        assert [answer.get("error") for answer in answers] == ["restricted_action", "restricted_action", None]
        world.sandbox.faults.add(kind="account_inactive", times=100)
        assert (await world.call("auth.test"))["error"] == "account_inactive"
        world.sandbox.faults.clear()
        assert (await world.call("auth.test"))["ok"]


async def test_a_fault_for_another_channel_waits_for_it() -> None:
    async with slack_world() as world:
        world.sandbox.faults.add(method="chat.postMessage", kind="channel_not_found", channel="C0ALERTS0")
        assert (await world.call("chat.postMessage", channel=DEPLOYMENT, text="x"))["ok"]
        assert await world.error("chat.postMessage", channel="C0ALERTS0", text="x") == "channel_not_found"


def test_a_fault_that_makes_no_sense_is_refused() -> None:
    faults = Faults()
    with pytest.raises(ValueError, match="at least once"):
        faults.add(kind="429", times=0)
    with pytest.raises(ValueError, match="no disconnect reason 'tired'"):
        faults.add(kind="disconnect:tired")

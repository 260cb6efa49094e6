"""The Slack adapter: thin, and every failure leaves as one of our two errors with Slack's own word."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk import errors

from bot.adapters import slack_codes
from bot.adapters.slack import OURS, SlackWeb, refusal, slack_client, understood
from bot.errors import GaveUp, TryLater
from sandbox.slack import roster
from sandbox.slack.server import SlackSandbox
from storage.clock import ManualClock

START = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
SCOPES = [
    "chat:write",
    "channels:history",
    "channels:read",
    "files:write",
    "groups:read",
    "im:history",
    "im:write",
    "pins:write",
]
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}


@asynccontextmanager
async def slack(*without: str) -> AsyncIterator[tuple[SlackSandbox, SlackWeb]]:
    """A workspace, and the adapter to it, without some scopes."""
    manifest = {
        "display_information": {"name": "Deploy Captain"},
        "oauth_config": {"scopes": {"bot": [scope for scope in SCOPES if scope not in without]}},
    }
    async with (
        SlackSandbox(manifest, clock=ManualClock(START)) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        yield sandbox, SlackWeb(slack_client(session, sandbox.bot_token, sandbox.api_url), timeout_s=0.8)


async def test_a_message_is_posted_edited_found_and_pinned() -> None:
    async with slack() as (sandbox, web):
        ts = await web.post(roster.DEPLOYMENT, "Hello", [SECTION], mark="D1/1/0")
        assert await web.find(roster.DEPLOYMENT, "D1/1/0", since=START - timedelta(minutes=1)) == ts
        await web.update(roster.DEPLOYMENT, ts, "Bye", [])
        await web.pin(roster.DEPLOYMENT, ts)
        await web.pin(roster.DEPLOYMENT, ts)
        (message,) = sandbox.people.screen("lubit", "deployment")
        assert (message["text"], message["pinned"]) == ("Bye", True)
        await web.unpin(roster.DEPLOYMENT, ts)
        await web.unpin(roster.DEPLOYMENT, ts)
        assert ts.replace(".", "") in await web.permalink(roster.DEPLOYMENT, ts)


async def test_a_reply_is_found_in_its_thread_and_not_elsewhere() -> None:
    async with slack() as (_, web):
        top = await web.post(roster.DEPLOYMENT, "Card", [], mark="top")
        reply = await web.post(roster.DEPLOYMENT, "Line", [], mark="reply", thread_ts=top)
        assert await web.find(roster.DEPLOYMENT, "reply", since=START - timedelta(1), thread_ts=top) == reply
        assert await web.find(roster.DEPLOYMENT, "reply", since=START - timedelta(1)) is None


async def test_only_messages_of_our_own_and_not_too_old_are_found() -> None:
    async with slack() as (sandbox, web):
        assert await web.find(roster.DEPLOYMENT, "D1/1/0", since=START) is None
        await web.post(roster.DEPLOYMENT, "Old", [], mark="D1/1/0")
        assert await web.find(roster.DEPLOYMENT, "D1/1/0", since=START + timedelta(hours=1)) is None
        assert await web.find(roster.DEPLOYMENT, "D1/1", since=START - timedelta(hours=1)) is None
        assert len(sandbox.log.calls_of("auth.test")) == 1


async def test_a_message_is_found_behind_hundreds_of_others() -> None:
    async with slack() as (sandbox, web):
        ts = await web.post(roster.DEPLOYMENT, "Mine", [], mark="mine")
        for number in range(450):
            await sandbox.people.say("lubit", "deployment", f"talk {number}")
        assert await web.find(roster.DEPLOYMENT, "mine", since=START - timedelta(minutes=1)) == ts


async def test_channels_are_found_by_name_and_read_once() -> None:
    async with slack() as (sandbox, web):
        assert await web.channel("#deployment") == roster.DEPLOYMENT
        assert await web.channel("incident") == roster.INCIDENT
        assert await web.channel(roster.ALERTS) == roster.ALERTS
        assert len(sandbox.log.calls_of("conversations.list")) == 1
        assert web.names_of(roster.DEPLOYMENT) == ("deployment",)
        web.forget_channels()
        await web.channel("deployment")
        assert len(sandbox.log.calls_of("conversations.list")) == 2


async def test_a_channel_behind_many_others_is_found() -> None:
    async with slack() as (sandbox, web):
        for number in range(450):
            sandbox.workspace.add_channel(f"C0MANY{number:04}", f"many-{number}", members=(roster.BOT,))
        assert await web.channel("many-449") == "C0MANY0449"


async def test_a_channel_nobody_knows_is_given_up() -> None:
    async with slack() as (_, web):
        with pytest.raises(GaveUp) as problem:
            await web.channel("no-such-channel")
        assert problem.value.code == "channel_not_found"


async def test_a_direct_message_is_opened_once() -> None:
    async with slack() as (sandbox, web):
        channel = await web.dm(roster.GITCODE)
        assert await web.dm(roster.GITCODE) == channel
        assert len(sandbox.log.calls_of("conversations.open")) == 1


async def upload(web: SlackWeb, thread_ts: str, content: bytes = b"one\ntwo\n") -> str:
    return await web.upload(
        roster.DEPLOYMENT, thread_ts, content, name="run.txt", title="Run", comment="The whole output"
    )


async def test_a_file_is_shared_under_a_message() -> None:
    async with slack() as (sandbox, web):
        ts = await web.post(roster.DEPLOYMENT, "Card", [], mark="D1/1/0")
        file_id = await upload(web, ts)
        (message,) = sandbox.people.thread("lubit", "deployment", ts)[1:]
        (file,) = message["files"]
        assert (file["id"], file["name"], file["title"], file["mode"]) == (
            file_id,
            "run.txt",
            "Run",
            "snippet",
        )
        assert message["text"] == "The whole output"
        assert sandbox.workspace.files[file_id].content == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("step", "kind", "unknown", "code"),
    [
        ("files.getUploadURLExternal", "file_uploads_disabled", None, "file_uploads_disabled"),
        ("files.getUploadURLExternal", "429", False, "ratelimited"),
        ("files.completeUploadExternal", "access_denied", None, "access_denied"),
        ("files.completeUploadExternal", "500_after", True, "HTTP 500"),
    ],
)
async def test_of_an_upload_that_failed_it_is_known_whether_it_may_stand_there(
    step: str, kind: str, unknown: bool | None, code: str
) -> None:
    async with slack() as (sandbox, web):
        ts = await web.post(roster.DEPLOYMENT, "Card", [], mark="D1/1/0")
        sandbox.faults.add(method=step, kind=kind)
        with pytest.raises((TryLater, GaveUp)) as problem:
            await upload(web, ts)
        assert isinstance(problem.value, TryLater | GaveUp)
        assert isinstance(problem.value, GaveUp) == (unknown is None)
        assert (problem.value.unknown, problem.value.code) == (bool(unknown), code)


async def test_a_snippet_is_at_most_a_megabyte_to_slack() -> None:
    async with slack() as (_, web):
        ts = await web.post(roster.DEPLOYMENT, "Card", [], mark="D1/1/0")
        with pytest.raises(GaveUp, match="snippet_too_large"):
            await upload(web, ts, b"x" * 1_000_001)


@pytest.mark.parametrize(
    ("kind", "unknown", "code"),
    [
        ("timeout_after", True, "TimeoutError"),
        ("disconnect_before", True, "ServerDisconnectedError"),
        ("500_before", True, "HTTP 500"),
        ("503_after", True, "HTTP 503"),
        ("fatal_error", True, "fatal_error"),
        ("internal_error", True, "internal_error"),
        ("429", False, "ratelimited"),
        ("rate_limited", False, "ratelimited"),
    ],
)
async def test_what_may_work_later(kind: str, unknown: bool, code: str) -> None:
    async with slack() as (sandbox, web):
        sandbox.faults.add(method="chat.postMessage", kind=kind, retry_after=17)
        with pytest.raises(TryLater) as problem:
            await web.post(roster.DEPLOYMENT, "Hello", [], mark="x")
        assert (problem.value.unknown, problem.value.code) == (unknown, code)
        assert problem.value.after_s == (17 if kind == "429" else 1)
        assert len(sandbox.log.calls_of("chat.postMessage")) == 1  # the SDK tries nothing again by itself


@pytest.mark.parametrize(
    "code", ["channel_not_found", "token_revoked", "invalid_blocks", "message_not_found", "brand_new"]
)
async def test_what_is_refused_keeps_slacks_word(code: str) -> None:
    async with slack() as (sandbox, web):
        sandbox.faults.add(method="chat.update", kind=code)
        with pytest.raises(GaveUp) as problem:
            await web.update(roster.DEPLOYMENT, "1.2", "Hello", [])
        assert (problem.value.code, problem.value.unknown) == (code, False)


async def test_a_missing_scope_names_what_is_needed() -> None:
    async with slack("chat:write") as (_, web):
        with pytest.raises(GaveUp, match="chat:write") as problem:
            await web.post(roster.DEPLOYMENT, "Hello", [], mark="x")
        assert problem.value.code == "missing_scope"


async def test_nobody_listens() -> None:
    async with aiohttp.ClientSession() as session:
        web = SlackWeb(slack_client(session, "xoxb-sandbox-bot", "http://127.0.0.1:1/api/"))
        with pytest.raises(TryLater) as problem:
            await web.post(roster.DEPLOYMENT, "Hello", [], mark="x")
        assert not problem.value.unknown


def test_every_exception_of_the_sdk_has_a_row() -> None:
    """A new class in slack_sdk fails here until a person has said what it means."""
    theirs = {
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.SlackClientError)
    }
    assert theirs - {errors.SlackApiError} == OURS
    assert all(isinstance(understood(BaseException.__new__(kind)), GaveUp) for kind in OURS)


def test_slacks_words_stand_in_one_group_each() -> None:
    groups = (
        slack_codes.THROTTLED,
        slack_codes.UNKNOWN,
        slack_codes.TOKEN,
        slack_codes.GONE,
        slack_codes.LAYOUT,
    )
    words = [word for group in groups for word in group]
    assert len(words) == len(set(words))


class _Raw:
    """An answer as the SDK hands it over when it could not read it."""

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)


@pytest.mark.parametrize(
    "response",
    [
        _Raw(status=502),
        _Raw(status_code=200, data={}),
        _Raw(status_code=200, data="<html>"),
        _Raw(status=200),
        _Raw(),
    ],
)
def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(response: Any) -> None:
    problem = refusal(errors.SlackApiError("odd", response))  # type: ignore[no-untyped-call]  # the SDK has no types here
    assert isinstance(problem, TryLater)
    assert problem.unknown

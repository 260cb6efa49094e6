"""The Slack Web API, wrapped once and thinly: posts, edits, looks for a message, pins, finds channels.

One call is one request: nothing is tried again here, for only the caller knows whether a second message would hurt.
Every failure leaves as TryLater or GaveUp with Slack's own word in `code`. It must not know what a deployment is.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import aiohttp
from slack_sdk import errors
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters import slack_codes
from bot.adapters.faults import RAISED, as_failure
from bot.adapters.slack_download import download
from bot.adapters.slack_files import upload
from bot.errors import GaveUp, TryLater

EVENT: Final = "deploy_captain"  # the metadata by which our own messages are recognised
_ID: Final = re.compile(r"[CGD][A-Z0-9]{6,}")
_PAGES: Final = 5  # so far back a message is looked for, in pages of 200
_PAGE: Final = 200

# Faults of the request or of the set-up, found before anything is sent. SlackApiError is told apart by Slack's word.
OURS: Final = frozenset(
    {
        errors.BotUserAccessError,
        errors.SlackClientConfigurationError,
        errors.SlackClientError,
        errors.SlackClientNotConnectedError,
        errors.SlackObjectFormationError,
        errors.SlackRequestError,
        errors.SlackTokenRotationError,
    }
)


def slack_client(session: aiohttp.ClientSession, token: str, base_url: str) -> AsyncWebClient:
    """A client without the SDK's own retries: its default sends a post again when the connection breaks, which can
    double it. `session` is shared, or every call would open a connection of its own."""
    return AsyncWebClient(token=token, base_url=base_url, session=session, retry_handlers=[])


class SlackWeb:
    """`client` comes from `slack_client`; `timeout_s` is for one call, in seconds; `named` knows channels that the
    team file names."""

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        timeout_s: float = 10.0,
        named: Callable[[str], str | None] = lambda name: None,
    ) -> None:
        self._named = named
        self._names: dict[str, str] = {}
        self._client = client
        self._timeout_s = timeout_s
        self._channels: dict[str, str] = {}
        self._dms: dict[str, str] = {}
        self._me: tuple[str, str] | None = None

    async def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[Mapping[str, Any]],
        *,
        mark: str,
        thread_ts: str = "",
        broadcast: bool = False,
    ) -> str:
        """A new message; returns its ts. `mark` goes into its metadata, by which `find` knows it again."""
        threaded: dict[str, Any] = {"thread_ts": thread_ts, "reply_broadcast": broadcast} if thread_ts else {}
        answer = await self._call(
            self._client.chat_postMessage(
                channel=channel,
                text=text,
                blocks=[dict(block) for block in blocks],
                metadata={"event_type": EVENT, "event_payload": {"id": mark}},
                unfurl_links=False,
                unfurl_media=False,
                **threaded,
            )
        )
        return str(answer["ts"])

    async def update(self, channel: str, ts: str, text: str, blocks: Sequence[Mapping[str, Any]]) -> None:
        """Draws a message of ours again; no blocks means words only."""
        await self._call(
            self._client.chat_update(
                channel=channel, ts=ts, text=text, blocks=[dict(block) for block in blocks]
            )
        )

    async def upload(
        self, channel: str, thread_ts: str, content: bytes, *, name: str, title: str, comment: str,
        kind: str | None = "text",
    ) -> str:  # fmt: skip
        """A text as a file under a message; returns the file's id. See `slack_files.upload`."""
        return await upload(
            self._client, self._call, channel, thread_ts, content,
            name=name, title=title, comment=comment, timeout_s=self._timeout_s, kind=kind,
        )  # fmt: skip

    async def download(self, file_id: str, most: int) -> tuple[str, bytes]:
        """Name and content of a file that somebody gave to the bot. See `slack_download.download`."""
        return await download(self._client, self._call, file_id, most=most, timeout_s=self._timeout_s)

    async def find(self, channel: str, mark: str, *, since: datetime, thread_ts: str = "") -> str | None:
        """The ts of our own message with this mark, not older than `since`; None when it is not there."""
        me = await self._who()
        cursor = ""
        for _ in range(_PAGES):
            page = await self._page(channel, thread_ts, since, cursor)
            for message in page.get("messages") or ():
                if _ours(message, mark, me):
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None
        return None

    async def pin(self, channel: str, ts: str) -> None:
        """Pins a message; it is no failure when it is pinned already."""
        await self._marked(self._client.pins_add(channel=channel, timestamp=ts))

    async def unpin(self, channel: str, ts: str) -> None:
        """Takes a pin away; it is no failure when there is none."""
        await self._marked(self._client.pins_remove(channel=channel, timestamp=ts))

    async def permalink(self, channel: str, ts: str) -> str:
        """The address of a message."""
        answer = await self._call(self._client.chat_getPermalink(channel=channel, message_ts=ts))
        return str(answer["permalink"])

    async def channel(self, name: str) -> str:
        """The id of a channel by its name (or the id itself). GaveUp when the bot cannot see it.

        Names are read once and kept; a name that is not among them makes the list be read again."""
        name = name.removeprefix("#")
        if _ID.fullmatch(name):
            return name
        told = self._named(name)
        if told is not None:
            return told
        if name not in self._channels:
            self._channels = await self._all_channels()
        if name not in self._channels:
            raise GaveUp(
                f"Slack has no channel #{name} that the bot can see: create it or invite the bot.",
                code="channel_not_found",
            )
        return self._channels[name]

    def listed(self, name: str) -> str | None:
        """The id of a channel that was seen when the names were last read; asks nobody."""
        return self._channels.get(name.removeprefix("#"))

    async def read_channels(self) -> None:
        """Reads the names again. Raises TryLater or GaveUp."""
        self._channels = await self._all_channels()

    async def person(self, user: str) -> str:
        """A person's display name, kept once it is known; '' when Slack does not say."""
        if user not in self._names:
            try:
                answer = await self._call(self._client.users_info(user=user))
            except (TryLater, GaveUp):
                return ""  # a name is not worth a message that does not go out
            profile = (answer.get("user") or {}).get("profile") or {}
            self._names[user] = str(
                profile.get("display_name") or (answer.get("user") or {}).get("real_name") or ""
            )
        return self._names[user]

    def names_of(self, channel_id: str) -> tuple[str, ...]:
        """The names under which this channel was found."""
        return tuple(name for name, known in self._channels.items() if known == channel_id)

    def forget_channels(self) -> None:
        """The names are read again at the next need: one of the ids was no good."""
        self._channels = {}

    async def dm(self, user: str) -> str:
        """The id of the bot's conversation with a person."""
        if user not in self._dms:
            answer = await self._call(self._client.conversations_open(users=user))
            self._dms[user] = str(answer["channel"]["id"])
        return self._dms[user]

    async def _page(self, channel: str, thread_ts: str, since: datetime, cursor: str) -> dict[str, Any]:
        common: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{since.timestamp():.6f}",
            "limit": _PAGE,
            "include_all_metadata": True,
            **({"cursor": cursor} if cursor else {}),
        }
        if thread_ts:
            return await self._call(self._client.conversations_replies(ts=thread_ts, **common))
        return await self._call(self._client.conversations_history(**common))

    async def _who(self) -> tuple[str, str]:
        if self._me is None:
            answer = await self._call(self._client.auth_test())
            self._me = (str(answer.get("user_id") or ""), str(answer.get("bot_id") or ""))
        return self._me

    async def _all_channels(self) -> dict[str, str]:
        try:
            return await self._listed("public_channel,private_channel")
        except GaveUp as problem:
            if problem.code != "missing_scope":
                raise
            return await self._listed("public_channel")  # a bot for public channels only needs no groups:read

    async def _listed(self, types: str) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await self._call(
                self._client.conversations_list(types=types, exclude_archived=True, limit=_PAGE, **more)
            )
            found |= {
                str(one["name"]): str(one["id"]) for one in page.get("channels") or () if one.get("name")
            }
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found

    async def _marked(self, call: Awaitable[AsyncSlackResponse]) -> None:
        try:
            await self._call(call)
        except GaveUp as problem:
            if problem.code not in slack_codes.HARMLESS_PIN:
                raise

    async def _call(self, call: Awaitable[AsyncSlackResponse]) -> dict[str, Any]:
        data = (await asked(call, self._timeout_s)).data
        assert isinstance(data, dict)  # noqa: S101  # `asked` has seen to it
        return data


async def asked(call: Awaitable[AsyncSlackResponse], timeout_s: float) -> AsyncSlackResponse:
    """The answer to one call, with its headers. Raises TryLater or GaveUp."""
    try:
        async with asyncio.timeout(timeout_s):
            answer = await call
    except errors.SlackClientError as problem:
        raise understood(problem) from None
    except RAISED as problem:
        raise as_failure(problem, "Slack") from None
    if not isinstance(answer.data, dict):
        raise TryLater(1.0, "Slack answered something that is not JSON.", unknown=True)
    return answer


def understood(problem: errors.SlackClientError) -> TryLater | GaveUp:
    """What an exception of the SDK means."""
    if isinstance(problem, errors.SlackApiError):
        return refusal(problem)
    name = type(problem).__name__
    if type(problem) in OURS:
        return GaveUp(f"The request to Slack cannot be made ({name}).", code=name)
    return TryLater(
        1.0, f"The Slack SDK failed in a way that is not known ({name}).", unknown=True, code=name
    )


def refusal(problem: errors.SlackApiError) -> TryLater | GaveUp:
    """What an answer of Slack that is not ok means."""
    response = problem.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    data = getattr(response, "data", None)
    word = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == 429 or word in slack_codes.THROTTLED:
        after_s = _retry_after(getattr(response, "headers", {}))
        return TryLater(after_s, f"Slack asks for a pause of {after_s:g} s.", code="ratelimited")
    if status >= 500 or word in slack_codes.UNKNOWN or not word:
        shown = word or f"HTTP {status}"
        return TryLater(
            1.0, f"Slack failed ({shown}) and the message may have been taken.", unknown=True, code=shown
        )
    details = data.get("needed") if word == "missing_scope" and isinstance(data, dict) else ""
    return GaveUp(f"Slack refused: {word}{f' ({details})' if details else ''}.", code=word)


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return min(max(float(headers.get("Retry-After", "")), 1.0), 3_600.0)
    except ValueError:
        return 1.0


def _ours(message: Mapping[str, Any], mark: str, me: tuple[str, str]) -> bool:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") != EVENT or payload.get("id") != mark:
        return False
    user, bot = me
    return (bool(user) and message.get("user") == user) or (bool(bot) and message.get("bot_id") == bot)

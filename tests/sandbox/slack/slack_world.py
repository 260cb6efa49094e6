"""A sandbox workspace with a real Bolt app in it, a clock moved by hand, and short words for Block Kit.

Must not patch anything: the app speaks to the sandbox through slack_sdk and slack_bolt as it would to Slack.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackSandbox

Json = dict[str, Any]

SCOPES = [
    "app_mentions:read",
    "bookmarks:read",
    "bookmarks:write",
    "channels:history",
    "channels:join",
    "channels:read",
    "channels:write.topic",
    "chat:write",
    "commands",
    "dnd:read",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "pins:read",
    "pins:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
]
EVENTS = [
    "app_home_opened",
    "app_mention",
    "channel_archive",
    "channel_left",
    "channel_rename",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.im",
    "pin_removed",
    "reaction_added",
]


def manifest(*, without: tuple[str, ...] = (), **changes: Any) -> Json:
    """The manifest of a test app that may do nearly everything, except the scopes `without`."""
    return {
        "display_information": {"name": "Test app"},
        "features": {
            "bot_user": {"display_name": "Deploy Captain"},
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
            "slash_commands": [
                {
                    "command": "/deploy",
                    "description": "Run a deployment",
                    "usage_hint": "start",
                    "should_escape": True,
                },
                {"command": "/raw", "description": "Take text as it is"},
            ],
            **changes.get("features", {}),
        },
        "oauth_config": {"scopes": {"bot": [scope for scope in SCOPES if scope not in without]}},
        "settings": {
            "event_subscriptions": {"bot_events": EVENTS},
            "interactivity": {"is_enabled": True},
            "socket_mode_enabled": True,
            **changes.get("settings", {}),
        },
    }


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Moves the clock on."""
        self.now += timedelta(seconds=seconds)


@dataclass
class World:
    """A running sandbox, a client of its Web API, and a Bolt app that is connected by sockets."""

    sandbox: SlackSandbox
    client: AsyncWebClient
    app: AsyncApp
    clock: HandClock
    handlers: list[AsyncSocketModeHandler] = field(default_factory=list)

    async def connect(self, sockets: int, *, ping_interval: float = 2.0) -> None:
        """Opens sockets for the app and waits until they are there."""
        for _ in range(sockets):
            handler = AsyncSocketModeHandler(self.app, self.sandbox.app_token, ping_interval=ping_interval)
            self.handlers.append(handler)
            await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt does not annotate it
        await self.sandbox.until(lambda: self.sandbox.connections == len(self.handlers))

    async def disconnect(self) -> None:
        """Closes the newest socket and waits until the sandbox has seen it."""
        await self.handlers.pop().close_async()  # type: ignore[no-untyped-call]  # Bolt does not annotate it
        await self.sandbox.until(lambda: self.sandbox.connections == len(self.handlers))

    async def call(self, method: str, **args: Any) -> Json:
        """Calls a method with a JSON body and answers the body, good or bad."""
        try:
            answer = await self.client.api_call(method, json=args)
        except SlackApiError as error:
            answer = error.response
        assert isinstance(answer.data, dict)
        return answer.data

    async def error(self, method: str, **args: Any) -> str:
        """The error code of a call that must fail."""
        answer = await self.call(method, **args)
        assert answer["ok"] is False, answer
        return str(answer["error"])

    def texts(self, user: str, channel: str = "deployment") -> list[str]:
        """The texts a person sees in a channel."""
        return [message["text"] for message in self.sandbox.people.screen(user, channel)]


@asynccontextmanager
async def slack_world(
    *,
    sockets: int = 0,
    listeners: Callable[[AsyncApp], None] | None = None,
    app_manifest: Json | None = None,
    **more: Any,
) -> AsyncIterator[World]:
    """Starts a sandbox (and `sockets` connections of a Bolt app with `listeners`); stops everything afterwards."""
    clock = HandClock()
    options: Json = {
        "clock": clock,
        "ack_timeout": 2.0,
        "retry_delays": (0.0, 0.0, 0.0),
        "ping_interval": 0.05,
    }
    sandbox = SlackSandbox(app_manifest or manifest(), **(options | more))
    await sandbox.start()
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token=sandbox.bot_token, base_url=sandbox.api_url, session=session, retry_handlers=[]
        )
        app = AsyncApp(
            name="world",  # without one it reads the source of everything on the stack
            client=client,
            signing_secret=sandbox.signing_secret,
            process_before_response=True,
        )
        if listeners is not None:
            listeners(app)
        world = World(sandbox, client, app, clock)
        try:
            await world.connect(sockets)
            yield world
        finally:
            while world.handlers:
                await world.handlers.pop().close_async()  # type: ignore[no-untyped-call]  # Bolt does not annotate it
            await sandbox.stop()


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> Json:
    """A section with mrkdwn text."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(action_id: str, text: str = "Go", **more: Any) -> Json:
    """A button."""
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def actions(*elements: Json, **more: Any) -> Json:
    """An actions block."""
    return {"type": "actions", "elements": list(elements), **more}


def option(value: str) -> Json:
    """An option of a menu."""
    return {"text": plain(f"Option {value}"), "value": value}


def modal(*blocks: Json, **more: Any) -> Json:
    """A modal view with a submit button."""
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("A form"),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **more,
    }


def asked(block_id: str, *, optional: bool = False, **element: Any) -> Json:
    """An input block with a text field (or another element) whose action is "v"."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain("Reason"),
        "optional": optional,
        "element": {"type": "plain_text_input", "action_id": "v", **element},
    }

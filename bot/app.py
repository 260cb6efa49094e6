"""The composition root: the one place where the rooms are put together, and the order in which they start and stop."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack import SlackWeb, slack_client
from bot.adapters.slack_inspection import SlackInspection
from bot.bolt import bolt_app
from bot.bringing import Bringing
from bot.diagnosing.doctor import Surroundings, on_demand
from bot.errors import GaveUp, TryLater
from bot.http import Port
from bot.library import Library
from bot.perform import Adapters, Performer
from bot.performing.pacing import SlackPacing
from bot.scopes import NEEDED
from bot.secrets import Secrets
from bot.settings import Settings
from bot.sharing import Sharing
from bot.team import Team
from bot.tempo import Tempo
from bot.ticker import Ticker
from bot.understudy import Understudy
from bot.vendors import vendors
from commands.registering import register
from commands.room import Room
from storage.clock import Clock, PlanClock, utcnow
from storage.database import Database
from storage.ledger import Ledger
from storage.messages import Messages
from storage.outbox import Outbox
from storage.queries import Queries

log = logging.getLogger(__name__)

CONNECTIONS = 2
"""Socket Mode connections: while one is refreshed the other is up, so no click is lost."""
READ_AGAIN = timedelta(seconds=30)
"""An unknown channel name lets the list be read again at most this often."""
LATE_TICK = timedelta(seconds=60)
"""Beats older than this mean that the bot is not doing its work."""


class StartRefused(Exception):
    """Why the bot does not start, in one sentence."""


class App:
    """Everything that runs. `start`, then `run` until `stop` is set, then `close`."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = utcnow,
        environ: Mapping[str, str] | None = None,
        owner: str = "",
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.environ = dict(os.environ if environ is None else environ)
        self.owner = owner or f"captain:{socket.gethostname()}:{os.getpid()}:{clock().isoformat()}"
        self.stack = AsyncExitStack()
        self.sockets: list[AsyncSocketModeHandler] = []
        self.stop = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self._read_at: datetime | None = None
        self._reading: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------------------------------------- putting together

    async def start(self) -> None:
        """Opens the database, checks the workspace, connects; when this returns the bot can be talked to."""
        settings = self.settings
        self.team = Team(
            settings.team, self.clock, language=settings.language, profile=self._profile, listed=self._listed
        )
        # In a sandbox nothing needs to outlive a loss of power, and a commit need not wait for the disk.
        self.database = await Database.open(settings.database_url, migrate=True, durable=not settings.world)
        self.stack.push_async_callback(self.database.close)
        self.session = await self.stack.enter_async_context(aiohttp.ClientSession())
        self.client = slack_client(
            self.session, settings.slack_bot_token.get_secret_value(), settings.slack_api_url
        )
        self.identity = await who_am_i(self.client)
        self.slack = SlackWeb(self.client, named=self.team.named_channel)
        self._put_together()
        await self._read_channels()
        absences = await self.ticker.absences()
        await self.ticker.rehearsals_go_on()
        if self.tempo is not None:
            await self.tempo.start()
        await self._open_doors()
        await self.ticker.tell(absences)
        log.info("ready", extra={"action": "ready"})

    def _put_together(self) -> None:
        settings = self.settings
        self.ledger = Ledger(self.database, self.clock)
        self.queries = Queries(self.database, self.clock)
        self.outbox = Outbox(self.database, self.clock)
        secrets = Secrets(self.environ)
        self.adapters = Adapters(
            self.slack,
            vendors(self.session, secrets, settings.workdir.resolve()),
            secrets,
        )
        pacing = SlackPacing(
            settings.posts_per_s, max(3, int(settings.posts_per_s)), settings.updates_per_min
        )
        self.messages = Messages(self.database, self.clock)
        self.performer = Performer(
            self.ledger,
            self.outbox,
            self.queries,
            self.messages,
            self.adapters,
            self.clock,
            owner=self.owner,
            pacing=pacing,
        )
        self.ticker = Ticker(
            self.ledger, self.queries, self.clock, beat_s=settings.beat_s, away_s=settings.away_s
        )
        self.tempo: Tempo | None = None
        if settings.world:
            self.tempo = Tempo(
                self.ledger,
                self.queries,
                self.outbox,
                self.ticker,
                self.clock,
                self.session,
                world=settings.world,
                tempo=settings.tempo,
                sampling_s=settings.sampling_s,
            )
        self.understudy = Understudy(self.ledger, self.queries, self.clock)
        self.library = Library(settings.plans)
        self.library.reload()  # what is broken is said in the log now, not when somebody is in a hurry
        self.bolt = self._bolt()

    def _bolt(self) -> AsyncApp:
        app = bolt_app(
            self.client,
            self.identity,
            signing_secret=self.settings.slack_signing_secret.get_secret_value() or None,
            verified=self.settings.mode == "http",
        )
        self.answers = register(app, self._room())
        return app

    def _room(self) -> Room:
        return Room(
            ledger=self.ledger,
            queries=self.queries,
            plans=self.library,
            team=self.team,
            clock=self.clock,
            new_id=self.ledger.new_id,
            pace=self._pace if self.tempo is not None else None,
            diagnose=on_demand(
                Surroundings(
                    self.settings,
                    self.session,
                    SlackInspection(self.client),
                    self.adapters.vendors,
                    self.adapters.secrets,
                    self.clock,
                    self.queries,
                )
            ),
            share=Sharing(self.slack, self.messages),
            bring=Bringing(self.slack),
            tour=self.tempo is not None,
        )

    def _pace(self, now: datetime) -> PlanClock:
        assert self.tempo is not None  # noqa: S101  # handed out only with one
        return self.tempo.pace(now)

    def _listed(self, name: str) -> str | None:
        """A channel by its name. One that is not known lets the names be read again, for the next who asks."""
        found = self.slack.listed(name)
        now = self.clock()
        if found is None and (self._read_at is None or now - self._read_at > READ_AGAIN):
            self._read_at = now
            task = asyncio.get_running_loop().create_task(self._read_channels())
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        return found

    async def _read_channels(self) -> None:
        try:
            await self.slack.read_channels()
        except (TryLater, GaveUp) as failed:
            log.warning("the channels could not be read: %s", failed, extra={"action": "channels.unread"})

    async def _profile(self, user_id: str) -> dict[str, Any]:
        """Slack's user object; {} when the account is not known there."""
        try:
            answer = await self.client.users_info(user=user_id)
        except SlackApiError as error:
            if error.response.get("error") in ("user_not_found", "user_not_visible"):
                return {}
            raise
        user: dict[str, Any] = answer.get("user") or {}
        return user

    # ------------------------------------------------------------------------------------------------------ the doors

    async def _open_doors(self) -> None:
        settings = self.settings
        if settings.http_port >= 0:
            self.port = Port(
                settings.http_host,
                settings.http_port,
                self.readiness,
                self.bolt if settings.mode == "http" else None,
            )
            await self.port.start()
            self.stack.push_async_callback(self.port.stop)
        if settings.mode == "socket":
            token = settings.slack_app_token.get_secret_value()
            for _ in range(CONNECTIONS):
                handler = AsyncSocketModeHandler(self.bolt, token)
                await handler.connect_async()  # type: ignore[no-untyped-call]
                self.sockets.append(handler)

    async def readiness(self) -> dict[str, Any]:
        """Whether the bot can do its work: the beat goes on, Slack takes what it says, nothing waits too long."""
        seen = await self.queries.presence()
        now = self.clock()
        late = seen is not None and now - seen > LATE_TICK
        connected = self.settings.mode == "http" or await self._any_connected()
        health = self.performer.health
        return {
            "ready": bool(health.ready and connected and not late),
            "slack_connected": connected,
            "last_beat": seen.isoformat() if seen is not None else None,
            "outbox": await self.outbox.depth(),
            "last_error": health.last_error,
        }

    async def _any_connected(self) -> bool:
        for handler in self.sockets:
            if handler.client is not None and await handler.client.is_connected():
                return True
        return False

    async def run(self) -> None:
        """Beats and drains until `stop` is set."""
        self.ticker.start()
        self.tasks.append(asyncio.create_task(self.performer.run(self.stop)))
        self.tasks.append(asyncio.create_task(self.understudy.run(self.stop)))
        if self.tempo is not None:
            self.tasks.append(asyncio.create_task(self.tempo.run(self.stop)))
        await self.stop.wait()

    async def close(self) -> None:
        """No new payloads, what is in flight ends, the lease is given back, the doors close."""
        self.stop.set()
        if hasattr(self, "ticker"):
            self.ticker.stop()
        for handler in self.sockets:
            await handler.close_async()  # type: ignore[no-untyped-call]
        if hasattr(self, "answers"):
            await self.answers.finish()
        for task in self.tasks:
            await task
        if hasattr(self, "performer"):
            await self.performer.release()
        await self.stack.aclose()


async def who_am_i(client: AsyncWebClient) -> dict[str, str]:
    """auth.test, once: raises StartRefused with what to do about it."""
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        code = error.response.get("error", "unknown")
        raise StartRefused(
            f"Slack refuses the bot token ({code}): check SLACK_BOT_TOKEN, or install the app in the workspace again."
        ) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise StartRefused(f"Slack cannot be reached at {client.base_url}: {error}") from error
    granted = {
        scope.strip() for scope in str(answer.headers.get("x-oauth-scopes", "")).split(",") if scope.strip()
    }
    lacking = sorted(NEEDED - granted) if granted else []
    if lacking:
        raise StartRefused(
            f"The app lacks the permission {', '.join(lacking)}: install it in the workspace again from manifest.yml."
        )
    return {
        "bot_id": str(answer.get("bot_id", "")),
        "user_id": str(answer.get("user_id", "")),
        "team_id": str(answer.get("team_id", "")),
    }

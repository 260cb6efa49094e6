"""The bot's own port: /healthz (the process), /readyz (whether it can do its work), and Slack's requests over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

Readiness = Callable[[], Awaitable[dict[str, Any]]]
BODY = 3 * 1024 * 1024
"""Slack's largest payloads (a view with its state) stay far below this many bytes."""


class Port:
    """`url` once it is open."""

    def __init__(self, host: str, port: int, readiness: Readiness, slack: AsyncApp | None) -> None:
        self._host, self._port = host, port
        self._readiness = readiness
        self._slack = slack
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        """Opens the port (a free one for 0)."""
        app = web.Application(client_max_size=BODY)
        app.router.add_get("/healthz", self._alive)
        app.router.add_get("/readyz", self._ready)
        if self._slack is not None:
            app.router.add_post("/slack/events", self._events)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        address = self._runner.addresses[0]
        self.url = f"http://{'127.0.0.1' if address[0] == '0.0.0.0' else address[0]}:{address[1]}"  # noqa: S104  # compared, not bound

    async def stop(self) -> None:
        """Finishes the requests that are under way and closes the port."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _alive(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _ready(self, request: web.Request) -> web.Response:
        state = await self._readiness()
        return web.json_response(state, status=200 if state.get("ready") else 503)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Bolt checks the signature and the timestamp (five minutes), and answers 401 by itself."""
        assert self._slack is not None  # noqa: S101  # the route exists only with it
        answer = await self._slack.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

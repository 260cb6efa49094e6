"""The bot's own port: /healthz (the process), /readyz (whether it can do its work), and Slack's requests over HTTP."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

Readiness = Callable[[], Awaitable[dict[str, Any]]]
FORM = "application/x-www-form-urlencoded"
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
        return _answered(await self._slack.async_dispatch(await _asked(request)))


def _answered(answer: BoltResponse) -> web.Response:
    """What Bolt answers, as the web server sends it. There are no cookies, for which Bolt's own way looks each time."""
    headers = answer.first_headers_without_set_cookie()
    return web.Response(status=answer.status, body=answer.body.encode(), headers=headers)


async def _asked(request: web.Request) -> AsyncBoltRequest:
    """The request for Bolt. Forms, which commands and clicks are, are read by the web server: Bolt's own way of doing it is the
    slowest thing it does. The raw text goes with what was read, because the signature is over that."""
    if request.content_type != FORM:
        return await to_bolt_request(request)
    form = await request.post()
    payload = form.get("payload")
    body = json.loads(payload) if isinstance(payload, str) else dict(form)
    headers: dict[str, str | Sequence[str]] = {
        name: value for name, value in request.headers.items() if name[:8].lower() == "x-slack-"
    }
    # A body that is read already is taken only as Socket Mode brings it; from here on it is a request over HTTP again.
    asked = AsyncBoltRequest(mode="socket_mode", body=body, query=request.query_string, headers=headers)
    asked.mode, asked.raw_body, asked.content_type = "http", await request.text(), FORM
    return asked

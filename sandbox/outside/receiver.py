"""A status page and a ticket system behind plain requests: it keeps what it is told, answers with an address, and does nothing
twice under one key. Its page shows what came.

It must not know the bot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from aiohttp import web

HOME = "https://status.example"


@dataclass(frozen=True)
class Received:
    """One request that was taken: what was made of it stands at `link`."""

    path: str
    key: str
    body: Any
    link: str
    authorization: str = ""


@dataclass
class Receiver:
    """POST anything to any path: 201 with `id` and `url`. The same Idempotency-Key is answered from memory. `statuses`: what the
    next requests are answered instead, one each; such a request leaves nothing. GET / is a page, GET /received is JSON."""

    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    asked: int = 0
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listens on a free port of this machine."""
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_get("/received", self._list)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """It is gone."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        if request.method not in ("POST", "PUT", "PATCH"):
            return web.json_response({"status": "ok"})
        self.asked += 1
        if self.statuses:
            return web.Response(status=self.statuses.pop(0), text="as it was told")
        try:
            body = await request.json()
        except ValueError:
            return web.json_response({"error": "not JSON"}, status=400)
        key = request.headers.get("Idempotency-Key", "")
        known = next((one for one in self.received if key and one.key == key), None)
        if known is None:
            link = f"{HOME}{request.path}/{len(self.received) + 1}"
            known = Received(request.path, key, body, link, request.headers.get("Authorization", ""))
            self.received.append(known)
        number = known.link.rpartition("/")[2]
        return web.json_response({"id": int(number), "url": known.link}, status=201)

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response(
            [{"path": one.path, "body": one.body, "url": one.link} for one in self.received]
        )

    async def _page(self, request: web.Request) -> web.Response:
        rows = "".join(f"<li><b>{escape(one.path)}</b> {escape(str(one.body))}</li>" for one in self.received)
        page = f"<!doctype html><meta charset=utf-8><title>Status</title><h1>Status page and tickets</h1><ul>{rows}</ul>"
        return web.Response(text=page, content_type="text/html")

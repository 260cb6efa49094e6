"""A small HTTP server that can be told to misbehave, and a plan that names it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from core.plan.models import Plan


class Wayward:
    """Answers by path: /json, /text, /status/503, /huge, /slow (never), /cut (closes), /moved, /echo."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.hanging = asyncio.Event()
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        kind, _, rest = request.path.strip("/").partition("/")
        match kind:
            case "json":
                return web.json_response({"status": "healthy", "share": 5})
            case "status":
                return web.json_response(
                    {"error": "as asked"}, status=int(rest), headers={"Retry-After": "7"}
                )
            case "huge":
                return web.Response(body=b"x" * 6_000_000)
            case "slow":
                await self.hanging.wait()
                return web.Response(text="late")
            case "cut":
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case "moved":
                raise web.HTTPFound("http://127.0.0.1:9/elsewhere")
            case _:
                return web.Response(text="plain words, no JSON")

    def plan(self, **source: Any) -> Plan:
        """A plan with the source 'api', whose address is ${API_URL}."""
        return plan_with(sources={"api": {"http": {"url": "${API_URL}", **source}}})


def plan_with(**parts: Any) -> Plan:
    """The smallest plan, with `parts` changed."""
    smallest = {
        "format": 1,
        "plan": "small",
        "title": "Small",
        "service": "ion-api",
        "environment": "production",
        "starters": ["deployer"],
        "roles": {"deployer": {"title": "Deployer"}},
        "channels": {"main": "deployment"},
        "escalation": [{"tier": 1, "for": "fix", "who": ["deployer"], "within": "5m"}],
        "phases": [
            {
                "id": "only",
                "title": "Only",
                "steps": [{"announce": {"id": "hello", "title": "Hello", "text": "Hi"}}],
            }
        ],
    }
    return Plan.model_validate(smallest | parts)


@asynccontextmanager
async def wayward_server() -> AsyncIterator[Wayward]:
    """A Wayward that listens."""
    server = Wayward()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.hanging.set()
        await runner.cleanup()

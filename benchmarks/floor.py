"""The floor for an acknowledgement, as a process of its own: bare Bolt with forty listeners, and one row in one raw commit.

It does the least that "recorded, then acknowledged" can mean: no rule, no journal, no outbox.
"""

from __future__ import annotations

import asyncio
import logging
import sys

import aiosqlite
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck

from storage.clock import utcnow

LISTENERS = 40


async def _authorize(
    enterprise_id: str | None, team_id: str | None, logger: logging.Logger
) -> AuthorizeResult:
    return AuthorizeResult(
        enterprise_id=enterprise_id,
        team_id=team_id,
        bot_token="xoxb-bench",  # noqa: S106  # no token: nothing is called with it
        bot_id="B0CAPTAIN",
        bot_user_id="U0CAPTAIN",
    )


def bare(secret: str, database: aiosqlite.Connection) -> AsyncApp:
    """An app that records what was typed and says so. The command stands first: the quickest place."""
    app = AsyncApp(signing_secret=secret, authorize=_authorize, process_before_response=True)

    async def record(ack: AsyncAck, body: dict[str, str]) -> None:
        await database.execute(
            "INSERT INTO act (key, by, text, at) VALUES (?, ?, ?, ?)",
            (body["trigger_id"], body["user_id"], body["text"], utcnow().isoformat()),
        )
        await database.commit()
        await ack(text="recorded")

    async def other(ack: AsyncAck) -> None:
        await ack()

    app.command("/deploy")(record)
    for number in range(LISTENERS - 1):
        app.action(f"button.{number}")(other)
    return app


async def serve(secret: str, path: str) -> None:
    """Until standard input ends."""
    async with aiosqlite.connect(path) as database:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            await database.execute(f"PRAGMA {pragma}")
        await database.execute("CREATE TABLE act (key TEXT PRIMARY KEY, by TEXT, text TEXT, at TEXT)")
        await database.commit()
        bolt = bare(secret, database)

        async def events(request: web.Request) -> web.StreamResponse:
            return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

        app = web.Application()
        app.router.add_post("/slack/events", events)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2]))

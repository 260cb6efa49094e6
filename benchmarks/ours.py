"""The whole bot as a process of its own, over HTTP, for the acknowledgement benchmark.

Its settings come from the environment. With 'draining' it also beats and carries effects out, as in production; without,
what it costs to carry them out is kept apart from what an acknowledgement costs.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from bot.app import App
from bot.cli.running import spare_the_collector
from bot.settings import Settings
from storage.clock import utcnow


async def serve(begins: datetime, *, draining: bool) -> None:
    """Until standard input ends. The bot's clock shows `begins` now, so that the plan's day is always the same."""
    offset = begins - utcnow()
    app = App(Settings(), clock=lambda: utcnow() + offset)
    await app.start()
    spare_the_collector()  # as `captain run` does
    running = asyncio.create_task(app.run()) if draining else None
    print(app.port.url, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await app.close()
    if running is not None:
        await running


if __name__ == "__main__":
    asyncio.run(serve(datetime.fromisoformat(sys.argv[1]), draining=sys.argv[2] == "draining"))

"""`captain run`: the bot itself, until SIGTERM or Ctrl-C; and the health check of its container."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import signal
import sys
import urllib.error
import urllib.request

from bot.app import App, StartRefused
from bot.settings import Settings, SettingsRefused, check
from bot.team import TeamRefused
from storage.inspection import DatabaseRefused

LOG_LINE = "%(asctime)s %(levelname)s %(name)s action=%(action)s deployment=%(deployment)s %(message)s"
"""Actions are stable names that an alarm may rest on; the prose behind them is not."""
NEW_OBJECTS = 20_000
"""So many objects more than before, and the garbage collector looks for rings among them: a few megabytes."""


def run(wanted: argparse.Namespace) -> int:
    """0 after a clean stop; 1 with one sentence when the bot cannot start."""
    settings = Settings()
    logs = logging.StreamHandler(sys.stderr)
    logs.setFormatter(logging.Formatter(LOG_LINE, defaults=dict.fromkeys(("action", "deployment"), "-")))
    logging.basicConfig(level=settings.log_level, handlers=[logs])
    for loud in ("apscheduler", "slack_bolt", "slack_sdk", "aiohttp", "alembic"):
        logging.getLogger(loud).setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(
        logging.ERROR
    )  # a beat that finds the last one still at work is no event
    try:
        check(settings)
        asyncio.run(_run(settings))
    except (SettingsRefused, StartRefused, TeamRefused, DatabaseRefused) as refused:
        print(f"captain does not start: {refused}", file=sys.stderr)
        return 1
    return 0


async def _run(settings: Settings) -> None:
    app = App(settings)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, app.stop.set)
    try:
        await app.start()
        spare_the_collector()
        print("captain is ready", flush=True)
        await app.run()
    finally:
        await app.close()


def spare_the_collector() -> None:
    """What is there now stays until the process ends, so the garbage collector need not look through it again and again; and a
    command leaves a thousand short-lived objects behind, so looking at every seven hundred new ones is looking all the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)


def health(wanted: argparse.Namespace) -> int:
    """0 when the running bot answers, 1 otherwise."""
    settings = Settings()
    path = "readyz" if wanted.ready else "healthz"
    address = f"http://127.0.0.1:{settings.http_port}/{path}"
    try:
        with urllib.request.urlopen(address, timeout=3) as answer:  # our own port, a fixed scheme
            print(json.loads(answer.read()))
    except (urllib.error.URLError, OSError, ValueError) as error:
        print(f"not well: {error}", file=sys.stderr)
        return 1
    return 0

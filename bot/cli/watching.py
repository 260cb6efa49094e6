"""`captain watch ID`: the daily rows of a watch in one table, from the database, with or without Slack. Reads only."""

from __future__ import annotations

import argparse

from bot.cli.acting import load, refuse, with_database
from bot.cli.recording import names_of
from bot.settings import Settings
from commands.blocks import daily
from commands.telling import Voice
from core.daily import tables
from storage.clock import utcnow
from storage.database import Database
from storage.queries import Queries


def watch(wanted: argparse.Namespace) -> int:
    """Every table. 1 for a plan without one."""

    async def work(database: Database, settings: Settings) -> int:
        queries = Queries(database, utcnow)
        deployment = await load(queries, wanted.deployment)
        found = tables(deployment)
        names = names_of(settings.team)
        voice = Voice(
            wanted.language or settings.language or deployment.language, plain=True, runbook=deployment.runbook,
            names=lambda user: names.get(user, user),
        )  # fmt: skip
        if not found:
            return refuse(voice, "refused.no-rows")
        for number, table in enumerate(found):
            titles = ", ".join(voice.text(title) for title in table.titles)
            counts = {"done": table.complete, "all": len(table.days)}
            print("\n" * bool(number) + voice.say("daily.headline", titles=titles, **counts))
            print("\n".join(["", *daily.figures(table, voice), ""]))
            for line in daily.sayings(deployment, table, voice):
                print(line)
        return 0

    return with_database(work)

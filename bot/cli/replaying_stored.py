"""`captain replay --deployment D12`: the looks that were stored of a deployment, judged once more by its own plan."""

from __future__ import annotations

import sys

from pydantic_core import to_json

from bot.cli.acting import with_database
from bot.cli.replaying import moment
from bot.settings import Settings
from commands import replaying
from commands.telling import Voice
from core.plan.runbook import Runbook
from core.replay_stored import replayed, stages
from core.replay_tally import Tally
from core.replaying import as_line
from storage.clock import utcnow
from storage.database import Database
from storage.queries import Queries


def deployment(name: str, other: Runbook | None, *, as_json: bool, every: bool, language: str) -> int:
    """`other`: the plan to judge by instead of the deployment's own. 0; 1 when there is no such deployment, or none of its looks was stored."""

    async def work(database: Database, settings: Settings) -> int:
        queries = Queries(database, utcnow)
        value = await queries.load(name)
        found = await queries.recorded(name)
        if not len(found):
            print(f"captain: No look of {name} was stored: its gates have not looked yet.", file=sys.stderr)
            return 1
        runbook = other or value.runbook
        word, tally = "", Tally()
        voice = Voice(language, plain=True, runbook=runbook)
        for step in replayed(runbook, found, stages(value.runbook, found.facts), tally, facts=found.facts):
            if as_json:
                sys.stdout.buffer.write(to_json(as_line(step)) + b"\n")
            elif every or step.word != word:
                print(replaying.step(step, voice, moment, between="\n      "))
            word = step.word
        sys.stdout.flush()
        total = replaying.tally(tally, voice, moment)
        print("", *total, sep="\n", file=sys.stderr if as_json else sys.stdout, flush=True)
        return 0

    return with_database(work)

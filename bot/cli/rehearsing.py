"""`captain rehearse`: a plan from its beginning to its end without people, at another speed, and the report of what was found out.

It has a database of its own that nothing is left of, so it stands beside a bot that runs, and blocks nothing. Without a Slack token
it speaks into a local workspace. It must not know how a rehearsal is different: the rules do.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import getpass
import json
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp
import yaml

from bot.adapters.slack import SlackWeb, slack_client
from bot.cli.demonstrating import MANIFEST
from bot.errors import GaveUp, TryLater
from bot.library import Library
from bot.perform import Adapters, Performer
from bot.performing.pacing import SlackPacing
from bot.secrets import Secrets
from bot.settings import Settings
from bot.team import TeamFile, TeamRefused, read_team, roles_of, rota_of
from bot.ticker import Ticker
from bot.understudy import Understudy
from bot.vendors import vendors
from commands import rehearsal_report
from commands.rehearsing import CHANNEL, pace_of, speed_of
from commands.starting import holders
from commands.telling import Voice, voice
from core.asks import asks
from core.errors import Refused
from core.inputs import Started
from core.machine import gate_wake_at, wake_at
from core.plan.moments import parse_start
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook
from core.rehearsal import Rehearsing, Review
from core.start import new_deployment
from core.state import Deployment, Status
from sandbox.slack import roster
from sandbox.slack.server import SlackSandbox
from storage.clock import utcnow
from storage.database import Database
from storage.ledger import Ledger
from storage.messages import Messages
from storage.outbox import Outbox
from storage.queries import Queries

BEAT_S = 0.1
"""At sixty times the speed a beat is six plan seconds."""
LOCAL_POSTS_PER_S, LOCAL_UPDATES_PER_MIN = 1_000.0, 100_000.0
PREFIX = "L"
"""Ids of rehearsals from the command line, which a running bot never gives out: no button of theirs can mean one of its own."""


class Impossible(Exception):
    """Why there is no rehearsal, in one sentence."""


@dataclass(frozen=True)
class _Stage:
    """Where it is played."""

    slack: SlackWeb
    channel: str
    pacing: SlackPacing
    team: TeamFile | None


def rehearse(wanted: argparse.Namespace) -> int:
    """0 when the plan came to its end; 1 when it did not; 2 when there was no rehearsal."""
    settings = Settings()
    language = wanted.language or settings.language or "en"
    try:
        ended = asyncio.run(_rehearse(wanted, settings, language))
    except Refused as refused:
        said = Voice(language, plain=True).tell("refused." + refused.key, refused.args_)
        print(f"captain rehearse: {said}", file=sys.stderr)
        return 2
    except (Impossible, TeamRefused, GaveUp, TryLater) as impossible:
        print(f"captain rehearse: {impossible}", file=sys.stderr)
        return 2
    except PlanInvalid as invalid:
        print(f"captain rehearse: {invalid.problems[0]}", file=sys.stderr)
        return 2
    print(_as_json(ended) if wanted.json else _as_text(ended, language))
    return 0 if ended.status is Status.DONE else 1


# ------------------------------------------------------------------------------------------------------------- playing


async def _rehearse(wanted: argparse.Namespace, settings: Settings, language: str) -> Deployment:
    runbook = _runbook(wanted.plan, settings)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="captain-rehearsal-")))
        database = await Database.open(f"sqlite+aiosqlite:///{folder / 'captain.sqlite3'}", migrate=True)
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        stage = await _stage(wanted, settings, runbook, session, stack)
        ledger, queries = Ledger(database, utcnow), Queries(database, utcnow)
        begun = await _begin(wanted, runbook, stage, ledger, language)
        secrets = Secrets(os.environ)
        performer = Performer(
            ledger, Outbox(database, utcnow), queries, Messages(database, utcnow),
            Adapters(stage.slack, vendors(session, secrets, settings.workdir.resolve()), secrets),
            utcnow, owner=f"rehearsal:{os.getpid()}", pacing=stage.pacing,
        )  # fmt: skip
        playing = _Playing(wanted, begun.id, ledger, queries, Outbox(database, utcnow), performer, language)
        return await playing.to_the_end()


def _runbook(name: str, settings: Settings) -> Runbook:
    if not settings.plans.is_dir():
        raise Impossible(f"CAPTAIN_PLANS names {settings.plans}, which is no folder.")
    return Library(settings.plans).read(name)


async def _stage(
    wanted: argparse.Namespace, settings: Settings, runbook: Runbook, session: aiohttp.ClientSession, stack: AsyncExitStack
) -> _Stage:  # fmt: skip
    team = read_team(settings.team) if settings.team.is_file() else None
    token = settings.slack_bot_token.get_secret_value()
    if token and not wanted.local:
        slack = SlackWeb(
            slack_client(session, token, settings.slack_api_url),
            named=(team.channels.get if team is not None else lambda name: None),
        )
        named = runbook.plan.channels.get(CHANNEL) or (team.rehearsal if team is not None else "")
        if not named:
            raise Impossible(
                "no channel is named for rehearsals: write 'rehearsal: CHANNEL' into the team file, or use --local."
            )
        burst = max(3, int(settings.posts_per_s))
        pacing = SlackPacing(settings.posts_per_s, burst, settings.updates_per_min)
        return _Stage(slack, await slack.channel(named), pacing, team)
    sandbox = SlackSandbox(yaml.safe_load(MANIFEST.read_text(encoding="utf-8")))
    await sandbox.start()
    stack.push_async_callback(sandbox.stop)
    slack = SlackWeb(slack_client(session, sandbox.bot_token, sandbox.api_url))
    pacing = SlackPacing(LOCAL_POSTS_PER_S, int(LOCAL_POSTS_PER_S), LOCAL_UPDATES_PER_MIN)
    return _Stage(slack, roster.DEPLOYMENT, pacing, team)


async def _begin(
    wanted: argparse.Namespace, runbook: Runbook, stage: _Stage, ledger: Ledger, language: str
) -> Deployment:
    now = utcnow()
    inputs = {name: asked.example for name, asked in runbook.plan.inputs.items() if asked.example}
    inputs |= dict(one.split("=", 1) for one in wanted.inputs if "=" in one)
    try:
        t0 = parse_start(wanted.at, runbook.plan.t0, runbook.zone, now)
    except ValueError as wrong:
        raise Refused("bad-start", detail=str(wrong)) from None
    speed = speed_of(runbook.plan, wanted.speed)
    new = new_deployment(
        id=await ledger.new_id(PREFIX), runbook=runbook, inputs=inputs, t0=t0, language=language,
        rehearsing=Rehearsing(speed, stage.channel, unattended=True),
    )  # fmt: skip
    people = roles_of(stage.team) if stage.team is not None else ()
    rota = rota_of(stage.team) if stage.team is not None else ()
    started = Started(f"cli:{getpass.getuser()}", holders(runbook, people), rota)
    opened = await ledger.open(new, started, key="rehearse", pace=pace_of(runbook, t0, now, speed))
    return opened.deployment


class _Playing:
    """Beats, drains and answers until it is over, or its time is."""

    def __init__(
        self, wanted: argparse.Namespace, id: str, ledger: Ledger, queries: Queries, outbox: Outbox, performer: Performer,
        language: str,
    ) -> None:  # fmt: skip
        self._wanted, self._id, self._language = wanted, id, language
        self._ledger, self._queries, self._outbox, self._performer = ledger, queries, outbox, performer
        self._ticker = Ticker(ledger, queries, utcnow, beat_s=BEAT_S, away_s=1e9)
        self._told: set[str] = set()

    async def to_the_end(self) -> Deployment:
        """The deployment as it stands at the end, with its report if it came to one."""
        stop = asyncio.Event()
        tasks = [
            asyncio.create_task(self._performer.run(stop)),
            asyncio.create_task(Understudy(self._ledger, self._queries, utcnow).run(stop)),
        ]
        loop = asyncio.get_running_loop()
        end = loop.time() + self._wanted.within * 60
        try:
            while loop.time() < end:
                await self._ticker.tick_once()
                deployment = await self._queries.load(self._id)
                self._progress(deployment)
                waiting = await self._outbox.depth()
                if deployment.final and deployment.rehearsing.review is not None and not waiting:
                    return deployment
                if self._wanted.skip_waits and not waiting:
                    await self._skip(deployment)
                await asyncio.sleep(BEAT_S)
            print(
                f"captain rehearse: not over after {self._wanted.within:g} minutes; it stops here.",
                file=sys.stderr,
            )
            return await self._queries.load(self._id)
        finally:
            stop.set()
            for task in tasks:
                await task

    async def _skip(self, deployment: Deployment) -> None:
        """A stretch in which nobody is asked and nothing has traffic is over at once."""
        moments = [at for at in (wake_at(deployment), gate_wake_at(deployment)) if at is not None]
        if not moments or deployment.weight or asks(deployment):
            return
        real = utcnow()
        clock = await self._queries.plan_clock(self._id)
        if min(moments) > clock.now(real):
            await self._ledger.retime(self._id, clock.moved(real, min(moments)))

    def _progress(self, deployment: Deployment) -> None:
        """A line for every step that has ended, on standard error."""
        for step in deployment.steps:
            if step.closed_at is None or step.id in self._told:
                continue
            self._told.add(step.id)
            speaking = voice(deployment, step.closed_at, self._language, plain=True)
            state = speaking.say(f"step.{step.status}")
            print(f"{_clock(step.closed_at)}  {speaking.step(step.id)}: {state}", file=sys.stderr, flush=True)


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


# ------------------------------------------------------------------------------------------------------------- showing


def _as_text(ended: Deployment, language: str) -> str:
    speaking = voice(ended, ended.ended_at or ended.t0, language, plain=True)
    review = ended.rehearsing.review or Review()
    lines = [
        rehearsal_report.title(ended, speaking),
        *rehearsal_report.remarks(ended, review, speaking),
    ]
    for part in rehearsal_report.report(review, speaking):
        lines += ["", part.heading]
        lines += [f"  {line}" for line in part.lines] or [f"  {speaking.say('rehearsal.none')}"]
    return "\n".join(lines)


def _as_json(ended: Deployment) -> str:
    review = ended.rehearsing.review
    shown = {
        "plan": ended.runbook.plan.plan,
        "status": ended.status.value,
        "verdict": ended.verdict,
        "speed": ended.rehearsing.speed,
        "review": None if review is None else dataclasses.asdict(review),
    }
    return json.dumps(shown, ensure_ascii=False, indent=2, default=datetime.isoformat)

"""`captain status, decide, rollback, audit`: the same ledger as Slack's, for when Slack or the bot is down.

Acts are journaled as 'cli:USER'. When no bot drains the outbox, this does, until the rollback is proved or the lease is another's.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import MappingProxyType

import aiohttp

from bot.adapters.slack import SlackWeb, slack_client
from bot.perform import Adapters, Performer
from bot.secrets import Secrets
from bot.settings import Settings
from bot.ticker import Ticker
from bot.vendors import vendors
from commands.telling import Voice
from core.errors import Refused
from core.inputs import Answer, Decided, Input, RollbackAsked
from core.report import summarise
from core.state import Deployment, Status
from storage.clock import utcnow
from storage.database import Database
from storage.inspection import DatabaseRefused
from storage.ledger import Ledger, Outcome
from storage.messages import Messages
from storage.outbox import Outbox
from storage.queries import Queries

PATIENCE_S = 600.0
"""So long, in real seconds, the command line drains for a rollback before it hands the prompt back."""


Say = Callable[[Outcome], None]


class Unknown(Exception):
    """No such deployment. `str` is what was typed."""


def with_database(work: Callable[[Database, Settings], Awaitable[int]]) -> int:
    """Runs `work` on the bot's database; 1 and a sentence when it refuses."""
    settings = Settings()
    voice = Voice(settings.language or "en", plain=True)

    async def main() -> int:
        database = await Database.open(settings.database_url, migrate=False)
        try:
            return await work(database, settings)
        finally:
            await database.close()

    try:
        return asyncio.run(main())
    except DatabaseRefused as refused:
        print(f"captain: {refused}", file=sys.stderr)
    except Unknown as unknown:
        return refuse(voice, "cli.unknown-deployment", {"deployment": str(unknown)})
    except Refused as refused:
        return refuse(voice, f"refused.{refused.key}", refused.args_)
    return 1


def refuse(voice: Voice, key: str, words: Mapping[str, object] = MappingProxyType({})) -> int:
    """Says the sentence `key`, why not; the exit status."""
    print(f"captain: {voice.tell(key, words)}", file=sys.stderr)
    return 1


def by() -> str:
    """Who acts, as the journal has it."""
    return f"cli:{getpass.getuser()}"


def _key() -> str:
    """One act of one invocation: typing it again is another act."""
    return f"cli:{os.getpid()}:{utcnow().isoformat()}"


# -------------------------------------------------------------------------------------------------------------- reading


def status(wanted: argparse.Namespace) -> int:
    """One line a deployment; with an id, its numbers and what is waited for."""

    async def work(database: Database, settings: Settings) -> int:
        queries = Queries(database, utcnow)
        if wanted.deployment:
            deployment = await load(queries, wanted.deployment)
            for line in _lines(
                deployment,
                (await queries.plan_clock(deployment.id)).now(utcnow()),
                settings.language or deployment.language,
            ):
                print(line)
            return 0
        active = await queries.active()
        for deployment in active:
            plan = deployment.runbook.plan
            print(
                f"{deployment.id}  {plan.plan}  {plan.service}/{deployment.environment}  {deployment.status.value}  canary {deployment.weight} %"
            )
        if not active:
            print("Nothing is being deployed.")
        return 0

    return with_database(work)


async def load(queries: Queries, name: str) -> Deployment:
    """The deployment with this id, in letters of either size. Raises Unknown."""
    try:
        return await queries.load(name.upper())
    except Refused as missing:
        if missing.key != "unknown-deployment":
            raise
        raise Unknown(name) from missing


def _lines(deployment: Deployment, now: datetime, language: str) -> list[str]:
    plan = deployment.runbook.plan
    lines = [
        f"{deployment.id}: {plan.title.in_(language)} ({plan.service}/{deployment.environment}), {deployment.status.value}, canary {deployment.weight} %",
    ]
    voice = Voice(language, plain=True, runbook=deployment.runbook)
    if deployment.hold is not None:
        lines.append(f"held: {voice.tell('hold.' + deployment.hold.key, deployment.hold.words)}")
    for one in deployment.incidents:
        if one.open:
            stage = voice.say(f"stage.{one.stage}")
            lines.append(f"incident {one.number}: {voice.playbook(one.playbook)}, {stage}")
    for step in deployment.steps:
        if step.status in ("open", "failed", "missed"):
            title = (
                step.id
                if step.id == "rollback"
                else deployment.runbook.step(step.id).body.title.in_(language)
            )
            lines.append(f"{step.status}: {title}")
    summary = summarise(deployment, now)
    if summary.recommendation:
        lines.append(f"recommendation: {summary.recommendation}")
    for row in summary.rows:
        value = "no data" if row.value is None else f"{row.value:.4g} {row.unit}"
        limit = f" (limit {row.limit.text})" if row.limit is not None else ""
        lines.append(f"  {row.title.in_(language)}: {value}{limit} {row.state}")
    return lines


def verify(wanted: argparse.Namespace) -> int:
    """0 when the chain of hashes is whole."""

    async def work(database: Database, settings: Settings) -> int:
        queries = Queries(database, utcnow)
        names = [wanted.deployment] if wanted.deployment else [row.id for row in await queries.recent(10_000)]
        bad = 0
        for name in names:
            known = (await load(queries, name)).id
            problems = await queries.verify(known)
            bad += bool(problems)
            rows = len(await queries.journal(known))
            print(f"{known}: " + ("; ".join(problems) if problems else f"whole, {rows} rows"))
        if not names:
            print("The journal is empty.")
        return 1 if bad else 0

    return with_database(work)


def journal(wanted: argparse.Namespace) -> int:
    """One JSON object a row."""

    async def work(database: Database, settings: Settings) -> int:
        queries = Queries(database, utcnow)
        known = await load(queries, wanted.deployment)
        for row in await queries.journal(known.id):
            facts = [{"fact": fact.key, **dict(fact.words)} for fact in row.facts]
            print(
                json.dumps(
                    {
                        "seq": row.seq,
                        "at": row.at.isoformat(),
                        "plan_at": row.plan_at.isoformat(),
                        "actor": row.actor,
                        "kind": row.kind,
                        "facts": facts,
                    },
                    ensure_ascii=False,
                )
            )
        return 0

    return with_database(work)


# --------------------------------------------------------------------------------------------------------------- acting


def decide(wanted: argparse.Namespace) -> int:
    """Answers the open question."""

    async def work(database: Database, settings: Settings) -> int:
        queries = Queries(database, utcnow)
        deployment = await load(queries, wanted.deployment)
        steps = (step for step in deployment.steps if step.status == "open" and step.round)
        asked = (s for s in steps if not (s.items or s.signs or s.stage_of_work or s.bake_for))
        step = next(asked, None)
        if step is None:
            raise Refused("no-such-decision", step="-")
        answer: Answer = wanted.answer
        return await act(
            database, settings, deployment.id, Decided(by(), step.id, step.round, answer, wanted.reason)
        )

    return with_database(work)


def rollback(wanted: argparse.Namespace) -> int:
    """Starts the way back, and goes it when no bot does."""

    async def work(database: Database, settings: Settings) -> int:
        deployment = await load(Queries(database, utcnow), wanted.deployment)
        asked = RollbackAsked(by(), wanted.reason, force=wanted.force)
        return await act(database, settings, deployment.id, asked)

    return with_database(work)


def _refusal(deployment: Deployment) -> str:
    """Why its rollback stands still."""
    run = deployment.rollback
    voice = Voice(deployment.language, plain=True, runbook=deployment.runbook)
    return voice.tell(f"page.{run.refused}", run.refused_words) if run is not None else ""


async def act(
    database: Database, settings: Settings, deployment_id: str, happened: Input, say: Say = lambda _: None
) -> int:
    """Applies it, lets `say` tell what came of it and, where nobody else drains, does what follows."""
    ledger, queries, outbox = Ledger(database, utcnow), Queries(database, utcnow), Outbox(database, utcnow)
    outcome = await ledger.apply(deployment_id, happened, key=_key())
    print(f"{deployment_id}: recorded, {outcome.deployment.status.value}")
    say(outcome)
    async with aiohttp.ClientSession() as session:
        secrets = Secrets(os.environ)
        slack = SlackWeb(
            slack_client(
                session, settings.slack_bot_token.get_secret_value() or "none", settings.slack_api_url
            )
        )
        adapters = Adapters(slack, vendors(session, secrets, settings.workdir.resolve()), secrets)
        performer = Performer(
            ledger,
            outbox,
            queries,
            Messages(database, utcnow),
            adapters,
            utcnow,
            owner=f"{by()}:{os.getpid()}",
        )
        ticker = Ticker(ledger, queries, utcnow, beat_s=1, away_s=1e9)
        return await _drain(performer, ticker, queries, deployment_id, outcome.deployment.status)


async def _drain(
    performer: Performer, ticker: Ticker, queries: Queries, deployment_id: str, status: Status
) -> int:
    """Goes on while a rollback is under way and nobody else drains."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    try:
        while loop.time() < end:
            done = await performer.drain_once()
            deployment = await queries.load(deployment_id)
            now = deployment.status
            if deployment.rollback is not None and deployment.rollback.stage == "refused" and not done:
                print(
                    f"{deployment_id}: {_refusal(deployment)} Use --force to go back all the same.",
                    file=sys.stderr,
                )
                return 1
            if now is not status:
                print(f"{deployment_id}: {now.value}")
                status = now
            if status is not Status.ROLLING_BACK:
                return 0
            await ticker.tick_once()
            if not done:
                await asyncio.sleep(0.5)
        print(
            f"{deployment_id}: still {status.value}; the bot goes on when it runs, or call this again",
            file=sys.stderr,
        )
        return 1
    finally:
        await performer.release()

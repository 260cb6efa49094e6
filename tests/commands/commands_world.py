"""A workspace with the real app in it: sandbox, Bolt over Socket Mode, the real ledger on a real file.

Only what the process would give the commands is made here: plans from texts, a team from a dict, a clock that is moved. What
posts messages is another part of the bot, so `hang` posts a drawing the way it would, for people to click on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import factories
import yaml
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from commands.answers import Answers
from commands.blocks import draw
from commands.registering import register
from commands.room import Room
from core.errors import Refused
from core.inputs import (
    Decided,
    Input,
    ItemMarked,
    Measured,
    People,
    Ran,
    Recorded,
    SignedOff,
    Tick,
    WeightRead,
)
from core.plan.runbook import Runbook, read_runbook
from core.plan.shelf import News, Shelf, news, read_plan
from core.rota import Rota
from core.state import Deployment
from sandbox.slack import roster
from sandbox.slack.people import CommandResult
from sandbox.slack.server import SlackSandbox
from storage.clock import ManualClock, PlanClock
from storage.database import Database
from storage.ledger import Ledger, Outcome
from storage.queries import Queries

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
DEPLOYER, APPROVER, SECOND, STRANGER = roster.GITCODE, roster.LUBIT, roster.MINA, roster.JUN
CHANNEL, ALERTS, GENERAL = roster.DEPLOYMENT, roster.ALERTS, roster.GENERAL
START = factories.START
Captain = Callable[..., Awaitable[tuple[int, str]]]
"""`await captain("status")`: (exit status, everything it printed), on the same database."""
PEOPLE: People = (("deployer", (DEPLOYER,)), ("approver", (APPROVER, SECOND)))


@dataclass
class Plans:
    """Plans by name, from texts."""

    found: dict[str, str] = field(default_factory=lambda: {"shop-canary": factories.PLAN})

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.found))

    def read(self, name: str) -> Runbook:
        if name not in self.found:
            raise Refused("unknown-plan", name=name, near="")
        return read_runbook(self.found[name])

    def reload(self) -> tuple[News, ...]:
        before, self.shelf = self.shelf, {name: read_plan(text) for name, text in self.found.items()}
        return news(before, self.shelf)

    shelf: Shelf = field(default_factory=lambda: {"shop-canary": read_plan(factories.PLAN)})


@dataclass
class Team:
    """Who is who, and whom the bot lets in."""

    language: str = "en"
    holders: People = PEOPLE
    away: set[str] = field(default_factory=lambda: {roster.GUEST, roster.GONE})
    asked: Callable[[str], Awaitable[bool]] | None = None

    rehearsal: str = ""

    def rota(self) -> Rota:
        return ()

    def deputies(self) -> People:
        return ()

    def people(self) -> People:
        return self.holders

    def channel_id(self, name: str) -> str | None:
        return {"deployment": CHANNEL, "alerts": ALERTS, "deployment-alerts": ALERTS}.get(name)

    def name(self, user_id: str) -> str:
        return {person[0]: person[2] for person in roster.PEOPLE}.get(user_id, user_id)

    def known_to_use(self, user_id: str) -> bool | None:
        return None if self.asked is not None else user_id not in self.away

    async def may_use(self, user_id: str) -> bool:
        return await self.asked(user_id) if self.asked is not None else user_id not in self.away


class SlowLedger(Ledger):
    """The real ledger, which can be made to wait before it begins to write."""

    gate: Callable[[], Awaitable[None]] | None = None

    def submit(self, deployment_id: str, happened: Input, **how: Any) -> asyncio.Future[Outcome]:
        if self.gate is None:
            return super().submit(deployment_id, happened, **how)
        return asyncio.ensure_future(self._slowly(self.gate, deployment_id, happened, **how))

    async def _slowly(
        self, gate: Callable[[], Awaitable[None]], deployment_id: str, happened: Input, **how: Any
    ) -> Outcome:
        await gate()
        return await super().submit(deployment_id, happened, **how)


@dataclass
class World:
    """Everything a test speaks to."""

    slack: SlackSandbox
    ledger: SlowLedger
    queries: Queries
    clock: ManualClock
    team: Team
    plans: Plans
    answers: Answers
    client: AsyncWebClient

    async def command(self, user: str, line: str, channel: str = CHANNEL) -> CommandResult:
        """Types a whole line."""
        name, _, text = line.partition(" ")
        result = await self.slack.people.command(user, channel, name, text)
        self._answered[user, channel] = len(self._private(user, channel))
        return result

    async def start(
        self, line: str = "/deploy start shop-canary version=v7 at=2025-10-22T14:00Z", user: str = DEPLOYER
    ) -> str:
        """Starts a deployment; answers its id."""
        result = await self.command(user, line)
        assert "has begun as" in result.text, result.text
        return (await self.queries.recent(1))[0].id

    async def deployment(self, id: str = "D1") -> Deployment:
        """As it stands in the ledger."""
        return await self.queries.load(id)

    async def apply(self, happened: Input, id: str = "D1") -> Deployment:
        """An input from elsewhere: the world's answer, or a colleague by another door."""
        self.applied += 1
        return (await self.ledger.apply(id, happened, key=f"elsewhere:{self.applied}")).deployment

    applied: int = 0
    _answered: dict[tuple[str, str], int] = field(default_factory=dict)

    async def to_the_question(self) -> None:
        """Started, the list ticked, signed, T0: the question 'begin' is open."""
        await self.start()
        await self.apply(ItemMarked(DEPLOYER, "ready", "people", "done"))
        await self.apply(ItemMarked(DEPLOYER, "ready", "notes", "done"))
        await self.apply(SignedOff(APPROVER, "signed", "approver", "approve"))
        self.clock.set(factories.T0)
        await self.apply(Tick())

    async def to_the_canary(self, *, errors: float = 1.0) -> None:
        """Answered GO, the share is set and read back, two looks are in."""
        await self.to_the_question()
        await self.apply(Decided(APPROVER, "begin", 1, "go"))
        await self.apply(Recorded("rollback/targets:1", ()))
        await self.apply(Ran("step:first:1", True, "ok"))
        await self.apply(WeightRead("step:first:1", 5))
        for number, count in enumerate((20_000.0, 40_000.0), 1):
            readings = factories.readings(count, errors * number * 20)
            await self.apply(Measured(f"look:{number}", self.clock(), readings))
            self.clock.advance(timedelta(minutes=1))
            await self.apply(Tick())

    async def hang(self, view: str, subject: str = "", *, id: str = "D1", channel: str = CHANNEL) -> str:
        """Posts a drawing as it stands, for people to click on; answers its ts."""
        deployment = await self.deployment(id)
        now = (await self.queries.plan_clock(id)).now(self.clock())
        drawn = draw(view, deployment, subject=subject, now=now)
        posted = await self.client.chat_postMessage(channel=channel, text=drawn.text, blocks=drawn.blocks)
        return str(posted["ts"])

    async def home(self, user: str) -> dict[str, Any]:
        """The Home tab as this person finds it. Its event is not waited for by Slack, so this waits for the view."""
        await self.slack.people.open_home(user)
        await self.slack.until(lambda: self.slack.people.home(user))
        home = self.slack.people.home(user)
        assert home is not None
        return home

    async def click(self, user: str, ts: str, action: str, *, channel: str = CHANNEL, **how: Any) -> Any:
        """Clicks, and waits for what the bot still does after its answer."""
        result = await self.slack.people.click(user, channel, ts, action, **how)
        await self.answers.finish()
        return result

    async def submit(self, user: str, **fields: str) -> Any:
        """Fills in the window on top and submits it."""
        view = self.slack.people.views(user)[-1]
        values: dict[str, Any] = {}
        for block in view["blocks"]:
            if block["type"] == "input" and block["block_id"] in fields:
                values[block["block_id"]] = {block["element"]["action_id"]: fields[block["block_id"]]}
        result = await self.slack.people.submit(user, view["id"], values)
        await self.answers.finish()
        return result

    def window(self, user: str) -> str:
        """Everything that stands in the window on top; '' when none is open."""
        views = self.slack.people.views(user)
        return "\n".join(shown(views[-1])) if views else ""

    def whispers(self, user: str, channel: str = CHANNEL) -> list[str]:
        """What this person was told privately in a channel since their last command, oldest first."""
        return self._private(user, channel)[self._answered.get((user, channel), 0) :]

    def _private(self, user: str, channel: str) -> list[str]:
        return [m["text"] for m in self.slack.people.screen(user, channel) if m.get("ephemeral")]


def shown(part: object) -> list[str]:
    """Every text in a view or message."""
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [text for value in part.values() for text in shown(value)]
    if isinstance(part, list):
        return [text for value in part for text in shown(value)]
    return []


_migrated: list[bytes] = []


async def _database(folder: Path) -> Database:
    """A fresh file of its own. It is migrated once a run; each test gets a copy."""
    file = folder / "captain.db"
    if _migrated:
        file.write_bytes(_migrated[0])
        return await Database.open(f"sqlite+aiosqlite:///{file}", migrate=False)
    first = await Database.open(f"sqlite+aiosqlite:///{file}", migrate=True)
    await first.close()
    _migrated.append(file.read_bytes())
    return await _database(folder)


@asynccontextmanager
async def open_world(
    folder: Path,
    *,
    patience_s: float = 30.0,  # real time: a machine that does much else is no slow database
    language: str = "en",
    pace: Callable[[datetime], PlanClock] | None = None,
) -> AsyncIterator[World]:
    """A world on a fresh file; everything in it is closed afterwards."""
    clock, team, plans = ManualClock(START), Team(language), Plans()
    slack = SlackSandbox(yaml.safe_load(MANIFEST.read_text(encoding="utf-8")))
    await slack.start()
    database = await _database(folder)
    ledger, queries = SlowLedger(database, clock), Queries(database, clock)
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    # Without a name it reads the source of everything on the stack.
    app = AsyncApp(name="world", client=client, process_before_response=True)
    room = Room(ledger, queries, plans, team, clock, ledger.new_id, pace, patience_s)
    answers = register(app, room)
    socket = AsyncSocketModeHandler(app, slack.app_token)
    try:
        await socket.connect_async()  # type: ignore[no-untyped-call]  # Bolt's own
        yield World(slack, ledger, queries, clock, team, plans, answers, client)
    finally:
        await answers.finish()
        await socket.close_async()  # type: ignore[no-untyped-call]  # Bolt's own
        await database.close()
        await slack.stop()


__all__ = ["World", "open_world", "timedelta"]

"""A whole small world for the performer: a real database and ledger, the sandbox's Slack and its ion-api, a script that is
really run, a clock moved by hand, and rules that ask for what a test wants and keep every answer in the journal.

The service stands behind a door that can lose answers after the effect. Nothing is patched.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import aiohttp
from aiohttp import web
from perform_plan import PLAN, SCRIPT

from bot.adapters.slack import SlackWeb, slack_client
from bot.perform import Adapters, Drain, Performer
from bot.performing.pacing import SlackPacing
from bot.performing.work import Patience
from bot.secrets import Secrets
from bot.vendors import vendors
from core.decision import Decision
from core.effects import Effect, Fact, ReadBack, SetWeight
from core.errors import Refused
from core.inputs import Input, Started, Tick
from core.plan.runbook import read_runbook
from core.start import new_deployment
from core.state import Deployment, Status, StepState
from sandbox.service.app import CanaryService
from sandbox.slack import roster
from sandbox.slack.server import SlackSandbox
from storage.clock import Clock, ManualClock
from storage.database import Database
from storage.ledger import Ledger
from storage.messages import Messages
from storage.outbox import Outbox
from storage.queries import Queries

START = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
DEPLOYMENT = roster.DEPLOYMENT
GITCODE, LUBIT = roster.GITCODE, roster.LUBIT
SCOPES = (
    "chat:write", "channels:history", "channels:read", "commands", "files:write", "groups:read", "im:history", "im:write",
    "pins:write", "users:read",
)  # fmt: skip


class Door:
    """In front of ion-api: the next POSTs may lose their answer after their effect ('cut', 'hang'), or never arrive ('refuse')."""

    def __init__(self) -> None:
        self.lose: list[str] = []
        self.released = asyncio.Event()

    def will(self, *kinds: str) -> None:
        """What happens to the next requests that change something, one each."""
        self.lose.extend(kinds)

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The door itself."""
        if request.method == "GET" or not self.lose:
            return await handler(request)
        kind = self.lose.pop(0)
        if kind == "502":
            return web.Response(status=502)
        answer = await handler(request)
        if kind == "hang":
            await self.released.wait()
        if request.transport is not None:  # None: the caller has hung up already
            request.transport.abort()
        return answer


def decide(deployment: Deployment, happened: Input, now: datetime) -> Decision:
    """Rules of a test: every step is open, and nothing follows but what `World.ask` puts into the next input."""
    fact = Fact("seen", (("kind", happened.kind),), quiet=True)
    if isinstance(happened, Started):
        steps = tuple(
            StepState(placed.body.id, "open", round=1, opened_at=now) for placed in deployment.runbook.route
        )
        people = (("deployer", (GITCODE,)), ("approver", (LUBIT,)))
        deployment = replace(
            deployment,
            status=Status.RUNNING,
            steps=steps,
            started_by=happened.by,
            started_at=now,
            people=people,
        )
    return Decision(deployment, (fact,))


def awaiting(deployment: Deployment, effects: list[Effect]) -> Deployment:
    """With the traffic step at that stage of its work at which the effects are wanted."""
    for effect in effects:
        if isinstance(effect, SetWeight | ReadBack) and effect.ref.startswith("step:"):
            step = deployment.step(effect.ref.split(":")[1])
            assert step is not None
            stage: Literal["setting", "reading"] = "setting" if isinstance(effect, SetWeight) else "reading"
            deployment = deployment.with_step(replace(step, stage_of_work=stage))
    return deployment


@dataclass
class World:
    """Everything, started. `asked` holds the effects that the next input will ask for."""

    folder: Path
    clock: Clock
    sandbox: SlackSandbox
    service: CanaryService
    door: Door
    database: Database
    ledger: Ledger
    outbox: Outbox
    queries: Queries
    messages: Messages
    adapters: Adapters
    secrets: Secrets
    close_service: Callable[[], Awaitable[None]]
    asked: list[Effect] = field(default_factory=list)
    change: Callable[[Deployment], Deployment] | None = None
    refuses: tuple[type, ...] = ()
    counter: int = 0

    def advance(self, seconds: float) -> None:
        """Moves real time."""
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(timedelta(seconds=seconds))

    def performer(self, owner: str = "bot", **more: Any) -> Performer:
        """Another process's performer, or this one's."""
        return Performer(
            self.ledger,
            self.outbox,
            self.queries,
            self.messages,
            self.adapters,
            self.clock,
            owner=owner,
            **more,
        )

    async def ask(
        self,
        *effects: Effect,
        deployment: str = "D1",
        change: Callable[[Deployment], Deployment] | None = None,
    ) -> None:
        """The next decision asks for these effects (and changes the deployment)."""
        self.counter += 1
        self.asked, self.change = list(effects), change
        await self.ledger.apply(deployment, Tick(), key=f"ask:{self.counter}")

    async def answers(self, deployment: str = "D1") -> list[Input]:
        """What the rules were told, without the test's own ticks."""
        return [
            row.input
            for row in await self.queries.journal(deployment)
            if not isinstance(row.input, Started | Tick)
        ]

    async def drain(self, performer: Performer, rounds: int = 30) -> None:
        """Until nothing is due."""
        for _ in range(rounds):
            if not await performer.drain_once():
                return
        raise AssertionError("the outbox does not come to rest")

    async def drain_later(self, performer: Performer, seconds: float = 600, step: float = 1) -> None:
        """Until nothing is left, moving time by `step` for what waits; at most `seconds`."""
        for _ in range(int(seconds / step)):
            await self.drain(performer)
            if not await self.outbox.depth():
                return
            self.advance(step)
        raise AssertionError(f"{await self.outbox.depth()} effects are still waiting after {seconds} s")

    def runs(self) -> list[str]:
        """The script's runs: their arguments."""
        path = self.folder / "runs"
        return path.read_text().splitlines() if path.exists() else []

    def changes(self) -> list[int]:
        """The shares that ion-api was really set to."""
        return [change.config.weight for change in self.service.changes]

    def screen(self) -> list[dict[str, Any]]:
        """What Lubit sees in #deployment."""
        return self.sandbox.people.screen(LUBIT, "deployment")

    def thread(self) -> list[dict[str, Any]]:
        """The thread under the first message."""
        return self.sandbox.people.thread(LUBIT, "deployment", self.screen()[0]["ts"])[1:]


def manifest(*, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The app's manifest, without some scopes."""
    return {
        "display_information": {"name": "Deploy Captain"},
        "features": {"bot_user": {"display_name": "Deploy Captain"}},
        "oauth_config": {"scopes": {"bot": [scope for scope in SCOPES if scope not in without]}},
        "settings": {"socket_mode_enabled": True},
    }


@asynccontextmanager
async def perform_world(
    folder: Path, *, deployments: int = 1, without: tuple[str, ...] = ()
) -> AsyncIterator[World]:
    """Starts everything and opens D1 (D2 ...); stops it afterwards."""
    clock = ManualClock(START)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(SlackSandbox(manifest(without=without), clock=clock))
        service = CanaryService(plan_time=clock)
        door = Door()
        url, close_service = await _serve(stack, service, door)
        script = folder / "script"
        script.write_text(SCRIPT)
        script.chmod(0o755)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        database = await fresh_database(folder / "captain.sqlite3")
        stack.push_async_callback(database.close)
        secrets = Secrets(
            {"PATH": "/usr/bin:/bin", "HOME": str(folder), "ION_API_URL": url, "ION_SCRIPT": str(script)}
        )
        slack = SlackWeb(slack_client(session, sandbox.bot_token, sandbox.api_url), timeout_s=0.8)
        adapters = Adapters(slack, vendors(session, secrets, folder, grace_s=0.3), secrets)
        worlds: list[World] = []

        def rules(deployment: Deployment, happened: Input, now: datetime) -> Decision:
            if worlds and isinstance(happened, worlds[0].refuses):
                raise Refused("not-now")
            decision = decide(deployment, happened, now)
            if not worlds or not isinstance(happened, Tick):
                return decision
            change = worlds[0].change
            changed = awaiting(decision.deployment, worlds[0].asked)
            changed = change(changed) if change is not None else changed
            return replace(decision, deployment=changed, effects=tuple(worlds[0].asked))

        ledger = Ledger(
            database,
            clock,
            rules,
            wake_at=lambda _: None,
            gate_wake_at=lambda _: None,
            is_quiet=lambda *_: False,
        )
        world = World(
            folder, clock, sandbox, service, door, database, ledger, Outbox(database, clock), Queries(database, clock),
            Messages(database, clock), adapters, secrets, close_service,
        )  # fmt: skip
        worlds.append(world)
        for number in range(1, deployments + 1):
            book = read_runbook(PLAN.replace("SERVICE", f"ion-{number}"))
            new = new_deployment(
                id=f"D{number}", runbook=book, inputs={"version": "v2.14.0"}, t0=START, language="en"
            )
            await ledger.open(new, Started(GITCODE, ()), key=f"start:{number}")
        yield world


_EMPTY: list[bytes] = []  # a migrated file without rows: migrating takes longer than most tests


async def fresh_database(path: Path) -> Database:
    """A new database at `path`, open."""
    url = f"sqlite+aiosqlite:///{path}"
    if _EMPTY:
        await asyncio.to_thread(path.write_bytes, _EMPTY[0])
    else:
        await (await Database.open(url, migrate=True)).close()
        _EMPTY.append(await asyncio.to_thread(path.read_bytes))
    return await Database.open(url, migrate=False)


async def _serve(
    stack: AsyncExitStack, service: CanaryService, door: Door
) -> tuple[str, Callable[[], Awaitable[None]]]:
    app = web.Application(middlewares=[door.middleware])
    app.add_routes(service.routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    stack.callback(door.released.set)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}", runner.cleanup


def quick(**more: Any) -> dict[str, Any]:
    """Options of a performer that is not slowed down by pacing."""
    return {
        "pacing": SlackPacing(posts_per_s=1000, burst=100, updates_per_min=60_000),
        "patience": Patience(),
        "drain": Drain(),
        **more,
    }

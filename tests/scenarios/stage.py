"""A stage for stories: the sandbox's Slack and service, and the whole bot in this process, in virtual time.

Everything is the real thing but the clock: people type and click through Slack's protocol, the outbox goes through the
adapters, and the test says when time passes. Nothing sleeps; nothing runs by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import factories
from pure_world import coarse

from bot.app import App
from bot.settings import Settings
from core.asks import Ask, asks
from core.machine import gate_wake_at, wake_at
from core.state import Deployment
from sandbox.players import Players
from sandbox.slack import roster
from sandbox.world import Asked, World

ROOT = Path(__file__).parents[2]
SOON = 0.05
"""Seconds after which it is looked again whether something is due; what is tried again waits a third of a second."""
START = "/deploy start ion-deployment-day version=v2.14.0"


class Stage:
    """`say` and `click` as somebody; `pass_time`; look at the screen."""

    def __init__(self, world: World, app: App, environment: dict[str, str]) -> None:
        self.world, self.app, self.environment = world, app, environment
        self.people = world.slack.people
        self.players = Players(world)

    # ----------------------------------------------------------------------------------------------------- people act

    async def command(self, text: str, user: str = roster.GITCODE, channel: str = roster.DEPLOYMENT) -> str:
        """Types a command; answers what the person was told."""
        command, _, rest = text.partition(" ")
        result = await self.people.command(user, channel, command, rest)
        await self.quiet()
        assert result.ok, result.error
        return words_of(result)

    async def started(self, text: str = START, user: str = roster.GITCODE) -> Deployment:
        """A deployment that has just begun."""
        said = await self.command(text, user)
        found = await self.app.queries.active()
        assert found, said
        return found[0]

    async def answer(self, kind: str, step: str = "", *, by: str = "") -> bool:
        """Somebody who may answers the first open thing of this kind."""
        deployment = await self.deployment()
        for ask in asks(deployment):
            if ask.kind == kind and (not step or ask.step == step):
                able = [p for p in ask.people if not (kind == "decide" and p == deployment.started_by)]
                done = await self.players.answer(by or able[0], told(ask))
                await self.quiet()
                return done
        return False

    async def answer_all(self, *, but: tuple[str, ...] = ()) -> None:
        """Everybody answers everything that is open, except the steps in `but`."""
        for _ in range(200):
            deployment = await self.deployment()
            open_ = [ask for ask in asks(deployment) if ask.step not in but and ask.kind not in but]
            if not open_:
                return
            ask = open_[0]
            able = [p for p in ask.people if not (ask.kind == "decide" and p == deployment.started_by)]
            answered = await self.players.answer(able[0], told(ask))
            await self.quiet()
            assert answered, f"no button for {ask}"
        raise AssertionError("people are asked without end")

    # ------------------------------------------------------------------------------------------------------ time passes

    async def deployment(self, name: str = "D1") -> Deployment:
        """As it stands."""
        return await self.app.queries.load(name)

    async def quiet(self) -> None:
        """Everything that is due has been done. What came back to be tried again in a moment is due then."""
        for _ in range(500):
            if await self.app.performer.drain_once():
                continue
            due = await self.app.outbox.next_due()
            if due is None:
                return
            await asyncio.sleep(min(SOON, max(0.0, (due - self.app.clock()).total_seconds())))
        raise AssertionError("the outbox does not come to rest")

    async def now(self) -> datetime:
        """Plan time."""
        return (await self.app.queries.plan_clock("D1")).now(self.app.clock())

    async def until(self, moment: datetime) -> Deployment:
        """Time passes, from each moment that matters to the next."""
        await self.quiet()
        for _ in range(2000):
            deployment = await self.deployment()
            moments = [
                m for m in (wake_at(deployment), gate_wake_at(deployment)) if m is not None and m <= moment
            ]
            if not moments or deployment.final:
                break
            await self._set(max(min(moments), await self.now()))
            await self.app.ticker.tick_once()
            await self.quiet()
        await self._set(moment)
        await self.app.ticker.tick_once()
        await self.quiet()
        return await self.deployment()

    async def pass_time(self, span: timedelta) -> Deployment:
        """So much plan time passes."""
        return await self.until(await self.now() + span)

    async def play_until(self, moment: datetime, *, but: tuple[str, ...] = ()) -> Deployment:
        """Time passes and everybody does what is asked of them."""
        for _ in range(2000):
            await self.answer_all(but=but)
            deployment = await self.deployment()
            now = await self.now()
            if deployment.final or now >= moment:
                return deployment
            moments = [
                m for m in (wake_at(deployment), gate_wake_at(deployment)) if m is not None and m > now
            ]
            await self.until(min([*moments, moment]))
        raise AssertionError("the story does not end")

    async def _set(self, moment: datetime) -> None:
        real = self.app.clock()
        clock = (await self.app.queries.plan_clock("D1")).rescaled(real, 0.0)
        if moment > clock.now(real):
            await self.app.ledger.retime("D1", clock.moved(real, moment))
            self.world.set_time(moment, 0.0)

    # ---------------------------------------------------------------------------------------------------------- screens

    def channel(self, user: str = roster.SENA, channel: str = roster.DEPLOYMENT) -> list[dict[str, Any]]:
        """What this person sees in a channel."""
        return self.people.screen(user, channel)

    def texts(self, user: str = roster.SENA, channel: str = roster.DEPLOYMENT) -> list[str]:
        """The sentences in a channel, oldest first."""
        return [str(message.get("text", "")) for message in self.channel(user, channel)]

    def thread(self) -> list[str]:
        """The sentences in the thread of the pinned card."""
        card = next(m for m in self.channel() if m.get("pinned"))
        return [
            str(m.get("text", ""))
            for m in self.people.thread(roster.SENA, roster.DEPLOYMENT, str(card["ts"]))[1:]
        ]


def told(ask: Ask) -> Asked:
    """What somebody at the page is told of an open thing."""
    return Asked(ask.kind, ask.step, ask.subject, ask.people, "", ask.number, ask.link)


def words_of(result: Any) -> str:
    """All the text somebody was shown, in one line."""
    parts = [str(getattr(result, "text", "") or "")]
    for block in getattr(result, "blocks", None) or ():
        parts.extend(_texts(block))
    return " ".join(" ".join(parts).split())


def _texts(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [text for value in part.values() for text in _texts(value)]
    return [text for value in part for text in _texts(value)] if isinstance(part, list) else []


def coarse_plans(folder: Path) -> dict[str, str]:
    """The setting of a bot whose only plan is the shipped one with a look a window, for stories that are not about looks."""
    plans = folder / "coarse"
    plans.mkdir()
    (plans / "ion-deployment-day.yml").write_text(coarse().text, encoding="utf-8")
    return {"CAPTAIN_PLANS": str(plans)}


@asynccontextmanager
async def staged(folder: Path, *, without: str = "", **more: str) -> AsyncIterator[Stage]:
    """A fresh world and bot; `without` a scope of the app; `more` are settings of the environment."""
    manifest = factories.parsed((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    manifest["oauth_config"]["scopes"]["bot"] = [scope for scope in scopes if scope != without]
    world = World(manifest, language=more.pop("language", "en"))
    await world.start()
    environment = (
        world.environment(folder)
        | {"CAPTAIN_TEMPO": "script", "CAPTAIN_AWAY": "0", "CAPTAIN_HTTP_PORT": "-1"}
        | more
    )
    stage = Stage(world, App(Settings(**environment), environ=environment), environment)  # type: ignore[arg-type]
    try:
        await stage.app.start()
        yield stage
    finally:
        await stage.app.close()  # the one that runs at the end: a story may start the bot again
        await world.stop()

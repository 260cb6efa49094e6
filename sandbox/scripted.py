"""Scripts: a whole run with nobody at the page. Everybody answers what is asked of them, through the same commands and clicks.

`happy` leaves everything well; `sick` makes it fall ill when the setting says, and the bot has to notice by itself. It must not
know a plan: how people answer otherwise than usual stands in the setting too.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from sandbox.players import Players
from sandbox.setting import Instead
from sandbox.slack import roster
from sandbox.world import Asked, World

VERDICT: Final = re.compile(r"(?:final verdict is|최종 판정은) (GO|HOLD|ROLLBACK|ABORTED)")
AGAIN_S: Final = 1.0
"""An answer that changed nothing is given again after this long."""
STILL_S: Final = 5.0
"""When nothing has been said or asked for so long after a verdict that ends nothing (HOLD), everybody goes home."""
OPENS_S: Final = 60.0
"""Within so many real seconds a plan that follows has begun."""
SURELY: Final = 2
"""So often the bot says that it is idle before that is believed: it may have said it once before the last act."""


class Script:
    """`play` answers the verdict that stands in the channel at the end, or 'none'. `limit_s`: real seconds it may take."""

    def __init__(self, world: World, name: str, *, say: Callable[[str], None], limit_s: float) -> None:
        self._limit_s = limit_s
        self._world = world
        self._setting = world.setting
        self._say = say
        self._players = Players(world, lambda line: say(f"{self._clock()}  {line}"))
        self._told: dict[str, int] = {}
        self._jobs: set[asyncio.Task[None]] = set()
        self._given: dict[Asked, float] = {}
        self._otherwise: set[tuple[int, str]] = set()
        if name == "sick":
            world.hooks.at.append((self._setting.begins + self._setting.falls_ill, self._fall_ill))

    def in_the_middle(self, call: Callable[[], Awaitable[None]]) -> None:
        """Calls it once, in the middle of the rollout."""

        def begin() -> None:
            async def run() -> None:
                await call()

            job = asyncio.get_running_loop().create_task(run())
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)

        self._world.hooks.at.append((self._setting.begins + self._setting.middle, begin))

    def _fall_ill(self) -> None:
        self._say(f"{self._clock()}  --- {self._setting.ill} ---")
        self._world.make_sick(True)

    def _clock(self, moment: datetime | None = None) -> str:
        return (moment or self._world.plan_now()).strftime("%m-%d %H:%M")

    async def play(self) -> str:
        """From the start to the verdict, and until nobody is asked for anything any more."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limit_s
        quiet_since = loop.time()
        await self._players.command(self._setting.starter, self._setting.command)
        while loop.time() < end:
            if self._transcribe() or self._world.busy:
                quiet_since = loop.time()
            if await self._answer_one():
                quiet_since, self._world.idle = loop.time(), 0
                continue
            if (self._world.idle >= SURELY or loop.time() - quiet_since > STILL_S) and self._verdict():
                self._transcribe()
                return await self._followed(self._verdict())
            self._world.told.clear()
            try:
                await asyncio.wait_for(self._world.told.wait(), 0.05)
            except TimeoutError:
                continue
        self._say(f"{self._clock()}  nothing was decided within {self._limit_s:g} seconds")
        return self._verdict() or "none"

    async def _followed(self, verdict: str) -> str:
        """After GO the starter opens the plan that follows, where there is one: its card is the last that is transcribed."""
        if verdict != "GO" or not self._setting.follows:
            return verdict
        first, loop = self._world.deployment, asyncio.get_running_loop()
        opened = await self._players.answer(self._setting.starter, Asked("follow", "follow", "", ()))
        end = loop.time() + (OPENS_S if opened else 0.0)
        while loop.time() < end:
            self._world.told.clear()
            if self._transcribe() and self._world.deployment != first:
                return verdict
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._world.told.wait(), 0.05)
        self._say(f"{self._clock()}  {self._setting.follows} was not opened")
        return "none"

    async def _answer_one(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._given = {
            ask: at for ask, at in self._given.items() if ask in self._world.asks and now - at < AGAIN_S
        }
        for ask in self._world.asks:
            if ask not in self._given and await self._answer(ask):
                self._given[ask] = now
                return True
        return False

    async def _answer(self, ask: Asked) -> bool:
        """In the usual way, or otherwise where the setting says so."""
        number, other = self._other_way(ask)
        if other is not None and other.types:
            await self._players.command(other.by, other.types)
            self._otherwise.add((number, ""))
            return True
        person = self._who(ask)
        done = bool(person) and await self._players.answer(
            person, ask, other.verb if other is not None else ""
        )
        if done and other is not None:
            self._otherwise.add((number, ask.step if other.again else ""))
        return done

    def _other_way(self, ask: Asked) -> tuple[int, Instead | None]:
        """The first way of the setting that fits what is asked and has not been gone."""
        for number, one in enumerate(self._setting.instead):
            fits = one.kind == ask.kind and one.step in ("", ask.step) and one.subject in ("", ask.subject)
            gone = (number, ask.step if one.again else "") in self._otherwise
            if fits and not gone and (self._world.wishes.sick or not one.when_sick):
                return number, one
        return 0, None

    def _who(self, ask: Asked) -> str:
        return next(
            (
                p
                for p in ask.people
                if p.startswith("U") and not (ask.kind == "decide" and p == self._world.starter)
            ),
            "",
        )

    def _transcribe(self) -> bool:
        """Says every message of the bot once, as it was posted in a channel or a thread; whether there was a new one."""
        told = dict(self._told)
        for channel in self._world.channels:
            messages = list(self._world.slack.workspace.messages[channel].values())
            where = (
                ""
                if channel == roster.DEPLOYMENT
                else f"in #{self._world.slack.workspace.channels[channel].name}, "
            )
            for message in messages[self._told.get(channel, 0) :]:
                if message.from_app:
                    mark = "  · " if message.is_reply else ""
                    at = self._clock(self._world.plan_at(float(message.ts)))  # which may be hours ago by now
                    self._say(f"{at}  {mark}{where}Deploy Captain: {self._players.read(message.text)[:240]}")
            self._told[channel] = len(messages)
        return told != self._told

    def _verdict(self) -> str:
        """The verdict as it stands in the channel."""
        messages = list(self._world.slack.workspace.messages[roster.DEPLOYMENT].values())
        for message in reversed(messages[-40:]):
            found = VERDICT.search(message.text)
            if message.from_app and not message.is_reply and found:
                return found[1]
        return ""

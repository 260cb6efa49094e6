"""Scripts: a whole run with nobody at the page. Everybody answers what is asked of them, through the same commands and clicks.

`happy` leaves the canary healthy; `sick` makes it fail in mid-canary, and the bot has to notice by itself.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sandbox.players import Players
from sandbox.slack import roster
from sandbox.world import START, Asked, World

EXPECTED = {"happy": "GO", "sick": "ROLLBACK"}
LIMIT_S = 90.0
"""Real seconds that a script may take; then it has failed. A quiet machine needs a quarter of it."""
FALLS_ILL = timedelta(hours=24, minutes=31)
"""When the canary falls ill, counted from the world's beginning at 14:01 the day before: 14:32, after the first window."""
MID_CANARY = timedelta(hours=24, minutes=32)
"""When a bot is killed: a minute later, before the evidence suffices."""
VERDICT = re.compile(r"(?:final verdict is|최종 판정은) (GO|HOLD|ROLLBACK|ABORTED)")
AGAIN_S = 1.0
"""An answer that changed nothing is given again after this long."""


class Script:
    """`play` answers the verdict that stands in the channel at the end, or 'none'."""

    def __init__(
        self, world: World, plan: str, name: str, *, say: Callable[[str], None], limit_s: float = LIMIT_S
    ) -> None:
        self._limit_s = limit_s
        self._world = world
        self._plan = plan
        self._say = say
        self._players = Players(world, lambda line: say(f"{self._clock()}  {line}"))
        self._told = 0
        self._jobs: set[asyncio.Task[None]] = set()
        self._given: dict[Asked, float] = {}
        self._looked_again: set[str] = set()
        if name == "sick":
            world.hooks.at.append((START + FALLS_ILL, self._fall_ill))

    def in_mid_canary(self, call: Callable[[], Awaitable[None]]) -> None:
        """Calls it once, in the middle of the first stage."""

        def begin() -> None:
            async def run() -> None:
                await call()

            job = asyncio.get_running_loop().create_task(run())
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)

        self._world.hooks.at.append((START + MID_CANARY, begin))

    def _fall_ill(self) -> None:
        self._say(f"{self._clock()}  --- the canary falls ill ---")
        self._world.make_sick(True)

    def _clock(self) -> str:
        return self._world.plan_now().strftime("%m-%d %H:%M")

    async def play(self) -> str:
        """From `/deploy start` to the verdict."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limit_s
        await self._players.command(roster.GITCODE, f"/deploy start {self._plan} version=v2.14.0")
        while loop.time() < end:
            self._transcribe()
            verdict = self._verdict()
            if verdict:
                return verdict
            if not await self._answer_one():
                self._world.told.clear()
                try:
                    await asyncio.wait_for(self._world.told.wait(), 0.05)
                except TimeoutError:
                    continue
        self._say(f"{self._clock()}  nothing was decided within {self._limit_s:g} seconds")
        return "none"

    async def _answer_one(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._given = {
            ask: at for ask, at in self._given.items() if ask in self._world.asks and now - at < AGAIN_S
        }
        for ask in self._world.asks:
            person = self._who(ask)
            verb = self._verb(ask)
            if person and ask not in self._given and await self._players.answer(person, ask, verb):
                self._given[ask] = now
                return True
        return False

    def _verb(self, ask: Asked) -> str:
        """With a sick canary people look once more before they go on; else the usual answer."""
        if ask.kind != "decide" or not self._world.wishes.sick or ask.step in self._looked_again:
            return ""
        self._looked_again.add(ask.step)
        return "decision.observe"

    def _who(self, ask: Asked) -> str:
        return next(
            (
                p
                for p in ask.people
                if p.startswith("U") and not (ask.kind == "decide" and p == self._world.starter)
            ),
            "",
        )

    def _transcribe(self) -> None:
        """Says every message of the bot once, as it was posted in the channel or a thread."""
        messages = list(self._world.slack.workspace.messages[roster.DEPLOYMENT].values())
        for message in messages[self._told :]:
            if message.from_app:
                mark = "  · " if message.is_reply else ""
                self._say(f"{self._clock()}  {mark}Deploy Captain: {' '.join(message.text.split())[:240]}")
        self._told = len(messages)

    def _verdict(self) -> str:
        """The verdict as it stands in the channel."""
        messages = list(self._world.slack.workspace.messages[roster.DEPLOYMENT].values())
        for message in reversed(messages[-40:]):
            found = VERDICT.search(message.text)
            if message.from_app and not message.is_reply and found:
                return found[1]
        return ""

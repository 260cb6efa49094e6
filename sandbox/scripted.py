"""Scripts: a whole run with nobody at the page. Everybody answers what is asked of them, through the same commands and clicks.

`happy` leaves the canary healthy; `sick` makes it fail in mid-canary, and the bot has to notice by itself.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sandbox.players import Players
from sandbox.slack import roster
from sandbox.world import START, Asked, World

EXPECTED = {"happy": "GO", "sick": "ROLLBACK"}
LIMIT_S = 58.0
"""Real seconds that a script may take; then it has failed."""
FALLS_ILL = timedelta(hours=24, minutes=31)
"""When the canary falls ill, counted from the world's beginning at 14:01 the day before: 14:32, after the first window."""
MID_CANARY = timedelta(hours=24, minutes=36)
VERDICT = re.compile(r"(?:final verdict is|최종 판정은) (GO|HOLD|ROLLBACK|ABORTED)")
AGAIN_S = 1.0
"""An answer that changed nothing is given again after this long."""


class Script:
    """`play` answers the verdict that stands in the channel at the end, or 'none'."""

    def __init__(self, world: World, plan: str, name: str, *, say: Callable[[str], None]) -> None:
        self._world = world
        self._plan = plan
        self._say = say
        self._players = Players(world, lambda line: say(f"{self._clock()}  {line}"))
        self._told: set[tuple[str, str]] = set()
        self._jobs: set[asyncio.Task[None]] = set()
        self._given: dict[Asked, float] = {}
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
        end = loop.time() + LIMIT_S
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
        self._say(f"{self._clock()}  nothing was decided within {LIMIT_S:g} seconds")
        return "none"

    async def _answer_one(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._given = {
            ask: at for ask, at in self._given.items() if ask in self._world.asks and now - at < AGAIN_S
        }
        for ask in self._world.asks:
            person = self._who(ask)
            verb = "decision.observe" if ask.kind == "decide" and self._world.wishes.sick else ""
            if person and ask not in self._given and await self._players.answer(person, ask, verb):
                self._given[ask] = now
                return True
        return False

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
        """Says every message of the bot once, as it stands in the channel or the card's thread."""
        people = self._world.slack.people
        for message in people.screen(roster.SENA, roster.DEPLOYMENT):
            self._tell(message, "")
            if message.get("pinned") and message.get("reply_count"):
                for reply in people.thread(roster.SENA, roster.DEPLOYMENT, str(message["ts"]))[1:]:
                    self._tell(reply, "  · ")

    def _tell(self, message: dict[str, Any], mark: str) -> None:
        key = (str(message["ts"]), mark)
        if message.get("bot") and key not in self._told:
            self._told.add(key)
            self._say(
                f"{self._clock()}  {mark}Deploy Captain: {' '.join(str(message.get('text', '')).split())[:240]}"
            )

    def _verdict(self) -> str:
        """The verdict as it stands in the channel."""
        for message in reversed(self._world.slack.people.screen(roster.SENA, roster.DEPLOYMENT)[-5:]):
            found = VERDICT.search(str(message.get("text", "")))
            if message.get("bot") and found:
                return found[1]
        return ""

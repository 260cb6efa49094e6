"""The beat: due deployments get a Tick. APScheduler keeps no state here; due times live in rows, so a missed beat loses nothing."""

from __future__ import annotations

import logging
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core.errors import Refused
from core.inputs import Returned, Tick
from storage.clock import Clock
from storage.ledger import Ledger
from storage.queries import Queries

log = logging.getLogger(__name__)


class Ticker:
    """`tick_once` is the whole work; `start` lets a beat call it."""

    def __init__(
        self, ledger: Ledger, queries: Queries, clock: Clock, *, beat_s: float, away_s: float
    ) -> None:
        self._ledger = ledger
        self._queries = queries
        self._clock = clock
        self._beat_s = beat_s
        self._away = timedelta(seconds=away_s)
        self._scheduler: AsyncIOScheduler | None = None
        self._count = 0

    def start(self) -> None:
        """One interval beat; a beat that comes while another runs is left out, a late one still counts."""
        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_job(
            self.beat,
            "interval",
            seconds=self._beat_s,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            id="tick",
        )
        scheduler.start()
        self._scheduler = scheduler

    def stop(self) -> None:
        """No more beats."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    async def beat(self) -> None:
        """One beat. A database that is away for a moment is not the end of the beats."""
        try:
            await self.tick_once()
        except Exception:  # the next beat finds what this one left
            log.exception("a beat failed; the next one goes on", extra={"action": "tick.failed"})

    async def tick_once(self) -> int:
        """Ticks every deployment that is due, and says that the bot is alive. Answers how many were ticked."""
        now = self._clock()
        due = await self._queries.due(now)
        for deployment_id, _ in due:
            self._count += 1
            try:
                await self._ledger.apply(deployment_id, Tick(), key=f"tick:{now.isoformat()}:{self._count}")
            except Refused as refused:
                log.warning(
                    "a tick was refused: %s",
                    refused,
                    extra={"action": "tick.refused", "deployment": deployment_id},
                )
        await self._queries.beat(now)
        return len(due)

    async def absences(self) -> tuple[tuple[str, Returned, str], ...]:
        """(deployment, what to tell it, key) for every active deployment, when the bot was away long enough to matter.

        Read before a rehearsal's clock is set again, so that `since` is the plan time at which the bot was last seen."""
        seen, now = await self._queries.presence(), self._clock()
        if seen is None or now - seen < self._away:
            return ()
        found = []
        for deployment in await self._queries.active():
            if deployment.rehearsal:
                continue
            clock = await self._queries.plan_clock(deployment.id)
            found.append((deployment.id, Returned(clock.now(seen)), f"returned:{seen.isoformat()}"))
        return tuple(found)

    async def rehearsals_go_on(self) -> None:
        """A rehearsal that stood while the bot was away goes on from there: at its speed an hour would be days."""
        seen, now = await self._queries.presence(), self._clock()
        for deployment in await self._queries.active():
            if deployment.rehearsal and seen is not None:
                clock = await self._queries.plan_clock(deployment.id)
                await self._ledger.retime(deployment.id, clock.moved(now, clock.now(min(seen, now))))

    async def tell(self, absences: tuple[tuple[str, Returned, str], ...]) -> None:
        """Tells the deployments how long the bot was away."""
        for deployment_id, returned, key in absences:
            await self._ledger.apply(deployment_id, returned, key=key)
            log.info("back after an absence", extra={"action": "returned", "deployment": deployment_id})

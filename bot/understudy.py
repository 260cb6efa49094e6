"""Lets the understudy answer in rehearsals without people: after every commit, everything that is open.

What is answered is decided in `core.understudy`. What stands still again and again for the same reason is given up, so that a
rehearsal ends. It must not know how anything was asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from core import understudy
from core.asks import asks
from core.errors import Refused
from core.inputs import Input, Resumed
from core.state import Deployment
from storage.clock import Clock
from storage.ledger import Ledger
from storage.queries import Queries

log = logging.getLogger(__name__)

PATIENCE = 3
"""So often it goes on after standing still for one reason; then it gives up."""
LOOK_S = 1.0
"""How often it looks, in real seconds, when nothing is committed."""


class Understudy:
    """One for all rehearsals of a process."""

    def __init__(self, ledger: Ledger, queries: Queries, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._queries = queries
        self._wake = asyncio.Event()
        self._stood: Counter[tuple[str, str, str]] = Counter()
        self._answered = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        end = self._ledger.on_commit(self._wake.set)
        try:
            while not stop.is_set():
                self._wake.clear()
                try:
                    answered = await self.answer_once()
                except Exception:  # whatever it was, the next look finds what this one left
                    log.exception("a rehearsal could not be answered", extra={"action": "rehearsal.failed"})
                    answered = 0
                if not answered:
                    await self._sleep(stop)
        finally:
            end()

    async def _sleep(self, stop: asyncio.Event) -> None:
        ending = asyncio.create_task(stop.wait())
        waking = asyncio.create_task(self._wake.wait())
        await asyncio.wait({ending, waking}, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        for task in (ending, waking):
            task.cancel()

    async def answer_once(self) -> int:
        """One answer for every rehearsal that waits for one; answers how many were given."""
        given = 0
        for deployment in await self._queries.active():
            if deployment.rehearsal and deployment.rehearsing.unattended:
                given += await self._answer(deployment)
        return given

    async def _answer(self, deployment: Deployment) -> bool:
        """Gives the first answer that the rules take."""
        for happened in self._answers(deployment):
            self._answered += 1
            key = f"understudy:{self._clock().isoformat()}:{self._answered}"
            try:
                await self._ledger.apply(deployment.id, happened, key=key)
            except Refused as refused:
                log.info(
                    "the rules refuse an answer of the understudy: %s",
                    refused,
                    extra={"action": "rehearsal.refused", "deployment": deployment.id},
                )
                continue
            if isinstance(happened, Resumed):
                self._stood[_reason(deployment)] += 1
            return True
        return False

    def _answers(self, deployment: Deployment) -> list[Input]:
        if deployment.hold is not None and self._stood[_reason(deployment)] >= PATIENCE:
            ending = understudy.give_up(deployment)
            return [] if ending is None else [ending]
        settling = (
            deployment.hold is not None and deployment.hold.cause == "verdict"
        )  # by an answer, not by going on
        found = [ask for ask in asks(deployment) if not (settling and ask.kind == "hold")]
        return [understudy.answer(deployment, ask) for ask in found]


def _reason(deployment: Deployment) -> tuple[str, str, str]:
    held = deployment.hold
    return (deployment.id, held.key, held.ref) if held is not None else (deployment.id, "", "")

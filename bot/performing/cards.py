"""The card of a deployment: pinned when it is posted, and posted anew when it can no longer be edited.

There is one at a time: whoever finds it gone first makes the new one. It must not know what the card shows.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from datetime import timedelta
from typing import Final

from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from bot.performing.drawing import Message, drawn
from bot.performing.gatekeeping import Gatekeeper
from bot.performing.notes import note
from bot.performing.pacing import POST
from bot.performing.work import Work
from core.effects import Update
from storage.messages import MessageRef, Messages

log = logging.getLogger(__name__)

CARD: Final = "card"
_SKEW: Final = timedelta(minutes=5)


class Cards:
    """The cards of all deployments."""

    def __init__(self, slack: SlackWeb, messages: Messages, gate: Gatekeeper) -> None:
        self._slack = slack
        self._messages = messages
        self._gate = gate
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def pin(self, channel: str, ts: str) -> None:
        """Pins the card. A card without a pin is a card all the same."""
        try:
            await self._slack.pin(channel, ts)
        except (TryLater, GaveUp) as problem:
            log.warning(
                "the card could not be pinned",
                extra={"action": "slack.pin", "why": problem.code or problem.reason},
            )

    async def replace_lost(self, work: Work, lost_ts: str, reason: str) -> None:
        """A reply found no card to stand under: makes a new one, unless somebody else just did."""
        old = await self._messages.find(work.deployment.id, CARD)
        if old is not None and old.ts == lost_ts:
            log.warning("the card is gone", extra={"action": "slack.gone", "key": CARD, "why": reason})
            await self.anew(work, old, drawn(work, Update(view=CARD, key=CARD)))

    async def anew(self, work: Work, old: MessageRef | None, message: Message) -> str:
        """Posts the card again, moves the pin, and leaves a pointer at the old one. Returns the new ts."""
        async with self._locks[work.deployment.id]:
            now = await self._messages.find(work.deployment.id, CARD)
            if now is not None and (old is None or now.ts != old.ts):
                return now.ts
            channel = await self._slack.channel(work.plan.channels["main"])
            mark = f"{work.claim.id}/card"
            ts = None
            if work.claim.began_before:
                ts = await self._slack.find(channel, mark, since=work.claim.created_at - _SKEW)
            if ts is None:
                self._gate.turn(work, POST, channel, 1)
                with self._gate.throttling(POST, channel):
                    ts = await self._slack.post(channel, message.text, message.blocks, mark=mark)
            await self._messages.put(work.deployment.id, CARD, CARD, "", channel, ts, message.digest)
        await self.pin(channel, ts)
        self._gate.worked(channel)
        if old is not None:
            await self._point(work, old, channel, ts)
        return ts

    async def _point(self, work: Work, old: MessageRef, channel: str, ts: str) -> None:
        """From the old card to the new one. All of it is courtesy: the old card may not even be there."""
        try:
            await self._slack.unpin(old.channel, old.ts)
            link = await self._slack.permalink(channel, ts)
            text = note("moved", work.deployment.language, link=link)
            await self._slack.post(old.channel, text, (), mark=f"{work.claim.id}/moved", thread_ts=old.ts)
        except (TryLater, GaveUp) as problem:
            log.info(
                "no pointer at the old card",
                extra={"action": "slack.pointer", "why": problem.code or problem.reason},
            )

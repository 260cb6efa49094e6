"""Post and Update: what Slack shows. A message is drawn when it is sent, from the newest state, and is sent once.

A post whose outcome is not known is looked for by its metadata before it is sent again. A message with a key is
remembered with its place and digest; an edit that would change nothing is not made. Messages that came too late to be of
use are left out, and the next one says so. It must not know what a message means.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Final

from bot.adapters import slack_codes
from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from bot.performing.cards import CARD, Cards
from bot.performing.drawing import Message, drawn
from bot.performing.expiry import EXPIRING, expired
from bot.performing.gatekeeping import Gatekeeper
from bot.performing.notes import dropped, late
from bot.performing.pacing import POST, UPDATE
from bot.performing.work import Done, Work
from core.effects import Post, Update
from core.inputs import Posted
from storage.messages import MessageRef, Messages

log = logging.getLogger(__name__)

LATE: Final = timedelta(seconds=60)
# Slack's clock and ours may differ; a message is looked for from a little before it was asked for.
_SLACK_SKEW: Final = timedelta(minutes=5)
_CARD_PATIENCE: Final = timedelta(minutes=2)
_NO_SUCH_THREAD: Final = frozenset({"thread_not_found", "cannot_reply_to_message", "message_not_found"})


class Deliverer:
    """All messages of all deployments, over one Slack app."""

    def __init__(self, slack: SlackWeb, messages: Messages, gate: Gatekeeper) -> None:
        self._slack = slack
        self._messages = messages
        self._gate = gate
        self._cards = Cards(slack, messages, gate)
        self._left_out: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._wordy: set[tuple[str, str, str]] = set()  # messages whose layout Slack has refused

    async def post(self, work: Work, effect: Post) -> Done:
        """Sends a new message. Raises TryLater or GaveUp; with `effect.answer` the input is Posted."""
        if expired(work, effect):
            return self._drop(work, effect)
        self._gate.open()
        channel = await self._channel(work, effect)
        with self._gate.watching(channel, personal=effect.place == "dm"):
            thread = await self._thread(work, effect, channel)
            message = drawn(work, effect)
            ts = await self._found(work, channel, thread)
            if ts is None:
                ts = await self._send(work, effect, message, channel, thread)
            if effect.key:
                await self._remember(work, effect, MessageRef(channel, ts, message.digest))
            if effect.key == CARD:
                await self._cards.pin(channel, ts)
        self._gate.worked(channel)
        return Done(f"posted {ts}", Posted(effect.key) if effect.answer else None)

    async def update(self, work: Work, effect: Update) -> Done:
        """Draws a message again where it stands. A card that can no longer be edited is posted anew."""
        self._gate.open()
        ref = await self._messages.find(work.deployment.id, effect.key)
        message = drawn(work, effect)
        if ref is None:
            # Effects of one key come in order: the post has had its turn, and nothing of it is there.
            return (
                await self._anew(work, effect, None, message)
                if effect.key == CARD
                else Done("no message to update")
            )
        if ref.digest == message.digest:
            return Done("unchanged")
        with self._gate.watching(ref.channel, personal=False):
            self._gate.turn(work, UPDATE, ref.channel, effect.priority)
            try:
                await self._edit(work, effect, message, ref)
            except GaveUp as problem:
                if problem.code not in slack_codes.GONE:
                    raise
                return await self._lost(work, effect, ref, message, problem)
        self._gate.worked(ref.channel)
        await self._remember(work, effect, MessageRef(ref.channel, ref.ts, message.digest))
        return Done("updated")

    # ------------------------------------------------------------------------------------------------ a new message

    async def _channel(self, work: Work, effect: Post) -> str:
        personal = effect.place == "dm"
        name = effect.channel if personal else work.plan.channels.get(effect.channel, effect.channel)
        with self._gate.watching(name, personal=personal):
            return await self._slack.dm(name) if personal else await self._slack.channel(name)

    async def _thread(self, work: Work, effect: Post, channel: str) -> str:
        """The ts under which it stands, or ''. A reply waits for the card, for a while."""
        if effect.place not in ("thread", "both"):
            return ""
        card = await self._messages.find(work.deployment.id, CARD)
        if card is not None:
            return card.ts if card.channel == channel else ""
        if work.age < _CARD_PATIENCE or effect.view in EXPIRING:
            wait_s = min(max(work.age.total_seconds() / 2, 0.3), 60.0)
            raise TryLater(wait_s, "The card is not there yet, under which this belongs.", code="no-card")
        return ""  # better in the channel than nowhere

    async def _found(self, work: Work, channel: str, thread: str) -> str | None:
        """The message, when an earlier attempt has sent it after all."""
        if not work.claim.began_before:
            return None
        try:
            return await self._slack.find(
                channel, work.claim.id, since=work.claim.created_at - _SLACK_SKEW, thread_ts=thread
            )
        except GaveUp as problem:
            if problem.code != "missing_scope":
                raise
            if work.effect.priority <= 1:  # type: ignore[union-attr]  # only posts come here
                return None  # better a page twice than not at all
            raise GaveUp(
                "It may have been sent; without channels:history that cannot be found out.", unknown=True
            ) from None

    async def _send(self, work: Work, effect: Post, message: Message, channel: str, thread: str) -> str:
        self._gate.turn(work, POST, channel, effect.priority)
        message = await self._calling_only(effect, message)
        whole = message.mentioning(effect.people).noting(self._notes(work))
        name = (work.deployment.id, effect.view, effect.subject)
        broadcast = bool(thread) and (effect.place == "both" or message.broadcast)
        if name in self._wordy:
            whole = whole.plain(work.deployment.language)
        try:
            ts = await self._posted(work, whole, channel, thread, broadcast)
        except GaveUp as problem:
            if problem.code in _NO_SUCH_THREAD and thread:
                await self._cards.replace_lost(work, thread, problem.reason)
                raise TryLater(0.5, "The card was gone; there is a new one.") from None
            if problem.code not in slack_codes.LAYOUT or not whole.blocks:
                raise
            self._refused_layout(work, name, problem)
            ts = await self._posted(work, whole.plain(work.deployment.language), channel, thread, broadcast)
        self._left_out.pop(work.deployment.id, None)
        return ts

    async def _calling_only(self, effect: Post, message: Message) -> Message:
        """Only those whom the rules call are mentioned; everybody else is named, so that the log rings for nobody."""
        if effect.place == "dm":
            return message
        others = [one for one in message.people() if one not in effect.people]
        return (
            message.naming({one: await self._slack.person(one) or one for one in others})
            if others
            else message
        )

    async def _posted(self, work: Work, message: Message, channel: str, thread: str, broadcast: bool) -> str:
        with self._gate.throttling(POST, channel):
            return await self._slack.post(
                channel,
                message.text,
                message.blocks,
                mark=work.claim.id,
                thread_ts=thread,
                broadcast=broadcast,
            )

    def _notes(self, work: Work) -> list[str]:
        language = work.deployment.language
        notes = []
        if work.age > LATE:
            notes.append(late(language, work.claim.created_at, work.clock()))
        left_out = self._left_out.get(work.deployment.id)
        if left_out:
            notes.append(dropped(language, left_out["report"], left_out["log"]))
        return notes

    def _drop(self, work: Work, effect: Post) -> Done:
        self._left_out[work.deployment.id]["report" if effect.view == "report" else "log"] += 1
        self._gate.dropped(work, effect.view)
        return Done("expired: it came too late to be of use")

    # ----------------------------------------------------------------------------------------------------- an edit

    async def _edit(self, work: Work, effect: Update, message: Message, ref: MessageRef) -> None:
        name = (work.deployment.id, effect.view, effect.subject)
        if name in self._wordy:
            message = message.plain(work.deployment.language)
        with self._gate.throttling(UPDATE, ref.channel):
            try:
                await self._slack.update(ref.channel, ref.ts, message.text, message.blocks)
            except GaveUp as problem:
                if problem.code not in slack_codes.LAYOUT or not message.blocks:
                    raise
                self._refused_layout(work, name, problem)
                words = message.plain(work.deployment.language)
                await self._slack.update(ref.channel, ref.ts, words.text, words.blocks)

    async def _lost(
        self, work: Work, effect: Update, ref: MessageRef, message: Message, problem: GaveUp
    ) -> Done:
        log.warning(
            "a message can no longer be edited",
            extra={"action": "slack.gone", "key": effect.key, "why": problem.code},
        )
        if effect.key == CARD:
            return await self._anew(work, effect, ref, message)
        await self._messages.forget(work.deployment.id, effect.key)
        return Done(f"gone: {problem.code}")

    async def _anew(self, work: Work, effect: Update, old: MessageRef | None, message: Message) -> Done:
        ts = await self._cards.anew(work, old, message)
        return Done(f"posted anew {ts}")

    # ------------------------------------------------------------------------------------------------------- memory

    async def _remember(self, work: Work, effect: Post | Update, ref: MessageRef) -> None:
        await self._messages.put(
            work.deployment.id, effect.key, effect.view, effect.subject, ref.channel, ref.ts, ref.digest
        )

    def _refused_layout(self, work: Work, name: tuple[str, str, str], problem: GaveUp) -> None:
        """Remembered until the bot starts anew: asking again with the same kind of layout would fail again."""
        self._wordy.add(name)
        log.error(
            "Slack refused the layout of a message; it goes out in words",
            extra={
                "action": "slack.layout",
                "view": name[1],
                "deployment": work.deployment.id,
                "why": problem.code,
            },
        )

"""What people are shown beside the outbox: how far a long action is, and its whole output as a file.

All of it is a courtesy. It takes only what the messages of the outbox leave over, waits where Slack asks for a pause, never
holds an action up, never fails it, and may be lost in a crash: what counts is in the outbox, and goes out from there. The
outcome of an action is committed before anything here is said about it. It must not know what the action is for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from bot.performing.cards import CARD
from bot.performing.followed import (
    VIEW,
    Followed,
    Manners,
    drawn,
    key_of,
    mark_of,
    state_of,
    subject_of,
    words_again,
    words_of,
)
from bot.performing.gatekeeping import Gatekeeper
from bot.performing.outputs import Output
from bot.performing.pacing import POST, UPDATE
from bot.performing.work import Done, Work
from bot.secrets import Secrets
from commands.blocks import draw
from commands.blocks.progress import whole
from commands.telling import voice
from core.effects import CheckItem, Run, SetWeight
from core.state import Deployment
from storage.messages import MessageRef, Messages
from storage.outbox import Claim

log = logging.getLogger(__name__)

FOLLOWED: Final = (Run, SetWeight, CheckItem)
_SKEW: Final = timedelta(minutes=5)


class Following:
    """All actions under way. `observe` is told "showing" and "uploading" with the claim, before Slack is called."""

    def __init__(
        self,
        slack: SlackWeb,
        messages: Messages,
        gate: Gatekeeper,
        secrets: Secrets,
        observe: Callable[[str, Claim], None],
        manners: Manners,
    ) -> None:
        self._slack = slack
        self._messages = messages
        self._gate = gate
        self._secrets = secrets
        self._observe = observe
        self._manners = manners
        self._followed: dict[str, Followed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, work: Work) -> Work:
        """The work with somebody who listens to its progress."""
        if not isinstance(work.effect, FOLLOWED):
            return work
        one = Followed(work, self._show, lambda text: self._secrets.redact(text, work.plan), self._manners)
        self._followed[work.claim.id] = one
        return replace(work, progress=one.told)

    def ended(self, claim: Claim, outcome: Done | TryLater | GaveUp | None) -> None:
        """What came of it is committed, or (None) is somebody else's now. Returns at once; the rest is said by and by."""
        one = self._followed.pop(claim.id, None)
        if one is not None:
            self._later(self._finish(one, outcome))

    async def settled(self, within_s: float | None = None) -> None:
        """Waits until everything is said; what takes longer is left unsaid."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def begin(self, load: Callable[[str], Awaitable[Deployment]]) -> None:
        """This process has become the drainer: what an earlier one was showing has been interrupted, and now says so."""
        self._later(self._sweep(load))

    async def _sweep(self, load: Callable[[str], Awaitable[Deployment]]) -> None:
        mine = {key_of(one.work) for one in self._followed.values()}
        for deployment_id, placed in await self._messages.showing(VIEW):
            if placed.key in mine:
                continue
            try:
                deployment = await load(deployment_id)
                words = (*words_again(placed.subject), ("state", "interrupted"))
                said = draw(VIEW, deployment, words=words, now=deployment.t0, language=deployment.language)
                await self._slack.update(placed.ref.channel, placed.ref.ts, said.text, said.blocks)
            except (TryLater, GaveUp) as problem:
                log.info(
                    "an interrupted action still looks as if it ran",
                    extra={
                        "action": "progress.unsaid",
                        "effect": placed.key,
                        "why": problem.code or problem.reason,
                    },
                )
                if isinstance(problem, TryLater):
                    continue
            await self._messages.forget(deployment_id, placed.key)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception:  # a courtesy does not stop anything
            log.exception("a courtesy failed", extra={"action": "progress.surprise"})

    # ------------------------------------------------------------------------------------------------ while it runs

    async def _show(self, one: Followed) -> None:
        """One occasion. Never fails."""
        try:
            await (self._post(one) if one.ref is None else self._edit(one, one.ref))
        except TryLater as problem:
            one.unsure = one.unsure or (problem.unknown and one.ref is None)
            one.again()
        except GaveUp as problem:
            one.refused = True
            _unsaid(one.work, problem)
        except Exception:  # a courtesy does not stop an action
            one.refused = True
            log.exception("progress could not be shown", extra={"action": "progress.surprise"})

    async def _post(self, one: Followed) -> None:
        card = await self._messages.find(one.work.deployment.id, CARD)
        if card is None or not self._gate.spare(POST, card.channel):
            one.again()
            return
        if one.unsure and await self._found(one, card) is not None:
            one.again()
            return
        message = drawn(one, "running")
        self._observe("showing", one.work.claim)
        with self._gate.throttling(POST, card.channel):
            ts = await self._slack.post(
                card.channel, message.text, message.blocks, mark=mark_of(one.work), thread_ts=card.ts
            )
        await self._remember(one, MessageRef(card.channel, ts, ""))

    async def _edit(self, one: Followed, ref: MessageRef) -> None:
        if not self._gate.spare(UPDATE, ref.channel):
            one.again()
            return
        message = drawn(one, "running")
        with self._gate.throttling(UPDATE, ref.channel):
            await self._slack.update(ref.channel, ref.ts, message.text, message.blocks)

    async def _remember(self, one: Followed, ref: MessageRef) -> None:
        """With its place on disk, a bot that starts anew can say that it was interrupted."""
        one.ref, one.unsure = ref, False
        work = one.work
        await self._messages.put(
            work.deployment.id, key_of(work), VIEW, subject_of(work), ref.channel, ref.ts, ""
        )

    async def _found(self, one: Followed, card: MessageRef) -> MessageRef | None:
        since = one.work.claim.created_at - _SKEW
        ts = await self._slack.find(card.channel, mark_of(one.work), since=since, thread_ts=card.ts)
        if ts is not None:
            await self._remember(one, MessageRef(card.channel, ts, ""))
        return one.ref

    # ------------------------------------------------------------------------------------------------ when it has ended

    async def _finish(self, one: Followed, outcome: Done | TryLater | GaveUp | None) -> None:
        await one.over()
        if outcome is None:
            return
        await self._safely(one.work, lambda: self._last_edit(one, state_of(outcome)))
        if isinstance(outcome, Done) and outcome.output is not None and outcome.output.whole:
            output = outcome.output
            problem = await self._safely(one.work, lambda: self._file(one.work, output))
            if problem is not None:
                await self._safely(one.work, lambda: self._no_file(one.work, output, problem.reason))

    async def _safely(self, work: Work, say: Callable[[], Awaitable[None]]) -> TryLater | GaveUp | None:
        """Tries it a few times. What cannot be said is logged, and the answer is why."""
        attempt = 0
        while True:
            attempt += 1
            try:
                await say()
                return None
            except TryLater as problem:
                wait_s, last = problem.after_s, attempt == self._manners.tries or problem.unknown
                if last or wait_s > self._manners.longest_wait_s:
                    return _unsaid(work, problem)
            except GaveUp as problem:
                return _unsaid(work, problem)
            await asyncio.sleep(wait_s)

    async def _last_edit(self, one: Followed, state: str) -> None:
        """How it ended, where its progress stood."""
        work = one.work
        if one.ref is None and one.unsure:
            card = await self._messages.find(work.deployment.id, CARD)
            if card is not None:
                await self._found(one, card)
        ref = one.ref
        if ref is None:
            return
        self._turn(f"{mark_of(work)}/end", UPDATE, ref.channel)
        message = drawn(one, state)
        with self._gate.throttling(UPDATE, ref.channel):
            await self._slack.update(ref.channel, ref.ts, message.text, message.blocks)
        await self._messages.forget(work.deployment.id, key_of(work))

    async def _file(self, work: Work, output: Output) -> None:
        """The whole output under the card."""
        card = await self._card(work, "file")
        words = words_of(work)
        name = f"{dict(words).get('item') or dict(words).get('action')}.txt"
        self._observe("uploading", work.claim)
        with self._gate.throttling("files", card.channel):
            await self._slack.upload(
                card.channel,
                card.ts,
                output.whole.encode(),
                name=name,
                title=name,
                comment=whole(words, voice(work.deployment, work.plan_now()), output.printed),
            )

    async def _no_file(self, work: Work, output: Output, why: str) -> None:
        """A line that says so: the log's own line has only the end of it."""
        card = await self._card(work, "no-file")
        said = whole(words_of(work), voice(work.deployment, work.plan_now()), output.printed, why)
        with self._gate.throttling(POST, card.channel):
            await self._slack.post(card.channel, said, (), mark=f"{mark_of(work)}/file", thread_ts=card.ts)

    async def _card(self, work: Work, turn: str) -> MessageRef:
        """Where the thread is, when it is its turn."""
        card = await self._messages.find(work.deployment.id, CARD)
        if card is None:
            raise GaveUp("There is no card under which it could stand.", code="no-card")
        self._turn(f"{mark_of(work)}/{turn}", POST, card.channel)
        return card

    def _turn(self, turn: str, method: str, channel: str) -> None:
        self._gate.open()
        wait_s = self._gate.wait_s(turn, method, channel)
        if wait_s > 0:
            raise TryLater(wait_s, "It waits for its turn.", code="pace")


def _unsaid(work: Work, problem: TryLater | GaveUp) -> TryLater | GaveUp:
    log.info(
        "what an action showed did not reach its thread",
        extra={"action": "progress.unsaid", "effect": work.claim.id, "why": problem.code or problem.reason},
    )
    return problem

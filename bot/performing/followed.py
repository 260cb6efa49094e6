"""One action that may become long: what it said last, when there is an occasion to show it, and how that is drawn.

It must not know Slack.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.errors import GaveUp, TryLater
from bot.performing.work import Done, Told, Work
from commands.blocks import Drawn, draw
from core.effects import CheckItem, Run, SetWeight, Words
from core.inputs import Checked, Ran
from storage.messages import MessageRef

log = logging.getLogger(__name__)

VIEW: Final = "progress"


@dataclass(frozen=True)
class Manners:
    """In real seconds: nothing is said about what ends within `after_s`; the message is edited every `every_s` at most. What has
    to be said at the end is tried `tries` times, with waits up to `longest_wait_s`."""

    after_s: float = 4.0
    every_s: float = 5.0
    tries: int = 4
    longest_wait_s: float = 30.0


class Followed:
    """One action that may become long. What it tells is kept until there is an occasion to show it."""

    def __init__(
        self,
        work: Work,
        show: Callable[[Followed], Awaitable[None]],
        redact: Callable[[str], str],
        manners: Manners,
    ) -> None:
        self.work = work
        self.began = work.clock()
        self.ref: MessageRef | None = None
        self.unsure = False  # a post may stand there, whose answer was lost
        self.refused = False
        self._show = show
        self._redact = redact
        self._manners = manners
        self._newest: Told = ""
        self._fresh = asyncio.Event()
        self._over = asyncio.Event()
        self._showing: asyncio.Task[None] | None = None

    def told(self, text: Told) -> None:
        """Something new to say. Returns at once; called on another thread than the loop's it is only kept."""
        self._newest = text
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._fresh.set()
        if self._showing is None:
            self._showing = loop.create_task(self._run())

    def said(self) -> str:
        """The newest text; '' when it cannot be had."""
        try:
            return self._redact(self._newest if isinstance(self._newest, str) else self._newest())
        except Exception:  # whatever an action has to say must not become its failure
            log.exception("what an action said could not be read", extra={"action": "progress.surprise"})
            return ""

    def took_s(self) -> float:
        """Real seconds since it began."""
        return (self.work.clock() - self.began).total_seconds()

    async def over(self) -> None:
        """The action has ended: waits until what is being said is said."""
        self._over.set()
        self._fresh.set()
        if self._showing is not None:
            await asyncio.wait({self._showing})

    async def _run(self) -> None:
        await self._pause(self._manners.after_s)
        while not self._over.is_set() and not self.refused:
            await self._fresh.wait()
            self._fresh.clear()
            if not self._over.is_set():
                await self._show(self)
                await self._pause(self._manners.every_s)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            pass  # that is what it waited for

    def again(self) -> None:
        """There was no occasion; the next one is waited for."""
        self._fresh.set()


def drawn(one: Followed, state: str) -> Drawn:
    """The message as it stands now; `state` is a word of `progress.*`."""
    work = one.work
    words = (*words_of(work), ("state", state), ("took_s", one.took_s()), ("output", one.said()))
    return draw(VIEW, work.deployment, words=words, now=work.plan_now(), language=work.deployment.language)


def words_of(work: Work) -> Words:
    """What is under way, for the drawing."""
    match work.effect:
        case Run() | SetWeight() as effect:
            return (("action", effect.action),)
        case CheckItem() as effect:
            return (("step", effect.step), ("item", effect.item))
        case _:
            return ()


def state_of(outcome: Done | TryLater | GaveUp) -> str:
    """The word of `progress.*` for an outcome."""
    if isinstance(outcome, TryLater):
        return "again"
    answer = outcome.answer if isinstance(outcome, Done) else None
    if isinstance(answer, Ran | Checked):
        return "done" if answer.ok else "failed"
    return "unknown"


def mark_of(work: Work) -> str:
    """By which the message is known in Slack."""
    return f"{work.claim.id}/progress/{work.claim.attempts}"


def key_of(work: Work) -> str:
    """By which its place is remembered."""
    return f"progress:{work.claim.id}:{work.claim.attempts}"


def subject_of(work: Work) -> str:
    """What is under way, in one word, from which `words_again` makes the drawing's words."""
    return ":".join(str(word) for _, word in words_of(work))


def words_again(subject: str) -> Words:
    """What was under way."""
    step, _, item = subject.rpartition(":")
    return (("step", step), ("item", item)) if step else (("action", item),)

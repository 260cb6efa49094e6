"""Recording what people do and telling them what came of it: 'done' is said only of what is committed.

A commit that takes longer than people's patience goes on; the answer is then 'not recorded yet', and the outcome follows.
It must not know any feature.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from commands import blocks
from commands.asker import Asker
from commands.room import Room
from commands.telling import Voice, voice
from core.errors import Refused
from core.inputs import Input
from core.state import Deployment
from storage.ledger import Outcome

Tell = Callable[[str], Awaitable[None]]
FACTS = 4
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What a person is told. Exactly one of outcome, refused and neither (late, or a fault)."""

    text: str
    outcome: Outcome | None = None
    refused: Refused | None = None

    @property
    def done(self) -> bool:
        """Whether it is committed."""
        return self.outcome is not None


class Answers:
    """One for all features of a process; it owns every task that outlives its listener."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._tasks: set[asyncio.Future[Any]] = set()

    # ------------------------------------------------------------------------------------------------- recording

    async def record(self, deployment: Deployment, happened: Input, key: str, tell: Tell) -> Answer:
        """Applies an input. `tell` gets the outcome's sentence when it comes later than patience."""
        return await self.settle(self.room.ledger.submit(deployment.id, happened, key=key), tell, deployment)

    async def settle(self, work: Awaitable[Outcome], tell: Tell, about: Deployment | None) -> Answer:
        """Waits for a commit as long as patience lasts; the work itself is never cancelled."""
        task = asyncio.ensure_future(work)
        self._keep(task)
        await _patiently(task, self.room.patience_s)
        if not task.done():
            self.later(self._follow(task, tell, about))
            return Answer(self.voice(about).say("answer.late"))
        return self._answer(task, about)

    def _answer(self, task: asyncio.Future[Outcome], about: Deployment | None) -> Answer:
        fault = task.exception()
        if isinstance(fault, Refused):
            return Answer(self.refusal(fault, about), refused=fault)
        if fault is not None:
            _log.error("an act could not be recorded", exc_info=fault)
            return Answer(self.voice(about).say("refused.not-saved"))
        outcome = task.result()
        return Answer(self.told(outcome), outcome=outcome)

    async def _follow(self, task: asyncio.Future[Outcome], tell: Tell, about: Deployment | None) -> None:
        await asyncio.wait({task})
        await tell(self._answer(task, about).text)

    def told(self, outcome: Outcome) -> str:
        """What has become true, in a few sentences."""
        speaking = voice(outcome.deployment, self.room.clock())
        if outcome.repeated:
            return speaking.say("answer.repeated")
        sentences = [
            speaking.tell(f"fact.{fact.key}", fact.words) for fact in outcome.facts if not fact.quiet
        ]
        shown = sentences[:FACTS]
        if len(sentences) > FACTS:
            shown.append(speaking.say("word.more", n=len(sentences) - FACTS))
        return "\n".join(shown) or speaking.say("answer.recorded")

    def refusal(self, refused: Refused, about: Deployment | None = None, *, plain: bool = False) -> str:
        """The sentence that names the rule, and who may; `plain` where Slack shows no mentions."""
        speaking = self.voice(about)
        if plain:
            speaking = replace(speaking, plain=True, names=self.room.team.name)
        return speaking.tell(f"refused.{refused.key}", refused.args_)

    def voice(self, about: Deployment | None = None) -> Voice:
        """In the deployment's language, or the team's."""
        if about is not None:
            return voice(about, self.room.clock())
        return Voice(self.room.team.language, self.room.clock())

    async def plan_now(self, deployment: Deployment) -> datetime:
        """The deployment's own time."""
        pace = await self.room.queries.plan_clock(deployment.id)
        return pace.now(self.room.clock())

    async def draw(self, view: str, deployment: Deployment, *, subject: str = "") -> blocks.Drawn:
        """A message as it stands now."""
        return blocks.draw(view, deployment, subject=subject, now=await self.plan_now(deployment))

    # --------------------------------------------------------------------------------------------------- telling

    async def whisper(self, asker: Asker, client: AsyncWebClient, respond: AsyncRespond, text: str) -> None:
        """Tells one person: below the message they clicked on, or directly where there is none."""
        try:
            if asker.answerable:
                await respond(text=text, response_type="ephemeral", replace_original=False)
            else:
                await client.chat_postMessage(channel=asker.user, text=text, unfurl_links=False)
        except SlackApiError as fault:
            _log.warning("an answer could not be given: %s", fault.response.get("error"))

    def teller(self, asker: Asker, client: AsyncWebClient, respond: AsyncRespond) -> Tell:
        """`whisper` for later."""

        async def tell(text: str) -> None:
            await self.whisper(asker, client, respond, text)

        return tell

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something after the listener has answered Slack; faults are logged, never lost."""
        task = asyncio.create_task(work)
        self._keep(task)
        task.add_done_callback(_complain)

    async def finish(self, timeout_s: float = 20.0) -> bool:
        """Waits for everything that is under way; False when the time was not enough. For an orderly end of the process."""
        while self._tasks:
            _, left = await asyncio.wait(set(self._tasks), timeout=timeout_s)
            if left:
                return False
        return True

    def _keep(self, task: asyncio.Future[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _patiently(task: asyncio.Future[Any], most_s: float) -> None:
    """Waits until it is done, or as long as patience lasts: `asyncio.wait` for one, with nothing to collect."""
    if task.done():
        return
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def enough(_: object = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    timer = loop.call_later(most_s, enough)
    task.add_done_callback(enough)
    try:
        await waiter
    finally:
        timer.cancel()
        task.remove_done_callback(enough)


def _complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()) is not None:
        _log.error("work after an answer failed", exc_info=fault)

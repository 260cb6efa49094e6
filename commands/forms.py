"""Forms: a click opens a window at once, the window is filled, a submit is recorded. One mechanism for all features.

Before the form is shown the rules are asked whether the act would be refused, so that nobody types a reason for nothing; the
same rules decide again at the submit. It must not know any particular form.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from commands import buttons
from commands.answers import Answers
from commands.asker import Asker, Body, fields_of
from commands.blocks import windows
from commands.blocks.windows import View
from commands.buttons import Value
from commands.telling import Voice, voice
from core import machine
from core.errors import Refused
from core.inputs import Input
from core.state import Deployment

Draw = Callable[[Deployment, Value, Voice, str], View]
Meant = Callable[[str, Value, Mapping[str, str], Deployment], tuple[Input, ...]]
FIELD_FOR = {
    "reason-required": windows.REASON,
    "evidence-required": windows.REASON,
    "link-required": windows.REASON,
    "value-required": windows.VALUE,
    "value-unreadable": windows.VALUE,
    "go-unseen-needs-reason": windows.REASON,
    "go-needs-reason": windows.REASON,
    "unknown-trigger": windows.TRIGGER,
}
PROBE = "?"
"""Stands for the reason nobody has written yet when the rules are asked beforehand."""
OPEN_S = 1.5
"""Real time that Slack has to open a window: the answer to the click is due within three seconds."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Form:
    """`draw` (deployment, value, voice, user id) shows it; `meant` (user id, value, fields, deployment) says what a submit
    means; both may raise Refused. `probed`: whether `meant` can be tried before anything is written. `told`: keys of facts that
    the window itself tells when they follow, instead of closing."""

    callback: str
    draw: Draw
    meant: Meant
    probed: bool = True
    told: frozenset[str] = frozenset()


class Forms:
    """Opens windows and takes what is submitted in them."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def listen(self, app: AsyncApp, form: Form) -> None:
        """Takes this form's submits."""
        app.view(form.callback)(_Submission(self._answers, form).submitted)

    async def open(
        self, form: Form, value: Value, asker: Asker, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """The loading view at once (its trigger lives three seconds), the form when it is drawn."""

        async def content() -> View:
            room = self._answers.room
            deployment = await room.queries.load(value.d)
            speaking = voice(deployment, await self._answers.plan_now(deployment))
            try:
                if form.probed:
                    await self._try(form, value, asker, deployment)
                return form.draw(deployment, value, speaking, asker.user)
            except Refused as refused:
                return windows.notice(speaking, self._answers.refusal(refused, deployment))

        await self.show(content, asker, client, respond)

    async def show(
        self, content: Callable[[], Any], asker: Asker, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Opens a window whose content is still to be found; a refusal becomes its content."""
        speaking = self._answers.voice()
        try:
            async with asyncio.timeout(OPEN_S):
                opened = await client.views_open(trigger_id=asker.trigger, view=windows.loading(speaking))
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as fault:
            text = speaking.say("refused.expired")
            _log.warning("a window could not be opened: %s", fault)
            self._answers.later(self._answers.whisper(asker, client, respond, text))
            return
        self._answers.later(self._fill(str(opened["view"]["id"]), content, client))

    async def _fill(self, view_id: str, content: Callable[[], Any], client: AsyncWebClient) -> None:
        try:
            view = await content()
        except Refused as refused:
            view = windows.notice(self._answers.voice(), self._answers.refusal(refused))
        except Exception:
            # Nobody shall wait before a window that says "one moment". Who owns this task logs the fault.
            speaking = self._answers.voice()
            await update_view(client, view_id, windows.notice(speaking, speaking.say("window.failed")))
            raise
        await update_view(client, view_id, view)

    async def _try(self, form: Form, value: Value, asker: Asker, deployment: Deployment) -> None:
        """Raises Refused when the act would be refused whatever is written."""
        now = await self._answers.plan_now(deployment)
        for happened in form.meant(asker.user, value, {windows.REASON: PROBE}, deployment):
            machine.decide(deployment, happened, now)


class _Submission:
    """One form's submits. Its listener is a bound method, as Bolt wants."""

    def __init__(self, answers: Answers, form: Form) -> None:
        self._answers = answers
        self._form = form

    async def submitted(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Records it and closes the window; otherwise the window says why not."""
        asker = Asker.submission(body)
        value = buttons.read(str((body.get("view") or {}).get("private_metadata") or ""))
        if value is None:
            await self._say(ack, self._answers.voice().say("refused.old-button"))
            return
        deployment = None
        try:
            deployment = await self._answers.room.queries.load(value.d)
            acts = self._form.meant(asker.user, value, fields_of(body), deployment)
        except Refused as refused:
            await self._refused(ack, refused, deployment)
            return
        await self._record(ack, asker, acts, deployment, body, client)

    async def _record(
        self,
        ack: AsyncAck,
        asker: Asker,
        acts: tuple[Input, ...],
        deployment: Deployment,
        body: Body,
        client: AsyncWebClient,
    ) -> None:
        view_id = str((body.get("view") or {}).get("id", ""))

        async def tell(text: str) -> None:
            view = windows.notice(self._answers.voice(deployment), text)
            if not await update_view(client, view_id, view):
                await client.chat_postMessage(channel=asker.user, text=text, unfurl_links=False)

        refused, said = None, ""
        for number, act in enumerate(acts):
            answer = await self._answers.record(
                deployment, act, f"{asker.key}:{number}" if number else asker.key, tell
            )
            if answer.refused is not None:
                refused = refused or answer.refused
            elif not answer.done:
                await self._say(ack, answer.text)
                return
            else:
                if answer.outcome is not None and any(f.key in self._form.told for f in answer.outcome.facts):
                    said = answer.text
                refused = None  # of several acts, those that somebody else has settled meanwhile do not count
        if refused is not None:
            await self._refused(ack, refused, deployment)
        elif said:
            await self._say(ack, said)
        else:
            await ack()

    async def _refused(self, ack: AsyncAck, refused: Refused, about: Deployment | None) -> None:
        field = FIELD_FOR.get(refused.key)
        if field is not None:
            text = self._answers.refusal(refused, about, plain=True)
            await ack(response_action="errors", errors={field: text[:2_000]})
        else:
            await self._say(ack, self._answers.refusal(refused, about))

    async def _say(self, ack: AsyncAck, text: str) -> None:
        await ack(response_action="update", view=windows.notice(self._answers.voice(), text))


async def update_view(client: AsyncWebClient, view_id: str, view: View, *, hash: str | None = None) -> bool:
    """Draws a window again; False when it is closed or has moved on."""
    try:
        await client.views_update(view_id=view_id, view=view, hash=hash)
    except SlackApiError as fault:
        _log.info("a window could not be drawn again: %s", fault.response.get("error"))
        return False
    return True

"""The buttons of the live card: details, pause, resume, unlock. Its rollback button belongs to `commands.rollback`.

It must not know the other features.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands.asker import Body
from commands.blocks import parts, windows
from commands.blocks.windows import View
from commands.buttons import Value, Verb
from commands.clicks import Clicks
from commands.forms import Form, Forms
from commands.telling import Voice, voice
from core.errors import Refused
from core.inputs import Input, Paused, Resumed, Unlocked
from core.state import Deployment


class Card:
    """The buttons and the windows."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._answers = clicks.answers
        self._forms = forms
        self._asking = {
            Verb.CARD_PAUSE: Form("card.pause", partial(_draw, "pause"), _paused),
            Verb.UNLOCK: Form("unlock.start", partial(_draw, "unlock"), _unlocked),
        }

    def listen(self, app: AsyncApp) -> None:
        """Takes the clicks and the submits."""
        app.action(Verb.CARD_DETAILS.value)(self.details)
        app.action(Verb.CARD_RESUME.value)(self.resumed)
        for verb, form in self._asking.items():
            app.action(verb.value)(self.asked)
            self._forms.listen(app, form)

    async def details(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """Every step, in a window."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._forms.show(partial(self._details, click.value), click.asker, client, respond)
            await ack()

    async def resumed(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """One click goes on."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.record(click, _resumed)
            await ack()

    async def asked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """Pause and unlock: a window for the reason."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.open(click, self._forms, self._asking[Verb(click.action["action_id"])])
            await ack()

    async def _details(self, value: Value) -> View:
        deployment = await self._answers.room.queries.load(value.d)
        return windows.details(deployment, voice(deployment, await self._answers.plan_now(deployment)))


def _draw(what: str, deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    said = [speaking.say(f"window.{what}", name=parts.subject(deployment, speaking))]
    callback = "card.pause" if what == "pause" else "unlock.start"
    return windows.reason(
        deployment, value, speaking, callback=callback, title=speaking.say(f"window.{what}-title"), said=said
    )


def _resumed(user: str, value: Value, deployment: Deployment) -> Input:
    return Resumed(user)


def _paused(user: str, value: Value, fields: Mapping[str, str], deployment: Deployment) -> tuple[Input, ...]:
    reason = fields.get(windows.REASON, "")
    if not reason:
        raise Refused("reason-required", act="pause")
    return (Paused(user, reason),)


def _unlocked(
    user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    return (Unlocked(user, fields.get(windows.REASON, "")),)

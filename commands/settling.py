"""What only a person can know: whether an action of unknown outcome happened, and what became of moments that were missed.

It must not know the other features.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands.asker import Body
from commands.blocks import missed, windows
from commands.blocks.windows import View
from commands.buttons import Value, Verb
from commands.clicks import Clicks
from commands.forms import Form, Forms
from commands.telling import Voice
from core.errors import Refused
from core.inputs import Input, MissedSettled, OutcomeSettled
from core.state import Deployment

How = Literal["done", "not-applicable"]
HOWS: Mapping[Verb, How] = {Verb.MISSED_DONE: "done", Verb.MISSED_NA: "not-applicable"}
HAPPENED: Mapping[Verb, bool] = {Verb.OUTCOME_HAPPENED: True, Verb.OUTCOME_NOT_HAPPENED: False}


class Settling:
    """The buttons and the windows of both."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._forms = forms
        self._missed = {
            verb: Form(verb.value, partial(_draw_missed, how), partial(_meant_missed, how))
            for verb, how in HOWS.items()
        }
        self._outcomes = {
            verb: Form(verb.value, partial(_draw_outcome, happened), partial(_meant_outcome, happened))
            for verb, happened in HAPPENED.items()
        }

    def listen(self, app: AsyncApp) -> None:
        """Takes the clicks and the submits."""
        app.action(Verb.MISSED_TODO.value)(self.still_to_do)
        for verb, form in (self._missed | self._outcomes).items():
            app.action(verb.value)(self.asked)
            self._forms.listen(app, form)

    async def still_to_do(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """One click: the step's turn is still to come."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.record(click, _to_do)
            await ack()

    async def asked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """A window for a few words on how it is known."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            form = (self._missed | self._outcomes)[Verb(click.action["action_id"])]
            await self._clicks.open(click, self._forms, form)
            await ack()


def _to_do(user: str, value: Value, deployment: Deployment) -> Input:
    return MissedSettled(user, value.s, "to-do")


def _draw_missed(how: How, deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    steps = [step.id for step in missed.missed(deployment)] if value.s == missed.EVERY else [value.s]
    said = [
        speaking.say(f"window.missed-{how}"),
        "\n".join(f"• {speaking.step(step)}" for step in steps[:40]),
    ]
    title = speaking.say("window.missed-title")
    callback = next(verb.value for verb, meaning in HOWS.items() if meaning == how)
    return windows.reason(deployment, value, speaking, callback=callback, title=title, said=said)


def _meant_missed(
    how: How, user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    note = fields.get(windows.REASON, "")
    steps = [step.id for step in missed.missed(deployment)] if value.s == missed.EVERY else [value.s]
    if not steps:
        raise Refused("nothing-missed")
    return tuple(MissedSettled(user, step, how, note) for step in steps)


def _draw_outcome(happened: bool, deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    key = "happened" if happened else "not-happened"
    said = [speaking.say(f"window.outcome-{key}", action=speaking.ref(value.i))]
    return windows.reason(
        deployment, value, speaking, callback=f"outcome.{key}", title=speaking.say("window.outcome-title"), said=said,
        optional=True,
    )  # fmt: skip


def _meant_outcome(
    happened: bool, user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    return (OutcomeSettled(user, value.i, happened, fields.get(windows.REASON, "")),)

"""What every button has in common: who clicked, on what, and a private word when it did not count.

It must not know any button.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands.answers import Answer, Answers, Tell
from commands.asker import Asker, Body, value_of
from commands.buttons import Value
from commands.forms import Form, Forms
from core.errors import Refused
from core.inputs import Input
from core.state import Deployment

Meant = Callable[[str, Value, Deployment], Input]


@dataclass(frozen=True)
class Click:
    """One click, with what is needed to answer it."""

    asker: Asker
    value: Value
    action: dict[str, Any]
    view: dict[str, Any]
    client: AsyncWebClient
    respond: AsyncRespond


class Clicks:
    """Reads clicks, records them, and tells people privately what did not count."""

    def __init__(
        self, answers: Answers, refresh_home: Callable[[str, AsyncWebClient], Coroutine[Any, Any, None]]
    ) -> None:
        self.answers = answers
        self._refresh_home = refresh_home

    async def read(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> Click | None:
        """The click, or None when its button is none of ours (and the person has been told)."""
        action = (body.get("actions") or [{}])[0]
        asker, value = Asker.click(body, action), value_of(action)
        if value is None:
            text = self.answers.voice().say("refused.old-button")
            self.answers.later(self.answers.whisper(asker, client, respond, text))
            await ack()
            return None
        return Click(asker, value, action, body.get("view") or {}, client, respond)

    async def record(self, click: Click, meant: Meant, *, untold: Collection[str] = ()) -> Answer | None:
        """Records what the click means; a refusal is told privately, unless its key is `untold`, because the caller knows
        better. None when nothing could be meant."""
        try:
            deployment = await self.answers.room.queries.load(click.value.d)
            act = meant(click.asker.user, click.value, deployment)
        except Refused as refused:
            self.say(click, self.answers.refusal(refused))
            return None
        answer = await self.answers.record(deployment, act, click.asker.key, self.tell(click))
        if not answer.done and (answer.refused is None or answer.refused.key not in untold):
            self.say(click, answer.text)
        if click.view.get("type") == "home":
            self.answers.later(self._refresh_home(click.asker.user, click.client))
        return answer

    async def open(self, click: Click, forms: Forms, form: Form) -> None:
        """Opens a form for what was clicked on."""
        await forms.open(form, click.value, click.asker, click.client, click.respond)

    def say(self, click: Click, text: str) -> None:
        """A private word, after Slack has been answered."""
        self.answers.later(self.answers.whisper(click.asker, click.client, click.respond, text))

    def tell(self, click: Click) -> Tell:
        """`say` for an outcome that comes later."""
        return self.answers.teller(click.asker, click.client, click.respond)

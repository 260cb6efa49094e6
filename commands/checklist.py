"""The buttons of a checklist: Done is one click; evidence, not applicable and open again ask for a few words.

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
from commands.blocks import windows
from commands.blocks.windows import View
from commands.buttons import More, Value, Verb
from commands.clicks import Click, Clicks
from commands.forms import Form, Forms, update_view
from commands.telling import Voice, voice
from core.errors import Refused
from core.inputs import Input, ItemMarked, Mark
from core.rules.checklist import ALL_FAILED
from core.state import Deployment

MARKS: Mapping[More, Mark] = {More.EVIDENCE: "done", More.NOT_APPLICABLE: "not-applicable", More.OPEN: "open"}
CALLBACKS = {
    More.EVIDENCE: "item.evidence",
    More.NOT_APPLICABLE: "item.not-applicable",
    More.OPEN: "item.open",
}
NEEDS_NOTE = frozenset({"evidence-required", "link-required"})
NEEDS_NUMBER = frozenset({"value-required"})


class Checklist:
    """The buttons and the windows."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._answers = clicks.answers
        self._forms = forms
        self._asking = {
            more: Form(CALLBACKS[more], partial(_draw, more), partial(_meant, more), probed=False)
            for more in CALLBACKS
        }
        self._number = Form(
            "item.value", _draw_number, _number_meant, probed=False, told=frozenset({"item-not-passed"})
        )

    def listen(self, app: AsyncApp) -> None:
        """Takes the clicks and the submits."""
        app.action(Verb.ITEM_DONE.value)(self.done)
        app.action(Verb.ITEM_MORE.value)(self.more)
        app.action(Verb.ITEM_ALL.value)(self.everything)
        for form in self._asking.values():
            self._forms.listen(app, form)
        self._forms.listen(app, self._number)

    async def done(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """One click ticks the item; one that needs evidence asks for it."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is None:
            return
        in_view = click.view.get("type") == "modal"
        answer = await self._clicks.record(click, _done, untold=NEEDS_NOTE | NEEDS_NUMBER)
        lacking = answer.refused.key if answer is not None and answer.refused is not None else ""
        if lacking in NEEDS_NOTE and not in_view:
            await self._clicks.open(click, self._forms, self._asking[More.EVIDENCE])
        elif lacking in NEEDS_NUMBER and not in_view:
            await self._clicks.open(click, self._forms, self._number)
        elif answer is not None and in_view:
            said = "" if answer.done else answer.text
            self._answers.later(self._again(click, said))
        await ack()

    async def more(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """The menu below the list."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is None:
            return
        if click.value.v == More.AGAIN:
            await self._clicks.record(click, _checked_again)
            await ack()
        elif click.value.v in set(More):
            await self._clicks.open(click, self._forms, self._asking[More(click.value.v)])
        else:
            self._clicks.say(click, self._answers.voice().say("refused.old-button"))
        await ack()

    async def everything(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """The whole list in a window."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._forms.show(partial(self._whole, click.value, ""), click.asker, client, respond)
            await ack()

    async def _whole(self, value: Value, said: str) -> View:
        deployment = await self._answers.room.queries.load(value.d)
        speaking = voice(deployment, await self._answers.plan_now(deployment))
        return windows.everything(deployment, value.s, speaking, callback="checklist.all", said=said)

    async def _again(self, click: Click, said: str) -> None:
        view = await self._whole(click.value, said)
        await update_view(click.client, str(click.view.get("id", "")), view, hash=click.view.get("hash"))


def _done(user: str, value: Value, deployment: Deployment) -> Input:
    return ItemMarked(user, value.s, value.i, "done")


def _checked_again(user: str, value: Value, deployment: Deployment) -> Input:
    return ItemMarked(user, value.s, ALL_FAILED, "open")


def _draw_number(deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    return windows.number(deployment, value, speaking, callback="item.value")


def _number_meant(
    user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    note, number = fields.get(windows.REASON, ""), fields.get(windows.VALUE, "")
    return (ItemMarked(user, value.s, value.i, "done", note, number),)


def _draw(more: More, deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    return windows.item(deployment, value, speaking, callback=CALLBACKS[more], more=more)


def _meant(
    more: More, user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    note = fields.get(windows.REASON, "")
    if not note and more is not More.OPEN:
        raise Refused("reason-required", act="not-applicable" if more is More.NOT_APPLICABLE else "item")
    return (ItemMarked(user, value.s, value.i or fields.get(windows.ITEM, ""), MARKS[more], note),)

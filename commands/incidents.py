"""The buttons of an incident: a step is ticked with one click, the question answered with another; what needs words asks for
them in a window.

It must not know the other features.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands.asker import Body
from commands.blocks import incident_windows, windows
from commands.blocks.windows import View
from commands.buttons import More, Value, Verb
from commands.clicks import Clicks
from commands.forms import Form, Forms
from commands.telling import Voice
from core.errors import Refused
from core.incidents import (
    IncidentAnswered,
    IncidentAsked,
    IncidentClosed,
    IncidentMarked,
    NextTrySet,
    TodoMark,
    number_in,
)
from core.inputs import Input
from core.plan.playbooks import Remedy
from core.state import Deployment

REMEDIES: Mapping[Verb, Remedy] = {
    Verb.INCIDENT_WATCH: "watch",
    Verb.INCIDENT_HOT_FIX: "hot-fix",
    Verb.INCIDENT_SCALE_OUT: "scale-out",
    Verb.INCIDENT_RESTART: "restart",
    Verb.INCIDENT_ROLL_BACK: "roll-back",
}
MARKS: Mapping[More, TodoMark] = {
    More.EVIDENCE: "done",
    More.NOT_APPLICABLE: "not-applicable",
    More.OPEN: "open",
}
WRITTEN = (Verb.INCIDENT_HOT_FIX, Verb.INCIDENT_ROLL_BACK)
"""Answers that need a reason."""


class Incidents:
    """The buttons and the windows."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._answers = clicks.answers
        self._forms = forms
        self._todos = {
            more: Form(f"incident.todo-{more.value}", partial(_draw_todo, more), partial(_meant_todo, more), probed=False)
            for more in More
        }  # fmt: skip
        self._asking = {
            verb: Form(verb.value, partial(_draw_remedy, verb), partial(_meant_remedy, verb))
            for verb in WRITTEN
        } | {
            Verb.INCIDENT_CLOSE: Form(Verb.INCIDENT_CLOSE.value, _draw_close, _meant_close),
            Verb.INCIDENT_NEXT_TRY: Form(Verb.INCIDENT_NEXT_TRY.value, _draw_next, _meant_next, probed=False),
        }

    def listen(self, app: AsyncApp) -> None:
        """Takes the clicks and the submits."""
        for verb in (Verb.INCIDENT_DONE, Verb.INCIDENT_ASK, *(set(REMEDIES) - set(WRITTEN))):
            app.action(verb.value)(self.clicked)
        app.action(Verb.INCIDENT_MORE.value)(self.more)
        for verb, form in self._asking.items():
            app.action(verb.value)(self.asked)
            self._forms.listen(app, form)
        for form in self._todos.values():
            self._forms.listen(app, form)

    async def clicked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """One click counts at once: a tick, *Decide now*, an answer that needs no words."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.record(click, partial(_meant_click, Verb(click.action["action_id"])))
            await ack()

    async def more(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """The menu below the steps."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is None:
            return
        if click.value.v in set(More):
            await self._clicks.open(click, self._forms, self._todos[More(click.value.v)])
        else:
            self._clicks.say(click, self._answers.voice().say("refused.old-button"))
        await ack()

    async def asked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """A window for the reason, or for the moment of the next try."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.open(click, self._forms, self._asking[Verb(click.action["action_id"])])
            await ack()


def _meant_click(verb: Verb, user: str, value: Value, deployment: Deployment) -> Input:
    number = number_in(value.s)
    if verb is Verb.INCIDENT_ASK:
        return IncidentAsked(user, number)
    if verb in REMEDIES:
        return IncidentAnswered(user, number, value.r, REMEDIES[verb])
    return IncidentMarked(user, number, int(value.i) if value.i.isdigit() else -1, "done")


def _draw_todo(more: More, deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    return incident_windows.todo(
        deployment, value, speaking, callback=f"incident.todo-{more.value}", more=more
    )


def _meant_todo(
    more: More, user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    chosen, note = fields.get(incident_windows.TODO, ""), fields.get(windows.REASON, "")
    if not note and more is not More.OPEN:
        raise Refused("reason-required", act="not-applicable" if more is More.NOT_APPLICABLE else "item")
    index = int(chosen) if chosen.isdigit() else -1
    return (IncidentMarked(user, number_in(value.s), index, MARKS[more], note),)


def _draw_remedy(verb: Verb, deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    title = incident_windows.title_of(deployment, value, speaking)
    said = speaking.say("window.remedy", title=title, remedy=speaking.remedy(REMEDIES[verb]))
    return incident_windows.reason(value, speaking, said, callback=verb.value)


def _meant_remedy(
    verb: Verb, user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    reason = fields.get(windows.REASON, "")
    return (IncidentAnswered(user, number_in(value.s), value.r, REMEDIES[verb], reason),)


def _draw_close(deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    said = speaking.say("window.close-incident", title=incident_windows.title_of(deployment, value, speaking))
    return incident_windows.reason(value, speaking, said, callback=Verb.INCIDENT_CLOSE.value)


def _meant_close(
    user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    return (IncidentClosed(user, number_in(value.s), fields.get(windows.REASON, "")),)


def _draw_next(deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    said = speaking.say("window.next-try", title=incident_windows.title_of(deployment, value, speaking))
    around = (speaking.now or deployment.t0) + timedelta(days=1)
    callback = Verb.INCIDENT_NEXT_TRY.value
    return incident_windows.next_try(
        value, speaking, said, around.replace(minute=0, second=0, microsecond=0), callback=callback
    )


def _meant_next(
    user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    when = fields.get(incident_windows.WHEN, "")
    if not when.isdigit():
        raise Refused("bad-next-try", detail="–")
    at = datetime.fromtimestamp(int(when), UTC)
    return (NextTrySet(user, number_in(value.s), at, fields.get(windows.REASON, "")),)

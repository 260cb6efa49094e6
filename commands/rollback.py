"""`/rollback` and its buttons: what will happen is shown step by step, then a reason is asked for, then it acts at once.

It must not know the other commands.
"""

from __future__ import annotations

from collections.abc import Mapping

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands import choosing, words
from commands.asker import Asker, Body
from commands.blocks import kit, windows
from commands.blocks.kit import Block
from commands.blocks.windows import View
from commands.buttons import Value, Verb
from commands.clicks import Clicks
from commands.forms import Form, Forms
from commands.telling import Voice, voice
from commands.verbs import DEPLOY, find
from core.errors import Refused
from core.inputs import Input, RollbackAsked
from core.state import Deployment

COMMAND = "/rollback"
DRY_RUN = "dry-run"
TRIGGER = "trigger"


class Rollback:
    """The command, the buttons and the window."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._answers = clicks.answers
        self._room = clicks.answers.room
        self._forms = forms
        self._form = Form("rollback.start", _draw, _meant)

    def listen(self, app: AsyncApp) -> None:
        """Takes the command, the clicks and the submit."""
        app.command(COMMAND)(self.command)
        app.action(Verb.CARD_ROLLBACK.value)(self.clicked)
        app.action(Verb.ROLLBACK_START.value)(self.clicked)
        self._forms.listen(app, self._form)

    async def clicked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """Shows what will happen and asks for the reason."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.open(click, self._forms, self._form)
            await ack()

    async def command(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """With a reason it acts; without one it opens the window; `--dry-run` only shows."""
        asker = Asker.command(body)
        text, blocks = "", None
        try:
            line = words.read(asker.text)
            if len(line.tokens) == 1 and line.words and find(line.words[0], DEPLOY) == "help":
                text = self._answers.voice().say("help.rollback")
            else:
                deployment, line = await choosing.choose(self._room, asker.channel, line, COMMAND)
                text, blocks = await self._do(deployment, line, asker, client, respond)
        except Refused as refused:
            text = self._answers.refusal(refused)
        await ack(text=text, blocks=blocks)

    async def _do(
        self,
        deployment: Deployment,
        line: words.Line,
        asker: Asker,
        client: AsyncWebClient,
        respond: AsyncRespond,
    ) -> tuple[str, list[Block] | None]:
        speaking = voice(deployment, await self._answers.plan_now(deployment))
        unknown = line.flags - {DRY_RUN}
        if unknown:
            raise Refused("unknown-flag", flag=f"--{min(unknown)}", known=f"--{DRY_RUN}")
        if DRY_RUN in line.flags:
            shown = windows.rollback_steps(deployment, speaking)
            said = speaking.say("rollback-view.dry-run")
            drawn = kit.drawn(said, [kit.section(f"*{said}*"), *(kit.section(part) for part in shown)])
            return drawn.text, drawn.blocks
        trigger = line.pairs.get(TRIGGER, "")
        reason = line.without(
            *(token for token in line.tokens if token.kind == "pair" and token.name == TRIGGER)
        ).after(0)
        if not reason and not trigger:
            await self._forms.open(self._form, Value(deployment.id), asker, client, respond)
            return speaking.say("rollback-view.window"), None
        tell = self._answers.teller(asker, client, respond)
        answer = await self._answers.record(
            deployment, RollbackAsked(asker.user, reason, trigger), asker.key, tell
        )
        return answer.text, None


def _draw(deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    return windows.rollback(deployment, value, speaking, callback="rollback.start")


def _meant(user: str, value: Value, fields: Mapping[str, str], deployment: Deployment) -> tuple[Input, ...]:
    reason, trigger = fields.get(windows.REASON, ""), fields.get(windows.TRIGGER, "")
    if not reason:
        raise Refused("reason-required", act="rollback")
    return (RollbackAsked(user, reason, trigger),)

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
from commands.answers import Tell
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
from core.inputs import DryRunAsked, Input, RollbackAsked
from core.state import Deployment

COMMAND = "/rollback"
DRY_RUN = "dry-run"
TRIGGER = "trigger"
FORCE = "force"


class Rollback:
    """The command, the buttons and the window."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._answers = clicks.answers
        self._room = clicks.answers.room
        self._forms = forms
        self._form = Form("rollback.start", _draw, _meant)
        self._anyway = Form("rollback.force", _draw_anyway, _meant_anyway)

    def listen(self, app: AsyncApp) -> None:
        """Takes the command, the clicks and the submit."""
        app.command(COMMAND)(self.command)
        app.action(Verb.CARD_ROLLBACK.value)(self.clicked)
        app.action(Verb.ROLLBACK_START.value)(self.clicked)
        app.action(Verb.ROLLBACK_FORCE.value)(self.anyway)
        self._forms.listen(app, self._form)
        self._forms.listen(app, self._anyway)

    async def anyway(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """Shows what speaks against it and asks for the reason to go back all the same."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.open(click, self._forms, self._anyway)
            await ack()

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
        tell = self._answers.teller(asker, client, respond)
        if DRY_RUN in line.flags:
            return await self._try_out(deployment, speaking, asker, tell)
        acts = _typed(asker.user, line)
        if acts is None:
            await self._forms.open(self._form, Value(deployment.id), asker, client, respond)
            return speaking.say("rollback-view.window"), None
        return (await self._answers.record(deployment, acts, asker.key, tell)).text, None

    async def _try_out(
        self, deployment: Deployment, speaking: Voice, asker: Asker, tell: Tell
    ) -> tuple[str, list[Block] | None]:
        """The summary at once; what every step would change follows in the thread, if this person may ask for it."""
        answer = await self._answers.record(deployment, DryRunAsked(asker.user), asker.key, tell)
        shown = windows.rollback_steps(deployment, speaking)
        said = speaking.say("rollback-view.dry-run")
        follows = speaking.say("rollback-view.dry-asked") if answer.done else answer.text
        drawn = kit.drawn(
            said, [kit.section(f"*{said}*"), *(kit.section(part) for part in shown), kit.section(follows)]
        )
        return drawn.text, drawn.blocks


def _typed(user: str, line: words.Line) -> RollbackAsked | None:
    """What a line means; None when it gives no reason at all. Behind `force=` the rest of the line belongs to the reason."""
    named = [token for token in line.tokens if token.kind == "pair" and token.name in (TRIGGER, FORCE)]
    rest = line.without(*named).after(0)
    trigger = line.pairs.get(TRIGGER, "")
    if FORCE in line.pairs:
        reason = " ".join(part for part in (line.pairs[FORCE], rest) if part)
        return RollbackAsked(user, reason, trigger, force=True)
    return RollbackAsked(user, rest, trigger) if rest or trigger else None


def _draw(deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    return windows.rollback(deployment, value, speaking, callback="rollback.start")


def _meant(user: str, value: Value, fields: Mapping[str, str], deployment: Deployment) -> tuple[Input, ...]:
    reason, trigger = fields.get(windows.REASON, ""), fields.get(windows.TRIGGER, "")
    if not reason:
        raise Refused("reason-required", act="rollback")
    return (RollbackAsked(user, reason, trigger),)


def _draw_anyway(deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    return windows.force(deployment, value, speaking, callback="rollback.force")


def _meant_anyway(
    user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    reason = fields.get(windows.REASON, "")
    if not reason:
        raise Refused("reason-required", act="force")
    return (RollbackAsked(user, reason, force=True),)

"""`/signoff` and the buttons of the sign-off board. Approving is one click; rejecting asks for its reason.

It must not know the other commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands import choosing, verbs, words
from commands.asker import Asker, Body
from commands.blocks import windows
from commands.blocks.kit import Block
from commands.blocks.windows import View
from commands.buttons import Value, Verb
from commands.clicks import Clicks
from commands.forms import Form, Forms
from commands.telling import Voice
from commands.words import Line
from core.errors import Refused
from core.inputs import Input, SignedOff
from core.roles import holders_of, may
from core.rules.attendance import is_attendance
from core.state import Deployment, StepState

COMMAND = "/signoff"


class Signoff:
    """The command, the buttons and the window."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._answers = clicks.answers
        self._room = clicks.answers.room
        self._forms = forms
        self._rejection = Form("sign.reject", _draw, _rejected, probed=False)

    def listen(self, app: AsyncApp) -> None:
        """Takes the command, the clicks and the submit."""
        app.command(COMMAND)(self.command)
        app.action(Verb.SIGN_APPROVE.value)(self.approved)
        app.action(Verb.SIGN_WITHDRAW.value)(self.withdrawn)
        app.action(Verb.SIGN_REJECT.value)(self.rejecting)
        self._forms.listen(app, self._rejection)

    # -------------------------------------------------------------------------------------------------- clicking

    async def approved(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """One click signs."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.record(click, _approved)
            await ack()

    async def withdrawn(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Takes one's own signature back."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.record(click, _withdrawn)
            await ack()

    async def rejecting(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """A window for the role and the reason."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.open(click, self._forms, self._rejection)
            await ack()

    # ---------------------------------------------------------------------------------------------------- typing

    async def command(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """`/signoff [role] [approve|reject|withdraw] [comment]`; alone it shows the board."""
        asker = Asker.command(body)
        blocks: list[Block] | None = None
        try:
            line = words.read(asker.text)
            if line.words and verbs.find(line.words[0], verbs.SIGNOFF) == "help":
                text = self._answers.voice().say("help.signoff")
            else:
                deployment, line = await choosing.choose(self._room, asker.channel, line, COMMAND)
                step = open_step(deployment)
                act = typed(deployment, step, asker.user, line)
                if act is None:
                    drawn = await self._answers.draw("signoff", deployment, subject=step.id)
                    text, blocks = drawn.text, drawn.blocks
                else:
                    tell = self._answers.teller(asker, client, respond)
                    text = (await self._answers.record(deployment, act, asker.key, tell)).text
        except Refused as refused:
            text = self._answers.refusal(refused)
        await ack(text=text, blocks=blocks)


def open_step(deployment: Deployment) -> StepState:
    """The sign-off that is open; only without one, a meeting in which people say that they are here. Raises Refused."""
    found = [step for step in deployment.steps if step.signs and step.status == "open"]
    if not found:
        raise Refused("no-signoff")
    return next((step for step in found if not is_attendance(deployment, step.id)), found[0])


def typed(deployment: Deployment, step: StepState, user: str, line: Line) -> SignedOff | None:
    """What was typed as an act; None when only the board is asked for. Raises Refused."""
    role, used = _role(deployment, step, line)
    rest = line.tokens[used:]
    if not rest and not role:
        return None
    verb = verbs.find(rest[0].text, verbs.SIGNOFF) if rest else "approve"
    if verb == "status":
        return None
    if verb is None:
        verbs.require(rest[0].text, verbs.SIGNOFF, COMMAND)
    mark: Literal["approve", "reject", "withdraw"] = (
        "reject" if verb == "reject" else "withdraw" if verb == "withdraw" else "approve"
    )
    comment = line.after(used + 1)
    return SignedOff(user, step.id, role or _own_role(deployment, step, user), mark, comment)


def _role(deployment: Deployment, step: StepState, line: Line) -> tuple[str, int]:
    """(role, how many tokens name it): by id or by title, which may be several words."""
    roles = deployment.runbook.plan.roles
    for count in range(min(4, len(line.tokens)), 0, -1):
        named = " ".join(token.text for token in line.tokens[:count]).casefold()
        for sign in step.signs:
            role = roles.get(sign.role)
            titles = (role.title.en.casefold(), role.title.ko.casefold()) if role is not None else ()
            if named == sign.role.casefold() or named in titles:
                return sign.role, count
    return "", 0


def _own_role(deployment: Deployment, step: StepState, user: str) -> str:
    signing = tuple(sign.role for sign in step.signs)
    own = [role for role in signing if may(deployment, user, (role,))]
    if not own:
        people = ",".join(holders_of(deployment, signing))
        raise Refused("no-role-to-sign", roles=",".join(signing), people=people)
    if len(own) != 1:
        raise Refused("several-roles", roles=",".join(own or signing), example=(own or signing)[0])
    return own[0]


def _approved(user: str, value: Value, deployment: Deployment) -> Input:
    return SignedOff(user, value.s, value.i, "approve", "", value.e)


def _withdrawn(user: str, value: Value, deployment: Deployment) -> Input:
    return SignedOff(user, value.s, value.i, "withdraw", "", value.e)


def _draw(deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    step = deployment.step(value.s)
    if step is None or step.status != "open":
        raise Refused("step-not-open", step=value.s)
    signing = tuple(sign.role for sign in step.signs)
    own = [role for role in signing if may(deployment, user, (role,))]
    if not own:
        people = ",".join(holders_of(deployment, signing))
        raise Refused("no-role-to-sign", roles=",".join(signing), people=people)
    return windows.rejection(deployment, value, speaking, own, callback="sign.reject")


def _rejected(
    user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    role, comment = fields.get(windows.ROLE, ""), fields.get(windows.REASON, "")
    return (SignedOff(user, value.s, role, "reject", comment, value.e),)

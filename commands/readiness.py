"""The readiness board: shown to whoever asks, put into the channel, and its risks declared and withdrawn.

It must not know the other features.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands import choosing
from commands.answers import Answers, Tell
from commands.asker import Asker, Body
from commands.blocks import kit, windows
from commands.blocks.kit import Block
from commands.blocks.windows import TEXT, View
from commands.buttons import Value, Verb
from commands.clicks import Clicks
from commands.forms import Form, Forms
from commands.telling import Voice
from commands.words import Line
from core.errors import Refused
from core.inputs import Input
from core.plan.models import Readiness
from core.sayings import BoardAsked, RiskSaid
from core.state import Deployment

RISK = "risk"
WITHDRAWN = frozenset({"withdraw", "gone", "철회", "해소"})
STANDS: Mapping[Verb, bool] = {Verb.RISK_DECLARE: True, Verb.RISK_WITHDRAW: False}


class Board:
    """The buttons and the windows."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._forms = forms
        self._asking = {
            verb: Form(f"{verb.value}.form", partial(_draw, stands), partial(_meant, stands), probed=False)
            for verb, stands in STANDS.items()
        }

    def listen(self, app: AsyncApp) -> None:
        """Takes the clicks and the submits."""
        app.action(Verb.BOARD_SHOW.value)(self.shown)
        for verb, form in self._asking.items():
            app.action(verb.value)(self.asked)
            self._forms.listen(app, form)

    async def shown(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """One click puts the board into the channel."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.record(click, _board)
            await ack()

    async def asked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """A window: which risk, and why."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.open(click, self._forms, self._asking[Verb(click.action["action_id"])])
            await ack()


class BoardVerbs:
    """`/deploy readiness` and `/deploy risk`."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._room = answers.room

    async def readiness(self, asker: Asker, line: Line) -> tuple[str, list[Block]]:
        """The board, for the one who asks."""
        deployment = await choosing.choose_any(self._room, asker.channel, line, "/deploy readiness")
        plan_of(deployment)
        drawn = await self._answers.draw("readiness", deployment)
        return drawn.text, drawn.blocks

    async def risk(self, asker: Asker, line: Line, tell: Tell) -> str:
        """`/deploy risk ID reason` declares, `/deploy risk ID withdraw reason` withdraws."""
        deployment, line = await choosing.choose(self._room, asker.channel, line, "/deploy risk")
        known = [risk.id for risk in plan_of(deployment).risks]
        if len(line.words) < 2:
            raise Refused("risk-needed", risks=",".join(known))
        withdrawn = len(line.words) > 2 and line.words[2].lower() in WITHDRAWN
        said = RiskSaid(asker.user, line.words[1].lower(), not withdrawn, line.after(3 if withdrawn else 2))
        return (await self._answers.record(deployment, said, asker.key, tell)).text


def plan_of(deployment: Deployment) -> Readiness:
    """The plan's board. Raises Refused for a plan without one."""
    plan = deployment.runbook.plan.readiness
    if plan is None:
        raise Refused("no-readiness-in-plan")
    return plan


def _board(user: str, value: Value, deployment: Deployment) -> Input:
    return BoardAsked(user)


def _draw(stands: bool, deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    standing = {risk.id for risk in deployment.risks}
    wanted = [risk for risk in plan_of(deployment).risks if (risk.id in standing) is not stands]
    if not wanted:
        known = ",".join(risk.id for risk in plan_of(deployment).risks)
        raise Refused("risk-needed", risks=known)
    key = "window.risk" if stands else "window.risk-gone"
    options = [(speaking.text(risk.title, 75), risk.id) for risk in wanted]
    blocks = [
        kit.section(speaking.say(key)),
        kit.chosen(speaking.say("window.which-risk"), TEXT, options, block_id=RISK),
        kit.written(
            speaking.say("window.reason"), TEXT, block_id=windows.REASON, hint=speaking.say("window.recorded")
        ),
    ]
    callback = f"{(Verb.RISK_DECLARE if stands else Verb.RISK_WITHDRAW).value}.form"
    return kit.modal(
        speaking.say(f"{key}-title"), blocks, callback=callback, close=speaking.say("window.cancel"),
        submit=speaking.say("window.submit"), private=value.text(),
    )  # fmt: skip


def _meant(
    stands: bool, user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    return (RiskSaid(user, fields.get(RISK, ""), stands, fields.get(windows.REASON, "")),)

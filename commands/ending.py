"""How it went, what a rollback lost, and the plan that follows: buttons, their windows, and what is typed instead.

It must not know the other features, but for starting (`commands.starting`), which the plan that follows goes through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from math import ceil
from typing import Any, cast

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands import buttons, choosing, verbs, words
from commands.answers import Answers, Tell
from commands.asker import Asker, Body, fields_of
from commands.blocks import kit, windows
from commands.blocks.windows import TEXT, View
from commands.buttons import Value, Verb
from commands.clicks import Clicks
from commands.forms import Form, Forms
from commands.starting import AT, Starting
from commands.telling import Voice
from commands.words import Line, Token
from core.endings import OutcomeWord
from core.errors import Refused
from core.inputs import Input
from core.plan.quantities import parse_duration
from core.plan.runbook import Runbook
from core.rules.verdict import body_of
from core.sayings import LossSaid, OutcomeSaid
from core.state import Deployment, Status

WENT: Mapping[Verb, OutcomeWord] = {
    Verb.WENT_SUCCESS: "success",
    Verb.WENT_PARTIAL: "partial",
    Verb.WENT_FAILED: "failed",
}
MOST_PARTS = 8
"""Words of a length of time: '1 d 2 h 3 m 4 s' has the most."""
LOST, FOLLOW = "lost", "follow.submit"


class Ending:
    """The buttons and the windows."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._answers = clicks.answers
        self._forms = forms
        self._starting = Starting(clicks.answers)
        self._asking = {
            verb: Form(f"{verb.value}.form", partial(_draw_went, word), partial(_meant_went, word))
            for verb, word in WENT.items()
        }
        self._asking[Verb.LOSS_SAY] = Form("loss.form", _draw_loss, _meant_loss, probed=False)

    def listen(self, app: AsyncApp) -> None:
        """Takes the clicks and the submits."""
        for verb, form in self._asking.items():
            app.action(verb.value)(self.asked)
            self._forms.listen(app, form)
        app.action(Verb.FOLLOW_ON.value)(self.follow)
        app.view(FOLLOW)(self.started)

    async def asked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """A window for the reason."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.open(click, self._forms, self._asking[Verb(click.action["action_id"])])
            await ack()

    async def follow(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """A window with what the next plan asks for at its start."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            asked = replace(click.value, i=click.asker.channel)
            await self._forms.show(partial(self._next, asked), click.asker, client, respond)
            await ack()

    async def _next(self, value: Value) -> View:
        deployment = await self._answers.room.queries.load(value.d)
        runbook = self._following(deployment)
        return _draw_next(deployment, runbook, value, self._answers.voice(deployment))

    def _following(self, deployment: Deployment) -> Runbook:
        body = body_of(deployment)
        if (
            body is None
            or body.on_go is None
            or deployment.status is not Status.DONE
            or deployment.verdict != "GO"
        ):
            raise Refused("nothing-follows")
        return self._starting.read(body.on_go.plan)

    async def started(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """The next plan begins, by whoever has recorded it: the same rules as for `/deploy start`."""
        value = buttons.read(str((body.get("view") or {}).get("private_metadata") or ""))
        speaking = self._answers.voice()
        if value is None:
            await ack(
                response_action="update", view=windows.notice(speaking, speaking.say("refused.old-button"))
            )
            return
        asker = replace(Asker.submission(body), channel=value.i)
        tell = self._answers.teller(asker, client, respond)
        try:
            deployment = await self._answers.room.queries.load(value.d)
            line = _line(self._following(deployment), fields_of(body))
            text, _ = await self._starting.start(asker, line, tell)
        except Refused as refused:
            text = self._answers.refusal(refused)
        await ack(response_action="update", view=windows.notice(speaking, text))


class EndingVerbs:
    """`/deploy outcome WORD reason` and `/deploy loss LENGTH [note]`: of the deployment that runs here, or of the last one."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._room = answers.room

    async def outcome(self, asker: Asker, line: Line, tell: Tell) -> str:
        """How it went, in one of three words."""
        deployment, line = await self._ended(asker, line, "outcome")
        word = verbs.find(line.words[1], verbs.OUTCOMES) if len(line.words) > 1 else None
        if word is None:
            raise Refused("outcome-needed")
        said = OutcomeSaid(asker.user, cast(OutcomeWord, word), line.after(2))
        return (await self._answers.record(deployment, said, asker.key, tell)).text

    async def loss(self, asker: Asker, line: Line, tell: Tell) -> str:
        """What a rollback lost; the plan's objective is held against it."""
        deployment, line = await self._ended(asker, line, "loss")
        lost, words = _length(line)
        said = LossSaid(asker.user, lost_in(lost), line.after(1 + words))
        return (await self._answers.record(deployment, said, asker.key, tell)).text

    async def _ended(self, asker: Asker, line: Line, verb: str) -> tuple[Deployment, Line]:
        asked = choosing.before_words(line)
        deployment = await choosing.choose_any(self._room, asker.channel, asked, f"/deploy {verb}")
        if not choosing.is_here(deployment, asker.channel, self._room.team):
            raise Refused("wrong-channel", channels=choosing.channels([deployment.runbook.plan]))
        named = choosing.id_token(line)
        typed = named is not None and named.text.lower() == deployment.id.lower()
        return deployment, line.without(named) if named is not None and typed else line


def _length(line: Line) -> tuple[str, int]:
    """The length of time at the beginning of what was typed, and of how many words it is: '1h 30m the last orders' begins with two."""
    words = line.words[1:]
    for many in range(min(len(words), MOST_PARTS), 1, -1):
        written = " ".join(words[:many])
        try:
            parse_duration(written)
        except ValueError:
            continue
        return written, many
    return "".join(words[:1]), 1


def _line(runbook: Runbook, fields: Mapping[str, str]) -> Line:
    """What somebody would have typed: `start PLAN name=value ...`."""
    written = {name: words.read(text).text for name, text in fields.items() if text}
    tokens = [Token("word", "start", 0), Token("word", runbook.plan.plan, 0)]
    known = [name for name in (*runbook.plan.inputs, AT) if name in written]
    tokens += [Token("pair", written[name], 0, name) for name in known]
    return Line(" ".join(token.text for token in tokens), tuple(tokens))


def _draw_next(deployment: Deployment, runbook: Runbook, value: Value, speaking: Voice) -> View:
    plan = runbook.plan
    there = replace(speaking, runbook=runbook)
    blocks = [kit.section(there.say("window.follow", title=there.text(plan.title), plan=plan.plan))]
    for name, asked in plan.inputs.items():
        label = there.text(asked.title, 100) if asked.title is not None else name
        blocks.append(_field(label, name, deployment.inputs.get(name, ""), optional=not asked.required))
    blocks.append(_field(speaking.say("window.follow-at"), AT, "", optional=True))
    return kit.modal(
        speaking.say("window.follow-title"), blocks, callback=FOLLOW, close=speaking.say("window.cancel"),
        submit=speaking.say("window.follow-submit"), private=value.text(),
    )  # fmt: skip


def _field(label: str, name: str, known: str, *, optional: bool) -> dict[str, Any]:
    block = kit.written(label, TEXT, block_id=name, optional=optional)
    element = {**block["element"], "multiline": False, **({"initial_value": known[:1_000]} if known else {})}
    return {**block, "element": element}


def _draw_went(word: OutcomeWord, deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    said = [speaking.say("window.went", outcome=speaking.say(f"went.{word}"))]
    title = speaking.say("window.went-title")
    return windows.reason(deployment, value, speaking, callback=f"went.{word}.form", title=title, said=said)


def _meant_went(
    word: OutcomeWord, user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    return (OutcomeSaid(user, word, fields.get(windows.REASON, "")),)


def _draw_loss(deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    plan = deployment.runbook.plan.rollback
    rpo = plan.objectives.rpo if plan is not None and plan.objectives is not None else None
    if rpo is None:
        raise Refused("no-rpo-in-plan")
    said = kit.section(speaking.say("window.loss", limit=speaking.span(rpo)))
    lost = _field(speaking.say("window.loss-field"), LOST, "", optional=False)
    note = kit.written(speaking.say("window.note"), TEXT, block_id=windows.REASON, optional=True)
    return kit.modal(
        speaking.say("window.loss-title"), [said, lost, note], callback="loss.form", close=speaking.say("window.cancel"),
        submit=speaking.say("window.submit"), private=value.text(),
    )  # fmt: skip


def _meant_loss(
    user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    return (LossSaid(user, lost_in(fields.get(LOST, "")), fields.get(windows.REASON, "")),)


def lost_in(written: str) -> int:
    """The seconds that a length of time stands for; a part of one counts as one, since only 0 is 'nothing'. Raises Refused."""
    try:
        return ceil(parse_duration(written).total_seconds())
    except ValueError:
        raise Refused("bad-loss") from None

"""`/gate` and the buttons of a decision: GO, OBSERVE, NO-GO, HOLD. GO and OBSERVE act at once, the others ask for a reason.

It must not know the other commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import cast

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands import choosing, replaying, verbs, words
from commands.answers import Tell
from commands.asker import Asker, Body
from commands.blocks import decision, explain, kit, parts, windows
from commands.blocks.kit import Block
from commands.blocks.windows import View
from commands.buttons import Value, Verb
from commands.clicks import Clicks
from commands.forms import Form, Forms
from commands.telling import Voice, voice
from core.asks import asks
from core.errors import Refused
from core.evidence import seen
from core.inputs import Answer, Decided, Input
from core.plan.models import Approval, Decide, Verdict
from core.report import summarise
from core.state import Deployment

COMMAND = "/gate"
AT_ONCE: Mapping[Verb, Answer] = {Verb.DECISION_GO: "go", Verb.DECISION_OBSERVE: "observe"}
WITH_REASON: Mapping[Verb, Answer] = {Verb.DECISION_NO_GO: "no-go", Verb.DECISION_HOLD: "hold"}
REASONS = frozenset({"go-needs-reason", "go-unseen-needs-reason", "reason-required"})


class Gate:
    """The command, the four buttons and their windows."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._answers = clicks.answers
        self._room = clicks.answers.room
        self._forms = forms
        self._asking = {answer: _form(answer) for answer in ("go", "no-go", "hold")}

    def listen(self, app: AsyncApp) -> None:
        """Takes the command, the clicks and the submits."""
        app.command(COMMAND)(self.command)
        for verb in AT_ONCE:
            app.action(verb.value)(self.answered)
        for verb in WITH_REASON:
            app.action(verb.value)(self.asked)
        for form in self._asking.values():
            self._forms.listen(app, form)

    # -------------------------------------------------------------------------------------------------- clicking

    async def answered(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """One click on GO or OBSERVE. GO against the evidence, or to a final verdict, asks for its reason first."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is None:
            return
        answer = AT_ONCE[Verb(click.action["action_id"])]
        recorded = await self._clicks.record(
            click, partial(_clicked, answer), untold=REASONS if answer == "go" else ()
        )
        if (
            recorded is not None
            and recorded.refused is not None
            and recorded.refused.key in REASONS
            and answer == "go"
        ):
            await self._clicks.open(click, self._forms, self._asking["go"])
        await ack()

    async def asked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """NO-GO and HOLD: a window with the reason."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.open(
                click, self._forms, self._asking[WITH_REASON[Verb(click.action["action_id"])]]
            )
            await ack()

    # ---------------------------------------------------------------------------------------------------- typing

    async def command(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """`/gate status | explain [metric] | replay | go | observe | nogo | hold [reason]`."""
        asker = Asker.command(body)
        blocks: list[Block] | None = None
        try:
            line = words.read(asker.text)
            verb = verbs.require(line.tokens[0].text, verbs.GATE, COMMAND) if line.tokens else "status"
            if verb == "help":
                text = self._answers.voice().say("help.gate")
            elif verb == "status":
                text, blocks = await self._status(asker, line)
            elif verb == "replay":
                text = await self._replay(asker, line, self._answers.teller(asker, client, respond))
            elif verb == "explain":
                text, blocks = await self._explain(asker, line)
            else:
                deployment, line = await choosing.choose(self._room, asker.channel, line, f"{COMMAND} {verb}")
                act = typed(deployment, asker.user, cast(Answer, verb), line.after(1))
                tell = self._answers.teller(asker, client, respond)
                text = (await self._answers.record(deployment, act, asker.key, tell)).text
        except Refused as refused:
            text = self._answers.refusal(refused)
        await ack(text=text, blocks=blocks)

    async def _status(self, asker: Asker, line: words.Line) -> tuple[str, list[Block]]:
        deployment = await choosing.choose_any(self._room, asker.channel, line, f"{COMMAND} status")
        opened = _open(deployment)
        if len(opened) == 1 and not isinstance(deployment.runbook.step(opened[0]).body, Verdict):
            drawn = await self._answers.draw("decision", deployment, subject=opened[0])
            return drawn.text, drawn.blocks
        return gate_status(deployment, voice(deployment, await self._answers.plan_now(deployment)))

    async def _replay(self, asker: Asker, line: words.Line, tell: Tell) -> str:
        """Judging thousands of looks takes longer than Slack waits, and than this loop may: the answer follows."""
        deployment = await choosing.choose_any(self._room, asker.channel, line, f"{COMMAND} replay")
        speaking = voice(deployment, await self._answers.plan_now(deployment))

        async def judge() -> None:
            found = await self._room.queries.recorded(deployment.id)
            await tell(await asyncio.to_thread(replaying.again, deployment, found, speaking))

        self._answers.later(judge())
        return speaking.say("replay.working", name=speaking.safe(deployment.id, 40))

    async def _explain(self, asker: Asker, line: words.Line) -> tuple[str, list[Block]]:
        """What was rolled back is asked about most: a deployment that is over explains itself too, by its id or as the last one."""
        deployment, line = await self._explaining(asker, line)
        speaking = voice(deployment, await self._answers.plan_now(deployment))
        return explained(deployment, line.words[1].lower() if len(line.words) > 1 else "", speaking)

    async def _explaining(self, asker: Asker, line: words.Line) -> tuple[Deployment, words.Line]:
        try:
            deployment, line = await choosing.choose(self._room, asker.channel, line, f"{COMMAND} explain")
        except Refused as refused:
            if refused.key != "no-deployment":
                raise
            deployment = await choosing.choose_any(self._room, asker.channel, words.read("explain"), COMMAND)
        named = choosing.id_token(line)
        if named is None or named.text.lower() in explain.metrics(deployment):  # 'p95' looks like an id
            return deployment, line
        try:
            return await choosing.load(self._room, named.text.upper()), line.without(named)
        except Refused as refused:
            if refused.key != "unknown-deployment":
                raise
            return deployment, line


def explained(deployment: Deployment, word: str, speaking: Voice) -> tuple[str, list[Block]]:
    """The arithmetic of every metric, or of the one named: (text, blocks). Raises Refused for a metric the gate does not weigh."""
    known = explain.metrics(deployment)
    if word and known and word not in known:
        near = words.nearest(word, known)
        raise Refused("unknown-gate-metric", word=word[:60], known=", ".join(known), near=near)
    drawn = explain.draw(deployment, word, speaking)
    return drawn.text, drawn.blocks


def gate_status(deployment: Deployment, speaking: Voice) -> tuple[str, list[Block]]:
    """The evidence as it stands when no question is open: (text, blocks)."""
    now = speaking.now or deployment.t0
    summary = summarise(deployment, now, "now")
    name = parts.subject(deployment, speaking)
    said = speaking.say(
        "report.headline",
        name=name,
        status=parts.status(deployment, speaking),
        share=speaking.share(deployment.weight),
    )
    shown = decision.evidence(deployment, summary, speaking) or [kit.section(speaking.say("gate.no-traffic"))]
    following = speaking.say("gate.over" if deployment.final else "gate.no-question")
    drawn = kit.drawn(said, [kit.section(f"*{said}*"), *shown, kit.context(following)])
    return drawn.text, drawn.blocks


def typed(deployment: Deployment, user: str, answer: Answer, reason: str) -> Decided:
    """An answer typed to the one open question. What the person saw is not known, so no digest is claimed."""
    opened = _open(deployment)
    if not opened:
        raise Refused("no-question")
    if len(opened) > 1:
        raise Refused("several-questions", steps=",".join(opened))
    step = deployment.step(opened[0])
    return Decided(user, opened[0], step.round if step is not None else 0, answer, reason)


def _open(deployment: Deployment) -> list[str]:
    return [ask.step for ask in asks(deployment) if ask.kind == "decide"]


def _clicked(answer: Answer, user: str, value: Value, deployment: Deployment) -> Input:
    return Decided(user, value.s, value.r, answer, "", value.e)


def _form(answer: Answer) -> Form:
    return Form(f"decision.{answer}", partial(_draw, answer), partial(_meant, answer))


def _draw(answer: Answer, deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    body = next((placed.body for placed in deployment.runbook.route if placed.body.id == value.s), None)
    digest = value.e or (seen(deployment, value.s) if isinstance(body, Decide) else "")
    asked = Value(value.d, value.s, value.i, value.r, digest)
    shown = speaking.say(f"answer.{answer}")
    leaves_out = answer == "no-go" and isinstance(body, Approval) and body.optional
    means = "leaves-out" if leaves_out else answer
    said = [speaking.say(f"window.decide-{means}", step=speaking.step(value.s), answer=shown)]
    if deployment.gate is not None and deployment.weight > 0:
        summary = summarise(deployment, speaking.now or deployment.t0, "now")
        said.append(parts.recommended(summary, speaking))
    title = speaking.say("window.decide-title", answer=answer.upper())
    return windows.reason(deployment, asked, speaking, callback=f"decision.{answer}", title=title, said=said)


def _meant(
    answer: Answer, user: str, value: Value, fields: Mapping[str, str], deployment: Deployment
) -> tuple[Input, ...]:
    return (Decided(user, value.s, value.r, answer, fields.get(windows.REASON, ""), value.e),)

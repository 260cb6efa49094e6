"""`/deploy timeline` and `/deploy reschedule`: when everything is, and moving T0. A move that would leave moments behind is
shown first, and takes a click.

It must not know the other verbs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands import choosing
from commands.answers import Answers, Tell
from commands.asker import Asker, Body
from commands.blocks import kit, parts, windows
from commands.blocks.kit import Block
from commands.blocks.timeline import line as shown_line
from commands.blocks.timeline import pages
from commands.blocks.windows import View
from commands.buttons import Value, Verb
from commands.calendar_file import Origin, calendar_file
from commands.clicks import Clicks
from commands.forms import Form, Forms
from commands.starting import AT, Starting
from commands.telling import Voice, voice
from commands.timetable import Timetable
from commands.words import Line, dated, nearest
from core import timeline
from core.errors import Refused
from core.inputs import Input, Rescheduled
from core.plan.moments import any_start, parse_start
from core.plan.runbook import Runbook
from core.rules.rescheduling import newly_missed
from core.state import Deployment
from core.timeline import Point

REASON, FILE = "reason", "ics"
PAGE, MOST_PAGES = 3_500, 5
"""Characters of one answer, and how many answers Slack takes after a command."""
CARRIED = 80
"""A reason up to so long is carried through the confirmation; a longer one is written there again."""

Said = tuple[str, list[Block] | None]


class Scheduling:
    """Two verbs that are about time."""

    def __init__(self, answers: Answers, starting: Starting) -> None:
        self._answers = answers
        self._room = answers.room
        self._starting = starting

    async def timeline(self, asker: Asker, line: Line, tell: Tell) -> Said:
        """Every moment of the deployment here, or of the one or the plan that is named."""
        asks_file = FILE in line.flags
        line = line.without(*(token for token in line.tokens if token.kind == "flag"))
        named = line.words[1] if len(line.words) > 1 else ""
        deployment = await self._deployment(asker, line, named)
        if deployment is None:
            pages_ = self._of_plan(named, line)
            if asks_file:
                pages_[0] = f"{self._answers.voice().say('timeline.file-of-plan')}\n{pages_[0]}"
        else:
            now = await self._answers.plan_now(deployment)
            speaking = voice(deployment, now)
            points = timeline.of_deployment(deployment, now)
            table = Timetable(speaking, deployment.holders)
            title = speaking.say(
                "timeline.title", name=parts.subject(deployment, speaking), t0=speaking.when(deployment.t0)
            )
            pages_ = _pages(title, points, table, deployment.runbook)
            if asks_file:
                self._answers.later(self._put_file(deployment, points, tell))
                pages_[0] = f"{speaking.say('timeline.file-coming', id=deployment.id)}\n{pages_[0]}"
        if len(pages_) > 1:
            self._answers.later(_told(pages_[1:], tell))
        return pages_[0], None

    async def _deployment(self, asker: Asker, line: Line, named: str) -> Deployment | None:
        """The deployment that is meant; None when a plan is. Raises Refused."""
        if named in self._room.plans.names():
            return None
        if not named or choosing.id_token(line) is not None:
            return await choosing.choose_any(self._room, asker.channel, line, "/deploy timeline")
        raise Refused("no-timeline", name=named[:60], near=nearest(named, self._room.plans.names()))

    def _of_plan(self, name: str, line: Line) -> list[str]:
        runbook = self._starting.read(name)
        now = self._room.clock()
        try:
            t0 = any_start(dated(line.pairs.get(AT), line, AT), runbook.plan.t0, runbook.zone, now)
        except ValueError as wrong:
            raise Refused("bad-start", detail=str(wrong)) from None
        speaking = replace(self._answers.voice(), runbook=runbook)
        people = dict(self._room.team.people())
        table = Timetable(speaking, lambda role: people.get(role, ()))
        title = speaking.say(
            "timeline.title", name=speaking.text(runbook.plan.title), t0=speaking.when(t0.at)
        )
        return _pages(title, timeline.of_plan(runbook, t0), table, runbook)

    async def _put_file(self, deployment: Deployment, points: tuple[Point, ...], tell: Tell) -> None:
        speaking = voice(deployment, self._room.clock())
        plain = Voice(
            deployment.language, None, plain=True, runbook=deployment.runbook, names=self._room.team.name,
            zone=deployment.runbook.zone,
        )  # fmt: skip
        name = parts.subject(deployment, plain)
        content = calendar_file(
            points, Timetable(plain, deployment.holders), origin_of(deployment, name, self._room.clock())
        )
        share = self._room.share
        if share is None:
            await tell(speaking.say("timeline.file-away"))
            return
        comment = speaking.say("timeline.file-comment", name=speaking.safe(name))
        try:
            await share.under_card(deployment.id, content, name=f"{deployment.id}.ics", comment=comment)
        except Refused as refused:
            await tell(speaking.tell(f"refused.{refused.key}", refused.args_))

    # ------------------------------------------------------------------------------------------------- moving T0

    async def reschedule(self, asker: Asker, line: Line, tell: Tell) -> Said:
        """Moves T0, or shows what that would leave behind, with a button."""
        deployment, line = await self._chosen(asker, line)
        reason = " ".join(part for part in (line.pairs.get(REASON, ""), _behind(line, REASON)) if part)
        now = await self._answers.plan_now(deployment)
        written = dated(line.pairs.get(AT), line, AT)
        if not written:
            raise Refused("t0-needed", id=deployment.id)
        try:
            t0 = parse_start(written, deployment.runbook.plan.t0, deployment.runbook.zone, now)
        except ValueError as wrong:
            raise Refused("bad-start", detail=str(wrong)) from None
        act = Rescheduled(asker.user, t0, deployment.t0, reason)
        answer = await self._answers.record(deployment, act, asker.key, tell)
        if answer.refused is not None and answer.refused.key == "t0-near":
            return self._confirmation(deployment, act, now)
        return answer.text, None

    async def _chosen(self, asker: Asker, line: Line) -> tuple[Deployment, Line]:
        """`/deploy reschedule D12 at=...`: here the id stands first, where people look for it; at the end it does as well."""
        first = line.tokens[1] if len(line.tokens) > 1 else None
        if first is not None and first.kind == "word" and choosing.ID.fullmatch(first.text):
            moved = line.without(first)
            named = replace(moved, text=f"{moved.text} {first.text}", tokens=(*moved.tokens, first))
            deployment, _ = await choosing.choose(self._room, asker.channel, named, "/deploy reschedule")
            return deployment, moved
        return await choosing.choose(self._room, asker.channel, line, "/deploy reschedule")

    def _confirmation(self, deployment: Deployment, act: Rescheduled, now: datetime) -> Said:
        speaking = voice(deployment, now)
        said = warning(deployment, act.t0, now, speaking)
        carried = act.reason if len(act.reason) <= CARRIED else ""
        value = Value(deployment.id, "", act.t0.isoformat(), 0, act.was.isoformat(), carried)
        button = kit.button(speaking.say("button.reschedule"), Verb.RESCHEDULE, value, style="danger")
        return said[0], [*(kit.section(one) for one in said), kit.actions(button)]


class Moving:
    """The button under a warning, and the window that it opens."""

    def __init__(self, clicks: Clicks, forms: Forms) -> None:
        self._clicks = clicks
        self._forms = forms
        self._form = Form(Verb.RESCHEDULE.value, _draw, _meant)

    def listen(self, app: AsyncApp) -> None:
        """Takes the click and the submit."""
        app.action(Verb.RESCHEDULE.value)(self.asked)
        self._forms.listen(app, self._form)

    async def asked(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """A window that says once more what will be missed, and takes the reason."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.open(click, self._forms, self._form)
            await ack()


def _draw(deployment: Deployment, value: Value, speaking: Voice, user: str) -> View:
    said = warning(deployment, _moment(value.i), speaking.now or deployment.t0, speaking)
    return windows.reason(
        deployment, value, speaking, callback=Verb.RESCHEDULE.value, title=speaking.say("window.reschedule-title"), said=said,
        written=value.v,
    )  # fmt: skip


def _meant(user: str, value: Value, fields: Mapping[str, str], deployment: Deployment) -> tuple[Input, ...]:
    reason = fields.get(windows.REASON, "")
    return (Rescheduled(user, _moment(value.i), _moment(value.e), reason, confirmed=True),)


def _moment(text: str) -> datetime:
    """Raises Refused for what is none of ours."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("old-button") from None
    if found.tzinfo is None:
        raise Refused("old-button")
    return found


def warning(deployment: Deployment, t0: datetime, now: datetime, speaking: Voice) -> list[str]:
    """What a new T0 leaves behind, in paragraphs."""
    missed = newly_missed(deployment, t0, now)
    key = "reschedule.past" if t0 <= now else "reschedule.near"
    said = [speaking.say(key, t0=speaking.when(t0), was=speaking.when(deployment.t0), n=len(missed))]
    if missed:
        lines = [f"• {speaking.step(step_id)}" for step_id, _ in missed]
        said.append("\n".join(lines[:40]))
        said.append(speaking.say("reschedule.settle"))
    return said


def origin_of(deployment: Deployment, name: str, stamp: datetime) -> Origin:
    """Whose calendar file it is: the day of the start keeps two databases with a D1 each apart."""
    began = deployment.started_at or deployment.t0
    return Origin(f"{deployment.id}-{began:%Y%m%dT%H%M%SZ}", name, stamp, len(deployment.moves))


def _pages(title: str, points: tuple[Point, ...], table: Timetable, runbook: Runbook) -> list[str]:
    lines = [f"*{title}*"]
    if any(point.about and point.happened is None for point in points):
        lines.append(table.voice.say("timeline.estimates"))
    lines += table.remarks(points, runbook.zone)
    lines += [shown_line(point, table) for point in points]
    found = pages(lines, PAGE)
    if len(found) > MOST_PAGES:
        left = sum(page.count("\n") + 1 for page in found[MOST_PAGES:])
        found = [*found[: MOST_PAGES - 1], f"{found[MOST_PAGES - 1]}\n{table.voice.say('word.more', n=left)}"]
    return found


async def _told(texts: list[str], tell: Tell) -> None:
    for text in texts:
        await tell(text)


def _behind(line: Line, name: str) -> str:
    """`reason=the database is late` without quotes is what people type: the words behind belong to it."""
    given = next((token for token in line.tokens if token.kind == "pair" and token.name == name), None)
    if given is None:
        return ""
    following = [token for token in line.tokens if token.start > given.start]
    end = next((token.start for token in following if token.kind != "word"), len(line.text))
    words = [token.text for token in following if token.start < end]
    return " ".join(words)

"""`/deploy start PLAN key=value at=WHEN`: from a line to a deployment that has begun.

Everything that can be wrong is said before anything is written. It must not know the other verbs.
"""

from __future__ import annotations

from commands import choosing, rehearsing
from commands.answers import Answers, Tell
from commands.asker import Asker
from commands.blocks import draw, duty, parts
from commands.blocks.kit import Block
from commands.plan_difference import summary
from commands.telling import Voice, voice
from commands.words import Line, dated, nearest
from core.errors import Refused
from core.inputs import People, Started
from core.plan.difference import difference
from core.plan.moments import parse_start
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook
from core.start import new_deployment
from core.state import Deployment
from storage.clock import PlanClock

AT, LANGUAGE = "at", "language"
PROBLEMS, RECENT = 12, 5


class Starting:
    """One verb, long enough for a module."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._room = answers.room

    async def start(self, asker: Asker, line: Line, tell: Tell) -> tuple[str, list[Block] | None]:
        """The answer to the line, as text and blocks: what begins and what comes first. Raises Refused."""
        named = line.words[1] if len(line.words) > 1 else ""
        if not named:
            return self._which(), None
        runbook = self.read(named)
        plan = runbook.plan
        rehearsed = rehearsing.asked_for(line)
        if not rehearsed and self._room.team.channel_id(plan.channels["main"]) != asker.channel:
            raise Refused("wrong-channel", channels=choosing.channels([plan]))
        new = await self._new(runbook, line, asker, rehearsed)
        pace = self._pace()
        if rehearsed:
            pace = rehearsing.pace_of(runbook, new.t0, self._room.clock(), new.rehearsing.speed)
        team = self._room.team
        started = Started(asker.user, holders(runbook, team.people()), team.rota(), team.deputies())
        answer = await self._answers.settle(
            self._room.ledger.open(new, started, key=asker.key, pace=pace), tell, new
        )
        if answer.outcome is None:
            return answer.text, None
        begun = answer.outcome.deployment
        self._answers.later(self._since_last(begun, tell))
        now = begun.started_at or begun.t0
        drawn = draw("started", begun, words=(("tour", self._room.tour),), now=now)
        return self._said(begun), drawn.blocks

    async def _since_last(self, begun: Deployment, tell: Tell) -> None:
        """One line when the plan says something else than when it was last followed, with what has become riskier counted."""
        for row in await self._room.queries.recent(RECENT):
            if row.id == begun.id or row.service != begun.runbook.plan.service:
                continue
            last = await self._room.queries.load(row.id)
            if last.runbook.plan.plan != begun.runbook.plan.plan:
                continue
            changes = difference(last.runbook, begun.runbook)
            if changes:
                speaking = voice(begun, self._room.clock())
                await tell(speaking.say("start.changed", id=last.id, changes=summary(changes, speaking)))
            return

    def _pace(self) -> PlanClock | None:
        """The plan clock of a rehearsal or demo; None where plan time is real time."""
        return None if self._room.pace is None else self._room.pace(self._room.clock())

    def _which(self) -> str:
        speaking, names = self._answers.voice(), self._room.plans.names()
        if not names:
            raise Refused("no-plans")
        shown = "\n".join(f"• `/deploy start {name}`" for name in names)
        return speaking.say("start.which", plans=shown)

    def read(self, name: str) -> Runbook:
        """The plan of this name. Raises Refused, with every problem of a plan that has some."""
        try:
            return self._room.plans.read(name)
        except PlanInvalid as invalid:
            shown = [f"• {problem}" for problem in invalid.problems[:PROBLEMS]]
            if len(invalid.problems) > PROBLEMS:
                shown.append(self._answers.voice().say("word.more", n=len(invalid.problems) - PROBLEMS))
            raise Refused(
                "plan-invalid", name=name, n=len(invalid.problems), problems="\n".join(shown)
            ) from None
        except Refused as refused:
            if refused.key != "unknown-plan":
                raise
            raise Refused("unknown-plan", name=name, near=nearest(name, self._room.plans.names())) from None

    async def _new(self, runbook: Runbook, line: Line, asker: Asker, rehearsed: bool) -> Deployment:
        given = dict(line.pairs)
        rehearsal = None
        if rehearsed:
            speed = given.pop(rehearsing.SPEED, None)
            rehearsal = rehearsing.rehearsal_of(self._room, asker, line, runbook.plan, speed)
        at, language = given.pop(AT, None), given.pop(LANGUAGE, self._room.team.language)
        try:
            now = self._room.clock()
            pace = self._pace()
            plan_now = now if pace is None else pace.now(now)
            t0 = parse_start(dated(at, line, AT), runbook.plan.t0, runbook.zone, plan_now)
        except ValueError as wrong:
            raise Refused("bad-start", detail=str(wrong)) from None
        new_id = await self._room.new_id()
        return new_deployment(
            id=new_id, runbook=runbook, inputs=given, t0=t0, language="ko" if language == "ko" else "en",
            rehearsing=rehearsal,
        )  # fmt: skip

    def _said(self, begun: Deployment) -> str:
        speaking = voice(begun, begun.started_at or self._room.clock())
        said = speaking.say(
            "start.begun", name=parts.subject(begun, speaking), id=begun.id, t0=speaking.when(begun.t0)
        )
        waiting = parts.waiting(begun, speaking)
        return "\n".join(
            [
                said,
                parts.steps_line(begun, speaking),
                *([f"*{speaking.say('card.waiting')}*: {waiting[0]}"] if waiting else []),
                *duty.gap_lines(begun, speaking),
                speaking.say("start.next"),
                *([_of_rehearsal(begun, speaking)] if begun.rehearsal else []),
            ]
        )


def _of_rehearsal(begun: Deployment, speaking: Voice) -> str:
    channel = f"<#{begun.rehearsing.channel}>"
    return speaking.say("start.rehearsal", speed=f"{begun.rehearsing.speed:g}", channel=channel)


def holders(runbook: Runbook, people: People) -> People:
    """Who holds the plan's roles; roles of other plans are left out, and one nobody holds stays empty."""
    known = dict(people)
    return tuple((role, known.get(role, ())) for role in runbook.plan.roles)

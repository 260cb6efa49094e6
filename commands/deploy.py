"""`/deploy`: where a deployment stands, and the verbs that move it as a whole. Starting one is in `commands.starting`.

It must not know the other commands.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands import choosing, verbs, words
from commands.answers import Answers, Tell
from commands.asker import Asker, Body
from commands.blocks import daily, duty, kit
from commands.blocks.kit import Block
from commands.bringing import Bringing
from commands.declaring import Declaring
from commands.ending import EndingVerbs
from commands.findings import in_slack
from commands.readiness import BoardVerbs
from commands.recording import Recording
from commands.reloading import Reloading
from commands.scheduling import Scheduling
from commands.starting import Starting
from commands.telling import voice
from commands.words import Line
from core.daily import tables
from core.errors import Refused
from core.inputs import Aborted, Assigned, Input, Paused, Resumed, Unlocked
from core.state import Deployment

COMMAND = "/deploy"
RECENT = 10
DEFAULT_ENVIRONMENT = "production"
FORCE = "force"


@dataclass(frozen=True)
class Reply:
    """What the command answers."""

    text: str
    blocks: list[Block] | None = None


class Deploy:
    """The command and its verbs."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._room = answers.room
        self._starting = Starting(answers)
        self._board = BoardVerbs(answers)
        self._ending = EndingVerbs(answers)
        self._recording = Recording(answers)
        self._bringing = Bringing(answers)
        scheduling = Scheduling(answers, self._starting)
        self._says: dict[str, Callable[[Asker, Line, Tell], Awaitable[tuple[str, list[Block] | None]]]] = {
            "start": self._starting.start, "timeline": scheduling.timeline, "reschedule": scheduling.reschedule,
            "reload": Reloading(answers).reload,
        }  # fmt: skip
        self._declaring = Declaring(answers)
        self._does: dict[str, Callable[[Asker, Line, Tell], Awaitable[Reply]]] = {
            "status": self._status, "list": self._list, "pause": self._pause, "resume": self._resume, "abort": self._abort,
            "checklist": self._checklist, "assign": self._assign, "unlock": self._unlock,
            "doctor": self._doctor, "record": self._papers, "help": self._help, "incident": self._incident,
            "readiness": self._readiness, "risk": self._risk,
            "oncall": self._oncall, "contacts": self._contacts, "outcome": self._outcome, "loss": self._loss,
            "watch": self._watch,
        }  # fmt: skip

    def listen(self, app: AsyncApp) -> None:
        """Takes the command."""
        app.command(COMMAND)(self.command)
        self._bringing.listen(app)

    async def command(self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """Answers once, privately, within a second."""
        asker = Asker.command(body)
        tell = self._answers.teller(asker, client, respond)
        try:
            line = words.read(asker.text)
            verb = verbs.require(line.tokens[0].text, verbs.DEPLOY, COMMAND) if line.tokens else "help"
            if verb == "import":
                await self._bringing.open(asker, client)
                await ack()
                return
            reply = await self._do(verb, asker, line, tell)
        except Refused as refused:
            reply = Reply(self._answers.refusal(refused))
        await ack(text=reply.text, blocks=reply.blocks)

    async def _do(self, verb: str, asker: Asker, line: Line, tell: Tell) -> Reply:
        if verb in self._says:
            return Reply(*await self._says[verb](asker, line, tell))
        return await self._does[verb](asker, line, tell)

    # ----------------------------------------------------------------------------------------------------- looking

    async def _help(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        return Reply(self._answers.voice().say("help.deploy"))

    async def _status(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        deployment = await choosing.choose_any(self._room, asker.channel, line, f"{COMMAND} status")
        drawn = await self._answers.draw("card", deployment)
        return Reply(drawn.text, drawn.blocks)

    async def _list(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        speaking = self._answers.voice()
        rows = await self._room.queries.recent(RECENT)
        if not rows:
            return Reply(speaking.say("list.none"))
        said = [
            speaking.say(
                "list.row", id=row.id, service=row.service, environment=row.environment,
                status=speaking.say(f"status.{row.status}"), at=speaking.when(row.started_at),
            )
            for row in rows
        ]  # fmt: skip
        return Reply("\n".join([speaking.say("list.title"), *said, speaking.say("list.next")]))

    async def _checklist(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        deployment = await choosing.choose_any(self._room, asker.channel, line, f"{COMMAND} checklist")
        opened = [step for step in deployment.steps if step.items and step.status == "open"]
        if not opened:
            raise Refused("no-checklist")
        drawings = [await self._answers.draw("checklist", deployment, subject=step.id) for step in opened[:3]]
        text = " ".join(drawing.text for drawing in drawings)
        blocks = [block for drawing in drawings for block in drawing.blocks]
        return Reply(text, kit.fit(blocks, kit.MESSAGE_BLOCKS, kit.MESSAGE_BYTES))

    async def _doctor(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        """Anybody may look; it takes longer than Slack waits, so the answer follows."""
        diagnose = self._room.diagnose
        if len(line.words) < 2:
            raise Refused("doctor-plan", plans=", ".join(self._room.plans.names()))
        if diagnose is None:
            raise Refused("doctor-away")
        runbook = self._starting.read(line.words[1])
        speaking = replace(self._answers.voice(), runbook=runbook)

        async def look() -> None:
            findings = await diagnose(runbook, line.pairs)
            await tell(in_slack(runbook.plan.plan, findings, speaking))

        self._answers.later(look())
        return Reply(speaking.say("doctor.looking", name=runbook.plan.plan))

    async def _watch(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        """The days of a watch in one table, for whoever asks."""
        deployment = await choosing.choose_any(self._room, asker.channel, line, f"{COMMAND} watch")
        if not tables(deployment):
            raise Refused("no-rows")
        drawn = daily.draw(deployment, voice(deployment, await self._answers.plan_now(deployment)))
        return Reply(drawn.text, drawn.blocks)

    async def _readiness(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        return Reply(*await self._board.readiness(asker, line))

    async def _papers(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        return Reply(await self._recording.record(asker, line, tell))

    # ---------------------------------------------------------------------------------------------------- acting

    async def _risk(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        return Reply(await self._board.risk(asker, line, tell))

    async def _outcome(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        return Reply(await self._ending.outcome(asker, line, tell))

    async def _loss(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        return Reply(await self._ending.loss(asker, line, tell))

    async def _pause(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        deployment, line = await self._chosen(asker, line, "pause")
        return await self._record(deployment, Paused(asker.user, line.after(1)), asker, tell)

    async def _resume(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        deployment, line = await self._chosen(asker, line, "resume")
        given = [token for token in line.tokens if token.kind == "pair" and token.name == FORCE]
        force = " ".join(
            [token.text for token in given] + [line.without(*given).after(1)] if given else []
        ).strip()
        if given and not force:
            raise Refused("reason-required", act="force")
        return await self._record(deployment, Resumed(asker.user, force), asker, tell)

    async def _abort(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        deployment, line = await self._chosen(asker, line, "abort")
        reason = line.after(1)
        if not reason:
            raise Refused("reason-required", act="abort")
        return await self._record(deployment, Aborted(asker.user, reason), asker, tell)

    async def _assign(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        deployment, line = await self._chosen(asker, line, "assign")
        roles = deployment.runbook.plan.roles
        named = " ".join(line.words[1:])
        if not named:
            raise Refused("role-needed", roles=",".join(roles))
        role = role_named(deployment, named) or named
        if not line.people:
            raise Refused("people-needed", role=role if role in roles else named)
        for person in line.people:
            if not await self._room.team.may_use(person):
                raise Refused("person-cannot", person=person)
        happened = Assigned(asker.user, role, line.people, _day(line, "from"), _day(line, "to"))
        return await self._record(deployment, happened, asker, tell)

    async def _oncall(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        deployment = await choosing.choose_any(self._room, asker.channel, line, f"{COMMAND} oncall")
        if not duty.with_rota(deployment):
            raise Refused("no-rota")
        return Reply(duty.rota(deployment, voice(deployment, await self._answers.plan_now(deployment))))

    async def _contacts(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        deployment = await choosing.choose_any(self._room, asker.channel, line, f"{COMMAND} contacts")
        return Reply(duty.contacts(deployment, voice(deployment, await self._answers.plan_now(deployment))))

    async def _incident(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        return Reply(await self._declaring.incident(asker, line, tell))

    async def _unlock(self, asker: Asker, line: Line, tell: Tell) -> Reply:
        if len(line.words) < 2:
            raise Refused("service-needed")
        service = line.words[1]
        environment, reason = DEFAULT_ENVIRONMENT, line.after(2)
        lock = None
        if len(line.words) > 2:
            lock = await self._room.queries.lock(service, line.words[2])
        if lock is not None:
            environment, reason = line.words[2], line.after(3)
        else:
            lock = await self._room.queries.lock(service, environment)
        if lock is None:
            raise Refused("no-lock", service=service)
        deployment = await choosing.load(self._room, lock.deployment_id)
        return await self._record(deployment, Unlocked(asker.user, reason), asker, tell)

    async def _chosen(self, asker: Asker, line: Line, verb: str) -> tuple[Deployment, Line]:
        return await choosing.choose(self._room, asker.channel, line, f"{COMMAND} {verb}")

    async def _record(self, deployment: Deployment, happened: Input, asker: Asker, tell: Tell) -> Reply:
        answer = await self._answers.record(deployment, happened, asker.key, tell)
        return Reply(answer.text)


def _day(line: Line, name: str) -> date | None:
    """The day behind `from=` or `to=`; None where it is not given. Raises Refused."""
    written = line.pairs.get(name)
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Refused("duty-day", day=written[:40]) from None


def role_named(deployment: Deployment, named: str) -> str | None:
    """The role with this id or title, in either language."""
    wanted = named.casefold()
    for name, role in deployment.runbook.plan.roles.items():
        if wanted in (name.casefold(), role.title.en.casefold(), role.title.ko.casefold()):
            return name
    return None

"""`/deploy incident`: the playbooks of a plan, an incident opened by a person, closed, or given its next try.

It must not know the other verbs, nor the buttons of an incident.
"""

from __future__ import annotations

from commands import choosing
from commands.answers import Answers, Tell
from commands.asker import Asker
from commands.blocks import incident as shown
from commands.blocks import parts
from commands.telling import Voice, voice
from commands.words import Line, dated, nearest
from core.errors import Refused
from core.incidents import Incident, IncidentClosed, IncidentDeclared, NextTrySet
from core.inputs import Input
from core.plan.moments import parse_start
from core.state import Deployment

EXAMPLE = "/deploy incident"
CLOSE, NEXT = ("close", "종료"), ("next", "다음")
AT = "at"


class Declaring:
    """One verb, long enough for a module."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._room = answers.room

    async def incident(self, asker: Asker, line: Line, tell: Tell) -> str:
        """The answer to the line. Raises Refused."""
        words = line.words[1:]
        if not words or (choosing.id_token(line) is not None and len(words) == 1):
            deployment = await choosing.choose_any(self._room, asker.channel, line, EXAMPLE)
            return self._listed(deployment, voice(deployment, await self._answers.plan_now(deployment)))
        if words[0].lower() in (*CLOSE, *NEXT):
            return await self._about_one(asker, line, tell)
        deployment, line = await choosing.choose(self._room, asker.channel, line, EXAMPLE)
        if not deployment.runbook.plan.playbooks:
            raise Refused("no-playbooks")
        happened = IncidentDeclared(asker.user, playbook_named(deployment, line.words[1]), line.after(2))
        return (await self._answers.record(deployment, happened, asker.key, tell)).text

    async def _about_one(self, asker: Asker, line: Line, tell: Tell) -> str:
        asked = choosing.before_words(line)
        deployment = await choosing.choose_any(self._room, asker.channel, asked, EXAMPLE)
        named = choosing.id_token(line)
        if named is not None and named.text.lower() == deployment.id.lower():
            line = line.without(named)
        closes = line.words[1].lower() in CLOSE
        one = _meant(deployment, line.words[2] if len(line.words) > 2 else "", closed=not closes)
        happened: Input
        if closes:
            happened = IncidentClosed(asker.user, one.number, line.after(3))
        else:
            happened = await self._next_try(deployment, one, asker, line)
        return (await self._answers.record(deployment, happened, asker.key, tell)).text

    async def _next_try(self, deployment: Deployment, one: Incident, asker: Asker, line: Line) -> NextTrySet:
        at = dated(line.pairs.get(AT), line, AT)
        runbook = deployment.runbook
        try:
            if not at:
                raise ValueError("no 'at=' says when")
            now = await self._answers.plan_now(deployment)
            moment = parse_start(at, runbook.plan.t0, runbook.zone, now)
        except ValueError as wrong:
            raise Refused("bad-next-try", detail=str(wrong)) from None
        return NextTrySet(asker.user, one.number, moment)

    def _listed(self, deployment: Deployment, speaking: Voice) -> str:
        playbooks = deployment.runbook.plan.playbooks
        if not playbooks:
            raise Refused("no-playbooks")
        rows = []
        for name, playbook in playbooks.items():
            known = deployment.open_incident(name)
            opened = ""
            if known is not None:
                stage = speaking.say(f"stage.{known.stage}")
                opened = speaking.say("incident.list-open", at=speaking.when(known.opened_at), stage=stage)
            title = speaking.text(playbook.title, 120)
            rows.append(
                speaking.say("incident.list-row", id=name, title=title, n=len(playbook.steps), open=opened)
            )
        head = speaking.say("incident.list", name=parts.subject(deployment, speaking))
        opened_lines = [shown.line(deployment, one, speaking) for one in deployment.incidents if one.open]
        return "\n".join([head, *rows, *opened_lines, speaking.say("incident.list-next")])


def playbook_named(deployment: Deployment, named: str) -> str:
    """The playbook with this name or title, in either language; the word itself when there is none."""
    wanted = named.casefold()
    for name, playbook in deployment.runbook.plan.playbooks.items():
        if wanted in (name.casefold(), playbook.title.en.casefold(), playbook.title.ko.casefold()):
            return name
    return named


def _meant(deployment: Deployment, named: str, *, closed: bool) -> Incident:
    """The open incident of this playbook; the only open one where none is named. `closed`: also the last that is over."""
    opened = [one for one in deployment.incidents if one.open]
    if not named and len(opened) == 1:
        return opened[0]
    name = playbook_named(deployment, named)
    playbooks = deployment.runbook.plan.playbooks
    if name not in playbooks:
        near = nearest(name, playbooks)
        raise Refused("unknown-playbook", name=name, near=near, names=", ".join(playbooks))
    found = deployment.open_incident(name)
    if found is None and closed:
        found = next((one for one in reversed(deployment.incidents) if one.playbook == name), None)
    if found is None:
        raise Refused("no-incident", name=name)
    return found

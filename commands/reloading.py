"""`/deploy reload`: the plans are read anew, and whoever asked is told what is new, changed, gone or broken.

Nothing that runs is touched: a deployment keeps the text it began with. It must not know the other verbs.
"""

from __future__ import annotations

from commands.answers import Answers, Tell
from commands.asker import Asker
from commands.blocks.kit import Block
from commands.plan_difference import grouped, sentence, summary
from commands.room import Room
from commands.telling import Voice
from commands.words import Line
from core.errors import Refused
from core.plan.problems import PlanInvalid
from core.plan.shelf import News

SHOWN = 3
"""So many changes that make a plan riskier, and so many problems of a broken one, are told."""


class Reloading:
    """One verb."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._room = answers.room

    async def reload(self, asker: Asker, line: Line, tell: Tell) -> tuple[str, list[Block] | None]:
        """The answer. Raises Refused for somebody who could not start any plan."""
        roles = starter_roles(self._room)
        people = dict(self._room.team.people())
        able = [person for role in roles for person in people.get(role, ())]
        if asker.user not in able:
            who = ",".join(dict.fromkeys(able))
            raise Refused("not-allowed", act="reload", roles=",".join(roles), people=who)
        return told(self._room.plans.reload(), self._answers.voice()), None


def starter_roles(room: Room) -> tuple[str, ...]:
    """The roles that may start some plan that can be read."""
    found: dict[str, None] = {}
    for name in room.plans.names():
        try:
            found |= dict.fromkeys(room.plans.read(name).plan.starters)
        except (PlanInvalid, Refused):
            continue  # who may start a plan that cannot be read is not known
    return tuple(found)


def told(found: tuple[News, ...], voice: Voice) -> str:
    """What became of the plans, what needs somebody first."""
    order = ("broken", "changed", "new", "mended", "gone")
    lines = [voice.say("reload.title", n=sum(one.what != "gone" for one in found))]
    for what in order:
        for one in found:
            if one.what == what:
                lines += _lines(one, voice)
    same = [voice.safe(one.name, 60) for one in found if one.what == "same"]
    if same:
        lines.append(voice.say("reload.same", names=", ".join(same)))
    return "\n".join([*lines, voice.say("reload.running")])


def _lines(one: News, voice: Voice) -> list[str]:
    name = voice.safe(one.name, 60)
    lines = [
        voice.say(f"reload.{one.what}", name=name, changes=summary(one.changes, voice), n=len(one.problems))
    ]
    riskier = grouped(one.changes).get("riskier", [])
    details = [sentence(change, voice) for change in riskier] or [
        voice.safe(str(problem)) for problem in one.problems
    ]
    lines += [f"    ◦ {detail}" for detail in details[:SHOWN]]
    if len(details) > SHOWN:
        lines.append(f"    ◦ {voice.say('word.more', n=len(details) - SHOWN)}")
    return lines

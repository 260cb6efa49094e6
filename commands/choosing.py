"""Which deployment a command is about: the one that lives in this channel, or the one whose id stands at the end of the line.

It must not know what is done with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from commands.room import Room, Team
from commands.words import Line, Token
from core.errors import Refused
from core.plan.models import Plan
from core.state import Deployment

ID = re.compile(r"[A-Za-z]{1,4}[0-9]{1,9}")
GIVEN = re.compile(r"[DL][0-9]{1,9}", re.IGNORECASE)
"""Ids as the ledger gives them out: of deployments, and of rehearsals by the command line."""


def lives_in(plan: Plan, channel: str, team: Team) -> bool:
    """Whether a channel is one of the plan's."""
    return any(team.channel_id(name) == channel for name in plan.channels.values())


def is_here(deployment: Deployment, channel: str, team: Team) -> bool:
    """Whether a channel is the deployment's: one of its plan's, or the one where it is rehearsed."""
    if deployment.rehearsal and deployment.rehearsing.channel:
        return deployment.rehearsing.channel == channel
    return lives_in(deployment.runbook.plan, channel, team)


def channels(plans: Iterable[Plan]) -> str:
    """The main channels of plans, by name."""
    return ", ".join(dict.fromkeys(f"#{plan.channels['main']}" for plan in plans))


def id_token(line: Line) -> Token | None:
    """The last word when it looks like a deployment's id."""
    last = line.tokens[-1] if line.tokens else None
    return last if last is not None and last.kind == "word" and ID.fullmatch(last.text) else None


def before_words(line: Line) -> Line:
    """A line that ends in people's own words: 'v2' or 'p95' as the last of these is no id."""
    named = id_token(line)
    return line if named is None or GIVEN.fullmatch(named.text) else line.without(named)


async def choose(room: Room, channel: str, line: Line, example: str) -> tuple[Deployment, Line]:
    """The deployment meant, and the line without its id. Raises Refused when there is none or several."""
    active = await room.queries.active()
    named = id_token(line)
    if named is not None:
        for deployment in active:
            if deployment.id.lower() == named.text.lower():
                _require_channel(room, channel, [deployment])
                return deployment, line.without(named)
    if not active:
        raise Refused("no-deployment")
    here = [deployment for deployment in active if is_here(deployment, channel, room.team)]
    if not here:
        _require_channel(room, channel, active)
    if len(here) > 1:
        ids = ", ".join(deployment.id for deployment in here)
        raise Refused("several-deployments", ids=ids, example=f"{example} {here[0].id}")
    return here[0], line


async def choose_any(room: Room, channel: str, line: Line, example: str) -> Deployment:
    """As `choose`, but a deployment that is over may be named too, and the last one answers when none is under way."""
    named = id_token(line)
    if named is not None and all(one.id.lower() != named.text.lower() for one in await room.queries.active()):
        return await load(room, named.text.upper())
    try:
        return (await choose(room, channel, line, example))[0]
    except Refused as refused:
        if refused.key != "no-deployment":
            raise
        last = await room.queries.recent(1)
        if not last:
            raise
        return await load(room, last[0].id)


async def load(room: Room, deployment_id: str) -> Deployment:
    """The deployment with this id. Raises Refused."""
    return await room.queries.load(deployment_id)


def _require_channel(room: Room, channel: str, deployments: Iterable[Deployment]) -> None:
    found = [*deployments]
    if not any(is_here(deployment, channel, room.team) for deployment in found):
        raise Refused("wrong-channel", channels=_channels_of(found))


def _channels_of(deployments: Iterable[Deployment]) -> str:
    """Where they live: by name, and rehearsals by their channel."""
    return ", ".join(
        dict.fromkeys(
            f"<#{one.rehearsing.channel}>"
            if one.rehearsal and one.rehearsing.channel
            else channels([one.runbook.plan])
            for one in deployments
        )
    )

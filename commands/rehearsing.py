"""What `/deploy start ... --rehearsal` says besides: where it is rehearsed, how fast time runs, whether people take part.

A rehearsal never goes into the channels of the real thing by accident. It must not know how a deployment is started.
"""

from __future__ import annotations

import math
from datetime import datetime

from commands.asker import Asker
from commands.choosing import lives_in
from commands.room import Room
from commands.words import Line
from core.errors import Refused
from core.plan.models import Plan
from core.plan.runbook import Runbook
from core.rehearsal import Rehearsing
from core.start import first_moment
from storage.clock import PlanClock

FLAG = "rehearsal"
SPEED, UNATTENDED, MENTION = "speed", "unattended", "mention"
CHANNEL = "rehearsal"
"""A plan's channel of this name is where it is rehearsed."""
USUAL, MOST = 60.0, 3_600.0
"""Plan seconds a real second."""


def asked_for(line: Line) -> bool:
    """Whether the line asks for a rehearsal. Raises Refused for what only a rehearsal has."""
    asked = FLAG in line.flags or FLAG in line.words[2:]
    only = [flag for flag in (UNATTENDED, MENTION) if flag in line.flags]
    if only and not asked:
        raise Refused("rehearsal-only", flag=f"--{only[0]}")
    return asked


def rehearsal_of(room: Room, asker: Asker, line: Line, plan: Plan, speed: str | None) -> Rehearsing:
    """How it goes. Raises Refused."""
    return Rehearsing(
        speed_of(plan, speed),
        channel_of(room, asker, plan),
        mentions=MENTION in line.flags,
        unattended=UNATTENDED in line.flags,
    )


def speed_of(plan: Plan, given: str | None) -> float:
    """Plan seconds a real second: as given, as the plan says, or a minute. Raises Refused."""
    if given is None:
        return plan.rehearsal.speed if plan.rehearsal is not None else USUAL
    try:
        speed = float(given.removesuffix("x"))
    except ValueError:
        speed = math.nan
    if not 0 < speed <= MOST:
        raise Refused("bad-speed", speed=given[:40], most=int(MOST))
    return speed


def channel_of(room: Room, asker: Asker, plan: Plan) -> str:
    """The id of the channel: the plan's own for rehearsals, the team's, or the one where it was asked for."""
    named = plan.channels.get(CHANNEL) or room.team.rehearsal
    if named:
        found = room.team.channel_id(named)
        if found is None:
            raise Refused("rehearsal-unseen", channel=named)
        return found
    if lives_in(plan, asker.channel, room.team):
        raise Refused("rehearsal-channel")
    return asker.channel


def pace_of(runbook: Runbook, t0: datetime, real_now: datetime, speed: float) -> PlanClock:
    """A clock of its own: it begins with the first moment the plan waits for, so that nothing of it has passed."""
    return PlanClock(first_moment(runbook, t0) or t0, real_now, speed)

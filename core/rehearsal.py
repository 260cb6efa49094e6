"""What a rehearsal is besides a deployment, and what it found out, as frozen values.

Part of a deployment's state (`core.state`). It must not know a rule, nor how anything is found out. Times are UTC plan time
unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ENVIRONMENT = "~rehearsal"
"""Behind the environment's name in the lock: no plan's environment can be called so, and the real one is never blocked."""


@dataclass(frozen=True)
class StepTime:
    """How long a step was open, in plan time and in real time. None: it never was, or still is."""

    step: str
    status: str
    plan_s: float | None = None
    real_s: float | None = None


@dataclass(frozen=True)
class Missing:
    """role: nobody holds it · question: nobody answered in time, the default did · call: nobody answered any tier ·
    tier: it would have called nobody · proof: the way back was not proved within its time."""

    kind: Literal["role", "question", "call", "tier", "proof"]
    name: str
    at: datetime | None = None


@dataclass(frozen=True)
class NoData:
    """A series that had no value in `looks` of `of` looks; `detail` is the last reason."""

    metric: str
    track: str
    looks: int
    of: int
    detail: str = ""


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not pass: of a checklist's item, or of a step's confirmation (then `item` is '')."""

    step: str
    item: str
    evidence: str


@dataclass(frozen=True)
class Fired:
    """A rule of a gate whose streak would have been complete `times` times, or that the evidence would have seen over its limit beyond doubt.
    `acted`: how often it would have done what the plan says of it. The moments are real time."""

    gate: str
    rule: str
    metric: str
    times: int
    first_at: datetime
    last_at: datetime
    worst: float | None = None
    acted: int = 0


@dataclass(frozen=True)
class Replayed:
    """A gate played over what its sources remember of the stable side. `judged` of `looks` had evidence for some rule; `problem`
    says why there was nothing to play. The moments are real time."""

    gate: str
    since: datetime
    until: datetime
    looks: int = 0
    judged: int = 0
    fired: tuple[Fired, ...] = ()
    no_past: tuple[str, ...] = ()  # sources that keep no past
    problem: str = ""
    over: tuple[Fired, ...] = ()  # by evidence, whose streaks may stand in `fired` as well


@dataclass(frozen=True)
class Weighed:
    """What the evidence of a rule said of the canary that was rehearsed, beside its streak: `streaks` complete, `unproved` of them without
    evidence; the `odds` against the canary at their highest, of `needed` (None: the rule has none); when they first sufficed, in plan time; how
    often the rule `acted`."""

    gate: str
    rule: str
    metric: str
    looks: int
    streaks: int
    unproved: int
    odds: float = 1.0
    needed: float | None = None
    proved_at: datetime | None = None
    acted: int = 0


@dataclass(frozen=True)
class Change:
    """What an action would change, or why nobody can say."""

    action: str
    ok: bool
    evidence: str
    real: bool = False  # it was carried out, against what the plan names for rehearsals


@dataclass(frozen=True)
class Review:
    """The report of a rehearsal. `problem` is not empty where it could not be made as a whole."""

    steps: tuple[StepTime, ...] = ()
    missing: tuple[Missing, ...] = ()
    no_data: tuple[NoData, ...] = ()
    checks: tuple[FailedCheck, ...] = ()
    replayed: tuple[Replayed, ...] = ()
    changes: tuple[Change, ...] = ()
    problem: str = ""
    weighed: tuple[Weighed, ...] = ()


@dataclass(frozen=True)
class Rehearsing:
    """How a rehearsal goes. `channel` is a Slack id ('': the plan's channels); `mentions`: people are mentioned and written to as in
    earnest; `unattended`: questions are answered by themselves with what the plan expects."""

    speed: float = 1.0
    channel: str = ""
    mentions: bool = False
    unattended: bool = False
    review: Review | None = None

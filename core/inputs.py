"""All that can happen to a deployment, one frozen value each with a literal `kind`: a person's act, the world's answer,
or the time. Imports nothing of the house but effects' plain types.

`by` is a Slack user id, or 'cli:NAME' for the command line. `seen` is the digest of the evidence that was on the
person's screen; when what mattered has changed since, the rules ask again instead of acting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from core.incidents import IncidentAct
from core.rehearsal import Review
from core.rota import Rota
from core.sayings import BoardAsked, LossSaid, OutcomeSaid, RiskSaid

Mark = Literal["done", "not-applicable", "open"]
Answer = Literal["go", "observe", "no-go", "hold"]
People = tuple[tuple[str, tuple[str, ...]], ...]  # role -> user ids, in the order of the team file

# ------------------------------------------------------------------------------------------------------ a person's act


@dataclass(frozen=True)
class Started:
    """`/deploy start`: the deployment begins. Its plan, inputs and T0 are already in the new value."""

    by: str
    people: People
    rota: Rota = ()
    deputies: People = ()
    kind: ClassVar[Literal["started"]] = "started"


@dataclass(frozen=True)
class ItemMarked:
    """A checklist item is done, not applicable (needs a note), or open again. `value`: the number as it was typed, where the item
    asks for one."""

    by: str
    step: str
    item: str
    mark: Mark
    note: str = ""
    value: str = ""
    kind: ClassVar[Literal["item-marked"]] = "item-marked"


@dataclass(frozen=True)
class SignedOff:
    """A role's approval, rejection (needs a comment) or withdrawal."""

    by: str
    step: str
    role: str
    mark: Literal["approve", "reject", "withdraw"]
    comment: str = ""
    seen: str = ""
    kind: ClassVar[Literal["signed-off"]] = "signed-off"


@dataclass(frozen=True)
class Decided:
    """An answer to the open question. no-go and hold need a reason."""

    by: str
    step: str
    round: int
    answer: Answer
    reason: str = ""
    seen: str = ""
    kind: ClassVar[Literal["decided"]] = "decided"


@dataclass(frozen=True)
class RollbackAsked:
    """`/rollback`, its button, or a declared trigger. `force`: also when the side the traffic would go to is sick, or nobody
    can tell; a person's own act, never the bot's."""

    by: str
    reason: str
    trigger: str = ""
    force: bool = False
    kind: ClassVar[Literal["rollback-asked"]] = "rollback-asked"


@dataclass(frozen=True)
class DryRunAsked:
    """`/rollback --dry-run`: what exactly would the way back change?"""

    by: str
    kind: ClassVar[Literal["dry-run-asked"]] = "dry-run-asked"


@dataclass(frozen=True)
class Acknowledged:
    """Somebody who was called says: I am on it."""

    by: str
    page: int
    kind: ClassVar[Literal["acknowledged"]] = "acknowledged"


@dataclass(frozen=True)
class Paused:
    by: str
    reason: str
    kind: ClassVar[Literal["paused"]] = "paused"


@dataclass(frozen=True)
class Resumed:
    """Goes on after a pause or hold; what had failed is tried again. `force`: the reason for which a person goes on although
    the way back could not be recorded, or leads to something that is not healthy; '' otherwise."""

    by: str
    force: str = ""
    kind: ClassVar[Literal["resumed"]] = "resumed"


@dataclass(frozen=True)
class Aborted:
    """Ends a deployment that has no traffic."""

    by: str
    reason: str
    kind: ClassVar[Literal["aborted"]] = "aborted"


@dataclass(frozen=True)
class Assigned:
    """`/deploy assign ROLE @people`: who holds a role from now on; with days (of the plan's zone, both included) on those."""

    by: str
    role: str
    people: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    kind: ClassVar[Literal["assigned"]] = "assigned"


@dataclass(frozen=True)
class OutcomeSettled:
    """A person says whether an action with an unknown outcome happened."""

    by: str
    ref: str
    happened: bool
    note: str = ""
    kind: ClassVar[Literal["outcome-settled"]] = "outcome-settled"


@dataclass(frozen=True)
class MissedSettled:
    """A moment that had passed before the deployment started: done elsewhere, not applicable, or still to do."""

    by: str
    step: str
    how: Literal["done", "not-applicable", "to-do"]
    note: str = ""
    kind: ClassVar[Literal["missed-settled"]] = "missed-settled"


@dataclass(frozen=True)
class Rescheduled:
    """`/deploy reschedule`: T0 (UTC) is moved. `was` is the T0 that the person saw; `confirmed`: they have also seen which moments
    will be missed."""

    by: str
    t0: datetime
    was: datetime
    reason: str
    confirmed: bool = False
    kind: ClassVar[Literal["rescheduled"]] = "rescheduled"


@dataclass(frozen=True)
class Unlocked:
    """The lock that a rollback left behind is lifted."""

    by: str
    reason: str
    kind: ClassVar[Literal["unlocked"]] = "unlocked"


# -------------------------------------------------------------------------------------------------- the world's answer


@dataclass(frozen=True)
class Reading:
    """One metric of one track as read at one moment. Counters are since the process's beginning, never rates.

    `state` ok: `values` hold, by the metric's kind, ratio (bad, total) or (good, total) · quantile (edge, count, edge, count
    ...; the last edge is inf) · gauge (value,) · rate (count,). no-data: the series is missing. failed: the source did not
    answer. `detail` is a sentence, or a code of `commands.texts` ('detail.CODE'), alone or with what it is about: 'CODE: about'.

    `sampled_at`: the source's own time (real, unix seconds) up to which the values hold, where a source has one."""

    metric: str
    track: Literal["canary", "control"]
    state: Literal["ok", "no-data", "failed"]
    values: tuple[float, ...] = ()
    detail: str = ""
    sampled_at: float | None = None


@dataclass(frozen=True)
class Alert:
    """An alert that fires in the team's own monitoring; `about` are its telling labels in a line."""

    name: str
    about: str = ""


@dataclass(frozen=True)
class Measured:
    """A look. `alerts_gap`: why the alerts the gate shows could not be read; a detail as a reading's."""

    ref: str
    at: datetime  # plan time of the sample
    readings: tuple[Reading, ...]
    alerts: tuple[Alert, ...] = ()
    alerts_gap: str = ""
    kind: ClassVar[Literal["measured"]] = "measured"


@dataclass(frozen=True)
class Checked:
    """What the verification of an item or confirmation showed."""

    step: str
    item: str
    round: int
    ok: bool
    evidence: str
    known: bool = True  # False: nobody answered, so `ok` is no verdict
    value: float | None = None  # what was measured, where it is one number, in `unit`
    unit: str = ""
    kind: ClassVar[Literal["checked"]] = "checked"


@dataclass(frozen=True)
class Ran:
    """An action ended. `ok` is the exit status or HTTP status as wished; `evidence` its output, redacted and cut."""

    ref: str
    ok: bool
    evidence: str
    took_s: float = 0.0
    probed: bool = False  # its outcome was unknown and a probe showed that it had happened
    link: str = ""  # to what it has made, where the plan says where that stands in the answer
    kind: ClassVar[Literal["ran"]] = "ran"


@dataclass(frozen=True)
class WeightRead:
    ref: str
    weight: int
    kind: ClassVar[Literal["weight-read"]] = "weight-read"


@dataclass(frozen=True)
class Target:
    """What an action of the way back would take things back to, read before the first change. `healthy` None: it could not be
    told. `what` is a sentence for people, `data` JSON that only the vendor's room reads; `at` is plan time."""

    action: str
    healthy: bool | None
    what: str
    data: str
    at: datetime


@dataclass(frozen=True)
class Recorded:
    """A target for every action that needs one; `missing` has (action, why) for those that need one and have none. An action
    in neither needs none."""

    ref: str
    targets: tuple[Target, ...]
    missing: tuple[tuple[str, str], ...] = ()
    kind: ClassVar[Literal["recorded"]] = "recorded"


@dataclass(frozen=True)
class PastLook:
    """What a look at a past moment of plan time would have read. A source without a past leaves its metrics as no-data."""

    at: datetime
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Backfilled:
    """The missed looks, oldest first; those whose moment in real time is not known are left out."""

    ref: str
    looks: tuple[PastLook, ...]
    kind: ClassVar[Literal["backfilled"]] = "backfilled"


@dataclass(frozen=True)
class Reviewed:
    """The report of a rehearsal that is over."""

    ref: str
    review: Review
    kind: ClassVar[Literal["reviewed"]] = "reviewed"


@dataclass(frozen=True)
class Posted:
    """Slack accepted a message whose acceptance matters (a page)."""

    key: str
    kind: ClassVar[Literal["posted"]] = "posted"


@dataclass(frozen=True)
class EffectFailed:
    """An effect gave up. `unknown`: it may have happened, and nobody could find out."""

    effect: str  # its kind
    ref: str
    reason: str
    unknown: bool = False
    kind: ClassVar[Literal["effect-failed"]] = "effect-failed"


# ------------------------------------------------------------------------------------------------------------ the time


@dataclass(frozen=True)
class Tick:
    kind: ClassVar[Literal["tick"]] = "tick"


@dataclass(frozen=True)
class Returned:
    """The bot is back after an absence that was long enough to matter (plan time)."""

    since: datetime
    kind: ClassVar[Literal["returned"]] = "returned"


Act = (
    Started | ItemMarked | SignedOff | Decided | RollbackAsked | DryRunAsked | Acknowledged | Paused | Resumed | Aborted
    | Assigned | OutcomeSettled | MissedSettled | Rescheduled | Unlocked | IncidentAct
    | OutcomeSaid | RiskSaid | BoardAsked | LossSaid
)  # fmt: skip
Answered = Measured | Checked | Ran | WeightRead | Recorded | Backfilled | Reviewed | Posted | EffectFailed
Input = Act | Answered | Tick | Returned

"""All that can happen to a deployment, one frozen value each with a literal `kind`: a person's act, the world's answer,
or the time. Imports nothing of the house but effects' plain types.

`by` is a Slack user id, or 'cli:NAME' for the command line. `seen` is the digest of the evidence that was on the
person's screen; when what mattered has changed since, the rules ask again instead of acting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from core.answers import Alert as Alert
from core.answers import Answered as Answered
from core.answers import Backfilled as Backfilled
from core.answers import Checked as Checked
from core.answers import EffectFailed as EffectFailed
from core.answers import Measured as Measured
from core.answers import PastLook as PastLook
from core.answers import Posted as Posted
from core.answers import Ran as Ran
from core.answers import Reading as Reading
from core.answers import Recorded as Recorded
from core.answers import Reviewed as Reviewed
from core.answers import Target as Target
from core.answers import WeightRead as WeightRead
from core.incidents import IncidentAct
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
Input = Act | Answered | Tick | Returned

"""What comes back from the world: what was measured, checked and done, and what could not be. Part of `core.inputs`, and read
from there. Imports nothing of the house but plain types.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from core.rehearsal import Review


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


Answered = Measured | Checked | Ran | WeightRead | Recorded | Backfilled | Reviewed | Posted | EffectFailed

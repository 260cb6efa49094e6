"""The gate that looks on, as a frozen value: its windows, its rules' streaks, its evidence. The small hot state that changes with
every look and is kept apart from the snapshot. It holds no rule and reads no clock; all times are UTC plan time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.inputs import Alert, Reading

SampleState = Literal["ok", "breach", "too-few", "no-data", "source-failed"]
Recommendation = Literal["GO", "OBSERVE", "NO-GO"]


@dataclass(frozen=True)
class Sample:
    """What one window said about one metric of one track. value is in the metric's unit; count is requests."""

    metric: str
    track: Literal["canary", "control"]
    since: datetime
    until: datetime
    state: SampleState
    value: float | None = None
    bad: float | None = None
    count: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class RuleRun:
    """One rule's streak. Only a breach adds, only an ok sample clears; no data and too few do neither."""

    label: str
    streak: int = 0
    fired_at: datetime | None = None
    sample: Sample | None = None
    breached_total: int = 0
    judged_total: int = 0
    since: datetime | None = None  # when the first window of the streak began
    noticed_at: datetime | None = None  # when the first look of the streak was
    control: int = 0  # how many windows of the streak control broke as well
    broken: tuple[float, float] = (0.0, 0.0)  # bad and all requests of the streak's windows
    acts: Literal["", "streak", "evidence"] = ""  # what makes it act now
    held: Literal["", "shared", "unproved", "usual", "alone", "over"] = (
        ""  # why it does not, although the limit is broken
    )
    acted: int = 0  # how often it began to act, or would have if it were not advisory


@dataclass(frozen=True)
class GateRun:
    """The small hot state of a running gate: kept apart from the snapshot because it changes with every look."""

    name: str
    since: datetime
    next_look: datetime
    looks: int = 0
    pending: str = ""  # the ref of a look that is under way
    last: tuple[Reading, ...] = ()  # readings of the last look
    last_at: datetime | None = None
    first: tuple[Reading, ...] = ()  # the start of 'since the traffic began'
    first_at: datetime | None = None
    rules: tuple[RuleRun, ...] = ()
    samples: tuple[Sample, ...] = ()  # of the last look, both tracks
    gauges: tuple[
        tuple[str, tuple[tuple[float, float], ...]], ...
    ] = ()  # canary gauges: (hours since `since`, value)
    evidence_at: datetime | None = None  # when the last judged sample was
    recommendation: Recommendation = "OBSERVE"
    earlier: tuple[tuple[datetime, Reading], ...] = ()  # the last good reading of what did not answer since
    patient_since: datetime | None = None  # a person let it go on without evidence: patience counts from here
    brief: ReportMark | None = None  # the last brief report: here, because its slot moves every five minutes
    opened: tuple[
        tuple[datetime, Reading], ...
    ] = ()  # where the rules' window that is filling begins, a series
    opened_at: datetime | None = None
    evidence: str = ""  # `core.gate_evidence`: what the statistics remember, versioned
    parked: str = ""  # the same of rules that this gate does not have, and the next may
    usual: tuple[
        tuple[str, float, float], ...
    ] = ()  # what a baseline step measured before it, see `core.usual`
    incident: bool = False  # control itself fails
    alerts: tuple[Alert, ...] = ()  # of the last look that could read them
    alerts_gap: str = ""  # why the last look could not
    filling: str = ""  # the ref of a back-fill that is under way: no look is asked for before it has come
    filling_since: datetime | None = None  # since when nobody had looked
    filling_until: datetime | None = None  # so long it is waited for

    @property
    def busy(self) -> bool:
        """A look or a back-fill is under way: its answer settles what waits for evidence."""
        return bool(self.pending or self.filling)


@dataclass(frozen=True)
class ReportMark:
    """The last report of a kind: its slot and what it showed, so that the next can say what changed."""

    slot: int
    at: datetime
    values: tuple[tuple[str, float | None], ...] = ()
    previous: tuple[
        tuple[str, float | None], ...
    ] = ()  # what the report before it showed: the trend is against this
    recommendation: str = ""
    shape: str = ""  # digest of what would make a new brief worth posting

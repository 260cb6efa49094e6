"""The way back as frozen values: what is known of its goal beforehand, how far it has been gone, its proof, its dry run.

Part of a deployment's state (`core.state`), and read from there. It must not know a rule. All times are UTC plan time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.effects import Words
from core.inputs import Reading

RollbackStage = Literal["inspecting", "refused", "acting", "proving"]
"""inspecting: the side the traffic would go to is looked at · refused: it is sick or nobody can tell, a person has to say ·
acting: its actions, one after another · proving: fresh reads and the metrics."""
Health = Literal["healthy", "sick", "unknown"]


@dataclass(frozen=True)
class SideCheck:
    """What one check of `rollback.healthy` (by its number) showed before the first action of the way back."""

    number: int
    health: Health
    evidence: str


@dataclass(frozen=True)
class Proof:
    """One metric of the rollback's proof over its window: its value beside the limit and beside what was normal before.
    None: not known yet; of `within_band` also: there is nothing to compare with, so the limit alone counts."""

    metric: str
    track: Literal["canary", "control"]
    value: float | None = None
    count: float | None = None
    within_limit: bool | None = None
    baseline: float | None = None
    edge: float | None = None  # the end of the baseline's band, in the metric's unit
    within_band: bool | None = None


@dataclass(frozen=True)
class Recording:
    """How far it is known what the way back would lead to. The targets themselves are the deployment's."""

    ref: str = ""  # of the reading that is under way
    round: int = 0
    at: datetime | None = None  # when it was answered
    missing: tuple[tuple[str, str], ...] = ()  # (action, why) that need a target and have none
    accepted_by: str = ""  # who goes on all the same
    accepted: str = ""  # and why


@dataclass(frozen=True)
class DryRun:
    """A dry run of the way back that a person asked for."""

    by: str
    round: int
    at: datetime
    outstanding: tuple[str, ...] = ()  # refs whose answer has not come


@dataclass(frozen=True)
class RollbackRun:
    """The way back while it is being gone, and the stopwatch."""

    by: str
    reason: str
    key: str = ""  # for a rollback by rule: 'rollback.' + key in commands.texts
    words: Words = ()
    asked_at: datetime | None = None
    breach_at: datetime | None = None  # first breached sample of the streak: detection starts here
    step: int = 0
    round: int = 0  # counts every try of every action
    tries: int = 0  # of the action whose turn it is
    acted_at: datetime | None = None
    zero_reads: int = 0
    reads: int = 0
    last_read_at: datetime | None = None
    metrics_clean_at: datetime | None = None
    stage: RollbackStage = "acting"
    deadline: datetime | None = None
    verified_at: datetime | None = None
    first: tuple[Reading, ...] = ()
    first_at: datetime | None = None
    next_at: datetime | None = None
    outstanding: tuple[str, ...] = ()  # refs whose answer has not come
    noticed_at: datetime | None = (
        None  # the first breached look, or the call: detection ends, deciding begins here
    )
    decided_at: datetime | None = (
        None  # when it was decided; later than asked_at when a person had to be asked
    )
    inspection: int = 0  # counts the looks at the side the traffic would go to
    side: tuple[SideCheck, ...] = ()  # what the last of them showed
    refused: str = ""  # why it was refused: 'refusal.' + key in commands.texts
    refused_words: Words = ()
    forced_by: str = ""  # who went on all the same
    forced: str = ""  # and why
    proof: tuple[Proof, ...] = ()  # the metrics as last read

    @property
    def verifying(self) -> bool:
        """Its actions are over; now it has to be proved."""
        return self.stage == "proving"

"""A deployment as a frozen value, and the verbs that return a new one. It holds no rule and reads no clock.

All times are UTC plan time. The plan's text is stored beside the snapshot; `runbook` is read back from it by the codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Literal

from core.endings import Loss, Outcome, StandingRisk
from core.gate_run import GateRun as GateRun
from core.gate_run import Recommendation as Recommendation
from core.gate_run import ReportMark as ReportMark
from core.gate_run import RuleRun as RuleRun
from core.gate_run import Sample as Sample
from core.gate_run import SampleState as SampleState
from core.holds import Hold as Hold
from core.holds import Page as Page
from core.incidents import Incident
from core.inputs import Answer, Mark, People, Reading
from core.inputs import Target as Target  # part of the state, defined where the answer that brings it is
from core.plan.runbook import Runbook
from core.rehearsal import ENVIRONMENT, Rehearsing
from core.rota import Rota
from core.way_back import DryRun as DryRun
from core.way_back import Health as Health
from core.way_back import Proof as Proof
from core.way_back import Recording as Recording
from core.way_back import RollbackRun as RollbackRun
from core.way_back import SideCheck as SideCheck


class Status(StrEnum):
    """Where a deployment stands as a whole. The last three are final."""

    NEW = "new"
    RUNNING = "running"
    HELD = "held"
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    DONE = "done"
    ABORTED = "aborted"


FINAL = frozenset({Status.ROLLED_BACK, Status.DONE, Status.ABORTED})

StepStatus = Literal["waiting", "open", "done", "skipped", "missed", "failed"]


@dataclass(frozen=True)
class ItemState:
    """One checklist item: who marked it, when, on which evidence."""

    id: str
    mark: Mark = "open"
    by: str = ""
    at: datetime | None = None
    note: str = ""
    checking: bool = False
    failed: str = ""  # why the bot's own check did not pass
    reminded: bool = False
    warned: bool = False  # reminded before it was due
    value: float | None = None  # what a person entered or the bot measured, in `unit`
    unit: str = ""


@dataclass(frozen=True)
class SignState:
    """One role's signature on a sign-off."""

    role: str
    mark: Literal["open", "approve", "reject"] = "open"
    by: str = ""
    at: datetime | None = None
    comment: str = ""
    seen: str = ""
    reminded: bool = False


@dataclass(frozen=True)
class StepState:
    """How far one step of the route is. Only the fields of its kind are used."""

    id: str
    status: StepStatus = "waiting"
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    round: int = 0  # counts the times it was asked or tried
    by: str = ""
    note: str = ""
    items: tuple[ItemState, ...] = ()
    signs: tuple[SignState, ...] = ()
    answer: Answer | None = None  # decide
    deadline: datetime | None = None  # decide; traffic's confirmation
    defaulted: bool = False  # decide: nobody answered and the default was applied
    observed: int = 0  # decide: OBSERVE was the answer so many times
    stage_of_work: Literal[
        "", "setting", "reading", "settling", "confirming", "measuring", "observing", "trying"
    ] = ""
    baked: timedelta = timedelta(0)  # bake (and a decide's observing), without pauses
    bake_for: timedelta = timedelta(0)
    baking_since: datetime | None = None
    confirmed: tuple[str, ...] = ()
    evidence: str = ""
    readings: tuple[Reading, ...] = ()  # baseline: what the first of its two looks read
    readings_at: datetime | None = None
    next_at: datetime | None = (
        None  # when the step itself does its next thing (a confirmation, the second look)
    )
    tried: Literal["", "ok", "failed"] = (
        ""  # a run to approve: whether it could be found out what it would change
    )
    withheld: bool = False  # its action is not begun while the deployment stands still

    def item(self, item_id: str) -> ItemState | None:
        """The item with this id, or None."""
        return next((item for item in self.items if item.id == item_id), None)

    def with_item(self, item: ItemState) -> StepState:
        """With the item of the same id replaced."""
        return replace(self, items=tuple(item if old.id == item.id else old for old in self.items))

    def with_sign(self, sign: SignState) -> StepState:
        """With the signature of the same role replaced."""
        return replace(self, signs=tuple(sign if old.role == sign.role else old for old in self.signs))

    @property
    def settled(self) -> bool:
        """Nothing of it is left to do."""
        return self.status in ("done", "skipped")


@dataclass(frozen=True)
class Baseline:
    """What was normal before the change: metric -> (value, requests) of the control track."""

    at: datetime
    values: tuple[tuple[str, float | None, float | None], ...]


@dataclass(frozen=True)
class Move:
    """T0 was moved: when, by whom, from where to where, and why."""

    at: datetime
    by: str
    was: datetime
    to: datetime
    reason: str


@dataclass(frozen=True)
class Deployment:
    """One run of a runbook."""

    id: str
    runbook: Runbook
    inputs: Mapping[str, str]
    t0: datetime
    language: str
    started_by: str = ""
    started_at: datetime | None = None
    status: Status = Status.NEW
    steps: tuple[StepState, ...] = ()
    people: People = ()
    weight: int = 0  # what is known to be set
    weight_since: datetime | None = None
    wanted: int = 0  # what was last asked for
    gate: GateRun | None = None
    baseline: Baseline | None = None
    hold: Hold | None = None
    pages: tuple[Page, ...] = ()
    rollback: RollbackRun | None = None
    full: ReportMark | None = None
    reviewed: tuple[str, ...] = ()  # review slots of the watch that are done
    verdict: str = ""  # GO, HOLD, ROLLBACK, ABORTED
    criteria: tuple[tuple[str, bool | None, str], ...] = ()  # id/number, met (None: not known), evidence
    ended_at: datetime | None = None
    locked: bool = False  # a rollback left its lock behind
    rehearsal: bool = False
    rehearsing: Rehearsing = Rehearsing()
    targets: tuple[Target, ...] = ()  # what the way back leads to, recorded before the first change
    recording: Recording = Recording()
    dry: DryRun | None = None
    moves: tuple[Move, ...] = ()  # of T0, oldest first
    incidents: tuple[Incident, ...] = ()
    outcome: Outcome | None = None
    risks: tuple[StandingRisk, ...] = ()  # those that stand
    board_at: datetime | None = None  # when the readiness board was last shown in the channel
    loss: Loss | None = None  # what a rollback has lost, for the plan's rpo
    standing: People = ()  # who holds a role on days without a shift; `people` are those of the present day
    deputies: People = ()
    rota: Rota = ()
    rota_day: date | None = None  # the day `people` are of
    gaps_told: tuple[str, ...] = ()

    @cached_property
    def _step_by_id(self) -> dict[str, StepState]:
        # Of two with one id the first counts, as it stands first on the route.
        return {step.id: step for step in reversed(self.steps)}

    def step(self, step_id: str) -> StepState | None:
        """The state of the step with this id, or None."""
        return self._step_by_id.get(step_id)

    @cached_property
    def open_steps(self) -> tuple[StepState, ...]:
        """The steps that are open, in their order: two or three of fifty, and every rule that time moves looks at them only."""
        return tuple(step for step in self.steps if step.status == "open")

    def with_step(self, step: StepState) -> Deployment:
        """With the step of the same id replaced."""
        return replace(self, steps=tuple(step if old.id == step.id else old for old in self.steps))

    def page(self, number: int) -> Page | None:
        """The page with this number, or None."""
        return next((page for page in self.pages if page.number == number), None)

    def with_page(self, page: Page) -> Deployment:
        """With the page of the same number replaced, or added."""
        if self.page(page.number) is None:
            return replace(self, pages=(*self.pages, page))
        return replace(self, pages=tuple(page if old.number == page.number else old for old in self.pages))

    def incident(self, number: int) -> Incident | None:
        """The incident with this number, or None."""
        return self.incidents[number - 1] if 0 < number <= len(self.incidents) else None

    def open_incident(self, playbook: str) -> Incident | None:
        """The incident that walks this playbook, or None; there is at most one."""
        return next((one for one in self.incidents if one.open and one.playbook == playbook), None)

    def with_incident(self, incident: Incident) -> Deployment:
        """With the incident of the same number replaced, or added behind the others."""
        kept = self.incidents[: incident.number - 1]
        return replace(self, incidents=(*kept, incident, *self.incidents[incident.number :]))

    def target(self, action: str) -> Target | None:
        """What was recorded for this action of the way back, or None."""
        return next((target for target in self.targets if target.action == action), None)

    def holders(self, role: str) -> tuple[str, ...]:
        """Who holds a role; an empty tuple means nobody, never everybody."""
        return next((people for name, people in self.people if name == role), ())

    @property
    def environment(self) -> str:
        """What is locked besides the service: a rehearsal has a lock of its own."""
        return self.runbook.plan.environment + (ENVIRONMENT if self.rehearsal else "")

    @property
    def final(self) -> bool:
        """Nothing moves it any more."""
        return self.status in FINAL

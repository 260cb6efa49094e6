"""A deployment as a frozen value, and the verbs that return a new one. It holds no rule and reads no clock.

All times are UTC plan time. The plan's text is stored beside the snapshot; `runbook` is read back from it by the codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

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
from core.inputs import People
from core.inputs import Target as Target  # part of the state, defined where the answer that brings it is
from core.plan.runbook import Runbook
from core.rehearsal import ENVIRONMENT, Rehearsing
from core.rota import Rota
from core.steps import ItemState as ItemState
from core.steps import SignState as SignState
from core.steps import StepState as StepState
from core.steps import StepStatus as StepStatus
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

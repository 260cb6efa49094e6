"""The steps of a plan, one model a kind, and the phases they stand in."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from core.plan.criteria import Criterion, FollowOn, SomeOf
from core.plan.deeds import Check
from core.plan.kinds import Choice, Frozen, Id, Text
from core.plan.moments import MomentField
from core.plan.quantities import DurationField


class Item(Frozen):
    """One line of a checklist: manual, or verified by the bot."""

    id: Id
    title: Text
    role: Id | None = Field(default=None, description="Who owns it; else anybody with a role in the plan.")
    due: MomentField | None = None
    check: Check | None = None
    evidence: bool = Field(default=False, description="true: it cannot be ticked without a note or link.")
    optional: bool = False
    ticket: Id | None = Field(
        default=None,
        description="An action over HTTP that opens a ticket when the list opens; the link in its answer is the evidence.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Item:
        if self.check is not None and self.ticket is not None:
            raise ValueError("an item has one of: check, ticket")
        return self


class StepBase(Frozen):
    """What every step has. A step opens when the one before is complete and its own time has come."""

    kind: ClassVar[str] = ""
    id: Id
    title: Text
    at: MomentField | None = Field(default=None, description="Not before this moment.")


class Checklist(StepBase):
    """Items to tick. `wait: false` lets the next step open while items are still open (they must be settled before the verdict)."""

    kind: ClassVar[str] = "checklist"
    due: MomentField | None = None
    wait: bool = True
    items: tuple[Item, ...] = Field(min_length=1)


class Signoff(StepBase):
    """Every named role approves, each by a person who holds it; a rejection holds the deployment."""

    kind: ClassVar[str] = "signoff"
    roles: tuple[Id, ...] = Field(min_length=1)
    due: MomentField | None = None
    wait: bool = True


class Observe(Frozen):
    """What OBSERVE means: bake so much longer, then ask again; at most so many times."""

    bake: DurationField = Field(default="15m", validate_default=True)
    at_most: int = Field(default=4, ge=1, alias="at-most")


class Decide(StepBase):
    """A question to people: GO, OBSERVE, NO-GO or HOLD. When nobody answers in time, the default decides."""

    kind: ClassVar[str] = "decide"
    by: tuple[Id, ...] = Field(min_length=1, description="Any holder of one of these roles may answer.")
    options: tuple[Choice, ...] = ("go", "observe", "no-go", "hold")
    within: DurationField = Field(
        default="15m", validate_default=True, description="Counted from the moment it is asked."
    )
    default: Literal["hold", "observe", "no-go"] = "hold"
    observe: Observe = Observe()
    question: Text | None = None

    @model_validator(mode="after")
    def _default_is_an_option(self) -> Decide:
        if self.default not in self.options:
            raise ValueError(f"the default '{self.default}' is not among the options")
        return self


class Baseline(StepBase):
    """Measures what is normal now and keeps it; later reports compare with it."""

    kind: ClassVar[str] = "baseline"
    metrics: tuple[Id, ...] = Field(min_length=1)
    over: DurationField = Field(default="5m", validate_default=True)


class Run(StepBase):
    """Runs an action of the plan; its output is kept as evidence."""

    kind: ClassVar[str] = "run"
    action: Id


class SetTraffic(StepBase):
    """Sets the canary's share, reads it back, and starts a gate that looks on from here. `confirm` must pass before it is done."""

    kind: ClassVar[str] = "traffic"
    to: int = Field(ge=0, le=100)
    gate: Id
    confirm: tuple[Check, ...] = ()
    settle: DurationField = Field(
        default="0s", validate_default=True, description="Wait so long before the confirmation."
    )
    within: DurationField = Field(
        default="10m", validate_default=True, description="The confirmation must pass within this."
    )


class Bake(StepBase):
    """Time under traffic, added up while the deployment is neither paused nor held."""

    kind: ClassVar[str] = "bake"
    for_: DurationField = Field(alias="for")
    gate: Id | None = Field(
        default=None, description="Another gate for this time; else the running one goes on."
    )


class Announce(StepBase):
    """Says something in a channel, or to every audience and channel in `to`."""

    kind: ClassVar[str] = "announce"
    text: Text
    channel: Id = "main"
    to: tuple[Id, ...] = Field(
        default=(), description="Audiences, and channels by their names; instead of 'channel'."
    )

    @model_validator(mode="after")
    def _one_list(self) -> Announce:
        if self.to and "channel" in self.model_fields_set:
            raise ValueError("'channel' and 'to' both say where: name the channel in 'to'")
        return self


class ReportStep(StepBase):
    """A full report at this moment: summary, trend, recommendation, next check."""

    kind: ClassVar[str] = "report"
    next: MomentField | None = None


class Watch(StepBase):
    """Stays on watch until a moment, with reviews at clock times in the plan's zone."""

    kind: ClassVar[str] = "watch"
    until: MomentField
    gate: Id
    reviews: tuple[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")], ...] = ()


class Verdict(StepBase):
    """The end: every required criterion met, and enough of the optional ones, is GO, else HOLD, which a person settles. One of
    `serious` that is known not to be met proposes ROLLBACK."""

    kind: ClassVar[str] = "verdict"
    required: tuple[Criterion, ...] = Field(min_length=1)
    optional: SomeOf | None = None
    serious: tuple[Criterion, ...] = ()
    by: tuple[Id, ...] = Field(min_length=1, description="Who settles a HOLD.")
    outcome: bool = Field(
        default=False,
        description="true: somebody of 'by' says at the end whether it was a success, partial or failed, and why.",
    )
    on_go: FollowOn | None = Field(
        default=None, alias="on-go", description="The plan whose start is offered after GO."
    )


class Stage(Frozen):
    """One stage of a canary."""

    weight: int = Field(ge=1, le=100)
    bake: DurationField
    confirm: tuple[Check, ...] = ()


class Canary(StepBase):
    """Several stages in one go: for each, the traffic is set, it bakes, and the approvers decide (except after the last)."""

    kind: ClassVar[str] = "canary"
    gate: Id
    stages: tuple[Stage, ...] = Field(min_length=1)
    approve: tuple[Id, ...] = ()
    within: DurationField = Field(default="15m", validate_default=True)
    observe: Observe = Observe()


StepBody = (
    Checklist
    | Signoff
    | Decide
    | Baseline
    | Run
    | SetTraffic
    | Bake
    | Announce
    | ReportStep
    | Watch
    | Verdict
)


class ChecklistStep(Frozen):
    checklist: Checklist


class SignoffStep(Frozen):
    signoff: Signoff


class DecideStep(Frozen):
    decide: Decide


class BaselineStep(Frozen):
    baseline: Baseline


class RunStep(Frozen):
    run: Run


class TrafficStep(Frozen):
    traffic: SetTraffic


class BakeStep(Frozen):
    bake: Bake


class AnnounceStep(Frozen):
    announce: Announce


class ReportStepStep(Frozen):
    report: ReportStep


class WatchStep(Frozen):
    watch: Watch


class VerdictStep(Frozen):
    verdict: Verdict


class CanaryStep(Frozen):
    canary: Canary


STEP_KINDS: tuple[str, ...] = (
    "checklist", "signoff", "decide", "baseline", "run", "traffic", "bake", "announce", "report", "watch", "verdict", "canary",
)  # fmt: skip


def _step_kind(raw: Any) -> str | None:
    if isinstance(raw, dict):
        return next((key for key in raw if key in STEP_KINDS), None)
    return next(iter(type(raw).model_fields), None) if isinstance(raw, BaseModel) else None


Step = Annotated[
    Annotated[ChecklistStep, Tag("checklist")]
    | Annotated[SignoffStep, Tag("signoff")]
    | Annotated[DecideStep, Tag("decide")]
    | Annotated[BaselineStep, Tag("baseline")]
    | Annotated[RunStep, Tag("run")]
    | Annotated[TrafficStep, Tag("traffic")]
    | Annotated[BakeStep, Tag("bake")]
    | Annotated[AnnounceStep, Tag("announce")]
    | Annotated[ReportStepStep, Tag("report")]
    | Annotated[WatchStep, Tag("watch")]
    | Annotated[VerdictStep, Tag("verdict")]
    | Annotated[CanaryStep, Tag("canary")],
    Discriminator(_step_kind),
]


class Phase(Frozen):
    """A stretch of the runbook: it begins at its moment, when the phase before is complete."""

    id: Id
    title: Text
    at: MomentField | None = None
    steps: tuple[Step, ...] = Field(min_length=1)

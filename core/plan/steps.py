"""The steps of a plan, one model a kind, and the phases they stand in."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from core.plan.criteria import Criterion, FollowOn, SomeOf
from core.plan.deeds import Check
from core.plan.items import Item
from core.plan.kinds import Choice, Frozen, Id, Text
from core.plan.moments import MomentField
from core.plan.quantities import DurationField

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


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
    as_: Literal["list", "criteria"] = Field(
        default="list",
        alias="as",
        description="criteria: shown as a table of criterion, limit, actual value, Pass or Fail.",
    )
    items: tuple[Item, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _criteria_can_be_judged(self) -> Checklist:
        for item in self.items if self.as_ == "criteria" else ():
            if item.check is None and (item.value is None or not item.value.limited):
                raise ValueError(
                    f"'{item.id}' cannot pass or fail: in a list of criteria an item has a 'check:', or a 'value:' with a limit"
                )
        return self


class Signoff(StepBase):
    """Every named role approves, each by a person who holds it; a rejection holds the deployment."""

    kind: ClassVar[str] = "signoff"
    roles: tuple[Id, ...] = Field(min_length=1)
    due: MomentField | None = None
    wait: bool = True
    attendance: bool = Field(
        default=False, description="true: the roles do not approve, they say that they are here."
    )
    within: DurationField | None = Field(
        default=None,
        description="With attendance: who is not here so long after it opened is named, and it goes on without them.",
    )

    @model_validator(mode="after")
    def _only_attendance_goes_on(self) -> Signoff:
        if self.within is not None and not self.attendance:
            raise ValueError("'within' belongs to 'attendance: true': signatures are waited for, by 'due'")
        return self


class Meeting(StepBase):
    """People come together: each role says that it is here, then what is gone through is ticked off."""

    kind: ClassVar[str] = "meeting"
    roles: tuple[Id, ...] = Field(min_length=1)
    items: tuple[Item, ...] = Field(default=(), description="What is gone through.")
    within: DurationField | None = Field(
        default=None,
        description="Who is not here so long after it began is named, and it goes on without them; else all are waited for.",
    )
    wait: bool = Field(
        default=True, description="false: the next step may open while somebody is missing or items are open."
    )


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


class Approval(Decide):
    """What `approve` of a run is written out into: the question whether to run it. It stands in no plan as such."""

    action: Id
    optional: bool = False


class Baseline(StepBase):
    """Measures what is normal now and keeps it; later reports compare with it."""

    kind: ClassVar[str] = "baseline"
    metrics: tuple[Id, ...] = Field(min_length=1)
    over: DurationField = Field(default="5m", validate_default=True)


class Run(StepBase):
    """Runs an action of the plan; its output is kept as evidence. With `approve` people see exactly what would be run, and
    decide, before; with `confirm` it is done when the checks pass."""

    kind: ClassVar[str] = "run"
    action: Id
    approve: tuple[Id, ...] = Field(
        default=(),
        description="Any holder of one of these roles says GO first, before the exact command and its dry run.",
    )
    approve_within: DurationField = Field(
        default="15m",
        alias="approve-within",
        validate_default=True,
        description="So long they have; then it holds.",
    )
    optional: bool = Field(
        default=False,
        description="true: NO-GO, with its reason, leaves the run out and goes on; what failed is asked about again.",
    )
    confirm: tuple[Check, ...] = ()
    settle: DurationField = Field(
        default="0s", validate_default=True, description="Wait so long before the confirmation."
    )
    within: DurationField = Field(
        default="10m", validate_default=True, description="The confirmation must pass within this."
    )


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


class Rows(Frozen):
    """The daily row of a watch: at these clock times measured values are filled in, and people fill in the items."""

    at: tuple[ClockTime, ...] = Field(min_length=1)
    days: tuple[Annotated[int, Field(ge=0, le=366)], ...] = Field(
        default=(),
        description="On these days, counted from T0's date (3 is D+3); else on every day from D+1 on.",
    )
    metrics: tuple[Id, ...] = Field(
        default=(), description="Measured over the time since the row before, held against the gate's limits."
    )
    items: tuple[Item, ...] = Field(default=(), description="What people fill in, every time.")
    role: Id | None = Field(default=None, description="Who owns the items that name nobody.")
    due: DurationField = Field(
        default="8h", validate_default=True, description="Counted from the row's clock time."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Rows:
        if not self.metrics and not self.items:
            raise ValueError("a row has 'metrics:', 'items:' or both")
        return self


class Watch(StepBase):
    """Stays on watch until a moment, with reviews at clock times in the plan's zone. Without a gate it only waits (a running
    gate looks on)."""

    kind: ClassVar[str] = "watch"
    until: MomentField
    gate: Id | None = None
    reviews: tuple[ClockTime, ...] = ()
    rows: Rows | None = None


class Stretch(Watch):
    """A part of a watch between two rows; it stands in no plan as such. Reviews up to `since` belong to the part before."""

    since: MomentField | None = None


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
Written = StepBody | Canary | Meeting
"""A step as it stands in a plan; the last two are written out into several."""

"""The plan as frozen values: what a YAML file may say, and nothing about how it is read or run.

Every model refuses unknown keys. The JSON Schema is generated from these classes, so their docstrings and field
descriptions are what an author sees in an editor. Reading YAML, line numbers and suggestions live in `core.plan.parse`;
checks that need more than one place (a step that names a gate) live in `core.plan.references`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from core.plan.moments import MomentField
from core.plan.quantities import AboveField, BelowField, DurationField, GrowthField

Id = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$", description="Lower case letters, digits, '-' and '.'.")
]
Env = str  # may hold ${NAME}, which only adapters resolve
Choice = Literal["go", "observe", "no-go", "hold"]


class Frozen(BaseModel):
    """Frozen, and refuses keys it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True
    )


class Text(Frozen):
    """A text people read. A plain string in YAML serves both languages."""

    en: str = Field(min_length=1, max_length=3000)
    ko: str = Field(min_length=1, max_length=3000)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, raw: Any) -> Any:
        return {"en": raw, "ko": raw} if isinstance(raw, str) else raw

    def in_(self, language: str) -> str:
        """The text in `language` ('ko' or anything else for English)."""
        return self.ko if language == "ko" else self.en


class Input(Frozen):
    """A value asked for at the start: `/deploy start PLAN version=v2.14.0`."""

    title: Text | None = None
    pattern: str | None = Field(default=None, description="A regular expression the whole value must match.")
    required: bool = True
    example: str = ""


class Role(Frozen):
    """A role, not a person: the team file says who holds it."""

    title: Text


# --------------------------------------------------------------------------------------------------- sources, metrics


class HttpSource(Frozen):
    """A JSON API. `url` may hold ${NAME}; headers too, and they never leave the adapter."""

    url: Env
    timeout: DurationField = Field(default="5s", validate_default=True)
    headers: dict[str, Env] = {}


class Source(Frozen):
    """Where numbers come from."""

    http: HttpSource


class Ratio(Frozen):
    """Two counters that only grow; a window is the difference of two readings."""

    bad: str
    total: str


class Quantile(Frozen):
    """A quantile from cumulative histogram buckets [[upper edge, count], ...] that only grow."""

    buckets: str
    q: float = Field(gt=0, lt=1)


class Metric(Frozen):
    """What a number is, so that it can be judged. Expressions are JMESPath over the answer of `get`; `$track` stands for
    'canary' or 'control'."""

    title: Text
    source: Id
    get: str
    ratio: Ratio | None = None
    quantile: Quantile | None = None
    gauge: str | None = None
    rate: str | None = Field(default=None, description="A counter that only grows, shown per second.")
    unit: Literal["%", "ms", "s", "/s", ""] = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Metric:
        if sum(kind is not None for kind in (self.ratio, self.quantile, self.gauge, self.rate)) != 1:
            raise ValueError("a metric has exactly one of: ratio, quantile, gauge, rate")
        return self

    @property
    def kind(self) -> Literal["ratio", "quantile", "gauge", "rate"]:
        """Which of the four shapes this metric has."""
        if self.ratio is not None:
            return "ratio"
        if self.quantile is not None:
            return "quantile"
        return "gauge" if self.gauge is not None else "rate"


# ------------------------------------------------------------------------------------------------------------- gates


class Rule(Frozen):
    """One threshold of a gate. Exactly one of below, above, growth-below."""

    metric: Id
    below: BelowField | None = Field(
        default=None, description="Breached when the value is this or more: '1%', '500ms'."
    )
    above: AboveField | None = Field(default=None, description="Breached when the value is this or less.")
    growth_below: GrowthField | None = Field(
        default=None, alias="growth-below", description="Per hour: '1%/h'."
    )
    streak: int = Field(default=1, ge=1, le=100, description="So many breached windows in a row.")
    minimum: int | None = Field(
        default=None, ge=1, description="Requests a window needs to count; else the gate's."
    )
    then: Literal["rollback", "call", "observe"] = Field(
        default="observe",
        description="rollback acts; call holds and calls people; observe only changes the recommendation.",
    )
    playbook: Id | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> Rule:
        if sum(limit is not None for limit in (self.below, self.above, self.growth_below)) != 1:
            raise ValueError("a rule has exactly one of: below, above, growth-below")
        if self.growth_below is not None and self.then == "rollback":
            raise ValueError("growth only proposes: use 'then: observe' or 'then: call'")
        return self

    @property
    def label(self) -> str:
        """A name for the rule, unique inside its gate."""
        kind = "below" if self.below is not None else "above" if self.above is not None else "growth"
        return f"{self.metric}.{kind}.{self.then}"


class Gate(Frozen):
    """A set of rules, looked at every so often. Windows run from one look to the next, so they never overlap."""

    title: Text
    every: DurationField = Field(default="5m", validate_default=True)
    minimum: int = Field(
        default=10, ge=1, description="Requests a window of the canary needs before it counts."
    )
    track: Literal["canary", "control"] = "canary"
    patience: DurationField = Field(
        default="15m", validate_default=True, description="So long without evidence, then people are called."
    )
    rules: tuple[Rule, ...] = Field(min_length=1)


# ------------------------------------------------------------------------------------------------- checks and actions


class HttpCheck(Frozen):
    """GET an address of a source and compare. `json` maps a JMESPath to the value it must have."""

    source: Id
    get: str
    status: int = 200
    json_: dict[str, str | int | float | bool] = Field(default={}, alias="json")


class MetricCheck(Frozen):
    """A metric of one track, since the traffic step began, must be on the right side."""

    metric: Id
    track: Literal["canary", "control"] = "canary"
    below: BelowField | None = None
    above: AboveField | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> MetricCheck:
        if (self.below is None) == (self.above is None):
            raise ValueError("a metric check has exactly one of: below, above")
        return self


class Check(Frozen):
    """What the bot verifies by itself: exactly one of http, metric, run (an action that changes nothing)."""

    http: HttpCheck | None = None
    metric: MetricCheck | None = None
    run: Id | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Check:
        if sum(kind is not None for kind in (self.http, self.metric, self.run)) != 1:
            raise ValueError("a check has exactly one of: http, metric, run")
        return self


class Command(Frozen):
    """A program with arguments, never a shell line. The program must stand in the plan's `programs`.
    `$weight`, `$version` and other inputs stand for whole arguments or parts of one; they cannot add arguments."""

    program: Id
    args: tuple[str, ...] = ()
    timeout: DurationField = Field(default="5m", validate_default=True)


class HttpAct(Frozen):
    """A request that changes something. `body` is JSON; `$weight` and inputs may stand as whole values."""

    source: Id
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: str
    body: dict[str, Any] | None = None
    status: int = 200
    timeout: DurationField = Field(default="30s", validate_default=True)


class Action(Frozen):
    """Something the bot can do to the world. `repeat` says what happens when an attempt's outcome is unknown:
    safe repeats it, probe looks first whether it happened, ask holds and asks a person."""

    title: Text
    command: Command | None = None
    http: HttpAct | None = None
    changes: bool = Field(
        default=True, description="false for an action that only looks (a check, a dry run)."
    )
    playbook: Id | None = Field(default=None, description="Shown to those who are called when it fails.")
    repeat: Literal["safe", "probe", "ask"] = "ask"
    probe: HttpCheck | None = Field(
        default=None, description="Passes when the action has happened; for repeat: probe."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Action:
        if (self.command is None) == (self.http is None):
            raise ValueError("an action has exactly one of: command, http")
        if (self.repeat == "probe") != (self.probe is not None):
            raise ValueError("'repeat: probe' and 'probe:' go together: write both or neither")
        return self


class ReadWeight(Frozen):
    """A fresh read of the canary's share in percent: a JMESPath over a GET."""

    source: Id
    get: str
    value: str


class Traffic(Frozen):
    """How the canary's share is set (`$weight` percent) and read back."""

    set: Id = Field(description="The action that sets $weight.")
    read: ReadWeight


# ------------------------------------------------------------------------------------------------------------- steps


class Item(Frozen):
    """One line of a checklist: manual, or verified by the bot."""

    id: Id
    title: Text
    role: Id | None = Field(default=None, description="Who owns it; else anybody with a role in the plan.")
    due: MomentField | None = None
    check: Check | None = None
    evidence: bool = Field(default=False, description="true: it cannot be ticked without a note or link.")
    optional: bool = False


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
    """Says something in a channel."""

    kind: ClassVar[str] = "announce"
    text: Text
    channel: Id = "main"


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


class Criterion(Frozen):
    """One condition of the final verdict: a metric since the traffic began, or `holds`:
    no-rollback, items-settled, decisions-go, signed."""

    title: Text
    metric: MetricCheck | None = None
    holds: Literal["no-rollback", "items-settled", "decisions-go", "signed"] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Criterion:
        if (self.metric is None) == (self.holds is None):
            raise ValueError("a criterion has exactly one of: metric, holds")
        return self


class Verdict(StepBase):
    """The end: every required criterion met is GO, else HOLD, which a person settles."""

    kind: ClassVar[str] = "verdict"
    required: tuple[Criterion, ...] = Field(min_length=1)
    by: tuple[Id, ...] = Field(min_length=1, description="Who settles a HOLD.")


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


# ------------------------------------------------------------------------------------- escalation, rollback, the plan


class Tier(Frozen):
    """Who is called, and until when (counted from the first call) before the next tier is."""

    tier: int = Field(ge=1, le=9)
    purpose: Text = Field(alias="for")
    who: tuple[Id, ...] = Field(min_length=1)
    within: DurationField


class Trigger(Frozen):
    """A reason for a rollback that only a person can see, declared with `/rollback`."""

    id: Id
    title: Text


class Verify(Frozen):
    """A rollback is done when a fresh read says weight 0 so many times, and the stable side is clean."""

    reads: int = Field(default=2, ge=1, le=10)
    every: DurationField = Field(default="1m", validate_default=True)
    metrics: tuple[MetricCheck, ...] = ()
    within: DurationField = Field(
        default="10m", validate_default=True, description="Later than this the next tier is called."
    )


class Rollback(Frozen):
    """The way back: actions in order, then the proof, then what people still have to do."""

    automatic: bool = Field(
        default=True, description="false: breached rules call people and propose, nothing acts alone."
    )
    by: tuple[Id, ...] = Field(min_length=1, description="Who may start it with a reason.")
    triggers: tuple[Trigger, ...] = ()
    steps: tuple[Id, ...] = Field(
        min_length=1, description="Actions, in order; the first takes the traffic away."
    )
    verify: Verify
    checklist: tuple[Item, ...] = ()
    afterwards: Literal["lock", "unlock"] = "lock"


class PlaybookStep(Frozen):
    """One thing to do in an emergency."""

    text: Text
    within: DurationField | None = None
    role: Id | None = None


class Playbook(Frozen):
    """What to do when something particular goes wrong; shown to whoever is called."""

    title: Text
    steps: tuple[PlaybookStep, ...] = Field(min_length=1)


class Reports(Frozen):
    """How often: brief in the thread, full in the channel, while the canary has traffic and is not yet on watch."""

    brief: DurationField | None = Field(default="5m", validate_default=True)
    full: DurationField | None = Field(default="30m", validate_default=True)
    metrics: tuple[Id, ...] = ()


class Plan(Frozen):
    """One runbook. A running deployment keeps the text it began with."""

    format: Literal[1]
    plan: Id
    title: Text
    service: Id
    environment: Id
    timezone: str = "UTC"
    t0: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = Field(
        default=None, description="The clock time of T0, when `at=` gives only a date."
    )
    starters: tuple[Id, ...] = Field(
        min_length=1, description="Roles that may start, pause, resume and abort."
    )
    four_eyes: bool = Field(default=True, alias="four-eyes", description="Who started it cannot answer GO.")
    inputs: dict[Id, Input] = {}
    roles: dict[Id, Role] = Field(min_length=1)
    channels: dict[Id, str] = Field(min_length=1, description="'main' is where the deployment lives.")
    programs: dict[Id, Env] = {}
    sources: dict[Id, Source] = {}
    metrics: dict[Id, Metric] = {}
    gates: dict[Id, Gate] = {}
    actions: dict[Id, Action] = {}
    traffic: Traffic | None = None
    escalation: tuple[Tier, ...] = Field(min_length=1)
    reports: Reports = Reports()
    rollback: Rollback | None = None
    playbooks: dict[Id, Playbook] = {}
    phases: tuple[Phase, ...] = Field(min_length=1)

"""The plan as frozen values: what a YAML file may say, and nothing about how it is read or run. Its parts stand in kinds,
measures, deeds and steps; this is the whole, and the door to all of them.

Every model refuses unknown keys. The JSON Schema is generated from these classes, so their docstrings and field
descriptions are what an author sees in an editor. Reading YAML, line numbers and suggestions live in `core.plan.parse`;
checks that need more than one place (a step that names a gate) live in `core.plan.references`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from core.plan.access import Auth, Tls
from core.plan.audiences import Audience, Email, SmtpSource, Webhook
from core.plan.by_command import Command, Program
from core.plan.criteria import CategoryLimit, Criterion, FollowOn, MetricCriterion, SomeOf
from core.plan.deeds import (
    Action,
    Check,
    MetricCheck,
    ReadWeight,
    Traffic,
)
from core.plan.emergency import Rollback, Tier, Trigger, Verify
from core.plan.items import Item, Value
from core.plan.kinds import (
    Choice,
    Env,
    Frozen,
    Id,
    Text,
)
from core.plan.kubernetes import (
    Apply,
    Delete,
    KubernetesAct,
    KubernetesSource,
    Logs,
    Patch,
    Replicas,
    ReplicasByWeight,
    Resource,
    Restart,
    Scale,
    SetEnv,
    SetFields,
    SetImage,
    Undo,
    Verb,
    Wait,
    Workload,
)
from core.plan.kubernetes_looks import KubernetesCheck, Restarts
from core.plan.measures import (
    Gate,
    HttpSource,
    Metric,
    Quantile,
    Ratio,
    Rule,
    Source,
)
from core.plan.over_http import Comparison, Expiry, HttpAct, HttpCheck, HttpDryRun
from core.plan.people import Contact, Role
from core.plan.phases import (
    STEP_KINDS,
    AnnounceStep,
    BakeStep,
    BaselineStep,
    CanaryStep,
    ChecklistStep,
    DecideStep,
    MeetingStep,
    Phase,
    ReportStepStep,
    RunStep,
    SignoffStep,
    Step,
    TrafficStep,
    VerdictStep,
    WatchStep,
)
from core.plan.playbooks import Band, Playbook, PlaybookDecide, PlaybookStep, Remedy
from core.plan.quantities import DurationField
from core.plan.readiness import Category, Objectives, Readiness, Risk
from core.plan.steps import (
    Announce,
    Approval,
    Bake,
    Baseline,
    Canary,
    Checklist,
    Decide,
    Meeting,
    Observe,
    ReportStep,
    Rows,
    Run,
    SetTraffic,
    Signoff,
    Stage,
    StepBase,
    StepBody,
    Stretch,
    Verdict,
    Watch,
    Written,
)

__all__ = [
    "STEP_KINDS",
    "Action",
    "Announce",
    "AnnounceStep",
    "Apply",
    "Approval",
    "Audience",
    "Auth",
    "Bake",
    "BakeStep",
    "Band",
    "Baseline",
    "BaselineStep",
    "Canary",
    "CanaryStep",
    "Category",
    "CategoryLimit",
    "Check",
    "Checklist",
    "ChecklistStep",
    "Choice",
    "Command",
    "Comparison",
    "Contact",
    "Criterion",
    "Decide",
    "DecideStep",
    "Delete",
    "Email",
    "Env",
    "Expiry",
    "FollowOn",
    "Frozen",
    "Gate",
    "HttpAct",
    "HttpCheck",
    "HttpDryRun",
    "HttpSource",
    "Id",
    "Input",
    "Item",
    "KubernetesAct",
    "KubernetesCheck",
    "KubernetesSource",
    "Logs",
    "Meeting",
    "MeetingStep",
    "Metric",
    "MetricCheck",
    "MetricCriterion",
    "Objectives",
    "Observe",
    "Patch",
    "Phase",
    "Plan",
    "Playbook",
    "PlaybookDecide",
    "PlaybookStep",
    "Program",
    "Quantile",
    "Ratio",
    "ReadWeight",
    "Readiness",
    "Rehearsal",
    "Remedy",
    "Replicas",
    "ReplicasByWeight",
    "ReportStep",
    "ReportStepStep",
    "Reports",
    "Resource",
    "Restart",
    "Restarts",
    "Risk",
    "Role",
    "Rollback",
    "Rows",
    "Rule",
    "Run",
    "RunStep",
    "Scale",
    "SetEnv",
    "SetFields",
    "SetImage",
    "SetTraffic",
    "Signoff",
    "SignoffStep",
    "SmtpSource",
    "SomeOf",
    "Source",
    "Stage",
    "Step",
    "StepBase",
    "StepBody",
    "Stretch",
    "Text",
    "Tier",
    "Tls",
    "Traffic",
    "TrafficStep",
    "Trigger",
    "Undo",
    "Value",
    "Verb",
    "Verdict",
    "VerdictStep",
    "Verify",
    "Wait",
    "Watch",
    "WatchStep",
    "Webhook",
    "Workload",
    "Written",
]


class Input(Frozen):
    """A value asked for at the start: `/deploy start PLAN version=v2.14.0`."""

    title: Text | None = None
    pattern: str | None = Field(default=None, description="A regular expression the whole value must match.")
    required: bool = True
    example: str = ""


# ------------------------------------------------------------------------------------- escalation, rollback, the plan


class Reports(Frozen):
    """How often: brief in the thread, full in the channel, while the canary has traffic and is not yet on watch."""

    brief: DurationField | None = Field(default="5m", validate_default=True)
    full: DurationField | None = Field(default="30m", validate_default=True)
    metrics: tuple[Id, ...] = ()


class Rehearsal(Frozen):
    """What stands in for the real thing in a rehearsal. An action upon one of these is carried out there; every other action
    that changes something is a dry run."""

    sources: dict[Id, Source] = Field(
        default={}, description="In the place of the plan's sources of these names."
    )
    programs: dict[Id, Program] = Field(
        default={}, description="In the place of the plan's programs of these names."
    )
    speed: float = Field(default=60, gt=0, le=3600, description="Plan seconds a real second.")


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
    audiences: dict[Id, Audience] = {}
    programs: dict[Id, Program] = {}
    sources: dict[Id, Source] = {}
    metrics: dict[Id, Metric] = {}
    gates: dict[Id, Gate] = {}
    actions: dict[Id, Action] = {}
    traffic: Traffic | None = None
    escalation: tuple[Tier, ...] = Field(min_length=1)
    reports: Reports = Reports()
    rollback: Rollback | None = None
    playbooks: dict[Id, Playbook] = {}
    readiness: Readiness | None = None
    rehearsal: Rehearsal | None = None
    phases: tuple[Phase, ...] = Field(min_length=1)

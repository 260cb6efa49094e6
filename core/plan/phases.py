"""The phases of a plan, and a step in them as it is written: one key that says its kind, and its body under it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Discriminator, Field, Tag

from core.plan.kinds import Frozen, Id, Text
from core.plan.moments import MomentField
from core.plan.steps import (
    Announce,
    Bake,
    Baseline,
    Canary,
    Checklist,
    Decide,
    Meeting,
    ReportStep,
    Run,
    SetTraffic,
    Signoff,
    Verdict,
    Watch,
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


class MeetingStep(Frozen):
    meeting: Meeting


STEP_KINDS: tuple[str, ...] = (
    "checklist", "signoff", "decide", "baseline", "run", "traffic", "bake", "announce", "report", "watch", "verdict", "canary", "meeting",
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
    | Annotated[CanaryStep, Tag("canary")]
    | Annotated[MeetingStep, Tag("meeting")],
    Discriminator(_step_kind),
]


class Phase(Frozen):
    """A stretch of the runbook: it begins at its moment, when the phase before is complete."""

    id: Id
    title: Text
    at: MomentField | None = None
    steps: tuple[Step, ...] = Field(min_length=1)

"""Who is called when something is wrong, and how a plan goes back.

It must not know when either begins.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.plan.deeds import Check, MetricCheck
from core.plan.items import Item
from core.plan.kinds import Frozen, Id, Text
from core.plan.quantities import BandField, DurationField
from core.plan.readiness import Objectives


class Tier(Frozen):
    """Who is called, and until when (counted from the first call) before the next tier is."""

    tier: int = Field(ge=1, le=9)
    purpose: Text = Field(alias="for")
    who: tuple[Id, ...] = Field(min_length=1)
    within: DurationField
    also: tuple[Id, ...] = Field(
        default=(), description="Audiences that get the call too: an e-mail, a gateway for SMS, a pager."
    )


class Trigger(Frozen):
    """A reason for a rollback that only a person can see, declared with `/rollback`."""

    id: Id
    title: Text


class Verify(Frozen):
    """A rollback is done when a fresh read says weight 0 so many times, and the stable side is clean."""

    reads: int = Field(default=2, ge=1, le=10)
    every: DurationField = Field(default="1m", validate_default=True)
    metrics: tuple[MetricCheck, ...] = ()
    baseline: BandField | None = Field(
        default=None,
        description="So near to what was normal before the change the metrics must come back: '20%'. Measured by a baseline step.",
    )
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
    healthy: tuple[Check, ...] = Field(
        default=(),
        description="Checks of the side the traffic would go back to, made before the first action. One that says no stops the "
        "rollback and calls people; they may go on all the same, with a reason.",
    )
    steps: tuple[Id, ...] = Field(
        min_length=1, description="Actions, in order; the first takes the traffic away."
    )
    verify: Verify
    objectives: Objectives | None = None
    checklist: tuple[Item, ...] = ()
    afterwards: Literal["lock", "unlock"] = "lock"

"""What must be true: one condition with its kinds, used by the final verdict and by the readiness board alike.

It must not know how a condition is judged, nor what follows when it is not met.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from core.plan.deeds import MetricCheck
from core.plan.kinds import Frozen, Id, Text, exactly_one
from core.plan.quantities import PercentField

CRITERION_KINDS = ("metric", "holds", "item", "category")

Holds = Literal["no-rollback", "no-automatic-rollback", "items-settled", "decisions-go", "signed"]
"""no-rollback: none happened · no-automatic-rollback: none was started by the bot · items-settled: every item that is not
optional · decisions-go: every question was answered GO · signed: every signature is there."""
ItemPlace = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9.-]{0,39}/[a-z0-9][a-z0-9.-]{0,39}$",
        description="An item as STEP/ITEM; 'rollback/ITEM' for one of the list after a rollback.",
    ),
]


class MetricCriterion(MetricCheck):
    """A metric of one track on the right side: since the traffic began, or over the last stretch of time."""


class CategoryLimit(Frozen):
    """A category of the readiness board that must be done so far."""

    id: Id
    at_least: PercentField = Field(alias="at-least")


class Criterion(Frozen):
    """One condition: exactly one of metric, holds, item, category. What is not known is not met."""

    title: Text
    metric: MetricCriterion | None = None
    holds: Holds | None = None
    item: ItemPlace | None = Field(
        default=None,
        description="Met when this item is done; an item that takes a value, when its value passes.",
    )
    category: CategoryLimit | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Criterion:
        exactly_one(self, "a criterion", *CRITERION_KINDS)
        return self

    @property
    def kind(self) -> str:
        """What it is about: one of CRITERION_KINDS."""
        return exactly_one(self, "a criterion", *CRITERION_KINDS)


class SomeOf(Frozen):
    """Conditions of which so many are enough."""

    at_least: int = Field(default=1, ge=1, le=50, alias="at-least")
    of: tuple[Criterion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_met(self) -> SomeOf:
        if self.at_least > len(self.of):
            raise ValueError(f"{self.at_least} of {len(self.of)} criteria can never be met: lower 'at-least'")
        return self


class FollowOn(Frozen):
    """The plan that comes next. The bot offers to start it; a person does."""

    plan: Id

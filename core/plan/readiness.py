"""The readiness board: categories of checklists with a weight and a claim, what GO needs, and the risks that forbid it; and what
a rollback has to achieve.

It must not know how far anything is: that is `core.readiness`.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from core.plan.criteria import Criterion
from core.plan.kinds import Frozen, Id, Text
from core.plan.quantities import DurationField, PercentField


class Category(Frozen):
    """A column of the board: the items of one or more checklists."""

    id: Id
    title: Text
    weight: float = Field(
        default=1, gt=0, le=1000, description="How much it counts in the whole, beside the others."
    )
    of: tuple[Id, ...] = Field(min_length=1, description="Steps with items, by their ids.")
    claimed: PercentField | None = Field(
        default=None, description="What the team's document says; shown beside what the items say."
    )


class Risk(Frozen):
    """Something that forbids GO while it stands. A person declares it, and a person withdraws it."""

    id: Id
    title: Text


class Readiness(Frozen):
    """Whether a release is ready, as its checklists say it."""

    categories: tuple[Category, ...] = Field(min_length=1)
    claimed: PercentField | None = None
    go: tuple[Criterion, ...] = Field(
        default=(),
        description="Every one must be met for GO; without any, every item of the board that is not optional must be settled.",
    )
    risks: tuple[Risk, ...] = ()


class Objectives(Frozen):
    """What a rollback has to keep to. The stopwatch says the first, a person the second."""

    rto: DurationField | None = Field(
        default=None,
        description="From the moment the rollback is asked for, or decided by a rule, to its proof.",
    )
    rpo: DurationField | None = Field(
        default=None, description="Data of at most so long may be lost; a person says how much it was."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Objectives:
        if self.rto is None and self.rpo is None:
            raise ValueError("objectives say nothing: write 'rto:', 'rpo:', or both")
        return self

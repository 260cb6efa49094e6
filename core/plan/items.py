"""The items of a checklist: what people tick, what the bot verifies, and what only a person can measure.

It must not know in which kind of list an item stands.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from core.plan.deeds import Check
from core.plan.figures import FigureField, at_most_one, figure_in
from core.plan.kinds import Frozen, Id, Text
from core.plan.moments import MomentField
from core.plan.quantities import DurationField, figure


def _read_evidence(raw: Any) -> bool | Literal["link"]:
    if raw is True or raw is False or raw == "link":
        return raw  # type: ignore[no-any-return]  # compared above
    raise ValueError(
        "evidence is true, false or link: write 'evidence: link' where an https address is asked for"
    )


EvidenceField = Annotated[
    bool | Literal["link"],
    PlainValidator(_read_evidence),
    PlainSerializer(lambda evidence: evidence),
    WithJsonSchema({"enum": [True, False, "link"]}),
]


class Value(Frozen):
    """A number that a person has and the bot has not. It passes on the right side of its limits."""

    unit: str = Field(default="", max_length=20, description="What the number is in: '%', 'ms', 'GB', '명'.")
    below: FigureField | None = None
    above: FigureField | None = None
    at_least: FigureField | None = Field(default=None, alias="at-least")
    at_most: FigureField | None = Field(default=None, alias="at-most")
    actual: FigureField | None = Field(
        default=None, description="The number, where it is known already; goes with 'already:'."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Value:
        at_most_one(self, "a value", "below", "at-most")
        at_most_one(self, "a value", "above", "at-least")
        for limit in (self.below, self.above, self.at_least, self.at_most, self.actual):
            if limit is not None:
                figure_in(limit, self.unit)
        if self.actual is not None and not self.passes(figure_in(self.actual, self.unit)):
            raise ValueError(
                f"'actual: {figure(self.actual.value)}' is on the wrong side of its limit: what has not passed cannot be settled already"
            )
        return self

    @property
    def limited(self) -> bool:
        """Whether a number can pass or fail."""
        return bool(self.limits)

    @property
    def limits(self) -> tuple[tuple[Literal["below", "above", "at-least", "at-most"], float], ...]:
        """(side, figure in `unit`) of every limit."""
        written = (
            ("below", self.below), ("above", self.above), ("at-least", self.at_least), ("at-most", self.at_most),
        )  # fmt: skip
        return tuple((side, figure_in(limit, self.unit)) for side, limit in written if limit is not None)  # type: ignore[misc]

    @property
    def known(self) -> float | None:
        """`actual` in `unit`, or None."""
        return None if self.actual is None else figure_in(self.actual, self.unit)

    def passes(self, number: float) -> bool:
        """Whether a number in `unit` is on the right side of every limit."""
        return all(_holds(side, number, limit) for side, limit in self.limits)


def _holds(side: str, number: float, limit: float) -> bool:
    if side == "below":
        return number < limit
    if side == "above":
        return number > limit
    return number >= limit if side == "at-least" else number <= limit


class Item(Frozen):
    """One line of a checklist: manual, or verified by the bot."""

    id: Id
    title: Text
    role: Id | None = Field(default=None, description="Who owns it; else anybody with a role in the plan.")
    due: MomentField | None = None
    remind: DurationField | None = Field(
        default=None, description="Its owner is reminded so long before it is due, and again when it is."
    )
    check: Check | None = None
    value: Value | None = Field(default=None, description="Ticking it takes a number.")
    evidence: EvidenceField = Field(
        default=False,
        description="true: it cannot be ticked without a note or link; link: without an https address.",
    )
    note: Text | None = Field(
        default=None, description="What is known about it already; part of its evidence."
    )
    already: Text | None = Field(
        default=None,
        description="Settled before the deployment was started, on this evidence: it opens as done.",
    )
    optional: bool = False
    ticket: Id | None = Field(
        default=None,
        description="An action over HTTP that opens a ticket when the list opens; the link in its answer is the evidence.",
    )

    @property
    def by_bot(self) -> bool:
        """Whether the bot verifies it, or fills it in."""
        return self.check is not None

    @model_validator(mode="after")
    def _makes_sense(self) -> Item:
        if self.check is not None and self.value is not None:
            raise ValueError("an item has a 'check:' the bot makes or a 'value:' a person enters, not both")
        if self.ticket is not None and (
            self.check is not None or self.value is not None or self.already is not None
        ):
            raise ValueError(
                "a ticket is all there is to do for its item: take 'check:', 'value:' or 'already:' out"
            )
        if self.already is not None and self.check is not None:
            raise ValueError("what is settled already is not checked again: keep 'already:' or 'check:'")
        if self.value is not None and self.value.actual is not None and self.already is None:
            raise ValueError("'actual:' is what is known already: say under 'already:' from where")
        if (
            self.value is not None
            and self.value.limited
            and self.already is not None
            and self.value.actual is None
        ):
            raise ValueError("the value is settled already: write the number under 'value:' as 'actual:'")
        return self

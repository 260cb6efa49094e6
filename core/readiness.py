"""The readiness board: what its items say beside what is claimed, what stands in the way of GO, and what is late. Pure computing.

It must not know how it is drawn, nor who asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.criteria import judge
from core.endings import StandingRisk
from core.plan.models import Category, Criterion, Item, Readiness
from core.progress import Progress, counted, items_of, of_category, weighted
from core.rules import reminders
from core.state import Deployment

Answer = Literal["GO", "NO-GO"]


@dataclass(frozen=True)
class Row:
    """One category as it stands."""

    category: Category
    far: Progress


@dataclass(frozen=True)
class Condition:
    """One condition of GO: met, not met, or (None) not known, which is not met."""

    criterion: Criterion
    met: bool | None
    evidence: str


@dataclass(frozen=True)
class Late:
    """An item of the board that is overdue."""

    step: str
    item: Item
    due: datetime


@dataclass(frozen=True)
class Board:
    """`percent` is the weighted whole of all items. `left` are the items without which there is no GO, when the plan names no
    conditions of its own."""

    plan: Readiness
    answer: Answer
    rows: tuple[Row, ...]
    far: Progress
    percent: float
    conditions: tuple[Condition, ...]
    left: tuple[tuple[str, Item], ...]
    late: tuple[Late, ...]
    risks: tuple[StandingRisk, ...]

    @property
    def missing(self) -> tuple[Condition, ...]:
        """The conditions that are not known to be met."""
        return tuple(one for one in self.conditions if one.met is not True)


def board(deployment: Deployment, now: datetime) -> Board | None:
    """The board at plan time `now`; None for a plan without one."""
    plan = deployment.runbook.plan.readiness
    if plan is None:
        return None
    rows = tuple(Row(one, of_category(deployment, one)) for one in plan.categories)
    items = [one for category in plan.categories for one in items_of(deployment, category)]
    conditions = tuple(Condition(one, *judge(deployment, one)) for one in plan.go)
    left = tuple(
        (step, item)
        for step, item, state in items
        if not item.optional and (state is None or state.mark == "open")
    )
    blocked = any(one.met is not True for one in conditions) or (not plan.go and bool(left))
    return Board(
        plan,
        "NO-GO" if blocked or deployment.risks else "GO",
        rows,
        counted((item, state) for _, item, state in items),
        weighted((row.category.weight, row.far.percent) for row in rows),
        conditions,
        () if plan.go else left,
        _overdue(deployment, plan, now),
        deployment.risks,
    )


def _overdue(deployment: Deployment, plan: Readiness, now: datetime) -> tuple[Late, ...]:
    found = []
    for category in plan.categories:
        for step, item, state in items_of(deployment, category):
            due = reminders.due_of(deployment, step, item)
            if (
                (state is None or state.mark == "open")
                and not item.optional
                and due is not None
                and due < now
            ):
                found.append(Late(step, item, due))
    return tuple(sorted(found, key=lambda one: one.due))

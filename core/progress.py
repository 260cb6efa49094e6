"""How far the categories of the readiness board are: items counted, percent worked out. Pure arithmetic, no rule.

An item that is not applicable is neither done nor left, so it does not count. An open item that is optional counts among all
items, and not among those that GO waits for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.plan.models import Category, Item
from core.state import Deployment, ItemState


@dataclass(frozen=True)
class Progress:
    """`done` of `total` items; `counted` of them GO waits for (the optional ones that are open are left out)."""

    done: int
    total: int
    counted: int

    @property
    def percent(self) -> float:
        """0 to 100 of all items; 100 where there is nothing to do."""
        return _percent(self.done, self.total)

    @property
    def required_percent(self) -> float:
        """0 to 100 of the items that GO waits for."""
        return _percent(self.done, self.counted)


def _percent(done: int, of: int) -> float:
    return 100.0 if of <= 0 else min(100.0, 100.0 * done / of)


def counted(items: Iterable[tuple[Item, ItemState | None]]) -> Progress:
    """How far these items are; one that has no state yet is open."""
    done = total = waited = 0
    for item, state in items:
        mark = state.mark if state is not None else "open"
        if mark == "not-applicable":
            continue
        total += 1
        done += mark == "done"
        waited += mark == "done" or not item.optional
    return Progress(done, total, waited)


def items_of(deployment: Deployment, category: Category) -> tuple[tuple[str, Item, ItemState | None], ...]:
    """(step, item, state) of everything in a category, in the plan's order; the state is None before its list has opened."""
    found = []
    for step_id in category.of:
        placed, step = deployment.runbook.find(step_id), deployment.step(step_id)
        for item in getattr(placed.body, "items", ()) if placed is not None else ():
            found.append((step_id, item, step.item(item.id) if step is not None else None))
    return tuple(found)


def of_category(deployment: Deployment, category: Category) -> Progress:
    """How far a category is."""
    return counted((item, state) for _, item, state in items_of(deployment, category))


def weighted(parts: Iterable[tuple[float, float]]) -> float:
    """The whole in percent from (weight, percent) of its parts; 100 when there are none."""
    parts = tuple(parts)
    weight = sum(one for one, _ in parts)
    return 100.0 if weight <= 0 else min(100.0, sum(one * percent for one, percent in parts) / weight)

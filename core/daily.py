"""The rows of all watches as tables: one line a day, one column a metric, and what people fill in beside it. Pure computing.

Watches that ask for the same columns are one table, as in a runbook that has a row for each of D+1 to D+7. It must not know how
a table is drawn, nor what is measured for it (`core.rules.rows`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.plan.models import Item, Text
from core.plan.written_out import Row, RowItem
from core.state import Deployment, ItemState, StepState

DayState = Literal["ahead", "open", "complete", "missed", "skipped"]


@dataclass(frozen=True)
class Cell:
    """One column of one day: what the plan asks, and what has come of it (an open one before the row's time)."""

    item: Item
    state: ItemState

    @property
    def open(self) -> bool:
        """Nobody has filled it in yet."""
        return self.state.mark == "open"


@dataclass(frozen=True)
class Day:
    """One row. `due` is when people are to have filled it in; `state` is 'open' from its moment on until everything is settled."""

    step: str
    label: str
    at: datetime
    due: datetime | None
    state: DayState
    measured: tuple[Cell, ...]
    filled: tuple[Cell, ...]

    @property
    def begun(self) -> bool:
        """Its moment has come, and it was not left out."""
        return self.state in ("open", "complete")

    @property
    def waiting(self) -> tuple[Cell, ...]:
        """What is still open of it, in the plan's order."""
        return tuple(cell for cell in (*self.measured, *self.filled) if cell.open) if self.begun else ()


@dataclass(frozen=True)
class Table:
    """Rows with the same columns, in the order of time. `titles` are those of their watches, each once."""

    titles: tuple[Text, ...]
    days: tuple[Day, ...]

    @property
    def columns(self) -> tuple[Item, ...]:
        """What the bot measures; each day has a cell for it."""
        return tuple(cell.item for cell in self.days[0].measured)

    @property
    def next(self) -> Day | None:
        """The first row whose moment has not come."""
        return next((day for day in self.days if day.state == "ahead"), None)

    @property
    def complete(self) -> int:
        """So many rows are settled."""
        return sum(day.state == "complete" for day in self.days)


def tables(deployment: Deployment) -> tuple[Table, ...]:
    """Every table of the plan as it stands; none for a plan whose watches have no rows."""
    found: dict[tuple[tuple[str, Text], ...], list[Row]] = {}
    for placed in deployment.runbook.route:
        if isinstance(placed.body, Row):
            found.setdefault(tuple((item.id, item.title) for item in placed.body.items), []).append(
                placed.body
            )
    return tuple(
        Table(tuple(dict.fromkeys(row.watch for row in rows)), tuple(_day(deployment, row) for row in rows))
        for rows in found.values()
    )


def _day(deployment: Deployment, row: Row) -> Day:
    step = deployment.step(row.id) or StepState(row.id)
    cells = [Cell(item, step.item(item.id) or ItemState(item.id)) for item in row.items]
    return Day(
        row.id,
        row.label,
        deployment.runbook.moment(row.day, deployment.t0),
        deployment.runbook.moment(row.due, deployment.t0) if row.due is not None else None,
        _state(step),
        tuple(cell for cell in cells if isinstance(cell.item, RowItem)),
        tuple(cell for cell in cells if not isinstance(cell.item, RowItem)),
    )


def _state(step: StepState) -> DayState:
    if step.status == "missed":
        return "missed"
    if step.status == "skipped":
        return "skipped"
    if not step.items:
        return "complete" if step.status == "done" else "ahead"
    return "open" if any(item.mark == "open" for item in step.items) else "complete"

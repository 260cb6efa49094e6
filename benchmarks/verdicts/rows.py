"""One line of the result: a figure with its interval, the goal, and what others reach on the same counts. It must not know how it was measured."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """`value` with a 95 % interval (low, high) in `unit`; `goal` the most that it may be (`least`: the least)."""

    table: str
    name: str
    value: float
    low: float
    high: float
    unit: str
    goal: float | None = None
    least: bool = False
    others: dict[str, float] = field(default_factory=dict)
    limit: float | None = None
    """What nobody can beat, in the unit."""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met by the figure itself; None without one."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.least else self.value <= self.goal

    def cells(self) -> list[str]:
        """name, ours, interval, goal, others, limit, note: as text."""
        sign = ">=" if self.least else "<="
        goal = "" if self.goal is None else f"{sign} {_number(self.goal)} {'met' if self.met else 'MISSED'}"
        others = ", ".join(f"{name} {_number(value)}" for name, value in self.others.items())
        interval = f"{_number(self.low)} to {_number(self.high)}"
        limit = "" if self.limit is None else _number(self.limit)
        return [self.name, f"{_number(self.value)} {self.unit}", interval, goal, limit, others, self.note]

    def as_json(self) -> dict[str, Any]:
        """For machines; infinite is null."""
        body = asdict(self)
        body["others"] = {name: _finite(value) for name, value in self.others.items()}
        return {**body, **{key: _finite(body[key]) for key in ("value", "low", "high")}, "met": self.met}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "never"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"


HEAD = ["case", "ours", "95 % interval", "goal", "limit", "others", "note"]


def markdown(rows: list[Row]) -> str:
    """One table a heading, in the order of the rows."""
    lines: list[str] = []
    for table in dict.fromkeys(row.table for row in rows):
        lines += ["", f"### {table}", "", _line(HEAD), _line(["---"] * len(HEAD))]
        lines += [_line(row.cells()) for row in rows if row.table == table]
    return "\n".join(lines).strip() + "\n"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"

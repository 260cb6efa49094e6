"""Numbers of a benchmark and how they are said: percentiles, a ratio to the floor, a goal. It must not know what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the result. `floor` is None where there is nothing to hold it against. `goal` is the most that the value may
    be, or with `goal_is_ratio` the most that value over floor may be; None: for information."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    goal: float | None = None
    goal_is_ratio: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over floor."""
        return None if not self.floor else self.value / self.floor

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.goal is None:
            return None
        measured = self.ratio if self.goal_is_ratio else self.value
        return measured is not None and measured <= self.goal

    def line(self) -> str:
        """For people, one line."""
        parts = [f"{self.name:<46}{self.value:>10.2f} {self.unit:<6}"]
        parts.append(
            f"floor {self.floor:>8.2f}  ratio {self.ratio:>5.2f}" if self.ratio is not None else " " * 27
        )
        if self.goal is not None:
            parts.append(
                f"goal {'ratio ' if self.goal_is_ratio else ''}<= {self.goal:g}: {'met' if self.met else 'MISSED'}"
            )
        if self.note:
            parts.append(self.note)
        return "  ".join(parts).rstrip()

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` in 0..1. ValueError for no values."""
    if not values:
        raise ValueError("no values, no percentile")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

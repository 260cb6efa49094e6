"""What goes into a verdict: one look at both arms. Shapes and their sanity, nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Counts(NamedTuple):
    """Requests of one arm in one window: `bad` of `total`. Differences of raw counters, never rates."""

    bad: float
    total: float

    def sound(self) -> bool:
        """Whether these can be counts at all; what cannot is no data."""
        return 0.0 <= self.bad <= self.total < math.inf


@dataclass(frozen=True, slots=True)
class Buckets:
    """A histogram of one window: (upper edge, requests up to it), cumulative; the last one counts all."""

    buckets: tuple[tuple[float, float], ...]
    checked: bool = field(default=False, compare=False, repr=False)
    """Whether whoever made it has found it sound already."""

    @property
    def total(self) -> float:
        """All requests of the window."""
        return self.buckets[-1][1] if self.buckets else 0.0

    def sound(self) -> bool:
        """Edges rise, counts do not fall, and none is negative or without end."""
        if self.checked:
            return True
        before, least, whole = -math.inf, 0.0, 0.0
        for edge, count in self.buckets:
            if not (edge > before and count >= least):
                return False  # what is no number is neither more nor less than anything
            before, least = edge, count
            whole += count
        return whole < math.inf and bool(self.buckets)


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value as it is now."""

    value: float

    def sound(self) -> bool:
        """Whether it is a number."""
        return math.isfinite(self.value)


Arm = Counts | Buckets | Gauge | None
"""What one arm showed. None: no data, also after a scrape gap or a counter's reset; it is never a zero."""


class Pair(NamedTuple):
    """Both arms of one metric over the same window. Without a control arm, or where it did not answer, `control` is None."""

    canary: Arm = None
    control: Arm = None


@dataclass(frozen=True)
class Stage:
    """A stage of the rollout: its number from 1, the canary's share of the traffic in percent, and that of the next stage."""

    number: int
    weight: float | None = None
    next_weight: float | None = None


@dataclass(frozen=True)
class Look:
    """One look at plan time `t` (seconds, any origin). The windows run from the look before it to this one."""

    t: float
    stage: int
    readings: Mapping[str, Pair] = field(default_factory=dict)

"""What goes into a verdict: one look at both arms. Shapes and their sanity, nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Counts:
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

    @property
    def total(self) -> float:
        """All requests of the window."""
        return self.buckets[-1][1] if self.buckets else 0.0

    def sound(self) -> bool:
        """Edges rise, counts do not fall, and none is negative or without end."""
        if not self.buckets:
            return False
        edges, counts = zip(*self.buckets, strict=True)
        if not (counts[0] >= 0.0 and counts[-1] < math.inf and sum(counts) < math.inf):
            return False  # a sum that is no number compares with nothing
        rising = sorted(edges)
        return (
            edges == tuple(rising)
            and counts == tuple(sorted(counts))
            and len(set(rising)) == len(rising)
            and sum(edges) > -math.inf
        )


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value as it is now."""

    value: float

    def sound(self) -> bool:
        """Whether it is a number."""
        return math.isfinite(self.value)


Arm = Counts | Buckets | Gauge | None
"""What one arm showed. None: no data, also after a scrape gap or a counter's reset; it is never a zero."""


@dataclass(frozen=True, slots=True)
class Pair:
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

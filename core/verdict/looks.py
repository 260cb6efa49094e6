"""What goes into a verdict: one look at both arms. Shapes and their sanity, nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Self

made = tuple.__new__
"""A named tuple from all its fields in their order, in half the time of its own constructor: for records that every look makes anew."""


class Counts(NamedTuple):
    """Requests of one arm in one window: `bad` of `total`. Differences of raw counters, never rates."""

    bad: float
    total: float

    def sound(self) -> bool:
        """Whether these can be counts at all; what cannot is no data."""
        bad, total = self
        return 0.0 <= bad <= total < math.inf


class Buckets(NamedTuple):
    """A histogram of one window: how many requests took no longer than each of the upper `edges`; the last one counts all."""

    edges: tuple[float, ...]
    counts: tuple[float, ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> Self:
        """From (upper edge, requests up to it)."""
        edges, counts = tuple(zip(*pairs, strict=True)) or ((), ())
        return cls(edges, counts)

    @property
    def buckets(self) -> tuple[tuple[float, float], ...]:
        """(upper edge, requests up to it)"""
        return tuple(zip(self.edges, self.counts, strict=True))

    @property
    def total(self) -> float:
        """All requests of the window."""
        return self.counts[-1] if self.counts else 0.0

    def sound(self) -> bool:
        """Edges rise, counts do not fall, and none is negative or without end."""
        before, least, whole = -math.inf, 0.0, 0.0
        for edge, count in zip(self.edges, self.counts, strict=True):
            if not (edge > before and count >= least):
                return False  # what is no number is neither more nor less than anything
            before, least = edge, count
            whole += count
        return whole < math.inf and bool(self.counts)


class Checked(Buckets):
    """A histogram that whoever made it has found sound."""

    __slots__ = ()

    def sound(self) -> bool:
        return True


class Gauge(NamedTuple):
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


class Look(NamedTuple):
    """One look at plan time `t` (seconds, any origin). The windows run from the look before it to this one."""

    t: float
    stage: int
    readings: Mapping[str, Pair] = MappingProxyType({})

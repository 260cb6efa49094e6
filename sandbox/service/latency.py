"""How long answers take: the histogram's buckets and the log-normal law that fills them.

It must not know tracks, weights or time; only a median, a spread and what share of answers falls into each bucket.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Final

BOUNDS_MS: Final = (5, 10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 650, 800, 1000, 1500, 2500, 5000)
LABELS_MS: Final = (*(str(bound) for bound in BOUNDS_MS), "+Inf")
LABELS_S: Final = (*(f"{bound / 1000:g}" for bound in BOUNDS_MS), "+Inf")
_NORMAL: Final = NormalDist()

# A typical time of each bucket, so that a sum of times can be told from the same counts (geometric middle; the open
# last bucket counts as a time-out of ten seconds).
TYPICAL_MS: Final = (
    3.0,
    *(math.sqrt(low * high) for low, high in pairwise(BOUNDS_MS)),
    10_000.0,
)


@dataclass(frozen=True, slots=True)
class Latency:
    """A log-normal time in ms: half of the answers take less than `median_ms`; `spread` is the deviation of its log."""

    median_ms: float
    spread: float

    def slower(self, factor: float) -> Latency:
        """The same shape, `factor` times as slow."""
        return Latency(self.median_ms * factor, self.spread)

    def shares(self) -> tuple[float, ...]:
        """The share of answers in each bucket (not cumulative), in the order of LABELS_MS; they add up to 1."""
        below = [_NORMAL.cdf(math.log(bound / self.median_ms) / self.spread) for bound in BOUNDS_MS]
        edges = (0.0, *below, 1.0)
        return tuple(high - low for low, high in pairwise(edges))


# exp(ln 120 + 0.53 * 1.645) = 287 ms and exp(ln 120 + 0.53 * 2.326) = 412 ms: a healthy P95 and P99.
ANSWER: Final = {"control": Latency(120.0, 0.53), "canary": Latency(122.0, 0.53)}
RECOMMENDATION: Final = {"control": Latency(38.0, 0.45), "canary": Latency(39.0, 0.45)}
REFUSED: Final = Latency(6.0, 0.4)  # a track that is down fails fast: the connection is refused

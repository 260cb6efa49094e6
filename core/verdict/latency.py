"""Latency as counts: requests slower than a bucket edge. A quantile has no sample size, a count has one.

Units: edges in the metric's own unit (seconds or milliseconds), counts in requests. Invalid when the edges of both arms
or of two readings differ (no data then), and blind to what happens inside one bucket: put the values that matter on edges.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

from core.verdict.bets import Worked, worked
from core.verdict.looks import Buckets

QUANTILES = (0.5, 0.95, 0.99)
_NORMAL = NormalDist()


def limit_edge(edges: Sequence[float], limit: float) -> float | None:
    """The edge a limit is judged at: itself, or the next one over it, so that whatever is slower than the edge broke the limit."""
    return next((edge for edge in edges if edge >= limit and edge < math.inf), None)


def quantile(buckets: Buckets, share: float) -> float | None:
    """The quantile, linear inside its bucket, as dashboards show it; above the last finite edge, that edge. None without requests."""
    edges, counts = buckets
    if not counts or counts[-1] <= 0.0:
        return None
    rank = share * counts[-1]
    place = bisect_left(counts, rank)
    edge, count = edges[place], counts[place]
    low_edge, low_count = (edges[place - 1], counts[place - 1]) if place else (0.0, 0.0)
    if edge == math.inf:
        return low_edge
    inside = 1.0 if count <= low_count else (rank - low_count) / (count - low_count)
    return low_edge + (edge - low_edge) * inside


def choose(usual: Buckets, limit: float | None) -> tuple[float, ...]:
    """The edges to compare at: those nearest the P50, P95 and P99 of the stable version, and the limit's."""
    edges = [edge for edge in usual.edges if edge < math.inf]
    if not edges or usual.total <= 0.0:
        return ()
    chosen = set()
    for share in QUANTILES:
        value = quantile(usual, share)
        if value is not None:
            chosen.add(min(edges, key=lambda edge: (abs(edge - value), edge)))
    at_limit = None if limit is None else limit_edge(edges, limit)
    if at_limit is not None:
        chosen.add(at_limit)
    return tuple(sorted(chosen))


def merged(first: Sequence[tuple[float, float]], second: Buckets) -> tuple[tuple[float, float], ...]:
    """Both histograms added; the second alone where their edges differ."""
    if [edge for edge, _ in first] != [*second.edges]:
        return second.buckets
    return tuple((edge, count + more) for (edge, count), more in zip(first, second.counts, strict=True))


def tilts(odds: Sequence[float], margin: float, share: float) -> tuple[float, ...]:
    """The bets at an edge that `share` of control's requests are slower than: the same slowdowns as `odds` at the median. One
    under the margin does not bet (1)."""
    return _tilts(tuple(odds), margin, round(share, 3))


@lru_cache(maxsize=4096)
def _tilts(odds: tuple[float, ...], margin: float, share: float) -> tuple[float, ...]:
    steep = steepness(share)
    return tuple([odd**steep if odd >= margin else 1.0 for odd in odds])


class Table:
    """The bets at an edge by the share of control's requests that are slower than it, to three digits; worked out when first asked for."""

    __slots__ = ("_found", "_margin", "_odds")

    def __init__(self, odds: tuple[float, ...], margin: float) -> None:
        self._odds = odds
        self._margin = margin
        self._found: dict[int, Worked] = {}

    def at(self, share: float) -> Worked:
        """For a share of 0 to 1, rounded as `round` does it, which alone would take longer than the rest."""
        up = share * 1000.0 + 0.5
        place = int(up)
        if not 1e-9 < up - place < 1.0 - 1e-9:  # half of a thousandth, as far as binary fractions tell
            place = round(round(share, 3) * 1000.0)
        found = self._found.get(place)
        if found is None:
            found = self._found[place] = worked(tilts(self._odds, self._margin, place / 1000.0))
        return found


@lru_cache(maxsize=256)
def table(odds: tuple[float, ...], margin: float) -> Table:
    """One for every set of odds and margin: a look asks for a few shares, and again and again for the same ones."""
    return Table(odds, margin)


def steepness(share: float) -> float:
    """How much more a slowdown moves the log-odds at an edge that `share` of the requests are slower than, than at the median.

    For a log-normal latency the log-odds move by phi(z)/(s(1-s)) for a small shift, z the edge's normal deviate: 1.6 at the
    median, 2.2 at P95, 2.7 at P99. With one odds ratio for all edges, a canary that is 3 % slower would be accused at P99.
    """
    share = min(max(share, 0.001), 0.9)
    return _NORMAL.pdf(_NORMAL.inv_cdf(share)) / (share * (1.0 - share)) * (math.sqrt(2.0 * math.pi) / 4.0)

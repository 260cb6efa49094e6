"""How much counters have grown between two moments, exactly, from their raw samples. Pure arithmetic, no rule.

A counter that falls was restarted at zero and goes on from there. A series that was not there at the first moment began at
zero. So the first error of a new process counts, which an extrapolated rate would lose.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

_MOMENT_S = 0.0005  # samples have whole milliseconds
Labels = tuple[tuple[str, str], ...]
Point = tuple[float, float]  # unix seconds, value


@dataclass(frozen=True)
class Series:
    """One series and its samples, oldest first."""

    labels: Labels
    samples: tuple[Point, ...]

    def label(self, name: str) -> str:
        """A label's value; '' when it has none."""
        return next((value for key, value in self.labels if key == name), "")

    def last(self, until: float) -> Point | None:
        """The newest sample up to a moment."""
        place = bisect_right(self.samples, until, key=lambda point: point[0])
        return self.samples[place - 1] if place else None


def increase(series: Series, since: float, until: float, start: float = 0.0) -> float:
    """The growth over (since, until]. `start`: what the counter had reached when it has no sample up to `since`."""
    before = series.last(since)
    reached = before[1] if before is not None else start
    grown = 0.0
    for at, value in series.samples:
        if since < at <= until:
            grown += value - reached if value >= reached else value
            reached = value
    return grown


def grown(several: Iterable[Series], since: float, until: float, earlier: Mapping[Labels, float]) -> float:
    """The growth of all of them together. `earlier`: what series without a sample up to `since` had reached before."""
    return sum(increase(one, since, until, earlier.get(one.labels, 0.0)) for one in several)


def reached(several: Iterable[Series], until: float) -> float:
    """The sum of their newest values up to a moment."""
    newest = (one.last(until) for one in several)
    return sum(point[1] for point in newest if point is not None)


def newest(several: Iterable[Series], until: float) -> float | None:
    """When the newest sample of any of them was; None without one."""
    return max((point[0] for one in several if (point := one.last(until)) is not None), default=None)


def joined(parts: Iterable[Iterable[Series]]) -> tuple[Series, ...]:
    """The same series read in several stretches, put together; a sample that two of them hold counts once."""
    found: dict[Labels, dict[float, float]] = {}
    for part in parts:
        for one in part:
            found.setdefault(one.labels, {}).update(one.samples)
    return tuple(Series(labels, tuple(sorted(samples.items()))) for labels, samples in found.items())


def restarted_together(several: Iterable[Series], besides: str) -> tuple[Series, ...]:
    """Series that differ in one label only (a histogram's buckets in `le`) are one process: where one of them falls, all of
    them began anew, also those that had grown past their old count by the next sample."""
    groups: dict[Labels, list[Series]] = {}
    for one in several:
        groups.setdefault(tuple(pair for pair in one.labels if pair[0] != besides), []).append(one)
    return tuple(part for group in groups.values() for part in _restarted(group))


def _restarted(group: list[Series]) -> list[Series]:
    falls = {
        late[0] for one in group for early, late in itertools.pairwise(one.samples) if late[1] < early[1]
    }
    if not falls:
        return group
    return [
        replace(one, samples=tuple(point for own in one.samples for point in _anew(own, falls)))
        for one in group
    ]


def _anew(point: Point, falls: set[float]) -> tuple[Point, ...]:
    """A moment before a process's first sample it stood at zero."""
    return ((point[0] - _MOMENT_S, 0.0), point) if point[0] in falls else (point,)

"""Series that are functions of a world's time, as a Prometheus would have them in its storage: the source of a stand-in.

Plan time may jump by days within a moment of real time, and a Prometheus knows real time only. So a question about the last
seconds is answered with the world's present, and the moments that were asked about are kept as the samples' times: what is
counted between two questions is what has happened between them. It must not know what a series means.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sandbox.prometheus.evaluating import Labels, Matrix, Selector, Vector

Curve = Callable[[float], float | None]
"""A value at a moment of plan time (unix seconds); None: there is no such series then."""

PRESENT_S: Final = 30.0
"""So far back a question still means the present: whoever asks waits for the last scrapes to arrive."""
KEPT: Final = 60
"""So many moments are kept as samples."""
POINTS: Final = 12
"""So many stretches between samples a function sees."""


class Steps:
    """A quantity that changes by steps: `set` from a moment on (rising), `at` a moment, and its integral over the seconds."""

    def __init__(self, since: float, value: float = 0.0) -> None:
        self._since = [since]
        self._values = [value]
        self._sums = [0.0]

    def set(self, since: float, value: float) -> None:
        """From this moment on; not before the last one."""
        since = max(since, self._since[-1])
        if value != self._values[-1]:
            self._sums.append(self.total(since))
            self._since.append(since)
            self._values.append(value)

    def at(self, moment: float) -> float:
        """What it was at a moment."""
        return self._values[self._place(moment)]

    def total(self, moment: float) -> float:
        """Its sum over all seconds up to a moment."""
        place = self._place(moment)
        return self._sums[place] + self._values[place] * max(0.0, moment - self._since[place])

    def _place(self, moment: float) -> int:
        return max(bisect_right(self._since, moment) - 1, 0)


class Curves:
    """`present`: the world's time. `real`: the real time (unix seconds). `plan_at`: the world's time at a real moment."""

    def __init__(
        self, present: Callable[[], datetime], plan_at: Callable[[float], datetime], real: Callable[[], float]
    ) -> None:
        self._present, self._plan_at, self._real = present, plan_at, real
        self._curves: dict[Labels, Curve] = {}
        self._moments: dict[float, float] = {}
        self._named: dict[str, list[tuple[Labels, Curve]]] = {}
        self._selected: dict[Selector, list[tuple[Labels, Curve]]] = {}

    def add(self, metric: str, curve: Curve, **labels: str) -> None:
        """A series."""
        key = tuple(sorted({"__name__": metric, **labels}.items()))
        self._curves[key] = curve
        self._named[metric] = [*(one for one in self._named.get(metric, ()) if one[0] != key), (key, curve)]
        self._selected.clear()

    def names(self) -> list[Labels]:
        """Every series there is."""
        now = self._present().timestamp()
        return [labels for labels, curve in self._curves.items() if curve(now) is not None]

    def values(self) -> Mapping[Labels, float]:
        """Every series with its value now."""
        now = self._present().timestamp()
        return {labels: value for labels, curve in self._curves.items() if (value := curve(now)) is not None}

    def instant(self, selector: Selector, at: float) -> Vector:
        """Every series of a selector at a real moment."""
        return self._chosen(selector, self._plan(at))

    def window(self, selector: Selector, at: float) -> Matrix:
        """At the moments that were asked about before, and at this one."""
        self._plan(at)
        since = at - (selector.span_s or 0.0)
        found: Matrix = {}
        for moment in sorted(moment for moment in self._moments if since <= moment <= at):
            for labels, value in self._chosen(selector, self._moments[moment]).items():
                found.setdefault(labels, []).append((moment, value))
        return found

    def stretch(self, selector: Selector, at: float) -> Matrix:
        """For functions: the last span of plan time, in a dozen samples."""
        span, plan = selector.span_s or 0.0, self._plan(at)
        found: Matrix = {}
        for ago in (span * part / POINTS for part in range(POINTS, -1, -1)):
            for labels, value in self._chosen(selector, plan - ago).items():
                found.setdefault(labels, []).append((at - ago, value))
        return found

    def sampled_at(self, labels: Labels, at: float) -> float:
        """Samples are always fresh."""
        return at

    def _chosen(self, selector: Selector, plan: float) -> Vector:
        found = self._selected.get(selector)
        if found is None:  # the same few are asked for again and again
            name = next(
                (one.value for one in selector.matchers if (one.label, one.match) == ("__name__", "=")), None
            )
            pool = self._curves.items() if name is None else self._named.get(name, ())
            found = [(labels, curve) for labels, curve in pool if selector.fits(labels)]
            self._selected[selector] = found
        return {labels: value for labels, curve in found if (value := curve(plan)) is not None}

    def _plan(self, at: float) -> float:
        """The plan time that a real moment stands for; the same for every question about it."""
        known = self._moments.get(at)
        if known is None:
            recent = self._real() - at < PRESENT_S
            known = (self._present() if recent else self._plan_at(at)).timestamp()
            self._moments[at] = known
            for old in sorted(self._moments)[:-KEPT]:
                del self._moments[old]
        return known

"""The rules' windows over counts that were recorded look by look, as the running gate has them over counters that it reads.

A window of a series fills from look to look and ends with the look at which the gate closes it; a series that is silent there goes on
filling. What a window says is worked out by the gate's own arithmetic (`core.readings`). Pure bookkeeping: no rule, no limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from core.plan.models import Metric
from core.readings import Window, grown
from core.state import Sample
from core.verdict.looks import Arm, Buckets, Counts, Gauge, Pair

NOTHING = Pair()
ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)


class Filling:
    """One series: what its window holds so far. `since`: plan seconds at which the window began."""

    __slots__ = ("_rate", "arms", "metric", "seconds", "seen", "since", "track")

    def __init__(self, metric: Metric, track: Literal["canary", "control"], since: float) -> None:
        self.metric = metric
        self.track = track
        self.arms: list[Arm] = []
        self.seconds: list[float] = []
        self.since = self.seen = since
        self._rate = metric.rate is not None

    def begin(self, since: float) -> None:
        """A window begins, with nothing in it."""
        self.since = self.seen = since
        self.arms.clear()
        self.seconds.clear()

    def add(self, arm: Arm, t: float, longest: float) -> None:
        """One more look, at `t`. A window over more than `longest` would say nothing about now: it begins anew."""
        if t - self.since > longest:
            self.begin(t)
            return
        self.arms.append(arm)
        if self._rate:
            self.seconds.append(t - self.seen)
            self.seen = t

    def says(self, arm: Arm, t: float) -> Window:
        """What the window says that ends at `t`, with `arm` the last that was added to it."""
        metric = self.metric
        if metric.gauge is not None:
            return Window("ok", arm.value) if isinstance(arm, Gauge) else Window("no-data", detail="not-read")
        edges, looks = self._counted()
        if looks is None:
            return Window("no-data", detail="buckets-changed")
        seconds = round(t - self.since, 6)
        if not looks or seconds <= 0.0:
            return Window("no-data", detail="first-look")
        counts = looks[0] if len(looks) == 1 else [*map(sum, zip(*looks, strict=True))]
        if metric.ratio is not None and metric.ratio.good is not None:
            counts = (counts[1] - counts[0], counts[1])
        return grown(metric, counts, seconds=seconds, edges=edges)

    def _counted(self) -> tuple[tuple[float, ...], list[Sequence[float]] | None]:
        """(edges of buckets, what every look counted); None where the edges changed on the way. A rate comes in as a value, and is
        what it has counted since the series was last seen."""
        edges: tuple[float, ...] = ()
        if self._rate:
            return edges, [
                (arm.value * seconds,)
                for arm, seconds in zip(self.arms, self.seconds, strict=True)
                if isinstance(arm, Gauge)
            ]
        looks: list[Sequence[float]] = []
        for arm in self.arms:
            if isinstance(arm, Counts):
                looks.append(arm)
            elif isinstance(arm, Buckets):
                own, counts = arm
                if own is not edges and edges and own != edges:
                    return edges, None
                edges = own
                looks.append(counts)
        return edges, looks


class Windows:
    """The windows of every metric of a gate, for both tracks. `longest`: plan seconds over which a window says nothing about now."""

    def __init__(self, metrics: Mapping[str, Metric], began: float, longest: float) -> None:
        self._longest = longest
        self._series = {
            name: (Filling(metric, "canary", began), Filling(metric, "control", began))
            for name, metric in metrics.items()
        }

    def add(self, seen: Mapping[str, Pair], t: float, opened: float) -> None:
        """A look at `t`; `opened`: when the gate's present window began."""
        longest = max(self._longest, t - opened)
        for name, (canary, control) in self._series.items():
            pair = seen.get(name)
            if pair is None:
                continue
            of_canary, of_control = pair
            if of_canary is not None:
                canary.add(of_canary, t, longest)
            if of_control is not None:
                control.add(of_control, t, longest)

    def close(self, seen: Mapping[str, Pair], opened: float, t: float) -> tuple[Sample, ...]:
        """The samples of the windows that end at `t`. A series that does not answer there goes on filling."""
        found = []
        since, until = moment(opened), moment(t)
        for name, both in self._series.items():
            for filling, arm in zip(both, seen.get(name, NOTHING), strict=True):
                if arm is None:
                    found.append(Sample(name, filling.track, since, until, "no-data", detail="not-read"))
                    continue
                shown = filling.says(arm, t)
                began = since if filling.since == opened else moment(filling.since)
                found.append(
                    Sample(
                        name,
                        filling.track,
                        began,
                        until,
                        shown.state,
                        shown.value,
                        shown.bad,
                        shown.count,
                        shown.detail,
                    )
                )
                filling.begin(t)
        return tuple(found)


def moment(t: float) -> datetime:
    """Plan seconds as an instant; only differences of these mean anything."""
    return ORIGIN + timedelta(seconds=t)

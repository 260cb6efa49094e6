"""The rules' windows over counts that were recorded look by look, as the running gate has them over counters that it reads.

A window of a series fills from look to look and ends with the look at which the gate closes it; a series that is silent there goes on
filling. What a window says is worked out by the gate's own arithmetic (`core.readings`). Pure bookkeeping: no rule, no limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from core.inputs import Reading
from core.plan.models import Metric
from core.readings import Window, window
from core.state import Sample
from core.verdict.looks import Arm, Buckets, Counts, Gauge, Pair

TRACKS = ("canary", "control")
ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)


class Filling:
    """One series: what its window holds so far. `since`: plan seconds at which the window began."""

    __slots__ = ("edges", "seen", "since", "sums", "unlike")

    def __init__(self, since: float) -> None:
        self.since = self.seen = since
        self.sums: list[float] = []
        self.edges: tuple[float, ...] = ()
        self.unlike = False

    def add(self, arm: Arm, t: float) -> None:
        """One more look, at `t`. A rate comes in as a value, and is kept as what it has counted since the series was last seen."""
        seconds, self.seen = t - self.seen, t
        if isinstance(arm, Counts):
            self._sum([arm.bad, arm.total])
        elif isinstance(arm, Buckets):
            edges = tuple([edge for edge, _ in arm.buckets])
            if self.edges and edges != self.edges:
                self.unlike = True
                return
            self.edges = edges
            self._sum([count for _, count in arm.buckets])
        elif isinstance(arm, Gauge):
            self._sum([arm.value * seconds])

    def _sum(self, more: list[float]) -> None:
        self.sums = [old + new for old, new in zip(self.sums, more, strict=True)] if self.sums else more


class Windows:
    """The windows of every metric of a gate, for both tracks. `longest`: plan seconds over which a window says nothing about now."""

    def __init__(self, metrics: Mapping[str, Metric], began: float, longest: float) -> None:
        self._metrics = metrics
        self._longest = longest
        self._series = {(name, track): Filling(began) for name in metrics for track in TRACKS}

    def add(self, seen: Mapping[str, Pair], t: float, opened: float) -> None:
        """A look at `t`; `opened`: when the gate's present window began."""
        longest = max(self._longest, t - opened)
        for name, pair in seen.items():
            for track, arm in (("canary", pair.canary), ("control", pair.control)):
                filling = self._series.get((name, track))
                if arm is None or filling is None:
                    continue
                if t - filling.since > longest:  # over so long it would say nothing about now: it begins anew
                    self._series[name, track] = Filling(t)
                else:
                    filling.add(arm, t)

    def close(self, seen: Mapping[str, Pair], opened: float, t: float) -> tuple[Sample, ...]:
        """The samples of the windows that end at `t`. A series that does not answer there goes on filling."""
        found = []
        for (name, track), filling in self._series.items():
            pair = seen.get(name)
            arm = None if pair is None else pair.canary if track == "canary" else pair.control
            since, until = moment(opened), moment(t)
            if arm is None:
                found.append(Sample(name, track, since, until, "no-data", detail="not-read"))  # type: ignore[arg-type]  # one of TRACKS
                continue
            shown = self._says(name, track, arm, t)
            found.append(
                Sample(name, track, moment(filling.since), until, shown.state, shown.value, shown.bad, shown.count, shown.detail)  # type: ignore[arg-type]  # one of TRACKS
            )  # fmt: skip
            self._series[name, track] = Filling(t)
        return tuple(found)

    def _says(self, name: str, track: str, arm: Arm, t: float) -> Window:
        metric, filling = self._metrics[name], self._series[name, track]
        if metric.gauge is not None:
            return (
                Window("ok", value=arm.value)
                if isinstance(arm, Gauge)
                else Window("no-data", detail="not-read")
            )
        if filling.unlike:
            return Window("no-data", detail="buckets-changed")
        if not filling.sums:
            return Window("no-data", detail="first-look")
        values = filling.sums
        if metric.quantile is not None:
            values = [figure for pair in zip(filling.edges, filling.sums, strict=True) for figure in pair]
        elif metric.ratio is not None and metric.ratio.good is not None:
            values = [filling.sums[1] - filling.sums[0], filling.sums[1]]
        nothing = [
            figure if metric.quantile is not None and place % 2 == 0 else 0.0
            for place, figure in enumerate(values)
        ]
        before, after = (Reading(name, track, "ok", tuple(figures)) for figures in (nothing, values))  # type: ignore[arg-type]  # one of TRACKS
        return window(metric, before, after, timedelta(seconds=t - filling.since))


def moment(t: float) -> datetime:
    """Plan seconds as an instant; only differences of these mean anything."""
    return ORIGIN + timedelta(seconds=t)

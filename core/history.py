"""What a gate remembers of its readings: the last good one of every series, where the window of the rules begins that is filling,
and where 'since the traffic began' starts.

A look that failed loses nothing: the next good one is held against the last good one. A process that was restarted begins
to count at zero; what it had counted before is kept by moving the start back. Pure bookkeeping, no rule and no limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import lt

from core.inputs import Reading
from core.plan.models import Metric
from core.plan.runbook import Runbook
from core.readings import RESET, Window, fell, find, window
from core.state import GateRun

Series = tuple[str, str]  # metric, track


@dataclass(frozen=True)
class Known:
    """A good reading and when it was made."""

    at: datetime
    reading: Reading


def last_good(run: GateRun, metric: str, track: str) -> Known | None:
    """The newest good reading of a series, or None."""
    newest = find(run.last, metric, track)
    if newest is not None and newest.state == "ok" and run.last_at is not None:
        return Known(run.last_at, newest)
    return next((Known(at, r) for at, r in run.earlier if (r.metric, r.track) == (metric, track)), None)


def begun(run: GateRun, metric: str, track: str) -> Known | None:
    """Where the rules' window of a series began; None when it has no beginning yet."""
    if not run.opened:
        return last_good(run, metric, track)
    return next((Known(at, r) for at, r in run.opened if (r.metric, r.track) == (metric, track)), None)


def latest_window(
    metric: Metric, run: GateRun, after: Reading, at: datetime, longest: timedelta
) -> tuple[datetime, Window]:
    """(start, what it says) of the rules' window that ends with `after`. It begins where the last good window ended; over more
    than `longest` it would say nothing about now, and begins anew."""
    before = begun(run, after.metric, after.track)
    since = run.opened_at or run.last_at or at
    if before is None or not timedelta(0) < at - before.at <= max(longest, at - since):
        return since, window(metric, None, after, timedelta(0))
    return before.at, window(metric, before.reading, after, at - before.at)


def opened(
    runbook: Runbook, run: GateRun, readings: Sequence[Reading], at: datetime, longest: timedelta, *, closing: bool
) -> tuple[tuple[datetime, Reading], ...]:  # fmt: skip
    """Where the windows begin that fill after this look: here, if it closed one; else where they began. A window in which the
    process was restarted says nothing; one that would be too long begins anew."""
    kept = _beginnings(runbook, run)
    for reading in readings:
        metric, one = runbook.metric(reading.metric), (reading.metric, reading.track)
        if reading.state != "ok" or metric.gauge is not None:
            continue
        began = kept.get(one)
        if closing or began is None or at - began.at > max(longest, at - (run.opened_at or at)):
            kept[one] = Known(at, reading)
            continue
        before = last_good(run, *one)
        if before is not None and fell(metric, before.reading, reading):
            kept[one] = Known(began.at, Reading(reading.metric, reading.track, "no-data", detail=RESET))
    return tuple((known.at, known.reading) for _, known in sorted(kept.items()))


def _beginnings(runbook: Runbook, run: GateRun) -> dict[Series, Known]:
    """Where the windows that are filling began. A gate that was stored before windows and looks were two things has them where it last
    looked."""
    if run.opened:
        return {(reading.metric, reading.track): Known(at, reading) for at, reading in run.opened}
    last = [(run.last_at, r) for r in run.last if r.state == "ok" and run.last_at is not None]
    return {
        (reading.metric, reading.track): Known(at, reading)
        for at, reading in (*run.earlier, *last)
        if at is not None and runbook.metric(reading.metric).gauge is None
    }


def remember(runbook: Runbook, run: GateRun, readings: Sequence[Reading], at: datetime) -> GateRun:
    """The gate's memory with one more look in it."""
    bases: dict[Series, Reading] = {(r.metric, r.track): r for r in run.first if r.state == "ok"}
    first_at = run.first_at if bases and run.first_at is not None else at
    for reading in readings:
        if reading.state == "ok":
            base = _base(runbook.metric(reading.metric), run, bases, reading, fresh=first_at == at)
            if base is not None:
                bases[reading.metric, reading.track] = base
    answered: set[Series] = {(r.metric, r.track) for r in readings if r.state == "ok"}
    return replace(
        run, first=tuple(bases.values()), first_at=first_at, last=tuple(readings), last_at=at,
        earlier=tuple(_silent(run, answered)),
    )  # fmt: skip


def _base(
    metric: Metric,
    run: GateRun,
    bases: Mapping[Series, Reading],
    reading: Reading,
    *,
    fresh: bool,
) -> Reading | None:
    """Where a series starts. A rate that answers late has no start: its length would be another than the gate's."""
    base = bases.get((reading.metric, reading.track))
    if base is None:
        return reading if fresh or metric.rate is None else None
    before = last_good(run, reading.metric, reading.track)
    if before is None or metric.gauge is not None or len(before.reading.values) != len(base.values):
        return base
    if not any(map(lt, reading.values, before.reading.values)):
        return base
    # The process began again at zero: from here on its counts come on top of what was counted before.
    counts = range(1, len(base.values), 2) if metric.quantile is not None else range(len(base.values))
    moved = list(base.values)
    for place in counts:
        moved[place] -= before.reading.values[place]
    return replace(base, values=tuple(moved))


def _silent(run: GateRun, answered: Set[Series]) -> Iterable[tuple[datetime, Reading]]:
    """The last good readings of the series that did not answer this time."""
    series = {(r.metric, r.track) for r in run.last} | {(r.metric, r.track) for _, r in run.earlier}
    for metric, track in sorted(series - answered):
        known = last_good(run, metric, track)
        if known is not None:
            yield known.at, known.reading


def since_start(runbook: Runbook, run: GateRun, metric: str, track: str) -> Window:
    """A metric over everything since the traffic began, as of the last look; a series that did not answer it has no value."""
    if run.first_at is None or run.last_at is None:
        return Window("no-data", detail="first-look")
    return window(
        runbook.metric(metric),
        find(run.first, metric, track),
        find(run.last, metric, track),
        run.last_at - run.first_at,
    )

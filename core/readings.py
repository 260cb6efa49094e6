"""From counters to numbers: what one window between two readings says about a metric. Pure arithmetic, no rule.

A window runs from one reading to the next of the same track, so windows never overlap. Counters that fell (a restart of
the measured process), a missing series or no traffic make a window without data, never a zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import lt, mul, sub

from core.inputs import Reading
from core.plan.models import Metric, MetricCheck
from core.state import SampleState

RESET = "counter-reset"
"""Why a window says nothing in which the measured process began to count anew."""


BASELINE = "baseline "
"""Stands in the evidence before a limit that was measured."""


@dataclass(frozen=True, slots=True)
class Window:
    """value in the metric's unit; bad and count in requests (None where the metric has no sample size)."""

    state: SampleState
    value: float | None = None
    bad: float | None = None
    count: float | None = None
    detail: str = ""


def find(readings: Sequence[Reading], metric: str, track: str) -> Reading | None:
    """The reading of one metric and track, or None."""
    return next((r for r in readings if r.metric == metric and r.track == track), None)


def window(metric: Metric, before: Reading | None, after: Reading | None, length: timedelta) -> Window:
    """What happened between two readings. state is ok, no-data or source-failed; never breach."""
    if after is None:
        return Window("no-data", detail="not-read")
    if after.state != "ok":
        return Window("source-failed" if after.state == "failed" else "no-data", detail=after.detail)
    if metric.gauge is not None:
        return Window("ok", value=after.values[0])
    if before is None or before.state != "ok" or length <= timedelta(0):
        broken_off = before is not None and before.state == "no-data" and before.detail == RESET
        return Window("no-data", detail=RESET if broken_off else "first-look")
    old, new = before.values, after.values
    if metric.quantile is not None:
        edges = new[0::2]
        if old[0::2] != edges:
            return Window("no-data", detail="buckets-changed")
        old, new = old[1::2], new[1::2]
        return grown(metric, [*map(sub, new, old)], edges=edges)
    return grown(metric, [*map(sub, new, old)], seconds=length.total_seconds())


def grown(
    metric: Metric, counts: Sequence[float], *, seconds: float = 0.0, edges: Sequence[float] = ()
) -> Window:
    """What a window says in which the counters grew by `counts`: ratio (bad or good, total), rate (count,) over `seconds`,
    quantile a count for each of the `edges`, cumulative. A counter that fell is no data."""
    if any([count < 0.0 for count in counts]):
        return Window("no-data", detail=RESET)
    if metric.quantile is not None:
        return _quantile(metric.quantile.q, edges, counts)
    if metric.rate is not None:
        return Window("ok", counts[0] / seconds)
    bad, total = counts[0], counts[1]
    if metric.ratio is not None and metric.ratio.good is not None:
        return _availability(metric, bad, total)
    if total <= 0:
        return Window("no-data", bad=bad, count=0.0, detail="no-requests")
    return Window("ok", bad / total * (100.0 if metric.unit == "%" else 1.0), bad, total)


def _availability(metric: Metric, good: float, total: float) -> Window:
    """Answers that arrive in another window than their requests cannot make it more than all."""
    if total <= 0:
        return Window("no-data", bad=max(0.0, total - good), count=0.0, detail="no-requests")
    share = min(good / total, 1.0)
    return Window(
        "ok",
        value=share * (100.0 if metric.unit == "%" else 1.0),
        bad=max(0.0, total - good),
        count=total,
    )


def against(
    check: MetricCheck, metric: Metric, seen: Window, normal: float | None = None
) -> tuple[bool | None, str]:
    """(on the right side, one line that says so) of a window held against a check's limit; None without data, which is not met.
    `normal`: what a baseline step measured, for a check against that."""
    limit = check.below or check.above
    if seen.state != "ok" or seen.value is None:
        return None, f"{check.metric}: {seen.detail or seen.state}"
    if limit is None:
        return _against_normal(check, metric, seen.value, normal)
    edge = limit.in_unit(metric.unit)
    met = seen.value < edge if check.below is not None else seen.value > edge
    sign = ("<" if met else "≥") if check.below is not None else (">" if met else "≤")
    count = f" (n={seen.count:g})" if seen.count is not None else ""
    return met, f"{check.metric} {seen.value:.4g} {metric.unit} {sign} {limit.text}{count}"


def _against_normal(
    check: MetricCheck, metric: Metric, value: float, normal: float | None
) -> tuple[bool | None, str]:
    """At least so much of what was normal. Nothing was measured, or nothing went on then: nobody knows, for anything is as much as that."""
    if normal is None or check.at_least_baseline is None:
        return None, f"{check.metric}: no-baseline"
    if normal <= 0.0:
        return None, f"{check.metric}: baseline-idle"
    edge = normal * check.at_least_baseline / 100
    met, unit = value >= edge, metric.unit
    return met, f"{check.metric} {value:.4g} {unit} {'≥' if met else '<'} {BASELINE}{edge:.4g} {unit}"


def _quantile(q: float, edges: Sequence[float], counts: Sequence[float]) -> Window:
    """Linear interpolation inside the bucket, as Prometheus' histogram_quantile does; above the last finite edge, that edge."""
    total = counts[-1]
    if total <= 0:
        return Window("no-data", count=0.0, detail="no-requests")
    rank = q * total
    low_edge = low_count = 0.0
    for edge, count in zip(edges, counts, strict=True):
        if count >= rank:
            if edge == float("inf"):
                return Window("ok", low_edge, None, total, "beyond-buckets")
            share = 1.0 if count <= low_count else (rank - low_count) / (count - low_count)
            return Window("ok", low_edge + (edge - low_edge) * share, None, total)
        low_edge, low_count = edge, count
    return Window("ok", low_edge, None, total, "beyond-buckets")


def fell(metric: Metric, before: Reading, after: Reading) -> bool:
    """Whether a counter stands lower than before: the process that counts was restarted."""
    if metric.gauge is not None or before.state != "ok" or len(before.values) != len(after.values):
        return False
    counts = slice(1, None, 2) if metric.quantile is not None else slice(None)
    return any(map(lt, after.values[counts], before.values[counts]))


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Least-squares growth per hour of (hours, value) points; None with fewer than two moments."""
    if len(points) < 2:
        return None
    xs, ys = zip(*points, strict=True)
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    off = [x - mean_x for x in xs]
    spread: float = sum(map(mul, off, off))
    if spread <= 0:
        return None
    together: float = sum(map(mul, off, [y - mean_y for y in ys]))
    return together / spread

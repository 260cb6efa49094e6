"""Counters in a rehearsal that runs faster than real time: what a source counts in real seconds, as the rules have it in plan time.

A counter that is shown per second is stretched as much as time, so that the rate stays what it is. Ratios and quantiles need no such
thing, and counts say how few there really were. It must not know a vendor, nor what a rate is judged by.
"""

from __future__ import annotations

from dataclasses import replace

from bot.performing.work import Work
from core.inputs import Reading


def in_plan_time(work: Work, reading: Reading) -> Reading:
    """A source's reading as the deployment has it."""
    return _stretched(reading, _speed(work, reading))


def in_real_time(work: Work, reading: Reading) -> Reading:
    """A reading of the deployment as its source had counted it: what a source goes on from."""
    return _stretched(reading, 1.0 / _speed(work, reading))


def _speed(work: Work, reading: Reading) -> float:
    metric = work.plan.metrics.get(reading.metric)
    faster = work.deployment.rehearsal and metric is not None and metric.kind == "rate"
    return work.deployment.rehearsing.speed if faster else 1.0


def _stretched(reading: Reading, by: float) -> Reading:
    return reading if by == 1.0 else replace(reading, values=tuple(value * by for value in reading.values))

"""One window of a metric that counts, in requests, and the person's rule over such windows. It must not know of evidence, nor what
follows from a streak."""

from __future__ import annotations

import math
from typing import NamedTuple

from core.verdict.looks import made
from core.verdict.settings import Settings
from core.verdict.setup import Prepared
from core.verdict.state import Streak

_EXACTLY = 1.0 - 1e-12
"""7 of 100 are at a limit of 7 %, also in binary fractions."""


class Window(NamedTuple):
    """One window in requests; bad requests a cut, and of the cut that is judged. A `control_total` of 0: control shows nothing."""

    cuts: tuple[float, ...]
    total: float
    control_cuts: tuple[float, ...]
    control_total: float
    bad: float
    control_bad: float


class Step(NamedTuple):
    """What every metric of a look shares: its window (before, t], the capital that is to be put down by now, and what is left of
    the decayed counts of control and of the canary after so many seconds."""

    before: float
    t: float
    put: float
    control_fade: float
    recent_fade: float


def step(settings: Settings, before: float, t: float, put: float) -> Step:
    """For the window (before, t]; `put`: of 1."""
    passed = before - t
    control, recent = math.exp(passed / settings.control_memory), math.exp(passed / settings.trend_memory)
    return Step(before, t, put, control, recent)


def streak(prepared: Prepared, was: Streak, window: Window, step: Step) -> Streak:
    """The streak after one more look, by the person's rule, literally: windows of `every`, bad at the limit or over it, so many in a row."""
    metric, threshold = prepared.metric, prepared.threshold
    if threshold is None:
        return was
    before, t, _, _, _ = step
    (
        open_at, was_bad, was_total, was_control_bad, was_control_total, length, broken_bad, broken_total, control,
    ) = was  # fmt: skip
    _, total, _, control_total, bad, control_bad = window
    opened = before
    # A window that stood open through a gap in the data begins anew with this look.
    if before - open_at <= 1.5 * metric.every:
        opened = open_at if was_total > 0.0 else before
        bad, total = bad + was_bad, total + was_total
        control_bad, control_total = control_bad + was_control_bad, control_total + was_control_total
    if t - opened < 0.9 * metric.every:
        return made(
            Streak,
            (opened, bad, total, control_bad, control_total, length, broken_bad, broken_total, control),
        )
    if total < metric.minimum:
        return Streak(t, 0.0, 0.0, 0.0, 0.0, length, broken_bad, broken_total, control)
    if bad < threshold * total * _EXACTLY:
        return Streak(t)
    shared = control_total > 0.0 and control_bad >= threshold * control_total * _EXACTLY
    return Streak(
        t, 0.0, 0.0, 0.0, 0.0, length + 1, broken_bad + bad, broken_total + total, control + 1 if shared else 0
    )  # fmt: skip

"""One more look at a gauge: its floors, its growth and its streak move on. It must not know what follows from them."""

from __future__ import annotations

from core.verdict import growth
from core.verdict.growth import Block, Growth
from core.verdict.looks import Gauge, Pair, made
from core.verdict.settings import HOUR
from core.verdict.setup import Prepared
from core.verdict.state import GaugeRun


def begin() -> GaugeRun:
    """A gauge nobody has looked at yet."""
    return GaugeRun(Block(0))


def advance(prepared: Prepared, run: GaugeRun, pair: Pair, began: float, t: float) -> GaugeRun:
    """The run with this look's value; unchanged where there is none."""
    canary = value_of(pair.canary)
    if canary is None:
        return run
    control = value_of(pair.control)
    block, floors, found, accused = run.block, run.floors, run.growth, run.accused
    if has_growth(prepared):
        block, closed = growth.add(block, (t - began) / HOUR, canary, control, prepared.settings)
        if closed is not None:
            floors = (*floors, closed)[-prepared.settings.blocks_kept :]
            found = growth.growth(floors, prepared.metric.noise, 1.0 / prepared.odds.gauge, prepared.settings)
            accused = found is not None and growth.stops(found, prepared.settings)
    judged_at, streak, control_streak = _streak(prepared, run, canary, control, t)
    return made(
        GaugeRun, (block, floors, found, accused, t, canary, control, judged_at, streak, control_streak)
    )


def value_of(arm: object) -> float | None:
    """The arm's value; None where it has none that can be one."""
    return arm.value if isinstance(arm, Gauge) and arm.sound() else None


def has_growth(prepared: Prepared) -> bool:
    """Whether the metric's growth is judged at all."""
    return prepared.metric.growth and not prepared.metric.low_is_bad


def broken(prepared: Prepared, value: float) -> bool:
    """Whether a level breaks its limit: at the limit, or beyond it on the bad side."""
    limit = prepared.metric.limit
    if limit is None:
        return False
    return value <= limit if prepared.metric.low_is_bad else value >= limit


def _streak(
    prepared: Prepared, run: GaugeRun, canary: float, control: float | None, t: float
) -> tuple[float | None, int, int]:
    """(when it last took a reading, its length, control's): one reading every `every` seconds, so that looking more often does
    not make it shorter."""
    was = run.judged_at, run.streak, run.control_streak
    if prepared.metric.limit is None:
        return was
    if run.judged_at is not None and t - run.judged_at < 0.9 * prepared.metric.every:
        return was
    if not broken(prepared, canary):
        return t, 0, 0
    shared = control is not None and broken(prepared, control)
    return t, run.streak + 1, run.control_streak + 1 if shared else 0


def steepness(found: Growth) -> str:
    """Whether growth is certain at all: rising, falling or level."""
    if found.watch_low > 0.0:
        return "worsening"
    return "improving" if found.slope + (found.slope - found.watch_low) < 0.0 else "stable"

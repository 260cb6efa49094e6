"""One more look at a gauge: its floors, its growth and its streak move on. It must not know what follows from them."""

from __future__ import annotations

from dataclasses import replace

from core.verdict import growth
from core.verdict.growth import Block, Growth
from core.verdict.looks import Gauge, Pair
from core.verdict.settings import HOUR
from core.verdict.setup import Prepared
from core.verdict.state import GaugeRun


def begin() -> GaugeRun:
    """A gauge nobody has looked at yet."""
    return GaugeRun(Block(0))


def advance(prepared: Prepared, run: GaugeRun, pair: Pair | None, began: float, t: float) -> GaugeRun:
    """The run with this look's value; unchanged where there is none."""
    canary = value_of(pair.canary) if pair is not None else None
    if canary is None or pair is None:
        return run
    control = value_of(pair.control)
    run = replace(run, at=t, value=canary, control=control)
    if has_growth(prepared):
        run = _grow(prepared, run, canary, control, (t - began) / HOUR)
    return _streak(prepared, run, canary, control, t)


def value_of(arm: object) -> float | None:
    """The arm's value; None where it has none that can be one."""
    return arm.value if isinstance(arm, Gauge) and arm.sound() else None


def has_growth(prepared: Prepared) -> bool:
    """Whether the metric's growth is judged at all."""
    return prepared.metric.growth and not prepared.metric.low_is_bad


def _grow(prepared: Prepared, run: GaugeRun, canary: float, control: float | None, hours: float) -> GaugeRun:
    settings = prepared.settings
    block, closed = growth.add(run.block, hours, canary, control, settings)
    if closed is None:
        return replace(run, block=block)
    floors = (*run.floors, closed)[-settings.blocks_kept :]
    found = growth.growth(floors, prepared.metric.noise, 1.0 / prepared.odds.gauge, settings)
    return replace(
        run,
        block=block,
        floors=floors,
        growth=found,
        accused=found is not None and growth.stops(found, settings),
    )


def broken(prepared: Prepared, value: float) -> bool:
    """Whether a level breaks its limit: at the limit, or beyond it on the bad side."""
    limit = prepared.metric.limit
    if limit is None:
        return False
    return value <= limit if prepared.metric.low_is_bad else value >= limit


def _streak(prepared: Prepared, run: GaugeRun, canary: float, control: float | None, t: float) -> GaugeRun:
    """Levels keep their streak: one reading every `every` seconds, so that looking more often does not make it shorter."""
    if prepared.metric.limit is None:
        return run
    if run.judged_at is not None and t - run.judged_at < 0.9 * prepared.metric.every:
        return run
    if not broken(prepared, canary):
        return replace(run, judged_at=t, streak=0, control_streak=0)
    shared = control is not None and broken(prepared, control)
    return replace(
        run, judged_at=t, streak=run.streak + 1, control_streak=run.control_streak + 1 if shared else 0
    )


def steepness(found: Growth) -> str:
    """Whether growth is certain at all: rising, falling or level."""
    if found.watch_low > 0.0:
        return "worsening"
    return "improving" if found.slope + (found.slope - found.watch_low) < 0.0 else "stable"

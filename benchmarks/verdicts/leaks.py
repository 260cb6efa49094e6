"""Memory (G6): healthy days and leaks of a sawing, noisy, daily waving gauge, judged by `core.verdict.growth` itself."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.verdicts import limits
from benchmarks.verdicts.cells import SETTINGS, share_row
from benchmarks.verdicts.chance import generator
from benchmarks.verdicts.rows import Row
from benchmarks.verdicts.world import Array
from core.verdict import growth
from core.verdict.growth import Block, Floor


def memory(seed: int, days: int, leaks: int) -> Iterator[Row]:
    """G6: floors of 20-minute blocks of a sawing, noisy, daily waving gauge, judged by `growth` at the close of every block."""
    chance = generator(seed, "memory")
    stopped = sum(_stop_hour(chance, 0.0, 24.0)[0] < math.inf for _ in range(days))
    yield share_row("Memory", "healthy days that are rolled back", stopped, days, 0.0)
    for slope, what, place, share, goal in (
        (8.0, "rolled back", 0, 0.95, 2.4),
        (3.0, "noticed (OBSERVE)", 1, 0.5, 3.0),
    ):
        hours = np.array([_stop_hour(chance, slope, 8.0)[place] for _ in range(leaks)])
        value, low, high = limits.quantile_interval(hours, share)
        yield Row(
            "Memory", f"{slope:g} %/h {what}, {share * 100:g} % of canaries", value, low, high, "h", goal
        )


def _stop_hour(chance: np.random.Generator, slope: float, hours: float) -> tuple[float, float]:
    """(hour of NO-GO, hour of OBSERVE) with a look a minute; noise learnt from 24 h of the stable version before."""
    day = chance.random()
    noise = growth.noise(_block_floors(_gauge(chance, 0.0, 24.0, day - 1.0)), SETTINGS)
    canary, control = _gauge(chance, slope, hours, day), _gauge(chance, 0.0, hours, day)
    floors: list[Floor] = []
    watched = math.inf
    for number in range(len(canary) // 20):
        part = slice(20 * number, 20 * number + 20)
        block = Block(number, tuple(map(float, canary[part])), tuple(map(float, control[part])))
        closed = growth.close(block, SETTINGS)
        if closed is None:
            continue
        floors = [*floors, closed][-SETTINGS.blocks_kept :]
        found = growth.growth(floors, noise, SETTINGS.alpha * SETTINGS.share_gauge, SETTINGS)
        hour = (number + 1) / 3.0 + 1 / 60.0
        if found is not None and found.watch_low > SETTINGS.growth_watch:
            watched = min(watched, hour)
        if found is not None and growth.stops(found, SETTINGS):
            return hour, min(watched, hour)
    return math.inf, watched


def _gauge(chance: np.random.Generator, slope: float, hours: float, day: float) -> Array:
    """A look a minute: 3 points of daily wave, sawteeth of 3 to 8 points and 12 to 36 minutes, noise of 0.7, and growth."""
    t = np.arange(1, round(hours * 60) + 1) / 60.0
    period, height = chance.uniform(0.2, 0.6), chance.uniform(3.0, 8.0)
    saw = height * ((t / period + chance.random()) % 1.0)
    return np.asarray(
        50 + 3 * np.sin(2 * np.pi * (t / 24 + day)) + saw + chance.normal(0, 0.7, len(t)) + slope * t
    )


def _block_floors(values: Array) -> list[float]:
    blocks = values[: len(values) // 20 * 20].reshape(-1, 20)
    return [float(value) for value in np.sort(blocks, axis=1)[:, 1]]

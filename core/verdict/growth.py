"""How fast a gauge grows, from the floors of 20-minute blocks: garbage collection makes sawteeth of minutes, a leak lifts their floor.

Units: the gauge's own, hours, per hour. Invalid when the level steps (a cache that fills, a pod that restarts): a step in the
canary alone reads as growth for some blocks; both halves must grow before it counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from core.verdict.looks import made
from core.verdict.settings import HOUR, Settings

Point = tuple[float, float]
"""(hours since the canary began, value)"""


class Floor(NamedTuple):
    """A closed block: the middle of it in hours, the canary's floor, control's floor if it had one, and its highest value."""

    at: float
    canary: float
    control: float | None
    top: float


class Block(NamedTuple):
    """The block that is filling: its number since the start, and what both arms showed in it."""

    number: int
    canary: tuple[float, ...] = ()
    control: tuple[float, ...] = ()


class Growth(NamedTuple):
    """The slope per hour with the interval that stays valid at every look; `watch_low`: its lower end at the risk of a mere notice."""

    slope: float
    low: float
    high: float
    watch_low: float
    halves: tuple[float, float]
    level: float
    """The fitted floor at the last block, plus the height of the sawteeth over it."""
    against_control: bool


def add(
    block: Block, hours: float, canary: float, control: float | None, settings: Settings
) -> tuple[Block, Floor | None]:
    """The filling block with one more look, and the block that it closed, if it opened the next one."""
    number = int(hours * HOUR // settings.block)
    kept = () if control is None else (control,)
    if number == block.number:
        return made(Block, (number, (*block.canary, canary), block.control + kept)), None
    return Block(number, (canary,), kept), close(block, settings)


def close(block: Block, settings: Settings) -> Floor | None:
    """A full block as a floor; None for one of the warm-up or without values."""
    if not block.canary or block.number * settings.block < settings.warm_up:
        return None
    at = (block.number + 0.5) * settings.block / HOUR
    control = _floor(block.control, settings.floor_share) if block.control else None
    return Floor(at, _floor(block.canary, settings.floor_share), control, max(block.canary))


def _floor(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def growth(floors: Sequence[Floor], noise: float | None, alpha: float, settings: Settings) -> Growth | None:
    """What the closed blocks say; None while there are fewer than `settings.blocks`.

    Interval s +- sqrt((I + 1/v)/I^2 * 2 ln(sqrt(1 + v I)/alpha)), I = Sxx/sigma^2, v = growth_prior^2: Robbins' normal mixture (1970), valid at every look.
    sigma is the larger of the history's and of what history and residuals say together, the history counting as
    `noise_worth` blocks: three blocks of luck do not make a gauge quiet, nor three of bad luck a loud one.
    """
    if len(floors) < settings.blocks:
        return None
    against = floors[-1].at * HOUR >= settings.control_from and all(f.control is not None for f in floors)
    points = [
        (floor.at, floor.canary - (floor.control if against and floor.control is not None else 0.0))
        for floor in floors
    ]
    slope, mean_x, mean_y, spread = fit(points)
    known = settings.noise if noise is None else noise
    known = max(known * (math.sqrt(2.0) if against else 1.0), 1e-9)
    squares = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    worth = settings.noise_worth
    sigma = max(known, math.sqrt((known * known * worth + squares) / (worth + len(points) - 2)))
    information = spread / (sigma * sigma)
    half = len(points) // 2
    halves = (fit(points[: len(points) - half])[0], fit(points[half:])[0])
    wide = _width(information, alpha, settings.growth_prior)
    notice = _width(information, settings.growth_alpha, settings.growth_prior)
    rise, middle, height, _ = fit([(floor.at, floor.canary) for floor in floors])
    level = height + rise * (floors[-1].at - middle) + (floors[-1].top - floors[-1].canary)
    return Growth(slope, slope - wide, slope + wide, slope - notice, halves, level, against)


def fit(points: Sequence[Point]) -> tuple[float, float, float, float]:
    """Least squares: (slope per hour, mean hour, mean value, spread of the hours Sxx). A slope of 0 for fewer than two moments."""
    count, sum_x, sum_y = len(points), 0.0, 0.0
    for x, y in points:
        sum_x += x
        sum_y += y
    mean_x, mean_y = sum_x / count, sum_y / count
    spread = together = 0.0
    for x, y in points:
        off = x - mean_x
        spread += off * off
        together += off * (y - mean_y)
    return (together / spread if spread > 0.0 else 0.0), mean_x, mean_y, spread


def _width(information: float, alpha: float, prior: float) -> float:
    if information <= 0.0:
        return math.inf
    v = prior * prior
    inside = (information + 1.0 / v) / (information * information)
    return math.sqrt(inside * 2.0 * math.log(math.sqrt(1.0 + v * information) / alpha))


def noise(floors: Sequence[float], settings: Settings) -> float | None:
    """Block noise of the stable version: standard deviation about its own moving trend, from its floors of 24 h in order.

    From second differences, (y_{i-1} - 2 y_i + y_{i+1})^2 / 6, which no straight trend moves. None for fewer than six.
    """
    if len(floors) < 6:
        return None
    bends = [a - 2.0 * b + c for a, b, c in zip(floors, floors[1:], floors[2:], strict=False)]
    return math.sqrt(sum(bend * bend for bend in bends) / (6.0 * len(bends)))


def stops(found: Growth, settings: Settings) -> bool:
    """Growth that is certainly too fast: over the limit as a whole interval, or over it as a figure, certainly positive, in both halves."""
    steady = min(found.halves) > settings.growth_watch
    return found.low > settings.growth_stop or (
        found.low > settings.growth_watch and found.slope > settings.growth_stop and steady
    )


def hours_until(found: Growth, limit: float) -> tuple[float, float] | None:
    """(earliest, latest) hours until the gauge's tops reach the limit; None where it need not ever."""
    room = max(0.0, limit - found.level)
    low = found.watch_low
    high = found.slope + (found.slope - low)
    return None if low <= 0.0 else (room / high, room / low)

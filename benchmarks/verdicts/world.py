"""Simulated deployments as arrays of counts, one row a deployment, one column a window. It must not know any method of judging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.verdicts.chance import generator

Array = NDArray[np.float64]
DAY = 24 * 60.0
MEDIAN_MS, SPREAD = 200.0, 0.5
"""Latency is log-normal: P50 200 ms, P95 455 ms, P99 640 ms."""
EDGES_MS = (200.0, 500.0, 750.0)
"""Bucket edges nearest to these, of a histogram that has 100, 200, 300, 500, 750, 1000 ms; 500 is also the limit's."""
STAGES_MIN = (15.0, 60.0, 60.0, DAY)


@dataclass(frozen=True)
class Scenario:
    """What happens to a deployment. Traffic: canary requests in five minutes; `control`: control requests per canary request;
    `look`: minutes between two looks. Rates are shares of requests. Times are minutes."""

    traffic: float
    control: float = 19.0
    look: float = 5.0
    minutes: float = DAY
    base: float = 0.001
    points: float = 0.0
    times: float = 1.0
    slower: float = 1.0
    """Factor on the canary's latencies."""
    onset: float = 0.0
    outage: str = "none"
    """none; shared: one hour in which both arms fail alike; unequal: the canary 15 % more."""
    clump: float = 1.0
    """Mean number of errors that come together."""
    diurnal: float = 0.0
    """Amplitude of a day's wave in traffic and, half as strong, in the error rate of both arms."""
    gaps: float = 0.0
    """Share of windows in which one arm shows nothing: scrape gaps and resets."""
    misaligned: float = 0.0
    """Share of a window by which the arms' scrapes lie apart, differently every time."""


@dataclass(frozen=True)
class Counts:
    """Counts of both arms: shapes (deployments, windows), slower ones (deployments, windows, edges). `gap`: window without data."""

    scenario: Scenario
    times: Array
    """Minutes of the looks."""
    n: Array
    m: Array
    x: Array
    y: Array
    slow: Array
    control_slow: Array
    gap: NDArray[np.bool_]


def play(scenario: Scenario, deployments: int, seed: int, name: str) -> Counts:
    """The same counts for the same arguments."""
    chance = generator(seed, name)
    windows = round(scenario.minutes / scenario.look)
    times: Array = (np.arange(windows, dtype=np.float64) + 1.0) * np.float64(scenario.look)
    shape = (deployments, windows)
    day = np.sin(2 * np.pi * (times[None, :] / DAY + chance.random((deployments, 1))))
    traffic = scenario.traffic * scenario.look / 5.0 * (1.0 + scenario.diurnal * day)
    wobble = scenario.misaligned * (chance.random(shape) - 0.5)
    n = chance.poisson(traffic).astype(float)
    m = chance.poisson(traffic * scenario.control * (1.0 + wobble)).astype(float)
    out, worse = _outage(scenario, chance, deployments, times)
    base = scenario.base * (1.0 + 0.5 * scenario.diurnal * day) + out
    ill = (times >= scenario.onset)[None, :]
    canary = np.where(ill, base * scenario.times + scenario.points, base) * worse
    x, y = _errors(chance, n, canary, scenario.clump), _errors(chance, m, base, scenario.clump)
    drag: Array = np.where(out > 0.0, 3.0, 1.0)
    slow = _slower(chance, n, np.where(ill, scenario.slower, 1.0) * drag)
    control_slow = _slower(chance, m, drag)
    gap = chance.random(shape) < scenario.gaps
    return Counts(scenario, times, n, m, x, y, slow, control_slow, gap)


def _outage(
    scenario: Scenario, chance: np.random.Generator, deployments: int, times: Array
) -> tuple[Array, Array]:
    """(rate added to both arms, factor on the canary's rate): one hour of 5 to 30 % errors somewhere in the deployment."""
    if scenario.outage == "none":
        return np.zeros((deployments, len(times))), np.ones((deployments, len(times)))
    begins = chance.random((deployments, 1)) * max(0.0, scenario.minutes - 60.0)
    inside = (times[None, :] > begins) & (times[None, :] <= begins + 60.0)
    rate = chance.uniform(0.05, 0.30, (deployments, 1))
    unequal = 1.15 if scenario.outage == "unequal" else 1.0
    return np.where(inside, rate, 0.0), np.where(inside, unequal, 1.0)


def _errors(chance: np.random.Generator, total: Array, rate: Array, clump: float) -> Array:
    """Binomial errors; in clumps, a Poisson number of clumps of geometric size, cut off at the requests there are."""
    rate = np.clip(np.broadcast_to(rate, total.shape), 0.0, 1.0)
    if clump <= 1.0:
        return chance.binomial(total.astype(np.int64), rate).astype(float)
    clumps = chance.poisson(total * rate / clump)
    extra = np.where(clumps > 0, chance.negative_binomial(np.maximum(clumps, 1), 1.0 / clump), 0)
    return np.minimum(clumps + extra, total).astype(float)


def _slower(chance: np.random.Generator, total: Array, factor: Array) -> Array:
    """Requests slower than each edge, nested as they are in one histogram."""
    scale = MEDIAN_MS * np.broadcast_to(factor, total.shape)
    left = total.astype(np.int64)
    before = np.ones(total.shape)
    found = []
    for edge in EDGES_MS:
        share = slower_share(edge, scale)
        left = chance.binomial(left, np.clip(share / np.maximum(before, 1e-300), 0.0, 1.0))
        before = share
        found.append(left.astype(float))
    return np.stack(found, axis=-1)


def slower_share(edge: float, median: Array) -> Array:
    """P(latency > edge) of the log-normal with this median."""
    z = (np.log(edge) - np.log(median)) / SPREAD
    return _normal_tail(z)


def _normal_tail(z: Array) -> Array:
    """P(Z > z), Abramowitz and Stegun 26.2.17 (error under 1e-7: far below what a simulation sees)."""
    a = np.abs(z)
    t = 1.0 / (1.0 + 0.2316419 * a)
    poly = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    upper = np.exp(-a * a / 2.0) / np.sqrt(2.0 * np.pi) * poly
    return np.asarray(np.where(z >= 0.0, upper, 1.0 - upper))

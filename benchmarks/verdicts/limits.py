"""What nobody can beat: the Neyman-Pearson sample size of a comparison between both arms, at one look, for given rates.

Canary requests n with k n control requests; p1 against p0 is to be told from both arms at pb = (p1 + k p0)/(1 + k), with both pairs of
rates known to the judge. Every quantile of every honest method's delay is at least the size that has this power at risk alpha.
"""

from __future__ import annotations

import math

import numpy as np

from benchmarks.verdicts.world import Array


def neyman_pearson(p1: float, p0: float, k: float, power: float, alpha: float) -> int:
    """Canary requests that are needed, found by doubling and halving."""
    most = 1
    while reached(most, p1, p0, k, alpha) < power:
        most *= 2
    least = most // 2
    while most - least > max(1, most // 200):
        middle = (least + most) // 2
        if reached(middle, p1, p0, k, alpha) >= power:
            most = middle
        else:
            least = middle
    return most


def reached(n: int, p1: float, p0: float, k: float, alpha: float) -> float:
    """The power of the best randomised test with n canary requests."""
    pooled = (p1 + k * p0) / (1.0 + k)
    m = round(k * n)
    x, y = _range(n, pooled, p1), _range(m, pooled, p0)
    null = np.add.outer(_log_pmf(x, n, pooled), _log_pmf(y, m, pooled)).ravel()
    worse = np.add.outer(_log_pmf(x, n, p1), _log_pmf(y, m, p0)).ravel()
    order = np.argsort(null - worse)
    risk, power = np.exp(null[order]).cumsum(), np.exp(worse[order]).cumsum()
    at = int(np.searchsorted(risk, alpha))
    if at >= len(risk):
        return float(power[-1])
    before_risk, before_power = (float(risk[at - 1]), float(power[at - 1])) if at else (0.0, 0.0)
    step = float(risk[at]) - before_risk
    share = (alpha - before_risk) / step if step > 0 else 0.0
    return before_power + share * (float(power[at]) - before_power)


def _range(n: int, *rates: float) -> Array:
    """Counts that matter under any of the rates: eight standard deviations about them."""
    low = min(n * p - 8 * math.sqrt(n * p + 1) for p in rates)
    high = max(n * p + 8 * math.sqrt(n * p + 1) + 8 for p in rates)
    return np.arange(max(0, math.floor(low)), min(n, math.ceil(high)) + 1, dtype=float)


def _log_pmf(x: Array, n: int, p: float) -> Array:
    lgamma = np.vectorize(math.lgamma)
    whole = math.lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1)
    return np.asarray(whole + x * math.log(p) + (n - x) * math.log1p(-p))


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if of == 0:
        return 0.0, 1.0
    p = hits / of
    middle, width = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return max(0.0, (middle - width) / (1 + z * z / of)), min(1.0, (middle + width) / (1 + z * z / of))


def quantile_interval(values: Array, share: float) -> tuple[float, float, float]:
    """(quantile, low, high): order statistics, 95 % (binomial)."""
    ordered, n = np.sort(values), len(values)
    spread = 1.96 * math.sqrt(n * share * (1 - share))

    def at(rank: float) -> float:
        return float(ordered[min(n - 1, max(0, math.ceil(rank) - 1))])

    return at(n * share), at(n * share - spread), at(n * share + spread + 1)

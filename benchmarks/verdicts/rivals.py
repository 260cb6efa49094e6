"""The rules of others on the same counts, re-implemented from their documentation: the minute at which each would have acted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.verdicts.world import Array, Counts

LIMIT = 0.01
MANN_WHITNEY_POINTS = 6
"""Checks before Kayenta's judge is asked for the first time."""


def _rates(bad: Array, total: Array) -> Array:
    return np.asarray(np.divide(bad, total, out=np.full(bad.shape, np.nan), where=total > 0))


def _first(counts: Counts, acts: NDArray[np.bool_]) -> Array:
    found = np.where(acts.any(axis=1), counts.times[acts.argmax(axis=1)], np.inf)
    return np.asarray(found)


def streak(counts: Counts) -> Array:
    """The runbook: error rate at 1 % or more in three checks in a row. A check without requests counts for nothing."""
    rate = _rates(counts.x, counts.n)
    run = np.zeros(len(rate))
    acts = np.zeros(rate.shape, dtype=bool)
    for window in range(rate.shape[1]):
        seen = ~np.isnan(rate[:, window])
        broken = seen & (np.nan_to_num(rate[:, window]) >= LIMIT)
        run = np.where(broken, run + 1, np.where(seen, 0, run))
        acts[:, window] = run >= 3
    return _first(counts, acts)


def counter(counts: Counts) -> Array:
    """Argo Rollouts' failureLimit and Flagger's threshold: the third failed check in all, in a row or not."""
    broken = np.nan_to_num(_rates(counts.x, counts.n)) >= LIMIT
    return _first(counts, broken.cumsum(axis=1) >= 3)


def z_score(counts: Counts) -> Array:
    """Two proportions of one check, pooled z of 3 or more."""
    pooled = _rates(counts.x + counts.y, counts.n + counts.m)
    scale = np.sqrt(pooled * (1.0 - pooled) * (1.0 / np.maximum(counts.n, 1) + 1.0 / np.maximum(counts.m, 1)))
    gap = _rates(counts.x, counts.n) - _rates(counts.y, counts.m)
    z = np.divide(gap, scale, out=np.zeros(gap.shape), where=scale > 0)
    return _first(counts, np.nan_to_num(z) >= 3.0)


def mann_whitney(counts: Counts) -> Array:
    """Kayenta's judge over all checks so far, one metric: Wilcoxon-Mann-Whitney with continuity and ties, 98 % two-sided, asked
    again at every check, as an analysis with an interval does."""
    canary, control = np.nan_to_num(_rates(counts.x, counts.n)), np.nan_to_num(_rates(counts.y, counts.m))
    deployments, windows = canary.shape
    wins, ties = np.zeros(deployments), np.zeros(deployments)
    values, equal = np.full((deployments, 2 * windows), np.nan), np.zeros((deployments, 2 * windows))
    acts = np.zeros(canary.shape, dtype=bool)
    for window in range(windows):
        x, y = canary[:, [window]], control[:, [window]]
        wins += _beats(x, control[:, : window + 1]) + (window - _beats(y, canary[:, :window]))
        for place, value in ((2 * window, x), (2 * window + 1, y)):
            same = values[:, :place] == value
            ties += ((2.0 * equal[:, :place] + 1.0) * same).sum(axis=1)
            equal[:, :place] += same
            equal[:, place] = same.sum(axis=1) + 1.0
            values[:, place] = value[:, 0]
            ties += equal[:, place] ** 2 - 1.0
        size = window + 1.0
        if size < MANN_WHITNEY_POINTS:
            continue
        both = 2.0 * size
        spread = size * size / 12.0 * ((both + 1.0) - ties / (both * (both - 1.0)))
        z = np.divide(
            wins - size * size / 2.0 - 0.5,
            np.sqrt(np.maximum(spread, 0)),
            out=np.zeros(deployments),
            where=spread > 0,
        )
        acts[:, window] = z >= 2.326
    return _first(counts, acts)


def _beats(value: Array, others: Array) -> Array:
    """How many of `others` lie under `value`, ties half."""
    return np.asarray((others < value).sum(axis=1) + 0.5 * (others == value).sum(axis=1))


RULES = {
    "three in a row (runbook)": streak,
    "three failed checks (Argo, Flagger)": counter,
    "z-score of 3": z_score,
    "Mann-Whitney (Kayenta)": mann_whitney,
}

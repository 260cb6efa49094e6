"""Where a rate is going: improving, stable or worsening, and when an error budget is spent. Words for people; no verdict rests on it."""

from __future__ import annotations

import math
from typing import Literal

from core.verdict import bounds

Trend = Literal["improving", "stable", "worsening", "unknown"]


def trend(recent_bad: float, recent_total: float, all_bad: float, all_total: float, z_needed: float) -> Trend:
    """Recent requests against the rest of the stage: a two-sample score z beyond `z_needed`, with some bad requests to go by.

    Looked at again and again, so at z = 2 one healthy look in twenty may say a direction. Recent counts are decayed sums.
    """
    rest_bad, rest_total = all_bad - recent_bad, all_total - recent_total
    if recent_total < 10.0 or rest_total < 10.0:
        return "unknown"
    if recent_bad < 3.0 and rest_bad < 3.0:
        return "stable"
    if rest_bad < 0.0:
        rest_bad = 0.0
    pooled = (recent_bad + rest_bad) / (recent_total + rest_total)
    if not bounds.NOTHING < pooled < 1.0:
        return "stable"
    recent, rest = (recent_bad + 0.5) / (recent_total + 1.0), (rest_bad + 0.5) / (rest_total + 1.0)
    scale = math.sqrt(pooled * (1.0 - pooled) * (1.0 / recent_total + 1.0 / rest_total))
    z = (recent - rest) / scale
    if -z_needed < z < z_needed:
        return "stable"
    return "worsening" if z > 0.0 else "improving"


def budget_spent(
    spent: float, budget: float, bad: float, total: float, requests_a_second: float, prior: float
) -> tuple[float, float | None] | None:
    """(earliest, latest) seconds until `budget` bad requests are spent, from the 90 % interval of the present rate (`bad` of
    `total`) and the present traffic. Latest None: perhaps never. None: nothing to go by. (0, 0): it is spent.
    """
    if spent >= budget:
        return 0.0, 0.0
    if total <= 0.0 or requests_a_second <= 0.0 or bad <= 0.0:
        return None
    high = bounds.upper(bad, total, 0.1, prior) * requests_a_second
    low = bounds.lower(bad, total, 0.1, prior) * requests_a_second
    left = budget - spent
    return left / high, (left / low if low > 1e-12 else None)

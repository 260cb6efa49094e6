"""How the risk of one false accusation in a whole deployment is shared out, as odds that each accuser needs.

The union bound: accusers with risks a_1 + a_2 + ... = alpha accuse a healthy deployment with probability alpha at most,
dependent as they may be. Families that a gate does not use leave their share to those it uses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.verdict.settings import Metric, Settings


@dataclass(frozen=True)
class Odds:
    """Evidence that a metric's accusers need, in odds to 1; infinite where there is no such accuser."""

    comparison: float
    absolute: float
    gauge: float


def odds(settings: Settings, metrics: Sequence[Metric]) -> dict[str, Odds]:
    """Name -> odds. Metrics that accuse nobody, advisory ones and those that only observe, take nothing from the others; they
    are judged as if they all were in force."""
    acting = [metric for metric in metrics if not metric.advisory and metric.then != "observe"]
    found = {metric.name: _odds(settings, metric, metrics) for metric in metrics}
    found.update({metric.name: _odds(settings, metric, acting) for metric in acting})
    return found


def _odds(settings: Settings, metric: Metric, among: Sequence[Metric]) -> Odds:
    users = {family: [m for m in among if family in families(m)] for family in _shares(settings)}
    whole = sum(share for family, share in _shares(settings).items() if users[family])

    def needed(family: str) -> float:
        if family not in families(metric):
            return math.inf
        share = _shares(settings)[family]
        return whole * len(users[family]) / (settings.alpha * share) if share > 0.0 else math.inf

    latency = metric.kind == "latency"
    return Odds(
        comparison=needed("latency" if latency else "comparison"),
        absolute=needed("latency-absolute" if latency else "absolute"),
        gauge=needed("gauge"),
    )


def families(metric: Metric) -> tuple[str, ...]:
    """Which accusers a metric has."""
    if metric.kind == "gauge":
        return ("gauge",) if metric.growth and not metric.low_is_bad else ()
    first, second = (
        ("latency", "latency-absolute") if metric.kind == "latency" else ("comparison", "absolute")
    )
    compared = (first,) if metric.compares else ()
    return compared if metric.limit is None else (*compared, second)


def _shares(settings: Settings) -> dict[str, float]:
    return {
        "comparison": settings.share_comparison,
        "absolute": settings.share_absolute,
        "latency": settings.share_latency,
        "latency-absolute": settings.share_latency_absolute,
        "gauge": settings.share_gauge,
    }

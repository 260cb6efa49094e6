"""What is worked out once for a gate: odds, bets and constants of every metric. It must not know what a look said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.verdict import latency
from core.verdict.bets import Worked, absolute_slopes, tilts, worked
from core.verdict.budget import Odds, odds
from core.verdict.latency import Table
from core.verdict.settings import Metric, Settings


@dataclass(frozen=True, slots=True)
class Prepared:
    """A metric with what follows from it and the settings."""

    metric: Metric
    settings: Settings
    odds: Odds
    cap: float
    """Nats that one window may add; so little that no accuser can be content with one window."""
    slopes: tuple[tuple[float, float], ...]
    threshold: float | None
    """The bad share that breaks the limit; for latency what may be slower than it."""
    usual: float
    """The usual bad share that bets and incidents start from."""
    usual_requests: float
    prior: float
    """Second parameter of the Beta(1, prior) in which bounds believe beforehand: its mean is half of the tolerance."""
    tolerance: float
    blame: float
    counts_slow: bool
    """Whether it is a latency, whose bad requests are the slow ones."""
    log_needed: tuple[float, float]
    """What the comparison and the limit's accuser need, in nats; infinite where there is none."""
    shown_odds: tuple[float | None, float | None]
    """The same in odds, and None where there is none."""
    shown_gauge_odds: float | None
    log_go: float
    """What GO needs, in nats."""
    ratio_bets: tuple[Worked, Worked]
    """Errors: the bets on odds ratios, outside an incident and in one."""
    edge_bets: tuple[Table, Table]
    """Latency: the bets at an edge by how many requests are slower, outside an incident and in one."""
    incident: tuple[float, float] | None
    """`incident_nats` while control is taken to be as `usual`."""


def prepare(settings: Settings, metrics: Sequence[Metric]) -> tuple[Prepared, ...]:
    """One a metric, in their order. ValueError for two of one name."""
    if len({metric.name for metric in metrics}) < len(metrics):
        raise ValueError("two metrics of one gate have the same name")
    found = odds(settings, metrics)
    return tuple(_prepare(settings, metric, found[metric.name]) for metric in metrics)


def _prepare(settings: Settings, metric: Metric, needed: Odds) -> Prepared:
    settings = _grown(settings, metric)
    slow = metric.kind == "latency"
    threshold = (1.0 - metric.quantile) if slow and metric.limit is not None else None
    if metric.kind == "counts":
        threshold = metric.limit
    guess = (1.0 - metric.quantile) if slow else settings.usual_guess
    least = min(needed.comparison, needed.absolute)
    tolerance = settings.tolerance if metric.tolerance is None else metric.tolerance
    usual, requests = _usual(settings, metric, guess)
    margins = (settings.margin, settings.incident_margin)
    outside, inside = [worked(tilts(settings.ratios, (), usual, margin)) for margin in margins]
    table, incident_table = [latency.table(settings.latency_odds, margin) for margin in margins]
    return Prepared(
        metric=metric,
        settings=settings,
        odds=needed,
        cap=min(settings.cap_nats, 0.98 * math.log(least)) if math.isfinite(least) else settings.cap_nats,
        slopes=absolute_slopes(threshold, settings.multiples) if threshold is not None else (),
        threshold=threshold,
        usual=usual,
        usual_requests=requests,
        prior=max(1.0, 2.0 / tolerance),
        tolerance=tolerance,
        blame=settings.blame_odds_latency if slow else settings.blame_odds,
        counts_slow=slow,
        log_needed=(math.log(needed.comparison), math.log(needed.absolute)),
        shown_odds=(_finite(needed.comparison), _finite(needed.absolute)),
        shown_gauge_odds=_finite(needed.gauge),
        log_go=math.log(1.0 / settings.go_alpha),
        ratio_bets=(outside, inside),
        edge_bets=(table, incident_table),
        incident=incident_nats(settings, threshold, usual),
    )


def incident_nats(settings: Settings, threshold: float | None, base: float) -> tuple[float, float] | None:
    """What a bad and a good request of control say for an incident, in nats, where `base` is the usual bad share: logarithms of an
    incident's rate over it, and of the rests. None where no rate is worse than the usual one."""
    worse, most = settings.incident_ratio * base, (1.0 + base) / 2.0
    if threshold is not None and threshold > worse:
        worse = threshold
    worse = worse if worse < most else most
    if worse <= base:
        return None
    return math.log(worse / base), math.log((1.0 - worse) / (1.0 - base))


def _finite(odds: float) -> float | None:
    return odds if odds < math.inf else None


def _usual(settings: Settings, metric: Metric, guess: float) -> tuple[float, float]:
    """(the usual bad share, how many requests it is worth): what the plan says; else what was counted before, drawn to the guess."""
    if metric.usual is not None:
        return metric.usual, settings.usual_requests
    bad, total = metric.before or (0.0, 0.0)
    requests = total + settings.usual_guess_requests
    share = (bad + guess * settings.usual_guess_requests) / requests
    return share, min(requests, max(settings.usual_requests, settings.usual_guess_requests))


def _grown(settings: Settings, metric: Metric) -> Settings:
    """The settings with a gauge's own figures of growth. What is believed beforehand moves with them: it has the same unit."""
    if metric.growth_stop is None and metric.growth_watch is None:
        return settings
    stop = settings.growth_stop if metric.growth_stop is None else metric.growth_stop
    watch = settings.growth_watch if metric.growth_watch is None else metric.growth_watch
    return replace(
        settings,
        growth_stop=stop,
        growth_watch=watch,
        growth_prior=settings.growth_prior * stop / settings.growth_stop,
    )

"""Every constant of a verdict, named and with its default: what a plan may set. It must not know what is done with them.

Rates and shares are 0..1, times are plan-time seconds, odds are "so many to 1". docs/verdicts.md says what is traded for what.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["counts", "latency", "gauge"]
DecideBy = Literal["streak", "evidence", "either"]
Then = Literal["rollback", "call", "observe"]

MINUTE = 60.0
HOUR = 3600.0


@dataclass(frozen=True)
class Settings:
    """One gate's constants. Every default was chosen so that a plan which names only limits is safe."""

    decide_by: DecideBy = "evidence"
    decide_alone: DecideBy | None = None
    """Who decides while there is no control to compare with, as at 100 % of the traffic; None: `decide_by`."""

    # How often a healthy deployment may be accused, and how that risk is shared between families of metrics.
    alpha: float = 0.01
    share_comparison: float = 0.35
    share_absolute: float = 0.15
    share_latency: float = 0.20
    share_latency_absolute: float = 0.10
    share_gauge: float = 0.20

    # Odds at which something is said, and at which control clears the canary of an absolute accusation.
    observe_odds: float = 10.0
    blame_odds: float = 10.0
    blame_odds_latency: float = 20.0

    # What the bets are on. Ratios and latency odds are odds ratios; points are added to the usual rate.
    ratios: tuple[float, ...] = (1.5, 2.0, 3.5, 8.0)
    points: tuple[float, ...] = (0.01, 0.05, 0.25)
    latency_odds: tuple[float, ...] = (1.5, 2.0, 3.0, 6.0, 15.0)
    """At the median's edge; farther out the same slowdown moves the odds more, see `latency.steepness`."""
    multiples: tuple[float, ...] = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
    margin: float = 1.5
    incident_margin: float = 2.0
    cap_nats: float = 4.5

    # Where the capital is put down: at the start, at later stages' starts, spread over the planned time.
    capital_start: float = 0.6
    capital_stages: float = 0.2
    capital_spread: float = 0.2
    planned: float = 26 * HOUR
    beyond: float = 0.2
    """The part of the spread capital that is kept for faults after the planned time, less and less of it an hour."""
    later_stages: int | None = None
    """Stages after the first; None: unknown, every new stage gets half of what is left for stages."""

    # The usual rate: history where it is given, else control's own, starting from this guess.
    usual_guess: float = 0.001
    usual_guess_requests: float = 200.0
    usual_requests: float = 1000.0
    """How many requests' worth a given usual rate counts against what control shows now."""
    control_memory: float = 30 * MINUTE
    """After so long control's older counts weigh 1/e in the rate that bets are placed by."""

    clump_worth: float = 2.0
    """How many errors' worth the belief that errors come one by one counts against control's own scatter."""
    first_phi: float = 1.5
    first_worth: float = 3.0
    many_errors: float = 1.0
    """Without phi from history: windows in which control should show so many errors begin at first_phi, for so many errors' worth
    of control's scatter."""
    surprise: float = 2.0
    """Standard deviations over the errors that a bet foretells of a window, and one error more, which it believes; the rest is a clump."""
    arrears: float = 2.0
    """Nats that a bet may lose by the canary's silence alone before its capital pays."""

    # An incident: control itself is far over the usual rate.
    incident_ratio: float = 3.0
    incident_on: float = 4.6
    incident_off: float = 2.3
    incident_most: float = 6.9

    # What GO needs.
    go_alpha: float = 0.05
    tolerance: float = 0.05
    plausible: float = 0.95
    plausible_slack: float = 1.25

    # Growth of gauges, per hour.
    block: float = 20 * MINUTE
    warm_up: float = 40 * MINUTE
    blocks: int = 3
    blocks_kept: int = 36
    control_from: float = 4 * HOUR
    floor_share: float = 0.1
    growth_prior: float = 5.0
    growth_stop: float = 5.0
    growth_watch: float = 1.0
    growth_alpha: float = 0.05
    noise: float = 1.0
    """Block noise of a gauge without history, in its unit."""
    noise_worth: float = 20.0
    """How many blocks' worth the noise from history counts against the scatter of this deployment's blocks."""

    fresh: float = 0.0
    """A metric is known at a look while its newest data is not older than this; 0: only what the look itself has shown."""

    # Score and words.
    knowledge_floor: float = 0.6
    coverage_needed: float = 0.8
    trend_memory: float = 20 * MINUTE
    trend_z: float = 2.0
    edges_after: float = 200.0
    """Control requests after which latency edges are chosen where no history names them."""

    def __post_init__(self) -> None:
        shares = (
            self.share_comparison, self.share_absolute, self.share_latency, self.share_latency_absolute, self.share_gauge,
        )  # fmt: skip
        capital = (self.capital_start, self.capital_stages, self.capital_spread)
        if not 0.0 < self.alpha < 1.0 or not 0.0 < self.go_alpha < 1.0:
            raise ValueError("alpha and go_alpha are risks between 0 and 1")
        if min(shares) < 0.0 or sum(shares) > 1.0 + 1e-9:
            raise ValueError("the shares of alpha are 0 or more, and not more than 1 together")
        if min(capital) < 0.0 or sum(capital) > 1.0 + 1e-9 or not 0.0 <= self.beyond <= 1.0:
            raise ValueError("the parts of the capital are 0 or more, and not more than 1 together")
        if self.margin < 1.0 or self.incident_margin < self.margin:
            raise ValueError("the margin is 1 or more, and not smaller in an incident")
        if self.planned <= 0.0 or self.block <= 0.0 or self.blocks < 3:
            raise ValueError("planned time and blocks are longer than nothing, and growth needs three blocks")


@dataclass(frozen=True)
class Metric:
    """One rule on one metric. `limit`: the bad share from which the rule is broken (counts); the latency that `quantile` must
    stay under, in the unit of the bucket edges (latency); the level (gauge). None: compared with control only."""

    name: str
    kind: Kind
    limit: float | None = None
    quantile: float = 0.95
    streak: int = 3
    every: float = 5 * MINUTE
    """Length of the windows of the streak. Looks may come more often."""
    minimum: float = 1.0
    """Requests that a window of the streak needs to count."""
    usual: float | None = None
    """The bad share that is usual for the stable version (latency: slower than the limit's edge), from history."""
    before: tuple[float, float] | None = None
    """(bad, all) requests of the stable version, counted before the canary had any: without `usual` the evidence starts from them and
    the settings' guess, not from the guess alone. They weigh as many requests as they are, `usual_requests` at most."""
    phi: float | None = None
    """Overdispersion of the stable version's errors from its history, see `dispersion.overdispersion`; 1 or more. None: not known,
    so the first windows are believed less. What control shows during the deployment can only raise it."""
    edges: tuple[float, ...] = ()
    """Latency: the edges that are compared. Empty: chosen from control's own P50, P95, P99 and the limit."""
    noise: float | None = None
    """Gauge: standard deviation of its 20-minute floors about their trend, from 24 h of the stable version."""
    compares: bool = True
    """False: another metric of the gate compares the same counts with control, so this one only holds them against its limit."""
    growth: bool = True
    growth_stop: float | None = None
    growth_watch: float | None = None
    """Gauge: growth an hour in its own unit; None: the settings' figures."""
    reaches: float | None = None
    """Gauge without a limit of its own: the level that a time to breach is foretold for."""
    low_is_bad: bool = False
    """Gauge: broken at the limit and under it, as for requests per second. Such a gauge has no growth rule."""
    budget: float | None = None
    """Bad requests that may be spent in all (both arms), for the prediction of when they are; None: no prediction."""
    then: Then = "rollback"
    weight: float = 1.0
    key: bool = False
    advisory: bool = False
    """Only says what it would have done; moves neither verdict nor score."""
    tolerance: float | None = None

    def __post_init__(self) -> None:
        if self.phi is not None and not 1.0 <= self.phi < math.inf:
            raise ValueError(f"{self.name}: phi is {self.phi}, it is 1 or more")
        if self.before is not None and not 0.0 <= self.before[0] <= self.before[1] < math.inf:
            raise ValueError(f"{self.name}: {self.before} are no counts, bad of all requests")
        if self.streak < 1:
            raise ValueError(f"{self.name}: a streak is 1 or more, not {self.streak}")
        if self.kind == "counts" and self.limit is not None and not 0.0 < self.limit < 1.0:
            raise ValueError(f"{self.name}: the limit of a share is between 0 and 1, not {self.limit}")
        if not 0.0 < self.quantile < 1.0:
            raise ValueError(f"{self.name}: a quantile is between 0 and 1, not {self.quantile}")

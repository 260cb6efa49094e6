"""GO needs evidence too: what a stage's counts exclude, whether a healthy canary shows such counts, and what is missing."""

from __future__ import annotations

import math
from typing import NamedTuple

from core.verdict import bounds
from core.verdict.counts import overdispersion
from core.verdict.setup import Prepared
from core.verdict.state import CountRun
from core.verdict.verdicts import Eta


class Goodness(NamedTuple):
    """`excluded`: the canary's rate is under it, at risk go_alpha; it must be under `tolerated`. `plausible`: the count is one that
    a healthy canary shows. `baseline`: the usual rate both rest on."""

    excluded: float
    tolerated: float
    plausible: bool
    baseline: float
    knowledge: float
    usual: float
    phi: float

    @property
    def enough(self) -> bool:
        """Whether GO may rest on it."""
        return self.plausible and self.knowledge >= 1.0


def goodness(prepared: Prepared, run: CountRun) -> Goodness:
    """What the stage's counts are worth. Both counts are divided by phi: a clump is one observation."""
    settings, phi, sums = prepared.settings, overdispersion(prepared, run), run.sums
    _, stage_bad, stage_control_bad, _, _ = run.cuts[run.judged]
    control_total = sums.stage_control_total
    bad, total = stage_bad / phi, sums.stage_total / phi
    control = stage_control_bad / control_total if control_total > 0.0 else None
    baseline = prepared.metric.usual
    if baseline is None:
        baseline = prepared.usual
        if control is not None:
            baseline = (stage_control_bad + 0.5) / (control_total + 1.0)
    if prepared.threshold is not None:
        baseline = min(baseline, prepared.threshold)
    usual = max(baseline, control or 0.0) * settings.plausible_slack
    tolerated = min(baseline + prepared.tolerance, 0.999)
    nats, highest = bounds.excluded(bad, total, tolerated, settings.go_alpha, prepared.prior)
    return Goodness(
        excluded=highest,
        tolerated=tolerated,
        plausible=bounds.likely(bad, total, min(usual, 1.0), 1.0 - settings.plausible),
        baseline=baseline,
        knowledge=min(1.0, nats / prepared.log_go),
        usual=usual,
        phi=phi,
    )


ENOUGH = Eta(0.0, 0.0, 0.0)
"""Nothing is missing."""


def eta(
    prepared: Prepared, run: CountRun, found: Goodness, weight: float | None, next_weight: float | None
) -> Eta:
    """How long until GO could rest on this, if the canary is healthy from here on."""
    settings, phi = prepared.settings, found.phi
    if found.enough:
        return ENOUGH
    bad, total = run.cuts[run.judged].stage_bad / phi, run.sums.stage_total / phi
    more = bounds.missing(bad, total, found.tolerated, found.baseline, settings.go_alpha, prepared.prior)
    if more is None:
        return Eta(None, None, None)
    if not found.plausible:
        more = max(more, _until_plausible(bad, total, found.usual, 1.0 - settings.plausible))
        if more > 1e12:
            return Eta(None, None, None)
    requests = math.ceil(more * phi)
    rate = run.sums.stage_total / run.sums.stage_seconds if run.sums.stage_seconds > 0.0 else 0.0
    if rate <= 0.0:
        return Eta(requests, None, None)
    minutes = requests / rate / 60.0
    onward = minutes * weight / next_weight if weight and next_weight else None
    return Eta(requests, minutes, onward)


def _until_plausible(bad: float, total: float, usual: float, least_chance: float) -> float:
    """Clean requests until this many bad ones are nothing unusual any more."""
    least, most = 0.0, 16.0
    while bounds.tail(bad, total + most, usual) <= least_chance:
        least, most = most, most * 4.0
        if most > 1e12:
            return most
    while most - least > max(1.0, 0.02 * most):
        middle = math.floor((least + most) / 2.0)
        enough = bounds.tail(bad, total + middle, usual) > least_chance
        least, most = (least, middle) if enough else (middle, most)
    return most

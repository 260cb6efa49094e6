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
    settings, threshold, phi = prepared.settings, prepared.threshold, overdispersion(prepared, run)
    _, stage_bad, stage_control_bad, _, _ = run.cuts[run.judged]
    stage_total, control_total, *_ = run.sums
    bad, total = stage_bad / phi, stage_total / phi
    control = stage_control_bad / control_total if control_total > 0.0 else 0.0
    baseline = prepared.metric.usual
    if baseline is None:
        baseline = prepared.usual
        if control_total > 0.0:
            baseline = (stage_control_bad + 0.5) / (control_total + 1.0)
    if threshold is not None and threshold < baseline:
        baseline = threshold
    usual = (control if control > baseline else baseline) * settings.plausible_slack
    tolerated = baseline + prepared.tolerance
    if tolerated > MOST_TOLERATED:
        tolerated = MOST_TOLERATED
    nats, highest = bounds.excluded(bad, total, tolerated, settings.go_alpha, prepared.prior)
    plausible = bounds.likely(bad, total, usual if usual < 1.0 else 1.0, 1.0 - settings.plausible)
    knowledge = nats / prepared.log_go
    return Goodness(
        highest, tolerated, plausible, baseline, knowledge if knowledge < 1.0 else 1.0, usual, phi
    )  # fmt: skip


MOST_TOLERATED = 0.999
ENOUGH = Eta(0.0, 0.0, 0.0)
"""Nothing is missing."""
ENDLESS = Eta(None, None, None)


def eta(
    prepared: Prepared, run: CountRun, found: Goodness, weight: float | None, next_weight: float | None
) -> Eta:
    """How long until GO could rest on this, if the canary is healthy from here on."""
    _, tolerated, plausible, baseline, knowledge, usual, phi = found
    if plausible and knowledge >= 1.0:
        return ENOUGH
    settings = prepared.settings
    stage_total, _, stage_seconds, *_ = run.sums
    bad, total = run.cuts[run.judged].stage_bad / phi, stage_total / phi
    more: float | None = 0.0
    if knowledge < 1.0:
        more = bounds.until_excluded(bad, total, tolerated, baseline, settings.go_alpha, prepared.prior)
    if more is None:
        return ENDLESS
    if not plausible:
        more = max(more, _until_plausible(bad, total, usual, 1.0 - settings.plausible))
        if more > 1e12:
            return ENDLESS
    requests = math.ceil(more * phi)
    rate = stage_total / stage_seconds if stage_seconds > 0.0 else 0.0
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

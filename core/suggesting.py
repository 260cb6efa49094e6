"""What the measured values suggest for an incident: the bands of its playbook held against the latest look of the gate.

A suggestion never acts. What was not measured suggests nothing, and it never counts as a value that is fine: WATCH is only
suggested when every worse band was looked at. It must not know what follows from an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.gates import GROWTH_POINTS, GROWTH_SPAN
from core.incidents import Incident
from core.plan.models import Band, Remedy
from core.readings import slope
from core.state import Deployment, GateRun


@dataclass(frozen=True)
class Weighed:
    """One band: whether it holds (None: nobody knows), the value it was held against, and of how many requests."""

    band: Band
    holds: bool | None
    value: float | None = None
    count: float | None = None


def weighed(deployment: Deployment, incident: Incident, now: datetime) -> tuple[Weighed, ...]:
    """Every band in its order."""
    playbook = deployment.runbook.plan.playbooks.get(incident.playbook)
    return tuple(
        _weigh(deployment, incident, band, now) for band in (playbook.bands if playbook is not None else ())
    )


def suggestion(found: tuple[Weighed, ...]) -> Remedy | None:
    """What the first band that holds suggests; None when none holds, or when one that nobody could look at is worse."""
    for index, one in enumerate(found):
        if one.holds:
            blind = any(before.holds is None for before in found[:index])
            return None if blind and one.band.suggest == "watch" else one.band.suggest
    return None


def _weigh(deployment: Deployment, incident: Incident, band: Band, now: datetime) -> Weighed:
    if band.lasts is not None:
        return Weighed(band, now - incident.opened_at >= band.lasts)
    gate = deployment.gate
    if gate is None or gate.last_at is None or _stale(deployment, gate, now):
        return Weighed(band, None)
    unit = deployment.runbook.metric(band.metric or "").unit
    growth = band.growth_above or band.growth_below
    if growth is not None:
        value = _growth(gate, band.metric or "")
        if value is None:
            return Weighed(band, None)
        edge = growth.in_unit(unit)
        return Weighed(band, value > edge if band.growth_above is not None else value < edge, value)
    sample = next((s for s in gate.samples if (s.metric, s.track) == (band.metric, band.track)), None)
    if sample is None or sample.state != "ok" or sample.value is None:
        return Weighed(band, None)
    if sample.count is not None and sample.count < deployment.runbook.gate(gate.name).minimum:
        return Weighed(band, None, sample.value, sample.count)
    above = band.above is not None and sample.value > band.above.in_unit(unit)
    below = band.below is not None and sample.value < band.below.in_unit(unit)
    return Weighed(band, above or below, sample.value, sample.count)


def _stale(deployment: Deployment, gate: GateRun, now: datetime) -> bool:
    """A look that is older than two would be says nothing of now."""
    every: timedelta = deployment.runbook.gate(gate.name).every
    return gate.last_at is None or now - gate.last_at > 2 * every


def _growth(gate: GateRun, metric: str) -> float | None:
    """Per hour, under the same conditions as a gate's growth rule."""
    points = next((points for name, points in gate.gauges if name == metric), ())
    span = timedelta(hours=points[-1][0] - points[0][0]) if points else timedelta(0)
    return slope(points) if len(points) >= GROWTH_POINTS and span >= GROWTH_SPAN else None

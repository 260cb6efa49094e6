"""Measure: every metric of a look, for both tracks, each from the kind of source the plan names.

It never fails: what could not be read is a reading that says so. Counters stay counters; what they mean is for the rules.
It must not know a vendor, nor limits, streaks or gates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby

from bot.performing.ports import TRACKS, Vendors, Wanted
from bot.performing.stretching import in_plan_time
from bot.performing.work import Done, Work
from core.effects import Measure
from core.inputs import Alert, Measured, Reading


async def measure(work: Work, effect: Measure, vendors: Vendors) -> Done:
    """One look. The sample's time is the plan time at which the last answer arrived."""
    metrics = work.plan.metrics
    wanted = wanted_of(work, effect.metrics)
    reading = (_read(work, vendors, kind, group) for kind, group in by_kind(work, wanted).items())
    (alerts, gap), came = await asyncio.gather(_alerts(work, effect, vendors), asyncio.gather(*reading))
    found = {(reading.metric, reading.track): reading for readings in came for reading in readings}
    readings = [in_plan_time(work, found[one.name, one.track]) for one in wanted]
    readings += [
        Reading(name, track, "failed", (), "The plan has no such metric.")
        for name in effect.metrics
        if name not in metrics
        for track in TRACKS
    ]
    return Done("measured", Measured(effect.ref, work.plan_now(), tuple(readings), alerts, gap))


async def _alerts(work: Work, effect: Measure, vendors: Vendors) -> tuple[tuple[Alert, ...], str]:
    """The alerts the gate shows, for its own looks; or why they could not be read."""
    gate = work.deployment.gate
    plan = work.plan.gates.get(gate.name) if gate is not None and effect.ref.startswith("look:") else None
    if plan is None or plan.alerts is None:
        return (), ""
    source = work.plan.sources.get(plan.alerts.source)
    vendor = vendors.warns.get(source.kind) if source is not None else None
    if vendor is None:
        return (), f"Alerts cannot be read from the source '{plan.alerts.source}'."
    found = await vendor.firing(work.plan, plan.alerts)
    return ((), found) if isinstance(found, str) else (found, "")


def wanted_of(work: Work, names: Sequence[str]) -> list[Wanted]:
    """Both tracks of every metric the plan has."""
    metrics = work.plan.metrics
    return [Wanted(name, metrics[name], track) for name in names if name in metrics for track in TRACKS]


def by_kind(work: Work, wanted: Sequence[Wanted]) -> dict[str, list[Wanted]]:
    """What is wanted, by the kind of source that has it."""
    ordered = sorted(wanted, key=lambda one: _kind(work, one))
    return {kind: list(group) for kind, group in groupby(ordered, lambda one: _kind(work, one))}


def _kind(work: Work, one: Wanted) -> str:
    source = work.plan.sources.get(one.metric.source)
    return "" if source is None else source.kind


async def _read(work: Work, vendors: Vendors, kind: str, wanted: Sequence[Wanted]) -> list[Reading]:
    vendor = vendors.measures.get(kind)
    if vendor is not None:
        return await vendor.read(work, wanted)
    return [
        Reading(
            one.name,
            one.track,
            "failed",
            (),
            f"Metrics cannot be read from the source '{one.metric.source}'.",
        )
        for one in wanted
    ]

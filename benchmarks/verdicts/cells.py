"""What is measured: detection, false accusations, slower canaries, the end of a stage, and memory. Each gives rows.

Errors and latencies of many deployments run through `vector`; of every cell some run through the engine itself too, and
must be accused at the same minute, or the cell fails.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.verdicts import limits, rivals
from benchmarks.verdicts.chance import generator
from benchmarks.verdicts.rows import Row
from benchmarks.verdicts.vector import first_accusation
from benchmarks.verdicts.world import DAY, EDGES_MS, STAGES_MIN, Array, Counts, Scenario, play
from core.verdict.dispersion import overdispersion
from core.verdict.engine import Engine
from core.verdict.looks import Buckets, Look, Pair
from core.verdict.looks import Counts as Window
from core.verdict.settings import Metric, Settings
from core.verdict.setup import Prepared, prepare

SETTINGS = Settings()
ERRORS = Metric("errors", "counts", limit=0.01, usual=0.001)
P95 = Metric("p95", "latency", limit=500.0, edges=EDGES_MS)
MEMORY = Metric("memory", "gauge", limit=85.0, streak=2)
BOTH = ("errors", "p95")
CHECKED = 3
"""Deployments of every cell that the engine plays as well."""
LONG = 400.0
"""Minutes after which the engine stops looking for an accusation that the arrays do not make either."""
TRAFFIC = (12.0, 180.0, 6000.0, 1_000_000.0)


class Differs(Exception):
    """The arrays and the engine do not say the same."""


def gate(usual: float) -> tuple[Metric, ...]:
    """A gate as plans have it: its budget of false accusations is shared by all three, also where only some of them are played."""
    return replace(ERRORS, usual=usual), P95, MEMORY


def judged(
    counts: Counts, played: tuple[str, ...], *, stages: bool, phi: Array | None = None
) -> tuple[Array, Array]:
    """First accusations of all deployments by the metrics that are `played`, some of them checked against the engine."""
    prepared: tuple[Prepared, ...] = prepare(SETTINGS, gate(counts.scenario.base))
    judges = tuple(one for one in prepared if one.metric.name in played)
    minute, requests = first_accusation(counts, judges, stages=stages, phi=phi)
    for row in range(min(CHECKED, len(minute)) if phi is None else 0):
        found = _engine_minute(counts, played, row, float(minute[row]), stages=stages)
        if found != minute[row] and min(found, minute[row]) <= LONG:
            raise Differs(
                f"{counts.scenario}, deployment {row}: the arrays accuse at minute {minute[row]}, the engine at {found}"
            )
    return minute, requests


def _engine_minute(counts: Counts, played: tuple[str, ...], row: int, until: float, *, stages: bool) -> float:
    engine = Engine(SETTINGS, gate(counts.scenario.base))
    state = engine.begin(0.0)
    starts = np.cumsum(STAGES_MIN)[:-1] if stages else np.array([])
    for window, minute in enumerate(counts.times):
        look = look_of(counts, row, window, 1 + int((starts < minute - 1e-9).sum()))
        shown = {name: pair for name, pair in look.readings.items() if name in played}
        state, verdict = engine.look(state, Look(look.t, look.stage, shown))
        if verdict.by_evidence == "NO-GO":
            return float(minute)
        if minute >= min(until, LONG):
            break
    return math.inf


def look_of(counts: Counts, row: int, window: int, stage: int) -> Look:
    """One window of one deployment as the engine sees it."""

    def arm(bad: Array, total: Array, slow: Array) -> tuple[Window, Buckets]:
        requests = float(total[row, window])
        upto = [requests - float(slow[row, window, place]) for place in range(len(EDGES_MS))]
        return Window(float(bad[row, window]), requests), Buckets((*EDGES_MS, math.inf), (*upto, requests))

    errors, times = arm(counts.x, counts.n, counts.slow)
    control_errors, control_times = arm(counts.y, counts.m, counts.control_slow)
    gone = bool(counts.gap[row, window])
    return Look(
        float(counts.times[window]) * 60.0, stage,
        {"errors": Pair(errors, None if gone else control_errors), "p95": Pair(times, None if gone else control_times)},
    )  # fmt: skip


def detection(seed: int, deployments: int) -> Iterator[Row]:
    """How long a worse canary goes unseen (G2, G3), beside the rules of others and the limit."""
    table, sizes = "How long a worse canary goes unseen: minutes, 95th percentile", []
    for control in (19.0, 1.0):
        for traffic, points, times, goal in (
            (12, 0.5, 1, 15), (180, 0.5, 1, 15), (6000, 0.5, 1, 15), (12, 0.05, 1, 100), (180, 0.05, 1, 15),
            (6000, 0.05, 1, 10), (180, 0.01, 1, 50), (6000, 0.01, 1, 10), (6000, 0.0, 2, 75), (1_000_000, 0.0, 2, 10),
        ):  # fmt: skip
            minutes = DAY if traffic < 1000 else 360.0
            scenario = Scenario(traffic, control, points=points, times=times, minutes=minutes)
            counts = play(scenario, deployments, seed, "detection")
            minute, requests = judged(counts, ("errors",), stages=False)
            worse = f"+{points * 100:g} points" if points else f"x{times:g}"
            name = f"{worse}, {traffic:,} a check, control {control:g}x"
            others = {
                rule: limits.quantile_interval(acts(counts), 0.95)[0] for rule, acts in rivals.RULES.items()
            }
            value, low, high = limits.quantile_interval(minute, 0.95)
            yield Row(
                table, name, value, low, high, "min", goal if control == 19.0 else None, others=others,
                note=f"median {limits.quantile_interval(minute, 0.5)[0]:g}",
            )  # fmt: skip
            sizes.append(_sample_size(scenario, requests - counts.n[:, :2].sum(axis=1), name))
    yield from sizes


def _sample_size(scenario: Scenario, requests: Array, name: str) -> Row:
    """G2: canary requests against the limit, after the two looks that are the price of looking in windows."""
    p0, p1 = scenario.base, scenario.base * scenario.times + scenario.points
    limit = limits.neyman_pearson(p1, p0, scenario.control, 0.95, SETTINGS.alpha)
    value, low, high = limits.quantile_interval(np.maximum(requests, 0.0), 0.95)
    table = "Canary requests after the first two looks until a worse canary is seen, 95th percentile"
    note = f"{value / limit:.2f} x the limit"
    return Row(table, name, value, low, high, "requests", 2.5 * limit, limit=limit, note=note)


def every_minute(seed: int, deployments: int) -> Iterator[Row]:
    """G3 at looks of a minute."""
    for traffic, goal in ((12, 8), (180, 2)):
        counts = play(Scenario(traffic, points=0.5, look=1.0, minutes=120.0), deployments, seed, "minute")
        minute, _ = judged(counts, ("errors",), stages=False)
        value, low, high = limits.quantile_interval(minute, 0.95)
        yield Row(
            "A look each minute: minutes, 95th percentile",
            f"+50 points, {traffic} a check",
            value,
            low,
            high,
            "min",
            goal,
        )
    for traffic, points, onset in ((12, 0.05, 360.0), (180, 0.05, 360.0), (180, 0.05, 1080.0)):
        scenario = Scenario(traffic, points=points, onset=onset, minutes=2 * DAY)
        counts = play(scenario, deployments, seed, "late")
        minute, _ = judged(counts, ("errors",), stages=False)
        value, low, high = limits.quantile_interval(minute - onset, 0.95)
        yield Row(
            "A fault that begins late: minutes from its onset, 95th percentile",
            f"+{points * 100:g} points after {onset / 60:g} h, {traffic} a check", value, low, high, "min",
        )  # fmt: skip


WHOLE = (
    "False rollbacks in a whole deployment (15 + 60 + 60 min + 24 h), a look each minute, errors and latency"
)
CASES: tuple[tuple[str, dict[str, float | str], float], ...] = (
    ("quiet", {}, 1.0),
    ("drift, gaps, misaligned scrapes", {"diurnal": 0.6, "gaps": 0.03, "misaligned": 0.2}, 1.0),
    ("shared outage", {"outage": "shared"}, 1.0),
    ("outage, canary 15 % worse in it", {"outage": "unequal"}, 2.5),
    ("errors in clumps of 3, phi from history", {"clump": 3.0}, 2.5),
    ("errors in clumps of 3, phi unknown", {"clump": 3.0}, 2.5),
    ("canary 10 % more errors, 1 % slower", {"times": 1.1, "slower": 1.01}, 2.5),
)


def false_rollbacks(
    seed: int, deployments: int, controls: tuple[float, ...], traffics: tuple[float, ...]
) -> Iterator[Row]:
    """G1: whole deployments of healthy canaries."""
    for control in controls:
        for traffic in traffics:
            for case, changes, most in CASES:
                scenario = Scenario(traffic, control, look=1.0, minutes=sum(STAGES_MIN), **changes)  # type: ignore[arg-type]  # fields by name
                counts = play(scenario, deployments, seed, f"whole {case}")
                phi = estimated_phi(scenario, deployments, seed) if case.endswith("from history") else None
                minute, _ = judged(counts, BOTH, stages=True, phi=phi)
                name = f"{case}, {traffic:,.0f} a check, control {control:g}x"
                note = "" if phi is None else f"phi {np.median(phi):.1f} in the median"
                yield share_row(WHOLE, name, int(np.isfinite(minute).sum()), deployments, most, note=note)


def estimated_phi(scenario: Scenario, deployments: int, seed: int) -> Array:
    """phi as a team would know it: from a day's five-minute windows of five pods of the stable version."""
    chance = generator(seed, "history")
    windows, pods = 288, 5
    each = scenario.traffic * scenario.control / pods
    found = []
    for _ in range(deployments):
        clumps = chance.poisson(each * scenario.base / scenario.clump, (windows, pods))
        extra = np.where(clumps > 0, chance.negative_binomial(np.maximum(clumps, 1), 1.0 / scenario.clump), 0)
        bad = clumps + extra
        found.append(overdispersion([[(float(errors), each) for errors in row] for row in bad if row.any()]))
    return np.array(found)


def share_row(
    table: str, name: str, hits: int, of: int, goal: float | None, *, others: dict[str, float] | None = None, note: str = "",
    least: bool = False,
) -> Row:  # fmt: skip
    """A share in percent with Wilson's interval."""
    low, high = limits.wilson(hits, of)
    return Row(
        table,
        name,
        100 * hits / of,
        100 * low,
        100 * high,
        "%",
        goal,
        least,
        others or {},
        None,
        note or f"{hits} of {of}",
    )


def beside_others(seed: int, deployments: int) -> Iterator[Row]:
    """False rollbacks of every rule on the same counts: 24 h quiet, and an hour with a shared outage; a look each five minutes.
    At a usual rate of 0.1 % and of 0.5 %, both far under the limit of 1 %."""
    for table, minutes, outage in (
        ("False rollbacks in 24 h of quiet, a look each five minutes", DAY, "none"),
        ("False rollbacks in an hour in which both arms fail alike", 60.0, "shared"),
    ):
        for base, traffic in [(base, traffic) for base in (0.001, 0.005) for traffic in TRAFFIC]:
            counts = play(
                Scenario(traffic, minutes=minutes, outage=outage, base=base), deployments, seed, "others"
            )
            minute, _ = judged(counts, ("errors",), stages=False)
            others = {
                rule: 100 * float(np.isfinite(acts(counts)).mean()) for rule, acts in rivals.RULES.items()
            }
            yield share_row(
                table,
                f"{traffic:,.0f} a check, baseline {base * 100:g} %",
                int(np.isfinite(minute).sum()),
                deployments,
                1.0,
                others=others,
            )


def slower(seed: int, deployments: int) -> Iterator[Row]:
    """G5."""
    for control in (19.0, 1.0):
        for traffic, factor in ((180.0, 1.2), (12.0, 2.0)):
            counts = play(
                Scenario(traffic, control, slower=factor, minutes=480.0), deployments, seed, "slower"
            )
            minute, _ = judged(counts, BOTH, stages=False)
            value, low, high = limits.quantile_interval(minute, 0.95)
            goal = 25.0 if control == 19.0 else None
            name = f"{factor * 100 - 100:.0f} % slower, {traffic:.0f} a check, control {control:g}x"
            yield Row(
                "A slower canary: minutes until it is seen, 95th percentile",
                name,
                value,
                low,
                high,
                "min",
                goal,
            )
    for requests in TRAFFIC:
        for factor, most in ((1.0, 0.3), (1.03, 3.0)):
            counts = play(Scenario(requests, slower=factor), deployments, seed, "as fast")
            minute, _ = judged(counts, ("p95",), stages=False)
            name = f"{'as fast' if factor == 1 else '3 % slower (tolerated)'}, {requests:,.0f} a check"
            yield share_row(
                "False rollbacks by latency in 24 h", name, int(np.isfinite(minute).sum()), deployments, most
            )

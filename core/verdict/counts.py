"""One more look at a metric that counts: evidence, streak, incident and sums move on. It must not know what follows from them.

A window without data in the canary moves nothing. One without data in control plays no comparison, and clears or accuses
nobody.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from core.verdict import bets, foretold, latency
from core.verdict.bets import Capital
from core.verdict.looks import Buckets, Counts, Pair
from core.verdict.setup import Prepared
from core.verdict.state import CountRun, Cut, Last, Streak, Sums

_EXACTLY = 1.0 - 1e-12
"""7 of 100 are at a limit of 7 %, also in binary fractions."""
_GUESS_REQUESTS = 20.0
"""Requests' worth of the guess how many are slower than an edge, before control has shown any in this stage."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window in requests; bad requests a cut. `control_total` None: control shows nothing."""

    bad: tuple[float, ...]
    total: float
    control_bad: tuple[float, ...]
    control_total: float | None


def begin(prepared: Prepared, t: float) -> CountRun:
    """A metric nobody has looked at yet."""
    bare = CountRun((), 0, bets.fresh(0), bets.fresh(len(prepared.slopes)), False, Sums(), Streak(t), Last())
    edges = prepared.metric.edges if prepared.metric.kind == "latency" else (0.0,)
    return _with_edges(prepared, bare, edges) if edges else bare


def _with_edges(prepared: Prepared, run: CountRun, edges: tuple[float, ...]) -> CountRun:
    """The run with its cuts. For latency the judged one is the limit's, else the one nearest the quantile: the last but one."""
    settings, metric = prepared.settings, prepared.metric
    tilts = len(settings.ratios) + len(settings.points)
    judged = 0
    if metric.kind == "latency":
        tilts = len(settings.latency_odds) * len(edges)
        at_limit = None if metric.limit is None else latency.limit_edge(edges, metric.limit)
        judged = max(0, len(edges) - 2) if at_limit is None else edges.index(at_limit)
    return replace(run, cuts=tuple(Cut(edge) for edge in edges), judged=judged, comparison=bets.fresh(tilts))


def new_stage(run: CountRun) -> CountRun:
    """Sums of the stage begin anew; evidence, streak and incident go on."""
    cuts = tuple(replace(cut, stage_bad=0.0, stage_control_bad=0.0) for cut in run.cuts)
    empty = run.sums._replace(
        stage_total=0.0,
        stage_control_total=0.0,
        stage_seconds=0.0,
        recent_bad=0.0,
        recent_total=0.0,
    )
    return replace(run, cuts=cuts, sums=empty)


def advance(prepared: Prepared, run: CountRun, pair: Pair, before: float, t: float, put: float) -> CountRun:
    """The run after the window (before, t]; `put`: the capital that is to be put down by now."""
    if not run.cuts:
        run = _learn_edges(prepared, run, pair)
    window = _window(run, pair)
    if window is None:
        return run
    heat, incident = _heat(prepared, run, window)
    comparison, absolute = _evidence(prepared, run, window, put, incident=incident)
    hit = accuses(prepared, comparison, absolute)
    kept = run.accused and comparison.evidence >= prepared.settings.observe_odds
    anew = comparison.evidence <= 1.0 and absolute.evidence <= 1.0
    return CountRun(
        _cuts(run, window, anew=anew), run.judged, comparison, absolute, hit or kept,
        _sums(prepared, run, window, before, t, anew, heat, incident), _streak(prepared, run, window, before, t),
        _last(prepared, run, pair, window, t),
    )  # fmt: skip


def _learn_edges(prepared: Prepared, run: CountRun, pair: Pair) -> CountRun:
    """Edges from control's own shape, once there is enough of it: from earlier windows only, so that no bet was chosen by its outcome."""
    limit = prepared.metric.limit
    if sum(count for _, count in run.early[-1:]) >= prepared.settings.edges_after:
        chosen = latency.choose(Buckets(run.early), limit)
        if chosen:
            return replace(_with_edges(prepared, run, chosen), early=())
    if pair.control is None and isinstance(pair.canary, Buckets) and limit is not None:
        edge = latency.limit_edge([e for e, _ in pair.canary.buckets], limit)
        return run if edge is None or run.early else _with_edges(prepared, run, (edge,))
    if isinstance(pair.control, Buckets) and pair.control.sound():
        return replace(run, early=latency.merged(run.early, pair.control))
    return run


def _window(run: CountRun, pair: Pair) -> Window | None:
    canary = _arm(run, pair.canary)
    if canary is None or canary[1] <= 0.0:
        return None
    control = _arm(run, pair.control)
    if control is None:
        return Window(canary[0], canary[1], (0.0,) * len(run.cuts), None)
    return Window(canary[0], canary[1], control[0], control[1])


def _arm(run: CountRun, arm: object) -> tuple[tuple[float, ...], float] | None:
    """(bad a cut, total), or None where there is no data, or none that can be true."""
    if isinstance(arm, Counts):
        return ((arm.bad,), arm.total) if arm.sound() else None
    if not isinstance(arm, Buckets) or not run.cuts or not arm.sound():
        return None
    upto = dict(arm.buckets)
    try:
        return tuple([arm.total - upto[cut.edge] for cut in run.cuts]), arm.total
    except KeyError:
        return None  # other edges than those the evidence is about


def _evidence(
    prepared: Prepared, run: CountRun, window: Window, put: float, *, incident: bool
) -> tuple[Capital, Capital]:
    """Both e-processes after the window. What control shares is not held against the canary's limit: such a window plays no
    absolute bet, which may depend on control's count. The bets against control depend on earlier windows only."""
    phi = overdispersion(prepared, run, window.control_total or 0.0)
    absolute, comparison = run.absolute, run.comparison
    if prepared.slopes and not incident:
        factors = bets.absolute(
            window.bad[run.judged], window.total, prepared.slopes, cap=prepared.cap, phi=phi
        )
        absolute = bets.play(absolute, factors, put)
    if window.control_total:
        tilts = _tilts(prepared, run)
        if prepared.metric.kind != "latency":
            canary, control = (window.bad[0], window.total), (window.control_bad[0], window.control_total)
            against = foretold.compare(
                prepared, comparison, canary, control, tilts[0], usual(prepared, run), put, phi
            )
            return against, absolute
        factors = []
        for tilt, bad, control_bad in zip(tilts, window.bad, window.control_bad, strict=True):
            factors += bets.comparison(
                bad, window.total, control_bad, window.control_total, tilt, cap=prepared.cap, phi=phi
            )
        comparison = bets.play(comparison, factors, put)
    return comparison, absolute


def _tilts(prepared: Prepared, run: CountRun) -> list[tuple[float, ...]]:
    """The bets of every cut, by history and earlier windows."""
    settings = prepared.settings
    margin = settings.incident_margin if run.sums.incident else settings.margin
    if prepared.metric.kind != "latency":
        return [bets.tilts(settings.ratios, settings.points, usual(prepared, run), margin)]
    guess = 1.0 - prepared.metric.quantile
    total = run.sums.stage_control_total + _GUESS_REQUESTS
    found = []
    for cut in run.cuts:
        share = (cut.stage_control_bad + guess * _GUESS_REQUESTS) / total
        found.append(latency.tilts(settings.latency_odds, margin, share))
    return found


def accuses(prepared: Prepared, comparison: Capital, absolute: Capital) -> bool:
    """Whether the evidence suffices: worse than control, or over the limit with the canary more to blame than control."""
    against = comparison.evidence
    return against >= prepared.odds.comparison or (
        bool(prepared.slopes) and absolute.evidence >= prepared.odds.absolute and against >= prepared.blame
    )


def overdispersion(prepared: Prepared, run: CountRun, control_total: float = 0.0) -> float:
    """phi as it is known before a window with so many control requests: from history, or more if control scatters more."""
    settings, given, scatter = prepared.settings, prepared.metric.phi, run.sums.scatter
    found = scatter.phi(settings.clump_worth)
    if given is not None:
        return max(given, found)
    # What history foretells, too: control may have been lucky so far.
    expected = max(usual(prepared, run), prepared.usual) * control_total
    if prepared.metric.kind == "latency" or expected < settings.many_errors:
        return found  # slow requests are many, so that control's scatter is soon known
    return max(found, scatter.cautious(settings.first_phi, settings.first_worth))


def usual(prepared: Prepared, run: CountRun) -> float:
    """The usual bad share as bets see it: history, and control up to the window before, never this one."""
    worth = prepared.usual_requests
    return (prepared.usual * worth + run.sums.ref_bad) / (worth + run.sums.ref_total)


def _cuts(run: CountRun, window: Window, *, anew: bool) -> tuple[Cut, ...]:
    keep = 0.0 if anew else 1.0
    return tuple(
        [
            Cut(
                cut.edge, cut.stage_bad + bad, cut.stage_control_bad + control_bad,
                keep * (cut.since_bad + bad), keep * (cut.since_control_bad + control_bad),
            )
            for cut, bad, control_bad in zip(run.cuts, window.bad, window.control_bad, strict=True)
        ]
    )  # fmt: skip


def _sums(
    prepared: Prepared, run: CountRun, window: Window, before: float, t: float, anew: bool, heat: float, incident: bool
) -> Sums:  # fmt: skip
    settings, was, control, seconds = prepared.settings, run.sums, window.control_total or 0.0, t - before
    keep = 0.0 if anew else 1.0
    bad, control_bad = window.bad[run.judged], window.control_bad[run.judged]
    scatter, last = was.scatter, run.last
    if control_bad + last.control_bad > 0.0 and last.at == before and not incident and not was.incident:
        scatter = scatter.with_pair(control_bad, control, last.control_bad, last.control_total)
    fade, fade_recent = (
        math.exp(-seconds / settings.control_memory),
        math.exp(-seconds / settings.trend_memory),
    )
    return Sums(
        was.stage_total + window.total, was.stage_control_total + control, was.stage_seconds + seconds,
        t if anew or was.since_at is None else was.since_at,
        keep * (was.since_total + window.total), keep * (was.since_control_total + control),
        was.ref_bad * fade + control_bad, was.ref_total * fade + control,
        was.recent_bad * fade_recent + bad, was.recent_total * fade_recent + window.total,
        was.spent + bad + control_bad, heat, incident, scatter,
    )  # fmt: skip


def _heat(prepared: Prepared, run: CountRun, window: Window) -> tuple[float, bool]:
    """Page's CUSUM over control alone, in nats: the log-likelihood ratio of an incident's rate over the usual one, never under 0.

    Without a history the usual rate is control's own of the last half hour, once it has shown `usual_guess_requests`: a long
    outage then becomes the usual.
    """
    settings, was = prepared.settings, run.sums
    bad, total = window.control_bad[run.judged], window.control_total or 0.0
    base = prepared.usual
    if prepared.metric.usual is None:
        if was.ref_total < settings.usual_guess_requests:
            return was.heat, was.incident
        base = max(base, usual(prepared, run))
    worse = min(max(settings.incident_ratio * base, prepared.threshold or 0.0), (1.0 + base) / 2.0)
    if total <= 0.0 or worse <= base:
        return was.heat, was.incident
    gained = bad * math.log(worse / base) + (total - bad) * math.log((1.0 - worse) / (1.0 - base))
    heat = min(max(0.0, was.heat + gained / overdispersion(prepared, run)), settings.incident_most)
    return heat, heat >= (settings.incident_off if was.incident else settings.incident_on)


def _streak(prepared: Prepared, run: CountRun, window: Window, before: float, t: float) -> Streak:
    """The person's rule, literally: windows of `every`, bad at the limit or over it, so many in a row."""
    was, metric, threshold = run.streak, prepared.metric, prepared.threshold
    if threshold is None:
        return was
    # A window that stood open through a gap in the data begins anew with this look.
    keep = 0.0 if before - was.open_at > 1.5 * metric.every else 1.0
    bad, total = window.bad[run.judged] + keep * was.bad, window.total + keep * was.total
    control_bad = window.control_bad[run.judged] + keep * was.control_bad
    control_total = (window.control_total or 0.0) + keep * was.control_total
    opened = was.open_at if keep and was.total > 0.0 else before
    if t - opened < 0.9 * metric.every:
        return Streak(
            opened,
            bad,
            total,
            control_bad,
            control_total,
            was.length,
            was.broken_bad,
            was.broken_total,
            was.control,
        )
    if total < metric.minimum:
        return Streak(t, 0.0, 0.0, 0.0, 0.0, was.length, was.broken_bad, was.broken_total, was.control)
    if bad < threshold * total * _EXACTLY:
        return Streak(t)
    shared = control_total > 0.0 and control_bad >= threshold * control_total * _EXACTLY
    return Streak(
        t, 0.0, 0.0, 0.0, 0.0, was.length + 1, was.broken_bad + bad, was.broken_total + total, was.control + 1 if shared else 0
    )  # fmt: skip


def _last(prepared: Prepared, run: CountRun, pair: Pair, window: Window, t: float) -> Last:
    canary, control, share = pair.canary, pair.control, prepared.metric.quantile
    return Last(
        t, t if window.control_total else run.last.control_at, window.bad[run.judged], window.total,
        window.control_bad[run.judged], window.control_total or 0.0,
        latency.quantile(canary, share) if isinstance(canary, Buckets) else None,
        latency.quantile(control, share) if isinstance(control, Buckets) and window.control_total else None,
    )  # fmt: skip

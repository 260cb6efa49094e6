"""One more look at a metric that counts: evidence, streak, incident and sums move on. It must not know what follows from them.

A window without data in the canary moves nothing. One without data in control plays no comparison, and clears or accuses
nobody.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from core.verdict import bets, foretold, latency
from core.verdict.bets import Capital, Worked
from core.verdict.looks import Buckets, Counts, Pair
from core.verdict.setup import Prepared
from core.verdict.state import CountRun, Cut, Last, Streak, Sums

_EXACTLY = 1.0 - 1e-12
"""7 of 100 are at a limit of 7 %, also in binary fractions."""
_GUESS_REQUESTS = 20.0
"""Requests' worth of the guess how many are slower than an edge, before control has shown any in this stage."""


class Window(NamedTuple):
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
    return run._replace(
        cuts=tuple([Cut(edge) for edge in edges]), judged=judged, comparison=bets.fresh(tilts)
    )


def new_stage(run: CountRun) -> CountRun:
    """Sums of the stage begin anew; evidence, streak and incident go on."""
    cuts = tuple([cut._replace(stage_bad=0.0, stage_control_bad=0.0) for cut in run.cuts])
    empty = run.sums._replace(
        stage_total=0.0,
        stage_control_total=0.0,
        stage_seconds=0.0,
        recent_bad=0.0,
        recent_total=0.0,
    )
    return run._replace(cuts=cuts, sums=empty)


def advance(prepared: Prepared, run: CountRun, pair: Pair, before: float, t: float, put: float) -> CountRun:
    """The run after the window (before, t]; `put`: the capital that is to be put down by now."""
    if not run.cuts:
        run = _learn_edges(prepared, run, pair)
    window = _window(run, pair)
    if window is None:
        return run
    rate = usual(prepared, run)
    heat, incident = _heat(prepared, run, window, rate)
    comparison, absolute = _evidence(prepared, run, window, put, rate, incident=incident)
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
            return _with_edges(prepared, run, chosen)._replace(early=())
    if pair.control is None and isinstance(pair.canary, Buckets) and limit is not None:
        edge = latency.limit_edge([e for e, _ in pair.canary.buckets], limit)
        return run if edge is None or run.early else _with_edges(prepared, run, (edge,))
    if isinstance(pair.control, Buckets) and pair.control.sound():
        return run._replace(early=latency.merged(run.early, pair.control))
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
    upto, total = dict(arm.buckets), arm.buckets[-1][1]
    try:
        return tuple([total - upto[cut[0]] for cut in run.cuts]), total
    except KeyError:
        return None  # other edges than those the evidence is about


def _evidence(
    prepared: Prepared, run: CountRun, window: Window, put: float, rate: float, *, incident: bool
) -> tuple[Capital, Capital]:
    """Both e-processes after the window. What control shares is not held against the canary's limit: such a window plays no
    absolute bet, which may depend on control's count. The bets against control depend on earlier windows only."""
    bad, total, control_bad, control_total = window
    phi = overdispersion(prepared, run, control_total or 0.0, rate)
    absolute, comparison = run.absolute, run.comparison
    if prepared.slopes and not incident:
        factors = bets.absolute(bad[run.judged], total, prepared.slopes, cap=prepared.cap, phi=phi)
        absolute = bets.play(absolute, factors, put)
    if control_total:
        worth = _bets(prepared, run, rate)
        if not prepared.counts_slow:
            canary, control = (bad[0], total), (control_bad[0], control_total)
            return foretold.compare(prepared, comparison, canary, control, worth[0], rate, put, phi), absolute
        factors = bets.comparisons(bad, total, control_bad, control_total, worth, cap=prepared.cap, phi=phi)
        comparison = bets.play(comparison, factors, put)
    return comparison, absolute


def _bets(prepared: Prepared, run: CountRun, rate: float) -> list[Worked]:
    """The bets of every cut, by history and earlier windows."""
    settings, sums = prepared.settings, run.sums
    margin = settings.incident_margin if sums.incident else settings.margin
    if not prepared.counts_slow:
        return [bets.worked(bets.tilts(settings.ratios, settings.points, rate, margin))]
    known = latency.table(settings.latency_odds, margin)
    guess = (1.0 - prepared.metric.quantile) * _GUESS_REQUESTS
    total = sums.stage_control_total + _GUESS_REQUESTS
    return [known[round((cut.stage_control_bad + guess) / total, 3)] for cut in run.cuts]


def accuses(prepared: Prepared, comparison: Capital, absolute: Capital) -> bool:
    """Whether the evidence suffices: worse than control, or over the limit with the canary more to blame than control."""
    against = comparison.evidence
    return against >= prepared.odds.comparison or (
        bool(prepared.slopes) and absolute.evidence >= prepared.odds.absolute and against >= prepared.blame
    )


def overdispersion(
    prepared: Prepared, run: CountRun, control_total: float = 0.0, rate: float | None = None
) -> float:
    """phi as it is known before a window with so many control requests: from history, or more if control scatters more. `rate`: `usual`
    where it has been worked out."""
    settings, given, scatter = prepared.settings, prepared.metric.phi, run.sums.scatter
    found = scatter.phi(settings.clump_worth)
    if given is not None:
        return max(given, found)
    if prepared.counts_slow or control_total == 0.0:
        return found  # slow requests are many, so that control's scatter is soon known
    # What history foretells, too: control may have been lucky so far.
    expected = max(usual(prepared, run) if rate is None else rate, prepared.usual) * control_total
    if expected < settings.many_errors:
        return found
    return max(found, scatter.cautious(settings.first_phi, settings.first_worth))


def usual(prepared: Prepared, run: CountRun) -> float:
    """The usual bad share as bets see it: history, and control up to the window before, never this one."""
    worth, sums = prepared.usual_requests, run.sums
    return (prepared.usual * worth + sums.ref_bad) / (worth + sums.ref_total)


def _cuts(run: CountRun, window: Window, *, anew: bool) -> tuple[Cut, ...]:
    bads, controls = window.bad, window.control_bad
    if anew:
        return tuple([
            Cut(edge, stage + bad, stage_control + control)
            for (edge, stage, stage_control, _, _), bad, control in zip(run.cuts, bads, controls, strict=True)
        ])  # fmt: skip
    return tuple([
        Cut(edge, stage + bad, stage_control + control, since + bad, since_control + control)
        for (edge, stage, stage_control, since, since_control), bad, control in zip(run.cuts, bads, controls, strict=True)
    ])  # fmt: skip


def _sums(
    prepared: Prepared, run: CountRun, window: Window, before: float, t: float, anew: bool, heat: float, incident: bool
) -> Sums:  # fmt: skip
    settings, last, seconds = prepared.settings, run.last, t - before
    (
        stage_total, stage_control, stage_seconds, since_at, since_total, since_control, ref_bad, ref_total,
        recent_bad, recent_total, spent, _, was_incident, scatter,
    ) = run.sums  # fmt: skip
    keep = 0.0 if anew else 1.0
    total, control = window.total, window.control_total or 0.0
    bad, control_bad = window.bad[run.judged], window.control_bad[run.judged]
    if last.at == before and not incident and not was_incident and control_bad + last.control_bad > 0.0:
        scatter = scatter.with_pair(control_bad, control, last.control_bad, last.control_total)
    fade, fade_recent = (
        math.exp(-seconds / settings.control_memory),
        math.exp(-seconds / settings.trend_memory),
    )
    return Sums(
        stage_total + total, stage_control + control, stage_seconds + seconds, t if anew or since_at is None else since_at,
        keep * (since_total + total), keep * (since_control + control),
        ref_bad * fade + control_bad, ref_total * fade + control, recent_bad * fade_recent + bad, recent_total * fade_recent + total,
        spent + bad + control_bad, heat, incident, scatter,
    )  # fmt: skip


def _heat(prepared: Prepared, run: CountRun, window: Window, rate: float) -> tuple[float, bool]:
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
        base = max(base, rate)
    worse = min(max(settings.incident_ratio * base, prepared.threshold or 0.0), (1.0 + base) / 2.0)
    if total <= 0.0 or worse <= base:
        return was.heat, was.incident
    gained = bad * math.log(worse / base) + (total - bad) * math.log((1.0 - worse) / (1.0 - base))
    heat = was.heat + gained / overdispersion(prepared, run)
    heat = 0.0 if heat <= 0.0 else min(heat, settings.incident_most)
    return heat, heat >= (settings.incident_off if was.incident else settings.incident_on)


def _streak(prepared: Prepared, run: CountRun, window: Window, before: float, t: float) -> Streak:
    """The person's rule, literally: windows of `every`, bad at the limit or over it, so many in a row."""
    was, metric, threshold = run.streak, prepared.metric, prepared.threshold
    if threshold is None:
        return was
    (
        open_at,
        was_bad,
        was_total,
        was_control_bad,
        was_control_total,
        length,
        broken_bad,
        broken_total,
        control,
    ) = was
    # A window that stood open through a gap in the data begins anew with this look.
    keep = 0.0 if before - open_at > 1.5 * metric.every else 1.0
    bad, total = window.bad[run.judged] + keep * was_bad, window.total + keep * was_total
    control_bad = window.control_bad[run.judged] + keep * was_control_bad
    control_total = (window.control_total or 0.0) + keep * was_control_total
    opened = open_at if keep and was_total > 0.0 else before
    if t - opened < 0.9 * metric.every:
        return Streak(
            opened, bad, total, control_bad, control_total, length, broken_bad, broken_total, control
        )  # fmt: skip
    if total < metric.minimum:
        return Streak(t, 0.0, 0.0, 0.0, 0.0, length, broken_bad, broken_total, control)
    if bad < threshold * total * _EXACTLY:
        return Streak(t)
    shared = control_total > 0.0 and control_bad >= threshold * control_total * _EXACTLY
    return Streak(
        t, 0.0, 0.0, 0.0, 0.0, length + 1, broken_bad + bad, broken_total + total, control + 1 if shared else 0
    )  # fmt: skip


def _last(prepared: Prepared, run: CountRun, pair: Pair, window: Window, t: float) -> Last:
    bad, total, control_bad, control_total = window
    shown = control_shown = None
    if prepared.counts_slow:
        share = prepared.metric.quantile
        shown = latency.quantile(pair.canary, share) if isinstance(pair.canary, Buckets) else None
        if isinstance(pair.control, Buckets) and control_total:
            control_shown = latency.quantile(pair.control, share)
    return Last(
        t, t if control_total else run.last.control_at, bad[run.judged], total, control_bad[run.judged], control_total or 0.0,
        shown, control_shown,
    )  # fmt: skip

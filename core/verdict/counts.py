"""One more look at a metric that counts: evidence, streak, incident and sums move on. It must not know what follows from them.

A window without data in the canary moves nothing. One without data in control plays no comparison, and clears or accuses
nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.verdict import bets, foretold, latency, windows
from core.verdict.bets import Capital, Worked
from core.verdict.looks import Buckets, Counts, Pair, made
from core.verdict.setup import Prepared, incident_nats
from core.verdict.state import CountRun, Cut, Last, Streak, Sums
from core.verdict.windows import Step, Window

_GUESS_REQUESTS = 20.0
"""Requests' worth of the guess how many are slower than an edge, before control has shown any in this stage."""


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


def advance(prepared: Prepared, run: CountRun, pair: Pair, step: Step) -> CountRun:
    """The run after this step's window. What control shares is not held against the canary's limit: in an incident no absolute bet is
    played, which may depend on control's count."""
    if not run.cuts:
        run = _learn_edges(prepared, run, pair)
    cuts, judged, comparison, absolute, accused, sums, streak, last, _ = run
    window = _window(cuts, judged, pair)
    if window is None:
        return run
    rate, phi = _usual(prepared, sums), overdispersion(prepared, run)
    heat, incident = _heat(prepared, sums, window, rate, phi)
    control_total = window.control_total
    if control_total:
        phi = _cautious(prepared, sums, control_total, rate, phi)
        comparison = _against_control(prepared, run, window, step.put, rate, phi)
    if prepared.slopes and not incident:
        factors = bets.absolute(window.bad, window.total, prepared.slopes, prepared.cap, phi)
        absolute = bets.play(absolute, factors, step.put)
    against = comparison.evidence
    anew = against <= 1.0 and absolute.evidence <= 1.0
    accused = accuses(prepared, comparison, absolute) or (
        accused and against >= prepared.settings.observe_odds
    )
    return made(CountRun, (
        _cuts(cuts, window, anew), judged, comparison, absolute, accused,
        _sums(sums, last, window, step, anew, heat, incident), windows.streak(prepared, streak, window, step),
        _last(prepared, last, pair, window, step.t), (),
    ))  # fmt: skip


def _learn_edges(prepared: Prepared, run: CountRun, pair: Pair) -> CountRun:
    """Edges from control's own shape, once there is enough of it: from earlier windows only, so that no bet was chosen by its outcome."""
    limit = prepared.metric.limit
    if sum(count for _, count in run.early[-1:]) >= prepared.settings.edges_after:
        chosen = latency.choose(Buckets.of(run.early), limit)
        if chosen:
            return _with_edges(prepared, run, chosen)._replace(early=())
    if pair.control is None and isinstance(pair.canary, Buckets) and limit is not None:
        edge = latency.limit_edge(pair.canary.edges, limit)
        return run if edge is None or run.early else _with_edges(prepared, run, (edge,))
    if isinstance(pair.control, Buckets) and pair.control.sound():
        return run._replace(early=latency.merged(run.early, pair.control))
    return run


def _window(cuts: Sequence[Cut], judged: int, pair: Pair) -> Window | None:
    canary, control = pair
    shown = _arm(cuts, canary)
    if shown is None or shown[1] <= 0.0:
        return None
    bad, total = shown
    control_bad, control_total = _arm(cuts, control) or ((0.0,) * len(bad), 0.0)
    return made(Window, (bad, total, control_bad, control_total, bad[judged], control_bad[judged]))


def _arm(cuts: Sequence[Cut], arm: object) -> tuple[tuple[float, ...], float] | None:
    """(bad a cut, total), or None where there is no data, or none that can be true."""
    if isinstance(arm, Counts):
        bad, total = arm
        return ((bad,), total) if arm.sound() else None
    if not isinstance(arm, Buckets) or not cuts or not arm.sound():
        return None
    edges, counts = arm
    total = counts[-1]
    try:
        return tuple([total - counts[edges.index(cut[0])] for cut in cuts]), total
    except ValueError:
        return None  # other edges than those the evidence is about


def _against_control(
    prepared: Prepared, run: CountRun, window: Window, put: float, rate: float, phi: float
) -> Capital:
    """The comparison after a window in which control shows something. Its bets depend on earlier windows only."""
    cuts, total, control_cuts, control_total, _, _ = window
    comparison, sums = run.comparison, run.sums
    if prepared.counts_slow:
        worth = _bets_at_edges(prepared, run.cuts, sums)
        factors = bets.comparisons(cuts, total, control_cuts, control_total, worth, prepared.cap, phi)
        return bets.play(comparison, factors, put)
    settings, in_incident = prepared.settings, sums.incident
    margin = settings.incident_margin if in_incident else settings.margin
    worth_alone = prepared.ratio_bets[in_incident] + bets.worked(
        bets.tilts((), settings.points, rate, margin)
    )
    canary, control = (cuts[0], total), (control_cuts[0], control_total)
    return foretold.compare(prepared, comparison, canary, control, worth_alone, rate, put, phi)


def _bets_at_edges(prepared: Prepared, cuts: Sequence[Cut], sums: Sums) -> list[Worked]:
    """The bets of every cut of a latency, by history and earlier windows."""
    known = prepared.edge_bets[sums.incident].at
    guess = (1.0 - prepared.metric.quantile) * _GUESS_REQUESTS
    total = sums.stage_control_total + _GUESS_REQUESTS
    return [known((cut[2] + guess) / total) for cut in cuts]


def accuses(prepared: Prepared, comparison: Capital, absolute: Capital) -> bool:
    """Whether the evidence suffices: worse than control, or over the limit with the canary more to blame than control."""
    against = comparison.evidence
    return against >= prepared.odds.comparison or (
        bool(prepared.slopes) and absolute.evidence >= prepared.odds.absolute and against >= prepared.blame
    )


def overdispersion(prepared: Prepared, run: CountRun) -> float:
    """phi as it is known before a window: from history, or more if control scatters more."""
    given, found = prepared.metric.phi, run.sums.scatter.phi(prepared.settings.clump_worth)
    return found if given is None or given < found else given


def _cautious(prepared: Prepared, sums: Sums, control_total: float, rate: float, phi: float) -> float:
    """phi before a window in which control has so many requests, where `phi` is what is known otherwise. Slow requests are many, so
    that control's scatter is soon known; errors without a history begin with a first guess where many are expected."""
    if prepared.counts_slow or prepared.metric.phi is not None:
        return phi
    settings = prepared.settings
    # What history foretells, too: control may have been lucky so far.
    if (rate if rate > prepared.usual else prepared.usual) * control_total < settings.many_errors:
        return phi
    cautious = sums.scatter.cautious(settings.first_phi, settings.first_worth)
    return cautious if cautious > phi else phi


def _usual(prepared: Prepared, sums: Sums) -> float:
    """The usual bad share as bets see it: history, and control up to the window before, never this one."""
    worth = prepared.usual_requests
    return (prepared.usual * worth + sums.ref_bad) / (worth + sums.ref_total)


def _cuts(cuts: Sequence[Cut], window: Window, anew: bool) -> tuple[Cut, ...]:
    bads, _, controls, _, _, _ = window
    shown = zip(cuts, bads, controls)
    if anew:
        return tuple([
            made(Cut, (edge, stage + bad, stage_control + control, 0.0, 0.0))
            for (edge, stage, stage_control, _, _), bad, control in shown
        ])  # fmt: skip
    return tuple([
        made(Cut, (edge, stage + bad, stage_control + control, since + bad, since_control + control))
        for (edge, stage, stage_control, since, since_control), bad, control in shown
    ])  # fmt: skip


def _sums(
    was: Sums, last: Last, window: Window, step: Step, anew: bool, heat: float, incident: bool
) -> Sums:  # fmt: skip
    (
        stage_total, stage_control, stage_seconds, since_at, since_total, since_control, ref_bad, ref_total,
        recent_bad, recent_total, spent, _, was_incident, scatter,
    ) = was  # fmt: skip
    before, t, _, fade, fade_recent = step
    _, total, _, control, bad, control_bad = window
    at, _, _, _, last_bad, last_total, _, _ = last
    if at == before and not incident and not was_incident and control_bad + last_bad > 0.0:
        scatter = scatter.with_pair(control_bad, control, last_bad, last_total)
    if anew:
        since_at, since_total, since_control = t, 0.0, 0.0
    else:
        since_at = t if since_at is None else since_at
        since_total, since_control = since_total + total, since_control + control
    return made(Sums, (
        stage_total + total, stage_control + control, stage_seconds + (t - before), since_at, since_total, since_control,
        ref_bad * fade + control_bad, ref_total * fade + control, recent_bad * fade_recent + bad, recent_total * fade_recent + total,
        spent + bad + control_bad, heat, incident, scatter,
    ))  # fmt: skip


def _heat(prepared: Prepared, was: Sums, window: Window, rate: float, phi: float) -> tuple[float, bool]:
    """Page's CUSUM over control alone, in nats: the log-likelihood ratio of an incident's rate over the usual one, never under 0.

    Without a history the usual rate is control's own of the last half hour, once it has shown `usual_guess_requests`: a long
    outage then becomes the usual.
    """
    settings, heat, incident = prepared.settings, was.heat, was.incident
    nats, total = prepared.incident, window.control_total
    if prepared.metric.usual is None:
        if was.ref_total < settings.usual_guess_requests:
            return heat, incident
        if rate > prepared.usual:
            nats = incident_nats(settings, prepared.threshold, rate)
    if total <= 0.0 or nats is None:
        return heat, incident
    bad, (of_bad, of_good) = window.control_bad, nats
    heat += (bad * of_bad + (total - bad) * of_good) / phi
    if heat <= 0.0:
        heat = 0.0
    elif heat > settings.incident_most:
        heat = settings.incident_most
    return heat, heat >= (settings.incident_off if incident else settings.incident_on)


def _last(prepared: Prepared, was: Last, pair: Pair, window: Window, t: float) -> Last:
    _, total, _, control_total, bad, control_bad = window
    shown = control_shown = None
    if prepared.counts_slow:
        (canary, control), share = pair, prepared.metric.quantile
        shown = latency.quantile(canary, share) if isinstance(canary, Buckets) else None
        if control_total and isinstance(control, Buckets):
            control_shown = latency.quantile(control, share)
    control_at = t if control_total else was.control_at
    return made(Last, (t, control_at, bad, total, control_bad, control_total, shown, control_shown))

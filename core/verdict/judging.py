"""What a metric's run amounts to: GO, OBSERVE or NO-GO with its reasons, by the plan's rule and by the evidence.

Nothing moves here: the same run gives the same finding, so that a stage's end can be judged from what is stored.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from core.verdict import bounds, gauges, goodness, growth, trend
from core.verdict.counts import accuses
from core.verdict.goodness import Goodness
from core.verdict.settings import HOUR, DecideBy
from core.verdict.setup import Prepared
from core.verdict.state import CountRun, GaugeRun, State
from core.verdict.verdicts import Eta, Finding, Sentence, Word

NO_WAIT = Eta(None, None, None)
"""Of a canary that is to go, nobody waits for a GO."""


class Facts(NamedTuple):
    """What decides over a counting metric, each as yes or no."""

    accused: bool
    over: bool
    """Over the limit beyond doubt, whoever is to blame."""
    suspected: bool
    fired: bool
    shared: bool
    """Control broke the same rule in the same windows."""
    control: bool
    """There has been a control at all."""
    alone: bool
    """There is none now, nor was there in the last two windows of the streak: nothing can be compared or shared."""
    mode: DecideBy
    """Who decides now."""


def unknown(prepared: Prepared, why: str = "no-data") -> Finding:
    """A metric without data in this look, or one of which nothing can be said yet."""
    metric = prepared.metric
    return Finding(
        metric.name, "OBSERVE", False, (Sentence(why, {"metric": metric.name}),), limit=metric.limit,
        baseline=metric.usual, streak_needed=metric.streak, then=metric.then, weight=metric.weight, key=metric.key,
        advisory=metric.advisory,
    )  # fmt: skip


def of_counts(prepared: Prepared, run: CountRun, state: State) -> Finding:
    """The finding of errors or latency, as of the last look."""
    cuts, judged, comparison, absolute, _, sums, streak, last, early = run
    if not cuts and early:
        return unknown(prepared, "edges-unknown")
    if last.at is None or state.at - last.at > prepared.settings.fresh or not cuts:
        return unknown(prepared)
    metric, odds = prepared.metric, prepared.odds
    good = goodness.goodness(prepared, run)
    facts = _facts(prepared, run, state)
    by_evidence = _by_evidence(facts, good, run)
    by_streak = _by_streak(facts.fired, streak.length)
    word = _decide(prepared, facts, good, run, by_evidence, by_streak)
    wait = NO_WAIT if word == "NO-GO" else goodness.eta(prepared, run, good, state.weight, state.next_weight)
    edge, stage_bad, stage_control_bad, _, _ = cuts[judged]
    _, _, bad, total, control_bad, control_total, shown, control_shown = last
    calls = word == "NO-GO" or facts.fired or facts.over or facts.accused or sums.incident
    return Finding(
        metric.name, word, True, _reasons(prepared, run, facts, good, wait, word),
        bad / total, control_bad / control_total if control_total > 0.0 else None,  # value, control
        shown, control_shown, prepared.threshold if shown is None else metric.limit, good.baseline, edge if prepared.counts_slow else None,
        stage_bad, sums.stage_total, stage_control_bad, sums.stage_control_total, (bad, total, control_bad, control_total),
        good.phi, prepared.prior, prepared.settings.go_alpha,
        comparison.evidence, _finite(odds.comparison), absolute.evidence, _finite(odds.absolute),
        _used(prepared, run, facts), good.knowledge * (1.0 if good.plausible else 0.5), good.excluded, good.tolerated, wait,
        streak.length, metric.streak, streak.control,
        None,  # no slope
        trend.trend(sums.recent_bad, sums.recent_total, stage_bad, sums.stage_total, prepared.settings.trend_z),
        _budget(prepared, run), by_streak, by_evidence, sums.incident, calls, sums.since_at,
        calls or facts.suspected or _running(facts, run),
        metric.then, metric.weight, metric.key, metric.advisory,
    )  # fmt: skip


def _facts(prepared: Prepared, run: CountRun, state: State) -> Facts:
    settings, metric, odds = prepared.settings, prepared.metric, prepared.odds
    control_at = run.last.control_at
    alone = control_at is None or state.at - control_at > 2.0 * metric.every
    against, over = run.comparison.evidence, run.absolute.evidence
    fired = prepared.threshold is not None and run.streak.length >= metric.streak
    return Facts(
        run.accused or accuses(prepared, run.comparison, run.absolute),
        over >= odds.absolute,
        against >= settings.observe_odds or over >= settings.observe_odds,
        fired,
        fired and run.streak.control >= metric.streak,
        control_at is not None,
        alone,
        (settings.decide_alone if alone else None) or settings.decide_by,
    )


def _running(facts: Facts, run: CountRun) -> bool:
    """A streak that has begun keeps GO back where it may act."""
    return facts.mode != "evidence" and run.streak.length > 0


def _by_evidence(facts: Facts, good: Goodness, run: CountRun) -> Word:
    if facts.accused and facts.control:
        return "NO-GO"
    return "GO" if good.enough and not facts.suspected and not run.sums.incident else "OBSERVE"


def _by_streak(fired: bool, streak: int) -> Word:
    if fired:
        return "NO-GO"
    return "OBSERVE" if streak > 0 else "GO"


def _decide(
    prepared: Prepared, facts: Facts, good: Goodness, run: CountRun, by_evidence: Word, by_streak: Word
) -> Word:
    if facts.mode == "streak":
        acts = facts.fired
    elif facts.mode == "evidence":
        acts = by_evidence == "NO-GO"
    else:
        # Without a control nobody can be blamed: then the streak needs a count that no healthy canary shows.
        streak_acts = (
            facts.fired and not facts.shared and not (facts.alone and _usual_streak(prepared, run, good))
        )
        acts = by_evidence == "NO-GO" or streak_acts
    if acts:
        return "NO-GO"
    fine = by_evidence == "GO" and not facts.fired and not _running(facts, run)
    return "GO" if fine else "OBSERVE"


def _usual_streak(prepared: Prepared, run: CountRun, good: Goodness) -> bool:
    phi = good.phi
    chance = bounds.tail(run.streak.broken_bad / phi, run.streak.broken_total / phi, min(good.usual, 1.0))
    return chance > 1.0 - prepared.settings.plausible


def _used(prepared: Prepared, run: CountRun, facts: Facts) -> float:
    if facts.accused:
        return 1.0
    needed, over_needed = prepared.log_needed
    against, over = _progress(run.comparison.evidence, needed), _progress(run.absolute.evidence, over_needed)
    streak = 0.0
    if prepared.threshold is not None and facts.mode != "evidence":
        streak = min(1.0, run.streak.length / prepared.metric.streak)
    return max(against, over, streak)


def _progress(evidence: float, needed: float) -> float:
    """`needed` in nats."""
    if evidence <= 1.0 or needed == math.inf:
        return 0.0
    return min(1.0, math.log(evidence) / needed)


def _finite(odds: float) -> float | None:
    return odds if odds < math.inf else None


def _budget(prepared: Prepared, run: CountRun) -> tuple[float, float | None] | None:
    """When the error budget of both arms is spent, at the rate of the recent requests."""
    metric = prepared.metric
    if metric.budget is None or run.sums.stage_seconds <= 0.0:
        return None
    traffic = (run.sums.stage_total + run.sums.stage_control_total) / run.sums.stage_seconds
    bad, total = run.sums.recent_bad + run.sums.ref_bad, run.sums.recent_total + run.sums.ref_total
    return trend.budget_spent(run.sums.spent, metric.budget, bad, total, traffic, prepared.prior)


def _reasons(
    prepared: Prepared, run: CountRun, facts: Facts, good: Goodness, wait: Eta, word: Word
) -> tuple[Sentence, ...]:
    observe_odds, sums = prepared.settings.observe_odds, run.sums
    found: list[Sentence] = []
    over = run.absolute.evidence
    if (
        facts.control
        and prepared.metric.compares
        and (facts.accused or run.comparison.evidence >= observe_odds)
    ):
        found.append(_accusation(prepared, run, "worse" if facts.accused else "perhaps-worse"))
    if over >= observe_odds and not (facts.accused and facts.control):
        cut = run.cuts[run.judged]
        key = "over-limit" if facts.control else "over-limit-without-control"
        found.append(
            Sentence(key, {"metric": prepared.metric.name, "bad": cut.since_bad, "total": sums.since_total, "limit": prepared.threshold,
                           "edge": cut.edge or None, "sure": 1.0 - 1.0 / over})
        )  # fmt: skip
    if sums.incident:
        found.append(
            Sentence("incident", {"metric": prepared.metric.name, "bad": sums.ref_bad, "total": sums.ref_total, "usual": good.baseline})
        )  # fmt: skip
    if run.streak.length > 0:
        found.append(_streak_told(prepared, run, facts, word))
    if word != "NO-GO":
        found.append(_evidence_for_go(prepared, run, good, wait))
    return tuple(found)


def _streak_told(prepared: Prepared, run: CountRun, facts: Facts, word: Word) -> Sentence:
    if not facts.fired:
        key = "streak"
    elif word == "NO-GO":
        key = "streak-fired"
    else:
        key = "streak-shared" if facts.shared else "streak-held"
    metric = prepared.metric
    return Sentence(
        key, {"metric": metric.name, "streak": run.streak.length, "needed": metric.streak, "limit": prepared.threshold,
              "control": run.streak.control}
    )  # fmt: skip


def _accusation(prepared: Prepared, run: CountRun, key: str) -> Sentence:
    """The counts of the cut that speaks loudest, since the evidence was last nothing."""
    each = len(run.comparison.bets) // len(run.cuts)
    loudest = max(
        range(len(run.cuts)), key=lambda place: sum(run.comparison.bets[place * each : (place + 1) * each])
    )
    cut = run.cuts[loudest]
    control = (
        cut.since_control_bad / run.sums.since_control_total if run.sums.since_control_total > 0.0 else 0.0
    )
    canary = cut.since_bad / run.sums.since_total if run.sums.since_total > 0.0 else 0.0
    evidence = max(run.comparison.evidence, 1.0)
    return Sentence(
        key,
        {"metric": prepared.metric.name, "bad": cut.since_bad, "total": run.sums.since_total, "control_bad": cut.since_control_bad,
         "control_total": run.sums.since_control_total, "edge": cut.edge or None, "sure": 1.0 - 1.0 / evidence,
         "ratio": canary / control if control > 0.0 else None},
    )  # fmt: skip


def _evidence_for_go(prepared: Prepared, run: CountRun, good: Goodness, wait: Eta) -> Sentence:
    edge, stage_bad, _, _, _ = run.cuts[run.judged]
    words: dict[str, float | int | str | None] = {
        "metric": prepared.metric.name, "bad": stage_bad, "total": run.sums.stage_total,
        "excluded": good.excluded, "tolerated": good.tolerated, "more": wait.requests, "minutes": wait.minutes,
        "minutes_next": wait.minutes_next, "usual": good.usual, "edge": edge or None,
    }  # fmt: skip
    if good.enough:
        return Sentence("excluded", words)
    return Sentence("too-few" if good.plausible else "unusual", words)


def of_gauge(prepared: Prepared, run: GaugeRun, state: State) -> Finding:
    """The finding of a level and its growth, as of the last look."""
    if run.at is None or state.at - run.at > prepared.settings.fresh or run.value is None:
        return unknown(prepared)
    metric, settings = prepared.metric, prepared.settings
    fired = metric.limit is not None and run.streak >= metric.streak
    shared = fired and run.control_streak >= metric.streak
    found = run.growth
    watched = found is not None and found.watch_low > settings.growth_watch
    suspect = fired or run.streak > 0 or watched or run.accused
    literally = settings.decide_by == "streak" and metric.limit is not None
    acts = fired if literally else run.accused or (fired and not shared)
    word: Word = "NO-GO" if acts else "OBSERVE" if suspect else "GO"
    by_evidence: Word = "NO-GO" if run.accused else "OBSERVE" if watched else "GO"
    until = _until(prepared, run) if watched else None
    measurable = 1.0 if found is not None or not gauges.has_growth(prepared) else settings.knowledge_floor
    grown = min(1.0, max(0.0, found.low / settings.growth_stop)) if found is not None else 0.0
    streak = min(1.0, run.streak / metric.streak) if metric.limit is not None else 0.0
    return Finding(
        metric.name, word, True, _gauge_reasons(prepared, run, state, fired, shared, watched),
        value=run.value, control=run.control, limit=metric.limit, baseline=metric.noise, needed=_finite(prepared.odds.gauge),
        used=1.0 if word == "NO-GO" else max(grown, streak), knowledge=measurable,
        streak=run.streak, streak_needed=metric.streak, control_streak=run.control_streak,
        slope=None if found is None else (found.slope, found.low, found.high),
        trend="unknown" if found is None else gauges.steepness(found),
        breach_in=None if until is None else (until[0] * HOUR, until[1] * HOUR),
        by_streak=_by_streak(fired, run.streak), by_evidence=by_evidence,
        calls=word == "NO-GO" or fired or watched, suspect=suspect, incident=shared,
        then=metric.then, weight=metric.weight, key=metric.key, advisory=metric.advisory,
    )  # fmt: skip


def _until(prepared: Prepared, run: GaugeRun) -> tuple[float, float] | None:
    """(earliest, latest) hours until a growing gauge is where it must not be; None where that is not known."""
    level = prepared.metric.limit if prepared.metric.limit is not None else prepared.metric.reaches
    return None if run.growth is None or level is None else growth.hours_until(run.growth, level)


def _gauge_reasons(
    prepared: Prepared, run: GaugeRun, state: State, fired: bool, shared: bool, watched: bool
) -> tuple[Sentence, ...]:
    metric, settings, found = prepared.metric, prepared.settings, run.growth
    reasons = []
    level: dict[str, float | int | str | None] = {
        "metric": metric.name, "value": run.value, "limit": metric.limit, "streak": run.streak, "needed": metric.streak,
        "control": run.control,
    }  # fmt: skip
    if run.streak > 0:
        reasons.append(
            Sentence("level-shared" if shared else "level-fired" if fired else "level-broken", level)
        )
    if found is not None and (run.accused or watched):
        until = _until(prepared, run)
        words: dict[str, float | int | str | None] = {
            "metric": metric.name, "slope": found.slope, "low": found.watch_low,
            "limit": metric.reaches if metric.limit is None else metric.limit,
            "earliest": None if until is None else until[0], "latest": None if until is None else until[1],
        }  # fmt: skip
        reasons.append(Sentence("growing-fast" if run.accused else "growing", words))
    elif found is None and gauges.has_growth(prepared):
        ready = settings.warm_up + settings.blocks * settings.block - (state.at - state.began)
        reasons.append(Sentence("growth-unknown", {"metric": metric.name, "minutes": max(1.0, ready / 60.0)}))
    if not reasons:
        reasons.append(Sentence("level-fine", level))
    return tuple(reasons)

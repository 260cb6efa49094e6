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
    """What decides over a counting metric."""

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
    incident: bool
    streak: int
    """How many broken windows stand in a row."""


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
    at, _, bad, total, control_bad, control_total, shown, control_shown = last
    metric, settings = prepared.metric, prepared.settings
    if at is None or state.at - at > settings.fresh or not cuts:
        return unknown(prepared)
    good = goodness.goodness(prepared, run)
    facts = _facts(prepared, run, state.at)
    accused, over, suspected, fired, _, _, _, mode, incident, length = facts
    enough = good.plausible and good.knowledge >= 1.0
    by_evidence = _by_evidence(facts, enough=enough)
    by_streak = _by_streak(fired, length)
    word = _decide(prepared, facts, good, run, by_evidence)
    calls = word == "NO-GO" or fired or over or accused or incident
    wait = NO_WAIT if word == "NO-GO" else goodness.eta(prepared, run, good, state.weight, state.next_weight)
    edge, stage_bad, stage_control_bad, _, _ = cuts[judged]
    stage_total, stage_control_total, _, since_at, _, _, _, _, recent_bad, recent_total, *_ = sums
    needed, absolute_needed = prepared.shown_odds
    against, above = comparison.evidence, absolute.evidence
    return Finding(
        metric.name, word, True, _reasons(prepared, run, facts, good, wait, word),
        bad / total, control_bad / control_total if control_total > 0.0 else None,  # value, control
        shown, control_shown, prepared.threshold if shown is None else metric.limit, good.baseline, edge if prepared.counts_slow else None,
        stage_bad, stage_total, stage_control_bad, stage_control_total, (bad, total, control_bad, control_total),
        good.phi, prepared.prior, settings.go_alpha, against, needed, above, absolute_needed,
        1.0 if accused else _used(prepared, against, above, 0 if mode == "evidence" else length),
        good.knowledge * (1.0 if good.plausible else 0.5), good.excluded, good.tolerated, wait,
        length, metric.streak, streak.control,
        None,  # no slope
        trend.trend(recent_bad, recent_total, stage_bad, stage_total, settings.trend_z),
        None if metric.budget is None else _budget(prepared, run, metric.budget), by_streak, by_evidence, incident, calls, since_at,
        calls or suspected or (mode != "evidence" and length > 0),
        metric.then, metric.weight, metric.key, metric.advisory,
    )  # fmt: skip


def _facts(prepared: Prepared, run: CountRun, now: float) -> Facts:
    _, _, comparison, absolute, accused, sums, streak, last, _ = run
    settings, metric, odds = prepared.settings, prepared.metric, prepared.odds
    control_at, length = last.control_at, streak.length
    alone = control_at is None or now - control_at > 2.0 * metric.every
    against, over = comparison.evidence, absolute.evidence
    fired = prepared.threshold is not None and length >= metric.streak
    return Facts(
        accused or accuses(prepared, comparison, absolute),
        over >= odds.absolute,
        against >= settings.observe_odds or over >= settings.observe_odds,
        fired,
        fired and streak.control >= metric.streak,
        control_at is not None,
        alone,
        (settings.decide_alone if alone else None) or settings.decide_by,
        sums.incident,
        length,
    )


def _by_evidence(facts: Facts, *, enough: bool) -> Word:
    if facts.accused and facts.control:
        return "NO-GO"
    return "GO" if enough and not facts.suspected and not facts.incident else "OBSERVE"


def _by_streak(fired: bool, streak: int) -> Word:
    if fired:
        return "NO-GO"
    return "OBSERVE" if streak > 0 else "GO"


def _decide(prepared: Prepared, facts: Facts, good: Goodness, run: CountRun, by_evidence: Word) -> Word:
    _, _, _, fired, shared, _, alone, mode, _, streak = facts
    if mode == "streak":
        acts = fired
    elif mode == "evidence":
        acts = by_evidence == "NO-GO"
    else:
        # Without a control nobody can be blamed: then the streak needs a count that no healthy canary shows.
        acts = by_evidence == "NO-GO" or (
            fired and not shared and not (alone and _usual_streak(prepared, run, good))
        )
    if acts:
        return "NO-GO"
    # A streak that has begun keeps GO back where it may act.
    fine = by_evidence == "GO" and not fired and (streak == 0 or mode == "evidence")
    return "GO" if fine else "OBSERVE"


def _usual_streak(prepared: Prepared, run: CountRun, good: Goodness) -> bool:
    phi = good.phi
    chance = bounds.tail(run.streak.broken_bad / phi, run.streak.broken_total / phi, min(good.usual, 1.0))
    return chance > 1.0 - prepared.settings.plausible


def _used(prepared: Prepared, against: float, over: float, streak: int) -> float:
    """How far the accuser that has come farthest has come, of 1; `streak`: as far as it may act."""
    needed, over_needed = prepared.log_needed
    used, over_used = _progress(against, needed), _progress(over, over_needed)
    if over_used > used:
        used = over_used
    if streak > 0 and prepared.threshold is not None:
        used = max(used, min(1.0, streak / prepared.metric.streak))
    return used


def _progress(evidence: float, needed: float) -> float:
    """`needed` in nats."""
    if evidence <= 1.0 or needed == math.inf:
        return 0.0
    return min(1.0, math.log(evidence) / needed)


def _budget(prepared: Prepared, run: CountRun, budget: float) -> tuple[float, float | None] | None:
    """When the error budget of both arms is spent, at the rate of the recent requests."""
    if run.sums.stage_seconds <= 0.0:
        return None
    traffic = (run.sums.stage_total + run.sums.stage_control_total) / run.sums.stage_seconds
    bad, total = run.sums.recent_bad + run.sums.ref_bad, run.sums.recent_total + run.sums.ref_total
    return trend.budget_spent(run.sums.spent, budget, bad, total, traffic, prepared.prior)


def _reasons(
    prepared: Prepared, run: CountRun, facts: Facts, good: Goodness, wait: Eta, word: Word
) -> tuple[Sentence, ...]:
    accused, _, suspected, _, _, control, _, _, incident, streak = facts
    found: list[Sentence] = []
    if accused or suspected:
        found = _against(prepared, run, accused=accused, control=control)
    if incident:
        found.append(
            Sentence("incident", {"metric": prepared.metric.name, "bad": run.sums.ref_bad, "total": run.sums.ref_total, "usual": good.baseline})
        )  # fmt: skip
    if streak > 0:
        found.append(_streak_told(prepared, run, facts, word))
    if word != "NO-GO":
        found.append(_evidence_for_go(prepared, run, good, wait))
    return tuple(found)


def _against(prepared: Prepared, run: CountRun, *, accused: bool, control: bool) -> list[Sentence]:
    """What speaks against the canary: control's counts beside its own, and its limit."""
    cuts, judged, comparison, absolute, _, sums, _, _, _ = run
    observe_odds, over = prepared.settings.observe_odds, absolute.evidence
    found: list[Sentence] = []
    if control and prepared.metric.compares and (accused or comparison.evidence >= observe_odds):
        found.append(_accusation(prepared, run, "worse" if accused else "perhaps-worse"))
    if over >= observe_odds and not (accused and control):
        edge, _, _, since_bad, _ = cuts[judged]
        key = "over-limit" if control else "over-limit-without-control"
        found.append(
            Sentence(key, {"metric": prepared.metric.name, "bad": since_bad, "total": sums.since_total, "limit": prepared.threshold,
                           "edge": edge or None, "sure": 1.0 - 1.0 / over})
        )  # fmt: skip
    return found


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
    cuts, _, (bets, _, evidence, _), _, _, sums, _, _, _ = run
    loudest = 0
    if len(cuts) > 1:
        each = len(bets) // len(cuts)
        capitals = [sum(bets[place : place + each]) for place in range(0, len(bets), each)]
        loudest = capitals.index(max(capitals))
    edge, _, _, bad, control_bad = cuts[loudest]
    _, _, _, _, total, control_total, *_ = sums
    control = control_bad / control_total if control_total > 0.0 else 0.0
    canary = bad / total if total > 0.0 else 0.0
    return Sentence(
        key,
        {"metric": prepared.metric.name, "bad": bad, "total": total, "control_bad": control_bad,
         "control_total": control_total, "edge": edge or None, "sure": 1.0 - 1.0 / evidence if evidence > 1.0 else 0.0,
         "ratio": canary / control if control > 0.0 else None},
    )  # fmt: skip


def _evidence_for_go(prepared: Prepared, run: CountRun, good: Goodness, wait: Eta) -> Sentence:
    excluded, tolerated, plausible, _, knowledge, usual, _ = good
    more, minutes, minutes_next = wait
    edge, stage_bad, _, _, _ = run.cuts[run.judged]
    key = "unusual" if not plausible else "excluded" if knowledge >= 1.0 else "too-few"
    return Sentence(
        key,
        {"metric": prepared.metric.name, "bad": stage_bad, "total": run.sums.stage_total,
         "excluded": excluded, "tolerated": tolerated, "more": more, "minutes": minutes,
         "minutes_next": minutes_next, "usual": usual, "edge": edge or None},
    )  # fmt: skip


def of_gauge(prepared: Prepared, run: GaugeRun, state: State) -> Finding:
    """The finding of a level and its growth, as of the last look."""
    _, _, found, accused, at, value, control, _, length, control_length = run
    metric, settings = prepared.metric, prepared.settings
    if at is None or state.at - at > settings.fresh or value is None:
        return unknown(prepared)
    limit, needed = metric.limit, metric.streak
    fired = limit is not None and length >= needed
    shared = fired and control_length >= needed
    watched = found is not None and found.watch_low > settings.growth_watch
    literally = settings.decide_by == "streak" and limit is not None
    acts = fired if literally else accused or (fired and not shared)
    suspect = length > 0 or watched or accused
    word: Word = "NO-GO" if acts else "OBSERVE" if suspect else "GO"
    until = _until(prepared, run) if watched else None
    measurable = 1.0 if found is not None or not gauges.has_growth(prepared) else settings.knowledge_floor
    used = 1.0
    if not acts:
        grown = min(1.0, max(0.0, found.low / settings.growth_stop)) if found is not None else 0.0
        used = max(grown, min(1.0, length / needed)) if length and limit is not None else grown
    return Finding(
        metric.name, word, True, _gauge_reasons(prepared, run, state, fired, shared, watched),
        value, control, None, None, limit, metric.noise,
        needed=prepared.shown_gauge_odds, used=used, knowledge=measurable,
        streak=length, streak_needed=needed, control_streak=control_length,
        slope=None if found is None else (found.slope, found.low, found.high),
        trend="unknown" if found is None else gauges.steepness(found),
        breach_in=None if until is None else (until[0] * HOUR, until[1] * HOUR),
        by_streak=_by_streak(fired, length), by_evidence="NO-GO" if accused else "OBSERVE" if watched else "GO",
        calls=acts or fired or watched, suspect=suspect, incident=shared,
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
    if run.streak == 0 and reasons:
        return tuple(reasons)
    key = "level-fine"
    if run.streak > 0:
        key = "level-shared" if shared else "level-fired" if fired else "level-broken"
    level = Sentence(
        key,
        {"metric": metric.name, "value": run.value, "limit": metric.limit, "streak": run.streak, "needed": metric.streak,
         "control": run.control},
    )  # fmt: skip
    return (level, *reasons)

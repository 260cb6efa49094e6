"""The evidence of a running gate, kept between two looks: read back, moved on by a look, by a stage and by a change of gates, and
held beside the rules' streaks.

What the statistics remember lies in `GateRun.evidence` as versioned text, so that a restart between two looks changes nothing.
The streak has one truth, the gate's own windows: it is put into the engine's state before a verdict is made. Pure; who is called and what is rolled back
stands in `core.rules.gate`.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from operator import is_

from core import weighed_looks, weighing
from core.inputs import Reading
from core.plan.models import Gate, Rule
from core.plan.runbook import Runbook
from core.state import GateRun, RuleRun
from core.usual import Usual
from core.verdict import state as stored
from core.verdict.bets import fresh
from core.verdict.engine import Engine
from core.verdict.looks import Buckets, Counts, Look, Pair
from core.verdict.state import CountRun, Run, State
from core.verdict.verdicts import Finding, Verdict
from core.weighing import Bound, Weighing


@dataclass(frozen=True, eq=False)
class Scales:
    """A gate with the engine that weighs it while it runs. `bound` follows the order of the rules."""

    gate: Gate
    weighed: Weighing
    engine: Engine

    @property
    def bound(self) -> tuple[Bound, ...]:
        """Every rule with what the engine calls it."""
        return self.weighed.bound


@lru_cache(maxsize=256)
def scales(runbook: Runbook, gate: str, usual: Usual = ()) -> Scales:
    """The engine of a gate; `usual`: what a baseline step measured before it. Looks come more often than the rules' windows end: a metric is known as long as its newest data is
    younger than such a window, or a quiet minute would read as missing data."""
    weighed = weighing.weighing(runbook, gate, usual)
    wanted = weighed.gate
    young = max(0.0, (wanted.every - wanted.pace / 2).total_seconds())
    settings = replace(weighed.engine.settings, fresh=young)
    return Scales(wanted, weighed, Engine(settings, [bound.judged for bound in weighed.bound]))


# ---------------------------------------------------------------------------------------------------------- the memory


_MOST_KNOWN = 256
_KNOWN: OrderedDict[str, tuple[State | None]] = OrderedDict()
"""What texts came from or were read as, the newest last: the next look begins with the text that the last one ended with. Looks are
judged and shown in different threads, so each step on it is one that no other thread can come between."""


def _read(text: str) -> State | None:
    """The state in `text`; None where there is none, or one of another version, which begins anew."""
    if not text:
        return None
    if (known := _KNOWN.get(text)) is not None:
        return known[0]
    try:
        state = stored.decode(json.loads(text))
    except ValueError:
        state = None
    _remember(text, state)
    return state


def _written(state: State) -> str:
    text = json.dumps(stored.encode(state), separators=(",", ":"))
    _remember(text, state)
    return text


def _remember(text: str, state: State | None) -> None:
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.popitem(last=False)
    _KNOWN[text] = (state,)


def _seconds(at: datetime) -> float:
    return at.timestamp()


def state_of(runbook: Runbook, run: GateRun) -> State | None:
    """What the statistics of the gate remember; None before they have begun."""
    state = _read(run.evidence)
    return (
        state
        if state is not None and len(state.runs) == len(scales(runbook, run.name, run.usual).bound)
        else None
    )


def verdict_of(runbook: Runbook, run: GateRun) -> Verdict | None:
    """The verdict as of the last look, with the streaks as they stand; None before the first. At the end of a stage it is the one
    on which promotion rests."""
    state = state_of(runbook, run)
    if state is None or state.looks == 0:
        return None
    on = scales(runbook, run.name, run.usual)
    return on.engine.stage_end(with_streaks(on, state, run.rules))


def staged(runbook: Runbook, run: GateRun, number: int, at: datetime) -> GateRun:
    """The gate when a stage begins: its sums are empty, a share of the capital is put down anew. The first stage begins it all."""
    on, state, stage = (
        scales(runbook, run.name, run.usual),
        state_of(runbook, run),
        weighed_looks.stage(runbook, number),
    )
    if state is None:
        return replace(run, evidence=_written(on.engine.begin(_seconds(at), stage)))
    if state.stage == number:
        return run
    return replace(run, evidence=_written(on.engine.stage(state, _seconds(at), stage)))


def carried(runbook: Runbook, before: GateRun, after: GateRun) -> GateRun:
    """The gate `after` with the evidence of the one before it: what a rule has proved goes on where the next gate has the same
    rule, and is laid aside where it has not, for the gate that has it again."""
    state = state_of(runbook, before)
    if state is None:
        return after
    known = _parked(before.parked)
    known |= dict(zip(map(_key, scales(runbook, before.name, before.usual).bound), state.runs, strict=True))
    on = scales(runbook, after.name, after.usual)
    fresh = on.engine.begin(state.at).runs
    runs = tuple(
        known.pop(_key(bound), blank) for bound, blank in zip(on.bound, fresh, strict=True)
    )  # fmt: skip
    parked = "" if not known else json.dumps(
        {"keys": [*known], "state": stored.encode(state._replace(runs=tuple(known.values())))}, separators=(",", ":")
    )  # fmt: skip
    return replace(after, evidence=_written(state._replace(runs=runs)), parked=parked)


def answered(runbook: Runbook, run: GateRun, label: str) -> GateRun:
    """The gate after a person went on in spite of what the rule `label` has found: it must be proved anew to be held against the
    canary again, in this gate and in those after it."""
    state = state_of(runbook, run)
    if state is None:
        return run
    bound = scales(runbook, run.name, run.usual).bound
    runs = tuple(
        _anew(own) if one.rule.label == label else own for one, own in zip(bound, state.runs, strict=True)
    )
    return replace(run, evidence=_written(state._replace(runs=runs)))


def _anew(run: Run) -> Run:
    if not isinstance(run, CountRun):
        return run._replace(floors=(), growth=None, accused=False)
    comparison, absolute = (fresh(len(capital.bets)) for capital in (run.comparison, run.absolute))
    return run._replace(comparison=comparison, absolute=absolute, accused=False)


def _parked(text: str) -> dict[str, Run]:
    if not text:
        return {}
    try:
        kept = json.loads(text)
        return dict(zip(kept["keys"], stored.decode(kept["state"]).runs, strict=True))
    except ValueError:
        return {}


def _key(bound: Bound) -> str:
    """What must be the same for evidence to be about the same thing."""
    one = bound.judged
    shape = (
        one.kind,
        one.limit,
        one.quantile,
        one.compares,
        one.low_is_bad,
        one.growth,
        one.growth_stop,
        one.edges,
    )
    return f"{bound.rule.metric} {shape}"


# -------------------------------------------------------------------------------------------------------------- a look


def weigh(
    runbook: Runbook, before: GateRun, seen: GateRun, readings: Sequence[Reading], at: datetime
) -> tuple[GateRun, Verdict]:
    """(the gate with this look in its evidence and in its rules, the verdict). `seen`: the gate whose windows have been judged;
    `before`: as it was, for what its newest good readings were."""
    on = scales(runbook, seen.name, seen.usual)
    state = state_of(runbook, seen) or on.engine.begin(_seconds(seen.since))
    t, shown_at = _seconds(at), seen.evidence_at
    if t > state.at or (t == state.at and state.looks == 0):
        look = weighed_looks.look(on.weighed, t, state.stage, _known(before, at, on.gate), readings)
        state = on.engine.advance(state, look)
        if _shows_all(on.gate, on.bound, look):
            shown_at = at
    verdict, rules = standing(on, state, seen.rules)
    weighed = replace(
        seen, evidence=_written(state), rules=rules, incident=verdict.incident, evidence_at=shown_at
    )  # fmt: skip
    return weighed, verdict


def standing(on: Scales, state: State, rules: tuple[RuleRun, ...]) -> tuple[Verdict, tuple[RuleRun, ...]]:
    """(the verdict with the streaks as they stand, every rule with what makes it act now)"""
    verdict = on.engine.verdict(with_streaks(on, state, rules))
    return verdict, acting(on, verdict, rules)


def acting(on: Scales, verdict: Verdict, rules: tuple[RuleRun, ...]) -> tuple[RuleRun, ...]:
    """Every rule with what makes it act now, by a verdict with the streaks as they stand."""
    stand = [
        _standing(on.gate, bound.rule, rule, finding)
        for bound, rule, finding in zip(on.bound, rules, verdict.findings, strict=True)
    ]
    return rules if all(map(is_, stand, rules)) else tuple(stand)


def _known(run: GateRun, at: datetime, gate: Gate) -> dict[weighing.Series, tuple[float, Reading]]:
    """The newest good reading of every series; not one so old that it says nothing about now."""
    last = () if run.last_at is None else tuple((run.last_at, r) for r in run.last if r.state == "ok")
    longest = max(gate.patience, at - run.last_at) if run.last_at is not None else gate.patience
    return {
        (reading.metric, reading.track): (_seconds(when), reading)
        for when, reading in (*run.earlier, *last)
        if at - when <= longest
    }


def _shows_all(gate: Gate, bound: Sequence[Bound], look: Look) -> bool:
    """Whether every rule that can act was shown data in this look."""
    acting = [one for one in bound if one.rule.growth_below is None and one.rule.then != "observe"]
    return all(_shows(look.readings.get(one.name)) for one in acting or bound)


def _shows(pair: Pair | None) -> bool:
    arm = None if pair is None else pair.canary
    if isinstance(arm, Counts | Buckets):
        return arm.total > 0.0
    return arm is not None


def with_streaks(on: Scales, state: State, rules: Sequence[RuleRun]) -> State:
    """The state with the streaks of the gate's rules in place of the engine's own."""
    runs = [_with_streak(one, rule, own) for one, rule, own in zip(on.bound, rules, state.runs, strict=True)]
    return state if all(map(is_, runs, state.runs)) else State(*state[:-1], tuple(runs))


def _with_streak(bound: Bound, rule: RuleRun, run: Run) -> Run:
    if bound.rule.growth_below is not None:
        return run
    if isinstance(run, CountRun):
        bad, total = rule.broken
        return run.with_streak(rule.streak, rule.control, bad, total)
    if (run.streak, run.control_streak) == (rule.streak, rule.control):
        return run
    return run._replace(streak=rule.streak, control_streak=rule.control)


def _standing(gate: Gate, rule: Rule, state: RuleRun, found: Finding) -> RuleRun:
    """The rule with what makes it act now, or why its complete streak does not."""
    acts = _acts(gate, rule, state, found)
    held = "" if acts or rule.then == "observe" else _held(gate, rule, state, found)
    if acts == state.acts and held == state.held:
        return state
    began = bool(acts) and not state.acts
    return replace(state, acts=acts, held=held, acted=state.acted + began)  # type: ignore[arg-type]  # the words are these


def _acts(gate: Gate, rule: Rule, state: RuleRun, found: Finding) -> str:
    if gate.decide_by == "streak":
        return "streak" if state.fired_at is not None else ""
    if not found.known:
        return state.acts
    if found.word != "NO-GO":
        return ""
    return "evidence" if found.by_evidence == "NO-GO" else "streak"


def _held(gate: Gate, rule: Rule, state: RuleRun, found: Finding) -> str:
    if gate.decide_by == "streak" or rule.growth_below is not None:
        return ""
    if not found.known:
        return state.held
    if state.fired_at is None:
        return "over" if found.calls and not found.incident else ""
    if state.control >= rule.streak:
        return "shared"
    if found.control is None:
        return "alone" if gate.decide_by == "evidence" else "usual"
    return "unproved"

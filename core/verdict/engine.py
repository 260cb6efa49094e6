"""The door: looks in, verdicts out. Pure, and a state of a few numbers between two looks.

    engine = Engine(Settings(), (Metric("errors", "counts", limit=0.01), Metric("p95", "latency", limit=0.5)))
    state = engine.begin(0.0)
    state, verdict = engine.look(state, Look(300.0, 1, {"errors": Pair(Counts(0, 12), Counts(1, 228))}))

What a canary did is judged by counts of both arms in the same windows. It must not know plans, people or messages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

from core.verdict import bets, counts, gauges, judging, scoring, windows
from core.verdict.looks import Look, Pair, Stage, made
from core.verdict.settings import Metric, Settings
from core.verdict.setup import prepare
from core.verdict.state import CountRun, Run, State
from core.verdict.verdicts import Eta, Finding, Sentence, Verdict, Word

NOTHING = Pair()


class Engine:
    """A gate's statistics: settings and metrics, and what follows from them. It keeps no state of its own.

    State decoded from a gate with other metrics is refused by `look`: ValueError.
    """

    def __init__(self, settings: Settings, metrics: Sequence[Metric]) -> None:
        if not metrics:
            raise ValueError("a gate without metrics can say nothing")
        self.settings = settings
        self.prepared = prepare(settings, metrics)

    def begin(self, t: float, stage: Stage | None = None) -> State:
        """Before the first look: the canary gets its first traffic at `t`."""
        first = stage or Stage(1)
        runs: list[Run] = [
            gauges.begin() if one.metric.kind == "gauge" else counts.begin(one, t) for one in self.prepared
        ]
        return State(t, t, first.number, t, first.weight, first.next_weight, 0.0, 1, 0, tuple(runs))

    def stage(self, state: State, t: float, stage: Stage) -> State:
        """A stage begins: its sums are empty, a share of the capital is put down anew, evidence goes on."""
        left = self.settings.capital_stages - state.staged
        later = self.settings.later_stages
        share = left / 2.0 if later is None else min(left, self.settings.capital_stages / max(1, later))
        runs = tuple([counts.new_stage(run) if isinstance(run, CountRun) else run for run in state.runs])
        return state._replace(
            stage=stage.number, stage_at=t, weight=stage.weight, next_weight=stage.next_weight,
            staged=state.staged + share, stages=state.stages + 1, runs=runs,
        )  # fmt: skip

    def look(self, state: State, look: Look) -> tuple[State, Verdict]:
        """The state after the windows that end with this look, and the verdict. A look not later than the one before is refused: ValueError."""
        after = self.advance(state, look)
        return after, self.verdict(after)

    def advance(self, state: State, look: Look) -> State:
        """The state after the windows that end with this look, for who has something to add before the verdict. ValueError as `look`."""
        if len(state.runs) != len(self.prepared):
            raise ValueError(
                f"the evidence is of {len(state.runs)} metrics, the gate has {len(self.prepared)}"
            )
        if look.t < state.at or (look.t == state.at and state.looks > 0):
            raise ValueError(f"a look at {look.t:g} s is not later than the one before at {state.at:g} s")
        if look.stage != state.stage:
            state = self.stage(state, state.at, Stage(look.stage))
        began, at, stage, stage_at, weight, next_weight, staged, stages, looks, runs = state
        t, get = look.t, look.readings.get
        step = windows.step(self.settings, at, t, self._put(state, t))
        after: list[Run] = []
        for one, run in zip(self.prepared, runs, strict=True):
            pair = get(one.metric.name, NOTHING)
            if isinstance(run, CountRun):
                after.append(counts.advance(one, run, pair, step))
            else:
                after.append(gauges.advance(one, run, pair, began, t))
        return made(
            State, (began, t, stage, stage_at, weight, next_weight, staged, stages, looks + 1, tuple(after))
        )

    def stage_end(self, state: State) -> Verdict:
        """The verdict on which promotion rests: that of the last look. Nothing moves."""
        return self.verdict(state)

    def verdict(self, state: State) -> Verdict:
        """What the state amounts to. The same state gives the same verdict."""
        findings = tuple(
            [
                judging.of_counts(one, run, state)
                if isinstance(run, CountRun)
                else judging.of_gauge(one, run, state)
                for one, run in zip(self.prepared, state.runs, strict=True)
            ]
        )
        return assemble(findings, state, self.settings)

    def _put(self, state: State, t: float) -> float:
        """The capital that is put down by `t`, of 1: fixed beforehand, by the calendar and the stages, never by a count."""
        settings = self.settings
        spread = bets.spread(t - state.began, settings.planned, settings.beyond)
        return settings.capital_start + state.staged + settings.capital_spread * spread


def assemble(findings: Sequence[Finding], state: State, settings: Settings) -> Verdict:
    """One verdict over all metrics: NO-GO if one that may roll back says so; GO only if every one that acts has its evidence."""
    force = [finding for finding in findings if not finding.advisory]
    acting = [finding for finding in force if finding.then != "observe"] or force
    summed = scoring.summed(findings)
    covered = summed.coverage >= settings.coverage_needed
    incident = suspect = calls = False
    for finding in force:
        if finding.incident:
            incident = True
        if finding.suspect:
            suspect = True
        if finding.calls and (finding.incident or finding.then != "observe"):
            calls = True
    word = _word(force, acting, _said, clear=covered and not suspect)
    advised = {f.name: f.word for f in findings if f.advisory} if len(force) < len(findings) else {}
    return Verdict(
        state.at, state.stage, word, scoring.within(word, summed, settings), _reasons(force, word, covered=covered),
        tuple(findings), incident, calls, incident,
        _word(force, acting, _by_streak, clear=covered), _word(force, acting, _by_evidence, clear=covered),
        _longest(acting), advised,
    )  # fmt: skip


_said, _by_streak, _by_evidence = attrgetter("word"), attrgetter("by_streak"), attrgetter("by_evidence")


def _word(
    force: Sequence[Finding], acting: Sequence[Finding], by: Callable[[Finding], Word], *, clear: bool
) -> Word:
    """`clear`: enough is known, and nothing speaks against anybody; `by`: the word of whom; `acting`: of those in force."""
    said = [*map(by, force)]
    if "NO-GO" in said:
        acts = [finding.then for finding, word in zip(force, said, strict=True) if word == "NO-GO"]
        return "NO-GO" if "rollback" in acts else "OBSERVE"
    if not clear:
        return "OBSERVE"
    if len(acting) < len(force):
        said = [*map(by, acting)]
    return "GO" if said.count("GO") == len(said) else "OBSERVE"


def _reasons(force: Sequence[Finding], word: Word, *, covered: bool) -> tuple[Sentence, ...]:
    """The worst first. A GO says what it excludes."""
    told: dict[Word, list[Sentence]] = {"NO-GO": [], "OBSERVE": [], "GO": []}
    known = False
    for finding in force:
        own = finding.word
        if not finding.known:
            told[own] += finding.reasons
            continue
        known = True
        if own == word or finding.suspect:
            told[own] += finding.reasons
    if not known:
        return (Sentence("nothing-known", {}),)
    found = told["NO-GO"] + told["OBSERVE"] + told["GO"]
    if not found:
        found = [reason for finding in force for reason in finding.reasons]
    if not covered:
        share = sum(f.weight for f in force if f.known) / sum(f.weight for f in force)
        found.append(Sentence("coverage", {"known": share}))
    return tuple(found)


def _longest(acting: Sequence[Finding]) -> Eta | None:
    """The wait of the metric that takes longest; None where no metric counts."""
    longest, most = None, -1.0
    for finding in acting:
        wait = finding.eta
        if wait is None:
            continue
        requests = wait.requests
        if requests is None:
            return wait
        if requests > most:
            longest, most = wait, requests
    return longest

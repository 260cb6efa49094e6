"""Recorded looks through a gate of a plan: one line in, the verdict that the running gate would have given out.

The judge is the running gate's: its windows and streaks (`core.gates`), its evidence (`core.gate_evidence`), its recommendation. Only the
bookkeeping of counters is another one, because a recording holds what each look counted (`core.recorded`). Evidence moves with every
line and must take them one after another; what it amounts to follows from it alone. These are two halves, which may stand in two
processes. Pure: it opens and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from core import gate_evidence, gates, weighed_looks
from core.plan.runbook import Runbook
from core.recorded import Windows, moment
from core.replay_tally import Step, Tally
from core.state import RuleRun
from core.verdict import flat, replay
from core.verdict.looks import Gauge, Look
from core.verdict.replay import BadLine, Entry, as_json
from core.verdict.state import State

FIRST_WINDOWS = 2.0
"""Times up to so many windows count from the canary's first traffic; others are of some clock."""


def as_line(step: Step) -> dict[str, Any]:
    """One line of output: the verdict with its arithmetic, its reasons in English."""
    body = as_json(step.verdict, stage_end=step.stage_end)
    body["verdict"] = step.word
    return body


class Moved(NamedTuple):
    """What one line moved, and everything that its verdict follows from: the state with the streaks as they stand, None where the line
    asks for the last verdict once more; and the rules' streaks, None where no window ended with it."""

    state: State | None
    rules: tuple[RuleRun, ...] | None
    stage_end: bool
    unknown: tuple[str, ...]


Plain = tuple[flat.Flat | None, tuple[RuleRun, ...] | None, bool, tuple[str, ...]]
"""What was moved as it goes to another process."""


def plain(moved: Moved) -> Plain:
    """As plain values: half of what it would cost to send a state as it stands."""
    state, rules, stage_end, unknown = moved
    return None if state is None else flat.flat(state), rules, stage_end, unknown


def moved(given: Plain) -> Moved:
    """What was moved, from its plain values: as far as `Judge` needs it."""
    state, rules, stage_end, unknown = given
    return Moved(None if state is None else flat.whole(state), rules, stage_end, unknown)


class Gatherer:
    """The half of a replay that takes lines in order and moves the evidence and the streaks with each. It judges nothing."""

    def __init__(self, runbook: Runbook, gate: str, on: gate_evidence.Scales) -> None:
        self.runbook = runbook
        self.on = on
        self.kinds: dict[str, str] = {bound.rule.metric: bound.shape for bound in on.bound}
        self._known = frozenset(runbook.plan.metrics)
        self._limits = gates.limits(runbook, gate)
        self._rules = gates.begin(gate, runbook, moment(0.0), after=None).rules
        self._gauges: dict[str, tuple[tuple[float, float], ...]] = {}
        self._window = (on.gate.every - min(on.gate.pace, on.gate.every) / 2).total_seconds()
        self._state: State | None = None
        self._opened = 0.0
        self._windows: Windows | None = None

    def feed(self, line: str | bytes, loads: Callable[[str | bytes], Any] = replay.loads) -> Moved:
        """What one line moves. BadLine leaves everything as it was."""
        return self.take(replay.entry(replay.body(line, loads), self.kinds))

    def take(self, entry: Entry) -> Moved:
        """What a line that has been read moves. BadLine for a time that is not later than the one before."""
        state, look = self._state, entry.look
        unknown = tuple([name for name in entry.others if name not in self._known])
        if entry.stage_end and (entry.bare or (state is not None and look.t == state.at)):
            if state is None:
                raise BadLine("a stage ends here, and there was no look before")
            return Moved(None, None, True, unknown)
        if state is None:
            state = self._begin(look)
        elif look.t <= state.at:
            raise BadLine(f"a look at {look.t:g} s is not later than the one before at {state.at:g} s")
        return self._look(state, entry, unknown)

    def _begin(self, look: Look) -> State:
        """Times that start near 0 count from the canary's first traffic; others began one look before the first."""
        gate = self.on.gate
        every = gate.every.total_seconds()
        near = 0.0 <= look.t <= FIRST_WINDOWS * every
        began = 0.0 if near else look.t - gate.pace.total_seconds()
        metrics = {bound.rule.metric: bound.metric for bound in self.on.bound}
        self._opened = began
        self._windows = Windows(metrics, began, gate.patience.total_seconds())
        return self.on.engine.begin(began, weighed_looks.stage(self.runbook, look.stage))

    def _look(self, state: State, entry: Entry, unknown: tuple[str, ...]) -> Moved:
        windows, look, on = self._windows, entry.look, self.on
        assert windows is not None  # noqa: S101  # begun with the state
        t, stage, readings = look.t, look.stage, look.readings
        if stage != state.stage:
            state = on.engine.stage(state, state.at, weighed_looks.stage(self.runbook, stage))
        windows.add(readings, t, self._opened)
        rules = self._close(windows, look) if t - self._opened >= self._window else None
        state = on.engine.advance(state, Look(t, stage, weighed_looks.fed(on.weighed, readings)))
        # The next look goes on from the rules' streaks: then they are the engine's own, but for looks that end a window.
        self._state = gate_evidence.with_streaks(on, state, self._rules)
        return Moved(self._state, rules, entry.stage_end, unknown)

    def _close(self, windows: Windows, look: Look) -> tuple[RuleRun, ...]:
        """The window ends with this look: the streaks after it."""
        samples = windows.close(look.readings, self._opened, look.t)
        since, at = moment(self._opened), moment(look.t)
        self._opened = look.t
        for name, pair in look.readings.items():
            if isinstance(pair.canary, Gauge) and self.runbook.metric(name).gauge is not None:
                kept = self._gauges.get(name, ())[1 - gates.GAUGE_POINTS :]
                self._gauges[name] = (*kept, (look.t / 3600.0, pair.canary.value))
        self._rules = gates.windowed(self._limits, self._rules, samples, self._gauges, since, at)
        return self._rules


class Judge:
    """The half of a replay that says what was moved amounts to. It keeps what acts and what is held, and the tally."""

    def __init__(self, runbook: Runbook, gate: str, on: gate_evidence.Scales) -> None:
        self.on = on
        self.gate = gate
        self.tally = Tally()
        self.tally.enter(gate, on.gate)
        self._rules = gates.begin(gate, runbook, moment(0.0), after=None).rules
        self._last: Step | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The plan's metrics that this gate judges, in the order of its rules."""
        return tuple(dict.fromkeys(bound.rule.metric for bound in self.on.bound))

    def step(self, moved: Moved) -> Step:
        """The verdict of a line. What was moved comes in the order of the lines."""
        state, rules, stage_end, unknown = moved
        if state is None:
            assert self._last is not None  # noqa: S101  # the gatherer refuses a stage's end before the first look
            self._last = replace(self._last, stage_end=True, unknown=unknown)
            return self._last
        if rules is not None:
            self._rules = tuple(map(_acting_on, rules, self._rules))
        verdict = self.on.engine.verdict(state)
        self._rules = gate_evidence.acting(self.on, verdict, self._rules)
        word = gates.recommend(self.on.gate, self._rules, verdict)
        self._last = Step(self.gate, state.at, state.stage, word, verdict, self._rules, stage_end, unknown)
        self.tally.add(self._last)
        return self._last


def _acting_on(counted: RuleRun, before: RuleRun) -> RuleRun:
    """A rule's new streak with what it did until now."""
    if (before.acts, before.held, before.acted) == (counted.acts, counted.held, counted.acted):
        return counted
    return replace(counted, acts=before.acts, held=before.held, acted=before.acted)


class Player:
    """A replay under way, both halves of it: feed it lines in order."""

    def __init__(self, runbook: Runbook, gate: str) -> None:
        on = gate_evidence.scales(runbook, gate)
        self.gatherer = Gatherer(runbook, gate, on)
        self.judge = Judge(runbook, gate, on)

    def feed(self, line: str | bytes, loads: Callable[[str | bytes], Any] = replay.loads) -> Step:
        """What one line comes to. BadLine leaves everything as it was."""
        return self.judge.step(self.gatherer.feed(line, loads))

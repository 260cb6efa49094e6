"""Recorded looks through a gate of a plan: one line in, the verdict that the running gate would have given out.

The judge is the running gate's: its windows and streaks (`core.gates`), its evidence (`core.gate_evidence`), its recommendation. Only the
bookkeeping of counters is another one, because a recording holds what each look counted (`core.recorded`). Pure: it opens
and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core import gate_evidence, gates, weighed_looks
from core.plan.runbook import Runbook
from core.recorded import Windows, moment
from core.replay_tally import Step, Tally
from core.verdict import replay
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


class Player:
    """A replay under way: feed it lines in order. It keeps the gate between them, and the tally."""

    def __init__(self, runbook: Runbook, gate: str) -> None:
        self.runbook = runbook
        self.on = gate_evidence.scales(runbook, gate)
        self.gate = gate
        self.tally = Tally()
        self.tally.enter(gate, self.on.gate)
        self.kinds: dict[str, str] = {bound.rule.metric: bound.shape for bound in self.on.bound}
        self._known = frozenset(runbook.plan.metrics)
        self._limits = gates.limits(runbook, gate)
        self._rules = gates.begin(gate, runbook, moment(0.0), after=None).rules
        self._gauges: dict[str, tuple[tuple[float, float], ...]] = {}
        self._window = (self.on.gate.every - min(self.on.gate.pace, self.on.gate.every) / 2).total_seconds()
        self._state: State | None = None
        self._last: Step | None = None
        self._opened = 0.0
        self._windows: Windows | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The plan's metrics that this gate judges, in the order of its rules."""
        return tuple(self.kinds)

    def feed(self, line: str | bytes, loads: Callable[[str | bytes], Any] = replay.loads) -> Step:
        """What one line comes to. BadLine leaves everything as it was."""
        return self.take(replay.entry(replay.body(line, loads), self.kinds))

    def take(self, entry: Entry) -> Step:
        """What a line that has been read comes to. BadLine for a time that is not later than the one before."""
        state = self._state
        unknown = tuple(name for name in entry.others if name not in self._known)
        again = state is not None and self._last is not None and entry.look.t == state.at
        if entry.stage_end and (entry.bare or again):
            if self._last is None:
                raise BadLine("a stage ends here, and there was no look before")
            step = replace(self._last, stage_end=True, unknown=unknown)
            self._last = step
            return step
        if state is None:
            state = self._begin(entry.look)
        elif entry.look.t <= state.at:
            raise BadLine(f"a look at {entry.look.t:g} s is not later than the one before at {state.at:g} s")
        step = self._look(state, entry, unknown)
        self._last = step
        self.tally.add(step)
        return step

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

    def _look(self, state: State, entry: Entry, unknown: tuple[str, ...]) -> Step:
        windows, look, on = self._windows, entry.look, self.on
        assert windows is not None  # noqa: S101  # begun with the state
        t, stage, readings = look.t, look.stage, look.readings
        if stage != state.stage:
            state = on.engine.stage(state, state.at, weighed_looks.stage(self.runbook, stage))
        windows.add(readings, t, self._opened)
        if t - self._opened >= self._window:
            self._close(windows, look)
        self._state = state = on.engine.advance(
            state, Look(t, stage, weighed_looks.fed(on.weighed, readings))
        )
        verdict, self._rules = gate_evidence.standing(on, state, self._rules)
        word = gates.recommend(on.gate, self._rules, verdict)
        return Step(self.gate, t, stage, word, verdict, self._rules, entry.stage_end, unknown)

    def _close(self, windows: Windows, look: Look) -> None:
        """The window ends with this look: the rules after it."""
        samples = windows.close(look.readings, self._opened, look.t)
        since, at = moment(self._opened), moment(look.t)
        self._opened = look.t
        for name, pair in look.readings.items():
            if isinstance(pair.canary, Gauge) and self.runbook.metric(name).gauge is not None:
                kept = self._gauges.get(name, ())[1 - gates.GAUGE_POINTS :]
                self._gauges[name] = (*kept, (look.t / 3600.0, pair.canary.value))
        self._rules = gates.windowed(self._limits, self._rules, samples, self._gauges, since, at)

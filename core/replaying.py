"""Recorded looks through a gate of a plan: one line in, the verdict that the running gate would have given out.

The judge is the running gate's: its windows and streaks (`core.gates`), its evidence (`core.gate_evidence`), its recommendation. Only the
bookkeeping of counters is another one, because a recording holds what each look counted (`core.recorded`). Pure: it opens
and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from core import gate_evidence, gates, weighed_looks
from core.plan.runbook import Runbook
from core.recorded import Windows, moment
from core.replay_tally import Step, Tally
from core.state import GateRun, RuleRun
from core.verdict import replay
from core.verdict.looks import Gauge, Look, Pair
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
        self._run = GateRun(gate, moment(0.0), moment(0.0), rules=gates.begin(gate, runbook, moment(0.0), after=None).rules)  # fmt: skip
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
        else:
            if state is None:
                state = self._begin(entry.look)
            elif entry.look.t <= state.at:
                raise BadLine(
                    f"a look at {entry.look.t:g} s is not later than the one before at {state.at:g} s"
                )
            step = replace(self._look(state, entry.look), stage_end=entry.stage_end, unknown=unknown)
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

    def _look(self, state: State, look: Look) -> Step:
        windows, gate = self._windows, self.on.gate
        assert windows is not None  # noqa: S101  # begun with the state
        if look.stage != state.stage:
            state = self.on.engine.stage(state, state.at, weighed_looks.stage(self.runbook, look.stage))
        windows.add(look.readings, look.t, self._opened)
        rules = self._run.rules
        if look.t - self._opened >= (gate.every - min(gate.pace, gate.every) / 2).total_seconds():
            rules = self._close(windows, look)
        state = self.on.engine.advance(
            state, Look(look.t, look.stage, weighed_looks.fed(self.on.weighed, look.readings))
        )
        verdict, rules = gate_evidence.standing(self.on, state, rules)
        self._run, self._state = replace(self._run, rules=rules), state
        word = gates.recommend(self.runbook, self._run, verdict)
        return Step(self.gate, look.t, look.stage, word, verdict, rules)

    def _close(self, windows: Windows, look: Look) -> tuple[RuleRun, ...]:
        """The rules after the window that ends with this look."""
        samples = windows.close(look.readings, self._opened, look.t)
        since, at = moment(self._opened), moment(look.t)
        self._opened = look.t
        self._run = replace(self._run, samples=samples, gauges=self._gauges(look.readings, look.t))
        return gates.windowed(self.runbook, self._run, since, at)

    def _gauges(
        self, seen: Mapping[str, Pair], t: float
    ) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
        """The canary's gauges, as a gate keeps them for its growth."""
        kept = dict(self._run.gauges)
        for name, pair in seen.items():
            if self.runbook.metric(name).gauge is not None and isinstance(pair.canary, Gauge):
                kept[name] = (*kept.get(name, ()), (t / 3600.0, pair.canary.value))[-gates.GAUGE_POINTS :]
        return tuple(sorted(kept.items()))

"""A state as flat lists of plain values, so that another process can judge it at little cost: what a verdict follows from, no more.

It is not the stored form (`state.encode`): nothing can go on from it, and both ends are always of the same program.
"""

from __future__ import annotations

from typing import Any

from core.verdict.bets import Capital
from core.verdict.dispersion import Scatter
from core.verdict.growth import Block, Growth
from core.verdict.state import CountRun, Cut, GaugeRun, Last, State, Streak, Sums

_CUT, _SUMS, _SCATTER, _STREAK, _LAST = (
    len(Cut._fields), len(Sums._fields) - 1, len(Scatter._fields), len(Streak._fields), len(Last._fields),
)  # fmt: skip
_HEAD = 7
_NO_BLOCK = Block(0)
_record = tuple.__new__  # a named tuple of values that are known to be as many as it has fields

Flat = tuple[list[Any], list[list[Any]]]
"""(the gate's own values, every run's)"""


def flat(state: State) -> Flat:
    """The state's values in the order of its fields. Left out is what only the next look needs: capital that nobody judges by, and the
    floors of gauges."""
    return [*state[:-1]], [
        _of_counts(run) if isinstance(run, CountRun) else _of_gauge(run) for run in state.runs
    ]


def _of_gauge(run: GaugeRun) -> list[Any]:
    growth = run.growth
    return [None if growth is None else tuple(growth), *run[3:]]


def _of_counts(run: CountRun) -> list[Any]:
    cuts, judged, comparison, absolute, accused, sums, streak, last, early = run
    values = [judged, accused, early, comparison.evidence, absolute.evidence, len(cuts), len(comparison.bets)]
    values += comparison.bets
    values += sums[:-1]
    values += sums.scatter
    values += streak
    values += last
    for cut in cuts:
        values += cut
    return values


def whole(given: Flat) -> State:
    """The state again, as far as a verdict needs it."""
    gate, runs = given
    return _record(
        State, (*gate, tuple([_counts(run) if len(run) > _LEVEL else _gauge(run) for run in runs]))
    )


_LEVEL = len(GaugeRun._fields) - 2
"""So many values has a gauge. A metric that counts has more, whatever its cuts."""


def _counts(values: list[Any]) -> CountRun:
    judged, accused, early, against, over, cuts, bets = values[:_HEAD]
    sums = _HEAD + bets
    scatter = sums + _SUMS
    streak = scatter + _SCATTER
    last = streak + _STREAK
    first = last + _LAST
    return CountRun(
        tuple([_record(Cut, values[at : at + _CUT]) for at in range(first, first + cuts * _CUT, _CUT)]), judged,
        Capital(tuple(values[_HEAD:sums]), 0.0, against), Capital((), 0.0, over), accused,
        _record(Sums, (*values[sums:scatter], _record(Scatter, values[scatter:streak]))),
        _record(Streak, values[streak:last]), _record(Last, values[last:first]), early,
    )  # fmt: skip


def _gauge(values: list[Any]) -> GaugeRun:
    growth, *level = values
    return GaugeRun(_NO_BLOCK, (), None if growth is None else Growth(*growth), *level)

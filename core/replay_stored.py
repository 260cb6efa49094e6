"""The looks of a deployment once more, from the readings that were stored: the running gate itself, look by look, without anything
that followed from it.

Gates change and stages begin where they did. Pure; who reads the rows is elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import gate_evidence, gates, usual
from core.effects import Fact
from core.inputs import Reading
from core.plan.runbook import Runbook
from core.replay_tally import Step, Tally
from core.state import GateRun

SET = "traffic-set"
"""The fact that says that a stage has begun."""
KEPT = (SET, usual.BASELINE)
"""The facts that a replay needs besides the looks."""


@dataclass(frozen=True)
class StoredLook:
    """What one look read. `at`: plan time."""

    gate: str
    at: datetime
    readings: tuple[Reading, ...]


def stages(runbook: Runbook, facts: Iterable[tuple[datetime, Fact]]) -> tuple[tuple[datetime, int], ...]:
    """When which stage began, (plan time, its number from 1), from the facts of a journal in their order."""
    found = []
    for at, fact in facts:
        if fact.key == SET:
            placed = runbook.find(str(dict(fact.words).get("step", "")))
            if placed is not None and placed.stage > 0:
                found.append((at, placed.stage))
    return tuple(found)


def replayed(
    runbook: Runbook, looks: Iterable[StoredLook], stages: Sequence[tuple[datetime, int]], tally: Tally, *,
    facts: Sequence[tuple[datetime, Fact]] = (),
) -> Iterator[Step]:  # fmt: skip
    """Every look's verdict, in order, also in the tally; times are unix seconds of plan time. Looks of gates, and
    readings of metrics, that the plan does not have are passed over: it may be another than the deployment's. `facts`: of the journal, for what a
    baseline step measured."""
    run: GateRun | None = None
    left, stage = list(stages), 1
    for look in looks:
        if look.gate not in runbook.plan.gates:
            continue
        began = _began(left, look.at)
        if run is None or run.name != look.gate:
            tally.enter(look.gate, runbook.gate(look.gate))
            begins = began or look.at
            run = gates.begin(look.gate, runbook, begins, after=run, usual=usual.known(facts, begins))
        while left and left[0][0] <= look.at:
            at, stage = left.pop(0)
            run = gate_evidence.staged(runbook, run, stage, at)
        readings = tuple(one for one in look.readings if one.metric in runbook.plan.metrics)
        judged = gates.judge(runbook, run, readings, look.at)
        run = judged.run
        step = Step(look.gate, look.at.timestamp(), stage, run.recommendation, judged.verdict, run.rules)
        tally.add(step)
        yield step


def _began(left: Sequence[tuple[datetime, int]], at: datetime) -> datetime | None:
    """When the stage began with which this look's gate came, if one did since the look before."""
    return left[0][0] if left and left[0][0] <= at else None

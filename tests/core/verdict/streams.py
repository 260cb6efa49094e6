"""Looks for the tests of the statistics: seeded streams of counts, and strategies of hypothesis for any of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from core.verdict.engine import Engine
from core.verdict.looks import Buckets, Counts, Gauge, Look, Pair
from core.verdict.settings import DecideBy, Metric, Settings
from core.verdict.state import State, decode, encode
from core.verdict.verdicts import Verdict

EDGES = (100.0, 250.0, 500.0, 1000.0, math.inf)
ERRORS = Metric("errors", "counts", limit=0.01, usual=0.001)
P95 = Metric("p95", "latency", limit=500.0, edges=(100.0, 250.0, 500.0))
MEMORY = Metric("memory", "gauge", limit=85.0, streak=2)


def engine(*metrics: Metric, decide_by: DecideBy = "either", **changes: float) -> Engine:
    """An engine over these metrics, else over errors alone."""
    return Engine(Settings(decide_by=decide_by, **changes), metrics or (ERRORS,))  # type: ignore[arg-type]  # floats only


def errors(bad: float, total: float, control_bad: float = 0.0, control_total: float = 0.0) -> Pair:
    """A window of errors; no control without control requests."""
    control = Counts(control_bad, control_total) if control_total else None
    return Pair(Counts(bad, total), control)


def histogram(*counts: float) -> Buckets:
    """Cumulative counts at EDGES."""
    return Buckets(EDGES, counts)


def play(
    judge: Engine, pairs: Iterable[Pair], *, name: str = "errors", every: float = 300.0
) -> list[Verdict]:
    """The verdicts of looks at one metric."""
    return walk(judge, [{name: pair} for pair in pairs], every=every)[1]


def walk(
    judge: Engine,
    readings: Sequence[dict[str, Pair]],
    *,
    every: float = 300.0,
    restart: bool = False,
    stage_of: int = 10_000,
) -> tuple[State, list[Verdict]]:
    """State and verdicts after these looks; `restart`: through stored JSON between any two; `stage_of`: a new stage every so many looks."""
    state, said = judge.begin(0.0), []
    for number, reading in enumerate(readings, 1):
        if restart:
            state = decode(json.loads(json.dumps(encode(state))))
        state, verdict = judge.look(state, Look(number * every, 1 + number // stage_of, reading))
        said.append(verdict)
    return state, said


@st.composite
def windows(draw: st.DrawFn) -> Pair:
    """Any window of errors: both arms, one of them or none."""
    canary = draw(st.none() | counted(60))
    control = draw(st.none() | counted(900))
    return Pair(canary, control)


@st.composite
def counted(draw: st.DrawFn, most: int) -> Counts:
    """Counts that can be."""
    total = draw(st.integers(0, most))
    return Counts(draw(st.integers(0, min(total, 40))), total)


@st.composite
def histograms(draw: st.DrawFn) -> Buckets:
    """A histogram over EDGES."""
    counts = sorted(draw(st.lists(st.integers(0, 200), min_size=5, max_size=5)))
    return histogram(*counts)


def readings() -> st.SearchStrategy[dict[str, Pair]]:
    """Any look at errors, p95 and memory."""
    gauge = st.none() | st.builds(Gauge, st.floats(0, 100))
    shape = st.none() | histograms()
    return st.fixed_dictionaries(
        {"errors": windows(), "p95": st.builds(Pair, shape, shape), "memory": st.builds(Pair, gauge, gauge)}
    )

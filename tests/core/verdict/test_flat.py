"""A state that went to another process as flat values gives the verdict that it gave before."""

from __future__ import annotations

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from core.verdict.engine import Engine
from core.verdict.flat import flat, whole
from core.verdict.looks import Buckets, Counts, Gauge, Look, Pair
from core.verdict.settings import Metric, Settings

METRICS = (
    Metric("errors", "counts", limit=0.01),
    Metric("p95", "latency", limit=0.5),
    Metric("memory", "gauge", limit=85.0),
)
EDGES = (0.1, 0.5, float("inf"))
look = st.tuples(
    st.integers(1, 4), st.sampled_from([0, 0, 0, 1, 12]), st.sampled_from([0, 1, 25]), st.floats(40, 99), st.sampled_from([0, 1, 30]),
    st.sampled_from(["both", "both", "canary", "control", "nothing"]),
)  # fmt: skip


def arms(requests: int, bad: int, slow: int, memory: float) -> dict[str, Counts | Buckets | Gauge]:
    counts = (float(requests // 2), float(requests - slow), float(requests))
    return {
        "errors": Counts(float(bad), float(requests)), "p95": Buckets(EDGES, counts), "memory": Gauge(memory),
    }  # fmt: skip


@given(st.lists(look, min_size=1, max_size=60), st.sampled_from([0.0, 0.05]))
@settings(max_examples=60)
def test_the_verdict_survives_the_way(
    looks: list[tuple[int, int, int, float, int, str]], step: float
) -> None:
    engine = Engine(Settings(), METRICS)
    state, t = engine.begin(0.0), 0.0
    for number, (minutes, bad, slow, memory, others, there) in enumerate(looks):
        t += 60.0 * minutes
        canary = arms(60, bad, slow, memory + step * t / 60.0) if there in {"both", "canary"} else {}
        control = arms(1140, others, 30, 60.0) if there in {"both", "control"} else {}
        readings = {one.name: Pair(canary.get(one.name), control.get(one.name)) for one in METRICS}
        state = engine.advance(state, Look(t, 1 + number // 20, readings))
        again = whole(pickle.loads(pickle.dumps(flat(state))))  # noqa: S301  # made on this very line
        assert engine.verdict(again) == engine.verdict(state)

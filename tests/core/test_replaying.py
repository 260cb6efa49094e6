"""A replay says what the running gate said of the same counts: through cumulative readings on one side, lines on the other."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from draws import draws
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core import gate_evidence, gates
from core.inputs import Reading
from core.plan.runbook import Runbook, read_runbook
from core.recorded import ORIGIN
from core.replaying import Player

SMALL = (Path(__file__).parent / "plan" / "small.yml").read_text(encoding="utf-8")
RULES = """      - {metric: errors, below: 1%, streak: 3, then: rollback}
      - {metric: p95, below: 500ms, streak: 2, then: call}
      - {metric: memory, below: 85%, streak: 2, then: rollback}
      - {metric: memory, growth-below: 1%/h}
      - {metric: rps, above: 0.05/s, then: observe}
"""
EDGES = (100.0, 250.0, 500.0, float("inf"))


def plan(keys: str = "", rules: str = RULES) -> Runbook:
    head, rest = SMALL.split("    rules:\n", 1)
    return read_runbook(f"{head}{keys}    rules:\n{rules}{rest[rest.index('actions:') :]}")


def shown(requests: int, bad: int, slow: int, memory: float, seconds: float) -> dict[str, Any]:
    """What one track showed in one look, as in a line, by metric."""
    fast = requests - slow
    return {
        "errors": {"bad": bad, "total": requests},
        "p95": {"buckets": [["100", fast // 2], ["250", fast], ["500", fast], ["+Inf", requests]]},
        "memory": {"value": memory},
        "rps": {"value": requests / seconds},
    }


class Running:
    """The running gate, looked at through counters."""

    def __init__(self, runbook: Runbook) -> None:
        self.runbook = runbook
        self.run = gates.begin("canary", runbook, ORIGIN, after=None)
        self.run = gate_evidence.staged(runbook, self.run, 1, ORIGIN)
        self.sums: dict[tuple[str, str], tuple[float, ...]] = {}
        self.seen = 0.0
        nothing = {name: arm for name, arm in shown(0, 0, 0, 0.0, 1.0).items() if name != "memory"}
        self.look(0.0, 1, {"canary": nothing, "control": nothing}, 1.0)

    def look(self, t: float, stage: int, arms: dict[str, dict[str, Any]], seconds: float) -> gates.Look:
        at = ORIGIN + timedelta(seconds=t)
        self.run = gate_evidence.staged(self.runbook, self.run, stage, self.run.last_at or at)
        readings = []
        tracks: tuple[Literal["canary", "control"], ...] = ("canary", "control")
        for track in tracks:
            metrics = arms[track]
            for name in ("errors", "p95", "memory", "rps"):
                if name not in metrics:
                    readings.append(Reading(name, track, "no-data"))
                    continue
                readings.append(
                    Reading(name, track, "ok", self._counted(name, track, metrics[name], seconds))
                )
        look = gates.judge(self.runbook, self.run, readings, at)
        self.run = look.run
        return look

    def _counted(self, name: str, track: str, metric: dict[str, Any], seconds: float) -> tuple[float, ...]:
        if name == "memory":
            return (metric["value"],)
        if name == "errors":
            more: tuple[float, ...] = (metric["bad"], metric["total"])
        elif name == "rps":
            more = (round(metric["value"] * seconds),)
        else:
            more = tuple(count for _, count in metric["buckets"])
        was = self.sums.get((name, track), (0.0,) * len(more))
        now = self.sums[name, track] = tuple(a + b for a, b in zip(was, more, strict=True))
        return now if name != "p95" else tuple(f for pair in zip(EDGES, now, strict=True) for f in pair)


look = st.tuples(
    st.integers(1, 40), st.sampled_from([0, 0, 0, 1, 3]), st.sampled_from([0, 1, 5]), st.floats(40, 95),
    st.integers(50, 400), st.sampled_from([0, 1, 2]), st.booleans(),
)  # fmt: skip


class Recorder:
    """What a recording holds of such looks: a rate is over the time since its series was last seen."""

    def __init__(self) -> None:
        self.seen = {"canary": 0.0, "control": 0.0}

    def arm(self, track: str, t: float, present: bool, look: tuple[int, int, int, float]) -> dict[str, Any]:
        if not present:
            return {}
        requests, bad, slow, memory = look
        found = shown(requests, min(bad, requests), min(slow, requests), memory, t - self.seen[track])
        self.seen[track] = t
        return found


@given(
    st.lists(look, min_size=6, max_size=40),
    st.sampled_from(["", "    decide-by: streak\n", "    decide-by: either\n", "    decide-by: evidence\n"]),
    st.sampled_from([60.0, 300.0]),
    st.sampled_from(["both", "canary", "silences"]),
)
@settings(max_examples=draws(60), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_the_replay_says_what_the_running_gate_said(
    looks: list[tuple[Any, ...]], keys: str, seconds: float, shape: str
) -> None:
    """Also without a control, and through silences of both arms; streaks, what acts and what is held, score and reasons."""
    runbook = plan(keys)
    running, player, recorder = Running(runbook), Player(runbook, "canary"), Recorder()
    for number, (requests, bad, slow, memory, others, other_bad, answers) in enumerate(looks, 1):
        t, stage = number * seconds, 1 + number // 15
        # After a silence longer than the gate's patience a counter says nothing about now, and nothing can be recorded of it.
        there = shape != "silences" or answers or t - running.seen >= 900.0
        arms = {
            "canary": recorder.arm("canary", t, there, (requests, bad, slow, memory)),
            "control": recorder.arm("control", t, there and shape != "canary", (others, other_bad, 3, 50.0)),
        }
        said = running.look(t, stage, arms, t - running.seen)
        running.seen = t if there else running.seen
        metrics = {name: {track: arms[track].get(name) for track in arms} for name in ("errors", "p95", "memory", "rps")}  # fmt: skip
        step = player.feed(json.dumps({"t": t, "stage": stage, "metrics": metrics}))
        assert [(run.streak, run.control, run.acts, run.held) for run in step.rules] == [
            (run.streak, run.control, run.acts, run.held) for run in running.run.rules
        ]
        assert (step.word, step.verdict.score, step.verdict.calls) == (
            said.run.recommendation, said.verdict.score, said.verdict.calls,
        )  # fmt: skip
        assert [reason.key for reason in step.verdict.reasons] == [r.key for r in said.verdict.reasons]

"""(e) `captain replay`: how many recorded looks a second it judges and how long it takes to begin, as processes that people start.

The floor of a look is JSON alone: every line read and every answer written by the same library, and nothing in between. The floor of
the beginning is an interpreter that has imported what plans are read with. Three rules are errors, one histogram and one gauge; seven are
those of the shipped plan, over six histograms. A replay gathers in one process and judges in another, so it wants two free processors.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, percentile
from benchmarks.processes import Failed

GOAL_US = 200.0
"""5,000 looks a second."""
EDGES = (
    ("50", 0.02),
    ("100", 0.24),
    ("200", 0.76),
    ("300", 0.93),
    ("500", 0.993),
    ("800", 0.999),
    ("1200", 1.0),
    ("+Inf", 1.0),
)
SMALL = Path(__file__).parents[1] / "tests" / "core" / "plan" / "small.yml"
THREE = ("errors", "p95", "memory")
SEVEN = ("errors", "p50", "p95", "p99", "recommendation", "memory")
CAPTAIN = ("-m", "bot", "replay", "--json")
LIBRARIES = "import argparse, datetime, pydantic, pydantic_core, yaml, zoneinfo"
JSON_ALONE = (
    "import sys; from pydantic_core import from_json, to_json; "
    "answers = [from_json(line) for line in open(sys.argv[2], 'rb')]; "
    "[(from_json(line), sys.stdout.buffer.write(to_json(answer))) for line, answer in zip(open(sys.argv[1], 'rb'), answers)]"
)
ANSWERS_READ = (
    "import sys; from pydantic_core import from_json; [from_json(line) for line in open(sys.argv[2], 'rb')]"
)


@dataclass(frozen=True)
class Recording:
    """A plan, its samples in a file, and what is said of them: `answers`."""

    plan: str
    samples: Path
    answers: Path
    looks: int


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of processor time in all processes."""

    clock: float
    processor: float


async def measure(folder: Path, *, looks: int, times: int) -> list[Figure]:
    """A look by three rules, from a file and from a stream, one by seven, and the beginning."""
    return await asyncio.to_thread(_measure, folder, looks, times)


def _measure(folder: Path, looks: int, times: int) -> list[Figure]:
    three = _recorded(folder, "three", str(SMALL), [_look(number, THREE) for number in range(1, looks + 1)])
    seven = _recorded(
        folder, "seven", "ion-deployment-day", [_look(number, SEVEN) for number in range(1, looks + 1)]
    )
    of_three, begun = (
        [_ran((*CAPTAIN, one.plan, "--samples", str(_first(folder, one)))) for _ in range(times)]
        for one in (three, seven)
    )
    bare = [_ran(("-c", LIBRARIES)) for _ in range(times)]
    return [
        _a_look("a look by three rules, from a file", three, of_three, times),
        _a_look("a look by three rules, from a stream", three, of_three, times, stream=True),
        _a_look("a look by seven rules, from a file", seven, begun, times),
        Figure("a replay begins", _median(begun).processor * 1000.0, "ms", floor=_median(bare).processor * 1000.0,
               note="one look, processor time"),
    ]  # fmt: skip


def _a_look(
    name: str, recording: Recording, begun: Sequence[Took], times: int, *, stream: bool = False
) -> Figure:
    """By the clock, the beginning taken off; the floor reads and writes the same JSON in one process."""
    given = ("-",) if stream else (str(recording.samples),)
    files = str(recording.samples), str(recording.answers)
    took, floors = [], []
    for _ in range(times):
        took.append(
            _ran((*CAPTAIN, recording.plan, "--samples", *given), recording.samples if stream else None)
        )
        both, read = (_ran(("-c", program, *files)) for program in (JSON_ALONE, ANSWERS_READ))
        floors.append(both.clock - read.clock)
    each, start = 1e6 / (recording.looks - 1), _median(begun)
    clock, processor = _median(took).clock - start.clock, _median(took).processor - start.processor
    return Figure(
        name, clock * each, "us", floor=percentile(floors, 0.5) * each, goal=GOAL_US,
        note=f"{1e6 / (clock * each):,.0f} looks a second, {processor * each:.0f} us of processor time each",
    )  # fmt: skip


def _recorded(folder: Path, name: str, plan: str, looks: Sequence[dict[str, Any]]) -> Recording:
    samples, answers = folder / f"{name}.jsonl", folder / f"{name}-answers.jsonl"
    samples.write_text("".join([json.dumps(look) + "\n" for look in looks]), encoding="utf-8")
    subprocess.run(  # noqa: S603  # this very interpreter
        [sys.executable, *CAPTAIN, plan, "--samples", str(samples)], stdout=answers.open("wb"), stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return Recording(plan, samples, answers, len(looks))


def _first(folder: Path, recording: Recording) -> Path:
    one = folder / "one.jsonl"
    one.write_text(recording.samples.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    return one


def _median(took: Sequence[Took]) -> Took:
    return Took(
        percentile([one.clock for one in took], 0.5), percentile([one.processor for one in took], 0.5)
    )


def _ran(arguments: tuple[str, ...], given: Path | None = None) -> Took:
    """A Python process from its beginning to its end. Failed when it ends badly."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with Path(os.devnull if given is None else given).open("rb") as stream:
        done = subprocess.run(  # noqa: S603  # this very interpreter
            [sys.executable, *arguments], stdin=stream, capture_output=True, check=False
        )
    clock, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise Failed(f"{' '.join(arguments)[:80]} ended: {done.stderr.decode(errors='replace')[-2000:]}")
    return Took(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _look(number: int, names: Sequence[str]) -> dict[str, Any]:
    """A look a minute at a healthy canary with a twentieth of the traffic: no count is that of the look before it."""
    arms = {"canary": 30 + number * 37 % 23, "control": 570 + number * 91 % 230}
    shapes: dict[str, Callable[[int, int], dict[str, Any]]] = {
        "errors": lambda total, turn: {"bad": int(turn % 11 == 0), "total": total},
        "latency": lambda total, turn: {"buckets": _buckets(total, turn % 5 / 400.0)},
        "recommendation": lambda total, turn: {"buckets": _buckets(total, 0.2 + turn % 5 / 400.0)},
        "memory": lambda total, turn: {
            "value": round(61.0 + 3.0 * math.sin(number / 9.0) + turn % 7 / 10.0, 2)
        },
    }
    made = {
        name: {arm: shape(total, number * (3 if arm == "canary" else 5)) for arm, total in arms.items()}
        for name, shape in shapes.items()
    }
    metrics = {name: made.get(name, made["latency"]) for name in names}
    return {"t": number * 60, "stage": 1 + number // 700, "metrics": metrics}


def _buckets(total: int, faster: float) -> list[list[str | int]]:
    return [[edge, min(total, math.floor(total * min(1.0, share + faster)))] for edge, share in EDGES]

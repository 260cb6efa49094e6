"""(e) `captain replay`: what a recorded look costs and how long it takes to begin, as processes that people start, in processor time.

The floor of a look is JSON alone: every line read and every answer written by the same library, and nothing in between. The floor of
the beginning is an interpreter that has imported what plans are read with. Seven rules of the shipped plan judge each look.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import resource
import subprocess
import sys
from collections.abc import Callable
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
LIBRARIES = "import argparse, datetime, pydantic, pydantic_core, yaml, zoneinfo"
JSON_ALONE = (
    "import sys; from pydantic_core import from_json, to_json; "
    "answers = [from_json(line) for line in open(sys.argv[2], 'rb')]; "
    "[(from_json(line), sys.stdout.buffer.write(to_json(answer))) for line, answer in zip(open(sys.argv[1], 'rb'), answers)]"
)
ANSWERS_READ = (
    "import sys; from pydantic_core import from_json; [from_json(line) for line in open(sys.argv[2], 'rb')]"
)


async def measure(folder: Path, *, looks: int, times: int) -> list[Figure]:
    """Three figures: a look from a file, a look from a stream, the beginning."""
    return await asyncio.to_thread(_measure, folder, looks, times)


def _measure(folder: Path, looks: int, times: int) -> list[Figure]:
    samples, one, answers = folder / "samples.jsonl", folder / "one.jsonl", folder / "answers.jsonl"
    lines = [json.dumps(_look(number)) for number in range(1, looks + 1)]
    samples.write_text("\n".join(lines) + "\n", encoding="utf-8")
    one.write_text(lines[0] + "\n", encoding="utf-8")
    captain = ("-m", "bot", "replay", "ion-deployment-day", "--json", "--samples")
    answers.write_bytes(_ran((*captain, str(samples)))[1])
    rows = []
    for _ in range(times):
        begun = _ran((*captain, str(one)))[0]
        from_file, from_stream = _ran((*captain, str(samples)))[0], _ran((*captain, "-"), samples)[0]
        both = [
            _ran(("-c", program, str(samples), str(answers)))[0] for program in (JSON_ALONE, ANSWERS_READ)
        ]
        rows.append(
            (from_file - begun, from_stream - begun, both[0] - both[1], begun, _ran(("-c", LIBRARIES))[0])
        )
    of_file, of_stream, floor, begun, bare = (percentile(column, 0.5) for column in zip(*rows, strict=True))
    each = 1e6 / (looks - 1)
    return [
        Figure(
            f"a look in a replay, {name}", took * each, "us", floor=floor * each, goal=GOAL_US,
            note=f"{1e6 / (took * each):,.0f} looks a second of processor time",
        )
        for name, took in (("from a file", of_file), ("from a stream", of_stream))
    ] + [Figure("a replay begins", begun * 1000.0, "ms", floor=bare * 1000.0, note="one look, processor time")]  # fmt: skip


def _ran(arguments: tuple[str, ...], given: Path | None = None) -> tuple[float, bytes]:
    """(seconds of processor time, what it printed) of a Python process. Failed when it ends badly."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Path(os.devnull if given is None else given).open("rb") as stream:
        done = subprocess.run(  # noqa: S603  # this very interpreter
            [sys.executable, *arguments], stdin=stream, capture_output=True, check=False
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise Failed(f"{' '.join(arguments)[:80]} ended: {done.stderr.decode(errors='replace')[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def _look(number: int) -> dict[str, Any]:
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
    metrics = {
        name: made.get(name, made["latency"])
        for name in ("errors", "p50", "p95", "p99", "recommendation", "memory")
    }
    return {"t": number * 60, "stage": 1 + number // 700, "metrics": metrics}


def _buckets(total: int, faster: float) -> list[list[str | int]]:
    return [[edge, min(total, math.floor(total * min(1.0, share + faster)))] for edge, share in EDGES]

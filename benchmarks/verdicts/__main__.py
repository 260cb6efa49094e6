"""`python -m benchmarks.verdicts`: our verdicts beside those of others, as text, JSON, a Markdown table and a picture.

The quick form is for every day; `--full` has 1,000 deployments a cell and 2,000 days of memory. Seeds are fixed, and `--seed`
gives others: nothing was tuned to any.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.verdicts import cells, endings, leaks
from benchmarks.verdicts.plot import svg
from benchmarks.verdicts.rows import Row, markdown
from benchmarks.verdicts.world import Scenario, play
from core.verdict.engine import Engine
from core.verdict.looks import Gauge, Look, Pair
from core.verdict.settings import Metric

OUT = Path(__file__).parent.parent / "out"
PARTS = ("detection", "minute", "whole", "others", "slower", "ends", "memory", "speed")


def main() -> int:
    """0 when everything could be measured and the engine agrees with the arrays, whether or not the goals are met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verdicts", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=(*PARTS, []), help="which to run (default: all)")
    parser.add_argument(
        "--full", action="store_true", help="1,000 deployments a cell, 2,000 days; most of an hour"
    )
    parser.add_argument("--seed", type=int, default=1, help="another world (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=OUT, help="the folder of the results (default: %(default)s)"
    )
    wanted = parser.parse_args()
    rows: list[Row] = []
    table = ""
    began = time.monotonic()
    try:
        for row in run(tuple(wanted.parts) or PARTS, seed=wanted.seed, full=wanted.full):
            if row.table != table:
                table = row.table
                print(f"\n{table}")
            print("  " + "  ".join(cell for cell in row.cells() if cell), flush=True)
            rows.append(row)
    except cells.Differs as differs:
        print(f"benchmarks: {differs}", file=sys.stderr)
        return 1
    wanted.out.mkdir(parents=True, exist_ok=True)
    written = {
        "seed": wanted.seed,
        "full": wanted.full,
        "python": platform.python_version(),
        "rows": [row.as_json() for row in rows],
    }
    (wanted.out / "verdicts.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    (wanted.out / "verdicts.md").write_text(markdown(rows), encoding="utf-8")
    if any("control 19x" in row.name and row.others for row in rows):
        (wanted.out / "verdicts.svg").write_text(svg(rows), encoding="utf-8")
    missed = [row.name for row in rows if row.met is False]
    print(
        f"\n{len(missed)} of {sum(row.goal is not None for row in rows)} goals missed{': ' + '; '.join(missed) if missed else ''}."
    )
    print(
        f"{time.monotonic() - began:.0f} s. Written to {wanted.out}: verdicts.json, verdicts.md, verdicts.svg."
    )
    return 0


def run(parts: tuple[str, ...], *, seed: int, full: bool) -> Iterator[Row]:
    """All rows of the parts wanted, as they come."""
    many = 1000 if full else 200
    whole = ((19.0, 1.0), cells.TRAFFIC) if full else ((19.0,), (12.0, 1_000_000.0))
    measures: dict[str, Callable[[], Iterator[Row]]] = {
        "detection": lambda: cells.detection(seed, many),
        "minute": lambda: cells.every_minute(seed, many),
        "whole": lambda: cells.false_rollbacks(seed, 1000 if full else 150, *whole),
        "others": lambda: cells.beside_others(seed, many),
        "slower": lambda: cells.slower(seed, many),
        "ends": lambda: endings.stage_ends(seed, 1000 if full else 100),
        "memory": lambda: leaks.memory(seed, 2000 if full else 100, 400 if full else 60),
        "speed": speed,
    }
    for part in parts:
        yield from measures[part]()


def speed() -> Iterator[Row]:
    """G7: processor time of one look at errors, latency and memory, with its verdict: the best of some rounds."""
    memory = Metric("memory", "gauge", limit=85.0, streak=2)
    engine = Engine(cells.SETTINGS, (cells.ERRORS, cells.P95, memory))
    counts = play(Scenario(180, look=1.0, minutes=400.0), 1, 1, "speed")
    looks = []
    for window in range(counts.n.shape[1]):
        look = cells.look_of(counts, 0, window, 1)
        looks.append(Look(look.t, 1, {**look.readings, "memory": Pair(Gauge(60.0), Gauge(60.0))}))
    best = math.inf
    for _ in range(15):
        state = engine.begin(0.0)
        began = time.process_time()
        for look in looks:
            state, _ = engine.look(state, look)
        best = min(best, (time.process_time() - began) / len(looks) * 1e6)
    yield Row(
        "Speed",
        "one look at errors, latency and memory",
        best,
        best,
        best,
        "us",
        200.0,
        note="best of 15 rounds",
    )


if __name__ == "__main__":
    sys.exit(main())

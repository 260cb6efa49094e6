"""`python -m benchmarks`: runs them, prints a line a figure, and writes benchmarks/out/bench.json."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import platform
import sys
import tempfile
from pathlib import Path

import yaml

from benchmarks import ack, looks, replay, start
from benchmarks.figures import Figure
from benchmarks.processes import Failed
from sandbox.world import World
from storage.clock import utcnow

ROOT = Path(__file__).parent.parent
OUT = Path(__file__).parent / "out" / "bench.json"
PARTS = ("ack", "start", "looks", "replay")


def main() -> int:
    """0 when everything could be measured, whether or not the goals are met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=(*PARTS, []), help="which to run (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="fewer rounds: to see that it works, not to quote"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes (default: %(default)s)")
    wanted = parser.parse_args()
    logging.basicConfig(level="WARNING", stream=sys.stderr)
    try:
        figures = asyncio.run(run(tuple(wanted.parts) or PARTS, quick=wanted.quick))
    except Failed as failed:
        print(f"benchmarks: {failed}", file=sys.stderr)
        return 1
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    written = {"at": utcnow().isoformat(), **machine, "figures": [figure.as_json() for figure in figures]}
    wanted.out.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    missed = [figure.name for figure in figures if figure.met is False]
    print(
        f"\n{len(missed)} goals missed{': ' + '; '.join(missed) if missed else ''}. Written to {wanted.out}."
    )
    return 0


async def run(parts: tuple[str, ...], *, quick: bool) -> list[Figure]:
    """All figures of the parts wanted, printed as they come."""
    figures: list[Figure] = []

    def say(found: list[Figure]) -> None:
        for figure in found:
            print(figure.line(), flush=True)
        figures.extend(found)

    with tempfile.TemporaryDirectory(prefix="captain-bench-") as name:
        folder = Path(name)
        if "looks" in parts:
            say(await looks.measure(folder, looks=50 if quick else 500))
        if "replay" in parts:
            say(await replay.measure(folder, looks=300 if quick else 10_000, times=1 if quick else 5))
        if {"ack", "start"} & set(parts):
            world = World(yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8")))
            await world.start()
            try:
                if "start" in parts:
                    say(await start.measure(world, folder, times=2 if quick else 7))
                if "ack" in parts:
                    say(await ack.measure(world, folder, rounds=5 if quick else 60, each=40))
            finally:
                await world.stop()
    return figures


if __name__ == "__main__":
    sys.exit(main())

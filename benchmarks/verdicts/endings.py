"""The end of a stage (G4): how often a sick canary goes on, and a healthy one. Played through the engine itself."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.verdicts.cells import ERRORS, SETTINGS, look_of, share_row
from benchmarks.verdicts.rows import Row
from benchmarks.verdicts.world import Counts, Scenario, play
from core.verdict.engine import Engine
from core.verdict.state import State


def stage_ends(seed: int, deployments: int) -> Iterator[Row]:
    """G4: the end of a stage that extends itself by a quarter of an hour, four times at most, while it is OBSERVE."""
    for bake in (15, 60):
        for traffic in (12.0, 180.0):
            for points, limit, least in ((0.05, 3.0, False), (0.0, 95.0, True)):
                counts = play(
                    Scenario(traffic, points=points, minutes=bake + 60.0), deployments, seed, f"end {bake}"
                )
                went = sum(_goes(counts, row, bake) for row in range(deployments))
                what = "a canary at +5 points goes on" if points else "a healthy canary goes on"
                name = f"{what}: stage of {bake} min, {traffic:.0f} a check"
                yield share_row(
                    "The end of a stage that may extend itself four times",
                    name,
                    went,
                    deployments,
                    limit,
                    least=least,
                )


def _goes(counts: Counts, row: int, bake: int) -> bool:
    engine = Engine(SETTINGS, (ERRORS,))
    state: State = engine.begin(0.0)
    for window, minute in enumerate(counts.times):
        state, verdict = engine.look(state, look_of(counts, row, window, 1))
        if verdict.word == "NO-GO":
            return False
        if minute >= bake and (minute - bake) % 15 == 0 and engine.stage_end(state).word == "GO":
            return True
    return False

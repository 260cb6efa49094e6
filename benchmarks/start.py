"""(b) From the command to "captain is ready", and (c) what the idle process weighs. The floor is an interpreter that has
imported the same libraries and nothing of ours."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.figures import Figure, percentile
from benchmarks.processes import Failed, child, resident_mib
from sandbox.world import World

READY_GOAL_S = 2.0
MEMORY_GOAL_MIB = 110.0
IDLE_S = 5.0
LIBRARIES = (
    "import slack_bolt.async_app, slack_bolt.adapter.socket_mode.async_handler, aiohttp.web, sqlmodel, aiosqlite, "
    "apscheduler.schedulers.asyncio, alembic.command, pydantic_settings, yaml, jmespath"
)


async def measure(world: World, folder: Path, *, times: int) -> list[Figure]:
    """Start to ready on a new database and on an old one; memory after a few idle seconds."""
    environment = world.environment(folder) | {"CAPTAIN_WORLD_URL": "", "CAPTAIN_POSTS_PER_S": "1"}
    new = await _ready_s(environment | {"CAPTAIN_DATABASE": str(folder / "first.sqlite3")}, folder)
    again = [
        await _ready_s(environment | {"CAPTAIN_DATABASE": str(folder / "first.sqlite3")}, folder)
        for _ in range(times)
    ]
    bare = [await _imported_s(folder) for _ in range(times)]
    floor = percentile(bare, 0.5)
    return [
        Figure("start to ready, first start (new database)", new, "s", floor=floor, goal=READY_GOAL_S),
        Figure(
            "start to ready, median",
            percentile(again, 0.5),
            "s",
            floor=floor,
            goal=READY_GOAL_S,
            note=f"{times} starts",
        ),
        await _memory(environment, folder),
    ]


async def _ready_s(environment: dict[str, str], folder: Path) -> float:
    began = time.perf_counter()
    async with child("-m", "bot", "run", environment=environment, log=folder / "run.log") as (_, line):
        took = time.perf_counter() - began
        if "ready" not in line:
            raise Failed(f"`captain run` said: {line}")
    return took


async def _imported_s(folder: Path) -> float:
    began = time.perf_counter()
    async with child("-c", f"{LIBRARIES}; print('ready', flush=True)", log=folder / "floor.log"):
        return time.perf_counter() - began


async def _memory(environment: dict[str, str], folder: Path) -> Figure:
    database = {"CAPTAIN_DATABASE": str(folder / "first.sqlite3")}
    async with child("-m", "bot", "run", environment=environment | database, log=folder / "run.log") as (
        ours,
        _,
    ):
        program = f"{LIBRARIES}; print('ready', flush=True); input()"
        async with child("-c", program, log=folder / "floor.log") as (bare, _):
            await asyncio.sleep(IDLE_S)
            weight, floor = resident_mib(ours.pid), resident_mib(bare.pid)
    return Figure(
        "memory when idle", weight, "MiB", floor=floor, goal=MEMORY_GOAL_MIB, note=f"after {IDLE_S:g} s"
    )

"""(a) How long a person waits until a command is recorded and acknowledged, at one and at ten commands at a time.

Ours: `/deploy assign`, which always commits a decision: state, journal row, outbox rows. The floor: bare Bolt and one raw
commit (benchmarks.floor). Each is a process of its own behind the same web server; rounds of both take turns, so that
whatever else the machine does hits both.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.figures import Figure, percentile
from benchmarks.processes import child, cpu_s
from benchmarks.signed import Connection, Slack, Typed, burst
from sandbox.slack import roster
from sandbox.world import World
from sandbox.worlds.ion_deployment_day import BEGINS as START

GOAL = 2.0
PACED_S = 0.05
"""Between two commands when the bot does everything else as well: twenty a second is far more than any channel types."""


async def measure(world: World, folder: Path, *, rounds: int, each: int) -> list[Figure]:
    """p50 and p99 at 1 and 10 at once, and paced with the drainer at work."""
    figures: list[Figure] = []
    async with AsyncExitStack() as stack:
        floor = await _floor(world, folder, stack)
        ours = await _ours(world, folder, stack, "quiet")
        for at_once in (1, 10):
            figures += await _side_by_side(ours, floor, at_once, rounds=rounds, each=each)
    async with AsyncExitStack() as stack:
        floor = await _floor(world, folder, stack)
        ours = await _ours(world, folder, stack, "draining")
        figures += await _paced(ours, floor, how_many=each)
    return figures


class Side:
    """One server, what is typed to it, and what a good answer holds."""

    def __init__(self, pid: int, slack: Slack, typed: Typed, expected: bytes) -> None:
        self.pid, self.slack, self.typed, self.expected = pid, slack, typed, expected

    async def round(self, connections: list[Connection], how_many: int) -> list[float]:
        """Milliseconds of so many commands."""
        return await burst(connections, self.slack.requests(self.typed, how_many), self.expected)


def _typed(text: str) -> Typed:
    return Typed(roster.GITCODE, roster.DEPLOYMENT, roster.TEAM, "/deploy", text)


async def _floor(world: World, folder: Path, stack: AsyncExitStack) -> Side:
    path = _fresh(folder / "floor.sqlite3")
    process, url = await stack.enter_async_context(
        child("-m", "benchmarks.floor", world.slack.signing_secret, str(path), log=folder / "floor.log")
    )
    slack = Slack(world.slack.signing_secret, url)
    return Side(process.pid, slack, _typed("assign operations @ops-lead"), b"recorded")


async def _ours(world: World, folder: Path, stack: AsyncExitStack, how: str) -> Side:
    environment = world.environment(folder) | {
        "CAPTAIN_SLACK_MODE": "http",
        "CAPTAIN_WORLD_URL": "",
        "CAPTAIN_DATABASE": str(_fresh(folder / f"captain-{how}.sqlite3")),
        "CAPTAIN_LOG_LEVEL": "WARNING",
    }
    process, url = await stack.enter_async_context(
        child(
            "-m",
            "benchmarks.ours",
            START.isoformat(),
            how,
            environment=environment,
            log=folder / f"{how}.log",
        )
    )
    slack = Slack(world.slack.signing_secret, url)
    connection = await Connection.open(slack)
    await burst([connection], slack.requests(_typed("start ion-deployment-day version=v2.14.0"), 1), b"D1")
    await connection.close()
    return Side(
        process.pid, slack, _typed(f"assign operations <@{roster.OPS}|ops-lead>"), roster.OPS.encode()
    )


def _fresh(path: Path) -> Path:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    return path


async def _side_by_side(ours: Side, floor: Side, at_once: int, *, rounds: int, each: int) -> list[Figure]:
    sides = (floor, ours)
    lines = {side: [await Connection.open(side.slack) for _ in range(at_once)] for side in sides}
    took: dict[Side, list[float]] = {side: [] for side in sides}
    for side in sides:  # warm: first requests compile statements and fill caches
        await side.round(lines[side], 30 * at_once)
    began = {side: cpu_s(side.pid) for side in sides}
    for _ in range(rounds):
        for side in sides:
            took[side] += await side.round(lines[side], each)
    cpu_ms = {side: (cpu_s(side.pid) - began[side]) / len(took[side]) * 1000.0 for side in sides}
    for connections in lines.values():
        for connection in connections:
            await connection.close()
    found = [
        Figure(
            f"command to acknowledgement, {at_once} at once, {name}",
            percentile(took[ours], share),
            "ms",
            floor=percentile(took[floor], share),
            goal=GOAL,
            goal_is_ratio=True,
            note=f"{rounds} rounds of {each}",
        )
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]
    # Waiting depends on what else the machine does; work does not.
    work = Figure(f"processor time of a command, {at_once} at once", cpu_ms[ours], "ms", floor=cpu_ms[floor])
    return [*found, work]


async def _paced(ours: Side, floor: Side, *, how_many: int) -> list[Figure]:
    """One command at a time, with a pause, while the bot also beats and posts what follows from each."""
    took: dict[Side, list[float]] = {ours: [], floor: []}
    lines = {side: await Connection.open(side.slack) for side in took}
    for index in range(how_many + 20):
        for side, connection in lines.items():
            (spent,) = await side.round([connection], 1)
            if index >= 20:
                took[side].append(spent)
            await asyncio.sleep(PACED_S)
    for connection in lines.values():
        await connection.close()
    return [
        Figure(
            f"the same, paced, with everything running, {name}",
            percentile(took[ours], share),
            "ms",
            floor=percentile(took[floor], share),
            note=f"{how_many} commands",
        )
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]

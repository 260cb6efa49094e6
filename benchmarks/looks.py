"""(d) Looks a second: through the rules alone, and through the ledger with its commit; the floor is one raw commit a look.

The plan is the shipped one with its route cut down to one traffic step and one long bake, so that the gate is the real one.
"""

from __future__ import annotations

import math
import time
from datetime import timedelta
from pathlib import Path

import aiosqlite
import yaml

from benchmarks.figures import Figure, percentile
from core.effects import Measure, ReadBack, Record, SetWeight
from core.inputs import Answered, Input, Measured, Ran, Reading, Recorded, Started, Tick, WeightRead
from core.machine import decide, gate_wake_at
from core.plan.runbook import Runbook, read_runbook
from core.start import new_deployment
from core.state import Deployment
from sandbox.worlds.ion_deployment_day import BEGINS as START
from storage.clock import ManualClock
from storage.database import Database
from storage.ledger import Ledger
from storage.outbox import Claim, Outbox

PLAN = Path(__file__).parent.parent / "plans" / "ion-deployment-day.yml"
PEOPLE = tuple(
    (role, (f"U0{n}",))
    for n, role in enumerate(("deployer", "final-approver", "operations", "engineering-lead"))
)
EDGES = (50.0, 100.0, 200.0, 300.0, 500.0, 800.0, 1200.0, math.inf)
PHASES = [
    {
        "id": "rollout",
        "title": "Rollout",
        "steps": [
            {"traffic": {"id": "five", "title": "Five percent", "to": 5, "gate": "canary"}},
            {"bake": {"id": "long", "title": "Long", "for": "10000h"}},
            {
                "verdict": {
                    "id": "end",
                    "title": "End",
                    "by": ["final-approver"],
                    "required": [{"title": "No rollback", "holds": "no-rollback"}],
                }
            },
        ],
    }
]


async def measure(folder: Path, *, looks: int) -> list[Figure]:
    """Three figures: the rules, the ledger, the raw commit under it."""
    runbook = _runbook()
    in_rules = _through_the_rules(runbook, looks)
    raw = await _raw_commits(folder / "raw.sqlite3", looks)
    in_ledger = await _through_the_ledger(runbook, folder / "looks.sqlite3", looks)
    floor = percentile(raw, 0.5)
    return [
        Figure(
            "looks a second through the rules",
            1000.0 / percentile(in_rules, 0.5),
            "/s",
            note=f"{looks} looks",
        ),
        Figure(
            "one look through the ledger, p50",
            percentile(in_ledger, 0.5),
            "ms",
            floor=floor,
            note="tick and answer: two commits",
        ),
        Figure(
            "one look through the ledger, p99", percentile(in_ledger, 0.99), "ms", floor=percentile(raw, 0.99)
        ),
    ]


def _runbook() -> Runbook:
    raw = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    return read_runbook(yaml.safe_dump(raw | {"phases": PHASES}, allow_unicode=True))


def _new(runbook: Runbook) -> Deployment:
    return new_deployment(id="D1", runbook=runbook, inputs={"version": "v2.14.0"}, t0=START, language="en")


def _answer(effect: object, clock: ManualClock, look: int) -> Answered | None:
    """What the world says, always well."""
    match effect:
        case SetWeight():
            return Ran(effect.ref, True, "set")
        case Record():
            return Recorded(effect.ref, ())
        case ReadBack():
            return WeightRead(effect.ref, 5)
        case Measure():
            return Measured(effect.ref, clock(), tuple(_readings(effect.metrics, look)))
        case _:
            return None


def _readings(metrics: tuple[str, ...], look: int) -> list[Reading]:
    shapes = {
        "errors": (0.0, 60.0 * look),
        "rps": (60.0 * look,),
        "memory": (60.0,),
        "cpu": (30.0,),
    }
    # Nine in ten within 50 ms, all within 100: far from every limit, so that a look is an ordinary look.
    buckets = tuple(
        part for edge in EDGES for part in (edge, 60.0 * look * (0.9 if edge == EDGES[0] else 1.0))
    )
    return [
        Reading(metric, track, "ok", shapes.get(metric, buckets))
        for metric in metrics
        for track in ("canary", "control")
    ]


def _through_the_rules(runbook: Runbook, looks: int) -> list[float]:
    """Milliseconds of each look: the tick that asks for it and the answer."""
    clock = ManualClock(START)
    deployment = _settled(_new(runbook), Started("U00", PEOPLE), clock)
    took = []
    for look in range(1, looks + 1):
        clock.set(gate_wake_at(deployment) or clock())
        began = time.perf_counter()
        asked = decide(deployment, Tick(), clock())
        spent = time.perf_counter() - began
        measured = next(a for e in asked.effects if isinstance(e, Measure) and (a := _answer(e, clock, look)))
        clock.advance(timedelta(seconds=1))
        began = time.perf_counter()
        deployment = decide(asked.deployment, measured, clock()).deployment
        took.append((spent + time.perf_counter() - began) * 1000.0)
    return took


def _settled(deployment: Deployment, happened: Input, clock: ManualClock) -> Deployment:
    """Everything that follows, with the world answering at once."""
    waiting: list[Input] = [happened]
    while waiting:
        decision = decide(deployment, waiting.pop(0), clock())
        deployment = decision.deployment
        waiting += [
            answer for effect in decision.effects if (answer := _answer(effect, clock, 1)) is not None
        ]
    return deployment


async def _raw_commits(path: Path, how_many: int) -> list[float]:
    took = []
    async with aiosqlite.connect(path) as database:
        await database.execute("PRAGMA journal_mode = WAL")
        await database.execute("PRAGMA synchronous = FULL")
        await database.execute("CREATE TABLE act (number INTEGER PRIMARY KEY, text TEXT)")
        for number in range(how_many):
            began = time.perf_counter()
            await database.execute("INSERT INTO act VALUES (?, ?)", (number, "x" * 200))
            await database.commit()
            took.append((time.perf_counter() - began) * 1000.0)
    return took


async def _through_the_ledger(runbook: Runbook, path: Path, looks: int) -> list[float]:
    clock = ManualClock(START)
    database = await Database.open(f"sqlite+aiosqlite:///{path}", migrate=True)
    try:
        ledger, outbox = Ledger(database, clock), Outbox(database, clock)
        token = await outbox.take_lease("benchmark", 1e9)
        assert token is not None  # a database of our own
        opened = await ledger.open(_new(runbook), Started("U00", PEOPLE), key="start")
        deployment = opened.deployment
        took: list[float] = []
        for look in range(1, looks + 4):
            began = time.perf_counter()
            deployment = (await ledger.apply("D1", Tick(), key=f"tick:{look}")).deployment
            spent = time.perf_counter() - began
            clock.advance(timedelta(seconds=1))
            for claim in await outbox.claim(token, limit=100):
                spent += await _settle(ledger, outbox, claim, clock, look)
            deployment = await _carry_out(ledger, outbox, token, clock, look) or deployment
            clock.set(max(gate_wake_at(deployment) or clock(), clock()))
            took.append(spent * 1000.0)
    finally:
        await database.close()
    return took[3:]  # the first ones set the traffic


async def _carry_out(
    ledger: Ledger, outbox: Outbox, token: int, clock: ManualClock, look: int
) -> Deployment | None:
    """What the look's answer led to; the deployment as it is afterwards."""
    while claims := await outbox.claim(token, limit=100):
        for claim in claims:
            await _settle(ledger, outbox, claim, clock, look)
    return (await ledger.apply("D1", Tick(), key=f"after:{look}")).deployment


async def _settle(ledger: Ledger, outbox: Outbox, claim: Claim, clock: ManualClock, look: int) -> float:
    """Seconds in the ledger for a Measure's answer; 0 for everything else."""
    answer = _answer(claim.effect, clock, look)
    if answer is None:
        await outbox.done(claim, "not carried out here")
        return 0.0
    began = time.perf_counter()
    await ledger.apply("D1", answer, key=f"effect:{claim.id}", completes=claim, outcome="answered")
    return time.perf_counter() - began if isinstance(answer, Measured) else 0.0

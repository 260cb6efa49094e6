"""Reading what is remembered, for people and for the beats. The only thing it writes is that the bot was seen alive.

It must not decide anything: what is due is a comparison, what to do about it is not known here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, or_, select, update
from sqlalchemy import Row as Found

from core.effects import Fact
from core.errors import Refused
from core.inputs import Input, Reading
from core.state import Deployment, GateRun
from storage import audit, codec, packing
from storage.clock import Clock, PlanClock
from storage.database import Database
from storage.prepared import Prepared
from storage.recorded import Recorded, recorded
from storage.tables import deployment, gate, journal, presence, sample, service_lock
from storage.writer import Transaction

_BOT = "bot"
# Only columns that stand before the large ones in their row, so that no more than a page of each is read.
_ACTIVE = Prepared(
    select(deployment.c.id, deployment.c.version, gate.c.version.label("gate_version")).where(
        deployment.c.final.is_(False), gate.c.deployment_id == deployment.c.id
    )
)
_EPOCHS = (deployment.c.plan_epoch, deployment.c.real_epoch, deployment.c.speed)
_PACE = Prepared(select(*_EPOCHS).where(deployment.c.id == bindparam("which")))
_WAITING = Prepared(
    select(deployment.c.id, deployment.c.wake_at, gate.c.wake_at.label("look_at"), *_EPOCHS)
    .where(
        gate.c.deployment_id == deployment.c.id,
        deployment.c.final.is_(False),
        or_(deployment.c.wake_at.is_not(None), gate.c.wake_at.is_not(None)),
    )
    .order_by(deployment.c.created_at, deployment.c.id)
)


@dataclass(frozen=True)
class Row:
    """A deployment in a list. `started_at` and `ended_at` are plan time."""

    id: str
    service: str
    environment: str
    status: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class LockRow:
    """Who has a service: `held` is 'active' or 'rolled-back'; `since` is plan time of that deployment."""

    service: str
    environment: str
    deployment_id: str
    held: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class JournalRow:
    """One thing that happened: `at` real time, `plan_at` plan time, `actor` a user id, 'cli:NAME' or 'captain'.
    `gate` is the hot state before it."""

    seq: int
    at: datetime
    plan_at: datetime
    rules_version: int
    actor: str
    kind: str
    key: str
    input: Input
    facts: tuple[Fact, ...]
    gate: GateRun | None


@dataclass(frozen=True)
class SampleRow:
    """What one look read. `gate` is '' for readings outside a gate; `at` is plan time."""

    gate: str
    ref: str
    at: datetime
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class _Waiting:
    """A deployment that time will move, at `wake_at` by its plan clock."""

    id: str
    wake_at: datetime
    pace: PlanClock


class Queries:
    """Read-only, apart from `beat`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._order: tuple[str, ...] = ()
        """The active deployments as they were last read, oldest first."""
        self._glanced: list[Any] | None = None

    # ----------------------------------------------------------------------------------------------- deployments

    async def load(self, id: str) -> Deployment:
        """The deployment as it is. Raises Refused 'unknown-deployment' (deployment)."""
        return await self._database.read(
            lambda connection: self._database.snapshots.standing(connection, id).deployment
        )

    async def standing(self, id: str) -> tuple[Deployment, PlanClock]:
        """The deployment as it is and how plan time runs for it, at one moment. Raises Refused 'unknown-deployment'."""
        snapshots = self._database.snapshots
        found = await self._database.read(lambda connection: snapshots.standing(connection, id))
        return found.deployment, found.pace

    async def active(self) -> list[Deployment]:
        """All that are not over, oldest first."""
        known = self._known_active()
        if known is not None:
            return known
        found = await self._loaded(select(deployment.c.id).where(deployment.c.final.is_(False)))
        self._order = tuple(one.id for one in found)
        return found

    def _known_active(self) -> list[Deployment] | None:
        """The same, when it can be answered at once: which they are and their versions are read, the rest is remembered."""
        rows = self._glanced
        if rows is None:
            rows = self._glanced = self._database.glance(_ACTIVE)
            # Whoever else asks in this very turn of the loop is answered alike: nobody has been told of anything meanwhile.
            asyncio.get_running_loop().call_soon(self._look_again)
        if rows is None or {row.id for row in rows} != set(self._order):
            return None
        found = {
            row.id: self._database.snapshots.glimpsed(row.id, row.version, row.gate_version) for row in rows
        }
        values = [found[id] for id in self._order]
        return [value for value in values if value is not None] if None not in values else None

    def _look_again(self) -> None:
        self._glanced = None

    async def active_for(self, service: str, environment: str) -> Deployment | None:
        """The one that is under way for a service, or None."""
        found = await self._loaded(
            select(deployment.c.id).where(
                deployment.c.final.is_(False),
                deployment.c.service == service,
                deployment.c.environment == environment,
            )
        )
        return found[0] if found else None

    async def unsettled(self) -> list[Deployment]:
        """All that still have their service: those that are not over, and those whose rollback left it locked. Oldest first."""
        return await self._loaded(
            select(deployment.c.id).where(deployment.c.id.in_(select(service_lock.c.deployment_id)))
        )

    async def recent(self, limit: int) -> list[Row]:
        """The newest deployments, newest first, whether over or not."""
        named = ("id", "service", "environment", "status")
        columns = (*(deployment.c[name] for name in named), journal.c.plan_at, deployment.c.ended_at)
        statement = (
            select(*columns)
            .where(journal.c.deployment_id == deployment.c.id, journal.c.seq == 1)
            .order_by(deployment.c.created_at.desc(), deployment.c.id)
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return [Row(*row) for row in rows]

    async def lock(self, service: str, environment: str) -> LockRow | None:
        """Who has the service, or None when it is free."""
        columns = (service_lock.c[name] for name in LockRow.__dataclass_fields__)
        mine = (service_lock.c.service == service) & (service_lock.c.environment == environment)
        row = await self._database.read(
            lambda connection: connection.execute(select(*columns).where(mine)).first()
        )
        return None if row is None else LockRow(*row)

    async def _loaded(self, ids: Select[str]) -> list[Deployment]:
        statement = ids.order_by(deployment.c.created_at, deployment.c.id)

        def work(connection: Connection) -> list[Deployment]:
            found = connection.execute(statement).scalars().all()
            return [self._database.snapshots.standing(connection, id).deployment for id in found]

        return await self._database.read(work)

    # --------------------------------------------------------------------------------------------------- the time

    async def plan_clock(self, id: str) -> PlanClock:
        """How plan time runs for a deployment. Raises Refused 'unknown-deployment'."""
        row = await self._database.read(lambda connection: _PACE.first(connection, {"which": id}))
        if row is None:
            raise Refused("unknown-deployment", deployment=id)
        return PlanClock(*row)

    async def due(self, real_now: datetime) -> list[tuple[str, str]]:
        """(deployment id, 'tick') for every deployment whose time has come by its own clock."""
        return [(one.id, "tick") for one in await self._waiting() if one.wake_at <= one.pace.now(real_now)]

    async def next_wake(self, real_now: datetime) -> datetime | None:
        """The real time at which something is due next; `real_now` when something is already, None when nothing will be."""
        moments = [
            real_now if one.wake_at <= one.pace.now(real_now) else one.pace.at(one.wake_at)
            for one in await self._waiting()
        ]
        return min((moment for moment in moments if moment is not None), default=None)

    async def _waiting(self) -> list[_Waiting]:
        rows = await self._database.read(lambda connection: _WAITING.all(connection, {}))
        return [
            _Waiting(
                row.id,
                min(moment for moment in (row.wake_at, row.look_at) if moment is not None),
                PlanClock(row.plan_epoch, row.real_epoch, row.speed),
            )
            for row in rows
        ]

    async def presence(self) -> datetime | None:
        """When (real time) the bot was last seen alive; None when it never was."""
        return await self._database.read(
            lambda connection: connection.execute(
                select(presence.c.seen_at).where(presence.c.name == _BOT)
            ).scalar()
        )

    async def beat(self, real_now: datetime) -> None:
        """The bot is alive."""

        def work(transaction: Transaction) -> None:
            seen = update(presence).where(presence.c.name == _BOT).values(seen_at=real_now)
            if transaction.connection.execute(seen).rowcount == 0:
                transaction.connection.execute(insert(presence), {"name": _BOT, "seen_at": real_now})

        await self._database.write(work)

    # ----------------------------------------------------------------------------------------------- the evidence

    async def journal(self, id: str) -> list[JournalRow]:
        """All that has happened, oldest first; [] for an unknown deployment."""
        statement = select(journal).where(journal.c.deployment_id == id).order_by(journal.c.seq)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return [_journal_row(row) for row in rows]

    async def samples(self, id: str, gate: str, limit: int) -> list[SampleRow]:
        """The newest `limit` looks of a gate, oldest first ('' for readings outside a gate)."""
        statement = (
            select(sample.c.gate, sample.c.ref, sample.c.at, sample.c.readings)
            .where(sample.c.deployment_id == id, sample.c.gate == gate)
            .order_by(sample.c.number.desc())
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return [
            SampleRow(row.gate, row.ref, row.at, packing.unpack_readings(row.readings))
            for row in reversed(rows)
        ]

    async def recorded(self, id: str) -> Recorded:
        """Every look of a deployment's gates, oldest first, and when its stages began: for judging them anew."""
        return await self._database.read(lambda connection: recorded(connection, id))

    async def looks(self, id: str, since: datetime, until: datetime) -> list[SampleRow]:
        """Every look of the gates in a stretch of plan time, oldest first."""
        statement = (
            select(sample.c.gate, sample.c.ref, sample.c.at, sample.c.readings)
            .where(sample.c.deployment_id == id, sample.c.gate != "", sample.c.at.between(since, until))
            .order_by(sample.c.at, sample.c.number)
        )
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return [SampleRow(row.gate, row.ref, row.at, packing.unpack_readings(row.readings)) for row in rows]

    async def verify(self, id: str) -> list[str]:
        """What is wrong with the journal, the plan or the chain of hashes, a sentence each; [] when all is as it was written.
        Raises Refused 'unknown-deployment'."""
        return await self._database.read(lambda connection: audit.problems(connection, id))

    async def seal(self, id: str) -> tuple[int, str]:
        """How many rows the journal had when the deployment was last written, and the hash of the last. Raises Refused
        'unknown-deployment'."""
        columns = (deployment.c.journal_seq, deployment.c.journal_hash)
        row = await self._database.read(
            lambda connection: connection.execute(select(*columns).where(deployment.c.id == id)).first()
        )
        if row is None:
            raise Refused("unknown-deployment", deployment=id)
        return int(row.journal_seq), str(row.journal_hash)

    async def opening(self, id: str) -> Deployment:
        """The deployment before anything happened to it: where a replay of the journal begins. Raises Refused."""
        return await self._database.read(lambda connection: self._database.snapshots.opening(connection, id))


def _journal_row(row: Found[Any]) -> JournalRow:
    return JournalRow(
        seq=row.seq,
        at=row.real_at,
        plan_at=row.plan_at,
        rules_version=row.rules_version,
        actor=row.actor,
        kind=row.kind,
        key=row.key,
        input=codec.read_input(row.kind, row.input, row.readings),
        facts=codec.read_facts(row.facts),
        gate=None if row.gate is None else codec.read_gate(packing.unpack(row.gate)),
    )

"""The only writer of deployments: load, decide, save, journal, effects and the completed effect's row, in one transaction.

What it answers is committed. It must not know how a decision is made (the rules) nor what becomes of effects (the outbox).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core import machine
from core.decision import Decision
from core.effects import Fact
from core.errors import Refused
from core.inputs import Input, Measured, Started
from core.state import Deployment
from storage import chain, codec, effect_rows, samples
from storage.clock import Clock, PlanClock, real_time
from storage.database import Database
from storage.effect_rows import Claim, StaleClaim, Stamp
from storage.snapshots import Remembered, Standing
from storage.tables import counter, deployment, gate, journal, service_lock
from storage.writer import Transaction

__all__ = ["Claim", "Ledger", "Outcome", "StaleClaim"]

Decide = Callable[[Deployment, Input, datetime], Decision]

CAPTAIN = "captain"
"""The actor of what no person did: the world's answers, and time."""

_SAVE = (
    update(deployment)
    .where(deployment.c.id == bindparam("which"), deployment.c.version == bindparam("seen"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "version", "rules_version", "status", "final", "state", "wake_at", "last_plan_at", "journal_seq",
                "journal_hash", "ended_at",
            )
        }
    )
)  # fmt: skip
_SAVE_GATE = (
    update(gate)
    .where(gate.c.deployment_id == bindparam("which"), gate.c.version == bindparam("seen"))
    .values({name: bindparam(f"new_{name}") for name in ("version", "state", "wake_at", "plan_at")})
)
_JOURNAL = insert(journal)


@dataclass(frozen=True)
class Outcome:
    """What an input led to. `repeated`: its key was known, nothing happened now, and the deployment is as it is."""

    deployment: Deployment
    facts: tuple[Fact, ...] = ()
    repeated: bool = False


class Conflict(Exception):
    """A row was not what had been read in the same transaction: another hand is in the database. Nothing was written."""


@dataclass(frozen=True)
class _Moment:
    """One input at its moment."""

    happened: Input
    key: str
    real: datetime
    plan: datetime


class Ledger:
    """Opens deployments and applies inputs to them. The rules are arguments so that tests can bring small ones."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        decide: Decide = machine.decide,
        *,
        wake_at: Callable[[Deployment], datetime | None] = machine.wake_at,
        gate_wake_at: Callable[[Deployment], datetime | None] = machine.gate_wake_at,
        is_quiet: Callable[[Deployment, Decision], bool] = machine.is_quiet,
    ) -> None:
        self._database = database
        self._clock = clock
        self._decide = decide
        self._wake_at = wake_at
        self._gate_wake_at = gate_wake_at
        self._is_quiet = is_quiet
        self._listeners: list[Callable[[], None]] = []
        self.committed = asyncio.Event()
        """Set with every commit; whoever waits on it clears it before he looks."""

    def on_commit(self, call: Callable[[], None]) -> Callable[[], None]:
        """Calls it in the event loop after every commit that changed something. Answers a function that ends this."""
        self._listeners.append(call)
        return lambda: self._listeners.remove(call)

    async def new_id(self, prefix: str = "D") -> str:
        """'D1', 'D2' ...: given out once, also to two people at the same moment. Gaps are harmless."""

        def work(transaction: Transaction) -> str:
            return f"{prefix}{_next(transaction.connection, f'deployment:{prefix}')}"

        return await self._database.write(work)

    async def open(
        self, new: Deployment, started: Started, *, key: str, pace: PlanClock | None = None
    ) -> Outcome:
        """Begins a deployment and takes the lock of its service. `pace` is its plan clock, real time unless given.

        The same `key` begins it once. Raises Refused: 'locked' (service, environment, deployment, held, reason, since), 'id-taken'
        (deployment), or what the rules refuse.
        """
        return await self._database.write(
            lambda transaction: self._open(transaction, new, started, key, pace)
        )

    async def apply(
        self,
        deployment_id: str,
        happened: Input,
        *,
        key: str,
        completes: Claim | None = None,
        outcome: str = "",
    ) -> Outcome:
        """What follows when `happened` comes to the deployment now; with `completes`, that effect is done with `outcome`.

        The same `key` happens once. Raises Refused (the rules', or 'unknown-deployment') and StaleClaim; nothing is written
        then. A quiet look leaves no journal row and so does not remember its key: what it completes protects it.
        """
        if completes is not None and completes.deployment_id != deployment_id:
            raise ValueError(f"the effect {completes.id} does not belong to {deployment_id}")

        def work(transaction: Transaction) -> Outcome:
            return self._apply(transaction, deployment_id, happened, key, completes, outcome)

        return await self._database.write(work)

    async def retime(self, deployment_id: str, pace: PlanClock) -> None:
        """Another plan clock, for a rehearsal or demo. Plan time still never runs backwards. Raises Refused."""

        def work(transaction: Transaction) -> None:
            columns = {"plan_epoch": pace.plan_epoch, "real_epoch": pace.real_epoch, "speed": pace.speed}
            statement = update(deployment).where(deployment.c.id == deployment_id).values(columns)
            if transaction.connection.execute(statement).rowcount != 1:
                raise Refused("unknown-deployment", deployment=deployment_id)
            transaction.after_commit(self._tell)

        await self._database.write(work)

    # --------------------------------------------------------------------------------------------------- opening

    def _open(
        self, transaction: Transaction, new: Deployment, started: Started, key: str, pace: PlanClock | None
    ) -> Outcome:
        connection = transaction.connection
        known = connection.execute(select(deployment.c.id).where(deployment.c.start_key == key)).scalar()
        if known is not None:
            return Outcome(self._standing(transaction, known).deployment, repeated=True)
        _refuse_taken(connection, new)
        real = self._clock()
        clock = pace if pace is not None else real_time(real)
        now = clock.now(real)
        decision = self._decide(new, started, now)
        opening = codec.write_snapshot(new)
        connection.execute(insert(deployment), self._first_row(new, key, opening, clock, now, real))
        connection.execute(insert(gate), {"deployment_id": new.id, "version": 0, "plan_at": now})
        _take_lock(connection, new, now)
        self._database.snapshots.remember_runbook(new.runbook)
        standing = self._database.snapshots.standing(connection, new.id, uncommitted=Remembered(new, 0, 0))
        return self._write(transaction, standing, decision, _Moment(started, key, real, now), None, "")

    def _first_row(
        self, new: Deployment, key: str, opening: str, clock: PlanClock, now: datetime, real: datetime
    ) -> dict[str, Any]:
        plan = new.runbook.plan
        digest = new.runbook.digest
        return {
            "id": new.id,
            "start_key": key,
            "service": plan.service,
            "environment": plan.environment,
            "status": new.status.value,
            "final": False,
            "version": 0,
            "rules_version": self._database.snapshots.rules_version,
            "state": opening,
            "opening": opening,
            "opened_under": self._database.snapshots.rules_version,
            "plan_text": new.runbook.text,
            "plan_format": plan.format,
            "plan_digest": digest,
            "plan_epoch": clock.plan_epoch,
            "real_epoch": clock.real_epoch,
            "speed": clock.speed,
            "last_plan_at": now,
            "journal_seq": 0,
            "journal_hash": chain.genesis(deployment_id=new.id, plan_digest=digest, opening=opening),
            "created_at": real,
        }

    # -------------------------------------------------------------------------------------------------- applying

    def _apply(
        self,
        transaction: Transaction,
        id: str,
        happened: Input,
        key: str,
        completes: Claim | None,
        outcome: str,
    ) -> Outcome:
        standing = self._standing(transaction, id, key)
        real = self._clock()
        if standing.known:
            return Outcome(standing.deployment, repeated=True)
        now = max(standing.pace.now(real), standing.not_before)
        if completes is not None:
            # Before the decision: a stale claim must not be told what the rules think of its answer.
            effect_rows.check(transaction.connection, completes)
        decision = self._decide(standing.deployment, happened, now)
        return self._write(
            transaction, standing, decision, _Moment(happened, key, real, now), completes, outcome
        )

    def _standing(self, transaction: Transaction, id: str, key: str = "") -> Standing:
        return self._database.snapshots.standing(
            transaction.connection, id, key=key, uncommitted=transaction.pending.get(id)
        )

    def _write(
        self,
        transaction: Transaction,
        standing: Standing,
        decision: Decision,
        moment: _Moment,
        completes: Claim | None,
        outcome: str,
    ) -> Outcome:
        connection, after = transaction.connection, decision.deployment
        quiet = self._is_quiet(standing.deployment, decision)
        version = standing.version if quiet else standing.version + 1
        gate_version = self._save_gate(
            connection, standing, decision, moment, bump=quiet and bool(decision.effects)
        )
        if quiet:
            self._save_beside(connection, standing, after)
        else:
            self._save(connection, standing, decision, moment)
        if isinstance(moment.happened, Measured):
            samples.keep(connection, standing.deployment, moment.happened)
        if completes is not None:
            effect_rows.settle(connection, completes, outcome, moment.real)
        if decision.cancels_world:
            effect_rows.withdraw_world(connection, after.id, moment.real)
        stamp = Stamp(after.id, f"{after.id}/{version}.{gate_version}", moment.plan, moment.real)
        effect_rows.store(connection, stamp, decision.effects)
        self._when_committed(transaction, Remembered(after, version, gate_version))
        return Outcome(after, decision.facts)

    def _save(self, connection: Connection, standing: Standing, decision: Decision, moment: _Moment) -> None:
        before, after = standing.deployment, decision.deployment
        row = self._journal_row(standing, decision, moment)
        saved = connection.execute(
            _SAVE,
            {
                "which": after.id,
                "seen": standing.version,
                "new_version": standing.version + 1,
                "new_rules_version": self._database.snapshots.rules_version,
                "new_status": after.status.value,
                "new_final": after.final,
                "new_state": codec.write_snapshot(after),
                "new_wake_at": self._wake_at(after),
                "new_last_plan_at": moment.plan,
                "new_journal_seq": row["seq"],
                "new_journal_hash": row["hash"],
                "new_ended_at": after.ended_at,
            },
        )
        _one(saved.rowcount, after.id)
        connection.execute(_JOURNAL, row)
        if (before.final, before.locked) != (after.final, after.locked):
            _give_lock(connection, after)

    def _journal_row(self, standing: Standing, decision: Decision, moment: _Moment) -> dict[str, Any]:
        kind, happened, readings = codec.write_input(moment.happened)
        hot = codec.write_gate(standing.deployment.gate)
        row: dict[str, Any] = {
            "deployment_id": decision.deployment.id,
            "seq": standing.journal_seq + 1,
            "real_at": moment.real,
            "plan_at": moment.plan,
            "rules_version": self._database.snapshots.rules_version,
            "actor": getattr(moment.happened, "by", "") or CAPTAIN,
            "kind": kind,
            "key": moment.key,
            "input": happened,
            "readings": readings,
            "facts": codec.write_facts(decision.facts),
            "gate": None if hot is None else codec.pack(hot),
            "previous": standing.journal_hash,
        }
        return row | {"hash": chain.digest(row)}

    def _save_gate(
        self, connection: Connection, standing: Standing, decision: Decision, moment: _Moment, *, bump: bool
    ) -> int:
        """The version of the gate row afterwards. `bump` counts it up in any case, so that effects get ids of their own."""
        before, after = standing.deployment.gate, decision.deployment.gate
        wake_at = self._gate_wake_at(decision.deployment)
        if before == after and wake_at == standing.gate_wake_at and not bump:
            return standing.gate_version
        saved = connection.execute(
            _SAVE_GATE,
            {
                "which": decision.deployment.id,
                "seen": standing.gate_version,
                "new_version": standing.gate_version + 1,
                "new_state": codec.write_gate(after),
                "new_wake_at": wake_at,
                "new_plan_at": moment.plan,
            },
        )
        _one(saved.rowcount, decision.deployment.id)
        return standing.gate_version + 1

    def _save_beside(self, connection: Connection, standing: Standing, after: Deployment) -> None:
        """What a quiet look may change of the deployment's row. A snapshot of older rules is written anew with it: its gate is
        of the new rules now, and both are upgraded together."""
        columns: dict[str, Any] = {}
        wake_at = self._wake_at(after)
        if wake_at != standing.wake_at:
            columns["wake_at"] = wake_at
        if standing.rules_version != self._database.snapshots.rules_version:
            columns["rules_version"] = self._database.snapshots.rules_version
            columns["state"] = codec.write_snapshot(after)
        if columns:
            connection.execute(update(deployment).where(deployment.c.id == after.id).values(columns))

    def _when_committed(self, transaction: Transaction, value: Remembered) -> None:
        id = value.deployment.id
        transaction.pending[id] = value

        def tell() -> None:
            self._database.snapshots.remember(id, value)
            self._tell()

        transaction.after_commit(tell)

    def _tell(self) -> None:
        self.committed.set()
        for call in tuple(self._listeners):
            call()


# ------------------------------------------------------------------------------------------------------------ the rows


def _one(rowcount: int, deployment_id: str) -> None:
    if rowcount != 1:
        raise Conflict(
            f"{deployment_id} was changed by another hand while a decision was being written: nothing was"
        )


def _next(connection: Connection, name: str) -> int:
    raised = update(counter).where(counter.c.name == name).values(value=counter.c.value + 1)
    if connection.execute(raised).rowcount == 0:
        connection.execute(insert(counter), {"name": name, "value": 1})
    value: int = connection.execute(select(counter.c.value).where(counter.c.name == name)).scalar_one()
    return value


def _refuse_taken(connection: Connection, new: Deployment) -> None:
    if connection.execute(select(deployment.c.id).where(deployment.c.id == new.id)).first() is not None:
        raise Refused("id-taken", deployment=new.id)


def _lock_of(new: Deployment) -> Any:
    plan = new.runbook.plan
    return (service_lock.c.service == plan.service) & (service_lock.c.environment == plan.environment)


def _take_lock(connection: Connection, new: Deployment, now: datetime) -> None:
    """The database refuses a second one; the refusal says who has it."""
    plan = new.runbook.plan
    row = {"service": plan.service, "environment": plan.environment, "deployment_id": new.id}
    try:
        with connection.begin_nested():
            connection.execute(insert(service_lock), row | {"held": "active", "reason": "", "since": now})
    except IntegrityError as taken:
        held = connection.execute(select(service_lock).where(_lock_of(new))).one()
        raise Refused(
            "locked",
            service=held.service,
            environment=held.environment,
            deployment=held.deployment_id,
            held=held.held,
            reason=held.reason,
            since=held.since.isoformat(),
        ) from taken


def _give_lock(connection: Connection, after: Deployment) -> None:
    """At the end the lock goes, or stays behind with the reason of the rollback."""
    mine = service_lock.c.deployment_id == after.id
    if after.final and after.locked:
        reason = after.rollback.reason if after.rollback is not None else ""
        since = {"since": after.ended_at} if after.ended_at is not None else {}
        connection.execute(
            update(service_lock).where(mine).values(held="rolled-back", reason=reason, **since)
        )
    elif after.final:
        connection.execute(delete(service_lock).where(mine))

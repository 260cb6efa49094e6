"""The only writer of deployments: load, decide, save, journal, effects and the completed effect's row, in one transaction.

What it answers is committed. It must not know how a decision is made (the rules) nor what becomes of effects (the outbox).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from core import machine
from core.decision import Decision
from core.effects import Fact
from core.errors import Refused
from core.inputs import Backfilled, Input, Measured, Started
from core.state import Deployment
from storage import effect_rows, samples
from storage.clock import Clock, PlanClock, real_time
from storage.database import Database
from storage.effect_rows import Claim, StaleClaim, Stamp
from storage.saving import CAPTAIN, Conflict, Moment, Saver, Wake
from storage.snapshots import Remembered, Standing
from storage.tables import counter, deployment
from storage.writer import Transaction

__all__ = ["CAPTAIN", "Claim", "Conflict", "Ledger", "Outcome", "StaleClaim"]

Decide = Callable[[Deployment, Input, datetime], Decision]


@dataclass(frozen=True)
class Outcome:
    """What an input led to. `repeated`: its key was known, nothing happened now, and the deployment is as it is."""

    deployment: Deployment
    facts: tuple[Fact, ...] = ()
    repeated: bool = False


class Ledger:
    """Opens deployments and applies inputs to them. The rules are arguments so that tests can bring small ones."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        decide: Decide = machine.decide,
        *,
        wake_at: Wake = machine.wake_at,
        gate_wake_at: Wake = machine.gate_wake_at,
        is_quiet: Callable[[Deployment, Decision], bool] = machine.is_quiet,
    ) -> None:
        self._database = database
        self._clock = clock
        self._decide = decide
        self._is_quiet = is_quiet
        self._saver = Saver(database.snapshots.rules_version, wake_at, gate_wake_at)
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
        return await self.submit(deployment_id, happened, key=key, completes=completes, outcome=outcome)

    def submit(
        self,
        deployment_id: str,
        happened: Input,
        *,
        key: str,
        completes: Claim | None = None,
        outcome: str = "",
    ) -> asyncio.Future[Outcome]:
        """`apply`, asked for at once and answered when it is committed, without a task in between."""
        if completes is not None and completes.deployment_id != deployment_id:
            raise ValueError(f"the effect {completes.id} does not belong to {deployment_id}")

        def work(transaction: Transaction) -> Outcome:
            return self._apply(transaction, deployment_id, happened, key, completes, outcome)

        return self._database.submit(work, quick=self._database.snapshots.remembers(deployment_id))

    async def retime(self, deployment_id: str, pace: PlanClock) -> None:
        """Another plan clock, for a rehearsal or demo. Plan time still never runs backwards. Raises Refused."""

        def work(transaction: Transaction) -> None:
            columns = {"plan_epoch": pace.plan_epoch, "real_epoch": pace.real_epoch, "speed": pace.speed}
            statement = update(deployment).where(deployment.c.id == deployment_id).values(columns)
            if transaction.connection.execute(statement).rowcount != 1:
                raise Refused("unknown-deployment", deployment=deployment_id)
            if (known := transaction.pending.get(deployment_id)) is not None:
                transaction.pending[deployment_id] = known._replace(pace=pace)
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
        real = self._clock()
        clock = pace if pace is not None else real_time(real)
        moment = Moment(started, key, real, clock.now(real))
        decision = self._decide(new, started, moment.plan)
        self._saver.first(connection, new, moment, clock)
        self._database.snapshots.remember_runbook(new.runbook)
        standing = self._database.snapshots.standing(connection, new.id, uncommitted=Remembered(new, 0, 0))
        return self._write(transaction, standing, decision, moment, None, "")

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
            transaction, standing, decision, Moment(happened, key, real, now), completes, outcome
        )

    def _standing(self, transaction: Transaction, id: str, key: str = "") -> Standing:
        snapshots, connection = self._database.snapshots, transaction.connection
        before: Standing | None = transaction.pending.get(id)
        if before is None:
            return snapshots.standing(connection, id, key=key)
        return before._replace(known=snapshots.happened(connection, id, key))

    def _write(
        self,
        transaction: Transaction,
        standing: Standing,
        decision: Decision,
        moment: Moment,
        completes: Claim | None,
        outcome: str,
    ) -> Outcome:
        connection, saver = transaction.connection, self._saver
        quiet = self._is_quiet(standing.deployment, decision)
        becomes = saver.gate(connection, standing, decision, moment, bump=quiet and bool(decision.effects))
        if not quiet:
            becomes = saver.journal(connection, becomes, decision, moment)
        elif becomes.stored == becomes.version:
            becomes = saver.beside(connection, becomes, decision.deployment)
        else:
            becomes = becomes._replace(deployment=decision.deployment)
        if isinstance(moment.happened, Measured | Backfilled):
            samples.keep(connection, standing.deployment, moment.happened)
        if completes is not None:
            effect_rows.settle(connection, completes, outcome, moment.real)
        if decision.cancels_world:
            effect_rows.withdraw_world(connection, becomes.deployment.id, moment.real)
        self._store(connection, becomes, decision, moment)
        self._when_committed(transaction, becomes)
        return Outcome(becomes.deployment, decision.facts)

    def _store(self, connection: Connection, becomes: Standing, decision: Decision, moment: Moment) -> None:
        id = becomes.deployment.id
        stamp = Stamp(id, f"{id}/{becomes.version}.{becomes.gate_version}", moment.plan, moment.real)
        effect_rows.store(connection, stamp, decision.effects)

    def _when_committed(self, transaction: Transaction, becomes: Standing) -> None:
        id, value = becomes.deployment.id, becomes.remembered
        transaction.pending[id] = becomes
        if becomes.stored != becomes.version:
            # One snapshot a commit: of those who share it only the last one's is worth writing.
            transaction.before_commit(id, lambda: self._saver.snapshot(transaction.connection, becomes))
        self._database.snapshots.expect(id, value)

        def tell() -> None:
            self._database.snapshots.remember(id, value)
            self._tell()

        transaction.after_commit(tell)

    def _tell(self) -> None:
        self.committed.set()
        for call in tuple(self._listeners):
            call()


# ------------------------------------------------------------------------------------------------------------ the rows


def _next(connection: Connection, name: str) -> int:
    raised = update(counter).where(counter.c.name == name).values(value=counter.c.value + 1)
    if connection.execute(raised).rowcount == 0:
        connection.execute(insert(counter), {"name": name, "value": 1})
    value: int = connection.execute(select(counter.c.value).where(counter.c.name == name)).scalar_one()
    return value

"""All of the store in one hand, a drainer that performs on paper, and small rules for what the real ones seldom do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import factories

from core.decision import Decision
from core.effects import (
    Backfill,
    CheckItem,
    Effect,
    LookBack,
    Measure,
    Notify,
    Post,
    ReadBack,
    Record,
    Run,
    SetWeight,
    Update,
)
from core.inputs import (
    Backfilled,
    Checked,
    Decided,
    Input,
    ItemMarked,
    Measured,
    Posted,
    Ran,
    Reading,
    Recorded,
    Reviewed,
    SignedOff,
    Tick,
    WeightRead,
)
from core.rehearsal import Review
from core.state import Deployment, GateRun, Status
from core.wanted import wanted
from storage.clock import ManualClock
from storage.database import Database
from storage.ledger import Ledger, Outcome
from storage.messages import Messages
from storage.outbox import Claim, Outbox
from storage.queries import Queries


@dataclass
class Store:
    """The rooms of storage over one database."""

    database: Database
    clock: ManualClock
    ledger: Ledger
    outbox: Outbox
    queries: Queries
    messages: Messages

    async def begin(self, id: str = "D1", **plan: Any) -> Outcome:
        """Opens the small plan."""
        return await self.ledger.open(factories.new(id, **plan), factories.started(), key=f"start {id}")

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What another program sees in the file."""
        with closing(sqlite3.connect(self.database.path)) as connection:
            return connection.execute(sql, values).fetchall()

    def meddle(self, sql: str, *values: object) -> None:
        """Another hand in the file."""
        with closing(sqlite3.connect(self.database.path)) as connection:
            connection.execute(sql, values)
            connection.commit()

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        names = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(self.rows(f'SELECT * FROM "{name}"'), key=repr) for name in names}  # noqa: S608 -- our own tables


async def open_store(url: str, clock: ManualClock, *, migrate: bool = True, **rules: Any) -> Store:
    """Opens it, with the real rules unless others are given."""
    database = await Database.open(url, migrate=migrate)
    return Store(
        database,
        clock,
        Ledger(database, clock, **rules),
        Outbox(database, clock),
        Queries(database, clock),
        Messages(database, clock),
    )


# --------------------------------------------------------------------------------------------------------- a drainer


@dataclass
class PaperDrainer:
    """Performs every effect on paper: the service answers well, Slack takes everything."""

    store: Store
    owner: str = "drainer 1"
    weight: int = 0
    requests: float = 0.0
    errors: float = 0.0
    shared: bool = True  # control fails as the canary does

    async def drain(self) -> list[str]:
        """Everything that is due, and what follows from it; the kinds in their order."""
        token = await self.store.outbox.take_lease(self.owner, 60)
        assert token is not None
        kinds: list[str] = []
        while claims := await self.store.outbox.claim(token):
            for claim in claims:
                kinds.append(claim.effect.kind)
                await self._perform(claim)
        return kinds

    async def _perform(self, claim: Claim) -> None:
        deployment = await self.store.queries.load(claim.deployment_id)
        answer = self.answer(claim.effect) if wanted(deployment, claim.effect) else None
        if answer is None:
            await self.store.outbox.done(claim, "on paper")
        else:
            await self.store.ledger.apply(
                deployment.id, answer, key=f"effect:{claim.id}", completes=claim, outcome="on paper"
            )

    def answer(self, effect: Effect) -> Input | None:
        match effect:
            case Measure():
                self.requests += 2000
                return Measured(effect.ref, self.store.clock(), self._readings())
            case CheckItem():
                return Checked(effect.step, effect.item, effect.round, True, "200")
            case SetWeight():
                self.weight = effect.weight
                return Ran(effect.ref, True, "ok")
            case Notify():
                return Ran(effect.ref, True, "taken")
            case Run():
                self.weight = 0
                return Ran(effect.ref, True, "ok")
            case ReadBack():
                return WeightRead(effect.ref, self.weight)
            case Record() | Backfill() | LookBack():
                return found_out(effect)
            case Post():
                return Posted(effect.key) if effect.answer else None
            case Update():
                return None

    def _readings(self) -> tuple[Reading, ...]:
        found = factories.readings(self.requests, self.errors)
        if self.shared:
            return found
        return tuple(
            replace(one, values=(0.0, one.values[1]))
            if (one.metric, one.track) == ("errors", "control")
            else one
            for one in found
        )

    async def pass_time(self, span: timedelta) -> None:
        """Beats whenever something is due, until the time is over."""
        until = self.store.clock() + span
        while True:
            await self.drain()
            for id, _ in await self.store.queries.due(self.store.clock()):
                await self.store.ledger.apply(id, Tick(), key=f"tick {id} {self.store.clock().isoformat()}")
                await self.drain()
            following = await self.store.queries.next_wake(self.store.clock())
            if following is None or following > until:
                break
            assert following > self.store.clock(), "what is due stays due: time would not pass"
            self.store.clock.set(following)
        self.store.clock.set(until)

    async def until_traffic(self, id: str = "D1") -> None:
        """People do what the small plan asks for, up to the first share of traffic."""
        apply = self.store.ledger.apply
        for item in ("people", "notes"):
            await apply(id, ItemMarked(factories.ANA, "ready", item, "done"), key=f"item {item}")
        await apply(id, SignedOff(factories.MINA, "signed", "approver", "approve"), key="sign")
        await self.pass_time(factories.T0 - self.store.clock())
        asked = (await self.store.queries.load(id)).step("begin")
        assert asked is not None
        assert asked.status == "open"
        await apply(id, Decided(factories.MINA, "begin", asked.round, "go"), key="go")
        await self.drain()


# -------------------------------------------------------------------------------------------------------- small rules


def small_rules(effects: Callable[[Input], tuple[Effect, ...]] = lambda happened: ()) -> dict[str, Any]:
    """Rules of which a test can see every step: an item marked counts the weight up and says so, a reading changes the gate
    quietly, everything asks for `effects(happened)`."""

    def decide(deployment: Deployment, happened: Input, now: datetime) -> Decision:
        wanted_now = effects(happened)
        match happened:
            case ItemMarked():
                decision = Decision(replace(deployment, weight=deployment.weight + 1), effects=wanted_now)
                decision = decision.fact(
                    "item-done", step=happened.step, item=happened.item, by=happened.by, note=now.isoformat()
                )
                return replace(decision, cancels_world=happened.mark == "open")
            case Measured():
                gate = deployment.gate or GateRun("canary", now, now + timedelta(minutes=1))
                return Decision(
                    replace(
                        deployment,
                        gate=replace(gate, looks=gate.looks + 1, last=happened.readings, last_at=now),
                    ),
                    effects=wanted_now,
                )
            case Tick() | Posted():
                return Decision(deployment, effects=wanted_now)
            case _:
                return Decision(replace(deployment, status=Status.RUNNING), effects=wanted_now).fact(
                    "started", by="", plan="", at=""
                )

    return {"decide": decide, "wake_at": lambda deployment: None}


def found_out(effect: Record | Backfill | LookBack) -> Input:
    match effect:
        case Record():
            return Recorded(effect.ref, ())
        case Backfill():
            return Backfilled(effect.ref, ())
        case LookBack():
            return Reviewed(effect.ref, Review())

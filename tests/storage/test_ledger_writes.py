"""One transaction for everything that follows from an input: all of it is there, or nothing is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import factories
import pytest
from store_world import Store, open_store, small_rules

from core.decision import Decision
from core.effects import Effect, Measure, Post, ReadBack, Run, SetWeight, Update
from core.errors import Refused
from core.inputs import Aborted, Input, ItemMarked, Measured, Started, Tick
from core.state import Deployment
from storage.clock import ManualClock, PlanClock
from storage.forms import Unreadable
from storage.ledger import Conflict, StaleClaim

DONE = ItemMarked(factories.ANA, "ready", "people", "done")


def asks(*effects: Effect) -> dict[str, Any]:
    """Small rules that ask for these with every input but the start."""
    return small_rules(lambda happened: () if isinstance(happened, Started) else effects)


@pytest.fixture
async def small(url: str, clock: ManualClock) -> AsyncIterator[Callable[..., Any]]:
    """Opens stores with small rules, all over the same file."""
    opened: list[Store] = []

    async def open_with(rules: dict[str, Any] | None = None) -> Store:
        store = await open_store(url, clock, **(small_rules() if rules is None else rules))
        opened.append(store)
        return store

    yield open_with
    for store in opened:
        await store.database.close()


# -------------------------------------------------------------------------------------------------------------- opening


async def test_a_start_writes_everything_at_once(store: Store) -> None:
    outcome = await store.begin()
    assert outcome.deployment.status == "running"
    assert not outcome.repeated
    assert store.rows("SELECT id, status, version, journal_seq, final FROM deployment") == [
        ("D1", "running", 1, 1, 0)
    ]
    assert store.rows("SELECT seq, actor, kind, key FROM journal") == [
        (1, factories.ANA, "started", "start D1")
    ]
    assert store.rows("SELECT service, environment, deployment_id, held FROM service_lock") == [
        ("shop", "production", "D1", "active")
    ]
    assert ("D1/1.0/0", "slack", "ready") in store.rows("SELECT id, lane, state FROM outbox")
    assert await store.queries.load("D1") == outcome.deployment


async def test_the_same_start_begins_once(store: Store) -> None:
    first = await store.begin()
    before = store.contents()
    again = await store.ledger.open(factories.new("D2"), factories.started(), key="start D1")
    assert again.repeated
    assert again.deployment == first.deployment
    assert store.contents() == before


async def test_a_service_has_one_deployment_at_a_time(store: Store) -> None:
    await store.begin("D1")
    await store.begin("D2", environment="staging")
    await store.begin("D3", service="search")
    before = store.contents()
    with pytest.raises(Refused) as refused:
        await store.begin("D4")
    assert refused.value.key == "locked"
    assert dict(refused.value.args_) == {
        "service": "shop", "environment": "production", "deployment": "D1", "held": "active", "reason": "",
        "since": factories.START.isoformat(),
    }  # fmt: skip
    assert store.contents() == before


async def test_an_id_is_not_given_to_two(store: Store) -> None:
    await store.begin("D1")
    before = store.contents()
    with pytest.raises(Refused) as refused:
        await store.ledger.open(factories.new("D1", service="search"), factories.started(), key="another")
    assert (refused.value.key, refused.value.args_["deployment"]) == ("id-taken", "D1")
    assert store.contents() == before


async def test_a_start_that_the_rules_refuse_leaves_nothing(store: Store) -> None:
    before = store.contents()
    with pytest.raises(Refused):
        await store.ledger.open(factories.new(), factories.started("U0STRANGER"), key="k")
    assert store.contents() == before
    assert await store.queries.lock("shop", "production") is None


async def test_ids_are_given_once_also_at_the_same_moment(store: Store) -> None:
    assert await asyncio.gather(*(store.ledger.new_id() for _ in range(5))) == ["D1", "D2", "D3", "D4", "D5"]
    assert await store.ledger.new_id("R") == "R1"


# ------------------------------------------------------------------------------------------------------------- applying


async def test_an_act_is_saved_with_its_journal_row_and_effects(store: Store) -> None:
    await store.begin()
    outcome = await store.ledger.apply("D1", DONE, key="click 1")
    assert [fact.key for fact in outcome.facts] == ["item-done"]
    assert store.rows("SELECT version, journal_seq FROM deployment") == [(2, 2)]
    row = (await store.queries.journal("D1"))[1]
    assert (row.seq, row.actor, row.kind, row.key, row.input) == (
        2,
        factories.ANA,
        "item-marked",
        "click 1",
        DONE,
    )
    assert row.facts == outcome.facts
    assert ("D1/2.0/0",) in store.rows("SELECT id FROM outbox")


async def test_what_no_person_did_is_written_down_as_the_captain(small: Callable[..., Any]) -> None:
    store = await small(loud(small_rules()))
    await store.begin()
    await store.ledger.apply("D1", Measured("look:1", factories.START, ()), key="m")
    await store.ledger.apply("D1", replace(DONE, by="cli:ana"), key="a")
    assert [row.actor for row in await store.queries.journal("D1")] == [factories.ANA, "captain", "cli:ana"]


async def test_a_repeated_key_changes_nothing(store: Store) -> None:
    await store.begin()
    first = await store.ledger.apply("D1", DONE, key="click 1")
    before = store.contents()
    again = await store.ledger.apply("D1", Aborted(factories.ANA, "no"), key="click 1")
    assert again.repeated
    assert again.facts == ()
    assert again.deployment == first.deployment
    assert store.contents() == before


async def test_a_refused_act_changes_nothing(store: Store) -> None:
    await store.begin()
    before = store.contents()
    with pytest.raises(Refused):
        await store.ledger.apply("D1", replace(DONE, by="U0STRANGER"), key="click 1")
    assert store.contents() == before
    # and its key is free: who may do it now does it
    assert not (await store.ledger.apply("D1", DONE, key="click 1")).repeated


async def test_an_unknown_deployment_is_refused(store: Store) -> None:
    with pytest.raises(Refused) as refused:
        await store.ledger.apply("D7", DONE, key="k")
    assert (refused.value.key, refused.value.args_["deployment"]) == ("unknown-deployment", "D7")


async def test_an_input_that_cannot_be_stored_changes_nothing(store: Store) -> None:
    await store.begin()
    before = store.contents()
    with pytest.raises(Unreadable):
        await store.ledger.apply("D1", replace(DONE, note="half \ud800 of a pair"), key="k")
    assert store.contents() == before


async def test_plan_time_never_runs_backwards(small: Callable[..., Any], clock: ManualClock) -> None:
    store = await small()
    await store.begin()
    clock.advance(timedelta(minutes=10))
    await store.ledger.apply("D1", DONE, key="a")
    clock.advance(timedelta(minutes=-5))  # the wall clock was set back
    await store.ledger.apply("D1", DONE, key="b")
    clock.advance(timedelta(hours=1))
    await store.ledger.retime("D1", PlanClock(factories.START, clock(), 1))
    await store.ledger.apply("D1", DONE, key="c")
    late = factories.START + timedelta(minutes=10)
    assert [row.plan_at for row in await store.queries.journal("D1")] == [factories.START, late, late, late]
    real = [row.at for row in await store.queries.journal("D1")]
    assert real[2] < real[1]  # real time is what the clock said


async def test_a_rehearsal_has_a_time_of_its_own(small: Callable[..., Any], clock: ManualClock) -> None:
    store = await small()
    pace = PlanClock(factories.T0, clock(), 60)
    await store.ledger.open(factories.new(), factories.started(), key="k", pace=pace)
    clock.advance(timedelta(minutes=1))
    await store.ledger.apply("D1", DONE, key="a")
    assert (await store.queries.journal("D1"))[1].plan_at == factories.T0 + timedelta(hours=1)
    await store.ledger.retime("D1", pace.rescaled(clock(), 1))
    clock.advance(timedelta(minutes=1))
    await store.ledger.apply("D1", DONE, key="b")
    assert (await store.queries.journal("D1"))[2].plan_at == factories.T0 + timedelta(hours=1, minutes=1)
    assert await store.queries.plan_clock("D1") == pace.rescaled(clock() - timedelta(minutes=1), 1)
    with pytest.raises(Refused):
        await store.ledger.retime("D9", pace)


# --------------------------------------------------------------------------------------------------------- quiet looks


async def test_a_quiet_look_leaves_a_sample_and_no_journal_row(small: Callable[..., Any]) -> None:
    store = await small(asks(Measure("look:1", ("errors",)), Update("card", "card")))
    await store.begin()
    await store.ledger.apply("D1", Tick(), key="tick")
    token = await store.outbox.take_lease("a", 60)
    look = next(claim for claim in await store.outbox.claim(token) if claim.effect.kind == "measure")
    assert store.rows("SELECT version FROM deployment") == [(1,)]
    measured = Measured("look:1", factories.START, factories.readings())
    outcome = await store.ledger.apply("D1", measured, key=f"effect:{look.id}", completes=look, outcome="ok")
    assert outcome.deployment.gate is not None
    assert outcome.deployment.gate.looks == 1
    assert await store.queries.load("D1") == outcome.deployment
    assert store.rows("SELECT version FROM deployment") == [(1,)]
    assert len(await store.queries.journal("D1")) == 1
    assert (await store.queries.samples("D1", "", 5))[0].readings == measured.readings
    assert store.rows("SELECT count(*) FROM outbox WHERE id = ?", look.id) == [(0,)]
    ids = [id for (id,) in store.rows("SELECT id FROM outbox")]
    assert len(ids) == len(set(ids)) == 3  # the card in hand, and what the look asked for
    with pytest.raises(StaleClaim):
        await store.ledger.apply("D1", measured, key=f"effect:{look.id}", completes=look)


async def test_the_look_of_a_gate_is_filed_under_it(small: Callable[..., Any], clock: ManualClock) -> None:
    store = await small()
    await store.begin()
    for minute in range(4):
        at = clock.advance(timedelta(minutes=1))
        await store.ledger.apply(
            "D1", Measured(f"look:{minute}", at, factories.readings(minute * 100)), key=f"m{minute}"
        )
    await store.ledger.apply("D1", Measured("baseline:normal:1", clock(), ()), key="b")
    looks = await store.queries.samples("D1", "canary", 2)
    assert [look.ref for look in looks] == ["look:2", "look:3"]
    assert [sample.ref for sample in await store.queries.samples("D1", "", 9)] == [
        "look:0",
        "baseline:normal:1",
    ]


# --------------------------------------------------------------------------------------------------------- the effects


async def test_a_rollback_withdraws_what_nobody_has_begun(small: Callable[..., Any]) -> None:
    def effects(happened: Input) -> tuple[Effect, ...]:
        if isinstance(happened, ItemMarked) and happened.mark == "open":
            return (Run("rollback:0:1", "roll-back"),)
        return (SetWeight("step:a:1", "set-traffic", 5),) if isinstance(happened, ItemMarked) else ()

    store = await small(small_rules(effects))
    await store.begin()
    await store.ledger.apply("D1", DONE, key="a")
    token = await store.outbox.take_lease("a", 60)
    (begun,) = await store.outbox.claim(token)
    await store.outbox.later(begun, store.clock(), "lost", happened_nothing=False)
    await store.ledger.apply("D1", DONE, key="b")
    await store.ledger.apply("D1", replace(DONE, mark="open"), key="c")
    assert store.rows("SELECT kind, state, began FROM outbox ORDER BY number") == [
        ("set-weight", "ready", 1),  # it may have happened: whoever performs it looks again
        ("set-weight", "cancelled", 0),
        ("run", "ready", 0),
    ]


async def test_an_update_that_waits_is_not_asked_for_twice(small: Callable[..., Any]) -> None:
    store = await small(
        asks(Update("card", "card"), Update("card", "card", priority=1), Update("page", "page:1"))
    )
    await store.begin()
    await store.ledger.apply("D1", DONE, key="a")
    assert store.rows("SELECT coalesce, priority FROM outbox") == [("card", 2), ("page:1", 2)]
    await store.ledger.apply("D1", DONE, key="b")
    assert store.rows("SELECT coalesce, priority FROM outbox") == [("card", 1), ("page:1", 2)]
    token = await store.outbox.take_lease("a", 60)
    assert len(await store.outbox.claim(token)) == 2
    await store.ledger.apply("D1", DONE, key="c")  # those in hand may have drawn already
    assert store.rows("SELECT coalesce, state FROM outbox ORDER BY number")[2:] == [
        ("card", "ready"),
        ("page:1", "ready"),
    ]


async def test_an_update_without_a_key_is_a_fault(small: Callable[..., Any]) -> None:
    store = await small(asks(Update("card", "")))
    await store.begin()
    with pytest.raises(ValueError, match="must say by its key"):
        await store.ledger.apply("D1", DONE, key="a")


async def test_a_report_slot_is_reported_once(small: Callable[..., Any]) -> None:
    store = await small(asks(Post("report", "r1", "brief:7"), Post("report", "r2", "full:7"), Post("log")))
    await store.begin()
    await store.begin("D2", service="search")
    for key in ("a", "b"):
        await store.ledger.apply("D1", DONE, key=key)
    await store.ledger.apply("D2", DONE, key="a")
    views = store.rows("SELECT deployment_id, queue FROM outbox ORDER BY number")
    assert views == [
        ("D1", "slack:key:r1"), ("D1", "slack:key:r2"), ("D1", "slack:view:log:thread:main"),
        ("D1", "slack:view:log:thread:main"),
        ("D2", "slack:key:r1"), ("D2", "slack:key:r2"), ("D2", "slack:view:log:thread:main"),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------- faults


FAULTS = [
    ("deployment", "UPDATE"), ("journal", "INSERT"), ("gate", "UPDATE"), ("outbox", "INSERT"), ("outbox", "UPDATE"), ("outbox", "DELETE"),
    ("sample", "INSERT"),
]  # fmt: skip


def loud(url_rules: dict[str, Any]) -> dict[str, Any]:
    """The same rules, but a reading is never quiet: so one input touches every table."""

    def decide(deployment: Deployment, happened: Input, now: datetime) -> Decision:
        decision = url_rules["decide"](deployment, happened, now)
        assert isinstance(decision, Decision)
        return decision.fact("seen") if isinstance(happened, Measured) else decision

    return url_rules | {"decide": decide}


@pytest.mark.parametrize(("table", "statement"), FAULTS)
@pytest.mark.parametrize("company", [0, 3], ids=["alone", "in company"])
async def test_a_fault_between_statements_leaves_both_or_neither(
    small: Callable[..., Any], table: str, statement: str, company: int
) -> None:
    store = await small(loud(asks(Measure("look:1", ("errors",)), ReadBack("step:a:1"))))
    await store.begin()
    await store.begin("D2", service="search")
    await store.ledger.apply("D1", Tick(), key="tick")
    look, read_back = await store.outbox.claim(await store.outbox.take_lease("a", 60))
    # A completed look is deleted, what else is completed is kept.
    completed = look if statement == "DELETE" else read_back
    before = store.contents()
    deployment = await store.queries.load("D1")
    which = (
        "new.id"
        if table == "deployment"
        else "old.deployment_id"
        if statement == "DELETE"
        else "new.deployment_id"
    )
    store.meddle(
        f"CREATE TRIGGER fault BEFORE {statement} ON {table} WHEN {which} = 'D1' "
        "BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END"
    )
    measured = Measured("look:1", factories.START, factories.readings())
    # The others are in the same commit, and must not suffer.
    faulty = asyncio.ensure_future(store.ledger.apply("D1", measured, key="m", completes=completed))
    others = [asyncio.ensure_future(store.ledger.apply("D2", DONE, key=f"o{n}")) for n in range(company)]
    with pytest.raises(Exception, match="the disk is gone"):
        await faulty
    await asyncio.gather(*others)
    assert (await store.queries.load("D2")).weight == company
    after = store.contents()
    for name in ("journal", "outbox", "sample", "gate"):
        assert [row for row in after[name] if "D1" in row] == [row for row in before[name] if "D1" in row], (
            name
        )
    assert await store.queries.load("D1") == deployment
    store.meddle("DROP TRIGGER fault")
    outcome = await store.ledger.apply("D1", measured, key="m", completes=completed)
    assert outcome.deployment.gate is not None
    assert outcome.deployment.gate.looks == 1
    assert await store.queries.verify("D1") == []


async def test_another_hand_in_the_row_is_noticed(small: Callable[..., Any]) -> None:
    store = await small()
    await store.begin()
    store.meddle("CREATE TRIGGER eats BEFORE UPDATE ON deployment BEGIN SELECT RAISE(IGNORE); END")
    before = store.contents()
    with pytest.raises(Conflict, match="D1 was changed by another hand"):
        await store.ledger.apply("D1", DONE, key="a")
    assert store.contents() == before


async def test_a_damaged_snapshot_is_not_guessed_at(
    small: Callable[..., Any], url: str, clock: ManualClock
) -> None:
    store = await small()
    await store.begin()
    store.meddle('UPDATE deployment SET state = replace(state, \'"language":"en"\', \'"language":7\')')
    fresh = await small()
    with pytest.raises(Unreadable, match="stored deployment cannot be read"):
        await fresh.ledger.apply("D1", DONE, key="a")
    store.meddle("UPDATE deployment SET plan_text = plan_text || ' '")
    with pytest.raises(Unreadable, match="not the one with which the deployment began"):
        await fresh.queries.load("D1")


# --------------------------------------------------------------------------------------------------- fencing and telling


async def test_a_former_drainer_is_refused(small: Callable[..., Any], clock: ManualClock) -> None:
    store = await small(asks(Run("step:a:1", "deploy")))
    await store.begin()
    await store.ledger.apply("D1", DONE, key="a")
    old = await store.outbox.take_lease("old", 30)
    (lost,) = await store.outbox.claim(old)
    clock.advance(timedelta(seconds=31))
    new = await store.outbox.take_lease("new", 30)
    (taken,) = await store.outbox.claim(new)
    assert (taken.id, taken.began_before, taken.attempts) == (lost.id, True, 2)
    before = store.contents()
    for late in (
        store.ledger.apply("D1", DONE, key="late", completes=lost),
        store.outbox.done(lost, "late"),
        store.outbox.gave_up(lost, "late"),
        store.outbox.later(lost, clock(), "late", happened_nothing=True),
    ):
        with pytest.raises(StaleClaim, match=r"no longer in the hands of drainer 1"):
            await late
    assert store.contents() == before
    await store.ledger.apply("D1", DONE, key="on time", completes=taken, outcome="exit 0")
    assert store.rows("SELECT state, outcome FROM outbox WHERE id = ?", taken.id) == [("done", "exit 0")]


async def test_an_effect_of_another_deployment_cannot_be_completed(small: Callable[..., Any]) -> None:
    store = await small(asks(Run("step:a:1", "deploy")))
    await store.begin()
    await store.ledger.apply("D1", DONE, key="a")
    (claim,) = await store.outbox.claim(await store.outbox.take_lease("a", 30))
    with pytest.raises(ValueError, match="does not belong to D2"):
        await store.ledger.apply("D2", DONE, key="b", completes=claim)


async def test_every_commit_is_told_and_a_bad_listener_harms_nobody(
    small: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    store = await small()
    told: list[int] = []
    stop = store.ledger.on_commit(lambda: told.append(1))
    store.ledger.on_commit(lambda: 1 // 0 and None)
    await store.begin()
    await store.ledger.apply("D1", DONE, key="a")
    assert len(told) == 2
    assert store.ledger.committed.is_set()
    assert {record.action for record in caplog.records} == {"storage.listener-failed"}  # type: ignore[attr-defined]  # our extra
    stop()
    await store.ledger.apply("D1", DONE, key="b")
    assert (await store.queries.load("D1")).weight == 2
    assert len(told) == 2


async def test_who_is_cancelled_before_it_began_has_written_nothing(small: Callable[..., Any]) -> None:
    store = await small()
    await store.begin()
    kept = asyncio.ensure_future(store.ledger.apply("D1", DONE, key="a"))
    gone = asyncio.ensure_future(store.ledger.apply("D1", DONE, key="b"))
    await asyncio.sleep(0)  # both have asked, the writer has not looked yet
    gone.cancel()
    await kept
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert [row.key for row in await store.queries.journal("D1")] == ["start D1", "a"]


async def test_a_closed_database_takes_nothing(url: str, clock: ManualClock, tmp_path: Path) -> None:
    store = await open_store(url, clock, **small_rules())
    await store.begin()
    last = asyncio.ensure_future(store.ledger.apply("D1", DONE, key="a"))
    await asyncio.sleep(0)
    await store.database.close()
    assert (await last).deployment.weight == 1  # what had been asked for is written
    with pytest.raises(RuntimeError, match="database is closed"):
        await store.ledger.apply("D1", DONE, key="b")
    assert os.listdir(tmp_path) == ["captain.sqlite3"]  # nothing is left in a journal beside it

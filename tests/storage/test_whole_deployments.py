"""Whole deployments by the real rules, through the ledger and the outbox: what is stored is what the journal leads to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import factories
import pytest
from store_world import PaperDrainer, Store

from core import machine
from core.errors import Refused
from core.inputs import Aborted, Decided, ItemMarked, Paused, RollbackAsked, Unlocked
from storage.replay import replay, same


async def replayed(store: Store, id: str = "D1") -> bool:
    """Whether the journal leads to the stored snapshot, and fits its own hashes."""
    assert await store.queries.verify(id) == []
    value = replay(await store.queries.opening(id), await store.queries.journal(id), machine.decide)
    return same(value, await store.queries.load(id))


async def test_a_good_deployment_ends_and_frees_the_service(store: Store) -> None:
    await store.begin()
    drainer = PaperDrainer(store)
    await drainer.drain()
    await drainer.until_traffic()
    assert drainer.weight == 5
    assert (await store.queries.load("D1")).weight == 5
    await drainer.pass_time(timedelta(hours=2))
    ended = await store.queries.load("D1")
    assert (ended.status, ended.verdict) == ("done", "GO")
    assert await replayed(store)
    assert await store.queries.lock("shop", "production") is None
    assert await store.queries.active() == []
    assert await store.queries.next_wake(store.clock()) is None
    looks = await store.queries.samples("D1", "canary", 1000)
    assert len(looks) > 20
    journal = await store.queries.journal("D1")
    assert (
        len([row for row in journal if row.kind == "measured"]) < len(looks) / 2
    )  # quiet looks leave no row
    await store.begin("D2")  # the service is free


async def test_a_rollback_leaves_a_lock_behind_until_somebody_lifts_it(store: Store) -> None:
    await store.begin()
    drainer = PaperDrainer(store)
    await drainer.until_traffic()
    await drainer.pass_time(timedelta(minutes=10))
    await store.ledger.apply("D1", RollbackAsked(factories.ANA, "orders are lost"), key="rollback")
    assert await replayed(store)
    await drainer.pass_time(timedelta(minutes=30))
    ended = await store.queries.load("D1")
    assert (ended.status, ended.locked, drainer.weight) == ("rolled-back", True, 0)
    assert await replayed(store)
    lock = await store.queries.lock("shop", "production")
    assert lock is not None
    assert (lock.deployment_id, lock.held, lock.reason) == ("D1", "rolled-back", "orders are lost")
    with pytest.raises(Refused) as refused:
        await store.begin("D2")
    assert (refused.value.args_["held"], refused.value.args_["reason"]) == ("rolled-back", "orders are lost")
    await store.ledger.apply(
        "D1", ItemMarked(factories.ANA, "rollback", "cause", "done", "a lost index"), key="cause"
    )
    await store.ledger.apply("D1", Unlocked(factories.ANA, "mended"), key="unlock")
    assert await store.queries.lock("shop", "production") is None
    assert await replayed(store)
    await store.begin("D2")


async def test_a_bad_canary_is_taken_back_by_the_rules(store: Store) -> None:
    await store.begin()
    drainer = PaperDrainer(store)
    await drainer.until_traffic()
    before = len(await store.queries.journal("D1"))
    drainer.errors, drainer.shared = 200.0, False
    for _ in range(8):
        drainer.errors *= 2
        await drainer.pass_time(timedelta(minutes=1))
    ended = await store.queries.load("D1")
    assert ended.status in ("rolling-back", "rolled-back")
    assert drainer.weight == 0
    assert len(await store.queries.journal("D1")) > before
    assert await replayed(store)


async def test_an_aborted_deployment_frees_the_service(store: Store) -> None:
    await store.begin()
    await store.ledger.apply("D1", Aborted(factories.ANA, "wrong version"), key="abort")
    assert await store.queries.lock("shop", "production") is None
    assert [row.id for row in await store.queries.recent(5)] == ["D1"]
    assert (await store.queries.recent(5))[0].ended_at == factories.START
    assert await replayed(store)


async def test_the_rules_may_have_changed_between_two_acts_of_the_same_moment(store: Store) -> None:
    """Several acts in one commit see each other."""
    await store.begin()
    ledger = store.ledger
    outcomes = await asyncio.gather(
        ledger.apply("D1", ItemMarked(factories.ANA, "ready", "people", "done"), key="a"),
        ledger.apply("D1", ItemMarked("U0STRANGER", "ready", "notes", "done"), key="b"),
        ledger.apply("D1", ItemMarked(factories.ANA, "ready", "notes", "done"), key="c"),
        ledger.apply("D1", ItemMarked(factories.ANA, "ready", "people", "done"), key="a"),
        ledger.apply("D1", Paused(factories.ANA, "lunch"), key="d"),
        return_exceptions=True,
    )
    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds == ["Outcome", "Refused", "Outcome", "Outcome", "Outcome"]
    assert [row.key for row in await store.queries.journal("D1")] == ["start D1", "a", "c", "d"]
    last = await store.queries.load("D1")
    assert last.hold is not None
    assert all(item.mark == "done" for step in last.steps for item in step.items if step.id == "ready")
    assert await replayed(store)


async def test_a_replay_by_other_rules_is_found_out(store: Store) -> None:
    await store.begin()
    await store.ledger.apply("D1", ItemMarked(factories.ANA, "ready", "people", "done"), key="a")
    rows = await store.queries.journal("D1")
    opening = await store.queries.opening("D1")
    stored = await store.queries.load("D1")
    assert same(replay(opening, rows, machine.decide), stored)
    assert not same(replay(opening, rows[:-1], machine.decide), stored)
    assert not same(replay(replace(opening, language="ko"), rows, machine.decide), stored)


async def test_a_question_is_answered_once(store: Store) -> None:
    await store.begin()
    drainer = PaperDrainer(store)
    await drainer.until_traffic()
    with pytest.raises(Refused):
        await store.ledger.apply("D1", Decided(factories.BEN, "begin", 1, "no-go", "late"), key="no")
    assert (await store.queries.load("D1")).weight == 5

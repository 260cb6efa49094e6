"""What people and beats ask the store."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any

import factories
import pytest
from store_world import Store, open_store, small_rules

from core.errors import Refused
from core.inputs import Aborted, ItemMarked, Measured
from core.state import Deployment
from storage.clock import ManualClock, PlanClock

DONE = ItemMarked(factories.ANA, "ready", "people", "done")
HOUR = timedelta(hours=1)


async def test_deployments_are_found(store: Store) -> None:
    assert await store.queries.active() == []
    assert await store.queries.active_for("shop", "production") is None
    await store.begin("D1")
    store.clock.advance(HOUR)
    await store.begin("D2", service="search")
    assert [one.id for one in await store.queries.active()] == ["D1", "D2"]
    found = await store.queries.active_for("search", "production")
    assert found is not None
    assert found.id == "D2"
    assert await store.queries.active_for("search", "staging") is None
    await store.ledger.apply("D1", Aborted(factories.ANA, "no"), key="abort")
    assert [one.id for one in await store.queries.active()] == ["D2"]
    rows = await store.queries.recent(9)
    assert [(row.id, row.service, row.environment, row.status) for row in rows] == [
        ("D2", "search", "production", "running"), ("D1", "shop", "production", "aborted"),
    ]  # fmt: skip
    assert (rows[1].started_at, rows[1].ended_at) == (factories.START, factories.START + HOUR)
    assert len(await store.queries.recent(1)) == 1


@pytest.mark.parametrize("ask", ["load", "plan_clock", "verify", "opening"])
async def test_what_is_not_there_is_refused(store: Store, ask: str) -> None:
    with pytest.raises(Refused) as refused:
        await getattr(store.queries, ask)("D9")
    assert (refused.value.key, refused.value.args_["deployment"]) == ("unknown-deployment", "D9")
    assert await store.queries.journal("D9") == []


async def test_the_lock_says_who_has_the_service(store: Store) -> None:
    assert await store.queries.lock("shop", "production") is None
    await store.begin()
    lock = await store.queries.lock("shop", "production")
    assert lock is not None
    assert (lock.deployment_id, lock.held, lock.since) == ("D1", "active", factories.START)


async def test_the_bot_was_seen(store: Store) -> None:
    assert await store.queries.presence() is None
    for minutes in (0, 5):
        await store.queries.beat(factories.START + timedelta(minutes=minutes))
    assert await store.queries.presence() == factories.START + timedelta(minutes=5)


# ------------------------------------------------------------------------------------------------------------- due


def waking(**at: timedelta | None) -> dict[str, Any]:
    """Small rules under which a deployment wakes at a time of its own."""

    def wake_at(deployment: Deployment) -> Any:
        span = at.get(deployment.id)
        return None if span is None else factories.START + span

    return small_rules() | {"wake_at": wake_at}


async def test_due_is_whose_time_has_come_by_its_own_clock(url: str, clock: ManualClock) -> None:
    store = await open_store(url, clock, **waking(D1=HOUR, D2=HOUR, D3=None, D4=HOUR))
    try:
        for id, speed in (("D1", 1.0), ("D2", 60.0), ("D3", 1.0), ("D4", 0.0)):
            await store.ledger.open(
                factories.new(id, service=id.lower()), factories.started(), key=id,
                pace=PlanClock(clock(), clock(), speed),
            )  # fmt: skip
        assert await store.queries.due(clock()) == []
        assert await store.queries.next_wake(clock()) == factories.START + timedelta(minutes=1)
        clock.advance(timedelta(minutes=1))
        assert await store.queries.due(clock()) == [("D2", "tick")]
        assert await store.queries.next_wake(clock()) == clock()
        clock.advance(HOUR)
        assert await store.queries.due(clock()) == [("D1", "tick"), ("D2", "tick")]
        # a clock that stands still comes to its moment only when it is moved there
        pace = await store.queries.plan_clock("D4")
        await store.ledger.retime("D4", pace.moved(clock(), factories.START + HOUR))
        assert ("D4", "tick") in await store.queries.due(clock())
    finally:
        await store.database.close()


async def test_a_look_is_due_by_itself(url: str, clock: ManualClock) -> None:
    store = await open_store(url, clock, **waking())
    try:
        await store.begin()
        assert await store.queries.next_wake(clock()) is None
        await store.ledger.apply("D1", Measured("look:0", clock(), ()), key="m")
        assert await store.queries.next_wake(clock()) == clock() + timedelta(minutes=1)
        clock.advance(timedelta(minutes=1))
        assert await store.queries.due(clock()) == [("D1", "tick")]
    finally:
        await store.database.close()


# ------------------------------------------------------------------------------------------------------ the audit trail


async def begun(url: str, clock: ManualClock) -> Store:
    """A store whose journal has rows with and without the hot state of a gate."""
    store = await open_store(url, clock, **small_rules())
    await store.begin()
    await store.ledger.apply("D1", DONE, key="a")
    await store.ledger.apply("D1", Measured("look:0", clock(), factories.readings()), key="m")
    await store.ledger.apply("D1", DONE, key="b")
    return store


async def test_every_column_of_the_journal_is_under_its_hash(url: str, clock: ManualClock) -> None:
    store = await begun(url, clock)
    try:
        assert await store.queries.verify("D1") == []
        names = [
            row[1]
            for row in store.rows("PRAGMA table_info(journal)")
            if row[1] not in ("deployment_id", "seq")
        ]
        for name in names:
            (value,) = store.rows(f"SELECT {name} FROM journal WHERE seq = 3")[0]  # noqa: S608 -- a column's name
            for wrong in changed(value):
                store.meddle(f"UPDATE journal SET {name} = ? WHERE seq = 3", wrong)  # noqa: S608 -- the same
                problems = await store.queries.verify("D1")
                assert any("journal row 3" in problem for problem in problems), (name, wrong)
            store.meddle(f"UPDATE journal SET {name} = ? WHERE seq = 3", value)  # noqa: S608 -- the same
        assert await store.queries.verify("D1") == []
    finally:
        await store.database.close()


def changed(value: Any) -> list[Any]:
    """The value with one byte changed, at several places."""
    if value is None:
        return [b"something"]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, bytes):
        # The third: bytes that unpack to the same text, packed in another way.
        return [bytes([value[0] ^ 1]) + value[1:], value[:-1], zlib.compress(zlib.decompress(value), 1)]
    if value.endswith("Z") and "T" in value:
        return [value[:-2] + ("1" if value[-2] == "0" else "0") + "Z"]
    return [value + " ", ("x" if value[:1] != "x" else "y") + value[1:]]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("DELETE FROM journal WHERE seq = 2", "row 2 is missing"),
        (
            "DELETE FROM journal WHERE seq = 3",
            "ends at row 2, but the deployment was last written with row 3",
        ),
        ("UPDATE journal SET seq = 9 WHERE seq = 3", "row 3 is missing"),
        (
            "UPDATE deployment SET plan_text = replace(plan_text, 'below: 1%', 'below: 9%')",
            "stored plan is not the one",
        ),
        (
            "UPDATE deployment SET opening = replace(opening, 'v7', 'v8')",
            "row 1 does not follow the row before it",
        ),
        ("UPDATE deployment SET plan_digest = 'f'", "row 1 does not follow the row before it"),
    ],
)
async def test_what_was_taken_away_or_exchanged_is_found(
    url: str, clock: ManualClock, change: str, found: str
) -> None:
    store = await begun(url, clock)
    try:
        store.meddle(change)
        assert found in "; ".join(await store.queries.verify("D1"))
    finally:
        await store.database.close()


async def test_the_journal_keeps_the_hot_state_before_each_input(url: str, clock: ManualClock) -> None:
    store = await begun(url, clock)
    try:
        gates = [row.gate for row in await store.queries.journal("D1")]
        assert gates[:2] == [None, None]
        assert gates[2] is not None
        assert gates[2].looks == 1
    finally:
        await store.database.close()

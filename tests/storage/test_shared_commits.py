"""Acts that share a commit: the deployment's row is written once for all of them, and each still sees what the one before left."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import datetime, timedelta

import factories
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_world import Store, open_store, small_rules

from core.errors import Refused
from core.inputs import Input, ItemMarked, Measured, Tick
from storage import chain
from storage.clock import ManualClock, PlanClock
from storage.ledger import Ledger
from storage.queries import Queries
from storage.tables import utc_text

DONE = ItemMarked(factories.ANA, "ready", "people", "done")
LOOK = Measured("look:1", factories.START, factories.readings())
ROW = st.one_of(
    st.text(), st.integers(), st.none(), st.binary(), st.datetimes(timezones=st.just(factories.START.tzinfo))
)


@pytest.fixture
async def begun(url: str, clock: ManualClock) -> Store:
    store = await open_store(url, clock, **small_rules())
    await store.begin()
    store.meddle("CREATE TABLE written (id TEXT, version INTEGER)")
    store.meddle(
        "CREATE TRIGGER seen AFTER UPDATE OF state ON deployment BEGIN INSERT INTO written VALUES (new.id, new.version); END"
    )
    return store


async def test_one_snapshot_is_written_for_all_who_share_a_commit(begun: Store) -> None:
    outcomes = await asyncio.gather(*(begun.ledger.apply("D1", DONE, key=f"k{n}") for n in range(10)))
    assert [outcome.deployment.weight for outcome in outcomes] == list(range(1, 11))
    assert begun.rows("SELECT * FROM written") == [("D1", 11)]
    assert begun.rows("SELECT version, journal_seq FROM deployment") == [(11, 11)]
    assert await begun.queries.verify("D1") == []
    await begun.database.close()


async def test_a_quiet_look_among_acts_loses_nothing_of_either(
    url: str, begun: Store, clock: ManualClock
) -> None:
    acts: tuple[Input, ...] = (DONE, LOOK, DONE, LOOK)
    await asyncio.gather(*(begun.ledger.apply("D1", act, key=f"k{n}") for n, act in enumerate(acts)))
    mine = await begun.queries.load("D1")
    assert mine.gate is not None
    assert (mine.weight, mine.gate.looks) == (2, 2)
    assert begun.rows("SELECT * FROM written") == [("D1", 3)]
    other = await open_store(url, clock, migrate=False, **small_rules())
    assert await other.queries.load("D1") == mine
    await other.database.close()
    await begun.database.close()


async def test_a_start_that_is_refused_takes_no_act_with_it(begun: Store) -> None:
    acts = [begun.ledger.apply("D1", DONE, key=f"k{n}") for n in range(3)]
    one, two, refused, three = await asyncio.gather(
        acts[0], acts[1], begun.begin("D2"), acts[2], return_exceptions=True
    )
    assert isinstance(refused, Refused)
    assert refused.key == "locked"
    assert not any(isinstance(outcome, BaseException) for outcome in (one, two, three))
    assert [deployment.weight for deployment in await begun.queries.active()] == [3]
    assert begun.rows("SELECT id FROM deployment") == [("D1",)]
    assert await begun.queries.verify("D1") == []
    await begun.database.close()


async def test_an_act_that_is_refused_takes_no_act_with_it(url: str, clock: ManualClock) -> None:
    store = await open_store(url, clock)
    await store.begin()
    stranger = ItemMarked("U0STRANGER", "ready", "people", "done")
    acts: list[Input] = [ItemMarked(factories.ANA, "ready", "people", "done"), stranger, Tick()]
    done, refused, tick = await asyncio.gather(
        *(store.ledger.apply("D1", act, key=f"k{n}") for n, act in enumerate(acts)), return_exceptions=True
    )
    assert isinstance(refused, Refused)
    assert not isinstance(done, BaseException)
    assert not isinstance(tick, BaseException)
    assert {row.key for row in await store.queries.journal("D1")} >= {"k0"}
    assert await store.queries.verify("D1") == []
    await store.database.close()


async def test_a_clock_that_is_set_between_two_acts_counts_for_the_second(
    begun: Store, clock: ManualClock
) -> None:
    later = factories.START + timedelta(days=1)
    await asyncio.gather(
        begun.ledger.apply("D1", DONE, key="before"),
        begun.ledger.retime("D1", PlanClock(later, clock(), 1.0)),
        begun.ledger.apply("D1", DONE, key="after"),
    )
    rows = {row.key: row.plan_at for row in await begun.queries.journal("D1")}
    assert (rows["before"], rows["after"]) == (factories.START, later)
    await begun.database.close()


async def test_a_snapshot_that_cannot_be_written_refuses_its_own_acts_only(
    url: str, clock: ManualClock
) -> None:
    def no_wake_for_d1(deployment: object) -> None:
        if getattr(deployment, "id", "") == "D1" and broken:
            raise ArithmeticError("no such moment")

    broken: list[str] = []
    store = await open_store(url, clock, **small_rules() | {"wake_at": no_wake_for_d1})
    await store.begin("D1")
    await store.begin("D2", service="search")
    broken.append("from now on")
    bad, good = await asyncio.gather(
        store.ledger.apply("D1", DONE, key="bad"),
        store.ledger.apply("D2", DONE, key="good"),
        return_exceptions=True,
    )
    assert isinstance(bad, ArithmeticError)
    assert not isinstance(good, BaseException)
    assert {one.id: one.weight for one in await Queries(store.database, clock).active()} == {"D1": 0, "D2": 1}
    broken.clear()
    assert (
        await Ledger(store.database, clock, **small_rules()).apply("D1", DONE, key="bad")
    ).deployment.weight == 1
    await store.database.close()


@given(st.dictionaries(st.text(), ROW))
def test_a_rows_hash_is_that_of_its_canonical_json(columns: dict[str, chain.Column]) -> None:
    plain = {
        name: utc_text(value)
        if isinstance(value, datetime)
        else hashlib.sha256(value).hexdigest()
        if isinstance(value, bytes)
        else value
        for name, value in columns.items()
    }
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    assert chain.digest(columns) == hashlib.sha256(canonical.encode()).hexdigest()

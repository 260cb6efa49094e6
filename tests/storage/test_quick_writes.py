"""What is decided in the event loop: nobody waits there for another program, and what is remembered is what is committed."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import factories
import pytest
from store_world import open_store, small_rules

from core.inputs import ItemMarked
from storage import schema
from storage.clock import ManualClock

DONE = ItemMarked(factories.ANA, "ready", "people", "done")


async def test_the_loop_goes_on_while_another_program_writes(url: str, clock: ManualClock) -> None:
    store = await open_store(url, clock, **small_rules())
    await store.begin()
    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        act = asyncio.ensure_future(store.ledger.apply("D1", DONE, key="k"))
        # A look needs no lock, so it is answered; a loop that waited for the other program would not come to it.
        assert [one.weight for one in await store.queries.active()] == [0]
        assert (await store.queries.load("D1")).weight == 0
        assert not act.done()
        other.execute("ROLLBACK")
    assert (await act).deployment.weight == 1
    await store.database.close()


async def test_whoever_asks_after_an_answer_sees_what_it_said(url: str, clock: ManualClock) -> None:
    store = await open_store(url, clock, **small_rules())
    await store.begin()

    async def act(number: int) -> None:
        outcome = await store.ledger.apply("D1", DONE, key=f"k{number}")
        (seen,) = await store.queries.active()
        assert seen.weight >= outcome.deployment.weight

    await asyncio.gather(*(act(number) for number in range(40)))
    (last,) = await store.queries.active()
    assert last == await store.queries.load("D1")
    assert last.weight == 40
    await store.database.close()


async def test_what_another_program_did_is_seen_by_the_next_question(url: str, clock: ManualClock) -> None:
    bot = await open_store(url, clock, **small_rules())
    cli = await open_store(url, clock, migrate=False, **small_rules())
    await bot.begin("D1")
    assert [one.id for one in await bot.queries.active()] == ["D1"]
    await cli.begin("D2", service="other")
    assert [one.id for one in await bot.queries.active()] == ["D1", "D2"]
    await cli.ledger.apply("D1", DONE, key="cli")
    assert [one.weight for one in await bot.queries.active()] == [1, 0]
    assert (await bot.ledger.apply("D1", DONE, key="bot")).deployment.weight == 2
    assert [one.weight for one in await cli.queries.active()] == [2, 0]
    for store in (cli, bot):
        await store.database.close()


async def test_a_disk_that_refuses_the_commit_refuses_the_act_and_nothing_else(
    url: str, clock: ManualClock
) -> None:
    store = await open_store(url, clock, **small_rules())
    await store.begin()
    store.meddle(
        "CREATE TRIGGER full BEFORE INSERT ON journal WHEN new.key = 'bad' BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    acts = [store.ledger.apply("D1", DONE, key=key) for key in ("k1", "bad", "k2")]
    one, bad, two = await asyncio.gather(*acts, return_exceptions=True)
    assert isinstance(bad, Exception)
    assert "no room" in str(bad)
    assert not isinstance(one, BaseException)
    assert not isinstance(two, BaseException)
    assert (one.deployment.weight, two.deployment.weight) == (1, 2)
    assert [deployment.weight for deployment in await store.queries.active()] == [2]
    assert await store.queries.verify("D1") == []
    await store.database.close()


@pytest.mark.parametrize(
    ("heads", "problem"),
    [
        ({"a": None, "b": None}, "two migrations"),
        ({"a": None, "c": "b"}, "not there"),
    ],
)
def test_migrations_must_be_one_line(tmp_path: Path, heads: dict[str, str | None], problem: str) -> None:
    folder = tmp_path / "versions"
    folder.mkdir()
    for revision, before in heads.items():
        (folder / f"{revision}.py").write_text(f"revision = {revision!r}\ndown_revision = {before!r}\n")
    with pytest.raises(ValueError, match=problem):
        schema.revisions(tmp_path)


def test_migrations_are_named_oldest_first(tmp_path: Path) -> None:
    folder = tmp_path / "versions"
    folder.mkdir()
    for revision, before in (("1", None), ("9", "1"), ("5", "9")):
        (folder / f"{revision}.py").write_text(f"revision = {revision!r}\ndown_revision = {before!r}\n")
    assert schema.revisions(tmp_path) == ("1", "9", "5")

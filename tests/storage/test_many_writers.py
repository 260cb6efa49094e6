"""Several who write at once, in one process and in several, and one that is killed: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable
from functools import cache
from pathlib import Path

import factories
import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from store_world import Store, open_store, small_rules

from core.inputs import ItemMarked
from core.state import Deployment
from storage import schema
from storage.clock import ManualClock
from storage.ledger import Outcome
from storage.replay import replay, same

pytestmark = pytest.mark.services

DONE = ItemMarked(factories.ANA, "ready", "people", "done")
PROGRAM = Path(__file__).with_name("writing_process.py")


async def held_together(store: Store, keys: set[str], id: str = "D1") -> Deployment:
    """Every key is there once, each act counted once, the rows without a gap, and the journal leads to the snapshot."""
    rows = await store.queries.journal(id)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert {row.key for row in rows} == keys | {f"start {id}"}
    assert len(rows) == len(keys) + 1
    deployment = await store.queries.load(id)
    assert deployment.weight == len(keys)
    assert await store.queries.verify(id) == []
    rules = small_rules()
    assert same(replay(await store.queries.opening(id), rows, rules["decide"]), deployment)
    assert store.rows("SELECT version, journal_seq FROM deployment WHERE id = ?", id) == [
        (len(rows), len(rows))
    ]
    return deployment


# Who (which of two programs) does what (a key; a key may come twice) and whether he waits for the answer first.
steps = st.lists(st.tuples(st.booleans(), st.integers(0, 7), st.booleans()), min_size=2, max_size=10)


@settings(max_examples=draws(50), deadline=None)
@given(steps)
def test_any_order_of_two_programs_gives_each_act_once(plan: list[tuple[bool, int, bool]]) -> None:
    asyncio.run(_interleaved(plan))


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "captain.sqlite3"
        schema.migrate(path)
        return path.read_bytes()


async def _interleaved(plan: list[tuple[bool, int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Copied: making one takes longer than all that follows.
        Path(folder, "captain.sqlite3").write_bytes(_empty())  # noqa: ASYNC240 -- nothing else runs in this loop yet
        url, clock = f"sqlite+aiosqlite:///{folder}/captain.sqlite3", ManualClock(factories.START)
        bot = await open_store(url, clock, **small_rules())
        cli = await open_store(url, clock, migrate=False, **small_rules())
        await bot.begin()
        running: list[Awaitable[Outcome]] = []
        for who, key, waits in plan:
            act = asyncio.ensure_future((bot if who else cli).ledger.apply("D1", DONE, key=f"k{key}"))
            running.append(act)
            if waits:
                await act
        outcomes = await asyncio.gather(*running)
        keys = {f"k{key}" for _, key, _ in plan}
        assert sum(not outcome.repeated for outcome in outcomes) == len(keys)
        one, other = await held_together(bot, keys), await held_together(cli, keys)
        assert one == other  # what one program remembers does not hide what the other wrote
        await cli.database.close()
        await bot.database.close()


async def test_fifty_at_once_share_commits_and_each_sees_the_one_before(url: str, clock: ManualClock) -> None:
    store = await open_store(url, clock, **small_rules())
    await store.begin()
    outcomes = await asyncio.gather(*(store.ledger.apply("D1", DONE, key=f"k{n}") for n in range(50)))
    assert [outcome.deployment.weight for outcome in outcomes] == list(range(1, 51))
    await held_together(store, {f"k{n}" for n in range(50)})
    await store.database.close()


async def _started(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROGRAM),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_two_processes_write_into_one_file(url: str, clock: ManualClock) -> None:
    store = await open_store(url, clock, **small_rules())
    await store.begin()
    processes = [await _started(url, "D1", name, "40") for name in ("ana", "ben")]
    mine = [await store.ledger.apply("D1", DONE, key=f"mine:{n}") for n in range(40)]
    answers = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], answers
    keys = {line for out, _ in answers for line in out.decode().split()} | {f"mine:{n}" for n in range(40)}
    assert len(mine) == 40
    assert len(keys) == 120
    await held_together(store, keys)
    await store.database.close()


@pytest.mark.parametrize("after", [1, 7])
async def test_what_was_answered_survives_a_kill(url: str, clock: ManualClock, after: int) -> None:
    store = await open_store(url, clock, **small_rules())
    await store.begin()
    await store.database.close()
    process = await _started(url, "D1", "ana", "100000")
    assert process.stdout is not None
    answered = {(await process.stdout.readline()).decode().strip() for _ in range(after)}
    process.kill()
    rest, _ = await process.communicate()
    answered |= {line for line in rest.decode().splitlines(keepends=False) if line}
    store = await open_store(url, clock, migrate=False, **small_rules())
    written = {row.key for row in await store.queries.journal("D1")} - {"start D1"}
    assert answered <= written
    assert len(written - answered) <= 1  # the one it was killed over may have been written, and not answered
    await held_together(store, written)
    await store.database.close()

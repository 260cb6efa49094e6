"""Ten days of looks at every minute: what grows, and how far. Nothing is pruned but rows that tell nothing once they are done."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import factories
from store_world import PaperDrainer, Store, open_store

from core.inputs import Measured, Reading
from core.state import Deployment
from storage import samples
from storage.clock import ManualClock
from storage.writer import Transaction, Work

LOOKS = 10 * 24 * 60
LIMIT = 10_000_000  # bytes
EDGES = (5, 10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 650, 800, 1000, float("inf"))
QUANTILES = ("p50", "p95", "p99", "recommendation")


def real_look(number: int, at: datetime) -> Measured:
    """A look as large as one at the shipped plan: eight metrics, four of them histograms, both tracks, counters that grow
    by another amount each time."""
    found = []
    for track, share in (("canary", 12), ("control", 229)):
        grown = number * share + (number * 7919) % 13
        found += [
            Reading("errors", track, "ok", (float(grown // 211), float(grown))),  # type: ignore[arg-type]  # two literals
            Reading("memory", track, "ok", (61.0 + (number * 31 % 97) / 10,)),  # type: ignore[arg-type]  # the same
            Reading("cpu", track, "ok", (32.0 + (number * 17 % 89) / 10,)),  # type: ignore[arg-type]  # the same
            Reading("rps", track, "ok", (float(grown),)),  # type: ignore[arg-type]  # the same
        ]
        for name in QUANTILES:
            shift = (number * 104729) % 11 if name == "recommendation" else (number * 7919) % 13
            values = tuple(
                part
                for n, edge in enumerate(EDGES, 1)
                for part in (float(edge), float(min(grown, grown * n // 12 + shift)))
            )
            found.append(Reading(name, track, "ok", values))  # type: ignore[arg-type]  # the same
    return Measured(f"look:{number}", at, tuple(found))


def a_day(deployment: Deployment, first: int) -> Work[None]:
    """A piece of work that files every look of one day."""

    def work(transaction: Transaction) -> None:
        for number in range(first, first + LOOKS // 10):
            at = factories.START + timedelta(minutes=number)
            samples.keep(transaction.connection, deployment, real_look(number, at))

    return work


async def test_the_looks_of_ten_days_are_small(url: str, clock: ManualClock) -> None:
    sizes = []
    for day in range(2):
        store = await open_store(url, clock)
        await store.begin()
        await store.database.write(a_day(await store.queries.load("D1"), day * LOOKS // 10))
        last = await store.queries.samples("D1", "", 1)
        assert last[0].readings == real_look((day + 1) * LOOKS // 10 - 1, factories.START).readings
        await store.database.close()
        sizes.append(size_of(store.database.path))
    assert sizes[0] + 9 * (sizes[1] - sizes[0]) < LIMIT


def size_of(path: Path) -> int:
    return path.stat().st_size


async def test_a_quiet_look_adds_its_sample_and_nothing_else(store: Store) -> None:
    await store.begin()
    drainer = PaperDrainer(store)
    await drainer.until_traffic()
    await drainer.pass_time(timedelta(minutes=6))  # the report of 14:05 is out, that of 14:10 is not due
    before = counted(store)
    await drainer.pass_time(timedelta(minutes=3))
    after = counted(store)
    grown = {name: after[name] - before[name] for name in after}
    assert grown.pop("sample") == 3
    assert grown == dict.fromkeys(grown, 0)


def counted(store: Store) -> dict[str, int]:
    names = ("deployment", "gate", "sample", "journal", "outbox", "message", "report_slot")
    return {name: store.rows(f"SELECT count(*) FROM {name}")[0][0] for name in names}  # noqa: S608 -- our own tables


async def test_ten_days_of_one_minute_looks_with_evidence_stay_small(url: str, clock: ManualClock) -> None:
    """Looks through the ledger: what grows with them is the sample; the evidence is rewritten in place."""
    store = await open_store(url, clock)
    await store.begin()
    drainer = PaperDrainer(store)
    await drainer.until_traffic()
    sizes, hot = [], []
    for minutes in (30, 60, 60):
        await drainer.pass_time(timedelta(minutes=minutes))
        store.meddle("PRAGMA wal_checkpoint(TRUNCATE)")
        sizes.append(size_of(store.database.path))
        hot.append(stored_gate(store))
    assert all('"evidence":"{' in text for text in hot)
    grown = (sizes[2] - sizes[0]) / 120
    assert sizes[0] + grown * LOOKS < LIMIT
    assert len(hot[2]) < 12_000
    assert len(hot[2]) < 1.2 * len(hot[0])


def stored_gate(store: Store) -> str:
    text: str = store.rows("SELECT state FROM gate")[0][0]
    return text


async def test_a_restart_between_any_two_looks_changes_nothing(
    url: str, clock: ManualClock, tmp_path: Path
) -> None:
    """The same looks, once in one go and once with a new process for every minute: the same evidence, to the last digit."""
    told = []
    for restarts in (False, True):
        clock.set(factories.START)
        where = f"sqlite+aiosqlite:///{tmp_path / f'{restarts}.sqlite3'}"
        store = await open_store(where, clock)
        await store.begin()
        drainer = PaperDrainer(store)
        await drainer.until_traffic()
        for minute in range(12):
            drainer.errors += minute % 3
            await drainer.pass_time(timedelta(minutes=1))
            if restarts:
                await store.database.close()
                store = await open_store(where, clock)
                drainer.store = store
        told.append((stored_gate(store), store.rows("SELECT facts FROM journal ORDER BY seq")))
        await store.database.close()
    assert told[0] == told[1]
    assert '"evidence":"{' in told[0][0]

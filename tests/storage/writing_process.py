"""A program of its own that writes into a store until it is done or killed: started by test_many_writers.

Arguments: database address, deployment, name of this process, how many acts. Every act that was answered is printed, after
its answer and before the next.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]

import factories  # noqa: E402 -- found through the line above
from store_world import open_store, small_rules  # noqa: E402 -- the same

from core.inputs import ItemMarked  # noqa: E402 -- the same
from storage.clock import ManualClock  # noqa: E402 -- the same


async def main(url: str, deployment: str, name: str, acts: int) -> None:
    """Marks an item again and again."""
    store = await open_store(url, ManualClock(factories.START), migrate=False, **small_rules())
    for number in range(acts):
        key = f"{name}:{number}"
        await store.ledger.apply(deployment, ItemMarked(f"cli:{name}", "ready", "people", "done"), key=key)
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()
    await store.database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))

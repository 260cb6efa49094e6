"""A store of its own for every test: a real file, real tables, a clock that the test moves."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
# The root stands before tests/, because tests/core must not be taken for core.
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]

import factories  # noqa: E402 -- found through the line above
from store_world import Store, open_store  # noqa: E402 -- the same

from storage.clock import ManualClock  # noqa: E402 -- the same


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(factories.START)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'captain.sqlite3'}"


@pytest.fixture
async def store(url: str, clock: ManualClock) -> AsyncIterator[Store]:
    opened = await open_store(url, clock)
    yield opened
    await opened.database.close()

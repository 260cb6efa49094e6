"""Evidence with the whole bot in this process: it rolls back before three windows are over, says why, and explains itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stage import Stage, staged

from core.state import Status
from sandbox.slack import roster

pytestmark = pytest.mark.services  # whole bots: with the real programs, so that `make test` stays short

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as it:
        yield it


async def test_a_sick_canary_is_gone_before_three_windows_and_the_bot_explains_itself(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 31 * MINUTE)
    before = await stage.command("/gate explain errors")
    assert "Against the stable side" in before
    assert "tracks.$track.errors" in before
    assert "did you mean" in (await stage.command("/gate explain eror")).lower()
    stage.world.make_sick(True)
    deployment = await stage.until(T0 + 40 * MINUTE)
    assert deployment.status in (Status.ROLLING_BACK, Status.ROLLED_BACK)
    assert deployment.rollback is not None
    assert deployment.rollback.key == "evidence"
    thread = " ".join(stage.thread())
    assert "The evidence is enough: Error rate: " in thread
    assert "sure that the canary is worse" in thread
    assert "NO-GO" in await stage.command("/gate explain", roster.LUBIT)
    assert await stage.app.queries.verify("D1") == []

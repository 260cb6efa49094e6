"""`/deploy doctor`: anybody looks, privately, and the answer follows; what a bot that runs says of itself to `captain doctor`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from stage import Stage, staged

from bot.__main__ import main
from sandbox.slack import roster


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as it:
        yield it


async def looked(stage: Stage, text: str, user: str = roster.SENA) -> list[str]:
    """What this person alone sees after the command."""
    await stage.command(text, user)
    await stage.app.answers.finish()
    return [str(m.get("text", "")) for m in stage.channel(user) if m.get("ephemeral")]


async def test_anybody_looks_and_only_they_see_it(stage: Stage) -> None:
    stage.world.slack.people.channels.archive(roster.SENA, roster.INCIDENT)
    said = await looked(stage, "/deploy doctor ion-deployment-day")
    assert any("the answer follows here" in text for text in said), said
    answer = said[-1]
    assert "*BROKEN* channel: #incident is archived." in answer
    assert "Unarchive it" in answer
    assert "runs a program, which is not done from here" in answer
    assert "Broken: 1" in answer
    assert stage.texts(roster.LUBIT) == []
    assert stage.world.service.changes == []
    assert await stage.app.queries.recent(1) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/deploy doctor", "Say which plan"),
        ("/deploy doctor ion-deploymnt-day", "Did you mean “ion-deployment-day”?"),
    ],
)
async def test_without_a_plan_it_says_which_there_are(stage: Stage, text: str, expected: str) -> None:
    assert expected in await stage.command(text, roster.SENA)


async def test_the_command_line_asks_the_bot_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with staged(tmp_path, CAPTAIN_HTTP_PORT="0", CAPTAIN_HTTP_HOST="127.0.0.1") as stage:
        await stage.started()
        await stage.app.ticker.tick_once()
        port = stage.app.port.url.rpartition(":")[2]
        for name, value in (stage.environment | {"CAPTAIN_HTTP_PORT": port}).items():
            monkeypatch.setenv(name, value)
        status = await asyncio.to_thread(main, ["doctor", "ion-deployment-day", "--json"])
        read: dict[str, Any] = json.loads(capsys.readouterr().out)
    found = {one["key"]: one for part in read["parts"] for one in part["findings"]}
    assert found["bot-ready"]["state"] == "works"
    assert found["database-good"]["state"] == "works"
    assert found["lock-active"]["state"] == "mind"
    assert "D1" in found["lock-active"]["what"]
    assert status == 0

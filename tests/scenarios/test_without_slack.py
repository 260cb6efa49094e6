"""When Slack or the bot is away: the command line reads, decides and rolls back on the same ledger; a restart goes on where it was.

Every program here is a process of its own, as it would be at three in the morning.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stage import ROOT, START, Stage, staged

from bot.app import App
from bot.settings import Settings
from core.state import Status
from sandbox.slack import roster

pytestmark = pytest.mark.services

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as it:
        yield it


async def captain(stage: Stage, *arguments: str) -> tuple[int, str]:
    """Runs the command line beside the world (which lives in this process and must go on answering)."""
    import asyncio

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, cwd=ROOT, env={**os.environ, **stage.environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode is not None
    return process.returncode, out.decode()


@pytest.mark.services
async def test_status_and_audit_need_no_bot(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    status, said = await captain(stage, "status")
    assert status == 0
    assert "D1" in said
    assert "5 %" in said
    status, said = await captain(stage, "status", "D1")
    assert status == 0
    assert "Error rate" in said
    status, said = await captain(stage, "audit", "verify")
    assert status == 0
    assert "whole" in said
    status, said = await captain(stage, "audit", "show", "D1")
    rows = [json.loads(line) for line in said.splitlines()]
    assert rows[0]["kind"] == "started"
    assert {row["actor"] for row in rows} >= {roster.GITCODE, roster.LUBIT, "captain"}
    status, said = await captain(stage, "status", "D99")
    assert status == 1
    assert "no deployment D99" in said


@pytest.mark.services
async def test_the_command_line_rolls_back_when_the_bot_is_dead(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    await stage.app.performer.release()
    await stage.app.ledger.retime(
        "D1", (await stage.app.queries.plan_clock("D1")).rescaled(stage.app.clock(), 120.0)
    )
    stage.world.set_time(await stage.now(), 120.0)
    status, said = await captain(stage, "rollback", "D1", "--reason", "Slack is down and so is the shop")
    assert status == 0, said
    assert "rolled-back" in said
    assert stage.world.service.config.weight == 0
    deployment = await stage.deployment()
    assert deployment.status is Status.ROLLED_BACK
    rows = await stage.app.queries.journal("D1")
    assert any(row.actor.startswith("cli:") and row.kind == "rollback-asked" for row in rows)
    assert await stage.app.queries.verify("D1") == []


@pytest.mark.services
async def test_the_command_line_answers_a_decision(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 - 23 * 60 * MINUTE, but=("go-tomorrow",))
    await stage.app.performer.release()
    status, said = await captain(stage, "decide", "D1", "go", "--reason", "agreed by phone")
    assert status == 0, said
    step = (await stage.deployment()).step("go-tomorrow")
    assert step is not None
    assert step.answer == "go"
    assert step.by.startswith("cli:")


async def test_a_restart_goes_on_where_it_was_and_says_how_long_it_was_away(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    changes = len(stage.world.service.changes)
    await stage.app.close()
    stage.world.advance(7 * MINUTE)
    again = App(Settings(**stage.environment), environ=stage.environment)  # type: ignore[arg-type]
    await again.start()
    stage.app = again
    await stage.quiet()
    assert any("away for 7 min" in text for text in stage.thread())
    assert any("the sources keep no past" in text for text in stage.thread())
    deployment = await stage.play_until(T0 + 70 * MINUTE)
    assert deployment.weight == 10
    assert len(stage.world.service.changes) == changes + 1


async def test_over_http_requests_are_signed_and_answered(tmp_path: Path) -> None:
    async with staged(
        tmp_path, CAPTAIN_SLACK_MODE="http", CAPTAIN_HTTP_PORT="0", CAPTAIN_HTTP_HOST="127.0.0.1"
    ) as stage:
        stage.world.slack.deliver_to = f"{stage.app.port.url}/slack/events"
        await stage.started()
        assert await stage.answer("item", by=roster.OPS)
        async with stage.app.session.post(
            f"{stage.app.port.url}/slack/events", data={"command": "/deploy", "text": f"{START}"}
        ) as answer:
            assert answer.status == 401
        async with stage.app.session.get(f"{stage.app.port.url}/healthz") as answer:
            assert answer.status == 200
        await stage.app.ticker.tick_once()
        async with stage.app.session.get(f"{stage.app.port.url}/readyz") as answer:
            ready = await answer.json()
            assert answer.status == 200, ready
            assert ready["outbox"] == 0


@pytest.mark.services
@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "Slack refuses the bot token"),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api/"}, "cannot be reached"),
        ({"CAPTAIN_TEAM": "/nowhere/team.yml"}, "team.example.yml"),
        ({"CAPTAIN_PLANS": "/nowhere"}, "folder of your plans"),
        ({"CAPTAIN_DATABASE": str(ROOT / "README.md")}, "README.md"),
    ],
)
async def test_a_bot_that_cannot_start_says_why_in_one_sentence(
    stage: Stage, wrong: dict[str, str], expected: str
) -> None:
    stage.environment = stage.environment | wrong
    before = (ROOT / "README.md").read_bytes()
    status, said = await captain(stage, "run")
    assert status == 1
    assert said.startswith("captain does not start: ")
    assert expected in said
    assert len(said.strip().splitlines()) == 1
    assert (ROOT / "README.md").read_bytes() == before

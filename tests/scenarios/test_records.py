"""A deployment as a document: what stands in it after a rollback, in the channel and from the command line.

Not here: how Markdown is escaped (tests/commands/test_papers.py).
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
from stage import ROOT, Stage, staged

from core.plan.models import Checklist
from core.state import Status
from sandbox.slack import roster

pytestmark = pytest.mark.services  # whole bots: with the real programs, so that `make test` stays short

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WHY = "customers see | other people's carts <!channel>\n# not a heading"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as it:
        yield it


@pytest.fixture
async def rolled_back(stage: Stage) -> Stage:
    await stage.started()
    await stage.play_until(T0 + 46 * MINUTE)
    await stage.command(f"/rollback {WHY.splitlines()[0]}", roster.OPS)
    deployment = await stage.until(T0 + 60 * MINUTE)
    assert deployment.status is Status.ROLLED_BACK
    return stage


async def _file(stage: Stage) -> str:
    await stage.quiet()
    assert await stage.app.answers.finish()
    file = list(stage.world.slack.workspace.files.values())[-1]
    assert file.content is not None
    return file.content.decode()


async def test_the_record_has_every_item_with_who_and_when(rolled_back: Stage) -> None:
    said = await rolled_back.command("/deploy record")
    assert "D1" in said
    text = await _file(rolled_back)
    deployment = await rolled_back.deployment()
    items = [item for step in deployment.steps if step.id != "rollback" for item in step.items]
    plan = deployment.runbook.plan.rollback
    assert plan is not None
    boxes = [line for line in text.splitlines() if line.startswith("- [")]
    listed = sum(len(p.body.items) for p in deployment.runbook.route if isinstance(p.body, Checklist))
    assert len(boxes) == listed + len(plan.checklist)
    done = [item for item in items if item.mark == "done"]
    assert len([line for line in boxes if line.startswith("- [x]")]) == len(done) > 20
    assert "## Rehearsal (from 2025-10-21 14:00 UTC)" in text
    assert "The deployment script finds all it depends on" in text
    assert "**GO**: Lubit" in text
    assert "U0" not in text, "people stand there by name"
    assert "The chain of hashes is whole" in text


async def test_what_people_wrote_breaks_neither_table_nor_heading(rolled_back: Stage) -> None:
    await rolled_back.command("/deploy record")
    text = await _file(rolled_back)
    assert "customers see \\| other people's carts" in text
    assert "<!channel>" not in text.replace("\\<!channel\\>", "")


async def test_the_numbers_stand_beside_the_decision(rolled_back: Stage) -> None:
    await rolled_back.command("/deploy record")
    text = await _file(rolled_back)
    asked = text.index("### Go on, look into it, or roll back")
    table = text.index("| Error rate |", asked)
    assert text.index("**GO**", asked) < table < text.index("### ", asked + 10)
    assert "| Metric | Canary | Control | Limit | Requests | State | Before |" in text[asked:]


async def test_the_draft_of_a_post_mortem_has_the_stopwatch_and_asks_for_the_rest(rolled_back: Stage) -> None:
    said = await rolled_back.command("/deploy record 사후분석 D1")
    assert "post-mortem" in said
    text = await _file(rolled_back)
    assert "Detect: from the first bad window" in text
    assert "The new version had at most 5 % of the traffic." in text
    assert "[What was the cause?" in text
    assert text.index("ROLLING BACK") < text.index("ROLLED BACK and proved")


async def test_the_hand_over_says_who_is_called_and_the_way_back(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    await stage.command("/deploy record hand-over")
    text = await _file(stage)
    assert "RUNNING, 5 % of the traffic on the canary" in text
    assert "Tier 1, find the cause and fix it: GitCode" in text
    assert "captain rollback D1 --reason" in text
    assert "- [ ] The deployment's metrics are collected" in text


@pytest.mark.parametrize(
    ("text", "channel", "expected"),
    [
        ("/deploy record post-mortm", roster.DEPLOYMENT, "post-mortem"),
        ("/deploy record D9", roster.DEPLOYMENT, "D9"),
        ("/deploy record D1", roster.GENERAL, "#deployment"),
    ],
)
async def test_what_cannot_be_written_is_said(stage: Stage, text: str, channel: str, expected: str) -> None:
    await stage.started()
    said = await stage.command(text, roster.GITCODE, channel)
    assert expected in said
    assert stage.world.slack.workspace.files == {}


async def test_the_command_line_writes_the_same_record_and_json(rolled_back: Stage, tmp_path: Path) -> None:
    environment = {**os.environ, **rolled_back.environment}

    def captain(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot", "record", *words],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    printed = captain("D1", "--json")
    assert printed.returncode == 0, printed.stderr
    found = json.loads(printed.stdout)
    assert found["deployment"]["status"] == "rolled-back"
    assert found["journal"]["problems"] == []
    assert [one["answer"] for one in found["decisions"]][:2] == ["go", "go"]
    assert found["rollback"]["stopwatch"]["total_s"] > 0
    written = captain("d1", "-o", str(tmp_path), "--language", "ko")
    assert written.returncode == 0, written.stderr
    text = (tmp_path / "D1-record.md").read_text(encoding="utf-8")
    assert text.startswith("# ion-api 배포 당일: D1 배포 기록")
    again = captain("D1", "-o", str(tmp_path))
    assert again.returncode == 2
    assert "already there" in again.stderr
    unknown = captain("D77")
    assert unknown.returncode == 1
    assert "D77" in unknown.stderr

"""Stories about the way back with the whole bot in this process: what it leads to, when it is refused, tried out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stage import ROOT, Stage, staged

from core.rules.stopwatch import stopwatch
from core.state import RollbackRun, Status
from sandbox.slack import roster

pytestmark = pytest.mark.services  # whole bots: with the real programs, so that `make test` stays short

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SIDE = """\
  healthy:
    - http: {source: api, get: /health, json: {status: healthy}}
    - metric: {metric: errors, track: control, below: 5%}
  steps: [rollback-script]
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """With a plan that looks at the stable side before it goes back to it, and wants it back to normal."""
    text = (ROOT / "plans" / "ion-deployment-day.yml").read_text(encoding="utf-8")
    plans = tmp_path / "plans"
    plans.mkdir()
    changed = text.replace("  steps: [rollback-script]\n", SIDE).replace(
        "    reads: 2\n", "    reads: 2\n    baseline: 50%\n"
    )
    (plans / "ion-deployment-day.yml").write_text(changed, encoding="utf-8")
    async with staged(tmp_path, CAPTAIN_PLANS=str(plans)) as it:
        yield it


async def run_of(stage: Stage) -> RollbackRun:
    run = (await stage.deployment()).rollback
    assert run is not None
    return run


async def test_a_healthy_side_takes_the_traffic_back(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    deployment = await stage.deployment()
    assert deployment.recording.at is not None, "what the way back leads to was asked before the first change"
    await stage.command("/rollback the checkout page is blank", roster.OPS)
    deployment = await stage.until(T0 + 45 * MINUTE)
    assert deployment.status is Status.ROLLED_BACK
    run = await run_of(stage)
    assert [one.health for one in run.side] == ["healthy", "healthy"]
    assert all(one.within_limit and one.within_band is not False for one in run.proof)
    assert any("The side the traffic goes back to is healthy" in text for text in stage.thread())
    assert any("*Recover*" in str(message) for message in stage.channel())


async def test_a_sick_side_gets_no_traffic_until_a_person_says_so(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    stage.world.service.faults.set(track="control", errors=0.5)
    stage.world.service.faults.set(track="control", down=True)
    await stage.command("/rollback the checkout page is blank", roster.OPS)
    run = await run_of(stage)
    assert (run.stage, run.refused) == ("refused", "side-sick")
    assert stage.world.service.config.weight == 5
    assert "/health answered 503" in str(dict(run.refused_words)["evidence"])
    assert any("ROLLBACK STOPPED" in str(message) for message in stage.channel())
    assert any("the rollback is stopped" in text or "REFUSED" in text for text in stage.texts())
    said = await stage.command("/rollback force=", roster.OPS)
    assert "A reason is required" in said
    said = await stage.command("/rollback force=the canary corrupts orders", roster.OPS)
    assert "ALL THE SAME" in said
    assert stage.world.service.config.weight == 0
    stage.world.service.faults.clear()
    deployment = await stage.until(T0 + 60 * MINUTE)
    assert deployment.status is Status.ROLLED_BACK
    rows = await stage.app.queries.journal("D1")
    asked = [row for row in rows if row.kind == "rollback-asked"]
    assert [getattr(row.input, "force", None) for row in asked] == [False, True]
    assert await stage.app.queries.verify("D1") == []
    assert dict(stopwatch(deployment))["recover_s"] is not None


async def test_a_dry_run_is_told_in_the_thread_and_changes_nothing(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    changes = len(stage.world.service.changes)
    said = await stage.command("/rollback --dry-run", roster.OPS)
    assert "Nothing has been done" in said
    assert "follows in the thread" in said
    card = next(message for message in stage.channel() if message.get("pinned"))
    lines = stage.people.thread(roster.SENA, roster.DEPLOYMENT, str(card["ts"]))
    (line,) = [line for line in lines if "Dry run, step 1, “Roll back”" in str(line["text"])]
    assert "rollback --dry-run" in str(line["blocks"])
    assert len(stage.world.service.changes) == changes
    assert (await stage.deployment()).status is Status.RUNNING

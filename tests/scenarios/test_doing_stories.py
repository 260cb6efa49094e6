"""Numbers, links, criteria, a meeting, an approved run and daily rows, with the whole bot and a real service in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stage import ROOT, Stage, staged

from core.state import Status
from sandbox.slack import roster

pytestmark = pytest.mark.services  # whole bots: with the real programs, so that `make test` stays short

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
HEAD = (ROOT / "plans" / "ion-deployment-day.yml").read_text(encoding="utf-8").split("\nphases:\n")[0]
PLAN = (
    HEAD
    + """
phases:
  - id: before
    title: Before
    steps:
      - checklist:
          id: criteria
          title: Good enough
          as: criteria
          items:
            - {id: coverage, title: Coverage, role: engineering-lead, value: {unit: "%", at-least: 85}, note: It was 88.1 % in June}
            - {id: report, title: Report read, check: {http: {source: api, get: /health, within: 4s}}}
            - {id: load, title: P95 under load, value: {unit: ms, below: 500, actual: 99.17}, already: Load test of phase 2}
      - checklist: {id: papers, title: Papers, items: [{id: report, title: Test report, evidence: link}]}
      - meeting: {id: kick-off, title: Kick-off, roles: [deployer, operations], items: [{id: risks, title: Risks}]}
      - run:
          id: rehearse
          title: Roll back once
          action: rollback-script
          approve: [final-approver]
          confirm: [{http: {source: api, get: /api/v2/canary/config, json: {canary_percentage: {at-most: 0}}}}]
  - id: rollout
    title: Roll out
    at: T0
    steps:
      - traffic: {id: five, title: Five percent, to: 5, gate: canary}
      - watch:
          id: watching
          title: {en: On watch, ko: 관찰}
          until: D0 16:30
          rows: {at: ["15:00", "16:00"], days: [0], metrics: [errors, p95], items: [{id: issues, title: Issues}], role: operations}
      - checklist:
          id: hour
          title: The last hour
          as: criteria
          items: [{id: errors, title: Errors, check: {metric: {metric: errors, below: 5%, over: 1h}}}]
      - verdict: {id: end, title: End, by: [final-approver], required: [{title: N, holds: no-rollback}, {title: I, holds: items-settled}]}
"""
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "ion-deployment-day.yml").write_text(PLAN, encoding="utf-8")
    async with staged(tmp_path, CAPTAIN_PLANS=str(tmp_path / "plans")) as it:
        yield it


async def test_all_of_it_from_the_first_number_to_the_last_row(stage: Stage) -> None:
    await stage.started()
    await stage.answer_all(but=("kick-off", "rehearse.go"))
    deployment = await stage.deployment()
    coverage, report, load = deployment.step("criteria").items  # type: ignore[union-attr]
    assert (coverage.mark, coverage.value, coverage.by) == ("done", 86.0, roster.MINA)
    assert (report.by, report.unit, load.by, load.value) == ("bot", "ms", "plan", 99.17)
    assert report.value is not None

    await stage.answer_all(but=("rehearse.go",))
    asked = (await stage.deployment()).step("rehearse.go")
    assert asked is not None
    assert (asked.tried, asked.answer) == ("ok", None)
    assert "rollback --dry-run" in asked.evidence
    assert any("Roll back once: run it?" in text for text in stage.texts())
    assert (await stage.deployment()).step("rehearse").status == "waiting"  # type: ignore[union-attr]

    deployment = await stage.play_until(T0 + timedelta(hours=4))
    assert (deployment.status, deployment.verdict) == (Status.DONE, "GO")
    rehearsed = deployment.step("rehearse")
    assert rehearsed is not None
    assert (rehearsed.status, rehearsed.confirmed) == ("done", ("0",))
    for clock in ("1500", "1600"):
        row = deployment.step(f"watching.d0.{clock}.row")
        assert row is not None
        assert all(item.mark == "done" for item in row.items)
        assert row.items[0].by == "bot"
        assert row.items[0].value is not None
    hour = deployment.step("hour")
    assert hour is not None
    assert hour.items[0].by == "bot"
    assert await stage.app.queries.verify("D1") == []

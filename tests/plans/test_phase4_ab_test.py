"""The plan that follows phase 4: its day, its limits and its people are those of the canary, held against both plans.

Not here: that it plays to its end, and that GO opens it (tests/scenarios).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.plan.models import Checklist, SetTraffic, Verdict, Watch
from core.plan.runbook import Runbook, read_runbook
from sandbox.worlds.phase4_canary import AB_TEST, SETTING

ROOT = Path(__file__).parents[2]
EIGHTH_DAY = datetime(2025, 10, 29, 14, 0, tzinfo=UTC)


def read(name: str) -> Runbook:
    return read_runbook((ROOT / "plans" / f"{name}.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return read("phase4-ab-test")


@pytest.fixture(scope="module")
def canary() -> Runbook:
    return read("phase4-canary")


def verdict(runbook: Runbook) -> Verdict:
    return next(placed.body for placed in runbook.route if isinstance(placed.body, Verdict))


def test_go_of_the_canary_opens_it_on_the_eighth_day(canary: Runbook, runbook: Runbook) -> None:
    follows = verdict(canary).on_go
    assert follows is not None
    assert follows.plan == runbook.plan.plan == SETTING.follows == AB_TEST.plan
    assert (
        runbook.plan.service == canary.plan.service
    )  # so it cannot begin while the canary is still under way
    assert "at=2025-10-29T14:00" in AB_TEST.inputs
    assert SETTING.writes["follow/"] == "2025-10-29T14:00"


@pytest.mark.parametrize(
    ("step", "day", "hour", "minute"),
    [("design", 29, 8, 0), ("steady", 29, 8, 0), ("about-to-start", 29, 13, 30), ("group-b", 29, 14, 0)],
)
def test_its_hours(runbook: Runbook, step: str, day: int, hour: int, minute: int) -> None:
    placed = runbook.step(step)
    begins = placed.phase.at
    assert begins is not None
    assert runbook.moment(begins, EIGHTH_DAY) == datetime(2025, 10, day, hour, minute, tzinfo=UTC)


def test_group_b_stays_at_the_share_of_the_canary(runbook: Runbook) -> None:
    assert [placed.body.to for placed in runbook.route if isinstance(placed.body, SetTraffic)] == [5]


def test_seven_days_with_a_row_a_day(runbook: Runbook) -> None:
    watches = [placed.body for placed in runbook.route if isinstance(placed.body, Watch)]
    assert runbook.moment(watches[-1].until, EIGHTH_DAY) == datetime(2025, 11, 5, 14, 0, tzinfo=UTC)
    rows = [placed.body for placed in runbook.route if isinstance(placed.body, Checklist) and placed.body.id.startswith("week.")]  # fmt: skip
    assert len(rows) == 7


def test_its_limits_and_its_way_back_are_those_of_the_canary(canary: Runbook, runbook: Runbook) -> None:
    assert runbook.plan.gates["test"].rules == canary.plan.gates["week"].rules
    assert runbook.plan.rollback == canary.plan.rollback
    assert runbook.plan.escalation == canary.plan.escalation


def test_its_verdict_asks_for_what_the_canary_had_to_hold_and_for_the_answer(
    canary: Runbook, runbook: Runbook
) -> None:
    wanted, had = verdict(runbook), verdict(canary)
    assert wanted.required[:-1] == had.required
    assert wanted.required[-1].item == "in-words/answer"
    assert wanted.optional is not None
    assert had.optional is not None
    assert wanted.optional.at_least == had.optional.at_least == 1
    assert [one.title for one in wanted.optional.of] == [one.title for one in had.optional.of]

"""What the readiness document prescribes, held against plans/ion-readiness.yml: categories, counts, claims, conditions, targets.

Not here: how a board is computed (tests/core), or that the plan plays to its end (tests/scenarios).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.plan.models import Checklist, Plan, SetTraffic
from core.plan.runbook import Runbook, read_runbook

ROOT = Path(__file__).parents[2]
T0 = datetime(2025, 10, 24, 14, 0, tzinfo=UTC)
"""A Friday."""


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return read_runbook((ROOT / "plans" / "ion-readiness.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plan(runbook: Runbook) -> Plan:
    return runbook.plan


def lists(runbook: Runbook, *names: str) -> list[Checklist]:
    found = [placed.body for placed in runbook.route if isinstance(placed.body, Checklist)]
    return [one for one in found if not names or one.id in names]


CATEGORIES = [
    # category, items, done, what the document claims
    ("code", 15, 11, 95),
    ("docs", 16, 12, 95),
    ("infra", 21, 12, 85),
    ("security", 18, 9, 80),
    ("monitoring", 17, 10, 90),
    ("pipeline", 17, 12, 95),
    ("performance", 14, 7, 70),
    ("availability", 11, 6, 85),
    ("data", 8, 0, 80),
    ("operations", 13, 2, 85),
]


@pytest.mark.parametrize(("name", "items", "done", "claimed"), CATEGORIES)
def test_a_category(plan: Plan, runbook: Runbook, name: str, items: int, done: int, claimed: int) -> None:
    (body,) = lists(runbook, name)
    assert len(body.items) == items
    assert sum(item.already is not None for item in body.items) == done
    assert plan.readiness is not None
    category = next(one for one in plan.readiness.categories if one.id == name)
    assert category.claimed == claimed


def test_the_whole_is_81_of_150_beside_a_claim_of_85(plan: Plan) -> None:
    assert sum(items for _, items, _, _ in CATEGORIES) == 150
    assert sum(done for _, _, done, _ in CATEGORIES) == 81
    assert plan.readiness is not None
    assert plan.readiness.claimed == 85


def test_all_188_items_of_the_document_stand_in_the_plan(runbook: Runbook) -> None:
    own = ("targets", "week-1")  # load targets and daily rows are not boxes of the document
    assert sum(len(one.items) for one in lists(runbook) if not one.id.startswith(own)) == 188


def test_seven_conditions_of_go_and_risks_that_forbid_it(plan: Plan) -> None:
    assert plan.readiness is not None
    assert len(plan.readiness.go) == 7
    assert plan.readiness.risks


def test_the_figures_of_the_conditions(runbook: Runbook) -> None:
    (code,) = lists(runbook, "code")
    coverage = next(item.value for item in code.items if item.id == "coverage")
    tests = next(item.value for item in code.items if item.id == "e2e")
    assert coverage is not None
    assert tests is not None
    assert (coverage.limits, coverage.known) == ((("at-least", 85),), 88.10)
    assert (tests.limits, tests.known) == ((("at-least", 23),), 23)


@pytest.mark.parametrize(
    ("item", "unit", "side", "limit"),
    [
        ("load-p50", "s", "below", 1),
        ("load-p95", "s", "below", 2),
        ("load-p99", "s", "below", 5),
        ("load-rate", "/s", "at-least", 100),
        ("load-cpu", "%", "below", 80),
        ("load-memory", "GB", "below", 2),
    ],
)
def test_the_targets(runbook: Runbook, item: str, unit: str, side: str, limit: float) -> None:
    (targets,) = lists(runbook, "targets")
    value = next(one.value for one in targets.items if one.id == item)
    assert value is not None
    assert (value.unit, value.limits) == (unit, ((side, limit),))


@pytest.mark.parametrize(
    ("metric", "limit"),
    [("p50", "1 s"), ("p95", "2 s"), ("p99", "5 s"), ("cpu", "80 %"), ("memory", "2")],
)
def test_the_gate_watches_the_targets(plan: Plan, metric: str, limit: str) -> None:
    found = [rule.below.text for rule in plan.gates["green"].rules if rule.metric == metric and rule.below]
    assert found == [limit]


def test_the_sla_and_the_instances(plan: Plan, runbook: Runbook) -> None:
    week = [
        rule.above.text for rule in plan.gates["week"].rules if rule.metric == "availability" and rule.above
    ]
    assert week == ["99.9 %"]
    titles = " ".join(item.title.en for one in lists(runbook) for item in one.items)
    for figure in ("1 instance", "100 instances", "10 a minute", "100 requests a second", "below 2 GB"):
        assert figure in titles


def test_optional_items_and_those_that_may_follow_do_not_count_against_go(runbook: Runbook) -> None:
    optional = {item.id for one in lists(runbook) for item in one.items if item.optional}
    assert {"benchmark", "waf", "ddos", "armor", "regions", "db-tls"} <= optional


def test_the_week_of_the_deployment(plan: Plan, runbook: Runbook) -> None:
    at = {phase.id: runbook.moment(phase.at, T0) for phase in plan.phases if phase.at is not None}
    assert at["board"] == datetime(2025, 10, 17, 10, 0, tzinfo=UTC)
    assert at["review"].strftime("%A") == "Monday"
    assert at["two-days-before"] == T0 - timedelta(hours=48)
    assert at["day-before"].strftime("%A") == "Thursday"
    assert at["day-before"] == T0 - timedelta(hours=24)
    assert at["during"] == T0
    assert T0.strftime("%A") == "Friday"


def test_it_is_switched_as_a_whole(runbook: Runbook) -> None:
    assert [placed.body.to for placed in runbook.route if isinstance(placed.body, SetTraffic)] == [100]


def test_channels(plan: Plan) -> None:
    assert plan.channels["alerts"] == "production-alerts"
    assert plan.channels["incident"] == "incident-response"

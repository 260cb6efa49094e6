"""What the runbook of phase 4 prescribes, held against plans/phase4-canary.yml: every time, figure, role and limit, a row each.

The rows are the auditor's: a figure that is changed in the plan has to be changed here too, and seen in a review.
Not here: that the plan plays to its end (tests/scenarios).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from core.plan.models import Checklist, Decide, Item, Plan, ReportStep, SetTraffic, Signoff, Verdict, Watch
from core.plan.runbook import Runbook, read_runbook
from sandbox.worlds.phase4_canary import SETTING

ROOT = Path(__file__).parents[2]
T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return read_runbook((ROOT / "plans" / "phase4-canary.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plan(runbook: Runbook) -> Plan:
    return runbook.plan


def opens(runbook: Runbook, step: str) -> datetime | None:
    return runbook.step(step).opens_at(T0, runbook.zone)


def item(runbook: Runbook, step: str, name: str) -> Item:
    body = runbook.step(step).body
    assert isinstance(body, Checklist)
    return next(one for one in body.items if one.id == name)


def days(runbook: Runbook) -> list[tuple[str, datetime]]:
    """Phases with their beginnings."""
    found = []
    for phase in runbook.plan.phases:
        if phase.at is not None:
            found.append((phase.id, runbook.moment(phase.at, T0)))
    return found


def test_three_days_of_blocks_at_clock_times(runbook: Runbook) -> None:
    before = [at for _, at in days(runbook) if at < datetime(2025, 10, 22, tzinfo=UTC)]
    wanted = [
        datetime(2025, 10, day, hour, 0, tzinfo=UTC) for day in (19, 20, 21) for hour in (8, 12, 16, 20)
    ]
    assert before == wanted


@pytest.mark.parametrize(
    ("step", "at"),
    [
        ("last-health", "13:10"),
        ("declared", "13:20"),
        ("about-to-start", "13:30"),
        ("stand-by", "13:50"),
        ("canary-5", "14:00"),
        ("flowing", "14:05"),
        ("first-metrics", "14:10"),
        ("success", "14:15"),
        ("report-1430", "14:30"),
        ("report-1500", "15:00"),
        ("report-1530", "15:30"),
        ("report-1600", "16:00"),
    ],
)
def test_the_day_minute_by_minute(runbook: Runbook, step: str, at: str) -> None:
    found = opens(runbook, step)
    assert found is not None
    assert f"{found:%m-%d %H:%M}" == f"10-22 {at}"


def test_the_assembly_is_at_one(runbook: Runbook) -> None:
    assert dict(days(runbook))["assembly"] == datetime(2025, 10, 22, 13, 0, tzinfo=UTC)


def test_one_stage_of_five_percent_and_never_more(runbook: Runbook) -> None:
    stages = [placed.body.to for placed in runbook.route if isinstance(placed.body, SetTraffic)]
    assert stages == [5]


def test_the_requests_of_the_start(plan: Plan) -> None:
    deed = plan.actions["set-canary"].http
    assert deed is not None
    assert (deed.method, deed.path, deed.body) == (
        "POST",
        "/api/v2/canary/config",
        {"enabled": True, "canary_percentage": "$weight"},
    )
    back = plan.actions["take-back"].http
    assert back is not None
    assert (back.method, back.path, back.timeout) == (
        "POST",
        "/api/v2/canary/rollback",
        timedelta(minutes=3),
    )


def test_the_health_and_the_metrics_are_confirmed(runbook: Runbook) -> None:
    body = runbook.step("canary-5").body
    assert isinstance(body, SetTraffic)
    paths = [check.http.get for check in body.confirm if check.http is not None]
    assert paths == ["/api/v2/phase4/health", "/api/v2/canary/metrics"]


@pytest.mark.parametrize(
    ("gate", "metric", "limit", "then"),
    [
        ("canary", "errors", "1 %", "rollback"),
        ("canary", "errors", "0.5 %", "observe"),
        ("canary", "p95", "100 ms", "observe"),
        ("canary", "p95", "150 ms", "call"),
        ("canary", "p99", "300 ms", "observe"),
        ("canary", "cpu", "80 %", "observe"),
        ("canary", "memory", "1 %/h", "observe"),
        ("canary", "memory", "5 %/h", "call"),
        ("week", "errors", "1 %", "rollback"),
        ("week", "errors", "0.5 %", "observe"),
        ("week", "p95", "100 ms", "observe"),
        ("week", "availability", "99.95 %", "observe"),
    ],
)
def test_the_limits(plan: Plan, gate: str, metric: str, limit: str, then: str) -> None:
    rules = {
        (rule.metric, (rule.below or rule.above or rule.growth_below).text, rule.then)  # type: ignore[union-attr]  # a rule has one
        for rule in plan.gates[gate].rules
    }
    assert (metric, limit, then) in rules


def test_the_gates_act_on_streaks_and_evidence(plan: Plan) -> None:
    assert {gate.decide_by for gate in plan.gates.values()} == {"either"}
    assert plan.rollback is not None
    assert plan.rollback.automatic


def test_reports_every_five_and_thirty_minutes(plan: Plan, runbook: Runbook) -> None:
    assert (plan.reports.brief, plan.reports.full) == (timedelta(minutes=5), timedelta(minutes=30))
    assert sum(isinstance(placed.body, ReportStep) for placed in runbook.route) == 4


@pytest.mark.parametrize(
    ("tier", "who", "minutes"),
    [
        (1, {"deploy-lead", "backup-engineer", "devops"}, 5),
        (2, {"phase-lead", "devops-lead"}, 30),
        (3, {"executive", "tech-lead"}, 60),
    ],
)
def test_three_tiers(plan: Plan, tier: int, who: set[str], minutes: int) -> None:
    found = next(one for one in plan.escalation if one.tier == tier)
    assert who <= set(found.who)
    assert found.within == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("step", "name", "unit", "side", "limit"),
    [
        ("benchmark", "response", "ms", "below", 100),
        ("benchmark", "turn", "ms", "below", 200),
        ("benchmark", "cpu", "%", "below", 80),
        ("recovery", "rto", "min", "below", 5),
        ("recovery", "rpo", "min", "below", 1),
        ("open-issues", "issues", "", "at-most", 0),
        ("open-issues", "bugs", "", "at-most", 0),
        ("open-issues", "slow", "", "at-most", 0),
        ("open-issues", "security", "", "at-most", 0),
        ("after-seven-days", "feedback", "%", "above", 80),
        ("after-seven-days", "faster", "%", "above", 5),
        ("after-seven-days", "new-bugs", "", "at-most", 0),
    ],
)
def test_values_that_only_a_person_has(
    runbook: Runbook, step: str, name: str, unit: str, side: str, limit: float
) -> None:
    value = item(runbook, step, name).value
    assert value is not None
    assert value.unit == unit
    assert value.limits == ((side, limit),)


def test_a_rollback_has_five_minutes_and_may_lose_one(plan: Plan) -> None:
    assert plan.rollback is not None
    goals = plan.rollback.objectives
    assert goals is not None
    assert (goals.rto, goals.rpo) == (timedelta(minutes=5), timedelta(minutes=1))


def test_reviews_at_eight_and_four_from_the_first_day_to_the_sixth(runbook: Runbook) -> None:
    bodies = [placed.body for placed in runbook.route]
    # A row opens when the stretch of the watch before it is over.
    before = [one for one, following in pairwise(bodies) if following.id.endswith(".row")]
    at = [runbook.moment(body.until, T0) for body in before if isinstance(body, Watch)]
    wanted = [datetime(2025, 10, day, hour, 0, tzinfo=UTC) for day in range(23, 29) for hour in (8, 16)]
    assert at == wanted


def test_the_checks_of_forty_eight_hours_and_of_seven_days(runbook: Runbook) -> None:
    assert opens(runbook, "after-48-hours") == datetime(2025, 10, 24, 16, 0, tzinfo=UTC)
    assert opens(runbook, "after-seven-days") == datetime(2025, 10, 28, 16, 0, tzinfo=UTC)
    watches = [placed.body for placed in runbook.route if isinstance(placed.body, Watch)]
    assert runbook.moment(watches[-1].until, T0) == datetime(2025, 10, 28, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("playbook", "options"),
    [
        ("high-errors", {"hot-fix", "roll-back"}),
        ("slow-responses", {"watch", "hot-fix", "roll-back"}),
        ("memory-leak", {"watch", "hot-fix", "roll-back"}),
    ],
)
def test_emergencies_end_in_a_decision(plan: Plan, playbook: str, options: set[str]) -> None:
    decide = plan.playbooks[playbook].decide
    assert decide is not None
    assert set(decide.options) == options


def test_an_unclear_cause_rolls_back_after_five_minutes(plan: Plan) -> None:
    decide = plan.playbooks["high-errors"].decide
    assert decide is not None
    assert (decide.default, decide.within) == ("roll-back", timedelta(minutes=5))
    assert all(step.within == timedelta(minutes=5) for step in plan.playbooks["high-errors"].steps)


def test_damaged_data_are_rolled_back_at_once(plan: Plan) -> None:
    assert plan.playbooks["data-corruption"].at_once == "roll-back"


def test_growth_is_graded(plan: Plan) -> None:
    bands = plan.playbooks["memory-leak"].bands
    seen = [((one.growth_above or one.growth_below).text, one.suggest) for one in bands]  # type: ignore[union-attr]  # a band has one
    assert seen == [("5 %/h", "roll-back"), ("1 %/h", "hot-fix"), ("1 %/h", "watch")]


def test_the_verdict(runbook: Runbook) -> None:
    body = runbook.route[-1].body
    assert isinstance(body, Verdict)
    limits = [(one.metric, one.metric.below or one.metric.above) for one in body.required if one.metric]
    required = [(metric.metric, limit.text, metric.over) for metric, limit in limits if limit is not None]
    assert required == [
        ("errors", "0.5 %", timedelta(hours=24)),
        ("p95", "100 ms", None),
        ("availability", "99.95 %", None),
    ]
    assert [one.holds for one in body.required if one.holds] == ["no-automatic-rollback"]
    assert body.optional is not None
    assert (body.optional.at_least, len(body.optional.of)) == (1, 3)
    assert body.on_go is not None


def test_who_meets_and_who_is_told(plan: Plan, runbook: Runbook) -> None:
    leads = runbook.step("leads").body
    assert isinstance(leads, Signoff)
    assert set(leads.roles) == {"phase-lead", "devops-lead", "qa-lead", "analytics-lead", "executive"}
    assert plan.channels["main"] == "phase4-deployment"
    assert plan.channels["critical"] == "phase4-critical"
    assert {"executives", "support", "status-page"} <= set(plan.audiences)
    assert plan.roles["on-call"].rota


def test_go_or_no_go_is_asked_ten_minutes_before(runbook: Runbook) -> None:
    body = runbook.step("go-no-go").body
    assert isinstance(body, Decide)
    assert body.within == timedelta(minutes=10)
    assert body.default == "hold"


def test_the_world_begins_with_the_first_block() -> None:
    assert SETTING.begins - timedelta(minutes=1) == datetime(2025, 10, 19, 8, 0, tzinfo=UTC)

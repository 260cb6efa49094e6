"""What the runbook of the knowledge database prescribes, held against plans/knowledge-database.yml: lists, scripts, limits, roles.

The rows are the auditor's: a figure that is changed in the plan has to be changed here too, and seen in a review.
Not here: that the plan plays to its end (tests/scenarios).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.plan.models import Checklist, Item, Plan, Run, Signoff, Verdict, Watch
from core.plan.over_http import Comparison, HttpCheck
from core.plan.runbook import Runbook, read_runbook

ROOT = Path(__file__).parents[2]
T0 = datetime(2025, 8, 21, 1, 0, tzinfo=UTC)
"""10:00 in Seoul."""
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return read_runbook((ROOT / "plans" / "knowledge-database.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plan(runbook: Runbook) -> Plan:
    return runbook.plan


def items(runbook: Runbook, step: str) -> dict[str, Item]:
    body = runbook.step(step).body
    assert isinstance(body, Checklist)
    return {one.id: one for one in body.items}


def http(item: Item) -> HttpCheck:
    assert item.check is not None
    assert item.check.http is not None
    return item.check.http


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("code", 5), ("tests", 6), ("documents", 6), ("prerequisites", 6), ("configuration", 5),
        ("resources", 6), ("schema", 4), ("tasks", 3), ("front", 6), ("services", 6),
        ("state", 6), ("performance", 5), ("monitoring", 5), ("business", 5), ("last-steps", 5),
        ("first-day-list", 4), ("first-week-list", 4), ("first-month-list", 4),
    ],
)  # fmt: skip
def test_how_many_items_a_list_has(runbook: Runbook, step: str, count: int) -> None:
    assert len(items(runbook, step)) == count


@pytest.mark.parametrize(("name", "figure"), [("unit", "84.9 %"), ("integration", "96.9 %")])
def test_what_is_known_of_the_tests(runbook: Runbook, name: str, figure: str) -> None:
    note = items(runbook, "tests")[name].note
    assert note is not None
    assert figure in note.in_("en")
    assert figure in note.in_("ko")


def test_nothing_is_deployed_before_the_lists_are_complete_and_approved(runbook: Runbook, plan: Plan) -> None:
    ids = [placed.body.id for placed in runbook.route]
    changing = [
        placed.body.id
        for placed in runbook.route
        if isinstance(placed.body, Run) and plan.actions[placed.body.action].changes
    ]
    gate = ids.index("approved")
    assert gate < min(ids.index(step) for step in changing)
    assert all(
        ids.index(step) < gate for step in ("code", "tests", "documents", "prerequisites", "configuration")
    )
    decision = ids.index("lists-complete")
    assert decision < gate


@pytest.mark.parametrize(
    ("action", "program", "args"),
    [
        ("terraform-plan", "terraform", ("plan", "-var-file=environments/production/terraform.tfvars")),
        ("terraform-apply", "terraform", ("apply", "-var-file=environments/production/terraform.tfvars")),
        ("migrate", "deploy-aws", ("production", "migrate")),
        ("build", "docker", ("build", "-t", "knowledge-database:v$version", ".")),
        ("push", "deploy-aws", ("production", "push", "v$version")),
        ("deploy", "deploy-aws", ("production", "deploy", "v$version")),
        ("status", "deploy-aws", ("production", "status")),
        ("logs", "aws", ("logs", "tail", "/ecs/knowledge-production")),
        ("roll-back", "rollback", ("production", "app")),
        ("roll-back-now", "rollback", ("production", "app", "--emergency")),
    ],
)
def test_the_scripts(plan: Plan, action: str, program: str, args: tuple[str, ...]) -> None:
    command = plan.actions[action].command
    assert command is not None
    assert (command.program, command.args) == (program, args)


def test_the_service_can_be_restarted_by_hand(plan: Plan) -> None:
    command = plan.actions["restart"].command
    assert command is not None
    assert {"knowledge-cluster", "knowledge-service", "--force-new-deployment"} <= set(command.args)


def test_terraform_is_applied_only_after_its_plan_was_shown_and_approved(
    plan: Plan, runbook: Runbook
) -> None:
    ids = [placed.body.id for placed in runbook.route]
    assert ids.index("terraform-plan") < ids.index("terraform-apply")
    body = runbook.step("terraform-apply").body
    assert isinstance(body, Run)
    assert body.approve
    command = plan.actions["terraform-apply"].command
    assert command is not None
    assert command.dry_run is not None
    assert command.dry_run[0] == "plan"


def test_five_stages_in_order(plan: Plan) -> None:
    ids = [phase.id for phase in plan.phases]
    stages = ["infrastructure", "database", "application", "network", "integrations"]
    assert [name for name in ids if name in stages] == stages
    assert ids.index("verification") == ids.index("integrations") + 1


@pytest.mark.parametrize(
    ("name", "path", "side", "limit"),
    [
        ("p95", "p95_ms", "below", 500),
        ("cpu", "cpu_percent", "below", 70),
        ("memory", "memory_percent", "below", 80),
        ("cache", "cache_hit_percent", "above", 80),
    ],
)
def test_the_figures_of_the_verification(
    runbook: Runbook, name: str, path: str, side: str, limit: float
) -> None:
    wanted = http(items(runbook, "performance")[name]).json_[path]
    assert isinstance(wanted, Comparison)
    assert getattr(wanted, side) == limit


@pytest.mark.parametrize("limit", [("errors", "1 %"), ("p95", "500 ms"), ("cpu", "70 %"), ("memory", "80 %")])
def test_the_same_limits_are_watched(plan: Plan, limit: tuple[str, str]) -> None:
    below = {rule.metric: rule.below.text for rule in plan.gates["watch"].rules if rule.below is not None}
    assert below[limit[0]] == limit[1]


def test_what_http_can_show_of_security_the_bot_checks(runbook: Runbook) -> None:
    security = items(runbook, "security")
    assert http(security["https"]).redirects_to_https
    assert {"Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options"} <= set(
        http(security["headers"]).header
    )
    assert "X-RateLimit-Limit" in http(security["rate-limit"]).header
    assert http(security["validation"]).status.text == "422"
    assert http(security["jwt"]).status.text == "401"
    assert "Access-Control-Allow-Origin" in http(security["cors"]).header
    assert http(security["cors-others"]).header == {"Access-Control-Allow-Origin": "absent"}
    assert http(items(runbook, "state")["health"]).status.text == "200"
    assert http(items(runbook, "front")["tls"]).tls_expiry is not None


@pytest.mark.parametrize(
    ("step", "roles"),
    [
        ("technical", {"development", "qa", "security", "devops", "product-owner"}),
        ("handed-over", {"deployer", "approver"}),
    ],
)
def test_who_signs(runbook: Runbook, step: str, roles: set[str]) -> None:
    body = runbook.step(step).body
    assert isinstance(body, Signoff)
    assert set(body.roles) == roles


def test_the_rollback(plan: Plan) -> None:
    back = plan.rollback
    assert back is not None
    assert back.steps == ("roll-back", "smoke-test")
    assert [item.id for item in back.checklist] == [
        "documented", "stakeholders-told", "rolled-back", "previous-version", "smoke-test", "incident-report"
    ]  # fmt: skip
    version = next(item for item in back.checklist if item.id == "previous-version")
    assert http(version).json_["version"] == "v$previous"
    assert "stakeholders" in plan.escalation[0].also
    assert "--emergency" in plan.playbooks["rollback-fails"].steps[0].text.in_("en")


@pytest.mark.parametrize(
    ("role", "tier"),
    [
        ("devops-lead", "tier-1"),
        ("backend-lead", "tier-1"),
        ("dba", "tier-2"),
        ("security-lead", "when-needed"),
        ("product-owner", "business"),
    ],
)
def test_contacts(plan: Plan, role: str, tier: str) -> None:
    assert plan.roles[role].contact == tier


def test_a_day_a_week_a_month_and_how_it_went(plan: Plan, runbook: Runbook) -> None:
    watch = next(placed.body for placed in runbook.route if isinstance(placed.body, Watch))
    assert runbook.moment(watch.until, T0) - T0 == DAY
    begins = {phase.id: runbook.moment(phase.at, T0) - T0 for phase in plan.phases if phase.at is not None}
    assert (begins["week-1"], begins["month-1"]) == (7 * DAY, 30 * DAY)
    verdict = next(placed.body for placed in runbook.route if isinstance(placed.body, Verdict))
    assert verdict.outcome

"""What the runbook of the matching engine prescribes, held against plans/matching-engine.yml: every time, figure, role and limit.

The rows are the auditor's: a figure that is changed in the plan has to be changed here too, and seen in a review.
Not here: that the plan plays to its end (tests/scenarios).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from core.plan.models import Bake, Baseline, Checklist, Item, Plan, Run, SetTraffic, Signoff, WatchStep
from core.plan.runbook import Runbook, read_runbook
from sandbox.matching.manifests import RULES
from sandbox.scripts.kafka_tools import TOPICS
from sandbox.worlds.matching_engine import SETTING

ROOT = Path(__file__).parents[2]
T0 = datetime(2025, 2, 4, 1, 0, tzinfo=UTC)
"""10:00 in Seoul."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return read_runbook((ROOT / "plans" / "matching-engine.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plan(runbook: Runbook) -> Plan:
    return runbook.plan


def items(runbook: Runbook, step: str) -> dict[str, Item]:
    body = runbook.step(step).body
    assert isinstance(body, Checklist)
    return {one.id: one for one in body.items}


def opens(runbook: Runbook, step: str) -> timedelta | None:
    at = runbook.step(step).opens_at(T0, runbook.zone)
    return None if at is None else at - T0


def query(item: Item) -> tuple[str, str]:
    """A Prometheus check as (query, limit)."""
    asked = item.check.prometheus if item.check is not None else None
    assert asked is not None
    assert asked.query is not None
    limit = asked.below or asked.above
    side = "below" if asked.below is not None else "above" if asked.above is not None else "equals"
    return asked.query, f"{side} {limit.text if limit is not None else f'{asked.equals:g}'}"


@pytest.mark.parametrize("name", ["version", "deployer", "rollback-owner"])
def test_what_a_start_names_besides_the_date(plan: Plan, name: str) -> None:
    assert plan.inputs[name].required


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("functions", ("19/19", "5/5", "14/14")),
        ("performance", ("100K", "113,164")),
        ("failures", ("9/9", "3/3", "2/2")),
        ("monitoring", ("13/13", "5/5", "2/2", "3/3")),
    ],
)
def test_what_staging_has_shown_stands_as_evidence(
    runbook: Runbook, name: str, figures: tuple[str, ...]
) -> None:
    item = items(runbook, "staging-tests")[name]
    assert item.already is not None
    said = f"{item.title.in_('ko')} {item.already.in_('ko')}"
    assert all(figure in said for figure in figures)


@pytest.mark.parametrize(
    ("name", "side", "limit", "actual"),
    [
        ("throughput", "at_least", 100_000, 113_164),
        ("p50", "below", 100, 0.03379),
        ("p95", "below", 500, 0.09917),
        ("p99", "below", 1000, 0.32313),
    ],
)
def test_the_figures_of_staging(runbook: Runbook, name: str, side: str, limit: float, actual: float) -> None:
    value = items(runbook, "staging-figures")[name].value
    assert value is not None
    assert value.actual is not None
    assert (getattr(value, side).value, value.actual.value) == (limit, actual)


def test_nine_topics_are_created_by_a_script_with_approval(plan: Plan, runbook: Runbook) -> None:
    command = plan.actions["create-topics"].command
    assert command is not None
    assert command.args == ("--bootstrap", "prod-kafka:9092", "--partitions", "6", "--replication", "2")
    body = runbook.step("topics").body
    assert isinstance(body, Run)
    assert body.approve
    assert len(TOPICS) == 9


@pytest.mark.parametrize(
    ("name", "part", "limit"),
    [
        ("brokers", "kafka_brokers", "above 2"),
        ("topics-there", "count(kafka_topic_partitions{", "equals 9"),
        ("partitions", ">= 6 <= 12", "equals 9"),
        ("replication", "min(kafka_topic_partition_replicas{", "above 1"),
    ],
)
def test_kafka_is_verified_by_the_bot(runbook: Runbook, name: str, part: str, limit: str) -> None:
    asked, held = query(items(runbook, "infrastructure")[name])
    assert part in asked
    assert held == limit


def test_the_cluster_is_verified_by_the_bot(runbook: Runbook) -> None:
    list_, monitoring = items(runbook, "infrastructure"), items(runbook, "monitoring")
    looked = {
        name: one.check.kubernetes.object.kind
        for name, one in (list_ | monitoring).items()
        if one.check is not None and one.check.kubernetes is not None
    }
    assert looked == {
        "image": "DaemonSet", "settings": "ConfigMap", "secret": "Secret", "budget": "PodDisruptionBudget",
        "budget-2": "PodDisruptionBudget", "budget-3": "PodDisruptionBudget", "service-monitor": "ServiceMonitor",
    }  # fmt: skip


def test_monitoring_communication_and_backups(plan: Plan, runbook: Runbook) -> None:
    monitoring = items(runbook, "monitoring")
    rules = monitoring["alert-rules"].check
    assert rules is not None
    assert rules.prometheus is not None
    assert rules.prometheus.rules is not None
    assert rules.prometheus.rules.count == 11 == len(RULES)
    assert all(
        name in monitoring["dashboards"].title.in_("en") for name in ("3", "Overview", "JVM", "Orders")
    )
    assert plan.channels["alerts"] == "matching-engine-alerts"
    assert {"pagerduty", "on-call-named", "alert-channel"} <= set(monitoring)
    assert set(items(runbook, "communication")) == {
        "rollback-read", "operations-told", "support-told", "notice-internal", "notice-external"
    }  # fmt: skip
    assert items(runbook, "communication")["notice-external"].optional
    assert set(items(runbook, "backups")) == {"database", "redis", "configuration", "previous-image"}


@pytest.mark.parametrize(
    ("step", "roles"),
    [
        ("staging-signed", ("qa-lead",)),
        ("approved", ("engineering-lead", "qa-lead", "devops-lead", "product-owner")),
        ("completed", ("deployer",)),
        ("stable", ("devops-lead",)),
        ("final", ("engineering-lead",)),
    ],
)
def test_who_signs(runbook: Runbook, step: str, roles: tuple[str, ...]) -> None:
    body = runbook.step(step).body
    assert isinstance(body, Signoff)
    assert body.roles == roles


@pytest.mark.parametrize(
    ("step", "at"),
    [
        ("normal", -2 * HOUR),
        ("start", timedelta(0)),
        ("canary-5", 30 * MINUTE),
        ("canary-25", 45 * MINUTE),
        ("canary-50", HOUR),
        ("canary-100", 90 * MINUTE),
        ("full", 2 * HOUR),
    ],
)
def test_the_timeline(runbook: Runbook, step: str, at: timedelta) -> None:
    assert opens(runbook, step) == at


def test_the_preparation_begins_a_week_before_and_the_shards_are_checked_by_t_plus_15(
    runbook: Runbook,
) -> None:
    at = runbook.plan.phases[0].at
    assert at is not None
    assert (T0 - runbook.moment(at, T0)).days == 7
    body = runbook.step("shards-up").body
    assert isinstance(body, Checklist)
    assert body.due is not None
    assert runbook.moment(body.due, T0) - T0 == 15 * MINUTE
    assert len(body.items) == 6


def test_the_baselines(runbook: Runbook) -> None:
    body = runbook.step("normal").body
    assert isinstance(body, Baseline)
    assert {"errors", "p95", "throughput"} <= set(body.metrics)
    assert query(items(runbook, "ready")["lag"])[1] == "below 1000"
    assert items(runbook, "ready")["standing-by"].role == "on-call"


def test_the_shards_in_order_each_healthy_before_the_next(runbook: Runbook, plan: Plan) -> None:
    seats = [f"shard-{number}-{seat}" for number in (1, 2, 3) for seat in ("primary", "standby")]
    ids = [placed.body.id for placed in runbook.route]
    assert [name for name in ids if name in seats] == seats
    for seat in seats:
        body = runbook.step(seat).body
        assert isinstance(body, Run)
        assert any(check.kubernetes is not None and check.kubernetes.ready for check in body.confirm)
        if seat.endswith("primary"):
            assert any(check.http is not None and check.http.get == "/health" for check in body.confirm)
    for number in (1, 2, 3):
        act = plan.actions[f"shard-{number}-log"].kubernetes
        assert act is not None
        assert act.logs is not None
        assert (act.logs.selector, act.logs.tail) == (f"shard=shard-{number}", 50)
        assert ids.index(f"shard-{number}-log") > ids.index(f"shard-{number}-standby")


def test_four_stages_of_a_quarter_of_an_hour_the_third_of_half_an_hour(runbook: Runbook) -> None:
    stages = [placed.body for placed in runbook.route if isinstance(placed.body, SetTraffic)]
    bakes = [placed.body for placed in runbook.route if isinstance(placed.body, Bake)]
    assert [stage.to for stage in stages] == [5, 25, 50, 100]
    assert [bake.for_ for bake in bakes] == [15 * MINUTE, 15 * MINUTE, 30 * MINUTE, 30 * MINUTE]


@pytest.mark.parametrize("weight", [5, 25, 50, 100])
def test_what_is_looked_at_in_each_stage(runbook: Runbook, weight: int) -> None:
    stage = items(runbook, f"stage-{weight}")
    limits = {
        name: check.metric.below.text
        for name, one in stage.items()
        if (check := one.check) is not None and check.metric is not None and check.metric.below is not None
    }
    assert limits == {"errors": "0.1 %", "p95": "500 ms"}
    assert stage["routing"].check is None
    assert query(stage["lag"])[1] == "below 1000"


def test_the_criteria_after_half_an_hour(runbook: Runbook) -> None:
    body = runbook.step("at-once").body
    assert isinstance(body, Checklist)
    assert body.as_ == "criteria"
    found = items(runbook, "at-once")
    checks = {name: one.check.metric for name, one in found.items() if one.check is not None}
    assert checks["errors"] is not None
    assert checks["errors"].below is not None
    assert checks["errors"].below.text == "0.1 %"
    assert checks["p95"] is not None
    assert checks["p95"].below is not None
    assert checks["p95"].below.text == "500 ms"
    assert checks["throughput"] is not None
    assert checks["throughput"].at_least_baseline == 100
    assert query(found["lag"])[1] == "below 1000"
    assert query(found["active"])[1] == "equals 3"


@pytest.mark.parametrize(
    ("name", "symbol", "shard"),
    [
        ("btcusdt", "BTCUSDT", "shard-1"),
        ("ethusdt", "ETHUSDT", "shard-2"),
        ("solusdt", "SOLUSDT", "shard-3"),
    ],
)
def test_symbols_and_their_shards(runbook: Runbook, name: str, symbol: str, shard: str) -> None:
    check = items(runbook, "routing")[name].check
    assert check is not None
    assert check.http is not None
    assert check.http.get == f"/api/shards/route?symbol={symbol}"
    assert check.http.json_ == {"shard": shard}


def test_functions_and_dashboards(runbook: Runbook) -> None:
    assert set(items(runbook, "functions")) == {"create", "cancel", "match", "position", "websocket"}
    assert set(items(runbook, "dashboards")) == {"overview", "jvm", "orders"}


def test_the_legacy_deployment_goes_only_after_a_person_has_said_so(plan: Plan, runbook: Runbook) -> None:
    body = runbook.step("legacy-gone").body
    assert isinstance(body, Run)
    assert body.approve
    act = plan.actions[body.action].kubernetes
    assert act is not None
    assert act.delete is not None
    assert (act.delete.resource.name, act.delete.resource.namespace) == ("backend-legacy", "backend")


def test_a_row_a_day_and_the_review_of_the_week(runbook: Runbook) -> None:
    # As it is written: on the route every row is a list of its own.
    watches = [
        step.watch for phase in runbook.plan.phases for step in phase.steps if isinstance(step, WatchStep)
    ]
    days = [day for watch in watches if watch.rows is not None for day in watch.rows.days]
    assert days == [1, 2, 3, 4, 5, 6, 7]
    for watch in watches:
        assert watch.rows is not None
        assert watch.rows.metrics == ("errors", "p95", "throughput")
        assert [item.id for item in watch.rows.items] == ["issues", "checked"]
    assert [runbook.moment(watch.until, T0) - T0 for watch in watches] == [DAY, 7 * DAY]
    assert set(items(runbook, "weekly")) == {"error-trend", "balance", "peaks", "alerts", "feedback"}


@pytest.mark.parametrize("gate", ["canary", "watch"])
@pytest.mark.parametrize(
    ("metric", "side", "limit"),
    [("errors", "below", "1 %"), ("p95", "below", "2000 ms"), ("shards", "above", "1")],
)
def test_what_proposes_a_rollback(plan: Plan, gate: str, metric: str, side: str, limit: str) -> None:
    rule = next(rule for rule in plan.gates[gate].rules if rule.metric == metric and rule.then == "rollback")
    found = getattr(rule, side)
    assert found is not None
    assert found.text == limit
    assert plan.gates[gate].every * rule.streak == 5 * MINUTE
    assert plan.gates[gate].decide_by == "streak"


def test_the_rollback_is_manual_in_four_steps_with_a_list_of_five(plan: Plan) -> None:
    back = plan.rollback
    assert back is not None
    assert back.automatic is False
    assert "data-mismatch" in {trigger.id for trigger in back.triggers}
    assert back.steps == ("sharding-off", "restart-backend", "backend-rolled-out", "legacy-consumers")
    env = plan.actions["sharding-off"].kubernetes
    assert env is not None
    assert env.set_env is not None
    assert (env.set_env.deployment, env.set_env.namespace, env.set_env.env) == (
        "backend", "backend", {"SHARDING_ENABLED": "false"}
    )  # fmt: skip
    consumers = plan.actions["legacy-consumers"].command
    assert consumers is not None
    assert consumers.args == (
        "--bootstrap-server",
        "prod-kafka:9092",
        "--group",
        "matching-engine",
        "--describe",
    )
    assert [item.id for item in back.checklist] == [
        "sharding-off", "restarted", "legacy-receives", "errors-normal", "ticket"
    ]  # fmt: skip
    assert back.checklist[-1].ticket == "open-ticket"


def test_contacts_of_five_roles_with_backups(plan: Plan) -> None:
    five = {name for name, role in plan.roles.items() if role.contact is not None}
    assert five == {"deployer", "backend", "devops", "dba", "on-call"}
    team = yaml.safe_load(SETTING.team)
    assert all(team["deputies"][name] for name in five)
    assert all(set(team["deputies"][name]) <= set(team["people"]) for name in five)


def test_the_world_begins_with_the_preparation() -> None:
    assert timedelta(0) <= SETTING.begins - (T0 - 7 * DAY - HOUR) < 5 * MINUTE

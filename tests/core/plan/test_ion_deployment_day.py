"""The shipped plan for the deployment day of ion-api: every time, figure, role and limit its team's runbook has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.plan import models as m
from core.plan.runbook import Runbook, read_runbook
from core.plan.walk import parts

PLANS = Path(__file__).parents[3] / "plans"
T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return read_runbook((PLANS / "ion-deployment-day.yml").read_text(encoding="utf-8"))


def bodies(runbook: Runbook) -> dict[str, Any]:
    return {placed.body.id: placed.body for placed in runbook.route}


def moved(runbook: Runbook) -> Iterator[tuple[str, datetime]]:
    """When each step opens at the earliest, if everything before takes only the time the plan gives it."""
    now = T0 - timedelta(days=2)
    for placed in runbook.route:
        now = max(now, placed.opens_at(T0, runbook.zone) or now)
        yield placed.body.id, now
        if isinstance(placed.body, m.Bake):
            now += placed.body.for_
        elif isinstance(placed.body, m.SetTraffic):
            now += placed.body.settle
        elif isinstance(placed.body, m.Baseline):
            now += placed.body.over
        elif isinstance(placed.body, m.Watch):
            now = max(now, runbook.moment(placed.body.until, T0))


def test_it_names_its_service_and_who_may_do_what(runbook: Runbook) -> None:
    plan = runbook.plan
    assert (plan.service, plan.environment, plan.timezone, plan.t0) == (
        "ion-api",
        "production",
        "UTC",
        "14:00",
    )
    assert set(plan.roles) == {"final-approver", "deployer", "operations", "engineering-lead"}
    assert set(plan.starters) == {"deployer", "final-approver", "operations"}
    assert plan.channels == {"main": "deployment", "alerts": "deployment-alerts", "incident": "incident"}
    assert plan.inputs["version"].pattern == r"v\d+\.\d+\.\d+"
    assert plan.inputs["version"].example == "v2.14.0"
    assert {name: program.run for name, program in plan.programs.items()} == {
        "deploy": "${ION_DEPLOY_SCRIPT}"
    }
    assert plan.programs["deploy"].environment == ("ION_API_URL",)
    api = plan.sources["api"].http
    assert api is not None
    assert api.url == "${ION_API_URL}"


@pytest.mark.parametrize(
    ("step", "day", "clock"),
    [
        ("rehearse", 21, "14:00"), ("agenda", 21, "15:00"), ("go-tomorrow", 21, "15:00"), ("prepare", 21, "16:00"), ("stand-by", 21, "17:00"),
        ("assemble", 22, "13:45"), ("state", 22, "13:50"), ("baseline", 22, "13:50"), ("last-checks", 22, "13:55"),
        ("start-signal", 22, "14:00"), ("canary-5", 22, "14:00"), ("first-metrics", 22, "14:15"), ("first-five", 22, "14:15"),
        ("to-half-past", 22, "14:20"), ("panels", 22, "14:30"), ("analysis-15", 22, "14:45"), ("look-45", 22, "14:45"),
        ("hour-report", 22, "15:00"), ("hour-decision", 22, "15:00"), ("canary-10", 22, "15:05"), ("second-metrics", 22, "15:15"),
        ("half-past-three", 22, "15:30"), ("collecting", 22, "15:45"), ("analysis", 22, "16:00"), ("final-decision", 22, "16:00"),
        ("after-checks", 22, "16:05"), ("canary-50", 22, "16:05"), ("daily-summary", 23, "16:00"), ("verdict", 23, "16:00"),
    ],
)  # fmt: skip
def test_steps_open_when_the_runbook_says(runbook: Runbook, step: str, day: int, clock: str) -> None:
    opened = dict(moved(runbook))[step]
    assert (opened.day, f"{opened:%H:%M}") == (day, clock)


@pytest.mark.parametrize(
    ("step", "day", "clock"),
    [
        ("rehearse", 21, "15:00"), ("agenda", 21, "16:00"), ("prepare", 21, "17:00"), ("stand-by", 21, "22:00"), ("assemble", 22, "13:50"),
        ("state", 22, "13:55"), ("last-checks", 22, "14:00"), ("hand-over-list", 22, "17:00"), ("hand-over-signed", 22, "17:00"), ("overnight", 23, "08:00"),
    ],
)  # fmt: skip
def test_lists_are_due_when_the_runbook_says(runbook: Runbook, step: str, day: int, clock: str) -> None:
    due = runbook.moment(bodies(runbook)[step].due, T0)
    assert (due.day, f"{due:%H:%M}") == (day, clock)


def test_reports_name_their_next_check(runbook: Runbook) -> None:
    named = {
        name: f"{runbook.moment(body.next, T0):%H:%M}"
        for name, body in bodies(runbook).items()
        if isinstance(body, m.ReportStep) and body.next
    }
    assert named == {
        "analysis-15": "15:00",
        "hour-report": "15:15",
        "half-past-three": "15:45",
        "collecting": "16:00",
        "analysis": "16:15",
    }


def test_the_traffic_goes_from_5_to_10_to_50_to_100(runbook: Runbook) -> None:
    traffic = [body for body in bodies(runbook).values() if isinstance(body, m.SetTraffic)]
    assert [body.to for body in traffic] == [5, 10, 50, 100]
    assert runbook.stages == 4
    assert {body.gate for body in traffic} == {"canary"}
    under = {name: body.for_ for name, body in bodies(runbook).items() if isinstance(body, m.Bake)}
    assert under.pop("first-five") == timedelta(minutes=5)
    assert under.pop("to-half-past") == timedelta(minutes=10)
    assert set(under.values()) == {timedelta(minutes=15)}


def test_at_14_10_pods_errors_and_response_are_confirmed(runbook: Runbook) -> None:
    first = bodies(runbook)["canary-5"]
    assert T0 + first.settle == datetime(2025, 10, 22, 14, 10, tzinfo=UTC)
    assert T0 + first.settle + first.within <= datetime(2025, 10, 22, 14, 20, tzinfo=UTC)
    assert [check.http.json_ for check in first.confirm if check.http] == [
        {"status": "healthy"},
        {"pods.status": "healthy"},
    ]
    assert {check.metric.metric: check.metric.below.text for check in first.confirm if check.metric} == {
        "errors": "0.01 %",
        "p95": "500 ms",
    }


RULES = {
    "canary": {
        ("errors", "1 %", 3, "rollback"), ("p95", "500 ms", 3, "rollback"), ("memory", "85 %", 2, "rollback"), ("memory", "1 %/h", 1, "observe"),
        ("recommendation", "100 ms", 1, "observe"), ("p50", "300 ms", 1, "observe"), ("p99", "800 ms", 1, "observe"),
    },
    "first-window": {
        ("errors", "1 %", 1, "rollback"), ("p95", "500 ms", 1, "call"), ("p50", "300 ms", 1, "observe"), ("p99", "800 ms", 1, "observe"),
        ("memory", "85 %", 2, "rollback"),
    },
}  # fmt: skip
RULES["watch"] = RULES["canary"]


@pytest.mark.parametrize("name", sorted(RULES))
def test_gates_hold_the_runbooks_limits(runbook: Runbook, name: str) -> None:
    found = set()
    for rule in runbook.gate(name).rules:
        limit = rule.below or rule.growth_below
        assert limit is not None
        found.add((rule.metric, limit.text, rule.streak, rule.then))
    assert found == RULES[name]


def test_gates_look_every_five_minutes_and_count_ten_requests(runbook: Runbook) -> None:
    gates = runbook.plan.gates
    assert {name: gate.every for name, gate in gates.items()} == {
        "canary": timedelta(minutes=5), "first-window": timedelta(minutes=5), "watch": timedelta(minutes=30),
    }  # fmt: skip
    assert {gate.minimum for gate in gates.values()} == {10}


def test_in_the_first_window_one_error_acts(runbook: Runbook) -> None:
    rule = next(rule for rule in runbook.gate("first-window").rules if rule.metric == "errors")
    assert (rule.streak, rule.minimum, rule.then) == (1, 1, "rollback")
    slow = next(rule for rule in runbook.gate("first-window").rules if rule.metric == "p95")
    assert (slow.then, slow.playbook) == ("call", "slow-responses")
    switched = {
        name: body.gate for name, body in bodies(runbook).items() if isinstance(body, m.Bake) and body.gate
    }
    assert switched == {"first-five": "first-window", "to-half-past": "canary"}


@pytest.mark.parametrize(
    ("step", "by", "options", "minutes"),
    [
        ("go-tomorrow", {"final-approver", "deployer", "operations"}, {"go", "no-go", "hold"}, 60),
        ("start-signal", {"final-approver"}, {"go", "no-go", "hold"}, 15),
        ("look-45", {"final-approver", "deployer", "operations"}, {"go", "observe", "no-go", "hold"}, 15),
        (
            "hour-decision",
            {"final-approver", "deployer", "operations"},
            {"go", "observe", "no-go", "hold"},
            15,
        ),
        ("final-decision", {"final-approver"}, {"go", "observe", "no-go", "hold"}, 15),
        (
            "fifty-decision",
            {"final-approver", "deployer", "operations"},
            {"go", "observe", "no-go", "hold"},
            15,
        ),
    ],
)
def test_decisions_belong_to_who_the_runbook_names(
    runbook: Runbook, step: str, by: set[str], options: set[str], minutes: int
) -> None:
    decide = bodies(runbook)[step]
    assert (set(decide.by), set(decide.options), decide.within) == (by, options, timedelta(minutes=minutes))
    assert decide.default == "hold"
    assert decide.observe.bake == timedelta(minutes=15)


def test_decisions_say_how_many_requests_they_stand_on(runbook: Runbook) -> None:
    for step, requests in [("look-45", "45"), ("hour-decision", "180"), ("final-decision", "360")]:
        question = bodies(runbook)[step].question
        assert f"about {requests} requests" in question.en
        assert f"약 {requests}건" in question.ko


def test_the_two_lists_of_the_document_have_seven_boxes_each(runbook: Runbook) -> None:
    assert [len(bodies(runbook)[step].items) for step in ("last-checks", "after-checks")] == [7, 7]
    assert bodies(runbook)["after-checks"].wait is False
    assert len(bodies(runbook)["panels"].items) == 5
    assert bodies(runbook)["panels"].wait is False


def test_what_a_machine_can_verify_is_verified_by_the_bot(runbook: Runbook) -> None:
    checked = {
        f"{name}.{item.id}"
        for name, body in bodies(runbook).items()
        if isinstance(body, m.Checklist)
        for item in body.items
        if item.check
    }
    assert {
        "rehearse.script", "rehearse.rollback", "rehearse.health", "rehearse.health-detailed", "last-checks.all-healthy",
        "panels.split", "panels.error-panel", "panels.percentiles", "panels.recommendation-panel", "after-checks.responses-normal",
    } <= checked  # fmt: skip


def test_the_script_is_called_as_the_runbook_does(runbook: Runbook) -> None:
    called = {
        name: (action.command.args, action.changes, action.repeat)
        for name, action in runbook.plan.actions.items()
        if action.command
    }
    assert called == {
        "script-check": (("check",), False, "safe"),
        "rollback-dry-run": (("rollback", "--dry-run"), False, "safe"),
        "collect-metrics": (("metrics",), False, "safe"),
        "service-status": (("status",), False, "safe"),
        "set-traffic": (("enable-canary", "--traffic", "$weight"), True, "probe"),
        "rollback-script": (("rollback",), True, "probe"),
    }
    probing = {name: action.probing for name, action in runbook.plan.actions.items() if action.probing}
    probes = {name: check.http.json_ for name, check in probing.items() if check.http}
    assert probes == {
        "set-traffic": {"enabled": True, "canary_percentage": "$weight"},
        "rollback-script": {"canary_percentage": 0},
    }


def test_escalation_rises_from_5_to_30_to_60_minutes(runbook: Runbook) -> None:
    tiers = [(tier.tier, tier.who, tier.within) for tier in runbook.plan.escalation]
    assert tiers == [
        (1, ("deployer", "operations"), timedelta(minutes=5)),
        (2, ("final-approver",), timedelta(minutes=30)),
        (3, ("engineering-lead",), timedelta(minutes=60)),
    ]


def test_the_way_back(runbook: Runbook) -> None:
    back = runbook.plan.rollback
    assert back is not None
    assert (back.automatic, back.steps, back.afterwards) == (True, ("rollback-script",), "lock")
    assert set(back.by) == {"deployer", "final-approver", "operations"}
    assert (back.verify.reads, back.verify.every, back.verify.within) == (
        2,
        timedelta(minutes=1),
        timedelta(minutes=5),
    )
    assert {(one.metric, one.track, one.below.text) for one in back.verify.metrics if one.below} == {
        ("errors", "control", "1 %"),
        ("p95", "control", "500 ms"),
    }
    assert [item.id for item in back.checklist] == ["logs", "cause", "report", "next-try"]
    assert {"pods-do-not-start", "data-corruption"} <= {one.id for one in back.triggers}


def test_four_emergencies_have_playbooks(runbook: Runbook) -> None:
    assert set(runbook.plan.playbooks) == {"script-fails", "high-errors", "slow-responses", "memory-rising"}
    named = {rule.metric: rule.playbook for rule in runbook.gate("canary").rules if rule.then == "rollback"}
    assert named == {"errors": "high-errors", "p95": "slow-responses", "memory": "memory-rising"}


def test_metrics_are_read_from_both_tracks(runbook: Runbook) -> None:
    kinds = {name: (metric.kind, metric.unit) for name, metric in runbook.plan.metrics.items()}
    assert kinds == {
        "errors": ("ratio", "%"), "p50": ("quantile", "ms"), "p95": ("quantile", "ms"), "p99": ("quantile", "ms"), "recommendation": ("quantile", "ms"),
        "memory": ("gauge", "%"), "cpu": ("gauge", "%"), "rps": ("rate", "/s"),
    }  # fmt: skip
    quantiles = {name: metric.quantile.q for name, metric in runbook.plan.metrics.items() if metric.quantile}
    assert quantiles == {"p50": 0.5, "p95": 0.95, "p99": 0.99, "recommendation": 0.95}


def test_it_reports_every_5_and_30_minutes_and_watches_until_tomorrow(runbook: Runbook) -> None:
    assert (runbook.plan.reports.brief, runbook.plan.reports.full) == (
        timedelta(minutes=5),
        timedelta(minutes=30),
    )
    watch = bodies(runbook)["overnight-watch"]
    assert runbook.moment(watch.until, T0) == datetime(2025, 10, 23, 16, 0, tzinfo=UTC)
    assert (watch.gate, watch.reviews) == ("watch", ("08:00", "16:00"))


def test_the_end_is_signed_and_judged(runbook: Runbook) -> None:
    assert bodies(runbook)["hand-over-signed"].roles == ("deployer", "operations")
    verdict = runbook.route[-1].body
    assert isinstance(verdict, m.Verdict)
    assert verdict.by == ("final-approver",)
    assert {one.holds or f"{one.metric.metric} < {one.metric.below.text}" for one in verdict.required} == {  # type: ignore[union-attr]  # one of the two is there
        "no-rollback", "items-settled", "decisions-go", "signed", "errors < 1 %",
    }  # fmt: skip


def test_every_text_is_there_in_both_languages(runbook: Runbook) -> None:
    texts = [part for _, part in parts(runbook.plan) if isinstance(part, m.Text)]
    assert len(texts) > 150
    assert not [
        text.en
        for text in texts
        if text.en == text.ko or not any("가" <= letter <= "힣" for letter in text.ko)
    ]

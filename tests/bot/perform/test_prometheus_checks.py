"""What the bot verifies at a Prometheus, and the alerts a gate shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from prometheus_looker import ION, runbook

from bot.adapters.entrance import Trust
from bot.diagnosing.over_prometheus import OverPrometheusDiagnosis
from bot.errors import GaveUp, TryLater
from bot.performing.ports import Compared
from bot.performing.prometheus_checks import PrometheusChecks
from bot.secrets import Secrets
from commands import texts
from core.inputs import Alert
from core.plan.models import Check, Plan
from core.plan.prometheus import GateAlerts
from sandbox.prometheus.stand_in import PrometheusStandIn, prometheus_stand_in


@pytest.fixture
async def fake() -> AsyncIterator[PrometheusStandIn]:
    async with prometheus_stand_in() as one:
        yield one


def plan() -> Plan:
    return runbook(ION, {"timeout": "500ms"}).plan


def checks(url: str) -> PrometheusChecks:
    secrets = Secrets({"PROM_URL": url})
    return PrometheusChecks(secrets, Trust(secrets, Path("/nowhere")))


async def verify(fake: PrometheusStandIn, **asked: Any) -> Compared:
    check = Check.model_validate({"prometheus": {"source": "prom", **asked}})
    room = checks(fake.url)
    return await room.verify(plan(), check, {"version": "v7"})


def rule(name: str, health: str = "ok", **more: str) -> dict[str, str]:
    return {"name": name, "type": "alerting", "health": health, **more}


def alert(name: str, state: str = "firing", **labels: str) -> dict[str, Any]:
    return {"labels": {"alertname": name, **labels}, "state": state}


def target(job: str, instance: str, health: str = "up", error: str = "") -> dict[str, Any]:
    return {"labels": {"job": job, "instance": instance}, "health": health, "lastError": error}


@pytest.mark.parametrize(
    ("wanted", "agrees", "evidence"),
    [
        ({"count": 3}, True, "3 alert rules are loaded."),
        ({"count": 11}, False, "3 alert rules are loaded, not 11."),
        ({"count": 2, "group": "ion"}, True, "2 alert rules are loaded in the group 'ion'."),
        ({"names": ["Slow", "Down"]}, True, "3 alert rules are loaded."),
        ({"names": ["Slow", "Lost", "Full"]}, False, "3 alert rules are loaded; not there: Lost, Full."),
    ],
)
async def test_alert_rules_that_are_loaded(
    fake: PrometheusStandIn, wanted: dict[str, Any], agrees: bool, evidence: str
) -> None:
    recording = {"name": "job:x", "type": "recording", "health": "ok"}
    fake.groups = [
        {"name": "ion", "rules": [rule("Slow"), rule("Down"), recording]},
        {"name": "kafka", "rules": [rule("Lag")]},
    ]
    assert await verify(fake, rules=wanted) == Compared(agrees, evidence)


async def test_rules_that_are_sick_or_not_evaluated_yet(fake: PrometheusStandIn) -> None:
    fake.groups = [
        {"name": "g", "rules": [rule("Slow", "err", lastError="no such function"), rule("Down", "unknown")]}
    ]
    said = await verify(fake, rules={"count": 2})
    assert said == Compared(False, "2 alert rules are loaded; cannot be evaluated: Slow (no such function).")
    assert await verify(fake, rules={"count": 2, "health": "any"}) == Compared(
        True, "2 alert rules are loaded."
    )
    fake.groups[0]["rules"].pop(0)
    waiting = await verify(fake, rules={"count": 1})
    assert waiting == Compared(None, "1 alert rules are loaded; not evaluated yet: Down.")


@pytest.mark.parametrize(
    ("targets", "wanted", "agrees", "evidence"),
    [
        ([target("ion", "a"), target("ion", "b"), target("x", "c", "down")], {"at-least": 2}, True, "2 of 2 targets of 'ion' are up."),
        ([target("ion", "a")], {"at-least": 2}, False, "1 of 1 targets of 'ion' are up, and at least 2 should be there."),
        ([], {}, False, "0 of 0 targets of 'ion' are up, and at least 1 should be there."),
        ([target("ion", "a"), target("ion", "b", "down", "refused")], {}, False, "1 of 2 targets of 'ion' are up; down: b (refused)."),
        ([target("ion", "a"), target("ion", "b", "down", "refused")], {"up": False}, True, "1 of 2 targets of 'ion' are up."),
        ([target("ion", "a"), target("ion", "b", "unknown")], {}, None, "1 of 2 targets of 'ion' are up; 1 not scraped yet."),
        ([target("ion", "b", "down")], {"up": False}, False, "0 of 1 targets of 'ion' are up."),
    ],
)  # fmt: skip
async def test_targets(
    fake: PrometheusStandIn, targets: list[Any], wanted: dict[str, Any], agrees: bool | None, evidence: str
) -> None:
    fake.targets = targets
    assert await verify(fake, targets={"job": "ion", **wanted}) == Compared(agrees, evidence)


async def test_alerts_that_must_be_silent(fake: PrometheusStandIn) -> None:
    silent = {"none-firing": True, "matching": {"severity": "critical"}}
    fake.alerts = [alert("Slow", severity="warning"), alert("Down", "pending", severity="critical")]
    assert await verify(fake, alerts=silent) == Compared(True, "No alert with severity=critical fires.")
    fake.alerts.append(alert("Full", severity="critical", instance="a:1", pod="x"))
    said = await verify(fake, alerts=silent)
    assert said == Compared(False, "Firing with severity=critical: Full (instance=a:1, severity=critical).")
    assert (await verify(fake, alerts={})).evidence.startswith("Firing: Slow (severity=warning), Full")


@pytest.mark.parametrize(
    ("asked", "agrees", "evidence"),
    [
        ({"query": "kafka_brokers", "equals": 3}, True, "kafka_brokers is 3."),
        ({"query": "kafka_brokers", "equals": 2}, False, "kafka_brokers is 3, not 2."),
        ({"query": "kafka_brokers", "above": 2}, True, "kafka_brokers is 3 > 2."),
        ({"query": "kafka_brokers", "above": 3}, False, "kafka_brokers is 3 ≤ 3."),
        ({"query": "kafka_brokers", "below": "1s", "unit": "ms"}, True, "kafka_brokers is 3 ms < 1 s."),
        ({"query": "sum(lag)", "below": 5}, False, "sum(lag) is 7 ≥ 5."),
        ({"query": 'lag{version="$version"}', "below": 5}, True, 'lag{version="v7"} is 3 < 5.'),
        ({"query": "lag", "below": 5}, None, 'lag gives several series: {version="v7"} {version="v8"}.'),
        ({"query": "nothing", "below": 5}, None, "nothing gives nothing."),
        ({"query": "odd", "below": 5}, None, "odd gives no number: nan."),
    ],
)  # fmt: skip
async def test_the_value_of_a_query(
    fake: PrometheusStandIn, asked: dict[str, Any], agrees: bool | None, evidence: str
) -> None:
    fake.now = 100.0
    fake.put("kafka_brokers", 90, 3)
    fake.put("lag", 90, 3, version="v7")
    fake.put("lag", 90, 4, version="v8")
    fake.put("odd", 90, float("nan"))
    number = None if agrees is None else 7.0 if "sum" in asked["query"] else 3.0
    unit = "" if number is None else str(asked.get("unit", ""))
    assert await verify(fake, **asked) == Compared(agrees, evidence, value=number, unit=unit)


async def test_an_answer_that_is_not_whole_says_neither(fake: PrometheusStandIn) -> None:
    fake.put("x", 90, 3)
    fake.now, fake.warnings = 100.0, ["a store is away"]
    assert await verify(fake, query="x", equals=3) == Compared(
        None, "The answer is not whole: a store is away."
    )


async def test_stores_that_are_missing_are_noticed_by_victoriametrics_own_mark(
    fake: PrometheusStandIn,
) -> None:
    fake.put("x", 90, 3)
    fake.now, fake.partial = 100.0, True
    seen = await verify(fake, query="x", equals=3)
    assert (seen.agrees, "isPartial" in seen.evidence) == (None, True)


@pytest.mark.parametrize("asked", [{"rules": {"count": 0}}, {"targets": {"job": "ion"}}, {"alerts": {}}])
async def test_silence_in_half_an_answer_is_no_silence(
    fake: PrometheusStandIn, asked: dict[str, Any]
) -> None:
    fake.targets = [target("ion", "a")]
    assert (await verify(fake, **asked)).agrees is True
    fake.warnings = ["a store is away"]
    with pytest.raises(TryLater, match="is not whole: a store is away"):
        await verify(fake, **asked)
    shown = await checks(fake.url).firing(plan(), GateAlerts(source="prom"))
    assert isinstance(shown, str)
    assert shown.startswith("answer-partial: ")


@pytest.mark.parametrize(
    "asked", [{"query": "x", "equals": 1}, {"rules": {"count": 1}}, {"targets": {"job": "x"}}, {"alerts": {}}]
)
async def test_a_server_that_fails_is_tried_again(fake: PrometheusStandIn, asked: dict[str, Any]) -> None:
    fake.trouble = lambda _: web.Response(status=503)
    with pytest.raises(TryLater):
        await verify(fake, **asked)
    fake.trouble = lambda _: web.Response(status=401)
    with pytest.raises(GaveUp):
        await verify(fake, **asked)


async def test_the_alerts_a_gate_shows(fake: PrometheusStandIn) -> None:
    room = checks(fake.url)
    wanted = GateAlerts(source="prom", matching={"team": "ion"})
    fake.alerts = [
        alert("Slow", team="ion", instance="b"), alert("Slow", team="ion", instance="a"), alert("Slow", team="ion", instance="a"),
        alert("Down", "pending", team="ion"), alert("Other", team="shop"),
    ]  # fmt: skip
    assert await room.firing(plan(), wanted) == (Alert("Slow", "instance=a"), Alert("Slow", "instance=b"))
    fake.trouble = lambda _: web.Response(status=401)
    assert await room.firing(plan(), wanted) == "source-refused: prom"


async def test_doctor_says_whether_a_prometheus_answers_and_scrapes_anything(fake: PrometheusStandIn) -> None:
    secrets = Secrets({"PROM_URL": fake.url})
    doctor = OverPrometheusDiagnosis(secrets, Trust(secrets, Path("/nowhere")))

    async def found(of: Plan | None = None) -> tuple[str, str]:
        (finding,) = await doctor.diagnose(of or plan(), "prom")
        assert texts.known(f"doctor.{finding.key}")
        assert finding.state == "works" or texts.known(f"mend.{finding.key}")
        return finding.state, finding.key

    fake.now = 100.0
    assert await found() == ("mind", "prometheus-empty")
    fake.put("up", 90, 1, job="ion")
    assert await found() == ("works", "prometheus-answers")
    fake.trouble = lambda _: web.Response(status=401)
    assert await found() == ("broken", "prometheus-unauthorised")
    fake.trouble = lambda _: web.Response(status=503)
    assert await found() == ("broken", "source-unreachable")
    locked = runbook(ION, {"auth": {"bearer": "${NO_SUCH_TOKEN}"}}).plan
    assert await found(locked) == ("broken", "source-unreachable")

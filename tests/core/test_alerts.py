"""Firing alerts beside a gate: told when they begin and end, people are called where the plan says so, nothing else follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import factories
import pytest
import yaml

from commands.blocks import alerts as drawn
from commands.telling import voice
from core import gates
from core.inputs import Alert, Measured
from core.plan.runbook import read_runbook
from core.rules.gate import looked, switch
from core.start import new_deployment
from core.state import Deployment, Status

NOW = factories.T0
SLOW, DOWN = Alert("Slow", "severity=critical"), Alert("Down")


def deployment(**alerts: Any) -> Deployment:
    """Under way, with a gate that shows alerts and is in the middle of a look."""
    plan = yaml.safe_load(factories.PLAN)
    plan["sources"]["prom"] = {"prometheus": {"url": "https://prometheus.example"}}
    plan["gates"]["canary"]["alerts"] = {"source": "prom", **alerts}
    book = read_runbook(yaml.safe_dump(plan, allow_unicode=True))
    new = new_deployment(id="D1", runbook=book, inputs={"version": "v7"}, t0=NOW, language="en")
    run = replace(gates.begin("canary", book, NOW, after=None), pending="look:1")
    return replace(new, status=Status.RUNNING, people=factories.PEOPLE, gate=run, weight=5)


class Looks:
    """One look after another."""

    def __init__(self, **alerts: Any) -> None:
        self.deployment = deployment(**alerts)
        self.now = NOW

    def see(self, *alerts: Alert, gap: str = "") -> list[str]:
        """What a look with these alerts makes true."""
        self.now += timedelta(minutes=1)
        gate = self.deployment.gate
        assert gate is not None
        asked = replace(
            self.deployment, gate=replace(gate, pending="look:1", next_look=self.now + timedelta(hours=1))
        )
        happened = Measured("look:1", self.now, factories.readings(), alerts, gap)
        decision = looked(asked, happened, self.now)
        self.deployment = decision.deployment
        return [fact.key for fact in decision.facts if fact.key.startswith("alerts")]

    def open_pages(self) -> list[str]:
        return [
            page.topic for page in self.deployment.pages if page.closed_at is None and page.topic == "alerts"
        ]

    def line(self, language: str = "en") -> str:
        return drawn.line(self.deployment, voice(self.deployment, self.now, language, plain=True))


def test_they_are_told_when_they_begin_and_end() -> None:
    looks = Looks()
    assert looks.see() == []
    assert looks.line() == "No alert fires."
    assert looks.see(SLOW) == ["alerts-firing"]
    assert looks.see(SLOW) == []
    assert looks.line("ko") == "울리는 경보: *Slow* (severity=critical)."
    assert looks.see(DOWN, SLOW) == ["alerts-firing"]
    assert looks.see(DOWN) == ["alerts-over"]
    assert looks.see() == ["alerts-over"]
    assert looks.open_pages() == []


def switched(looks: Looks, **alerts: Any) -> Looks:
    """The same deployment under a next gate, which shows these alerts, or with none of them no alerts at all."""
    plan = yaml.safe_load(looks.deployment.runbook.text)
    plan["gates"]["later"] = {
        **plan["gates"]["canary"],
        "title": "Later",
        "alerts": {"source": "prom", **alerts},
    }
    if not alerts:
        del plan["gates"]["later"]["alerts"]
    book = read_runbook(yaml.safe_dump(plan, allow_unicode=True))
    looks.deployment = switch(replace(looks.deployment, runbook=book), "later", looks.now)
    return looks


def test_a_gate_that_shows_other_alerts_does_not_know_them_before_its_first_look() -> None:
    looks = Looks(then="call")
    looks.see(SLOW)
    switched(looks, matching={"team": "shop"})
    assert looks.line() == "The alerts could not be read (first look)."
    assert looks.see() == []
    assert looks.line() == "No alert fires."
    assert looks.open_pages() == []


def test_a_gate_that_shows_the_same_alerts_goes_on_with_them() -> None:
    looks = Looks(then="call")
    looks.see(SLOW)
    switched(looks, then="call")
    assert looks.line() == "Firing alerts: *Slow* (severity=critical)."
    assert looks.see() == ["alerts-over"]


def test_a_gate_that_shows_none_calls_nobody_for_those_of_the_gate_before() -> None:
    looks = Looks(then="call")
    looks.see(SLOW)
    assert looks.open_pages() == ["alerts"]
    switched(looks)
    assert looks.line() == ""
    looks.see()
    assert looks.open_pages() == []


def test_what_could_not_be_read_is_not_over() -> None:
    looks = Looks(then="call")
    looks.see(SLOW)
    assert looks.open_pages() == ["alerts"]
    assert looks.see(gap="source-down: prom") == []
    assert looks.open_pages() == ["alerts"]
    assert (
        looks.line()
        == "The alerts could not be read (“prom” cannot be reached). Start Prometheus again; the looks go on by themselves."
    )
    assert looks.see(SLOW) == []
    assert looks.see() == ["alerts-over"]
    assert looks.open_pages() == []


@pytest.mark.parametrize(("then", "pages"), [("call", ["alerts"]), ("observe", [])])
def test_people_are_called_only_where_the_plan_says_so(then: str, pages: list[str]) -> None:
    looks = Looks(then=then)
    looks.see(SLOW, DOWN)
    looks.see(SLOW)
    assert looks.open_pages() == pages
    assert looks.deployment.status is Status.RUNNING


def test_another_gate_goes_on_with_what_is_known() -> None:
    looks = Looks()
    looks.see(SLOW)
    after = gates.begin("canary", looks.deployment.runbook, looks.now, after=looks.deployment.gate)
    assert after.alerts == (SLOW,)


def test_a_gate_that_names_none_says_nothing() -> None:
    plain = replace(factories.new(), gate=gates.begin("canary", factories.runbook(), NOW, after=None))
    assert drawn.line(plain, voice(plain, NOW)) == ""

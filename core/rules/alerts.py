"""Alerts that fire in the team's own monitoring while a gate looks on: told when they begin and end, and people are called
where the plan says so. They judge nothing and roll nothing back: the gate's rules do.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Words
from core.inputs import Measured
from core.rules import escalation
from core.state import Deployment, GateRun

TOPIC = "alerts"


def looked(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    """What the look saw of alerts. When they could not be read, nothing is said to be over; a gate that shows none calls nobody for those
    of the gate before it."""
    gate = deployment.gate
    if gate is None:
        return Decision(deployment)
    wanted = deployment.runbook.gate(gate.name).alerts
    if wanted is None:
        return escalation.close(deployment, TOPIC, now)
    if happened.alerts_gap:
        return Decision(replace(deployment, gate=replace(gate, alerts_gap=happened.alerts_gap)))
    seen = replace(deployment, gate=replace(gate, alerts=happened.alerts, alerts_gap=""))
    began = [alert.name for alert in happened.alerts if alert not in gate.alerts]
    ended = [alert.name for alert in gate.alerts if alert not in happened.alerts]
    decision = Decision(seen)
    if began:
        decision = decision.fact("alerts-firing", alerts=_named(began))
    if ended:
        decision = decision.fact("alerts-over", alerts=_named(ended))
    if not happened.alerts:
        return decision.then(lambda d: escalation.close(d, TOPIC, now))
    if wanted.then != "call":
        return decision
    words = _words(gate, [alert.name for alert in happened.alerts])
    return decision.then(lambda d: escalation.call(d, TOPIC, "alerts", words, now))


def _words(gate: GateRun, names: list[str]) -> Words:
    return (("gate", gate.name), ("alerts", _named(names)))


def _named(names: list[str]) -> str:
    return ", ".join(dict.fromkeys(names))

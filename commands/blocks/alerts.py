"""The alerts that a gate shows beside its rules. It must not know where the line stands."""

from __future__ import annotations

from commands.telling import Voice
from core.state import Deployment

MOST = 10


def line(deployment: Deployment, voice: Voice) -> str:
    """Which alerts fire, or why that is not known; '' where the gate names none, or has not looked yet."""
    gate = deployment.gate
    if gate is None or gate.last_at is None or deployment.runbook.gate(gate.name).alerts is None:
        return ""
    if gate.alerts_gap:
        return f"{voice.say('alerts.unknown', detail=voice.reason(gate.alerts_gap))}{voice.advised(gate.alerts_gap)}"
    if not gate.alerts:
        return voice.say("alerts.none")
    named = [f"*{voice.safe(one.name, 80)}*{_about(one.about, voice)}" for one in gate.alerts[:MOST]]
    if len(gate.alerts) > MOST:
        named.append(voice.say("word.more", n=len(gate.alerts) - MOST))
    return voice.say("alerts.firing", alerts=", ".join(named))


def _about(about: str, voice: Voice) -> str:
    return f" ({voice.safe(about, 120)})" if about else ""

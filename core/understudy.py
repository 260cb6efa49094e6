"""Who stands in for people in a rehearsal without any: every open thing is answered with what the plan expects, GO.

It decides nothing that a person could not: it answers through the same inputs. It must not know how they get to a deployment.
"""

from __future__ import annotations

from datetime import timedelta

from core.asks import Ask
from core.incidents import IncidentAnswered, IncidentClosed, IncidentMarked, NextTrySet, number_in
from core.inputs import (
    Aborted,
    Acknowledged,
    Decided,
    Input,
    ItemMarked,
    MissedSettled,
    OutcomeSettled,
    Resumed,
    RollbackAsked,
    SignedOff,
)
from core.plan.models import Decide
from core.roles import LOCAL
from core.rules.holding import TARGETS
from core.rules.remedies import playbook_of
from core.sayings import OutcomeSaid
from core.state import Deployment, Status

BY = f"{LOCAL}rehearsal"
NOTE = "Rehearsal without people."
LINK = "https://rehearsal.invalid/"
"""Where an item wants an address as evidence: one that leads nowhere, by its very name (RFC 2606)."""
A_DAY = timedelta(days=1)


def answer(deployment: Deployment, ask: Ask) -> Input:
    """What is answered to one open thing."""
    match ask.kind:
        case "item":
            note = f"{NOTE} {LINK}" if ask.link else NOTE
            return ItemMarked(BY, ask.step, ask.subject, "done", note, ask.number)
        case "sign":
            return SignedOff(BY, ask.step, ask.subject, "approve", NOTE)
        case "page":
            return Acknowledged(BY, int(ask.subject))
        case "outcome" | "went":
            return _settled(ask)
        case "missed":
            return MissedSettled(BY, ask.step, "not-applicable", NOTE)
        case "hold":
            return Resumed(BY, NOTE if ask.step == TARGETS else "")
        case "rollback":  # a way back that was refused: gone all the same, so that the rehearsal ends
            return RollbackAsked(BY, NOTE, force=True)
        case "decide":
            return _decided(deployment, ask)
        case "todo" | "remedy" | "fix" | "next-try":
            return _of_incident(deployment, ask)


def _settled(ask: Ask) -> Input:
    """It happened, and it went well."""
    if ask.kind == "went":
        return OutcomeSaid(BY, "success", NOTE)
    return OutcomeSettled(BY, ask.subject, True, NOTE)


def _of_incident(deployment: Deployment, ask: Ask) -> Input:
    """Every step is done; the first question is answered with WATCH, and after that look it is over."""
    number = number_in(ask.step)
    incident = deployment.incident(number)
    if ask.kind == "todo":
        return IncidentMarked(BY, number, int(ask.subject), "done", NOTE)
    if ask.kind == "next-try" and incident is not None:
        return NextTrySet(BY, number, (deployment.ended_at or incident.opened_at) + A_DAY, NOTE)
    if ask.kind == "remedy" and incident is not None and incident.round == 1:
        decide = playbook_of(deployment, incident).decide
        if decide is not None and "watch" in decide.options:
            return IncidentAnswered(BY, number, incident.round, "watch", NOTE)
    return IncidentClosed(BY, number, NOTE)


def _decided(deployment: Deployment, ask: Ask) -> Decided:
    step_id, _, asked = ask.subject.rpartition(":")
    body = deployment.runbook.step(step_id).body
    offered = body.options if isinstance(body, Decide) else ("go",)
    return Decided(BY, step_id, int(asked), "go" if "go" in offered else offered[0], NOTE)


def give_up(deployment: Deployment) -> Input | None:
    """What ends a rehearsal that cannot go on: the way back where there is traffic. None: it is on its way already."""
    if deployment.final or deployment.status is Status.ROLLING_BACK:
        return None
    if deployment.weight > 0 or deployment.wanted > 0:
        return RollbackAsked(BY, NOTE)
    return Aborted(BY, NOTE)

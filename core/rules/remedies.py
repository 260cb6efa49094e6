"""The question an incident ends in, and what an answer sets going: watch, a fix, an action of the plan, or the way back.

Nothing here acts by itself but a default the plan wrote down. It must not know how an incident begins or ends.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Post, Run, Words
from core.errors import Refused
from core.incidents import Incident, IncidentAnswered, IncidentAsked
from core.inputs import EffectFailed, Ran, RollbackAsked
from core.plan.models import Playbook
from core.plan.playbooks import REMEDIES, Remedy
from core.roles import holders_of, require, require_any_role
from core.rules import escalation, holding, rollback
from core.rules.params import step_params
from core.rules.rehearsing import is_dry
from core.state import Deployment, Status

ASKABLE = ("diagnosing", "asking", "watching")
"""Stages in which an answer is taken, or the question asked before its time."""


def playbook_of(deployment: Deployment, incident: Incident) -> Playbook:
    """The playbook an incident walks; KeyError when the plan has none of this name, which cannot be."""
    return deployment.runbook.plan.playbooks[incident.playbook]


def ask(deployment: Deployment, incident: Incident, now: datetime) -> Decision:
    """Asks, or asks again: a message of its own, the people mentioned once, with a deadline."""
    wanted = playbook_of(deployment, incident).decide
    if wanted is None:
        return Decision(deployment)
    asked = replace(
        incident, stage="asking", round=incident.round + 1, asked_at=now, deadline=now + wanted.within, next_at=None, ref=""
    )  # fmt: skip
    people = holders_of(deployment, wanted.by)
    decision = Decision(deployment.with_incident(asked)).note(
        "incident-asked", playbook=incident.playbook, round=asked.round
    )
    subject = f"{asked.number}:{asked.round}"
    return decision.ask(Post("incident-question", asked.question, subject, "top", "main", people, priority=1))


def asked_now(deployment: Deployment, happened: IncidentAsked, now: datetime) -> Decision:
    """Somebody does not wait for the rest of the steps, or for the next look."""
    incident = require_open(deployment, happened.incident)
    require_any_role(deployment, happened.by, "incident")
    if playbook_of(deployment, incident).decide is None:
        raise Refused("incident-without-decision", playbook=incident.playbook)
    if incident.stage not in ("diagnosing", "watching"):
        raise Refused("incident-not-askable", playbook=incident.playbook, stage=incident.stage)
    said = Decision(deployment).fact("incident-asked-now", playbook=incident.playbook, by=happened.by)
    return said.then(lambda d: ask(d, incident, now))


def require_open(deployment: Deployment, number: int) -> Incident:
    """The incident with this number. Raises Refused when there is none, or it is over."""
    incident = deployment.incident(number)
    if incident is None:
        raise Refused("no-such-incident", incident=number)
    if not incident.open:
        at = incident.closed_at.isoformat() if incident.closed_at is not None else ""
        raise Refused("incident-closed", playbook=incident.playbook, by=incident.closed_by, at=at)
    return incident


def answered(deployment: Deployment, happened: IncidentAnswered, now: datetime) -> Decision:
    """A person's answer, with what follows from it."""
    incident = require_open(deployment, happened.incident)
    playbook = playbook_of(deployment, incident)
    wanted = playbook.decide
    if wanted is None:
        raise Refused("incident-without-decision", playbook=incident.playbook)
    if incident.stage != "asking" or happened.round != incident.round:
        raise Refused("incident-not-asked", playbook=incident.playbook, stage=incident.stage)
    require(deployment, happened.by, wanted.by, "incident-answer")
    if happened.remedy not in wanted.options:
        options = ",".join(wanted.options)
        raise Refused("not-a-remedy", remedy=happened.remedy, remedies=options)
    if happened.remedy in ("roll-back", "hot-fix") and not happened.reason.strip():
        raise Refused("reason-required", act=happened.remedy)
    given = _given(incident, happened.remedy, happened.by, happened.reason, now)
    decision = Decision(deployment.with_incident(given)).fact(
        "incident-answered", playbook=incident.playbook, by=happened.by, remedy=happened.remedy, reason=happened.reason
    )  # fmt: skip
    decision = decision.then(lambda d: escalation.close(d, f"{incident.key}:question", now))
    if happened.remedy == "roll-back":
        return decision.then(lambda d: rollback.asked(d, RollbackAsked(happened.by, happened.reason), now))
    return decision.then(lambda d: _follow(d, given, happened.remedy, now))


def _given(incident: Incident, remedy: Remedy, by: str, reason: str, now: datetime) -> Incident:
    return replace(
        incident, answer=remedy, answered_by=by, answered_at=now, reason=reason, defaulted=by == "bot", deadline=None,
        stage="watching", next_at=None, outcome="", failed="",
    )  # fmt: skip


def _follow(deployment: Deployment, incident: Incident, remedy: Remedy, now: datetime) -> Decision:
    """What an answer sets going, except the way back."""
    playbook = playbook_of(deployment, incident)
    if remedy == "watch":
        watching = replace(incident, next_at=now + playbook.watch)
        return Decision(deployment.with_incident(watching))
    if remedy == "hot-fix":
        fixing = replace(incident, stage="fixing")
        return hold(deployment.with_incident(fixing), fixing, now)
    if remedy in ("scale-out", "restart"):
        action = playbook.actions[remedy]
        acting = replace(incident, stage="acting", ref=f"{incident.key}:act:{incident.round}")
        run = Run(acting.ref, action, step_params(deployment), is_dry(deployment, action))
        asked = Decision(deployment.with_incident(acting)).note("incident-act-asked", action=action)
        return asked.ask(run)
    raise AssertionError(f"no answer of {REMEDIES} is '{remedy}'")


def hold(deployment: Deployment, incident: Incident, now: datetime) -> Decision:
    """While a fix is being written the deployment stands still."""
    words: Words = (
        ("playbook", incident.playbook),
        ("by", incident.answered_by),
        ("reason", incident.reason),
    )
    return holding.hold(deployment, "incident", incident.answered_by, "hot-fix", words, now, ref=incident.key)


def lapsed(deployment: Deployment, incident: Incident, now: datetime) -> Decision:
    """Nobody answered in time: the default counts, or more people are called. The bot goes back by itself only where the plan
    says that rollbacks are automatic, and only when there is something to take back."""
    playbook = playbook_of(deployment, incident)
    wanted, back = playbook.decide, deployment.runbook.plan.rollback
    if wanted is None or incident.deadline is None or incident.deadline > now:
        return Decision(deployment)
    quiet = replace(incident, deadline=None)
    words: Words = (("playbook", incident.playbook), ("at", incident.deadline.isoformat()))
    alone = back is not None and back.automatic and rollback.touched(deployment)
    if wanted.default is None or (wanted.default == "roll-back" and not alone):
        decision = Decision(deployment.with_incident(quiet)).fact("incident-unanswered", **dict(words))
        key = "incident-unanswered" if wanted.default is None else "incident-proposed"
        return decision.then(lambda d: escalation.call(d, f"{incident.key}:question", key, words, now))
    given = _given(incident, wanted.default, "bot", "", now)
    decision = Decision(deployment.with_incident(given)).fact(
        "incident-defaulted", playbook=incident.playbook, remedy=wanted.default
    )
    if wanted.default == "roll-back":
        return decision.then(lambda d: rollback.begin(d, "bot", "", now, key="incident-default", words=words))
    return decision.then(lambda d: _follow(d, given, "watch", now))


# ------------------------------------------------------------------------------------------- the world's answers


def ran(deployment: Deployment, incident: Incident, happened: Ran, now: datetime) -> Decision:
    """The action ended: after it comes another look; when it failed it is asked again at once."""
    if incident.ref != happened.ref or incident.stage != "acting":
        return Decision(deployment).note("late-answer", ref=happened.ref)
    if not happened.ok:
        return _failed(deployment, incident, happened.evidence[-500:], now)
    playbook = playbook_of(deployment, incident)
    done = replace(
        incident, stage="watching", ref="", outcome=happened.evidence[:2_000], next_at=now + playbook.watch
    )
    return Decision(deployment.with_incident(done)).fact(
        "incident-acted", playbook=incident.playbook, remedy=incident.answer, took_s=round(happened.took_s, 1),
        evidence=happened.evidence, next=(now + playbook.watch).isoformat(),
    )  # fmt: skip


def gave_up(deployment: Deployment, incident: Incident, happened: EffectFailed, now: datetime) -> Decision:
    """It could not be carried out; or nobody knows whether it was, and the people who are asked again are told so."""
    if incident.ref != happened.ref or incident.stage != "acting":
        return Decision(deployment)
    if not happened.unknown:
        return _failed(deployment, incident, happened.reason, now)
    unknown = replace(incident, ref="", failed=happened.reason[:500])
    decision = Decision(deployment.with_incident(unknown)).fact(
        "incident-act-unknown", playbook=incident.playbook, remedy=incident.answer, reason=happened.reason
    )
    return decision.then(lambda d: ask(d, unknown, now))


def _failed(deployment: Deployment, incident: Incident, reason: str, now: datetime) -> Decision:
    failed = replace(incident, ref="", failed=reason[:500])
    decision = Decision(deployment.with_incident(failed)).fact(
        "incident-act-failed", playbook=incident.playbook, remedy=incident.answer, reason=reason
    )
    return decision.then(lambda d: ask(d, failed, now))


def propose(deployment: Deployment, incident: Incident, now: datetime) -> Decision:
    """`at-once`: the way back begins, where the plan says automatic; else people are called with its button."""
    back = deployment.runbook.plan.rollback
    words: Words = (("playbook", incident.playbook), ("by", incident.by), ("reason", incident.note))
    if back is None or deployment.status is Status.ROLLING_BACK:
        return Decision(deployment)
    if not rollback.touched(deployment):
        return Decision(deployment).fact("incident-nothing-to-roll-back", **dict(words))
    if back.automatic:
        return rollback.begin(deployment, incident.by, incident.note, now, key="incident", words=words)
    return escalation.call(deployment, f"{incident.key}:question", "incident-at-once", words, now)

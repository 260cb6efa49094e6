"""What time does to incidents: calls with a playbook begin one, late steps are reminded and people called, the question comes
when its time has come, and is asked again after a watch.

It must not know what an answer leads to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Words
from core.incidents import Cause, Incident
from core.roles import holders_of
from core.rules import escalation, incidents, remedies
from core.rules.remedies import playbook_of
from core.state import Deployment, Page, Status

OWN = ("rule", "evidence")
"""Why the bot rolls back by itself, as a rollback says it."""
GOING = (Status.RUNNING, Status.HELD, Status.ROLLING_BACK)


def tick(deployment: Deployment, now: datetime) -> Decision:
    """Everything that the present moment means for incidents."""
    if deployment.status not in GOING:
        return Decision(deployment)
    decision = _begun(deployment, now)
    for incident in decision.deployment.incidents:
        if incident.open:
            decision = decision.then(lambda d, number=incident.number: _one(d, number, now))  # type: ignore[misc]
    return decision.then(lambda d: incidents.finish(d, now))


def _begun(deployment: Deployment, now: datetime) -> Decision:
    """A call with a playbook that is walked begins an incident, once; and so does a rollback of the bot's own."""
    decision = _taken_back(deployment, now)
    playbooks = deployment.runbook.plan.playbooks
    for page in deployment.pages:
        playbook = playbooks.get(page.playbook)
        if page.closed_at is not None or playbook is None or not playbook.walked:
            continue
        if any(_covers(incident, page) for incident in deployment.incidents):
            continue
        cause: Cause = "rule" if page.topic.startswith("rule:") else "failed"
        decision = decision.then(
            lambda d, page=page, cause=cause: incidents.start(  # type: ignore[misc]
                d, page.playbook, now, by="bot", cause=cause, words=page.words, page=page.number
            )
        )
    return decision


def _taken_back(deployment: Deployment, now: datetime) -> Decision:
    """After the bot has gone back by itself, what the playbook of its rule asks of people stays to be done."""
    run, gate = deployment.rollback, deployment.gate
    if run is None or gate is None or run.key not in OWN or run.asked_at is None:
        return Decision(deployment)
    label = dict(run.words).get("rule")
    rules = deployment.runbook.gate(gate.name).rules
    name = next((rule.playbook for rule in rules if rule.label == label), None) or ""
    playbook = deployment.runbook.plan.playbooks.get(name)
    since = run.asked_at
    if (
        playbook is None
        or not playbook.walked
        or any(
            one.playbook == name and (one.open or one.closed_at is None or one.closed_at >= since)
            for one in deployment.incidents
        )
    ):
        return Decision(deployment)
    return incidents.start(deployment, name, now, by="bot", cause="rollback", words=run.words)


def _covers(incident: Incident, page: Page) -> bool:
    """Whether a call belongs to an incident there is, or was when it came: what somebody has closed does not open again."""
    if incident.playbook != page.playbook:
        return False
    lived = incident.open or (incident.closed_at is not None and incident.closed_at >= page.opened_at)
    return lived or incident.page == page.number


def _one(deployment: Deployment, number: int, now: datetime) -> Decision:
    incident = deployment.incident(number)
    if incident is None:
        return Decision(deployment)
    if deployment.status is Status.ROLLING_BACK and incident.stage != "back":
        back = replace(incident, stage="back", deadline=None, next_at=None, ref="")
        said = Decision(deployment.with_incident(back)).note("incident-back", playbook=incident.playbook)
        return said.then(lambda d: _one(d, number, now))
    decision = _reminded(deployment, incident, now)
    return decision.then(lambda d: _staged(d, d.incident(number) or incident, now))


def _staged(deployment: Deployment, incident: Incident, now: datetime) -> Decision:
    """What its stage waits for."""
    if incident.stage == "diagnosing" and time_to_ask(deployment, incident, now):
        return remedies.ask(deployment, incident, now)
    if incident.stage == "asking":
        return remedies.lapsed(deployment, incident, now)
    if incident.stage == "watching" and incident.next_at is not None and incident.next_at <= now:
        looking = deployment.gate is not None and (deployment.gate.busy or deployment.gate.next_look <= now)
        return Decision(deployment) if looking else remedies.ask(deployment, incident, now)
    if incident.stage == "fixing" and deployment.status is Status.RUNNING:
        return remedies.hold(deployment, incident, now)
    return Decision(deployment)


def time_to_ask(deployment: Deployment, incident: Incident, now: datetime) -> bool:
    """Every step is settled, or the time of the last one is over: nobody shall wait for a tick in an emergency."""
    if playbook_of(deployment, incident).decide is None:
        return False
    dues = [due for _, _, _, due in incidents.steps_of(deployment, incident) if due is not None]
    return incident.settled or (bool(dues) and max(dues) <= now)


def _late(deployment: Deployment, incident: Incident, now: datetime) -> Iterator[tuple[int, datetime]]:
    for index, _, todo, due in incidents.steps_of(deployment, incident):
        if todo.mark == "open" and due is not None and due <= now:
            yield index, due


def _reminded(deployment: Deployment, incident: Incident, now: datetime) -> Decision:
    """The owner of a late step is told, and people are called tier by tier until it is settled."""
    late = list(_late(deployment, incident, now))
    decision = Decision(deployment)
    if not late:
        return escalation.close(deployment, f"{incident.key}:late", now)
    steps = playbook_of(deployment, incident).steps
    for index, due in late:
        current = decision.deployment.incident(incident.number) or incident
        todo = current.todos[index]
        if todo.reminded:
            continue
        role = steps[index].role
        people = holders_of(deployment, (role,) if role is not None else ())
        told = decision.deployment.with_incident(current.with_todo(index, replace(todo, reminded=True)))
        decision = replace(decision, deployment=told).fact(
            "incident-late", playbook=incident.playbook, todo=f"{incident.playbook}/{index}", due=due.isoformat(),
            people=",".join(people),
        )  # fmt: skip
    if not decision.facts or deployment.status is Status.ROLLING_BACK:  # for that everybody is called already
        return decision
    words: Words = (("playbook", incident.playbook), ("todo", f"{incident.playbook}/{late[0][0]}"))
    return decision.then(lambda d: escalation.call(d, f"{incident.key}:late", "incident-late", words, now))


def next_moment(deployment: Deployment) -> datetime | None:
    """When time next matters to an incident; for a settled deployment."""
    if deployment.status not in GOING:
        return None
    moments: list[datetime] = []
    for incident in deployment.incidents:
        if not incident.open:
            continue
        steps = list(incidents.steps_of(deployment, incident))
        moments.extend(
            due for _, _, todo, due in steps if due is not None and todo.mark == "open" and not todo.reminded
        )
        if incident.stage == "diagnosing" and playbook_of(deployment, incident).decide is not None:
            moments.extend([max(dues)] if (dues := [due for *_, due in steps if due is not None]) else [])
        looking = deployment.gate is not None and deployment.gate.busy
        moments.extend(
            moment
            for moment in (incident.deadline, None if looking else incident.next_at)
            if moment is not None
        )
    return min(moments, default=None)

"""Walking a playbook: how an incident begins, its steps with their times, and how it ends.

A rule, a failed action and a rollback of the bot's own begin one from the playbook they name; a person begins any. One open
incident a playbook. What it ends in is `core.rules.remedies`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches

from core.decision import Decision
from core.effects import Post, Run, Words
from core.errors import Refused
from core.incidents import (
    Cause,
    Incident,
    IncidentClosed,
    IncidentDeclared,
    IncidentMarked,
    NextTrySet,
    Todo,
    TodoMark,
    number_in,
)
from core.inputs import EffectFailed, Ran
from core.plan.models import PlaybookStep
from core.roles import holders_of, require, require_any_role
from core.rules import escalation, holding, remedies
from core.rules.params import step_params
from core.rules.remedies import playbook_of, require_open
from core.state import Deployment, Status

TOLD: Mapping[TodoMark, str] = {
    "done": "incident-step-done",
    "not-applicable": "incident-step-not-applicable",
    "open": "incident-step-open",
}
EVIDENCE = 2_000
"""Characters of a look's output that are kept; the thread and the journal have more."""


# -------------------------------------------------------------------------------------------------------- it begins


def start(
    deployment: Deployment, name: str, now: datetime, *, by: str, cause: Cause, note: str = "", words: Words = (), page: int = 0
) -> Decision:  # fmt: skip
    """Opens an incident from the playbook `name`: its message, and every look of its steps. Nothing when one is open."""
    playbook = deployment.runbook.plan.playbooks.get(name)
    if playbook is None or deployment.open_incident(name) is not None:
        return Decision(deployment)
    number = len(deployment.incidents) + 1
    back = deployment.status is Status.ROLLING_BACK
    fresh = Incident(
        number, name, by, cause, note, now, tuple(Todo() for _ in playbook.steps), words, page, "back" if back else "diagnosing"
    )  # fmt: skip
    looks = []
    for index, step in enumerate(playbook.steps):
        if step.action is not None:
            ref = f"{fresh.key}:look:{index}"
            fresh = fresh.with_todo(index, Todo(ref=ref))
            looks.append(Run(ref, step.action, step_params(deployment), looks=True))
    roles = tuple(dict.fromkeys(step.role for step in playbook.steps if step.role is not None))
    people = holders_of(deployment, roles or deployment.runbook.plan.escalation[0].who)
    decision = Decision(deployment.with_incident(fresh))
    decision = decision.fact("incident-opened", playbook=name, by=by, note=note, cause=cause)
    post = Post("incident", fresh.key, str(number), "top", "main", people, priority=0)
    return decision.ask(post, *looks)


def declared(deployment: Deployment, happened: IncidentDeclared, now: datetime) -> Decision:
    """A person with any role says that it is so."""
    playbooks = deployment.runbook.plan.playbooks
    require_any_role(deployment, happened.by, "incident")
    playbook = playbooks.get(happened.playbook)
    if playbook is None:
        near = get_close_matches(happened.playbook, playbooks, 1)
        raise Refused(
            "unknown-playbook", name=happened.playbook, near=near[0] if near else "", names=", ".join(playbooks)
        )  # fmt: skip
    known = deployment.open_incident(happened.playbook)
    if known is not None:
        raise Refused(
            "incident-open", playbook=known.playbook, by=known.by, since=known.opened_at.isoformat()
        )
    begun = start(deployment, happened.playbook, now, by=happened.by, cause="person", note=happened.note)
    opened = begun.deployment.open_incident(happened.playbook)
    if playbook.at_once is None or opened is None:
        return begun
    return begun.then(lambda d: remedies.propose(d, opened, now))


# ------------------------------------------------------------------------------------------------------- its steps


def marked(deployment: Deployment, happened: IncidentMarked, now: datetime) -> Decision:
    """A person settles a step, or opens it again."""
    incident = require_open(deployment, happened.incident)
    playbook = playbook_of(deployment, incident)
    if not 0 <= happened.todo < len(incident.todos):
        raise Refused("no-such-todo", playbook=incident.playbook, number=happened.todo + 1)
    step, todo = playbook.steps[happened.todo], incident.todos[happened.todo]
    owners = (step.role,) if step.role is not None else tuple(deployment.runbook.plan.roles)
    require(deployment, happened.by, owners, "item")
    if happened.mark == todo.mark or (todo.mark != "open" and happened.mark != "open"):
        at = todo.at.isoformat() if todo.at is not None else ""
        raise Refused("item-already", mark=todo.mark, by=todo.by, at=at)
    if happened.mark == "not-applicable" and not happened.note.strip():
        raise Refused("reason-required", act="not-applicable")
    settled = replace(todo, mark=happened.mark, by=happened.by, at=now, note=happened.note, reminded=False)
    if happened.mark == "open":
        settled = Todo(seen=todo.seen, failed=todo.failed, ref=todo.ref)
    decision = Decision(deployment.with_incident(incident.with_todo(happened.todo, settled))).fact(
        TOLD[happened.mark], playbook=incident.playbook, todo=f"{incident.playbook}/{happened.todo}",
        by=happened.by, note=happened.note,
    )  # fmt: skip
    return decision.then(lambda d: finish(d, now))


def due_of(incident: Incident, step: PlaybookStep) -> datetime | None:
    """When a step is due; None: it has no time."""
    return incident.opened_at + step.within if step.within is not None else None


def steps_of(
    deployment: Deployment, incident: Incident
) -> Iterator[tuple[int, PlaybookStep, Todo, datetime | None]]:
    """Every step in order: (index, step, how far it is, when it is due)."""
    for index, (step, todo) in enumerate(
        zip(playbook_of(deployment, incident).steps, incident.todos, strict=True)
    ):
        yield index, step, todo, due_of(incident, step)


def answered(deployment: Deployment, happened: Ran | EffectFailed, now: datetime) -> Decision:
    """A look's output, or the end of an answer's action. What nobody waits for changes nothing."""
    incident = deployment.incident(number_in(happened.ref))
    if incident is None or not incident.open:
        return Decision(deployment).note("late-answer", ref=happened.ref)
    index = next((i for i, todo in enumerate(incident.todos) if todo.ref == happened.ref), None)
    if index is None:
        if isinstance(happened, Ran):
            return remedies.ran(deployment, incident, happened, now)
        return remedies.gave_up(deployment, incident, happened, now)
    ok = isinstance(happened, Ran) and happened.ok
    said = happened.evidence if isinstance(happened, Ran) else happened.reason
    todo = replace(
        incident.todos[index], ref="", seen=said[-EVIDENCE:] if ok else "", failed="" if ok else said[-500:]
    )
    return Decision(deployment.with_incident(incident.with_todo(index, todo))).fact(
        "incident-looked" if ok else "incident-look-failed",
        playbook=incident.playbook, todo=f"{incident.playbook}/{index}", evidence=said,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- it ends


def closed(deployment: Deployment, happened: IncidentClosed, now: datetime) -> Decision:
    """A person says that it is over, with a reason; what stood still for a fix goes on."""
    incident = require_open(deployment, happened.incident)
    wanted = playbook_of(deployment, incident).decide
    if wanted is not None:
        require(deployment, happened.by, wanted.by, "incident-close")
    else:
        require_any_role(deployment, happened.by, "incident-close")
    if not happened.reason.strip():
        raise Refused("reason-required", act="incident-close")
    if incident.stage == "acting":
        raise Refused("incident-acting", playbook=incident.playbook, remedy=incident.answer)
    return _close(deployment, incident, happened.by, happened.reason, now)


def _close(deployment: Deployment, incident: Incident, by: str, why: str, now: datetime) -> Decision:
    over = replace(
        incident, stage="closed", closed_at=now, closed_by=by, closed=why, deadline=None, next_at=None, ref=""
    )
    held = deployment.hold
    deployment = deployment.with_incident(over)
    if held is not None and held.cause == "incident" and held.ref == incident.key:
        deployment = holding.release(deployment, now)
    said = Decision(deployment)
    if by == "bot":
        decision = said.fact(
            "incident-settled" if why == "settled" else "incident-ended", playbook=incident.playbook
        )
    else:
        decision = said.fact("incident-finished", playbook=incident.playbook, by=by, reason=why)
    for topic in (f"{incident.key}:question", f"{incident.key}:late"):
        decision = decision.then(lambda d, topic=topic: escalation.close(d, topic, now))  # type: ignore[misc]
    return decision


def next_try(deployment: Deployment, happened: NextTrySet, now: datetime) -> Decision:
    """The date and time of the next try; a later word counts."""
    incident = deployment.incident(happened.incident)
    if incident is None:
        raise Refused("no-such-incident", incident=happened.incident)
    playbook = playbook_of(deployment, incident)
    if not playbook.next_try:
        raise Refused("no-next-try", playbook=incident.playbook)
    wanted = playbook.decide.by if playbook.decide is not None else tuple(deployment.runbook.plan.roles)
    require(deployment, happened.by, wanted, "next-try")
    if happened.at <= now:
        raise Refused("next-try-past", at=happened.at.isoformat())
    known = replace(incident, next_try=happened.at, next_try_by=happened.by, next_try_note=happened.note)
    decision = Decision(deployment.with_incident(known)).fact(
        "next-try", playbook=incident.playbook, at=happened.at.isoformat(), by=happened.by, note=happened.note
    )
    return decision.then(lambda d: finish(d, now))


def wants_next_try(deployment: Deployment, incident: Incident) -> bool:
    """Whether somebody still has to say when it will be tried again."""
    wanted = playbook_of(deployment, incident).next_try and incident.next_try is None
    return wanted and incident.open and incident.stage == "back"


def finish(deployment: Deployment, now: datetime) -> Decision:
    """Closes what nothing is left to do for: after a rollback, or where the playbook asks for no decision."""
    decision = Decision(deployment)
    for incident in deployment.incidents:
        if not incident.open or not incident.settled or wants_next_try(deployment, incident):
            continue
        if incident.stage == "back" or (
            incident.stage == "diagnosing" and playbook_of(deployment, incident).decide is None
        ):
            decision = decision.then(lambda d, one=incident: _close(d, one, "bot", "settled", now))  # type: ignore[misc]
    return decision


def over(before: Deployment, after: Deployment, now: datetime) -> Decision:
    """With the deployment its incidents end; after a rollback what is left of their steps stays to be done."""
    decision = Decision(after)
    if before.final or not after.final:
        return decision
    for incident in after.incidents:
        if incident.open and after.status is not Status.ROLLED_BACK:
            decision = decision.then(lambda d, one=incident: _close(d, one, "bot", "over", now))  # type: ignore[misc]
        elif incident.open:
            decision = decision.then(lambda d, one=incident: _back(d, one))  # type: ignore[misc]
    return decision.then(lambda d: finish(d, now))


def _back(deployment: Deployment, incident: Incident) -> Decision:
    back = replace(incident, stage="back", deadline=None, next_at=None, ref="")
    return Decision(deployment.with_incident(back)).note("incident-back", playbook=incident.playbook)

"""What is asked of whom right now: for the card's "waiting for", the App Home, reminders, and the pace of a rehearsal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.plan.models import Decide, Verdict
from core.roles import holders_of
from core.rules import checklist, incidents, remedies, reminders, signoff, values
from core.rules.rollback import CHECKLIST
from core.state import Deployment, Status, StepState


@dataclass(frozen=True)
class Ask:
    """One open thing. `subject`: the item, role, page number or effect; of an incident (`step` 'incident:N') the number of the
    step, 'N:ROUND' of the question, or N. `people` may answer."""

    kind: Literal[
        "item", "sign", "decide", "page", "hold", "outcome", "missed", "rollback", "todo", "remedy", "fix", "next-try", "went"
    ]  # fmt: skip
    step: str
    subject: str
    roles: tuple[str, ...]
    people: tuple[str, ...]
    due: datetime | None = None
    number: str = ""  # of an item that asks for one: a number that would pass
    link: bool = False  # of an item whose evidence is an address


def asks(deployment: Deployment) -> tuple[Ask, ...]:
    """Everything open, what calls loudest first."""
    found: list[Ask] = []
    for page in deployment.pages:
        if page.open:
            found.append(Ask("page", "", str(page.number), (), page.called, page.deadline))
    run, back = deployment.rollback, deployment.runbook.plan.rollback
    if run is not None and back is not None and run.stage == "refused" and not deployment.final:
        found.append(Ask("rollback", "", run.refused, back.by, holders_of(deployment, back.by)))
    found.extend(_of_incidents(deployment))
    starters = deployment.runbook.plan.starters
    held = deployment.hold
    if held is not None and held.cause == "unknown":
        found.append(
            Ask("outcome", held.ref.split(":")[1], held.ref, starters, holders_of(deployment, starters))
        )
    elif held is not None and held.cause not in ("decision", "incident"):
        found.append(Ask("hold", held.ref, held.key, starters, holders_of(deployment, starters)))
    if deployment.status is not Status.ROLLING_BACK:  # on the way back nobody is asked for what lies ahead
        for step in deployment.steps:
            found.extend(_of_step(deployment, step))
    return tuple(found)


def _of_incidents(deployment: Deployment) -> Iterator[Ask]:
    everybody = tuple(deployment.runbook.plan.roles)
    for incident in deployment.incidents:
        if not incident.open:
            continue
        decide = remedies.playbook_of(deployment, incident).decide
        by = decide.by if decide is not None else everybody
        people = holders_of(deployment, by)
        if incident.stage == "asking":
            subject = f"{incident.number}:{incident.round}"
            yield Ask("remedy", incident.key, subject, by, people, incident.deadline)
        if incident.stage == "fixing":
            yield Ask("fix", incident.key, str(incident.number), by, people)
        if incidents.wants_next_try(deployment, incident):
            yield Ask("next-try", incident.key, str(incident.number), by, people)
        for index, step, todo, due in incidents.steps_of(deployment, incident):
            if todo.mark == "open":
                roles = (step.role,) if step.role is not None else everybody
                yield Ask("todo", incident.key, str(index), roles, holders_of(deployment, roles), due)


def how_it_went(deployment: Deployment, step: StepState) -> bool:
    """Whether all that a verdict waits for is somebody who says how it went."""
    settled = deployment.verdict == "GO" or step.answer == "go"
    return settled and deployment.outcome is None


def _of_step(deployment: Deployment, step: StepState) -> list[Ask]:
    starters = deployment.runbook.plan.starters
    if step.status == "missed":
        return [Ask("missed", step.id, step.id, starters, holders_of(deployment, starters))]
    if step.status != "open" or (deployment.final and step.id != CHECKLIST):
        return []
    found: list[Ask] = []
    if step.items:
        for item in checklist.items_of(deployment, step.id):
            state = step.item(item.id)
            if state is not None and state.mark == "open" and not state.checking and not item.optional:
                roles = (item.role,) if item.role else tuple(deployment.runbook.plan.roles)
                due = reminders.due_of(deployment, step.id, item)
                people = holders_of(deployment, roles)
                number, link = values.passing(item), item.evidence == "link" or item.ticket is not None
                found.append(Ask("item", step.id, item.id, roles, people, due, number, link))
    found.extend(
        Ask(
            "sign",
            step.id,
            sign.role,
            (sign.role,),
            deployment.holders(sign.role),
            signoff.due_of(deployment, step.id),
        )
        for sign in step.signs
        if sign.mark == "open"
    )
    if step.id != CHECKLIST:
        body = deployment.runbook.step(step.id).body
        if isinstance(body, Decide | Verdict) and not step.stage_of_work:
            found.append(
                Ask(
                    "went" if isinstance(body, Verdict) and how_it_went(deployment, step) else "decide",
                    step.id,
                    f"{step.id}:{step.round}",
                    body.by,
                    holders_of(deployment, body.by),
                    step.deadline,
                )
            )
    return found

"""Which messages a change redraws. A message is an update of one known place; drawing it again when nothing changed is free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.effects import Update
from core.plan.models import Checklist, Decide, Signoff
from core.rules.escalation import page_of
from core.rules.readiness import BOARD
from core.rules.rollback import CHECKLIST
from core.state import Deployment, StepState


def redraws(before: Deployment, after: Deployment) -> tuple[Update, ...]:
    """Updates for everything that looks different now. New messages are posted by the rules that open them."""
    found: list[Update] = []
    if before.steps and not _card_stands(before, after):
        found.append(Update("card", "card"))
    changed = [
        (old, step)
        for old, step in zip(before.steps, after.steps, strict=False)
        if old is not step and old != step
    ]
    for old, step in changed:
        if old.opened_at is not None:
            found.extend(_of_step(after, old, step))
    if any(old.status == "missed" for old, _ in changed):
        found.append(Update("missed", "missed"))
    for page in after.pages:
        was = before.page(page.number)
        if was is not None and was != page:
            found.extend(Update("page", key, "{}:{}".format(*page_of(key)), priority=0) for key in was.copies)
    if before.rollback is not None and before.rollback != after.rollback:
        found.append(Update("rollback", "rollback", priority=0))
    held = before.hold
    if held is not None and held.cause == "unknown" and after.hold != held:
        found.append(Update("outcome", f"outcome:{held.ref}", held.ref))
    found.extend(_of_incidents(before, after))
    found.extend(_of_gaps(before, after))
    found.extend(_of_the_whole(before, after, changed))
    return tuple(found)


def _of_gaps(before: Deployment, after: Deployment) -> Iterator[Update]:
    """A warning about days without anybody says so when somebody has been put there."""
    if (before.rota, before.standing) == (after.rota, after.standing):
        return
    for told in before.gaps_told:
        yield Update("gap", f"gap:{told.rpartition(':')[0]}", told)


def _card_stands(before: Deployment, after: Deployment) -> bool:
    """Whether the card would say the same. Looks come every minute; the card follows the rules' windows, unless a verdict changes."""
    old, new = before.gate, after.gate
    if old is not None and new is not None and old != new:
        shown = (old.name, old.opened_at, old.recommendation, old.incident) == (
            new.name, new.opened_at, new.recommendation, new.incident,
        )  # fmt: skip
        return shown and replace(before, gate=new) == after
    return before == after


def _of_incidents(before: Deployment, after: Deployment) -> Iterator[Update]:
    for was in before.incidents:
        if after.incident(was.number) == was:
            continue
        yield Update("incident", was.key, str(was.number), priority=1)
        if was.round > 0:
            yield Update("incident-question", was.question, f"{was.number}:{was.round}", priority=1)


def _of_the_whole(
    before: Deployment, after: Deployment, changed: list[tuple[StepState, StepState]]
) -> Iterator[Update]:
    """The verdict, and the readiness board where the plan has one."""
    ends = (before.verdict, before.outcome, before.loss)
    if before.verdict and ends != (after.verdict, after.outcome, after.loss):
        yield Update("verdict", "verdict")
    moved = before.risks != after.risks or any(old.items != step.items for old, step in changed)
    if moved and after.runbook.plan.readiness is not None:
        yield from _with_the_board(after)


def _with_the_board(deployment: Deployment) -> Iterator[Update]:
    """The messages that show the board: its own, once somebody has asked for it, and open questions."""
    if deployment.board_at is not None:
        yield Update("readiness", BOARD)
    for step in deployment.open_steps:
        placed = deployment.runbook.find(step.id)
        if placed is not None and isinstance(placed.body, Decide):
            asked = f"{step.id}:{step.round}"
            yield Update("decision", f"decision:{asked}", asked, priority=1)


def _of_step(deployment: Deployment, old: StepState, step: StepState) -> tuple[Update, ...]:
    if step.id == CHECKLIST:
        return (Update("checklist", f"checklist:{CHECKLIST}", CHECKLIST),)
    body = deployment.runbook.step(step.id).body
    if isinstance(body, Checklist):
        return (Update("checklist", f"checklist:{step.id}", step.id),)
    if isinstance(body, Signoff):
        return (Update("signoff", f"signoff:{step.id}", step.id),)
    if isinstance(body, Decide):
        return (Update("decision", f"decision:{step.id}:{old.round}", f"{step.id}:{old.round}", priority=1),)
    return ()

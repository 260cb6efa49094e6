"""Tickets: opened when their list opens, each by an action whose answer has the link. Nothing waits for one, and a person may give
a link instead. What an answer means for the item is `core.rules.checklist`'s business.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.effects import TICKET, Run
from core.inputs import EffectFailed, Ran
from core.plan.models import Item
from core.rules.params import step_params
from core.rules.rehearsing import is_dry
from core.state import Deployment

LONGEST_LINK = 2_000


def ask(deployment: Deployment, step: str, items: Iterable[Item], attempt: int) -> tuple[Run, ...]:
    """The effects that open the tickets of a list."""
    return tuple(
        Run(
            f"{TICKET}{step}:{item.id}:{attempt}",
            item.ticket,
            step_params(deployment),
            is_dry(deployment, item.ticket),
        )
        for item in items
        if item.ticket is not None
    )


def place_of(ref: str) -> tuple[str, str, int]:
    """(step, item, round) of a ticket's ref."""
    _, step, item, attempt = ref.split(":")
    return step, item, int(attempt)


def result(deployment: Deployment, happened: Ran | EffectFailed) -> tuple[str, str]:
    """(link, why there is none); of a rehearsal's dry run what would have been sent."""
    if isinstance(happened, EffectFailed):
        return "", happened.reason
    if not happened.ok:
        return "", happened.evidence
    if is_link(happened.link):
        return happened.link, ""
    dry = is_dry(deployment, _action(deployment, happened.ref))
    return ("", "dry-run") if dry else ("", "no-link")


def is_link(text: str) -> bool:
    """Whether a text is an address that people can open: https, on one line."""
    return (
        text.startswith("https://")
        and len(text) <= LONGEST_LINK
        and text.isprintable()
        and not any(sign in text for sign in " <>|\"'`")
    )


def _action(deployment: Deployment, ref: str) -> str:
    step, item, _ = place_of(ref)
    back = deployment.runbook.plan.rollback
    placed = deployment.runbook.find(step)
    items = getattr(placed.body, "items", ()) if placed is not None else back.checklist if back else ()
    return next(one.ticket for one in items if one.id == item and one.ticket is not None)

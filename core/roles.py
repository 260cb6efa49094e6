"""Who may do what. An empty role means nobody, never everybody; the requester cannot answer his own question."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import Refused
from core.state import Deployment

LOCAL = "cli:"
"""An act from the command line on the bot's own host: whoever may start programs there may act when Slack is down."""


def roles_of(deployment: Deployment, by: str) -> tuple[str, ...]:
    """Every role `by` holds."""
    return tuple(role for role, people in deployment.people if by in people)


def holders_of(deployment: Deployment, roles: Iterable[str]) -> tuple[str, ...]:
    """Everybody who holds one of `roles`, each once, in the order of the roles."""
    found: list[str] = []
    for role in roles:
        found.extend(person for person in deployment.holders(role) if person not in found)
    return tuple(found)


def may(deployment: Deployment, by: str, roles: Iterable[str]) -> bool:
    """Whether `by` holds one of `roles`; in a rehearsal, whether `by` holds any."""
    wanted = deployment.runbook.plan.roles if deployment.rehearsal else roles
    return by.startswith(LOCAL) or any(by in deployment.holders(role) for role in wanted)


def require(deployment: Deployment, by: str, roles: Iterable[str], act: str) -> None:
    """Raises Refused('not-allowed') that names the act, the roles, and who holds them."""
    wanted = tuple(roles)
    if not may(deployment, by, wanted):
        people = ",".join(holders_of(deployment, wanted))
        raise Refused("not-allowed", act=act, roles=",".join(wanted), people=people)


def require_any_role(deployment: Deployment, by: str, act: str) -> None:
    """Raises Refused unless `by` holds some role of the plan."""
    require(deployment, by, tuple(deployment.runbook.plan.roles), act)


def require_other_eyes(deployment: Deployment, by: str) -> None:
    """Raises Refused('four-eyes') when the one who started the deployment would answer GO himself. One person may rehearse."""
    if deployment.runbook.plan.four_eyes and not deployment.rehearsal and by == deployment.started_by:
        raise Refused("four-eyes", by=by)

"""The lock of a service in an environment: one active deployment, and what a rollback leaves behind until somebody lifts it.

The database refuses the second. It must not know why a deployment ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import Refused
from core.state import Deployment
from storage.tables import service_lock


def _lock_of(new: Deployment) -> Any:
    service = new.runbook.plan.service
    return (service_lock.c.service == service) & (service_lock.c.environment == new.environment)


def take(connection: Connection, new: Deployment, now: datetime) -> None:
    """The database refuses a second one; the refusal says who has it."""
    service = new.runbook.plan.service
    row = {"service": service, "environment": new.environment, "deployment_id": new.id}
    try:
        with connection.begin_nested():
            connection.execute(insert(service_lock), row | {"held": "active", "reason": "", "since": now})
    except IntegrityError as taken:
        held = connection.execute(select(service_lock).where(_lock_of(new))).one()
        raise Refused(
            "locked",
            service=held.service,
            environment=held.environment,
            deployment=held.deployment_id,
            held=held.held,
            reason=held.reason,
            since=held.since.isoformat(),
        ) from taken


def give(connection: Connection, after: Deployment) -> None:
    """At the end the lock goes, or stays behind with the reason of the rollback."""
    mine = service_lock.c.deployment_id == after.id
    if after.final and after.locked:
        reason = after.rollback.reason if after.rollback is not None else ""
        since = {"since": after.ended_at} if after.ended_at is not None else {}
        connection.execute(
            update(service_lock).where(mine).values(held="rolled-back", reason=reason, **since)
        )
    elif after.final:
        connection.execute(delete(service_lock).where(mine))

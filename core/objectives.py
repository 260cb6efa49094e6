"""What a rollback had to keep to, beside what it took: rto by the stopwatch, rpo by a person. Pure; it must not know who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from core.rules.stopwatch import seconds
from core.state import Deployment


@dataclass(frozen=True)
class Objective:
    """`took_s` in seconds, None while it is not known; then `met` is None too."""

    name: Literal["rto", "rpo"]
    limit: timedelta
    took_s: int | None

    @property
    def met(self) -> bool | None:
        """Whether it was kept."""
        return None if self.took_s is None else self.took_s <= seconds(self.limit)


def objectives(deployment: Deployment) -> tuple[Objective, ...]:
    """Those of the plan; none without a rollback. rto runs from the moment the rollback was asked for, or decided by a rule, to
    the proof."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    wanted = plan.objectives if plan is not None else None
    if run is None or wanted is None:
        return ()
    found = []
    if wanted.rto is not None:
        began, proved = run.asked_at, run.verified_at
        took = None if began is None or proved is None else seconds(proved - began)
        found.append(Objective("rto", wanted.rto, took))
    if wanted.rpo is not None:
        found.append(
            Objective("rpo", wanted.rpo, deployment.loss.seconds if deployment.loss is not None else None)
        )
    return tuple(found)

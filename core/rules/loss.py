"""How much data a rollback has lost: only a person knows. What was said may be corrected, and both stand in the journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.endings import Loss
from core.errors import Refused
from core.roles import require
from core.sayings import LossSaid
from core.state import Deployment


def said(deployment: Deployment, happened: LossSaid, now: datetime) -> Decision:
    """Kept, and held against the plan's rpo where it is shown."""
    plan = deployment.runbook.plan.rollback
    if plan is None or plan.objectives is None or plan.objectives.rpo is None:
        raise Refused("no-rpo-in-plan")
    require(deployment, happened.by, plan.by, "loss")
    if happened.seconds < 0:
        raise Refused("bad-loss")
    kept = replace(deployment, loss=Loss(happened.seconds, happened.by, now, happened.note))
    met = happened.seconds <= plan.objectives.rpo.total_seconds()
    return Decision(kept).fact(
        "loss-said", by=happened.by, lost_s=happened.seconds, met=met, note=happened.note
    )

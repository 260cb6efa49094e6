"""A plan as a rehearsal sees it: what the plan names for rehearsals in the place of the real thing, everything said in one channel.

It must not know what is rehearsed, nor when.
"""

from __future__ import annotations

from functools import lru_cache

from core.plan.models import Action, Plan
from core.plan.runbook import Runbook
from core.plan.stand_ins import acts_upon


@lru_cache(maxsize=64)
def rehearsed(runbook: Runbook, channel: str) -> Plan:
    """The plan with its rehearsal's sources and programs, and with `channel` (an id) as every channel unless it is ''."""
    plan, own = runbook.plan, runbook.plan.rehearsal
    changed: dict[str, object] = {}
    if own is not None:
        changed = {
            "sources": {**plan.sources, **own.sources},
            "programs": {**plan.programs, **own.programs},
        }
    if channel:
        changed["channels"] = dict.fromkeys(plan.channels, channel)
    return plan.model_copy(update=changed)


def is_replaced(plan: Plan, action: Action) -> bool:
    """Whether the plan names something for rehearsals that this action would act upon: then it may be carried out there."""
    return plan.rehearsal is not None and acts_upon(plan.rehearsal, action)

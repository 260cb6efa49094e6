"""A deployment that is not there, as vendors' rooms expect one to work for: its plan, its inputs, its time is now.

Nothing of it is stored, and no effect of it is ever performed. It must not know what is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.performing.work import Work
from core.effects import Measure
from core.plan.models import SetTraffic
from core.plan.runbook import Runbook
from core.state import Deployment
from storage.clock import Clock, real_time
from storage.outbox import Claim

ID = "doctor"


def pretended(runbook: Runbook, inputs: Mapping[str, str], clock: Clock) -> Work:
    """Work whose plan time is real time."""
    now = clock()
    deployment = Deployment(ID, runbook, dict(inputs), now, "en")
    claim = Claim(f"{ID}/{runbook.plan.plan}", ID, Measure(ID, ()), "read", 1, False, now, now, 0)
    return Work(claim, deployment, real_time(now), clock)


def inputs_of(runbook: Runbook, given: Mapping[str, str]) -> dict[str, str]:
    """What was given for the plan's inputs, and else the example that the plan shows."""
    wanted = runbook.plan.inputs
    found = {name: given.get(name) or one.example for name, one in wanted.items()}
    return {name: value for name, value in found.items() if value}


def first_weight(runbook: Runbook) -> int:
    """The share the canary would get first, in percent."""
    return next((placed.body.to for placed in runbook.route if isinstance(placed.body, SetTraffic)), 0)

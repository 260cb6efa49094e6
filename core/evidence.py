"""What a person has in front of them when they decide or sign, as a digest. When what mattered has changed, they are asked again.

Only what would make a person think again goes in: the version, the traffic, the gate's recommendation and fired rules,
checks of the bot that failed, a rollback. Numbers that move with every look do not, or no click would ever count.
"""

from __future__ import annotations

import hashlib

from core.plan.models import Signoff
from core.state import Deployment


def seen(deployment: Deployment, step_id: str) -> str:
    """Eight hex digits over the evidence for a decision or sign-off."""
    return hashlib.sha256("\n".join(lines(deployment, step_id)).encode()).hexdigest()[:8]


def lines(deployment: Deployment, step_id: str) -> tuple[str, ...]:
    """The evidence in plain lines, stable in order: what the digest is over and the audit shows."""
    step = deployment.step(step_id)
    found = [f"plan {deployment.runbook.digest}", f"traffic {deployment.weight}"]
    found.extend(f"input {name}={value}" for name, value in sorted(deployment.inputs.items()))
    if step is not None and not isinstance(deployment.runbook.step(step_id).body, Signoff):
        found.append(f"round {step.round}")
        if step.tried:
            found.append(f"shown {step.tried} {hashlib.sha256(step.evidence.encode()).hexdigest()[:8]}")
        if deployment.gate is not None and deployment.weight > 0:
            found.append(f"gate {deployment.gate.name} {deployment.gate.recommendation}")
            found.extend(
                f"broken {run.label}" for run in deployment.gate.rules if run.fired_at is not None or run.acts
            )
    found.extend(f"risk {risk.id}" for risk in deployment.risks)
    for state in deployment.steps:
        found.extend(
            f"check failed {state.id}/{item.id}"
            for item in state.items
            if item.failed and item.mark == "open"
        )
    if deployment.rollback is not None:
        found.append("rollback")
    return tuple(found)

"""Whether the plan that is to follow on GO is in the library. It must not read it."""

from __future__ import annotations

from collections.abc import Collection

from core.findings import Finding
from core.plan.models import Verdict
from core.plan.runbook import Runbook


def follows(runbook: Runbook) -> str:
    """The plan that follows on GO, or ''."""
    bodies = (placed.body for placed in runbook.route)
    return next(
        (body.on_go.plan for body in bodies if isinstance(body, Verdict) and body.on_go is not None), ""
    )


def following(runbook: Runbook, known: Collection[str]) -> list[Finding]:
    """One finding for a plan that names what follows; none for any other."""
    plan = follows(runbook)
    if not plan:
        return []
    if plan in known:
        return [Finding("plan", plan, "works", "follow-there", (("plan", plan),))]
    return [Finding("plan", plan, "mind", "follow-missing", (("plan", plan),))]

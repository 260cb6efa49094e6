"""A new deployment as a value: its inputs checked against the plan. Nothing has happened to it yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches

from core.errors import Refused
from core.plan.runbook import Runbook
from core.rehearsal import Rehearsing
from core.state import Deployment


def new_deployment(
    *,
    id: str,
    runbook: Runbook,
    inputs: Mapping[str, str],
    t0: datetime,
    language: str,
    rehearsing: Rehearsing | None = None,
) -> Deployment:
    """Raises Refused for an input that is missing, unknown, or does not match its pattern."""
    wanted = runbook.plan.inputs
    for name in inputs:
        if name not in wanted:
            near = get_close_matches(name, wanted, 1)
            raise Refused(
                "unknown-input", name=name, known=",".join(wanted) or "-", near=near[0] if near else ""
            )
    for name, want in wanted.items():
        value = inputs.get(name, "")
        if not value:
            if want.required:
                raise Refused("missing-input", name=name, example=want.example or "...")
            continue
        if want.pattern is not None and re.fullmatch(want.pattern, value) is None:
            raise Refused("bad-input", name=name, value=value[:100], example=want.example or want.pattern)
    new = Deployment(id, runbook, dict(inputs), t0, language)
    return new if rehearsing is None else replace(new, rehearsal=True, rehearsing=rehearsing)


def first_moment(runbook: Runbook, t0: datetime) -> datetime | None:
    """The earliest moment (UTC) a step of the route waits for: where a rehearsal begins. None when none waits for any."""
    moments = (placed.opens_at(t0, runbook.zone) for placed in runbook.route)
    return min((moment for moment in moments if moment is not None), default=None)

"""How long a rollback took, in four spans of plan time: detect, decide, act, recover.

Detect runs from the start of the first window over the limit to the look that saw it; decide from there (or, when no rule saw
anything, from the first call for people) to the decision; act to the end of the last action; recover to the proof.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from core.effects import Words
from core.state import Deployment


def noticed(deployment: Deployment) -> tuple[datetime | None, datetime | None]:
    """(when it began, when it was noticed) of what is wrong at this moment, as far as the bot knows; None: it does not."""
    gate = deployment.gate
    streaks = [rule for rule in gate.rules if rule.streak > 0] if gate is not None else []
    begun = [rule.since for rule in streaks if rule.since is not None]
    seen = [rule.noticed_at for rule in streaks if rule.noticed_at is not None]
    if seen:
        return min(begun, default=None), min(seen)
    return None, min((page.opened_at for page in deployment.pages if page.closed_at is None), default=None)


def stopwatch(deployment: Deployment) -> Words:
    """detect_s, decide_s, act_s, recover_s and total_s, in seconds of plan time; None for a span whose start nobody knows. Of a
    rollback that is not over, the spans end with what has happened so far."""
    run = deployment.rollback
    if run is None or run.asked_at is None:
        return ()
    decided = run.decided_at or run.asked_at
    end = run.verified_at or run.acted_at or decided
    acted = run.acted_at or end
    began = run.breach_at or run.noticed_at or run.asked_at
    # Whoever asked without a call knows since when; but what follows on a refusal is deciding, too.
    deciding = run.noticed_at or (run.asked_at if decided > run.asked_at else None)
    return (
        ("detect_s", _between(run.breach_at, run.noticed_at)),
        ("decide_s", _between(deciding, decided)),
        ("act_s", _between(decided, acted)),
        ("recover_s", _between(acted, end)),
        ("total_s", _between(began, end)),
    )


def _between(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else seconds(end - start)


def seconds(span: timedelta) -> int:
    """Whole seconds."""
    return round(span.total_seconds())

"""From a deployment to what is on the screen. Pure: the same state draws the same message, within all of Slack's limits.

A module a view. It must not know who is looking, nor how a message is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from commands.blocks import (
    announce,
    card,
    checklist,
    decision,
    duty,
    incident,
    log,
    missed,
    outcome,
    page,
    progress,
    readiness,
    rehearsal,
    remedy,
    report,
    rollback,
    signoff,
    started,
    timeline,
    verdict,
)  # fmt: skip
from commands.blocks.kit import Drawn
from commands.telling import Voice, voice
from core.effects import Words
from core.state import Deployment

View = Callable[[Deployment, str, Words, Voice], Drawn]

VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "card": card.draw, "checklist": checklist.draw, "signoff": signoff.draw, "decision": decision.draw,
        "outcome": outcome.draw, "missed": missed.draw, "report": report.draw, "page": page.draw, "log": log.draw,
        "announce": announce.draw, "rollback": rollback.draw, "verdict": verdict.draw, "started": started.draw,
        "rehearsal": rehearsal.draw, "progress": progress.draw,
        "timeline": timeline.draw, "rescheduled": timeline.rescheduled,
        "incident": incident.draw, "incident-question": remedy.draw,
        "readiness": readiness.draw,
        "gap": duty.draw,
    }
)  # fmt: skip


def draw(
    view: str,
    deployment: Deployment,
    *,
    subject: str = "",
    words: Words = (),
    now: datetime,
    language: str = "",
) -> Drawn:
    """The message `view` about `subject` (a step id, 'STEP:ROUND', 'PAGE:TIER', a ref), as the deployment stands at plan time
    `now`. `words` are the effect's. KeyError for a view that does not exist."""
    return VIEWS[view](deployment, subject, words, voice(deployment, now, language))


__all__ = ["VIEWS", "Drawn", "draw"]

"""What the rules are told when an effect gave up before its kind could answer for itself.

It must not know why it gave up.
"""

from __future__ import annotations

from datetime import datetime

from core.effects import (
    Backfill,
    CheckItem,
    Effect,
    LookBack,
    Measure,
    Notify,
    Post,
    ReadBack,
    Record,
    Run,
    SetWeight,
    Update,
)
from core.inputs import Answered, Backfilled, Checked, EffectFailed, Measured, Reading, Recorded, Reviewed
from core.rehearsal import Review


def failed(  # noqa: C901  # one row a kind of effect
    effect: Effect, reason: str, *, unknown: bool, at: datetime
) -> Answered | None:
    """The input that follows, or None when nobody waits for one. `at` is the plan time of a look."""
    match effect:
        case Measure():
            readings = (
                Reading(metric, track, "failed", (), reason)
                for metric in effect.metrics
                for track in ("canary", "control")
            )
            return Measured(effect.ref, at, tuple(readings))
        case CheckItem():
            return Checked(effect.step, effect.item, effect.round, False, reason, known=False)
        case Run() | SetWeight():
            return EffectFailed(effect.kind, effect.ref, reason, unknown and not effect.dry)
        case Notify():
            return EffectFailed(effect.kind, effect.ref, reason, unknown)
        case ReadBack():
            return EffectFailed(effect.kind, effect.ref, reason)
        case Record():
            return Recorded(effect.ref, (), tuple((action, reason) for action in effect.actions))
        case Backfill():
            return Backfilled(effect.ref, ())
        case LookBack():
            return Reviewed(effect.ref, Review(problem=reason))
        case Post():
            return EffectFailed(effect.kind, effect.key, reason, unknown) if effect.answer else None
        case Update():
            return None

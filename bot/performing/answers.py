"""What the rules are told when an effect gave up before its kind could answer for itself.

It must not know why it gave up.
"""

from __future__ import annotations

from datetime import datetime

from core.effects import CheckItem, Effect, Measure, Post, ReadBack, Run, SetWeight, Update
from core.inputs import Answered, Checked, EffectFailed, Measured, Reading


def failed(effect: Effect, reason: str, *, unknown: bool, at: datetime) -> Answered | None:
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
            return Checked(effect.step, effect.item, effect.round, False, reason)
        case Run() | SetWeight() | ReadBack():
            return EffectFailed(effect.kind, effect.ref, reason, unknown and not isinstance(effect, ReadBack))
        case Post():
            return EffectFailed(effect.kind, effect.key, reason, unknown) if effect.answer else None
        case Update():
            return None

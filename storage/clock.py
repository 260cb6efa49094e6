"""The two kinds of time. `utcnow` is the only place that reads the wall clock; everybody else is handed a Clock.

Real time rules everything between us and a vendor. Plan time belongs to a deployment: it may run faster in a rehearsal, or
stand still. It must not know what is waited for: due times stand in rows, and nobody sleeps here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

Clock = Callable[[], datetime]
"""Answers the present: an aware UTC moment of real time."""

_STEP = timedelta(microseconds=1)


def utcnow() -> datetime:
    """The wall clock, UTC."""
    return datetime.now(UTC)


class ManualClock:
    """A Clock that stands still until it is moved: for tests, and for replaying what has happened."""

    def __init__(self, start: datetime) -> None:
        self._now = _utc(start)

    def __call__(self) -> datetime:
        return self._now

    def advance(self, span: timedelta) -> datetime:
        """Moves by `span` (backwards when negative, as a wall clock may) and answers the new present."""
        self._now += span
        return self._now

    def set(self, moment: datetime) -> datetime:
        """Moves to an aware moment and answers it."""
        self._now = _utc(moment)
        return self._now


@dataclass(frozen=True)
class PlanClock:
    """How a deployment's plan time follows real time: `plan_epoch` is when it was `real_epoch`, and from there on `speed`
    plan seconds pass in a real one (1 in production, 0 stands still)."""

    plan_epoch: datetime
    real_epoch: datetime
    speed: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.speed) or self.speed < 0:
            raise ValueError(f"a plan clock runs at a speed of 0 or more, not {self.speed}")
        _utc(self.plan_epoch)
        _utc(self.real_epoch)

    def now(self, real_now: datetime) -> datetime:
        """Plan time at a moment of real time."""
        return self.plan_epoch + (real_now - self.real_epoch) * self.speed

    def at(self, plan_moment: datetime) -> datetime | None:
        """The first moment of real time at which plan time has come to `plan_moment`; None when it never does."""
        if not self.speed:
            return None
        plan_steps = (plan_moment - self.plan_epoch) // _STEP
        try:
            # Rounded up: a beat that comes a microsecond early would find nothing due, and come again at once.
            return self.real_epoch + math.ceil(Fraction(plan_steps) / Fraction(self.speed)) * _STEP
        except OverflowError:
            return None

    def was(self, plan_moment: datetime) -> datetime | None:
        """The moment of real time at which it was `plan_moment`; None when nobody knows any more, because the clock has been set
        since then, or when it stands still."""
        return self.at(plan_moment) if plan_moment >= self.plan_epoch else None

    def rescaled(self, real_now: datetime, speed: float) -> PlanClock:
        """Goes on from the present at another speed; plan time does not jump."""
        return PlanClock(self.now(real_now), real_now, speed)

    def moved(self, real_now: datetime, plan_now: datetime) -> PlanClock:
        """Plan time is `plan_now` from now on; the speed stays."""
        return PlanClock(_utc(plan_now), real_now, self.speed)


def real_time(now: datetime) -> PlanClock:
    """The clock of a production deployment: plan time is real time."""
    return PlanClock(now, now)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} does not say its zone: times are aware, in UTC")
    return moment.astimezone(UTC)

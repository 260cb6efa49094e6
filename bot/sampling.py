"""Time that is not real meets a source that knows real time only: shortly before anything is measured, time stands still until
the source has taken one more sample. Without it a look would show what had happened by the sample before.

In production there is no tempo and no brake. It must not know which source that is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from core.machine import gate_wake_at
from core.state import Deployment

if TYPE_CHECKING:
    from bot.tempo import Pace

EVE: Final = timedelta(seconds=1)
"""So long (plan time) before the moment time stands still."""
NEAR_S: Final = 0.2
"""Real seconds within which the eve is reached in one go, not passed."""


class Brake:
    """`sampling_s`: real seconds in which the source surely takes a sample; 0: there is no such source."""

    def __init__(self, sampling_s: float) -> None:
        self._sampling_s = sampling_s
        self._moment: datetime | None = None
        self._since: datetime | None = None

    def pace(self, deployment: Deployment, now: datetime, chosen: Pace, real: datetime) -> Pace:
        """`chosen`, or what brings plan time to the eve of a measurement and keeps it there until a sample was taken."""
        moment = chosen.to
        if not self._sampling_s or moment is None or moment not in measuring_at(deployment):
            return chosen
        if self._moment != moment:
            self._moment, self._since = moment, None
        eve = moment - EVE
        if now < eve:
            near = chosen.kind == "jump" or (eve - now).total_seconds() <= chosen.speed * NEAR_S
            return replace(chosen, kind="jump", to=eve) if near else replace(chosen, to=eve)
        self._since = self._since or real
        waited = (real - self._since).total_seconds() >= self._sampling_s
        return chosen if waited else replace(chosen, kind="stand", to=None)


def measuring_at(deployment: Deployment) -> frozenset[datetime]:
    """The moments at which something will be measured."""
    moments = {
        gate_wake_at(deployment),
        *(step.next_at for step in deployment.steps if step.status == "open"),
    }
    if deployment.rollback is not None:
        moments.add(deployment.rollback.next_at)
    return frozenset(moment for moment in moments if moment is not None)

"""One claimed effect with all that is needed to perform it, and what comes of it.

It must not know how any kind is performed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.performing.outputs import Output
from core.effects import Effect
from core.inputs import Answered
from core.plan.models import Plan
from core.plan.rehearsed import rehearsed
from core.state import Deployment
from storage.clock import Clock, PlanClock
from storage.outbox import Claim

Told = str | Callable[[], str]
"""What a long action has to say: a text, or what gives the newest text when it is wanted."""


def _to_nobody(text: Told) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Work:
    """`deployment` is as it stood when the claim was taken up; `clock` reads real time. `progress` may be told how far a long
    action is, as often as there is something new: it returns at once, never fails, and may show it to people or not."""

    claim: Claim
    deployment: Deployment
    pace: PlanClock
    clock: Clock
    progress: Callable[[Told], None] = _to_nobody

    @property
    def effect(self) -> Effect:
        """What is asked for."""
        return self.claim.effect

    @property
    def plan(self) -> Plan:
        """The plan the deployment began with; in a rehearsal as it is rehearsed."""
        deployment = self.deployment
        if not deployment.rehearsal:
            return deployment.runbook.plan
        return rehearsed(deployment.runbook, deployment.rehearsing.channel)

    @property
    def inputs(self) -> Mapping[str, str | int]:
        """The values that `$name` may stand for."""
        return dict(self.deployment.inputs)

    @property
    def age(self) -> timedelta:
        """How long it has been waiting, in real time."""
        return self.clock() - self.claim.created_at

    def plan_now(self) -> datetime:
        """The deployment's plan time at this moment."""
        return self.pace.now(self.clock())


@dataclass(frozen=True)
class Done:
    """An effect that needs no further attempt: a word for its row, the input that follows, if one does, and the output that is
    put into the thread as a file once that input is committed."""

    outcome: str
    answer: Answered | None = None
    output: Output | None = None


@dataclass(frozen=True)
class Patience:
    """How often an attempt is made before an effect gives up. Waits double from one second up to `longest_wait_s`."""

    acts: int = 6
    reads: int = 7
    checks: int = 3
    side: int = 2  # of a look at the side a rollback goes to: seconds count
    side_s: float = 8.0  # and so long one of them may take
    surprises: int = 5  # faults of our own
    longest_wait_s: float = 60.0
    page_wait_s: float = 10.0  # nobody should be called a minute late because Slack stumbled

    def wait_s(self, attempts: int, least_s: float = 1.0) -> float:
        """Seconds before the attempt after this one (`attempts` counts from 1)."""
        return max(least_s, min(2.0 ** (min(attempts, 16) - 1), self.longest_wait_s))

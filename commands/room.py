"""What the commands are given to work with. Whoever composes the process fills it; nothing here knows how.

The protocols name what is needed of plans and of the team, and no more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.findings import Finding
from core.inputs import People
from core.plan.runbook import Runbook
from core.plan.shelf import News
from core.rota import Rota
from storage.clock import Clock, PlanClock
from storage.ledger import Ledger
from storage.queries import Queries


class Plans(Protocol):
    """The plans that can be started."""

    def names(self) -> tuple[str, ...]:
        """Every plan's name, in order."""

    def read(self, name: str) -> Runbook:
        """The plan with this name. Raises Refused 'unknown-plan' (name, near) and PlanInvalid."""

    def reload(self) -> tuple[News, ...]:
        """Reads all plans anew; answers what has changed since the last time, plan by plan."""


class Team(Protocol):
    """Who is who. User ids are Slack's; a channel's name comes without '#'."""

    @property
    def language(self) -> str:
        """'ko' or 'en': for answers that belong to no deployment, and for new deployments."""

    @property
    def rehearsal(self) -> str:
        """The channel of rehearsals, by name or id; '' where the team has none."""

    def people(self) -> People:
        """Who always holds which role, and the deputies."""

    def rota(self) -> Rota:
        """Who holds which role on which days."""

    def deputies(self) -> People:
        """Who may do the same, and is called after the holders."""

    def channel_id(self, name: str) -> str | None:
        """The id of a channel, or None when the bot does not see it."""

    def name(self, user_id: str) -> str:
        """A person's name where a mention cannot stand."""

    def known_to_use(self, user_id: str) -> bool | None:
        """As `may_use`, without a wait; None when that is not known at the moment."""

    async def may_use(self, user_id: str) -> bool:
        """Whether this is a full, active member of the workspace."""


class Share(Protocol):
    """Puts files into Slack: courtesies that people asked for, beside the outbox. `content` has at most a megabyte. Raises
    Refused 'file-unsent' (reason)."""

    async def under_card(self, deployment_id: str, content: bytes, *, name: str, comment: str) -> None:
        """Into the thread of a deployment's card."""

    async def into(
        self, channel: str, content: bytes, *, name: str, comment: str, thread_ts: str = ""
    ) -> None:
        """Into a channel, or one of its threads."""


Bring = Callable[[str, int], Awaitable[tuple[str, bytes]]]
"""Name and content of a file that a person gave to the bot, by its id, of at most so many bytes; without what looks like a secret.
Raises Refused 'file-away' (reason, code: 'too-large', or Slack's word)."""
Diagnose = Callable[[Runbook, Mapping[str, str]], Awaitable[tuple[Finding, ...]]]
"""Looks at everything a plan needs, with these values of its inputs, and changes nothing."""


@dataclass(frozen=True)
class Room:
    """`new_id` answers 'D42'; `pace` gives a rehearsal's or demo's plan clock as it stands at a real time (None: plan time is real time); `patience_s` is how long
    (real time) an answer waits for its commit before it says 'not recorded yet'."""

    ledger: Ledger
    queries: Queries
    plans: Plans
    team: Team
    clock: Clock
    new_id: Callable[[], Awaitable[str]]
    pace: Callable[[datetime], PlanClock] | None = None
    patience_s: float = 2.0
    diagnose: Diagnose | None = None
    share: Share | None = None
    bring: Bring | None = None
    tour: bool = False  # newcomers are shown around when a deployment begins

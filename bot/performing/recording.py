"""Record: what every action of the way back would take things back to, read before anything is changed.

A target that could not be read is missing, and says why. It must not know what follows from that, nor what is in a target.
"""

from __future__ import annotations

import asyncio

from bot.errors import GaveUp, TryLater
from bot.performing.acting import values_of
from bot.performing.ports import Vendors
from bot.performing.work import Done, Patience, Work
from bot.secrets import Secrets
from core.effects import Record
from core.inputs import Recorded, Target


class Recordings:
    """The targets of all actions of all plans."""

    def __init__(self, vendors: Vendors, secrets: Secrets, patience: Patience) -> None:
        self._vendors = vendors
        self._secrets = secrets
        self._patience = patience

    async def record(self, work: Work, effect: Record) -> Done:
        """All of them at one moment; the answer is Recorded. Raises TryLater while one does not answer, a few times."""
        found = await asyncio.gather(*(self._one(work, effect, action) for action in effect.actions))
        targets = tuple(one for one in found if isinstance(one, Target))
        missing = tuple(one for one in found if isinstance(one, tuple))
        return Done(f"recorded: {len(targets)}", Recorded(effect.ref, targets, missing))

    async def _one(self, work: Work, effect: Record, name: str) -> Target | tuple[str, str] | None:
        """The target, None when the action needs none, or (action, why it is missing)."""
        action = work.plan.actions.get(name)
        if action is None:
            return name, f"The plan has no action '{name}'."
        try:
            found = await self._vendors.acting(action).record(work, action, values_of(work, effect))
        except TryLater as problem:
            if work.claim.attempts < self._patience.checks:
                raise
            return name, self._shown(work, f"{problem.reason} Tried {work.claim.attempts} times.")
        except GaveUp as problem:
            return name, self._shown(work, problem.reason)
        if found is None:
            return None
        if self._shown(work, found.data) != found.data:
            return name, "What was read holds a secret, which is never stored."
        return Target(name, found.healthy, self._shown(work, found.what), found.data, work.plan_now())

    def _shown(self, work: Work, text: str) -> str:
        return self._secrets.redact(text, work.plan)

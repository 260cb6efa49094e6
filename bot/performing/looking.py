"""CheckItem and ReadBack: what the bot looks at without changing anything.

An item that could not be verified is not verified: it says why. It must not know what depends on it.
"""

from __future__ import annotations

import asyncio

from bot.adapters.templates import Values
from bot.errors import GaveUp, TryLater
from bot.performing.acting import Actions
from bot.performing.outputs import kept
from bot.performing.ports import Compared, Vendors
from bot.performing.work import Done, Patience, Work
from bot.secrets import Secrets
from core.effects import SIDE, CheckItem, ReadBack
from core.inputs import Checked, EffectFailed, WeightRead
from core.plan.models import Check, Checklist, Run, SetTraffic


class Looks:
    """Checks of items and confirmations, and fresh reads of the canary's share."""

    def __init__(self, vendors: Vendors, actions: Actions, secrets: Secrets, patience: Patience) -> None:
        self._vendors = vendors
        self._actions = actions
        self._secrets = secrets
        self._patience = patience

    async def check(self, work: Work, effect: CheckItem) -> Done:
        """One verification; the answer is Checked. Raises TryLater while nobody answers, a few times; a rollback waits for a look
        at its side only for seconds."""
        side, known = effect.step == SIDE, True
        try:
            async with asyncio.timeout(self._patience.side_s if side else None):
                compared = await self._actions.verify(work, check_of(work, effect), _values(work, effect))
        except TryLater as problem:
            if work.claim.attempts < (self._patience.side if side else self._patience.checks):
                wait_s = (
                    problem.after_s if side else self._patience.wait_s(work.claim.attempts, problem.after_s)
                )
                raise TryLater(min(wait_s, 1.0) if side else wait_s, problem.reason) from None
            known, compared = False, Compared(None, problem.reason)
        except TimeoutError:
            known, compared = False, Compared(None, f"No answer within {self._patience.side_s:g} s.")
        except GaveUp as problem:
            known, compared = False, Compared(None, problem.reason)
        output = kept(self._secrets.redact(compared.evidence, work.plan), compared.printed)
        ok = (
            compared.agrees is True
        )  # who was asked and did not say yes has said no: only silence is not known
        checked = Checked(
            effect.step, effect.item, effect.round, ok, output.evidence, known, compared.value, compared.unit
        )
        return Done("passed" if ok else "not passed", checked, output)

    async def read_back(self, work: Work, effect: ReadBack) -> Done:
        """A fresh read of the share; the answer is WeightRead, or EffectFailed after about a minute without one."""
        try:
            return Done("read", WeightRead(effect.ref, await self._weight(work)))
        except TryLater as problem:
            if work.claim.attempts < self._patience.reads:
                raise TryLater(
                    self._patience.wait_s(work.claim.attempts, problem.after_s), problem.reason
                ) from None
            reason = f"{problem.reason} Tried {work.claim.attempts} times."
        except GaveUp as problem:
            reason = problem.reason
        shown = self._secrets.redact(reason, work.plan)
        return Done(f"gave up: {shown}"[:500], EffectFailed(effect.kind, effect.ref, shown))

    async def _weight(self, work: Work) -> int:
        traffic = work.plan.traffic
        if traffic is None:
            raise GaveUp("The plan says nothing about traffic.")
        return await self._vendors.weighing(work.plan, traffic.read).weight(work, traffic.read)


def _values(work: Work, effect: CheckItem) -> Values:
    """What `$name` stands for: the inputs, and in a confirmation or at the side of a rollback the share."""
    if effect.step == SIDE:
        return {**work.inputs, "weight": 0}
    placed = work.deployment.runbook.find(effect.step)
    body = placed.body if placed is not None else None
    return {**work.inputs, "weight": body.to} if isinstance(body, SetTraffic) else work.inputs


def check_of(work: Work, effect: CheckItem) -> Check:
    """The check an effect is about. GaveUp when the plan has none there."""
    check: Check | None = None
    if effect.step == SIDE:
        healthy = work.plan.rollback.healthy if work.plan.rollback is not None else ()
        check = healthy[int(effect.item)] if int(effect.item) < len(healthy) else None
    elif effect.step == "rollback":
        items = work.plan.rollback.checklist if work.plan.rollback is not None else ()
        check = next((item.check for item in items if item.id == effect.item), None)
    else:
        try:
            body = work.deployment.runbook.step(effect.step).body
        except KeyError:
            body = None
        if isinstance(body, Checklist):
            check = next((item.check for item in body.items if item.id == effect.item), None)
        elif (
            isinstance(body, SetTraffic | Run)
            and effect.item.isdecimal()
            and int(effect.item) < len(body.confirm)
        ):
            check = body.confirm[int(effect.item)]
    if check is None:
        raise GaveUp(f"The plan has nothing to verify for '{effect.item}' of '{effect.step}'.")
    return check

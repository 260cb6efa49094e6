"""Run and SetWeight: an action of the plan is carried out, and never twice without asking how that would be.

What an attempt with an unknown outcome leads to is the plan's `repeat`: safe does it again, probe looks first, ask calls
a person. The repeat is always a new attempt of the same outbox row, so that a crash in between changes nothing.
It must not know why the action is wanted.
"""

from __future__ import annotations

from bot.adapters.templates import Values
from bot.errors import GaveUp, TryLater
from bot.performing.outputs import kept
from bot.performing.ports import Attempt, Compared, Vendors
from bot.performing.work import Done, Patience, Work
from bot.secrets import Secrets
from core.effects import Record, Run, SetWeight
from core.inputs import EffectFailed, Ran
from core.plan.models import Action, Check
from core.wanted import wanted


class Actions:
    """All actions of all plans."""

    def __init__(self, vendors: Vendors, secrets: Secrets, patience: Patience) -> None:
        self._vendors = vendors
        self._secrets = secrets
        self._patience = patience

    async def act(self, work: Work, effect: Run | SetWeight) -> Done:
        """One attempt. Raises TryLater for another one; else the answer is Ran or EffectFailed."""
        action = work.plan.actions.get(effect.action)
        if action is None:
            return _failed(effect, f"The plan has no action '{effect.action}'.", unknown=False)
        values = values_of(work, effect)
        if effect.dry:
            return await self._try_out(work, effect, action, values)
        try:
            if work.claim.began_before and action.changes:
                seen = await self._settle(work, action, values)
                if seen is not None:
                    return Done("had happened already", Ran(effect.ref, True, seen, probed=True))
                if not wanted(work.deployment, effect):
                    # Only its outcome had to be known: nothing is begun while the deployment stands still.
                    return Done("had not happened, and is not wanted at the moment")
            attempt = await self.attempt(work, action, values)
        except TryLater as problem:
            return self._again(work, effect, action, problem)
        except GaveUp as problem:
            return _failed(effect, self._shown(work, problem.reason), unknown=problem.unknown)
        word = "done" if attempt.ok else "failed"
        output = kept(attempt.evidence, attempt.printed)
        ran = Ran(effect.ref, attempt.ok, output.evidence, round(attempt.took_s, 3), link=attempt.link)
        return Done(word, ran, output)

    async def _try_out(self, work: Work, effect: Run | SetWeight, action: Action, values: Values) -> Done:
        """What the action would change: a read, which may be made as often as one likes."""
        try:
            attempt = await self._vendors.acting(action).dry(work, action, values)
        except TryLater as problem:
            if work.claim.attempts < self._patience.checks:
                raise
            reason = f"{problem.reason} Tried {work.claim.attempts} times."
            return _failed(effect, self._shown(work, reason), unknown=False)
        except GaveUp as problem:
            return _failed(effect, self._shown(work, problem.reason), unknown=False)
        output = kept(self._shown(work, attempt.evidence), attempt.printed)
        ran = Ran(effect.ref, attempt.ok, output.evidence, round(attempt.took_s, 3))
        return Done("tried out", ran, output)

    async def attempt(self, work: Work, action: Action, values: Values) -> Attempt:
        """Carries the action out once. Raises TryLater (`unknown`: it may have happened) or GaveUp."""
        return await self._vendors.acting(action).attempt(work, action, values)

    async def _settle(self, work: Work, action: Action, values: Values) -> str | None:
        """An earlier attempt began and nobody knows how it ended. The evidence when it happened; None to do it (again)."""
        if action.repeat == "safe":
            return None
        probe = action.probing
        if probe is None:
            raise GaveUp(
                "An attempt was interrupted and it is not known whether it had its effect. "
                "The plan says to ask a person before it is done again.",
                unknown=True,
            )
        try:
            compared = await self.verify(work, probe, values)
        except GaveUp as problem:
            raise GaveUp(
                f"Whether it happened could not be found out: {problem.reason}", unknown=True
            ) from None
        except TryLater as problem:
            raise TryLater(
                problem.after_s, f"Whether it happened could not be found out: {problem.reason}", unknown=True
            ) from None
        if compared.agrees is None:
            raise TryLater(
                1.0, f"Whether it happened could not be found out: {compared.evidence}", unknown=True
            )
        return self._shown(work, compared.evidence) if compared.agrees else None

    async def verify(self, work: Work, check: Check, values: Values) -> Compared:
        """What one check shows: a vendor's, or an action that only looks. Raises TryLater or GaveUp when there is no answer."""
        if check.run is None:
            return await self._vendors.verifying(check).verify(work.plan, check, values)
        action = work.plan.actions.get(check.run)
        if action is None:
            raise GaveUp(f"The plan has no action '{check.run}'.")
        if action.changes:
            raise GaveUp(f"'{check.run}' changes something, so it is no check: it was not run.")
        attempt = await self.attempt(work, action, values)
        return Compared(attempt.ok, attempt.evidence, attempt.printed)

    def _again(self, work: Work, effect: Run | SetWeight, action: Action, problem: TryLater) -> Done:
        """Another attempt later, or the end of patience."""
        reason = self._shown(work, problem.reason)
        unknown = problem.unknown and action.changes
        may_repeat = not unknown or action.repeat in ("safe", "probe")
        if may_repeat and work.claim.attempts < self._patience.acts:
            wait_s = self._patience.wait_s(work.claim.attempts, problem.after_s)
            raise TryLater(wait_s, reason, unknown=problem.unknown, code=problem.code) from None
        tried = f" Tried {work.claim.attempts} times." if work.claim.attempts > 1 else ""
        return _failed(effect, reason + tried, unknown=unknown)

    def _shown(self, work: Work, text: str) -> str:
        return self._secrets.redact(text, work.plan)


def values_of(work: Work, effect: Run | SetWeight | Record) -> Values:
    """What `$name` stands for in an action: the inputs, the effect's own values, and the weight (0 on the way back)."""
    if isinstance(effect, Record):
        return {**work.inputs, "weight": 0}
    values = {**work.inputs, **dict(effect.params)}
    return {**values, "weight": effect.weight} if isinstance(effect, SetWeight) else values


def _failed(effect: Run | SetWeight, reason: str, *, unknown: bool) -> Done:
    word = "outcome unknown" if unknown else "gave up"
    return Done(f"{word}: {reason}"[:500], EffectFailed(effect.kind, effect.ref, reason, unknown))

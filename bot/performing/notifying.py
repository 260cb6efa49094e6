"""Notify: an audience is told, by whoever can tell it. At least once: an attempt with an unknown outcome is made again, under the
same name.

It must not know why it is told, nor what a failure leads to.
"""

from __future__ import annotations

import asyncio

from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from bot.performing.ports import Saying, Vendors
from bot.performing.work import Done, Patience, Work
from bot.secrets import Secrets
from commands.notices import notice, people_in
from core.effects import Notify
from core.inputs import EffectFailed, Ran


class Notices:
    """Every audience of every plan."""

    def __init__(self, vendors: Vendors, secrets: Secrets, slack: SlackWeb, patience: Patience) -> None:
        self._vendors = vendors
        self._secrets = secrets
        self._slack = slack
        self._patience = patience

    async def notify(self, work: Work, effect: Notify) -> Done:
        """One attempt. Raises TryLater for another one; else the answer is Ran or EffectFailed."""
        audience = work.plan.audiences.get(effect.audience)
        if audience is None:
            return _failed(effect, f"The plan has no audience '{effect.audience}'.")
        try:
            saying = await self._saying(work, effect)
            attempt = await self._vendors.telling(work.plan, audience).tell(work, audience, saying)
        except TryLater as problem:
            reason = self._secrets.redact(problem.reason, work.plan)
            if work.claim.attempts < self._patience.acts:
                wait_s = self._patience.wait_s(work.claim.attempts, problem.after_s)
                raise TryLater(wait_s, reason, unknown=problem.unknown, code=problem.code) from None
            return _failed(effect, f"{reason} Tried {work.claim.attempts} times.", unknown=problem.unknown)
        except GaveUp as problem:
            return _failed(effect, self._secrets.redact(problem.reason, work.plan), unknown=problem.unknown)
        word = "told" if attempt.ok else "not told"
        return Done(word, Ran(effect.ref, attempt.ok, attempt.evidence, round(attempt.took_s, 3)))

    async def _saying(self, work: Work, effect: Notify) -> Saying:
        """What is said, with people's names in the place of mentions, which nothing but Slack could show."""
        who = people_in(work.deployment, effect.view, effect.subject)
        found = await asyncio.gather(*(self._slack.person(one) for one in who))
        names = {one: name or one for one, name in zip(who, found, strict=True)}
        said = notice(work.deployment, effect.view, effect.subject, work.plan_now(), names)
        return Saying(said.subject, said.text)


def _failed(effect: Notify, reason: str, *, unknown: bool = False) -> Done:
    return Done(f"not told: {reason}"[:500], EffectFailed(effect.kind, effect.ref, reason, unknown))

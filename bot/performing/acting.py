"""Run and SetWeight: an action of the plan is carried out, and never twice without asking how that would be.

What an attempt with an unknown outcome leads to is the plan's `repeat`: safe does it again, probe looks first, ask calls
a person. The repeat is always a new attempt of the same outbox row, so that a crash in between changes nothing.
It must not know why the action is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.adapters.command import Commands
from bot.adapters.http_source import HttpSources
from bot.adapters.templates import Values, fill_json, fill_path
from bot.errors import GaveUp, TryLater
from bot.performing.comparing import compare
from bot.performing.work import Done, Patience, Work
from bot.secrets import Secrets
from core.effects import Run, SetWeight
from core.inputs import EffectFailed, Ran
from core.plan.models import Action, Command, HttpAct
from core.wanted import wanted

# A gateway that lost the service's answer: the service may have acted. 500 and 503 are the service's own words.
_LOST: Final = frozenset({502, 504})
_TOO_FAST: Final = frozenset({425, 429})


@dataclass(frozen=True)
class Attempt:
    """An action that ended: as wished or not, what it showed, and how long it took in seconds."""

    ok: bool
    evidence: str
    took_s: float = 0.0


class Actions:
    """All actions of all plans."""

    def __init__(
        self, sources: HttpSources, commands: Commands, secrets: Secrets, patience: Patience
    ) -> None:
        self._sources = sources
        self._commands = commands
        self._secrets = secrets
        self._patience = patience

    async def act(self, work: Work, effect: Run | SetWeight) -> Done:
        """One attempt. Raises TryLater for another one; else the answer is Ran or EffectFailed."""
        action = work.plan.actions.get(effect.action)
        if action is None:
            return _failed(effect, f"The plan has no action '{effect.action}'.", unknown=False)
        values = values_of(work, effect)
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
        return Done(word, Ran(effect.ref, attempt.ok, attempt.evidence, round(attempt.took_s, 3)))

    async def attempt(self, work: Work, action: Action, values: Values) -> Attempt:
        """Carries the action out once. Raises TryLater (`unknown`: it may have happened) or GaveUp."""
        if action.command is not None:
            return await self._command(work, action.command, values)
        if action.http is not None:
            return await self._http(work, action.http, values)
        raise GaveUp("The action has neither a command nor a request.")

    async def _command(self, work: Work, command: Command, values: Values) -> Attempt:
        ended = await self._commands.run(work.plan, command, values)
        shown = ended.output.strip() or "It printed nothing."
        if ended.status == 0:
            return Attempt(True, shown, ended.took_s)
        return Attempt(False, f"{shown}\n(exit status {ended.status})", ended.took_s)

    async def _http(self, work: Work, act: HttpAct, values: Values) -> Attempt:
        path = fill_path(act.path, values)
        answer = await self._sources.ask(
            work.plan,
            act.method,
            act.source,
            path,
            body=None if act.body is None else fill_json(act.body, values),
            headers={"Idempotency-Key": work.claim.id},
            timeout_s=act.timeout.total_seconds(),
        )
        said = f"{act.method} {path} answered {answer.status}"
        if answer.status == act.status:
            return Attempt(True, self._shown(work, f"{said}: {answer.text}"))
        if answer.status in _TOO_FAST:
            raise TryLater(answer.retry_after_s or 1.0, f"{said}: it asks for a pause.")
        if answer.status in _LOST:
            raise TryLater(1.0, f"{said}: a gateway lost the answer.", unknown=True)
        return Attempt(False, self._shown(work, f"{said}, not {act.status}: {answer.text}"))

    async def _settle(self, work: Work, action: Action, values: Values) -> str | None:
        """An earlier attempt began and nobody knows how it ended. The evidence when it happened; None to do it (again)."""
        if action.repeat == "safe":
            return None
        if action.probe is None:
            raise GaveUp(
                "An attempt was interrupted and it is not known whether it had its effect. "
                "The plan says to ask a person before it is done again.",
                unknown=True,
            )
        try:
            compared = await compare(self._sources, work.plan, action.probe, values)
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


def values_of(work: Work, effect: Run | SetWeight) -> Values:
    """What `$name` stands for in an action: the inputs, the effect's own values, and the weight."""
    values = {**work.inputs, **dict(effect.params)}
    return {**values, "weight": effect.weight} if isinstance(effect, SetWeight) else values


def _failed(effect: Run | SetWeight, reason: str, *, unknown: bool) -> Done:
    word = "outcome unknown" if unknown else "gave up"
    return Done(f"{word}: {reason}"[:500], EffectFailed(effect.kind, effect.ref, reason, unknown))

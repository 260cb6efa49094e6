"""What a plan does over HTTP with JSON: actions, checks, metrics, and the canary's share.

It must not know what an outcome leads to, nor limits, streaks or gates.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import jmespath  # type: ignore[import-untyped]  # the package ships no types

from bot.adapters.http_source import Answer, HttpSources
from bot.adapters.templates import Values, fill_json, fill_path
from bot.errors import GaveUp, TryLater
from bot.performing.comparing import SEARCH_FAILS, judge
from bot.performing.json_readings import read
from bot.performing.ports import Attempt, Compared, Found, Wanted
from bot.performing.work import Work
from bot.secrets import Secrets
from core.inputs import Reading
from core.plan.models import Action, Check, HttpAct, HttpCheck, Plan, ReadWeight

# A gateway that lost the service's answer: the service may have acted. 500 and 503 are the service's own words.
_LOST: Final = frozenset({502, 504})
_TOO_FAST: Final = frozenset({425, 429})


class OverHttp:
    """`Acts`, `Verifies`, `Measures` and `Weighs` for `http:`."""

    def __init__(self, sources: HttpSources, secrets: Secrets) -> None:
        self._sources = sources
        self._secrets = secrets

    # ------------------------------------------------------------------------------------------------------- actions

    async def attempt(self, work: Work, action: Action, values: Values) -> Attempt:
        """Sends the request, with the effect's id as its idempotency key."""
        act, path, body = _filled(action, values)
        answer = await self._sources.ask(
            work.plan,
            act.method,
            act.source,
            path,
            body=body,
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

    async def dry(self, work: Work, action: Action, values: Values) -> Attempt:
        """The request that would be sent."""
        act, path, body = _filled(action, values)
        sent = "" if body is None else f" {json.dumps(body, ensure_ascii=False)}"
        return Attempt(True, self._shown(work, f"Would send {act.method} {path} to '{act.source}'{sent}"))

    async def record(self, work: Work, action: Action, values: Values) -> Found | None:
        """A request says by itself what it leads to."""
        return None

    # -------------------------------------------------------------------------------------------------------- checks

    async def verify(self, plan: Plan, check: Check, values: Values) -> Compared:
        """One GET compared with what the plan expects."""
        if check.http is None:
            raise GaveUp("The check is no request.")
        return await self.compare(plan, check.http, values)

    async def compare(self, plan: Plan, check: HttpCheck, values: Values) -> Compared:
        """The same for a request that stands by itself: the probe of an action."""
        path = fill_path(check.get, values)
        return judge(check, path, await self._sources.get(plan, check.source, path), values)

    # ------------------------------------------------------------------------------------------------------- metrics

    async def read(self, work: Work, wanted: Sequence[Wanted]) -> list[Reading]:
        """Every metric, from as few requests as there are addresses. Counters stay counters."""
        places = list(dict.fromkeys((one.metric.source, _path(one)) for one in wanted))
        came = await asyncio.gather(*(self._get(work, source, path) for source, path in places))
        answers = dict(zip(places, came, strict=True))
        return [
            read(one.name, one.metric, one.track, answers[one.metric.source, _path(one)]) for one in wanted
        ]

    async def history(
        self, work: Work, wanted: Sequence[Wanted], moments: Sequence[datetime]
    ) -> list[list[Reading]] | None:
        """A JSON answer says how things are, never how they were."""
        return None

    async def _get(self, work: Work, source: str, path: str) -> Answer | str:
        try:
            return await self._sources.get(work.plan, source, path)
        except (TryLater, GaveUp) as problem:
            return problem.reason

    # --------------------------------------------------------------------------------------------------------- share

    async def weight(self, work: Work, read: ReadWeight) -> int:
        """The share as a JSON answer has it."""
        path = fill_path(read.get, work.inputs)
        answer = await self._sources.get(work.plan, read.source, path)
        if answer.status != 200:
            raise TryLater(answer.retry_after_s or 1.0, f"GET {path} answered {answer.status}, not 200.")
        try:
            found = jmespath.search(read.value, answer.json)
        except SEARCH_FAILS:
            found = None
        return _percent(found, path)

    def _shown(self, work: Work, text: str) -> str:
        return self._secrets.redact(text, work.plan)


def _filled(action: Action, values: Values) -> tuple[HttpAct, str, Any]:
    act = action.http
    if act is None:
        raise GaveUp("The action is no request.")
    return act, fill_path(act.path, values), None if act.body is None else fill_json(act.body, values)


def _path(one: Wanted) -> str:
    return (one.metric.get or "/").replace("$track", one.track)


def _percent(found: Any, path: str) -> int:
    whole = isinstance(found, int | float) and not isinstance(found, bool) and found == found // 1
    if not whole or not 0 <= found <= 100:
        shown = "nothing" if found is None else repr(found)[:60]
        raise TryLater(1.0, f"GET {path} gave {shown} where a whole number from 0 to 100 should be.")
    return int(found)

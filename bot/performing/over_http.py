"""What a plan does over HTTP with JSON: actions, checks, metrics, and the canary's share.

It must not know what an outcome leads to, nor limits, streaks or gates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from bot.adapters.http_source import Answer, HttpSources
from bot.adapters.templates import Values, fill_path
from bot.errors import GaveUp, TryLater
from bot.performing.comparing import judge, judge_expiry, judge_redirect, percent, search, together
from bot.performing.json_readings import read
from bot.performing.ports import Attempt, Compared, Found, Saying, Wanted
from bot.performing.requests import Request, outcome
from bot.performing.work import Work
from bot.secrets import Secrets
from core.inputs import Reading
from core.plan.audiences import SUBJECT, TEXT
from core.plan.models import Action, Audience, Check, HttpCheck, Plan, ReadWeight
from storage.clock import Clock


class OverHttp:
    """`Acts`, `Verifies`, `Measures` and `Weighs` for `http:`. `clock` tells how long a certificate is still good."""

    def __init__(self, sources: HttpSources, secrets: Secrets, clock: Clock) -> None:
        self._sources = sources
        self._secrets = secrets
        self._clock = clock

    # ------------------------------------------------------------------------------------------------------- actions

    async def attempt(self, work: Work, action: Action, values: Values) -> Attempt:
        """Sends the request, with the effect's id as its idempotency key."""
        request = Request.of(action, values)
        answer = await self._ask(
            work, request, {**request.headers, request.act.idempotency_key: work.claim.id}
        )
        ok, said = outcome(request, answer)
        found = search(request.act.link, answer.json) if ok and request.act.link is not None else None
        link = found.strip() if isinstance(found, str) else ""
        return Attempt(ok, self._shown(work, said), answer.took_s, link=self._shown(work, link))

    async def tell(self, work: Work, audience: Audience, saying: Saying) -> Attempt:
        """Tells an audience by a request, with the effect's id as its idempotency key. An answer of 5xx may become another one."""
        webhook = audience.webhook
        if webhook is None:
            raise GaveUp("The audience is not told by a request.")
        request = Request.telling(
            webhook, {**work.inputs, TEXT: saying.text, SUBJECT: saying.subject}, work.inputs
        )
        answer = await self._ask(
            work, request, {**request.headers, request.act.idempotency_key: work.claim.id}
        )
        ok, said = outcome(request, answer)
        if not ok and answer.status >= 500:
            raise TryLater(answer.retry_after_s or 1.0, self._shown(work, said), unknown=True)
        return Attempt(ok, self._shown(work, said), answer.took_s)

    async def dry(self, work: Work, action: Action, values: Values) -> Attempt:
        """The request that would be sent. With `dry-run` the server is asked, and says what it would do."""
        request = Request.of(action, values)
        would = request.described(work.plan)
        rehearsed = request.rehearsed(values)
        if rehearsed is None:
            return Attempt(True, self._shown(work, would))
        # Not with the key of the real request: a server that knows it would then answer that one from memory.
        answer = await self._ask(work, rehearsed, rehearsed.headers)
        ok, said = outcome(rehearsed, answer)
        return Attempt(ok, self._shown(work, f"{would}\nAsked for a dry run: {said}"), answer.took_s)

    async def record(self, work: Work, action: Action, values: Values) -> Found | None:
        """A request says by itself what it leads to."""
        return None

    async def _ask(self, work: Work, request: Request, headers: dict[str, str]) -> Answer:
        act = request.act
        return await self._sources.ask(
            work.plan,
            act.method,
            act.source,
            request.path,
            body=request.body,
            headers=headers,
            timeout_s=act.timeout.total_seconds(),
        )

    # -------------------------------------------------------------------------------------------------------- checks

    async def verify(self, plan: Plan, check: Check, values: Values) -> Compared:
        """One look compared with what the plan expects."""
        if check.http is None:
            raise GaveUp("The check is no request.")
        return await self.compare(plan, check.http, values)

    async def compare(self, plan: Plan, check: HttpCheck, values: Values) -> Compared:
        """The same for a request that stands by itself: the probe of an action."""
        path = None if check.path is None else fill_path(check.path, values)
        found: list[Compared] = []
        if path is not None:
            answer = await self._sources.get(plan, check.source, path, method=check.method)
            found.append(judge(check, path, answer, values))
        if check.tls_expiry is not None:
            host, end = await self._sources.good_until(plan, check.source)
            found.append(judge_expiry(check.tls_expiry, host, end, self._clock()))
        if check.redirects_to_https:
            url, answer = await self._sources.plainly(plan, check.source, path or "/")
            found.append(judge_redirect(url, answer))
        agrees, evidence = together([one.agrees for one in found]), " ".join(one.evidence for one in found)
        numbers = [(one.value, one.unit) for one in found if one.value is not None]
        value, unit = numbers[0] if len(numbers) == 1 else (None, "")
        return Compared(agrees, evidence, value=value, unit=unit)

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
        if read.get is None or read.value is None:
            raise GaveUp(f"The plan does not say where the source '{read.source}' has the share.")
        path = fill_path(read.get, work.inputs)
        answer = await self._sources.get(work.plan, read.source, path)
        if answer.status != 200:
            raise TryLater(answer.retry_after_s or 1.0, f"GET {path} answered {answer.status}, not 200.")
        return percent(search(read.value, answer.json), f"GET {path}")

    def _shown(self, work: Work, text: str) -> str:
        return self._secrets.redact(text, work.plan)


def _path(one: Wanted) -> str:
    return (one.metric.get or "").replace("$track", one.track)

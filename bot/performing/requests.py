"""The request of an action: filled in, described before it is sent, and what its answer means.

It must not know who sends it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.adapters.http_source import Answer
from bot.adapters.templates import Values, fill_header, fill_json, fill_path, fill_query
from bot.errors import GaveUp, TryLater
from bot.performing.comparing import search, show
from core.plan.models import Action, HttpAct, HttpSource, Plan, Webhook
from core.plan.over_http import Statuses

# A gateway that lost the service's answer: the service may have acted. 500 and 503 are the service's own words.
_LOST: Final = frozenset({502, 504})
_TOO_FAST: Final = frozenset({425, 429})
_KEY_SHOWN: Final = "(of its own, the same in every attempt)"


@dataclass(frozen=True)
class Request:
    """An action's request with its values; `headers` without the source's own and without its key."""

    act: HttpAct
    path: str
    body: Any
    headers: dict[str, str]
    wanted: Statuses

    @staticmethod
    def of(action: Action, values: Values) -> Request:
        """The request of an action. GaveUp when it is none, or a value does not fit where it stands."""
        act = action.http
        if act is None:
            raise GaveUp("The action is no request.")
        body = None if act.body is None else fill_json(act.body, values)
        headers = {name: fill_header(value, values) for name, value in act.headers.items()}
        return Request(act, fill_path(act.path, values), body, headers, act.status)

    @staticmethod
    def telling(webhook: Webhook, said: Values, values: Values) -> Request:
        """The request that tells an audience: `said` may stand in the body, `values` (the inputs) anywhere."""
        act = HttpAct(
            source=webhook.source, method=webhook.method, path=webhook.path, body=webhook.body, headers=webhook.headers,
            status=webhook.status, idempotency_key=webhook.idempotency_key, timeout=webhook.timeout,
        )  # fmt: skip
        headers = {name: fill_header(value, values) for name, value in act.headers.items()}
        return Request(act, fill_path(act.path, values), fill_json(act.body, said), headers, act.status)

    def rehearsed(self, values: Values) -> Request | None:
        """The same as a dry run of the server's; None when the plan does not say how it is asked for."""
        dry = self.act.dry_run
        if dry is None:
            return None
        path = self.path if dry.path is None else fill_path(dry.path, values)
        set_keys = fill_json(dry.body, values)
        body = {**(self.body or {}), **set_keys} if set_keys else self.body
        return replace(
            self, path=fill_query(path, dry.query, values), body=body, wanted=dry.status or self.wanted
        )

    def described(self, plan: Plan) -> str:
        """What would be sent, to the letter; secrets stand as the ${NAME} that the plan has for them."""
        source = plan.sources.get(self.act.source)
        place = None if source is None else source.http
        address = "" if place is None else place.url.rstrip("/")
        key = {self.act.idempotency_key: _KEY_SHOWN}
        headers = {**({} if place is None else _standing(place)), **self.headers, **key}
        lines = [f"Would send {self.act.method} {address}{self.path} to '{self.act.source}'"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.body is not None:
            lines.append(json.dumps(self.body, ensure_ascii=False))
        return "\n".join([*lines, f"and take {self.wanted.text} for success."])


def outcome(request: Request, answer: Answer) -> tuple[bool, str]:
    """(as wished, evidence). TryLater when the server asks for a pause, and (`unknown`) when a gateway lost its answer."""
    said = f"{request.act.method} {request.path} answered {answer.status}"
    if request.wanted.holds(answer.status):
        return True, f"{said}: {_kept(request.act, answer)}"
    if answer.status in _TOO_FAST or (answer.status == 503 and answer.retry_after_s is not None):
        # Who says when to come again says that nothing was done now.
        raise TryLater(answer.retry_after_s or 1.0, f"{said}: it asks for a pause.")
    if answer.status in _LOST:
        raise TryLater(1.0, f"{said}: a gateway lost the answer.", unknown=True)
    return False, f"{said}, not {request.wanted.text}: {answer.text}"


def _kept(act: HttpAct, answer: Answer) -> str:
    if not act.evidence:
        return answer.text
    found = [(expression, search(expression, answer.json)) for expression in act.evidence]
    lines = [f"{name} is {'missing' if value is None else show(value)}" for name, value in found]
    return f"{'; '.join(lines)}."


def _standing(place: HttpSource) -> dict[str, str]:
    """The headers that every request to a source has, as the plan writes them."""
    if place.auth is None:
        return place.headers
    basic = place.auth.basic
    who = f"Bearer {place.auth.bearer}" if basic is None else f"Basic {basic.user}:{basic.password}"
    return {**place.headers, "Authorization": who}

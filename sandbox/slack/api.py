"""The Web API over HTTP: reads a request, checks token and scope, applies faults, calls the handler, keeps the record.

Must not know what any method does.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from sandbox.slack import (
    methods_chat,
    methods_conversations,
    methods_files,
    methods_marks,
    methods_people,
    methods_scheduled,
    methods_views,
    responses,
)
from sandbox.slack.args import Args
from sandbox.slack.calllog import Call
from sandbox.slack.context import Context
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.faults import Fault
from sandbox.slack.ratelimit import RateLimits
from sandbox.slack.records import Json
from sandbox.slack.registry import METHODS, Method

# Importing these modules fills the table of methods.
HANDLER_MODULES = (
    methods_chat,
    methods_conversations,
    methods_files,
    methods_marks,
    methods_people,
    methods_scheduled,
    methods_views,
)
# An answer, its HTTP status and its headers.
Outcome = tuple[Json, int, dict[str, str]]
HTML_ERROR = "<!DOCTYPE html><html><body><h1>Server Error</h1></body></html>"


async def read_args(request: web.Request) -> Json:
    """The arguments of a request: its query, then its form or JSON body. SlackError invalid_json / invalid_form_data."""
    values: Json = dict(request.query)
    if request.method != "POST" or not request.can_read_body:
        return values
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return {**values, **body}
    try:
        form = await request.post()
    except ValueError:
        raise SlackError("invalid_form_data") from None
    return {**values, **{name: value for name, value in form.items() if isinstance(value, str)}}


class WebApi:
    """The endpoint /api/{method}. `revoked` is the error that the bot token gets ("" while it is good); `ahead` is how much
    the clock of the Date header is ahead of this machine's."""

    def __init__(self, ctx: Context, *, bot_token: str, app_token: str) -> None:
        self._ctx = ctx
        self._tokens = {bot_token: "bot", app_token: "app"}
        self._limits = RateLimits()
        self._stopped = asyncio.Event()
        self.enforce_rate_limits = False
        self.revoked = ""
        self.ahead = timedelta(0)

    def stop(self) -> None:
        """Lets go of the calls that an injected time-out holds."""
        self._stopped.set()

    async def endpoint(self, request: web.Request) -> web.StreamResponse:
        """Answers one Web API call."""
        name = request.match_info["method"]
        try:
            values = await read_args(request)
        except SlackError as error:
            return web.json_response(error.answer())
        token = _token(request, values)
        return await self._process(request, name, values, lambda: self._answer(name, values, token))

    async def response_endpoint(self, request: web.Request) -> web.StreamResponse:
        """Answers one use of a response URL (five within 30 minutes)."""
        try:
            values = await read_args(request)
        except SlackError as error:
            return web.json_response(error.answer(), status=400)
        return await self._process(
            request, "response_url", values, lambda: self._responded(request.match_info["token"], values)
        )

    async def _process(
        self, request: web.Request, name: str, values: Json, work: Callable[[], Outcome]
    ) -> web.StreamResponse:
        """Keeps the record, and lets an injected fault have its way before or after the work."""
        methods_scheduled.post_due(self._ctx)
        record = self._ctx.log.call(self._ctx.now, name, values)
        fault = self._ctx.faults.for_call(name, _channel(values))
        if fault is not None:
            record.fault = fault.kind
        if fault is not None and not fault.after:
            return await self._misbehave(request, record, fault)
        answer, status, headers = work()
        record.effect = bool(answer.get("ok"))
        if fault is not None:
            return await self._misbehave(request, record, fault)
        self._note(record, status, answer)
        return web.json_response(answer, status=status, headers=headers)

    def _responded(self, token: str, values: Json) -> Outcome:
        try:
            link = self._ctx.lent.use_link(token, self._ctx.now)
        except SlackError as error:
            return error.answer(), 404, {}
        try:
            responses.respond(self._ctx, link, values)
        except SlackError as error:
            return error.answer(), 400, {}
        return {"ok": True}, 200, {}

    def _answer(self, name: str, values: Json, token: str | None) -> Outcome:
        """The answer of a call that nothing disturbs."""
        try:
            found = self._permitted(name, token)
            wait = self._wait(found, values)
            if wait:
                return {"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(wait)}
            _check_args(found, values)
            return found.handler(self._ctx, Args(values)), 200, self._scope_headers(found)
        except SlackError as error:
            return error.answer(), 200, {}

    def _permitted(self, name: str, token: str | None) -> Method:
        found = METHODS.get(name)
        if found is None:
            raise SlackError("unknown_method", req_method=name)
        if found.caller == "any" and token is None:
            return found
        if token is None:
            raise SlackError("not_authed")
        kind = self._tokens.get(token)
        if kind is None:
            raise SlackError("invalid_auth")
        if kind == "bot" and self.revoked:
            raise SlackError(self.revoked)
        if found.caller not in ("any", kind):
            raise SlackError("not_allowed_token_type")
        if found.scopes and not set(found.scopes) & self._ctx.app.scopes:
            raise SlackError(
                "missing_scope",
                needed=",".join(found.scopes),
                provided=",".join(sorted(self._ctx.app.scopes)),
            )
        return found

    def _wait(self, found: Method, values: Json) -> int:
        if not self.enforce_rate_limits:
            return 0
        return self._limits.wait_before(found.name, found.tier, _channel(values), self._ctx.now)

    def _scope_headers(self, found: Method) -> dict[str, str]:
        granted = ",".join(sorted(self._ctx.app.scopes))
        return {
            "X-OAuth-Scopes": granted,
            "X-Accepted-OAuth-Scopes": ",".join(found.scopes),
            "Date": format_datetime(self._ctx.now + self.ahead, usegmt=True),
        }

    def _note(self, record: Call, status: int, answer: Json | None) -> None:
        record.status, record.answer = status, answer
        self._ctx.log.done()

    async def _misbehave(self, request: web.Request, record: Call, fault: Fault) -> web.StreamResponse:
        """Carries an injected fault out; the effect, if any, has already happened."""
        kind = fault.kind.removesuffix("_after").removesuffix("_before")
        if kind in ("timeout", "disconnect"):
            self._note(record, 0, None)
            return await self._no_answer(request, hold=kind == "timeout")
        if kind == "429":
            answer: Json = {"ok": False, "error": "ratelimited"}
            self._note(record, 429, answer)
            return web.json_response(answer, status=429, headers={"Retry-After": str(fault.retry_after)})
        if kind in ("500", "503"):
            self._note(record, int(kind), None)
            return web.Response(status=int(kind), text=HTML_ERROR, content_type="text/html")
        answer = SlackError(kind).answer()
        self._note(record, 200, answer)
        return web.json_response(answer)

    async def _no_answer(self, request: web.Request, *, hold: bool) -> web.StreamResponse:
        """Never answers: holds the line until the caller hangs up or the sandbox stops, then cuts it."""
        transport = request.transport
        while hold and transport is not None and not transport.is_closing() and not self._stopped.is_set():
            try:
                await asyncio.wait_for(self._stopped.wait(), timeout=0.05)
            except TimeoutError:
                continue
        if transport is not None:
            transport.abort()
        return web.Response(status=499)


def _token(request: web.Request, values: Json) -> str | None:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip() or None
    token: Any = values.get("token")
    return token if isinstance(token, str) and token else None


def _channel(values: Json) -> str | None:
    channel = values.get("channel") or values.get("channel_id")
    return channel if isinstance(channel, str) else None


def _check_args(found: Method, values: Json) -> None:
    """Refuses arguments that the method does not have, and the absence of those it needs."""
    unknown = sorted(name for name in values if name not in found.args)
    missing = [name for name in found.required if values.get(name) is None]
    if unknown or missing:
        raise invalid_arguments(
            *(f"missing required field: {name} [json-pointer:/{name}]" for name in missing),
            *(f"invalid additional property: {name} [json-pointer:/{name}]" for name in unknown),
        )

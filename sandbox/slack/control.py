"""The control API over HTTP: what the page, scripted players and tests in other processes use to see and to act.

JSON in, JSON out, under /sandbox/. Must not decide what an act does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.slack.acts import ActResult, Acts
from sandbox.slack.args import Args
from sandbox.slack.context import Context
from sandbox.slack.errors import Refused, SlackError
from sandbox.slack.methods_scheduled import post_due
from sandbox.slack.records import Channel, Json, User
from sandbox.slack.screen import messages_for, seen_bookmarks, seen_pins, seen_view, thread_for
from sandbox.slack.viewacts import ViewActs

Act = Callable[[str, Args], Awaitable[ActResult]]


def _refusal(sentence: str, status: int = 400) -> web.Response:
    answer = {"ok": False, "status": "refused", "error": sentence, "message": sentence}
    return web.json_response(answer, status=status)


class Control:
    """The handlers of /sandbox/*."""

    def __init__(self, ctx: Context, acts: Acts, views: ViewActs) -> None:
        self._ctx = ctx
        self._acts = acts
        self._views = views
        self._table: dict[str, Act] = {
            "command": self._command,
            "click": self._click,
            "view_click": self._view_click,
            "submit": lambda user, a: views.submit(
                user, a.text("view_id"), a.mapping("values", "bad_values")
            ),
            "close_view": lambda user, a: views.close(user, a.text("view_id")),
            "open_home": lambda user, _a: views.open_home(user),
            "suggest": lambda user, a: views.suggest(
                user, a.text("view_id"), a.text("action_id"), a.text("value")
            ),
            "say": self._say,
            "react": lambda user, a: acts.react(
                user, a.text("channel"), a.text("ts"), a.text("name"), add=a.flag("add", default=True)
            ),
            "delete": lambda user, a: acts.delete(user, a.text("channel"), a.text("ts")),
            "dismiss": lambda user, a: acts.delete(user, a.text("channel"), a.text("ts")),
            "unpin": lambda user, a: acts.unpin(user, a.text("channel"), a.text("ts")),
        }

    def routes(self) -> list[web.RouteDef]:
        """The routes to mount."""
        return [
            web.get("/sandbox/workspace", self._workspace),
            web.get("/sandbox/screen", self._screen),
            web.get("/sandbox/thread", self._thread),
            web.get("/sandbox/views", self._view_stack),
            web.get("/sandbox/home", self._home),
            web.post("/sandbox/act", self._act),
            web.get("/sandbox/faults", self._list_faults),
            web.post("/sandbox/faults", self._add_fault),
            web.delete("/sandbox/faults", self._clear_faults),
            web.get("/sandbox/log", self._log),
            web.get("/sandbox/stream", self._stream),
        ]

    # -- acts --------------------------------------------------------------------------------------
    async def _command(self, user: str, a: Args) -> ActResult:
        thread_ts = a.maybe("thread_ts")
        return await self._acts.command(
            user, a.text("channel"), a.text("command"), a.text("text"), thread_ts=thread_ts
        )

    async def _click(self, user: str, a: Args) -> ActResult:
        return await self._acts.click(user, a.text("channel"), a.text("ts"), a.text("action_id"), **_how(a))

    async def _view_click(self, user: str, a: Args) -> ActResult:
        return await self._views.click(user, a.text("view_id"), a.text("action_id"), **_how(a))

    async def _say(self, user: str, a: Args) -> ActResult:
        broadcast = a.flag("reply_broadcast") or a.flag("broadcast")
        return await self._acts.say(
            user, a.text("channel"), a.text("text"), thread_ts=a.maybe("thread_ts"), broadcast=broadcast
        )

    async def _act(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
        except ValueError:
            return _refusal("The body of an act must be JSON.")
        if not isinstance(body, dict) or body.get("type") not in self._table:
            return _refusal(f"An act needs a type, one of: {', '.join(self._table)}.")
        args = Args(body)
        try:
            result = await self._table[str(body["type"])](args.text("user"), args)
        except Refused as refusal:
            return _refusal(str(refusal), status=409)
        except SlackError as error:
            messages = error.extra.get("response_metadata", {}).get("messages", [])
            return _refusal(" ".join([error.code, *messages]))
        return web.json_response(result.as_json())

    # -- what is seen ------------------------------------------------------------------------------
    async def _workspace(self, _request: web.Request) -> web.Response:
        space = self._ctx.workspace
        commands = [
            {"command": c.name, "usage_hint": c.usage_hint, "description": c.description}
            for c in self._ctx.app.commands
        ]
        return web.json_response(
            {
                "team": {"id": space.team_id, "name": space.name, "domain": space.domain},
                "app": {
                    "id": self._ctx.app_id,
                    "name": self._ctx.app.name,
                    "user": space.bot_user,
                    "commands": commands,
                    "home_tab": self._ctx.app.home_tab,
                    "messages_tab": self._ctx.app.messages_tab,
                },
                "users": [_seen_user(user) for user in space.users.values()],
                "channels": [_seen_channel(channel) for channel in space.channels.values()],
                "groups": [
                    {"id": g.id, "handle": g.handle, "name": g.name, "users": list(g.users)}
                    for g in space.groups.values()
                ],
            }
        )

    def _asked(self, request: web.Request) -> tuple[User, Channel]:
        user = self._ctx.workspace.user(request.query.get("user", ""))
        return user, self._acts.place(user, request.query.get("channel", ""))

    async def _screen(self, request: web.Request) -> web.Response:
        post_due(self._ctx)
        try:
            user, channel = self._asked(request)
            limit = int(request.query.get("limit", "0"))
        except (Refused, ValueError) as refusal:
            return _refusal(str(refusal), status=404)
        return web.json_response(
            {
                "channel": _seen_channel(channel),
                "topic": channel.topic,
                "messages": messages_for(self._ctx, user.id, channel, limit or None),
                "pins": seen_pins(self._ctx, channel),
                "bookmarks": seen_bookmarks(channel),
                "notifications": self._notifications(user, channel),
            }
        )

    def _notifications(self, user: User, channel: Channel) -> list[Json]:
        notes = self._ctx.workspace.notifications.get(user.id, [])
        return [{"ts": note.ts, "kind": note.kind} for note in notes if note.channel == channel.id]

    async def _thread(self, request: web.Request) -> web.Response:
        try:
            user, channel = self._asked(request)
        except Refused as refusal:
            return _refusal(str(refusal), status=404)
        messages = thread_for(self._ctx, user.id, channel, request.query.get("ts", ""))
        return web.json_response({"messages": messages})

    async def _view_stack(self, request: web.Request) -> web.Response:
        stack = self._ctx.workspace.modals.get(request.query.get("user", ""), [])
        return web.json_response({"views": [seen_view(view) for view in stack]})

    async def _home(self, request: web.Request) -> web.Response:
        home = self._ctx.workspace.homes.get(request.query.get("user", ""))
        return web.json_response({"view": seen_view(home) if home else None})

    # -- faults and log ----------------------------------------------------------------------------
    async def _list_faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": [fault.as_json() for fault in self._ctx.faults]})

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            wanted = await request.json()
            fault = self._ctx.faults.add(**wanted)
        except (ValueError, TypeError) as problem:
            return _refusal(f"That is not a fault: {problem}")
        return web.json_response({"ok": True, "fault": fault.as_json()})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._ctx.faults.clear()
        return web.json_response({"ok": True})

    async def _log(self, request: web.Request) -> web.Response:
        since = request.query.get("since", "0")
        if not since.isdigit():
            return _refusal("since must be a whole number.")
        return web.json_response({"records": self._ctx.log.since(int(since), request.query.get("method"))})

    # -- live --------------------------------------------------------------------------------------
    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """A WebSocket that says what changes, as one person may see it."""
        ws = web.WebSocketResponse(heartbeat=20)
        await ws.prepare(request)
        subscription = self._ctx.stream.subscribe(request.query.get("user", ""))
        reading = asyncio.ensure_future(_until_closed(ws, lambda: subscription.give(None)))
        try:
            await ws.send_json({"type": "hello", "user": subscription.user})
            while (event := await subscription.queue.get()) is not None:
                await ws.send_json(event)
        except ConnectionError:
            pass  # the page has gone; it will come back by itself
        finally:
            reading.cancel()
            self._ctx.stream.unsubscribe(subscription)
            await ws.close()
        return ws


async def _until_closed(ws: web.WebSocketResponse, ended: Callable[[], None]) -> None:
    async for message in ws:
        if message.type is WSMsgType.ERROR:
            break
    ended()


def _how(a: Args) -> dict[str, Any]:
    """The keyword arguments of a click."""
    return {
        "block_id": a.maybe("block_id"),
        "value": a.maybe("value"),
        "selected": a.values.get("selected"),
        "confirmed": a.flag("confirmed", default=True),
    }


def _seen_user(user: User) -> Json:
    return {
        "id": user.id,
        "handle": user.handle,
        "name": user.name,
        "title": {"en": user.title_en, "ko": user.title_ko},
        "tz": user.tz,
        "bot": user.bot,
        "deleted": user.deleted,
        "guest": user.guest,
        "presence": user.presence,
    }


def _seen_channel(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "topic": channel.topic,
        "purpose": channel.purpose,
        "private": channel.private,
        "archived": channel.archived,
        "im_user": channel.im_user,
        "members": sorted(channel.members),
    }

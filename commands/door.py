"""The door: who may use the bot at all. Guests, bots, deactivated accounts and strangers are told so, and get no further.

It must not know roles: what a member may do is for the rules.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from commands.answers import Answers
from commands.asker import Asker, Body
from commands.blocks import windows

PATIENCE_S = 0.8
"""Real time; the answer to Slack is due within three seconds, and an unanswered question is a no."""
_log = logging.getLogger(__name__)


class Door(AsyncMiddleware):
    """A middleware before every listener. It is one by class, because Bolt then does not look up its arguments by name with
    every request."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def listen(self, app: AsyncApp) -> None:
        """Stands before everything that is registered, earlier or later."""
        app.use(self)

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Lets full members through; tells the others why not, and answers Slack for them."""
        context, body = req.context, req.body
        ack = context.ack
        user = context.user_id or ""
        key = await self._refusal(user, body)
        if key == "":
            return await next()
        text = self._answers.voice().say(f"refused.{key}")
        if body.get("type") == "view_submission":
            return await ack(response_action="update", view=windows.notice(self._answers.voice(), text))
        if "command" in body:
            return await ack(text=text)
        if body.get("type") == "block_actions" and context.respond is not None:
            asker = Asker(user, "", "", "", answerable=bool(body.get("response_url")))
            self._answers.later(self._answers.whisper(asker, context.client, context.respond, text))
        return await ack()

    async def _refusal(self, user: str, body: Body) -> str:
        """The key of the refusal, or '' for a full member of this workspace."""
        person = body.get("user")
        home = (body.get("team") or {}).get("id") if isinstance(body.get("team"), dict) else None
        away = isinstance(person, dict) and person.get("team_id") not in (None, home) and home is not None
        if not user or away:
            return "not-a-member"
        allowed = self._answers.room.team.known_to_use(user)
        if allowed is None:
            allowed = await self._ask(user)
        return "cannot-check-member" if allowed is None else "" if allowed else "not-a-member"

    async def _ask(self, user: str) -> bool | None:
        """Whether this is a member; None when it cannot be known now."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._answers.room.team.may_use(user)
        except Exception:  # noqa: BLE001  # whatever keeps us from knowing, the answer is no
            _log.warning("could not find out whether %s is a member", user, exc_info=True)
            return None

"""The door: who may use the bot at all. Guests, bots, deactivated accounts and strangers are told so, and get no further.

It must not know roles: what a member may do is for the rules.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from commands.answers import Answers
from commands.asker import Asker, Body
from commands.blocks import windows

PATIENCE_S = 0.8
"""Real time; the answer to Slack is due within three seconds, and an unanswered question is a no."""
_log = logging.getLogger(__name__)


class Door:
    """A middleware before every listener."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def listen(self, app: AsyncApp) -> None:
        """Stands before everything that is registered, earlier or later."""
        app.middleware(self.admit)

    async def admit(
        self,
        context: AsyncBoltContext,
        body: Body,
        ack: AsyncAck,
        client: AsyncWebClient,
        respond: AsyncRespond,
        next: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse:
        """Lets full members through; tells the others why not, and answers Slack for them."""
        user = context.user_id or ""
        key = await self._refusal(user, body)
        if key == "":
            return await next()
        text = self._answers.voice().say(f"refused.{key}")
        if body.get("type") == "view_submission":
            return await ack(response_action="update", view=windows.notice(self._answers.voice(), text))
        if "command" in body:
            return await ack(text=text)
        if body.get("type") == "block_actions":
            asker = Asker(user, "", "", "", answerable=bool(body.get("response_url")))
            self._answers.later(self._answers.whisper(asker, client, respond, text))
        return await ack()

    async def _refusal(self, user: str, body: Body) -> str:
        """The key of the refusal, or '' for a full member of this workspace."""
        person = body.get("user")
        home = (body.get("team") or {}).get("id") if isinstance(body.get("team"), dict) else None
        away = isinstance(person, dict) and person.get("team_id") not in (None, home) and home is not None
        if not user or away:
            return "not-a-member"
        try:
            allowed = await asyncio.wait_for(self._answers.room.team.may_use(user), PATIENCE_S)
        except Exception:  # noqa: BLE001  # whatever keeps us from knowing, the answer is no
            _log.warning("could not find out whether %s is a member", user, exc_info=True)
            return "cannot-check-member"
        return "" if allowed else "not-a-member"

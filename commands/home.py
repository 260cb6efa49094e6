"""The App Home: published when somebody opens it, and again when they have acted there. It must not know the other features."""

from __future__ import annotations

import logging

from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from commands.answers import Answers
from commands.asker import Body
from commands.blocks import home

EVENT = "app_home_opened"
_log = logging.getLogger(__name__)


class Home:
    """One view a person."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._room = answers.room

    def listen(self, app: AsyncApp) -> None:
        """Takes the event."""
        app.event(EVENT)(self.opened)

    async def opened(self, body: Body, client: AsyncWebClient) -> None:
        """Somebody looks at their Home tab."""
        event = body.get("event") or {}
        if event.get("tab", "home") == "home":
            self._answers.later(self.publish(str(event.get("user", "")), client))

    async def publish(self, user: str, client: AsyncWebClient) -> None:
        """Draws a person's Home as things stand."""
        standing = []
        for deployment in await self._room.queries.unsettled():
            standing.append((deployment, await self._answers.plan_now(deployment)))
        view = home.draw(standing, user, self._answers.voice())
        try:
            await client.views_publish(user_id=user, view=view)
        except SlackApiError as fault:
            _log.warning("a Home tab could not be published: %s", fault.response.get("error"))

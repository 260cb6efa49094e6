"""Files that people asked for, on their way into a channel or the thread of a deployment. Courtesies: each is tried once, and
Slack's failures become a sentence for whoever asked.

It must not know what is in a file.
"""

from __future__ import annotations

from pathlib import PurePath

from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from bot.performing.cards import CARD
from core.errors import Refused
from storage.messages import Messages

AS_TEXT = frozenset({".md", ".txt", ".yml", ".yaml", ".json"})
"""Names that Slack is told to show as text; of others it sees for itself."""


class Sharing:
    """What commands are given to put files into Slack (`commands.room.Share`)."""

    def __init__(self, slack: SlackWeb, messages: Messages) -> None:
        self._slack = slack
        self._messages = messages

    async def under_card(self, deployment_id: str, content: bytes, *, name: str, comment: str) -> None:
        """Into the thread of a deployment's card."""
        card = await self._messages.find(deployment_id, CARD)
        if card is None:
            raise Refused("file-unsent", reason="There is no card under which it could stand.")
        await self.into(card.channel, content, name=name, comment=comment, thread_ts=card.ts)

    async def into(
        self, channel: str, content: bytes, *, name: str, comment: str, thread_ts: str = ""
    ) -> None:
        """Into a channel, or one of its threads."""
        kind = "text" if PurePath(name).suffix in AS_TEXT else None
        try:
            await self._slack.upload(
                channel, thread_ts, content, name=name, title=name, comment=comment, kind=kind
            )
        except (TryLater, GaveUp) as failed:
            raise Refused("file-unsent", reason=failed.reason) from failed

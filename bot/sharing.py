"""A file somebody asked for, put into the thread of its deployment. A courtesy: it is tried once, and whoever asked is told.

It must not know what is in the file.
"""

from __future__ import annotations

from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from bot.performing.cards import CARD
from commands.room import Share
from storage.messages import Messages


def sharing(slack: SlackWeb, messages: Messages) -> Share:
    """What puts a file under a deployment's card; it answers '' or why that could not be done."""

    async def share(deployment_id: str, content: bytes, name: str, comment: str) -> str:
        card = await messages.find(deployment_id, CARD)
        if card is None:
            return "There is no card under which it could stand."
        try:
            await slack.upload(
                card.channel, card.ts, content, name=name, title=name, comment=comment, kind=None
            )
        except (GaveUp, TryLater) as failed:
            return failed.reason
        return ""

    return share

"""Files that people asked for, on their way into a channel: Slack's failures become a sentence for whoever asked.

It must not know what is in a file.
"""

from __future__ import annotations

from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from commands.room import Share
from core.errors import Refused


def sharing(slack: SlackWeb) -> Share:
    """What commands are given to put a file into a channel. It is not tried again: the person may ask again."""

    async def share(
        channel: str, content: bytes, *, name: str, title: str, comment: str, thread_ts: str = ""
    ) -> None:
        try:
            await slack.upload(channel, thread_ts, content, name=name, title=title, comment=comment)
        except (TryLater, GaveUp) as failed:
            raise Refused("file-unsent", reason=failed.reason) from failed

    return share

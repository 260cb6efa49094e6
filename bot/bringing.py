"""Files that people hand to the bot, on their way to who asked for them: fetched from Slack, and without what looks like a secret.

It must not know what is in a file.
"""

from __future__ import annotations

from bot.adapters.slack import SlackWeb
from bot.errors import GaveUp, TryLater
from bot.redact import redact
from core.errors import Refused
from core.importing.masking import masked


class Bringing:
    """What commands are given to take files from Slack (`commands.room.Bring`)."""

    def __init__(self, slack: SlackWeb) -> None:
        self._slack = slack

    async def __call__(self, file_id: str, most: int) -> tuple[str, bytes]:
        """The name and the content of a file of at most `most` bytes. A text comes without what looks like a token or key, line by
        line: a report names lines, and a word behind 'Token:' on the line before is none."""
        try:
            name, content = await self._slack.download(file_id, most)
        except (TryLater, GaveUp) as failed:
            raise Refused("file-away", reason=failed.reason, code=failed.code) from failed
        try:
            lines = masked(content.decode("utf-8").split("\n"))
            return name, "\n".join(redact(line, {}) for line in lines).encode()
        except UnicodeDecodeError:
            return name, content  # who reads it says what is wrong with it

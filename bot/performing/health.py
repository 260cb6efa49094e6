"""Whether what the bot says reaches people: what `/readyz` and `captain status` show.

A remembered failure stays until the same place works again. It must not know how anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

EVERYWHERE: Final = ""


class Health:
    """`ready` is False while a channel, or Slack as a whole, refuses what the bot has to say."""

    def __init__(self) -> None:
        self._failures: dict[str, tuple[datetime, str]] = {}
        self.dropped = 0  # messages that came too late to be of use
        self.last_sent_at: datetime | None = None

    @property
    def ready(self) -> bool:
        """Nothing is known to be wrong."""
        return not self._failures

    @property
    def last_error(self) -> str:
        """The newest failure that still stands, or ''."""
        newest = max(self._failures.values(), default=None, key=lambda failure: failure[0])
        return newest[1] if newest is not None else ""

    def failed(self, place: str, reason: str, at: datetime) -> bool:
        """A channel id or name, or EVERYWHERE, refused for good. True when that was known already."""
        known = self._failures.get(place, (at, ""))[1] == reason
        self._failures[place] = (at, reason)
        return known

    def worked(self, places: Iterable[str], at: datetime) -> None:
        """Slack took something in this channel (its id and names): its failure is over, and so is one of all of Slack."""
        for place in (EVERYWHERE, *places):
            self._failures.pop(place, None)
        self.last_sent_at = at

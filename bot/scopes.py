"""What the app may do in Slack, as its manifest asks for it; a test holds the two together, and docs/slack.md says what for."""

from __future__ import annotations

from typing import Final

NEEDED: Final = frozenset(
    {"chat:write", "commands", "channels:read", "channels:history", "users:read", "im:write", "pins:write"}
)
"""Without these the bot could not do its work."""
PRIVATE: Final = frozenset({"groups:read", "groups:history", "im:history"})
"""For private channels, and for finding its own direct messages again."""
READING: Final = frozenset({"files:read"})
"""For the checklists that people give to `/deploy import`."""
FILES: Final = frozenset({"files:write"})
"""For the whole of a long output; without it a line says that it is cut."""

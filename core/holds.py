"""Why a deployment stands still, and a call for people, as frozen values.

Part of a deployment's state (`core.state`), and read from there. It must not know a rule. All times are UTC plan time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Page:
    """A call for people that climbs the tiers until somebody answers."""

    number: int
    topic: str  # one open page a topic
    key: str  # a sentence in commands.texts: 'page.' + key
    words: tuple[tuple[str, str | int | float | bool | None], ...]
    opened_at: datetime
    tier: int = 1
    called: tuple[str, ...] = ()
    accepted_at: datetime | None = None  # when Slack took the first call: the tiers count from here
    deadline: datetime | None = None
    acked_by: str = ""
    acked_at: datetime | None = None
    closed_at: datetime | None = None
    exhausted: bool = False
    playbook: str = ""
    copies: tuple[str, ...] = ()  # the keys of every message that calls for it
    round: int = 1  # counts the times it began to call

    @property
    def open(self) -> bool:
        """Nobody has answered, and the reason still stands."""
        return self.closed_at is None and self.acked_at is None


@dataclass(frozen=True)
class Hold:
    """Why a deployment stands still."""

    cause: Literal["paused", "decision", "rejected", "failed", "unknown", "gate", "verdict", "incident"]
    by: str
    key: str  # 'hold.' + key in commands.texts
    words: tuple[tuple[str, str | int | float | bool | None], ...]
    since: datetime
    ref: str = ""  # the step, or the effect whose outcome is unknown

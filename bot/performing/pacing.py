"""When a call to Slack may go out: at most so many posts a second and channel, so many edits a minute, and not before a
pause that Slack asked for is over.

Real time, as a value: it is told what time it is and answers how long to wait. A wait hands out a turn, so that a
thousand waiting log lines come one after the other without asking again. Pages and decisions have an allowance of their
own and never stand behind log lines. It must not know what is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

POST: Final = "chat.postMessage"
UPDATE: Final = "chat.update"
URGENT: Final = 1  # this priority and better do not wait for log lines and reports
_KEPT: Final = 10_000
_ALL: Final = ("*", "*")


@dataclass(frozen=True)
class SlackPacing:
    """`posts_per_s` a channel, with bursts of `burst`; `updates_per_min` for all edits of the app together.

    Slack's own limits are about 1 post a second and channel, and 50 edits a minute."""

    posts_per_s: float = 1.0
    burst: int = 3
    updates_per_min: float = 40.0


class Pacer:
    """The turns of one Slack app. In memory: after a restart Slack's own 429 takes its place for a moment."""

    def __init__(self, pacing: SlackPacing) -> None:
        self._allowances = {
            (POST, False): (timedelta(seconds=1 / pacing.posts_per_s), pacing.burst),
            (POST, True): (timedelta(seconds=1 / pacing.posts_per_s), pacing.burst),
            (UPDATE, False): _share(pacing.updates_per_min * 3 / 4),
            (UPDATE, True): _share(pacing.updates_per_min / 4),
        }
        self._next: dict[tuple[str, str, bool], datetime] = {}
        self._turns: dict[str, datetime] = {}
        self._pauses: dict[tuple[str, str], datetime] = {}

    @property
    def waiting(self) -> int:
        """How many turns have been handed out and not been taken."""
        return len(self._turns)

    def stopped_s(self, now: datetime) -> float:
        """Seconds until anything at all may go out."""
        return max((self._pauses.get(_ALL, now) - now).total_seconds(), 0.0)

    def wait_s(self, turn: str, method: str, channel: str, priority: int, now: datetime) -> float:
        """Seconds until the call may go out; 0 means now, and the allowance is used. `turn` names who asks, and is the
        same when he comes again after his wait."""
        pause = max(self._pauses.get((method, channel), now), self._pauses.get(_ALL, now))
        if pause > now:
            return (pause - now).total_seconds()
        mine = self._turns.pop(turn, None)
        if mine is None:
            mine = self._take(method, channel, priority, now)
        if mine <= now:
            return 0.0
        if len(self._turns) >= _KEPT:  # turns of rows that were withdrawn meanwhile
            self._turns = {name: at for name, at in self._turns.items() if at > now}
        self._turns[turn] = mine
        return (mine - now).total_seconds()

    def spare(self, method: str, channel: str, now: datetime) -> bool:
        """Whether a call that is only a courtesy may go out now: it takes what others leave over, and at most half of a burst, so
        that none of them ever waits for it. Hands out no turn."""
        if max(self._pauses.get((method, channel), now), self._pauses.get(_ALL, now)) > now:
            return False
        every, burst = self._allowances[method, False]
        key = (method, channel if method == POST else "", False)
        spent = max(self._next.get(key, now), now) + every
        if spent > now + every * max(burst // 2, 1):
            return False
        self._next[key] = spent
        return True

    def pause(self, method: str, channel: str, until: datetime) -> None:
        """Slack asked for a pause of one method in one channel; ('*', '*') stops everything."""
        self._pauses[method, channel] = max(until, self._pauses.get((method, channel), until))

    def _take(self, method: str, channel: str, priority: int, now: datetime) -> datetime:
        urgent = priority <= URGENT
        every, burst = self._allowances[method, urgent]
        key = (method, channel if method == POST else "", urgent)
        spent = max(self._next.get(key, now), now)  # the moment at which the whole burst would be there again
        self._next[key] = spent + every
        return spent - every * (burst - 1)


def _share(per_min: float) -> tuple[timedelta, int]:
    """(interval, burst) for so many a minute: a burst counts towards the minute's sum, so the steady rate leaves room for it."""
    burst = max(1, int(per_min // 4))
    return timedelta(minutes=1 / max(per_min - burst, 1.0)), burst

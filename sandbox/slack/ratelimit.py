"""Slack's rate limits: a number of calls per minute for each method, and one message a second for each channel.

Applied only when the sandbox is told to enforce them. Must not read the clock; the moment is an argument.
"""

from collections import deque
from datetime import datetime

PER_MINUTE = {"t1": 1, "t2": 20, "t3": 50, "t4": 100, "special": 600}
# A channel takes a short burst before one message a second is enforced.
BURST = 5


class RateLimits:
    """Counts calls in sliding minutes and messages in buckets that refill by one a second."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[float]] = {}
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_before(self, method: str, tier: str, channel: str | None, now: datetime) -> int:
        """Whole seconds to wait before this call may be made; 0 if it may be made now, and then it is counted."""
        second = now.timestamp()
        calls = self._calls.setdefault(method, deque())
        while calls and calls[0] <= second - 60:
            calls.popleft()
        if len(calls) >= PER_MINUTE[tier]:
            return max(1, round(calls[0] + 60 - second))
        if method == "chat.postMessage" and channel is not None and not self._take(channel, second):
            return 1
        calls.append(second)
        return 0

    def _take(self, channel: str, second: float) -> bool:
        level, since = self._buckets.get(channel, (float(BURST), second))
        level = min(float(BURST), level + (second - since))
        if level < 1:
            self._buckets[channel] = (level, second)
            return False
        self._buckets[channel] = (level - 1, second)
        return True

"""The sandbox's only reading of the wall clock.

Everything else in the sandbox takes a clock (a function that answers "now" in UTC) as an argument, so that a
test can move time by hand. This module must not know what the time is used for.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utcnow() -> datetime:
    """The present moment, with its time zone (UTC)."""
    return datetime.now(UTC)

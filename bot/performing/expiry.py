"""When a message is no longer of use: a report whose successor is due, a log line of hours ago.

Stated here and nowhere else. Pages, decisions, cards and boards never expire: whether they are still wanted is for the
rules. It must not know how messages are sent.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.performing.work import Work
from core.effects import Post

EXPIRING: Final = frozenset({"report", "log"})
"""The views that can come too late."""

# In a rehearsal plan time runs so fast that a slot is over before Slack has answered: real lateness is asked for too.
REPORT_IS_LATE: Final = timedelta(seconds=60)
LOG_IS_OLD: Final = timedelta(hours=6)


def expired(work: Work, effect: Post) -> bool:
    """True when the message should be left out: a report from its `next` moment on, a log line after six hours."""
    if effect.view == "report":
        following = _moment(dict(effect.words).get("next"))
        return following is not None and work.plan_now() >= following and work.age > REPORT_IS_LATE
    return effect.view == "log" and work.age > LOG_IS_OLD


def _moment(word: object) -> datetime | None:
    if not isinstance(word, str) or not word:
        return None
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

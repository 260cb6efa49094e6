"""Things an app is lent for a short time: trigger ids (3 s, one use), response URLs (30 min, five uses), socket tickets.

Must not know what they are used for; it only says whether they still hold.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.slack.errors import SlackError

TRIGGER_LIFE = timedelta(seconds=3)
LINK_LIFE = timedelta(minutes=30)
LINK_USES = 5
TICKET_LIFE = timedelta(seconds=30)


@dataclass(frozen=True)
class Trigger:
    """Permission to open one view for one person; `view_id` is the view whose click or submission gave it."""

    id: str
    user: str
    given: datetime
    view_id: str | None = None
    used: bool = False


@dataclass(frozen=True)
class Link:
    """A response URL's target: the channel, the person, and the message that was clicked (None for a command)."""

    token: str
    channel: str
    user: str
    given: datetime
    ts: str | None = None
    ephemeral: bool = False
    thread_ts: str | None = None
    uses: int = 0


class Lent:
    """All trigger ids and response URLs that were given out."""

    def __init__(self, team_id: str) -> None:
        self._team = team_id
        self._triggers: dict[str, Trigger] = {}
        self._links: dict[str, Link] = {}
        self._answers: dict[str, list[str]] = {}
        self._tickets: dict[str, datetime] = {}
        self._ticket_count = 0

    def new_ticket(self, now: datetime) -> str:
        """A ticket with which one socket may be opened within 30 seconds."""
        self._ticket_count += 1
        ticket = hashlib.sha256(f"ticket {self._ticket_count}".encode()).hexdigest()[:32]
        self._tickets[ticket] = now
        return ticket

    def use_ticket(self, ticket: str, now: datetime) -> bool:
        """Uses a ticket up; False if it was used, is too old or was never given."""
        given = self._tickets.pop(ticket, None)
        return given is not None and now - given <= TICKET_LIFE

    def new_trigger(self, user: str, now: datetime, view_id: str | None = None) -> str:
        """A fresh trigger id for a person."""
        number = len(self._triggers) + 1
        digest = hashlib.sha256(f"trigger {number} {user}".encode()).hexdigest()[:32]
        trigger_id = f"{1_000_000 + number}.{int(now.timestamp())}.{digest}"
        self._triggers[trigger_id] = Trigger(trigger_id, user, now, view_id)
        return trigger_id

    def exchange(self, trigger_id: str, now: datetime) -> Trigger:
        """Uses a trigger id up; SlackError invalid_, exchanged_ or expired_trigger_id."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if now - trigger.given > TRIGGER_LIFE:
            raise SlackError("expired_trigger_id")
        self._triggers[trigger_id] = replace(trigger, used=True)
        return trigger

    def new_link(
        self,
        channel: str,
        user: str,
        now: datetime,
        *,
        ts: str | None = None,
        ephemeral: bool = False,
        thread_ts: str | None = None,
    ) -> str:
        """The token of a fresh response URL."""
        token = hashlib.sha256(f"link {len(self._links) + 1} {channel} {user}".encode()).hexdigest()[:24]
        self._links[token] = Link(token, channel, user, now, ts, ephemeral, thread_ts)
        return token

    def use_link(self, token: str, now: datetime) -> Link:
        """Counts one use of a response URL; SlackError invalid_url, expired_url or used_url."""
        link = self._links.get(token)
        if link is None:
            raise SlackError("invalid_url")
        if now - link.given > LINK_LIFE:
            raise SlackError("expired_url")
        if link.uses >= LINK_USES:
            raise SlackError("used_url")
        self._links[token] = replace(link, uses=link.uses + 1)
        return link

    def answered(self, token: str, ts: str, *, private: bool) -> None:
        """Remembers what was shown through a response URL; the first private answer is what replace_original means."""
        self._answers.setdefault(token, []).append(ts)
        link = self._links[token]
        if link.ts is None and private:
            self._links[token] = replace(link, ts=ts, ephemeral=True)

    def answers(self, token: str) -> list[str]:
        """The ts of every message that was shown through a response URL."""
        return self._answers.get(token, [])

    def link(self, token: str) -> Link:
        """A response URL's target, without counting a use."""
        return self._links[token]

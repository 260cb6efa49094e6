"""A workspace's state: the records by id, and the verbs that tests and the default roster fill it with.

Must not know the Web API, sockets or HTTP: what a method may do and how it answers is decided elsewhere.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.slack.errors import Refused
from sandbox.slack.records import (
    Channel,
    File,
    Json,
    Message,
    Notification,
    Scheduled,
    User,
    UserGroup,
    View,
)

# Slack forgets ephemeral messages at a reload; here the newest of each person stay.
EPHEMERALS_KEPT = 200


class Workspace:
    """One workspace's state, with the verbs that tests and the default roster use to fill it."""

    def __init__(self, *, team_id: str, name: str, domain: str, bot_user: str) -> None:
        self.team_id = team_id
        self.name = name
        self.domain = domain
        self.bot_user = bot_user
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, dict[str, Message]] = {}
        self.ephemerals: dict[str, dict[str, Message]] = {}
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.scheduled: dict[str, Scheduled] = {}
        self.files: dict[str, File] = {}
        self.groups: dict[str, UserGroup] = {}
        self.notifications: dict[str, list[Notification]] = {}
        self.selections: dict[tuple[str, str, str], Json] = {}
        self._threads: dict[tuple[str, str], list[str]] = {}
        self._counters: dict[str, int] = {}
        self._last_micros = 0

    # -- ids ---------------------------------------------------------------------------------------
    def next_number(self, kind: str) -> int:
        """1, 2, 3 ... for each kind."""
        self._counters[kind] = self._counters.get(kind, 0) + 1
        return self._counters[kind]

    def next_id(self, prefix: str) -> str:
        """A Slack-like id ("V00000001A") that was never given before in this workspace."""
        return f"{prefix}0{_base36(self.next_number(prefix)):0>8}"

    def next_ts(self, now: datetime) -> str:
        """A message timestamp: `now` in microseconds, moved on by one where it was already given."""
        micros = max(round(now.timestamp() * 1_000_000), self._last_micros + 1)
        self._last_micros = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    # -- people and channels -----------------------------------------------------------------------
    def add_user(self, user_id: str, handle: str, name: str, **more: Any) -> User:
        """Adds (or replaces) a person; `more` are further fields of User."""
        user = User(id=user_id, handle=handle, name=name, **{"email": f"{handle}@sandbox.example", **more})
        self.users[user_id] = user
        return user

    def change_user(self, user: str, **changes: Any) -> User:
        """Replaces fields of a person, for example deleted=True or dnd=(start, end)."""
        changed = replace(self.user(user), **changes)
        self.users[changed.id] = changed
        return changed

    def add_channel(
        self, channel_id: str, name: str, *, members: tuple[str, ...] = (), **more: Any
    ) -> Channel:
        """Adds (or replaces) a channel; `more` are further fields of Channel."""
        channel = Channel(id=channel_id, name=name, members=frozenset(members), **more)
        self.channels[channel_id] = channel
        self.messages.setdefault(channel_id, {})
        return channel

    def change_channel(self, channel: str, **changes: Any) -> Channel:
        """Replaces fields of a channel, for example archived=True, topic="..." or name="..."."""
        changed = replace(self.channel(channel), **changes)
        self.channels[changed.id] = changed
        return changed

    def join(self, channel: str, *users: str) -> Channel:
        """Makes people (or the bot) members of a channel."""
        found = self.channel(channel)
        return self.change_channel(found.id, members=found.members | {self.user(u).id for u in users})

    def leave(self, channel: str, *users: str) -> Channel:
        """Takes people (or the bot) out of a channel."""
        found = self.channel(channel)
        return self.change_channel(found.id, members=found.members - {self.user(u).id for u in users})

    def add_group(self, group_id: str, handle: str, name: str, users: tuple[str, ...]) -> UserGroup:
        """Adds (or replaces) a user group."""
        group = UserGroup(id=group_id, handle=handle, name=name, users=users)
        self.groups[group_id] = group
        return group

    def user(self, who: str) -> User:
        """A person by id or handle (with or without "@"); Refused if there is none."""
        if who in self.users:
            return self.users[who]
        handle = who.removeprefix("@")
        for user in self.users.values():
            if user.handle == handle:
                return user
        raise Refused(f"There is nobody called {who} in this workspace.")

    def channel(self, where: str) -> Channel:
        """A channel by id or name (with or without "#"); Refused if there is none."""
        if where in self.channels:
            return self.channels[where]
        name = where.removeprefix("#")
        for channel in self.channels.values():
            if channel.name == name and channel.im_user is None:
                return channel
        raise Refused(f"There is no channel called {where} in this workspace.")

    def direct(self, user: str, now: datetime) -> Channel:
        """The direct message channel between a person and the bot; opened if there is none yet."""
        person = self.user(user)
        for channel in self.channels.values():
            if channel.im_user == person.id:
                return channel
        return self.add_channel(
            "D0" + person.id[2:],
            "",
            members=(person.id, self.bot_user),
            im_user=person.id,
            private=True,
            created=int(now.timestamp()),
        )

    def can_see(self, user: str, channel: str) -> bool:
        """May this person read this channel? Members may; members of the workspace may read public ones."""
        found, person = self.channels.get(channel), self.users.get(user)
        if found is None or person is None or person.deleted:
            return False
        if user in found.members:
            return True
        return not found.private and not person.guest

    # -- messages ----------------------------------------------------------------------------------
    def put(self, message: Message) -> Message:
        """Stores a message (an ephemeral one with its reader only), replacing the one with the same ts."""
        if message.only_for is not None:
            private = self.ephemerals.setdefault(message.only_for, {})
            private[message.ts] = message
            while len(private) > EPHEMERALS_KEPT:
                del private[next(iter(private))]
            return message
        shared = self.messages[message.channel]
        if message.is_reply and message.thread_ts is not None and message.ts not in shared:
            self._threads.setdefault((message.channel, message.thread_ts), []).append(message.ts)
        shared[message.ts] = message
        return message

    def find(self, channel: str, ts: str) -> Message | None:
        """A message that everybody in the channel can see, or None. Tombstones are not found."""
        message = self.messages.get(channel, {}).get(ts)
        return None if message is None or message.deleted else message

    def replies(self, channel: str, thread_ts: str) -> list[Message]:
        """The replies of a thread, oldest first, without its parent."""
        shared = self.messages.get(
            channel, {}
        )  # a log of hundreds is gone through with every edit of its card
        found = [shared.get(ts) for ts in self._threads.get((channel, thread_ts), ())]
        return [message for message in found if message is not None and not message.deleted]

    def view(self, view_id: str) -> View | None:
        """An open modal view or a Home tab by its id."""
        for stack in self.modals.values():
            for view in stack:
                if view.id == view_id:
                    return view
        return next((home for home in self.homes.values() if home.id == view_id), None)

    def put_view(self, view: View) -> View:
        """Replaces an open view (same id) or a person's Home tab."""
        if view.kind == "home":
            self.homes[view.user] = view
        else:
            stack = self.modals.setdefault(view.user, [])
            self.modals[view.user] = [view if v.id == view.id else v for v in stack]
        return view


def _base36(number: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text or "0"

"""The records of a workspace: people, channels, messages, views, files. Frozen; a change makes a new record.

Must not know the Web API, sockets or HTTP; the shapes Slack sends are made in shapes.py.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

SLACKBOT = "USLACKBOT"


@dataclass(frozen=True)
class User:
    """A member of the workspace; `guest` means a single-channel guest, `dnd` is (start, end) in Unix seconds."""

    id: str
    handle: str
    name: str
    title_en: str = ""
    title_ko: str = ""
    email: str = ""
    tz: str = "Asia/Seoul"
    tz_offset: int = 32_400
    bot: bool = False
    deleted: bool = False
    guest: bool = False
    admin: bool = False
    presence: str = "active"
    dnd: tuple[int, int] | None = None


@dataclass(frozen=True)
class Pin:
    """A pinned message: its ts, who pinned it and when (Unix seconds)."""

    ts: str
    by: str
    created: int


@dataclass(frozen=True)
class Bookmark:
    """A link in a channel's bookmark bar."""

    id: str
    channel: str
    title: str
    link: str
    emoji: str = ""
    by: str = ""
    created: int = 0


@dataclass(frozen=True)
class Channel:
    """A conversation. `im_user` is the person on the other side when it is a direct message with the bot."""

    id: str
    name: str
    members: frozenset[str] = frozenset()
    topic: str = ""
    purpose: str = ""
    private: bool = False
    archived: bool = False
    im_user: str | None = None
    created: int = 0
    pins: tuple[Pin, ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()


@dataclass(frozen=True)
class Message:
    """One message. `only_for` names the one reader of an ephemeral message; `edited` is (user, ts) of the edit mark.

    `blocks`, `attachments` and `metadata` are JSON as Slack stores it and are never changed in place.
    """

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    thread_ts: str | None = None
    broadcast: bool = False
    edited: tuple[str, str] | None = None
    metadata: Json | None = None
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    files: tuple[str, ...] = ()
    only_for: str | None = None
    from_app: bool = False
    username: str | None = None
    deleted: bool = False

    @property
    def is_reply(self) -> bool:
        """True for a message that stands in a thread and is not its parent."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True)
class View:
    """A modal view or a Home tab, as one person sees it. `state` is {block_id: {action_id: value object}}."""

    id: str
    user: str
    kind: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    external_id: str = ""
    state: Json = field(default_factory=dict)
    errors: Json = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """The view's blocks."""
        return list(self.body.get("blocks", ()))


@dataclass(frozen=True)
class Scheduled:
    """A message that posts by itself at `post_at` (Unix seconds)."""

    id: str
    channel: str
    post_at: int
    created: int
    text: str
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None


@dataclass(frozen=True)
class File:
    """An uploaded file; `content` is None until the bytes have arrived, `channels` is empty until it is shared, `snippet` is
    the syntax of a text that Slack shows by itself ("" for other files), `completed` says that the upload is over, `user` is the person who gave it to the app ("" for the app's own)."""

    id: str
    name: str
    length: int
    title: str = ""
    alt_text: str = ""
    mimetype: str = "application/octet-stream"
    content: bytes | None = None
    channels: tuple[str, ...] = ()
    created: int = 0
    snippet: str = ""
    completed: bool = False
    user: str = ""


@dataclass(frozen=True)
class UserGroup:
    """A group of people that can be mentioned as <!subteam^id>."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True)
class Notification:
    """Somebody was notified by a message: kind is mention, dm, here, channel, group or thread."""

    channel: str
    ts: str
    kind: str
    text: str

"""Who is notified by a message: mentions, direct messages, @here and @channel, user groups, thread followers.

Only a new message notifies; an edit never does. When a message has blocks, Slack looks for mentions in the blocks'
mrkdwn and rich text, not in the fallback text. Must not know how a message was sent.
"""

import re
from collections.abc import Iterator

from sandbox.slack.context import Context
from sandbox.slack.records import Channel, Json, Message, Notification

_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>")
_ALL = re.compile(r"<!(here|channel|everyone)(?:\|[^>]*)?>")


def notify(ctx: Context, message: Message) -> None:
    """Writes down who is notified by this new message, and why."""
    space = ctx.workspace
    members = space.channels[message.channel].members
    for user, kind in _wanted(ctx, message):
        person = space.users.get(user)
        if person is None or person.deleted or person.bot or user == message.user or user not in members:
            continue
        told = space.notifications.setdefault(user, [])
        if not any(note.channel == message.channel and note.ts == message.ts for note in told):
            told.append(Notification(message.channel, message.ts, kind, message.text))


def _wanted(ctx: Context, message: Message) -> Iterator[tuple[str, str]]:
    channel = ctx.workspace.channels[message.channel]
    if channel.im_user is not None:
        yield channel.im_user, "dm"
    spoken = "\n".join(_mrkdwn_of(list(message.blocks))) if message.blocks else message.text
    for found in _USER.finditer(spoken):
        yield found.group(1), "mention"
    yield from _many(ctx, channel, spoken)
    if message.is_reply:
        parent = ctx.workspace.find(message.channel, message.thread_ts or "")
        replies = ctx.workspace.replies(message.channel, message.thread_ts or "")
        for follower in [parent, *replies] if parent else replies:
            yield follower.user, "thread"


def _many(ctx: Context, channel: Channel, spoken: str) -> Iterator[tuple[str, str]]:
    for found in _GROUP.finditer(spoken):
        group = ctx.workspace.groups.get(found.group(1))
        for user in group.users if group else ():
            yield user, "group"
    for found in _ALL.finditer(spoken):
        here = found.group(1) == "here"
        for user in sorted(channel.members):
            if not here or ctx.workspace.users[user].presence == "active":
                yield user, "here" if here else "channel"


def _mrkdwn_of(value: object) -> Iterator[str]:
    """Every piece of text in blocks where a mention is rendered as a mention."""
    if isinstance(value, list):
        for entry in value:
            yield from _mrkdwn_of(entry)
    elif isinstance(value, dict):
        yield from _mrkdwn_of_object(value)


def _mrkdwn_of_object(value: Json) -> Iterator[str]:
    kind = value.get("type")
    if kind in ("mrkdwn", "markdown") and isinstance(value.get("text"), str):
        yield value["text"]
    elif kind == "user":
        yield f"<@{value.get('user_id')}>"
    elif kind == "usergroup":
        yield f"<!subteam^{value.get('usergroup_id')}>"
    elif kind == "broadcast":
        yield f"<!{value.get('range')}>"
    else:
        for entry in value.values():
            yield from _mrkdwn_of(entry)

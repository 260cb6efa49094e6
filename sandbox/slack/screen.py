"""What a person sees: messages, threads, views and Home tabs, in the form the page and the tests read.

Must not change anything.
"""

from sandbox.slack.context import Context
from sandbox.slack.records import Channel, Json, Message, View
from sandbox.slack.shapes import HIDDEN_TEXT, file_json, permalink


def seen_message(ctx: Context, message: Message) -> Json:
    """One message as it stands on the screen."""
    author = ctx.workspace.users.get(message.user)
    channel = ctx.workspace.channels[message.channel]
    replies = (
        [] if message.only_for or message.is_reply else ctx.workspace.replies(message.channel, message.ts)
    )
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "user_name": message.username or (author.name if author else message.user),
        "bot": message.from_app or bool(author and author.bot),
        "text": message.text or (HIDDEN_TEXT if message.blocks else ""),
        "blocks": list(message.blocks),
        "attachments": list(message.attachments),
        "edited": message.edited is not None,
        "ephemeral": message.only_for is not None,
        "pinned": any(pin.ts == message.ts for pin in channel.pins),
        "thread_ts": message.thread_ts,
        "broadcast": message.broadcast,
        "deleted": message.deleted,
        "reply_count": len(replies),
        "reply_users": list(dict.fromkeys(reply.user for reply in replies)),
        "latest_reply": replies[-1].ts if replies else None,
        "reactions": [
            {"name": n, "users": list(users), "count": len(users)} for n, users in message.reactions
        ],
        "files": [file_json(ctx, ctx.workspace.files[file_id]) for file_id in message.files],
        "permalink": None if message.only_for else permalink(ctx, message),
        "metadata": message.metadata,
    }


def _private_to(ctx: Context, user: str, channel: str) -> list[Message]:
    return [m for m in ctx.workspace.ephemerals.get(user, {}).values() if m.channel == channel]


def messages_for(ctx: Context, user: str, channel: Channel, limit: int | None = None) -> list[Json]:
    """The channel as a person sees it, newest last: top-level and broadcast messages, and their own ephemerals."""
    if not ctx.workspace.can_see(user, channel.id):
        return []
    shared = [
        m
        for m in ctx.workspace.messages[channel.id].values()
        if (not m.is_reply or m.broadcast) and not (m.deleted and not ctx.workspace.replies(channel.id, m.ts))
    ]
    private = [m for m in _private_to(ctx, user, channel.id) if not m.is_reply]
    ordered = sorted([*shared, *private], key=lambda m: m.ts)
    return [seen_message(ctx, m) for m in (ordered[-limit:] if limit else ordered)]


def thread_for(ctx: Context, user: str, channel: Channel, thread_ts: str) -> list[Json]:
    """A thread as a person sees it: the parent first, then the replies, oldest first."""
    if not ctx.workspace.can_see(user, channel.id):
        return []
    parent = ctx.workspace.messages[channel.id].get(thread_ts)
    private = [m for m in _private_to(ctx, user, channel.id) if m.thread_ts == thread_ts]
    replies = sorted([*ctx.workspace.replies(channel.id, thread_ts), *private], key=lambda m: m.ts)
    return [seen_message(ctx, m) for m in ([parent] if parent else []) + replies]


def seen_view(view: View) -> Json:
    """A modal view or a Home tab as it stands on the screen."""
    body = view.body
    return {
        "id": view.id,
        "type": view.kind,
        "title": body.get("title"),
        "blocks": view.blocks,
        "submit": body.get("submit"),
        "close": body.get("close"),
        "submit_disabled": bool(body.get("submit_disabled", False)),
        "callback_id": body.get("callback_id") or "",
        "private_metadata": body.get("private_metadata") or "",
        "hash": view.hash,
        "state": view.state,
        "errors": view.errors,
        "root_view_id": view.root,
        "previous_view_id": view.previous,
    }


def seen_pins(ctx: Context, channel: Channel) -> list[Json]:
    """The pinned messages of a channel, newest pin first."""
    found = []
    for pin in channel.pins:
        message = ctx.workspace.find(channel.id, pin.ts)
        if message is not None:
            found.append(
                {"ts": pin.ts, "by": pin.by, "created": pin.created, "message": seen_message(ctx, message)}
            )
    return found


def seen_bookmarks(channel: Channel) -> list[Json]:
    """The bookmark bar of a channel."""
    return [{"id": b.id, "title": b.title, "link": b.link, "emoji": b.emoji} for b in channel.bookmarks]

"""conversations.*: listing, reading, opening and naming channels, as far as the bot may.

Must not know HTTP or tokens; the scope that depends on the kind of channel is checked here.
"""

import re

from sandbox.slack.access import channel_of, member_channel
from sandbox.slack.args import Args
from sandbox.slack.context import Context
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.records import Channel, Json, Message
from sandbox.slack.registry import method
from sandbox.slack.shapes import channel_json, message_json

_CURSOR = re.compile(r"at:[0-9]{1,9}")
_READ = "channels:read groups:read im:read mpim:read"
_HISTORY = "channels:history groups:history im:history mpim:history"


def page_of(items: list[Json], args: Args, default: int = 100) -> tuple[list[Json], str]:
    """One page of a list and the cursor of the next one ("" at the end); SlackError invalid_limit, invalid_cursor."""
    limit = args.number("limit", default) or default
    if not 0 < limit <= 1_000:
        raise SlackError("invalid_limit")
    cursor = args.text("cursor") or "at:0"
    if not _CURSOR.fullmatch(cursor):
        raise SlackError("invalid_cursor")
    start = int(cursor[3:])
    following = f"at:{start + limit}" if start + limit < len(items) else ""
    return items[start : start + limit], following


def need_scope(ctx: Context, channel: Channel, what: str) -> None:
    """missing_scope unless the app may do `what` ("history", "read") in this kind of channel."""
    kind = "im" if channel.im_user is not None else "groups" if channel.private else "channels"
    needed = f"{kind}:{what}"
    if needed not in ctx.app.scopes:
        raise SlackError("missing_scope", needed=needed, provided=",".join(sorted(ctx.app.scopes)))


@method("conversations.list", "cursor exclude_archived limit types", scopes=_READ, tier="t2")
def list_channels(ctx: Context, args: Args) -> Json:
    """The channels the bot can see, public ones by default."""
    types = args.listing("types") or ["public_channel"]
    found = [
        channel_json(ctx, channel)
        for channel in ctx.workspace.channels.values()
        if _kind(channel) in types
        and (not channel.private or ctx.workspace.bot_user in channel.members)
        and not (args.flag("exclude_archived") and channel.archived)
    ]
    page, cursor = page_of(found, args)
    return {"ok": True, "channels": page, "response_metadata": {"next_cursor": cursor}}


def _kind(channel: Channel) -> str:
    if channel.im_user is not None:
        return "im"
    return "private_channel" if channel.private else "public_channel"


@method("conversations.info", "channel! include_locale include_num_members", scopes=_READ)
def info(ctx: Context, args: Args) -> Json:
    """One channel."""
    channel = channel_of(ctx, args.text("channel"))
    need_scope(ctx, channel, "read")
    return {"ok": True, "channel": channel_json(ctx, channel)}


@method("conversations.members", "channel! cursor limit", scopes=_READ, tier="t4")
def members(ctx: Context, args: Args) -> Json:
    """The ids of a channel's members."""
    channel = channel_of(ctx, args.text("channel"))
    page, cursor = page_of([{"id": user} for user in sorted(channel.members)], args)
    return {
        "ok": True,
        "members": [entry["id"] for entry in page],
        "response_metadata": {"next_cursor": cursor},
    }


def _between(messages: list[Message], args: Args) -> list[Message]:
    oldest, latest = args.text("oldest") or "0", args.text("latest") or "9" * 12
    closed = args.flag("inclusive")

    def inside(message: Message) -> bool:
        ts = float(message.ts)
        if closed:
            return float(oldest) <= ts <= float(latest)
        return float(oldest) < ts < float(latest)

    try:
        return [message for message in messages if inside(message)]
    except ValueError:
        raise SlackError("invalid_ts_oldest") from None


def _messages_answer(ctx: Context, messages: list[Message], args: Args) -> Json:
    # "include_all_metadata" is what makes Slack add the metadata of messages.
    asked = args.flag("include_all_metadata")
    page, cursor = page_of([message_json(ctx, m, metadata=asked) for m in messages], args)
    answer: Json = {"ok": True, "messages": page, "has_more": bool(cursor)}
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


@method(
    "conversations.history",
    "channel! cursor include_all_metadata inclusive latest limit oldest",
    scopes=_HISTORY,
)
def history(ctx: Context, args: Args) -> Json:
    """The top-level messages of a channel, newest first. Ephemeral messages are never in it."""
    channel = member_channel(ctx, args.text("channel"))
    need_scope(ctx, channel, "history")
    shown = [
        m
        for m in ctx.workspace.messages[channel.id].values()
        if (not m.is_reply or m.broadcast) and not m.deleted
    ]
    newest_first = sorted(shown, key=lambda m: m.ts, reverse=True)
    answer = _messages_answer(ctx, _between(newest_first, args), args)
    return {**answer, "pin_count": len(channel.pins)}


@method(
    "conversations.replies",
    "channel! ts! cursor include_all_metadata inclusive latest limit oldest",
    scopes=_HISTORY,
)
def replies(ctx: Context, args: Args) -> Json:
    """A thread: the parent first, then its replies, oldest first."""
    channel = member_channel(ctx, args.text("channel"))
    need_scope(ctx, channel, "history")
    parent = ctx.workspace.find(channel.id, args.text("ts"))
    if parent is None:
        raise SlackError("thread_not_found")
    if parent.is_reply:
        return _messages_answer(ctx, [parent], args)
    return _messages_answer(
        ctx, [parent, *_between(ctx.workspace.replies(channel.id, parent.ts), args)], args
    )


@method(
    "conversations.open",
    "channel return_im users prevent_creation",
    scopes="im:write mpim:write groups:write",
)
def open_direct(ctx: Context, args: Args) -> Json:
    """Opens the direct message with one person."""
    users = args.listing("users")
    if "channel" in args:
        return {"ok": True, "channel": channel_json(ctx, channel_of(ctx, args.text("channel")))}
    if len(users) != 1:
        raise SlackError("users_list_not_supplied") if not users else SlackError("not_enough_users")
    person = ctx.workspace.users.get(users[0])
    if person is None:
        raise SlackError("user_not_found")
    if person.deleted:
        raise SlackError("user_disabled")
    if person.bot:
        raise SlackError("cannot_dm_bot")
    channel = ctx.workspace.direct(person.id, ctx.now)
    shape = channel_json(ctx, channel) if args.flag("return_im") else {"id": channel.id}
    return {"ok": True, "channel": shape}


@method("conversations.join", "channel!", scopes="channels:join")
def join(ctx: Context, args: Args) -> Json:
    """Makes the bot a member of a public channel."""
    channel = channel_of(ctx, args.text("channel"))
    if channel.private:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    already = ctx.workspace.bot_user in channel.members
    answer: Json = {
        "ok": True,
        "channel": channel_json(ctx, ctx.workspace.join(channel.id, ctx.workspace.bot_user)),
    }
    if already:
        answer |= {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    return answer


@method("conversations.setTopic", "channel! topic!", scopes="channels:write.topic channels:manage", tier="t2")
def set_topic(ctx: Context, args: Args) -> Json:
    """Sets a channel's topic (at most 250 characters)."""
    channel = member_channel(ctx, args.text("channel"))
    if channel.im_user is not None:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    if len(args.text("topic")) > 250:
        raise SlackError("too_long")
    changed = ctx.workspace.change_channel(channel.id, topic=args.text("topic"))
    ctx.stream.publish(
        {"type": "topic", "channel": channel.id, "topic": changed.topic},
        lambda user: ctx.workspace.can_see(user, channel.id),
    )
    return {"ok": True, "channel": channel_json(ctx, changed)}


@method("users.conversations", "user cursor exclude_archived limit types", scopes=_READ)
def channels_of_user(ctx: Context, args: Args) -> Json:
    """The channels of a person (the bot itself by default), as far as the bot can see them."""
    user = args.text("user", ctx.workspace.bot_user)
    if user not in ctx.workspace.users:
        raise invalid_arguments("user not found [json-pointer:/user]")
    types = args.listing("types") or ["public_channel"]
    found = [
        channel_json(ctx, channel)
        for channel in ctx.workspace.channels.values()
        if user in channel.members
        and _kind(channel) in types
        and (not channel.private or ctx.workspace.bot_user in channel.members)
    ]
    page, cursor = page_of(found, args)
    return {"ok": True, "channels": page, "response_metadata": {"next_cursor": cursor}}

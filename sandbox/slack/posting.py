"""Putting messages on the screen: post, edit, delete, whisper (ephemeral). Each tells the page, the people and the app.

Must not know the Web API: whether a caller may post is decided before these are called.
"""

from dataclasses import dataclass, replace

from sandbox.slack.context import Context
from sandbox.slack.mentions import notify
from sandbox.slack.records import SLACKBOT, Json, Message
from sandbox.slack.screen import seen_message
from sandbox.slack.shapes import message_json


@dataclass(frozen=True)
class Draft:
    """What a message says, before it has a place and a time."""

    text: str = ""
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    username: str | None = None
    files: tuple[str, ...] = ()


def with_ids(ctx: Context, blocks: tuple[Json, ...]) -> tuple[Json, ...]:
    """The blocks, each with a block_id and each interactive element with an action_id; Slack makes up missing ones."""
    return tuple(_named(ctx, block) for block in blocks)


def _named(ctx: Context, block: Json) -> Json:
    named = {**block, "block_id": block.get("block_id") or ctx.workspace.next_id("b")[-5:]}
    for field in ("accessory", "element"):
        if field in block:
            named[field] = _with_action_id(ctx, block[field])
    if block["type"] in ("actions", "context_actions"):
        named["elements"] = [_with_action_id(ctx, element) for element in block["elements"]]
    if block["type"] == "card" and block.get("actions"):
        named["actions"] = [_with_action_id(ctx, element) for element in block["actions"]]
    return named


def _with_action_id(ctx: Context, element: Json) -> Json:
    if element["type"] == "image" or element.get("action_id"):
        return element
    return {**element, "action_id": ctx.workspace.next_id("a")[-5:]}


def post(ctx: Context, channel: str, author: str, draft: Draft) -> Message:
    """Posts a message that everybody in the channel sees, and notifies who is mentioned."""
    parent = ctx.workspace.find(channel, draft.thread_ts) if draft.thread_ts else None
    thread_ts = (parent.thread_ts or parent.ts) if parent else draft.thread_ts
    message = ctx.workspace.put(
        Message(
            channel=channel,
            ts=ctx.workspace.next_ts(ctx.now),
            user=author,
            text=draft.text,
            blocks=with_ids(ctx, draft.blocks),
            attachments=draft.attachments,
            thread_ts=thread_ts,
            broadcast=draft.broadcast and thread_ts is not None,
            metadata=draft.metadata,
            username=draft.username,
            files=draft.files,
            from_app=author == ctx.workspace.bot_user,
        )
    )
    notify(ctx, message)
    show(ctx, message, "message")
    tell_app(ctx, message)
    return message


def whisper(ctx: Context, channel: str, reader: str, author: str, draft: Draft) -> Message:
    """Shows a message to one person only; it is kept nowhere else and notifies nobody."""
    message = ctx.workspace.put(
        Message(
            channel=channel,
            ts=ctx.workspace.next_ts(ctx.now),
            user=author,
            text=draft.text,
            blocks=with_ids(ctx, draft.blocks),
            attachments=draft.attachments,
            thread_ts=draft.thread_ts,
            only_for=reader,
            username=draft.username,
            from_app=author == ctx.workspace.bot_user,
        )
    )
    show(ctx, message, "ephemeral")
    return message


def slackbot_says(ctx: Context, channel: str, reader: str, text: str) -> Message:
    """Slack's own private remark, for example that a command failed."""
    return whisper(ctx, channel, reader, SLACKBOT, Draft(text=text))


def edit(ctx: Context, message: Message, changed: Message) -> Message:
    """Puts a changed message in the place of the old one. Mentions in it notify nobody."""
    stored = ctx.workspace.put(replace(changed, blocks=with_ids(ctx, changed.blocks)))
    show(ctx, stored, "update")
    if stored.only_for is None:
        _tell_app_of_change(
            ctx,
            stored.channel,
            "message_changed",
            {
                "message": message_json(ctx, stored),
                "previous_message": message_json(ctx, message),
                "ts": stored.ts,
            },
        )
    return stored


def delete(ctx: Context, message: Message) -> None:
    """Takes a message off the screen; a parent with replies leaves a tombstone so that its thread stays."""
    channel = ctx.workspace.channels[message.channel]
    if message.only_for is not None:
        ctx.workspace.ephemerals[message.only_for].pop(message.ts, None)
    elif ctx.workspace.replies(message.channel, message.ts):
        gone = replace(
            message, deleted=True, text="This message was deleted.", blocks=(), attachments=(), metadata=None
        )
        ctx.workspace.put(gone)
    else:
        del ctx.workspace.messages[message.channel][message.ts]
    pins = tuple(pin for pin in channel.pins if pin.ts != message.ts)
    if pins != channel.pins:
        ctx.workspace.change_channel(channel.id, pins=pins)
    event: Json = {
        "type": "delete",
        "channel": message.channel,
        "ts": message.ts,
        "ephemeral": bool(message.only_for),
    }
    if message.only_for is not None:
        ctx.stream.publish(event, lambda user: user == message.only_for)
        return
    ctx.stream.publish(event, lambda user: ctx.workspace.can_see(user, message.channel))
    _show_parent(ctx, message)
    details: Json = {
        "deleted_ts": message.ts,
        "previous_message": message_json(ctx, message),
        "ts": message.ts,
    }
    _tell_app_of_change(ctx, message.channel, "message_deleted", details)


def show(ctx: Context, message: Message, kind: str) -> None:
    """Tells the pages about a message: `kind` is message, update or ephemeral; replies go as "thread"."""
    event: Json = {
        "type": "thread" if message.is_reply and kind == "message" else kind,
        "channel": message.channel,
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "message": seen_message(ctx, message),
    }
    if message.only_for is not None:
        ctx.stream.publish(event, lambda user: user == message.only_for)
        return
    ctx.stream.publish(event, lambda user: ctx.workspace.can_see(user, message.channel))
    if kind == "message":
        _show_parent(ctx, message)


def _show_parent(ctx: Context, message: Message) -> None:
    parent = (
        ctx.workspace.messages[message.channel].get(message.thread_ts or "") if message.is_reply else None
    )
    if parent is not None:
        show(ctx, parent, "update")


def _channel_type(ctx: Context, channel: str) -> str:
    found = ctx.workspace.channels[channel]
    if found.im_user is not None:
        return "im"
    return "group" if found.private else "channel"


def _app_hears(ctx: Context, channel: str) -> bool:
    return ctx.workspace.bot_user in ctx.workspace.channels[channel].members


def tell_app(ctx: Context, message: Message) -> None:
    """Sends the app the message events it is subscribed to, as far as it is in the channel."""
    if not _app_hears(ctx, message.channel):
        return
    kind = _channel_type(ctx, message.channel)
    event = message_json(ctx, message)
    event |= {"channel": message.channel, "channel_type": kind, "event_ts": message.ts}
    name = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}[kind]
    ctx.emit(name, event)
    if kind != "im" and not message.from_app and f"<@{ctx.workspace.bot_user}>" in message.text:
        ctx.emit("app_mention", {**event, "type": "app_mention"})


def _tell_app_of_change(ctx: Context, channel: str, subtype: str, details: Json) -> None:
    if not _app_hears(ctx, channel):
        return
    kind = _channel_type(ctx, channel)
    name = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}[kind]
    event = {"type": "message", "subtype": subtype, "hidden": True, "channel": channel, "channel_type": kind}
    ctx.emit(name, {**event, **details, "event_ts": details["ts"]})

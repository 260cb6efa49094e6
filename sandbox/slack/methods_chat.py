"""chat.postMessage, chat.update, chat.delete, chat.postEphemeral, chat.getPermalink.

Must not know HTTP or tokens; scopes were checked before.
"""

from dataclasses import replace

from sandbox.slack import posting
from sandbox.slack.access import (
    UPDATE_CHARACTERS,
    channel_of,
    draft_of,
    member_channel,
    message_of,
    metadata_of,
    target_channel,
)
from sandbox.slack.args import Args
from sandbox.slack.context import Context
from sandbox.slack.errors import Refused, SlackError
from sandbox.slack.records import Json, Message
from sandbox.slack.registry import method
from sandbox.slack.shapes import message_json, permalink

_WRITING = "text blocks attachments markdown_text metadata parse link_names unfurl_links unfurl_media as_user"


@method(
    "chat.postMessage",
    f"channel! thread_ts reply_broadcast mrkdwn username icon_emoji icon_url client_msg_id container_id {_WRITING}",
    scopes="chat:write",
    tier="special",
)
def post_message(ctx: Context, args: Args) -> Json:
    """Posts a message; a user id as channel means that person's direct message."""
    channel = target_channel(ctx, args.text("channel"))
    draft = draft_of(ctx, args)
    if draft.username and "chat:write.customize" not in ctx.app.scopes:
        draft = replace(draft, username=None)
    if draft.thread_ts and ctx.workspace.messages[channel.id].get(draft.thread_ts) is None:
        # Slack takes a reply to a message that is not there and shows it in a thread without a parent.
        draft = replace(draft, broadcast=False)
    message = posting.post(ctx, channel.id, ctx.workspace.bot_user, draft)
    answer: Json = {
        "ok": True,
        "channel": channel.id,
        "ts": message.ts,
        "message": message_json(ctx, message),
    }
    if len(args.text("text")) > len(draft.text):
        answer["warning"] = "message_truncated"
    return answer


def _own(ctx: Context, message: Message, error: str) -> None:
    if message.user != ctx.workspace.bot_user:
        raise SlackError(error)


@method("chat.update", f"channel! ts! reply_broadcast file_ids {_WRITING}", scopes="chat:write")
def update(ctx: Context, args: Args) -> Json:
    """Changes an own message. With blocks there is no edit mark; with text only, blocks go and the mark is shown."""
    if args.text("channel")[:1] in ("U", "W"):
        raise SlackError("channel_not_found")
    channel = channel_of(ctx, args.text("channel"))
    message = message_of(ctx, channel, args.text("ts"))
    _own(ctx, message, "cant_update_message")
    if channel.archived:
        raise SlackError("is_inactive")
    if len(args.text("text")) > UPDATE_CHARACTERS:
        raise SlackError("msg_too_long")
    draft = draft_of(ctx, args)
    metadata = metadata_of(args)
    changed = replace(
        message,
        text=draft.text,
        blocks=draft.blocks,
        attachments=draft.attachments if "attachments" in args else message.attachments,
        metadata=message.metadata if metadata is None else (metadata or None),
        broadcast=message.broadcast or (args.flag("reply_broadcast") and message.is_reply),
        edited=message.edited if draft.blocks else (message.user, f"{ctx.now.timestamp():.6f}"),
    )
    stored = posting.edit(ctx, message, changed)
    answer = message_json(ctx, stored)
    return {"ok": True, "channel": channel.id, "ts": stored.ts, "text": answer["text"], "message": answer}


@method("chat.delete", "channel! ts! as_user", scopes="chat:write")
def delete(ctx: Context, args: Args) -> Json:
    """Deletes an own message."""
    channel = channel_of(ctx, args.text("channel"))
    message = message_of(ctx, channel, args.text("ts"))
    _own(ctx, message, "cant_delete_message")
    posting.delete(ctx, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


@method(
    "chat.postEphemeral",
    f"channel! user! thread_ts username icon_emoji icon_url {_WRITING}",
    scopes="chat:write",
    tier="t4",
)
def post_ephemeral(ctx: Context, args: Args) -> Json:
    """Shows a message to one member of the channel; in a thread only if the thread has begun."""
    channel = member_channel(ctx, args.text("channel"))
    if channel.archived:
        raise SlackError("is_archived")
    draft = draft_of(ctx, args)
    try:
        reader = ctx.workspace.user(args.text("user"))
    except Refused:
        raise SlackError("user_not_in_channel") from None
    if reader.id not in channel.members or reader.deleted:
        raise SlackError("user_not_in_channel")
    message = posting.whisper(ctx, channel.id, reader.id, ctx.workspace.bot_user, draft)
    return {"ok": True, "message_ts": message.ts}


@method("chat.getPermalink", "channel! message_ts!", tier="special")
def get_permalink(ctx: Context, args: Args) -> Json:
    """The address of a message."""
    channel = channel_of(ctx, args.text("channel"))
    message = message_of(ctx, channel, args.text("message_ts"))
    return {"ok": True, "channel": channel.id, "permalink": permalink(ctx, message)}

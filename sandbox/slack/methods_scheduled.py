"""chat.scheduleMessage and its companions, and the posting of what has come due.

Slack itself posts scheduled messages, whether the app is alive or not. Must not read the clock but through the context.
"""

from sandbox.slack import posting
from sandbox.slack.access import draft_of, open_channel
from sandbox.slack.args import Args
from sandbox.slack.context import Context
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.posting import Draft
from sandbox.slack.records import Json, Scheduled
from sandbox.slack.registry import method

FARTHEST = 120 * 86_400
WINDOW = 300
PER_WINDOW = 30
# A scheduled message can no longer be taken back in its last minute.
FROZEN = 60


@method(
    "chat.scheduleMessage",
    "channel! post_at! text blocks attachments markdown_text metadata parse link_names thread_ts "
    "reply_broadcast unfurl_links unfurl_media as_user",
    scopes="chat:write",
)
def schedule(ctx: Context, args: Args) -> Json:
    """Schedules a message for `post_at` (Unix seconds), at most 120 days ahead."""
    channel = open_channel(ctx, args.text("channel"))
    draft = draft_of(ctx, args)
    now, post_at = ctx.now.timestamp(), args.number("post_at", 0)
    if post_at <= now:
        raise SlackError("time_in_past")
    if post_at > now + FARTHEST:
        raise SlackError("time_too_far")
    near = [
        s
        for s in ctx.workspace.scheduled.values()
        if s.channel == channel.id and abs(s.post_at - post_at) < WINDOW
    ]
    if len(near) >= PER_WINDOW:
        raise SlackError("restricted_too_many")
    waiting = Scheduled(
        id=ctx.workspace.next_id("Q"),
        channel=channel.id,
        post_at=post_at,
        created=int(now),
        text=draft.text,
        blocks=draft.blocks,
        attachments=draft.attachments,
        thread_ts=draft.thread_ts,
        broadcast=draft.broadcast,
        metadata=draft.metadata,
    )
    ctx.workspace.scheduled[waiting.id] = waiting
    return {
        "ok": True,
        "channel": channel.id,
        "scheduled_message_id": waiting.id,
        "post_at": post_at,
        "message": {
            "type": "delayed_message",
            "text": draft.text,
            "bot_id": ctx.bot_id,
            "blocks": list(draft.blocks),
        },
    }


@method("chat.deleteScheduledMessage", "channel! scheduled_message_id! as_user", scopes="chat:write")
def delete_scheduled(ctx: Context, args: Args) -> Json:
    """Takes a scheduled message back, unless it has been posted or is less than a minute away."""
    waiting = ctx.workspace.scheduled.get(args.text("scheduled_message_id"))
    if waiting is None or waiting.channel != args.text("channel"):
        raise SlackError("invalid_scheduled_message_id")
    if waiting.post_at - ctx.now.timestamp() < FROZEN:
        raise SlackError("invalid_scheduled_message_id")
    del ctx.workspace.scheduled[waiting.id]
    return {"ok": True}


@method("chat.scheduledMessages.list", "channel cursor latest oldest limit")
def list_scheduled(ctx: Context, args: Args) -> Json:
    """The scheduled messages that have not been posted, soonest first."""
    oldest, latest = args.number("oldest", 0), args.number("latest", 2**40)
    if oldest > latest:
        raise invalid_arguments("oldest must be before latest [json-pointer:/oldest]")
    found = [
        {"id": s.id, "channel_id": s.channel, "post_at": s.post_at, "date_created": s.created, "text": s.text}
        for s in sorted(ctx.workspace.scheduled.values(), key=lambda s: (s.post_at, s.id))
        if oldest <= s.post_at <= latest and args.text("channel", s.channel) == s.channel
    ]
    return {"ok": True, "scheduled_messages": found, "response_metadata": {"next_cursor": ""}}


def post_due(ctx: Context) -> None:
    """Posts every scheduled message whose time has come, in order.

    One with metadata is dropped: Slack documents that such a message is never posted.
    """
    now = ctx.now.timestamp()
    due = sorted(
        (s for s in ctx.workspace.scheduled.values() if s.post_at <= now), key=lambda s: (s.post_at, s.id)
    )
    for waiting in due:
        del ctx.workspace.scheduled[waiting.id]
        if waiting.metadata or ctx.workspace.channels[waiting.channel].archived:
            continue
        draft = Draft(
            text=waiting.text,
            blocks=waiting.blocks,
            attachments=waiting.attachments,
            thread_ts=waiting.thread_ts,
            broadcast=waiting.broadcast,
        )
        posting.post(ctx, waiting.channel, ctx.workspace.bot_user, draft)

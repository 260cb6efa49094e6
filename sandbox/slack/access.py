"""May the app do this here? Finding channels and messages for a Web API call, and refusing as Slack does.

Must not change anything, except that addressing a person by id opens the direct message.
"""

from sandbox.slack.args import Args
from sandbox.slack.blockkit import MESSAGE_BYTES, check_blocks, size_of
from sandbox.slack.context import Context
from sandbox.slack.errors import Refused, SlackError
from sandbox.slack.posting import Draft
from sandbox.slack.records import Channel, Json, Message

UPDATE_CHARACTERS = 4_000
TEXT_CHARACTERS = 40_000


def channel_of(ctx: Context, given: str) -> Channel:
    """A channel by id (or, for public channels, by name) as the bot sees it; else channel_not_found."""
    try:
        channel = ctx.workspace.channel(given)
    except Refused:
        raise SlackError("channel_not_found") from None
    if channel.private and ctx.workspace.bot_user not in channel.members:
        raise SlackError("channel_not_found")
    return channel


def member_channel(ctx: Context, given: str) -> Channel:
    """A channel that the bot is a member of; else channel_not_found or not_in_channel."""
    channel = channel_of(ctx, given)
    if ctx.workspace.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def open_channel(ctx: Context, given: str) -> Channel:
    """A channel the bot may write to: member, and not archived."""
    channel = channel_of(ctx, given)
    if channel.archived:
        raise SlackError("is_archived")
    return member_channel(ctx, given)


def target_channel(ctx: Context, given: str) -> Channel:
    """Where chat.postMessage posts: a channel, or a person's direct message when a user id is given."""
    if given[:1] in ("U", "W") and given in ctx.workspace.users:
        person = ctx.workspace.users[given]
        if person.deleted or person.bot:
            raise SlackError("channel_not_found")
        channel = ctx.workspace.direct(given, ctx.now)
    else:
        channel = channel_of(ctx, given)
    if channel.archived:
        raise SlackError("is_archived")
    if channel.im_user is not None and not ctx.app.messages_tab:
        raise SlackError("messages_tab_disabled")
    public = not channel.private and "chat:write.public" in ctx.app.scopes
    if ctx.workspace.bot_user not in channel.members and not public:
        raise SlackError("not_in_channel")
    return channel


def message_of(ctx: Context, channel: Channel, ts: str) -> Message:
    """A message of a channel; else message_not_found."""
    message = ctx.workspace.find(channel.id, ts)
    if message is None:
        raise SlackError("message_not_found")
    return message


def checked_blocks(ctx: Context, blocks: list[Json]) -> tuple[Json, ...]:
    """Blocks that Slack would take in a message; else invalid_blocks with JSON pointers, or msg_blocks_too_long."""
    problems = check_blocks(blocks, refused=ctx.refuse_blocks)
    if problems:
        raise SlackError("invalid_blocks", errors=problems, response_metadata={"messages": problems})
    if size_of(blocks) > MESSAGE_BYTES:
        raise SlackError("msg_blocks_too_long")
    return tuple(blocks)


def draft_of(ctx: Context, args: Args) -> Draft:
    """What a call wants to say; refuses what Slack refuses (no_text, invalid_blocks, msg_blocks_too_long ...)."""
    blocks = args.array("blocks", "invalid_blocks_format") or []
    text = args.text("text")
    markdown = args.text("markdown_text")
    if markdown:
        if blocks or text:
            raise SlackError("markdown_text_conflict")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    attachments = args.array("attachments", "invalid_attachments") or []
    if not (text.strip() or blocks or attachments):
        raise SlackError("no_text")
    if len(attachments) > 100:
        raise SlackError("too_many_attachments")
    for attachment in attachments:
        checked_blocks(ctx, attachment.get("blocks") or [])
    return Draft(
        text=text[:TEXT_CHARACTERS],
        blocks=checked_blocks(ctx, blocks),
        attachments=tuple(attachments),
        thread_ts=args.maybe("thread_ts"),
        broadcast=args.flag("reply_broadcast"),
        metadata=metadata_of(args),
        username=args.maybe("username"),
    )


def metadata_of(args: Args) -> Json | None:
    """The metadata of a call: {event_type, event_payload}, {} to remove it, or None if it was not given."""
    metadata = args.mapping("metadata", "invalid_metadata_format")
    if not metadata:
        return metadata
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    if size_of(metadata) > 16_000:
        raise SlackError("metadata_too_large")
    return metadata

"""pins.*, bookmarks.*, reactions.*: marks that are put on channels and messages.

Must not know HTTP or tokens.
"""

from dataclasses import replace

from sandbox.slack import posting
from sandbox.slack.access import channel_of, member_channel, message_of
from sandbox.slack.args import Args
from sandbox.slack.context import Context
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.records import Bookmark, Channel, Json, Message, Pin
from sandbox.slack.registry import method
from sandbox.slack.shapes import message_json

MOST_PINS = 100
MOST_BOOKMARKS = 100


def _pinned(ctx: Context, channel: Channel, pins: tuple[Pin, ...], message: Message | None) -> None:
    ctx.workspace.change_channel(channel.id, pins=pins)
    event = {
        "type": "pin",
        "channel": channel.id,
        "ts": message.ts if message else None,
        "pin_count": len(pins),
    }
    ctx.stream.publish(event, lambda user: ctx.workspace.can_see(user, channel.id))
    if message is not None:
        posting.show(ctx, message, "update")


@method("pins.add", "channel! timestamp", scopes="pins:write", tier="t2")
def pins_add(ctx: Context, args: Args) -> Json:
    """Pins a message."""
    channel = member_channel(ctx, args.text("channel"))
    if channel.archived:
        raise SlackError("is_archived")
    if "timestamp" not in args:
        raise SlackError("no_item_specified")
    message = message_of(ctx, channel, args.text("timestamp"))
    if any(pin.ts == message.ts for pin in channel.pins):
        raise SlackError("already_pinned")
    if len(channel.pins) >= MOST_PINS:
        raise SlackError("too_many_pins")
    pin = Pin(message.ts, ctx.workspace.bot_user, int(ctx.now.timestamp()))
    _pinned(ctx, channel, (pin, *channel.pins), message)
    return {"ok": True}


@method("pins.remove", "channel! timestamp", scopes="pins:write", tier="t2")
def pins_remove(ctx: Context, args: Args) -> Json:
    """Takes a pin off a message."""
    channel = member_channel(ctx, args.text("channel"))
    ts = args.text("timestamp")
    if all(pin.ts != ts for pin in channel.pins):
        raise SlackError("no_pin")
    pins = tuple(pin for pin in channel.pins if pin.ts != ts)
    _pinned(ctx, channel, pins, ctx.workspace.find(channel.id, ts))
    return {"ok": True}


@method("pins.list", "channel!", scopes="pins:read", tier="t2")
def pins_list(ctx: Context, args: Args) -> Json:
    """The pinned messages of a channel."""
    channel = channel_of(ctx, args.text("channel"))
    items = []
    for pin in channel.pins:
        message = ctx.workspace.find(channel.id, pin.ts)
        if message is not None:
            shape = {"type": "message", "created": pin.created, "created_by": pin.by, "channel": channel.id}
            items.append({**shape, "message": message_json(ctx, message)})
    return {"ok": True, "items": items}


def _bookmark_json(bookmark: Bookmark) -> Json:
    return {
        "id": bookmark.id,
        "channel_id": bookmark.channel,
        "title": bookmark.title,
        "link": bookmark.link,
        "emoji": bookmark.emoji,
        "type": "link",
        "date_created": bookmark.created,
        "date_updated": 0,
        "last_updated_by_user_id": bookmark.by,
    }


def _bookmarked(ctx: Context, channel: Channel, bookmarks: tuple[Bookmark, ...]) -> None:
    ctx.workspace.change_channel(channel.id, bookmarks=bookmarks)
    event = {"type": "bookmarks", "channel": channel.id, "bookmarks": [_bookmark_json(b) for b in bookmarks]}
    ctx.stream.publish(event, lambda user: ctx.workspace.can_see(user, channel.id))


def _bookmark_of(channel: Channel, bookmark_id: str) -> Bookmark:
    for bookmark in channel.bookmarks:
        if bookmark.id == bookmark_id:
            return bookmark
    raise SlackError("not_found")


def _checked_link(link: str) -> str:
    if not link.startswith(("http://", "https://")) or len(link) > 3_000:
        raise SlackError("invalid_link")
    return link


@method(
    "bookmarks.add",
    "channel_id! title! type! emoji entity_id link parent_id access_level",
    scopes="bookmarks:write",
    tier="t2",
)
def bookmarks_add(ctx: Context, args: Args) -> Json:
    """Adds a link to a channel's bookmark bar."""
    channel = member_channel(ctx, args.text("channel_id"))
    if args.text("type") != "link":
        raise SlackError("invalid_bookmark_type")
    if len(channel.bookmarks) >= MOST_BOOKMARKS:
        raise SlackError("too_many_bookmarks")
    bookmark = Bookmark(
        id=ctx.workspace.next_id("Bk"),
        channel=channel.id,
        title=args.text("title"),
        link=_checked_link(args.text("link")),
        emoji=args.text("emoji"),
        by=ctx.workspace.bot_user,
        created=int(ctx.now.timestamp()),
    )
    _bookmarked(ctx, channel, (*channel.bookmarks, bookmark))
    return {"ok": True, "bookmark": _bookmark_json(bookmark)}


@method("bookmarks.edit", "bookmark_id! channel_id! emoji link title", scopes="bookmarks:write", tier="t2")
def bookmarks_edit(ctx: Context, args: Args) -> Json:
    """Changes a bookmark's title, link or emoji."""
    channel = member_channel(ctx, args.text("channel_id"))
    bookmark = _bookmark_of(channel, args.text("bookmark_id"))
    changed = replace(
        bookmark,
        title=args.text("title", bookmark.title),
        link=_checked_link(args.text("link", bookmark.link)),
        emoji=args.text("emoji", bookmark.emoji),
    )
    _bookmarked(ctx, channel, tuple(changed if b.id == changed.id else b for b in channel.bookmarks))
    return {"ok": True, "bookmark": _bookmark_json(changed)}


@method("bookmarks.remove", "bookmark_id! channel_id! quip_section_id", scopes="bookmarks:write", tier="t2")
def bookmarks_remove(ctx: Context, args: Args) -> Json:
    """Takes a bookmark away."""
    channel = member_channel(ctx, args.text("channel_id"))
    gone = _bookmark_of(channel, args.text("bookmark_id"))
    _bookmarked(ctx, channel, tuple(b for b in channel.bookmarks if b.id != gone.id))
    return {"ok": True}


@method("bookmarks.list", "channel_id!", scopes="bookmarks:read")
def bookmarks_list(ctx: Context, args: Args) -> Json:
    """The bookmark bar of a channel."""
    channel = channel_of(ctx, args.text("channel_id"))
    return {"ok": True, "bookmarks": [_bookmark_json(bookmark) for bookmark in channel.bookmarks]}


def change_reaction(ctx: Context, message: Message, user: str, name: str, *, add: bool) -> Message:
    """Adds or takes away one person's reaction; SlackError already_reacted, no_reaction or invalid_name."""
    name = name.strip(":")
    if not name or not all(letter.isalnum() or letter in "_+-'" for letter in name):
        raise SlackError("invalid_name")
    reactions = dict(message.reactions)
    users = reactions.get(name, ())
    if add and user in users:
        raise SlackError("already_reacted")
    if not add and user not in users:
        raise SlackError("no_reaction")
    reactions[name] = (*users, user) if add else tuple(u for u in users if u != user)
    changed = ctx.workspace.put(
        replace(message, reactions=tuple((n, us) for n, us in reactions.items() if us))
    )
    posting.show(ctx, changed, "update")
    item = {"type": "message", "channel": message.channel, "ts": message.ts}
    kind = "reaction_added" if add else "reaction_removed"
    event = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user}
    ctx.emit(kind, {**event, "event_ts": f"{ctx.now.timestamp():.6f}"})
    return changed


def _reacted(ctx: Context, args: Args, *, add: bool) -> Json:
    for name in ("channel", "timestamp"):
        if name not in args:
            raise invalid_arguments(f"missing required field: {name} [json-pointer:/{name}]")
    channel = member_channel(ctx, args.text("channel"))
    message = message_of(ctx, channel, args.text("timestamp"))
    change_reaction(ctx, message, ctx.workspace.bot_user, args.text("name"), add=add)
    return {"ok": True}


@method("reactions.add", "channel! name! timestamp!", scopes="reactions:write")
def reactions_add(ctx: Context, args: Args) -> Json:
    """Adds the bot's reaction to a message."""
    return _reacted(ctx, args, add=True)


@method("reactions.remove", "channel name! timestamp file file_comment", scopes="reactions:write", tier="t2")
def reactions_remove(ctx: Context, args: Args) -> Json:
    """Takes the bot's reaction off a message."""
    return _reacted(ctx, args, add=False)


@method("reactions.get", "channel timestamp file file_comment full", scopes="reactions:read")
def reactions_get(ctx: Context, args: Args) -> Json:
    """The reactions of a message."""
    channel = channel_of(ctx, args.text("channel"))
    message = message_of(ctx, channel, args.text("timestamp"))
    return {"ok": True, "type": "message", "channel": channel.id, "message": message_json(ctx, message)}

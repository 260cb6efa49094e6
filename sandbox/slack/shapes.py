"""Records as the JSON that Slack's Web API, events and interactive payloads carry.

Must not change anything; each function reads records and gives fresh JSON.
"""

from urllib.parse import quote

from sandbox.slack.context import Context
from sandbox.slack.records import Channel, File, Json, Message, User, View

HIDDEN_TEXT = "This content can't be displayed."


def user_json(ctx: Context, user: User) -> Json:
    """A user object of users.info; the e-mail is there only with the scope users:read.email."""
    profile: Json = {
        "title": user.title_en,
        "real_name": user.name,
        "real_name_normalized": user.name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "status_text": "",
        "status_emoji": "",
        "team": ctx.workspace.team_id,
    }
    if user.bot:
        profile |= {"api_app_id": ctx.app_id, "bot_id": ctx.bot_id}
    elif "users:read.email" in ctx.app.scopes:
        profile["email"] = user.email
    return {
        "id": user.id,
        "team_id": ctx.workspace.team_id,
        "name": user.handle,
        "deleted": user.deleted,
        "real_name": user.name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": user.tz_offset,
        "profile": profile,
        "is_admin": user.admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.guest,
        "is_ultra_restricted": user.guest,
        "is_bot": user.bot,
        "is_app_user": False,
        "updated": 0,
    }


def channel_json(ctx: Context, channel: Channel) -> Json:
    """A conversation object of conversations.info."""
    if channel.im_user is not None:
        person = ctx.workspace.users[channel.im_user]
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_archived": False,
            "is_org_shared": False,
            "user": person.id,
            "is_user_deleted": person.deleted,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "creator": ctx.workspace.bot_user,
        "is_channel": not channel.private,
        "is_group": channel.private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_general": channel.name == "general",
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "is_member": ctx.workspace.bot_user in channel.members,
        "context_team_id": ctx.workspace.team_id,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": channel.purpose, "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def bot_profile(ctx: Context) -> Json:
    """The bot_profile of a message that the app posted."""
    return {
        "id": ctx.bot_id,
        "app_id": ctx.app_id,
        "name": ctx.app.bot_name,
        "deleted": False,
        "team_id": ctx.workspace.team_id,
    }


def message_json(ctx: Context, message: Message, *, metadata: bool = True) -> Json:
    """A message object of conversations.history; `metadata` says whether the caller asked for it."""
    found: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text or (HIDDEN_TEXT if message.blocks else ""),
        "ts": message.ts,
        "team": ctx.workspace.team_id,
    }
    if message.from_app:
        found |= {"bot_id": ctx.bot_id, "app_id": ctx.app_id, "bot_profile": bot_profile(ctx)}
    if message.username:
        found["username"] = message.username
    if message.blocks:
        found["blocks"] = list(message.blocks)
    if message.attachments:
        found["attachments"] = list(message.attachments)
    if message.edited:
        found["edited"] = {"user": message.edited[0], "ts": message.edited[1]}
    if message.metadata and metadata:
        found["metadata"] = message.metadata
    if message.files:
        found["files"] = [file_json(ctx, ctx.workspace.files[file_id]) for file_id in message.files]
    if message.reactions:
        found["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions
        ]
    if any(pin.ts == message.ts for pin in ctx.workspace.channels[message.channel].pins):
        found["pinned_to"] = [message.channel]
    return found | _thread_part(ctx, message)


def _thread_part(ctx: Context, message: Message) -> Json:
    if message.is_reply:
        part: Json = {"thread_ts": message.thread_ts}
        parent = ctx.workspace.find(message.channel, message.thread_ts or "")
        if parent is not None:
            part["parent_user_id"] = parent.user
        if message.broadcast:
            part["subtype"] = "thread_broadcast"
        return part
    replies = ctx.workspace.replies(message.channel, message.ts) if message.only_for is None else []
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users[:5],
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "subscribed": False,
        "is_locked": False,
    }


def view_json(ctx: Context, view: View) -> Json:
    """A view object as views.open answers it and as payloads carry it."""
    body = view.body
    return {
        "id": view.id,
        "team_id": ctx.workspace.team_id,
        "type": view.kind,
        "title": body.get("title"),
        "submit": body.get("submit"),
        "close": body.get("close"),
        "submit_disabled": bool(body.get("submit_disabled", False)),
        "blocks": view.blocks,
        "private_metadata": body.get("private_metadata") or "",
        "callback_id": body.get("callback_id") or "",
        "external_id": view.external_id,
        "state": {"values": view.state},
        "hash": view.hash,
        "clear_on_close": bool(body.get("clear_on_close", False)),
        "notify_on_close": bool(body.get("notify_on_close", False)),
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "app_id": ctx.app_id,
        "app_installed_team_id": ctx.workspace.team_id,
        "bot_id": ctx.bot_id,
    }


PREVIEW_LINES = 5


def file_json(ctx: Context, file: File) -> Json:
    """A file object; of a snippet with its first lines."""
    private = f"{ctx.base_url}/files/{file.id}"
    found: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "alt_txt": file.alt_text,
        "mimetype": file.mimetype,
        "filetype": file.snippet or file.name.rpartition(".")[2],
        "pretty_type": "Plain Text" if file.snippet == "text" else file.mimetype,
        "mode": "snippet" if file.snippet else "hosted",
        "editable": bool(file.snippet),
        "is_external": False,
        "size": file.length,
        "user": file.user or ctx.workspace.bot_user,
        "is_public": bool(file.channels),
        "channels": list(file.channels),
        "url_private": private,
        "url_private_download": f"{ctx.base_url}/files-pri/{file.id}/download/{quote(file.name)}",
        "permalink": private,
    }
    if file.snippet and file.content is not None:
        lines = file.content.decode("utf-8", "replace").split("\n")
        found |= {
            "preview": "\n".join(line[:300] for line in lines[:PREVIEW_LINES]),
            "lines": len(lines),
            "lines_more": max(len(lines) - PREVIEW_LINES, 0),
        }
    return found


def permalink(ctx: Context, message: Message) -> str:
    """The address of a message: on Slack a page of the workspace, here a place on the sandbox's page."""
    path = f"{ctx.base_url}/archives/{message.channel}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        return f"{path}?thread_ts={message.thread_ts}&cid={message.channel}"
    return path

"""The payloads that Slack sends to an app: slash commands, block actions, view submissions, events.

Complete, as Slack's reference shows them. Must not send anything.
"""

from sandbox.slack.context import Context
from sandbox.slack.handing import handed
from sandbox.slack.inputs import Found, first_value, state_of
from sandbox.slack.records import Channel, Json, Message, User, View
from sandbox.slack.shapes import message_json, view_json

# The old verification token; apps check signatures instead, but payloads still carry it.
VERIFICATION = "sandbox-verification-token"


def _envelope(ctx: Context) -> Json:
    return {
        "api_app_id": ctx.app_id,
        "token": VERIFICATION,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _team(ctx: Context) -> Json:
    return {"id": ctx.workspace.team_id, "domain": ctx.workspace.domain}


def _user(ctx: Context, user: User) -> Json:
    return {"id": user.id, "username": user.handle, "name": user.handle, "team_id": ctx.workspace.team_id}


def channel_name(channel: Channel) -> str:
    """The channel's name as payloads give it: private ones are not named."""
    if channel.im_user is not None:
        return "directmessage"
    return "privategroup" if channel.private else channel.name


def response_url(ctx: Context, kind: str, token: str) -> str:
    """The address of a response URL; `kind` is "commands" or "actions"."""
    return f"{ctx.base_url}/{kind}/{ctx.workspace.team_id}/{token}"


def slash_command(ctx: Context, user: User, channel: Channel, command: str, text: str, link: str) -> Json:
    """A slash command. All values are text, as in the form that Slack posts."""
    return {
        "token": VERIFICATION,
        "team_id": ctx.workspace.team_id,
        "team_domain": ctx.workspace.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.handle,
        "command": command,
        "text": text,
        "api_app_id": ctx.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url(ctx, "commands", link),
        "trigger_id": ctx.lent.new_trigger(user.id, ctx.now),
    }


def action_of(ctx: Context, found: Found, value: Json | None) -> Json:
    """One entry of `actions`: the element, what was chosen, and when."""
    element = found.element
    action: Json = {
        "type": element["type"],
        "action_id": found.action_id,
        "block_id": found.block_id,
        "action_ts": f"{ctx.now.timestamp():.6f}",
    }
    for field in ("text", "value", "style", "placeholder", "url"):
        if field in element and element["type"] in ("button", "icon_button"):
            action[field] = element[field]
    if first_value(element) is not None and "placeholder" in element:
        action["placeholder"] = element["placeholder"]
    return {**action, **(value or {})}


def message_action(ctx: Context, user: User, message: Message, action: Json, link: str) -> Json:
    """block_actions of a click in a message. For an ephemeral message Slack does not send the message itself."""
    channel = ctx.workspace.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.only_for is not None,
    }
    if message.is_reply:
        container["thread_ts"] = message.thread_ts
    chosen = ctx.workspace.selections.get((channel.id, message.ts, user.id), {})
    payload: Json = {
        "type": "block_actions",
        "user": _user(ctx, user),
        **_envelope(ctx),
        "container": container,
        "trigger_id": ctx.lent.new_trigger(user.id, ctx.now),
        "team": _team(ctx),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": state_of(list(message.blocks), chosen)},
        "response_url": response_url(ctx, "actions", link),
        "actions": [action],
    }
    if message.only_for is None:
        payload["message"] = message_json(ctx, message)
    return payload


def view_action(ctx: Context, user: User, view: View, action: Json) -> Json:
    """block_actions of a click in a modal or on a Home tab."""
    return {
        "type": "block_actions",
        "user": _user(ctx, user),
        **_envelope(ctx),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": ctx.lent.new_trigger(user.id, ctx.now, view.id),
        "team": _team(ctx),
        "view": _view(ctx, view),
        "actions": [action],
    }


def _view(ctx: Context, view: View) -> Json:
    return {**view_json(ctx, view), "state": {"values": handed(ctx, state_of(view.blocks, view.state))}}


def view_submission(ctx: Context, user: User, view: View) -> Json:
    """view_submission, with what was put into the view."""
    return {
        "type": "view_submission",
        "team": _team(ctx),
        "user": _user(ctx, user),
        **_envelope(ctx),
        "trigger_id": ctx.lent.new_trigger(user.id, ctx.now, view.id),
        "view": _view(ctx, view),
        "response_urls": [],
    }


def view_closed(ctx: Context, user: User, view: View, *, cleared: bool) -> Json:
    """view_closed, for views that asked for it; `cleared` means that the whole stack was closed."""
    return {
        "type": "view_closed",
        "team": _team(ctx),
        "user": _user(ctx, user),
        **_envelope(ctx),
        "view": _view(ctx, view),
        "is_cleared": cleared,
    }


def block_suggestion(ctx: Context, user: User, found: Found, typed: str, view: View | None) -> Json:
    """block_suggestion: what was typed into an external select."""
    payload: Json = {
        "type": "block_suggestion",
        "user": _user(ctx, user),
        "team": _team(ctx),
        **_envelope(ctx),
        "action_id": found.action_id,
        "block_id": found.block_id,
        "value": typed,
        "container": {"type": "view", "view_id": view.id} if view else {"type": "message"},
    }
    return {**payload, "view": _view(ctx, view)} if view else payload


def event_callback(ctx: Context, event: Json) -> Json:
    """An event as the Events API wraps it."""
    return {
        "token": VERIFICATION,
        "team_id": ctx.workspace.team_id,
        "context_team_id": ctx.workspace.team_id,
        "api_app_id": ctx.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": ctx.workspace.next_id("Ev"),
        "event_time": int(ctx.now.timestamp()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": ctx.workspace.team_id,
                "user_id": ctx.workspace.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{ctx.workspace.next_number('event_context')}",
    }

"""auth.test, api.test, team.info, users.*, usergroups.*, dnd.info, blocks.validate: who is who, and is this thing on.

Must not know HTTP; the token was recognised before.
"""

from sandbox.slack.args import Args
from sandbox.slack.blockkit import check_blocks, check_view
from sandbox.slack.context import Context
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.methods_conversations import page_of
from sandbox.slack.records import Json, User, UserGroup
from sandbox.slack.registry import method
from sandbox.slack.shapes import user_json


def _person(ctx: Context, user_id: str) -> User:
    person = ctx.workspace.users.get(user_id)
    if person is None:
        raise SlackError("user_not_found")
    return person


@method("api.test", "error foo", caller="any")
def api_test(_ctx: Context, args: Args) -> Json:
    """Answers what it was asked; with `error`, answers that error."""
    if args.maybe("error"):
        raise SlackError(args.text("error"), args=args.values)
    return {"ok": True, "args": {key: value for key, value in args.values.items() if key != "token"}}


@method("auth.test", tier="special")
def auth_test(ctx: Context, _args: Args) -> Json:
    """Who the token belongs to."""
    return {
        "ok": True,
        "url": f"{ctx.base_url}/",
        "team": ctx.workspace.name,
        "user": ctx.bot.handle,
        "team_id": ctx.workspace.team_id,
        "user_id": ctx.bot.id,
        "bot_id": ctx.bot_id,
        "is_enterprise_install": False,
    }


@method("team.info", "team domain include_slackbot_availability", scopes="team:read")
def team_info(ctx: Context, _args: Args) -> Json:
    """The workspace."""
    team = {"id": ctx.workspace.team_id, "name": ctx.workspace.name, "domain": ctx.workspace.domain}
    return {"ok": True, "team": {**team, "url": f"{ctx.base_url}/", "email_domain": "", "icon": {}}}


@method("users.info", "user! include_locale", scopes="users:read", tier="t4")
def users_info(ctx: Context, args: Args) -> Json:
    """One person."""
    return {"ok": True, "user": user_json(ctx, _person(ctx, args.text("user")))}


@method("users.list", "cursor include_locale limit", scopes="users:read", tier="t2")
def users_list(ctx: Context, args: Args) -> Json:
    """Everybody, those who have left too."""
    page, cursor = page_of([user_json(ctx, user) for user in ctx.workspace.users.values()], args)
    return {"ok": True, "members": page, "cache_ts": 0, "response_metadata": {"next_cursor": cursor}}


@method("users.lookupByEmail", "email!", scopes="users:read.email")
def users_lookup(ctx: Context, args: Args) -> Json:
    """The person with this e-mail address."""
    wanted = args.text("email").casefold()
    for user in ctx.workspace.users.values():
        if user.email and user.email.casefold() == wanted and not user.deleted:
            return {"ok": True, "user": user_json(ctx, user)}
    raise SlackError("users_not_found")


@method("users.profile.get", "user include_labels", scopes="users.profile:read users:read", tier="t4")
def users_profile(ctx: Context, args: Args) -> Json:
    """A person's profile."""
    return {"ok": True, "profile": user_json(ctx, _person(ctx, args.text("user", ctx.bot.id)))["profile"]}


@method("users.getPresence", "user", scopes="users:read")
def users_presence(ctx: Context, args: Args) -> Json:
    """Whether a person is active or away."""
    presence = _person(ctx, args.text("user", ctx.bot.id)).presence
    return {"ok": True, "presence": presence}


@method("dnd.info", "user", scopes="dnd:read")
def dnd_info(ctx: Context, args: Args) -> Json:
    """A person's next Do Not Disturb span."""
    person = _person(ctx, args.text("user", ctx.bot.id))
    start, end = person.dnd or (1, 1)
    return {
        "ok": True,
        "dnd_enabled": person.dnd is not None,
        "next_dnd_start_ts": start,
        "next_dnd_end_ts": end,
    }


def _group_json(ctx: Context, group: UserGroup, with_users: bool) -> Json:
    shape: Json = {
        "id": group.id,
        "team_id": ctx.workspace.team_id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "date_delete": 1 if group.disabled else 0,
        "user_count": len(group.users),
        "prefs": {"channels": [], "groups": []},
    }
    return {**shape, "users": list(group.users)} if with_users else shape


@method(
    "usergroups.list", "include_count include_disabled include_users", scopes="usergroups:read", tier="t2"
)
def usergroups_list(ctx: Context, args: Args) -> Json:
    """The user groups."""
    wanted = [g for g in ctx.workspace.groups.values() if not g.disabled or args.flag("include_disabled")]
    return {
        "ok": True,
        "usergroups": [_group_json(ctx, group, args.flag("include_users")) for group in wanted],
    }


@method("usergroups.users.list", "usergroup! include_disabled", scopes="usergroups:read", tier="t2")
def usergroups_users(ctx: Context, args: Args) -> Json:
    """The people of a user group."""
    group = ctx.workspace.groups.get(args.text("usergroup"))
    if group is None or (group.disabled and not args.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"ok": True, "users": list(group.users)}


@method("blocks.validate", "blocks message view")
def blocks_validate(ctx: Context, args: Args) -> Json:
    """Checks blocks, a message or a view without posting it."""
    blocks = args.array("blocks", "invalid_arguments")
    message = args.mapping("message", "invalid_arguments")
    view = args.mapping("view", "invalid_arguments")
    if [blocks is None, message is None, view is None].count(False) != 1:
        raise invalid_arguments("exactly one of blocks, message, view is required [json-pointer:/]")
    if view is not None:
        problems = check_view(view, refused=ctx.refuse_blocks)
    else:
        listed = blocks if blocks is not None else (message or {}).get("blocks") or []
        problems = check_blocks(listed, refused=ctx.refuse_blocks)
    if problems:
        errors = [{"message": p, "code": "failed_constraint", "pointer": _pointer(p)} for p in problems]
        raise SlackError("invalid_blocks", errors=errors)
    return {"ok": True}


def _pointer(sentence: str) -> str:
    return sentence.rpartition("[json-pointer:")[2].rstrip("]")


@method("apps.connections.open", tier="t1", caller="app")
def connections_open(ctx: Context, _args: Args) -> Json:
    """The address of a new socket; it holds for one connection."""
    socket = ctx.base_url.replace("http://", "ws://", 1)
    ticket = ctx.lent.new_ticket(ctx.now)
    return {"ok": True, "url": f"{socket}/link/?ticket={ticket}&app_id={ctx.app_id}"}

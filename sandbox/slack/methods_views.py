"""views.open, views.push, views.update, views.publish, and what a submission's response_action does to the stack.

Must not know how a click is delivered; triggers are exchanged here, and a modal holds at most three views.
"""

import hashlib
from dataclasses import replace

from sandbox.slack.args import Args
from sandbox.slack.blockkit import VIEW_BYTES, check_view, size_of
from sandbox.slack.context import Context
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.handing import refuse_without_scope
from sandbox.slack.posting import with_ids
from sandbox.slack.records import Json, View
from sandbox.slack.registry import method
from sandbox.slack.screen import seen_view
from sandbox.slack.shapes import view_json

DEEPEST = 3


def checked_view(ctx: Context, body: Json | None, kind: str) -> Json:
    """A view body that Slack would take, with block ids; else invalid_arguments or view_too_large."""
    if body is None:
        raise invalid_arguments("missing required field: view [json-pointer:/view]")
    if body.get("type") != kind:
        raise invalid_arguments(f"must be a {kind} view [json-pointer:/view/type]")
    if size_of(body) > VIEW_BYTES:
        raise SlackError("view_too_large")
    problems = check_view(body, refused=ctx.refuse_blocks)
    if problems:
        raise SlackError("invalid_arguments", response_metadata={"messages": problems})
    refuse_without_scope(ctx, body["blocks"])
    return {**body, "blocks": list(with_ids(ctx, tuple(body["blocks"])))}


def _new_hash(ctx: Context, view_id: str) -> str:
    count = ctx.workspace.next_number("hash")
    return f"{int(ctx.now.timestamp())}.{hashlib.sha256(f'{view_id} {count}'.encode()).hexdigest()[:8]}"


def _check_external_id(ctx: Context, external_id: str, own: str | None) -> None:
    if not external_id:
        return
    open_views = [view for stack in ctx.workspace.modals.values() for view in stack]
    if any(view.external_id == external_id and view.id != own for view in open_views):
        raise SlackError("duplicate_external_id")


def show_view(ctx: Context, view: View, kind: str) -> None:
    """Tells the page of the view's owner: `kind` is view_open, view_update or home."""
    ctx.stream.publish({"type": kind, "view": seen_view(view)}, lambda user: user == view.user)


def _place(ctx: Context, user: str, body: Json, below: View | None) -> View:
    external_id = str(body.get("external_id") or "")
    _check_external_id(ctx, external_id, None)
    view_id = ctx.workspace.next_id("V")
    view = View(
        id=view_id,
        user=user,
        kind="modal",
        body=body,
        hash=_new_hash(ctx, view_id),
        root=below.root if below else view_id,
        previous=below.id if below else None,
        external_id=external_id,
    )
    stack = ctx.workspace.modals.get(user, []) if below else []
    ctx.workspace.modals[user] = [*stack, view]
    show_view(ctx, view, "view_open")
    return view


def push_view(ctx: Context, user: str, body: Json) -> View:
    """Puts a view on top of a person's stack; push_limit_reached beyond three."""
    stack = ctx.workspace.modals.get(user, [])
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= DEEPEST:
        raise SlackError("push_limit_reached")
    return _place(ctx, user, body, stack[-1])


def change_view(ctx: Context, view: View, body: Json) -> View:
    """Replaces what a view shows; what was typed stays where block_id and action_id are the same."""
    external_id = str(body.get("external_id") or view.external_id)
    _check_external_id(ctx, external_id, view.id)
    kept_blocks = {block["block_id"] for block in body["blocks"]}
    state = {block: values for block, values in view.state.items() if block in kept_blocks}
    changed = replace(
        view, body=body, hash=_new_hash(ctx, view.id), external_id=external_id, state=state, errors={}
    )
    ctx.workspace.put_view(changed)
    show_view(ctx, changed, "view_update" if view.kind == "modal" else "home")
    return changed


@method("views.open", "trigger_id interactivity_pointer view!", tier="t4")
def open_view(ctx: Context, args: Args) -> Json:
    """Opens a modal for the person whose act gave the trigger."""
    body = checked_view(ctx, args.mapping("view", "invalid_arguments"), "modal")
    trigger = ctx.lent.exchange(args.text("trigger_id") or args.text("interactivity_pointer"), ctx.now)
    return {"ok": True, "view": view_json(ctx, _place(ctx, trigger.user, body, None))}


@method("views.push", "trigger_id interactivity_pointer view!", tier="t4")
def push(ctx: Context, args: Args) -> Json:
    """Puts a view on top of the modal whose button gave the trigger."""
    body = checked_view(ctx, args.mapping("view", "invalid_arguments"), "modal")
    trigger = ctx.lent.exchange(args.text("trigger_id") or args.text("interactivity_pointer"), ctx.now)
    if trigger.view_id is None:
        raise invalid_arguments("the trigger_id must come from a modal [json-pointer:/trigger_id]")
    return {"ok": True, "view": view_json(ctx, push_view(ctx, trigger.user, body))}


@method("views.update", "view_id external_id view! hash", tier="t4")
def update(ctx: Context, args: Args) -> Json:
    """Replaces an open view, unless it has changed since the given hash."""
    view_id, external_id = args.maybe("view_id"), args.maybe("external_id")
    if not (view_id or external_id):
        raise invalid_arguments("either view_id or external_id is required [json-pointer:/view_id]")
    open_views = [view for stack in ctx.workspace.modals.values() for view in stack] + list(
        ctx.workspace.homes.values()
    )
    found = next(
        (v for v in open_views if v.id == view_id or (external_id and v.external_id == external_id)), None
    )
    if found is None:
        raise SlackError("not_found")
    if "hash" in args and args.text("hash") != found.hash:
        raise SlackError("hash_conflict")
    body = checked_view(ctx, args.mapping("view", "invalid_arguments"), found.kind)
    return {"ok": True, "view": view_json(ctx, change_view(ctx, found, body))}


@method("views.publish", "user_id! view! hash", tier="t4")
def publish(ctx: Context, args: Args) -> Json:
    """Publishes a person's Home tab."""
    if not ctx.app.home_tab:
        raise SlackError("not_enabled")
    body = checked_view(ctx, args.mapping("view", "invalid_arguments"), "home")
    person = ctx.workspace.users.get(args.text("user_id"))
    if person is None or person.bot:
        raise invalid_arguments("invalid user_id [json-pointer:/user_id]")
    home = ctx.workspace.homes.get(person.id)
    if "hash" in args and home is not None and args.text("hash") != home.hash:
        raise SlackError("hash_conflict")
    if home is None:
        view_id = ctx.workspace.next_id("V")
        home = View(
            id=view_id, user=person.id, kind="home", body=body, hash=_new_hash(ctx, view_id), root=view_id
        )
    return {"ok": True, "view": view_json(ctx, change_view(ctx, home, body))}

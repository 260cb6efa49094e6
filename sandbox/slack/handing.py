"""Files that people hand to the app: through the file input of a window, and how the app gets at their content.

What Slack's client refuses by itself (another ending, too many, over 10 MB) never reaches the app. Must not know HTTP.
"""

import mimetypes

from sandbox.slack.blockkit import elements_of
from sandbox.slack.context import Context
from sandbox.slack.errors import Refused, SlackError
from sandbox.slack.records import File, Json, User
from sandbox.slack.shapes import file_json

LARGEST = 10_000_000
SCOPE = "files:read"


def hand(ctx: Context, person: User, name: str, content: bytes) -> File:
    """Keeps a file of a person's for the app; nobody else sees it. Refused for an empty or too large one."""
    if not content:
        raise Refused("An empty file cannot be uploaded.")
    if len(content) > LARGEST:
        raise Refused("A file input takes files of at most 10 MB.")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = File(
        id=ctx.workspace.next_id("F"),
        name=name[:255] or "file",
        length=len(content),
        mimetype=kind,
        content=content,
        created=int(ctx.now.timestamp()),
        completed=True,
        user=person.id,
    )
    ctx.workspace.files[file.id] = file
    return file


def handed(ctx: Context, values: Json) -> Json:
    """state.values as a submission carries it: where ids of files stand, the files' objects."""
    return {
        block: {action: _whole(ctx, value) for action, value in actions.items()}
        for block, actions in values.items()
    }


def _whole(ctx: Context, value: Json) -> Json:
    if value.get("type") != "file_input":
        return value
    files = (ctx.workspace.files.get(str(one)) for one in value.get("files") or ())
    return {**value, "files": [file_json(ctx, file) for file in files if file is not None]}


def troubles(ctx: Context, blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's client says of files that an input does not take, by block_id."""
    found: dict[str, str] = {}
    for block in blocks:
        element = block.get("element") or {}
        if block.get("type") != "input" or element.get("type") != "file_input":
            continue
        value = values.get(block["block_id"], {}).get(element.get("action_id"), {})
        trouble = _trouble(ctx, element, [str(one) for one in value.get("files") or ()])
        if trouble:
            found[block["block_id"]] = trouble
    return found


def _trouble(ctx: Context, element: Json, ids: list[str]) -> str:
    files = [ctx.workspace.files.get(one) for one in ids]
    if None in files:
        return "This file is not there any more."
    if len(files) > element.get("max_files", 10):
        return f"Please choose at most {element['max_files']} files."
    endings = element.get("filetypes")
    if endings and any(file and file.name.rpartition(".")[2].lower() not in endings for file in files):
        return f"Please choose a file of this type: {', '.join(endings)}."
    return ""


def refuse_without_scope(ctx: Context, blocks: list[Json]) -> None:
    """missing_scope for a view with a file input of an app that may not read files."""
    if SCOPE not in ctx.app.scopes and any(
        element.get("type") == "file_input" for block in blocks for element in elements_of(block)
    ):
        raise SlackError("missing_scope", needed=SCOPE, provided=",".join(sorted(ctx.app.scopes)))


def private_content(ctx: Context, file_id: str, token: str, bot_token: str) -> bytes | None:
    """A file's bytes for the app's token; None for anybody else, whom Slack sends to its page for signing in."""
    file = ctx.workspace.files.get(file_id)
    if token != f"Bearer {bot_token}" or SCOPE not in ctx.app.scopes:
        return None
    return None if file is None else file.content

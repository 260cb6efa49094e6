"""Uploading files in Slack's three steps: ask for a URL, send the bytes, complete and share.

The bytes arrive through `receive`; serving them is the server's affair. Must not know HTTP.
"""

import mimetypes
from dataclasses import replace

from sandbox.slack import posting
from sandbox.slack.access import checked_blocks, open_channel
from sandbox.slack.args import Args
from sandbox.slack.context import Context
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.posting import Draft
from sandbox.slack.records import File, Json
from sandbox.slack.registry import method
from sandbox.slack.shapes import file_json

LARGEST = 50_000_000
LARGEST_SNIPPET = 1_000_000
ALT_TEXT = 1_000
CHANNELS = 100
# Of the many syntaxes that Slack knows, those that a deployment's output may have.
SNIPPETS = frozenset(
    {
        "csv",
        "diff",
        "dockerfile",
        "html",
        "javascript",
        "json",
        "markdown",
        "python",
        "shell",
        "sql",
        "text",
        "xml",
        "yaml",
    }
)


@method(
    "files.getUploadURLExternal", "filename! length! alt_txt snippet_type", scopes="files:write", tier="t4"
)
def get_upload_url(ctx: Context, args: Args) -> Json:
    """Announces a file of `length` bytes; answers where to send it."""
    length = args.number("length", 0)
    snippet = args.text("snippet_type")
    if length == 0:
        raise SlackError("missing_argument")
    if length < 0:
        raise invalid_arguments("must be greater than 0 [json-pointer:/length]")
    if len(args.text("alt_txt")) > ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    if snippet and snippet not in SNIPPETS:
        raise SlackError("unknown_snippet_type")
    if snippet and length > LARGEST_SNIPPET:
        raise SlackError("snippet_too_large")
    if length > LARGEST:
        raise SlackError("file_upload_size_restricted")
    file = File(
        id=ctx.workspace.next_id("F"),
        name=args.text("filename"),
        length=length,
        alt_text=args.text("alt_txt"),
        mimetype="text/plain"
        if snippet
        else mimetypes.guess_type(args.text("filename"))[0] or "application/octet-stream",
        created=int(ctx.now.timestamp()),
        snippet=snippet,
    )
    ctx.workspace.files[file.id] = file
    return {"ok": True, "upload_url": f"{ctx.base_url}/upload/v1/{file.id}", "file_id": file.id}


def receive(ctx: Context, file_id: str, content: bytes) -> File:
    """Takes a file's bytes; SlackError file_not_found, or invalid_arguments when the size is not the announced one."""
    file = ctx.workspace.files.get(file_id)
    if file is None or file.content is not None:
        raise SlackError("file_not_found")
    if len(content) != file.length:
        raise invalid_arguments(
            f"{file.length} bytes were announced, {len(content)} came [json-pointer:/length]"
        )
    stored = replace(file, content=content)
    ctx.workspace.files[file_id] = stored
    return stored


@method(
    "files.completeUploadExternal",
    "files! channel_id channels initial_comment thread_ts blocks",
    scopes="files:write",
    tier="t4",
)
def complete_upload(ctx: Context, args: Args) -> Json:
    """Finishes uploads and, with a channel, shares them there as one message."""
    wanted = args.array("files", "invalid_arguments") or []
    named = [*args.listing("channels"), *args.listing("channel_id")]
    if len(named) > CHANNELS:
        raise SlackError("channels_limit_exceeded")
    targets = [open_channel(ctx, name) for name in named]
    blocks = [] if args.text("initial_comment") else (args.array("blocks", "invalid_blocks") or [])
    shown = checked_blocks(ctx, blocks)
    done = []
    for entry in wanted:
        file = ctx.workspace.files.get(str(entry.get("id")))
        if file is None or file.content is None or file.completed:
            raise SlackError("file_not_found")
        title = str(entry.get("title") or file.name)
        done.append(replace(file, title=title, channels=tuple(c.id for c in targets), completed=True))
    if not done:
        raise invalid_arguments("at least one file is needed [json-pointer:/files]")
    for file in done:
        ctx.workspace.files[file.id] = file
    for channel in targets:
        draft = Draft(
            text=args.text("initial_comment"),
            blocks=shown,
            thread_ts=args.maybe("thread_ts"),
            files=tuple(file.id for file in done),
        )
        posting.post(ctx, channel.id, ctx.workspace.bot_user, draft)
    return {"ok": True, "files": [file_json(ctx, file) for file in done]}


@method("files.info", "file! cursor limit page count", scopes="files:read", tier="t4")
def files_info(ctx: Context, args: Args) -> Json:
    """One file."""
    file = ctx.workspace.files.get(args.text("file"))
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    found: Json = {"ok": True, "file": file_json(ctx, file), "comments": []}
    return found | ({"content": file.content.decode("utf-8", "replace")} if file.snippet else {})

"""What an app answers to a command or a click: through the acknowledgement or the response URL.

Must not know HTTP; uses are counted in links.py.
"""

from dataclasses import replace

from sandbox.slack import posting
from sandbox.slack.access import draft_of
from sandbox.slack.args import Args
from sandbox.slack.context import Context
from sandbox.slack.links import Link
from sandbox.slack.posting import Draft
from sandbox.slack.records import Json, Message


def respond(ctx: Context, link: Link, body: Json) -> Message | None:
    """Carries an answer out: a private message by default, in_channel, or a change of the original message.

    SlackError as chat.postMessage would give it (no_text, invalid_blocks ...).
    """
    args = Args(body)
    original = _original(ctx, link)
    if args.flag("delete_original"):
        if original is not None:
            posting.delete(ctx, original)
        return None
    draft = draft_of(ctx, args)
    if args.flag("replace_original") and original is not None:
        message = _replace(ctx, original, draft)
    elif args.text("response_type") == "in_channel":
        message = posting.post(ctx, link.channel, ctx.workspace.bot_user, draft)
    else:
        if link.thread_ts and not draft.thread_ts:
            draft = replace(draft, thread_ts=link.thread_ts)
        message = posting.whisper(ctx, link.channel, link.user, ctx.workspace.bot_user, draft)
    ctx.lent.answered(link.token, message.ts, private=message.only_for is not None)
    return message


def _original(ctx: Context, link: Link) -> Message | None:
    if link.ts is None:
        return None
    if link.ephemeral:
        return ctx.workspace.ephemerals.get(link.user, {}).get(link.ts)
    return ctx.workspace.find(link.channel, link.ts)


def _replace(ctx: Context, original: Message, draft: Draft) -> Message:
    changed = replace(original, text=draft.text, blocks=draft.blocks, attachments=draft.attachments)
    return posting.edit(ctx, original, changed)

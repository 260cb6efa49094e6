"""A text as a file in a thread, in Slack's three steps: ask for an address, send the bytes there, share what came.

Nothing is seen by anybody before the last step, so only its outcome can be unknown. It must not know what the text is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.faults import RAISED, as_failure
from bot.errors import GaveUp, TryLater

Call = Callable[[Awaitable[AsyncSlackResponse]], Awaitable[dict[str, Any]]]


async def upload(
    client: AsyncWebClient,
    call: Call,
    channel: str,
    thread_ts: str,
    content: bytes,
    *,
    name: str,
    title: str,
    comment: str,
    timeout_s: float,
    kind: str | None = "text",
) -> str:
    """Shares `content` (UTF-8, at most a megabyte) under a message, or in the channel itself where `thread_ts` is ''; returns the
    file's id. `kind` is Slack's name for how it is shown; None leaves that to the file's name. Raises TryLater (`unknown`: it may
    stand there) or GaveUp, with Slack's word in `code`."""
    place = await call(
        client.files_getUploadURLExternal(filename=name, length=len(content), snippet_type=kind)
    )
    await _sent(client, str(place["upload_url"]), content, timeout_s)
    file_id = str(place["file_id"])
    await call(
        client.files_completeUploadExternal(
            files=[{"id": file_id, "title": title}],
            channel_id=channel,
            thread_ts=thread_ts or None,
            initial_comment=comment,
        )
    )
    return file_id


async def _sent(client: AsyncWebClient, url: str, content: bytes, timeout_s: float) -> None:
    """To an address of Slack's own making, which needs no token."""
    if client.session is None:
        raise GaveUp("The Slack client has no session to send a file with.")
    try:
        async with asyncio.timeout(timeout_s), client.session.post(url, data=content) as answer:
            if answer.status != 200:
                raise TryLater(1.0, f"Slack did not take the file (HTTP {answer.status}).", code="upload")
    except RAISED as problem:
        failed = as_failure(problem, "Slack's place for files")
        raise TryLater(1.0, failed.reason, code="upload") from None

"""The content of a file that somebody has given to the bot in Slack: asked for by its id, fetched from Slack's own hosts, with a bound.

What a payload says about a file is not believed: where it lies is asked of Slack. It must not know what is in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.faults import RAISED, as_failure
from bot.errors import GaveUp, TryLater

Call = Callable[[Awaitable[AsyncSlackResponse]], Awaitable[dict[str, Any]]]
_CHUNK = 65_536


async def download(
    client: AsyncWebClient, call: Call, file_id: str, *, most: int, timeout_s: float
) -> tuple[str, bytes]:
    """The file's name and its content, of at most `most` bytes. Raises TryLater or GaveUp, with `code` 'too-large' for a larger one and
    Slack's own word otherwise."""
    file = (await call(client.files_info(file=file_id))).get("file") or {}
    if int(file.get("size") or 0) > most:
        raise _too_large(most)
    url = str(file.get("url_private_download") or "")
    if not is_slacks(url, client.base_url):
        raise GaveUp("The file does not lie on Slack's own hosts.", code="elsewhere")
    return str(file.get("name") or file_id), await _content(client, url, most, timeout_s)


def is_slacks(url: str, base_url: str) -> bool:
    """Whether the bot's token may be sent there: to slack.com over TLS, or to where the Web API itself is."""
    there, here = urlsplit(url), urlsplit(base_url)
    host = there.hostname or ""
    if there.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com")):
        return True
    return bool(host) and (there.scheme, there.netloc) == (here.scheme, here.netloc)


async def _content(client: AsyncWebClient, url: str, most: int, timeout_s: float) -> bytes:
    if client.session is None:
        raise GaveUp("The Slack client has no session to fetch a file with.")
    try:
        async with (
            asyncio.timeout(timeout_s),
            client.session.get(
                url, headers={"Authorization": f"Bearer {client.token}"}, allow_redirects=False
            ) as answer,
        ):
            if answer.status != 200:  # without the right to it Slack sends one to its page for signing in
                raise GaveUp(f"Slack did not give the file (HTTP {answer.status}).", code="download")
            return await _read(answer, most)
    except RAISED as problem:
        failed = as_failure(problem, "Slack's place for files")
        raise TryLater(1.0, failed.reason, code="download") from None


async def _read(answer: aiohttp.ClientResponse, most: int) -> bytes:
    parts, size = [], 0
    async for part in answer.content.iter_chunked(_CHUNK):
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


def _too_large(most: int) -> GaveUp:
    return GaveUp(f"The file is larger than {most} bytes.", code="too-large")

"""Slash commands as Slack posts them: signed, over connections that stay open, timed from the first byte out to the last byte in.

The client is as small as it can be, because what it costs is added to both sides and would flatter the ratio.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from storage.clock import utcnow


@dataclass(frozen=True)
class Typed:
    """Who types what, where."""

    user: str
    channel: str
    team: str
    command: str
    text: str


class Slack:
    """Makes the requests of one signing secret. Every one is another act: its trigger is new."""

    def __init__(self, secret: str, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self._secret = secret
        self._count = 0

    def requests(self, typed: Typed, how_many: int) -> list[bytes]:
        """Ready to be written to a connection."""
        return [self._request(typed) for _ in range(how_many)]

    def _request(self, typed: Typed) -> bytes:
        self._count += 1
        body = urlencode(
            {
                "token": "unused", "team_id": typed.team, "team_domain": "benchmark", "channel_id": typed.channel,
                "channel_name": "deployment", "user_id": typed.user, "user_name": "somebody", "command": typed.command,
                "text": typed.text, "api_app_id": "A0CAPTAIN", "is_enterprise_install": "false",
                "response_url": "http://127.0.0.1:9/never-used", "trigger_id": f"{self._count}.{self.port}.bench",
            }
        ).encode()  # fmt: skip
        stamp = str(int(utcnow().timestamp()))
        signed = hmac.new(self._secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        head = (
            f"POST /slack/events HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\nX-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={signed}\r\n\r\n"
        )
        return head.encode() + body


class Connection:
    """One connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, slack: Slack) -> Connection:
        """A new one."""
        return cls(*await asyncio.open_connection(slack.host, slack.port))

    async def ask(self, request: bytes) -> tuple[float, bytes]:
        """(milliseconds, body). RuntimeError when the answer is not a 200."""
        began = time.perf_counter()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        body = await self._reader.readexactly(length)
        took = (time.perf_counter() - began) * 1000.0
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head.splitlines()[0].decode()}: {body[:200].decode(errors='replace')}")
        return took, body

    async def close(self) -> None:
        """Hangs up."""
        self._writer.close()
        await self._writer.wait_closed()


async def burst(connections: list[Connection], requests: list[bytes], expected: bytes) -> list[float]:
    """All requests over all connections at once, each connection one after the other; the milliseconds of each.

    RuntimeError when an answer does not hold `expected`: a refusal would be fast, and prove nothing."""
    waiting = iter(requests)
    took: list[float] = []

    async def work(connection: Connection, mine: Iterator[bytes]) -> None:
        for request in mine:
            spent, body = await connection.ask(request)
            if expected not in body:
                raise RuntimeError(f"not the answer that was expected: {body[:300].decode(errors='replace')}")
            took.append(spent)

    await asyncio.gather(*(work(connection, waiting) for connection in connections))
    return took

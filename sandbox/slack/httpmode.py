"""Deliveries over HTTP: signed POSTs to the app's request URL, as Slack sends them without Socket Mode.

Must not know what is in a payload.
"""

import asyncio
import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import aiohttp

from sandbox.clock import utcnow
from sandbox.slack.context import Context
from sandbox.slack.records import Json
from sandbox.slack.socketmode import Ack


def signature(secret: str, timestamp: str, body: str) -> str:
    """Slack's v0 signature: HMAC-SHA256 over "v0:timestamp:body"."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()


class HttpDelivery:
    """Posts payloads to `url` and reads the answer as the acknowledgement."""

    def __init__(self, ctx: Context, *, secret: str, ack_timeout: float) -> None:
        self._ctx = ctx
        self._secret = secret
        self._ack_timeout = ack_timeout
        self._session: aiohttp.ClientSession | None = None
        self.url = ""

    async def send(self, kind: str, payload: Json, *, accepts: bool, retry: tuple[int, str] = (0, "")) -> Ack:
        """Posts one payload: form-encoded for commands and interactions, JSON for events."""
        body, content_type = _encoded(kind, payload)
        # Signatures are checked against the real time by the app, whatever the sandbox's clock says.
        timestamp = str(int(utcnow().timestamp()))
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
            "User-Agent": "Slackbot 1.0 (sandbox)",
        }
        if retry[0]:
            headers |= {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
        record = self._ctx.log.delivery(
            self._ctx.now,
            kind=kind,
            envelope_id=f"{self._ctx.workspace.next_number('envelope'):08d}-http",
            via="http",
            attempt=retry[0],
            payload=payload,
        )
        copies = self._ctx.faults.take_duplicates()
        started = time.monotonic()
        acks = [await self._post(body, headers, accepts=accepts, started=started) for _ in range(copies)]
        ack = acks[0]
        record.error, record.ack_ms = ack.error or None, ack.ms if ack.ok else None
        self._ctx.log.done()
        return ack

    async def _post(self, body: str, headers: dict[str, str], *, accepts: bool, started: float) -> Ack:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=self._ack_timeout)
        try:
            async with self._session.post(
                self.url, data=body.encode(), headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                text = await response.text()
                spent = (time.monotonic() - started) * 1_000
                if response.status != 200:
                    return Ack(ok=False, ms=spent, error="http_service_error")
                return Ack(
                    ok=True, ms=spent, payload=_answered(text, response.content_type) if accepts else None
                )
        except TimeoutError:
            return Ack(ok=False, ms=self._ack_timeout * 1_000, error="operation_timeout")
        except aiohttp.ClientError:
            return Ack(ok=False, ms=(time.monotonic() - started) * 1_000, error="dispatch_failed")

    async def stop(self) -> None:
        """Closes the connections to the app."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)


def _encoded(kind: str, payload: Json) -> tuple[str, str]:
    form = "application/x-www-form-urlencoded"
    if kind == "slash_commands":
        return urlencode(payload), form
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}), form
    return json.dumps(payload), "application/json"


def _answered(text: str, content_type: str) -> Json:
    if not text.strip():
        return {}
    if content_type == "application/json":
        try:
            answer = json.loads(text)
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}
    return {"text": text}

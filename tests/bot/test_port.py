"""The bot's port: what Slack sends over HTTP reaches the listeners as Bolt itself would have read it, and only when it is signed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.bolt import bolt_app
from bot.http import FORM, Port
from storage.clock import utcnow

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # the published example's
IDENTITY = {"bot_id": "B1", "user_id": "U1"}


class Seen(AsyncMiddleware):
    """Stands where the listeners would, and keeps what it was given."""

    def __init__(self) -> None:
        self.requests: list[AsyncBoltRequest] = []

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        self.requests.append(req)
        return BoltResponse(status=200, body={"text": "여기 있습니다"})


@asynccontextmanager
async def port(seen: Seen) -> AsyncIterator[str]:
    async def ready() -> dict[str, Any]:
        return {"ready": True}

    app = bolt_app(AsyncWebClient(token="xoxb-1"), IDENTITY, signing_secret=SECRET, verified=True)
    app.use(seen)
    opened = Port("127.0.0.1", 0, ready, app)
    await opened.start()
    try:
        yield f"{opened.url}/slack/events"
    finally:
        await opened.stop()


async def post(url: str, body: str, *, secret: str = SECRET, kind: str = FORM) -> tuple[int, str, str]:
    """(status, content type, text) of the answer to a signed request."""
    stamp = str(int(utcnow().timestamp()))
    signed = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signed}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body.encode(), headers=headers) as answer,
    ):
        return answer.status, answer.headers["Content-Type"], await answer.text()


def as_bolt_reads(body: str, kind: str = FORM) -> AsyncBoltRequest:
    return AsyncBoltRequest(body=body, headers={"content-type": kind})


fields = st.dictionaries(st.text(min_size=1).filter(lambda name: name != "payload"), st.text(), min_size=1)


@settings(max_examples=draws(40), deadline=None)
@given(fields)
def test_a_form_is_read_as_bolt_reads_it(form: dict[str, str]) -> None:
    asyncio.run(_read_alike(urlencode(form | {"team_id": "T1", "user_id": "U2"}, errors="surrogatepass")))


@pytest.mark.parametrize(
    "payload",
    [
        {
            "type": "block_actions",
            "team": {"id": "T1"},
            "user": {"id": "U2"},
            "actions": [{"value": "a&b=c+d %"}],
        },
        {
            "type": "view_submission",
            "user": {"id": "U2", "team_id": "T1"},
            "view": {"id": "V1", "title": "요약"},
        },
    ],
)
async def test_a_payload_is_read_as_bolt_reads_it(payload: dict[str, Any]) -> None:
    await _read_alike(urlencode({"payload": json.dumps(payload, ensure_ascii=False)}))


async def _read_alike(body: str, kind: str = FORM) -> None:
    seen = Seen()
    async with port(seen) as url:
        status, said, text = await post(url, body, kind=kind)
    assert (status, said) == (200, "application/json;charset=utf-8")
    assert json.loads(text) == {"text": "여기 있습니다"}
    (got,), wanted = seen.requests, as_bolt_reads(body, kind)
    assert (got.body, got.raw_body, got.mode) == (wanted.body, wanted.raw_body, wanted.mode)
    assert (got.content_type, got.query) == (wanted.content_type, wanted.query)
    known = ("team_id", "user_id", "is_enterprise_install")
    assert {name: got.context.get(name) for name in known} == {
        name: wanted.context.get(name) for name in known
    }


async def test_an_event_is_read_as_bolt_reads_it() -> None:
    body = json.dumps(
        {"type": "event_callback", "team_id": "T1", "event": {"type": "app_home_opened", "user": "U2"}}
    )
    await _read_alike(body, "application/json")


@pytest.mark.parametrize("body", ["command=%2Fdeploy&text=status", "payload=%7B%7D"])
async def test_what_is_not_signed_with_our_secret_goes_no_further(body: str) -> None:
    seen = Seen()
    async with port(seen) as url:
        status, _, _ = await post(url, body, secret="another")
        assert status == 401
    assert seen.requests == []


async def test_the_address_can_be_verified_and_checked() -> None:
    seen = Seen()
    async with port(seen) as url:
        status, _, text = await post(
            url, json.dumps({"type": "url_verification", "challenge": "c1"}), kind="application/json"
        )
        assert (status, json.loads(text)) == (200, {"challenge": "c1"})
        status, _, _ = await post(url, "ssl_check=1&token=unused")
        assert status == 200
    assert seen.requests == []


async def test_a_request_finds_in_its_context_what_bolt_puts_there() -> None:
    """Bolt's own way of setting a request up is replaced by ours: whatever it adds one day must be added there as well."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id="T1", bot_token="xoxb-1", bot_id="B1", bot_user_id="U1"
        )

    found = []
    client = AsyncWebClient(token="xoxb-1")
    theirs = AsyncApp(
        client=client, authorize=authorize, process_before_response=True, request_verification_enabled=False
    )
    ours = bolt_app(client, IDENTITY, signing_secret=None, verified=False)
    for app in (theirs, ours):
        seen = Seen()
        app.use(seen)
        body = {"command": "/deploy", "team_id": "T1", "user_id": "U2", "response_url": "http://127.0.0.1:9"}
        await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
        found.append(seen.requests[0].context)
    assert {name: type(value) for name, value in found[0].items()} == {
        name: type(value) for name, value in found[1].items()
    }
    assert found[1].client is client
    assert found[1].client.token == found[0].client.token

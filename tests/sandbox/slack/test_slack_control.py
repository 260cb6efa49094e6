"""The control API over HTTP: what the page uses; and that nobody else on the network or the web can."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_world import Json, World, actions, asked, button, manifest, modal, section, slack_world

from sandbox.slack.server import SlackSandbox

DEPLOYMENT = "C0DEPLOY0"
LUBITS_STREAM = "/sandbox/stream?user=U0LUBIT00"


def listeners(app: AsyncApp) -> None:
    """A command that answers, a button that opens a form, a form that is never content."""

    @app.command("/deploy")
    async def deploy(ack: Any, command: Json) -> None:
        await ack(f"Heard: {command['text']}")

    @app.action("open")
    async def clicked(ack: Any, body: Json, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal(asked("why")))
        await ack()

    @app.view("form")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"why": "No."})


@asynccontextmanager
async def control_world(**more: Any) -> AsyncIterator[tuple[World, aiohttp.ClientSession]]:
    """A world with one socket, and a session whose addresses begin at the sandbox."""
    async with (
        slack_world(sockets=1, listeners=listeners, **more) as world,
        aiohttp.ClientSession(world.sandbox.url) as session,
    ):
        yield world, session


async def get(session: aiohttp.ClientSession, path: str, **query: str) -> Json:
    """GETs JSON."""
    async with session.get(path, params=query) as answer:
        return dict(await answer.json())


async def act(session: aiohttp.ClientSession, **body: Any) -> Json:
    """POSTs an act."""
    async with session.post("/sandbox/act", json=body) as answer:
        return {"http": answer.status, **await answer.json()}


async def test_the_workspace_is_described() -> None:
    async with control_world() as (_world, session):
        space = await get(session, "/sandbox/workspace")
        assert space["team"]["name"] == "Deploy Captain sandbox"
        assert space["app"]["commands"][0] == {
            "command": "/deploy",
            "usage_hint": "start",
            "description": "Run a deployment",
        }
        titles = {user["id"]: user["title"] for user in space["users"]}
        assert titles["U0LUBIT00"] == {"en": "Final approver", "ko": "최종 승인자"}
        assert {channel["name"] for channel in space["channels"]} >= {"deployment", "incident"}


async def test_a_whole_story_over_http() -> None:
    async with control_world() as (world, session):
        gitcode, lubit = "U0GITCODE", "U0LUBIT00"
        card = await world.call(
            "chat.postMessage", channel=DEPLOYMENT, text="Card", blocks=[actions(button("open"))]
        )
        await world.call("pins.add", channel=DEPLOYMENT, timestamp=card["ts"])

        heard = await act(
            session, type="command", user=gitcode, channel=DEPLOYMENT, command="/deploy", text="x"
        )
        assert (heard["ok"], heard["response"]) == (True, {"text": "Heard: x"})
        assert heard["ack_ms"] > 0
        mine = await get(session, "/sandbox/screen", user=gitcode, channel=DEPLOYMENT)
        theirs = await get(session, "/sandbox/screen", user=lubit, channel=DEPLOYMENT, limit="1")
        assert [m["text"] for m in mine["messages"]] == ["Card", "Heard: x"]
        assert mine["messages"][1]["ephemeral"] is True
        assert [m["text"] for m in theirs["messages"]] == ["Card"]
        assert theirs["pins"][0]["message"]["text"] == "Card"

        await act(session, type="click", user=lubit, channel=DEPLOYMENT, ts=card["ts"], action_id="open")
        view = (await get(session, "/sandbox/views", user=lubit))["views"][0]
        assert (view["title"]["text"], view["callback_id"]) == ("A form", "form")
        typed = {"why": {"v": "because"}}
        refused = await act(session, type="submit", user=lubit, view_id=view["id"], values=typed)
        assert (refused["ok"], refused["view_errors"]) == (False, {"why": "No."})
        assert (await get(session, "/sandbox/views", user=lubit))["views"][0]["errors"] == {"why": "No."}
        assert (await act(session, type="close_view", user=lubit, view_id=view["id"]))["ok"]

        said = await act(
            session, type="say", user=lubit, channel=DEPLOYMENT, text="Fine", thread_ts=card["ts"]
        )
        assert said["ok"]
        thread = await get(session, "/sandbox/thread", user=lubit, channel=DEPLOYMENT, ts=card["ts"])
        assert [m["text"] for m in thread["messages"]] == ["Card", "Fine"]
        assert (await get(session, "/sandbox/home", user=lubit))["view"] is None
        assert (await act(session, type="open_home", user=lubit))["ok"]
        calls = await get(session, "/sandbox/log", method="pins.add")
        assert [record["method"] for record in calls["records"]] == ["pins.add"]
        rest = await get(session, "/sandbox/log", since=str(calls["records"][0]["seq"]))
        assert "delivery" in {record["record"] for record in rest["records"]}


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"type": "dance"}, 400, "one of: command, click"),
        ({"type": "say", "user": "U0NOBODY0", "channel": DEPLOYMENT, "text": "x"}, 409, "nobody called"),
        ({"type": "say", "user": "U0LUBIT00", "channel": "C0NOWHERE", "text": "x"}, 409, "no channel called"),
        ({"type": "say", "user": "U0LUBIT00", "channel": DEPLOYMENT, "text": " "}, 409, "empty message"),
        (
            {"type": "click", "user": "U0LUBIT00", "channel": DEPLOYMENT, "ts": "1.1", "action_id": "x"},
            409,
            "no message",
        ),
        ({"type": "submit", "user": "U0LUBIT00", "view_id": "V0", "values": {}}, 409, "no open view"),
        ({"type": "submit", "user": "U0LUBIT00", "view_id": "V0", "values": "x"}, 400, "bad_values"),
        ({"type": "click", "user": {"id": 1}}, 400, "must be a string"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(body: Json, status: int, word: str) -> None:
    async with control_world() as (_world, session):
        answer = await act(session, **body)
        assert (answer["http"], answer["ok"]) == (status, False)
        assert word in answer["message"]


async def test_bad_requests_are_refused_without_a_crash() -> None:
    async with control_world() as (_world, session):
        headers = {"Content-Type": "application/json"}
        async with session.post("/sandbox/act", data="{", headers=headers) as answer:
            assert answer.status == 400
        async with session.post("/sandbox/act", data="[]", headers=headers) as answer:
            assert answer.status == 400
        for path in (
            "/sandbox/screen?user=x&channel=y",
            "/sandbox/thread?user=U0LUBIT00&channel=C0NOWHERE&ts=1",
        ):
            async with session.get(path) as answer:
                assert answer.status == 404
        async with session.get("/sandbox/log?since=yesterday") as answer:
            assert answer.status == 400
        async with session.get("/files/F0") as answer:
            assert answer.status == 404


async def test_faults_are_injected_listed_and_taken_back() -> None:
    async with control_world() as (world, session):
        async with session.post(
            "/sandbox/faults", json={"kind": "500_before", "method": "auth.test"}
        ) as answer:
            assert (await answer.json())["fault"]["left"] == 1
        assert [f["kind"] for f in (await get(session, "/sandbox/faults"))["faults"]] == ["500_before"]
        for nonsense in ({"method": "auth.test"}, {"kind": "disconnect:tired"}, {"kind": "x", "surprise": 1}):
            async with session.post("/sandbox/faults", json=nonsense) as answer:
                assert answer.status == 400
        async with session.delete("/sandbox/faults") as answer:
            assert answer.status == 200
        assert (await world.call("auth.test"))["ok"]


async def test_the_stream_shows_each_person_what_they_may_see() -> None:
    async with (
        control_world() as (world, session),
        session.ws_connect("/sandbox/stream?user=U0LUBIT00") as lubit,
        session.ws_connect("/sandbox/stream?user=U0GUEST00") as guest,
    ):
        assert (await lubit.receive_json())["type"] == "hello"
        assert (await guest.receive_json())["type"] == "hello"
        card = await world.call(
            "chat.postMessage", channel=DEPLOYMENT, text="Card", blocks=[actions(button("open"))]
        )
        await world.call("chat.postMessage", channel=DEPLOYMENT, text="Reply", thread_ts=card["ts"])
        await world.call(
            "chat.update", channel=DEPLOYMENT, ts=card["ts"], text="Card 2", blocks=[section("x")]
        )
        await world.call("chat.postEphemeral", channel=DEPLOYMENT, user="U0GITCODE", text="not yours")
        await world.call("chat.postEphemeral", channel=DEPLOYMENT, user="U0LUBIT00", text="yours")
        await world.call("pins.add", channel=DEPLOYMENT, timestamp=card["ts"])
        await world.call("chat.delete", channel=DEPLOYMENT, ts=card["ts"])
        world.sandbox.publish({"type": "demo", "speed": 60})

        seen = [await lubit.receive_json() for _ in range(9)]
        kinds = ["message", "thread", "update", "update", "ephemeral", "pin", "update", "delete", "demo"]
        assert [event["type"] for event in seen] == kinds
        assert (seen[1]["thread_ts"], seen[1]["message"]["text"]) == (card["ts"], "Reply")
        assert (seen[2]["message"]["reply_count"], seen[3]["message"]["text"]) == (1, "Card 2")
        assert seen[4]["message"]["text"] == "yours"
        assert (await guest.receive_json())["type"] == "demo"


async def test_the_stream_tells_of_views_and_sockets() -> None:
    async with control_world() as (world, session), session.ws_connect(LUBITS_STREAM) as lubit:
        await lubit.receive_json()
        card = await world.call(
            "chat.postMessage", channel=DEPLOYMENT, text="Card", blocks=[actions(button("open"))]
        )
        await act(
            session, type="click", user="U0LUBIT00", channel=DEPLOYMENT, ts=card["ts"], action_id="open"
        )
        view = world.sandbox.people.views("lubit")[0]["id"]
        await act(session, type="submit", user="U0LUBIT00", view_id=view, values={"why": {"v": "x"}})
        await act(session, type="close_view", user="U0LUBIT00", view_id=view)
        home = {"type": "home", "blocks": [section("Home")]}
        await world.call("views.publish", user_id="U0LUBIT00", view=home)
        await world.disconnect()
        seen = [await lubit.receive_json() for _ in range(6)]
        assert [e["type"] for e in seen] == [
            "message",
            "view_open",
            "view_update",
            "view_close",
            "home",
            "socket",
        ]
        assert seen[2]["view"]["errors"] == {"why": "No."}
        assert seen[5]["connections"] == 0


async def test_a_page_that_does_not_read_is_cut_off() -> None:
    async with control_world() as (world, _session):
        lazy = world.sandbox._ctx.stream.subscribe("U0LUBIT00")
        for number in range(3_000):
            world.sandbox.publish({"type": "demo", "number": number})
        assert lazy.ended
        assert lazy.queue.qsize() <= 2_001


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/sandbox/workspace", {"Host": "evil.example"}, 403),
        ("GET", "/", {"Host": "127.0.0.1.evil.example"}, 403),
        ("POST", "/api/auth.test", {"Host": "evil.example:80"}, 403),
        ("GET", "/sandbox/workspace", {"Origin": "https://evil.example"}, 403),
        ("POST", "/sandbox/act", {"Origin": "https://evil.example", "Content-Type": "application/json"}, 403),
        ("POST", "/sandbox/act", {"Content-Type": "application/x-www-form-urlencoded"}, 403),
        ("POST", "/sandbox/act", {"Content-Type": "text/plain"}, 403),
        ("GET", "/sandbox/workspace", {"Host": "localhost:1"}, 200),
    ],
)
async def test_strangers_are_turned_away(
    method: str, path: str, headers: dict[str, str], status: int
) -> None:
    async with control_world() as (_world, session), session.request(method, path, headers=headers) as answer:
        assert answer.status == status


async def test_a_foreign_page_cannot_open_the_stream() -> None:
    async with control_world() as (_world, session):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect("/sandbox/stream?user=U0LUBIT00", origin="https://evil.example")


async def test_the_page_is_served_with_a_strict_policy(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>Hello</p>", encoding="utf-8")
    (tmp_path / "app.js").write_text("1;", encoding="utf-8")
    async with control_world(page_dir=tmp_path) as (_world, session):
        async with session.get("/") as index:
            assert (index.status, await index.text()) == (200, "<p>Hello</p>")
            assert "script-src 'self'" in index.headers["Content-Security-Policy"]
            assert index.headers["X-Content-Type-Options"] == "nosniff"
        async with session.get("/static/app.js") as script:
            assert await script.text() == "1;"
        async with session.get("/static/..%2f..%2fpyproject.toml") as outside:
            assert outside.status in (403, 404)


async def test_a_sandbox_without_a_page_says_so(tmp_path: Path) -> None:
    async with control_world(page_dir=tmp_path / "none") as (_world, session), session.get("/") as index:
        assert await index.text() == "The sandbox is running. It has no page."


async def test_only_this_machine_is_served_and_routes_can_be_added() -> None:
    sandbox = SlackSandbox(manifest())
    with pytest.raises(ValueError, match="this machine only"):
        await sandbox.start(host="0.0.0.0")  # noqa: S104 - what must be refused

    async def hello(_request: web.Request) -> web.Response:
        return web.json_response({"speed": 60})

    sandbox.add_routes([web.get("/sandbox/demo", hello)])
    async with sandbox, aiohttp.ClientSession(sandbox.url) as session:
        assert await get(session, "/sandbox/demo") == {"speed": 60}
    await sandbox.stop()


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        ({}, "display_information.name"),
        ({"display_information": []}, "display_information.name"),
        ({"display_information": "x"}, "must be a mapping"),
        (
            {"display_information": {"name": "x"}, "features": {"slash_commands": [{"command": "deploy"}]}},
            "slash",
        ),
    ],
)
def test_a_manifest_that_is_none_is_refused(broken: Json, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        SlackSandbox(broken)


async def test_waiting_for_what_does_not_come_ends() -> None:
    async with slack_world() as world:
        with pytest.raises(TimeoutError, match="the moon"):
            await world.sandbox.until(lambda: False, timeout=0.05, what="the moon is blue")

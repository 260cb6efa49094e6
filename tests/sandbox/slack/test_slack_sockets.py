"""What goes wrong on a socket: silence, nobody there, duplicates, disconnects, a peer that vanished."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_test_app import listeners
from slack_world import Json, actions, button, slack_world


async def test_silence_and_absence_are_told_to_the_person() -> None:
    async with slack_world(sockets=1, listeners=listeners, ack_timeout=0.05) as world:
        silent = await world.sandbox.people.command("gitcode", "deployment", "/deploy", "silence")
        await world.disconnect()
        absent = await world.sandbox.people.command("gitcode", "deployment", "/deploy", "start")
        broken_click = await world.client.chat_postMessage(
            channel="C0DEPLOY0", text="x", blocks=[actions(button("b"))]
        )
        click = await world.sandbox.people.click("gitcode", "deployment", str(broken_click["ts"]), "b")

        assert (silent.status, silent.text) == (
            "timeout",
            '/deploy failed with the error "operation_timeout"',
        )
        assert (absent.status, absent.text) == (
            "not_connected",
            '/deploy failed with the error "dispatch_failed"',
        )
        assert (click.status, click.message) == (
            "not_connected",
            "The app is not connected, so nobody heard this.",
        )
        assert world.texts("gitcode")[:2] == [silent.text, absent.text]
        assert world.texts("lubit") == ["x"]


async def test_events_that_are_not_acknowledged_come_four_times_and_clicks_once() -> None:
    async with slack_world(sockets=1, ack_timeout=0.03) as world:
        await world.sandbox.people.say("mina", "deployment", "anybody there?")
        card = await world.client.chat_postMessage(
            channel="C0DEPLOY0", text="x", blocks=[actions(button("b"))]
        )
        await world.sandbox.people.click("mina", "deployment", str(card["ts"]), "b")
        await world.sandbox.until(lambda: len([d for d in world.sandbox.log.deliveries if d.error]) >= 5)
        await world.sandbox.idle()

        events = [
            d for d in world.sandbox.log.deliveries if d.payload.get("event", {}).get("user") == "U0MINA000"
        ]
        clicks = [d for d in world.sandbox.log.deliveries if d.kind == "interactive"]
        assert [d.attempt for d in events] == [0, 1, 2, 3]
        assert len({d.payload["event_id"] for d in events}) == 1
        assert [d.error for d in clicks] == ["operation_timeout"]


async def test_envelopes_go_round_the_open_sockets() -> None:
    async with slack_world(sockets=2, listeners=listeners) as world:
        for _ in range(4):
            await world.sandbox.people.command("gitcode", "deployment", "/deploy", "respond")
        via = [d.via for d in world.sandbox.log.deliveries if d.kind == "slash_commands"]
        assert sorted(via) == ["socket 1", "socket 1", "socket 2", "socket 2"]
        assert all(d.ack_ms is not None and d.ack_ms > 0 for d in world.sandbox.log.deliveries)


async def test_an_envelope_can_be_delivered_again_and_out_of_order() -> None:
    heard: list[str] = []

    def count(app: AsyncApp) -> None:
        @app.command("/raw")
        async def take(ack: Any, command: Json) -> None:
            heard.append(command["text"])
            await ack()

    async with slack_world(sockets=2, listeners=count) as world:
        people = world.sandbox.people
        world.sandbox.faults.add(kind="duplicate", times=3)
        assert (await people.command("gitcode", "deployment", "/raw", "thrice")).ok
        await world.sandbox.until(lambda: len(heard) == 3)

        world.sandbox.faults.add(kind="reorder")
        first = asyncio.ensure_future(people.command("gitcode", "deployment", "/raw", "first"))
        await world.sandbox.until(lambda: len(world.sandbox.log.deliveries) == 2)
        second = await people.command("gitcode", "deployment", "/raw", "second")
        assert second.ok
        assert (await first).ok
        assert heard == ["thrice"] * 3 + ["second", "first"]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets"])
async def test_a_disconnect_makes_the_client_come_back(reason: str) -> None:
    async with slack_world(sockets=2, listeners=listeners) as world:
        before = len(world.sandbox.log.calls_of("apps.connections.open"))
        world.sandbox.faults.add(kind=f"disconnect:{reason}")
        # While one socket is being renewed, the other one still takes what people do.
        assert (await world.sandbox.people.command("gitcode", "deployment", "/deploy", "respond")).ok
        await world.sandbox.until(lambda: len(world.sandbox.log.calls_of("apps.connections.open")) > before)
        await world.sandbox.until(lambda: world.sandbox.connections == 2)
        assert (await world.sandbox.people.command("gitcode", "deployment", "/deploy", "respond")).ok


async def test_a_half_open_socket_loses_what_is_sent_and_the_client_notices() -> None:
    async with slack_world(listeners=listeners, ack_timeout=0.1) as world:
        await world.connect(1, ping_interval=0.2)
        world.sandbox.faults.add(kind="half_open")
        lost = await world.sandbox.people.command("gitcode", "deployment", "/deploy", "respond")
        assert lost.status == "timeout"
        await world.sandbox.until(
            lambda: len(world.sandbox.log.calls_of("apps.connections.open")) > 1, timeout=8
        )


async def test_an_eleventh_socket_is_turned_away() -> None:
    async with slack_world() as world, aiohttp.ClientSession() as session:
        opened = [
            await world.client.apps_connections_open(app_token=world.sandbox.app_token) for _ in range(11)
        ]
        sockets = [await session.ws_connect(str(answer["url"])) for answer in opened]
        hello = await sockets[9].receive_json()
        goodbye = await sockets[10].receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 10)
        assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "too_many_websockets")
        again = await session.get(str(opened[0]["url"]).replace("ws://", "http://"))
        assert again.status == 401
        for socket in sockets:
            await socket.close()


async def test_a_late_acknowledgement_is_written_down_and_changes_nothing() -> None:
    gate = asyncio.Event()

    def slow(app: AsyncApp) -> None:
        @app.command("/raw")
        async def take(ack: Any) -> None:
            await gate.wait()
            await ack("too late")

    async with slack_world(sockets=1, listeners=slow, ack_timeout=0.05) as world:
        answer = await world.sandbox.people.command("gitcode", "deployment", "/raw", "x")
        gate.set()
        delivery = world.sandbox.log.deliveries[0]
        await world.sandbox.until(lambda: delivery.late)

        assert answer.status == "timeout"
        assert delivery.ack_ms is not None
        assert delivery.ack_ms >= 50
        assert "too late" not in world.texts("gitcode")

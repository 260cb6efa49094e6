"""The deployment script, run as the program it is, against the running service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from ion_world import World, ion, program

SCRIPT = "sandbox.scripts.phase4_deployment_automation"
CONFIG = "/api/v2/canary/config"


def posts(world: World) -> list[str]:
    return [one.path for one in world.service.requests if one.method == "POST"]


@asynccontextmanager
async def odd_service(**answers: Any) -> AsyncIterator[str]:
    """A service of the test's own making: {path: handler}; its address."""
    app = web.Application()
    for name, handler in answers.items():
        path = {"config": CONFIG, "metrics": "/api/v2/canary/metrics", "health": "/health"}[name]
        app.router.add_route("*", path, handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def healthy(_request: web.Request) -> web.Response:
    return web.json_response({"status": "healthy"})


async def test_a_deployment_from_check_to_rollback() -> None:
    async with ion() as world:
        checked = await world.script("check")
        assert checked.code == 0
        assert "All 5 checks passed." in checked.out
        assert posts(world) == []

        opened = await world.script("enable-canary", "--traffic", "5", "--idempotency-key", "one")
        assert opened.code == 0
        assert opened.out.splitlines()[-2:] == [
            "After: canary 5 %, control 95 % (settings revision 1).",
            "The canary now gets 5 % of the traffic.",
        ]
        assert world.service.config.weight == 5
        assert [one.idempotency_key for one in world.service.requests if one.method == "POST"] == ["one"]

        wider = await world.script("enable-canary", "--traffic", "50", "--dry-run")
        assert wider.code == 0
        assert '"canary_percentage": 50} would be sent' in wider.out
        assert "control 50 %. Nothing was changed." in wider.out
        assert world.service.config.weight == 5

        world.clock.pass_by(hours=1)
        told, shown, dry = await asyncio.gather(
            world.script("metrics", "--json"), world.script("status"), world.script("rollback", "--dry-run")
        )
        assert (told.code, shown.code, dry.code) == (0, 0, 0)
        metrics = json.loads(told.out)
        canary = (await world.tracks())["canary"]
        assert metrics["ok"] is True
        assert metrics["tracks"]["canary"]["requests"] == canary["requests"] > 100
        assert metrics["tracks"]["canary"]["errors"] == canary["errors"]
        assert 90 < metrics["tracks"]["control"]["p50_ms"] < 150
        assert 230 < metrics["tracks"]["control"]["p95_ms"] < 350
        assert "Traffic: canary 5 %, control 95 %" in shown.out
        assert "2 of 2 pods ready" in shown.out
        assert "Nothing was changed." in dry.out
        assert world.service.config.weight == 5
        assert posts(world) == [CONFIG]

        back = await world.script("rollback")
        assert back.code == 0
        assert "Rolled back: control gets all traffic." in back.out
        assert world.service.config.weight == 0

        again = await world.script("rollback")
        assert again.code == 0
        assert "nothing to roll back" in again.out
        assert len(world.service.changes) == 2
        forced = await world.script("rollback", "--force")
        assert forced.code == 0
        assert len(world.service.changes) == 3


async def test_a_refused_deployment_fails_and_says_what_holds() -> None:
    async with ion() as world:
        world.service.faults.set(deploy_fails=True)
        ran = await world.script("enable-canary", "--traffic", "5", "--json")
        said = json.loads(ran.out)
        assert (ran.code, said["ok"]) == (1, False)
        assert "answered 503: The deployment system refuses" in said["lines"][-1]
        assert "canary 0 %" in said["lines"][-1]
        assert world.service.config.weight == 0


async def test_a_refused_rollback_fails_and_says_that_the_canary_is_still_open() -> None:
    async with ion() as world:
        await world.canary(5)
        world.service.faults.set(rollback_fails=True)
        ran = await world.script("rollback", "--force")
        assert ran.code == 1
        assert "FAILED: POST /api/v2/canary/rollback answered 503" in ran.out
        assert "Now: canary 5 %, control 95 %." in ran.out


async def test_no_traffic_is_moved_to_an_unhealthy_service() -> None:
    async with ion() as world:
        world.service.faults.set(track="control", down=True)
        ran, checked = await asyncio.gather(
            world.script("enable-canary", "--traffic", "5"), world.script("check")
        )
        assert (ran.code, checked.code) == (1, 1)
        assert "the service calls itself unhealthy. Nothing was changed." in ran.out
        assert "2 of 5 checks did not pass: service health, components." in checked.out
        assert posts(world) == []


async def test_missing_data_are_never_good_data() -> None:
    async with ion() as world:
        await world.canary(5)
        world.service.faults.set(track="canary", no_data=True)
        metrics, checked = await asyncio.gather(world.script("metrics"), world.script("check"))
        assert (metrics.code, checked.code) == (1, 1)
        assert "FAILED: canary: no data." in metrics.out
        assert "control: " in metrics.out
        assert "no data of canary" in checked.out
        world.service.faults.clear()
        await world.post("/api/v2/canary/rollback")
        fresh = await world.script("metrics")
        assert "canary: 0 requests, 0 errors, so there is no error rate" in fresh.out


async def test_a_sick_canary_makes_the_status_fail() -> None:
    async with ion() as world:
        world.service.faults.set(track="canary", down=True)
        ran = await world.script("status")
        assert ran.code == 1
        assert "Service: healthy." in ran.out
        assert "FAILED: Canary: GET /api/v2/phase4/health answered 503" in ran.out


async def test_wrong_use_is_2_and_says_what_is_wrong() -> None:
    cases: list[tuple[tuple[str, ...], str]] = [
        ((), "command"),
        (("deploy",), "invalid choice"),
        (("enable-canary",), "--traffic"),
        (("enable-canary", "--traffic", "101"), "from 1 to 100"),
        (("enable-canary", "--traffic", "²"), "from 1 to 100"),
        (("rollback", "--force", "--dry-run"), "not allowed"),
        (("check", "--timeout", "soon"), "seconds"),
    ]
    async with ion() as world:
        for (arguments, says), ran in zip(
            cases, await asyncio.gather(*(world.script(*arguments) for arguments, _ in cases)), strict=True
        ):
            assert ran.code == 2, arguments
            assert says in ran.err
            assert "Traceback" not in ran.err
        assert world.service.requests == []


async def test_a_wrong_address_is_wrong_use_and_its_password_is_not_shown() -> None:
    unset, wrong, closed = await asyncio.gather(
        program(SCRIPT, "check"),
        program(SCRIPT, "check", url="ftp://me:hunter2@example.com"),
        program(SCRIPT, "rollback", url="http://me:hunter2@127.0.0.1:9"),
    )
    assert (unset.code, wrong.code, closed.code) == (2, 2, 1)
    assert "ION_API_URL is not set" in unset.err
    assert "no web address" in wrong.err
    assert "could not be sent" in closed.out
    assert "Nothing was changed" in closed.out
    assert "hunter2" not in wrong.err + wrong.out + closed.out + closed.err


async def test_a_change_whose_answer_is_lost_is_proven_by_a_fresh_read() -> None:
    percentage = 0

    async def config(request: web.Request) -> web.StreamResponse:
        nonlocal percentage
        if request.method == "POST":
            percentage = (await request.json())["canary_percentage"]
            assert request.transport is not None
            request.transport.abort()  # the change is made, the answer never leaves
        return web.json_response({"enabled": percentage > 0, "canary_percentage": percentage, "revision": 1})

    async with odd_service(config=config, health=healthy) as url:
        ran = await program(SCRIPT, "enable-canary", "--traffic", "5", url=url)
    assert ran.code == 0, ran.out
    assert "The answer did not arrive" in ran.out
    assert "The canary now gets 5 % of the traffic." in ran.out


async def test_a_service_that_goes_silent_leaves_an_honest_answer() -> None:
    asked = 0
    silent = asyncio.Event()

    async def config(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        if asked > 1:
            await silent.wait()
        return web.json_response({"enabled": False, "canary_percentage": 0, "revision": 0})

    async with odd_service(config=config, health=healthy) as url:
        ran = await program(SCRIPT, "enable-canary", "--traffic", "5", "--timeout", "0.2", url=url)
        silent.set()
    assert ran.code == 1
    assert "did not answer within 0.2 seconds" in ran.out
    assert "not known whether the change was made" in ran.out


async def test_strange_answers_are_failures_with_a_sentence() -> None:
    async def words(_request: web.Request) -> web.Response:
        return web.Response(text="<html>maintenance</html>")

    async def emptied(_request: web.Request) -> web.Response:
        return web.json_response({"tracks": {"canary": {"requests": 3}, "control": "fine"}})

    async def halved(_request: web.Request) -> web.Response:
        return web.json_response({"enabled": True})

    async with odd_service(config=words, health=healthy) as url:
        html = await program(SCRIPT, "status", url=url)
    async with odd_service(config=halved, metrics=emptied) as url:
        half, empty = await asyncio.gather(
            program(SCRIPT, "rollback", url=url), program(SCRIPT, "metrics", url=url)
        )
    assert (html.code, half.code, empty.code) == (1, 1, 1)
    assert "not JSON" in html.out
    assert "do not say whether it is enabled" in half.out
    assert empty.out.count("cannot be read") == 2
    assert "Traceback" not in html.err + half.err + empty.err

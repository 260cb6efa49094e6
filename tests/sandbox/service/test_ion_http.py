"""The service over HTTP: what it answers, what it refuses, its faults, and that JSON and Prometheus text agree."""

from __future__ import annotations

import asyncio
import re
import signal
import sys

import pytest
from aiohttp import ClientSession, web
from ion_world import BEGIN, Clock, World, ion, program

from sandbox.service.app import CanaryService
from sandbox.service.faults import FaultRefused

CONFIG = "/api/v2/canary/config"
ROLLBACK = "/api/v2/canary/rollback"
METRICS = "/api/v2/canary/metrics"


def samples(text: str) -> dict[str, float]:
    """Prometheus text as {series: value}; a line that is neither comment nor sample fails the test."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("# "):
            assert re.match(r"# (HELP|TYPE) [a-z_]+ \S", line), line
            continue
        parts = re.fullmatch(r'([a-z_]+(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?) (\S+)', line)
        assert parts, line
        assert parts[1] not in found, line
        found[parts[1]] = float(parts[2])
    return found


# ------------------------------------------------------------------------------------------ configuration


async def test_a_fresh_service_is_healthy_and_gives_the_canary_nothing() -> None:
    async with ion() as world:
        assert (await world.get("/health")).json == {"status": "healthy", "version": "v2.0.9"}
        detailed = (await world.get("/health/detailed")).json
        assert detailed["status"] == "healthy"
        assert set(detailed["components"]) == {"database", "cache", "canary_pods", "stable_pods"}
        assert {one["status"] for one in detailed["components"].values()} == {"healthy"}
        assert (await world.get("/api/v2/phase4/health")).json["status"] == "healthy"
        config = (await world.get(CONFIG)).json
        assert config == {"enabled": False, "canary_percentage": 0, "version": "v2.1.0", "revision": 0}
        world.clock.pass_by(hours=3)
        tracks = await world.tracks()
        assert tracks["canary"]["requests"] == 0
        assert tracks["control"]["requests"] > 5000


async def test_opening_the_canary_moves_its_share_and_a_rollback_takes_it_back() -> None:
    async with ion(per_5min=12_000) as world:
        await world.canary(5)
        world.clock.pass_by(hours=1)
        opened = await world.get(METRICS)
        assert opened.json["traffic"] == {"canary": 5, "control": 95}
        canary, control = (opened.json["tracks"][track]["requests"] for track in ("canary", "control"))
        assert canary / (canary + control) == pytest.approx(0.05, abs=0.003)
        assert opened.json["canary"]["request_count"] == canary
        back = await world.post(ROLLBACK)
        assert back.json == {"enabled": False, "canary_percentage": 0, "version": "v2.1.0", "revision": 2}
        world.clock.pass_by(hours=1)
        assert (await world.tracks())["canary"]["requests"] == canary
        assert [(one.path, one.config.weight) for one in world.service.changes] == [
            (CONFIG, 5),
            (ROLLBACK, 0),
        ]


async def test_a_canary_that_is_not_enabled_gets_no_traffic() -> None:
    async with ion() as world:
        await world.post(CONFIG, {"enabled": False, "canary_percentage": 50})
        world.clock.pass_by(hours=1)
        assert (await world.get(METRICS)).json["traffic"] == {"canary": 0, "control": 100}
        assert (await world.tracks())["canary"]["requests"] == 0


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"enabled=true", "not JSON"),
        (b"[" * 30_000, "not JSON"),
        (b"[5]", "JSON object"),
        (b'{"enabled": true}', "canary_percentage must be a whole number"),
        (b'{"canary_percentage": 5}', "enabled must be true or false"),
        (b'{"enabled": "yes", "canary_percentage": 5}', "not 'yes'"),
        (b'{"enabled": true, "canary_percentage": 101}', "from 0 to 100, not 101"),
        (b'{"enabled": true, "canary_percentage": -1}', "not -1"),
        (b'{"enabled": true, "canary_percentage": 5.0}', "not 5.0"),
        (b'{"enabled": true, "canary_percentage": "5"}', "not '5'"),
        (b'{"enabled": true, "canary_percentage": true}', "not True"),
        (b'{"enabled": true, "canary_percentage": 5, "percent": 6}', "no setting 'percent'"),
    ],
)
async def test_a_wrong_wish_is_refused_with_a_sentence_and_changes_nothing(body: bytes, says: str) -> None:
    async with ion() as world:
        answer = await world.post(CONFIG, raw=body)
        assert answer.status == 400
        assert says in answer.json["error"]
        assert answer.json["error"].endswith(".")
        assert world.service.changes == []
        assert (await world.get(CONFIG)).json["revision"] == 0


async def test_the_same_key_and_body_is_one_change() -> None:
    async with ion() as world:
        first = await world.post(CONFIG, {"enabled": True, "canary_percentage": 5}, key="k1")
        world.clock.pass_by(minutes=1)
        again = await world.post(CONFIG, raw=b'{"canary_percentage":5,   "enabled":true}', key="k1")
        assert (again.status, again.json) == (200, first.json)
        assert again.headers["Idempotent-Replay"] == "true"
        assert "Idempotent-Replay" not in first.headers
        assert len(world.service.changes) == 1
        assert [one.idempotency_key for one in world.service.requests] == ["k1", "k1"]
        unlike = await world.post(CONFIG, {"enabled": True, "canary_percentage": 10}, key="k1")
        assert unlike.status == 409
        assert "another request" in unlike.json["error"]
        elsewhere = await world.post(ROLLBACK, {"enabled": True, "canary_percentage": 5}, key="k1")
        assert elsewhere.status == 409
        assert world.service.config.weight == 5
        await world.post(CONFIG, {"enabled": True, "canary_percentage": 5}, key="k2")
        assert world.service.config.revision == 2


async def test_a_repeated_answer_is_the_old_one_even_after_other_changes() -> None:
    async with ion() as world:
        await world.post(CONFIG, {"enabled": True, "canary_percentage": 5}, key="k1")
        await world.post(ROLLBACK, key="k2")
        late = await world.post(CONFIG, {"enabled": True, "canary_percentage": 5}, key="k1")
        assert late.json["revision"] == 1
        assert world.service.config.weight == 0  # a late repeat must not open the canary again


async def test_a_refused_change_does_not_use_up_its_key() -> None:
    async with ion() as world:
        world.service.faults.set(deploy_fails=True)
        wish = {"enabled": True, "canary_percentage": 5}
        assert (await world.post(CONFIG, wish, key="k1")).status == 503
        world.service.faults.clear()
        assert (await world.post(CONFIG, wish, key="k1")).json["revision"] == 1


async def test_every_request_is_noted_as_it_came() -> None:
    async with ion() as world:
        await world.get("/health")
        world.clock.pass_by(minutes=2)
        await world.post(CONFIG, {"enabled": True, "canary_percentage": 5})
        await world.post(CONFIG, raw=b"nonsense")
        seen = [(one.method, one.path, one.body) for one in world.service.requests]
        wish = {"enabled": True, "canary_percentage": 5}
        assert seen == [("GET", "/health", None), ("POST", CONFIG, wish), ("POST", CONFIG, "nonsense")]
        assert (world.service.requests[1].at - BEGIN).total_seconds() == 120


# ------------------------------------------------------------------------------------------ metrics


async def test_json_and_prometheus_text_say_the_same() -> None:
    async with ion(per_5min=6000, error_rate=0.02) as world:
        await world.canary(20)
        world.clock.pass_by(hours=2)
        said = (await world.get(METRICS)).json
        text = samples(await world.text("/metrics"))
        assert said["plan_time"] == "2025-10-21T16:00:00+00:00"
        assert said["window"] == {"from": "2025-10-21T14:00:00+00:00", "to": "2025-10-21T16:00:00+00:00"}
        assert text["canary_weight"] == 20
        assert text['ion_api_info{version="v2.0.9",canary_version="v2.1.0"}'] == 1
        for track in ("canary", "control"):
            one = said["tracks"][track]
            assert one["requests"] > 10_000
            assert one["errors"] > 100
            total = {
                code: text[f'http_requests_total{{track="{track}",code="{code}"}}'] for code in (200, 500)
            }
            assert total == {200: one["requests"] - one["errors"], 500: one["errors"]}
            for name, key in (("http_request", "latency"), ("recommendation", "recommendation")):
                for label, count in one[f"{key}_ms_buckets"]:
                    le = label if label == "+Inf" else f"{int(label) / 1000:g}"
                    assert text[f'{name}_duration_seconds_bucket{{track="{track}",le="{le}"}}'] == count
                seconds = text[f'{name}_duration_seconds_sum{{track="{track}"}}']
                assert seconds == pytest.approx(one[f"{key}_ms_sum"] / 1000)
                assert (
                    text[f'{name}_duration_seconds_count{{track="{track}"}}']
                    == one[f"{key}_ms_buckets"][-1][1]
                )
            assert one["latency_ms_buckets"][-1] == ["+Inf", one["requests"]]
            assert text[f'process_memory_percent{{track="{track}"}}'] == one["memory_percent"]
            assert text[f'process_cpu_percent{{track="{track}"}}'] == one["cpu_percent"]
            assert text[f'pods_ready{{track="{track}"}}'] == one["pods"]["ready"] == one["pods"]["wanted"]


async def test_the_text_names_every_family_before_its_samples() -> None:
    async with ion() as world:
        typed: set[str] = set()
        for line in (await world.text("/metrics")).splitlines():
            if line.startswith("# TYPE"):
                typed.add(line.split()[2])
            elif not line.startswith("#"):
                name = re.split(r"[{ ]", line)[0]
                assert name in typed or re.sub("_(bucket|sum|count)$", "", name) in typed, line


async def test_recommendations_are_fast_when_healthy() -> None:
    async with ion(per_5min=6000) as world:
        world.clock.pass_by(hours=2)
        buckets = dict((await world.tracks())["control"]["recommendation_ms_buckets"])
        assert buckets["100"] / buckets["+Inf"] > 0.95


async def test_the_same_seed_plays_the_same_day_over_http() -> None:
    async def day() -> object:
        async with ion(seed=42) as world:
            await world.canary(5)
            world.clock.pass_by(hours=1)
            world.service.faults.set(track="canary", errors=0.12, latency=2.5)
            world.clock.pass_by(hours=1)
            await world.post(ROLLBACK)
            return (await world.get(METRICS)).json

    assert await day() == await day()


# ------------------------------------------------------------------------------------------ faults


async def faults(world: World, **wish: object) -> None:
    answer = await world.post("/sandbox/faults", wish)
    assert answer.status == 200, answer.json


async def test_errors_come_while_the_fault_is_on_and_end_with_it() -> None:
    async with ion(per_5min=6000) as world:
        await world.canary(50)
        await faults(world, track="canary", errors=0.12)
        world.clock.pass_by(hours=1)
        sick = await world.tracks()
        assert sick["canary"]["errors"] / sick["canary"]["requests"] == pytest.approx(0.12, abs=0.01)
        assert sick["control"]["errors"] / sick["control"]["requests"] < 0.002
        await faults(world, clear=True)
        world.clock.pass_by(hours=1)
        healed = await world.tracks()
        assert healed["canary"]["requests"] > sick["canary"]["requests"] + 10_000
        assert healed["canary"]["errors"] < sick["canary"]["errors"] + 50


async def test_a_fault_without_a_track_is_a_shared_incident() -> None:
    async with ion(per_5min=6000) as world:
        await world.canary(50)
        await faults(world, errors=0.5)
        world.clock.pass_by(minutes=30)
        for one in (await world.tracks()).values():
            assert one["errors"] / one["requests"] == pytest.approx(0.5, abs=0.03)


async def test_no_data_takes_the_track_away_everywhere() -> None:
    async with ion() as world:
        await faults(world, track="canary", no_data=True)
        said = (await world.get(METRICS)).json
        assert set(said["tracks"]) == {"control"}
        assert "canary" not in said
        text = samples(await world.text("/metrics"))
        assert not [series for series in text if 'track="canary"' in series]
        assert [series for series in text if 'track="control"' in series]
        assert set(world.service.readings()) == {"control"}


async def test_a_canary_that_is_down_fails_its_requests_and_its_health_only() -> None:
    async with ion(per_5min=6000) as world:
        await world.canary(10)
        await faults(world, track="canary", down=True)
        world.clock.pass_by(minutes=10)
        canary = (await world.tracks())["canary"]
        assert canary["errors"] == canary["requests"] > 500
        assert canary["pods"] == {"ready": 0, "wanted": 2}
        sick = await world.get("/api/v2/phase4/health")
        assert (sick.status, sick.json["status"]) == (503, "unhealthy")
        detailed = await world.get("/health/detailed")
        assert detailed.status == 503
        assert detailed.json["components"]["canary_pods"]["status"] == "unhealthy"
        assert detailed.json["components"]["stable_pods"]["status"] == "healthy"
        assert (await world.get("/health")).status == 200


async def test_when_everything_is_down_only_the_faults_can_be_reached() -> None:
    async with ion() as world:
        await faults(world, down=True)
        for path in ("/health", "/health/detailed", CONFIG, METRICS, "/metrics", "/api/v2/phase4/health"):
            answer = await world.get(path)
            assert answer.status == 503
            assert "down" in answer.json["error"]
        assert (await world.post(ROLLBACK)).status == 503
        assert (await world.get("/sandbox/faults")).json["tracks"]["control"]["down"] is True
        await faults(world, clear=True)
        assert (await world.get("/health")).status == 200
        assert world.service.changes == []


async def test_a_stable_track_that_is_down_is_an_unhealthy_service() -> None:
    async with ion() as world:
        await faults(world, track="control", down=True)
        answer = await world.get("/health")
        assert (answer.status, answer.json["status"]) == (503, "unhealthy")
        assert (await world.get("/api/v2/phase4/health")).status == 200


async def test_unreadable_metrics_are_503_and_nothing_else_is() -> None:
    async with ion() as world:
        await faults(world, metrics_down=True)
        assert (await world.get(METRICS)).status == 503
        assert (await world.get("/metrics")).status == 503
        assert (await world.get("/health")).status == 200


async def test_components_and_pods_can_be_sick_by_themselves() -> None:
    async with ion() as world:
        await faults(world, database_down=True)
        components = (await world.get("/health/detailed")).json["components"]
        assert (components["database"]["status"], components["cache"]["status"]) == ("unhealthy", "healthy")
        await faults(world, clear=True)
        await faults(world, cache_down=True)
        assert (await world.get("/health/detailed")).json["components"]["cache"]["status"] == "unhealthy"
        await faults(world, clear=True, kind="cache_down")
        await faults(world, track="canary", pods_ready=1)
        assert (await world.get("/health/detailed")).json["components"]["canary_pods"][
            "status"
        ] == "unhealthy"
        assert (await world.tracks())["canary"]["pods"] == {"ready": 1, "wanted": 2}


async def test_refused_deployments_and_refused_rollbacks_are_two_faults() -> None:
    async with ion() as world:
        await world.canary(5)
        await faults(world, deploy_fails=True)
        refused = await world.post(CONFIG, {"enabled": True, "canary_percentage": 10})
        assert refused.status == 503
        assert "nothing was changed" in refused.json["error"]
        assert world.service.config.weight == 5
        await faults(world, rollback_fails=True)
        assert (await world.post(ROLLBACK)).status == 503
        assert world.service.config.weight == 5
        await faults(world, clear=True, kind="rollback_fails")
        assert (await world.post(ROLLBACK)).status == 200
        assert world.service.config.weight == 0


async def test_faults_add_up_and_can_be_cleared_one_by_one() -> None:
    async with ion() as world:
        world.service.faults.set(track="canary", errors=0.2, latency=3)
        world.service.faults.set(track="canary", no_data=True)
        world.service.faults.set(track="control", latency=2)
        world.service.faults.clear("canary", "errors")
        shown = (await world.get("/sandbox/faults")).json["tracks"]
        assert shown["canary"] == {
            "errors": None,
            "latency": 3,
            "memory_growth": 0.0,
            "no_data": True,
            "down": False,
            "pods_ready": None,
        }
        assert shown["control"]["latency"] == 2
        world.service.faults.clear("canary")
        shown = (await world.get("/sandbox/faults")).json["tracks"]
        assert (shown["canary"]["latency"], shown["control"]["latency"]) == (1.0, 2)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({}, "at least one fault"),
        ({"track": "canary"}, "at least one fault"),
        ({"track": "blue", "errors": 0.1}, "control or canary"),
        ({"track": ["canary"], "errors": 0.1}, "control or canary"),
        ({"errors": 1.2}, "from 0 to 1"),
        ({"errors": "many"}, "from 0 to 1"),
        ({"errors": True}, "from 0 to 1"),
        ({"latency": 0}, "from 0.01 to 1000"),
        ({"latency": 10**400}, "from 0.01 to 1000"),
        ({"pods_ready": 1.5}, "from 0 to 100"),
        ({"down": 1}, "true or false"),
        ({"volcano": True}, "no fault 'volcano'"),
        ({"self": True}, "no fault 'self'"),
        ({"errors": 0.1, "volcano": True}, "no fault 'volcano'"),
        ({"clear": "yes"}, "true or false"),
        ({"clear": True, "errors": 0.1}, "only"),
        ({"clear": True, "kind": "volcano"}, "no fault 'volcano'"),
        ([1], "JSON object"),
        (None, "JSON object"),
    ],
)
async def test_an_impossible_fault_is_refused_and_nothing_changes(wish: object, says: str) -> None:
    async with ion() as world:
        before = (await world.get("/sandbox/faults")).json
        answer = await world.post("/sandbox/faults", wish)
        assert answer.status == 400
        assert says in answer.json["error"]
        assert (await world.get("/sandbox/faults")).json == before


def test_faults_are_checked_in_python_too() -> None:
    service = CanaryService(plan_time=Clock())
    with pytest.raises(FaultRefused) as refused:
        service.faults.set(track="canary", errors=7)
    assert "from 0 to 1" in str(refused.value)


async def test_a_form_from_a_foreign_page_cannot_order_faults() -> None:
    async with (
        ion() as world,
        world.http.post(world.service.url + "/sandbox/faults", data={"down": "1"}) as answer,
    ):
        assert answer.status == 415
        assert not world.service.faults.all_down


# ------------------------------------------------------------------------------------------ living


async def test_start_and_stop() -> None:
    service = CanaryService(plan_time=Clock())
    with pytest.raises(RuntimeError):
        _ = service.url
    await service.start()
    with pytest.raises(RuntimeError):
        await service.start()
    port = int(service.url.rsplit(":", 1)[1])
    second = CanaryService(plan_time=Clock())
    with pytest.raises(OSError):
        await second.start(port=port)
    await service.stop()
    await service.stop()
    await second.start(port=port)  # a failed start leaves it startable
    await second.stop()


async def test_the_routes_can_be_mounted_elsewhere() -> None:
    service = CanaryService(plan_time=Clock())
    app = web.Application()
    app.add_routes(service.routes)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/health"
        async with ClientSession() as http, http.get(url) as answer:
            assert (await answer.json())["status"] == "healthy"
    finally:
        await runner.cleanup()
    assert [one.path for one in service.requests] == ["/health"]


async def test_the_service_runs_as_a_program_until_it_is_told_to_stop() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox.service", "--seed", "3", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line
        async with ClientSession() as http, http.get(found[0] + "/health") as answer:
            assert (await answer.json())["status"] == "healthy"
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_the_program_says_why_it_cannot_start() -> None:
    async with ion() as world:
        port = world.service.url.rsplit(":", 1)[1]
        taken, few = await asyncio.gather(
            program("sandbox.service", "--port", port), program("sandbox.service", "--per-5min", "1")
        )
        assert (taken.code, few.code) == (1, 2)
        assert f"port {port}" in taken.err
        assert "per_5min" in few.err
        assert "Traceback" not in taken.err + few.err

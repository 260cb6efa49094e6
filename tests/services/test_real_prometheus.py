"""The real Prometheus does what the other tests in this folder count on: scraping, rules, outages, passwords, TLS.

Not here: anything of the bot.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from certificates import Authority
from cluster_world import eventually
from prometheus_world import address, asked, firing, service, value, weigh
from real_programs import ProgramFailed, free_port
from real_prometheus import StartPrometheus, prometheus_starter

from sandbox.service.app import CanaryService

JOB = "ion-api"
WEIGHT = "canary_weight"
ERRORS = 'sum(rate(http_requests_total{track="canary",code="500"}[5s]))'
RULES = f"""
groups:
  - name: canary
    rules:
      - alert: CanaryFails
        expr: {ERRORS} > 0.5
        labels: {{severity: critical}}
"""
# bcrypt of "let me in", at the lowest cost
PASSWORD, HASH = "let me in", "$2b$04$abcdefghijklmnopqrstuuTnc8amReAFiMHxaSoW9U22KarbWnkSm"


@pytest.fixture
async def ion_api() -> AsyncIterator[CanaryService]:
    async with service() as one:
        yield one


async def test_the_services_metrics_are_scraped(
    ion_api: CanaryService, prometheus_server: StartPrometheus
) -> None:
    server = await asyncio.to_thread(prometheus_server, {JOB: [address(ion_api)]})
    query = f'sum(rate(http_requests_total{{job="{JOB}",track="control"}}[5s]))'
    # 60000 in 5 minutes are 200 a second; with the first scrapes the window is not full yet.
    await eventually(lambda: value(server.url, query), lambda rate: rate is not None and 150 < rate < 250)
    targets = (await asked(server.url, "/api/v1/targets"))["activeTargets"]
    assert [(one["labels"]["job"], one["health"]) for one in targets] == [(JOB, "up")]


async def test_a_target_that_nobody_serves_is_down(prometheus_server: StartPrometheus) -> None:
    server = await asyncio.to_thread(prometheus_server, {"nobody": [f"127.0.0.1:{free_port()}"]})
    assert await eventually(lambda: value(server.url, 'up{job="nobody"}'), lambda seen: seen is not None) == 0


async def test_an_alert_rule_fires_when_the_canary_fails(
    ion_api: CanaryService, prometheus_server: StartPrometheus, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES, encoding="utf-8")
    server = await asyncio.to_thread(prometheus_server, {JOB: [address(ion_api)]}, rules=[rules])
    groups = (await asked(server.url, "/api/v1/rules"))["groups"]
    assert [one["name"] for group in groups for one in group["rules"]] == ["CanaryFails"]
    assert await firing(server.url) == []
    await weigh(ion_api, 50)
    ion_api.faults.order({"track": "canary", "errors": 0.5})
    assert await eventually(lambda: firing(server.url), lambda seen: bool(seen)) == ["CanaryFails"]


async def test_it_comes_back_on_the_same_port_with_the_same_data(
    ion_api: CanaryService, prometheus_server: StartPrometheus
) -> None:
    server = await asyncio.to_thread(prometheus_server, {JOB: [address(ion_api)]})
    await eventually(lambda: value(server.url, WEIGHT), lambda seen: seen is not None)
    await asyncio.to_thread(server.stop, kill=True)
    with pytest.raises(aiohttp.ClientConnectorError):
        await value(server.url, WEIGHT)
    await ion_api.stop()  # what is known from now on is known from before
    await asyncio.to_thread(server.start)
    assert await value(server.url, f"last_over_time({WEIGHT}[1m])") == 0


async def test_a_hanging_one_answers_late(prometheus_server: StartPrometheus) -> None:
    server = await asyncio.to_thread(prometheus_server, {})
    server.hang()
    question = asyncio.create_task(value(server.url, "vector(1)"))
    done, _ = await asyncio.wait({question}, timeout=0.3)
    assert not done
    server.resume()
    assert await question == 1


async def test_it_is_ended_when_a_test_fails(tmp_path: Path) -> None:
    urls = []

    async def failing() -> None:
        with prometheus_starter(tmp_path) as start:
            urls.append((await asyncio.to_thread(start, {})).url)
            assert await value(urls[0], "vector(1)") == 2

    with pytest.raises(AssertionError):
        await failing()
    with pytest.raises(aiohttp.ClientConnectorError):
        await value(urls[0], "vector(1)")


async def test_a_broken_rule_file_is_told_with_the_log(
    prometheus_server: StartPrometheus, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: broken, rules: [{alert: X, expr: 'sum('}]}]", encoding="utf-8")
    with pytest.raises(ProgramFailed) as failed:
        await asyncio.to_thread(prometheus_server, {}, rules=[rules])
    assert "prometheus ended with code" in str(failed.value)
    assert "parse error" in str(failed.value)


async def test_a_password_is_asked_for_over_tls(
    prometheus_server: StartPrometheus, authority: Authority
) -> None:
    serving = authority.server("prometheus")
    server = await asyncio.to_thread(prometheus_server, {}, users={"captain": HASH}, serving=serving)
    trusted = ssl.create_default_context(cafile=authority.certificate)
    answers = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted)) as session:
        for headers in ({}, basic("wrong"), basic(PASSWORD)):
            url = f"{server.url}/api/v1/query"
            async with session.get(url, params={"query": "1"}, headers=headers) as answer:
                answers.append(answer.status)
    assert answers == [401, 401, 200]


def basic(password: str) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth("captain", password)}

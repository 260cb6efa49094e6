"""Metrics through the bot's own reading against the real Prometheus, which scrapes the sandbox's service and a small one of
the test's own once a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from certificates import Authority
from cluster_world import eventually
from prometheus_looker import ION, Looker, runbook
from prometheus_world import address, asked, service, value, weigh
from real_prometheus import RealPrometheus, StartPrometheus

from bot.adapters.entrance import Trust
from bot.performing.prometheus_checks import PrometheusChecks
from bot.secrets import Secrets
from core.plan.models import Check
from core.plan.promql import fill, shape
from core.plan.selectors import selectors
from core.state import Sample
from sandbox.kafka.exporter import KafkaExporter
from sandbox.service.app import CanaryService
from storage.clock import utcnow

# bcrypt of "let me in", at the lowest cost
PASSWORD, HASH = "let me in", "$2b$04$abcdefghijklmnopqrstuuTnc8amReAFiMHxaSoW9U22KarbWnkSm"
JOB, SMALL = "ion-api", "small"
NASTY = (
    "x",
    '"',
    "'",
    "\\",
    '"} or vector(1) #',
    "a\nb",
    '\\"',
    "$track",
    "`",
    "}",
    ".*",
    "\t",
    "é",
    "한국어",
    "\u2028",
    "a\u0000b",
)


class Small:
    """A service with one counter, whose series and values the test chooses. `up` False: it answers nothing."""

    def __init__(self) -> None:
        self.counts: dict[str, float] = {}
        self.name = "shop_requests_total"
        self.track = "canary"
        self.up = True
        self.address = ""

    async def metrics(self, _: web.Request) -> web.Response:
        """GET /metrics."""
        if not self.up:
            return web.Response(status=503)
        lines = [f"# TYPE {self.name} counter"]
        lines += [
            f'{self.name}{{track="{self.track}",code="{code}"}} {count}'
            for code, count in self.counts.items()
        ]
        return web.Response(text="\n".join(lines) + "\n")


@pytest.fixture
async def ion_api() -> AsyncIterator[CanaryService]:
    async with service() as one:
        yield one


@pytest.fixture
async def small() -> AsyncIterator[Small]:
    one = Small()
    app = web.Application()
    app.router.add_get("/metrics", one.metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.address = f"127.0.0.1:{runner.addresses[0][1]}"
    yield one
    await runner.cleanup()


@pytest.fixture
async def server(ion_api: CanaryService, small: Small, prometheus_server: StartPrometheus) -> RealPrometheus:
    """It has scraped both services."""
    jobs = {JOB: [address(ion_api)], SMALL: [small.address]}
    started = await asyncio.to_thread(prometheus_server, jobs)
    await eventually(lambda: value(started.url, "count(up == 1)"), lambda seen: seen == 2)
    return started


async def scraped(server: RealPrometheus, times: int = 2) -> None:
    """Waits until so many more scrapes have been made."""
    query = 'count_over_time(up{job="ion-api"}[1h])'
    before = await value(server.url, query) or 0
    await eventually(lambda: value(server.url, query), lambda seen: (seen or 0) >= before + times)


def shop(
    bad: str = 'shop_requests_total{track="$track",code=~"5.."}',
    total: str = 'shop_requests_total{track="$track"}',
) -> dict[str, Any]:
    """The error rate of the small service."""
    return {"errors": {**ION["errors"], "ratio": {"bad": bad, "total": total}}}


async def looked(looker: Looker, track: str = "canary") -> Sample:
    """The next look."""
    return (await looker.look())["errors", track]


async def said(looker: Looker, detail: str) -> Sample:
    """The look that says so; until then what happened has not reached the server."""
    return await eventually(lambda: looked(looker), lambda seen: seen.detail.startswith(detail))


# ------------------------------------------------------------------------------------------------------------- reading


async def test_both_tracks_are_read_as_counters_buckets_and_gauges(
    ion_api: CanaryService, server: RealPrometheus
) -> None:
    await weigh(ion_api, 25)
    looker = Looker(server.url, utcnow)
    await scraped(server)
    await looker.look()
    await scraped(server)
    samples = await looker.look()
    assert {one.state for one in samples.values()} == {"ok"}
    assert 20 < (samples["p95", "canary"].value or 0) < 500
    assert (samples["available", "control"].value or 0) > 99
    ratio = (samples["errors", "canary"].count or 0) / (samples["errors", "control"].count or 1)
    assert 0.2 < ratio < 0.5  # a quarter to three quarters


async def test_the_past_is_what_looks_read_then(ion_api: CanaryService, server: RealPrometheus) -> None:
    await weigh(ion_api, 50)
    await scraped(server)
    looker, twin = Looker(server.url, utcnow), Looker(server.url, utcnow)
    await looker.look()
    twin.deployment = looker.deployment
    moments: list[datetime] = []
    for _ in range(3):
        await scraped(server)
        moment = utcnow()
        looker.clock = lambda moment=moment: moment  # type: ignore[misc]
        await looker.look()
        moments.append(moment)
    gate = looker.deployment.gate
    assert gate is not None
    past = await twin.past(moments)
    assert {(one.metric, one.track): one for one in gate.last} == past[-1]


async def test_no_value_changes_what_the_real_server_reads(server: RealPrometheus) -> None:
    """The server's own parser agrees with ours about every string."""
    template = 'sum by (le) (rate(x_bucket{v="$v",w=~"a-$v-b",z!=\'$v\'}[$window])) / on (job) y{v="$v"}'
    harmless = await asked(server.url, "/api/v1/format_query", query=fill(template, {"v": "x"}, 60))
    for text in NASTY:
        query = fill(template, {"v": text}, 60)
        formatted = await asked(server.url, "/api/v1/format_query", query=query)
        assert shape(formatted) == shape(harmless)
        assert [one.matchers[0].value for one in selectors(formatted)] == [text, text]


# ------------------------------------------------------------------------------------------------------------ counting


async def test_the_first_error_of_a_new_series_is_counted(server: RealPrometheus, small: Small) -> None:
    looker = Looker(server.url, utcnow, shop())
    small.counts["200"] = 100
    await scraped(server)
    await looker.look()
    small.counts |= {"200": 149, "503": 1}
    await scraped(server)
    sample = await looked(looker)
    assert (sample.state, sample.bad, sample.count) == ("ok", 1, 50)


async def test_a_restarted_service_does_not_break_a_window(server: RealPrometheus, small: Small) -> None:
    looker = Looker(server.url, utcnow, shop())
    small.counts = {"200": 1000, "503": 7}
    await scraped(server)
    await looker.look()
    small.counts = {"200": 1030, "503": 9}
    await scraped(server)
    small.counts = {"200": 20}
    await scraped(server)
    small.counts = {"200": 25, "503": 1}
    await scraped(server)
    sample = await looked(looker)
    assert (sample.state, sample.bad, sample.count) == ("ok", 3, 32 + 26)
    assert looker.since_start("errors") == (3, 58)


async def test_a_service_that_was_away_is_not_counted_twice(server: RealPrometheus, small: Small) -> None:
    looker = Looker(server.url, utcnow, shop())
    small.counts = {"200": 1000}
    await scraped(server)
    await looker.look()
    small.up = False
    await scraped(server, 3)
    assert (await looked(looker)).detail == "no-requests"
    small.up, small.counts = True, {"200": 1010}
    await scraped(server)
    assert (await looked(looker)).count == 10


async def test_a_pod_that_comes_back_after_the_look_back_is_not_counted_from_zero(
    small: Small, prometheus_server: StartPrometheus
) -> None:
    """The other pod goes on meanwhile, so the looks do too."""
    other = CanaryService(seed=7, plan_time=utcnow, per_5min=60_000)
    await other.start()
    try:
        jobs = {SMALL: [small.address], JOB: [address(other)]}
        server = await asyncio.to_thread(prometheus_server, jobs)
        small.name, small.track, small.counts = "http_requests_total", "control", {"200": 1_000_000}
        await eventually(
            lambda: value(server.url, "count(http_requests_total) >= 5"), lambda seen: seen is not None
        )
        looker = Looker(server.url, utcnow, {"errors": ION["errors"]}, source={"lookback": "2s"})
        await looked(looker, "control")
        small.up = False
        await scraped(server, 5)
        assert (await looked(looker, "control")).state == "ok"
        small.up, small.counts = True, {"200": 1_000_010}
        await scraped(server, 2)
        sample = await looked(looker, "control")
        assert sample.state == "ok"
        assert 10 < (sample.count or 0) < 10_000
    finally:
        await other.stop()


# ----------------------------------------------------------------------------------------------------- what is missing


async def test_a_target_that_is_down_is_named(server: RealPrometheus, small: Small) -> None:
    """A gauge is gone as soon as its target is: the counter has five minutes."""
    gauge = {"errors": {**ION["memory"], "gauge": 'shop_requests_total{track="$track",code="200"}'}}
    looker = Looker(server.url, utcnow, gauge)
    small.counts = {"200": 1000}
    await scraped(server)
    assert (await looked(looker)).value == 1000
    small.up = False
    assert (await said(looker, "target-down")).detail == f"target-down: {small.address}"


async def test_reasons_why_there_is_no_number(server: RealPrometheus, small: Small) -> None:
    small.counts = {"200": 1000}
    await scraped(server)

    async def first(bad: str, total: str) -> str:
        return (await looked(Looker(server.url, utcnow, shop(bad, total)))).detail

    renamed = await first(
        'shop_request_total{track="$track",code="500"}', 'shop_request_total{track="$track"}'
    )
    assert renamed == "never-seen: shop_request_total (shop_requests_total, http_requests_total?)"
    total = 'shop_requests_total{track="$track"}'
    unknown = await first('shop_errors_total{track="$track"}', total)
    assert unknown.startswith("never-seen: shop_errors_total (shop_requests_total")
    assert await first('shop_requests_total{status="500"}', total) == (
        "label-unknown: shop_requests_total{status} (code, instance, job, track)"
    )
    unlabelled = await first(
        'shop_requests_total{role="$track",code="500"}', 'shop_requests_total{role="$track"}'
    )
    assert unlabelled == "label-unknown: shop_requests_total{role} (code, instance, job, track)"
    small.track = "blue"
    looker = Looker(
        server.url, utcnow, shop('shop_requests_total{track="green"}', 'shop_requests_total{track="green"}')
    )
    assert (await looked(looker)).detail == 'no-match: shop_requests_total{track="green"}'
    gone = Looker(
        server.url,
        utcnow,
        {"errors": {**ION["memory"], "gauge": 'shop_requests_total{track="$track",code="200"}'}},
    )
    assert (await said(gone, "gone")).detail == 'gone: shop_requests_total{track="canary",code="200"}'


async def test_no_errors_ever_seen_is_data_and_no_traffic_is_none(
    server: RealPrometheus, small: Small
) -> None:
    looker = Looker(server.url, utcnow, shop())
    small.counts = {"200": 1000}
    await scraped(server)
    await looker.look()
    await scraped(server)
    assert (await looked(looker)).detail == "no-requests"
    small.counts = {"200": 1020}
    await scraped(server)
    sample = await looked(looker)
    assert (sample.state, sample.value, sample.count) == ("ok", 0.0, 20)


async def test_several_series_and_values_that_are_none(server: RealPrometheus, small: Small) -> None:
    small.counts = {"200": 1, "500": float("nan"), "503": float("inf")}
    await scraped(server)
    for gauge, detail in (
        ('shop_requests_total{track="$track"}', "several-series: "),
        ('shop_requests_total{track="$track",code="500"}', "not-a-number: nan"),
        ('shop_requests_total{track="$track",code="503"}', "not-a-number: inf"),
        ('shop_requests_total{track="$track"} * on (x) group_left shop_requests_total', "query-refused: "),
    ):
        sample = await looked(Looker(server.url, utcnow, {"errors": {**ION["memory"], "gauge": gauge}}))
        assert sample.state == "source-failed"
        assert sample.detail.startswith(detail)
    assert (await looked(Looker(server.url, utcnow, shop()))).detail.startswith("not-a-number: ")


async def test_a_server_that_is_killed_hangs_and_comes_back(server: RealPrometheus, small: Small) -> None:
    looker = Looker(server.url, utcnow, shop(), source={"timeout": "500ms"})
    small.counts = {"200": 1000}
    await scraped(server)
    await looker.look()
    server.hang()
    assert (await looked(looker)).detail == "source-slow: prom"
    server.resume()
    await asyncio.to_thread(server.stop, kill=True)
    sample = await looked(looker)
    assert (sample.state, sample.detail) == ("source-failed", "source-down: prom")
    small.counts = {"200": 1040, "500": 2}
    await asyncio.to_thread(server.start)
    back = await eventually(lambda: looked(looker), lambda seen: seen.state == "ok", 30)
    assert (back.bad, back.count) == (2, 42)


async def test_basic_authentication_and_tls(
    small: Small, prometheus_server: StartPrometheus, authority: Authority
) -> None:
    small.counts = {"200": 1000}
    started = await asyncio.to_thread(
        prometheus_server,
        {SMALL: [small.address]},
        users={"captain": HASH},
        serving=authority.server("prometheus"),
    )
    basic = {"basic": {"user": "captain", "password": "${WORD}"}}
    trusted = {"auth": basic, "tls": {"ca": str(authority.certificate)}}
    looker = Looker(started.url, utcnow, shop(), source=trusted, secrets={"WORD": PASSWORD})
    assert (await said(looker, "first-look")).state == "no-data"
    wrong = Looker(started.url, utcnow, shop(), source=trusted, secrets={"WORD": "nothing"})
    assert (await looked(wrong)).detail == "source-refused: prom"
    unknown = Looker(started.url, utcnow, shop(), source={"auth": basic}, secrets={"WORD": PASSWORD})
    assert (await looked(unknown)).detail == "source-down: prom"
    careless = Looker(
        started.url,
        utcnow,
        shop(),
        source={"auth": basic, "insecure": True},
        secrets={"WORD": PASSWORD},
    )
    assert (await looked(careless)).detail == "first-look"


# --------------------------------------------------------------------------------------------------------------- Kafka


async def test_kafka_is_checked_through_its_exporter(prometheus_server: StartPrometheus) -> None:
    """Brokers, partitions, copies and lag are queries like any other."""
    exporter = KafkaExporter(lambda: 10.0)
    await exporter.start()
    try:
        started = await asyncio.to_thread(
            prometheus_server, {"kafka": [exporter.url.removeprefix("http://")]}
        )
        await eventually(lambda: value(started.url, "kafka_brokers"), lambda seen: seen == 3)
        secrets = Secrets({"PROM_URL": started.url})
        room = PrometheusChecks(secrets, Trust(secrets, Path("/nowhere")))
        plan = runbook(ION, {}).plan

        async def said(**asked: Any) -> tuple[bool | None, str]:
            check = Check.model_validate({"prometheus": {"source": "prom", **asked}})
            compared = await room.verify(plan, check, {"version": "v7"})
            return compared.agrees, compared.evidence

        well: list[dict[str, Any]] = [
            {"query": "kafka_brokers", "equals": 3},
            {"query": 'kafka_topic_partitions{topic="orders"}', "equals": 12},
            {"query": 'min(kafka_topic_partition_replicas{topic="orders"})', "equals": 3},
            {"query": "min(kafka_topic_partition_in_sync_replica)", "above": 2},
            {"query": "sum(kafka_topic_partition_under_replicated_partition)", "equals": 0},
            {"query": 'sum(kafka_consumergroup_lag{consumergroup="matching-engine"})', "below": 100},
            {"targets": {"job": "kafka"}},
        ]
        assert [(await said(**asked))[0] for asked in well] == [True] * len(well)
        exporter.cluster.set(5.0, brokers_down=1, lag_per_s=50)
        await eventually(lambda: value(started.url, "kafka_brokers"), lambda seen: seen == 2)
        assert await said(**well[0]) == (False, "kafka_brokers is 2, not 3.")
        assert await said(**well[3]) == (False, "min(kafka_topic_partition_in_sync_replica) is 2 ≤ 2.")
        assert (await said(**well[5]))[0] is False
        exporter.cluster.set(5.0, down=True)
        await eventually(lambda: value(started.url, "up"), lambda seen: seen == 0)
        agrees, evidence = await said(**well[6])
        assert agrees is False
        assert "503" in evidence
        assert (await said(**well[0]))[0] is None  # no number is no verdict
    finally:
        await exporter.stop()

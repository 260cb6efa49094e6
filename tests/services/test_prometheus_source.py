"""Metrics through the bot's own reading against the real Prometheus, which scrapes the sandbox's service once a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from cluster_world import eventually
from prometheus_looker import Looker
from prometheus_world import address, service, value, weigh
from real_prometheus import RealPrometheus, StartPrometheus

from sandbox.service.app import CanaryService
from storage.clock import utcnow

JOB = "ion-api"


@pytest.fixture
async def ion_api() -> AsyncIterator[CanaryService]:
    async with service() as one:
        yield one


@pytest.fixture
async def server(ion_api: CanaryService, prometheus_server: StartPrometheus) -> RealPrometheus:
    """It has scraped the service."""
    started = await asyncio.to_thread(prometheus_server, {JOB: [address(ion_api)]})
    await eventually(lambda: value(started.url, "canary_weight"), lambda seen: seen is not None)
    return started


async def scraped(server: RealPrometheus, times: int = 2) -> None:
    """Waits until so many more scrapes have been made."""
    query = f'count_over_time(up{{job="{JOB}"}}[1h])'
    before = await value(server.url, query) or 0
    await eventually(lambda: value(server.url, query), lambda seen: (seen or 0) >= before + times)


async def test_both_tracks_are_read_as_counters_buckets_and_gauges(
    ion_api: CanaryService, server: RealPrometheus
) -> None:
    await weigh(ion_api, 25)
    looker = Looker(server.url, utcnow)
    await looker.look()
    await scraped(server)
    samples = await looker.look()
    assert {one.state for one in samples.values()} == {"ok"}
    assert samples["p95", "canary"].value is not None
    assert 20 < samples["p95", "canary"].value < 500
    assert samples["available", "control"].value is not None
    assert samples["available", "control"].value > 99
    ratio = (samples["errors", "canary"].count or 0) / (samples["errors", "control"].count or 1)
    assert 0.2 < ratio < 0.5  # a quarter to three quarters

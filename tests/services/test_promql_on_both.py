"""Every query of plans/matching-engine.yml, asked of a real Prometheus and of the sandbox's stand-in over the same series.

Both must understand it, and where the value does not depend on the moment, agree on it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from cluster_world import eventually
from prometheus_world import asked
from real_prometheus import StartPrometheus

from core.plan.models import Metric
from core.plan.parse import parse_plan
from core.plan.prometheus import PrometheusCheck
from core.plan.walk import parts
from sandbox.clock import utcnow
from sandbox.prometheus.evaluating import Labels, nameless
from sandbox.prometheus.promql import evaluate
from sandbox.setting import Ground
from sandbox.worlds.matching_engine import BEGINS, MatchingSite

ROOT = Path(__file__).parents[2]
JOBS = ("backend", "matching-engine", "kafka")
NOT_COPIED = ("__name__", "job", "instance")
"""What a scrape adds by itself."""


def queries() -> list[str]:
    """What the plan asks, with a track filled in."""
    plan = parse_plan((ROOT / "plans" / "matching-engine.yml").read_text(encoding="utf-8"))
    found: list[str | None] = []
    for _, part in parts(plan):
        if isinstance(part, PrometheusCheck):
            found.append(part.query)
        elif isinstance(part, Metric):
            found += [part.gauge, part.rate]
            found += [part.ratio.part, part.ratio.total] if part.ratio is not None else []
            found += [part.quantile.buckets] if part.quantile is not None else []
    filled = (one.replace("$track", track) for one in found if one for track in ("canary", "control"))
    return list(dict.fromkeys(filled))


def exposed(values: dict[Labels, float], job: str) -> str:
    """The series of one job as a target shows them."""
    lines = []
    for labels, value in values.items():
        have = dict(labels)
        if have.get("job") == job and have["__name__"] != "up":
            inside = ",".join(f'{name}="{one}"' for name, one in labels if name not in NOT_COPIED)
            lines.append(f"{have['__name__']}{{{inside}}} {value!r}")
    return "\n".join(sorted(lines)) + "\n"


@asynccontextmanager
async def target(text: str) -> AsyncIterator[str]:
    """A target that shows this; its address."""

    async def show(_: web.Request) -> web.Response:
        return web.Response(text=text, headers={"Content-Type": "text/plain; version=0.0.4"})

    app = web.Application()
    app.router.add_get("/metrics", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def comparable(labels: dict[str, str]) -> Labels:
    return tuple(sorted((name, value) for name, value in labels.items() if name not in NOT_COPIED))


async def test_every_query_of_the_plan_is_understood_alike(prometheus_server: StartPrometheus) -> None:
    now = datetime(2025, 2, 4, 1, 0, tzinfo=UTC)
    moments = [BEGINS]
    site = MatchingSite(Ground(lambda: moments[0], lambda _: BEGINS, 7, 1200))
    for shard in (1, 2, 3):
        for kind in ("input", "output", "events"):
            site.exchange.kafka.create(f"matching-engine-shard-{shard}-{kind}", 6, 2)
    site.exchange.topics_changed()
    moments[0] = now
    async with AsyncExitStack() as stack:
        values = dict(site.curves.values())
        addresses = {job: [await stack.enter_async_context(target(exposed(values, job)))] for job in JOBS}
        server = await asyncio.to_thread(prometheus_server, {job: addresses[job] for job in JOBS})
        await eventually(
            lambda: asked(server.url, "/api/v1/query", query="count(up == 1)"),
            lambda found: bool(found["result"]) and float(found["result"][0]["value"][1]) >= len(JOBS),
        )
        for query in queries():
            real = (await asked(server.url, "/api/v1/query", query=query))["result"]
            ours = evaluate(query, site.curves, utcnow().timestamp())
            assert isinstance(ours, dict), query
            if "rate(" in query:
                continue  # over the moments of its own
            theirs = {comparable(one["metric"]): float(one["value"][1]) for one in real}
            assert theirs == {
                comparable(dict(nameless(labels))): pytest.approx(value, nan_ok=True)
                for labels, value in ours.items()
                if not math.isnan(value)
            }, query

"""What a test with the real Prometheus says often: a service to scrape, a question, the state of targets and alerts.

Must not know the bot. Questions go over the HTTP API as anybody asks them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from sandbox.clock import utcnow
from sandbox.service.app import CONFIG_PATH, CanaryService

PER_5MIN = 60_000


@asynccontextmanager
async def service() -> AsyncIterator[CanaryService]:
    """The sandbox's service, busy, at the speed of the wall clock."""
    one = CanaryService(seed=7, plan_time=utcnow, per_5min=PER_5MIN)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


def address(one: CanaryService) -> str:
    """As a scrape configuration names it."""
    return one.url.removeprefix("http://")


async def weigh(one: CanaryService, percentage: int) -> None:
    """Gives the canary this share of the traffic."""
    body = {"enabled": percentage > 0, "canary_percentage": percentage}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{one.url}{CONFIG_PATH}", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def asked(url: str, path: str, **parameters: str) -> Any:
    """The `data` of an answer of Prometheus' API; AssertionError with its words when it refuses."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}{path}", params=parameters) as answer:
        body = await answer.json()
        assert body["status"] == "success", body
        return body["data"]


async def value(url: str, query: str) -> float | None:
    """The value of an instant query that gives one series, or None without data."""
    found = (await asked(url, "/api/v1/query", query=query))["result"]
    return float(found[0]["value"][1]) if found else None


async def firing(url: str) -> list[str]:
    """Names of the alerts that fire."""
    alerts = (await asked(url, "/api/v1/alerts"))["alerts"]
    return [one["labels"]["alertname"] for one in alerts if one["state"] == "firing"]

"""A running ion-api whose plan time is moved by the test, and the two ways to it: HTTP and its deployment script."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession

from sandbox.service.app import CanaryService

BEGIN = datetime(2025, 10, 21, 14, 0, tzinfo=UTC)


class Clock:
    """Plan time that stands still until it is moved."""

    def __init__(self, at: datetime = BEGIN) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **parts: float) -> None:
        """Let some plan time pass: pass_by(minutes=5)."""
        self.at += timedelta(**parts)


@dataclass(frozen=True)
class Answer:
    status: int
    json: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass
class World:
    clock: Clock
    service: CanaryService
    http: ClientSession

    async def get(self, path: str) -> Answer:
        async with self.http.get(self.service.url + path) as answer:
            return Answer(answer.status, await answer.json(), answer.headers)

    async def text(self, path: str) -> str:
        async with self.http.get(self.service.url + path) as answer:
            assert answer.status == 200
            return await answer.text()

    async def post(
        self, path: str, body: object = None, key: str | None = None, raw: bytes | None = None
    ) -> Answer:
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        data = raw if raw is not None else json.dumps(body).encode()
        async with self.http.post(self.service.url + path, data=data, headers=headers) as answer:
            return Answer(answer.status, await answer.json(), answer.headers)

    async def canary(self, percent: int) -> None:
        """Open the canary."""
        answer = await self.post("/api/v2/canary/config", {"enabled": True, "canary_percentage": percent})
        assert answer.status == 200

    async def tracks(self) -> Any:
        return (await self.get("/api/v2/canary/metrics")).json["tracks"]

    async def script(self, *arguments: str, url: str | None = None) -> Ran:
        """Run the deployment script as a program of its own."""
        return await program(
            "sandbox.scripts.phase4_deployment_automation", *arguments, url=url or self.service.url
        )


async def program(module: str, *arguments: str, url: str | None = None) -> Ran:
    environment = {name: value for name, value in os.environ.items() if name != "ION_API_URL"}
    if url is not None:
        environment["ION_API_URL"] = url
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, env=environment, stdout=pipe, stderr=pipe
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return Ran(process.returncode or 0, out.decode(), err.decode())


@asynccontextmanager
async def ion(*, seed: int = 7, per_5min: float = 240, error_rate: float = 0.0005) -> AsyncIterator[World]:
    clock = Clock()
    service = CanaryService(seed=seed, plan_time=clock, per_5min=per_5min, error_rate=error_rate)
    await service.start()
    try:
        async with ClientSession() as http:
            yield World(clock, service, http)
    finally:
        await service.stop()

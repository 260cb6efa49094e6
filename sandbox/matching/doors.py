"""What the exchange answers over HTTP: its backend with the shards' API, each shard's health, and the part of Kafka that the
command line tools here ask. It must not know who asks."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.kafka.cluster import FaultRefused
from sandbox.matching.exchange import SYMBOLS, Exchange
from sandbox.matching.manifests import SHARDS


class Doors:
    """Everything on one port: /backend, /shard-1 and so on, /kafka."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        """Listens on this machine."""
        app = web.Application(client_max_size=64 * 1024)
        app.add_routes([
            web.get("/backend/health", self._health), web.get("/backend/api/shards", self._shards),
            web.get("/backend/api/shards/route", self._route), web.get("/{shard:shard-[0-9]}/health", self._shard),
            web.get("/kafka/topics", self._topics), web.post("/kafka/topics", self._create),
            web.get("/kafka/groups/{group}", self._group),
        ])  # fmt: skip
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Listens no longer; a second call does nothing."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"status": "UP", "components": {"database": "UP", "redis": "UP", "kafka": "UP"}}
        )

    async def _shards(self, _: web.Request) -> web.Response:
        exchange = self._exchange
        shards = [
            {"id": shard, "symbols": symbols, "state": exchange.state(shard)}
            for shard, symbols in SHARDS.items()
        ]
        said = {
            "sharding_enabled": exchange.sharding(),
            "sharded_percent": exchange.share(),
            "shards": shards,
        }
        return web.json_response(said)

    async def _route(self, request: web.Request) -> web.Response:
        symbol = request.query.get("symbol", "")
        if symbol not in SYMBOLS:
            return web.json_response({"error": f"no such symbol: {symbol[:20]}"}, status=404)
        shard = SYMBOLS[symbol] if self._exchange.share() else "legacy"
        return web.json_response(
            {"symbol": symbol, "shard": shard, "topic": f"matching-engine-{shard}-input"}
        )

    async def _shard(self, request: web.Request) -> web.Response:
        shard = request.match_info["shard"]
        up = self._exchange.ready(shard, "primary")
        return web.json_response(
            {"status": "UP" if up else "DOWN", "shard": shard},
            status=404 if up is None else 200 if up else 503,
        )

    # ---------------------------------------------------------------------------------------------------------- Kafka

    async def _topics(self, _: web.Request) -> web.Response:
        kafka = self._exchange.kafka
        return web.json_response(
            {name: [count, len(kafka.replicas(name, 0))] for name, count in kafka.topics.items()}
        )

    async def _create(self, request: web.Request) -> web.Response:
        wish: dict[str, Any] = await request.json()
        kafka = self._exchange.kafka
        try:
            made = kafka.create(str(wish["topic"]), int(wish["partitions"]), int(wish["replication"]))
        except (FaultRefused, KeyError, TypeError, ValueError) as refused:
            return web.json_response({"error": str(refused)}, status=400)
        self._exchange.topics_changed()
        return web.json_response({"created": made})

    async def _group(self, request: web.Request) -> web.Response:
        kafka, group = self._exchange.kafka, request.match_info["group"]
        if group not in kafka.groups:
            return web.json_response({"error": f"no such group: {group[:60]}"}, status=404)
        at_s = self._exchange.elapsed_s()
        rows = [
            {"topic": topic, "partition": number, "offset": kafka.offset(at_s) - kafka.lag(at_s), "end": kafka.offset(at_s), "lag": kafka.lag(at_s)}
            for topic in kafka.groups[group]
            for number in range(kafka.topics.get(topic, 0))
        ]  # fmt: skip
        return web.json_response(rows)

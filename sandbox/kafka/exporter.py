"""The metrics of a cluster under the names kafka_exporter gives them, over HTTP, and a door for its faults.

It must not know who scrapes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final

from aiohttp import web

from sandbox.kafka.cluster import Cluster, FaultRefused, read_faults

TOPICS: Final = {"orders": 12, "trades": 6}
GROUPS: Final = {"matching-engine": ("orders",), "settlement": ("trades",)}


def metrics_text(cluster: Cluster, at_s: float) -> str:
    """The Prometheus text format 0.0.4; `at_s`: seconds since the cluster began."""
    return "\n".join([*_brokers(cluster), *_topics(cluster, at_s), *_groups(cluster, at_s)]) + "\n"


def _gauge(name: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"


def _brokers(cluster: Cluster) -> Iterator[str]:
    yield from _gauge("kafka_brokers", "Number of brokers in the cluster.")
    yield f"kafka_brokers {cluster.up}"
    yield from _gauge("kafka_broker_info", "A broker that is there.")
    for broker in range(cluster.up):
        yield f'kafka_broker_info{{id="{broker}",address="kafka-{broker}:9092"}} 1'


def _topics(cluster: Cluster, at_s: float) -> Iterator[str]:
    yield from _gauge("kafka_topic_partitions", "Number of partitions of a topic.")
    for topic, count in cluster.topics.items():
        yield f'kafka_topic_partitions{{topic="{topic}"}} {count}'
    of_partition: dict[str, tuple[str, Callable[[str, int], int]]] = {
        "current_offset": ("The newest offset.", lambda topic, number: cluster.offset(at_s)),
        "replicas": ("Copies there should be.", lambda topic, number: len(cluster.replicas(topic, number))),
        "in_sync_replica": (
            "Copies that are there.",
            lambda topic, number: len(cluster.in_sync(topic, number)),
        ),
        "leader": (
            "The broker that leads; -1: none.",
            lambda topic, number: (cluster.in_sync(topic, number) or [-1])[0],
        ),
        "under_replicated_partition": (
            "1 when copies are missing.",
            lambda topic, number: int(cluster.in_sync(topic, number) != cluster.replicas(topic, number)),
        ),
    }
    for suffix, (text, value) in of_partition.items():
        name = f"kafka_topic_partition_{suffix}"
        yield from _gauge(name, text)
        for topic, count in cluster.topics.items():
            for number in range(count):
                yield f'{name}{{topic="{topic}",partition="{number}"}} {value(topic, number)}'


def _groups(cluster: Cluster, at_s: float) -> Iterator[str]:
    yield from _gauge("kafka_consumergroup_members", "Members of a consumer group.")
    for group in cluster.groups:
        yield f'kafka_consumergroup_members{{consumergroup="{group}"}} {0 if cluster.faults.consumers_away else 2}'
    lag, offset = cluster.lag(at_s), cluster.offset(at_s)
    for name, text, value in (
        ("kafka_consumergroup_current_offset", "The offset a group has come to.", offset - lag),
        ("kafka_consumergroup_lag", "Messages by which a group is behind.", lag),
    ):
        yield from _gauge(name, text)
        for group, topics in cluster.groups.items():
            for topic in topics:
                for number in range(cluster.topics[topic]):
                    yield f'{name}{{consumergroup="{group}",topic="{topic}",partition="{number}"}} {value}'
    yield from _gauge("kafka_consumergroup_lag_sum", "The same over all partitions.")
    for group, topics in cluster.groups.items():
        for topic in topics:
            yield f'kafka_consumergroup_lag_sum{{consumergroup="{group}",topic="{topic}"}} {lag * cluster.topics[topic]}'


class KafkaExporter:
    """GET /metrics, and POST /sandbox/faults with a JSON mapping (an empty one makes everything well). `elapsed_s` gives the
    seconds since the cluster began."""

    def __init__(self, elapsed_s: Callable[[], float], cluster: Cluster | None = None) -> None:
        self.cluster = cluster or Cluster(TOPICS, GROUPS)
        self._elapsed_s = elapsed_s
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; port 0 takes a free one. OSError when the port is taken."""
        app = web.Application(client_max_size=64 * 1024)
        app.add_routes([web.get("/metrics", self._metrics), web.post("/sandbox/faults", self._order)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stops listening; a second call does nothing."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        if self.cluster.faults.down:
            return web.Response(status=503, text="The exporter cannot reach Kafka.\n")
        return web.Response(
            text=metrics_text(self.cluster, self._elapsed_s()),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    async def _order(self, request: web.Request) -> web.Response:
        try:
            faults = read_faults(json.loads(await request.read()), self.cluster.brokers)
        except FaultRefused as refused:
            return web.json_response({"error": str(refused)}, status=400)
        except ValueError:
            return web.json_response({"error": "this is not JSON"}, status=400)
        if faults:
            self.cluster.set(self._elapsed_s(), **faults)
        else:
            self.cluster.clear(self._elapsed_s())
        return web.json_response({"ok": True})

"""What goes on in the exchange: orders by the old way and by the shards, their errors and latencies, and Kafka beside them,
as curves over plan time. What its cluster says decides how much goes which way.

It must not know how its numbers are served.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sandbox.kafka.cluster import Cluster
from sandbox.kubernetes.cluster import KubernetesStandIn
from sandbox.matching.manifests import BACKEND, ENGINE, ENV, SEATS, SHARDS, WEIGHT
from sandbox.prometheus.curves import Curves, Steps

PER_S: Final = 240.0
"""Requests of both ways together, each second."""
EDGES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, math.inf)
WELL: Final = (0.10, 0.30, 0.62, 0.88, 0.965, 0.995, 0.999, 1.0, 1.0, 1.0, 1.0)
SLOW: Final = (0.05, 0.15, 0.40, 0.66, 0.82, 0.93, 0.965, 0.98, 0.995, 1.0, 1.0)
"""The part of the requests that is done within each edge (seconds)."""
BUSIER: Final = 6.0
"""So many more a second when all orders go to the shards: they are quicker, and the day goes on."""
FAILING: Final = {"well": 0.0002, "sick": 0.031}
SYMBOLS: Final = {"BTCUSDT": "shard-1", "ETHUSDT": "shard-2", "SOLUSDT": "shard-3"}
LEGACY_TOPIC: Final = "orders"
FLOWS: Final = {"canary": "sharded", "control": "legacy"}
"""The tracks of a comparison, and how their orders go."""


class Exchange:
    """`present`: plan time. Everything is counted from the moment of construction."""

    def __init__(
        self, present: Callable[[], datetime], cluster: KubernetesStandIn, kafka: Cluster, curves: Curves
    ) -> None:
        self._present = present
        self._cluster = cluster
        self._began = present().timestamp()
        self.kafka = kafka
        self._curves = curves
        self._sick = False
        self._flows = {(track, kind): Steps(self._began) for track in FLOWS for kind in ("good", "bad")}
        self._latency = {(track, edge): Steps(self._began) for track in FLOWS for edge in EDGES}
        self._register()
        cluster.changed = self.changed
        self.changed()

    def elapsed_s(self) -> float:
        """Plan seconds since it began."""
        return self._present().timestamp() - self._began

    # ------------------------------------------------------------------------------------------------- how things are

    def weight(self) -> int:
        """Percent of the requests that reach the new backend."""
        if ("deployments", BACKEND, "backend-legacy") not in self._cluster.objects:
            return 100
        ingress = self._cluster.objects["ingresses", BACKEND, "backend-canary"]
        return int(ingress["metadata"]["annotations"][WEIGHT])

    def sharding(self) -> bool:
        """Whether the new backend sends orders to the shards."""
        backend = self._cluster.objects["deployments", BACKEND, "backend"]
        variables = backend["spec"]["template"]["spec"]["containers"][0].get("env") or []
        return any(one["name"] == ENV and one["value"] == "true" for one in variables)

    def share(self) -> int:
        """Percent of the orders that the shards get."""
        return self.weight() if self.sharding() else 0

    def state(self, shard: str) -> str:
        """ACTIVE when its primary is ready, else ABSENT or STARTING."""
        primary = self._cluster.objects.get(("statefulsets", ENGINE, f"{shard}-primary"))
        if primary is None:
            return "ABSENT"
        return "ACTIVE" if (primary.get("status") or {}).get("readyReplicas") else "STARTING"

    def ready(self, shard: str, seat: str) -> bool | None:
        """Whether a seat's pod is ready; None where there is none."""
        workload = self._cluster.objects.get(("statefulsets", ENGINE, f"{shard}-{seat}"))
        return None if workload is None else bool((workload.get("status") or {}).get("readyReplicas"))

    def make_sick(self, sick: bool) -> None:
        """Orders that go to the shards fail, and are slow; or all is well again."""
        self._sick = sick
        self.changed()

    def changed(self) -> None:
        """From now on as the cluster says."""
        now, share = self._present().timestamp(), self.share() / 100
        for track in FLOWS:
            sick = self._sick and track == "canary"
            per_s = (PER_S + BUSIER * share) * (share if track == "canary" else 1 - share)
            failing = FAILING["sick" if sick else "well"]
            self._flows[track, "good"].set(now, per_s * (1 - failing))
            self._flows[track, "bad"].set(now, per_s * failing)
            for edge, part in zip(EDGES, SLOW if sick else WELL, strict=True):
                self._latency[track, edge].set(now, per_s * part)

    # ------------------------------------------------------------------------------------------------------ its series

    def _register(self) -> None:
        add, job = self._curves.add, "backend"
        for track, routing in FLOWS.items():
            good, bad = self._flows[track, "good"], self._flows[track, "bad"]
            for code, flow in (("200", good), ("500", bad)):
                add("http_requests_total", _count(flow), job=job, track=track, routing=routing, code=code)
            for edge in EDGES:
                flow = self._latency[track, edge]
                le = "+Inf" if math.isinf(edge) else f"{edge:g}"
                add(_BUCKET, _count(flow), job=job, track=track, routing=routing, le=le)
            add("orders_accepted_total", _count(good), job=job, track=track, routing=routing)
        for shard in SHARDS:
            add("matching_engine_shard_active", self._active(shard), job=ENGINE, shard=shard)
            for seat in SEATS:
                add(
                    "up",
                    self._up(shard, seat),
                    job=ENGINE,
                    instance=f"{shard}-{seat}:8080",
                    shard=shard,
                    seat=seat,
                )
        for job, instance in (("backend", "backend:8080"), ("kafka", "kafka-exporter:9308")):
            add("up", lambda _: 1.0, job=job, instance=instance)
        self.topics_changed()

    def topics_changed(self) -> None:
        """Kafka's series, under the names that kafka_exporter gives them."""
        kafka, add, since = self.kafka, self._curves.add, self._began
        add("kafka_brokers", lambda _: float(kafka.up), job="kafka")
        for topic, partitions in kafka.topics.items():
            add("kafka_topic_partitions", lambda _, n=partitions: float(n), job="kafka", topic=topic)  # type: ignore[misc]
            for number in range(partitions):
                place = {"job": "kafka", "topic": topic, "partition": str(number)}
                copies, there = len(kafka.replicas(topic, number)), len(kafka.in_sync(topic, number))
                add("kafka_topic_partition_replicas", lambda _, n=copies: float(n), **place)  # type: ignore[misc]
                add("kafka_topic_partition_in_sync_replica", lambda _, n=there: float(n), **place)  # type: ignore[misc]
                add(
                    "kafka_topic_partition_current_offset",
                    lambda at: float(kafka.offset(at - since)),
                    **place,
                )
        for group, topics in kafka.groups.items():
            add("kafka_consumergroup_members", lambda _: 2.0, job="kafka", consumergroup=group)
            for topic in topics:
                for number in range(kafka.topics.get(topic, 0)):
                    place = {"job": "kafka", "consumergroup": group, "topic": topic, "partition": str(number)}
                    add("kafka_consumergroup_lag", lambda at: float(kafka.lag(at - since)), **place)

    def _active(self, shard: str) -> Callable[[float], float | None]:
        return lambda _: float(self.state(shard) == "ACTIVE")

    def _up(self, shard: str, seat: str) -> Callable[[float], float | None]:
        return lambda _: None if self.ready(shard, seat) is None else float(self.ready(shard, seat) or 0)


_BUCKET: Final = "http_request_duration_seconds_bucket"


def _count(flow: Steps) -> Callable[[float], float | None]:
    return lambda at: float(int(flow.total(at)))

"""The stand-in for kafka_exporter: what it says when all is well, and under each fault."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.kafka.cluster import Cluster
from sandbox.kafka.exporter import GROUPS, TOPICS, KafkaExporter, metrics_text

LINE = re.compile(r"(\w+)(?:\{(.*)\})? (-?\d+)")


def told(cluster: Cluster, at_s: float = 10.0) -> dict[tuple[str, str], int]:
    """Every sample by name and labels."""
    found = {}
    for line in metrics_text(cluster, at_s).splitlines():
        if not line.startswith("#"):
            match = LINE.fullmatch(line)
            assert match is not None, line
            found[match[1], match[2] or ""] = int(match[3])
    return found


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(TOPICS, GROUPS)


def total(samples: dict[tuple[str, str], int], name: str, *labels: str) -> int:
    return sum(
        value
        for (metric, held), value in samples.items()
        if metric == name and all(one in held for one in labels)
    )


def test_all_is_well(cluster: Cluster) -> None:
    samples = told(cluster)
    assert samples["kafka_brokers", ""] == 3
    assert samples["kafka_topic_partitions", 'topic="orders"'] == 12
    assert total(samples, "kafka_topic_partition_replicas", 'topic="trades"') == 18
    assert total(samples, "kafka_topic_partition_in_sync_replica", 'topic="trades"') == 18
    assert total(samples, "kafka_topic_partition_under_replicated_partition") == 0
    assert total(samples, "kafka_consumergroup_lag", 'consumergroup="settlement"') == 30
    assert samples["kafka_consumergroup_lag_sum", 'consumergroup="settlement",topic="trades"'] == 30
    assert samples["kafka_topic_partition_current_offset", 'topic="trades",partition="5"'] == 1_200


def test_a_broker_that_is_away_leaves_copies_missing(cluster: Cluster) -> None:
    cluster.set(10, brokers_down=1)
    samples = told(cluster)
    assert samples["kafka_brokers", ""] == 2
    assert total(samples, "kafka_topic_partition_in_sync_replica") == 36
    assert total(samples, "kafka_topic_partition_under_replicated_partition") == 18
    cluster.set(10, brokers_down=3)
    assert set(
        value for (name, _), value in told(cluster).items() if name == "kafka_topic_partition_leader"
    ) == {-1}


def test_lag_grows_while_consumers_are_slow_or_away(cluster: Cluster) -> None:
    cluster.set(10, lag_per_s=3)
    assert cluster.lag(20) == 35
    cluster.set(20, consumers_away=True)
    assert cluster.lag(30) == 235
    assert told(cluster, 30)["kafka_consumergroup_members", 'consumergroup="settlement"'] == 0
    cluster.clear(30)
    assert cluster.lag(40) == 5


@pytest.fixture
async def exporter() -> AsyncIterator[KafkaExporter]:
    one = KafkaExporter(lambda: 10.0)
    await one.start()
    yield one
    await one.stop()
    await one.stop()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("[]", "faults are a mapping of brokers_down, lag_per_s, consumers_away, down"),
        ('{"on_fire": true}', "faults are a mapping of brokers_down, lag_per_s, consumers_away, down"),
        ('{"brokers_down": "two"}', "brokers_down is int, and not negative"),
        ('{"brokers_down": true}', "brokers_down is int, and not negative"),
        ('{"lag_per_s": -1}', "lag_per_s is int or float, and not negative"),
        ('{"brokers_down": 4}', "there are only 3 brokers"),
        ("{", "this is not JSON"),
    ],
)
async def test_faults_that_make_no_sense(exporter: KafkaExporter, body: str, error: str) -> None:
    url = f"{exporter.url}/sandbox/faults"
    async with aiohttp.ClientSession() as session, session.post(url, data=body) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, error)


async def test_faults_are_ordered_and_lifted(exporter: KafkaExporter) -> None:
    async with aiohttp.ClientSession(exporter.url) as session:
        for faults, status in (('{"down": true}', 503), ("{}", 200)):
            ordered = await session.post("/sandbox/faults", data=faults)
            assert ordered.status == 200
            answer = await session.get("/metrics")
            assert (answer.status, answer.content_type) == (status, "text/plain")

"""The world of plans/matching-engine.yml: an exchange's cluster, Kafka and Prometheus, a week before its engine is sharded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sandbox.clock import utcnow
from sandbox.crew import team
from sandbox.kafka.cluster import Cluster
from sandbox.kubernetes.cluster import KubernetesStandIn
from sandbox.matching import manifests
from sandbox.matching.doors import Doors
from sandbox.matching.exchange import LEGACY_TOPIC, Exchange
from sandbox.outside import Outside
from sandbox.prometheus.curves import Curves
from sandbox.prometheus.stand_in import PrometheusStandIn
from sandbox.setting import Channel, Ground, Instead, Setting
from sandbox.site import Servers, program
from sandbox.slack import roster

BEGINS: Final = datetime(2025, 1, 28, 0, 1, tzinfo=UTC)
"""09:01 in Seoul, seven days before T0 (2025-02-04 at 10:00 there): the preparation is about to begin."""
IMAGE: Final = "registry.example/matching-engine-shard:v1.0.0"
TOOLS: Final = ("create-shard-topics", "kafka-consumer-groups", "kafka-console-consumer")
SOON_S, SLOWLY_S = 0.02, 3.0
"""Real seconds until a workload is ready: in a script, and for somebody who watches."""
ALERTS: Final = Channel("C0MATCHING", "matching-engine-alerts", "What the matching engine's alerts say.")

TEAM: Final = team(
    roles={
        "deployer": "gitcode",
        "rollback-owner": "ops",
        "backend": "mina",
        "devops": "ops",
        "dba": "sena",
        "on-call": "jun",
        "qa": "sena",
        "engineering-lead": "lubit",
        "qa-lead": "sena",
        "devops-lead": "ops",
        "product-owner": "mina",
    },
    deputies={
        "deployer": "mina",
        "backend": "gitcode",
        "devops": "jun",
        "dba": "ops",
        "on-call": "gitcode",
        "engineering-lead": "mina",
    },
    rota={
        "on-call": (
            ("2025-01-28", "2025-02-04", "jun"),
            ("2025-02-05", "2025-02-11", "gitcode"),
        )
    },
    channels={
        "deployment": roster.DEPLOYMENT,
        "matching-engine-alerts": ALERTS.id,
        "incident": roster.INCIDENT,
    },
)


class MatchingSite(Servers):
    """The cluster, Prometheus, the exchange's own addresses, three Kafka tools, and who is told outside of Slack."""

    def __init__(self, ground: Ground) -> None:
        self.cluster = KubernetesStandIn()
        self.cluster.logs = _logs
        manifests.furnish(self.cluster, IMAGE)
        groups = {"matching-engine": (LEGACY_TOPIC,)}
        kafka = Cluster({LEGACY_TOPIC: 12, "trades": 6}, groups, brokers=3)
        self.curves = curves = Curves(ground.plan_time, ground.plan_at, lambda: utcnow().timestamp())
        self.exchange = Exchange(ground.plan_time, self.cluster, kafka, curves)
        self.prometheus = PrometheusStandIn(curves)
        self.prometheus.now = lambda: utcnow().timestamp()
        self.prometheus.groups = [
            {"name": "matching-engine", "rules": [_rule(name) for name in manifests.RULES]}
        ]
        self.prometheus.targets = [
            {"labels": {"job": job, "instance": instance}, "health": "up", "lastError": ""}
            for job, instance in (("backend", "backend:8080"), ("kafka", "kafka-exporter:9308"))
        ]
        self._doors = Doors(self.exchange)
        self.outside = Outside()
        super().__init__(self.cluster, self.prometheus, self._doors, self.outside)

    def environment(self, folder: Path, *, unhurried: bool) -> dict[str, str]:
        """Where everything is; the manifests and the tools are written into the work folder."""
        self.cluster.ready_after_s = SLOWLY_S if unhurried else SOON_S
        manifests.write(folder, IMAGE)
        tools = {tool: program(folder, tool, "sandbox.scripts.kafka_tools", tool) for tool in TOOLS}
        url = self._doors.url
        return {
            "KUBECONFIG_PATH": str(self.cluster.kubeconfig(folder)),
            "PROMETHEUS_URL": self.prometheus.url,
            "BACKEND_URL": f"{url}/backend",
            **{f"SHARD_{number}_URL": f"{url}/shard-{number}" for number in (1, 2, 3)},
            "CREATE_TOPICS": tools["create-shard-topics"],
            "CONSUMER_GROUPS": tools["kafka-consumer-groups"],
            "CONSOLE_CONSUMER": tools["kafka-console-consumer"],
            "EXCHANGE_URL": url,
            **self.outside.environment(),
            "OPERATIONS_MAIL": "operations@exchange.example",
            "CUSTOMER_SERVICE_MAIL": "customer-service@exchange.example",
        }

    def make_sick(self, sick: bool) -> None:
        """Orders that go to the shards fail."""
        self.exchange.make_sick(sick)
        self.prometheus.alerts = (
            [{"state": "firing", "labels": {"alertname": "MatchingErrorRateHigh", "severity": "critical", "team": "matching-engine"}}]
            if sick
            else []
        )  # fmt: skip


def _rule(name: str) -> dict[str, object]:
    return {
        "name": name,
        "type": "alerting",
        "health": "ok",
        "state": "inactive",
        "query": "vector(1)",
        "alerts": [],
    }


def _logs(namespace: str, pod: str) -> list[str]:
    """What a pod has said: its start, then orders that it has taken."""
    started = [
        f"INFO {pod}: starting, recovered 0 open orders",
        f"INFO {pod}: joined its consumer group",
        f"INFO {pod}: ACTIVE",
    ]
    return [*started, *(f"INFO {pod}: matched order {number}" for number in range(1, 120))]


SETTING: Final = Setting(
    plan="matching-engine",
    begins=BEGINS,
    inputs="version=v1.0.0 deployer=gitcode rollback-owner=ops-lead at=2025-02-04",
    starter=roster.GITCODE,
    team=TEAM,
    build=MatchingSite,
    about={
        "en": "the sharding of a matching engine, from the preparation a week before to the final approval on D+7",
        "ko": "매칭 엔진 샤딩 배포를 일주일 전 준비부터 D+7 최종 승인까지 몇 분 만에 체험해 보세요",
    },
    falls_ill=timedelta(
        days=7, hours=1, minutes=50
    ),  # 10:51 in Seoul: the shards get a quarter of the orders
    middle=timedelta(days=7, hours=1, minutes=40),
    ill="orders that go to the shards begin to fail",
    expected={"happy": "GO", "sick": "ROLLBACK"},
    instead=(
        Instead(
            "hold",
            subject="rule",
            by=roster.OPS,
            types="/rollback the shards reject orders; I accept the proposal",
        ),
    ),
    channels=(ALERTS,),
    writes={},
)

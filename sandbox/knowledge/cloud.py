"""What the release scripts change: infrastructure, schema, images, and which version runs. And how the service is then.

It must not know HTTP, nor the scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sandbox.prometheus.curves import Steps

RESOURCES: Final = {
    "aws_vpc.knowledge": "10.20.0.0/16", "aws_db_instance.knowledge": "postgres 16, db.r6g.large, multi-AZ",
    "aws_opensearch_domain.knowledge": "3 nodes", "aws_elasticache_cluster.knowledge": "redis 7",
    "aws_s3_bucket.knowledge": "knowledge-production-files", "aws_cloudwatch_log_group.knowledge": "/ecs/knowledge-production",
    "aws_ecs_service.knowledge": "knowledge-service, 2 to 10 tasks", "aws_lb.knowledge": "knowledge-alb",
}  # fmt: skip
MIGRATIONS: Final = ("0001_schema", "0002_pgvector", "0003_search_index", "0004_admin_user")
PER_S: Final = 20.0
"""Requests a second."""
EDGES: Final = (25.0, 50.0, 100.0, 200.0, 300.0, 500.0, 800.0, 1500.0, 3000.0)
WELL: Final = (0.2, 0.45, 0.75, 0.93, 0.975, 0.994, 0.999, 1.0, 1.0)
SLOW: Final = (0.05, 0.15, 0.35, 0.55, 0.68, 0.80, 0.88, 0.97, 1.0)
"""The part of the requests that is done within each edge (ms)."""


class Unready(Exception):
    """A step of the release whose turn has not come, in one sentence."""


@dataclass
class Cloud:
    """`present`: plan time. `previous`: the version that runs before the release."""

    present: Callable[[], datetime]
    previous: str = "v0.9.2"
    applied: bool = False
    migrated: list[str] = field(default_factory=list)
    built: list[str] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    running: str = ""
    sick: bool = False

    def __post_init__(self) -> None:
        self.running = self.previous
        self._began = self.present().timestamp()
        self._good, self._bad = Steps(self._began), Steps(self._began)
        self._latency = {edge: Steps(self._began) for edge in EDGES}
        self._change()

    # -------------------------------------------------------------------------------------------------- the release

    def plan(self) -> dict[str, str]:
        """What an apply would create."""
        return {} if self.applied else dict(RESOURCES)

    def apply(self) -> dict[str, str]:
        """Creates what is missing; answers what was created."""
        made = self.plan()
        self.applied = True
        return made

    def migrate(self) -> list[str]:
        """Runs what has not run. Raises Unready."""
        if not self.applied:
            raise Unready("There is no database yet: apply the infrastructure first.")
        new = [one for one in MIGRATIONS if one not in self.migrated]
        self.migrated.extend(new)
        return new

    def build(self, version: str) -> None:
        """An image on this machine."""
        self.built.append(version)

    def push(self, version: str) -> None:
        """The image in the registry. Raises Unready."""
        if version not in self.built:
            raise Unready(f"There is no image of {version} here: build it first.")
        self.pushed.append(version)

    def deploy(self, version: str) -> None:
        """From now on this version runs. Raises Unready."""
        if version not in self.pushed or not self.migrated:
            raise Unready(f"The image of {version} is not in the registry, or the database is not migrated.")
        self.running = version
        self._change()

    def roll_back(self) -> str:
        """From now on the version before runs; answers which."""
        self.running = self.previous
        self._change()
        return self.previous

    def make_sick(self, sick: bool) -> None:
        """The new version is slow, or well again."""
        self.sick = sick
        self._change()

    # ---------------------------------------------------------------------------------------------------- how it is

    @property
    def slow(self) -> bool:
        """Whether what runs is the sick new version."""
        return self.sick and self.running != self.previous

    def numbers(self) -> dict[str, Any]:
        """As the service's own metrics have them: of the last five minutes, and counted since it began."""
        now = self.present().timestamp()
        slow = self.slow
        buckets = [[edge, int(flow.total(now))] for edge, flow in self._latency.items()]
        total = int(self._latency[EDGES[-1]].total(now))
        return {
            "version": self.running,
            "p95_ms": 1210 if slow else 214, "cpu_percent": 88.5 if slow else 41.0, "memory_percent": 71.0 if slow else 58.0,
            "cache_hit_percent": 63.0 if slow else 91.5, "db_pool": {"used": 38 if slow else 9, "max": 40},
            "requests": total, "errors": int(self._bad.total(now)), "latency_ms_buckets": [*buckets, ["+Inf", total]],
        }  # fmt: skip

    def _change(self) -> None:
        now, failing = self.present().timestamp(), 0.004 if self.slow else 0.0003
        self._good.set(now, PER_S * (1 - failing))
        self._bad.set(now, PER_S * failing)
        for edge, part in zip(EDGES, SLOW if self.slow else WELL, strict=True):
            self._latency[edge].set(now, PER_S * part)

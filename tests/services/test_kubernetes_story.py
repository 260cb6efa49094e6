"""Whole deployments with the whole bot and a real cluster: its pods are the numbers, its replicas the traffic."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cluster_world import Apis, complete, connected, deployment, eventually
from pod_fates import PodFate
from real_cluster import RealCluster
from stage import Stage, staged

from core.state import Deployment, Status

PLAN = """\
format: 1
plan: shop
title: The shop
service: shop
environment: production
starters: [deployer]
four-eyes: false
inputs: {version: {pattern: 'v\\d+', example: v2}}
roles: {deployer: {title: Deployer}, final-approver: {title: Approver}}
channels: {main: deployment}
sources: {cluster: {kubernetes: {namespace: "${SHOP_NAMESPACE}", kubeconfig: "${SHOP_KUBECONFIG}"}}}
metrics:
  ready: {title: Ready pods, source: cluster, object: {kind: Deployment, name: shop-$track}, gauge: status.readyReplicas}
  restarts: {title: Restarts, source: cluster, object: {kind: Deployment, name: shop-$track}, gauge: restarts}
gates:
  canary:
    title: Canary
    every: 1m
    rules:
      - {metric: ready, above: 0, streak: 3, then: call}
      - {metric: restarts, below: 3, streak: 2, then: rollback}
actions:
  image: {title: The new image, kubernetes: {source: cluster, set-image: {deployment: shop-canary, container: shop-canary, image: "shop:$version"}}}
  wait: {title: Wait, kubernetes: {source: cluster, wait: {deployment: shop-canary, timeout: 60s}}}
  share: {title: The share, kubernetes: {source: cluster, replicas-by-weight: {canary: shop-canary, stable: shop-control, total: 10, timeout: 60s}}}
  undo: {title: The old image, kubernetes: {source: cluster, undo: {deployment: shop-canary}}}
  flag: {title: Sharding off, kubernetes: {source: cluster, set-env: {deployment: backend, env: {SHARDING_ENABLED: "false"}}}}
  restart: {title: Restart, kubernetes: {source: cluster, restart: {deployment: backend}}}
  out: {title: Wait for the backend, kubernetes: {source: cluster, wait: {deployment: backend, timeout: 60s}}}
traffic: {set: share, read: {source: cluster, replicas: {canary: shop-canary, stable: shop-control}}}
escalation: [{tier: 1, for: fix, who: [deployer], within: 5m}]
rollback:
  by: [deployer]
  steps: [share, undo, flag, restart, out]
  verify: {reads: 2, every: 1m, metrics: [{metric: ready, track: control, above: 0}], within: 10m}
phases:
  - id: rollout
    title: Roll out
    steps:
      - checklist:
          id: before
          title: Before
          items:
            - {id: stable, title: The stable side, check: {kubernetes: {source: cluster, object: {kind: Deployment, name: shop-control}, ready: true, image: "shop:v1"}}}
      - run: {id: image, title: The image, action: image}
      - run: {id: out, title: It is out, action: wait}
      - traffic: {id: ten, title: Ten percent, to: 10, gate: canary}
      - bake: {id: ten-bake, title: Ten minutes, for: 10m}
      - traffic: {id: all, title: Everything, to: 100, gate: canary}
      - bake: {id: all-bake, title: Ten minutes more, for: 10m}
      - verdict: {id: end, title: Verdict, by: [final-approver], required: [{title: No rollback, holds: no-rollback}]}
"""

Read = Callable[[str], Awaitable[Any]]
HOUR = timedelta(hours=1)


@pytest.fixture
async def admin(kubernetes_server: RealCluster) -> AsyncIterator[Apis]:
    async with connected(kubernetes_server.kubeconfig) as one:
        yield one


@pytest.fixture
async def read(admin: Apis, namespace: str) -> Read:
    """A deployment by its name; the three of the plan are there and rolled out."""

    async def look(name: str) -> Any:
        return await admin.apps.read_namespaced_deployment(name, namespace)

    for name, replicas in (("shop-control", 10), ("shop-canary", 0), ("backend", 2)):
        await admin.apps.create_namespaced_deployment(namespace, deployment(name, "shop:v1", replicas))
    for name in ("shop-control", "backend"):
        await eventually(lambda name=name: look(name), complete)  # type: ignore[misc]
    return look


@pytest.fixture
async def stage(
    kubernetes_server: RealCluster, namespace: str, tmp_path: Path, read: Read
) -> AsyncIterator[Stage]:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "shop.yml").write_text(PLAN)
    where = {"SHOP_NAMESPACE": namespace, "SHOP_KUBECONFIG": str(kubernetes_server.kubeconfig)}
    async with staged(tmp_path, CAPTAIN_PLANS=str(tmp_path / "plans"), **where) as one:
        yield one


async def played(stage: Stage, until: Callable[[Deployment], bool]) -> Deployment:
    """Everybody does what is asked, minute by minute, until it is so."""
    now = await stage.deployment()
    for _ in range(90):
        now = await stage.play_until(await stage.now() + timedelta(minutes=1))
        if until(now):
            return now
    raise AssertionError(f"not so after an hour and a half: {now.status}, {now.weight} %, {now.hold}")


async def test_a_healthy_version_gets_all_the_traffic(stage: Stage, read: Read) -> None:
    await stage.started("/deploy start shop version=v2")
    ended = await played(stage, lambda now: now.final)
    assert (ended.status, ended.verdict, ended.weight) == (Status.DONE, "GO", 100)
    canary, stable = await read("shop-canary"), await read("shop-control")
    assert (canary.status.ready_replicas, stable.spec.replicas) == (10, 0)
    assert canary.spec.template.spec.containers[0].image == "shop:v2"


async def test_a_sick_version_is_rolled_back_and_the_rollback_is_proved(
    stage: Stage, read: Read, admin: Apis, namespace: str, kubernetes_server: RealCluster
) -> None:
    await stage.started("/deploy start shop version=v2")
    await played(stage, lambda now: now.weight == 10)
    kubernetes_server.kubelet.decide("shop:v2", PodFate.CRASHING)

    async def restarts() -> int:
        found = await admin.core.list_namespaced_pod(namespace, label_selector="app=shop-canary")
        return sum(one.restart_count for pod in found.items for one in pod.status.container_statuses or ())

    await eventually(restarts, lambda seen: seen >= 3)
    ended = await played(stage, lambda now: now.final)
    assert (ended.status, ended.verdict, ended.weight) == (Status.ROLLED_BACK, "ROLLBACK", 0)
    canary, stable, backend = await read("shop-canary"), await read("shop-control"), await read("backend")
    assert (canary.spec.replicas, stable.status.ready_replicas) == (0, 10)
    assert canary.spec.template.spec.containers[0].image == "shop:v1"
    assert backend.spec.template.spec.containers[0].env[0].value == "false"
    assert backend.spec.template.metadata.annotations["deploy-captain/restarted-for"].startswith("D1/")
    assert complete(backend)
    assert any("Restarts" in line for line in stage.thread())

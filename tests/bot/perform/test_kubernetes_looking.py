"""Checks, metrics and shares read from a cluster: what is missing is said to be missing, and nothing secret is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kube_world import KubeWorld, kube_world

from bot.errors import TryLater
from bot.performing.ports import TRACKS, Wanted
from core.plan.models import Metric, Resource
from sandbox.kubernetes.cluster import KubernetesStandIn, kubernetes_stand_in

DEPLOYMENT = {"kind": "Deployment", "name": "api"}


@pytest.fixture
async def cluster() -> AsyncIterator[KubernetesStandIn]:
    async with kubernetes_stand_in() as one:
        one.deployment("api")
        yield one


@pytest.fixture
async def world(cluster: KubernetesStandIn, tmp_path: Path) -> AsyncIterator[KubeWorld]:
    async with kube_world(cluster.kubeconfig(tmp_path), tmp_path) as one:
        yield one


def status(cluster: KubernetesStandIn, name: str = "api") -> Any:
    return cluster.objects["deployments", "shop", name]["status"]


# --------------------------------------------------------------------------------------------------------------- checks


@pytest.mark.parametrize(
    ("wanted", "agrees", "said"),
    [
        ({}, True, "is there"),
        ({"expect": {"status.readyReplicas": 3}}, True, "status.readyReplicas is 3"),
        ({"expect": {"status.readyReplicas": 4}}, False, "is 3, not 4"),
        ({"expect": {"spec.replicas": "3"}}, False, "is 3, not '3'"),
        ({"expect": {"status.nothing": 1}}, None, "status.nothing is missing"),
        ({"expect": {"length(spec.replicas)": 1}}, None, "is missing"),
        ({"at-least": {"status.readyReplicas": 3}}, True, "wanted at least 3"),
        ({"at-least": {"status.readyReplicas": 4}}, False, "is 3, wanted at least 4"),
        ({"at-least": {"metadata.name": 4}}, None, "'api', wanted at least 4"),
        ({"ready": True}, True, "3 of 3 updated, 3 available"),
        ({"restarts": {"below": 1}}, True, "0 restarts"),
        ({"image": "shop:v1"}, True, "api shop:v1"),
        ({"image": "shop:$version"}, False, "api shop:v1; wanted shop:v2"),
        ({"ready": True, "image": "shop:v1", "expect": {"spec.replicas": 4}}, False, "is 3, not 4"),
        ({"expect": {"restarts": 0, "length(pods)": 3}}, True, "restarts is 0"),
        ({"exists": False}, False, "is there"),
    ],
)
async def test_a_look_at_a_deployment(
    world: KubeWorld, wanted: dict[str, Any], agrees: bool | None, said: str
) -> None:
    seen = await world.check(DEPLOYMENT, **wanted)
    assert seen.agrees is agrees
    assert said in seen.evidence


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({}, (None, "")),
        ({"ready": True}, (3.0, "/3")),
        ({"restarts": {"below": 1}}, (0.0, "restarts")),
        ({"at-least": {"status.readyReplicas": 2}}, (3.0, "")),
        ({"at-least": {"status.readyReplicas": 4}}, (3.0, "")),
        ({"at-least": {"metadata.name": 4}}, (None, "")),
        ({"expect": {"spec.replicas": 3}}, (3.0, "")),
        ({"expect": {"spec.paused": True}}, (None, "")),
        ({"at-least": {"status.readyReplicas": 2}, "restarts": {"below": 1}}, (None, "")),
        ({"ready": True, "restarts": {"below": 1}, "image": "shop:v1"}, (3.0, "/3")),
        ({"ready": True, "expect": {"spec.replicas": 4}}, (3.0, "")),
        ({"ready": True, "image": "shop:v9"}, (None, "")),
        ({"exists": False}, (None, "")),
    ],
)
async def test_the_number_a_look_is_about(
    world: KubeWorld, wanted: dict[str, Any], number: tuple[float | None, str]
) -> None:
    seen = await world.check(DEPLOYMENT, **wanted)
    assert (seen.value, seen.unit) == number


async def test_the_number_is_that_of_what_is_wrong(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    status(cluster)["availableReplicas"] = status(cluster)["readyReplicas"] = 2
    seen = await world.check(DEPLOYMENT, ready=True, restarts={"below": 1})
    assert (seen.agrees, seen.value, seen.unit) == (False, 2.0, "/3")


async def test_what_is_not_there(world: KubeWorld) -> None:
    gone = {"kind": "ConfigMap", "name": "gone"}
    assert (await world.check(gone)).agrees is False
    assert (await world.check(gone, expect={"data.a": "b"})).agrees is False
    assert (await world.check(gone, exists=False)).agrees is True


async def test_a_deployment_that_is_not_ready(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    status(cluster)["availableReplicas"] = 2
    assert (await world.check(DEPLOYMENT, ready=True)).agrees is False
    status(cluster)["availableReplicas"] = 3
    cluster.objects["deployments", "shop", "api"]["metadata"]["generation"] += 1
    assert "not yet taken up" in (await world.check(DEPLOYMENT, ready=True)).evidence


async def test_restarts_count_all_containers_of_its_own_pods(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    owner = cluster.objects["replicasets", "shop", "api-1"]
    cluster.pod("api-1-0", owner, restarts=2)
    cluster.pod("api-1-1", owner, restarts=1)
    stranger = cluster.put(
        "replicasets", {"kind": "ReplicaSet", "metadata": {"name": "api-x"}, "spec": {"template": {}}}
    )
    cluster.pod("api-x-0", stranger, restarts=50)
    seen = await world.check(DEPLOYMENT, restarts={"below": 3})
    assert (seen.agrees, "3 restarts" in seen.evidence) == (False, True)
    assert (await world.check({"kind": "Pod", "name": "api-1-0"}, restarts={"below": 3})).agrees


async def test_a_workload_without_pods_is_neither_ready_nor_known_to_be_calm(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.deployment("idle", replicas=0)
    idle = {"kind": "Deployment", "name": "idle"}
    seen = await world.check(idle, ready=True)
    assert (seen.agrees, "no pod is wanted" in seen.evidence) == (False, True)
    assert (await world.check(idle, restarts={"below": 3})).agrees is None
    assert (await world.check(idle, expect={"restarts": 0})).agrees is None
    cluster.put("services", {"kind": "Service", "metadata": {"name": "web"}})
    seen = await world.check({"kind": "Service", "name": "web"}, restarts={"below": 3})
    assert (seen.agrees, "no containers" in seen.evidence) == (None, True)


@pytest.mark.parametrize(("said", "agrees"), [("True", True), ("False", False), (None, None)])
async def test_other_objects_say_by_their_conditions_whether_they_are_ready(
    cluster: KubernetesStandIn, world: KubeWorld, said: str | None, agrees: bool | None
) -> None:
    conditions = [{"type": "Accepted", "status": "True"}] + (
        [{"type": "Ready", "status": said}] if said else []
    )
    cluster.put(
        "services", {"kind": "Service", "metadata": {"name": "web"}, "status": {"conditions": conditions}}
    )
    assert (await world.check({"kind": "Service", "name": "web"}, ready=True)).agrees is agrees


async def test_a_cluster_that_does_not_answer_is_no_answer(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.reads = [503]
    with pytest.raises(TryLater):
        await world.check(DEPLOYMENT)


async def test_an_object_in_another_namespace(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    cluster.put(
        "configmaps",
        {"kind": "ConfigMap", "metadata": {"name": "far"}, "data": {"a": "b"}},
        namespace="other",
    )
    far = {"kind": "ConfigMap", "name": "far", "namespace": "other"}
    assert (await world.check(far, expect={"data.a": "b"})).agrees
    assert (await world.check({**far, "namespace": "shop"})).agrees is False


# -------------------------------------------------------------------------------------------------------------- metrics


def metric(gauge: str, name: str = "api-$track", kind: str = "Deployment") -> Metric:
    return Metric(title="A number", source="cluster", object=Resource(kind=kind, name=name), gauge=gauge)


async def read(world: KubeWorld, *metrics: Metric) -> list[tuple[str, tuple[float, ...]]]:
    wanted = [Wanted(f"m{place}", one, track) for place, one in enumerate(metrics) for track in TRACKS]
    work, _ = world.work({"restart": {"deployment": "any"}})
    found = await world.room.read(work, wanted)
    assert [(one.metric, one.track) for one in found] == [(one.name, one.track) for one in wanted]
    return [(one.state, one.values) for one in found]


async def test_gauges_of_both_tracks_from_one_read_each(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    cluster.deployment("api-canary", replicas=1)
    cluster.deployment("api-control", replicas=9)
    cluster.pod("api-canary-1-0", cluster.objects["replicasets", "shop", "api-canary-1"], restarts=4)
    cluster.log.clear()
    found = await read(world, metric("status.readyReplicas"), metric("spec.replicas"), metric("restarts"))
    assert found == [("ok", (1,)), ("ok", (9,)), ("ok", (1,)), ("ok", (9,)), ("ok", (4,)), ("ok", (0,))]
    assert cluster.log.count("GET deployments/api-canary") == 1


async def test_nothing_ready_is_0_and_not_unknown(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    cluster.deployment("api-canary", replicas=0)
    assert "readyReplicas" not in status(cluster, "api-canary")
    assert await read(world, metric("status.readyReplicas")) == [("ok", (0,)), ("failed", ())]


async def test_what_cannot_be_read_says_so(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    assert await read(world, metric("status.nothing", "api")) == [("no-data", ()), ("no-data", ())]
    assert await read(world, metric("metadata.name", "api")) == [("failed", ()), ("failed", ())]
    assert await read(world, metric("x", "api", kind="Teapot")) == [("failed", ()), ("failed", ())]
    work, _ = world.work({"restart": {"deployment": "any"}})
    assert await world.room.history(work, [], []) is None


# --------------------------------------------------------------------------------------------------------------- shares

PAIR = {"canary": "api-canary", "stable": "api"}


@pytest.mark.parametrize(
    ("canary", "stable", "share"),
    [(0, 20, 0), (1, 19, 5), (1, 17, 6), (1, 999, 1), (999, 1, 99), (20, 0, 100)],
)
async def test_the_share_of_ready_pods(
    cluster: KubernetesStandIn, world: KubeWorld, canary: int, stable: int, share: int
) -> None:
    for name, ready in (("api-canary", canary), ("api", stable)):
        one = cluster.deployment(name, replicas=min(ready, 1))
        one["status"] = (
            {"readyReplicas": ready, "observedGeneration": 1} if ready else {"observedGeneration": 1}
        )
    assert await world.weight(replicas=PAIR) == share


async def test_a_canary_that_is_wanted_and_not_ready_is_no_share(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    """It may get traffic at any moment: that is not 0."""
    cluster.deployment("api-canary", replicas=1)
    status(cluster, "api-canary")["readyReplicas"] = 0
    with pytest.raises(TryLater, match="No pod of the canary is ready"):
        await world.weight(replicas=PAIR)


@pytest.mark.parametrize(
    "value", ["spec.paused", "metadata.name", "spec.template", "nothing", "length(spec.replicas)"]
)
async def test_what_is_no_percentage(world: KubeWorld, value: str) -> None:
    with pytest.raises(TryLater, match="where a whole number from 0 to 100 should be"):
        await world.weight(object=DEPLOYMENT, value=value)

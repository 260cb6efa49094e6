"""The bot's room for Kubernetes with a real control plane: what it does is done, once, and what it says is so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cluster_world import Apis, complete, connected, deployment, eventually
from kube_world import KubeWorld, kube_world
from pod_fates import PodFate
from real_cluster import RealCluster

from bot.errors import GaveUp, TryLater

V1, V2 = "shop:v1", "shop:v2"
IMAGE = {"set-image": {"deployment": "api", "container": "api", "image": "shop:$version"}}
WAIT = {"wait": {"deployment": "api", "timeout": "30s"}}
UNDO = {"undo": {"deployment": "api"}}
RATIO = {"replicas-by-weight": {"canary": "api-canary", "stable": "api", "total": 10, "timeout": "30s"}}

Read = Callable[[], Awaitable[Any]]


@pytest.fixture
async def admin(kubernetes_server: RealCluster) -> AsyncIterator[Apis]:
    async with connected(kubernetes_server.kubeconfig) as one:
        yield one


@pytest.fixture
async def world(kubernetes_server: RealCluster, namespace: str, tmp_path: Path) -> AsyncIterator[KubeWorld]:
    async with kube_world(kubernetes_server.kubeconfig, tmp_path) as one:
        one.source["namespace"] = namespace
        yield one


@pytest.fixture
def api(admin: Apis, namespace: str) -> Read:
    return lambda: admin.apps.read_namespaced_deployment("api", namespace)


@pytest.fixture
async def healthy(admin: Apis, namespace: str, api: Read) -> None:
    """Deployment 'api' with v1, rolled out."""
    await admin.apps.create_namespaced_deployment(namespace, deployment("api", V1, 3))
    await eventually(api, complete)


def settled(deployed: Any) -> bool:
    """Whether its controller has nothing more to write about it."""
    said = deployed.status.conditions or []
    return any(one.reason == "NewReplicaSetAvailable" for one in said)


def image(deployed: Any) -> str:
    return str(deployed.spec.template.spec.containers[0].image)


# -------------------------------------------------------------------------------------------------------- ways back


@pytest.mark.usefixtures("healthy")
async def test_a_healthy_version_is_rolled_out_and_waited_for(world: KubeWorld, api: Read) -> None:
    assert (await world.do(IMAGE)).ok
    waited = await world.do(WAIT)
    assert waited.ok, waited.evidence
    assert image(await api()) == V2
    assert complete(await api())


@pytest.mark.usefixtures("healthy")
async def test_a_sick_version_is_taken_back_by_env_restart_and_wait(
    world: KubeWorld, api: Read, kubernetes_server: RealCluster
) -> None:
    kubernetes_server.kubelet.decide(V2, PodFate.UNREADY)
    await world.do(IMAGE)
    sick = await world.do({"wait": {"deployment": "api", "timeout": "1s"}})
    assert not sick.ok
    kubernetes_server.kubelet.decide(V2, PodFate.READY)  # without sharding the new version is well
    for verb in (
        {"set-env": {"deployment": "api", "env": {"SHARDING_ENABLED": "false"}}},
        {"restart": {"deployment": "api"}},
        WAIT,
    ):
        done = await world.do(verb, id="D1/7/1")
        assert done.ok, done.evidence
    now = await api()
    assert now.spec.template.spec.containers[0].env[0].value == "false"
    assert complete(now)


@pytest.mark.usefixtures("healthy")
async def test_an_undo_takes_a_sick_version_back_and_a_second_one_changes_nothing(
    world: KubeWorld, api: Read, kubernetes_server: RealCluster
) -> None:
    world.target = await world.record(UNDO)
    assert world.target is not None
    assert world.target.healthy is True
    kubernetes_server.kubelet.decide(V2, PodFate.CRASHING)
    await world.do(IMAGE)
    waited = await world.do(WAIT)
    assert not waited.ok
    assert "CrashLoopBackOff" in waited.evidence
    assert (await world.do(UNDO)).ok
    assert (await world.do(WAIT)).ok
    back = await api()
    assert image(back) == V1
    assert (await world.do(UNDO, id="D1/9/1")).evidence.endswith("is so already")
    assert (await api()).metadata.generation == back.metadata.generation


@pytest.mark.usefixtures("healthy")
async def test_an_undo_takes_a_paused_deployment_back(
    world: KubeWorld, api: Read, admin: Apis, namespace: str
) -> None:
    world.target = await world.record(UNDO)
    await world.do(IMAGE)
    await admin.apps.patch_namespaced_deployment("api", namespace, {"spec": {"paused": True}})
    assert "it is paused" in (await world.do(WAIT)).evidence or complete(await api())
    assert (await world.do(UNDO)).ok
    assert (await world.do(WAIT)).ok
    now = await eventually(api, complete)
    assert (image(now), bool(now.spec.paused)) == (V1, False)


@pytest.mark.parametrize(
    ("fate", "said"),
    [(PodFate.IMAGE_MISSING, "ImagePullBackOff"), (PodFate.UNSCHEDULABLE, "Unschedulable")],
)
@pytest.mark.usefixtures("healthy")
async def test_a_wait_says_what_the_pods_say(
    world: KubeWorld, kubernetes_server: RealCluster, fate: PodFate, said: str
) -> None:
    kubernetes_server.kubelet.decide(V2, fate)
    await world.do(IMAGE)
    waited = await world.do(WAIT)
    assert not waited.ok
    assert said in waited.evidence


@pytest.mark.usefixtures("healthy")
async def test_a_wait_names_the_quota(world: KubeWorld, admin: Apis, namespace: str) -> None:
    quota = {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "3"}}}
    await admin.core.create_namespaced_resource_quota(namespace, quota)
    await eventually(
        lambda: admin.core.read_namespaced_resource_quota("small", namespace),
        lambda seen: bool(seen.status.used and seen.status.used.get("pods") == "3"),
    )
    await world.do({"scale": {"deployment": "api", "replicas": 5}})
    waited = await world.do(WAIT)
    assert not waited.ok
    assert "exceeded quota: small" in waited.evidence


@pytest.mark.usefixtures("healthy")
async def test_a_wait_ends_when_the_cluster_gives_up(
    world: KubeWorld, admin: Apis, namespace: str, kubernetes_server: RealCluster
) -> None:
    await admin.apps.patch_namespaced_deployment(
        "api", namespace, {"spec": {"progressDeadlineSeconds": 1, "minReadySeconds": 0}}
    )
    kubernetes_server.kubelet.decide(V2, PodFate.UNREADY)
    await world.do(IMAGE)
    waited = await world.do(WAIT)
    assert not waited.ok
    assert "ProgressDeadlineExceeded" in waited.evidence


@pytest.mark.usefixtures("healthy")
async def test_the_last_lines_of_the_pods(
    world: KubeWorld, admin: Apis, namespace: str, kubernetes_server: RealCluster
) -> None:
    pods = (await admin.core.list_namespaced_pod(namespace)).items
    for pod in pods:
        kubernetes_server.kubelet.logs.write(namespace, pod.metadata.name, "api", "first", "second", "third")
    shown = (await world.do({"logs": {"deployment": "api", "tail": 2}})).evidence
    assert all(pod.metadata.name in shown for pod in pods)
    assert "first" not in shown
    assert "second\nthird" in shown


# ----------------------------------------------------------------------------------------------------- other workloads


async def test_a_stateful_set_and_a_daemon_set_are_changed_waited_for_and_taken_back(
    world: KubeWorld, admin: Apis, namespace: str
) -> None:
    plain = deployment("store", V1, 2)
    template = {key: plain["spec"][key] for key in ("selector", "template", "replicas")}
    await admin.apps.create_namespaced_stateful_set(
        namespace, {**plain, "kind": "StatefulSet", "spec": {**template, "serviceName": "store"}}
    )
    verb = {"statefulset": "store"}
    assert (await world.do({"wait": {**verb, "timeout": "30s"}})).ok
    world.target = await world.record({"undo": verb})
    await world.do({"set-image": {**verb, "container": "store", "image": V2}})
    waited = await world.do({"wait": {**verb, "timeout": "30s"}})
    assert waited.ok, waited.evidence
    await world.do({"undo": verb})
    assert (await world.do({"wait": {**verb, "timeout": "30s"}})).ok
    now = await admin.apps.read_namespaced_stateful_set("store", namespace)
    assert image(now) == V1
    assert (await world.check({"kind": "StatefulSet", "name": "store"}, ready=True, image=V1)).agrees


# ------------------------------------------------------------------------------------------------------------- shares


async def test_the_share_as_a_ratio_of_real_pods(world: KubeWorld, admin: Apis, namespace: str) -> None:
    await admin.apps.create_namespaced_deployment(namespace, deployment("api", V1, 10))
    await admin.apps.create_namespaced_deployment(namespace, deployment("api-canary", V2, 0))

    async def share() -> int:
        try:
            return await world.weight(replicas={"canary": "api-canary", "stable": "api"})
        except TryLater:  # the pods are still being changed
            return -1

    for weight in (10, 50, 100):
        done = await world.do(RATIO, weight=weight)
        assert done.ok, done.evidence
        await eventually(share, partial(int.__eq__, weight))  # the old pods are still going
    assert (await world.do(RATIO, weight=0)).ok
    await eventually(share, partial(int.__eq__, 0))


ROUTE = {
    "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "shop"},
    "spec": {"rules": [{"backendRefs": [{"name": "stable", "port": 80, "weight": 100}, {"name": "canary", "port": 80, "weight": 0}]}]},
}  # fmt: skip
VIRTUAL = {
    "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "shop"},
    "spec": {
        "hosts": ["shop"],
        "http": [{"name": "primary", "route": [
            {"destination": {"host": "shop", "subset": "stable"}, "weight": 100},
            {"destination": {"host": "shop", "subset": "canary"}, "weight": 0},
        ]}],
    },
}  # fmt: skip
ROLLOUT = {
    "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "shop"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "shop"}}, "template": {}, "strategy": {"canary": {"steps": [{"setWeight": 0}]}}},
}  # fmt: skip
WAYS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        ROUTE,
        {
            "spec.rules[0].backendRefs[canary].weight": "$weight",
            "spec.rules[0].backendRefs[stable].weight": "$rest",
        },
        "spec.rules[0].backendRefs[?name=='canary'].weight | [0]",
    ),
    (
        VIRTUAL,
        {
            "spec.http[primary].route[destination.subset=canary].weight": "$weight",
            "spec.http[primary].route[destination.subset=stable].weight": "$rest",
        },
        "spec.http[0].route[?destination.subset=='canary'].weight | [0]",
    ),
    (
        ROLLOUT,
        {"spec.strategy.canary.steps[0].setWeight": "$weight"},
        "spec.strategy.canary.steps[0].setWeight",
    ),
]


@pytest.mark.parametrize(
    ("manifest", "fields", "value"),
    WAYS,
    ids=lambda one: one["kind"] if isinstance(one, dict) and "kind" in one else "",
)
async def test_the_share_in_a_custom_resource(
    world: KubeWorld,
    custom_kinds: dict[str, tuple[str, str, str]],
    manifest: dict[str, Any],
    fields: dict[str, str],
    value: str,
) -> None:
    group, version, _ = custom_kinds[manifest["kind"]]
    done = await world.do({"apply": {"manifest": {**manifest, "apiVersion": f"{group}/{version}"}}})
    assert done.evidence.endswith("is new")
    thing = {"api": group, "kind": manifest["kind"], "name": "shop"}
    verb = {"set": {"resource": thing, "fields": fields}}
    before = await world.dry(verb, weight=5)
    assert "0 -> 5" in before.evidence
    assert await world.weight(object=thing, value=value) == 0
    for weight in (5, 50, 0):
        await world.do(verb, weight=weight)
        assert await world.weight(object=thing, value=value) == weight
    assert (await world.do(verb, weight=0)).evidence.endswith("is so already")


# -------------------------------------------------------------------------------------------------------------- looks


@pytest.mark.usefixtures("healthy")
async def test_what_runbooks_want_to_see(world: KubeWorld, admin: Apis, namespace: str) -> None:
    await admin.core.create_namespaced_config_map(
        namespace, {"metadata": {"name": "flags"}, "data": {"SHARDING": "true"}}
    )
    budget = {
        "apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "api"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "api"}}},
    }  # fmt: skip
    assert (await world.do({"apply": {"manifest": budget}})).ok
    deployed = {"kind": "Deployment", "name": "api"}
    looks: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
        (deployed, {"ready": True, "image": V1, "restarts": {"below": 3}}, True),
        (deployed, {"expect": {"status.readyReplicas": 3}, "at-least": {"spec.replicas": 2}}, True),
        (deployed, {"image": V2}, False),
        (deployed, {"at-least": {"status.readyReplicas": 4}}, False),
        ({"kind": "ConfigMap", "name": "flags"}, {"expect": {"data.SHARDING": "true"}}, True),
        ({"kind": "ConfigMap", "name": "gone"}, {}, False),
        ({"kind": "ConfigMap", "name": "gone"}, {"exists": False}, True),
        ({"kind": "PodDisruptionBudget", "name": "api"}, {"at-least": {"spec.minAvailable": 2}}, True),
        ({"api": "policy", "kind": "PodDisruptionBudget", "name": "api"}, {}, True),
        ({"kind": "Namespace", "name": namespace}, {"expect": {"status.phase": "Active"}}, True),
    ]
    for thing, wanted, agrees in looks:
        seen = await world.check(thing, **wanted)
        assert seen.agrees is agrees, seen.evidence
    with pytest.raises(GaveUp, match="policy/v1beta1: write 'policy'"):
        await world.check({"api": "policy/v1", "kind": "PodDisruptionBudget", "name": "api"})


async def test_a_monitor_of_another_makers_kind(
    world: KubeWorld, custom_kinds: dict[str, tuple[str, str, str]]
) -> None:
    group, version, _ = custom_kinds["ServiceMonitor"]
    manifest = {
        "apiVersion": f"{group}/{version}", "kind": "ServiceMonitor", "metadata": {"name": "api"},
        "spec": {"selector": {"matchLabels": {"app": "api"}}, "endpoints": [{"port": "metrics"}]},
    }  # fmt: skip
    await world.do({"apply": {"manifest": manifest}})
    assert (
        await world.check(
            {"kind": "ServiceMonitor", "name": "api"}, expect={"spec.endpoints[0].port": "metrics"}
        )
    ).agrees
    with pytest.raises(GaveUp, match="knows no kind 'PodMonitor'"):
        await world.check({"kind": "PodMonitor", "name": "api"})


# ---------------------------------------------------------------------------------------------------- dry and disturbed


@pytest.mark.usefixtures("healthy")
async def test_dry_runs_change_nothing(world: KubeWorld, admin: Apis, namespace: str, api: Read) -> None:
    await admin.apps.create_namespaced_deployment(namespace, deployment("api-canary", V2, 0))
    await eventually(lambda: admin.apps.read_namespaced_deployment("api-canary", namespace), settled)
    world.target = await world.record(UNDO)
    before = {
        one.metadata.name: one.metadata.resource_version
        for one in (await admin.apps.list_namespaced_deployment(namespace)).items
    }
    new = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}, "data": {"a": "b"}}
    verbs: list[dict[str, Any]] = [
        IMAGE, {"set-env": {"deployment": "api", "env": {"A": "b"}}}, {"restart": {"deployment": "api"}}, UNDO, RATIO, WAIT,
        {"scale": {"deployment": "api", "replicas": 7}},
        {"patch": {"resource": {"kind": "Deployment", "name": "api"}, "strategic": {"spec": {"replicas": 4}}}},
        {"delete": {"resource": {"kind": "Deployment", "name": "api"}}},
        {"apply": {"manifest": new}},
    ]  # fmt: skip
    for verb in verbs:
        shown = await world.dry(verb, weight=10)
        assert shown.ok, shown.evidence
        assert shown.evidence
    after = {
        one.metadata.name: one.metadata.resource_version
        for one in (await admin.apps.list_namespaced_deployment(namespace)).items
    }
    assert after == before
    assert (await world.check({"kind": "ConfigMap", "name": "made"}, exists=False)).agrees
    told = (await world.dry(IMAGE)).evidence
    assert told == f"deployment/api in {namespace}: spec.template.spec.containers[api].image: {V1} -> {V2}"


@pytest.mark.usefixtures("healthy")
async def test_a_server_that_goes_away_in_the_middle_is_waited_for_and_the_change_is_made_once(
    world: KubeWorld, api: Read, kubernetes_server: RealCluster
) -> None:
    kubernetes_server.kubelet.decide(V2, PodFate.HELD)
    assert (await world.do(IMAGE)).ok
    changed = (await api()).metadata.generation
    waiting = asyncio.create_task(world.do({"wait": {"deployment": "api", "timeout": "60s"}}))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(kubernetes_server.stop_api)
    with pytest.raises(TryLater):
        await world.do(IMAGE)
    await asyncio.to_thread(kubernetes_server.start_api)
    kubernetes_server.kubelet.decide(V2, PodFate.READY)
    assert (await world.do(IMAGE)).evidence.endswith("is so already")
    waited = await waiting
    assert waited.ok, waited.evidence
    assert "could not be reached" in waited.evidence
    assert (await api()).metadata.generation == changed


@pytest.mark.usefixtures("healthy")
async def test_an_answer_that_never_came_is_unknown_and_the_repetition_changes_nothing_more(
    world: KubeWorld, api: Read, kubernetes_server: RealCluster
) -> None:
    world.source["timeout"] = "1s"
    restart = {"restart": {"deployment": "api"}}
    before = (await api()).metadata.generation
    kubernetes_server.hang_api()
    with pytest.raises(TryLater, match="in time"):
        await world.do(restart)
    kubernetes_server.resume_api()
    for _ in range(2):
        assert (await world.do(restart)).ok
    assert (await api()).metadata.generation == before + 1


@pytest.mark.usefixtures("healthy")
async def test_two_hands_at_once_lose_nothing(world: KubeWorld, api: Read) -> None:
    changes = [{"set-env": {"deployment": "api", "env": {f"N{number}": "x"}}} for number in range(4)]
    done = await asyncio.gather(*(world.do(change) for change in changes))
    assert all(one.ok for one in done)
    env = (await api()).spec.template.spec.containers[0].env
    assert {one.name for one in env} == {"N0", "N1", "N2", "N3"}


@pytest.mark.usefixtures("healthy")
async def test_what_is_managed_by_others_is_not_taken(world: KubeWorld, admin: Apis, namespace: str) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "flags"},
        "data": {"mode": "theirs"},
    }
    await admin.core.create_namespaced_config_map(namespace, manifest, field_manager="somebody")
    ours = {**manifest, "data": {"mode": "ours"}}
    with pytest.raises(GaveUp, match="somebody"):
        await world.do({"apply": {"manifest": ours}})
    assert (await world.do({"apply": {"manifest": ours, "force": True}})).ok
    held = await admin.core.read_namespaced_config_map("flags", namespace)
    assert held.data == {"mode": "ours"}
    assert "deploy-captain" in {one.manager for one in held.metadata.managed_fields}

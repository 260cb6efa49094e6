"""The real control plane does what the other tests in this folder count on: rollouts, rights, outages, budgets.

Not here: anything of the bot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from cluster_world import Apis, complete, connected, definitions, deployment, eventually, image_of
from kubernetes.aio import client
from played_kubelet import PlayedKubelet
from pod_fates import PodFate
from real_cluster import RealCluster

APP, OLD, NEW = "ion-api", "ion-api:v2.0.9", "ion-api:v2.1.0"


@pytest.fixture
async def admin(kubernetes_server: RealCluster) -> AsyncIterator[Apis]:
    async with connected(kubernetes_server.kubeconfig) as api:
        yield api


@pytest.fixture
def kubelet(kubernetes_server: RealCluster) -> PlayedKubelet:
    return kubernetes_server.kubelet


async def deploy(admin: Apis, namespace: str, image: str = OLD, replicas: int = 2) -> None:
    await admin.apps.create_namespaced_deployment(namespace, deployment(APP, image, replicas))


async def deployed(admin: Apis, namespace: str) -> Any:
    return await eventually(lambda: admin.apps.read_namespaced_deployment(APP, namespace), complete)


async def set_image(admin: Apis, namespace: str, image: str) -> None:
    await admin.apps.patch_namespaced_deployment(APP, namespace, image_of(APP, image))


async def pods(admin: Apis, namespace: str, image: str) -> list[Any]:
    found = await admin.core.list_namespaced_pod(namespace)
    return [one for one in found.items if one.spec.containers[0].image == image]


def counted(namespace: str, admin: Apis, image: str = OLD) -> Any:
    """A question for `eventually`: the first container's status in each of the image's Pods that reports one."""

    async def look() -> list[Any]:
        found = await pods(admin, namespace, image)
        return [one.status.container_statuses[0] for one in found if one.status.container_statuses]

    return look


# --------------------------------------------------------------------------------------------- rollouts


async def test_it_is_the_old_kubernetes_that_the_bot_has_to_work_with(admin: Apis) -> None:
    version = await client.VersionApi(admin.api).get_code()
    assert (version.major, version.minor.rstrip("+")) == ("1", "20")
    groups = await client.ApisApi(admin.api).get_api_versions()
    versions = {one.group_version for group in groups.groups for one in group.versions}
    assert "policy/v1beta1" in versions
    assert "policy/v1" not in versions


async def test_a_deployment_becomes_available(admin: Apis, namespace: str) -> None:
    await deploy(admin, namespace, replicas=3)
    assert (await deployed(admin, namespace)).status.ready_replicas == 3


async def test_a_new_image_makes_a_second_replica_set_and_empties_the_first(
    admin: Apis, namespace: str
) -> None:
    await deploy(admin, namespace)
    await deployed(admin, namespace)
    await set_image(admin, namespace, NEW)
    await deployed(admin, namespace)
    sets = (await admin.apps.list_namespaced_replica_set(namespace)).items
    sizes = {one.spec.template.spec.containers[0].image: one.spec.replicas for one in sets}
    assert sizes == {OLD: 0, NEW: 2}
    revisions = {one.metadata.annotations["deployment.kubernetes.io/revision"] for one in sets}
    assert revisions == {"1", "2"}
    # The ends of Pods come last: somebody has to say that their containers are gone.
    await eventually(lambda: pods(admin, namespace, OLD), lambda found: not found)


async def test_an_image_that_never_gets_ready_leaves_the_old_pods_in_service(
    admin: Apis, namespace: str, kubelet: PlayedKubelet
) -> None:
    await deploy(admin, namespace)
    await deployed(admin, namespace)
    kubelet.decide(NEW, PodFate.UNREADY)
    await set_image(admin, namespace, NEW)
    await eventually(counted(namespace, admin, NEW), lambda found: len(found) == 1 and not found[0].ready)
    stuck = await admin.apps.read_namespaced_deployment(APP, namespace)
    assert (stuck.status.available_replicas, stuck.status.unavailable_replicas) == (2, 1)
    kubelet.decide(NEW, PodFate.READY)
    await deployed(admin, namespace)


async def test_a_crashing_image_counts_restarts_and_its_log_can_be_read(
    admin: Apis, namespace: str, kubelet: PlayedKubelet
) -> None:
    kubelet.decide(OLD, PodFate.CRASHING)
    await deploy(admin, namespace, replicas=1)
    seen = await eventually(
        counted(namespace, admin), lambda found: bool(found) and found[0].restart_count >= 2
    )
    assert seen[0].state.waiting.reason == "CrashLoopBackOff"
    assert seen[0].last_state.terminated.exit_code == 1
    (pod,) = await pods(admin, namespace, OLD)
    kubelet.logs.write(namespace, pod.metadata.name, APP, "starting", "out of memory", "bye")
    core = admin.core
    assert (
        await core.read_namespaced_pod_log(pod.metadata.name, namespace, tail_lines=2)
        == "out of memory\nbye\n"
    )


async def test_an_image_that_cannot_be_pulled_and_a_pod_that_no_node_takes(
    admin: Apis, namespace: str, kubelet: PlayedKubelet
) -> None:
    kubelet.decide(OLD, PodFate.IMAGE_MISSING)
    kubelet.decide(NEW, PodFate.UNSCHEDULABLE)
    await deploy(admin, namespace, replicas=1)
    waiting = await eventually(counted(namespace, admin), lambda found: len(found) == 1)
    assert waiting[0].state.waiting.reason == "ImagePullBackOff"
    await set_image(admin, namespace, NEW)
    found = await eventually(
        lambda: pods(admin, namespace, NEW), lambda found: bool(found) and bool(found[0].status.conditions)
    )
    assert found[0].status.conditions[0].reason == "Unschedulable"


async def test_nothing_is_reported_of_a_held_image(
    admin: Apis, namespace: str, kubelet: PlayedKubelet
) -> None:
    kubelet.decide(OLD, PodFate.HELD)
    await deploy(admin, namespace, image=OLD, replicas=1)
    await eventually(lambda: pods(admin, namespace, OLD), lambda found: len(found) == 1)
    await admin.apps.create_namespaced_deployment(namespace, deployment("other", NEW))
    await eventually(counted(namespace, admin, NEW), lambda found: len(found) == 2)  # the kubelet was round
    (held,) = await pods(admin, namespace, OLD)
    assert (held.status.phase, held.status.container_statuses) == ("Pending", None)


# --------------------------------------------------------------------------------------------- outages


async def test_the_api_server_is_stopped_and_comes_back_with_everything(
    kubernetes_server: RealCluster, admin: Apis, namespace: str
) -> None:
    await deploy(admin, namespace)
    await deployed(admin, namespace)
    kubernetes_server.stop_api()
    with pytest.raises(aiohttp.ClientError):
        await set_image(admin, namespace, NEW)
    await asyncio.to_thread(kubernetes_server.start_api)
    assert (await deployed(admin, namespace)).spec.template.spec.containers[0].image == OLD
    await set_image(admin, namespace, NEW)  # the controllers and the kubelet are back as well
    await deployed(admin, namespace)


async def test_a_change_sent_to_a_hanging_api_server_may_still_be_made(
    kubernetes_server: RealCluster, admin: Apis, namespace: str
) -> None:
    await deploy(admin, namespace)
    await deployed(admin, namespace)
    kubernetes_server.hang_api()
    with pytest.raises(TimeoutError):
        await admin.apps.patch_namespaced_deployment(APP, namespace, image_of(APP, NEW), _request_timeout=1)
    kubernetes_server.resume_api()
    # Whether the change was made is unknown to whom it was not answered; here a second one is made, to the same effect.
    await set_image(admin, namespace, NEW)
    assert (await deployed(admin, namespace)).spec.template.spec.containers[0].image == NEW


# --------------------------------------------------------------------------------------------- rights


async def test_a_service_account_may_do_what_its_role_says_and_nothing_else(
    kubernetes_server: RealCluster, admin: Apis, namespace: str
) -> None:
    await deploy(admin, namespace)
    await admin.core.create_namespaced_service_account(namespace, {"metadata": {"name": "captain"}})
    kubeconfig = await asyncio.to_thread(kubernetes_server.kubeconfig_for, namespace, "captain")
    async with connected(kubeconfig) as captain:
        apps = captain.apps
        with pytest.raises(client.ApiException) as refused:
            await apps.read_namespaced_deployment(APP, namespace)
        assert refused.value.status == 403
        assert f"system:serviceaccount:{namespace}:captain" in str(refused.value.body)
        await grant_reading(admin, namespace, "captain")
        read = await eventually(lambda: permitted(apps, namespace), lambda seen: seen is not None)
        assert read.metadata.name == APP
        with pytest.raises(client.ApiException) as refused:
            await apps.patch_namespaced_deployment(APP, namespace, image_of(APP, NEW))
        assert refused.value.status == 403


async def permitted(apps: Any, namespace: str) -> Any:
    """The Deployment, or None for as long as the authorizer has not heard of the grant."""
    try:
        return await apps.read_namespaced_deployment(APP, namespace)
    except client.ApiException as refused:
        if refused.status != 403:
            raise
        return None


async def grant_reading(admin: Apis, namespace: str, account: str) -> None:
    rule = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}
    await admin.rights.create_namespaced_role(namespace, {"metadata": {"name": "reader"}, "rules": [rule]})
    binding = {
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }
    await admin.rights.create_namespaced_role_binding(namespace, binding)


# --------------------------------------------------------------------------------------------- budgets, custom resources


async def test_a_disruption_budget_of_the_old_version_is_counted_and_enforced(
    admin: Apis, namespace: str
) -> None:
    await deploy(admin, namespace)
    await deployed(admin, namespace)
    budgets = ("policy", "v1beta1", namespace, "poddisruptionbudgets")
    budget = {
        "apiVersion": "policy/v1beta1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": APP},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": APP}}},
    }
    await admin.custom.create_namespaced_custom_object(*budgets, budget)
    seen = await eventually(
        lambda: admin.custom.get_namespaced_custom_object(*budgets, APP),
        lambda one: one.get("status", {}).get("currentHealthy") == 2,
    )
    assert seen["status"]["disruptionsAllowed"] == 0
    (pod, _) = await pods(admin, namespace, OLD)
    eviction = {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": pod.metadata.name}}
    with pytest.raises(client.ApiException) as refused:
        await admin.core.create_namespaced_pod_eviction(pod.metadata.name, namespace, eviction)
    assert refused.value.status == 429


VALID: dict[str, dict[str, Any]] = {
    "ServiceMonitor": {"selector": {"matchLabels": {"app": APP}}, "endpoints": [{"port": "http", "interval": "15s"}]},
    "HTTPRoute": {"rules": [{"backendRefs": [{"name": "stable", "port": 80, "weight": 95}]}]},
    "VirtualService": {"http": [{"route": [{"destination": {"host": APP, "subset": "canary"}, "weight": 5}]}]},
    "Rollout": {"replicas": 4, "strategy": {"canary": {"steps": [{"setWeight": 5}, {"pause": {}}]}}},
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(VALID))
async def test_custom_resources_are_kept_as_given(
    kind: str, custom_kinds: dict[str, tuple[str, str, str]], admin: Apis, namespace: str
) -> None:
    group, version, plural = custom_kinds[kind]
    body = {"apiVersion": f"{group}/{version}", "kind": kind, "metadata": {"name": APP}, "spec": VALID[kind]}
    await admin.custom.create_namespaced_custom_object(group, version, namespace, plural, body)
    kept = await admin.custom.get_namespaced_custom_object(group, version, namespace, plural, APP)
    assert kept["spec"] == VALID[kind]


async def test_a_weight_out_of_bounds_is_refused_by_the_definition(
    custom_kinds: dict[str, tuple[str, str, str]], admin: Apis, namespace: str
) -> None:
    group, version, plural = custom_kinds["VirtualService"]
    route = {"destination": {"host": APP}, "weight": 101}
    body = {
        "apiVersion": f"{group}/{version}",
        "kind": "VirtualService",
        "metadata": {"name": APP},
        "spec": {"http": [{"route": [route]}]},
    }
    with pytest.raises(client.ApiException) as refused:
        await admin.custom.create_namespaced_custom_object(group, version, namespace, plural, body)
    assert refused.value.status == 422


def test_every_definition_is_used_here() -> None:
    assert {one["spec"]["names"]["kind"] for one in definitions()} == set(VALID)

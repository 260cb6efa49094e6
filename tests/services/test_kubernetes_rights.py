"""The manifests that are shipped: a real API server takes them, and with them the bot may do its work and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import yaml
from cluster_world import Apis, complete, connected, deployment, eventually
from kube_world import KubeWorld, kube_world
from real_cluster import RealCluster

from bot.adapters.kubernetes import Clusters
from bot.diagnosing.over_kubernetes import OverKubernetesDiagnosis
from bot.errors import GaveUp
from bot.secrets import Secrets

MANIFESTS = Path(__file__).parents[2] / "deploy" / "kubernetes"
BOT = "deploy-captain"
DEPLOYED = {"kind": "Deployment", "name": "api"}
SELF = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


def home(namespace: str) -> str:
    """The bot's own namespace in a test, where the files say 'deploy-captain': a namespace goes slowly."""
    return f"{namespace}-bot"


def manifests(name: str, namespace: str) -> list[dict[str, Any]]:
    """What a file holds, for the namespaces of a test."""
    text = (
        (MANIFESTS / name)
        .read_text(encoding="utf-8")
        .replace("namespace: shop\n", f"namespace: {namespace}\n")
    )
    found = list(yaml.safe_load_all(text.replace(f"namespace: {BOT}\n", f"namespace: {home(namespace)}\n")))
    for one in found:
        if one["kind"] == "Namespace":
            one["metadata"]["name"] = home(namespace)
    return found


@pytest.fixture
async def admin(kubernetes_server: RealCluster) -> AsyncIterator[Apis]:
    async with connected(kubernetes_server.kubeconfig) as one:
        yield one


@pytest.fixture
async def as_admin(
    kubernetes_server: RealCluster, namespace: str, tmp_path: Path
) -> AsyncIterator[KubeWorld]:
    async with kube_world(kubernetes_server.kubeconfig, tmp_path) as one:
        one.source["namespace"] = namespace
        yield one


@pytest.fixture
def account(kubernetes_server: RealCluster, namespace: str) -> Iterator[RealCluster]:
    """The cluster, with the bot's namespace taken away afterwards."""
    yield kubernetes_server
    kubernetes_server.door.delete(f"/api/v1/namespaces/{home(namespace)}")


async def applied(as_admin: KubeWorld, namespace: str, *names: str) -> None:
    for name in names:
        for manifest in manifests(name, namespace):
            assert (await as_admin.do({"apply": {"manifest": manifest}})).ok


@pytest.fixture
async def world(
    account: RealCluster, as_admin: KubeWorld, admin: Apis, namespace: str, tmp_path: Path
) -> AsyncIterator[KubeWorld]:
    """The bot with its service account's token, and a deployment to work on."""
    await applied(as_admin, namespace, "rbac.yaml")
    await admin.apps.create_namespaced_deployment(namespace, deployment("api", "shop:v1", 2))
    await eventually(lambda: admin.apps.read_namespaced_deployment("api", namespace), complete)
    async with kube_world(account.kubeconfig_for(home(namespace), BOT), tmp_path) as one:
        one.source["namespace"] = namespace
        yield one


async def test_the_bot_may_do_its_work(world: KubeWorld, admin: Apis, namespace: str) -> None:
    await admin.core.create_namespaced_config_map(
        namespace, {"metadata": {"name": "flags"}, "data": {"a": "b"}}
    )
    undo = {"undo": {"deployment": "api"}}
    world.target = await world.record(undo)
    wait = {"wait": {"deployment": "api", "timeout": "30s"}}
    deeds: list[dict[str, Any]] = [
        {"set-image": {"deployment": "api", "container": "api", "image": "shop:v2"}}, wait,
        {"set-env": {"deployment": "api", "env": {"SHARDING": "false"}}},
        {"restart": {"deployment": "api"}},
        {"scale": {"deployment": "api", "replicas": 3}}, wait,
        {"logs": {"deployment": "api"}},
        {"patch": {"resource": DEPLOYED, "merge": {"spec": {"minReadySeconds": 0}}}},
        undo,
    ]  # fmt: skip
    for verb in deeds:
        done = await world.do(verb)
        assert done.ok, done.evidence
        assert (await world.dry(verb)).ok
    assert (await world.check(DEPLOYED, image="shop:v1", restarts={"below": 1})).agrees
    assert (await world.check({"kind": "ConfigMap", "name": "flags"}, expect={"data.a": "b"})).agrees
    assert (await world.check({"kind": "PodDisruptionBudget", "name": "none"}, exists=False)).agrees


async def test_the_bot_may_set_the_weights_of_a_route(
    world: KubeWorld, as_admin: KubeWorld, custom_kinds: dict[str, tuple[str, str, str]]
) -> None:
    group, version, _ = custom_kinds["HTTPRoute"]
    backends = [{"name": "stable", "weight": 100}, {"name": "canary", "weight": 0}]
    manifest = {
        "apiVersion": f"{group}/{version}", "kind": "HTTPRoute", "metadata": {"name": "shop"},
        "spec": {"rules": [{"backendRefs": backends}]},
    }  # fmt: skip
    await as_admin.do({"apply": {"manifest": manifest}})
    thing = {"api": group, "kind": "HTTPRoute", "name": "shop"}
    fields = {
        "spec.rules[0].backendRefs[canary].weight": "$weight",
        "spec.rules[0].backendRefs[stable].weight": "$rest",
    }
    assert (await world.do({"set": {"resource": thing, "fields": fields}}, weight=5)).ok
    assert (
        await world.weight(object=thing, value="spec.rules[0].backendRefs[?name=='canary'].weight | [0]") == 5
    )


async def test_doctor_knows_the_rights_before_they_are_needed(world: KubeWorld, account: RealCluster) -> None:
    """It asks the API server for each, and names what is missing."""
    deeds: dict[str, dict[str, Any]] = {
        "wait": {"wait": {"deployment": "api"}},
        "undo": {"undo": {"deployment": "api"}},
        "logs": {"logs": {"selector": "app=api"}},
    }
    more: dict[str, dict[str, Any]] = {
        "remove": {"delete": {"resource": DEPLOYED}},
        "far": {"restart": {"deployment": "api", "namespace": "default"}},
        "odd": {"delete": {"resource": {"kind": "Teapot", "name": "x"}}},
    }
    async with aiohttp.ClientSession() as session:
        secrets = Secrets(
            {"KUBECONFIG_PATH": str(account.kubeconfig_for(home(world.source["namespace"]), BOT))}
        )
        doctor = OverKubernetesDiagnosis(Clusters(session, secrets))
        good = await doctor.diagnose(world.plan(actions=acts(deeds)), "cluster")
        assert [(one.state, one.key) for one in good] == [
            ("works", "cluster-answers"),
            ("works", "cluster-rights"),
        ]
        assert dict(good[0].words)["version"] == "v1.20.2"
        sick = await doctor.diagnose(world.plan(actions=acts({**deeds, **more})), "cluster")
        missing = str(dict(sick[1].words)["missing"])
    assert (sick[1].state, sick[1].key) == ("broken", "cluster-forbidden")
    assert "delete Deployment" in missing
    assert "get Deployment (default)" in missing
    assert "knows no kind 'Teapot'" in missing
    assert "patch Deployment (test" not in missing


def acts(deeds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Actions of a plan."""
    return {
        name: {"title": name, "kubernetes": {"source": "cluster", **deed}} for name, deed in deeds.items()
    }


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ({"delete": {"resource": DEPLOYED}}, "cannot delete resource"),
        ({"apply": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}}}}, "cannot create resource|cannot patch resource"),
        ({"patch": {"resource": {"kind": "Secret", "name": "keys"}, "merge": {"data": {}}}}, "cannot get resource"),
        ({"restart": {"deployment": "captain", "namespace": "default"}}, "cannot get resource"),
        ({"restart": {"deployment": "coredns", "namespace": "kube-system"}}, "cannot get resource"),
    ],
)  # fmt: skip
async def test_what_it_does_not_need_is_forbidden(
    world: KubeWorld, namespace: str, verb: dict[str, Any], said: str
) -> None:
    with pytest.raises(GaveUp, match=said) as problem:
        await world.do(verb)
    assert problem.value.code == "Forbidden"
    assert f"system:serviceaccount:{home(namespace)}:{BOT}" in problem.value.reason


async def test_its_rights_are_those_of_the_file_and_no_others(
    world: KubeWorld, account: RealCluster, namespace: str
) -> None:
    """As the API server itself sees them, beside what every account of a cluster may."""
    async with connected(account.kubeconfig_for(home(namespace), BOT)) as bot:
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        answer = await bot.api.call_api(
            *await bot.api.param_serialize(
                "POST",
                SELF,
                header_params={"Content-Type": "application/json"},
                body=review,
                auth_settings=["BearerToken"],
            )
        )
        document = await answer.response.json()
    seen = {
        (group, resource, verb)
        for rule in document["status"]["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if not resource.startswith("selfsubject")
    }
    (role,) = [one for one in manifests("rbac.yaml", namespace) if one["kind"] == "Role"]
    assert seen == {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


async def test_applying_and_deleting_need_the_second_file(
    world: KubeWorld, as_admin: KubeWorld, namespace: str
) -> None:
    await applied(as_admin, namespace, "rbac-manifests.yaml")
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}, "data": {"a": "b"}}
    assert (await world.do({"apply": {"manifest": made}})).evidence.endswith("is new")
    assert (await world.do({"delete": {"resource": DEPLOYED}})).ok


async def test_the_bots_own_manifest_is_taken(
    account: RealCluster, as_admin: KubeWorld, namespace: str
) -> None:
    await applied(as_admin, namespace, "rbac.yaml", "bot.yaml")
    seen = await as_admin.check(
        {"kind": "Deployment", "name": "captain", "namespace": home(namespace)},
        expect={"spec.strategy.type": "Recreate"},
    )
    assert seen.agrees, seen.evidence


async def test_in_a_pod_the_service_account_is_enough(
    world: KubeWorld, account: RealCluster, namespace: str, tmp_path: Path
) -> None:
    """The files and variables that a pod finds, and no kubeconfig."""
    mounted = tmp_path / "pod" / "serviceaccount"
    mounted.mkdir(parents=True)
    (mounted / "token").write_text(account.token_for(home(namespace), BOT))
    (mounted / "ca.crt").write_bytes(account.ca.read_bytes())
    place = urlsplit(account.url)
    environ = {"KUBERNETES_SERVICE_HOST": str(place.hostname), "KUBERNETES_SERVICE_PORT": str(place.port)}
    async with kube_world(Path("none"), tmp_path / "pod", **environ) as inside:
        inside.source = {"namespace": namespace}
        assert (await inside.do({"restart": {"deployment": "api"}})).ok

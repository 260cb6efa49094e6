"""The rights that a plan needs in a cluster: all of them, and none that it does not use; the shipped role gives them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.kubernetes import Clusters
from bot.diagnosing.cluster_rights import rights_of
from bot.diagnosing.over_kubernetes import OverKubernetesDiagnosis
from bot.secrets import Secrets
from core.plan.parse import parse_plan
from sandbox.kubernetes.cluster import KubernetesStandIn, kubernetes_stand_in

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
REACHED = parse_plan(EXAMPLE.replace("context: production", "context: fake"))
"""The same, by the one context that the stand-in's kubeconfig has."""


@pytest.fixture
async def cluster() -> AsyncIterator[KubernetesStandIn]:
    async with kubernetes_stand_in() as one:
        yield one


def test_every_use_of_a_cluster_has_its_rights() -> None:
    texts = {f"{right.text} {right.namespace}".strip() for right in rights_of(parse_plan(EXAMPLE), "cluster")}
    assert texts == {
        "get Deployment", "patch Deployment", "get Deployment backend", "patch Deployment backend",
        "get StatefulSet", "patch StatefulSet", "get DaemonSet", "patch DaemonSet", "delete Deployment",
        "list Pod", "list ReplicaSet", "get Pod/log", "get HTTPRoute", "patch HTTPRoute", "get Ingress", "patch Ingress",
        "get Service", "patch Service", "get ConfigMap", "create ConfigMap", "patch ConfigMap", "get ConfigMap backend",
        "get PodDisruptionBudget", "get Job",
    }  # fmt: skip
    assert list(rights_of(parse_plan(EXAMPLE), "another")) == []


def test_the_shipped_role_gives_no_right_that_no_plan_can_need() -> None:
    """A verb in the role that nothing here asks for is one too many."""
    (role,) = [
        one
        for one in yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "rbac.yaml").read_text())
        if one["kind"] == "Role"
    ]
    verbs = {verb for rule in role["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "patch"}
    assert all("*" not in (*rule["apiGroups"], *rule["resources"], *rule["verbs"]) for rule in role["rules"])
    assert not any("secrets" in rule["resources"] for rule in role["rules"])


async def test_an_address_where_something_else_answers_is_one_finding(
    cluster: KubernetesStandIn, tmp_path: Path
) -> None:
    """As a proxy's page that asks for a password, with status 200."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<html>Sign in</html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    async with TestServer(app) as other:
        cluster.url = str(other.make_url("")).rstrip("/")
        secrets = Secrets({"SHOP_KUBECONFIG": str(cluster.kubeconfig(tmp_path))})
        async with aiohttp.ClientSession() as session:
            found = await OverKubernetesDiagnosis(Clusters(session, secrets)).diagnose(REACHED, "cluster")
    assert [(one.state, one.key) for one in found] == [("broken", "source-unreachable")]
    assert "is no Kubernetes API" in str(dict(found[0].words)["reason"])


async def test_a_cluster_that_cannot_be_reached_is_one_finding(
    cluster: KubernetesStandIn, tmp_path: Path
) -> None:
    cluster.url = "http://127.0.0.1:9"
    secrets = Secrets({"SHOP_KUBECONFIG": str(cluster.kubeconfig(tmp_path))})
    async with aiohttp.ClientSession() as session:
        found = await OverKubernetesDiagnosis(Clusters(session, secrets)).diagnose(REACHED, "cluster")
    assert [(one.state, one.key) for one in found] == [("broken", "source-unreachable")]
    assert "could not be reached" in str(dict(found[0].words)["reason"])

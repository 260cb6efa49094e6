"""The way into a cluster: configurations, discovered APIs, and every refusal known for what it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from adapter_world import plan_with
from kubernetes.aio import config
from kubernetes.aio.client import exceptions

from bot.adapters.kubernetes import Clusters
from bot.adapters.kubernetes_faults import BY_EXCEPTION, BY_STATUS, Means, library_failure, refusal
from bot.adapters.kubernetes_kinds import Kinds
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.plan.models import Plan
from sandbox.kubernetes.cluster import KubernetesStandIn, kubernetes_stand_in
from sandbox.kubernetes.served import NEW, OLD


@pytest.fixture
async def cluster() -> AsyncIterator[KubernetesStandIn]:
    async with kubernetes_stand_in() as one:
        yield one


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as one:
        yield one


def plan(**source: Any) -> Plan:
    return plan_with(sources={"cluster": {"kubernetes": {"namespace": "shop", **source}}})


async def look(clusters: Clusters, **source: Any) -> dict[str, Any]:
    """The deployment 'api'."""
    cluster = clusters.of(plan(**source), "cluster")
    return await cluster.get(await cluster.ref("apps", "Deployment", "api", None))


# ------------------------------------------------------------------------------------------------------ the way in


async def test_a_kubeconfig_by_path_or_by_variable(
    cluster: KubernetesStandIn, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    cluster.deployment("api")
    path = str(cluster.kubeconfig(tmp_path))
    clusters = Clusters(session, Secrets({"CONFIG": path, "NAMESPACE": "shop", "CONTEXT": "fake"}))
    for source in (
        {"kubeconfig": path},
        {"kubeconfig": "${CONFIG}", "context": "${CONTEXT}", "namespace": "${NAMESPACE}"},
    ):
        assert (await look(clusters, **source))["metadata"]["name"] == "api"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({}, "names no kubeconfig, and the bot does not run in a cluster"),
        ({"kubeconfig": "nowhere/config"}, "no kubeconfig 'config'"),
        ({"kubeconfig": "${NOT_SET}"}, "NOT_SET"),
        ({"kubeconfig": "FOLDER/broken"}, "cannot be used"),
        ({"kubeconfig": "FOLDER/kubeconfig", "context": "elsewhere"}, "cannot be used"),
    ],
)
async def test_no_way_in(
    cluster: KubernetesStandIn,
    session: aiohttp.ClientSession,
    tmp_path: Path,
    source: dict[str, str],
    said: str,
) -> None:
    cluster.kubeconfig(tmp_path)
    (tmp_path / "broken").write_text("clusters: [\n")
    placed = {key: value.replace("FOLDER", str(tmp_path)) for key, value in source.items()}
    with pytest.raises(GaveUp, match=said):
        await look(Clusters(session, Secrets({}), account=tmp_path / "none"), **placed)


async def test_a_file_that_was_written_anew_is_read_anew(
    cluster: KubernetesStandIn, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """As when it leads to another cluster, whose kinds are others."""
    clusters = Clusters(session, Secrets({}))
    path = cluster.kubeconfig(tmp_path)
    cluster.deployment("api")
    await look(clusters, kubeconfig=str(path))
    async with kubernetes_stand_in(OLD) as other:
        other.deployment("api", "other:v1")
        os.utime(other.kubeconfig(tmp_path), ns=(1, 1))
        seen = await look(clusters, kubeconfig=str(path))
        assert seen["spec"]["template"]["spec"]["containers"][0]["image"] == "other:v1"
        assert "GET /apis/apps/v1" in other.log


def with_a_program(folder: Path, cluster: KubernetesStandIn, script: str) -> str:
    """A kubeconfig whose tokens come from a program."""
    program = folder / "token"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    path = cluster.kubeconfig(folder)
    written = yaml.safe_load(path.read_text())
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "args": []}
    written["users"] = [{**one, "user": {"exec": run}} for one in written["users"]]
    path.write_text(yaml.safe_dump(written))
    return str(path)


async def test_a_program_for_tokens_that_does_not_end_is_not_waited_for(
    cluster: KubernetesStandIn, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    cluster.deployment("api")
    clusters = Clusters(session, Secrets({}), opening_s=2.0)
    with pytest.raises(TryLater, match=r"was not open within 2 s.*ends by itself") as problem:
        await look(clusters, kubeconfig=with_a_program(tmp_path, cluster, "exec sleep 600"))
    assert not problem.value.unknown
    (tmp_path / "other").mkdir()
    other = str(cluster.kubeconfig(tmp_path / "other"))
    assert (await look(clusters, kubeconfig=other))["metadata"]["name"] == "api"


async def test_a_source_the_plan_does_not_have(session: aiohttp.ClientSession) -> None:
    with pytest.raises(GaveUp, match="no Kubernetes source 'other'"):
        Clusters(session, Secrets({})).of(plan(), "other")


async def test_nobody_listens(
    cluster: KubernetesStandIn, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    cluster.url = "http://127.0.0.1:9"
    path = str(cluster.kubeconfig(tmp_path))
    with pytest.raises(TryLater, match="could not be reached") as problem:
        await look(Clusters(session, Secrets({})), kubeconfig=path)
    assert not problem.value.unknown


def test_the_library_is_not_loaded_before_it_is_needed() -> None:
    """It costs memory, and time at the start."""
    asked = "import sys, bot.vendors; sys.exit('kubernetes' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", asked], cwd=root, check=False).returncode == 0


# ------------------------------------------------------------------------------------------------- discovered APIs


async def kinds(cluster: KubernetesStandIn, session: aiohttp.ClientSession, folder: Path) -> Kinds:
    path = str(cluster.kubeconfig(folder))
    asked = Clusters(session, Secrets({})).of(plan(kubeconfig=path), "cluster")
    return Kinds(lambda path: asked.ask("GET", path))


@pytest.mark.parametrize(
    ("apis", "api", "kind", "path"),
    [
        (NEW, "policy", "PodDisruptionBudget", "/apis/policy/v1"),
        (OLD, "policy", "PodDisruptionBudget", "/apis/policy/v1beta1"),
        (OLD, None, "PodDisruptionBudget", "/apis/policy/v1beta1"),
        (OLD, "policy/v1beta1", "PodDisruptionBudget", "/apis/policy/v1beta1"),
        (NEW, None, "Deployment", "/apis/apps/v1"),
        (NEW, None, "ConfigMap", "/api/v1"),
        (NEW, "v1", "ConfigMap", "/api/v1"),
        (NEW, "core", "ConfigMap", "/api/v1"),
        (NEW, None, "VirtualService", "/apis/networking.istio.io/v1"),
        (NEW, "gateway.networking.k8s.io", "Gateway", "/apis/gateway.networking.k8s.io/v1"),
    ],
)
async def test_the_version_is_the_clusters(
    session: aiohttp.ClientSession, tmp_path: Path, apis: Any, api: str | None, kind: str, path: str
) -> None:
    async with kubernetes_stand_in(apis) as cluster:
        found = await (await kinds(cluster, session, tmp_path)).find(api, kind)
        assert (found.root, found.name) == (path, kind)


@pytest.mark.parametrize(
    ("api", "kind", "said"),
    [
        (
            "policy/v1",
            "PodDisruptionBudget",
            "does not serve 'policy/v1', but policy/v1beta1: write 'policy'",
        ),
        ("argoproj.io", "Rollout", "serves no API 'argoproj.io'"),
        ("apps", "Rollout", "API 'apps' has no kind 'Rollout'"),
        (None, "Rollout", "knows no kind 'Rollout'"),
        ("", "Deployment", "API '' has no kind"),
    ],
)
async def test_what_the_cluster_does_not_serve(
    session: aiohttp.ClientSession, tmp_path: Path, api: str | None, kind: str, said: str
) -> None:
    async with kubernetes_stand_in(OLD) as cluster:
        with pytest.raises(GaveUp, match=said):
            await (await kinds(cluster, session, tmp_path)).find(api, kind)


async def test_a_kind_of_two_makers_must_be_named(
    cluster: KubernetesStandIn, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    with pytest.raises(GaveUp, match="Several APIs have a kind 'Gateway'"):
        await (await kinds(cluster, session, tmp_path)).find(None, "Gateway")


async def test_what_was_read_is_kept_until_it_is_not_enough(
    cluster: KubernetesStandIn, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    known = await kinds(cluster, session, tmp_path)
    await known.find("apps", "Deployment")
    asked = len(cluster.log)
    await known.find("apps", "Deployment")
    assert len(cluster.log) == asked
    with pytest.raises(GaveUp):
        await known.find("argoproj.io", "Rollout")
    cluster.apis = {**NEW, "argoproj.io/v1alpha1": {"Rollout": ("rollouts", True)}}
    assert (await known.find("argoproj.io", "Rollout")).version == "argoproj.io/v1alpha1"


async def test_an_upgraded_cluster_is_read_anew(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with kubernetes_stand_in(OLD) as cluster:
        asked = Clusters(session, Secrets({})).of(
            plan(kubeconfig=str(cluster.kubeconfig(tmp_path))), "cluster"
        )
        cluster.put("poddisruptionbudgets", {"kind": "PodDisruptionBudget", "metadata": {"name": "api"}})
        await asked.get(await asked.ref("policy", "PodDisruptionBudget", "api", None))
        cluster.apis = NEW
        with pytest.raises(TryLater):
            await asked.get(await asked.ref("policy", "PodDisruptionBudget", "api", None))
        assert await asked.get(await asked.ref("policy", "PodDisruptionBudget", "api", None))


# ---------------------------------------------------------------------------------------------------------- refusals


def test_every_exception_of_the_library_has_a_row() -> None:
    """A new class fails here until a person has said what it means for an effect."""
    theirs = {
        name
        for module in (exceptions, config.config_exception)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == module.__name__
    }
    assert theirs == set(BY_EXCEPTION)


@pytest.mark.parametrize("name", sorted(BY_EXCEPTION))
def test_every_row_becomes_one_of_our_errors(name: str) -> None:
    kind = getattr(exceptions, name, None) or config.ConfigException
    problem = library_failure(kind.__new__(kind), "the cluster")
    assert isinstance(problem, GaveUp) == (BY_EXCEPTION[name] is Means.NEVER)
    assert problem.unknown == (BY_EXCEPTION[name] is Means.UNKNOWN)


@pytest.mark.parametrize("status", [*BY_STATUS, 302, 418, 507])
def test_every_status_becomes_one_of_our_errors(status: int) -> None:
    means = BY_STATUS.get(status, Means.UNKNOWN if status >= 500 else Means.NEVER)
    problem = refusal(status, {"message": "as it is", "reason": "So"}, None, "the cluster")
    assert isinstance(problem, GaveUp) == (means is Means.NEVER)
    assert problem.unknown == (means is Means.UNKNOWN)
    assert "the cluster says: as it is." in problem.reason


@pytest.mark.parametrize(
    "body", [None, [], "text", {"details": None}, {"details": []}, {"message": "x" * 9_000}]
)
def test_an_odd_refusal_is_a_refusal(body: Any) -> None:
    assert len(refusal(404, body, None, "the cluster").reason) < 700


def test_a_pause_that_is_asked_for_is_kept() -> None:
    asked = refusal(429, {"details": {"retryAfterSeconds": 12}}, None, "the cluster")
    assert isinstance(asked, TryLater)
    assert asked.after_s == 12
    by_header = refusal(503, {}, 3.0, "the cluster")
    assert isinstance(by_header, TryLater)
    assert by_header.after_s == 3

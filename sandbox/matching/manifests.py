"""The objects of the exchange's cluster: those that are there before the deployment, and the manifests that are applied during
it, written as files a repository would have. They must not know when they are applied."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from sandbox.kubernetes.cluster import KubernetesStandIn

Object = dict[str, Any]
ENGINE, BACKEND = "matching-engine", "backend"
SHARDS: Final = {"shard-1": "BTC", "shard-2": "ETH", "shard-3": "other"}
SEATS: Final = ("primary", "standby")
WEIGHTS: Final = (5, 25, 50, 100)
WEIGHT: Final = "nginx.ingress.kubernetes.io/canary-weight"
ENV: Final = "SHARDING_ENABLED"
RULES: Final = (
    "MatchingShardDown", "MatchingShardNotActive", "MatchingStandbyLagging", "MatchingErrorRateHigh",
    "MatchingLatencyHigh", "MatchingThroughputLow", "MatchingQueueFull", "MatchingJvmHeapHigh", "MatchingGcPauseLong",
    "KafkaConsumerLagHigh", "KafkaUnderReplicated",
)  # fmt: skip
"""The names of the alert rules: eleven."""


def furnish(cluster: KubernetesStandIn, image: str) -> None:
    """What is in the cluster a week before the deployment: the backends, settings, budgets and monitoring."""
    for name, tag, sharding in (("backend-legacy", "v0.9.4", "false"), ("backend", "v1.0.0", "true")):
        workload = _workload("Deployment", name, BACKEND, f"registry.example/backend:{tag}", 4, {"app": name})
        workload["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": ENV, "value": sharding}]
        cluster.put("deployments", workload, namespace=BACKEND)
        cluster.roll(name, namespace=BACKEND)
    cluster.put("ingresses", _ingress(0), namespace=BACKEND)
    settings: Object = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "matching-engine-config"},
    }
    settings["data"] = {"KAFKA_BOOTSTRAP": "prod-kafka:9092", "SHARD_COUNT": "3"}
    cluster.put("configmaps", settings, namespace=ENGINE)
    secret: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "matching-engine-secret"}}
    secret["data"] = {"KAFKA_PASSWORD": "bm90LXJlYWw="}
    cluster.put("secrets", secret, namespace=ENGINE)
    for shard in SHARDS:
        budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": shard}}
        chosen = {"selector": {"matchLabels": {"shard": shard}}}
        cluster.put(
            "poddisruptionbudgets", {**budget, "spec": {"minAvailable": 1, **chosen}}, namespace=ENGINE
        )
    monitor = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": ENGINE},
    }
    watched = {
        "selector": {"matchLabels": {"app": ENGINE}},
        "endpoints": [{"port": "metrics", "interval": "15s"}],
    }
    cluster.put("servicemonitors", {**monitor, "spec": watched}, namespace=ENGINE)
    puller = _workload("DaemonSet", "shard-image-puller", ENGINE, image, 0, {"app": "shard-image-puller"})
    cluster.put("daemonsets", puller, namespace=ENGINE)
    cluster.roll("shard-image-puller", plural="daemonsets", namespace=ENGINE)


def write(folder: Path, image: str) -> None:
    """The manifests below a folder: k8s/overlays/prod, k8s/canary, k8s/production."""
    _dump(folder / "k8s/overlays/prod/base.yaml", *_base())
    for shard in SHARDS:
        for seat in SEATS:
            name = f"{shard}-{seat}"
            labels = {"app": ENGINE, "shard": shard, "seat": seat}
            _dump(
                folder / f"k8s/overlays/prod/{name}.yaml",
                _workload("StatefulSet", name, ENGINE, image, 1, labels, service=name),
            )
    for weight in WEIGHTS:
        _dump(folder / f"k8s/canary/backend-canary-{weight}.yaml", _ingress(weight))
    full = _ingress(100)
    full["metadata"]["annotations"]["backend.example/rollout"] = "full"
    _dump(folder / "k8s/production/backend-full.yaml", full)


def _base() -> list[Object]:
    """What all shards share: one service a seat."""
    return [
        {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{shard}-{seat}", "namespace": ENGINE},
            "spec": {"clusterIP": "None", "selector": {"shard": shard, "seat": seat}, "ports": [{"name": "http", "port": 8080}]},
        }
        for shard in SHARDS
        for seat in SEATS
    ]  # fmt: skip


def _workload(
    kind: str,
    name: str,
    namespace: str,
    image: str,
    replicas: int,
    labels: dict[str, str],
    *,
    service: str = "",
) -> Object:
    container = {"name": "matching-engine" if namespace == ENGINE else "backend", "image": image}
    spec: Object = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }
    if kind != "DaemonSet":
        spec["replicas"] = replicas
    if service:
        spec["serviceName"] = service
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}


def _ingress(weight: int) -> Object:
    """How much of the traffic goes to the new backend."""
    marks = {"nginx.ingress.kubernetes.io/canary": "true", WEIGHT: str(weight)}
    target = {"service": {"name": "backend", "port": {"number": 8080}}}
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "backend-canary", "namespace": BACKEND, "annotations": marks},
        "spec": {"rules": [{"host": "api.exchange.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": target}]}}]},
    }  # fmt: skip


def _dump(path: Path, *objects: Object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump_all(objects, sort_keys=False), encoding="utf-8")

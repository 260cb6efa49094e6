"""Which kinds of objects the stand-in serves, in which versions, and how it says so (discovery).

It must not know what becomes of an object.
"""

from __future__ import annotations

from typing import Final

from sandbox.kubernetes.workloads import Object

Served = dict[str, dict[str, tuple[str, bool]]]
"""Group and version to kind to (plural, whether it lies in a namespace)."""

APPS = {
    "Deployment": ("deployments", True),
    "ReplicaSet": ("replicasets", True),
    "StatefulSet": ("statefulsets", True),
    "DaemonSet": ("daemonsets", True),
}
CORE = {
    "Pod": ("pods", True), "ConfigMap": ("configmaps", True), "Secret": ("secrets", True), "Service": ("services", True),
    "Namespace": ("namespaces", False),
}  # fmt: skip
NEW: Final[Served] = {
    "v1": CORE,
    "apps/v1": APPS,
    "policy/v1": {"PodDisruptionBudget": ("poddisruptionbudgets", True)},
    "networking.k8s.io/v1": {"Ingress": ("ingresses", True)},
    "monitoring.coreos.com/v1": {"ServiceMonitor": ("servicemonitors", True)},
    "gateway.networking.k8s.io/v1": {"HTTPRoute": ("httproutes", True), "Gateway": ("gateways", True)},
    "networking.istio.io/v1": {"Gateway": ("gateways", True), "VirtualService": ("virtualservices", True)},
}
OLD: Final[Served] = {
    "v1": CORE,
    "apps/v1": APPS,
    "policy/v1beta1": {"PodDisruptionBudget": ("poddisruptionbudgets", True)},
}


def discovery(apis: Served, parts: list[str]) -> Object | None:
    """What the server says of itself at a path; None for a path of objects."""
    if parts == ["version"]:
        return {"major": "1", "minor": "31", "gitVersion": "v1.31.0"}
    if parts == ["api"]:
        return {"kind": "APIVersions", "versions": ["v1"]}
    if parts == ["apis"]:
        groups: dict[str, list[str]] = {}
        for version in apis:
            if "/" in version:
                groups.setdefault(version.split("/")[0], []).append(version)
        return {"kind": "APIGroupList", "groups": [
            {"name": name, "versions": [{"groupVersion": one} for one in versions], "preferredVersion": {"groupVersion": versions[0]}}
            for name, versions in groups.items()
        ]}  # fmt: skip
    version = "/".join(parts[1:])
    if version not in apis:
        return None
    resources = [
        {"name": plural, "kind": kind, "namespaced": within}
        for kind, (plural, within) in apis[version].items()
    ]
    parts_of = [{**one, "name": f"{one['name']}/status"} for one in resources]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": [*resources, *parts_of]}

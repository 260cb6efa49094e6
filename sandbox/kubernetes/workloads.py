"""What the controllers of a cluster make of a workload: replica sets, pods and a status, at once or after a while.

Functions over the objects of a cluster; they keep nothing. They must not know the protocol, nor who asks.
"""

from __future__ import annotations

import copy
import json
from hashlib import blake2b
from typing import Any, Final, Protocol

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Plural, namespace, name."""
REVISION: Final = "deployment.kubernetes.io/revision"
WORKLOADS: Final = ("deployments", "statefulsets", "daemonsets")


class Store(Protocol):
    """Where objects are."""

    objects: dict[Key, Object]

    def put(self, plural: str, whole: Object, *, namespace: str = "shop") -> Object:
        """An object as if somebody had made it."""
        ...

    def touch(self, whole: Object) -> None:
        """It has changed: its version is a new one."""
        ...


def taken_up(store: Store, key: Key) -> None:
    """The controller has seen the newest wish, and none of the new pods is ready yet."""
    whole = store.objects[key]
    status = whole.setdefault("status", {})
    for count in ("readyReplicas", "availableReplicas", "updatedReplicas", "numberReady", "numberAvailable"):
        status.pop(count, None)
    status["observedGeneration"] = whole["metadata"]["generation"]
    if key[0] == "statefulsets":
        status["updateRevision"] = _hash(whole)
    store.touch(whole)


def rolled_out(store: Store, key: Key) -> None:
    """The controller's work, done to its end."""
    whole = store.objects[key]
    wanted = int((whole.get("spec") or {}).get("replicas", 1))
    owner = _replica_set(store, key, whole) if key[0] == "deployments" else whole
    for one in [place for place in store.objects if place[0] == "pods" and _belongs(store, place, key)]:
        del store.objects[one]
    for number in range(wanted):
        pod(store, key[1], f"{owner['metadata']['name']}-{number}", owner, whole)
    whole["status"] = {
        **_counts(key[0], wanted, whole),
        "observedGeneration": whole["metadata"]["generation"],
    }
    store.touch(whole)


def pod(
    store: Store,
    namespace: str,
    name: str,
    owner: Object,
    workload: Object,
    *,
    waiting: str = "",
    restarts: int = 0,
) -> Object:
    """A pod of an owner; `waiting` is why its containers do not run."""
    state: Object = {"waiting": {"reason": waiting, "message": "so it is"}} if waiting else {"running": {}}
    template = workload["spec"]["template"]
    labels = dict((template.get("metadata") or {}).get("labels") or {})
    if workload.get("kind") != "Deployment":
        labels["controller-revision-hash"] = _hash(workload)
    statuses = [
        {"name": container["name"], "restartCount": restarts, "ready": not waiting, "state": state}
        for container in template["spec"]["containers"]
    ]
    metadata = {"name": name, "labels": labels, "ownerReferences": [{"uid": owner["metadata"]["uid"]}]}
    whole = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "status": {"containerStatuses": statuses},
    }
    return store.put("pods", whole, namespace=namespace)


def _counts(plural: str, wanted: int, whole: Object) -> Object:
    names: tuple[str, ...] = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    if plural == "daemonsets":
        names = ("desiredNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable")
    counts: Object = {
        name: wanted for name in names if wanted
    }  # as the real one does, counts of 0 are left out
    if plural == "statefulsets":
        counts |= {"updateRevision": _hash(whole), "currentRevision": _hash(whole)}
    return counts


def _replica_set(store: Store, key: Key, whole: Object) -> Object:
    """The replica set of the template as it is: an old one that is wanted again, or a new one."""
    _, namespace, name = key
    sets = [
        one
        for place, one in store.objects.items()
        if place[:2] == ("replicasets", namespace) and owned(one, whole)
    ]
    mine = next((one for one in sets if one["spec"]["template"] == whole["spec"]["template"]), None)
    number = max((int(one["metadata"]["annotations"][REVISION]) for one in sets), default=0)
    if mine is None:
        number += 1
        mine = store.put("replicasets", {
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": f"{name}-{number}", "ownerReferences": [{"uid": whole["metadata"]["uid"]}]},
            "spec": {"template": copy.deepcopy(whole["spec"]["template"])},
        }, namespace=namespace)  # fmt: skip
        mine["metadata"]["annotations"] = {REVISION: str(number)}
    elif int(mine["metadata"]["annotations"][REVISION]) < number:
        mine["metadata"]["annotations"][REVISION] = str(number + 1)
    whole["metadata"].setdefault("annotations", {})[REVISION] = mine["metadata"]["annotations"][REVISION]
    return mine


def _belongs(store: Store, place: Key, key: Key) -> bool:
    """Whether a pod is one of the workload's, by its own owner or its replica set's."""
    if place[1] != key[1]:
        return False
    whole, one = store.objects[key], store.objects[place]
    sets = [
        other
        for where, other in store.objects.items()
        if where[:2] == ("replicasets", key[1]) and owned(other, whole)
    ]
    return any(owned(one, owner) for owner in (whole, *sets))


def owned(one: Object, owner: Object) -> bool:
    """Whether an object says that it belongs to another."""
    return any(ref["uid"] == owner["metadata"]["uid"] for ref in one["metadata"].get("ownerReferences", ()))


def _hash(whole: Object) -> str:
    text = json.dumps(whole["spec"]["template"], sort_keys=True)
    return f"{whole['metadata']['name']}-{blake2b(text.encode(), digest_size=5).hexdigest()}"

"""How far a workload has rolled out, and why it will not: read from what the cluster says about it and its pods.

The conditions are those of `kubectl rollout status`. Everything here is a pure function over objects as the API gives them.
It must not know how they are read, nor how long anybody waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from bot.performing.kubernetes_objects import Object

KINDS: Final = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}
REVISION: Final = "deployment.kubernetes.io/revision"
# A container that waits for one of these has been tried and refused: it does not come up by waiting.
_STUCK: Final = frozenset({
    "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "CrashLoopBackOff",
    "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
})  # fmt: skip


@dataclass(frozen=True)
class Rollout:
    """`done`: every pod is of the wanted template and available. `failed`: why it will never be ('' while it may).
    `ready` of `wanted` pods answer. `current`: its controller has seen the newest wish; else all counts are of the one before."""

    done: bool
    said: str
    ready: int
    wanted: int
    failed: str = ""
    current: bool = True


def rollout(workload: Object) -> Rollout:
    """Where a deployment, stateful set or daemon set stands."""
    status, spec = workload.get("status") or {}, workload.get("spec") or {}
    match workload.get("kind"):
        case "DaemonSet":
            wanted, updated = (
                _count(status, "desiredNumberScheduled"),
                _count(status, "updatedNumberScheduled"),
            )
            available, old = _count(status, "numberAvailable"), 0
            ready = _count(status, "numberReady")
        case "StatefulSet":
            wanted = _count(spec, "replicas", 1)
            # Pods below the partition are meant to stay as they were.
            partition = _count(((spec.get("updateStrategy") or {}).get("rollingUpdate")) or {}, "partition")
            updated = min(_count(status, "updatedReplicas") + min(partition, wanted), wanted)
            available = ready = _count(status, "readyReplicas")
            if not partition and status.get("updateRevision") == status.get("currentRevision"):
                updated = wanted
            old = max(_count(status, "replicas") - wanted, 0)
        case _:
            wanted, updated = _count(spec, "replicas", 1), _count(status, "updatedReplicas")
            available, ready = _count(status, "availableReplicas"), _count(status, "readyReplicas")
            old = max(_count(status, "replicas") - updated, 0)
    seen = _count(status, "observedGeneration") >= _count(workload.get("metadata") or {}, "generation")
    done = seen and updated >= wanted and available >= wanted and old == 0
    if not seen:  # all else is about the template before
        return Rollout(False, "not yet taken up by its controller", ready, wanted, current=False)
    said = f"{updated} of {wanted} updated, {available} available"
    said += f", {old} old to go" if old else ""
    return Rollout(done, said, ready, wanted, "" if done else _failed(workload))


def _failed(workload: Object) -> str:
    spec = workload.get("spec") or {}
    if spec.get("paused"):
        return "it is paused: nothing rolls out before somebody lets it go on"
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return "it replaces a pod only when somebody deletes it (OnDelete)"
    for one in conditions(workload):
        if one.get("type") == "Progressing" and one.get("reason") == "ProgressDeadlineExceeded":
            return f"ProgressDeadlineExceeded: {one.get('message', '')}"
    return ""


def trouble(workload: Object, pods: Iterable[Object]) -> str:
    """What keeps the new pods from coming up, as the cluster names it; '' when nothing is known to."""
    for one in conditions(workload):
        if one.get("type") == "ReplicaFailure" and one.get("status") == "True":
            return f"{one.get('reason', 'ReplicaFailure')}: {one.get('message', '')}"[:300]
    return next((said for pod in pods if (said := _of_pod(pod))), "")


def _of_pod(pod: Object) -> str:
    status, name = pod.get("status") or {}, (pod.get("metadata") or {}).get("name", "")
    for container in containers_of(pod):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _STUCK:
            return f"{waiting['reason']} in {name} ({container.get('name')}): {waiting.get('message', '')}"[
                :300
            ].rstrip(": ")
    for one in status.get("conditions") or ():
        if one.get("type") == "PodScheduled" and one.get("status") == "False":
            return f"{one.get('reason', 'Unschedulable')} ({name}): {one.get('message', '')}"[:300].rstrip(
                ": "
            )
    return ""


def containers_of(pod: Object) -> list[Object]:
    """The statuses of a pod's containers, those that begin it first."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def restarts(pods: Iterable[Object]) -> int | None:
    """Restarts of all containers together; None where there is no container, and so nobody has counted."""
    containers = [container for pod in pods for container in containers_of(pod)]
    return sum(_count(one, "restartCount") for one in containers) if containers else None


def conditions(whole: Object) -> list[Object]:
    """What the object says about itself."""
    found = (whole.get("status") or {}).get("conditions")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def ready(whole: Object) -> bool | None:
    """Whether an object that is no workload is ready; None when it does not say."""
    said = [one for one in conditions(whole) if one.get("type") in ("Ready", "Available")]
    return all(one.get("status") == "True" for one in said) if said else None


def images(workload: Object) -> dict[str, str]:
    """Container to image, as the template says."""
    spec = workload.get("spec") or {}
    template = (spec.get("template") or {}).get("spec") or spec  # a pod is its own template
    found = template.get("containers")
    return {one["name"]: one.get("image", "") for one in found or () if isinstance(one, dict)}


def revision(workload: Object) -> str:
    """The number of the template in the workload's own history, or what stands for it."""
    annotations = (workload.get("metadata") or {}).get("annotations") or {}
    status = workload.get("status") or {}
    return str(
        annotations.get(REVISION)
        or status.get("updateRevision")
        or _count(workload.get("metadata") or {}, "generation")
    )


def selector_of(workload: Object) -> str:
    """The workload's label selector as the API takes it in a query."""
    chosen = (workload.get("spec") or {}).get("selector") or {}
    found = [f"{key}={value}" for key, value in (chosen.get("matchLabels") or {}).items()]
    for one in chosen.get("matchExpressions") or ():
        key, values = one.get("key"), ",".join(one.get("values") or ())
        match one.get("operator"):
            case "In":
                found.append(f"{key} in ({values})")
            case "NotIn":
                found.append(f"{key} notin ({values})")
            case "Exists":
                found.append(str(key))
            case _:  # DoesNotExist is the fourth and last operator
                found.append(f"!{key}")
    return ",".join(found)


def owned(things: Iterable[Object], owners: Iterable[Object]) -> list[Object]:
    """Those of `things` that belong to one of `owners`: labels may match those of another workload by accident."""
    uids = {(one.get("metadata") or {}).get("uid") for one in owners}
    return [
        one for one in things
        if any(owner.get("uid") in uids for owner in (one.get("metadata") or {}).get("ownerReferences") or ())
    ]  # fmt: skip


def newest(workload: Object, sets: Iterable[Object]) -> list[Object]:
    """Of a deployment's replica sets the one of its current template."""
    return [one for one in sets if revision(one) == revision(workload)]


def _count(part: Any, key: str, silent: int = 0) -> int:
    found = part.get(key)
    return int(found) if isinstance(found, int) and not isinstance(found, bool) else silent

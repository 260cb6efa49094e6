"""What a kubelet would report of a Pod, worked out from what the test has decided for its images.

Pure: a Pod as the API server gives it, the fates and the time go in, the status to report comes out.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]


class PodFate(enum.Enum):
    """What becomes of the containers of one image."""

    READY = "runs and is ready"
    UNREADY = "runs and never gets ready"
    CRASHING = "ends with exit code 1 again and again, one restart a second"
    IMAGE_MISSING = "the image cannot be pulled"
    UNSCHEDULABLE = "no node takes the Pod"
    HELD = "nobody reports anything of the Pod; what was reported stays"


def fates_of(pod: Json, fate: Callable[[str], PodFate]) -> Mapping[str, PodFate]:
    """The fate of each container by its name; `fate` gives that of an image."""
    return {one["name"]: fate(one["image"]) for one in pod["spec"]["containers"]}


def status_of(pod: Json, fates: Mapping[str, PodFate], now: str) -> Json:
    """The status of a Pod on a node. `now`: RFC 3339 to the second. Equal to the reported one if nothing changed."""
    reported = pod.get("status", {})
    before = {one["name"]: one for one in reported.get("containerStatuses", [])}
    containers = [
        _container(one, fates[one["name"]], before.get(one["name"], {}), now)
        for one in pod["spec"]["containers"]
    ]
    ready = all(one["ready"] for one in containers)
    began = any(one["restartCount"] or "running" in one["state"] for one in containers)
    conditions = {"PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready}
    return {
        "phase": "Running" if began else "Pending",
        "podIP": "10.0.1.1",
        "startTime": reported.get("startTime", now),
        "conditions": _conditions(conditions, reported, now),
        "containerStatuses": containers,
    }


def unscheduled(pod: Json, now: str) -> Json:
    """The status of a Pod that no node takes."""
    condition = _conditions({"PodScheduled": False}, pod.get("status", {}), now)[0]
    condition |= {"reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient memory."}
    return {"phase": "Pending", "conditions": [condition]}


def same(reported: Json, wanted: Json) -> bool:
    """Whether the reported status says all that is wanted."""
    conditions = {one["type"]: one for one in reported.get("conditions", [])}
    told = all(conditions.get(one["type"], {}).get("status") == one["status"] for one in wanted["conditions"])
    rest = {key: value for key, value in wanted.items() if key != "conditions"}
    return told and all(reported.get(key) == value for key, value in rest.items())


def _container(container: Json, fate: PodFate, before: Json, now: str) -> Json:
    status = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "restartCount": before.get("restartCount", 0),
        "ready": fate is PodFate.READY,
        "started": fate in (PodFate.READY, PodFate.UNREADY),
        "lastState": before.get("lastState", {}),
    }
    if fate is PodFate.CRASHING:
        return status | _crashed(status, now)
    if fate is PodFate.IMAGE_MISSING:
        return status | {
            "state": _waiting("ImagePullBackOff", f'Back-off pulling image "{container["image"]}"')
        }
    running = before.get("state", {}).get("running", {"startedAt": now})
    return status | {"state": {"running": running}}


def _crashed(status: Json, now: str) -> Json:
    state = _waiting("CrashLoopBackOff", f"back-off restarting failed container {status['name']}")
    if status["lastState"].get("terminated", {}).get("finishedAt") == now:
        return {"state": state}  # it has crashed in this second already
    ended = {"exitCode": 1, "reason": "Error", "startedAt": now, "finishedAt": now}
    return {"state": state, "restartCount": status["restartCount"] + 1, "lastState": {"terminated": ended}}


def _waiting(reason: str, message: str) -> Json:
    return {"waiting": {"reason": reason, "message": message}}


def _conditions(wanted: Mapping[str, bool], reported: Json, now: str) -> list[Json]:
    """A condition keeps the time of its last change for as long as it says the same."""
    before = {one["type"]: one for one in reported.get("conditions", [])}
    made = []
    for kind, holds in wanted.items():
        word = "True" if holds else "False"
        earlier = before.get(kind, {})
        since = earlier["lastTransitionTime"] if earlier.get("status") == word else now
        made.append({"type": kind, "status": word, "lastTransitionTime": since})
    return made

"""Plays the node that Pods run on: takes every Pod, reports what the test has decided for its image, serves its logs.

Must not know Deployments. It talks to the API server as a kubelet does: bindings, the status subresource, deletions,
and a port of its own at which the API server asks for logs.
"""

from __future__ import annotations

import threading

from admin_door import AdminDoor, Json, Refused
from certificates import Certificate
from played_logs import ContainerLogs
from pod_fates import PodFate, fates_of, same, status_of, unscheduled
from real_programs import HOST
from urllib3.exceptions import HTTPError

from sandbox.clock import utcnow

NODE = "played-node"
ROUND_SECONDS = 0.1
# Gone or changed in the meantime, in a namespace that ends (403), or the API server is on its way down or up.
_NEXT_ROUND = frozenset({403, 404, 409, 429, 500, 503, 504})


class PlayedKubelet:
    """A thread that tends to every Pod of the cluster until it is stopped.

    `default`: the fate of images for which nothing else is decided; PodFate.READY at first.
    """

    def __init__(self, door: AdminDoor, serving: Certificate) -> None:
        self.logs = ContainerLogs(serving)
        self.default = PodFate.READY
        self._fates: dict[str, PodFate] = {}
        self._door = door
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="played-kubelet", daemon=True)

    def decide(self, image: str, fate: PodFate) -> None:
        """From now on this becomes of the containers of the image, those that run already included."""
        self._fates[image] = fate

    def forget(self) -> None:
        """Every image gets ready again; no logs are left."""
        self._fates.clear()
        self.default = PodFate.READY
        self.logs.clear()

    def start(self) -> None:
        """Registers the node and begins."""
        self.logs.start()
        self._door.create("/api/v1/nodes", {"metadata": {"name": NODE}})
        status = {
            "addresses": [{"type": "InternalIP", "address": HOST}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self.logs.port}},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        }
        self._door.patch(f"/api/v1/nodes/{NODE}/status", {"status": status})
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and the port; a kubelet that was never started is ended too."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.logs.stop()
        self._door.close()

    def _run(self) -> None:
        while not self._stopped.wait(ROUND_SECONDS):
            try:
                for pod in self._door.get("/api/v1/pods")["items"]:
                    self._tend_if_possible(pod)
            except HTTPError:
                pass  # the API server is stopped, which a test may want
            except Refused as problem:
                if problem.status not in _NEXT_ROUND:
                    raise

    def _tend_if_possible(self, pod: Json) -> None:
        """One Pod that cannot be tended to does not keep the others waiting."""
        try:
            self._tend(pod)
        except Refused as problem:
            if problem.status not in _NEXT_ROUND:
                raise

    def _tend(self, pod: Json) -> None:
        fates = fates_of(pod, lambda image: self._fates.get(image, self.default))
        taken = "nodeName" in pod["spec"]
        if "deletionTimestamp" in pod["metadata"]:
            self._end(pod)
        elif PodFate.HELD in fates.values():
            return
        elif not taken and PodFate.UNSCHEDULABLE in fates.values():
            self._report(pod, unscheduled(pod, _now()))
        elif not taken:
            self._take(pod)
        else:
            self._report(pod, status_of(pod, fates, _now()))

    def _take(self, pod: Json) -> None:
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        self._door.create(
            f"{_path(pod)}/binding", {"metadata": {"name": pod["metadata"]["name"]}, "target": target}
        )

    def _report(self, pod: Json, status: Json) -> None:
        if not same(pod.get("status", {}), status):
            self._door.patch(f"{_path(pod)}/status", {"status": status})

    def _end(self, pod: Json) -> None:
        self._door.delete(
            _path(pod), {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
        )


def _path(pod: Json) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def _now() -> str:
    return utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")

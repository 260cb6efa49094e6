"""A small Kubernetes API server: the real protocol (discovery, objects, patches, dry runs, versions, statuses), in memory,
with faults on request and a deployment controller that acts when it is told to.

It is for what a real server does not do when it is asked: answers lost after the effect, refusals by turns, old versions.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

Object = dict[str, Any]

# group/version -> kind -> (plural, namespaced)
APPS = {
    "Deployment": ("deployments", True),
    "ReplicaSet": ("replicasets", True),
    "StatefulSet": ("statefulsets", True),
}
CORE = {
    "Pod": ("pods", True), "ConfigMap": ("configmaps", True), "Secret": ("secrets", True), "Service": ("services", True),
    "Namespace": ("namespaces", False),
}  # fmt: skip
NEW: dict[str, dict[str, tuple[str, bool]]] = {
    "v1": CORE,
    "apps/v1": APPS,
    "policy/v1": {"PodDisruptionBudget": ("poddisruptionbudgets", True)},
    "gateway.networking.k8s.io/v1": {"HTTPRoute": ("httproutes", True), "Gateway": ("gateways", True)},
    "networking.istio.io/v1": {"Gateway": ("gateways", True), "VirtualService": ("virtualservices", True)},
}
OLD = {"v1": CORE, "apps/v1": APPS, "policy/v1beta1": {"PodDisruptionBudget": ("poddisruptionbudgets", True)}}


class FakeCluster:
    """`faults`: what happens to the next writes that are no dry runs, one each: a status, 'hang', 'cut-before', 'cut-after'.
    `reads` the same for reads of objects. `rolls`: a changed deployment is rolled out at once."""

    def __init__(self, apis: dict[str, dict[str, tuple[str, bool]]] | None = None) -> None:
        self.apis = apis or NEW
        self.objects: dict[tuple[str, str, str], Object] = {}  # (plural, namespace, name)
        self.faults: list[int | str] = []
        self.reads: list[int | str] = []
        self.rolls = True
        self.token = "token-one"
        self.log: list[str] = []  # 'PATCH deployments/api ?dryRun=All'
        self.managers: dict[tuple[str, str, str], dict[str, str]] = {}  # field of data -> who applied it
        self.hanging = asyncio.Event()
        self.url = ""
        self._version = 100

    # ------------------------------------------------------------------------------------------------ what a test says

    def put(self, plural: str, whole: Object, *, namespace: str = "shop") -> Object:
        """An object as if somebody had made it."""
        metadata = whole.setdefault("metadata", {})
        metadata |= {"namespace": namespace, "uid": f"uid-{plural}-{metadata['name']}", "generation": 1}
        self.objects[plural, namespace, metadata["name"]] = whole
        self._touch(whole)
        return whole

    def deployment(self, name: str, image: str = "shop:v1", replicas: int = 3, **env: str) -> Object:
        """A deployment that is rolled out, with its replica set and pods."""
        listed = [{"name": key, "value": value} for key, value in env.items()]
        container: Object = {"name": "api", "image": image, "env": listed}
        whole = self.put("deployments", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {
                "replicas": replicas, "selector": {"matchLabels": {"app": name}},
                "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
            },
        })  # fmt: skip
        self.roll(name)
        return whole

    def roll(self, name: str) -> None:
        """The deployment controller's work, done to its end: a replica set of the template, its pods, the status."""
        whole = self.objects["deployments", "shop", name]
        sets = [
            one for (plural, _, _), one in self.objects.items() if plural == "replicasets" and _of(one, whole)
        ]
        mine = next((one for one in sets if one["spec"]["template"] == whole["spec"]["template"]), None)
        number = max((int(one["metadata"]["annotations"][REVISION]) for one in sets), default=0)
        if mine is None:
            mine = self.put("replicasets", {
                "apiVersion": "apps/v1", "kind": "ReplicaSet",
                "metadata": {"name": f"{name}-{number + 1}", "ownerReferences": [{"uid": whole["metadata"]["uid"]}]},
                "spec": {"template": copy.deepcopy(whole["spec"]["template"])},
            })  # fmt: skip
            number += 1
            mine["metadata"]["annotations"] = {REVISION: str(number)}
        elif int(mine["metadata"]["annotations"][REVISION]) < number:  # an old template that is wanted again
            mine["metadata"]["annotations"][REVISION] = str(number + 1)
        whole["metadata"].setdefault("annotations", {})[REVISION] = mine["metadata"]["annotations"][REVISION]
        replicas = whole["spec"]["replicas"]
        for key in [
            key
            for key, one in self.objects.items()
            if key[0] == "pods" and one["metadata"]["name"].startswith(f"{name}-")
        ]:
            del self.objects[key]
        for count in range(replicas):
            self.pod(f"{mine['metadata']['name']}-{count}", mine)
        counts = dict.fromkeys(
            ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), replicas
        )
        # As the real one does, counts of 0 are left out.
        whole["status"] = {key: value for key, value in counts.items() if value}
        whole["status"]["observedGeneration"] = whole["metadata"]["generation"]
        self._touch(whole)

    def pod(self, name: str, owner: Object, *, waiting: str = "", restarts: int = 0) -> Object:
        """A pod of a replica set; `waiting` is why its container does not run."""
        state: Object = (
            {"waiting": {"reason": waiting, "message": "so it is"}} if waiting else {"running": {}}
        )
        status = {"containerStatuses": [{"name": "api", "restartCount": restarts, "state": state}]}
        metadata = {
            "name": name,
            "labels": {"app": owner["metadata"]["name"].rsplit("-", 1)[0]},
            "ownerReferences": [{"uid": owner["metadata"]["uid"]}],
        }
        return self.put("pods", {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status})

    def writes(self) -> list[str]:
        """What has really been asked to change."""
        return [line for line in self.log if not line.startswith("GET") and "dryRun" not in line]

    def kubeconfig(self, folder: Path) -> Path:
        """A kubeconfig with the token that is good now."""
        path = folder / "kubeconfig"
        path.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "bot", "user": {"token": self.token}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "bot"}}],
        }))  # fmt: skip
        return path

    # ---------------------------------------------------------------------------------------------------- the protocol

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _status(401, "Unauthorized", "Unauthorized")
        parts = request.path.strip("/").split("/")
        found = self._discovery(parts)
        if found is not None:
            self.log.append(f"GET {request.path}")
            return web.json_response(found)
        version, rest = (
            ("/".join(parts[1:3]), parts[3:])
            if parts[0] == "apis"
            else (parts[1] if parts[1:] else "", parts[2:])
        )
        namespace = rest[1] if rest[:1] == ["namespaces"] and len(rest) > 2 else ""
        rest = rest[2:] if namespace else rest
        if (
            parts[0] not in ("api", "apis")
            or not rest
            or rest[0] not in {one for one, _ in self.apis.get(version, {}).values()}
        ):
            return _status(404, "NotFound", "the server could not find the requested resource")
        self.log.append(f"{request.method} {'/'.join(rest)}{' ?dryRun' if 'dryRun' in request.query else ''}")
        queue = self.reads if request.method == "GET" else self.faults
        fault = queue.pop(0) if queue and "dryRun" not in request.query else None
        if isinstance(fault, int):
            return _refused(fault)
        if fault == "cut-before":
            return _cut(request)
        response = await self._object(request, version, namespace, rest)
        if fault == "hang":
            await self.hanging.wait()
        return _cut(request) if fault in ("cut-after", "hang") else response

    def _discovery(self, parts: list[str]) -> Object | None:
        if parts == ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        if parts == ["apis"]:
            groups: dict[str, list[str]] = {}
            for version in self.apis:
                if "/" in version:
                    groups.setdefault(version.split("/")[0], []).append(version)
            return {"kind": "APIGroupList", "groups": [
                {"name": name, "versions": [{"groupVersion": one} for one in versions], "preferredVersion": {"groupVersion": versions[0]}}
                for name, versions in groups.items()
            ]}  # fmt: skip
        version = "/".join(parts[1:])
        if version not in self.apis:
            return None
        resources = [
            {"name": plural, "kind": kind, "namespaced": within}
            for kind, (plural, within) in self.apis[version].items()
        ]
        parts_of = [{**one, "name": f"{one['name']}/status"} for one in resources]
        return {"kind": "APIResourceList", "groupVersion": version, "resources": [*resources, *parts_of]}

    async def _object(
        self, request: web.Request, version: str, namespace: str, rest: list[str]
    ) -> web.StreamResponse:
        plural, name = rest[0], rest[1] if rest[1:] else ""
        if not name:
            wanted = [one.split("=") for one in request.query.get("labelSelector", "").split(",") if one]
            items = [
                one for (kind, where, _), one in sorted(self.objects.items())
                if (kind, where) == (plural, namespace)
                and all((one["metadata"].get("labels") or {}).get(key) == value for key, value in wanted if kind == "pods")
            ]  # fmt: skip
            return web.json_response({"kind": "List", "items": items})
        key = (plural, namespace, name)
        old = self.objects.get(key)
        if rest[2:] == ["log"]:
            return web.Response(
                text="\n".join(f"line {number}" for number in range(1, 201))[
                    -int(request.query["tailLines"]) * 9 :
                ]
            )
        how = request.headers.get("Content-Type", "")
        if old is None and "apply" not in how:
            return _status(404, "NotFound", f'{plural} "{name}" not found', name=name)
        if request.method == "GET":
            return web.json_response(old)
        body = json.loads(await request.read())
        dry = request.query.get("dryRun") == "All"
        if request.method == "DELETE":
            assert old is not None
            dry = body.get("dryRun") == ["All"]  # options in the body are all that counts
            if body["preconditions"]["uid"] != old["metadata"]["uid"]:
                return _status(409, "Conflict", "the UID in the precondition does not match", name=name)
            if not dry:
                del self.objects[key]
            return web.json_response({"kind": "Status", "status": "Success"})
        assert request.query["fieldManager"] == "deploy-captain"
        if "apply" in how:
            return self._apply(key, old, body, dry=dry, force=request.query.get("force") == "true")
        assert old is not None
        return self._patch(key, old, body, dry=dry)

    def _patch(self, key: tuple[str, str, str], old: Object, body: Any, *, dry: bool) -> web.StreamResponse:
        new = copy.deepcopy(old)
        if isinstance(body, list):
            for one in body:
                *way, last = one["path"].strip("/").split("/")
                here = new
                for part in way:
                    here = here[part]
                here[last] = one["value"]
        else:
            new = _merged(new, body)
        if new["metadata"]["resourceVersion"] != old["metadata"]["resourceVersion"]:
            return _status(
                409,
                "Conflict",
                "the object has been modified; please apply your changes to the latest version",
                name=key[2],
            )
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] += 1
        if not dry:
            self.objects[key] = new
            self._touch(new)
            answer = web.json_response(new)  # the controllers come later
            if key[0] == "deployments" and self.rolls and not new["spec"].get("paused"):
                self.roll(key[2])
            return answer
        return web.json_response(new)

    def _apply(
        self, key: tuple[str, str, str], old: Object | None, body: Object, *, dry: bool, force: bool
    ) -> web.StreamResponse:
        assert body["metadata"]["namespace"] == key[1]
        theirs = [
            field
            for field in body.get("data", {})
            if self.managers.get(key, {}).get(field, "") not in ("", "deploy-captain")
        ]
        if theirs and not force:
            return _status(
                409,
                "Conflict",
                f'Apply failed with 1 conflict: conflict with "kubectl": .data.{theirs[0]}',
                name=key[2],
            )
        new = _merged(copy.deepcopy(old or {"metadata": {"uid": "uid-new", "generation": 1}}), body)
        if not dry:
            self.objects[key] = new
            self._touch(new)
        return web.json_response(new)

    def _touch(self, whole: Object) -> None:
        self._version += 1
        whole["metadata"]["resourceVersion"] = str(self._version)


REVISION = "deployment.kubernetes.io/revision"


def _of(one: Object, owner: Object) -> bool:
    return any(ref["uid"] == owner["metadata"]["uid"] for ref in one["metadata"].get("ownerReferences", ()))


def _merged(old: Any, patch: Any) -> Any:
    if not isinstance(patch, dict) or not isinstance(old, dict):
        return patch
    new = dict(old)
    for key, value in patch.items():
        if value is None:
            new.pop(key, None)
        else:
            new[key] = _merged(new.get(key), value)
    return new


def _status(status: int, reason: str, message: str, **details: Any) -> web.Response:
    body = {
        "kind": "Status",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": details,
        "code": status,
    }
    return web.json_response(body, status=status)


def _refused(status: int) -> web.Response:
    if status == 429:
        answer = _status(429, "TooManyRequests", "too many requests, please try again later")
        answer.headers["Retry-After"] = "7"
        return answer
    reasons = {
        403: "Forbidden",
        409: "Conflict",
        422: "Invalid",
        500: "InternalError",
        503: "ServiceUnavailable",
    }
    said = {
        403: 'deployments.apps "api" is forbidden: User "bot" cannot patch resource "deployments"',
        500: "etcdserver: request timed out",
    }
    return _status(status, reasons.get(status, "Unknown"), said.get(status, "as asked"), name="api")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


@asynccontextmanager
async def fake_cluster(
    apis: dict[str, dict[str, tuple[str, bool]]] | None = None,
) -> AsyncIterator[FakeCluster]:
    """One that listens."""
    cluster = FakeCluster(apis)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", cluster.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    cluster.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield cluster
    finally:
        cluster.hanging.set()
        await runner.cleanup()

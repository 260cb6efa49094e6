"""A small Kubernetes API server: the real protocol (discovery, objects, patches, applies, dry runs, versions, statuses), in
memory, with faults on request and controllers that roll workloads out at once or after a while.

It does what a real server does not do when it is asked: answers lost after the effect, refusals by turns, old versions. It
must not know what a plan wants of it.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from sandbox.kubernetes import workloads
from sandbox.kubernetes.answers import cut, failure, merged, refused
from sandbox.kubernetes.served import NEW, Served, discovery
from sandbox.kubernetes.workloads import WORKLOADS, Key, Object


class KubernetesStandIn:
    """`faults`: what happens to the next writes that are no dry runs, one each: a status, 'hang', 'cut-before', 'cut-after'.
    `reads` the same for reads of objects. `rolls`: a changed workload is rolled out, after `ready_after_s` real seconds.
    `changed` is called whenever something really was. `logs`: what a pod (namespace, name) has said."""

    def __init__(self, apis: Served | None = None) -> None:
        self.apis = apis or NEW
        self.objects: dict[Key, Object] = {}
        self.faults: list[int | str] = []
        self.reads: list[int | str] = []
        self.rolls = True
        self.ready_after_s = 0.0
        self.changed: Callable[[], None] = lambda: None
        self.logs: Callable[[str, str], list[str]] = lambda namespace, pod: [
            f"line {n}" for n in range(1, 201)
        ]
        self.token = "token-one"  # noqa: S105  # of nothing real
        self.log: list[str] = []  # 'PATCH deployments/api ?dryRun=All'
        self.managers: dict[tuple[str, str, str], dict[str, str]] = {}  # field of data -> who applied it
        self.hanging = asyncio.Event()
        self.url = ""
        self._version = 100
        self._born = 0
        self._runner: web.AppRunner | None = None

    # ------------------------------------------------------------------------------------------------ what a test says

    def put(self, plural: str, whole: Object, *, namespace: str = "shop") -> Object:
        """An object as if somebody had made it."""
        metadata = whole.setdefault("metadata", {})
        self._born += 1
        metadata |= {
            "namespace": namespace,
            "uid": f"uid-{plural}-{metadata['name']}-{self._born}",
            "generation": 1,
        }
        self.objects[plural, namespace, metadata["name"]] = whole
        self.touch(whole)
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

    def roll(self, name: str, *, plural: str = "deployments", namespace: str = "shop") -> None:
        """The controllers' work upon a workload, done to its end."""
        workloads.rolled_out(self, (plural, namespace, name))

    def pod(self, name: str, owner: Object, *, waiting: str = "", restarts: int = 0) -> Object:
        """A pod of a replica set; `waiting` is why its container does not run."""
        app = owner["metadata"]["name"].rsplit("-", 1)[0]
        workload = self.objects["deployments", "shop", app]
        return workloads.pod(self, "shop", name, owner, workload, waiting=waiting, restarts=restarts)

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

    async def start(self, port: int = 0) -> None:
        """Listens on this machine."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Listens no longer; a second call does nothing."""
        self.hanging.set()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    # ---------------------------------------------------------------------------------------------------- the protocol

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return failure(401, "Unauthorized", "Unauthorized")
        parts = request.path.strip("/").split("/")
        found = discovery(self.apis, parts)
        if found is not None:
            self.log.append(f"GET {request.path}")
            return web.json_response(found)
        if parts[-1] == "selfsubjectaccessreviews":
            return web.json_response(
                {"kind": "SelfSubjectAccessReview", "status": {"allowed": True}}, status=201
            )
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
            return failure(404, "NotFound", "the server could not find the requested resource")
        self.log.append(f"{request.method} {'/'.join(rest)}{' ?dryRun' if 'dryRun' in request.query else ''}")
        queue = self.reads if request.method == "GET" else self.faults
        fault = queue.pop(0) if queue and "dryRun" not in request.query else None
        if isinstance(fault, int):
            return refused(fault)
        if fault == "cut-before":
            return cut(request)
        response = await self._object(request, version, namespace, rest)
        if fault == "hang":
            await self.hanging.wait()
        return cut(request) if fault in ("cut-after", "hang") else response

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
            said = self.logs(namespace, name)[-int(request.query["tailLines"]) :]
            return web.Response(text="\n".join(said))
        how = request.headers.get("Content-Type", "")
        if old is None and "apply" not in how:
            return failure(404, "NotFound", f'{plural} "{name}" not found', name=name)
        if request.method == "GET":
            return web.json_response(old)
        body = json.loads(await request.read())
        dry = request.query.get("dryRun") == "All"
        if request.method == "DELETE":
            assert old is not None  # noqa: S101  # it was looked for above
            dry = body.get("dryRun") == ["All"]  # options in the body are all that counts
            if body["preconditions"]["uid"] != old["metadata"]["uid"]:
                return failure(409, "Conflict", "the UID in the precondition does not match", name=name)
            if not dry:
                del self.objects[key]
                self.changed()
            return web.json_response({"kind": "Status", "status": "Success"})
        if request.query.get("fieldManager") != "deploy-captain":
            return failure(400, "BadRequest", "every write of the bot names its field manager")
        if "apply" in how:
            return self._apply(key, old, body, dry=dry, force=request.query.get("force") == "true")
        assert old is not None  # noqa: S101  # it was looked for above
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
            new = merged(new, body)
        if new["metadata"]["resourceVersion"] != old["metadata"]["resourceVersion"]:
            return failure(
                409,
                "Conflict",
                "the object has been modified; please apply your changes to the latest version",
                name=key[2],
            )
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] += 1
        if not dry:
            self.objects[key] = new
            self.touch(new)
            answer = web.json_response(new)  # the controllers come later
            self._control(key)
            return answer
        return web.json_response(new)

    def _apply(
        self, key: tuple[str, str, str], old: Object | None, body: Object, *, dry: bool, force: bool
    ) -> web.StreamResponse:
        if body["metadata"].get("namespace") != key[1]:
            return failure(
                400, "BadRequest", "the namespace of the object does not match the namespace on the request"
            )
        theirs = [
            field
            for field in body.get("data", {})
            if self.managers.get(key, {}).get(field, "") not in ("", "deploy-captain")
        ]
        if theirs and not force:
            return failure(
                409,
                "Conflict",
                f'Apply failed with 1 conflict: conflict with "kubectl": .data.{theirs[0]}',
                name=key[2],
            )
        new = merged(
            copy.deepcopy(old or {"metadata": {"uid": f"uid-new-{self._born}", "generation": 1}}), body
        )
        if old is not None and new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] += 1
        if dry:
            return web.json_response(new)
        self._born += 1
        self.objects[key] = new
        self.touch(new)
        answer = web.json_response(new)
        self._control(key)
        return answer

    def _control(self, key: Key) -> None:
        """The controllers see what was changed, and begin."""
        whole = self.objects[key]
        if key[0] in WORKLOADS and self.rolls and not whole["spec"].get("paused"):
            if self.ready_after_s:
                workloads.taken_up(self, key)
                asyncio.get_running_loop().call_later(
                    self.ready_after_s, self._ready, key, whole["metadata"]["uid"]
                )
            else:
                workloads.rolled_out(self, key)
        self.changed()

    def _ready(self, key: Key, uid: str) -> None:
        if key in self.objects and self.objects[key]["metadata"]["uid"] == uid:
            workloads.rolled_out(self, key)
            self.changed()

    def touch(self, whole: Object) -> None:
        """It has changed: its version is a new one."""
        self._version += 1
        whole["metadata"]["resourceVersion"] = str(self._version)


@asynccontextmanager
async def kubernetes_stand_in(
    apis: Served | None = None,
) -> AsyncIterator[KubernetesStandIn]:
    """One that listens."""
    cluster = KubernetesStandIn(apis)
    await cluster.start()
    try:
        yield cluster
    finally:
        await cluster.stop()

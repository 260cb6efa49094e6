"""Asks a plan's clusters: one request, one answer. Nothing is tried again, but for a token that has run out.

It must not know how a cluster is entered, what a verb, a rollout or a check is, nor what a failure leads to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from bot.adapters.faults import RAISED, as_failure
from bot.adapters.kubernetes_faults import library_failure, refusal
from bot.adapters.kubernetes_kinds import Kind, Kinds
from bot.adapters.kubernetes_ways import MANAGER, OPENING_S, Way, Ways
from bot.errors import GaveUp, TryLater
from bot.secrets import Secrets
from core.plan.models import KubernetesSource, Plan

LARGEST_ANSWER: Final = 20_000_000  # bytes; a list of a few hundred pods is one or two million
SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_JSON: Final = "application/json"
PATCHES: Final = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Ref:
    """One object. `namespace` is empty for a kind that has none."""

    kind: Kind
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Its address on the API server."""
        return f"{list_path(self.kind, self.namespace)}/{quote(self.name, safe='')}"

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        return f"{self.kind.name.lower()}/{self.name}{where}"


def list_path(kind: Kind, namespace: str) -> str:
    """Where all objects of a kind are."""
    within = f"/namespaces/{quote(namespace, safe='')}" if kind.namespaced else ""
    return f"{kind.root}{within}/{kind.plural}"


class Clusters:
    """Every Kubernetes source of every plan, over one shared session. `account` is where a pod finds its service account; `opening_s`:
    real seconds in which the way into a cluster must be open."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        secrets: Secrets,
        *,
        account: Path = SERVICE_ACCOUNT,
        opening_s: float = OPENING_S,
    ) -> None:
        self._secrets = secrets
        self._ways = Ways(session, secrets, account, opening_s=opening_s)

    def of(self, plan: Plan, source: str) -> Cluster:
        """The cluster behind a source. GaveUp when the plan has no such source."""
        place = plan.sources.get(source)
        if place is None or place.kubernetes is None:
            raise GaveUp(f"The plan has no Kubernetes source '{source}'.")
        namespace = self._secrets.resolve(place.kubernetes.namespace)
        return Cluster(self._ways, place.kubernetes, f"the cluster '{source}'", namespace)


class Cluster:
    """One source's cluster. Everything raises TryLater (`unknown`: a change may have happened) or GaveUp."""

    def __init__(self, ways: Ways, place: KubernetesSource, who: str, namespace: str) -> None:
        self._ways = ways
        self._place = place
        self.who = who
        self.namespace = namespace

    async def ref(self, api: str | None, kind: str, name: str, namespace: str | None) -> Ref:
        """The object of that name; its namespace is the source's unless one is named."""
        found = await (await self._kinds()).find(api, kind)
        return Ref(found, (namespace or self.namespace) if found.namespaced else "", name)

    async def get(self, ref: Ref) -> dict[str, Any]:
        """The object. GaveUp 'NotFound' when it is not there."""
        return _object(await self._at(ref, "GET", ref.path), self.who)

    async def find(self, ref: Ref) -> dict[str, Any] | None:
        """The object, or None when it is not there."""
        try:
            return await self.get(ref)
        except GaveUp as problem:
            if problem.code == "NotFound":
                return None
            raise

    async def list(self, api: str, kind: str, namespace: str, selector: str) -> list[dict[str, Any]]:
        """Objects by their labels, in a namespace."""
        found = await (await self._kinds()).find(api, kind)
        query = [("labelSelector", selector)] if selector else []
        document = _object(await self.ask("GET", list_path(found, namespace), query=query), self.who)
        items = document.get("items")
        return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []

    async def patch(
        self, ref: Ref, how: str, body: Any, *, dry: bool = False, force: bool = False
    ) -> dict[str, Any]:
        """Patches it (`how`: one of PATCHES) and returns what it then is, or with `dry` would be."""
        query = [("fieldManager", MANAGER)] + ([("force", "true")] if force else [])
        document = await self._at(
            ref, "PATCH", ref.path, query=query, body=body, content=PATCHES[how], dry=dry
        )
        return _object(document, self.who)

    async def delete(self, ref: Ref, uid: str, *, dry: bool = False) -> None:
        """Deletes the object of that uid and no other of its name."""
        body: dict[str, Any] = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        if dry:  # the API server reads the options from the body alone when there is one
            body["dryRun"] = ["All"]
        await self._at(ref, "DELETE", ref.path, body=body, dry=dry)

    async def logs(self, ref: Ref, container: str, tail: int) -> str:
        """The last lines of a pod's container ('' for its only one)."""
        query = [("tailLines", str(tail))] + ([("container", container)] if container else [])
        return str(await self.ask("GET", f"{ref.path}/log", query=query, text=True))

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: Any = None,
        content: str = _JSON,
        dry: bool = False,
        text: bool = False,
    ) -> Any:
        """One request: the JSON that came back, or the text. A token that was refused is read afresh, once."""
        query = [*query, ("dryRun", "All")] if dry else query
        safe = method == "GET" or dry
        asked = (method, path, query, body, content)
        try:
            way = await self._way()
            status, raw, wait_s = await self._send(way, *asked)
            if status == 401:
                status, raw, wait_s = await self._send(await self._way(refused=way), *asked)
            if not 200 <= status < 300:
                raise refusal(status, _parsed(raw), wait_s, self.who)
        except TryLater as problem:
            if safe:
                problem.unknown = False
            raise
        return raw.decode("utf-8", "replace") if text else _parsed(raw)

    async def _at(self, ref: Ref, method: str, path: str, **more: Any) -> Any:
        """A request about an object. A path that the cluster knows no longer makes it read anew what it serves."""
        try:
            return await self.ask(method, path, **more)
        except GaveUp as problem:
            if problem.code == "NoPath":
                (await self._kinds()).forget()
                raise TryLater(1.0, problem.reason, code=problem.code) from None
            raise

    async def _send(
        self, way: Way, method: str, path: str, query: Query, body: Any, content: str
    ) -> tuple[int, bytes, float | None]:
        limit = aiohttp.ClientTimeout(total=self._place.timeout.total_seconds())
        try:
            request = await way.client.param_serialize(
                method,
                path,
                query_params=list(query),
                header_params={"Accept": "application/json, */*", "Content-Type": content},
                body=body,
                auth_settings=["BearerToken"],
            )
            answer = (await way.client.call_api(*request, _request_timeout=limit)).response
            async with answer:
                return answer.status, await _read(answer, self.who), _wait(answer.headers)
        except RAISED as problem:
            raise as_failure(problem, self.who) from None
        except way.faults as problem:
            raise library_failure(problem, self.who) from None
        except ValueError as problem:  # a header or address that cannot be sent at all
            raise GaveUp(f"A request to {self.who} cannot be made ({type(problem).__name__}).") from None

    async def _way(self, *, refused: Way | None = None) -> Way:
        return await self._ways.way(self._place, self.who, refused=refused)

    async def _kinds(self) -> Kinds:
        way = await self._way()
        if way.kinds is None:
            way.kinds = Kinds(lambda path: self.ask("GET", path))
        return way.kinds


async def _read(answer: aiohttp.ClientResponse, who: str) -> bytes:
    raw = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        raw += chunk
        if len(raw) > LARGEST_ANSWER:
            raise TryLater(60.0, f"{who} answered more than {LARGEST_ANSWER} bytes.", unknown=True)
    return bytes(raw)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _object(found: Any, who: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise TryLater(1.0, f"{who} answered something that is no object.", unknown=True, code="no-object")
    return found


def _wait(headers: Mapping[str, str]) -> float | None:
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if 0 < seconds < 86_400 else None

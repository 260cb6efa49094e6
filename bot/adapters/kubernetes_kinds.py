"""Which API serves a kind of object, and where: asked of the cluster, never assumed.

An old cluster has its PodDisruptionBudgets in policy/v1beta1, a new one in policy/v1; custom resources come and go. The
discovery documents say it, and are kept once they are read. The library's own discovery keeps them in a file below the
temporary folder, whatever has changed since; these live and die with the connection.
It must not know what a kind is wanted for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.errors import GaveUp, TryLater

Get = Callable[[str], Awaitable[Any]]
"""Reads a path of the API server. Raises TryLater or GaveUp ('NoPath' as its code where the server knows no such path)."""

CORE: Final = "v1"
# Groups whose kinds are meant when only the kind is written; what else has such a kind must be named.
_FIRST: Final = ("", "apps", "batch", "autoscaling", "policy", "networking.k8s.io")


@dataclass(frozen=True)
class Kind:
    """A kind as one version of one group serves it."""

    version: str  # 'v1', 'apps/v1'
    name: str  # 'Deployment'
    plural: str  # 'deployments'
    namespaced: bool

    @property
    def root(self) -> str:
        """Where its version begins."""
        return f"/api/{self.version}" if self.version == CORE else f"/apis/{self.version}"


class Kinds:
    """The kinds one cluster serves, read as they are asked for."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._groups: dict[str, tuple[str, ...]] | None = None
        self._served: dict[str, dict[str, Kind]] = {}

    def forget(self) -> None:
        """What was read may be true no longer: the cluster was upgraded, a definition was installed."""
        self._groups = None
        self._served.clear()

    async def find(self, api: str | None, kind: str) -> Kind:
        """The kind in a group, in a group's version, or (without `api`) wherever only one group has it.

        Raises GaveUp with what the cluster has instead; TryLater when it cannot say."""
        try:
            return await self._find(api, kind)
        except GaveUp:
            self.forget()  # it may have been installed since
            return await self._find(api, kind)

    async def _find(self, api: str | None, kind: str) -> Kind:
        groups = await self._all_groups()
        if api is None:
            return await self._anywhere(groups, kind)
        group, _, version = ("", "", api) if api == CORE else api.partition("/")
        group = "" if group == "core" else group
        if group not in groups:
            raise GaveUp(f"The cluster serves no API '{group}'.", code="NoKind")
        versions = groups[group]
        if version and api not in versions:
            raise GaveUp(
                f"The cluster does not serve '{api}', but {' and '.join(versions)}: write '{group or CORE}'.",
                code="NoKind",
            )
        found = await self._in(([api] if version else list(versions)), kind)
        if found is None:
            raise GaveUp(f"The cluster's API '{api}' has no kind '{kind}'.", code="NoKind")
        return found

    async def _anywhere(self, groups: dict[str, tuple[str, ...]], kind: str) -> Kind:
        for group in _FIRST:
            found = await self._in(groups.get(group, ()), kind)
            if found is not None:
                return found
        others = [versions for group, versions in groups.items() if group not in (*_FIRST, "extensions")]
        came = await asyncio.gather(
            *(self._in(versions, kind) for versions in others), return_exceptions=True
        )
        found_in = [one for one in came if isinstance(one, Kind)]
        if len(found_in) == 1:
            return found_in[0]
        if found_in:
            apis = ", ".join(one.version for one in found_in)
            raise GaveUp(f"Several APIs have a kind '{kind}' ({apis}): name one with 'api'.", code="NoKind")
        for problem in came:
            if isinstance(problem, BaseException):  # one that does not answer may be the one that has it
                raise problem
        raise GaveUp(f"The cluster knows no kind '{kind}'.", code="NoKind")

    async def _in(self, versions: Sequence[str], kind: str) -> Kind | None:
        for version in versions:
            found = (await self._kinds_of(version)).get(kind)
            if found is not None:
                return found
        return None

    async def _all_groups(self) -> dict[str, tuple[str, ...]]:
        """Group to its versions as they stand in `apiVersion`, the server's preferred one first."""
        if self._groups is None:
            document = await self._get("/apis")
            groups: dict[str, tuple[str, ...]] = {"": (CORE,)}
            for group in _listed(document, "groups"):
                versions = [one["groupVersion"] for one in group["versions"]]
                preferred = group.get("preferredVersion", {}).get("groupVersion")
                groups[group["name"]] = tuple(sorted(versions, key=lambda one: one != preferred))
            self._groups = groups
        return self._groups

    async def _kinds_of(self, version: str) -> dict[str, Kind]:
        known = self._served.get(version)
        if known is None:
            root = f"/api/{version}" if version == CORE else f"/apis/{version}"
            try:
                document = await self._get(root)
            except GaveUp as problem:
                if problem.code != "NoPath":
                    raise
                document = {"resources": []}  # listed, and taken away meanwhile
            known = {
                one["kind"]: Kind(version, one["kind"], one["name"], bool(one["namespaced"]))
                for one in _listed(document, "resources")
                if "/" not in one["name"]  # 'deployments/scale' is a part, and no kind of its own
            }
            self._served[version] = known
        return known


def _listed(document: Any, key: str) -> list[dict[str, Any]]:
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise TryLater(1.0, "The cluster's answer about what it serves cannot be read.", code="discovery")
    return found

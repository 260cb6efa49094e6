"""Carries one action out in a cluster, or shows what it would change: reads what is there, writes what shall be.

A write names the version it was worked out from; when somebody else was faster, it is read and worked out afresh.
It must not know why an action is wanted, nor when it is repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import yaml

from bot.adapters.kubernetes import Cluster, Ref
from bot.errors import GaveUp, TryLater
from bot.performing.kubernetes_changes import Change, Filling, Place, changes, pods_of
from bot.performing.kubernetes_objects import Object, differences, merge_patch
from bot.performing.kubernetes_pods import Waiting, logs
from bot.performing.kubernetes_pods import pods_of as pods_of_workload
from bot.performing.kubernetes_rollout import Rollout, rollout
from bot.performing.ports import Attempt
from core.plan.models import Apply, Delete, KubernetesAct, Logs, Patch, ReplicasByWeight, Wait

_MOST_CONFLICTS: Final = 5
_LARGEST_MANIFEST: Final = 2_000_000


class Deed:
    """One action in one cluster. `wish` and `target`: see `kubernetes_changes.changes`. `tell` is told the progress of what
    takes long. `dry` writes nothing."""

    def __init__(
        self,
        cluster: Cluster,
        act: KubernetesAct,
        filling: Filling,
        folder: Path,
        *,
        poll_s: float,
        tell: Callable[[str], None],
        dry: bool = False,
    ) -> None:
        self._cluster = cluster
        self._act = act
        self._filling = filling
        self._folder = folder
        self._poll_s = poll_s
        self._tell = tell
        self._dry = dry

    async def done(self, wish: str, target: Object | None) -> Attempt:
        """Carries it out. Raises TryLater or GaveUp."""
        match self._act.deed:
            case Wait() as deed:
                return await self._wait(deed)
            case Logs() as deed:
                return await self._logs(deed)
            case Patch() as deed:
                return await self._patch(deed)
            case Apply() as deed:
                return await self._apply(deed)
            case Delete() as deed:
                return await self._delete(deed)
            case ReplicasByWeight() as deed if not self._dry:
                return await self._by_weight(deed)
            case _:
                lines = []
                for change in changes(self._act, self._filling, wish=wish, target=target):
                    lines += await self._change(change)
                return Attempt(True, "\n".join(lines))

    async def _ref(self, place: Place) -> Ref:
        return await self._cluster.ref(place.api, place.kind, place.name, place.namespace)

    # ------------------------------------------------------------------------------------------------ changed fields

    async def _change(self, change: Change) -> list[str]:
        """Writes what shall be, if it is not so already. Lines of what has changed."""
        ref = await self._ref(change.place)
        for _ in range(_MOST_CONFLICTS):
            old = await self._cluster.get(ref)
            patch = merge_patch(old, change.wanted(old))
            if not patch:
                return [f"{ref} is so already"]
            version = {"resourceVersion": old["metadata"]["resourceVersion"]}
            patch["metadata"] = {**patch.get("metadata", {}), **version}
            try:
                new = await self._cluster.patch(ref, "merge", patch, dry=self._dry)
            except TryLater as problem:
                if problem.code != "Conflict":
                    raise
                continue
            return _shown(ref, old, new)
        raise TryLater(1.0, f"{ref} is being changed by somebody else all the time.", code="Conflict")

    async def _by_weight(self, deed: ReplicasByWeight) -> Attempt:
        """What grows is ready before the other shrinks, and what shrinks has shrunk before the share is read. Towards 0 nothing is
        waited for: the canary is to go."""
        pair = changes(self._act, self._filling, wish="", target=None)
        wanted = pods_of(deed, self._filling)
        refs = [await self._ref(change.place) for change in pair]
        now = [rollout(await self._cluster.get(ref)).wanted for ref in refs]
        order = sorted((0, 1), key=lambda one: now[one] - wanted[one])
        lines: list[str] = []
        for one in order:
            lines += await self._change(pair[one])
            if wanted[0]:
                enough = _as_many(wanted[one], growing=now[one] <= wanted[one])
                waited = await self._waiting(refs[one], deed.timeout.total_seconds()).until(enough)
                lines.append(waited.evidence)
                if not waited.ok:
                    return Attempt(False, "\n".join(lines), waited.took_s)
        return Attempt(True, "\n".join(lines))

    # ------------------------------------------------------------------------------------------------ whole objects

    async def _patch(self, deed: Patch) -> Attempt:
        ref = await self._ref(self._filling.resource(deed.resource))
        old = await self._cluster.get(ref)
        how, body = ("merge", deed.merge) if deed.merge is not None else ("strategic", deed.strategic)
        filled = self._filling.value(body if deed.json_ is None else list(deed.json_))
        new = await self._cluster.patch(ref, how if deed.json_ is None else "json", filled, dry=self._dry)
        return Attempt(True, "\n".join(_shown(ref, old, new)))

    async def _apply(self, deed: Apply) -> Attempt:
        objects = await self._manifests(deed)
        lines: list[str] = []
        for whole in objects:
            ref = await self._ref(_place(whole))
            old = await self._cluster.find(ref)
            if ref.namespace:
                whole = {**whole, "metadata": {**whole["metadata"], "namespace": ref.namespace}}
            try:
                new = await self._cluster.patch(ref, "apply", whole, dry=self._dry, force=deed.force)
            except TryLater as problem:
                if problem.code != "Conflict":
                    raise
                raise GaveUp(
                    f"{problem.reason} Somebody else manages these fields: leave them out, or say 'force: true'."
                    + (f" Applied before it: {'; '.join(lines)}" if lines else ""),
                    code=problem.code,
                ) from None
            lines += [f"{ref} is new"] if old is None else _shown(ref, old, new)
        return Attempt(True, "\n".join(lines))

    async def _manifests(self, deed: Apply) -> list[Object]:
        if deed.manifest is not None:
            found = [self._filling.value(deed.manifest)]
        else:
            found = await asyncio.to_thread(_from_file, self._folder, self._filling.text(deed.file or ""))
        for whole in found:
            _place(whole)  # all can be applied, or none is
        return found

    async def _delete(self, deed: Delete) -> Attempt:
        ref = await self._ref(self._filling.resource(deed.resource))
        old = await self._cluster.find(ref)
        if old is None:
            return Attempt(True, f"{ref} is not there")
        if old["metadata"].get("deletionTimestamp"):
            return Attempt(True, f"{ref} is being deleted already")
        try:
            await self._cluster.delete(ref, old["metadata"]["uid"], dry=self._dry)
        except GaveUp as problem:
            if problem.code != "NotFound":
                raise
        except TryLater as problem:
            if problem.code != "Conflict":
                raise
            raise GaveUp(
                f"{ref} was replaced by another while it was to be deleted: look at it first."
            ) from None
        return Attempt(True, f"{ref} {'would be' if self._dry else 'is'} deleted")

    # --------------------------------------------------------------------------------------------------------- looks

    async def _wait(self, deed: Wait) -> Attempt:
        ref = await self._ref(self._filling.workload(deed))
        if self._dry:
            there = await self._cluster.find(ref)
            if there is None:
                return Attempt(True, f"{ref} is not there yet: nothing to wait for now", nothing_yet=True)
            seen = rollout(there)
            return Attempt(True, f"Would wait until {ref} is rolled out; now: {seen.failed or seen.said}")
        return await self._waiting(ref, deed.timeout.total_seconds()).until(lambda seen: seen.done)

    def _waiting(self, ref: Ref, timeout_s: float) -> Waiting:
        return Waiting(self._cluster, ref, timeout_s, self._poll_s, self._tell)

    async def _logs(self, deed: Logs) -> Attempt:
        container = self._filling.name(deed.container) if deed.container else ""
        workload = deed.workload
        if workload is not None:
            ref = await self._ref(self._filling.workload(workload))
            whole = await (self._cluster.find(ref) if self._dry else self._cluster.get(ref))
            called = str(ref)
            pods = await pods_of_workload(self._cluster, whole) if whole is not None else []
        else:
            called = self._filling.text(deed.selector or "")
            namespace = self._filling.name(deed.namespace) if deed.namespace else self._cluster.namespace
            pods = await self._cluster.list("v1", "Pod", namespace, called)
        if not pods and self._dry:
            return Attempt(True, f"{called} has no pods yet: nothing to read now", nothing_yet=True)
        if not pods:
            return Attempt(False, f"{called} has no pods")
        return Attempt(True, await logs(self._cluster, pods, container, deed.tail))


def _as_many(pods: int, *, growing: bool) -> Callable[[Rollout], bool]:
    """What grows has at least so many ready pods, what shrinks at most."""
    return lambda seen: seen.current and (seen.ready >= pods if growing else seen.ready <= pods)


def _shown(ref: Ref, old: Object, new: Object) -> list[str]:
    found = differences(old, new)
    return [f"{ref}: {line}" for line in found] or [f"{ref} is so already"]


def _place(whole: Any) -> Place:
    """Where a manifest belongs. GaveUp when it is none."""
    metadata = whole.get("metadata") if isinstance(whole, dict) else None
    found = [whole.get("apiVersion"), whole.get("kind")] if isinstance(whole, dict) else [None]
    found.append(metadata.get("name") if isinstance(metadata, dict) else None)
    if not all(isinstance(one, str) and one for one in found) or not isinstance(metadata, dict):
        raise GaveUp("A manifest needs apiVersion, kind and metadata.name: nothing was applied.")
    namespace = metadata.get("namespace")
    return Place(found[0], str(found[1]), str(found[2]), namespace if isinstance(namespace, str) else None)


def _from_file(folder: Path, written: str) -> list[Object]:
    path = (folder / written).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise GaveUp(f"There is no manifest '{written}' below the bot's working folder: nothing was applied.")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise GaveUp(f"The manifest '{written}' is too large: nothing was applied.")
    try:
        found = [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one is not None]
    except (yaml.YAMLError, ValueError) as problem:
        raise GaveUp(
            f"The manifest '{written}' is no YAML ({type(problem).__name__}): nothing was applied."
        ) from None
    if not found:
        raise GaveUp(f"The manifest '{written}' is empty: nothing was applied.")
    return found

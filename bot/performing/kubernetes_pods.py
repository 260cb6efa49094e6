"""A workload's pods, waiting for them, and what they last said.

Waiting is reading again and again: what cannot be read for a moment is read at the next look, as long as there is time.
It must not know what is waited for, nor what a failure leads to.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from typing import Final

from bot.adapters.kubernetes import Cluster, Ref
from bot.errors import GaveUp, TryLater
from bot.performing.kubernetes_objects import Object, without_secrets
from bot.performing.kubernetes_rollout import (
    KINDS,
    Rollout,
    newest,
    owned,
    restarts,
    rollout,
    selector_of,
    trouble,
)
from bot.performing.ports import Attempt

_STUCK_LOOKS: Final = 3  # so often in a row trouble is seen before it counts: some of it passes
_SHOWN: Final = 5  # lines of progress that people see while it goes on
_MOST_PODS: Final = 3
_LONGEST_LOG: Final = 6_000
# The API leaves out counts that are 0, and nothing ready must not read as nothing known.
_ZEROS: Final = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 0)
_PODS: Final = re.compile(r"\b(?:pods|restarts)\b")


async def pods_of(cluster: Cluster, workload: Object, *, new: bool = False) -> list[Object]:
    """The pods that belong to a workload; `new`: of its current template only."""
    namespace = str(workload["metadata"].get("namespace", cluster.namespace))
    selector = selector_of(workload)
    pods = await cluster.list("v1", "Pod", namespace, selector)
    if workload.get("kind") == "Deployment":
        sets = owned(await cluster.list("apps", "ReplicaSet", namespace, selector), [workload])
        return owned(pods, newest(workload, sets) if new else sets)
    mine = owned(pods, [workload])
    wanted = (workload.get("status") or {}).get("updateRevision")
    if not new or wanted is None:
        return mine
    return [
        one for one in mine if (one["metadata"].get("labels") or {}).get("controller-revision-hash") == wanted
    ]


def asks_for_pods(expressions: Iterable[str]) -> bool:
    """Whether an expression speaks of a workload's pods or their restarts."""
    return any(_PODS.search(one) for one in expressions)


async def document(cluster: Cluster, whole: Object, expressions: Iterable[str]) -> Object:
    """What expressions are applied to: the object without secrets, and for a workload `pods` and `restarts` if they ask."""
    shown = without_secrets(whole)
    if whole.get("kind") not in KINDS.values():
        return shown
    shown = {**shown, "status": {**_ZEROS, **(whole.get("status") or {})}}
    if asks_for_pods(expressions):
        pods = await pods_of(cluster, whole)
        return {**shown, "pods": pods, "restarts": restarts(pods)}
    return shown


# -------------------------------------------------------------------------------------------------------- waiting


class Waiting:
    """One wait for a workload. `poll_s` is the pause between two looks, in real seconds; `tell` is told whenever something
    has changed."""

    def __init__(
        self, cluster: Cluster, ref: Ref, timeout_s: float, poll_s: float, tell: Callable[[str], None]
    ) -> None:
        self._cluster = cluster
        self._ref = ref
        self._timeout_s = timeout_s
        self._poll_s = poll_s
        self._tell_people = tell
        self._began = time.monotonic()
        self._told: list[str] = []
        self._stuck: list[str] = []

    async def until(self, enough: Callable[[Rollout], bool]) -> Attempt:
        """Looks until it is enough, or never will be, or the time is over. TryLater: nobody answered at the end."""
        while True:
            over = self._took_s >= self._timeout_s
            try:
                ended = await self._look(enough)
            except TryLater as problem:
                if over:
                    raise
                self._tell(problem.reason)
                ended = None
            if ended is not None:
                return ended
            if over:
                return self._end(False, f"not within {self._timeout_s:g} s{self._why}")
            await asyncio.sleep(min(self._poll_s, max(self._timeout_s - self._took_s, 0.0)))

    async def _look(self, enough: Callable[[Rollout], bool]) -> Attempt | None:
        workload = await self._cluster.get(self._ref)
        seen = rollout(workload)
        self._tell(seen.said)
        if enough(seen):
            return self._end(True, "ready")
        if seen.failed and not seen.failed.startswith("ProgressDeadline"):
            return self._end(False, seen.failed)
        found = trouble(workload, await pods_of(self._cluster, workload, new=True))
        self._stuck = [*self._stuck, found] if found else []
        if seen.failed:  # the pods know why, where the workload only says that it took too long
            return self._end(False, f"{seen.failed}{self._why}")
        return self._end(False, found) if len(self._stuck) >= _STUCK_LOOKS else None

    @property
    def _took_s(self) -> float:
        return time.monotonic() - self._began

    @property
    def _why(self) -> str:
        return f"; {self._stuck[-1]}" if self._stuck else ""

    def _tell(self, said: str) -> None:
        if not self._told or not self._told[-1].endswith(f": {said}"):
            self._told.append(f"after {self._took_s:.0f} s: {said}")
            self._tell_people("\n".join([f"{self._ref}:", *self._told[-_SHOWN:]]))

    def _end(self, ok: bool, said: str) -> Attempt:
        lines = [*self._told, f"{self._ref}: {said}"]
        return Attempt(ok, "\n".join(lines), round(self._took_s, 3))


# ----------------------------------------------------------------------------------------------------------- logs


async def logs(cluster: Cluster, pods: list[Object], container: str, tail: int) -> str:
    """The last lines of the newest pods, each under its name."""
    newest_first = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")), reverse=True)
    parts = []
    for pod in newest_first[:_MOST_PODS]:
        metadata = pod["metadata"]
        ref = await cluster.ref("v1", "Pod", metadata["name"], metadata.get("namespace"))
        try:
            said = await cluster.logs(ref, container, tail)
        except GaveUp as problem:  # one that has not started has no log, and says so
            said = problem.reason
        parts.append(f"== {metadata['name']}\n{said[-_LONGEST_LOG:].strip() or '(nothing)'}")
    if len(pods) > _MOST_PODS:
        parts.append(f"({len(pods) - _MOST_PODS} more pods are not shown)")
    return "\n".join(parts)

"""What a plan does with Kubernetes: actions, checks, metrics, and the canary's share.

It must not know what an outcome leads to, nor limits, streaks or gates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.adapters.http_source import Answer
from bot.adapters.kubernetes import Cluster, Clusters
from bot.adapters.templates import Values
from bot.errors import GaveUp, TryLater
from bot.performing import kubernetes_records as records
from bot.performing.comparing import SEARCH_FAILS, percent, same, show
from bot.performing.json_readings import read
from bot.performing.kubernetes_changes import Filling, Place, place_of
from bot.performing.kubernetes_deeds import Deed
from bot.performing.kubernetes_objects import Object, search
from bot.performing.kubernetes_pods import document, pods_of
from bot.performing.kubernetes_rollout import KINDS, images, ready, restarts, rollout
from bot.performing.ports import Attempt, Compared, Found, Wanted
from bot.performing.work import Work
from bot.secrets import Secrets
from core.inputs import Reading
from core.plan.models import (
    Action,
    Check,
    KubernetesAct,
    KubernetesCheck,
    Plan,
    ReadWeight,
    Replicas,
    ReplicasByWeight,
    Undo,
    Workload,
)


class OverKubernetes:
    """`Acts`, `Verifies`, `Measures` and `Weighs` for `kubernetes:`. `folder` is where manifests are; `poll_s` the pause
    between two looks at a rollout, in real seconds."""

    def __init__(self, clusters: Clusters, secrets: Secrets, folder: Path, *, poll_s: float = 2.0) -> None:
        self._clusters = clusters
        self._secrets = secrets
        self._folder = folder
        self._poll_s = poll_s

    # ------------------------------------------------------------------------------------------------------- actions

    async def attempt(self, work: Work, action: Action, values: Values) -> Attempt:
        """Makes it so, or finds that it is so already."""
        act = _act(action)
        target = records.target_of(work) if isinstance(act.deed, Undo) else None
        deed = self._deed(work, act, values)
        # The row is the same for every attempt, and its time tells it from one of another database.
        done = await deed.done(f"{work.claim.id} {work.claim.created_at.isoformat()}", target)
        return Attempt(done.ok, self._shown(work, done.evidence), done.took_s)

    async def dry(self, work: Work, action: Action, values: Values) -> Attempt:
        """Lets the cluster work out what would change, field by field, and keep nothing."""
        act = _act(action)
        target = records.target_of(work) if isinstance(act.deed, Undo) else None
        if isinstance(act.deed, Undo) and target is None:
            now = await self.record(work, action, values)
            said = now.what if now is not None else ""
            return Attempt(
                True, self._shown(work, f"Would take it back to what it is before the first change. {said}")
            )
        deed = self._deed(work, act, values, dry=True)
        done = await deed.done(f"{work.claim.id} (dry run)", target)
        return Attempt(done.ok, self._shown(work, done.evidence))

    async def record(self, work: Work, action: Action, values: Values) -> Found | None:
        """The object as it is; for a workload its pods' template, and whether they are ready."""
        act, filling = _act(action), Filling(values)
        cluster = self._clusters.of(work.plan, act.source)
        deed = act.deed
        if isinstance(deed, ReplicasByWeight):
            return records.of_pair(deed, *await self._pair(cluster, deed, filling))
        place = place_of(act, filling)
        if place is None:
            return None
        ref = await cluster.ref(place.api, place.kind, place.name, place.namespace)
        if isinstance(deed, Workload):
            return records.of_workload(str(ref), await cluster.get(ref))
        return records.of_object(str(ref), deed, await cluster.find(ref))

    def _deed(self, work: Work, act: KubernetesAct, values: Values, *, dry: bool = False) -> Deed:
        cluster = self._clusters.of(work.plan, act.source)
        return Deed(
            cluster,
            act,
            Filling(values),
            self._folder,
            poll_s=self._poll_s,
            tell=lambda text: work.progress(self._shown(work, text)),
            dry=dry,
        )

    def _shown(self, work: Work, text: str) -> str:
        return self._secrets.redact(text, work.plan)

    # -------------------------------------------------------------------------------------------------------- checks

    async def verify(self, plan: Plan, check: Check, values: Values) -> Compared:
        """One look at one object."""
        wanted, filling = check.kubernetes, Filling(values)
        if wanted is None:
            raise GaveUp("The check is not about a cluster.")
        cluster = self._clusters.of(plan, wanted.source)
        place = filling.resource(wanted.object)
        ref = await cluster.ref(place.api, place.kind, place.name, place.namespace)
        whole = await cluster.find(ref)
        if whole is None or not wanted.exists:
            there = "is there" if whole is not None else "is not there"
            return Compared((whole is not None) == wanted.exists, f"{ref} {there}.")
        said = [
            *await _fields(cluster, wanted, whole, filling),
            *await _health(cluster, wanted, whole, filling),
        ]
        agrees: bool | None = None if any(one is None for one, _ in said) else True
        if any(one is False for one, _ in said):
            agrees = False
        return Compared(agrees, f"{ref}: {'; '.join(line for _, line in said) or 'is there'}.")

    # ------------------------------------------------------------------------------------------------------- metrics

    async def read(self, work: Work, wanted: Sequence[Wanted]) -> list[Reading]:
        """Every metric from as few reads as there are objects."""
        places = list(dict.fromkeys(_asked(one) for one in wanted))
        came = await asyncio.gather(*(self._document(work, wanted, asked) for asked in places))
        answers = dict(zip(places, came, strict=True))
        return [read(one.name, one.metric, one.track, answers[_asked(one)]) for one in wanted]

    async def history(
        self, work: Work, wanted: Sequence[Wanted], moments: Sequence[datetime]
    ) -> list[list[Reading]] | None:
        """A cluster says how things are, never how they were."""
        return None

    async def _document(self, work: Work, wanted: Sequence[Wanted], asked: _Asked) -> Answer | str:
        source, place = asked
        expressions = [one.metric.gauge or "" for one in wanted if _asked(one) == asked]
        try:
            cluster = self._clusters.of(work.plan, source)
            ref = await cluster.ref(place.api, place.kind, place.name, place.namespace)
            return Answer(200, await document(cluster, await cluster.get(ref), expressions), "")
        except (TryLater, GaveUp) as problem:
            return self._shown(work, problem.reason)

    # --------------------------------------------------------------------------------------------------------- share

    async def weight(self, work: Work, read: ReadWeight) -> int:
        """The share as an object has it, or as the ready pods of two deployments stand to each other."""
        cluster, filling = self._clusters.of(work.plan, read.source), Filling(work.inputs)
        if read.replicas is not None:
            return _share(*await self._pair(cluster, read.replicas, filling))
        if read.object is None or read.value is None:
            raise GaveUp(f"The plan does not say where the source '{read.source}' has the share.")
        place = filling.resource(read.object)
        ref = await cluster.ref(place.api, place.kind, place.name, place.namespace)
        return percent(
            _search(read.value, await document(cluster, await cluster.get(ref), [read.value])), str(ref)
        )

    async def _pair(self, cluster: Cluster, pair: Replicas, filling: Filling) -> tuple[Object, Object]:
        namespace = filling.name(pair.namespace) if pair.namespace else None
        refs = [
            await cluster.ref("apps", "Deployment", filling.name(name), namespace)
            for name in (pair.canary, pair.stable)
        ]
        canary, stable = await asyncio.gather(*(cluster.get(ref) for ref in refs))
        return canary, stable


_Asked = tuple[str, Place]


def _act(action: Action) -> KubernetesAct:
    if action.kubernetes is None:
        raise GaveUp("The action is not about a cluster.")
    return action.kubernetes


def _asked(one: Wanted) -> _Asked:
    """The object a metric reads: of the canary or of the control."""
    thing = one.metric.object
    if thing is None:
        return one.metric.source, Place(None, "", "", None)
    return one.metric.source, Filling({"track": one.track}).resource(thing)


def _share(canary: Object, stable: Object) -> int:
    """Whole percent. 0 only when the canary has no pods and shall have none; a small share is not rounded away."""
    mine, theirs = rollout(canary), rollout(stable)
    if not (mine.current and theirs.current) or (mine.wanted == 0 and mine.ready > 0):
        raise TryLater(1.0, f"The pods are still being changed (canary {mine.said}; stable {theirs.said}).")
    if mine.wanted == 0:
        return 0
    if mine.ready == 0:
        raise TryLater(1.0, f"No pod of the canary is ready yet ({mine.said}).")
    if theirs.ready == 0:
        return 100
    return min(max(round(100 * mine.ready / (mine.ready + theirs.ready)), 1), 99)


def _search(expression: str, whole: Object) -> Any:
    try:
        return search(expression, whole)
    except SEARCH_FAILS:
        return None


_Said = list[tuple[bool | None, str]]


async def _fields(cluster: Cluster, wanted: KubernetesCheck, whole: Object, filling: Filling) -> _Said:
    """What the object's fields say to what is expected of them."""
    if not wanted.expect and not wanted.at_least:
        return []
    found = await document(cluster, whole, [*wanted.expect, *wanted.at_least])
    said: _Said = []
    for expression, written in wanted.expect.items():
        value, expected = _search(expression, found), filling.value(written)
        if value is None:
            said.append((None, f"{expression} is missing"))
        elif same(value, expected):
            said.append((True, f"{expression} is {show(value)}"))
        else:
            said.append((False, f"{expression} is {show(value)}, not {show(expected)}"))
    for expression, least in wanted.at_least.items():
        value = _search(expression, found)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        shown = "missing" if value is None else show(value)
        said.append(
            (value >= least if number else None, f"{expression} is {shown}, wanted at least {least:g}")
        )
    return said


async def _health(cluster: Cluster, wanted: KubernetesCheck, whole: Object, filling: Filling) -> _Said:
    """What the object says to being ready, to its restarts and its image."""
    said: _Said = []
    workload = whole.get("kind") in KINDS.values()
    if wanted.ready:
        seen = rollout(whole)
        said.append(
            (seen.done, seen.failed or seen.said) if workload else (ready(whole), "whether it is ready")
        )
    if wanted.restarts is not None:
        count = restarts(await pods_of(cluster, whole)) if workload else restarts([whole])
        said.append(
            (count < wanted.restarts.below, f"{count} restarts, wanted fewer than {wanted.restarts.below}")
        )
    if wanted.image is not None:
        image, have = filling.text(wanted.image), images(whole)
        shown = ", ".join(f"{name} {one}" for name, one in have.items()) or "no containers"
        said.append((image in have.values(), f"{shown}; wanted {image}"))
    return said

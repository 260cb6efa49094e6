"""What a plan does with Kubernetes: actions, checks, metrics, and the canary's share.

It must not know what an outcome leads to, nor limits, streaks or gates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.adapters.http_source import Answer
from bot.adapters.kubernetes import Cluster, Clusters
from bot.adapters.templates import Values
from bot.errors import GaveUp, TryLater
from bot.performing import kubernetes_records as records
from bot.performing.comparing import percent
from bot.performing.json_readings import read
from bot.performing.kubernetes_changes import Filling, Place, place_of
from bot.performing.kubernetes_checks import found_in, look
from bot.performing.kubernetes_deeds import Deed
from bot.performing.kubernetes_objects import Object
from bot.performing.kubernetes_pods import document
from bot.performing.kubernetes_rollout import rollout
from bot.performing.ports import Attempt, Compared, Found, Wanted
from bot.performing.work import Work
from bot.secrets import Secrets
from core.inputs import Reading
from core.plan.models import (
    Action,
    Check,
    KubernetesAct,
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
        return Attempt(done.ok, self._shown(work, done.evidence), nothing_yet=done.nothing_yet)

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
        return await look(cluster, ref, wanted, filling)

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
            found_in(read.value, await document(cluster, await cluster.get(ref), [read.value])), str(ref)
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

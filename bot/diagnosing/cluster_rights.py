"""The rights that a plan needs in a cluster: worked out from the plan alone.

It must not know whether they are given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.performing.kubernetes_pods import asks_for_pods
from bot.performing.kubernetes_rollout import KINDS
from core.plan import models as m
from core.plan.variables import names_in
from core.plan.walk import parts


@dataclass(frozen=True)
class Right:
    """One thing the bot must be allowed: a verb on a kind, in a namespace ('' is the source's)."""

    verb: str
    api: str | None
    kind: str
    namespace: str = ""
    part: str = ""  # 'log' of pods

    @property
    def text(self) -> str:
        """'patch Deployment', as people read it."""
        return f"{self.verb} {self.kind}{'/' + self.part if self.part else ''}"


def rights_of(plan: m.Plan, source: str) -> Iterator[Right]:
    """Every right that the plan's use of a source needs. What only a file of manifests says is not known here."""
    for _, part in parts(plan):
        if getattr(part, "source", None) != source:
            continue
        match part:
            case m.KubernetesAct():
                yield from _of_act(part)
            case m.KubernetesCheck():
                counted = ["restarts"] if part.restarts is not None else []
                yield from _of_look(part.object, [*counted, *part.expect, *part.at_least])
            case m.Metric() | m.ReadWeight() if part.object is not None:
                yield from _of_look(part.object, [getattr(part, "gauge", None) or ""])
            case m.ReadWeight() if part.replicas is not None:
                yield Right("get", "apps", "Deployment", _plain(part.replicas.namespace))
            case _:
                pass


def _of_look(thing: m.Resource, expressions: list[str]) -> Iterator[Right]:
    yield from _of_object(thing, "get")
    if asks_for_pods(expressions):
        yield from _pods(thing.namespace)


def _of_act(act: m.KubernetesAct) -> Iterator[Right]:
    match act.deed:
        case m.Logs() as deed:
            if deed.workload is not None:
                yield from _of_workload(deed.workload, "get")
            yield from _pods(deed.namespace)
            yield Right("get", "v1", "Pod", _plain(deed.namespace), "log")
        case m.Wait() as deed:
            yield from _of_workload(deed, "get")
            yield from _pods(deed.namespace)
        case m.ReplicasByWeight() as deed:
            for verb in ("get", "patch"):
                yield Right(verb, "apps", "Deployment", _plain(deed.namespace))
            yield from _pods(deed.namespace)
        case m.Apply() as deed:
            yield from _of_manifest(deed)
        case m.Delete() as deed:
            yield from _of_object(deed.resource, "get", "delete")
        case m.SetFields() | m.Patch() as deed:
            yield from _of_object(deed.resource, "get", "patch")
        case m.Workload() as deed:
            yield from _of_workload(deed, "get", "patch")


def _of_workload(workload: m.Workload, *verbs: str) -> Iterator[Right]:
    for verb in verbs:
        yield Right(verb, "apps", KINDS[workload.kind], _plain(workload.namespace))


def _of_object(thing: m.Resource, *verbs: str) -> Iterator[Right]:
    for verb in verbs:
        yield Right(verb, thing.api, thing.kind, _plain(thing.namespace))


def _of_manifest(deed: m.Apply) -> Iterator[Right]:
    manifest = deed.manifest or {}
    metadata = manifest.get("metadata")
    if isinstance(manifest.get("kind"), str) and isinstance(metadata, dict):
        for verb in ("get", "create", "patch"):
            namespace = metadata.get("namespace")
            yield Right(
                verb,
                manifest.get("apiVersion"),
                manifest["kind"],
                _plain(namespace if isinstance(namespace, str) else None),
            )


def _pods(namespace: str | None) -> Iterator[Right]:
    yield Right("list", "v1", "Pod", _plain(namespace))
    yield Right("list", "apps", "ReplicaSet", _plain(namespace))


def _plain(namespace: str | None) -> str:
    """A namespace that an input fills in is not known yet: the source's stands for it."""
    return "" if namespace is None or names_in(namespace) else namespace

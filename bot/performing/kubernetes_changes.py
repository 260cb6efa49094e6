"""What each verb makes of an object: the object as it shall be, worked out from the object as it is.

Every change is absolute: applied to its own outcome it changes nothing, which is what makes a repetition harmless. All pure.
It must not know how an object is read or written.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bot.adapters.templates import Values, fill_json
from bot.errors import GaveUp
from bot.performing.kubernetes_objects import Object, with_fields
from bot.performing.kubernetes_rollout import KINDS
from core.plan.models import (
    Delete,
    KubernetesAct,
    Patch,
    ReplicasByWeight,
    Resource,
    Restart,
    Scale,
    SetEnv,
    SetFields,
    SetImage,
    Undo,
    Workload,
)

RESTARTED: Final = "deploy-captain/restarted-for"
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class Place:
    """An object as a plan names it, its variables filled in."""

    api: str | None
    kind: str
    name: str
    namespace: str | None


@dataclass(frozen=True)
class Change:
    """One object, and what becomes of it."""

    place: Place
    wanted: Callable[[Object], Object]


class Filling:
    """The values of one action, put where its plan names them; `$rest` is what $weight leaves of 100."""

    def __init__(self, values: Values) -> None:
        weight = values.get("weight")
        self.values = {**values, "rest": 100 - weight} if isinstance(weight, int) else dict(values)

    def value(self, template: Any) -> Any:
        """Any JSON; a text that is one variable and nothing else takes the value with its type."""
        return fill_json(template, self.values)

    def text(self, template: str) -> str:
        """One text."""
        return str(self.value(template))

    def name(self, template: str) -> str:
        """The name of an object: a value in it cannot lead to another place. GaveUp when it is none."""
        filled = self.text(template)
        if not _NAME.fullmatch(filled):
            raise GaveUp(f"'{filled[:60]}' cannot be the name of an object in a cluster: nothing was done.")
        return filled

    def workload(self, workload: Workload) -> Place:
        """Where a workload is."""
        namespace = self.name(workload.namespace) if workload.namespace else None
        return Place("apps", KINDS[workload.kind], self.name(workload.name), namespace)

    def resource(self, resource: Resource) -> Place:
        """Where any object is."""
        namespace = self.name(resource.namespace) if resource.namespace else None
        return Place(resource.api, resource.kind, self.name(resource.name), namespace)


def changes(act: KubernetesAct, filling: Filling, *, wish: str, target: Object | None) -> tuple[Change, ...]:
    """What an action changes, in order; () for verbs that are no changes of fields. `wish` names what it is done for, and is
    the same for every attempt; `target` is what was recorded for it."""
    match act.deed:
        case SetImage() as deed:
            container, image = filling.name(deed.container), filling.text(deed.image)
            return (Change(filling.workload(deed), lambda old: _image(old, container, image)),)
        case SetEnv() as deed:
            env = {key: None if value is None else filling.text(value) for key, value in deed.env.items()}
            which = filling.name(deed.container) if deed.container else None
            return (Change(filling.workload(deed), lambda old: _env(old, which, env)),)
        case Restart() as deed:
            return (Change(filling.workload(deed), lambda old: _restarted(old, wish)),)
        case Undo() as deed:
            return (Change(filling.workload(deed), lambda old: _undone(old, target)),)
        case Scale() as deed:
            replicas = _number(filling.value(deed.replicas))
            return (
                Change(filling.workload(deed), lambda old: with_fields(old, {"spec.replicas": replicas})),
            )
        case ReplicasByWeight() as deed:
            return _by_weight(deed, filling)
        case SetFields() as deed:
            fields = filling.value(deed.fields)
            return (Change(filling.resource(deed.resource), lambda old: with_fields(old, fields)),)
        case _:
            return ()


def place_of(act: KubernetesAct, filling: Filling) -> Place | None:
    """The one object an action changes; None when it changes none, or several."""
    match act.deed:
        case Workload() as deed if act.verb != "wait":
            return filling.workload(deed)
        case SetFields() | Patch() | Delete() as deed:
            return filling.resource(deed.resource)
        case _:
            return None


def pods_of(deed: ReplicasByWeight, filling: Filling) -> tuple[int, int]:
    """How many pods (canary, stable) the weight asks for. GaveUp when it is no whole number of them."""
    weight = filling.values.get("weight")
    if not isinstance(weight, int) or weight * deed.total % 100:
        raise GaveUp(f"{weight} % of {deed.total} pods is no whole number of pods: nothing was changed.")
    canary = weight * deed.total // 100
    return canary, deed.total - canary


def _by_weight(deed: ReplicasByWeight, filling: Filling) -> tuple[Change, ...]:
    """The two deployments, canary first."""
    namespace = filling.name(deed.namespace) if deed.namespace else None
    names = filling.name(deed.canary), filling.name(deed.stable)
    return tuple(
        Change(Place("apps", "Deployment", name, namespace), _scaled(count))
        for name, count in zip(names, pods_of(deed, filling), strict=True)
    )


def _scaled(replicas: int) -> Callable[[Object], Object]:
    return lambda old: with_fields(old, {"spec.replicas": replicas})


def _containers(whole: Object) -> list[Object]:
    found: list[Object] = whole["spec"]["template"]["spec"]["containers"]
    return found


def _image(old: Object, container: str, image: str) -> Object:
    new = copy.deepcopy(old)
    _container(new, container)["image"] = image
    return new


def _container(whole: Object, name: str) -> Object:
    found = [one for one in _containers(whole) if one.get("name") == name]
    if not found:
        names = ", ".join(str(one.get("name")) for one in _containers(whole))
        raise GaveUp(f"There is no container '{name}'; it has {names}: nothing was changed.")
    return found[0]


def _env(old: Object, which: str | None, env: dict[str, str | None]) -> Object:
    new = copy.deepcopy(old)
    for container in [_container(new, which)] if which else _containers(new):
        kept = [
            one
            for one in container.get("env") or ()
            if one.get("name") not in env or env[one["name"]] is not None
        ]
        have = {one.get("name") for one in kept}
        # One that is there stays in its place: later variables may refer to it.
        kept = [
            {"name": one["name"], "value": env[one["name"]]} if one.get("name") in env else one
            for one in kept
        ]
        added = [
            {"name": key, "value": value}
            for key, value in env.items()
            if value is not None and key not in have
        ]
        if kept or added:
            container["env"] = [*kept, *added]
        else:
            container.pop("env", None)
    return new


def _restarted(old: Object, wish: str) -> Object:
    new = copy.deepcopy(old)
    metadata = new["spec"]["template"].setdefault("metadata", {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), RESTARTED: wish}
    return new


def _undone(old: Object, target: Object | None) -> Object:
    if target is None:
        raise GaveUp(
            "What it looked like before the first change was not recorded, so there is nothing to take it back to: "
            "take it back by hand."
        )
    new = copy.deepcopy(old)
    new["spec"]["template"] = copy.deepcopy(target["template"])
    if new["spec"].get("paused"):  # a paused deployment would keep the pods that are to go
        new["spec"]["paused"] = False
    return new


def _number(filled: Any) -> int:
    text = str(filled)
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise GaveUp(f"'{text[:60]}' is no number of pods: nothing was changed.")
    return int(text)


def recorded(data: str) -> Object:
    """What a record holds. GaveUp when it is none of ours."""
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise GaveUp("What was recorded to go back to cannot be read.")
    return found

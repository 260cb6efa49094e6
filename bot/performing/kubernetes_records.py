"""What an action would take things back to, read before the first change, and kept as JSON for the way back.

It must not know who asks for a record, nor when one is good enough.
"""

from __future__ import annotations

import json

from bot.errors import GaveUp
from bot.performing.kubernetes_changes import recorded
from bot.performing.kubernetes_objects import Object, fields_of, shown, without_secrets
from bot.performing.kubernetes_rollout import images, revision, rollout
from bot.performing.ports import Found
from bot.performing.work import Work
from core.effects import Run, SetWeight
from core.plan.models import ReplicasByWeight, SetFields, Verb


def of_workload(called: str, workload: Object) -> Found:
    """A workload's pods as they are: the template, its revision, and whether it is rolled out and ready."""
    seen, spec = rollout(workload), workload.get("spec") or {}
    data: Object = {
        "template": spec.get("template"),
        "revision": revision(workload),
        "images": images(workload),
        "uid": (workload.get("metadata") or {}).get("uid"),
    }
    if "replicas" in spec:
        data["replicas"] = spec["replicas"]
    shown = ", ".join(f"{name} {image}" for name, image in images(workload).items())
    what = f"{called}: revision {revision(workload)} ({shown}), {seen.ready} of {seen.wanted} ready"
    return Found(seen.done, what if seen.done else f"{what}; {seen.failed or seen.said}", json.dumps(data))


def of_pair(deed: ReplicasByWeight, canary: Object, stable: Object) -> Found:
    """Two deployments behind one service. The way back leads to the stable one, so its health counts."""
    seen = rollout(stable)
    counts = {
        "canary": (canary.get("spec") or {}).get("replicas"),
        "stable": (stable.get("spec") or {}).get("replicas"),
    }
    what = f"deployment/{deed.stable}: {seen.ready} of {seen.wanted} ready; deployment/{deed.canary}: {counts['canary']} wanted"
    return Found(seen.done and seen.ready > 0, what, json.dumps(counts))


def of_object(called: str, deed: Verb, whole: Object | None) -> Found:
    """Any other object: the fields that are to be set, or all of it. Whether it does its work cannot be told."""
    if whole is None:
        return Found(None, f"{called} is not there", json.dumps(None))
    if isinstance(deed, SetFields) and whole.get("kind") != "Secret":
        held = fields_of(whole, deed.fields)
        return Found(None, f"{called}: {shown(held, str(whole.get('kind')))}"[:500], json.dumps(held))
    kept = {key: value for key, value in without_secrets(whole).items() if key != "status"}
    kept["metadata"] = {
        key: value for key, value in (kept.get("metadata") or {}).items() if key != "managedFields"
    }
    version = (whole.get("metadata") or {}).get("resourceVersion", "")
    return Found(None, f"{called} as it is (version {version})", json.dumps(kept))


def target_of(work: Work) -> Object | None:
    """What was recorded for the action that is being carried out; None when nothing was."""
    match work.effect:
        case Run() | SetWeight():
            target = work.deployment.target(work.effect.action)
        case _:
            target = None
    if target is None:
        return None
    found = recorded(target.data)
    if not isinstance(found.get("template"), dict):
        raise GaveUp("What was recorded to go back to holds no pods.")
    return found

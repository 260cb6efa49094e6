"""Every name a plan uses must be a name the plan has: roles, metrics, sources, gates, actions, programs, playbooks, channels.

It must not know whether a named thing suits its place: that is `core.plan.definitions` and `core.plan.sequence`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from core.plan import models as m
from core.plan.problems import Finding, Path, did_you_mean
from core.plan.prometheus import GateAlerts, PrometheusCheck
from core.plan.stand_ins import acts_upon
from core.plan.walk import parts

Names = Mapping[str, Collection[str]]
"""The names each section of the plan has, also those of parts that are wrong in themselves. A section that cannot be read at
all is not in it: nothing is said about its names."""

SECTIONS: dict[str, str] = {
    "roles": "role",
    "channels": "channel",
    "programs": "program",
    "sources": "source",
    "metrics": "metric",
    "gates": "gate",
    "actions": "action",
    "playbooks": "playbook",
    "audiences": "audience",
}

# Which key of which part names something of which section.
_REFERS: dict[type[BaseModel], dict[str, str]] = {
    m.Plan: {"starters": "roles"},
    m.Tier: {"who": "roles", "also": "audiences"},
    m.Rollback: {"by": "roles", "steps": "actions"},
    m.PlaybookStep: {"role": "roles", "action": "actions"},
    m.PlaybookDecide: {"by": "roles"},
    m.Playbook: {"actions": "actions"},
    m.Band: {"metric": "metrics"},
    m.Reports: {"metrics": "metrics"},
    m.Metric: {"source": "sources"},
    m.Rule: {"metric": "metrics", "playbook": "playbooks"},
    m.Action: {"playbook": "playbooks"},
    m.MetricCheck: {"metric": "metrics"},
    m.MetricCriterion: {"metric": "metrics"},
    m.Audience: {"channel": "channels"},
    m.Email: {"source": "sources"},
    m.Webhook: {"source": "sources"},
    m.HttpCheck: {"source": "sources"},
    m.KubernetesAct: {"source": "sources"},
    m.KubernetesCheck: {"source": "sources"},
    PrometheusCheck: {"source": "sources"},
    GateAlerts: {"source": "sources"},
    m.Check: {"run": "actions"},
    m.Command: {"program": "programs"},
    m.HttpAct: {"source": "sources"},
    m.Traffic: {"set": "actions"},
    m.ReadWeight: {"source": "sources"},
    m.Item: {"role": "roles", "ticket": "actions"},
    m.Signoff: {"roles": "roles"},
    m.Decide: {"by": "roles"},
    m.Baseline: {"metrics": "metrics"},
    m.Meeting: {"roles": "roles"},
    m.Rows: {"role": "roles", "metrics": "metrics"},
    m.Run: {"action": "actions", "approve": "roles"},
    m.SetTraffic: {"gate": "gates"},
    m.Bake: {"gate": "gates"},
    m.Announce: {"channel": "channels"},
    m.Watch: {"gate": "gates"},
    m.Verdict: {"by": "roles"},
    m.Canary: {"gate": "gates", "approve": "roles"},
}


def unknown_names(plan: m.Plan, names: Names) -> Iterator[Finding]:
    """A finding for every name that the plan uses and does not have."""
    for path, part in parts(plan):
        for key, section in _REFERS.get(type(part), {}).items():
            for place, name in _named(getattr(part, key), (*path, key)):
                if (
                    section in names
                    and name not in names[section]
                    and (section, name) != ("channels", "main")
                ):
                    yield Finding(place, *_unknown(name, section, names[section]))
    if plan.rehearsal is not None:
        yield from _stand_ins(plan, plan.rehearsal, names)
    if "main" not in names.get("channels", ("main",)):
        yield Finding(
            ("channels",),
            "There is no channel 'main'.",
            "Add 'main: deployment': it is where the deployment lives.",
        )


def _stand_ins(plan: m.Plan, rehearsal: m.Rehearsal, names: Names) -> Iterator[Finding]:
    """What a rehearsal uses in the place of something must stand for something of its kind."""
    for section, stand_ins in (("sources", rehearsal.sources), ("programs", rehearsal.programs)):
        for name in stand_ins:
            if section in names and name not in names[section]:
                place = ("rehearsal", section, name)
                yield Finding(place, *_unknown(name, section, names[section]))
    for name, source in rehearsal.sources.items():
        real = plan.sources.get(name)
        if real is not None and real.kind != source.kind:
            yield Finding(
                ("rehearsal", "sources", name),
                f"'{name}' is a {real.kind} source, and here it is a {source.kind} source.",
                "Keep the kind, or everything that reads it would find nothing.",
            )
    traffic = plan.traffic
    setting = plan.actions.get(traffic.set) if traffic is not None else None
    if traffic is None or setting is None or not acts_upon(rehearsal, setting):
        return
    if traffic.read.source in plan.sources and traffic.read.source not in rehearsal.sources:
        yield Finding(
            ("rehearsal",),
            "A rehearsal would set the canary's share on what stands in, and read it from the real thing.",
            f"Add '{traffic.read.source}' to 'sources:' here.",
        )


def _named(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        yield from (((*path, index), name) for index, name in enumerate(value))
    elif isinstance(value, dict):
        yield from (((*path, key), name) for key, name in value.items())


def _unknown(name: str, section: str, known: Collection[str]) -> tuple[str, str]:
    kind = SECTIONS[section]
    return f"There is no {kind} '{name}'.", did_you_mean(name, known, f"Name it under '{section}:' first.")

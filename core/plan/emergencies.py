"""What a playbook asks of the rest of the plan must be there: a way back to offer, actions that act, looks that only look.

Names that do not exist are passed over here: `core.plan.references` reports them. It must not know how an incident runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.plan import models as m
from core.plan.problems import Finding, Path
from core.plan.quantities import Limit
from core.plan.wording import sentence


def emergencies(plan: m.Plan) -> Iterator[Finding]:
    """What a playbook asks of the rest of the plan and cannot have. Unknown names are told by `core.plan.references`."""
    for name, playbook in plan.playbooks.items():
        path: Path = ("playbooks", name)
        yield from _deeds(plan, playbook, path)
        yield from _bands(plan, playbook, path)
        if plan.rollback is not None:
            continue
        if playbook.decide is not None and "roll-back" in playbook.decide.options:
            yield Finding(
                (*path, "decide", "options"),
                "It offers 'roll-back', and the plan has no 'rollback:'.",
                "Write 'rollback:' with its actions, or take the option out.",
            )
        if playbook.at_once is not None:
            yield Finding(
                (*path, "at-once"), "The plan has no 'rollback:'.", "Write 'rollback:' with its actions."
            )


def _deeds(plan: m.Plan, playbook: m.Playbook, path: Path) -> Iterator[Finding]:
    for index, step in enumerate(playbook.steps):
        looked = plan.actions.get(step.action or "")
        if looked is not None and looked.changes:
            yield Finding(
                (*path, "steps", index, "action"),
                f"A step of a playbook only looks, and '{step.action}' changes something.",
                "Say 'changes: false' there if it only looks, or make it an answer under 'actions:'.",
            )
    for option, name in playbook.actions.items():
        done = plan.actions.get(name)
        if done is not None and not done.changes:
            yield Finding(
                (*path, "actions", option),
                f"The action '{name}' says 'changes: false', so it does nothing about it.",
                "Name an action that acts.",
            )


def _bands(plan: m.Plan, playbook: m.Playbook, path: Path) -> Iterator[Finding]:
    for index, band in enumerate(playbook.bands):
        metric = plan.metrics.get(band.metric or "")
        if metric is None:
            continue
        place = (*path, "bands", index)
        for key, limit in (
            ("above", band.above),
            ("below", band.below),
            ("growth-above", band.growth_above),
            ("growth-below", band.growth_below),
        ):
            if limit is None:
                continue
            try:
                Limit(limit.value, limit.unit).in_unit(metric.unit)
            except ValueError as wrong:
                yield Finding((*place, key), sentence(str(wrong)))
            if key.startswith("growth") and metric.kind != "gauge":
                yield Finding(
                    (*place, key),
                    f"Growth is watched on gauges, and '{band.metric}' is a {metric.kind}.",
                    "Use above or below.",
                )

"""Criteria and the readiness board against the rest of the plan: a condition that nothing in it can fulfil would always read as
good, or never be met.

Names of roles, metrics and the like are `core.plan.references`' business. It must not know how a criterion is judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from core.plan import models as m
from core.plan.problems import Finding, Path, did_you_mean
from core.plan.sequence import steps
from core.plan.walk import parts
from core.plan.written_out import fits, written_out

AFTER_ROLLBACK = "rollback"
"""How the list after a rollback is called in STEP/ITEM."""
_HOLDS: dict[str, tuple[type[m.StepBase], str]] = {
    "items-settled": (m.Checklist, "checklist"),
    "signed": (m.Signoff, "signoff"),
    "decisions-go": (m.Decide, "decide"),
}


def broken_promises(plan: m.Plan, whole: bool) -> Iterator[Finding]:
    """Everything about criteria and the board that cannot come true as it is written. `whole` is False while parts of the plan
    could not be read: then nothing is said to be missing."""
    items = items_by_step(plan)
    for path, part in parts(plan):
        if isinstance(part, m.Criterion):
            yield from _stretch(plan, part, path)
            if whole:
                yield from _item(part, path, items)
                yield from _category(plan, part, path)
                yield from _holds(plan, part, path)
        elif isinstance(part, m.Verdict):
            yield from _verdict(plan, part, path, whole)
    if plan.readiness is not None:
        yield from _board(plan.readiness, items, whole)


def items_by_step(plan: m.Plan) -> dict[str, tuple[str, ...]]:
    """The items of every list, by the id of its step; the list after a rollback as 'rollback'."""
    found: dict[str, tuple[str, ...]] = {}
    for _, body in steps(plan):
        for part in written_out(plan, body) if not isinstance(body, m.Canary) and fits(body) else ():
            if isinstance(part, m.Checklist):
                found[part.id] = tuple(item.id for item in part.items)
    if plan.rollback is not None and plan.rollback.checklist:
        found[AFTER_ROLLBACK] = tuple(item.id for item in plan.rollback.checklist)
    return found


def _item(part: m.Criterion, path: Path, items: dict[str, tuple[str, ...]]) -> Iterator[Finding]:
    if part.item is None:
        return
    step, _, item = part.item.partition("/")
    if step not in items:
        yield Finding(
            (*path, "item"),
            f"There is no list '{step}'.",
            did_you_mean(step, items, "Write STEP/ITEM with the id of a step that has items."),
        )
    elif item not in items[step]:
        yield Finding(
            (*path, "item"),
            f"The list '{step}' has no item '{item}'.",
            did_you_mean(item, items[step], "Name one of its items."),
        )


def _category(plan: m.Plan, part: m.Criterion, path: Path) -> Iterator[Finding]:
    if part.category is None:
        return
    known = [one.id for one in plan.readiness.categories] if plan.readiness is not None else []
    if part.category.id not in known:
        advice = "Name it under 'readiness: categories:' first."
        yield Finding(
            (*path, "category", "id"),
            f"There is no category '{part.category.id}'.",
            did_you_mean(part.category.id, known, advice),
        )


def _holds(plan: m.Plan, part: m.Criterion, path: Path) -> Iterator[Finding]:
    kind, name = _HOLDS.get(part.holds or "", (m.StepBase, ""))
    bodies = [body for _, body in steps(plan)]
    asked = any(isinstance(body, m.Canary) and body.approve for body in bodies)
    if not any(isinstance(one, kind) for one in bodies) and not (name == "decide" and asked):
        yield Finding(
            (*path, "holds"),
            f"'{part.holds}' is asked for, and the plan has no {name} step.",
            f"Add a {name} step, or take the criterion out.",
        )


def _stretch(plan: m.Plan, part: m.Criterion, path: Path) -> Iterator[Finding]:
    """A metric over a stretch of time needs a source that remembers it, or a gate that has looked at it."""
    if part.metric is None:
        return
    metric = plan.metrics.get(part.metric.metric)
    if path[:1] == ("readiness",):
        yield Finding(
            (*path, "metric"),
            "The board stands before there is traffic, so a metric says nothing there.",
            "Let an item measure it, and write 'item: STEP/ITEM'.",
        )
        return
    source = plan.sources.get(metric.source) if metric is not None else None
    if part.metric.over is None or metric is None or source is None or source.kind == "prometheus":
        return
    if not plan.gates:
        yield Finding(
            (*path, "metric", "over"),
            f"'{metric.source}' keeps no past, and no gate looks at '{part.metric.metric}', so nobody will know.",
            "Let a gate look on until then, or read the metric from a Prometheus.",
        )


def _verdict(plan: m.Plan, part: m.Verdict, path: Path, whole: bool) -> Iterator[Finding]:
    if part.on_go is not None and part.on_go.plan == plan.plan:
        yield Finding(
            (*path, "on-go", "plan"),
            "This plan would follow on itself.",
            "Name the plan that comes after it.",
        )
    if whole and part.serious and plan.rollback is None:
        yield Finding(
            (*path, "serious"),
            "These would propose a rollback, and the plan does not say how to roll back.",
            "Add 'rollback:', or move them to 'required:'.",
        )


def _board(board: m.Readiness, items: dict[str, tuple[str, ...]], whole: bool) -> Iterator[Finding]:
    place: Path = ("readiness",)
    yield from _twice("category", (*place, "categories"), [one.id for one in board.categories])
    yield from _twice("risk", (*place, "risks"), [one.id for one in board.risks])
    counted: dict[str, str] = {}
    for number, category in enumerate(board.categories):
        for index, step in enumerate(category.of):
            at: Path = (*place, "categories", number, "of", index)
            if step in counted:
                yield Finding(
                    at,
                    f"The items of '{step}' count in '{counted[step]}' already.",
                    "Let every list stand in one category.",
                )
            elif step == AFTER_ROLLBACK or (whole and step not in items):
                advice = did_you_mean(step, _lists(items), "Name a step that has items.")
                yield Finding(at, f"There is no list '{step}' among the steps.", advice)
            counted.setdefault(step, category.id)


def _lists(items: dict[str, tuple[str, ...]]) -> Collection[str]:
    return [step for step in items if step != AFTER_ROLLBACK]


def _twice(kind: str, path: Path, names: list[str]) -> Iterator[Finding]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Finding(
                (*path, index, "id"), f"There is another {kind} '{name}'.", "Give it a name of its own."
            )

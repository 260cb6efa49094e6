"""The steps in their order: ids that are unique, moments that rise, traffic that can be set and taken back, a verdict at the end.

Names that do not exist are passed over here: `core.plan.references` reports them. It must not know what the definitions say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import time, timedelta

from core.plan import models as m
from core.plan.moments import Moment, parse_clock
from core.plan.problems import Finding, Path
from core.plan.written_out import ids

LONGEST_CANARY_ID = 31
"""A canary's steps are called 'ID.100.bake': its own id leaves room for that."""


def steps(plan: m.Plan) -> Iterator[tuple[Path, m.Written]]:
    """Every step in order with its path, as it is written."""
    for index, phase in enumerate(plan.phases):
        for number, step in enumerate(phase.steps):
            kind, body = next(iter(step.__dict__.items()))
            yield ("phases", index, "steps", number, kind), body


def disorder(plan: m.Plan, whole: bool) -> Iterator[Finding]:
    """Everything about the order of the steps that cannot work. `whole` is False while parts of the plan could not be read:
    then nothing is said to be missing."""
    yield from _unique(plan)
    yield from _moments(plan)
    yield from _dues(plan)
    yield from _canaries(plan)
    yield from _verdicts(plan)
    if whole:
        yield from _missing(plan)


# ------------------------------------------------------------------------------------------------------------- names


def _unique(plan: m.Plan) -> Iterator[Finding]:
    yield from _twice(
        "phase", ((("phases", index, "id"), phase.id) for index, phase in enumerate(plan.phases))
    )
    yield from _twice("step", _step_ids(plan))
    for path, body in steps(plan):
        if isinstance(body, m.Checklist | m.Meeting):
            yield from _twice(
                "item", (((*path, "items", index, "id"), item.id) for index, item in enumerate(body.items))
            )
    if plan.rollback is not None:
        back: Path = ("rollback",)
        yield from _twice(
            "item",
            (
                ((*back, "checklist", index, "id"), item.id)
                for index, item in enumerate(plan.rollback.checklist)
            ),
        )
        yield from _twice(
            "trigger",
            (((*back, "triggers", index, "id"), one.id) for index, one in enumerate(plan.rollback.triggers)),
        )


def _step_ids(plan: m.Plan) -> Iterator[tuple[Path, str]]:
    for path, body in steps(plan):
        yield (*path, "id"), body.id
        if isinstance(body, m.Canary):
            for stage in body.stages:
                yield from (
                    ((*path, "id"), f"{body.id}.{stage.weight}{part}") for part in ("", ".bake", ".go")
                )
        else:
            yield from (((*path, "id"), name) for name in ids(body))


def _twice(kind: str, ids: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, name in ids:
        if name in seen:
            yield Finding(path, f"There is another {kind} '{name}'.", "Give it a name of its own.")
        seen.add(name)


# ------------------------------------------------------------------------------------------------------------- times


def _moments(plan: m.Plan) -> Iterator[Finding]:
    latest: dict[bool, tuple[timedelta, str]] = {}
    for path, moment in _times(plan):
        where, side = _distance(plan, moment)
        before = latest.get(side)
        if before is not None and where < before[0]:
            yield Finding(
                path,
                f"'{moment.text}' is before '{before[1]}', which stands above it.",
                "Put the steps in the order of their times.",
            )
        else:
            latest[side] = (where, moment.text)


def _times(plan: m.Plan) -> Iterator[tuple[Path, Moment]]:
    """Every moment that must not be earlier than those above it, in order."""
    for index, phase in enumerate(plan.phases):
        if phase.at is not None:
            yield ("phases", index, "at"), phase.at
        for number, step in enumerate(phase.steps):
            kind, body = next(iter(step.__dict__.items()))
            path: Path = ("phases", index, "steps", number, kind)
            if body.at is not None:
                yield (*path, "at"), body.at
            if isinstance(body, m.Watch):
                yield (*path, "until"), body.until


def _distance(plan: m.Plan, moment: Moment) -> tuple[timedelta, bool]:
    """How far a moment is from the first minute of D0; without a t0, T-moments can only be held against each other (the bool)."""
    clock: time | None = None if plan.t0 is None else parse_clock(plan.t0)
    distance = moment.since_midnight(clock)
    return (distance, False) if distance is not None else (moment.offset or timedelta(0), True)


def _dues(plan: m.Plan) -> Iterator[Finding]:
    """A due time before the step can open is missed from the beginning."""
    for index, phase in enumerate(plan.phases):
        for number, step in enumerate(phase.steps):
            kind, body = next(iter(step.__dict__.items()))
            opens = body.at or (phase.at if number == 0 else None)
            path: Path = ("phases", index, "steps", number, kind)
            for place, due in _due_times(body, path):
                if opens is not None and _is_before(plan, due, opens):
                    yield Finding(
                        place,
                        f"'{due.text}' is before the step opens ('{opens.text}').",
                        "Move one of the two.",
                    )


def _due_times(body: m.Written, path: Path) -> Iterator[tuple[Path, Moment]]:
    if isinstance(body, m.Checklist | m.Signoff) and body.due is not None:
        yield (*path, "due"), body.due
    if isinstance(body, m.Checklist | m.Meeting):
        yield from (
            ((*path, "items", index, "due"), item.due)
            for index, item in enumerate(body.items)
            if item.due is not None
        )


def _is_before(plan: m.Plan, one: Moment, other: Moment) -> bool:
    (left, left_side), (right, right_side) = _distance(plan, one), _distance(plan, other)
    return left_side == right_side and left < right


# ----------------------------------------------------------------------------------------------------------- traffic


def _canaries(plan: m.Plan) -> Iterator[Finding]:
    for path, body in steps(plan):
        if not isinstance(body, m.Canary):
            continue
        if len(body.id) > LONGEST_CANARY_ID:
            yield Finding(
                (*path, "id"),
                f"The id of a canary has at most {LONGEST_CANARY_ID} characters.",
                "Shorten it: its stages are called by it.",
            )
        for index, stage in enumerate(body.stages[1:], start=1):
            if stage.weight <= body.stages[index - 1].weight:
                place = (*path, "stages", index, "weight")
                yield Finding(
                    place,
                    f"{stage.weight} % is not more than the {body.stages[index - 1].weight} % before it.",
                    "Let the stages rise.",
                )


def _verdicts(plan: m.Plan) -> Iterator[Finding]:
    all_steps = list(steps(plan))
    for path, body in all_steps[:-1]:
        if isinstance(body, m.Verdict):
            yield Finding(
                path,
                "A verdict is the end, and there are steps after it.",
                "Make it the last step of the last phase.",
            )


def _missing(plan: m.Plan) -> Iterator[Finding]:
    all_steps = list(steps(plan))
    first = next((path for path, body in all_steps if isinstance(body, m.SetTraffic | m.Canary)), None)
    if plan.traffic is not None and plan.rollback is None:
        yield Finding(
            ("traffic",),
            "The plan moves traffic and does not say how to take it back.",
            "Add 'rollback:' with its steps.",
        )
    if first is None:
        return
    if plan.traffic is None:
        yield Finding(
            first, "The plan does not say how the traffic is set.", "Add 'traffic:' with 'set' and 'read'."
        )
        if plan.rollback is None:
            yield Finding(
                first,
                "The plan moves traffic and does not say how to take it back.",
                "Add 'rollback:' with its steps.",
            )
    if not any(isinstance(body, m.Verdict) for _, body in all_steps):
        yield Finding(
            first, "The plan moves traffic and has no verdict.", "End the last phase with a 'verdict' step."
        )

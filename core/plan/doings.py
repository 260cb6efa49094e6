"""What people do in a plan must be doable: reminders have a time, rows lie inside their watch, written-out names fit.

Names that do not exist are passed over here: `core.plan.references` reports them. It must not know the order of the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from core.plan import models as m
from core.plan.moments import parse_clock
from core.plan.problems import Finding, Path
from core.plan.sequence import steps
from core.plan.walk import parts
from core.plan.written_out import GO, ITEMS, LARGEST_ID, LONGEST_ROWS_ID, MOST_ROWS, dues


def undoable(plan: m.Plan) -> Iterator[Finding]:
    """Everything about items, meetings, approved runs and daily rows that cannot work as it is written."""
    for path, body in steps(plan):
        if isinstance(body, m.Checklist):
            yield from _reminders((*path, "items"), body.items, due=body.due is not None)
        elif isinstance(body, m.Meeting):
            yield from _reminders((*path, "items"), body.items, due=False)
            if body.items:
                yield from _too_long(path, body.id, ITEMS)
        elif isinstance(body, m.Run):
            yield from _run(plan, path, body)
        elif isinstance(body, m.Watch):
            yield from _watch(plan, path, body)
    yield from _stretches(plan)
    yield from _baselines(plan)
    if plan.rollback is not None:
        yield from _reminders(("rollback", "checklist"), plan.rollback.checklist, due=False)
        for index, item in enumerate(plan.rollback.checklist):
            if item.check is not None and item.check.metric is not None:
                yield Finding(
                    ("rollback", "checklist", index, "check", "metric"),
                    "After a rollback no gate measures any more.",
                    "Ask with 'http:' or 'prometheus:', or let 'verify: metrics:' prove it.",
                )


def _reminders(path: Path, items: tuple[m.Item, ...], *, due: bool) -> Iterator[Finding]:
    for index, item in enumerate(items):
        if item.remind is not None and item.due is None and not due:
            yield Finding(
                (*path, index, "remind"),
                "Nobody can be reminded of what is never due.",
                "Add 'due:' to the item or to its list.",
            )


def _run(plan: m.Plan, path: Path, body: m.Run) -> Iterator[Finding]:
    if body.approve:
        yield from _too_long(path, body.id, GO)
    if not body.approve and body.approve_within != timedelta(minutes=15):
        yield Finding(
            (*path, "approve-within"), "Nobody approves this run.", "Add 'approve:' with the roles who do."
        )
    if not body.approve and body.optional:
        yield Finding(
            (*path, "optional"),
            "Nobody is asked before this run, so nobody can leave it out.",
            "Add 'approve:' with the roles who decide.",
        )
    said = {"settle": body.settle != timedelta(0), "within": body.within != timedelta(minutes=10)}
    for key in (key for key, differs in said.items() if differs and not body.confirm):
        yield Finding(
            (*path, key),
            f"'{key}' is about the confirmation, and there is none.",
            "Add 'confirm:' with checks.",
        )


def _watch(plan: m.Plan, path: Path, body: m.Watch) -> Iterator[Finding]:
    rows = body.rows
    if rows is None:
        return
    place: Path = (*path, "rows")
    if len(body.id) > LONGEST_ROWS_ID:
        yield Finding(
            (*path, "id"),
            f"The id of a watch with rows has at most {LONGEST_ROWS_ID} characters.",
            "Shorten it: its rows are called by it.",
        )
    if body.until.days is None:
        yield Finding(
            (*path, "until"),
            f"Rows come on days, and '{body.until.text}' is none.",
            "Write the day it ends on, like 'D+7 16:00'.",
        )
        return
    found = dues(body, rows)
    if not found:
        yield Finding(place, "No row lies before the watch ends.", "Let it end later, or name other days.")
    if len(found) > MOST_ROWS:
        yield Finding(
            place, f"That makes {len(found)} rows; at most {MOST_ROWS} are written.", "Name fewer 'days:'."
        )
    late = [day for day in rows.days if day > body.until.days]
    if late:
        yield Finding(
            (*place, "days"),
            f"D+{late[0]} is after the watch ends ('{body.until.text}').",
            "Take it out, or let the watch end later.",
        )
    yield from _filled_in(plan, place, rows)


def _filled_in(plan: m.Plan, path: Path, rows: m.Rows) -> Iterator[Finding]:
    clocks = [parse_clock(clock) for clock in rows.at]
    if len(set(clocks)) < len(clocks):
        yield Finding((*path, "at"), "A clock time stands here twice.", "Keep one of the two.")
    seen = set(rows.metrics)
    if len(seen) < len(rows.metrics):
        yield Finding((*path, "metrics"), "A metric stands here twice.", "Keep one of the two.")
    for index, item in enumerate(rows.items):
        if item.id in seen:
            yield Finding(
                (*path, "items", index, "id"),
                f"There is another field '{item.id}' in this row.",
                "Give it a name of its own.",
            )
        seen.add(item.id)
        if item.due is not None:
            yield Finding(
                (*path, "items", index, "due"),
                "A row comes again and again, so its items have no day of their own.",
                "Use the rows' 'due:', which counts from each row.",
            )
        if item.already is not None:
            yield Finding(
                (*path, "items", index, "already"),
                "What is filled in again and again is never settled already.",
                "Take 'already:' out.",
            )


def _stretches(plan: m.Plan) -> Iterator[Finding]:
    """A stretch of time is judged for items and criteria; everything else counts since the traffic began."""
    for path, part in parts(plan):
        fits = isinstance(part, m.MetricCriterion) or ("items" in path and "check" in path)
        if isinstance(part, m.MetricCheck) and part.over is not None and not fits:
            yield Finding(
                (*path, "over"),
                "Only the items of a list and the criteria of a verdict look at a stretch of time.",
                "Take 'over:' out: this counts since the traffic began.",
            )


def _too_long(path: Path, name: str, behind: str) -> Iterator[Finding]:
    if len(name) + len(behind) > LARGEST_ID:
        yield Finding(
            (*path, "id"),
            f"This id has at most {LARGEST_ID - len(behind)} characters: a step called '{name[:20]}...{behind}' follows from it.",
            "Shorten it.",
        )


def _baselines(plan: m.Plan) -> Iterator[Finding]:
    """A check against what is normal stands in a list or is a criterion, and a baseline step has measured it."""
    measured = {name for _, part in parts(plan) if isinstance(part, m.Baseline) for name in part.metrics}
    for path, part in parts(plan):
        if not isinstance(part, m.MetricCheck) or part.at_least_baseline is None:
            continue
        place = (*path, "at-least-baseline")
        if "items" not in path and not isinstance(part, m.MetricCriterion):
            yield Finding(
                place,
                "Only an item of a checklist and a criterion are held against a baseline.",
                "Write 'below:' or 'above:'.",
            )
        elif part.metric not in measured:
            yield Finding(
                place,
                f"No baseline step measures '{part.metric}', so nobody will know what is normal.",
                "Add it to the metrics of a baseline step.",
            )

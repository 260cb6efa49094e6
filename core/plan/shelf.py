"""All plans of a folder at one moment, good and broken ones, and what is new between two moments.

It must not know files: who reads them, hands their contents over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.plan.difference import Change, difference
from core.plan.problems import PlanInvalid, Problem
from core.plan.runbook import Runbook, read_runbook

Shelf = Mapping[str, Runbook | PlanInvalid]
"""Plans by their names; one that cannot be used is there with its problems."""


@dataclass(frozen=True)
class News:
    """What became of one plan. `changes`: of one that was good before and is now; `problems`: of one that cannot be used."""

    name: str
    what: Literal["new", "changed", "gone", "broken", "mended", "same"]
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_plan(text: str) -> Runbook | PlanInvalid:
    """The plan in `text`, or what is wrong with it."""
    try:
        return read_runbook(text)
    except PlanInvalid as invalid:
        return invalid


def news(before: Shelf, after: Shelf) -> tuple[News, ...]:
    """One entry for every plan of either shelf, by name."""
    return tuple(_news(name, before.get(name), after.get(name)) for name in sorted({*before, *after}))


def _news(name: str, old: Runbook | PlanInvalid | None, new: Runbook | PlanInvalid | None) -> News:
    if new is None:
        return News(name, "gone")
    if isinstance(new, PlanInvalid):
        return News(name, "broken", problems=new.problems)
    if old is None:
        return News(name, "new")
    if isinstance(old, PlanInvalid):
        return News(name, "mended")
    return News(name, "same") if old == new else News(name, "changed", difference(old, new))

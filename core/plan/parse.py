"""A plan's text becomes a Plan, or a list of everything that is wrong with it.

In three turns, so that one slip does not hide the next: the text as YAML, the values against the models, the plan against itself.
When some values do not fit, the plan without them still goes through the third turn; nothing is then said to be missing.
It must not know files: who has the text, hands it over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain
from typing import Any

from pydantic import ValidationError

from core.plan.addressed import unheard
from core.plan.blanks import unfilled
from core.plan.definitions import misfits
from core.plan.document import Document, read_document
from core.plan.doings import undoable
from core.plan.judged import misjudged
from core.plan.models import Plan
from core.plan.problems import Finding, Path, PlanInvalid, Problem, show_path
from core.plan.promises import broken_promises
from core.plan.queries import misasked
from core.plan.reach import out_of_reach
from core.plan.references import SECTIONS, unknown_names
from core.plan.sequence import disorder
from core.plan.walk import keys_at
from core.plan.wording import findings

FORMATS = {1: "0.1 and later"}
"""Every format this program reads, and the versions of Deploy Captain that read it."""

_MOST_ROUNDS = 60
_STAND_IN_STEP = {"announce": {"id": "stand-in", "title": "stand-in", "text": "stand-in"}}
# What stands in for a required part that cannot be read, while the rest of the plan is checked. Nothing is reported about these.
_STAND_INS: dict[str, Any] = {
    "format": 1,
    **dict.fromkeys(("plan", "title", "service", "environment"), "stand-in"),
    "starters": ["stand-in"],
    "roles": {"stand-in": {"title": "stand-in"}},
    "channels": {"main": "stand-in"},
    "escalation": [{"tier": 1, "for": "stand-in", "who": ["stand-in"], "within": "5m"}],
    "phases": [{"id": "stand-in", "title": "stand-in", "steps": [_STAND_IN_STEP]}],
}


def parse_plan(text: str) -> Plan:
    """The plan in `text` (YAML). Raises PlanInvalid with every problem, each with its line; never anything else."""
    document = read_document(text)
    _refuse_other_formats(document)
    plan, found = _validated(document)
    problems = [*document.problems, *(_placed(finding, document) for finding in found)]
    if problems or plan is None:
        raise PlanInvalid(problems)
    return plan


def _refuse_other_formats(document: Document) -> None:
    """Before anything else: the problems of a format that this program does not know would mean nothing."""
    written = document.data.get("format", 1)
    if isinstance(written, bool):  # true is 1 to Python, but nobody means that
        problem = Problem(document.line(("format",)), "format", "A format is a number.", "Write 1.")
        raise PlanInvalid([*document.problems, problem])
    if not isinstance(written, int) or written in FORMATS:
        return
    known = "; ".join(
        f"format {number} is read by Deploy Captain {versions}" for number, versions in FORMATS.items()
    )
    message = f"This plan is written in format {written}, which this version does not read: {known}."
    raise PlanInvalid(
        [
            Problem(
                document.line(("format",)),
                "format",
                message,
                "Update Deploy Captain, or write the plan in a format it reads.",
            )
        ]
    )


def _validated(document: Document) -> tuple[Plan | None, list[Finding]]:
    pruned = _Pruned(document.data)
    found: list[Finding] = []
    for _ in range(_MOST_ROUNDS):
        data, origin = pruned.data()
        try:
            plan = Plan.model_validate_json(json.dumps(data), strict=True, by_alias=True, by_name=False)
        except ValidationError as error:
            new = [
                (kind, Finding(_original(one.path, origin), one.message, one.suggestion))
                for kind, one in _deepest(list(findings(error, data)))
            ]
            # What is wrong where something was taken out may be only what the taking out has left behind.
            found += [finding for _, finding in new if not pruned.torn(finding.path)]
            for kind, finding in new:
                pruned.take_out(finding.path, kind)
        else:
            readable = [section for section in SECTIONS if isinstance(document.data.get(section, {}), dict)]
            known = {section: frozenset(_names(document.data, section)) for section in readable}
            whole = not found and not document.problems
            later = chain(
                unknown_names(plan, known),
                misfits(plan, whole),
                misjudged(plan),
                misasked(plan),
                out_of_reach(plan),
                unfilled(plan),
                disorder(plan, whole),
                broken_promises(plan, whole),
                unheard(plan),
                undoable(plan),
            )
            moved = (Finding(_original(one.path, origin), one.message, one.suggestion) for one in later)
            return plan, [*found, *(one for one in moved if not pruned.stands_in(one.path))]
    return None, found


def _deepest(found: list[tuple[str, Finding]]) -> Iterator[tuple[str, Finding]]:
    """Without what is wrong only because something inside it is: a list whose one entry does not fit, a rule without its limit."""
    for kind, one in found:
        inside = any(other.path[: len(one.path)] == one.path for _, other in found if other is not one)
        if not (kind in ("too_short", "value_error") and inside):
            yield kind, one


def _names(data: dict[str, Any], section: str) -> Iterator[str]:
    """The names in a section, also when the section's own name is misspelt: that is one problem and not one for each use."""
    fields = keys_at(())
    for key, value in data.items():
        if isinstance(value, dict) and (
            key == section or (key not in fields and get_close_matches(key, [section]))
        ):
            yield from value


def _placed(finding: Finding, document: Document) -> Problem:
    return Problem(document.line(finding.path), show_path(finding.path), finding.message, finding.suggestion)


def _original(path: Path, origin: dict[Path, Path]) -> Path:
    """A path of the pruned data as a path of the file."""
    rest: Path = ()
    while path and path not in origin:
        path, rest = path[:-1], (path[-1], *rest)
    return (*origin.get(path, ()), *rest)


@dataclass
class _Pruned:
    """The data of a document without what does not fit. Paths are those of the document."""

    whole: dict[str, Any]
    gone: set[Path] = field(default_factory=set)
    holes: set[Path] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)

    def take_out(self, path: Path, kind: str) -> None:
        """Takes out what is wrong at `path`: the value itself, or what it is missing in."""
        if kind == "missing":
            if len(path) == 1:
                self.filled.add(str(path[0]))
                return
            path = path[:-1]
        if path[0] in ("actions", "metrics") and kind != "extra_forbidden":
            path = path[:2]  # half an action or metric would be judged by what its defaults say
        self.gone.add(path)
        self.holes.add(path)
        if len(path) == 1 and path[0] in _STAND_INS:
            self.filled.add(str(path[0]))

    def torn(self, path: Path) -> bool:
        """Whether something that belongs to the value at `path` has been taken out."""
        return self.stands_in(path) or any(
            hole[: len(path)] == path or path[: len(hole)] == hole for hole in self.holes
        )

    def stands_in(self, path: Path) -> bool:
        return bool(path) and path[0] in self.filled

    def data(self) -> tuple[dict[str, Any], dict[Path, Path]]:
        """What is left, and for each of its paths the path in the document (lists have closed their gaps)."""
        origin: dict[Path, Path] = {(): ()}
        data = {
            key: self._copy(value, (key,), (key,), origin)
            for key, value in self._left(self.whole.items(), ())
        }
        return {**data, **{key: _STAND_INS[key] for key in self.filled}}, origin

    def _copy(self, value: Any, old: Path, new: Path, origin: dict[Path, Path]) -> Any:
        origin[new] = old
        if isinstance(value, dict):
            return {
                key: self._copy(inner, (*old, key), (*new, key), origin)
                for key, inner in self._left(value.items(), old)
            }
        if isinstance(value, list):
            left = enumerate(self._left(enumerate(value), old))
            return [self._copy(inner, (*old, index), (*new, place), origin) for place, (index, inner) in left]
        return value

    def _left(self, pairs: Iterable[tuple[Any, Any]], path: Path) -> Iterator[tuple[Any, Any]]:
        return ((key, inner) for key, inner in pairs if (*path, key) not in self.gone)

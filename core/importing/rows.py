"""The items of a checklist as lines of YAML: items of the document, rows of criteria, rows of days.

It must not know in which step they stand.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property

from core.importing.naming import Names, role_of
from core.importing.pieces import Piece
from core.importing.spelling import LONGEST_NOTE, both, quoted
from core.importing.understood import Criterion, Entry, Field, Understood
from core.plan.quantities import figure

_KEYS = {
    "<": ("below",), "<=": ("at-most",), ">": ("above",), ">=": ("at-least",), "=": ("at-least", "at-most"),
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """How the items of one document are written. `roles`: ids of the plan's roles."""

    found: Understood
    roles: frozenset[str]

    @cached_property
    def _titles(self) -> frozenset[tuple[tuple[str, ...], str]]:
        return frozenset((one.section, one.title) for one in self.found.items)

    @cached_property
    def _commands(self) -> dict[int, list[str]]:
        held: dict[int, list[str]] = {}
        for one in self.found.commands:
            held.setdefault(one.item, []).append(one.text)
        held.pop(0, None)
        return held

    def item(self, item: Entry, names: Names, *, optional: bool = False) -> str:
        """One item. What hangs below another says so: 'parent: child'. What was done stays done, on its evidence."""
        nested = (item.section, item.group) in self._titles
        title = f"{item.group.rstrip(':： ')}: {item.title}" if nested else item.title
        parts = [f"id: {names.name(item.title, 'item')}", f"title: {quoted(title)}"]
        if item.owner and role_of(item.owner) in self.roles:
            parts.append(f"role: {role_of(item.owner)}")
        known = self._known(item)
        if item.done:
            line = item.line
            done = both(f"Done in the document (line {line})", f"문서에서 이미 완료 ({line}행)")
            parts.append(f"already: {quoted(known, LONGEST_NOTE) if known else done}")
        elif known:
            parts.append(f"note: {quoted(known, LONGEST_NOTE)}")
        if (optional or item.optional) and not item.done:
            parts.append("optional: true")
        return "- {" + ", ".join(parts) + "}"

    def _known(self, item: Entry) -> str:
        """The evidence, and the commands that go with the item: two items of one row share its line."""
        return "; ".join([*item.evidence, *(f"$ {one}" for one in self._commands.get(item.line, ()))])

    def field(self, piece: Piece, one: Field, names: Names) -> str:
        """A row to be filled in: with a number where the document gives a limit, else with words."""
        title = f"{one.title}: {one.wanted}" if one.wanted else one.title
        parts = [f"id: {names.name(one.title, 'row')}", f"title: {quoted(title)}"]
        if piece.kind == "criteria" and one.criterion is not None:
            parts.append(_value(one.criterion))
        else:
            parts.append("evidence: true")
        if piece.kind == "days" and re.fullmatch(r"D[+-]?[0-9]+", one.at):
            parts.append(f"due: {one.at} 23:59")
        return "- {" + ", ".join(parts) + "}"


def _value(limit: Criterion) -> str:
    sides = ", ".join(f"{key}: {figure(limit.value)}" for key in _KEYS[limit.op])
    return f"value: {{unit: {json.dumps(limit.unit, ensure_ascii=False)}, {sides}}}"

"""What a document says, as values: items, criteria, sign-offs, contacts, triggers, days, commands, each with its line, and what was
left with the reason. `as_json` is the shape that programs read.

It must not know Markdown, nor what a plan looks like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Op = Literal["<", "<=", ">", ">=", "="]
BREADCRUMB = " > "
"""Between the headings of a section's path."""


@dataclass(frozen=True)
class Criterion:
    """A limit with a number. `value` in `unit` ('%', 'ms', 's', 'min', 'h', '/s', 'GB', '' for a count, ...), `metric` in the
    document's words. `bad`: the document names what must not be (a trigger, an emergency), not what should be."""

    text: str
    metric: str
    op: Op
    value: float
    unit: str
    line: int
    bad: bool = False


@dataclass(frozen=True)
class Command:
    """One command of a shell block, continuation lines joined. `title`: the comment above it. `item`: the line of the item it
    belongs to, 0 for none. `labels`: the labels around it, outermost first; `at`: as of an item. `script`: its block is a script that
    only a shell can run; `beside`: what the document says it takes besides ('요청: {...}').
    `argv`: the program and its arguments, run in `folder`, where it is one; else `why` it is for a person, the name of a sentence
    of `commands.texts` ('importing.hand.WHY')."""

    text: str
    title: str
    section: tuple[str, ...]
    line: int
    item: int = 0
    labels: tuple[str, ...] = ()
    at: str = ""
    script: bool = False
    beside: str = ""
    argv: tuple[str, ...] = ()
    folder: str = ""
    why: str = ""


@dataclass(frozen=True)
class Entry:
    """One item. `evidence`: what the document knows about it already. `at`: its time as a plan writes it ('D-3 08:00'), or a date
    that could not be held against the day of the deployment, or ''. `group`: the label or item above it inside its section."""

    title: str
    section: tuple[str, ...]
    done: bool
    line: int
    evidence: tuple[str, ...]
    at: str
    group: str = ""
    owner: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Field:
    """One row of a table of criteria or days: what is asked for, and beside it what the document says."""

    title: str
    wanted: str
    section: tuple[str, ...]
    line: int
    criterion: Criterion | None = None
    at: str = ""


@dataclass(frozen=True)
class Signature:
    """One line of a sign-off. `role` signs; `title` is what is signed when the row names that instead of a role."""

    role: str
    title: str
    name: str
    section: tuple[str, ...]
    line: int
    at: str


@dataclass(frozen=True)
class Contact:
    """Somebody to call. `tier`: 1 to 9, 0 when the document does not say; `within`: how soon, as a plan writes it, or ''."""

    role: str
    name: str
    contact: str
    backup: str
    tier: int
    within: str
    line: int


@dataclass(frozen=True)
class Trigger:
    """A reason to roll back."""

    title: str
    limit: str
    mode: str
    line: int
    criterion: Criterion | None = None


@dataclass(frozen=True)
class Emergency:
    """What to do when something particular goes wrong. `steps`: (words, within so long or ''), in order; `ways`: what it may end in,
    of 'watch', 'hot-fix', 'roll-back'; `lasts`: (so long, what that suggests)."""

    title: str
    section: tuple[str, ...]
    line: int
    steps: tuple[tuple[str, str], ...]
    ways: tuple[str, ...]
    lasts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Gathering:
    """A meeting: who shall be there (`people`: as they are written), and what is gone through (`agenda`: words and line)."""

    title: str
    section: tuple[str, ...]
    line: int
    at: str
    people: tuple[str, ...]
    agenda: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Left:
    """A line that became nothing. `why` names a sentence of `commands.texts` ('importing.left.WHY')."""

    line: int
    text: str
    why: str


@dataclass(frozen=True)
class Understood:
    """The whole document. `day`: the date of the deployment (ISO) or ''; `clock`: the time of T0 ('14:00') or ''; `zone`: the time zone, or ''.
    `values`: what the document leaves to fill in or gives at its top ('버전': '1.0.0')."""

    title: str
    items: tuple[Entry, ...]
    criteria: tuple[Criterion, ...]
    fields: tuple[Field, ...]
    days: tuple[Field, ...]
    signoffs: tuple[Signature, ...]
    contacts: tuple[Contact, ...]
    triggers: tuple[Trigger, ...]
    commands: tuple[Command, ...]
    left: tuple[Left, ...]
    emergencies: tuple[Emergency, ...] = ()
    gatherings: tuple[Gathering, ...] = ()
    day: str = ""
    clock: str = ""
    zone: str = ""

    @property
    def sections(self) -> int:
        """How many sections hold items."""
        return len({item.section for item in self.items})

    @property
    def empty(self) -> bool:
        """Whether there is nothing to make a plan of."""
        return not (self.items or self.fields or self.days or self.signoffs or self.triggers)


def as_json(found: Understood, why: dict[str, str], hand: dict[str, str] | None = None) -> dict[str, Any]:
    """Plain values. `why`: a sentence for each reason why a line was left; `hand`: for each why a command is for a person."""
    by_hand = hand or {}
    return {
        "title": found.title,
        "items": [
            {
                "title": one.title, "section": BREADCRUMB.join(one.section), "done": one.done, "line": one.line,
                "evidence": "\n".join(one.evidence), "at": one.at or None,
            }
            for one in found.items
        ],
        "criteria": [_criterion(one) for one in found.criteria],
        "signoffs": [
            {
                "role": one.role, "title": one.title, "name": one.name, "section": BREADCRUMB.join(one.section),
                "at": one.at or None, "line": one.line,
            }
            for one in found.signoffs
        ],
        "contacts": [
            {
                "role": one.role, "name": one.name, "contact": one.contact, "backup": one.backup,
                "tier": one.tier or None, "line": one.line,
            }
            for one in found.contacts
        ],
        "triggers": [
            {
                "title": one.title, "limit": one.limit, "mode": one.mode,
                "criterion": None if one.criterion is None else _criterion(one.criterion), "line": one.line,
            }
            for one in found.triggers
        ],
        "commands": [
            {
                "command": one.text, "title": one.title, "section": BREADCRUMB.join(one.section), "line": one.line,
                "argv": list(one.argv) or None, "folder": one.folder or None, "why": by_hand.get(one.why, one.why) or None,
            }
            for one in found.commands
        ],
        "left": [{"line": one.line, "text": one.text, "why": why.get(one.why, one.why)} for one in found.left],
    }  # fmt: skip


def _criterion(one: Criterion) -> dict[str, Any]:
    value = int(one.value) if one.value == int(one.value) else one.value
    return {
        "text": one.text, "metric": one.metric, "op": one.op, "value": value, "unit": one.unit, "line": one.line,
    }  # fmt: skip

"""What was understood, in the order of a plan: phases, steps, people. Values only; how they are spelt is `core.importing.writing`'s.

Times must rise from top to bottom in a plan, and documents are not written in that order: a time that falls is dropped and said.
It must not know YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from itertools import groupby
from typing import Literal

from core.importing.naming import role_of
from core.importing.understood import Command, Entry, Field, Left, Signature, Understood
from core.plan.moments import Moment, parse_clock, parse_moment

LONGEST_LIST = 60
"""Items of one step: more would not fit the window that shows a whole list."""
LARGEST = 1e15
"""A number that is larger is asked for in words."""
DEPLOYER, APPROVER = "deployer", "final-approver"
_BACK = re.compile(r"롤백|roll-?\s?back|back-?out|원복", re.IGNORECASE)
_NOT_BACK = re.compile(r"검증|계획|확인|리허설|테스트|plan|rehears|test|verif", re.IGNORECASE)
_AND = re.compile(r"\s*[+&,]\s*|\s+and\s+")
_APPROVAL = re.compile(r"승인|approv|sign-?off|서명", re.IGNORECASE)
_AFTERWARDS = re.compile(r"완료|최종|complet|after|post|final|종료", re.IGNORECASE)


Kind = Literal["list", "criteria", "values", "days", "signoff"]


@dataclass(frozen=True)
class Piece:
    """One step to be. `at`: not before this moment. `fell`: the time that the document says and that falls behind the step before."""

    kind: Kind
    section: tuple[str, ...]
    label: str
    line: int
    at: Moment | None = None
    items: tuple[Entry, ...] = ()
    fields: tuple[Field, ...] = ()
    signatures: tuple[Signature, ...] = ()
    commands: tuple[Command, ...] = ()
    back: bool = False
    fell: str = ""
    phase: str = ""

    @property
    def title(self) -> str:
        """The innermost heading, with the label when there is one."""
        head = self.section[-1] if self.section else ""
        return f"{head}: {self.label}" if head and self.label and self.label != head else self.label or head


@dataclass
class Shape:
    """The plan to be."""

    phases: list[tuple[str, list[Piece]]] = field(default_factory=list)
    back: list[Piece] = field(default_factory=list)
    loose: list[Command] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    tiers: list[tuple[list[str], str]] = field(default_factory=list)
    fallen: list[Left] = field(default_factory=list)


def shape(found: Understood) -> Shape:
    """The steps in the document's order, sign-offs before what they approve, times that rise."""
    made = Shape()
    pieces = sorted(_pieces(found), key=lambda piece: piece.line)
    made.back = [piece for piece in pieces if piece.back]
    pieces = _approved_first([piece for piece in pieces if not piece.back], found.clock)
    pieces = list(_rising(pieces, found.clock, made.fallen))
    placed, made.loose = _with_commands(pieces, made.back, found.commands)
    for phase, group in groupby(placed, key=lambda piece: piece.phase):
        made.phases.append((phase, list(group)))
    _people(made, found)
    return made


# -------------------------------------------------------------------------------------------------------------- steps


def _pieces(found: Understood) -> Iterator[Piece]:
    yield from _lists(found.items)
    for section, fields in groupby(found.fields, key=lambda one: (one.section, one.at)):
        rows = tuple(fields)
        judged = tuple(one for one in rows if one.criterion is not None and one.criterion.value < LARGEST)
        open_ = tuple(one for one in rows if one not in judged)
        if judged:
            yield _piece("criteria", section[0], "", judged[0].line, section[1], fields=judged)
        if open_:
            yield _piece("values", section[0], "", open_[0].line, section[1], fields=open_)
    for where, fields in groupby(found.days, key=lambda one: one.section):
        days = tuple(fields)
        yield _piece("days", where, "", days[0].line, days[0].at, fields=days)
    for key, signed in groupby(found.signoffs, key=lambda one: (one.section, one.title, one.at)):
        signatures = tuple(signed)
        yield _piece("signoff", key[0], key[1], signatures[0].line, key[2], signatures=signatures)


def _lists(items: Sequence[Entry]) -> Iterator[Piece]:
    """Items that stand together: in one section, at one time, under one label. What hangs below an item stays in its list."""
    titles: dict[tuple[str, ...], set[str]] = {}
    for one in items:
        titles.setdefault(one.section, set()).add(one.title)

    def key(one: Entry) -> tuple[tuple[str, ...], str, str]:
        return one.section, one.at, "" if one.group in titles[one.section] else one.group

    for (section, at, label), group in groupby(items, key=key):
        entries = list(group)
        for begin in range(0, len(entries), LONGEST_LIST):
            some = tuple(entries[begin : begin + LONGEST_LIST])
            yield _piece("list", section, label, some[0].line, at, items=some)


def _piece(
    kind: Kind, section: tuple[str, ...], label: str, line: int, at: str, *, items: tuple[Entry, ...] = (),
    fields: tuple[Field, ...] = (), signatures: tuple[Signature, ...] = (),
) -> Piece:  # fmt: skip
    back = any(
        _BACK.search(text[:200]) and not _NOT_BACK.search(text[:200]) for text in (*section[-2:], label)
    )
    phase = section[0] if section else ""
    return Piece(
        kind, section, label, line, _moment(at), items, fields, signatures, (), back and kind == "list", "", phase,
    )  # fmt: skip


def _moment(at: str) -> Moment | None:
    try:
        return parse_moment(at) if at else None
    except ValueError:
        return None


def _approved_first(pieces: list[Piece], clock: str) -> list[Piece]:
    """A sign-off without a time of its own that approves the deployment goes before what happens on the day."""
    first = next((n for n, piece in enumerate(pieces) if _on_the_day(piece.at, clock)), None)
    if not first:
        return pieces
    moving = [
        piece for piece in pieces[first:]
        if piece.kind == "signoff" and piece.at is None and any(_APPROVAL.search(text) for text in piece.section[-1:])
        and not any(_AFTERWARDS.search(text) for text in (*piece.section[-1:], piece.label))
    ]  # fmt: skip
    phase = pieces[first - 1].phase
    moved = [replace(piece, phase=phase) for piece in moving]
    return [*pieces[:first], *moved, *(piece for piece in pieces[first:] if piece not in moving)]


def _on_the_day(at: Moment | None, clock: str) -> bool:
    """Whether a moment is T0 or later."""
    if at is None:
        return False
    if at.offset is not None:
        return at.offset >= timedelta(0)
    return (at.days or 0) > 0 or (
        at.days == 0 and (at.clock is None or (bool(clock) and at.clock >= parse_clock(clock)))
    )


def _rising(pieces: Iterable[Piece], clock: str, fallen: list[Left]) -> Iterator[Piece]:
    """Without the times that are before a time above them. T-moments and days can be compared only when T0's clock time is known."""
    t0: time | None = parse_clock(clock) if clock else None
    latest: dict[bool, timedelta] = {}
    for piece in pieces:
        if piece.at is None:
            yield piece
            continue
        distance = piece.at.since_midnight(t0)
        side = distance is None
        where = distance if distance is not None else piece.at.offset or timedelta(0)
        if side in latest and where < latest[side]:
            fallen.append(Left(piece.line, f"{piece.title} ({piece.at.text})"[:200], "time-falls"))
            yield replace(piece, at=None, fell=piece.at.text)
        else:
            latest[side] = where
            yield piece


def _with_commands(
    pieces: list[Piece], back: list[Piece], commands: Sequence[Command]
) -> tuple[list[Piece], list[Command]]:
    """Every command with the step it stands in or just before, and those of sections without steps."""
    of_item = {item.line: number for number, piece in enumerate(pieces) for item in piece.items}
    of_back = {item.line for piece in back for item in piece.items}
    last: dict[tuple[str, ...], int] = {}
    for number, piece in enumerate(pieces):
        last.setdefault(piece.section, number)
    held: dict[int, list[Command]] = {}
    loose: list[Command] = []
    for one in commands:
        at = of_item.get(one.item) if one.item else last.get(one.section)
        if at is not None:
            held.setdefault(at, []).append(one)
        elif one.item not in of_back:
            loose.append(one)
    return [
        replace(piece, commands=tuple(held.get(number, ()))) for number, piece in enumerate(pieces)
    ], loose


def goes_back(command: Command) -> bool:
    """Whether a command stands where the document says how to roll back."""
    return any(_BACK.search(text[:200]) for text in command.section[-2:]) and not any(
        _NOT_BACK.search(text[:200]) for text in command.section[-1:]
    )


# ------------------------------------------------------------------------------------------------------------- people


def _people(made: Shape, found: Understood) -> None:
    """Roles out of sign-offs, contacts and rows that name an owner; tiers out of contacts that say one."""
    for signature in found.signoffs:
        if signature.role:
            made.roles.setdefault(role_of(signature.role), signature.role)
    tiers: dict[int, tuple[list[str], list[str]]] = {}
    for contact in found.contacts:
        ids = _named(contact.role, made.roles)
        if contact.tier:
            who, withins = tiers.setdefault(contact.tier, ([], []))
            who += [name for name in ids if name not in who]
            withins += [contact.within] if contact.within else []
    for item in found.items:
        if item.owner:
            made.roles.setdefault(role_of(item.owner), item.owner)
    made.tiers = [(who, withins[0] if withins else "") for _, (who, withins) in sorted(tiers.items()) if who]


def _named(written: str, roles: dict[str, str]) -> list[str]:
    """The roles of 'A + B', put among `roles` when they are new."""
    parts = [part.strip() for part in _AND.split(written[:120]) if part.strip()][:5]
    for part in parts:
        roles.setdefault(role_of(part), part)
    return [role_of(part) for part in parts]

"""What was understood, in the order of a plan: phases, steps, people. Values only; how they are spelt is `core.importing.writing`'s.

Times must rise from top to bottom in a plan, and documents are not written in that order: a time that falls is dropped and said.
It must not know YAML.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from itertools import groupby
from typing import TypeVar

from core.importing import placing, situations
from core.importing.naming import role_of
from core.importing.pieces import BACK, NOT_BACK, Kind, Piece, moment_of
from core.importing.understood import Command, Entry, Field, Left, Signature, Understood
from core.plan.moments import Moment, parse_clock

LONGEST_LIST = 60
"""Items of one step: more would not fit the window that shows a whole list."""
LARGEST = 1e15
"""A number that is larger is asked for in words."""
DEPLOYER, APPROVER = "deployer", "final-approver"
One = TypeVar("One")
_PERSON = re.compile(r"(?P<name>[^()]{1,60}?)\s*\((?P<role>[^()]{1,60})\)\s*$")
_TEAM = re.compile(r"팀|team|lead|리더|책임|엔지니어|engineer|manager", re.IGNORECASE)
_AND = re.compile(r"\s*[+&,]\s*|\s+and\s+")
_APPROVAL = re.compile(r"승인|approv|sign-?off|서명", re.IGNORECASE)
_AFTERWARDS = re.compile(r"완료|최종|complet|after|post|final|종료", re.IGNORECASE)


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
    pieces = list(_meetings([piece for piece in pieces if not piece.back], found))
    pieces, made.loose = placing.with_commands(pieces, made.back, found.commands)
    pieces = _approved_first(list(_after_earlier_lists(pieces, found.clock)), found.clock)
    placed = list(_rising(pieces, found.clock, made.fallen))
    for phase, group in groupby(placed, key=lambda piece: piece.phase):
        made.phases.append((phase, list(group)))
    _people(made, found)
    return made


# -------------------------------------------------------------------------------------------------------------- steps


def _pieces(found: Understood) -> Iterator[Piece]:
    yield from _lists(found.items)
    for section, fields in groupby(found.fields, key=lambda one: (one.section, one.at)):
        rows: dict[Kind, list[Field]] = {"criteria": [], "values": []}
        for one in fields:
            limited = one.criterion is not None and one.criterion.value < LARGEST
            rows["criteria" if limited else "values"].append(one)
        for kind, asked in rows.items():
            for some in _parts(asked):
                yield _piece(kind, section[0], "", some[0].line, section[1], fields=some)
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
        for some in _parts(list(group)):
            yield _piece("list", section, label, some[0].line, at, items=some)


def _parts(entries: Sequence[One]) -> Iterator[tuple[One, ...]]:
    """So many as one step may have, again and again."""
    for begin in range(0, len(entries), LONGEST_LIST):
        yield tuple(entries[begin : begin + LONGEST_LIST])


def _meetings(pieces: list[Piece], found: Understood) -> Iterator[Piece]:
    """The pieces with the meetings before what stands in their sections; their first list is what they go through."""
    of_items = {one.item for one in found.commands}
    lists: dict[tuple[str, ...], list[Piece]] = {}
    for piece in pieces:
        if piece.kind == "list":
            lists.setdefault(piece.section, []).append(piece)
    taken: set[int] = set()
    for one in found.gatherings:
        own = next(
            (
                piece for piece in lists.get(one.section, ())
                if piece.line > one.line and (not piece.label or situations.is_agenda(piece.label))
                and of_items.isdisjoint(item.line for item in piece.items)
            ),
            None,
        )  # fmt: skip
        if own is not None:
            taken.add(own.line)
        agenda = tuple(Field(words, "", one.section, line) for words, line in one.agenda)
        yield Piece(
            "meeting", one.section, "", one.line, moment_of(one.at), own.items if own is not None else (), agenda,
            phase=one.section[0], people=one.people,
        )  # fmt: skip
    yield from (piece for piece in pieces if piece.line not in taken or piece.kind != "list")


def _piece(
    kind: Kind, section: tuple[str, ...], label: str, line: int, at: str, *, items: tuple[Entry, ...] = (),
    fields: tuple[Field, ...] = (), signatures: tuple[Signature, ...] = (),
) -> Piece:  # fmt: skip
    back = any(BACK.search(text[:200]) and not NOT_BACK.search(text[:200]) for text in (*section[-2:], label))
    phase = section[0] if section else ""
    return Piece(
        kind, section, label, line, moment_of(at), items, fields, signatures, (), back and kind == "list", "", phase,
    )  # fmt: skip


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
    lines = {piece.line for piece in moving}
    staying = (piece for piece in pieces[first:] if piece.kind != "signoff" or piece.line not in lines)
    return [*pieces[:first], *moved, *staying]


def _on_the_day(at: Moment | None, clock: str) -> bool:
    """Whether a moment is T0 or later."""
    if at is None:
        return False
    if at.offset is not None:
        return at.offset >= timedelta(0)
    return (at.days or 0) > 0 or (
        at.days == 0 and (at.clock is None or (bool(clock) and at.clock >= parse_clock(clock)))
    )


def _after_earlier_lists(pieces: list[Piece], clock: str) -> Iterator[Piece]:
    """Meetings and commands with a time go behind the lists of an earlier one that the document has further down (a checklist at
    its end), so that they take no list its time."""
    t0: time | None = parse_clock(clock) if clock else None
    added = ("run", "hand", "meeting")
    whens = [piece.at.since_midnight(t0) if piece.at is not None else None for piece in pieces]
    earliest: list[tuple[timedelta, int]] = []
    """(the time of a list, its place), from the end, each earlier than all behind it."""
    behind: dict[int, list[Piece]] = {}
    for at in range(len(pieces) - 1, -1, -1):
        piece, when = pieces[at], whens[at]
        if piece.kind not in added:
            if when is not None and (not earliest or when < earliest[-1][0]):
                earliest.append((when, at))
            behind.setdefault(at, []).insert(0, piece)
            continue
        first = bisect_right(earliest, -when, key=lambda one: -one[0]) if when is not None else len(earliest)
        place = earliest[first][1] if first < len(earliest) else at
        behind.setdefault(place, []).insert(1 if place != at else 0, piece)
    for at in range(len(pieces)):
        yield from behind.get(at, ())


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
            if _whole_day(piece.at) and latest[side] < where + timedelta(days=1):
                yield replace(piece, at=None)  # some time of the day that is reached
                continue
            fallen.append(Left(piece.line, f"{piece.title} ({piece.at.text})"[:200], "time-falls"))
            yield replace(piece, at=None, fell=piece.at.text)
        else:
            latest[side] = where
            yield piece


def _whole_day(at: Moment) -> bool:
    return at.offset is None and at.clock is None


# ------------------------------------------------------------------------------------------------------------- people


def _people(made: Shape, found: Understood) -> None:
    """Roles out of sign-offs, contacts and rows that name an owner; tiers out of contacts that say one."""
    for signature in found.signoffs:
        if signature.role:
            made.roles.setdefault(role_of(signature.role), signature.role)
    for gathering in found.gatherings:
        for person in gathering.people:
            made.roles.setdefault(role_of(called(person)), called(person))
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


def called(person: str) -> str:
    """What somebody is there for: of 'Ada (architect)' the part in brackets, else the words themselves."""
    said = _PERSON.match(person)
    return (
        said["role"] if said and not _TEAM.search(said["name"]) else said["name"] if said else person
    ).strip()


def _named(written: str, roles: dict[str, str]) -> list[str]:
    """The roles of 'A + B', put among `roles` when they are new."""
    parts = [part.strip() for part in _AND.split(written[:120]) if part.strip()][:5]
    for part in parts:
        roles.setdefault(role_of(part), part)
    return [role_of(part) for part in parts]

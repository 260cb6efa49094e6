"""Where the commands of a document go in its plan: to its way back, beside an emergency, among what is only looked up, or into the route,
as runs that people approve, each just before the item it is about or where its block stands.

It must not know how a plan is written, nor whether a command can be run as it is (`core.importing.argv` has said so).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from core.importing import situations
from core.importing.pieces import BACK, NOT_BACK, Piece, moment_of
from core.importing.understood import Command, Entry

LEAST_SHARED = 2
"""Words that the title of a command shares with an item, so that it is about that item."""
MOST_ITEMS = 60
"""Items of a section that a command may be about: in a longer list the words say too little."""
_WORD = re.compile(r"[0-9A-Za-z가-힣]+")
_SAYS_NOTHING = frozenset(
    ("명령어", "명령", "커맨드", "확인", "완료", "실행", "command", "commands", "check", "the", "a", "of", "to", "and", "run", "for", "in", "on")
)  # fmt: skip
_NO_STEP = frozenset(("unclear", "cd"))
"""A `cd`, and what is perhaps output: no step of its own."""


def goes_back(command: Command) -> bool:
    """Whether a command stands where the document says how to roll back."""
    return any(BACK.search(text[:200]) for text in command.section[-2:]) and not any(
        NOT_BACK.search(text[:200]) for text in command.section[-1:]
    )


def way_back(commands: Sequence[Command]) -> list[Command]:
    """The commands of the way back: of the section on it, else those that are called so somewhere else, the first of these."""
    if own := [one for one in commands if goes_back(one)]:
        return own
    called = [
        one for one in commands
        if BACK.search(one.title[:200]) and not NOT_BACK.search(one.title[:200]) and not situations.looked_up(one)
    ]  # fmt: skip
    return [one for one in called if (one.section, one.title) == (called[0].section, called[0].title)]


def in_route(command: Command) -> bool:
    """Whether a command is a step of the deployment."""
    return not (goes_back(command) or situations.looked_up(command) or situations.only_if(command))


def with_commands(
    pieces: Sequence[Piece], back: Sequence[Piece], commands: Sequence[Command]
) -> tuple[list[Piece], list[Command]]:
    """The pieces in order, with runs among them and lists parted where one stands; and the commands that are no step."""
    of_back = {item.line for piece in back for item in piece.items}
    lists = sorted((piece for piece in pieces if piece.kind == "list"), key=lambda piece: piece.line)
    begins = [piece.line for piece in lists]
    loose: list[Command] = []
    runs: list[tuple[tuple[int, int, int], Command, Piece | None]] = []
    cuts: dict[int, set[int]] = {}
    for one in commands:
        if not in_route(one) or one.item in of_back:
            loose.append(one)
            continue
        item, line = one.item, one.item or one.line
        place = bisect_right(begins, line) - 1
        within = lists[place] if place >= 0 and line <= lists[place].items[-1].line else None
        if item and (one.why or within is None):
            continue  # the item itself says what is to be run
        if one.why in _NO_STEP:
            loose.append(one)
            continue
        runs.append(((line, 0 if item else 1, one.line), one, within))
        if within is not None:
            cuts.setdefault(place, set()).add(bisect_left([entry.line for entry in within.items], line))
    parted = [
        (index, part) for index, piece in enumerate(lists) for part in _parted(piece, cuts.get(index, set()))
    ]
    placed: list[tuple[tuple[int, int, int], Piece]] = [
        ((piece.line, 2, 0), piece)
        for piece in (*(part for _, part in parted), *(p for p in pieces if p.kind != "list"))
    ]
    placed += [(key, _run(one, within)) for key, one, within in runs]
    placed.sort(key=lambda pair: pair[0])
    return list(_joined(piece for _, piece in placed)), loose


def about(commands: Iterable[Command], items: Sequence[Entry]) -> Iterator[Command]:
    """The commands, each with the item it is about where its title says so."""
    by_section: dict[tuple[str, ...], list[tuple[set[str], int]]] = {}
    for item in items:
        by_section.setdefault(item.section, []).append((_words(item.title), item.line))
    for one in commands:
        free = not one.item and in_route(one)
        yield replace(one, item=_about(one, by_section.get(one.section, ()))) if free else one


def _about(command: Command, items: Sequence[tuple[set[str], int]]) -> int:
    """The line of the one item of its section whose words the title of a command repeats; 0 for none."""
    said = _words(command.title)
    if len(said) < LEAST_SHARED or len(items) > MOST_ITEMS:
        return 0
    shared = [(len(said & words), line) for words, line in items]
    most = max((count for count, _ in shared), default=0)
    best = [line for count, line in shared if count == most]
    return best[0] if most >= LEAST_SHARED and most * 3 >= len(said) * 2 and len(best) == 1 else 0


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text[:200])} - _SAYS_NOTHING


def _parted(piece: Piece, cuts: set[int]) -> Iterator[Piece]:
    """A list parted before the items with these indexes; its time stands on its first part."""
    ends = sorted(cut for cut in cuts if 0 < cut < len(piece.items))
    bounds = [0, *ends, len(piece.items)]
    for number, (begin, end) in enumerate(pairwise(bounds)):
        items = piece.items[begin:end]
        yield replace(
            piece, items=items, line=items[0].line, at=None if number else piece.at,
            part=f"{number + 1}/{len(ends) + 1}" if ends else "",
        )  # fmt: skip


def _run(command: Command, within: Piece | None) -> Piece:
    """The step of a command: with the time of the list it stands before."""
    label = command.labels[-1] if command.labels else ""
    before = within is not None and command.line <= within.line
    at = within.at if within is not None and (command.item or before) else moment_of(command.at)
    phase = command.section[0] if command.section else ""
    kind = "hand" if command.why else "run"
    return Piece(kind, command.section, label, command.line, at, commands=(command,), phase=phase)  # type: ignore[arg-type]


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """What people have to run by hand one after another is one list."""

    def key(piece: Piece) -> object:
        return (
            (piece.section, piece.label, piece.at) if piece.kind == "hand" else piece.line,
            piece.kind,
            piece.part,
        )

    for _, group in groupby(pieces, key=key):
        some = list(group)
        if some[0].kind != "hand":
            yield from some
        else:
            yield replace(some[0], commands=tuple(one for piece in some for one in piece.commands))

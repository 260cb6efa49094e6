"""The parts of the plan of an imported document: people, the way back, playbooks, phases and their steps, as lines of YAML.

It must not know how the document was read, nor where the parts stand in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from core.importing.doing import Doing
from core.importing.naming import Names, role_of
from core.importing.pieces import Piece, Use
from core.importing.rows import Rows
from core.importing.shaping import DEPLOYER, Shape, called
from core.importing.spelling import LONGEST_NOTE, both, clean, comment, quoted
from core.importing.understood import Command, Understood

PATIENCE = "12h"
"""So long an approval is waited for before the deployment holds: a checklist waits for people too."""
LATE = "15m"
"""Who is not at a meeting by then is named, and it goes on."""
_WITHIN = {1: 15, 2: 30, 3: 60}


@dataclass
class Pen:
    """Writes one plan, part by part; the actions it needs are gathered in `doing`. Its parts are written in the order of the document."""

    found: Understood
    made: Shape
    roles: dict[str, str]
    rows: Rows
    uses: tuple[tuple[Command, Use], ...] = ()
    has_way_back: bool = False
    doing: Doing = field(default_factory=Doing)
    steps: Names = field(default_factory=lambda: Names(34))
    latest: str = ""
    """The time that stands above: what begins then too need not say it again."""

    @cached_property
    def _owners(self) -> dict[int, str]:
        """The role of the owner of the items that name one, by their lines: of two in one row the first."""
        return {item.line: role_of(item.owner) for item in reversed(self.found.items) if item.owner}

    # ------------------------------------------------------------------------------------------------------- people

    def people(self) -> Iterator[str]:
        """Roles, channels, escalation."""
        named = {role_of(one.role): one for one in reversed(self.found.contacts)}
        yield comment("Who holds a role is said by the team file.")
        yield "roles:"
        for name, title in self.roles.items():
            one = named.get(name)
            said = ", ".join(part for part in (one.name, one.contact, one.backup) if part) if one else ""
            yield f"  {name}: {{title: {title}}}" + (f"  # in the document: {clean(said)}" if said else "")
        yield ""
        yield "channels: {main: deployment}"
        yield ""
        yield from self._escalation()

    def _escalation(self) -> Iterator[str]:
        tiers = list(self.made.tiers)
        if not tiers:
            yield comment("The document has no tiers: these are only to begin with.")
            others = [name for name in self.roles if name != DEPLOYER][:5]
            tiers = [([DEPLOYER], ""), *([(others, "")] if others else [])]
        yield "escalation:"
        before = 0
        for number, (who, within) in enumerate(tiers[:9], 1):
            minutes = int(within[:-1]) * (60 if within.endswith("h") else 1) if within else 0
            guessed = not minutes or minutes <= before
            minutes = max(_WITHIN.get(number, 60), before + 15) if guessed else minutes
            before = minutes
            why = both("solve it", "문제 해결") if number == 1 else both("decide", "의사 결정")
            note = "  # the document does not say within what time" if guessed else ""
            yield f"  - {{tier: {number}, for: {why}, who: [{', '.join(who)}], within: {minutes}m}}{note}"
        yield ""

    # ------------------------------------------------------------------------------------------------------ way back

    def rollback(self, back: list[Command]) -> Iterator[str]:
        """A way back that only a person sets out on."""
        actions = [self.doing.action(one, f"back {number}") for number, one in enumerate(back, 1)]
        yield comment(
            "The document's own way back. It is taken only when a person says /rollback, and each command is one of the document's."
        )
        yield "rollback:"
        yield "  automatic: false"
        yield f"  by: [{', '.join(list(self.roles)[:20])}]"
        names = Names(36)
        if self.found.triggers:
            yield "  triggers:"
            for one in self.found.triggers:
                said = f"{one.title}: {one.limit}" if one.limit else one.title
                yield f"    - {{id: {names.name(one.title, 'trigger')}, title: {quoted(said)}}}  # line {one.line}"
        yield f"  steps: [{', '.join(actions)}]"
        yield "  verify: {reads: 1, every: 1m, within: 10m}"
        items = [item for piece in self.made.back for item in piece.items]
        if items:
            yield "  checklist:"
            given = Names()
            yield from (f"    {self.rows.item(item, given)}" for item in items)
        yield ""

    def no_rollback(self) -> Iterator[str]:
        """Reasons to roll back, where the document does not say how."""
        if self.found.triggers:
            yield comment(
                "Reasons to roll back. The document has no command for it that could be taken over as it is, so they are notes:"
            )
            for one in self.found.triggers:
                yield comment(
                    f"  {one.title}: {one.limit} {f'({one.mode})' if one.mode else ''} (line {one.line})"
                )
            yield ""

    # ------------------------------------------------------------------------------------------------------ playbooks

    def playbooks(self) -> Iterator[str]:
        """What the document says to do in an emergency. A person declares one with /deploy incident NAME; nothing in it acts."""
        if not self.found.emergencies:
            return
        yield "playbooks:"
        names = Names(34)
        for one in self.found.emergencies:
            yield f"  {names.name(one.title, 'playbook')}:  # line {one.line}"
            yield f"    title: {quoted(one.title)}"
            yield "    steps:"
            for text, within in one.steps:
                yield f"      - {{text: {quoted(text, 500)}" + (f", within: {within}}}" if within else "}")
            ways = [way for way in one.ways if way != "roll-back" or self.has_way_back]
            if ways:
                options = list(dict.fromkeys(("watch", *ways)))
                yield f"    decide: {{by: [{', '.join(self._deciders())}], options: [{', '.join(options)}]}}"
                bands = [f"{{lasts: {span}, suggest: {way}}}" for span, way in one.lasts if way in options]
                if bands:
                    yield f"    bands: [{', '.join(bands)}]"
        yield ""

    def _deciders(self) -> list[str]:
        return list(dict.fromkeys([DEPLOYER, *self._approvers()]))

    # --------------------------------------------------------------------------------------------------------- phases

    def phases(self, *, with_back: bool) -> Iterator[str]:
        """Everything there is to do, in order."""
        yield "phases:"
        phases = Names()
        for title, pieces in self.made.phases:
            name = title or self.found.title
            yield f"  - id: {phases.name(name, 'phase')}"
            yield f"    title: {quoted(name)}"
            if pieces[0].at is not None:
                self.latest = pieces[0].at.text
                yield f"    at: {self.latest}"
            yield "    steps:"
            for number, piece in enumerate(pieces):
                yield from self._step(piece, first=number == 0)
        if with_back and self.made.back:
            yield f"  - id: {phases.name('rollback', 'phase')}"
            yield f"    title: {both('If it has to be rolled back', '롤백할 때')}"
            yield "    steps:"
            yield comment("Nothing waits for these: they are ticked only when it comes to that.", 6)
            for piece in self.made.back:
                yield from self._list(piece, first=True, optional=True)
        if not self.made.phases and not (with_back and self.made.back):
            yield f"  - {{id: begin, title: {both('Begin', '시작')}, steps: [{{announce: {{id: begun, title: {both('Begun', '시작')}, text: {quoted(self.found.title)}}}}}]}}"
        loose = [one for one, use in self.uses if use in ("looked-up", "none")]
        if loose:
            yield ""
            yield comment(
                "Commands of the document that are no step: to look up, or for when something happens. Nothing here runs:"
            )
            yield from (_command(one, 0) for one in loose)

    def _step(self, piece: Piece, *, first: bool) -> Iterator[str]:
        if piece.fell:
            yield comment(f"The document says {piece.fell} here, which is before the step above.", 6)
        match piece.kind:
            case "signoff":
                yield from self._signoff(piece, first)
            case "run":
                yield from self._run(piece, first)
            case "hand":
                yield from self._by_hand(piece, first)
            case "meeting":
                yield from self._meeting(piece, first)
            case _:
                yield from self._list(piece, first=first)

    def _run(self, piece: Piece, first: bool) -> Iterator[str]:
        """A command: people see exactly what would be run, and say GO; NO-GO leaves it out."""
        (one,) = piece.commands
        owner = self._owners.get(one.item, "")
        approvers = [owner] if owner in self.roles else self._deciders()
        yield comment(f"line {one.line}: {one.text}", 6)
        yield "      - run:"
        yield from self._head(piece, first, self.doing.title(one))
        yield f"          action: {self.doing.action(one, '')}"
        yield f"          approve: [{', '.join(approvers)}]"
        yield f"          approve-within: {PATIENCE}"
        yield "          optional: true"

    def _by_hand(self, piece: Piece, first: bool) -> Iterator[str]:
        """Commands for people: each an item, with its text as the note."""
        yield "      - checklist:"
        title = piece.title or self.found.title
        yield from self._head(piece, first, f"{title}: run by hand", f"{title}: 직접 실행")
        yield "          items:"
        names = Names()
        for one in piece.commands:
            said = one.title or one.text
            note = f"$ {one.text}" + (f" ({one.beside})" if one.beside else "")
            yield (
                f"            - {{id: {names.name(said, 'command')}, title: {both(f'Run by hand: {said}'[:280], f'직접 실행: {said}'[:280])}, "
                f"note: {quoted(note, LONGEST_NOTE)}}}  # line {one.line}"
            )

    def _meeting(self, piece: Piece, first: bool) -> Iterator[str]:
        """Who shall be there, and what is gone through."""
        roles = list(dict.fromkeys(role_of(called(person)) for person in piece.people))
        yield comment(f"In the document: {', '.join(piece.people)}", 6)
        yield "      - meeting:"
        yield from self._head(piece, first)
        yield f"          roles: [{', '.join(roles)}]"
        yield f"          within: {LATE}"
        if piece.items or piece.fields:
            yield "          items:"
            names = Names()
            yield from (f"            {self.rows.item(item, names)}" for item in piece.items)
            for one in piece.fields:
                yield f"            - {{id: {names.name(one.title, 'item')}, title: {quoted(one.title)}}}  # line {one.line}"

    def _signoff(self, piece: Piece, first: bool) -> Iterator[str]:
        roles = (
            list(dict.fromkeys(role_of(one.role) for one in piece.signatures if one.role))
            or self._approvers()
        )
        yield "      - signoff:"
        yield from self._head(piece, first)
        yield f"          roles: [{', '.join(roles)}]"

    def _approvers(self) -> list[str]:
        signed = [role_of(one.role) for one in self.found.signoffs if one.role]
        return list(dict.fromkeys(signed))[:1] or [
            next((name for name in self.roles if name != DEPLOYER), DEPLOYER)
        ]

    def _head(self, piece: Piece, first: bool, title: str = "", ko: str = "") -> Iterator[str]:
        title = title or piece.title or self.found.title
        yield f"          id: {self.steps.name(title, 'step')}"
        yield f"          title: {both(title, ko) if ko else quoted(title)}"
        if piece.at is not None and not first and piece.at.text != self.latest:
            self.latest = piece.at.text
            yield f"          at: {self.latest}"

    def _list(self, piece: Piece, *, first: bool, optional: bool = False) -> Iterator[str]:
        yield "      - checklist:"
        yield from self._head(piece, first)
        if optional:
            yield "          wait: false"
        if piece.kind == "criteria":
            yield "          as: criteria"
        yield "          items:"
        names = Names()
        for item in piece.items:
            yield f"            {self.rows.item(item, names, optional=optional)}"
        for one in piece.fields:
            yield f"            {self.rows.field(piece, one, names)}"


def _command(one: Command, indent: int) -> str:
    return comment(f"  line {one.line}: {one.text}", indent)

"""The plan that an imported document becomes, as YAML that a team would keep: commented, in the document's order, and harmless.

Nothing in it acts: no gate has a rule, no step runs a command. What the document says about commands and limits stands beside the steps
as comments, ready to be taken in by somebody who knows what they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.importing import offering
from core.importing.naming import Names, role_of, slug
from core.importing.rows import Rows
from core.importing.shaping import APPROVER, DEPLOYER, Piece, Shape, goes_back, shape
from core.importing.spelling import both, clean, comment, quoted
from core.importing.understood import Command, Left, Understood

_WITHIN = {1: 15, 2: 30, 3: 60}


@dataclass(frozen=True)
class Written:
    """The plan's name and text, and the lines whose times were dropped."""

    plan: str
    text: str
    fallen: tuple[Left, ...]
    rollback: bool


def write(found: Understood, source: str) -> Written:
    """The YAML for what was understood of the file `source`."""
    made = shape(found)
    roles = _roles(made)
    name = slug(found.title, slug(source.rsplit(".", 1)[0], "imported"))
    pen = _Pen(found, made, roles, Rows(found, frozenset(roles)))
    back = offering.way_back([one for one in found.commands if goes_back(one)])
    lines = [
        *_opening(found, source), *_top(found, name), *pen.people(), *offering.rules(found.criteria),
        *(pen.rollback(back) if back else pen.no_rollback()), *pen.phases(with_back=not back),
    ]  # fmt: skip
    return Written(name, "\n".join(lines) + "\n", tuple(made.fallen), bool(back))


def _opening(found: Understood, source: str) -> Iterator[str]:
    done = sum(item.done for item in found.items)
    yield "# yaml-language-server: $schema=plan.schema.json"
    yield "#"
    yield comment(f"Made by 'captain plan import' from {clean(source)}: {found.title}")
    yield comment(
        f"{len(found.items)} items ({done} done already) in {found.sections} sections, {len(found.criteria)} limits, "
        f"{len(found.commands)} commands. Titles are the document's own words."
    )
    yield comment(
        "Nothing in it acts by itself: commands and limits stand in comments, for people to take in."
    )
    yield comment("Before its first use: let team.yml say who holds the roles, and read the times.")
    yield ""


def _top(found: Understood, name: str) -> Iterator[str]:
    yield "format: 1"
    yield f"plan: {name}"
    yield f"title: {quoted(found.title)}"
    yield f"service: {name}"
    yield "environment: production"
    yield f"timezone: {found.zone}"
    if found.clock:
        yield f't0: "{found.clock}"' + (
            f"  # in the document: {found.day} {found.clock}" if found.day else ""
        )
    else:
        yield '# t0: "14:00"  # the document does not say at what time T0 is; then /deploy start asks for it, or takes the present'
    yield f"starters: [{DEPLOYER}]"
    yield ""
    yield "inputs:"
    yield f"  version: {{title: {both('Version', '버전')}, required: false, example: v1.0.0}}"
    yield ""


def _roles(made: Shape) -> dict[str, str]:
    """Every role with its title; those that a plan cannot do without are added."""
    roles = {name: quoted(title) for name, title in made.roles.items()}
    roles.setdefault(DEPLOYER, both("Deployer", "배포 담당"))
    if not any(name not in (DEPLOYER,) for name in roles):
        roles.setdefault(APPROVER, both("Final approver", "최종 승인자"))
    return roles


@dataclass
class _Pen:
    found: Understood
    made: Shape
    roles: dict[str, str]
    rows: Rows
    steps: Names = field(default_factory=lambda: Names(36))
    latest: str = ""
    """The time that stands above: what begins then too need not say it again."""

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

    def rollback(self, back: offering.WayBack) -> Iterator[str]:
        """A way back that only a person sets out on."""
        yield from back.definitions
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
        yield f"  steps: [{', '.join(back.actions)}]"
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
        if self.made.loose:
            yield ""
            yield comment("Commands that the document gives beside its steps. Nothing here runs:")
            yield from (_command(one, 0) for one in self.made.loose)

    def _step(self, piece: Piece, *, first: bool) -> Iterator[str]:
        if piece.fell:
            yield comment(f"The document says {piece.fell} here, which is before the step above.", 6)
        if piece.commands:
            yield comment("Commands of the document; nothing here runs:", 6)
            yield from (_command(one, 6) for one in piece.commands)
        if piece.kind == "signoff":
            yield from self._signoff(piece, first)
        else:
            yield from self._list(piece, first=first)

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

    def _head(self, piece: Piece, first: bool) -> Iterator[str]:
        title = piece.title or self.found.title
        yield f"          id: {self.steps.name(title, 'step')}"
        yield f"          title: {quoted(title)}"
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

"""The plan that an imported document becomes, as YAML that a team would keep: commented, in the document's order, and harmless.

Nothing in it acts by itself: no gate has a rule, and every command that is run is approved by a person before. What needs a shell or a value
is for a person; limits stand in comments, ready to be taken in by somebody who knows what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.importing import doing, offering, placing, situations
from core.importing.naming import slug
from core.importing.pen import Pen
from core.importing.pieces import Use
from core.importing.rows import Rows
from core.importing.shaping import APPROVER, DEPLOYER, Shape, shape
from core.importing.spelling import both, clean, comment, quoted
from core.importing.understood import Command, Left, Understood


@dataclass(frozen=True)
class Written:
    """The plan's name and text, the lines whose times were dropped, and what became of each command."""

    plan: str
    text: str
    fallen: tuple[Left, ...]
    rollback: bool
    uses: tuple[tuple[Command, Use], ...] = ()


def write(found: Understood, source: str) -> Written:
    """The YAML for what was understood of the file `source`."""
    found = replace(found, commands=tuple(placing.about(found.commands, found.items)))
    made = shape(found)
    roles = _roles(made)
    name = slug(found.title, slug(source.rsplit(".", 1)[0], "imported"))
    back = doing.back(placing.way_back(found.commands))
    uses = _uses(found, made, back)
    pen = Pen(found, made, roles, Rows(found, frozenset(roles)), uses=uses, has_way_back=bool(back))
    # The actions are defined by those who use them, so what stands above them is written after them.
    acting = [
        *(pen.rollback(back) if back else pen.no_rollback()),
        *pen.playbooks(),
        *pen.phases(with_back=not back),
    ]
    lines = [
        *_opening(found, source), *_top(found, name), *pen.people(), *offering.rules(found.criteria), *pen.doing.definitions(), *acting,
    ]  # fmt: skip
    return Written(name, "\n".join(lines) + "\n", tuple(made.fallen), bool(back), uses)


def _uses(found: Understood, made: Shape, back: list[Command]) -> tuple[tuple[Command, Use], ...]:
    """What became of every command."""
    placed = {
        one.line: piece.kind for _, pieces in made.phases for piece in pieces if piece.kind in ("run", "hand")
        for one in piece.commands
    }  # fmt: skip
    told = {emergency.section for emergency in found.emergencies}

    def use(one: Command) -> Use:
        if one in back:
            return "back"
        if (kind := placed.get(one.line)) is not None:
            return "run" if kind == "run" else "hand"
        if one.section in told:
            return "emergency"
        if situations.looked_up(one) and not one.item:
            return "looked-up"
        return "item" if one.item and one.why != "cd" else "none"

    return tuple((one, use(one)) for one in found.commands)


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
        "Nothing in it acts by itself: a command is run when a person has approved it, and NO-GO leaves it out."
    )
    yield comment("Limits stand in comments, for people to take in.")
    yield comment("Before its first use: let team.yml say who holds the roles, and read the times.")
    yield ""


def _top(found: Understood, name: str) -> Iterator[str]:
    yield "format: 1"
    yield f"plan: {name}"
    yield f"title: {quoted(found.title)}"
    yield f"service: {name}"
    yield "environment: production"
    yield (
        f"timezone: {found.zone}"
        if found.zone
        else ("timezone: UTC  # the document names no time zone that is known: times are read as UTC")
    )
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

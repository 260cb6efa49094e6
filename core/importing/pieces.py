"""A step of the plan to be, as a value. It must not know how steps are found, nor how they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from core.importing.understood import Command, Entry, Field, Signature
from core.plan.moments import Moment, parse_moment

BACK = re.compile(r"롤백|roll-?\s?back|back-?out|원복", re.IGNORECASE)
NOT_BACK = re.compile(r"검증|계획|확인|리허설|테스트|plan|rehears|test|verif", re.IGNORECASE)

Kind = Literal["list", "criteria", "values", "days", "signoff", "meeting", "run", "hand"]
"""`run`: a command that people approve; `hand`: commands that people run themselves."""


Use = Literal["run", "hand", "item", "back", "emergency", "looked-up", "none"]
"""What became of a command: a run that people approve, something for people to run, said with its item, part of the way back, said in a
playbook, only looked up, or nothing."""


@dataclass(frozen=True)
class Piece:
    """One step to be. `at`: not before this moment. `fell`: the time that the document says and that falls behind the step before.
    `part`: '2/3' of a list that was parted. `people`: of a meeting, as the document calls them."""

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
    part: str = ""
    people: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The innermost heading, with the label when there is one."""
        head = self.section[-1] if self.section else ""
        both = head and self.label and self.label != head
        said = f"{head.rstrip(':： ')}: {self.label}" if both else self.label or head
        return f"{said} ({self.part})" if self.part else said


def moment_of(at: str) -> Moment | None:
    """The moment that a document's time is in a plan; None for a date that nobody could place."""
    try:
        return parse_moment(at) if at else None
    except ValueError:
        return None

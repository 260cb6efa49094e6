"""What is wrong with a plan, as a list that people can work through: every problem with its line and a suggestion.

It must not know how a plan is read: it only holds and words the findings.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Where something stands in a plan: ('gates', 'canary', 'rules', 0, 'below')."""


class Finding(NamedTuple):
    """A problem whose line is not known yet."""

    path: Path
    message: str
    suggestion: str = ""


def show_path(path: Path) -> str:
    """('gates', 'canary', 'rules', 0) as 'gates.canary.rules[0]'."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def did_you_mean(written: str, known: Collection[str], none: str = "") -> str:
    """The nearest known name as a question; without one, the names there are; without any, `none`."""
    near = difflib.get_close_matches(written[:100].lower(), [name.lower() for name in known], n=1, cutoff=0.6)
    for name in known:
        if near and name.lower() == near[0]:
            return f"Did you mean '{name}'?"
    return f"There are: {', '.join(sorted(known)[:20])}." if known else none


@dataclass(frozen=True, order=True)
class Problem:
    """One finding. `line` counts from 1 (0: the file as a whole); `path` is like 'gates.canary.rules[0].below', '' at the top."""

    line: int
    path: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        where = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.path) if part)
        text = f"{self.message} {self.suggestion}".strip()
        return f"{where}: {text}" if where else text


class PlanInvalid(Exception):
    """The plan cannot be used. `problems` holds everything that is wrong, in the order of the file; never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(dict.fromkeys(problems)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))

"""Markdown that says what was meant: text from people and programs can neither end a table nor begin a heading.

Pure text. It must not know a deployment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SIGNS = re.compile(r"([\\`*\[\]<>|&]|~(?=~)|(?<=~)~)|(?<![^\W_])(_)|(_)(?![^\W_])")
"""What CommonMark reads as more than itself inside a line. An underscore between letters is only itself."""
_STARTS = re.compile(r"^(\s*)(?=#|[-+=](?:\s|$)|\d+[.)](?:\s|$)|-{3,}|={2,})(\d*)")
_RUNS = re.compile(r"`+")


def inline(text: str) -> str:
    """Text from outside, on one line, as itself."""
    line = " ".join(text.split())
    line = _SIGNS.sub(lambda found: "\\" + found[0], line)
    return _STARTS.sub(lambda found: f"{found[1]}{found[2]}\\", line, count=1)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are ready; nothing where there is no row."""
    lines = [f"| {' | '.join(cell or ' ' for cell in row)} |" for row in rows]
    if not lines:
        return []
    return [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *lines]


def fenced(text: str, indent: str = "") -> list[str]:
    """Output of a program as it was, behind a fence that it cannot close."""
    longest = max((len(run[0]) for run in _RUNS.finditer(text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = [
        "".join(sign for sign in line if sign.isprintable() or sign == "\t")
        for line in text.rstrip("\n").splitlines()
    ]
    return [indent + line for line in (f"{fence}text", *body, fence)]


def document(blocks: Iterable[Sequence[str]]) -> str:
    """Blocks of lines with one empty line between them, ended by a line's end."""
    kept = ["\n".join(block) for block in blocks if block]
    return "\n\n".join(kept) + "\n"

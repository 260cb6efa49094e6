"""What is read at all: how large a document may be, and how much it may unfold into. It must not know what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.errors import Refused

LARGEST_BYTES = 6_000_000
MOST_LINES = 300_000
MOST_CELLS = 500_000
"""Strokes that may part cells of tables, and marks that open a list or quote at a line's beginning: each becomes several values."""
_OPENING = re.compile(r"(?:[ \t]*(?:>|(?:[-*+]|[0-9]{1,9}[.)])[ \t]))+")
_OPENS = re.compile(r"[-*+>]|[0-9]+[.)]")


def decode(content: bytes, name: str) -> str:
    """The text of a file. Raises Refused for what is empty, too large, binary or not UTF-8: one sentence each."""
    if len(content) > LARGEST_BYTES:
        raise Refused("import-too-large", file=name, most=LARGEST_BYTES)
    if not content.strip():
        raise Refused("import-empty", file=name)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content:
        raise Refused("import-binary", file=name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise Refused("import-not-utf8", file=name, line=line) from None


def refuse_what_unfolds(source: Sequence[str], name: str) -> None:
    """Raises Refused for too many lines, cells and levels: each costs time and room."""
    if len(source) > MOST_LINES:
        raise Refused("import-too-long", file=name, lines=len(source), most=MOST_LINES)
    if (cells := sum(line.count("|") + _levels(line) for line in source)) > MOST_CELLS:
        raise Refused("import-too-wide", file=name, cells=cells, most=MOST_CELLS)


def _levels(line: str) -> int:
    """How many lists and quotes a line opens at its beginning."""
    found = _OPENING.match(line)
    return len(_OPENS.findall(found[0])) if found else 0

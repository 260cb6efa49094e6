"""Markdown into blocks: headings, paragraphs, fences, tables, in order, each with its lines. The one module that knows the parser.

CommonMark with tables, read by markdown-it-py. Nothing is rendered: what stands inside of a line is looked at only where it is
wanted and short, so that a hostile document costs time in proportion to its size.
It must not know what a checklist is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

DEEPEST = 100
"""Levels of lists and quotes that are read; what is deeper is left."""
LONGEST_SPOKEN = 400
"""Characters of a line whose inner signs are read by the parser; a longer one keeps them."""
MOST_BRACKETS = 10
"""Opening brackets of such a line: looking for the end of each takes time by their square."""

Kind = Literal["heading", "paragraph", "fence", "indented", "html", "table"]
_SIGNS = frozenset("*_`[]~\\!")
_TAG = re.compile(r"<[A-Za-z/!?]|&[A-Za-z#]")
"""A '<' or '&' that could begin something: most are signs of limits."""
_STROKE = re.compile(r"(?<!\\)\|")
_BEFORE_CELLS = re.compile(r"(?:[ \t]*(?:>|[-*+](?=[ \t])|[0-9]{1,9}[.)](?=[ \t])))*[ \t]*\|")


@dataclass(frozen=True)
class Row:
    """A row of a table: its line and its cells, as they are written. `beyond`: cells for which the table has no column."""

    line: int
    cells: tuple[str, ...]
    beyond: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A piece of the document. `line` (from 1) is that of `lines[0]`; `inside`: numbers of the list items around it, outermost
    first; `begins`: whether it is the first thing in its list item; `level`: of a heading; `info`: of a fence."""

    kind: Kind
    line: int
    lines: tuple[str, ...] = ()
    level: int = 0
    info: str = ""
    inside: tuple[int, ...] = ()
    begins: bool = False
    rows: tuple[Row, ...] = ()
    end: int = 0
    """The line behind the block's last."""


_BLOCKS = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable("table").disable("inline")
_WORDS = MarkdownIt("commonmark", {"maxNesting": 20}).enable("strikethrough")


def blocks(text: str) -> Iterator[Block]:
    """Everything in `text` (lines end with a line feed), in order."""
    reading = _Reading(text.split("\n"))
    for token in _BLOCKS.parse(text):
        yield from reading.take(token)


def spoken(text: str) -> str:
    """A line's words without Markdown's signs: '**Ready** `now`' is 'Ready now', a link is its text."""
    if len(text) > LONGEST_SPOKEN or text.count("[") > MOST_BRACKETS:
        return text
    if _SIGNS.isdisjoint(text) and _TAG.search(text) is None:
        return text
    parsed = _WORDS.parseInline(text)
    return "".join(_said(token) for top in parsed for token in top.children or ())


def _said(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    if token.type == "html_inline" and token.content.startswith("<!--"):
        return ""
    return token.content


@dataclass
class _Reading:
    """Where in the document the tokens are."""

    source: list[str]
    items: list[int] = field(default_factory=list)
    numbered: int = 0
    begun: bool = False
    heading: int = 0
    rows: list[Row] | None = None
    cells: list[str] = field(default_factory=list)
    table: tuple[int, int] = (0, 0)
    row_line: int = 0

    def take(self, token: Token) -> Iterator[Block]:
        kind = token.type
        if kind == "inline":
            yield from self._inline(token)
        elif kind == "list_item_open":
            self.numbered += 1
            self.items.append(self.numbered)
            self.begun = True
        elif kind == "list_item_close":
            self.items.pop()
            self.begun = False
        elif kind in ("fence", "code_block", "html_block"):
            yield self._code(token)
        elif kind == "heading_open":
            self.heading = int(token.tag[1:])
        elif kind == "heading_close":
            self.heading = 0
        else:
            yield from self._tabular(token)

    def _inline(self, token: Token) -> Iterator[Block]:
        start, end = token.map or (0, 0)
        if self.rows is not None:
            self.cells.append(token.content.strip())
            return
        lines = tuple(token.content.split("\n"))
        kind: Kind = "heading" if self.heading else "paragraph"
        yield Block(
            kind, start + 1, lines, self.heading, "", tuple(self.items), self._first(), (), end + 1
        )  # fmt: skip

    def _beyond(self) -> tuple[str, ...]:
        """What the parser has dropped of a row: it has more cells than the table has headings."""
        line = self.source[self.row_line - 1] if self.rows else ""
        if line.count("|") < len(self.cells):
            return ()
        cells = _STROKE.split(_BEFORE_CELLS.sub("", line.rstrip(), count=1).removesuffix("|"))
        return tuple(cell.strip() for cell in cells[len(self.cells) :] if cell.strip())

    def _first(self) -> bool:
        first, self.begun = self.begun, False
        return first

    def _code(self, token: Token) -> Block:
        start, end = token.map or (0, 0)
        fenced = token.type == "fence"
        kind: Kind = "fence" if fenced else "html" if token.type == "html_block" else "indented"
        lines = tuple(token.content.removesuffix("\n").split("\n"))
        return Block(
            kind, start + 1 + fenced, lines, 0, token.info.strip(), tuple(self.items), self._first(), (), end + 1
        )  # fmt: skip

    def _tabular(self, token: Token) -> Iterator[Block]:
        if token.type == "table_open":
            start, end = token.map or (0, 0)
            self.rows, self.table = [], (start, end)
        elif token.type == "tr_open":
            self.cells, self.row_line = [], (token.map or [0])[0] + 1
        elif token.type == "tr_close" and self.rows is not None:
            self.rows.append(Row(self.row_line, tuple(self.cells), self._beyond()))
        elif token.type == "table_close" and self.rows is not None:
            rows, self.rows = tuple(self.rows), None
            start, end = self.table
            yield Block("table", start + 1, (), 0, "", tuple(self.items), self._first(), rows, end + 1)

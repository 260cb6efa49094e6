"""Text that is laid out by hand: blocks without a language, where '□' is a box, '└─' hangs below it, and '14:05: ...' begins a part.

It must not know tables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.importing import contacts, marks, shell, times
from core.importing.page import Draft, Page
from core.importing.times import When

_RULE = re.compile(r"[\s\-=_─━═*·.~+|]+")
_NUMBERED = re.compile(r"^[^A-Za-z가-힣]+")
_TIMED = re.compile(r"(?:20[0-9]{2}-[0-9]{2}-[0-9]{2}\s+)?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
_BESIDE = re.compile(r"(?:요청|본문|바디|request|body|payload|data)\s*[:：]\s*\{", re.IGNORECASE)
_DRAWN = "┌┐┘┤┬┴┼╔╗╚╝╭╮╯"


@dataclass
class _Label:
    indent: int
    words: str
    when: When
    commands: bool = False


@dataclass
class _Layout:
    """One block while it is read: labels above by their indentation, and the item that details belong to."""

    page: Page
    item_line: int
    """The line of the list item the block stands in, 0 outside of one."""
    labels: list[_Label] = field(default_factory=list)
    items: list[tuple[int, Draft]] = field(default_factory=list)
    over: tuple[int, str] = (0, "")
    """The line of the label that was read last, and its words: a command may stand right under it, as far in as it does."""

    @property
    def about(self) -> str:
        for label in reversed(self.labels):
            if not label.commands and (words := _NUMBERED.sub("", label.words)):
                return words
        return self.page.about

    @property
    def around(self) -> tuple[str, ...]:
        """The labels around, outermost first."""
        own = tuple(label.words for label in self.labels if not label.commands)
        return (self.page.label, *own) if self.page.label else own

    @property
    def when(self) -> When:
        found = self.page.when
        for label in self.labels:
            found = label.when.inside(found) if label.when.says else found
        return found


def read(page: Page, lines: Sequence[str], first: int, item_line: int = 0) -> None:
    """Reads a block whose first line is number `first`."""
    if contacts.belongs(page) and contacts.read_lines(page, lines, first):
        return
    drawing = is_drawing(lines)
    layout = _Layout(page, item_line)
    for number, raw in enumerate(lines, first):
        text = raw.expandtabs(4).rstrip()
        body = text.lstrip()
        if drawing and body:
            page.leave(number, body, "box-in-drawing" if _has_box(body) else "drawing")
        elif body:
            _line(layout, body, len(text) - len(body), number)
        else:
            layout.items.clear()


def is_drawing(lines: Sequence[str]) -> bool:
    """Whether a block is a picture: it has corners and crossings, not only branches."""
    return any(sign in line for line in lines for sign in _DRAWN) or any(
        line.lstrip().startswith(("+-", "+=")) and line.rstrip().endswith("+") for line in lines
    )


def _has_box(body: str) -> bool:
    return any(sign in body for sign in marks.OPEN_SIGNS) or "[ ]" in body


def _line(layout: _Layout, body: str, indent: int, number: int) -> None:
    page = layout.page
    while layout.items and layout.items[-1][0] >= indent and marks.detail(body) is None:
        layout.items.pop()
    while layout.labels and layout.labels[-1].indent >= indent:
        layout.labels.pop()
    if _RULE.fullmatch(body):
        page.seen.add(number)
        return
    hanging = marks.detail(body)
    box = marks.box_of_line(hanging if hanging is not None else body)
    if box is not None:
        _item(layout, box, indent, number)
    elif layout.items:
        _evidence(layout, layout.items[-1][1], hanging if hanging is not None else body, number)
    else:
        _other(layout, hanging if hanging is not None else body, indent, number)


def _item(layout: _Layout, box: marks.Box, indent: int, number: int) -> None:
    parent = layout.items[-1][1].title if layout.items else next(
        (label.words for label in reversed(layout.labels)), ""
    )  # fmt: skip
    draft = layout.page.item(box, number, parent, layout.when)
    if draft is not None:
        layout.items.append((indent, draft))


def _evidence(layout: _Layout, draft: Draft, words: str, number: int) -> None:
    """A detail of the item above: kept with it, with its limits and its command."""
    page = layout.page
    said = marks.words(words)
    page.seen.add(number)
    draft.evidence.append(" ".join(said.split()))
    page.limits(marks.without_ticks(said), number, draft.title)
    if command := shell.command_in(words):
        page.command(command, draft.title, number, item=draft.line, labels=layout.around, when=draft.when)


def _other(layout: _Layout, body: str, indent: int, number: int) -> None:
    """A line that is neither a box nor below one: a label, a command, a limit, or left."""
    page = layout.page
    plain = marks.without_bullet(body)
    inside = any(label.commands for label in layout.labels)
    command = shell.command_in(plain) or (plain if inside and not plain.endswith(":") else "")
    if command:
        title = layout.about if layout.labels else layout.over[1] if layout.over[0] == number - 1 else ""
        page.command(command, title, number, item=layout.item_line, labels=layout.around, when=layout.when)
        page.seen.add(number)
        return
    ticked = plain[:1] in "✅✔✓"
    said = marks.words(marks.without_ticks(plain))
    limits = page.limits(said, number, layout.about, expected=ticked)
    label = _label(plain, indent)
    depth = len(layout.labels)
    if label is not None:
        page.tell(number, label.words, layout.around, depth=depth, when=layout.when, label=True)
        layout.labels.append(label)
        layout.over = (number, label.words)
        page.seen.add(number)
        return
    page.tell(number, said, layout.around, depth=depth, when=layout.when)
    if _BESIDE.match(plain) and page.commands and number - page.commands[-1][0].line == 1:
        last, when = page.commands[-1]
        page.commands[-1] = (replace(last, beside=said), when)
        page.seen.add(number)
        return
    # A line may stand over those that are indented below it, whatever it ends with.
    layout.labels.append(_Label(indent, marks.without_bullet(said)[:120], When()))
    if limits:
        page.seen.add(number)
    else:
        page.leave(number, body, "choice" if "[ ]" in body else "text")


def _label(body: str, indent: int) -> _Label | None:
    """'참석자:', '13:10: last check', '14:15-14:20 - metrics', '1. Roll back:'."""
    timed = _TIMED.match(body)
    if not timed and not body.endswith((":", "：")):
        return None
    words = marks.words(body.rstrip(":： "))[:120]
    if timed:
        rest = re.sub(r"^[\s\-–~:0-9]*(?:UTC|KST|GMT)?[\s\-–:]*", "", words)
        return _Label(indent, rest or words, times.when(timed[0]))
    command = re.match(r"(?:명령어?|커맨드|commands?|실행 명령)\s*[:：]?$", body, re.IGNORECASE) is not None
    return _Label(indent, marks.without_bullet(words), When(), command)

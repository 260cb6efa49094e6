"""A Markdown document in, what it says out. The walk over its blocks; what a line, a table or a shell block is stands in modules of its own.

Pure: text in, values out. It must not know files, nor how a plan is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time

from core.errors import Refused
from core.importing import argv, contacts, criteria, lines, marks, shell, situations, tables, times
from core.importing.bounds import refuse_what_unfolds
from core.importing.markdown import Block, blocks
from core.importing.masking import masked
from core.importing.page import Draft, Page
from core.importing.phrases import halfwidth
from core.importing.times import When
from core.importing.understood import Understood

_FRONT_MATTER = 200
_RULE = re.compile(r"[\s\-=_*|:+>`~]+")
_BOLD = re.compile(r"(?:\*\*[^*]{1,200}\*\*|__[^_]{1,200}__)\s*[:：]?$")
_TO_FILL = re.compile(r"_{3,}\s*$|_{3,}\s+\S")
_BOX_INSIDE = re.compile(r"\[ \]|\[[xX]\]|[□☐⬜]")
_COMMENT = re.compile(r"\s*<!--")


def read(text: str, name: str = "document") -> Understood:
    """What the document `text` says. `name` is its title when it has none. Raises Refused when it is too large or says nothing that a
    plan could be made of."""
    source, title = _prepared(text)
    refuse_what_unfolds(source, name)
    found = list(blocks("\n".join(source) + "\n"))
    headings = [one for one in found if one.kind == "heading" and not one.inside]
    tops = [one for one in headings if one.level == 1]
    page = Page(plain_title=len(tops) == 1 and headings[0].level == 1)
    walk = _Walk(page, _ticked(found))
    for block in found:
        walk.take(block)
    _leftovers(page, source)
    day, clock, zone = _anchor(page, source)
    named = title or _title(tops or headings) or name
    understood = _finished(page, named, day, clock, zone)
    if understood.empty:
        raise Refused("import-nothing", file=name)
    return understood


def _prepared(text: str) -> tuple[list[str], str]:
    """The lines, with front matter blanked so that numbers stay, and the title that it names."""
    source = list(masked(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")))
    title = ""
    if source and source[0].rstrip() == "---":
        end = next(
            (n for n, line in enumerate(source[1:_FRONT_MATTER], 1) if line.rstrip() in ("---", "...")), 0
        )
        for line in source[1:end]:
            if line.startswith("title:"):
                title = line[6:].strip().strip("\"'")
        source[: end + 1 if end else 0] = [""] * (end + 1 if end else 0)
    return source, title


def _ticked(found: Sequence[Block]) -> frozenset[int]:
    """Lines '- ✅ Words' that are items: those in a list where others have an open sign. Alone they say what should be seen."""
    lists: dict[tuple[int, tuple[int, ...]], list[Block]] = {}
    heading = 0
    for block in found:
        if block.kind == "heading":
            heading = block.line
        elif block.begins and block.kind == "paragraph":
            lists.setdefault((heading, block.inside[:-1]), []).append(block)
    return frozenset(
        block.line
        for blocks_ in lists.values()
        if any(marks.box_of_sign(block.lines[0].strip()) for block in blocks_)
        for block in blocks_
        if marks.box_of_tick(block.lines[0].strip()) is not None
    )


def _title(headings: Sequence[Block]) -> str:
    return marks.words(headings[0].lines[0]) if headings else ""


def _anchor(page: Page, source: Sequence[str]) -> tuple[date | None, time | None, str]:
    """The day and clock time of the deployment, and the zone, where the document names them: the surest line, the first of its kind."""
    days: list[tuple[int, int, date]] = []
    clocks: list[tuple[int, int, time]] = []
    zone = ""
    for number, written in enumerate(source):
        if len(written) > times.LONGEST or not criteria.has_digit(written):
            continue
        line = halfwidth(written)
        if not (":" in line or "20" in line):
            continue
        said = line.replace("*", "").lstrip("#->* \t")
        zone = zone or (times.zone_in(said) if ":" in said else "")
        if "20" in said and (day := times.names_day(said)) is not None:
            days.append((day[0], number, day[1]))
        if ":" in said and (clock := times.names_clock(said)) is not None:
            clocks.append((clock[0], number, clock[1]))
    used = {one[1] + 1 for one in (*sorted(days)[:1], *sorted(clocks)[:1])}
    page.left = [one for one in page.left if one.line not in used]
    if clocks:
        zone = times.zone_in(source[min(clocks)[1]]) or zone
    return (min(days)[2] if days else None, min(clocks)[2] if clocks else None, zone)


def _finished(page: Page, title: str, day: date | None, clock: time | None, zone: str) -> Understood:

    def at(when: When) -> str:
        return times.written(when, day)

    told = situations.found(page.told, page.left)

    return Understood(
        title=title,
        items=page.entries(day),
        criteria=tuple(page.criteria),
        fields=tuple(replace(one, at=at(when)) for one, when in page.fields),
        days=tuple(replace(one, at=at(when)) for one, when in page.days),
        signoffs=tuple(replace(one, at=at(when)) for one, when in page.signoffs),
        contacts=tuple(page.contacts),
        triggers=tuple(page.triggers),
        commands=tuple(argv.judged(replace(one, at=at(when)) for one, when in page.commands)),
        left=tuple(sorted(told.left, key=lambda one: one.line)),
        emergencies=told.emergencies,
        gatherings=tuple(replace(one, at=at(first.when)) for one, first in told.gatherings),
        day=day.isoformat() if day else "",
        clock=f"{clock:%H:%M}" if clock else "",
        zone=zone,
    )


def _leftovers(page: Page, source: Sequence[str]) -> None:
    """Lines that no block has shown: nested too deeply, or swallowed by broken markup."""
    for number, line in enumerate(source, 1):
        if number not in page.seen and line.strip() and not _RULE.fullmatch(line[:400]):
            page.leave(number, line, "unread")


@dataclass
class _Walk:
    """The walk: which list items stand for which items or labels."""

    page: Page
    ticked: frozenset[int] = frozenset()
    held: dict[int, Draft] = field(default_factory=dict)
    labels: dict[int, tuple[str, When]] = field(default_factory=dict)

    def take(self, block: Block) -> None:
        if block.kind == "table":
            tables.read(self.page, block.rows)
        elif block.kind == "html":
            self._html(block)
        elif block.kind in ("fence", "indented"):
            self._code(block)
        elif block.kind == "heading" and not block.inside:
            self.page.heading(block.level, marks.words(" ".join(block.lines)), block.line)
            self.page.seen.update(range(block.line, block.end))
        else:
            for number, text in enumerate(block.lines):
                self._line(block, text, block.line + number, number)

    # ---------------------------------------------------------------------------------------------------------- lines

    def _line(self, block: Block, text: str, line: int, number: int) -> None:
        body = text.strip()
        if not body:
            return
        begins = block.begins and number == 0
        own = self.held.get(block.inside[-1]) if block.inside else None
        box = marks.box_of_item(body) if begins else marks.box_of_line(body)
        if begins and line in self.ticked:
            box = marks.box_of_tick(body)
        hanging = None if begins else marks.detail(body)
        if box is None and hanging is not None:
            box = marks.box_of_sign(hanging)
        if box is not None:
            self._item(block, box, line, begins)
        elif own is not None and not begins:
            self._continued(
                own, hanging if hanging is not None else body, line, first=number == 1 and hanging is None
            )
        elif begins:
            self._told(block, body, line, begins=True)
            self._bullet(block, body, line)
        else:
            self._told(block, body, line, begins=False)
            self._text(body if hanging is None else hanging, line)

    def _told(self, block: Block, body: str, line: int, *, begins: bool) -> None:
        """Keeps a line where an emergency or a meeting is described."""
        around = [
            self.labels[name][0]
            for name in (block.inside[:-1] if begins else block.inside)
            if name in self.labels
        ]
        label = not begins and (_BOLD.match(body) is not None or body.endswith((":", "：")))
        labels = tuple(around) if label or not self.page.label else (self.page.label, *around)
        self.page.tell(line, marks.words(body), labels, depth=len(block.inside), label=label)

    def _item(self, block: Block, box: marks.Box, line: int, begins: bool) -> None:
        group, when = self._around(block.inside[:-1] if begins else block.inside)
        draft = self.page.item(box, line, group, when)
        if draft is not None and begins:
            self.held[block.inside[-1]] = draft

    def _around(self, inside: Sequence[int]) -> tuple[str, When]:
        """The label and the time of the list items around."""
        group, when = "", self.page.when
        for name in inside:
            if name in self.held:
                group, when = self.held[name].title, self.held[name].when.inside(when)
            elif name in self.labels:
                group = self.labels[name][0]
                when = self.labels[name][1].inside(when) if self.labels[name][1].says else when
        return group, when

    def _continued(self, draft: Draft, body: str, line: int, *, first: bool) -> None:
        """A line below an item's first: the rest of its title, or something known about it."""
        self.page.seen.add(line)
        said = marks.words(body)
        if first and line == draft.line + 1 and not draft.evidence:
            draft.title = f"{draft.title} {said}"
        else:
            draft.evidence.append(said)
        self.page.limits(marks.without_ticks(said), line, draft.title)
        if command := shell.command_in(body):
            self.page.command(command, draft.title, line, item=draft.line, when=draft.when)

    def _bullet(self, block: Block, body: str, line: int) -> None:
        """A list item without a box: a label for what stands below it, evidence, a contact, a limit, or left."""
        said = marks.words(body)
        self.labels[block.inside[-1]] = (said[:120].rstrip(":： "), times.when(said))
        self._text(body, line, why="bullet")

    def _text(self, body: str, line: int, why: str = "text") -> None:
        page, said = self.page, marks.words(body)
        if marks.is_row_of_boxes(body):
            page.leave(line, said, "headless")
        elif _BOX_INSIDE.search(body[:1000]):
            page.leave(line, said, "touching" if why == "bullet" and marks.touches(body) else "choice")
        elif why == "bullet" and contacts.belongs(page) and contacts.read_entry(page, body, line):
            pass
        elif _TO_FILL.search(body[:400]):
            page.leave(line, said, "to-fill")
        elif why == "text" and (_BOLD.match(body) or body.endswith((":", "："))):
            page.label, page.label_when = said.rstrip(":： ")[:120], times.when(said)
            page.seen.add(line)
            page.limits(said, line)
        elif (
            ("✅" in body or "✓" in body)
            and any(sign.isdigit() for sign in body)
            and page.above() is not None
        ):
            page.seen.add(line)
            draft = page.above()
            if draft is not None:
                draft.evidence.append(said)
            page.limits(said, line)
        elif command := shell.command_in(body):
            page.command(command, page.label, line)
            page.seen.add(line)
        elif page.limits(said, line):
            page.seen.add(line)
        else:
            page.leave(line, said, why)

    # ---------------------------------------------------------------------------------------------------- blocks of text

    def _code(self, block: Block) -> None:
        self.page.seen.update((block.line - 1, block.end - 1))
        language = block.info.split()[0].lower().strip("{}.") if block.info else ""
        own = next((self.held[name] for name in reversed(block.inside) if name in self.held), None)
        if language in shell.LANGUAGES or (language in shell.PLAIN and shell.all_commands(block.lines)):
            for one in shell.commands(block.lines, block.line):
                title = one.title or (own.title if own is not None else "")
                self.page.command(
                    one.text, title, one.line, item=own.line if own is not None else 0, script=one.script,
                    when=own.when if own is not None else None,
                )  # fmt: skip
            self.page.seen.update(range(block.line, block.end))
        elif language in shell.PLAIN:
            lines.read(self.page, block.lines, block.line, own.line if own is not None else 0)
        else:
            for number, text in enumerate(block.lines, block.line):
                if text.strip():
                    self.page.leave(
                        number, text.strip(), "box-in-code" if marks.box_of_line(text.strip()) else "code"
                    )

    def _html(self, block: Block) -> None:
        comment = _COMMENT.match(block.lines[0]) is not None
        for number, text in enumerate(block.lines, block.line):
            if text.strip():
                boxed = "box-in-html" if marks.box_of_line(text.strip()) else "html"
                self.page.leave(number, text.strip(), "comment" if comment else boxed)

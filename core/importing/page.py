"""What has been read of a document so far: where we are (headings, labels, the item above) and what was found.

The readers of lines, tables and shell blocks write here, and only here. It must not know Markdown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from core.importing import criteria, marks, situations, times
from core.importing.phrases import halfwidth
from core.importing.times import When
from core.importing.understood import Command, Contact, Criterion, Entry, Field, Left, Signature, Trigger

LONGEST_LEFT = 200
_BAD = re.compile(
    r"롤백|트리거|긴급|비상|상황\s*[#0-9]|만약|증상|위험|알림|emergenc|incident|no-?go 시나리오|no-?go scenario|no-?go 위험|no-?go risk|rollback|roll back|symptom|alert|trigger",
    re.IGNORECASE,
)
_OPTIONAL = re.compile(r"\((?:[^()]*,\s*)?(?:선택|선택 사항|optional)[^()]*\)|\([^()]* 선택\)", re.IGNORECASE)
_OWNER = re.compile(r"\((?:담당자?|책임자?|owner|assignee)\s*[:：]\s*([^()]{1,60})\)", re.IGNORECASE)
_OWN_TIME = re.compile(
    r"(?:\[?(T\s*[-+−–]\s*[0-9][^:：\s]*(?:\s*(?:min|hour|day)[a-z]*)?|D\s*[-+−–]\s*[0-9]+(?:\s+[0-9]{1,2}:[0-9]{2})?|(?:20[0-9]{2}-[0-9]{2}-[0-9]{2}\s+)?[0-9]{1,2}:[0-9]{2}))"
)
_BEHIND = re.compile(r"\((T\s*[-+−–]\s*[0-9]+\s*[a-z]+|D\s*[-+−–]\s*[0-9]+(?:\s+[0-9]{1,2}:[0-9]{2})?)\)\s*$")
MOST_TOLD = 400
"""Lines that are kept for one emergency or meeting."""


@dataclass
class Draft:
    """An item that may still get evidence."""

    title: str
    section: tuple[str, ...]
    done: bool
    line: int
    when: When
    group: str = ""
    owner: str = ""
    evidence: list[str] = field(default_factory=list)
    struck: bool = False


@dataclass(frozen=True)
class Told:
    """A line of words where an emergency or a meeting is described. `labels`: those around it, outermost first; `depth`: how far in it
    stands; `label`: it stands over others; `command`: it is one."""

    line: int
    words: str
    labels: tuple[str, ...]
    depth: int
    when: When
    label: bool = False
    command: bool = False


@dataclass
class Heading:
    level: int
    words: str
    when: When


@dataclass
class Page:
    """`plain_title`: whether the first heading is the document's title and so part of no section."""

    plain_title: bool = False
    headings: list[Heading] = field(default_factory=list)
    label: str = ""
    label_when: When = field(default_factory=When)
    items: list[Draft] = field(default_factory=list)
    named: dict[str, Draft] = field(default_factory=dict)
    criteria: list[Criterion] = field(default_factory=list)
    fields: list[tuple[Field, When]] = field(default_factory=list)
    days: list[tuple[Field, When]] = field(default_factory=list)
    signoffs: list[tuple[Signature, When]] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    commands: list[tuple[Command, When]] = field(default_factory=list)
    told: dict[tuple[str, ...], list[Told]] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    # ------------------------------------------------------------------------------------------------------ where we are

    @property
    def section(self) -> tuple[str, ...]:
        """The headings around, outermost first."""
        return tuple(
            heading.words for heading in self.headings if not (self.plain_title and heading.level == 1)
        )

    @property
    def when(self) -> When:
        """The time of the headings and the label around. The date in the document's title is that of the deployment, not of each step."""
        found = When()
        for heading in self.headings:
            if not (self.plain_title and heading.level == 1):
                found = heading.when.inside(found)
        return self.label_when.inside(found) if self.label_when.says else found

    @property
    def about(self) -> str:
        """What a limit is a limit of when its line does not say so."""
        return self.label or (self.headings[-1].words if self.headings else "")

    def heading(self, level: int, words: str, line: int) -> None:
        """A heading ends the sections of its level and below."""
        while self.headings and self.headings[-1].level >= level:
            self.headings.pop()
        self.headings.append(Heading(level, words, times.when(words)))
        self.label, self.label_when = "", When()
        self.seen.add(line)
        self.limits(words, line)

    def under(self, pattern: re.Pattern[str]) -> bool:
        """Whether a heading or the label around matches."""
        return any(pattern.search(text[:300]) for text in (*self.section, self.label))

    # ---------------------------------------------------------------------------------------------------------- what is found

    def item(self, box: marks.Box, line: int, group: str = "", when: When | None = None) -> Draft | None:
        """An item, or a line that is left when its box has no words or an unknown mark."""
        self.seen.add(line)
        title = marks.without_ticks(marks.words(box.words))
        if not box.known or not any(sign.isalnum() for sign in title):
            self.leave(line, box.words, "mark" if not box.known else "empty-box")
            return None
        owner = _OWNER.search(title[:600])
        draft = Draft(
            title, self.section, box.done, line, _own(title).inside(when or self.when), group or self.label,
            owner[1].strip() if owner else "",
        )  # fmt: skip
        if marks.is_ticked(box.words):
            draft.evidence.append("✅")
        draft.evidence += marks.proved(title)
        if box.done and (by := marks.signed(title)) and by not in draft.evidence:
            draft.evidence.append(by)
        if marks.is_struck(box.words):
            draft.struck = True
            self.leave(line, title, "struck")
        if box.unclear:
            self.leave(line, box.words, "unclear")
        self.items.append(draft)
        prefix, colon, _ = title[:80].partition(":")
        if colon:
            self.named.setdefault(prefix.strip(), draft)
        self.limits(title, line, self.about)
        return draft

    def limits(self, words: str, line: int, about: str = "", *, expected: bool = False) -> bool:
        """Keeps the limits of a line; whether there were any."""
        if not criteria.has_digit(words):
            return False
        near = (words, about, self.label, self.headings[-1].words if self.headings else "")
        look = criteria.expected if expected else criteria.find
        found = look(words, line, about or self.about)
        if not found:
            return False
        bad = any(_BAD.search(text[:300]) for text in near)
        self.criteria += [replace(one, bad=bad) for one in found] if bad else found
        return True

    def command(
        self, text: str, title: str, line: int, *, item: int = 0, labels: tuple[str, ...] | None = None, when: When | None = None,
        script: bool = False,
    ) -> None:  # fmt: skip
        """A command. `labels` and `when`: where it stands, when that is not the page's own label and time."""
        around = labels if labels is not None else (self.label,) if self.label else ()
        one = Command(text, title, self.section, line, item, around, script=script)
        self.commands.append((one, when or self.when))
        self.tell(line, text, around, command=True)

    def tell(
        self, line: int, words: str, labels: tuple[str, ...], *, depth: int = 0, when: When | None = None, label: bool = False,
        command: bool = False,
    ) -> None:  # fmt: skip
        """Keeps a line of words for what its section or its labels say it is about (`core.importing.situations`)."""
        if (
            situations.wanted(self.section, labels, words)
            and len(self.told.setdefault(self.section, [])) < MOST_TOLD
        ):
            self.told[self.section].append(
                Told(line, words, labels, depth, when or self.when, label, command)
            )

    def above(self) -> Draft | None:
        """The item that a loose detail belongs to: one that is called like the label, else the last of this section."""
        prefix, colon, _ = self.label[:80].partition(":")
        if colon and (draft := self.named.get(prefix.strip())) is not None:
            return draft
        last = self.items[-1] if self.items else None
        return last if last is not None and last.section == self.section else None

    def leave(self, line: int, text: str, why: str) -> None:
        """A line that becomes nothing, with the reason."""
        self.seen.add(line)
        shown = " ".join(text[: 2 * LONGEST_LEFT].split())
        self.left.append(
            Left(line, shown if len(shown) <= LONGEST_LEFT else shown[: LONGEST_LEFT - 1] + "…", why)
        )

    def entries(self, on: date | None) -> tuple[Entry, ...]:
        """The items as values, once the day of the deployment is known."""
        return tuple(
            Entry(
                one.title, one.section, one.done, one.line, tuple(one.evidence), times.written(one.when, on),
                "" if one.group == one.title else one.group, one.owner, one.struck or _OPTIONAL.search(one.title[:600]) is not None,
            )
            for one in self.items
        )  # fmt: skip


def _own(title: str) -> When:
    """The time an item's own words begin or end with."""
    title = halfwidth(title)
    if title[:1] in "TD[0123456789" and (found := _OWN_TIME.match(title[:60])):
        return times.when(found[1])
    tail = title[-40:]
    return times.when(found[1]) if (found := _BEHIND.search(tail)) else When()

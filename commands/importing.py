"""The report of an import in people's words: what was understood, section by section, and what was left, line by line.

It must not know where the report is shown, nor how the document was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from commands import texts
from core.importing.pieces import Use
from core.importing.understood import BREADCRUMB, Command, Criterion, Left, Understood
from core.importing.writing import Written
from core.plan.quantities import figure

WHYS = (
    "text", "bullet", "table", "row-without-box", "empty-row", "to-fill", "choice", "touching", "headless", "code", "box-in-code", "drawing", "box-in-drawing",
    "html", "box-in-html", "comment", "empty-box", "mark", "unclear", "unread", "struck", "time-falls", "timetable", "emergency", "meeting", "only-if",
)  # fmt: skip
HANDS = (
    "shell", "script", "variable", "glob", "fill-in", "beside", "secret", "folder", "privilege", "asks-back", "endless", "unclear", "cd",
)  # fmt: skip
USES: tuple[Use, ...] = ("run", "hand", "item", "back", "emergency", "looked-up", "none")
LONGEST = 110


def reasons(language: str) -> dict[str, str]:
    """A sentence for each reason why a line was left."""
    return {why: texts.say(f"importing.left.{why}", language) for why in WHYS}


def hands(language: str) -> dict[str, str]:
    """A sentence for each reason why a command is for a person."""
    return {why: texts.say(f"importing.hand.{why}", language) for why in HANDS}


def headline(found: Understood, name: str, language: str) -> str:
    """'release.md: understood 61 items, 4 of them done, in 11 sections.'"""
    return texts.say(
        "importing.understood", language, file=_plain(name), items=len(found.items), done=sum(item.done for item in found.items),
        sections=found.sections,
    )  # fmt: skip


def counts(found: Understood, language: str) -> str:
    """What else there is, in one line; '' when there is nothing."""
    parts = (
        ("limits", found.criteria), ("rows", found.fields), ("days", found.days), ("signoffs", found.signoffs),
        ("contacts", found.contacts), ("triggers", found.triggers), ("commands", found.commands),
        ("playbooks", found.emergencies), ("meetings", found.gatherings),
    )  # fmt: skip
    said = [texts.say(f"importing.{key}", language, n=len(some)) for key, some in parts if some]
    return texts.say("importing.also", language, parts=", ".join(said)) if said else ""


def sections(found: Understood, language: str) -> Iterator[str]:
    """A line for every section with items."""
    for section, group in groupby(found.items, key=lambda item: item.section):
        items = list(group)
        yield texts.say(
            "importing.section", language, section=_plain(BREADCRUMB.join(section) or found.title).rstrip(":： "), items=len(items),
            done=sum(item.done for item in items),
        )  # fmt: skip


def limits(found: Sequence[Criterion]) -> Iterator[str]:
    """'line 168: error rate < 0.1 %'."""
    for one in found:
        yield f"{one.line}: {_plain(one.metric)} {one.op} {figure(one.value)} {one.unit}".rstrip()


def commands(uses: Sequence[tuple[Command, Use]], language: str, *, most: int) -> Iterator[str]:
    """Every command under what became of it, with the reason where it is for a person."""
    shown = sorted(uses, key=lambda pair: (USES.index(pair[1]), pair[0].line))
    for use, group in groupby(shown[:most], key=lambda pair: pair[1]):
        yield texts.say(f"importing.use.{use}", language) + ":"
        for one, _ in group:
            why = (
                f" ({texts.say(f'importing.hand.{one.why}', language)})" if one.why and use != "back" else ""
            )
            yield f"  {one.line}: {_short(one.text)}{why}"
    if len(shown) > most:
        yield texts.say("importing.more", language, n=len(shown) - most)


def situations(found: Understood, language: str) -> Iterator[str]:
    """Every emergency and meeting in a line."""
    for one in found.emergencies:
        yield texts.say(
            "importing.playbook", language, line=one.line, title=_short(one.title), steps=len(one.steps),
            ways=", ".join(one.ways) or texts.say("importing.no-ways", language),
        )  # fmt: skip
    for meeting in found.gatherings:
        yield texts.say(
            "importing.meeting", language, line=meeting.line, title=_short(meeting.title), at=meeting.at, people=len(meeting.people)
        )  # fmt: skip


def left(rest: Iterable[Left], language: str, *, most: int) -> Iterator[str]:
    """Every line that became nothing, under its reason; at most `most` lines."""
    shown = sorted(rest, key=lambda one: (WHYS.index(one.why), one.line))
    for why, group in groupby(shown[:most], key=lambda one: one.why):
        yield texts.say(f"importing.left.{why}", language) + ":"
        yield from (f"  {one.line}: {_short(one.text)}" for one in group)
    if len(shown) > most:
        yield texts.say("importing.more", language, n=len(shown) - most)


def report(found: Understood, written: Written | None, name: str, language: str, *, most: int) -> str:
    """The whole report as plain text."""
    lines = [
        headline(found, name, language),
        counts(found, language),
        *(f"  {one}" for one in sections(found, language)),
    ]
    if found.criteria:
        lines += [
            "",
            texts.say("importing.limits-title", language),
            *(f"  {one}" for one in limits(found.criteria)),
        ]
    if written is not None and written.uses:
        lines += ["", texts.say("importing.commands-title", language)]
        lines += [f"  {one}" for one in commands(written.uses, language, most=most)]
    if found.emergencies or found.gatherings:
        lines += [
            "",
            texts.say("importing.situations-title", language),
            *(f"  {one}" for one in situations(found, language)),
        ]
    rest = [*found.left, *(written.fallen if written is not None else ())]
    if rest:
        lines += ["", texts.say("importing.left-title", language, n=len(rest))]
        lines += [f"  {one}" for one in left(rest, language, most=most)]
    return "\n".join(line for line in lines if line is not None)


def _plain(text: str) -> str:
    """Without what a terminal would obey instead of showing."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _short(text: str) -> str:
    said = _plain(text)
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"

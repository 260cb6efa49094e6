"""What headings and labels say a part of the document is about besides steps: an emergency and what to do in it, a meeting, commands to look
up, what to do only if something happens. Emergencies and meetings are made of their lines where these are clear.

It must not know Markdown, nor how a plan is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from core.importing.understood import Command, Emergency, Gathering, Left

if TYPE_CHECKING:
    from core.importing.page import Told

_EMERGENCY = re.compile(
    r"긴급 상황|비상 상황|응급 상황|비상 대응|긴급 대응|장애 (?:대응|상황)|상황\s*#?\s*[0-9]|트러블슈팅|문제 해결|플레이북|장애 시나리오|emergenc|troubleshoot|"
    r"incident (?:response|handling|playbook)|playbooks?\b|failure (?:scenario|mode)s?|scenario\s*#?\s*[0-9]|if (?:something|things?) go(?:es)? wrong|"
    r"when things go wrong",
    re.IGNORECASE,
)
_NO_EMERGENCY = re.compile(r"연락처|연락망|에스컬레이션|contact|escalation|리허설|rehears", re.IGNORECASE)
_LOOKED_UP = re.compile(
    r"부록|참조|참고|명령어 모음|주요 명령|유용한 명령|자주 쓰는|appendix|reference|cheat ?sheet|useful (?:commands|links)|(?:common|handy|frequent) commands|glossary",
    re.IGNORECASE,
)
_IF = re.compile(
    r"^만약|(?:실패|초과|이상|발생)\s*(?:시|하면)\b|(?<![A-Za-z])if\b(?! applicable)|in case|no-?go (?:시나리오|scenario|절차|procedure)|롤백 (?:절차|실행)$|roll-?back (?:steps|procedure)$",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"(?:참석자|참석 대상|참가자|attendees|participants|who attends|attending)\b", re.IGNORECASE
)
_AGENDA = re.compile(r"(?:안건|의제|회의 내용|내용|논의 사항|agenda|topics)\b", re.IGNORECASE)
_MEETING = re.compile(
    r"회의|미팅|브리핑|스탠드업|meeting|briefing|stand-?up|sync|kick-?off|huddle", re.IGNORECASE
)
_SYMPTOM = re.compile(
    r"(?:증상|현상|조건|symptoms?|signs?|condition|detection|감지)\s*[:：]\s*(.+)", re.IGNORECASE
)
_BACK = re.compile(r"롤백|원복|roll(?:ing|ed)?[- ]?back", re.IGNORECASE)
_FIX = re.compile(r"핫픽스|핫 픽스|패치|수정|hot-?fix|patch", re.IGNORECASE)
_STAY = re.compile(r"모니터링|관찰|지켜|감시|monitor|watch|observe", re.IGNORECASE)
_CHOICE = re.compile(r"(?P<when>.{1,160}?)\s*(?:[:：]|→|->|=>)\s*(?P<what>.{1,120})$")
_AT_MOST = re.compile(r"이내|안에|within|in under", re.IGNORECASE)
_SPAN = re.compile(r"([0-9]{1,3})\s*(분|시간|minutes?|mins?|m|hours?|h)(?![A-Za-z])", re.IGNORECASE)
_LASTS = re.compile(r"(?:>|longer than|over|more than)\s*([0-9]{1,3})\s*(분|시간|minutes?|mins?|m|hours?|h)(?![A-Za-z/])|([0-9]{1,3})\s*(분|시간)\s*(?:이상|초과)", re.IGNORECASE)  # fmt: skip
MOST_STEPS = 30
LONGEST_STEP = 400


@lru_cache(maxsize=4_096)
def emergency(section: tuple[str, ...]) -> bool:
    """Whether the headings say that this is about an emergency."""
    if not section or _NO_EMERGENCY.search(section[-1][:200]):
        return False
    return any(_EMERGENCY.search(heading[:200]) for heading in section)


def wanted(section: tuple[str, ...], labels: Sequence[str], words: str) -> bool:
    """Whether a line is kept for an emergency or a meeting."""
    if emergency(section) or _PEOPLE.match(words):
        return True
    return any(_PEOPLE.match(label) or _AGENDA.match(label) or _IF.search(label[:120]) for label in labels)


def looked_up(command: Command) -> bool:
    """Whether a command stands among those to look up."""
    return any(_LOOKED_UP.search(text[:200]) for text in (*command.section, *command.labels))


def only_if(command: Command) -> bool:
    """Whether a command is for an emergency, or for when something happens."""
    return emergency(command.section) or any(_IF.search(label[:120]) for label in command.labels)


def is_agenda(label: str) -> bool:
    """Whether a label stands over what a meeting goes through."""
    return _AGENDA.match(label) is not None


@dataclass
class Found:
    """What the lines make up; `left`: what is left of the document's rest, with better reasons."""

    emergencies: tuple[Emergency, ...]
    gatherings: tuple[tuple[Gathering, Told], ...]
    left: list[Left]


def found(told: Mapping[tuple[str, ...], Sequence[Told]], left: Sequence[Left]) -> Found:
    """The emergencies and meetings of a document. Lines that became part of one are left no more."""
    emergencies: list[Emergency] = []
    gatherings: list[tuple[Gathering, Told]] = []
    used: set[int] = set()
    unclear: dict[int, str] = {}
    for section, lines in told.items():
        if emergency(section):
            made = _emergency(section, lines)
            if made is not None:
                emergencies.append(made)
                used.update(one.line for one in lines)
            elif len(lines) > 1:
                unclear.update((one.line, "emergency") for one in lines)
            continue
        meeting = _gathering(section, lines)
        if meeting is not None:
            gatherings.append(meeting)
        for one in lines:
            if any(_PEOPLE.match(label) or _AGENDA.match(label) for label in one.labels) or _PEOPLE.match(
                one.words
            ):
                used.update((one.line,) if meeting is not None else ())
                unclear[one.line] = "meeting"
            elif any(_IF.search(label[:120]) for label in one.labels):
                unclear[one.line] = "only-if"
    words = ("text", "bullet")
    rest = [
        Left(one.line, one.text, unclear[one.line]) if one.line in unclear and one.why in words else one
        for one in left
        if not (one.line in used and one.why in words)
    ]
    return Found(tuple(emergencies), tuple(gatherings), rest)


# ---------------------------------------------------------------------------------------------------------- emergencies


@dataclass
class _Steps:
    """Steps while they are gathered. `parts`: what stands below one of them."""

    texts: list[tuple[str, list[str], str, int]] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    lasts: list[tuple[str, str]] = field(default_factory=list)
    symptom: str = ""
    chosen: bool = False
    """Whether the line before was a choice: what follows is no part of a step."""


def _emergency(section: tuple[str, ...], lines: Sequence[Told]) -> Emergency | None:
    """None where there are no two things to do."""
    made = _Steps()
    within = ""
    for number, one in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        deeper = following is not None and following.depth > one.depth
        if one.label:
            within = _span(one.words) if _AT_MOST.search(one.words) else ""
            made.symptom = made.symptom or _symptom(one)
        _ways(made, one)
        if one.label and not made.texts and not deeper:
            continue
        above = lines[number - 1] if number else None
        _step(made, one, within, above if above is not None and above.label else None)
    steps = [(_whole(text, parts), span) for text, parts, span, _ in made.texts][:MOST_STEPS]
    if made.choices:
        steps.append((" / ".join(made.choices)[:LONGEST_STEP], ""))
    if len(steps) < 2:
        return None
    title = section[-1] + (f" ({made.symptom})" if made.symptom and made.symptom not in section[-1] else "")
    ways = tuple(way for way in ("watch", "hot-fix", "roll-back") if way in made.ways)
    return Emergency(title[:280], section, lines[0].line, tuple(steps), ways, tuple(made.lasts))


def _symptom(one: Told) -> str:
    said = _SYMPTOM.match(one.words)
    return said[1].strip()[:120] if said else ""


def _ways(made: _Steps, one: Told) -> None:
    """What a line says it may end in."""
    choice = _CHOICE.match(one.words) if not one.command and not one.label else None
    what = choice["what"] if choice is not None else ""
    way = (
        "roll-back"
        if _BACK.search(what)
        else "hot-fix"
        if _FIX.search(what)
        else "watch"
        if _STAY.search(what)
        else ""
    )
    if not way and not one.command and not _SYMPTOM.match(one.words):
        way = "roll-back" if _BACK.search(one.words) else "hot-fix" if _FIX.search(one.words) else ""
    if way and way not in made.ways:
        made.ways.append(way)
    if choice is not None and way and (span := _LASTS.search(choice["when"])):
        minutes = f"{span[1] or span[3]}{'h' if (span[2] or span[4]).lower() in ('시간', 'h', 'hour', 'hours') else 'm'}"
        made.lasts.append((minutes, way))


def _step(made: _Steps, one: Told, within: str, over: Told | None) -> None:
    """Takes a line as a step, as a part of the step above it, or as a choice. `over`: the label it stands right under."""
    if symptom := _symptom(one):
        made.symptom = made.symptom or symptom
        return
    choice = _CHOICE.match(one.words) if not one.command and not one.label else None
    if choice is not None and any(pattern.search(choice["what"]) for pattern in (_BACK, _FIX, _STAY)):
        made.choices.append(one.words)
        made.chosen = True
        return
    chosen, made.chosen = made.chosen, False
    text = f"$ {one.words}" if one.command else one.words
    if one.label:
        return
    if one.command and over is not None:
        made.texts.append(
            (over.words, [text], _span(over.words) if _AT_MOST.search(over.words) else "", over.depth)
        )
        return
    if made.texts and not chosen and (one.command or one.depth > made.texts[-1][3]):
        made.texts[-1][1].append(text)
        return
    made.texts.append((text, [], _span(one.words) if "(" in one.words else within, one.depth))


def _whole(text: str, parts: Sequence[str]) -> str:
    said = f"{text}: {', '.join(parts)}" if parts else text
    return said[:LONGEST_STEP]


def _span(text: str) -> str:
    """'(5분 이내)' is '5m'."""
    said = _SPAN.search(text)
    return f"{said[1]}{'h' if said[2].lower() in ('시간', 'h', 'hour', 'hours') else 'm'}" if said else ""


# ------------------------------------------------------------------------------------------------------------ meetings


def _gathering(section: tuple[str, ...], lines: Sequence[Told]) -> tuple[Gathering, Told] | None:
    """A meeting: people, a time, and a heading or an agenda that says so. With its first line, whose time is the meeting's."""
    people: list[tuple[str, Told]] = []
    agenda: list[tuple[str, int]] = []
    for one in lines:
        if (said := _PEOPLE.match(one.words)) and not one.label:
            inline = one.words[said.end() :].lstrip(" :：")
            people += [(name.strip(), one) for name in re.split(r"[,、]|\s+and\s+", inline) if name.strip()]
        elif any(_PEOPLE.match(label) for label in one.labels[-2:]) and not one.label:
            people.append((one.words, one))
        elif any(_AGENDA.match(label) for label in one.labels[-2:]) and not one.label:
            agenda.append((one.words, one.line))
    if not people or not people[0][1].when.says or not section:
        return None
    if not agenda and not _MEETING.search(section[-1][:200]):
        return None
    first = people[0][1]
    names = tuple(dict.fromkeys(name for name, _ in people))[:20]
    return Gathering(section[-1], section, first.line, "", names, tuple(agenda[:60])), first

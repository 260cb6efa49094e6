"""Limits in a line of text: 'error rate < 0.1%', 'P95 (< 500ms)', '최소 3 broker', '2개 이상', 'at least 85 %'.

A criterion has a number: without one it is left to people. Only lines are looked at, and only their beginning.
It must not know where in the document the line stands; what it is about when it does not say so is an argument (`about`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.importing.phrases import FIGURE, FORMS, LEAST, PROMISE, RANGE, figure, halfwidth, op_of, range_of
from core.importing.understood import Criterion, Op

LONGEST_LINE = 600
"""Characters of a line that are searched."""

_EXTREME = re.compile(
    rf"(?<![A-Za-z가-힣])(?P<least>최소|최대|minimum|maximum|min|max)\.?[ :]+(?P<of>[A-Za-z가-힣][A-Za-z가-힣 ]{{0,24}}?[:：]?\s*)??{FIGURE}",
    re.IGNORECASE,
)
_TARGET = re.compile(rf"(?:목표|target|goal)\s*[:：]\s*{FIGURE}\s*$", re.IGNORECASE)
_CAP = re.compile(rf"(?P<of>[^:]*(?:limit|limiting|제한)[^:]*)[:：]\s*{FIGURE}\s*$", re.IGNORECASE)
_ONLY = re.compile(rf"\s*{FIGURE}\s*", re.IGNORECASE)
_LABELLED = re.compile(rf"(?P<of>[^:：]+)[:：]\s*{FIGURE}\s*", re.IGNORECASE)
_RANGE = re.compile(
    r"(?:권장|recommended|range)\s*[:：]\s*([0-9]{1,9})\s*[-~–]\s*([0-9]{1,9})\s*$", re.IGNORECASE
)
_SAYS_NOTHING = frozenset(
    [
        "예상",
        "기대",
        "기대값",
        "목표",
        "기준",
        "결과",
        "임계값",
        "조건",
        "필수",
        "target",
        "goal",
        "limit",
        "expected",
        "threshold",
        "criterion",
        "result",
        "value",
        "값",
    ]
)
_RANGED, _MOST = re.compile(r"[-~–∼]|and", re.IGNORECASE), re.compile(r"최|min|max", re.IGNORECASE)
_AIMED = re.compile(r"목표|target|goal|SL[AO]|limit|제한", re.IGNORECASE)
"""What a line holds that could be a range, a least, a target: most are none of these, and the patterns cost more."""
_DIGIT = re.compile(r"[0-9０-９]")
_STATES = frozenset(
    [
        "충분함",
        "정상",
        "안정적",
        "양호",
        "확인",
        "ok",
        "good",
        "fine",
        "stable",
        "enough",
        "sufficient",
        "normal",
    ]
)
_LEADING = re.compile(
    r"^(?:[0-9]{1,2}:[0-9]{2}\s*[-–]?|만약|if|when|and|or|및|또는|그리고|단|&|must be|should be)\s+",
    re.IGNORECASE,
)
_MEASURED = re.compile(r"[\s:：]*~?[0-9][0-9.,]*\s*[%A-Za-zµμ/가-힣]{0,6}\s*$")
_TRAILING = re.compile(
    r"(?:\s+(?:is|are|be|must|should|was|stays?|remains?|keeps?|kept|of|not|no|does|do|never|can|cannot|may|will|go|get|to|at))+\s*$|[\s:：=(\[|~-]+$",
    re.IGNORECASE,
)
_OF_WHAT = re.compile(
    r"\s+(?!(?:for|over|during|per|in|on|at|and|or|if|when|to|is|are|시|동안|지속|이면|후|전|내)\b)([A-Za-z가-힣][A-Za-z가-힣0-9 _-]{1,40})",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"[가-힣](?:이|가|은|는)$")


@dataclass(frozen=True)
class _Hit:
    start: int
    end: int
    op: Op
    value: float
    unit: str
    of: str = ""
    upto: float | None = None
    """The other end of a range that begins at `value`."""


def has_digit(text: str) -> bool:
    """Whether a line could hold a figure at all: most do not."""
    return _DIGIT.search(text) is not None


def find(text: str, line: int, about: str = "", *, bad: bool = False) -> list[Criterion]:
    """Every limit in a line of words. `about`: what a limit without words of its own is a limit of."""
    said = text[:LONGEST_LINE]
    text = halfwidth(said)
    if not has_digit(text):
        return []
    found: list[Criterion] = []
    begin = 0
    for hit in sorted(_hits(text), key=lambda hit: (hit.start, -hit.end)):
        if hit.start < begin:
            continue
        metric = _metric(hit.of or text[begin : hit.start], _behind(text, begin, hit) or about)
        found.append(Criterion(said, metric, hit.op, hit.value, hit.unit, line, bad))
        if hit.upto is not None:
            found.append(Criterion(said, metric, "<=", hit.upto, hit.unit, line, bad))
        begin = hit.end
    return found


def _behind(text: str, begin: int, hit: _Hit) -> str:
    """What a limit that begins a line is a limit of: '< 100 ms p50', 'at most 3 retries'."""
    if begin or text[: hit.start].strip(" ([-*·"):
        return ""
    found = _OF_WHAT.match(text[hit.end :])
    return found[1] if found else ""


def of_cell(text: str, line: int, about: str, *, bad: bool = False) -> list[Criterion]:
    """The limits of a cell that stands under 'criterion' or 'target': there a bare figure counts too."""
    if found := find(text, line, about, bad=bad):
        return [Criterion(f"{about}: {text}", about, one.op, one.value, one.unit, line, bad) for one in found]
    only = _ONLY.fullmatch(halfwidth(text[:LONGEST_LINE]))
    if only is None:
        return []
    value, unit = figure(only)
    return [Criterion(f"{about}: {text}", about, _aimed(unit), value, unit, line, bad)]


def of_note(text: str, line: int, about: str) -> list[Criterion]:
    """The limits of a cell that says something beside an item: '최소: 2', 'recommended: 6-12'."""
    if found := _RANGE.fullmatch(text[:LONGEST_LINE].strip()):
        ends: tuple[tuple[Op, str], ...] = ((">=", found[1]), ("<=", found[2]))
        return [Criterion(f"{about}: {text}", about, op, float(end), "", line) for op, end in ends]
    return [
        Criterion(f"{about}: {text}", about, one.op, one.value, one.unit, line)
        for one in find(text, line, about)
    ]


def expected(text: str, line: int, about: str) -> list[Criterion]:
    """The limits of a line that says what should be seen ('✅ errors: 0%'): there a figure behind a colon counts too."""
    if found := find(text, line, about):
        return found
    said = _LABELLED.fullmatch(halfwidth(text[:LONGEST_LINE]))
    if said is None:
        return []
    value, unit = figure(said)
    return [Criterion(text, _metric(said["of"], about), "=", value, unit, line)]


def _hits(text: str) -> Iterator[_Hit]:
    for found in RANGE.finditer(text) if _RANGED.search(text) else ():
        if (ends := range_of(found)) is not None:
            yield _Hit(found.start(), found.end(), ">=", ends[0], ends[2], upto=ends[1])
    for found in FORMS.finditer(text):
        op = op_of(found)
        if op is not None and not text[: found.start()].rstrip().lower().endswith(" for"):
            yield _hit(found, op)
    for found in _EXTREME.finditer(text) if _MOST.search(text) else ():
        yield _hit(found, LEAST[found["least"].lower()], (found["of"] or "").strip(" :："))
    if _AIMED.search(text):
        yield from _aims(text)


def _aims(text: str) -> Iterator[_Hit]:
    """What a line aims at or promises: there a figure alone counts."""
    if found_target := _TARGET.search(text):
        value, unit = figure(found_target)
        yield _Hit(found_target.start(), found_target.end(), _aimed(unit), value, unit)
    elif found_promise := PROMISE.search(text):
        value, unit = figure(found_promise)
        if unit == "%":
            yield _Hit(found_promise.start(), found_promise.end(), ">=", value, unit, found_promise["of"])
    elif found_cap := _CAP.fullmatch(text):
        yield _hit(found_cap, "<=", found_cap["of"])


def _hit(found: re.Match[str], op: Op, of: str = "") -> _Hit:
    value, unit = figure(found)
    return _Hit(found.start(), found.end(), op, value, unit, of)


def _aimed(unit: str) -> Op:
    """A rate that is aimed at is reached by more as well; of anything else the document does not say which side is good."""
    return ">=" if unit == "/s" else "="


def _metric(before: str, about: str) -> str:
    """What the words before a limit are about."""
    text = before
    opened = max(text.rfind("("), text.rfind("["))
    if opened > text.rfind(")") and text[opened + 1 :].strip():
        text = text[opened + 1 :]
    text = text.lstrip(" )],;.·:")
    label, colon, state = text.rpartition(": ")
    if colon and state.strip(" (") in _STATES:
        text = label
    for _ in range(3):
        text = _TRAILING.sub("", _MEASURED.sub("", text) if re.search(r"[:：]\s*~?[0-9]", text) else text)
    for separator in (", ", "; ", " - ", " – ", "·", "→", "|", ": ", "："):
        _, found, behind = text.rpartition(separator)
        if found and behind.strip():
            text = behind
    text = _LEADING.sub("", text.strip())
    if _SUBJECT.search(text) and len(text) > 2 and text[-2:] in ("율이", "율은", "간이", "간은", "량이"):
        text = text[:-1]
    text = text.strip(" ,;:：()[]✅⚠️🛑\"'“”")
    return text if text and text.lower() not in _SAYS_NOTHING else about.strip(" :：")

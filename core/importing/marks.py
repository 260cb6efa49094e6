"""The marks of a line: boxes to tick, ticks, arrows of details, Markdown's own signs around words.

Every function looks at one line, and at no more than its first few thousand characters twice. It must not know what comes of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.importing.markdown import spoken

OPEN_SIGNS = "□☐⬜◻🔲🔳"
_UNCLEAR_SIGNS = "☒"
_CELL_DONE = frozenset({"✅", "☑", "[x]", "[X]", "☑️", "✅️"})
_CELL_OPEN = frozenset({"⬜", "☐", "□", "[ ]", "⬜️", "🔲"})
_BULLET = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])[ \t]+")
_ROOM = r"(?:[ \t\u00a0\u3000]+|$)"
_BRACKET = re.compile(rf"\[([^\]\[]?)\]{_ROOM}")
_SPREAD = re.compile(rf"(?:\[[ \t]+[xX]?[ \t]*\]|\[[xX][ \t]+\]|［[ \u3000xX]?］){_ROOM}")
"""A box with too much room in it, or of wide brackets: people meant one, but which readers agree on that nobody knows."""
_SIGN = re.compile(rf"([{OPEN_SIGNS}{_UNCLEAR_SIGNS}☑])\ufe0f?{_ROOM}")
_JOINED = re.compile(rf"[{OPEN_SIGNS}☑]\ufe0f?(?=[0-9A-Za-z가-힣])[^{OPEN_SIGNS}{_UNCLEAR_SIGNS}☑✅\[]+$")
"""'□항목', where the line has no other box to choose from."""
_TOUCHING = re.compile(r"\[[ xX]\]\S")
_TICKED = re.compile(r"(?:✅|✔|✓|☑)\ufe0f?\s*$")
_LEADING_TICK = re.compile(r"(?:✅|✔|✓|☑)\ufe0f?[ \t]+")
_DETAIL = re.compile(r"[│|┃]?\s*(?:[├└╰┗┣][─━-]+[>▶]?|↳|⤷)\s*")
_PROVED = re.compile(r"\(([^()]*[0-9][^()]*[✓✅✔]\ufe0f?)\s*\)")
_ENTITY = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("<br>", " "), ("<br/>", " "), ("<br />", " "))


@dataclass(frozen=True)
class Box:
    """A line's box: `done`, or with a mark that could mean either (`unclear`), and the words behind it."""

    done: bool
    words: str
    unclear: bool = False
    known: bool = True


def box_of_item(text: str) -> Box | None:
    """The box at the beginning of a list item's text: '[ ] Words', '□ Words'. None when there is none."""
    if found := _BRACKET.match(text):
        mark = found[1]
        return Box(mark in "xX" and mark != "", text[found.end() :].strip(), known=mark in (" ", "x", "X"))
    if found := _SPREAD.match(text):
        return Box(False, text[found.end() :].strip(), known=False)
    return box_of_sign(text)


def box_of_sign(text: str) -> Box | None:
    """The same of a line that stands by itself: only signs that are boxes ('□ Words')."""
    found = _SIGN.match(text)
    if found is None and _JOINED.match(text[:1000]) is not None:
        return Box(text[0] == "☑", text[1:].lstrip("\ufe0f").strip())
    if found is None:
        return None
    return Box(found[1] == "☑", text[found.end() :].strip(), unclear=found[1] in _UNCLEAR_SIGNS)


def touches(text: str) -> bool:
    """Whether a list item begins with a box that has no room behind it."""
    return _TOUCHING.match(text) is not None


def is_row_of_boxes(text: str) -> bool:
    """Whether a line that stands outside of a table is a row of one, with a box."""
    cells = text[:1000].strip("|").split("|") if text.startswith("|") else ()
    return any(box_of_cell(cell.strip()) is not None for cell in cells)


def box_of_tick(text: str) -> Box | None:
    """The same of a tick ('✅ Words'), where the lines around it have boxes."""
    found = _LEADING_TICK.match(text)
    return Box(True, text[found.end() :].strip()) if found else None


def box_of_line(text: str) -> Box | None:
    """The same of a line as it is written, with a bullet or number: '- [ ] Words', '2. [x] Words', '* □ Words'."""
    if found := _BULLET.match(text):
        return box_of_item(text[found.end() :].lstrip())
    return box_of_sign(text)


def without_bullet(text: str) -> str:
    """A line without the bullet or number it begins with."""
    found = _BULLET.match(text)
    return text[found.end() :].lstrip() if found else text


def box_of_cell(text: str) -> bool | None:
    """Of a table's cell that is a box and nothing else: whether it is done. None for any other cell."""
    return True if text in _CELL_DONE else False if text in _CELL_OPEN else None


def detail(text: str) -> str | None:
    """The words of a line that hangs below another with '└─'; None for any other line."""
    stripped = text.lstrip(" \t│┃")
    found = _DETAIL.match(stripped)
    return stripped[found.end() :].strip() if found else None


def is_ticked(text: str) -> bool:
    """Whether a line ends with a tick."""
    return _TICKED.search(text[-8:]) is not None


def without_ticks(text: str) -> str:
    """A line without a tick at its beginning or end, and without the colon that led to it."""
    text = _LEADING_TICK.sub("", text, count=1) if text[:1] in "✅✔✓☑" else text
    head, tail = text[:-8], text[-8:]
    if (found := _TICKED.search(tail)) is None:
        return text.strip()
    return (head + tail[: found.start()]).rstrip().removesuffix(":").rstrip()


def proved(text: str) -> list[str]:
    """What stands in brackets with a tick behind it: '(coverage: 84.9 % ✓)'."""
    return [found.strip() for found in _PROVED.findall(text[:2000])] if "(" in text[:2000] else []


_AFTER_MARK = re.compile(r"(?:\(([^()]{3,120})\)|[—–]\s*([^—–]{3,120})|\s-\s([^()]{3,120}))\s*[.]?\s*$")
_SAID_BY = re.compile(
    r"20[0-9]{2}[-./년]\s?[0-9]{1,2}|\b(?:done|checked|verified|confirmed|approved|signed|completed|reviewed|tested)\b|(?:담당|확인|승인|완료|검토)자?\s*[:：]|\bby\s+@?[A-Z]|@[a-z]|https?://",
    re.IGNORECASE,
)


def signed(text: str) -> str:
    """What stands behind the words of a done item about who has done it and when: '(done by Ann, 2025-10-30)'. '' for nothing."""
    found = _AFTER_MARK.search(text[-160:])
    said = (found[1] or found[2] or found[3]).strip() if found else ""
    return said if said and _SAID_BY.search(said) else ""


def is_struck(text: str) -> bool:
    """Whether all the words of a line are struck through."""
    said = text.strip()
    return len(said) > 4 and said.startswith("~~") and said.endswith("~~") and said.count("~~") == 2


def words(text: str) -> str:
    """A line as it is read: Markdown's signs and HTML's entities gone, spaces single."""
    for entity, sign in _ENTITY:
        if entity in text:
            text = text.replace(entity, sign)
    return " ".join(spoken(text).split())

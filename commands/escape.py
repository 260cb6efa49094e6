"""Making text from people and vendors harmless before it stands in a Slack message, and cutting text without breaking it.

Everything that was not written by us goes through `plain` (Slack's mrkdwn) or `bare` (plain_text). It must not know what
the text is about.
"""

from __future__ import annotations

import re
from functools import lru_cache

MENTION = re.compile(r"<(?P<sign>[@#!])(?P<id>[^<>|\s]*)(?:\|(?P<label>[^<>]*))?>")
LINK = re.compile(r"<(?P<url>[a-z][a-z0-9+.-]*:[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>", re.IGNORECASE)
# Controls of the direction of writing can make a sentence read as its opposite; they have no place in a record.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F])
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SUSPECT = re.compile(
    r"[<>&\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Whatever any of the steps below would change; a text without it is harmless as it is, and most are."""
_TOKEN = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|.", re.DOTALL)


def bare(text: str) -> str:
    """For plain_text: Slack's tokens as the words they show, no controls, no turning of the writing direction.

    `<@U1|ana>` becomes `@ana`, `<https://a.b|here>` becomes `here (https://a.b)`: where a link really leads is always shown.
    """
    if _SUSPECT.search(text) is None:
        return text.strip()
    shown = LINK.sub(_link, MENTION.sub(_mention, text))
    shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _CONTROLS.sub("", shown.translate(_TURNING)).strip()


def plain(text: str) -> str:
    """For mrkdwn: as `bare`, with `& < >` escaped, so that nothing in it can mention, call or link."""
    return bare(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@lru_cache(maxsize=1_024)  # the titles of a plan stand in every message
def line(text: str, most: int = 300) -> str:
    """`plain` text on one line, cut to `most` characters."""
    return cut(plain(" ".join(text.split())), most)


def code(text: str, most: int = 2_600) -> str:
    """A program's output as a preformatted block: its last part, since that is where the error stands."""
    safe = plain(text.replace("`", "'"))
    if len(safe) > most:
        safe = f"… (+{len(safe) - most})\n" + _whole_tail(safe, most)
    return f"```\n{safe}\n```" if safe else ""


def cut(text: str, most: int) -> str:
    """`text`, or its beginning with '… (+n more)', at most `most` characters; never inside an entity or a `<token>`."""
    if len(text) <= most:
        return text
    more = f"… (+{len(text)} more)"
    kept, length = [], 0
    for token in _TOKEN.findall(text):
        if length + len(token) > most - len(more):
            break
        kept.append(token)
        length += len(token)
    return ("".join(kept) + f"… (+{len(text) - length} more)")[:most]


def _whole_tail(text: str, most: int) -> str:
    tail = text[-most:]
    broken = re.match(r"^[a-z]{0,3};", tail)  # the entity that the cut went through
    return tail[broken.end() :] if broken else tail


def _mention(found: re.Match[str]) -> str:
    sign = "#" if found["sign"] == "#" else "@"
    return sign + (found["label"] or found["id"]).lstrip("@#!^")


def _link(found: re.Match[str]) -> str:
    url, label = found["url"], (found["label"] or "").strip()
    address = url.removeprefix("mailto:")
    return (
        address
        if not label or label in (url, address, re.sub(r"^https?://", "", url))
        else f"{label} ({address})"
    )

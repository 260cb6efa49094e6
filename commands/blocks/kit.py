"""The bricks: Block Kit objects that keep Slack's limits whatever is put into them. It must not know a deployment.

Texts given here are ready (made safe by `commands.telling`); they are only cut to size.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from commands import escape
from commands.buttons import Value, Verb

Block = dict[str, Any]
Element = dict[str, Any]

HEADER, SECTION, FIELD, CONTEXT = 150, 3_000, 2_000, 2_000
LABEL, ACCESSIBLE, BLOCK_ID, VIEW_TITLE = 30, 75, 255, 24
TEXT = 300
OPTIONS = 100
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_BYTES, VIEW_BYTES = 11_800, 240_000
"""Slack refuses a message at about 13,200 bytes of blocks; it does not say so anywhere."""
SHORTEST = 60
"""A text is not cut below this while others are longer."""


@dataclass(frozen=True)
class Drawn:
    """A message: `text` is what a notification and a screen reader say; `broadcast` also shows a thread reply in the channel."""

    text: str
    blocks: list[Block] = field(default_factory=list)
    broadcast: bool = False


def header(text: str) -> Block:
    """A title; plain text."""
    return {"type": "header", "text": _plain(text, HEADER)}


def section(text: str, *, accessory: Element | None = None, block_id: str = "") -> Block:
    """A paragraph of mrkdwn, perhaps with one button or menu beside it."""
    block: Block = {"type": "section", "text": _mrkdwn(text, SECTION)}
    if accessory is not None:
        block["accessory"] = accessory
    return _named(block, block_id)


def fields(texts: Sequence[str]) -> Block:
    """Up to ten short paragraphs in two columns."""
    return {"type": "section", "fields": [_mrkdwn(text, FIELD) for text in texts[:10]]}


def context(*texts: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [_mrkdwn(text, CONTEXT) for text in texts[:10]]}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def actions(*elements: Element, block_id: str = "") -> Block:
    """A row of buttons."""
    return _named({"type": "actions", "elements": list(elements[:25])}, block_id)


def button(
    label: str, verb: Verb, value: Value, *, style: str = "", accessible: str = "", suffix: str = ""
) -> Element:
    """A button; its label stays short, `accessible` says the whole thing to a screen reader."""
    element: Element = {
        "type": "button",
        "text": _plain(label, LABEL),
        "action_id": f"{verb}{suffix}",
        "value": value.text(),
    }
    if style:
        element["style"] = style
    if accessible:
        element["accessibility_label"] = short(accessible, ACCESSIBLE)
    return element


def overflow(verb: Verb, options: Sequence[tuple[str, Value]]) -> Element:
    """A menu of up to five choices: (label, value)."""
    return {
        "type": "overflow",
        "action_id": str(verb),
        "options": [{"text": _plain(label, 75), "value": value.text()} for label, value in options[:5]],
    }


def written(
    label: str, action: str, *, block_id: str, hint: str = "", optional: bool = False, initial: str = ""
) -> Block:
    """A field for a few lines of text in a modal; `initial` stands in it already."""
    element: Element = {
        "type": "plain_text_input",
        "action_id": action,
        "multiline": True,
        "max_length": 1_000,
    }
    if initial:
        element["initial_value"] = initial
    block: Block = {"type": "input", "label": _plain(label, 200), "element": element, "optional": optional}
    if hint:
        block["hint"] = _plain(hint, 300)
    return _named(block, block_id)


def number(label: str, action: str, *, block_id: str, hint: str = "", optional: bool = False) -> Block:
    """A field for a number in a modal: phones show their keys for digits."""
    element = {"type": "number_input", "action_id": action, "is_decimal_allowed": True}
    block: Block = {"type": "input", "label": _plain(label, 200), "element": element, "optional": optional}
    if hint:
        block["hint"] = _plain(hint, 300)
    return _named(block, block_id)


def file_input(label: str, *, block_id: str, endings: Sequence[str]) -> Block:
    """Takes one file, of these endings as far as Slack's client looks."""
    element = {"type": "file_input", "action_id": block_id, "filetypes": list(endings), "max_files": 1}
    return {"type": "input", "block_id": block_id, "label": _plain(label, LABEL), "element": element}


def chosen(
    label: str, action: str, options: Sequence[tuple[str, str]], *, block_id: str, optional: bool = False
) -> Block:
    """A choice from a list in a modal: (label, value)."""
    listed = [{"text": _plain(text, 75), "value": value[:150]} for text, value in options[:OPTIONS]]
    element = {"type": "static_select", "action_id": action, "options": listed}
    return _named(
        {"type": "input", "label": _plain(label, 200), "element": element, "optional": optional}, block_id
    )


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback: str = "",
    close: str,
    submit: str = "",
    private: str = "",
) -> dict[str, Any]:
    """A modal view within Slack's limits."""
    view: dict[str, Any] = {
        "type": "modal",
        "title": _plain(title, VIEW_TITLE),
        "close": _plain(close, VIEW_TITLE),
        "blocks": fit(blocks, VIEW_BLOCKS, VIEW_BYTES),
    }
    if submit:
        view["submit"] = _plain(submit, VIEW_TITLE)
    if callback:
        view["callback_id"] = callback
    if private:
        view["private_metadata"] = private[:3_000]
    return view


def drawn(text: str, blocks: Sequence[Block], *, broadcast: bool = False) -> Drawn:
    """A message within Slack's limits."""
    return Drawn(
        escape.cut(" ".join(text.split()), TEXT) or "–", fit(blocks, MESSAGE_BLOCKS, MESSAGE_BYTES), broadcast
    )


def fit(blocks: Sequence[Block], most: int, most_bytes: int) -> list[Block]:
    """The blocks with the longest texts cut until the whole is small enough. Views bound their number themselves."""
    kept = json.loads(json.dumps(list(blocks[:most]))) if size(blocks) > most_bytes else list(blocks[:most])
    while size(kept) > most_bytes:
        longest = max(_texts(kept), key=lambda text: len(text["text"].encode()), default=None)
        if longest is None or len(longest["text"]) <= SHORTEST:
            kept = kept[:-1]
            continue
        longest["text"] = escape.cut(longest["text"], max(SHORTEST, len(longest["text"]) * 3 // 5))
    return kept


def size(blocks: Sequence[Block]) -> int:
    """Bytes of the blocks as JSON in UTF-8."""
    return len(json.dumps(list(blocks), ensure_ascii=False, separators=(",", ":")).encode())


def block_id(kind: str, subject: str, *shown: object) -> str:
    """`kind:subject:revision`; the revision follows what is shown, since Slack keeps the state of a block id that it knows."""
    digest = hashlib.sha256(repr(shown).encode()).hexdigest()[:8]
    return f"{kind}:{subject}"[: BLOCK_ID - 9] + f":{digest}"


def short(text: str, most: int) -> str:
    """Plain text on one line, cut with an ellipsis (labels have no room for more)."""
    line = " ".join(escape.bare(text).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def lines(texts: Iterable[str]) -> str:
    """Lines without the empty ones."""
    return "\n".join(text for text in texts if text)


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": short(text, most) or "–", "emoji": False}


def _mrkdwn(text: str, most: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": escape.cut(text.strip(), most) or "–"}


def _named(block: Block, block_id: str) -> Block:
    return {**block, "block_id": block_id[:BLOCK_ID]} if block_id else block


def _texts(blocks: Iterable[Block]) -> Iterable[dict[str, Any]]:
    """Every mrkdwn text object that may be cut."""
    for block in blocks:
        candidates = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
        for text in candidates:
            if isinstance(text, dict) and text.get("type") == "mrkdwn":
                yield text

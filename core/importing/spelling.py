"""Texts of a document as YAML: always in double quotes, always on one line, without anything that nobody can see."""

from __future__ import annotations

import json
import re

LONGEST_TITLE = 300
LONGEST_NOTE = 1_000
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def quoted(text: str, most: int = LONGEST_TITLE) -> str:
    """A text as a double-quoted scalar on one line."""
    said = clean(text)
    return json.dumps(said if len(said) <= most else said[: most - 1].rstrip() + "…", ensure_ascii=False)


def clean(text: str) -> str:
    """Without what nobody can see, on one line."""
    return " ".join(_UNSEEN.sub(" ", text).split()) or "–"


def comment(text: str, indent: int = 0) -> str:
    """A line of comment."""
    said = clean(text)
    return f"{' ' * indent}# {said if len(said) <= LONGEST_NOTE else said[: LONGEST_NOTE - 1] + '…'}"


def both(en: str, ko: str) -> str:
    """A text in both languages."""
    return "{en: " + quoted(en) + ", ko: " + quoted(ko) + "}"

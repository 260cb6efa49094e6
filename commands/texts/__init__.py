"""Every sentence people read, by key, in English and Korean, and the one function that fills them in.

Words are put in as they are given: making them safe and giving them names is `commands.telling`'s work. It must not know
Slack or a deployment. A missing key or word never raises here: a message that is a little odd beats a page that was not sent;
the tests make sure that none is missing.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from commands.texts import en, ko
from commands.texts.particles import settle

CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": en.CATALOGUE, "ko": ko.CATALOGUE})


def say(key: str, language: str, **words: object) -> str:
    """The sentence `key` in `language` ('ko', else English) with `words` filled in."""
    template = CATALOGUES["ko" if language == "ko" else "en"].get(key)
    if template is None:
        rest = ", ".join(f"{name}: {shown(word)}" for name, word in words.items())
        return f"{key.rpartition('.')[2].replace('-', ' ')}{f' ({rest})' if rest else ''}"
    given = {name: word if isinstance(word, str) else shown(word) for name, word in words.items()}
    text = template.format_map(_Words(given))
    # They are seldom, and looked for in a hundredth of the time that the whole pattern takes.
    if _TWO_ENDS.search(text) is not None:
        text = _DOUBLED.sub(r"\1", text)
    return settle(text) if language == "ko" else text


def known(key: str) -> bool:
    """Whether there is a sentence with this key."""
    return key in en.CATALOGUE


def placeholders(template: str) -> frozenset[str]:
    """The names of the words a sentence needs."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


def shown(word: object) -> str:
    """A word as it stands in a sentence when nobody has given it a better shape."""
    if word is None or word == "":
        return "–"
    if isinstance(word, datetime):
        return f"{word:%Y-%m-%d %H:%M} UTC"
    if isinstance(word, float):
        return number(word)
    if isinstance(word, tuple | list | set | frozenset):
        return ", ".join(shown(part) for part in word) or "–"
    return str(word)


def number(value: float) -> str:
    """A number as people write it: 0.4, 8.33, 39.5, 99.95, 283, 1,240, never 0.30000000000000004."""
    if value == 0:
        return "0"
    near_all = 99 < abs(value) < 100  # of an availability what is missing is what matters
    digits = 3 if abs(value) < 0.1 or near_all else 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_DOUBLED = re.compile(r"(?<!\.)([.!?…])\.(?=[\s*_”’)]|$)")
"""A full stop of ours after a full stop that somebody has already written."""
_TWO_ENDS = re.compile(r"[.!?…]\.")

LEFT_OUT = frozenset({"noted", "when", "did_you_mean", "reasoned", "advised", "because", "of_unit"})
"""Words that stand for a whole phrase: without them the sentence is complete as it is."""


class _Words(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "" if name in LEFT_OUT else "–"

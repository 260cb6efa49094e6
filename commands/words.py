"""Reading what a person typed behind a command, as Slack delivers it and as phones and Macs disfigure it.

Curly quotes, dashes that were two hyphens, non-breaking and zero-width spaces, `<@U1|ana>`, `<https://a.b|a.b>` and
`&lt;` all arrive; a person who reads their own line on the screen sees none of that. It must not know any command.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from commands.escape import LINK, MENTION, bare
from core.errors import Refused

MOST = 3_000
"""Characters that are read; Slack itself delivers more."""

_SPACES = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x00AD])
_JOINER = "\u200d"  # kept inside emoji, where it has a meaning
_QUOTES = str.maketrans({**dict.fromkeys("“”„‟″", '"'), **dict.fromkeys("‘’‚‛′", "'")})
_DASHES = "—–―‒‐‑−"
_FLAG = re.compile(rf"(?:--|[{_DASHES}]{{1,2}})([A-Za-z가-힣][\w-]*)$")
_WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]*")
"""A word that is nothing else, as most are."""
_CLOCK = re.compile(r"\d{1,2}:\d{2}\S*")
_PAIR = re.compile(r"([A-Za-z][\w.-]*)=")
_PIECE = re.compile(r"""<[^<>\s][^<>]*>|"[^"]*"|[^\s"<=]+|["<=]""")
_ENCLOSES = re.compile(r"""[<"'=]""")
"""A word without these ends at the next space."""
_SINGLE = re.compile(r"'[^']*'(?= |$)")


@dataclass(frozen=True)
class Token:
    """One word as it was meant. `start` is where it begins in the cleaned line; `name` is a pair's key or a flag's name."""

    kind: Literal["word", "pair", "flag", "person"]
    text: str
    start: int
    name: str = ""


@dataclass(frozen=True)
class Line:
    """A command line. `text` is the cleaned line, in which the tokens' `start` count."""

    text: str
    tokens: tuple[Token, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The words that are neither pairs nor flags nor people."""
        return tuple(token.text for token in self.tokens if token.kind == "word")

    @property
    def pairs(self) -> Mapping[str, str]:
        """key=value; of a key given twice the last counts."""
        return {token.name: token.text for token in self.tokens if token.kind == "pair"}

    @property
    def flags(self) -> frozenset[str]:
        """`--dry-run` as 'dry-run', in lower case."""
        return frozenset(token.name.lower() for token in self.tokens if token.kind == "flag")

    @property
    def people(self) -> tuple[str, ...]:
        """The ids of people who were mentioned, each once, in order."""
        return tuple(dict.fromkeys(token.text for token in self.tokens if token.kind == "person"))

    def after(self, count: int) -> str:
        """Everything behind the first `count` tokens as it was typed, for reasons: without enclosing quotes."""
        if count >= len(self.tokens):
            return ""
        rest = bare(self.text[self.tokens[count].start :])
        return (
            rest[1:-1].strip()
            if len(rest) > 1 and rest[0] == rest[-1] == '"' and '"' not in rest[1:-1]
            else rest
        )

    def without(self, *tokens: Token) -> Line:
        """The line as if these tokens had not been typed."""
        text, gone = self.text, sorted(tokens, key=lambda token: token.start, reverse=True)
        for token in gone:
            following = [other.start for other in self.tokens if other.start > token.start]
            text = text[: token.start] + text[min(following, default=len(text)) :]
        return read(text)


def read(text: str) -> Line:
    """The line in words. Raises Refused('too-long') and Refused('control-characters')."""
    if len(text) > MOST:
        raise Refused("too-long", length=len(text), most=MOST)
    cleaned = _clean(text)
    return Line(cleaned, tuple(_tokens(cleaned)))


def dated(at: str | None, line: Line, name: str) -> str | None:
    """`at=tomorrow 14:00` without quotes is what people type: the clock time behind the pair `name` belongs to it."""
    tokens = line.tokens
    for index, token in enumerate(tokens[:-1]):
        following = tokens[index + 1]
        behind = following.kind == "word" and _CLOCK.fullmatch(following.text) is not None
        if token.kind == "pair" and token.name == name and behind:
            return f"{at} {following.text}"
    return at


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice that was probably meant, or '' when none is near."""
    return next(iter(difflib.get_close_matches(word.lower(), [*choices], n=1, cutoff=0.5)), "")


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = _SPACES.sub(" ", text.translate(_INVISIBLE)).strip()
    if not spaced.isprintable() and any(unicodedata.category(sign) in ("Cc", "Cs") for sign in spaced):
        raise Refused("control-characters")
    return spaced.translate(_QUOTES)


def _tokens(text: str) -> Iterable[Token]:
    start, length = 0, len(text)
    while start < length:
        if text[start] == " ":
            start += 1
            continue
        end = _end(text, start)
        yield _token(text[start:end], start)
        start = end


def _end(text: str, start: int) -> int:
    """A word ends at a space that stands neither in quotes nor inside `<...>`."""
    end = text.find(" ", start)
    end = len(text) if end < 0 else end
    if _ENCLOSES.search(text, start, end) is None:
        return end
    at = start
    while at < len(text) and text[at] != " ":
        opens_value = at == start or text[at - 1] == "="
        found = (_SINGLE.match(text, at) if opens_value else None) or _PIECE.match(text, at)
        at = found.end() if found else at + 1
    return at


def _token(raw: str, start: int) -> Token:
    if _WORD.fullmatch(raw):
        return Token("word", raw, start)
    mention = MENTION.fullmatch(raw)
    if mention is not None and mention["sign"] == "@" and mention["id"]:
        return Token("person", mention["id"], start)
    if flag := _FLAG.match(raw):
        return Token("flag", raw, start, flag[1])
    if pair := _PAIR.match(raw):
        return Token("pair", _value(raw[pair.end() :]), start, pair[1])
    return Token("word", _value(raw), start)


def _value(raw: str) -> str:
    link = LINK.fullmatch(raw)
    if (
        link is not None
        and link["label"]
        and link["url"] in (f"http://{link['label']}", f"https://{link['label']}")
    ):
        return link["label"]  # Slack made a link of a word like 'example.com'
    unquoted = raw[1:-1] if len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "\"'" else raw
    return bare(unquoted.replace(_JOINER, "") if unquoted.isascii() else unquoted)

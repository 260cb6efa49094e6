"""PromQL as far as a plan needs it: its tokens, and templates whose values can never change a query's shape.

A variable stands inside the quoted value of a label matcher and is escaped there; `$window` stands as the length of a range.
Nowhere else. Which series a query names is said by `core.plan.selectors`. It must not know Prometheus' functions or answers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["name", "number", "duration", "string", "operator", "bracket", "variable"]
WINDOW = "window"
"""The variable for the length of a range: the time since the last reading."""
MATCHES = frozenset({"=", "!=", "=~", "!~"})
REGEX = frozenset({"=~", "!~"})

_SPACE = re.compile(r"(?:\s+|#[^\n]*)+")
_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    |(?P<variable>\$(?:\$|\{[^}\s]*\}?|[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?)?)
    |(?P<name>:?[A-Za-z_][A-Za-z0-9_:]*)
    |(?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+(?![A-Za-z0-9_]))
    |(?P<number>0[xX][0-9A-Fa-f]+|(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<operator>=~|!~|!=|==|<=|>=|[-+*/%^=<>@,:])
    |(?P<bracket>[(){}\[\]])""",
    re.VERBOSE,
)
_HOLE = re.compile(r"\$(?:(\$)|([a-z](?:[a-z0-9-]*[a-z0-9])?))")
_SECRET = re.compile(r"\$\{[^}]*\}?")
_CLOSES = {")": "(", "}": "{", "]": "["}
_PLACE = 'Write it like {track="$track"}.'
# What the regular expressions of Prometheus (RE2) give a meaning to.
_REGEX_SIGNS = re.compile(r"([\\.+*?()|\[\]{}^$])")


class Unreadable(ValueError):
    """A query that cannot be read, or a template with a variable where none may stand. `advice` is what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True)
class Token:
    """One token. `inside`: the bracket it stands in; `match`: for the value of a label matcher, its operator."""

    kind: Kind
    text: str
    at: int
    inside: str = ""
    match: str = ""


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a query or template. Raises Unreadable for what cannot be a query whatever its names mean."""
    found: list[Token] = []
    opened: list[str] = []
    for kind, part, at in _lexed(text):
        if part in _CLOSES and (not opened or opened.pop() != _CLOSES[part]):
            raise Unreadable(f"'{part}' closes nothing.", "Close every bracket you open, innermost first.")
        found.append(Token(kind, part, at, opened[-1] if opened else "", _match(found, kind, opened)))
        if kind == "bracket" and part not in _CLOSES:
            opened.append(part)
    if opened:
        raise Unreadable(f"'{opened[-1]}' is never closed.", "Close every bracket you open, innermost first.")
    if not found:
        raise Unreadable("Nothing is written here.", "Write a PromQL expression.")
    return tuple(found)


def _lexed(text: str) -> Iterator[tuple[Kind, str, int]]:
    at = 0
    while at < len(text):
        space = _SPACE.match(text, at)
        if space is not None:
            at = space.end()
            continue
        token = _TOKEN.match(text, at)
        if token is None:
            if text[at] in "\"'`":
                raise Unreadable("A quote that opens here is never closed.", "Close it on the same line.")
            raise Unreadable(f"'{text[at]}' means nothing in PromQL.", "Put it in quotes, or take it out.")
        kind: Kind = token.lastgroup  # type: ignore[assignment]  # the groups are the kinds
        yield kind, token[0], at
        at = token.end()


def _match(before: list[Token], kind: str, opened: list[str]) -> str:
    """The operator, when a token of this kind is the value of a label matcher."""
    if kind != "string" or not opened or opened[-1] != "{" or len(before) < 2:
        return ""
    operator, label = before[-1], before[-2]
    return operator.text if operator.text in MATCHES and label.kind in ("name", "string") else ""


def shape(text: str) -> tuple[tuple[str, str], ...]:
    """What a query is made of, whatever its strings say: equal for two queries that do the same to different labels."""
    return tuple((one.kind, "" if one.kind == "string" else one.text) for one in tokens(text))


# ----------------------------------------------------------------------------------------------------------- templates


def check(template: str, known: Collection[str]) -> Iterator[tuple[str, str | None]]:
    """(what is wrong, what to do) for every variable of a template that stands where it may not; None for what to do: the
    variable has no value. Raises Unreadable."""
    for token in tokens(template):
        if token.kind == "variable":
            yield from _outside(token, tokens(template))
        elif token.kind == "string":
            yield from _in_quotes(token, known)


def _outside(token: Token, among: tuple[Token, ...]) -> Iterator[tuple[str, str]]:
    if token.text == f"${WINDOW}":
        if not _is_range(token, among):
            yield f"'${WINDOW}' is the length of a range.", f"Write it like [${WINDOW}]."
    elif token.text.startswith("${"):
        yield "'${...}' is not filled in here.", "Secrets stand in sources and in programs only."
    else:
        yield f"'{token.text}' may only stand inside the quoted value of a label.", _PLACE


def _is_range(token: Token, among: tuple[Token, ...]) -> bool:
    place = among.index(token)
    before, after = among[place - 1] if place else None, among[place + 1 : place + 2]
    opens = before is not None and before.text == "["
    return opens and bool(after) and after[0].text in ("]", ":")


def _in_quotes(token: Token, known: Collection[str]) -> Iterator[tuple[str, str | None]]:
    if _SECRET.search(token.text):
        yield "'${...}' is not filled in here.", "Secrets stand in sources and in programs only."
    for found in _HOLE.finditer(token.text):
        if not found[2]:
            continue
        name = _named(found[2], known)
        if not token.match:
            yield f"'${name}' may only stand inside the quoted value of a label.", _PLACE
        elif token.text.startswith("`"):
            yield f"'${name}' cannot stand in backquotes, where nothing can be escaped.", "Use double quotes."
        elif name not in known:
            yield name, None


def _named(written: str, known: Collection[str]) -> str:
    """The variable a text after '$' begins with: `$track-.*` is $track, unless there is a variable of the longer name."""
    parts = written.split("-")
    for length in range(len(parts), 0, -1):
        name = "-".join(parts[:length])
        if name in known:
            return name
    return written


def fill(template: str, values: Mapping[str, str | int], window_s: int = 0) -> str:
    """The query: every variable as the escaped content of its string, `$window` as so many seconds.

    Raises Unreadable for a template that `check` would refuse: nothing is ever pasted anywhere else."""
    for wrong, advice in check(template, values):
        raise Unreadable(wrong if advice is not None else f"'${wrong}' has no value here.", advice or "")
    query, at = [], 0
    for token in tokens(template):
        query.append(template[at : token.at])
        at = token.at + len(token.text)
        query.append(_filled(token, values, window_s))
    return "".join(query) + template[at:]


def _filled(token: Token, values: Mapping[str, str | int], window_s: int) -> str:
    if token.kind == "variable":
        return f"{max(window_s, 1)}s"
    if token.kind != "string" or not token.match or token.text.startswith("`"):
        return token.text.replace("$$", "$") if token.kind == "string" else token.text

    def put(found: re.Match[str]) -> str:
        if found[1]:
            return "$"
        name = _named(found[2], values)
        value = str(values[name])
        if token.match in REGEX:
            value = _REGEX_SIGNS.sub(r"\\\1", value)  # the value means itself, not a pattern
        return escaped(value, token.text[0]) + found[2][len(name) :]

    return _HOLE.sub(put, token.text)


def escaped(value: str, quote: str = '"') -> str:
    """A value as the content of a PromQL string between such quotes."""
    return "".join(_escaped(sign, quote) for sign in value)


def _escaped(sign: str, quote: str) -> str:
    if sign in ("\\", quote):
        return f"\\{sign}"
    if 0xD800 <= ord(sign) <= 0xDFFF:
        return "\ufffd"  # half a character: UTF-8 has none
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"


def quoted(value: str) -> str:
    """A value as a PromQL string."""
    return f'"{escaped(value)}"'


_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3})|(.))", re.DOTALL)


def unquoted(text: str) -> str:
    """What a PromQL string says."""
    if text.startswith("`"):
        return text[1:-1]

    def meant(found: re.Match[str]) -> str:
        code = found[1] or found[2] or found[3]
        if code or found[4]:
            number = int(code, 16) if code else int(found[4], 8)
            return chr(number) if number < 0x110000 else "\ufffd"
        return _SIMPLE.get(found[5], found[5])

    return _ESCAPE.sub(meant, text[1:-1])

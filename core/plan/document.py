"""YAML text in, plain values out, with the line of every one of them.

Read from the parser's events, so that nothing is built that was not asked for: no tags that make objects, no recursion, no
anchors that unfold into gigabytes. Plain scalars follow YAML 1.2's core schema: 'on', 'off', 'yes' and 'no' are texts, and
14:00 is the text that was written, not 840.
It must not know what a plan is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from core.plan.problems import Path, PlanInvalid, Problem, show_path
from core.plan.syntax import explain

LARGEST_BYTES = 1_000_000
DEEPEST = 40
MOST_VALUES = 100_000

_INT = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"(?=[^.eE]*[.eE])[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Control characters, lone surrogates, and the marks that turn text around on the screen: what is reviewed must be what is run.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_STR_TAG = "tag:yaml.org,2002:str"
_FAST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """`data`: dict, list, str, int, float, bool and None, keys always texts as they are written. `lines`: path to line, from 1."""

    data: dict[str, Any]
    lines: dict[Path, int]
    problems: tuple[Problem, ...]

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_document(text: str) -> Document:
    """One YAML document with a mapping at its top.

    Raises PlanInvalid for what cannot be read at all (size, unseen characters, syntax, several documents, no mapping);
    what can be read around (duplicate keys) is in the answer's `problems`.
    """
    _refuse_unreadable(text)
    try:
        reading = _read(text)
    except yaml.MarkedYAMLError as wrong:
        raise PlanInvalid([explain(wrong)]) from None
    except (
        yaml.YAMLError,
        ValueError,
        OverflowError,
    ) as wrong:  # PyYAML lets some escapes and directives through to chr() and int()
        raise PlanInvalid([Problem(0, "", f"This is not YAML: {str(wrong).splitlines()[0]}.")]) from None
    if not isinstance(reading.root, dict):
        raise PlanInvalid(
            [
                Problem(
                    1,
                    "",
                    "A plan is a mapping of keys to values.",
                    "Begin with 'format: 1' and 'plan: my-plan'.",
                )
            ]
        )
    return Document(reading.root, reading.lines, tuple(reading.problems))


def _read(text: str) -> _Reading:
    """The text read by libyaml (nine times as fast), where PyYAML was built with it.

    What libyaml refuses is read once more by PyYAML's own parser, whose errors say where they are and are the ones that
    `explain` knows; an installation without libyaml differs in nothing but speed.
    """
    try:
        return _Reading().whole(text, _FAST)
    except yaml.YAMLError:
        return _Reading().whole(text, yaml.SafeLoader)


def _refuse_unreadable(text: str) -> None:
    if len(text) > LARGEST_BYTES or len(text.encode(errors="surrogatepass")) > LARGEST_BYTES:
        raise PlanInvalid(
            [Problem(0, "", "The plan is larger than 1 MB.", "Take out what is not part of the plan.")]
        )
    if found := _UNSEEN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        name = f"U+{ord(found[0]):04X}"
        raise PlanInvalid(
            [
                Problem(
                    line,
                    "",
                    f"There is a character here that nobody can see ({name}).",
                    "Delete it and save the file as UTF-8.",
                )
            ]
        )


def scalar(text: str) -> str | int | float | bool | None:
    """What an unquoted scalar means in YAML 1.2's core schema. Infinite and endless numbers stay texts."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if len(text) <= 40 and _FLOAT.fullmatch(text) else text


@dataclass
class _Open:
    """A mapping or sequence that has begun and not ended. `key` is the mapping's key that waits for its value."""

    value: dict[str, Any] | list[Any]
    path: Path
    anchor: str | None
    began: int
    key: str | None = None
    skip: bool = False
    height: int = 1


@dataclass
class _Reading:
    """What has been read so far, event by event."""

    root: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int, int]] = field(
        default_factory=dict
    )  # the value, how many values, how many levels
    documents: int = 0
    values: int = 0

    def whole(self, text: str, loader: type[yaml.SafeLoader]) -> _Reading:
        for event in yaml.parse(text, Loader=loader):
            self.take(event)
        return self

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._stop(
                    line, "There is a second document here, after '---'.", "Keep one plan in one file."
                )
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event, line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close(self.stack.pop())

    def _close(self, done: _Open) -> None:
        if self.stack:
            self.stack[-1].height = max(self.stack[-1].height, done.height + 1)
        if done.anchor is not None:
            self.anchors[done.anchor] = (done.value, self.values - done.began, done.height)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        if found := _UNSEEN.search(event.value):  # written with an escape, such as "\u202e"
            self._problem(
                line,
                f"There is a character in this text that nobody can see (U+{ord(found[0]):04X}).",
                "Take it out.",
            )
        if event.tag not in (None, "!", _STR_TAG):
            self._problem(line, f"The tag '{event.tag}' is not known here.", "Write the value without a tag.")
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            self._key(event.value, line)
            return
        value = scalar(event.value) if event.implicit[0] and event.tag is None else event.value
        self._put(value, line)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1, 0)

    def _key(self, key: str, line: int) -> None:
        top = self.stack[-1]
        top.key, top.skip = key, False
        if key == "<<":
            self._problem(line, "'<<' does not merge here.", "Write the keys out.")
            top.skip = True
        elif not key:
            self._problem(line, "A key is missing before ':'.", "Write a name before it.")
            top.skip = True
        elif key in top.value:
            first = self.lines[(*top.path, key)]
            self._problem(
                line,
                f"The key '{key}' is already here, in line {first}.",
                "Keep one of the two.",
                (*top.path, key),
            )
            top.skip = True
        else:
            self.lines[(*top.path, key)] = line

    def _alias(self, event: yaml.AliasEvent, line: int) -> None:
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            self._stop(line, "A key must be a text.", "Write it out.")
        if event.anchor is None or event.anchor not in self.anchors:
            self._stop(
                line,
                f"'*{event.anchor}' stands inside its own anchor, or the anchor is not in this file.",
                "Write the value out.",
            )
        value, size, height = self.anchors[event.anchor]
        self._refuse_depth(len(self.stack) + height, line)
        if self.stack:
            self.stack[-1].height = max(self.stack[-1].height, height + 1)
        self._put(value, line, size)

    def _refuse_depth(self, levels: int, line: int) -> None:
        if levels > DEEPEST:
            self._stop(line, "The plan is nested too deeply.", f"At most {DEEPEST} levels can be read.")

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._stop(line, "A key must be a text.", "If this begins with '{' or '[', put it in quotes.")
        self._refuse_depth(len(self.stack) + 1, line)
        if event.tag is not None and not event.implicit:
            self._problem(line, f"The tag '{event.tag}' is not known here.", "Write the value without a tag.")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        began = self.values
        path = self._put(value, line)
        self.stack.append(_Open(value, path, event.anchor, began))

    def _put(self, value: Any, line: int, size: int = 1) -> Path:
        """Stores a value where the open container waits for it; the answer is its path."""
        self.values += size
        if self.values > MOST_VALUES:
            self._stop(
                line,
                "The plan unfolds into too many values.",
                "Use fewer anchors ('&', '*'), or split the plan.",
            )
        if not self.stack:
            self.root = value
            self.lines[()] = line
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            path: Path = (*top.path, len(top.value))
            top.value.append(value)
            self.lines[path] = line
            return path
        key = top.key or ""
        top.key = None
        path = (*top.path, key)
        if top.skip:
            return (
                *top.path,
                f"{key} (again)",
            )  # a place of its own, so that its lines do not cover those of the first
        top.value[key] = value
        return path

    def _problem(self, line: int, message: str, suggestion: str, path: Path | None = None) -> None:
        where = path if path is not None else self._here()
        self.problems.append(Problem(line, show_path(where), message, suggestion))

    def _stop(self, line: int, message: str, suggestion: str) -> NoReturn:
        raise PlanInvalid([*self.problems, Problem(line, show_path(self._here()), message, suggestion)])

    def _here(self) -> Path:
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return top.path if top.key is None else (*top.path, top.key)

"""What a document says about limits and commands, offered: rules for a gate as a template in comments, and a way back whose every action is
one of the document's simple commands.

A command is taken over only when it is one program with plain arguments; pipes, variables and redirections need a shell, and the bot has none.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.importing.naming import Names
from core.importing.understood import Command, Criterion
from core.plan.quantities import figure

MOST_RULES = 40
MOST_ACTIONS = 8
_SHELL = re.compile(r"[|&;<>$`*?~{}\\!\n]|\[|\]")
_UNITS = {"%": "%", "ms": "ms", "s": "s", "/s": "/s"}
_ONLY_LOOKS = re.compile(r"\b(?:get|describe|logs|status|history|list|--list|--describe|tail|curl -s)\b")


@dataclass(frozen=True)
class WayBack:
    """`definitions`: YAML of programs and actions; `actions`: their names in order."""

    definitions: tuple[str, ...]
    actions: tuple[str, ...]


def rules(criteria: Sequence[Criterion]) -> Iterator[str]:
    """The limits as rules of a gate, in comments: they need a source of metrics, which no document says."""
    offered: dict[tuple[str, str, str], Criterion] = {}
    for one in criteria:
        if one.unit in (*_UNITS, ""):
            offered.setdefault((one.metric, _side(one), figure(one.value) + one.unit), one)
    if not offered:
        return
    yield "# Limits of the document, as rules of a gate that only watches. They need a source of metrics: name it, say how each metric is"
    yield "# measured (docs/plan.md, docs/prometheus.md), take the '#' away, and give the gate to a traffic, bake or watch step."
    yield "#"
    yield '# sources: {measured: {prometheus: {url: "${PROMETHEUS_URL}"}}}'
    yield "# metrics:"
    names, ids = Names(30), dict[str, str]()
    shown = list(offered.values())[:MOST_RULES]
    for one in shown:
        if one.metric not in ids:
            ids[one.metric] = names.name(one.metric, "metric")
            unit = f', unit: "{_UNITS[one.unit]}"' if one.unit else ""
            yield f"#   {ids[one.metric]}: {{title: {json.dumps(_plain(one.metric), ensure_ascii=False)}, source: measured, gauge: TO SAY{unit}}}"
    yield "# gates:"
    yield "#   imported:"
    yield '#     title: "Limits of the document"'
    yield "#     rules:"
    for one in shown:
        yield f'#       - {{metric: {ids[one.metric]}, {_side(one)}: "{figure(one.value)}{one.unit}", then: observe}}  # line {one.line}: {_plain(one.text)[:120]}'
    if len(offered) > len(shown):
        yield f"#       and {len(offered) - len(shown)} more in the document"
    yield ""


def _side(one: Criterion) -> str:
    """The key of the good side. What must not be exceeded is good below; what has to be reached is good above."""
    if one.op in ("<", "<=", "="):
        return "below"
    return "below" if one.bad else "above"


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def way_back(commands: Sequence[Command]) -> WayBack | None:
    """Actions out of the commands of the rollback section, when every one that changes something can be taken over."""
    taken: list[tuple[Command, list[str]]] = []
    for one in commands:
        words = _words(one.text)
        if words is None and not _ONLY_LOOKS.search(one.text):
            return None
        if (
            words is not None
            and not _ONLY_LOOKS.search(one.text)
            and words[0] not in ("cd", "echo", "export")
        ):
            taken.append((one, words))
    first = {(one.section, bool(one.item)) for one, _ in taken[:1]}
    taken = [(one, words) for one, words in taken if (one.section, bool(one.item)) in first][:MOST_ACTIONS]
    if not taken:
        return None
    return WayBack(tuple(_definitions(taken)), tuple(name for name, _ in _named(taken)))


def _words(text: str) -> list[str] | None:
    """The program and its arguments, or None when it takes a shell."""
    if _SHELL.search(text) or len(text) > 1000 or not text.isprintable():
        return None
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    return words if words and len(words) <= 40 and ".." not in words[0].split("/") else None


def _named(taken: Sequence[tuple[Command, list[str]]]) -> Iterator[tuple[str, str]]:
    names = Names(30)
    for number, (one, words) in enumerate(taken, 1):
        yield names.name(f"back {number} {words[0].rsplit('/', 1)[-1]}", "back"), one.title or one.text


def _definitions(taken: Sequence[tuple[Command, list[str]]]) -> Iterator[str]:
    programs: dict[str, str] = {}
    names = Names(30)
    for _, words in taken:
        if words[0] not in programs:
            programs[words[0]] = names.name(words[0], "program")
    yield "programs:"
    for path, name in programs.items():
        yield f"  {name}: {json.dumps(path, ensure_ascii=False)}"
    yield ""
    yield "actions:"
    for (name, title), (one, words) in zip(_named(taken), taken, strict=True):
        args = ", ".join(json.dumps(word, ensure_ascii=False) for word in words[1:])
        said = _plain(title)[:200]
        yield f"  {name}:  # line {one.line}"
        yield f"    title: {json.dumps(said, ensure_ascii=False)}"
        yield f"    command: {{program: {programs[words[0]]}, args: [{args}]}}"
    yield ""

"""Commands of a document as programs and actions of a plan, each under a name of its own. Every action is one plain program with arguments.

It must not know who approves an action, nor where it stands in the plan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import isabs

from core.importing.naming import Names
from core.importing.spelling import quoted
from core.importing.understood import Command

MOST_BACK = 8
LONGEST_SHOWN = 60
TIMEOUT = "30m"
"""A release takes longer than a look, and to be ended in the middle of it is worse than to be waited for."""
_ONLY_LOOKS = re.compile(r"\b(?:get|describe|logs|status|history|list|--list|--describe|tail|curl -s)\b")
_ASKED = re.compile(r"\s(?:-X|--request|-d|--data|--data-raw|-F|-T|--json)\b")


@dataclass
class Doing:
    """The programs and actions so far."""

    programs: dict[tuple[str, str], str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)
    _program_names: Names = field(default_factory=lambda: Names(30))
    _action_names: Names = field(default_factory=lambda: Names(34))

    def action(self, command: Command, prefix: str) -> str:
        """Defines the action of a command that is plain, and answers its name."""
        program, args = command.argv[0], command.argv[1:]
        called = program.rsplit("/", 1)[-1]
        name = self._action_names.name(" ".join([prefix, called, *args[:2]]).strip(), "action")
        written = ", ".join(json.dumps(word, ensure_ascii=False) for word in args)
        parts = [f"program: {self._program(program, command.folder)}", f"args: [{written}]"]
        if command.folder and not isabs(command.folder):
            parts.append(f"folder: {json.dumps(command.folder, ensure_ascii=False)}")
        parts.append(f"timeout: {TIMEOUT}")
        self.lines += [
            f"  {name}:  # line {command.line}",
            f"    title: {quoted(command.title or command.text, 200)}",
            f"    command: {{{', '.join(parts)}}}",
        ]
        return name

    def title(self, command: Command) -> str:
        """What a run is called: what the document calls it, with the command where that was said before."""
        shown = (
            command.text if len(command.text) <= LONGEST_SHOWN else command.text[: LONGEST_SHOWN - 1] + "…"
        )
        title = command.title or shown
        if title in self.titles and command.title:
            title = f"{command.title}: {shown}"
        self.titles.add(title)
        return title

    def _program(self, run: str, folder: str) -> str:
        own = folder if isabs(folder) else ""
        if (run, own) not in self.programs:
            self.programs[run, own] = self._program_names.name(run, "program")
        return self.programs[run, own]

    def definitions(self) -> Iterator[str]:
        """YAML of everything that was asked for."""
        if not self.lines:
            return
        yield "programs:"
        for (run, folder), name in self.programs.items():
            path = json.dumps(run, ensure_ascii=False)
            yield (
                f"  {name}: {{run: {path}, folder: {json.dumps(folder, ensure_ascii=False)}}}"
                if folder
                else f"  {name}: {path}"
            )
        yield ""
        yield "actions:"
        yield from self.lines
        yield ""


def back(commands: Sequence[Command]) -> list[Command]:
    """The commands of a way back that change something, in order, when every one of them is plain; else none."""
    acting = [one for one in commands if not only_looks(one)]
    if any(not one.argv and one.why != "cd" for one in acting):
        return []
    taken = [one for one in acting if one.argv and one.argv[0] not in ("echo", "cd")]
    first = {(one.section, bool(one.item)) for one in taken[:1]}
    return [one for one in taken if (one.section, bool(one.item)) in first][:MOST_BACK]


def only_looks(command: Command) -> bool:
    """Whether a command changes nothing, by the words it is made of."""
    text = command.text
    asks = text.startswith("curl ") and not _ASKED.search(text)
    return asks or _ONLY_LOOKS.search(text) is not None

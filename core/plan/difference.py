"""What one version of a plan changes against another, as a list of changes with their weight: riskier, safer, or neither.

Compared is what the plan says, with its defaults, not how it is written. Whatever differs is in the list; what has no sentence
of its own is named by its path and line. It must not know a language.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from core.plan.document import read_document
from core.plan.phases import STEP_KINDS
from core.plan.problems import Path, show_path
from core.plan.runbook import Runbook
from core.plan.weighing import Kind, Weight, weighed

ORDER = "(order)"
"""The last part of the path of a change of order."""


@dataclass(frozen=True)
class Change:
    """One difference. `path` names things by their ids; `line` is where it stands in the new text, or in the old one when it is
    gone. `key` is a sentence 'diff.KEY' of `commands.texts`, `words` fill it in; `old` and `new` are as in the plan (None: not
    there). `better`: True stricter or safer, False looser or riskier, None neither."""

    kind: Kind
    path: Path
    old: Any
    new: Any
    line: int
    key: str = ""
    words: tuple[tuple[str, Any], ...] = ()
    better: bool | None = None

    @property
    def weight(self) -> Weight:
        """The group it belongs to."""
        return "other" if self.better is None else "safer" if self.better else "riskier"

    @property
    def where(self) -> str:
        """Its path as people write it."""
        return show_path(self.path)


def difference(old: Runbook, new: Runbook) -> tuple[Change, ...]:
    """Every change from `old` to `new`, in the order of the plan; empty for plans that say the same."""
    lines = read_document(old.text).line, read_document(new.text).line
    found = changes(_data(old), _data(new))
    return tuple(
        _told(one, lines[1](one.new_at) if one.new is not None else lines[0](one.old_at)) for one in found
    )


def _data(runbook: Runbook) -> dict[str, Any]:
    data: dict[str, Any] = runbook.plan.model_dump(mode="json", by_alias=True)
    return data


def _told(raw: _Raw, line: int) -> Change:
    judged = weighed(raw.kind, raw.path, raw.old, raw.new)
    return Change(
        raw.kind, raw.path, raw.old, raw.new, line, judged.key, tuple(judged.words.items()), judged.better
    )


# ------------------------------------------------------------------------------------------------------------ the walk


@dataclass(frozen=True)
class _Raw:
    """A change before it is weighed; `old_at` and `new_at` are paths of the files."""

    kind: Kind
    path: Path
    old: Any
    new: Any
    old_at: Path
    new_at: Path


@dataclass(frozen=True)
class _Side:
    """A value of one plan, and where it stands in the file."""

    value: Any
    at: Path

    def child(self, key: str | int) -> _Side:
        inside = self.value.get(key) if isinstance(self.value, dict) else self.value[key]
        return _Side(inside, (*self.at, key))


_NOWHERE = _Side(None, ())


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[_Raw]:
    """The differences of two plans as plain data (the models' JSON, keys as people write them)."""
    before, after = dict(old), dict(new)
    phases = before.pop("phases", []), after.pop("phases", [])
    return [
        *_walk((), _Side(before, ()), _Side(after, ())),
        *_phases(*phases),
        *_steps(_placed(phases[0]), _placed(phases[1])),
    ]


def _walk(path: Path, old: _Side, new: _Side) -> Iterator[_Raw]:
    if old.value == new.value and type(old.value) is type(new.value):
        return
    if old.value is None or new.value is None:
        kind: Literal["added", "removed"] = "added" if old.value is None else "removed"
        yield _Raw(kind, path, old.value, new.value, old.at, new.at)
    elif _is_text(old.value) or _is_text(new.value):
        yield _Raw("changed", path, old.value, new.value, old.at, new.at)
    elif isinstance(old.value, dict) and isinstance(new.value, dict):
        for key in dict.fromkeys([*old.value, *new.value]):
            yield from _walk((*path, key), old.child(key), new.child(key))
    elif _has_parts(old.value) or _has_parts(new.value):
        yield from _list(path, old, new)
    else:
        yield _Raw("changed", path, old.value, new.value, old.at, new.at)


def _is_text(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"en", "ko"}


def _has_parts(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)


def _list(path: Path, old: _Side, new: _Side) -> Iterator[_Raw]:
    """Two lists of mappings: paired by what names their entries; where nothing does, by place or by what they say."""
    if not (isinstance(old.value, list) and isinstance(new.value, list)):
        yield _Raw("changed", path, old.value, new.value, old.at, new.at)
        return
    befores, afters = _named(old), _named(new)
    if befores is None or afters is None:
        if len(old.value) == len(new.value):
            for index in range(len(new.value)):
                yield from _walk((*path, index), old.child(index), new.child(index))
            return
        befores, afters = _by_content(old), _by_content(new)
    for key in dict.fromkeys([*befores, *afters]):
        yield from _walk((*path, key), befores.get(key, _NOWHERE), afters.get(key, _NOWHERE))
    common = [key for key in befores if key in afters]
    if common != [key for key in afters if key in befores]:
        yield _Raw("moved", (*path, ORDER), [*befores], [*afters], old.at, new.at)


def _named(side: _Side) -> dict[str | int, _Side] | None:
    found: dict[str | int, _Side] = {}
    for index in range(len(side.value)):
        one = side.child(index)
        name = _name(one.value)
        if name is None:
            return None
        unique, count = name, 2
        while unique in found:
            unique, count = f"{name} #{count}", count + 1
        found[unique] = one
    return found


def _name(entry: Any) -> str | None:
    """What an entry of a list is called: its id, its tier, what a rule is about, or the title of a criterion."""
    if not isinstance(entry, dict):
        return None
    for key in ("id", "tier", "weight"):
        if isinstance(entry.get(key), str | int):
            return str(entry[key])
    if isinstance(entry.get("metric"), str):
        side = next((side for side in ("below", "above", "growth-below") if entry.get(side) is not None), "")
        return f"{entry['metric']} {side}".strip()
    title = entry.get("title")
    return str(title["en"]) if isinstance(title, dict) and "en" in title else None


def _by_content(side: _Side) -> dict[str | int, _Side]:
    found: dict[str | int, _Side] = {}
    for index in range(len(side.value)):
        text = json.dumps(side.value[index], sort_keys=True, ensure_ascii=False)
        count = 2
        name = text
        while name in found:
            name, count = f"{text} #{count}", count + 1
        found[name] = side.child(index)
    return found


# ---------------------------------------------------------------------------------------------------- phases and steps


@dataclass(frozen=True)
class _Placed:
    """A step with the phase it stands in."""

    phase: str
    side: _Side


def _phases(old: list[Any], new: list[Any]) -> Iterator[_Raw]:
    """The phases themselves; their steps are compared over the whole plan, since they may move between phases."""
    sides = (_Side([_bare(one) for one in phases], ("phases",)) for phases in (old, new))
    yield from _walk(("phases",), *sides)


def _bare(phase: Any) -> Any:
    return (
        {key: value for key, value in phase.items() if key != "steps"} if isinstance(phase, dict) else phase
    )


def _placed(phases: list[Any]) -> dict[str, _Placed]:
    found: dict[str, _Placed] = {}
    for number, phase in enumerate(phases):
        for index, step in enumerate(phase["steps"]):
            kind = next((kind for kind in step if kind in STEP_KINDS), next(iter(step), ""))
            side = _Side({"kind": kind, **step[kind]}, ("phases", number, "steps", index, kind))
            found[str(step[kind]["id"])] = _Placed(str(phase["id"]), side)
    return found


def _steps(old: dict[str, _Placed], new: dict[str, _Placed]) -> Iterator[_Raw]:
    names = [*new], [*old]
    for name in dict.fromkeys([*new, *old]):
        before, after = old.get(name), new.get(name)
        path: Path = ("steps", name)
        if before is None and after is not None:
            said = {**after.side.value, "after": _before(names[0], name), "phase": after.phase}
            yield _Raw("added", path, None, said, (), after.side.at)
        elif after is None and before is not None:
            yield _Raw("removed", path, before.side.value, None, before.side.at, ())
        elif before is not None and after is not None:
            yield from _walk(path, before.side, after.side)
            if before.phase != after.phase:
                yield _Raw(
                    "changed", (*path, "phase"), before.phase, after.phase, before.side.at, after.side.at
                )
    for name in _out_of_order([one for one in old if one in new], [one for one in new if one in old]):
        after = new[name]
        words = {"after": _before(names[0], name)}
        yield _Raw(
            "moved",
            ("steps", name, ORDER),
            {"after": _before(names[1], name)},
            words,
            old[name].side.at,
            after.side.at,
        )


def _before(names: list[str], name: str) -> str:
    index = names.index(name)
    return names[index - 1] if index else ""


def _out_of_order(old: list[str], new: list[str]) -> list[str]:
    """The fewest entries that have to be taken out and put elsewhere to lead from one order to the other, nearly."""
    kept: set[str] = set()
    for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        kept.update(new[block.b : block.b + block.size])
    return [name for name in new if name not in kept]

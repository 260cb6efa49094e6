"""What pydantic found, in the words of somebody who writes a plan.

A finding names what is wrong and what to write instead; it never shows the names of classes or validators.
It must not know YAML or lines: it speaks of paths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.plan.models import STEP_KINDS, Text
from core.plan.problems import Finding, Path, did_you_mean
from core.plan.walk import keys_at, models_at

Words = Callable[[Any, dict[str, Any]], tuple[str, str]]

_SCALAR_TAGS = frozenset({"str", "int", "float", "bool"})


def findings(error: ValidationError, data: Any) -> Iterator[tuple[str, Finding]]:
    """Every error of a validation of `data`, with its kind ('missing', 'extra_forbidden', ...) and its path in `data`."""
    seen: set[Path] = set()
    for detail in error.errors(include_url=False):
        path = data_path(detail, data)
        if path not in seen:  # a choice of types is one problem, not one for each type
            seen.add(path)
            message, suggestion = _words(detail, path)
            yield detail["type"], Finding(path, message, suggestion)


def _has(here: Any, part: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(part, int) and part < len(here)
    return isinstance(here, dict) and part in here


def data_path(detail: ErrorDetails, data: Any) -> Path:
    """The path of an error in the data: without the tags that pydantic adds where there is a choice.

    Inside a step the tag comes first ('phases', 0, 'steps', 0, tag, ...) and reads like the step's own key."""
    path: list[str | int] = []
    here = data
    for place, part in enumerate(detail["loc"]):
        if (place == 4 and path[0::2] == ["phases", "steps"]) or not _has(here, part):
            continue
        here = here[part]
        path.append(part)
    if detail["type"] == "missing":
        path.append(detail["loc"][-1])
    return tuple(path)


def _words(detail: ErrorDetails, path: Path) -> tuple[str, str]:
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "value_error":
        return sentence(str(context["error"])), ""
    if kind == "missing":
        return _missing(path)
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "union_tag_not_found":
        return _no_step(given)
    if detail["loc"] and detail["loc"][-1] == "[key]":
        return _not_a_name(str(path[-1]))
    if detail["loc"] and detail["loc"][-1] in _SCALAR_TAGS and (not path or path[-1] != detail["loc"][-1]):
        return f"A single value belongs here, not {_called(given)}.", "Write a text, a number, true or false."
    if kind == "model_type" and Text in models_at(path):
        return (
            f"A text belongs here, not {_called(given)}.",
            "Write a text, or {en: ..., ko: ...} for both languages.",
        )
    words: Words = _KINDS.get(kind, _does_not_fit)
    return words(given, context)


def _missing(path: Path) -> tuple[str, str]:
    key = str(path[-1])
    if Text in models_at(path[:-1]):
        return (
            f"The text is missing in '{key}'.",
            f"Add '{key}: ...', or write one plain text that serves both languages.",
        )
    return f"The key '{key}' is missing.", f"Add '{key}: ...' here."


def _unknown_key(path: Path) -> tuple[str, str]:
    key, known = str(path[-1]), keys_at(path[:-1])
    if key in STEP_KINDS and set(known) <= set(STEP_KINDS):
        return f"'{key}' cannot stand here: a step is of one kind.", f"Begin a new step: '- {key}:'."
    if set(known) <= set(STEP_KINDS):
        return f"The key '{key}' is not known beside a step.", "Indent it under the step's kind."
    return f"The key '{key}' is not known here.", did_you_mean(key, known)


def _no_step(given: Any) -> tuple[str, str]:
    keys = list(given) if isinstance(given, dict) else []
    if not keys:
        return (
            f"A step belongs here, not {_called(given)}.",
            f"Write it as '- checklist: ...'; the kinds are {', '.join(STEP_KINDS)}.",
        )
    return f"'{keys[0]}' is not a kind of step.", did_you_mean(str(keys[0]), STEP_KINDS)


def _not_a_name(given: Any, _: Any = None) -> tuple[str, str]:
    simple = re.sub(r"[^a-z0-9.-]+", "-", str(given).lower()).strip("-.")[:40]
    advice = f"Did you mean '{simple}'?" if simple and simple != given else "Write it like 'set-traffic'."
    return (
        f"'{_short(given)}' cannot be a name: use lower case letters, digits, '-' and '.', at most 40.",
        advice,
    )


def _pattern(given: Any, context: dict[str, Any]) -> tuple[str, str]:
    if ":" in context["pattern"]:
        return f"'{_short(given)}' is not a clock time.", "Write it from 00:00 to 23:59, like '08:00'."
    return _not_a_name(given)


def _choice(given: Any, context: dict[str, Any]) -> tuple[str, str]:
    expected = re.findall(r"'([^']*)'", str(context["expected"]))
    if not expected:
        return f"{_quoted(given)} is not one of the choices here.", f"Write {context['expected']}."
    return f"{_quoted(given)} is not one of the choices here.", did_you_mean(str(given), expected)


def _no_text(given: Any, _: Any) -> tuple[str, str]:
    advice = "Put it in quotes." if isinstance(given, int | float) else "Write one text."
    return f"A text belongs here, not {_called(given)}.", advice


def _bound(word: str, name: str) -> Words:
    return lambda given, context: (
        f"{_short(given)} is out of range.",
        f"Write a number {word} {context[name]}.",
    )


def _size(given: Any, context: dict[str, Any]) -> tuple[str, str]:
    least = context.get("min_length", 1)
    return (
        "Nothing is written here.",
        f"At least {least} {'entry is' if least == 1 else 'entries are'} needed.",
    )


def _does_not_fit(given: Any, _: Any) -> tuple[str, str]:
    return f"{_quoted(given)} does not fit here.", "Compare with the plan language's documentation."


def _whole(given: Any, _: Any) -> tuple[str, str]:
    return f"A whole number belongs here, not {_called(given)}.", "Write it without quotes, unit or decimals."


def _mapping(given: Any, _: Any) -> tuple[str, str]:
    return (
        f"A mapping of keys to values belongs here, not {_called(given)}.",
        "Write 'key: value' lines, indented under this key.",
    )


_KINDS: dict[str, Words] = {
    "string_type": _no_text,
    "string_pattern_mismatch": _pattern,
    "string_too_short": lambda given, _: ("The text is empty.", "Write what people shall read."),
    "string_too_long": lambda given, context: (
        f"The text is too long: {len(given)} characters.",
        f"At most {context['max_length']} fit in a message.",
    ),
    "literal_error": _choice,
    "bool_type": lambda given, _: (
        f"{_quoted(given)} is neither true nor false.",
        "Write true or false, without quotes.",
    ),
    "int_type": _whole,
    "int_from_float": _whole,
    "float_type": lambda given, _: (
        f"A number belongs here, not {_called(given)}.",
        "Write it without quotes or unit.",
    ),
    "tuple_type": lambda given, _: (
        f"A list belongs here, not {_called(given)}.",
        "Write [one, two], or lines that begin with '- '.",
    ),
    "too_short": _size,
    "dict_type": _mapping,
    "model_type": _mapping,
    "greater_than": _bound("above", "gt"),
    "greater_than_equal": _bound("from", "ge"),
    "less_than": _bound("below", "lt"),
    "less_than_equal": _bound("up to", "le"),
}


def sentence(text: str) -> str:
    """A reason as a sentence: it begins large and ends with a full stop."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."


def _called(given: Any) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        return "true or false"
    if isinstance(given, int | float):
        return f"the number {_short(given)}"
    if isinstance(given, str):
        return f"the text '{_short(given)}'"
    return "a list" if isinstance(given, list | tuple) else "a mapping"


def _quoted(given: Any) -> str:
    return (
        f"'{_short(given)}'"
        if isinstance(given, str | int | float) and not isinstance(given, bool)
        else _called(given).capitalize()
    )


def _short(given: Any) -> str:
    text = str(given)
    return text if len(text) <= 60 else text[:57] + "..."

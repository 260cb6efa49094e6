"""The small words in which Block Kit's rules are written: string(75), array(option, 1, 100), shape({...}, {...}).

A check looks at one value, at one JSON pointer, and adds what is wrong to a list. Must not know any block.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Problems = list[str]
Check = Callable[[Any, str, Problems], None]


def problem(problems: Problems, at: str, message: str) -> None:
    """Adds one sentence in Slack's form, with the JSON pointer of the place."""
    problems.append(f"[ERROR] {message} [json-pointer:{at}]")


def anything(_value: Any, _at: str, _problems: Problems) -> None:
    """Whatever it is, it is fine."""


def string(most: int = 3_000, *, least: int = 0, pattern: str = "") -> Check:
    """A string of `least` to `most` characters that matches `pattern`, if one is given."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problem(problems, at, "must be a string")
        elif len(value) > most:
            problem(problems, at, f"must be less than {most + 1} characters")
        elif len(value) < least:
            problem(problems, at, f"must be more than {least - 1} characters")
        elif pattern and not re.fullmatch(pattern, value):
            problem(problems, at, f"must match the pattern {pattern}")

    return check


def boolean(value: Any, at: str, problems: Problems) -> None:
    """True or false."""
    if not isinstance(value, bool):
        problem(problems, at, "must be a boolean")


def integer(least: int, most: int) -> Check:
    """A whole number between two bounds."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            problem(problems, at, "must be an integer")
        elif not least <= value <= most:
            problem(problems, at, f"must be between {least} and {most}")

    return check


def one_of(*values: str) -> Check:
    """One of a few words."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if value not in values:
            problem(problems, at, f"must be one of {', '.join(values)}")

    return check


def array(item: Check, least: int, most: int) -> Check:
    """A list of `least` to `most` items, each of which passes `item`."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problem(problems, at, "must be an array")
            return
        if len(value) > most:
            problem(problems, at, f"no more than {most} items allowed")
        if len(value) < least:
            problem(problems, at, f"no fewer than {least} items allowed")
        for index, entry in enumerate(value):
            item(entry, f"{at}/{index}", problems)

    return check


def shape(
    required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *, open_: bool = False
) -> Check:
    """An object with these fields; unknown fields are refused unless `open_`."""
    known = {**required, **(optional or {})}

    def check(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problem(problems, at, "must be an object")
            return
        for name in required:
            if value.get(name) is None:
                problem(problems, at, f"missing required field: {name}")
        for name, entry in value.items():
            if name == "type" or entry is None:
                continue
            if name in known:
                known[name](entry, f"{at}/{name}", problems)
            elif not open_:
                problem(problems, at, f"invalid additional property: {name}")

    return check


def typed(kinds: Mapping[str, Check], what: str) -> Check:
    """An object whose "type" says which of several checks applies."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problem(problems, at, "must be an object")
            return
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in kinds:
            problem(problems, f"{at}/type", f"unsupported type: {kind} ({what})")
            return
        kinds[kind](value, at, problems)

    return check


def both(*checks: Check) -> Check:
    """Every one of several checks."""

    def check(value: Any, at: str, problems: Problems) -> None:
        for one in checks:
            one(value, at, problems)

    return check


def needs_one(*names: str) -> Check:
    """At least one of several fields is there."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if isinstance(value, dict) and all(value.get(name) is None for name in names):
            problem(problems, at, f"missing required field: one of {', '.join(names)}")

    return check


def only_one(*names: str) -> Check:
    """Exactly one of several fields is there."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if isinstance(value, dict) and sum(value.get(name) is not None for name in names) != 1:
            problem(problems, at, f"exactly one of {', '.join(names)} is required")

    return check

"""`$weight` and the inputs of a plan, where an action or a check may name them.

A variable is filled in as text inside one argument or one value; it can never add an argument, a header or a key.
`$$` is a plain dollar sign. It must not know `${NAME}`: secrets are resolved by adapters, and never here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$(?:(\$)|([a-z](?:[a-z0-9-]*[a-z0-9])?))")


def names_in(value: Any) -> list[str]:
    """The variables in a text, or in every text inside lists and mappings, in order, each once."""
    if isinstance(value, str):
        return list(dict.fromkeys(found[2] for found in _VARIABLE.finditer(value) if found[2]))
    if isinstance(value, Mapping):
        value = [part for pair in value.items() for part in pair]
    if isinstance(value, list | tuple):
        return list(dict.fromkeys(name for inner in value for name in names_in(inner)))
    return []


def fill(value: Any, values: Mapping[str, str | int]) -> Any:
    """`value` with its variables filled in, also inside lists and mappings (keys stay).

    A text that is exactly one variable becomes its value, so '$weight' is the number 5; inside a longer text it is written out.
    Raises KeyError with the name of a variable that has no value.
    """
    if isinstance(value, str):
        whole = _VARIABLE.fullmatch(value)
        if whole and whole[2]:
            return values[whole[2]]
        return fill_text(value, values)
    if isinstance(value, Mapping):
        return {key: fill(inner, values) for key, inner in value.items()}
    return [fill(inner, values) for inner in value] if isinstance(value, list | tuple) else value


def fill_text(text: str, values: Mapping[str, str | int]) -> str:
    """A text with its variables written out. Raises KeyError with the name of a variable that has no value."""
    return _VARIABLE.sub(lambda found: "$" if found[1] else str(values[found[2]]), text)

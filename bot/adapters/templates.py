"""Puts `$weight`, `$version` and other inputs where a plan names them: in an argument, a path, a JSON body.

How a variable is written is `core.plan.variables`'s matter; this adds what the place asks for: an argument stays one
argument and never becomes an option, a value in an address is percent-encoded. It must not know what the outcome is for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from bot.errors import GaveUp
from core.plan.variables import fill, fill_text

Values = Mapping[str, str | int]

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def fill_args(templates: tuple[str, ...], values: Values) -> list[str]:
    """One argument for one template, always. GaveUp when a value would turn an argument into an option."""
    for name, value in values.items():
        if _CONTROL.search(str(value)):
            raise GaveUp(f"The value of '{name}' holds a control character: nothing was run.")
    return [_argument(template, _known(fill_text, template, values)) for template in templates]


def fill_path(template: str, values: Values) -> str:
    """A part of an address: values are percent-encoded, so they cannot add a segment or a query."""
    quoted = {name: quote(str(value), safe="") for name, value in values.items()}
    return str(_known(fill_text, template, quoted))


def fill_header(template: str, values: Values) -> str:
    """The value of a header. GaveUp for what could begin another one."""
    filled = str(_known(fill_text, template, values))
    if _CONTROL.search(filled):
        raise GaveUp("A header would hold a control character: nothing was sent.")
    return filled


def fill_query(path: str, query: Mapping[str, str], values: Values) -> str:
    """`path` with a query added; names and values are percent-encoded."""
    pairs = [(name, str(_known(fill_text, value, values))) for name, value in query.items()]
    joint = "&" if "?" in path else "?"
    return f"{path}{joint}{urlencode(pairs)}" if pairs else path


def fill_json(template: Any, values: Values) -> Any:
    """JSON: a text that is one variable and nothing else takes the value with its type, so weights stay numbers."""
    return _known(fill, template, values)


def _argument(template: str, filled: str) -> str:
    if filled.startswith("-") and not template.startswith("-"):
        raise GaveUp(
            f"The value of '{template}' begins with '-' and would be read as an option: nothing was run."
        )
    return filled


def _known(filler: Any, template: Any, values: Values) -> Any:
    try:
        return filler(template, values)
    except KeyError as missing:
        raise GaveUp(
            f"The plan names ${missing.args[0]}, which is neither $weight nor one of its inputs."
        ) from None

"""One GET compared with what a plan expects: for checks, confirmations, and probes of what may have happened.

The outcome has three values. An answer that cannot be read is neither a yes nor a no, and must not be taken for one: a
probe would repeat a change that was made. It must not know what the comparison is for.
"""

from __future__ import annotations

from typing import Any, Final

import jmespath  # type: ignore[import-untyped]  # the package ships no types

from bot.adapters.http_source import Answer
from bot.adapters.templates import Values, fill_json
from bot.errors import TryLater
from bot.performing.ports import Compared
from core.plan.models import HttpCheck

# Statuses by which a service says that it cannot say.
_CANNOT_SAY: Final = frozenset({408, 425, 429})
_SHOWN: Final = 200

# What a JMESPath may raise on a document it was not written for.
SEARCH_FAILS: Final = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)


def judge(check: HttpCheck, path: str, answer: Answer, values: Values) -> Compared:
    """What an answer says about a check."""
    said = f"GET {path} answered {answer.status}"
    if answer.status != check.status:
        unsure = answer.status >= 500 or answer.status in _CANNOT_SAY or bool(check.json_)
        return Compared(None if unsure else False, f"{said}, not {check.status}.")
    agrees: bool | None = True
    lines = []
    for expression, written in check.json_.items():
        wanted = fill_json(written, values)
        try:
            found = jmespath.search(expression, answer.json)
        except SEARCH_FAILS:
            found = None
        if found is None:
            agrees = None if agrees else agrees
            lines.append(f"{expression} is missing")
        elif same(found, wanted):
            lines.append(f"{expression} is {show(found)}")
        else:
            agrees = False
            lines.append(f"{expression} is {show(found)}, not {show(wanted)}")
    return Compared(agrees, f"{said}{': ' if lines else ''}{'; '.join(lines)}.")


def same(found: Any, wanted: Any) -> bool:
    """Equal, and of one kind: true is not 1, and '5' is not 5, but 5.0 is."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, int | float) and isinstance(wanted, int | float):
        return found == wanted
    return type(found) is type(wanted) and bool(found == wanted)


def percent(found: Any, what: str) -> int:
    """The canary's share as it was found in `what`. TryLater when that is no whole percentage."""
    whole = isinstance(found, int | float) and not isinstance(found, bool) and found == found // 1
    if not whole or not 0 <= found <= 100:
        shown = "nothing" if found is None else repr(found)[:60]
        raise TryLater(1.0, f"{what} gave {shown} where a whole number from 0 to 100 should be.")
    return int(found)


def show(value: Any) -> str:
    """A value as evidence shows it."""
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

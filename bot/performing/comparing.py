"""One answer compared with what a plan expects: for checks, confirmations, and probes of what may have happened.

The outcome has three values. An answer that cannot be read is neither a yes nor a no, and must not be taken for one: a
probe would repeat a change that was made. It must not know what the comparison is for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import jmespath  # type: ignore[import-untyped]  # the package ships no types

from bot.adapters.http_source import Answer
from bot.adapters.templates import Values, fill_json
from bot.errors import TryLater
from bot.performing.ports import Compared
from core.plan import patterns
from core.plan.models import Comparison, Expiry, HttpCheck
from core.plan.over_http import ABSENT, PRESENT
from core.plan.quantities import figure, show_duration

# Statuses by which a service says that it cannot say.
_CANNOT_SAY: Final = frozenset({408, 425, 429})
_FOR_GOOD: Final = frozenset({301, 308})
_SHOWN: Final = 200

# What a JMESPath may raise on a document it was not written for.
SEARCH_FAILS: Final = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)

Found = tuple[bool | None, str]
"""Whether one thing is as it must be, and what was found."""


def judge(check: HttpCheck, path: str, answer: Answer, values: Values) -> Compared:
    """What an answer says about a check."""
    said = f"{check.method} {path} answered {answer.status}"
    if not check.status.holds(answer.status):
        about_more = bool(check.json_ or check.header or check.body is not None)
        unsure = answer.status >= 500 or answer.status in _CANNOT_SAY or about_more
        return Compared(None if unsure else False, f"{said}, not {check.status.text}.")
    found = [
        *_values(check, answer, values),
        *_headers(check, answer, values),
        *_body(check, answer, values),
        *_time(check, answer),
    ]
    lines = "; ".join(line for _, line in found)
    value, unit = _one_number(check, answer)
    agrees = together([agrees for agrees, _ in found])
    return Compared(agrees, f"{said}{': ' if lines else ''}{lines}.", value=value, unit=unit)


def _one_number(check: HttpCheck, answer: Answer) -> tuple[float | None, str]:
    """The number a check is about, with its unit: the one value that is compared as one, else how long the answer took."""
    compared = [name for name, one in check.json_.items() if isinstance(one, Comparison) and one.of_numbers]
    if len(compared) == 1:
        found = search(compared[0], answer.json)
        number = isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)
        return (float(found) if number else None), ""
    return (round(answer.took_s * 1000), "ms") if check.within is not None and not compared else (None, "")


def together(found: Sequence[bool | None]) -> bool | None:
    """One no is a no; else one gap is a gap; else yes."""
    return False if False in found else None if None in found else True


def _values(check: HttpCheck, answer: Answer, values: Values) -> Iterator[Found]:
    for expression, expected in check.json_.items():
        found = search(expression, answer.json)
        if found is None:
            yield None, f"{expression} is missing"
        elif isinstance(expected, Comparison):
            yield compare(expression, found, expected, values)
        else:
            yield _equal(expression, found, fill_json(expected, values))


def _headers(check: HttpCheck, answer: Answer, values: Values) -> Iterator[Found]:
    for name, expected in check.header.items():
        found = answer.headers.get(name.lower())
        if expected == ABSENT:
            yield found is None, f"{name} is {'not there' if found is None else 'there, and must not be'}"
        elif found is None:
            yield False, f"{name} is not there"
        elif expected == PRESENT:
            yield True, f"{name} is there"
        elif isinstance(expected, Comparison):
            yield compare(name, _number(found) if expected.of_numbers else found, expected, values)
        else:
            yield _equal(name, found, str(fill_json(expected, values)))


def _body(check: HttpCheck, answer: Answer, values: Values) -> Iterator[Found]:
    if check.body is not None:
        results = [*_texts(answer.whole, check.body, values)]
        agrees = together([one for one, _ in results])
        said = {True: "the body is", False: "the body is not", None: "it cannot be told whether the body is"}[
            agrees
        ]
        yield agrees, f"{said} {_words(results, agrees)}"


def _time(check: HttpCheck, answer: Answer) -> Iterator[Found]:
    if check.within is not None:
        limit_s = check.within.total_seconds()
        took = f"answered in {answer.took_s * 1000:.0f} ms"
        limit = show_duration(check.within)
        if answer.took_s <= limit_s:
            yield True, f"{took}, within {limit} (one sample)"
        else:
            yield False, f"{took}, not within {limit} (one sample)"


# ------------------------------------------------------------------------------------------------- one value


def search(expression: str, document: Any) -> Any:
    """The value of a JMESPath; None when it is missing, or when the expression does not fit the document."""
    try:
        return jmespath.search(expression, document)
    except SEARCH_FAILS:
        return None


def compare(name: str, found: Any, expected: Comparison, values: Values) -> Found:
    """Whether a value is on the right side of everything that is written. What cannot be compared is neither yes nor no."""
    results = [*_limits(found, expected), *_texts(found, expected, values)]
    agrees = together([one for one, _ in results])
    shown = f"{name} is {show(found)}"
    if agrees is None:
        return None, f"{shown}, which cannot be compared: {_words(results, None)}"
    return agrees, f"{shown}, {'' if agrees else 'not '}{_words(results, agrees)}"


def _words(results: Sequence[Found], which: bool | None) -> str:
    return ", ".join(words for one, words in results if one is which)


def _limits(found: Any, expected: Comparison) -> Iterator[Found]:
    sides: tuple[tuple[str, float | None, Callable[[float, float], bool]], ...] = (
        ("below", expected.below, lambda value, limit: value < limit),
        ("above", expected.above, lambda value, limit: value > limit),
        ("at least", expected.at_least, lambda value, limit: value >= limit),
        ("at most", expected.at_most, lambda value, limit: value <= limit),
    )
    comparable = isinstance(found, int | float) and not isinstance(found, bool) and not math.isnan(found)
    for word, limit, holds in sides:
        if limit is not None:
            yield (holds(found, limit) if comparable else None), f"{word} {figure(limit)}"


def _texts(found: Any, expected: Comparison, values: Values) -> Iterator[Found]:
    if expected.contains is not None:
        wanted = fill_json(expected.contains, values)
        agrees: bool | None = None
        if isinstance(found, str):
            agrees = str(wanted) in found if not isinstance(wanted, bool) else None
        elif isinstance(found, list):
            agrees = any(same(one, wanted) for one in found)
        yield agrees, f"containing {show(wanted)}"
    if expected.matches is not None:
        matched = patterns.found(expected.matches, found) if isinstance(found, str) else None
        long = isinstance(found, str) and len(found) > patterns.SEARCHED
        why = f" (it is longer than the {patterns.SEARCHED} characters that are searched)" if long else ""
        yield matched, f"matching {show(expected.matches)}{why}"


def same(found: Any, wanted: Any) -> bool:
    """Equal, and of one kind: true is not 1, and '5' is not 5, but 5.0 is."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, int | float) and isinstance(wanted, int | float):
        return found == wanted
    return type(found) is type(wanted) and bool(found == wanted)


def _equal(name: str, found: Any, wanted: Any) -> Found:
    if same(found, wanted):
        return True, f"{name} is {show(found)}"
    return False, f"{name} is {show(found)}, not {show(wanted)}"


def _number(text: str) -> float | str:
    """A header's number; what is none stays a text, which cannot be compared."""
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


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


# ------------------------------------------------------------------------------------ the certificate, the way to it


def judge_expiry(expiry: Expiry, host: str, end: datetime | None, now: datetime) -> Compared:
    """Whether a certificate is good for long enough; `end` None: it is over."""
    wanted = show_duration(expiry.more_than)
    if end is None:
        return Compared(False, f"The certificate of {host}, or one that it hangs on, has expired.")
    left = end - now
    agrees = left > expiry.more_than
    shown = f"The certificate of {host} is good until {end:%Y-%m-%d %H:%M} UTC ({left.days} days left)"
    return Compared(agrees, f"{shown}, {'more' if agrees else 'not more'} than {wanted}.")


def judge_redirect(url: str, answer: Answer) -> Compared:
    """Whether an answer by http:// sends everybody to https:// on the same host, for good."""
    said = f"GET {url} answered {answer.status}"
    if answer.status >= 500 or answer.status in _CANNOT_SAY:
        return Compared(None, f"{said}, which says nothing.")
    target = answer.headers.get("location", "")
    if answer.status not in _FOR_GOOD:
        return Compared(False, f"{said}, not 301 or 308{f' (to {show(target)})' if target else ''}.")
    try:
        there, here = urlsplit(target), urlsplit(url)
        right = there.scheme == "https" and there.hostname == here.hostname
    except ValueError:
        right = False
    if right:
        return Compared(True, f"{said} and sends to {show(target)}.")
    return Compared(False, f"{said} and sends to {show(target)}, which is not https:// on the same host.")

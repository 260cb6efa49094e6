"""Which series a PromQL query names: its selectors, whether it is nothing but one, and which functions it calls.

It must not know what a series means.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from core.plan.promql import MATCHES, Token, quoted, tokens, unquoted

_GROUPS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS = frozenset({"and", "or", "unless", "atan2", "bool", "offset", "inf", "nan", *_GROUPS})
_AGGREGATES = frozenset(
    {
        "sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile", "limitk",
        "limit_ratio",
    }
)  # fmt: skip
# Functions whose result is no counter any more, although a counter went in.
_NO_COUNTER = frozenset(
    {
        "rate",
        "irate",
        "increase",
        "delta",
        "idelta",
        "deriv",
        "resets",
        "changes",
        "histogram_quantile",
        "predict_linear",
    }
)


@dataclass(frozen=True)
class Matcher:
    """One condition on a label; `match` is '=', '!=', '=~' or '!~'."""

    label: str
    match: str
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.match}{quoted(self.value)}"


@dataclass(frozen=True)
class Selector:
    """The series of one metric with such labels. `metric` is '' where only labels are named."""

    metric: str
    matchers: tuple[Matcher, ...] = ()

    def __str__(self) -> str:
        inside = ",".join(map(str, self.matchers))
        return f"{self.metric}{{{inside}}}" if inside or not self.metric else self.metric

    def only(self, *labels: str) -> str:
        """The matchers of these labels alone, as '{...}': for another metric of the same targets."""
        return "{" + ",".join(str(one) for one in self.matchers if one.label in labels) + "}"


def plain(query: str) -> Selector | None:
    """The selector, when a query is one and nothing else."""
    found = tokens(query)
    if found[0].kind == "name" and len(found) == 1:
        return Selector(found[0].text) if found[0].text not in _WORDS else None
    named = found[0].kind == "name"
    braces = found[1:] if named else found
    whole = braces[0].text == "{" and [one.text for one in braces if one.inside == ""] == ["{", "}"]
    # A quoted name of a metric or label is left to Prometheus as it is written.
    simple = all(one.match for one in braces if one.kind == "string")
    return _selector(found[0].text if named else "", braces) if whole and simple else None


def selectors(query: str) -> tuple[Selector, ...]:
    """Every selector of a query, each once, in order."""
    return tuple(dict.fromkeys(_selectors(tokens(query))))


def functions(query: str) -> tuple[str, ...]:
    """The functions a query calls, in order."""
    found = tokens(query)
    pairs = itertools.pairwise(found)
    return tuple(
        one.text
        for one, after in pairs
        if one.kind == "name" and after.text == "(" and one.text not in _WORDS | _AGGREGATES
    )


def no_counter(query: str) -> str:
    """The function that makes a query something else than a counter; '' when none does."""
    return next((name for name in functions(query) if name in _NO_COUNTER or name.endswith("_over_time")), "")


def is_range(query: str) -> bool:
    """Whether it ends as a stretch of time, '[5m]', which is no value."""
    return tokens(query)[-1].text == "]"


def _selectors(found: tuple[Token, ...]) -> Iterator[Selector]:
    place = 0
    while place < len(found):
        one = found[place]
        after = found[place + 1].text if place + 1 < len(found) else ""
        if one.kind == "name" and one.text.lower() in _GROUPS and after == "(":
            place = _end(found, place + 1)
        elif one.text == "{":
            end = _end(found, place)
            yield _selector("", found[place : end + 1])
            place = end
        elif one.kind == "name" and one.inside != "{" and after == "{":
            end = _end(found, place + 1)
            yield _selector(one.text, found[place + 1 : end + 1])
            place = end
        elif _is_metric(one, after):
            yield Selector(one.text)
        place += 1


def _is_metric(one: Token, after: str) -> bool:
    if one.kind != "name" or one.inside == "{" or after == "(":
        return False
    return one.text.lower() not in _WORDS and not (one.text in _AGGREGATES and after in _GROUPS)


def _end(found: tuple[Token, ...], opens: int) -> int:
    """Where the bracket that opens there is closed."""
    inside = found[opens].inside
    closing = {"(": ")", "{": "}", "[": "]"}[found[opens].text]
    depth = 0
    for place in range(opens, len(found)):
        if found[place].kind != "bracket":
            continue
        depth += 1 if found[place].text in "({[" else -1
        if depth == 0 and found[place].text == closing and found[place].inside == inside:
            return place
    return len(found) - 1


def _selector(metric: str, braces: tuple[Token, ...]) -> Selector:
    matchers = []
    for label, operator, value in zip(braces, braces[1:], braces[2:], strict=False):
        if operator.text in MATCHES and value.match:
            name = label.text if label.kind == "name" else unquoted(label.text)
            matchers.append(Matcher(name, operator.text, unquoted(value.text)))
    for one in matchers:
        if one.label == "__name__" and one.match == "=" and not metric:
            metric = one.value
    return Selector(
        metric, tuple(one for one in matchers if not (one.label == "__name__" and one.value == metric))
    )

"""A part of PromQL, large enough for release checks: selectors, aggregations, arithmetic, comparisons, and, or, unless, and a
few functions. What it does not know it refuses, as the real one refuses a typing mistake.

It must not know what an operator does (`sandbox.prometheus.evaluating`). What the real one answers is held against it in
tests/services.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from sandbox.prometheus.evaluating import (
    AGGREGATES,
    COMPARES,
    BadQuery,
    Data,
    Matcher,
    Node,
    Selector,
    Value,
    aggregated,
    binary,
    called,
    instant,
    node,
)

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<span>\[\s*[0-9]+(?:ms|[smhdwy])\s*\])"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?P<sign>=~|!~|==|!=|<=|>=|[-+*/%^{}(),=<>]))"
)
_UNITS: Final = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
    "w": 604_800.0,
    "y": 31_536_000.0,
}
_LEVELS: Final = (("or",), ("and", "unless"), tuple(COMPARES), ("+", "-"), ("*", "/"))


def parse(query: str) -> Selector | Node:
    """What a query asks for: raw samples (a selector with a span), or something to evaluate. Raises BadQuery."""
    parser = _Parser(query)
    whole = parser.expression()
    parser.end()
    if isinstance(whole, Selector):
        return whole if whole.span_s is not None else instant(whole)
    return whole


def evaluate(query: str, data: Data, at: float) -> Value:
    """A query's value at a moment. Raises BadQuery, also for raw samples."""
    return node(parse(query))(data, at)


class _Parser:
    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = list(_tokens(query))
        self._place = 0

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise BadQuery(f'unexpected "{self._tokens[self._place][1]}" in {self._query}')

    def expression(self, level: int = 0) -> Selector | Node:
        if level == len(_LEVELS):
            return self._operand()
        left = self.expression(level + 1)
        while self._peek() in _LEVELS[level]:
            sign = self._next()
            as_number = self._take("bool")
            on = self._names() if self._take("on") else None
            left = binary(sign, node(left), node(self.expression(level + 1)), as_number, on)
        return left

    def _operand(self) -> Selector | Node:
        kind, text = self._tokens[self._place] if self._place < len(self._tokens) else ("", "")
        if self._take("("):
            inside = self.expression()
            self._want(")")
            return inside
        if self._take("-"):
            return binary("-", lambda data, at: 0.0, node(self._operand()), False, None)
        if kind == "number":
            self._place += 1
            return lambda data, at: float(text)
        if kind == "name" and text in AGGREGATES:
            return self._aggregate()
        if kind == "name" and self._peek(1) == "(":
            return self._call()
        return self._selector()

    def _aggregate(self) -> Node:
        name, by = self._next(), self._grouping()
        self._want("(")
        inside = node(self.expression())
        self._want(")")
        return aggregated(AGGREGATES[name], inside, by or self._grouping() or ("by", ()))

    def _grouping(self) -> tuple[str, tuple[str, ...]] | None:
        return (self._next(), self._names()) if self._peek() in ("by", "without") else None

    def _names(self) -> tuple[str, ...]:
        self._want("(")
        found: list[str] = []
        while not self._take(")"):
            found.append(self._next())
            self._take(",")
        return tuple(found)

    def _call(self) -> Node:
        name = self._next()
        self._want("(")
        given: list[Selector | Node] = []
        while not self._take(")"):
            given.append(self.expression())
            self._take(",")
        return called(name, given)

    def _selector(self) -> Selector:
        matchers: list[Matcher] = []
        if self._kind() == "name":
            matchers.append(Matcher("__name__", "=", self._next()))
        elif self._peek() != "{":
            raise BadQuery(f"unexpected end or sign in {self._query}")
        if self._take("{"):
            while not self._take("}"):
                label, match, value = self._next(), self._next(), self._next()
                if match not in ("=", "!=", "=~", "!~") or value[:1] not in ("'", '"'):
                    raise BadQuery(f"unexpected {match}{value} in {self._query}")
                matchers.append(Matcher(label, match, _unquoted(value)))
                self._take(",")
        if self._kind() == "span":
            found = re.fullmatch(r"\[\s*([0-9]+)(ms|[smhdwy])\s*\]", self._next())
            assert found is not None  # noqa: S101  # the token is of that form
            return Selector(tuple(matchers), int(found[1]) * _UNITS[found[2]])
        return Selector(tuple(matchers))

    def _kind(self) -> str:
        return self._tokens[self._place][0] if self._place < len(self._tokens) else ""

    def _peek(self, ahead: int = 0) -> str:
        place = self._place + ahead
        return self._tokens[place][1] if place < len(self._tokens) else ""

    def _next(self) -> str:
        if self._place >= len(self._tokens):
            raise BadQuery(f"unexpected end of {self._query}")
        self._place += 1
        return self._tokens[self._place - 1][1]

    def _take(self, text: str) -> bool:
        found = self._peek() == text
        self._place += found
        return found

    def _want(self, text: str) -> None:
        if not self._take(text):
            raise BadQuery(f'"{text}" is missing in {self._query}')


def _tokens(query: str) -> Iterable[tuple[str, str]]:
    place, query = 0, query.rstrip()
    while place < len(query):
        found = _TOKEN.match(query, place)
        if found is None:
            raise BadQuery(f"unexpected character at {place} in {query}")
        yield str(found.lastgroup), str(found[found.lastgroup or 0])
        place = found.end()


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text[1:-1])

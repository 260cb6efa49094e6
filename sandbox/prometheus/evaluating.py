"""What PromQL's operators, aggregations and functions make of series, as functions of a moment.

It must not know how a query is written (`sandbox.prometheus.promql`), nor where samples come from: `Data` has them.
"""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

Labels = tuple[tuple[str, str], ...]
Vector = dict[Labels, float]
Samples = list[tuple[float, float]]
Matrix = dict[Labels, Samples]

COMPARES: Final[dict[str, Callable[[float, float], bool]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_SUMS: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
    "/": lambda one, other: one / other if other else math.nan if not one else math.copysign(math.inf, one),
}  # fmt: skip
AGGREGATES: Final[dict[str, Callable[[list[float]], float]]] = {
    "sum": math.fsum, "min": min, "max": max, "count": len, "group": lambda _: 1.0,
    "avg": lambda values: math.fsum(values) / len(values),
}  # fmt: skip
_OVER_TIME: Final[dict[str, Callable[[Samples], float]]] = {
    "last_over_time": lambda points: points[-1][1],
    "avg_over_time": lambda points: math.fsum(value for _, value in points) / len(points),
    "max_over_time": lambda points: max(value for _, value in points),
    "min_over_time": lambda points: min(value for _, value in points),
}


class BadQuery(ValueError):
    """A query that is not understood: the real one would say where it is wrong."""


@dataclass(frozen=True)
class Matcher:
    """One condition on a label."""

    label: str
    match: str
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether a series has it."""
        value = labels.get(self.label, "")
        found = bool(re.fullmatch(self.value, value)) if "~" in self.match else value == self.value
        return found != self.match.startswith("!")


@dataclass(frozen=True)
class Selector:
    """The series of a metric with such labels; `span_s`: their samples over so many seconds."""

    matchers: tuple[Matcher, ...]
    span_s: float | None = None

    def fits(self, labels: Labels) -> bool:
        """Whether a series is one of them."""
        have = dict(labels)
        return all(one.holds(have) for one in self.matchers)


class Data(Protocol):
    """Where samples come from; moments are unix seconds."""

    def instant(self, selector: Selector, at: float) -> Vector:
        """The newest value of every series."""
        ...

    def window(self, selector: Selector, at: float) -> Matrix:
        """The raw samples of the selector's span before a moment, as they are handed out."""
        ...

    def stretch(self, selector: Selector, at: float) -> Matrix:
        """The same for a function that works on them."""
        ...

    def sampled_at(self, labels: Labels, at: float) -> float:
        """When the newest sample of a series was taken."""
        ...


Value = float | Vector
Node = Callable[[Data, float], Value]


def instant(selector: Selector) -> Node:
    """The newest value of every series of a selector."""
    return lambda data, at: data.instant(selector, at)


def node(part: Selector | Node) -> Node:
    """Something to evaluate. Raises BadQuery for raw samples."""
    if not isinstance(part, Selector):
        return part
    if part.span_s is not None:
        raise BadQuery("expected an instant vector, got a range vector")
    return instant(part)


def nameless(labels: Labels) -> Labels:
    """Without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != "__name__")


def _only(labels: Labels, on: tuple[str, ...] | None) -> Labels:
    return nameless(labels) if on is None else tuple(pair for pair in labels if pair[0] in on)


def binary(sign: str, left: Node, right: Node, as_number: bool, on: tuple[str, ...] | None) -> Node:
    """Two operands with a sign between them."""
    if sign in ("and", "or", "unless"):
        return lambda data, at: _sets(sign, _vector(left(data, at)), _vector(right(data, at)), on)
    return lambda data, at: _numbers(sign, left(data, at), right(data, at), as_number, on)


def _vector(value: Value) -> Vector:
    if not isinstance(value, dict):
        raise BadQuery("set operators work on vectors, not on numbers")
    return value


def _sets(sign: str, left: Vector, right: Vector, on: tuple[str, ...] | None) -> Vector:
    there = {_only(labels, on) for labels in right}
    if sign == "or":
        mine = {_only(labels, on) for labels in left}
        return left | {labels: value for labels, value in right.items() if _only(labels, on) not in mine}
    return {
        labels: value for labels, value in left.items() if (_only(labels, on) in there) == (sign == "and")
    }


def _numbers(sign: str, left: Value, right: Value, as_number: bool, on: tuple[str, ...] | None) -> Value:
    if not isinstance(left, dict) and not isinstance(right, dict):
        return _SUMS[sign](left, right) if sign in _SUMS else float(COMPARES[sign](left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        others = {_only(labels, on): value for labels, value in right.items()}
        pairs = {
            labels: (value, others[_only(labels, on)])
            for labels, value in left.items()
            if _only(labels, on) in others
        }
    elif isinstance(left, dict):
        assert not isinstance(right, dict)  # noqa: S101  # the case above
        pairs = {labels: (value, right) for labels, value in left.items()}
    else:
        pairs = {labels: (left, value) for labels, value in _vector(right).items()}
    if sign in _SUMS:
        return {nameless(labels): _SUMS[sign](*pair) for labels, pair in pairs.items()}
    if as_number:
        return {nameless(labels): float(COMPARES[sign](*pair)) for labels, pair in pairs.items()}
    kept = 0 if isinstance(left, dict) else 1
    return {labels: pair[kept] for labels, pair in pairs.items() if COMPARES[sign](*pair)}


def aggregated(
    put_together: Callable[[list[float]], float], inside: Node, grouping: tuple[str, tuple[str, ...]]
) -> Node:
    """Series put together, by labels or without some."""
    how, names = grouping

    def key(labels: Labels) -> Labels:
        return tuple(pair for pair in nameless(labels) if (pair[0] in names) == (how == "by"))

    def value(data: Data, at: float) -> Value:
        groups: dict[Labels, list[float]] = {}
        for labels, number in _vector(inside(data, at)).items():
            groups.setdefault(key(labels), []).append(number)
        return {labels: float(put_together(numbers)) for labels, numbers in groups.items()}

    return value


def called(name: str, given: list[Selector | Node]) -> Node:
    """A function with its arguments. Raises BadQuery for one that is not known."""
    only = given[0] if given else None
    if name == "vector" and len(given) == 1:
        number = node(given[0])
        return lambda data, at: {(): _scalar(number(data, at))}
    if name == "timestamp" and isinstance(only, Selector):
        return lambda data, at: {nameless(one): data.sampled_at(one, at) for one in data.instant(only, at)}
    if name == "histogram_quantile" and len(given) == 2:
        q, buckets = node(given[0]), node(given[1])
        return lambda data, at: _quantiles(_scalar(q(data, at)), _vector(buckets(data, at)))
    if isinstance(only, Selector) and only.span_s is not None and len(given) == 1:
        if name in ("rate", "increase"):
            per_s = name == "rate"
            return lambda data, at: _grown(data.stretch(only, at), per_s)
        if name in _OVER_TIME:
            over, keep = _OVER_TIME[name], name == "last_over_time"
            return lambda data, at: {
                labels if keep else nameless(labels): over(points)
                for labels, points in data.stretch(only, at).items()
            }
    raise BadQuery(f'unknown function with name "{name}", or with these arguments')


def _scalar(value: Value) -> float:
    if isinstance(value, dict):
        raise BadQuery("expected a number, got a vector")
    return value


def _grown(found: Matrix, per_s: bool) -> Vector:
    """Without the extrapolation of the real one: the difference between the first sample and the last, resets included."""
    grown: Vector = {}
    for labels, points in found.items():
        if len(points) > 1:
            steps = itertools.pairwise(points)
            amount = math.fsum(
                after if after < before else after - before for (_, before), (_, after) in steps
            )
            grown[nameless(labels)] = amount / (points[-1][0] - points[0][0]) if per_s else amount
    return grown


def _quantiles(q: float, buckets: Vector) -> Vector:
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in buckets.items():
        edge = float(dict(labels).get("le", "nan").replace("+Inf", "inf"))
        rest = tuple(pair for pair in nameless(labels) if pair[0] != "le")
        groups.setdefault(rest, []).append((edge, count))
    return {labels: _quantile(q, sorted(found)) for labels, found in groups.items()}


def _quantile(q: float, buckets: list[tuple[float, float]]) -> float:
    """Linear within a bucket, as Prometheus' documentation of histogram_quantile says."""
    total = buckets[-1][1]
    if total == 0 or not math.isinf(buckets[-1][0]):
        return math.nan
    rank, below, lower = q * total, 0.0, 0.0
    for edge, count in buckets:
        if count >= rank:
            if math.isinf(edge):
                return lower
            return lower + (edge - lower) * ((rank - below) / (count - below) if count > below else 0.0)
        below, lower = count, edge
    return lower

"""One metric of one track out of a JSON answer: a JMESPath finds it, and what is no usable number is said to be none.

It must not know where the answer came from, nor limits, streaks or gates.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, Final

import jmespath  # type: ignore[import-untyped]  # the package ships no types

from bot.adapters.http_source import Answer
from bot.performing.comparing import SEARCH_FAILS
from bot.performing.ports import Track
from core.inputs import Reading
from core.plan.models import Metric

_INFINITE: Final = frozenset({"+Inf", "Inf", "inf", "+inf", "Infinity"})


class _Unreadable(Exception):
    """A value that is there and is none: why."""


def read(name: str, metric: Metric, track: Track, answer: Answer | str) -> Reading:
    """One metric of one track out of an answer, or out of the reason why there is none."""
    if isinstance(answer, str):
        return Reading(name, track, "failed", (), answer)
    if answer.status != 200:
        return Reading(name, track, "failed", (), f"The source answered {answer.status}.")
    if answer.json is None:
        return Reading(name, track, "failed", (), "The source answered something that is not JSON.")
    try:
        values = _values(metric, track, answer.json)
    except _Unreadable as problem:
        return Reading(name, track, "failed", (), str(problem))
    if values is None:
        return Reading(name, track, "no-data", (), "The answer holds no such value.")
    return Reading(name, track, "ok", values)


def _values(metric: Metric, track: Track, document: Any) -> tuple[float, ...] | None:
    if metric.ratio is not None:
        return _ratio(
            "bad" if metric.ratio.bad is not None else "good",
            _search(metric.ratio.part, track, document),
            _search(metric.ratio.total, track, document),
        )
    if metric.quantile is not None:
        return _buckets(_search(metric.quantile.buckets, track, document))
    found = _search(metric.gauge or metric.rate or "", track, document)
    return None if found is None else (_number(found),)


def _search(expression: str, track: Track, document: Any) -> Any:
    try:
        return jmespath.search(expression.replace("$track", track), document)
    except SEARCH_FAILS as problem:
        raise _Unreadable(
            f"The expression '{expression}' cannot be applied ({type(problem).__name__})."
        ) from None


def _ratio(which: str, part: Any, total: Any) -> tuple[float, ...] | None:
    if part is None or total is None:
        return None
    values = _number(part), _number(total)
    if values[0] > values[1]:
        raise _Unreadable(
            f"The answer counts more {which} requests ({values[0]:g}) than requests ({values[1]:g})."
        )
    return values


def _buckets(found: Any) -> tuple[float, ...] | None:
    """[[edge, count], ...] flattened; edges rise, counts never fall, the last edge is infinite."""
    if found is None or found == []:
        return None
    if not isinstance(found, list) or not all(isinstance(one, list) and len(one) == 2 for one in found):
        raise _Unreadable("The buckets are no list of [upper edge, count] pairs.")
    edges, counts = [_edge(one[0]) for one in found], [_number(one[1]) for one in found]
    if not _rises(edges, strictly=True) or edges[-1] != math.inf:
        raise _Unreadable("The buckets' edges must rise and end with +Inf.")
    if not _rises(counts, strictly=False):
        raise _Unreadable("The buckets' counts must be cumulative; these fall.")
    return tuple(value for pair in zip(edges, counts, strict=True) for value in pair)


def _rises(values: Sequence[float], *, strictly: bool) -> bool:
    pairs = itertools.pairwise(values)
    return all(low < high if strictly else low <= high for low, high in pairs)


def _edge(raw: Any) -> float:
    if isinstance(raw, str):
        if raw in _INFINITE:
            return math.inf
        try:
            return _number(float(raw))
        except ValueError:
            raise _Unreadable(f"The bucket edge '{raw[:40]}' is not a number.") from None
    return math.inf if raw == math.inf else _number(raw)


def _number(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise _Unreadable(f"The answer holds {type(raw).__name__} where a number should be.")
    try:
        value = float(raw)
    except OverflowError:
        raise _Unreadable("The answer holds a number that is too large.") from None
    if not math.isfinite(value):
        raise _Unreadable(f"The answer holds {value}, which is not a number.")
    if value < 0:
        raise _Unreadable(f"The answer holds the negative number {value:g}.")
    return value

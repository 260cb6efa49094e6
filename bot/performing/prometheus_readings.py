"""Columns of a Prometheus become readings: one for each moment of a look, each counted on from the one before.

A count that cannot go on from the last reading begins anew at zero: the window between them then says 'counter-reset', and
nothing is guessed. It must not know where columns come from, nor limits, streaks or gates.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.performing.ports import Wanted
from bot.performing.prometheus_columns import Column, Evaluated
from bot.performing.prometheus_look import Gap
from core.inputs import Reading
from core.plan.models import Metric

_SECONDS: Final = {"s": 1.0, "ms": 0.001}

Values = tuple[float, ...]
Step = Callable[[float, Reading | None], Values | Gap]


@dataclass(frozen=True)
class Chain:
    """The readings of one metric of one track at these moments (unix seconds), after `before`."""

    wanted: Wanted
    cuts: tuple[float, ...]
    before: Reading | None

    def ratio(self, part: Column, total: Column, absent: Gap | None) -> list[Reading]:
        """`absent`: why a part that is nowhere to be seen may not be taken for zero."""

        def step(until: float, before: Reading | None) -> Values | Gap:
            gap = total.missing(until) or (absent if part.empty else None)
            if gap is not None:
                return gap
            if _broken(total, before, until):
                return 0.0, 0.0
            since, old = _since(before), before.values if before is not None else (None, None)
            amounts = _part(part, until, old[0], since), total.amount(until, old[1], since)
            return _checked(self.wanted.metric, amounts, before)

        return self._along(step)

    def rate(self, count: Column) -> list[Reading]:
        """A counter that only grows."""

        def step(until: float, before: Reading | None) -> Values | Gap:
            gap = count.missing(until)
            if gap is not None:
                return gap
            if _broken(count, before, until):
                return (0.0,)
            amount = count.amount(until, before.values[0] if before is not None else None, _since(before))
            return amount if isinstance(amount, Gap) else (amount,)

        return self._along(step)

    def gauge(self, values: Evaluated) -> list[Reading]:
        """A value as it is."""

        def step(until: float, before: Reading | None) -> Values | Gap:
            value = values.value(until)
            return value if isinstance(value, Gap) else (value,)

        return self._along(step)

    def quantile(self, whole: Column) -> list[Reading]:
        """Every bucket a counter of its own; edges in the metric's unit."""
        edges = whole.edges()
        if isinstance(edges, Gap):
            return self.gaps(edges)

        def step(until: float, before: Reading | None) -> Values | Gap:
            gap = whole.missing(until)
            broken = _broken(whole, before, until)
            return gap if gap is not None else self._buckets(edges, broken, until, before)

        return self._along(step)

    def _buckets(
        self, edges: dict[float, Column], broken: bool, until: float, before: Reading | None
    ) -> Values | Gap:
        scale = _scale(self.wanted.metric)
        there = sorted(edge for edge, column in edges.items() if column.missing(until) is None)
        if not there or there[-1] != math.inf:
            return Gap("failed", "buckets-wrong", "+Inf")
        known = dict(zip(before.values[0::2], before.values[1::2], strict=True)) if before is not None else {}
        shown = [_edge(edge, scale) for edge in there]
        goes_on = before is not None and list(known) == shown
        counts: list[float] = []
        for edge, name in zip(there, shown, strict=True):
            if goes_on and broken:
                counts.append(0.0)
                continue
            amount = edges[edge].amount(
                until, known[name] if goes_on else None, _since(before) if goes_on else None
            )
            if isinstance(amount, Gap):
                return amount
            counts.append(amount)
        if any(later < earlier for earlier, later in itertools.pairwise(counts)):
            return Gap("failed", "buckets-wrong", "le")
        return tuple(value for pair in zip(shown, counts, strict=True) for value in pair)

    def _along(self, step: Step) -> list[Reading]:
        before, found = self.before, []
        for until in self.cuts:
            values = step(until, before)
            reading = self.gap(values) if isinstance(values, Gap) else self._good(values, until)
            found.append(reading)
            before = reading if reading.state == "ok" else before
        return found

    def _good(self, values: Values, until: float) -> Reading:
        return Reading(self.wanted.name, self.wanted.track, "ok", values, sampled_at=until)

    def gap(self, gap: Gap) -> Reading:
        """A reading that says why it has no value."""
        return Reading(self.wanted.name, self.wanted.track, gap.state, (), gap.detail)

    def gaps(self, gap: Gap) -> list[Reading]:
        """The same for every moment."""
        return [self.gap(gap) for _ in self.cuts]


def _since(before: Reading | None) -> float | None:
    return None if before is None else before.sampled_at


def _broken(column: Column, before: Reading | None, until: float) -> bool:
    """Whether the count cannot be carried on from the reading before."""
    return before is not None and not column.continues(before.sampled_at, until)


def _part(part: Column, until: float, before: float | None, since: float | None) -> float | Gap:
    """A part of a total that is there: what is not there has not happened (yet, or since)."""
    amount = part.amount(until, before, since)
    return 0.0 if isinstance(amount, Gap) and amount.code == "missing" else amount


def _checked(
    metric: Metric, amounts: tuple[float | Gap, float | Gap], before: Reading | None
) -> Values | Gap:
    part, total = amounts
    if isinstance(part, Gap):
        return part
    if isinstance(total, Gap):
        return total
    of_part, of_total = (
        (part, total) if before is None else (part - before.values[0], total - before.values[1])
    )
    counts_bad = metric.ratio is not None and metric.ratio.bad is not None
    if counts_bad and of_part > of_total >= 0:
        return Gap("failed", "part-exceeds-total", f"{of_part:g} > {of_total:g}")
    return part, total


def _scale(metric: Metric) -> float:
    """What one of the source's units is in the metric's."""
    if metric.unit not in _SECONDS or metric.quantile is None:
        return 1.0
    return _SECONDS[metric.quantile.edges or "s"] / _SECONDS[metric.unit]


def _edge(edge: float, scale: float) -> float:
    """In the metric's unit, without what binary fractions add: 0.035 s are 35 ms."""
    return edge if math.isinf(edge) else float(f"{edge * scale:.12g}")

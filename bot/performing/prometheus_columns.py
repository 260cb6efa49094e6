"""What a Prometheus said about one expression, as counts or values at the moments of a look.

A plain selector is counted from its raw samples, so that its counter never falls: restarts, new and vanished series are part
of the sum. Any other expression is taken as it is. It must not know where samples come from, nor what they are judged by.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.performing.prometheus_look import Gap
from core.counting import Labels, Series, grown, newest, reached, restarted_together

LONGEST_S: Final = 6 * 3600.0
"""Over more than this a count is not carried on: it begins anew."""
_NAMED: Final = 3


class Column(Protocol):
    """One expression over a look."""

    @property
    def empty(self) -> bool:
        """There is nothing at any moment."""
        ...

    def missing(self, until: float) -> Gap | None:
        """Why there is no value at a moment; None when there is one."""
        ...

    def amount(self, until: float, before: float | None, since: float | None) -> float | Gap:
        """The counter at a moment. `before`: what it was at `since`; None: nobody has counted yet."""
        ...

    def continues(self, since: float | None, until: float) -> bool:
        """Whether the count at `since` can be carried on."""
        ...

    def edges(self) -> dict[float, Column] | Gap:
        """The same for each bucket of a histogram, by upper edge as Prometheus has it."""
        ...


@dataclass(frozen=True)
class Counted:
    """A plain selector. `earlier`: what series that came back had reached before."""

    series: tuple[Series, ...]
    earlier: Mapping[Labels, float]
    lookback_s: float

    @property
    def empty(self) -> bool:
        """No sample at all."""
        return not self.series

    def missing(self, until: float) -> Gap | None:
        """Nothing was there, or nothing has come for too long."""
        at = newest(self.series, until)
        if at is None:
            return Gap("no-data", "missing")
        age = until - at
        return Gap("no-data", "stale", f"{age / 60:.0f} min") if age > self.lookback_s else None

    def amount(self, until: float, before: float | None, since: float | None) -> float | Gap:
        """Never less than before."""
        if any(not math.isfinite(value) or value < 0 for one in self.series for _, value in one.samples):
            return Gap("failed", "not-a-number", _named(self.series))
        if before is None or since is None:
            return reached(self.series, until)
        return before + grown(self.series, since, until, self.earlier)

    def continues(self, since: float | None, until: float) -> bool:
        """At least one series was there then and is in these samples: else nobody knows what lies between."""
        if since is None or until - since > LONGEST_S:
            return False
        return any(one.last(since) is not None for one in self.series)

    def edges(self) -> dict[float, Column] | Gap:
        """By `le`."""
        sorted_out = _by_edge(restarted_together(self.series, "le"))
        if isinstance(sorted_out, Gap):
            return sorted_out
        return {
            edge: Counted(tuple(several), self.earlier, self.lookback_s)
            for edge, several in sorted_out.items()
        }


@dataclass(frozen=True)
class Evaluated:
    """Any other expression, with its result at each moment."""

    results: Mapping[float, tuple[Series, ...]]

    @property
    def empty(self) -> bool:
        """No result at any moment."""
        return not any(self.results.values())

    def missing(self, until: float) -> Gap | None:
        """An expression without a result."""
        return None if self.results.get(until) else Gap("no-data", "missing")

    def amount(self, until: float, before: float | None, since: float | None) -> float | Gap:
        """The one value."""
        value = self.value(until)
        if not isinstance(value, Gap) and value < 0:
            return Gap("failed", "not-a-number", f"{value:g}")
        return value

    def value(self, until: float) -> float | Gap:
        """The one value, be it what it may."""
        result = self.results.get(until, ())
        if not result:
            return Gap("no-data", "missing")
        if len(result) > 1:
            return Gap("failed", "several-series", _named(result))
        value = result[0].samples[-1][1]
        return value if math.isfinite(value) else Gap("failed", "not-a-number", f"{value}")

    def continues(self, since: float | None, until: float) -> bool:
        """A counter as it is: its fall shows that it does not."""
        return True

    def edges(self) -> dict[float, Column] | Gap:
        """By `le`; one series an edge."""
        found: dict[float, dict[float, tuple[Series, ...]]] = {}
        for at, result in self.results.items():
            sorted_out = _by_edge(result)
            if isinstance(sorted_out, Gap):
                return sorted_out
            for edge, several in sorted_out.items():
                found.setdefault(edge, {})[at] = tuple(several)
        return {edge: Evaluated(results) for edge, results in found.items()}


def _by_edge(series: Iterable[Series]) -> dict[float, list[Series]] | Gap:
    found: dict[float, list[Series]] = {}
    for one in series:
        try:
            edge = float(one.label("le"))
        except ValueError:
            return Gap("failed", "buckets-wrong", "le")
        if math.isnan(edge) or edge < 0:
            return Gap("failed", "buckets-wrong", one.label("le"))
        found.setdefault(edge, []).append(one)
    return found


def _named(series: Sequence[Series]) -> str:
    """Some of several series, as people know them."""
    shown = [
        "{" + ",".join(f'{name}="{value}"' for name, value in one.labels if name != "__name__") + "}"
        for one in series[:_NAMED]
    ]
    more = f" +{len(series) - _NAMED}" if len(series) > _NAMED else ""
    return f"{' '.join(shown)}{more}"

"""What a plan reads from a Prometheus: metrics now and as they were, for both tracks at the same moments.

Counters that are plain selectors are counted on from the reading before (`prometheus_readings`); everything else is taken as
it is. It must not know limits, streaks or gates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.adapters import prometheus_faults as faults
from bot.adapters.entrance import Trust
from bot.adapters.prometheus import open_source
from bot.adapters.templates import Values
from bot.errors import GaveUp
from bot.performing import prometheus_triage as triage
from bot.performing.ports import Wanted
from bot.performing.prometheus_columns import LONGEST_S, Column, Counted, Evaluated
from bot.performing.prometheus_look import Gap, Look, Unanswered
from bot.performing.prometheus_readings import Chain
from bot.performing.stretching import in_real_time
from bot.performing.work import Work
from bot.secrets import Secrets
from core.counting import Series
from core.effects import STRETCH, Backfill, Measure
from core.inputs import Reading
from core.plan.prometheus import PrometheusSource
from core.plan.promql import Unreadable, fill
from core.plan.selectors import Selector, plain, selectors
from core.previous import previous

FIRST_WINDOW_S: Final = 300
"""`$window` where there was no reading before."""
WINDOW_S: Final = (60, 3600)
"""`$window` is never shorter or longer than this: a rate needs a few scrapes, and one of hours says nothing about now."""


@dataclass(frozen=True)
class _Expressions:
    """A metric's queries, filled in: what is counted of it, and of what."""

    part: str
    total: str = ""

    @property
    def counted(self) -> bool:
        """Whether all of them are plain selectors, which can be counted from their samples."""
        return all(plain(query) is not None for query in (self.part, self.total) if query)


class OverPrometheus:
    """`Measures` for `prometheus:`."""

    def __init__(self, secrets: Secrets, trust: Trust) -> None:
        self._secrets = secrets
        self._trust = trust

    async def read(self, work: Work, wanted: Sequence[Wanted]) -> list[Reading]:
        """Every metric of both tracks as of one moment a source."""
        found = await self._readings(work, wanted, [work.clock()], ask_why=True)
        return found[0]

    async def history(
        self, work: Work, wanted: Sequence[Wanted], moments: Sequence[datetime]
    ) -> list[list[Reading]] | None:
        """What `read` would have answered at each of these moments of real time, counted on from one to the next."""
        ordered = sorted(set(moments))
        found = await self._readings(work, wanted, ordered, ask_why=False) if ordered else []
        by_moment = dict(zip(ordered, found, strict=True))
        return [by_moment[moment] for moment in moments]

    async def _readings(
        self, work: Work, wanted: Sequence[Wanted], moments: Sequence[datetime], *, ask_why: bool
    ) -> list[list[Reading]]:
        names = dict.fromkeys(one.metric.source for one in wanted)
        came = await asyncio.gather(
            *(
                self._of_source(work, name, [w for w in wanted if w.metric.source == name], moments, ask_why)
                for name in names
            )
        )
        found: dict[tuple[str, str], list[Reading]] = {
            (series[0].metric, series[0].track): series for part in came for series in part
        }
        return [[found[one.name, one.track][place] for one in wanted] for place in range(len(moments))]

    async def _of_source(
        self, work: Work, name: str, wanted: Sequence[Wanted], moments: Sequence[datetime], ask_why: bool
    ) -> list[list[Reading]]:
        """For each wanted its readings, one a moment."""
        source = work.plan.sources[name].prometheus
        try:
            asked = await open_source(work.plan, name, self._secrets, self._trust)
        except GaveUp as problem:
            gap = Gap("failed", problem.code or faults.WRONG, problem.reason)
            return [Chain(one, tuple(0.0 for _ in moments), None).gaps(gap) for one in wanted]
        assert source is not None  # noqa: S101  # it was just opened
        cuts = [round(moment.timestamp() - source.settle.total_seconds(), 3) for moment in moments]
        look = Look(asked, cuts, source.lookback.total_seconds())
        try:
            return list(
                await asyncio.gather(*(self._one(work, look, source, one, ask_why) for one in wanted))
            )
        finally:
            await look.end()

    async def _one(
        self, work: Work, look: Look, source: PrometheusSource, one: Wanted, ask_why: bool
    ) -> list[Reading]:
        chain = Chain(one, look.cuts, _before(work, one))
        try:
            return await _Metric(look, source, chain, {**work.inputs, "track": one.track}, ask_why).readings()
        except Unanswered as unanswered:
            about = self._secrets.redact(unanswered.gap.about, work.plan)
            return chain.gaps(Gap(unanswered.gap.state, unanswered.gap.code, about))
        except Unreadable as wrong:
            return chain.gaps(Gap("failed", faults.QUERY, str(wrong)))


@dataclass(frozen=True)
class _Metric:
    """One metric of one track in a look."""

    look: Look
    source: PrometheusSource
    chain: Chain
    values: Values
    ask_why: bool

    async def readings(self) -> list[Reading]:
        """One a moment. Raises Unanswered or Unreadable."""
        metric = self.chain.wanted.metric
        if metric.ratio is not None:
            return await self._ratio(
                _Expressions(self._fill(metric.ratio.part), self._fill(metric.ratio.total))
            )
        if metric.gauge is not None:
            return await self._gauge(metric.gauge)
        query = self._fill(
            metric.rate if metric.rate is not None else metric.quantile.buckets if metric.quantile else ""
        )
        column = await self._column(query, _Expressions(query).counted)
        found = self.chain.rate(column) if metric.rate is not None else self.chain.quantile(column)
        return await self._explained(found, query)

    async def _ratio(self, queries: _Expressions) -> list[Reading]:
        part, total = await asyncio.gather(
            self._column(queries.part, queries.counted, several=not queries.counted),
            self._column(queries.total, queries.counted, several=not queries.counted),
        )
        absent = None
        if part.empty and not total.empty and not self._seen_before():
            series = total.series if isinstance(total, Counted) else ()
            absent = await triage.absent(self.look, selectors(queries.part), series)
        return await self._explained(self.chain.ratio(part, total, absent), queries.total)

    def _seen_before(self) -> bool:
        before = self.chain.before
        return before is not None and before.values[0] > 0

    async def _gauge(self, template: str) -> list[Reading]:
        query = self._fill(template)
        found = self.chain.gauge(Evaluated(await self._results(query)))
        selector = plain(query)
        if selector is not None and self.source.lookback.total_seconds() < 300:
            found = await self._fresh(selector, found)
        return await self._explained(found, query)

    async def _fresh(self, selector: Selector, found: list[Reading]) -> list[Reading]:
        """Without samples that are older than the plan allows, although Prometheus still shows them."""
        ages = Evaluated(await self._results(f"timestamp({selector})"))
        fresh = []
        for reading, at in zip(found, self.look.cuts, strict=True):
            sampled = ages.value(at)
            age = at - sampled if not isinstance(sampled, Gap) else 0.0
            stale = age > self.look.lookback_s
            fresh.append(self.chain.gap(Gap("no-data", "stale", f"{age / 60:.0f} min")) if stale else reading)
        return fresh

    async def _column(self, query: str, counted: bool, *, several: bool = False) -> Column:
        """`several`: a plain selector beside an expression stands for the sum of its series."""
        selector = plain(query)
        if selector is None or not counted:
            return Evaluated(
                await self._results(f"sum({selector})" if selector is not None and several else query)
            )
        before = self.chain.before
        since = before.sampled_at if before is not None else None
        if since is not None and self.look.cuts[0] - since > LONGEST_S:
            since = None
        series = await self.look.samples(selector, since)
        new = since is not None and any(one.last(since) is None and one.samples for one in series)
        earlier = await self.look.earlier(selector, since) if new and since is not None else {}
        return Counted(series, earlier, self.look.lookback_s)

    async def _results(self, query: str) -> Mapping[float, tuple[Series, ...]]:
        results = await self.look.values(query)
        return dict(zip(self.look.cuts, results, strict=True))

    async def _explained(self, found: list[Reading], query: str) -> list[Reading]:
        """With the reason why, where a series is missing or has stopped."""
        codes = {reading.detail.partition(":")[0] for reading in found} & {"missing", "stale"}
        if not self.ask_why or not codes:
            return found
        reason = await triage.why(self.look, selectors(query), stopped="stale" in codes)
        if reason is None:
            return found
        explained = self.chain.gap(reason)
        return [explained if reading.state == "no-data" else reading for reading in found]

    def _fill(self, template: str) -> str:
        return fill(template, self.values, self._window_s())

    def _window_s(self) -> int:
        """The time since the reading before, within reason."""
        before = self.chain.before
        if before is None or before.sampled_at is None:
            return FIRST_WINDOW_S
        shortest, longest = WINDOW_S
        return round(min(max(self.look.cuts[0] - before.sampled_at, shortest), longest))


def _before(work: Work, one: Wanted) -> Reading | None:
    """The reading this one is counted on from; None where a stretch of the past is read for itself."""
    match work.effect:
        case Measure() | Backfill() if not work.effect.ref.startswith(STRETCH):
            known = previous(work.deployment, work.effect.ref, one.name, one.track)
        case _:
            known = None
    return None if known is None else in_real_time(work, known)

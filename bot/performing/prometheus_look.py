"""One look at a Prometheus: the moments it is about, the questions it asks (each once, a few at a time), and what is in the
way of an answer. When the server is away the look does not wait for it again and again.

It must not know metrics, tracks or gates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.adapters import prometheus_faults as faults
from bot.adapters.prometheus import Answered, Prometheus
from bot.errors import GaveUp, TryLater
from core.counting import Labels, Series, joined
from core.plan.selectors import Selector

AT_ONCE: Final = 4
STRETCH_S: Final = 3_600.0
"""Raw samples are asked for so much time at once, so that an answer stays small."""
SLOW_ENOUGH: Final = 2
"""After so many questions that were not answered in time the rest of the look is not asked."""
SIDE_QUESTIONS: Final = 12
"""So many questions about why something is missing, in one look."""
PAST: Final = "1d"
"""How far back a series is looked for that is not there now."""


@dataclass(frozen=True)
class Gap:
    """Why there is no value: a code of `commands.texts` and what it is about."""

    state: Literal["no-data", "failed"]
    code: str
    about: str = ""

    @property
    def detail(self) -> str:
        """As a reading has it."""
        return f"{self.code}: {self.about}" if self.about else self.code


class Unanswered(Exception):
    """A question without a usable answer."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap.detail)
        self.gap = gap


class Look:
    """`cuts`: the moments (unix seconds, rising) at which values are wanted; all that is read in one look is of these moments."""

    def __init__(self, source: Prometheus, cuts: Sequence[float], lookback_s: float) -> None:
        self.source = source
        self.cuts = tuple(cuts)
        self.lookback_s = lookback_s
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._asked: dict[tuple[object, ...], asyncio.Future[Any]] = {}
        self._away: Gap | None = None
        self._slow = 0
        self._side = 0

    async def end(self) -> None:
        """Nothing of it is needed any more: what is still being asked is let go."""
        for asked in self._asked.values():
            asked.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        self.source.close()

    # ------------------------------------------------------------------------------------------------------ values

    async def value(self, query: str, at: float) -> tuple[Series, ...]:
        """A query at one moment. Raises Unanswered."""
        return await self._query(("value", query, at), lambda: self.source.query(query, at))

    async def values(self, query: str) -> list[tuple[Series, ...]]:
        """A query at every moment of the look. Raises Unanswered."""
        step = _step(self.cuts)
        if step is None:
            return list(await asyncio.gather(*(self.value(query, at) for at in self.cuts)))
        start, end = self.cuts[0], self.cuts[-1]
        whole = await self._query(("range", query), lambda: self.source.query_range(query, start, end, step))
        return [_at(whole, at, step) for at in self.cuts]

    async def samples(self, selector: Selector, since: float | None) -> tuple[Series, ...]:
        """The raw samples of a selector's series: from before `since` (or before the first moment) to the last. Raises Unanswered."""
        start = (self.cuts[0] if since is None else min(since, self.cuts[0])) - self.lookback_s
        ends, spans = [], []
        end = self.cuts[-1]
        while end > start:
            span = min(end - start, STRETCH_S)
            ends.append(end)
            spans.append(span)
            end -= span
        queries = [f"{selector}[{int(span * 1000) + 1}ms]" for span in spans]
        return joined(
            await asyncio.gather(*(self.value(query, at) for query, at in zip(queries, ends, strict=True)))
        )

    async def earlier(self, selector: Selector, at: float) -> dict[Labels, float]:
        """The last value of every series of the past day, as of a moment, by its labels. Raises Unanswered."""
        found = await self.value(f"last_over_time({selector}[{PAST}])", at)
        return {one.labels: one.samples[-1][1] for one in found}

    # ------------------------------------------------------------------------------------------------------ side questions

    async def aside(self, query: str) -> tuple[Series, ...]:
        """A question about why something is missing, at the last moment. Raises Unanswered, also when there were enough."""
        key = ("value", query, self.cuts[-1])
        self._one_more(key)
        return await self.value(query, self.cuts[-1])

    async def metric_names(self) -> tuple[str, ...]:
        """Every metric the server knows. Raises Unanswered."""
        found: tuple[str, ...] = await self._aside(("names",), self.source.metric_names)
        return found

    async def label_names(self, metric: str) -> tuple[str, ...]:
        """The labels of a metric's series. Raises Unanswered."""
        found: tuple[str, ...] = await self._aside(
            ("labels", metric), lambda: self.source.label_names(metric)
        )
        return found

    async def described(self, metric: str) -> bool:
        """Whether a target says that it has such a metric. Raises Unanswered."""
        return bool(await self._aside(("described", metric), lambda: self.source.described(metric)))

    async def _aside(self, key: tuple[object, ...], question: Callable[[], Awaitable[Any]]) -> Any:
        self._one_more(key)
        return await self._once(key, question)

    def _one_more(self, key: tuple[object, ...]) -> None:
        if key in self._asked:
            return
        self._side += 1
        if self._side > SIDE_QUESTIONS:
            raise Unanswered(Gap("no-data", "missing"))

    # ------------------------------------------------------------------------------------------------------ one question

    async def _query(
        self, key: tuple[object, ...], question: Callable[[], Awaitable[Answered]]
    ) -> tuple[Series, ...]:
        answered: Answered = await self._once(key, question)
        if answered.warnings:
            # An answer that says itself that it is not whole must not be taken for good news.
            raise Unanswered(Gap("failed", faults.PARTIAL, "; ".join(answered.warnings)[:200]))
        return answered.series

    async def _once(self, key: tuple[object, ...], question: Callable[[], Awaitable[Any]]) -> Any:
        """Every question once a look, however many metrics need its answer."""
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(self._ask(question))
        return await asyncio.shield(self._asked[key])

    async def _ask(self, question: Callable[[], Awaitable[Any]]) -> Any:
        async with self._turns:
            if self._away is not None:
                raise Unanswered(self._away)
            try:
                return await question()
            except (TryLater, GaveUp) as problem:
                gap = self._gap(problem)
                if gap.code in (faults.DOWN, faults.REFUSED, faults.WRONG) or self._slow >= SLOW_ENOUGH:
                    self._away = gap
                raise Unanswered(gap) from None

    def _gap(self, problem: TryLater | GaveUp) -> Gap:
        self._slow += problem.code == faults.SLOW
        return gap_of(problem, self.source.name)


def gap_of(problem: TryLater | GaveUp, source: str) -> Gap:
    """A source that did not answer, as a reason."""
    named = problem.code in (faults.DOWN, faults.SLOW, faults.REFUSED)
    return Gap("failed", problem.code or faults.FAILING, source if named else problem.reason)


def _step(cuts: Sequence[float]) -> float | None:
    """The even distance between moments; None for a single one, or when it is not even."""
    if len(cuts) < 2:
        return None
    step = round((cuts[-1] - cuts[0]) / (len(cuts) - 1), 3)
    even = all(abs(cuts[0] + place * step - at) < 0.005 for place, at in enumerate(cuts))
    return step if even and step > 0 else None


def _at(whole: tuple[Series, ...], at: float, step: float) -> tuple[Series, ...]:
    """The series that have a value at one of a range's moments, with that value."""
    found = []
    for one in whole:
        points = tuple(point for point in one.samples if abs(point[0] - at) < min(step / 2, 0.01))
        if points:
            found.append(Series(one.labels, points))
    return tuple(found)

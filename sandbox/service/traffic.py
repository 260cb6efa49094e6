"""The traffic of the two tracks as a pure function of a seed, what was switched when, and plan time.

Each class of arrivals (track, outcome, latency bucket) is its own Poisson process: thinning a Poisson stream gives
independent ones, so the counters of a track always agree with each other. Time is counted in whole milliseconds since
the beginning. It must not know HTTP, the clock or why something was switched.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final

from sandbox.dice import Dice
from sandbox.service.arrivals import UnitPoisson
from sandbox.service.faults import TRACKS, Track, TrackFaults
from sandbox.service.latency import ANSWER, LABELS_MS, RECOMMENDATION, REFUSED, TYPICAL_MS

_BUCKETS: Final = len(LABELS_MS)
_STREAMS: Final = (
    "ok",
    "error",
    "recommendation",
)  # a recommendation is an inner call, on average one a request
_DAY_S: Final = 86_400.0
_HOUR_S: Final = 3_600.0
_SWING: Final = 0.15  # the busiest hour has 15 % more than the mean, the calmest 15 % less
_MEAN_AT_S: Final = 9 * _HOUR_S  # rising through the mean at 09:00 UTC: busiest at 15:00, calmest at 03:00
_TURN: Final = 2 * math.pi / _DAY_S
_MEMORY: Final[dict[Track, tuple[float, float]]] = {
    "control": (60.0, 4.0),
    "canary": (61.0, 3.0),
}  # %, sawtooth hours
_SAWTOOTH: Final = 2.0  # points that garbage gathers before it is collected
_CPU: Final[dict[Track, float]] = {"control": 42.0, "canary": 40.0}
_IDLE_CPU: Final = 4.0
_PODS: Final[dict[Track, int]] = {"control": 4, "canary": 2}


@dataclass(frozen=True, slots=True)
class Lane:
    """One track within one segment. `rates`: arrivals expected per expected request of the whole service, by class."""

    share: float
    faults: TrackFaults
    rates: tuple[float, ...]
    reached: tuple[float, ...]  # arrivals expected before the segment, by class
    leaked: float  # points of memory before the segment


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of plan time in which nothing was switched."""

    start_ms: int
    lanes: dict[Track, Lane]


@dataclass(frozen=True, slots=True)
class TrackReading:
    """Counters since the beginning and gauges of one track. Histograms are cumulative, in the order of LABELS_MS."""

    requests: int
    errors: int
    latency_buckets: tuple[int, ...]
    latency_sum_ms: float
    recommendation_buckets: tuple[int, ...]
    recommendation_sum_ms: float
    memory_percent: float
    cpu_percent: float
    pods_ready: int
    pods_wanted: int


class Traffic:
    """What has arrived where. `per_5min`: requests of both tracks in 5 minutes of plan time, on a day's average. `slowness`: how
    many times the usual time a healthy answer takes."""

    def __init__(
        self, seed: int, begin: datetime, per_5min: float, error_rate: float, slowness: float = 1.0
    ) -> None:
        if not 12 <= per_5min <= 120_000:
            raise ValueError(f"per_5min must be from 12 to 120000 requests, not {per_5min}")
        if not 0 <= error_rate <= 1:
            raise ValueError(f"error_rate must be from 0 to 1, not {error_rate}")
        if not 0.05 <= slowness <= 20:
            raise ValueError(f"slowness must be from 0.05 to 20, not {slowness}")
        if begin.tzinfo is None:
            raise ValueError("the service needs a plan time with a time zone")
        self._begin = begin
        self._begin_s = begin.timestamp()
        self._per_second = per_5min / 300
        self._error_rate = error_rate
        self._slowness = slowness
        self._segments: list[Segment] = []
        self._processes: dict[Track, tuple[UnitPoisson, ...]] = {
            track: tuple(
                UnitPoisson(seed, f"{track}/{stream}/{label}") for stream in _STREAMS for label in LABELS_MS
            )
            for track in TRACKS
        }
        self._wiggles = {track: Dice(seed, f"{track}/gauges") for track in TRACKS}

    def switch(self, at: datetime, canary_share: float, faults: dict[Track, TrackFaults]) -> None:
        """From `at` on the canary gets this share (0..1) and these faults hold. A moment before the last counts as it."""
        last = self._segments[-1] if self._segments else None
        start_ms = max(self._elapsed_ms(at), last.start_ms if last else 0)
        lanes: dict[Track, Lane] = {}
        shares: dict[Track, float] = {"control": 1 - canary_share, "canary": canary_share}
        for track, share in shares.items():
            reached, leaked = self._carried(last, track, start_ms)
            rates = self._rates(track, share, faults[track])
            leaks = (
                share > 0 and faults[track].memory_growth != 0
            )  # else its pods were replaced: a fresh memory
            lanes[track] = Lane(share, faults[track], rates, reached, leaked if leaks else 0.0)
        segment = Segment(start_ms, lanes)
        if last is not None and last.start_ms == start_ms:
            self._segments[-1] = segment
        else:
            self._segments.append(segment)

    def read(self, at: datetime) -> dict[Track, TrackReading]:
        """Both tracks at a moment of plan time; a moment before the beginning reads as the beginning."""
        now_ms = self._elapsed_ms(at)
        place = bisect_right(self._segments, now_ms, key=lambda segment: segment.start_ms) - 1
        segment = self._segments[max(place, 0)]
        return {track: self._track(track, segment, now_ms) for track in TRACKS}

    def _track(self, track: Track, segment: Segment, now_ms: int) -> TrackReading:
        lane = segment.lanes[track]
        passed = self._expected(segment.start_ms, now_ms)
        counts = [
            process.count(reached + rate * passed)
            for process, reached, rate in zip(self._processes[track], lane.reached, lane.rates, strict=True)
        ]
        ok, bad, inner = (counts[at : at + _BUCKETS] for at in range(0, 3 * _BUCKETS, _BUCKETS))
        both = [one + other for one, other in zip(ok, bad, strict=True)]
        wanted = _PODS[track]
        ready = wanted if lane.faults.pods_ready is None else min(wanted, lane.faults.pods_ready)
        return TrackReading(
            requests=sum(both),
            errors=sum(bad),
            latency_buckets=tuple(accumulate(both)),
            latency_sum_ms=_sum_ms(both),
            recommendation_buckets=tuple(accumulate(inner)),
            recommendation_sum_ms=_sum_ms(inner),
            memory_percent=self._memory(track, segment, now_ms),
            cpu_percent=self._cpu(track, lane, now_ms),
            pods_ready=0 if lane.faults.down else ready,
            pods_wanted=wanted,
        )

    def _carried(self, last: Segment | None, track: Track, until_ms: int) -> tuple[tuple[float, ...], float]:
        """What this track had reached, by class, and leaked by then."""
        if last is None:
            return (0.0,) * (len(_STREAMS) * _BUCKETS), 0.0
        lane = last.lanes[track]
        passed = self._expected(last.start_ms, until_ms)
        reached = tuple(before + rate * passed for before, rate in zip(lane.reached, lane.rates, strict=True))
        return reached, _leak(lane, last.start_ms, until_ms)

    def _rates(self, track: Track, share: float, faults: TrackFaults) -> tuple[float, ...]:
        errors = self._error_rate if faults.errors is None else faults.errors
        answer = REFUSED if faults.down else ANSWER[track].slower(self._slowness * faults.latency)
        inner = RECOMMENDATION[track].slower(self._slowness * faults.latency)
        if faults.down:
            errors = 1.0
        answers = answer.shares()
        return (
            *(share * (1 - errors) * part for part in answers),
            *(share * errors * part for part in answers),
            *(0.0 if faults.down else share * part for part in inner.shares()),
        )

    def _elapsed_ms(self, at: datetime) -> int:
        # Whole milliseconds: sums of floats then only grow with time, and so do the counters.
        return max(0, int((at - self._begin).total_seconds() * 1000))

    def _expected(self, start_ms: int, end_ms: int) -> float:
        """Requests of both tracks expected between two moments: the rate's integral over a mild daily wave."""
        start, end = start_ms / 1000, end_ms / 1000
        wave = (math.cos(self._angle(start)) - math.cos(self._angle(end))) / _TURN
        return max(0.0, self._per_second * (end - start + _SWING * wave))

    def _angle(self, elapsed_s: float) -> float:
        return _TURN * ((self._begin_s + elapsed_s - _MEAN_AT_S) % _DAY_S)

    def _memory(self, track: Track, segment: Segment, now_ms: int) -> float:
        middle, period_h = _MEMORY[track]
        saw = (now_ms / 1000 / _HOUR_S / period_h) % 1.0 - 0.5
        wiggle = 0.2 * (self._wiggles[track].uniform(now_ms // 60_000) - 0.5)
        value = middle + _SAWTOOTH * saw + wiggle + _leak(segment.lanes[track], segment.start_ms, now_ms)
        return round(min(max(value, 1.0), 99.5), 2)

    def _cpu(self, track: Track, lane: Lane, now_ms: int) -> float:
        wiggle = 3.0 * (self._wiggles[track].uniform((1 << 64) | (now_ms // 60_000)) - 0.5)
        load = 1 + _SWING * math.sin(self._angle(now_ms / 1000))
        strain = 1 + 0.4 * max(0.0, lane.faults.latency - 1)  # slow answers hold their workers
        busy = _CPU[track] * load * strain if lane.share > 0 and not lane.faults.down else _IDLE_CPU
        return round(min(max(busy + wiggle, 0.5), 99.0), 2)


def _leak(lane: Lane, start_ms: int, now_ms: int) -> float:
    hours = max(0, now_ms - start_ms) / 1000 / _HOUR_S
    return lane.leaked + (lane.faults.memory_growth * hours if lane.share > 0 else 0.0)


def _sum_ms(counts: list[int]) -> float:
    return round(sum(count * typical for count, typical in zip(counts, TYPICAL_MS, strict=True)), 1)

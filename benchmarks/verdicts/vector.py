"""The evidence of `core.verdict` for many deployments at once: the same arithmetic on arrays, so that rare events can be counted.

It is only believed because every cell plays some of its deployments through the engine as well and compares (`cells`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.verdicts.world import STAGES_MIN, Array, Counts
from core.verdict.bets import EXACT_COUNT, EXACT_SHARE, MOST, _hypergeometric, _log_moment, spread
from core.verdict.dispersion import MOST_A_PAIR
from core.verdict.latency import tilts
from core.verdict.setup import Prepared

Flags = NDArray[np.bool_]


@dataclass
class Bets:
    """Capital of one e-process in every deployment: (deployments, bets)."""

    capital: Array
    put: Array

    @classmethod
    def fresh(cls, deployments: int, bets: int) -> Bets:
        return cls(np.zeros((deployments, bets)), np.zeros(deployments))

    def play(self, factors: Array, put: float, where: Flags) -> None:
        """Where there is data, the window's factors."""
        played = np.minimum((self.capital + (put - self.put)[:, None]) * factors, MOST)
        self.capital = np.where(where[:, None], played, self.capital)
        self.put = np.where(where, put, self.put)

    @property
    def evidence(self) -> Array:
        return np.asarray(self.capital.mean(axis=1) + 1.0 - self.put)


def comparison(x: Array, n: Array, y: Array, m: Array, tilts: Array, cap: float, phi: Array) -> Array:
    """Factors, shape of tilts (deployments, bets); counts have shape (deployments, 1)."""
    every, bad = n + m, x + y
    share = np.divide(n, every, out=np.zeros_like(n), where=every > 0)
    rate = np.divide(bad, every, out=np.zeros_like(n), where=every > 0)
    more = tilts - 1.0
    bound = np.minimum(bad * np.log1p(share * more), n * np.log1p(rate * more))
    for row in np.flatnonzero((share >= EXACT_SHARE) & (n <= EXACT_COUNT) & (bad > 0)):
        pmf = _hypergeometric(float(n[row, 0]), float(m[row, 0]), float(bad[row, 0]))
        if pmf is not None:
            bound[row] = np.minimum(bound[row], [_log_moment(pmf, float(tilt)) for tilt in tilts[row]])
    factor = np.exp(np.minimum((x * np.log(tilts) - bound) / phi, cap))
    return np.asarray(np.where((n > 0) & (m > 0), factor, 1.0))


@dataclass
class Metric:
    """One metric in all deployments."""

    one: Prepared
    against: Bets
    absolute: Bets
    ref_bad: Array
    ref_total: Array
    heat: Array
    incident: Flags
    seen: Array
    seen_total: Array
    phi: Array
    before: tuple[Array, Array]
    scatter: tuple[Array, Array, Array, Array]
    known: bool
    credit: Array | None = None

    @classmethod
    def fresh(cls, one: Prepared, deployments: int, cuts: int, phi: Array | None) -> Metric:
        settings = one.settings
        bets = (
            len(settings.latency_odds) * cuts
            if one.metric.kind == "latency"
            else len(settings.ratios) + len(settings.points)
        )
        zero = np.zeros(deployments)
        return cls(
            one, Bets.fresh(deployments, bets), Bets.fresh(deployments, len(one.slopes)), zero, zero, zero,
            np.zeros(deployments, dtype=bool), np.zeros((deployments, cuts)), zero,
            np.full(deployments, one.metric.phi or 1.0) if phi is None else phi, (zero, zero), (zero, zero, zero, zero),
            one.metric.phi is not None or phi is not None,
        )  # fmt: skip

    def look(
        self,
        n: Array,
        m: Array,
        bad: Array,
        control_bad: Array,
        judged: int,
        gap: Flags,
        put: float,
        seconds: float,
    ) -> Flags:
        """One window of all deployments; bad of shape (deployments, cuts). Whether each is accused now."""
        one = self.one
        data = n > 0
        both = data & (m > 0) & ~gap
        phi = self._phi(np.where(both, m, 0.0))[:, None]
        plain = self._phi(np.zeros(len(m)))
        x, y = bad[:, judged], control_bad[:, judged]
        if one.metric.kind == "latency":
            factors = self._slower(n, m, bad, control_bad, phi)
        else:
            factors = [self._compared(n, m, x, y, both, phi)]
        self.against.play(np.concatenate(factors, axis=1), put, both)
        self.seen = self.seen + np.where(both[:, None], control_bad, 0.0)
        self.seen_total = self.seen_total + np.where(both, m, 0.0)
        was = self.incident
        self._history(np.where(both, y, 0.0), np.where(both, m, 0.0), data, seconds, plain)
        self._scatter(np.where(both, y, 0.0), np.where(both, m, 0.0), data & ~was & ~self.incident, data)
        if one.slopes:
            slopes = np.array(one.slopes)
            logs = (x[:, None] * slopes[None, :, 0] + (n - x)[:, None] * slopes[None, :, 1]) / phi
            self.absolute.play(np.exp(np.minimum(logs, one.cap)), put, data & ~self.incident)
        against = self.against.evidence
        hit = against >= one.odds.comparison
        if one.slopes:
            hit |= (self.absolute.evidence >= one.odds.absolute) & (against >= one.blame)
        return np.asarray(hit)

    def _slower(self, n: Array, m: Array, bad: Array, control_bad: Array, phi: Array) -> list[Array]:
        """Latency against control, cut by cut."""
        cap = self.one.cap
        return [
            comparison(
                bad[:, [cut]], n[:, None], control_bad[:, [cut]], m[:, None], self._tilts(cut), cap, phi
            )
            for cut in range(bad.shape[1])
        ]

    def _compared(self, n: Array, m: Array, x: Array, y: Array, both: Flags, phi: Array) -> Array:
        """Errors against control, believed and paid for as `core.verdict.foretold` says."""
        settings, one, tilts = self.one.settings, self.one, self._tilts(0)
        usual = self._usual()
        at = np.maximum(m, 1.0)
        rate = np.maximum(np.maximum(usual, y / at), 1e-9)[:, None]
        quiet = np.minimum(usual, (y + 1.0) / at)
        if one.metric.usual is not None:
            quiet = np.minimum(quiet, one.usual)
        worse = tilts * rate / (1.0 - rate + tilts * rate)
        foretold = n[:, None] * worse
        most = np.ceil(foretold + settings.surprise * np.sqrt(foretold) + 1.0)
        believed = np.where(tilts > 1.0, np.minimum(x[:, None], most), x[:, None])
        factors = comparison(x[:, None], n[:, None], y[:, None], m[:, None], tilts, one.cap, phi)
        for bet in range(tilts.shape[1]):
            less = np.flatnonzero(believed[:, bet] < x)
            if len(less):
                bad, total, control_bad, control = (
                    counts[less][:, None] for counts in (believed[:, bet], n, y, m)
                )
                factors[less, bet] = comparison(
                    bad, total, control_bad, control, tilts[less][:, [bet]], one.cap, phi[less]
                )[:, 0]
        if self.credit is None:
            self.credit = np.full(tilts.shape, settings.arrears)
        cost = (n * quiet)[:, None] * (worse / rate - 1.0)
        playing = (tilts > 1.0) & both[:, None]
        nats = self.credit + np.where(playing, (believed * np.log(tilts) - cost) / phi, 0.0)
        self.credit = np.clip(nats, 0.0, settings.arrears)
        return np.asarray(factors * np.exp(np.minimum(nats, 0.0)))

    def _usual(self) -> Array:
        one = self.one
        worth = one.usual_requests
        return (one.usual * worth + self.ref_bad) / (worth + self.ref_total)

    def _phi(self, m: Array) -> Array:
        settings, one = self.one.settings, self.one
        squares, expected, variance, _ = self.scatter
        worth = settings.clump_worth
        found = np.maximum(
            np.maximum(self.phi, 1.0), (worth + squares - np.sqrt(variance)) / (worth + expected)
        )
        if self.known or one.metric.kind == "latency":
            return np.asarray(found)
        first = (settings.first_worth * settings.first_phi + squares) / (settings.first_worth + expected)
        expect = np.maximum(self._usual(), one.usual) * m
        return np.where(expect < settings.many_errors, found, np.maximum(found, first))

    def _scatter(self, y: Array, m: Array, calm: Flags, data: Flags) -> None:
        before_y, before_m = self.before
        both = y + before_y
        use = calm & (both > 0) & (m > 0) & (before_m > 0)
        share = np.divide(m, m + before_m, out=np.full(len(m), 0.5), where=use)
        q = share * (1.0 - share)
        expected = both * q
        square = np.minimum((y - both * share) ** 2, MOST_A_PAIR * expected)
        variance = np.maximum(0.0, expected * (1.0 - 6.0 * q) + 2.0 * expected * expected)
        self.scatter = tuple(  # type: ignore[assignment]  # four as before
            total + np.where(use, more, 0.0)
            for total, more in zip(self.scatter, (square, expected, variance, np.ones(len(y))), strict=True)
        )
        self.before = np.where(data, y, 0.0), np.where(data, m, 0.0)

    def _tilts(self, cut: int) -> Array:
        settings, one = self.one.settings, self.one
        margin = np.where(self.incident, settings.incident_margin, settings.margin)[:, None]
        if one.metric.kind == "latency":
            guess = 1.0 - one.metric.quantile
            share = (self.seen[:, cut] + guess * 20.0) / (self.seen_total + 20.0)
            # `tilts` rounds the share too: few different ones are left of a thousand deployments.
            both = np.stack([margin[:, 0], np.round(share, 3)], axis=1)
            kinds, place = np.unique(both, axis=0, return_inverse=True)
            found = [tilts(settings.latency_odds, float(m), float(s)) for m, s in kinds]
            return np.array(found)[place.reshape(-1)]
        else:
            usual = np.clip(self._usual(), 1e-9, 0.9)[:, None]
            worse = np.minimum(usual + np.array(settings.points), 0.98)
            added = worse * (1.0 - usual) / (usual * (1.0 - worse))
            fixed = np.broadcast_to(np.array(settings.ratios), (len(margin), len(settings.ratios)))
            odds = np.concatenate([fixed, added], axis=1)
        return np.where(odds >= margin, odds, 1.0)

    def _history(self, y: Array, m: Array, data: Flags, seconds: float, phi: Array) -> None:
        settings, one = self.one.settings, self.one
        base = one.usual
        worse = min(max(settings.incident_ratio * base, one.threshold or 0.0), (1.0 + base) / 2.0)
        if worse > base:
            gained = y * np.log(worse / base) + (m - y) * np.log((1.0 - worse) / (1.0 - base))
            heat = np.clip(self.heat + gained / phi, 0.0, settings.incident_most)
            heat = np.where(m > 0, heat, self.heat)
            on = heat >= np.where(self.incident, settings.incident_off, settings.incident_on)
            self.incident = np.where(m > 0, on, self.incident)
            self.heat = heat
        fade = np.exp(-seconds / settings.control_memory)
        self.ref_bad = np.where(data, self.ref_bad * fade + y, self.ref_bad)
        self.ref_total = np.where(data, self.ref_total * fade + m, self.ref_total)


def first_accusation(
    counts: Counts, metrics: tuple[Prepared, ...], *, stages: bool, phi: Array | None = None
) -> tuple[Array, Array]:
    """(minute, canary requests so far) of every deployment's first NO-GO by evidence; infinite where there is none.

    `metrics`: errors, latency or both; `phi`: the errors' overdispersion, one a deployment.
    """
    deployments, windows = counts.n.shape
    runs = [
        Metric.fresh(one, deployments, counts.slow.shape[2], None)
        if one.metric.kind == "latency"
        else Metric.fresh(one, deployments, 1, phi)
        for one in metrics
    ]
    minute, requests = np.full(deployments, np.inf), np.full(deployments, np.inf)
    seen = counts.n.cumsum(axis=1)
    starts = list(np.cumsum(STAGES_MIN)[:-1]) if stages else []
    staged = 0.0
    for window in range(windows):
        while starts and counts.times[window] > starts[0] + 1e-9:
            starts.pop(0)
            staged += (metrics[0].settings.capital_stages - staged) / 2.0
            for run in runs:
                run.seen, run.seen_total = np.zeros_like(run.seen), np.zeros_like(run.seen_total)
        hit = _look(counts, runs, window, staged)
        new = hit & np.isinf(minute)
        minute[new], requests[new] = counts.times[window], seen[new, window]
        if np.isfinite(minute).all():
            break
    return minute, requests


def _look(counts: Counts, runs: list[Metric], window: int, staged: float) -> Flags:
    """One window of all metrics: who is accused."""
    settings, seconds = runs[0].one.settings, counts.scenario.look * 60.0
    share = spread(float(counts.times[window]) * 60.0, settings.planned, settings.beyond)
    put = settings.capital_start + staged + settings.capital_spread * share
    hit = np.zeros(len(counts.n), dtype=bool)
    for run in runs:
        slow = run.one.metric.kind == "latency"
        bad = counts.slow[:, window] if slow else counts.x[:, [window]]
        control = counts.control_slow[:, window] if slow else counts.y[:, [window]]
        n, m, gap = counts.n[:, window], counts.m[:, window], counts.gap[:, window]
        hit |= run.look(n, m, bad, control, 1 if slow else 0, gap, put, seconds)
    return hit

"""Evidence that may be looked at at any time: e-processes over counts, as capital that grows when the canary is worse.

A bettor starts with 1 and may not expect to gain while the canary is as good as control: then P(capital ever >= 1/a) <= a,
however often one looks (Ville 1939; Howard, Ramdas et al., Annals of Statistics 2021; Lindon and Malek, NeurIPS 2022).
A factor multiplies the capital of one bet in one window. Nothing about the window's canary count may choose the bet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from core.verdict.looks import made

MOST = 1e15
"""Capital is cut off here, which only ever weakens evidence, so that it stays a finite number."""
EXACT_COUNT = 24.0
EXACT_SHARE = 0.2
"""The exact hypergeometric moment is worked out for so small a window whose canary has at least this share of the requests; with
less of the traffic, Hoeffding's bound loses nothing worth the time."""


Worked = tuple[tuple[float, float], ...]
"""Bets as they are multiplied: (ln tilt, tilt - 1) each. One that does not bet has zeros, whose factor is 1 whatever is counted."""


class Capital(NamedTuple):
    """One e-process: capital in every bet, as multiples of a bet's equal share, how much of 1 has been put down so far, and
    the evidence, in odds to 1 against a healthy canary: the mean bet, and what is not put down yet. `credit`: nats that every bet
    may still lose to what it foretold (`foretold`); empty before it has played, and where nothing is foretold."""

    bets: tuple[float, ...]
    put: float = 0.0
    evidence: float = 1.0
    credit: tuple[float, ...] = ()


def fresh(count: int) -> Capital:
    """`count` bets with nothing put down."""
    return Capital((0.0,) * count)


def play(capital: Capital, factors: Sequence[float], put: float, credit: tuple[float, ...] = ()) -> Capital:
    """A window played: first the capital due by now is put down (`put` of 1 in all), then every bet is multiplied.

    A mixture over the window in which the fault began: sum of w_s times the product of factors since s, with weights w_s
    known beforehand, kept as one number a bet. ValueError when there are not as many factors as bets.
    """
    before, was, _, _ = capital
    if not before:
        return capital
    if len(before) != len(factors):
        raise ValueError(f"{len(factors)} factors for {len(before)} bets")
    more = put - was
    bets = tuple([(bet + more) * factor for bet, factor in zip(before, factors)])
    whole = sum(bets)
    if whole > MOST:
        bets = tuple([min(bet, MOST) for bet in bets])
        whole = sum(bets)
    return made(Capital, (bets, put, whole / len(bets) + (1.0 - put), credit))


def spread(passed: float, planned: float, beyond: float) -> float:
    """The share of the spread capital that is put down after `passed` seconds: evenly over the planned time, but for the part `beyond`,
    which never runs out: t/(t + planned). So a watch that goes on for days still sees a fault that begins late, if later.
    """
    passed = passed if passed > 0.0 else 0.0
    evenly = passed / planned if passed < planned else 1.0
    return (1.0 - beyond) * evenly + beyond * passed / (passed + planned)


def comparisons(
    bad: Sequence[float], total: float, control_bad: Sequence[float], control_total: float,
    bets: Sequence[Worked], cap: float, phi: float,
) -> list[float]:  # fmt: skip
    """Factors of bets that the canary's odds of a bad request are `tilt` times control's (a tilt of 1 does not bet), for several
    counts of the same requests, one after another: the cuts of a latency. Without requests of both arms none gains or loses.

    Given K = all bad of N requests, the canary's count is hypergeometric whatever the common rate, if both arms are
    equally good. e = tilt^bad / E[tilt^X]; E is bounded by the smaller of two binomial moments (Hoeffding 1963, theorem 4),
    and exact for small windows. Of the moments, K ln(1 + n/N m) and n ln(1 + K/N m), the one with the larger of n and K inside the
    logarithm is the smaller: ln(1 + u)/u falls. Counts are requests; cap in nats; phi divides the logarithm (clumpy errors).
    Invalid when requests of one arm come in clumps beyond phi, when the arms see different windows, or when the router
    sends one arm the harder requests.
    """
    if total <= 0.0 or control_total <= 0.0:
        return [1.0 for worth in bets for _ in worth]
    every = total + control_total
    share, log1p, exp = total / every, math.log1p, math.exp
    factors: list[float] = []
    for seen, control_seen, worth in zip(bad, control_bad, bets):
        all_bad = seen + control_seen
        if all_bad <= 0.0:
            factors += [1.0] * len(worth)
            continue
        if share >= EXACT_SHARE and (pmf := _hypergeometric(total, control_total, all_bad)) is not None:
            factors += _exactly(pmf, seen, all_bad, total, every, worth, cap, phi)
            continue
        part, times = (share, all_bad) if total >= all_bad else (all_bad / every, total)
        for log_tilt, more in worth:
            nats = (seen * log_tilt - times * log1p(part * more)) / phi
            factors.append(exp(nats if nats < cap else cap))
    return factors


def _exactly(
    pmf: Sequence[float], bad: float, all_bad: float, total: float, every: float, worth: Worked, cap: float, phi: float
) -> list[float]:  # fmt: skip
    """The factors of one count in a small window: by the exact moment, where it is smaller than the bounds."""
    log1p, exp, factors = math.log1p, math.exp, []
    for log_tilt, more in worth:
        if more == 0.0:
            factors.append(1.0)
            continue
        bound = min(all_bad * log1p(total / every * more), total * log1p(all_bad / every * more))
        nats = (bad * log_tilt - min(bound, _log_moment(pmf, more + 1.0))) / phi
        factors.append(exp(nats if nats < cap else cap))
    return factors


def worked(tilts: Sequence[float]) -> Worked:
    """The bets on these odds ratios."""
    return tuple([(math.log(tilt), tilt - 1.0) for tilt in tilts])


def absolute(
    bad: float, total: float, slopes: Sequence[tuple[float, float]], cap: float, phi: float = 1.0
) -> list[float]:
    """Factors of bets that the rate is p1 and not p0 or less: (p1/p0)^bad ((1-p1)/(1-p0))^(total-bad).

    `slopes` from `absolute_slopes`. Invalid beyond phi when errors come in clumps. It says nothing about who is to blame.
    """
    good, exp, factors = total - bad, math.exp, []
    for up, down in slopes:
        nats = (bad * up + good * down) / phi
        factors.append(exp(nats if nats < cap else cap))
    return factors


def absolute_slopes(threshold: float, multiples: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """(ln p1/p0, ln (1-p1)/(1-p0)) for every p1 = multiple x threshold that is a rate at all."""
    rates = [multiple * threshold for multiple in multiples if multiple * threshold < 0.99]
    if not rates:
        rates = [(1.0 + threshold) / 2.0]
    return tuple((math.log(p / threshold), math.log((1.0 - p) / (1.0 - threshold))) for p in rates)


def tilts(ratios: Sequence[float], points: Sequence[float], usual: float, margin: float) -> tuple[float, ...]:
    """The bets' odds ratios: `ratios` as they are, `points` added to the usual rate. One under the margin does not bet (1)."""
    usual = 1e-9 if usual < 1e-9 else 0.9 if usual > 0.9 else usual
    found = list(ratios)
    for more in points:
        worse = usual + more
        worse = worse if worse < 0.98 else 0.98
        found.append(worse * (1.0 - usual) / (usual * (1.0 - worse)))
    return tuple([tilt if tilt >= margin else 1.0 for tilt in found])


def _hypergeometric(total: float, control_total: float, all_bad: float) -> list[float] | None:
    """P(X = i) of the canary's bad count given the sums; None where the window is large, or the counts are no whole numbers.

    Which of both depends on the requests only: a bound that became looser with one more error would punish control for it.
    """
    if total > EXACT_COUNT or total % 1.0 or control_total % 1.0 or all_bad % 1.0:
        return None
    at = max(0.0, all_bad - control_total)
    term, pmf = 1.0, [0.0] * int(at) + [1.0]
    while at < min(total, all_bad):
        term *= (all_bad - at) * (total - at) / ((at + 1.0) * (control_total - all_bad + at + 1.0))
        pmf.append(term)
        at += 1.0
    whole = sum(pmf)
    return [value / whole for value in pmf]


def _log_moment(pmf: Sequence[float], tilt: float) -> float:
    moment = 0.0
    for chance in reversed(pmf):
        moment = moment * tilt + chance
    return math.log(moment)

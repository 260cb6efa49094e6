"""Whether errors come one by one or in clumps: from the stable version's history, and from control as it goes. It must not know
where the counts came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from core.verdict.looks import made

MOST_A_PAIR = 10.0
"""A pair of windows may say at most that it scatters so many times as much as it should: a jump of the rate is no clump."""


class Scatter(NamedTuple):
    """What neighbouring windows of control have shown so far: squares about their shared rate, what independent errors would give, and
    the variance of that."""

    squares: float = 0.0
    expected: float = 0.0
    variance: float = 0.0
    pairs: float = 0.0

    def phi(self, worth: float) -> float:
        """Overdispersion beyond what chance gives (one standard deviation), drawn to 1 by `worth` errors; 1 or more."""
        squares, expected, variance, _ = self
        found = (worth + (squares - math.sqrt(variance))) / (worth + expected)
        return found if found > 1.0 else 1.0

    def cautious(self, first: float, worth: float) -> float:
        """The same without that deviation, drawn to `first` by `worth` errors: for windows with many errors, which can wait until they are
        known to be single."""
        found = (worth * first + self.squares) / (worth + self.expected)
        return found if found > 1.0 else 1.0

    def with_pair(self, bad: float, total: float, bad_before: float, total_before: float) -> Scatter:
        """With two windows that follow each other: Pearson's statistic of one against both, so that slow drift cancels.

        Given K bad in both, the newer window's count is binomial(K, s) with s its share of the requests: squares (y - Ks)^2, expected
        Ks(1-s) = Kq, variance of the square Kq(1 - 6q) + 2 (Kq)^2.
        """
        both = bad + bad_before
        if both <= 0.0 or total <= 0.0 or total_before <= 0.0:
            return self
        squares, expected, variance, pairs = self
        share = total / (total + total_before)
        q = share * (1.0 - share)
        foretold = both * q
        square, most = (bad - both * share) ** 2, MOST_A_PAIR * foretold
        more = foretold * (1.0 - 6.0 * q) + 2.0 * foretold * foretold
        squares += square if square < most else most
        variance += more if more > 0.0 else 0.0
        return made(Scatter, (squares, expected + foretold, variance, pairs + 1.0))


def overdispersion(windows: Sequence[Sequence[tuple[float, float]]]) -> float:
    """phi >= 1 from windows of the last 24 h, each the (bad, total) of every pod of the stable version in it.

    phi = max(1, (sum (y_p - e_p)^2 + 5) / (sum e_p (1 - share_p) + 5)) with e_p the window's bad requests times the pod's share of its requests: Pearson's
    statistic inside windows, so that drift and outages which all pods share cancel; the 5 draws it to 1 while there are
    few errors. Windows with one pod say nothing. Invalid when the pods serve different requests: then phi is too large,
    which costs time and never a false alarm.
    """
    spread, expected = 5.0, 5.0
    for pods in windows:
        total = sum(requests for _, requests in pods)
        bad = sum(errors for errors, _ in pods)
        if total <= 0.0 or len(pods) < 2:
            continue
        for errors, requests in pods:
            share = requests / total
            spread += (errors - bad * share) ** 2
            expected += bad * share * (1.0 - share)
    return max(1.0, spread / expected)

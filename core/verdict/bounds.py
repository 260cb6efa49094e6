"""What a count excludes: anytime-valid bounds of a rate, what a healthy canary shows, and how many requests are missing.

Units: requests, rates 0..1, evidence in nats. Invalid where requests are not independent: divide both counts by phi first.
"""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()
_NEARLY_ALL = 1e-9
"""A rate so close to 1 is 1."""
NOTHING = 1e-9
"""So small a count of bad requests, or a rate, is none: expressions of a source can bring what no counter counts."""
_SURELY = 0.3
"""So often at least a binomial is at its mean or over it, whatever is rounded."""
_RARE = 0.01
"""A chance from which on a tail's last digits, which an approximation gets wrong, are less than half of it."""
_SERIES = 4.0
"""So many square roots of the expected bad requests away, a series about the counts' own rate is of no use."""
_BENT = 0.003
"""A step so small against the curve's bend misses the root by its cube: by less than a billionth."""
_EXACT = 40
"""Up to this many bad requests a binomial tail is summed; beyond it Peizer and Pratt's normal deviate is right to four digits."""


def excluded_nats(bad: float, total: float, rate: float, prior: float) -> float:
    """Evidence that the true rate is under `rate`, in nats; 0 where the counts do not point that way.

    ln of the beta-binomial mixture over the likelihood at `rate`, with a Beta(1, prior) on the true rate (Robbins 1970; Lindon and Malek 2022). It is a
    martingale when `rate` is true, so it exceeds ln(1/a) with probability a at most, at whatever moment one looks.
    """
    if total <= 0.0 or (1.0 + bad) / (prior + 1.0 + total) >= rate:
        return 0.0
    return max(0.0, _log_mixture(bad, total, rate, prior))


def excluded(bad: float, total: float, rate: float, alpha: float, prior: float) -> tuple[float, float]:
    """(`excluded_nats` of the rate, `upper` at risk alpha): both rest on the same mixture, which costs most of either."""
    if total <= 0.0:
        return 0.0, 1.0
    good = total - bad
    mixture = _mixture(bad, good, prior)
    nats = 0.0
    if (1.0 + bad) / (prior + 1.0 + total) < rate:
        nats = mixture - good * math.log1p(-rate)
        if bad > 0.0:
            nats -= bad * math.log(rate)
    return nats if nats > 0.0 else 0.0, 1.0 if good <= 0.0 else _upper(bad, total, mixture + math.log(alpha))


def _mixture(bad: float, good: float, prior: float) -> float:
    """ln of the likelihood of the counts under the Beta(1, prior), without the binomial coefficient."""
    lgamma = math.lgamma
    return lgamma(1.0 + bad) + lgamma(prior + good) - lgamma(1.0 + prior + bad + good) + math.log(prior)


def _log_mixture(bad: float, total: float, rate: float, prior: float) -> float:
    good = total - bad
    return _mixture(bad, good, prior) - bad * math.log(rate) - good * math.log1p(-rate)


def upper(bad: float, total: float, alpha: float, prior: float) -> float:
    """The smallest rate that is excluded from above at risk `alpha`, whenever one looks; 1 without requests."""
    good = total - bad
    if total <= 0.0 or good <= 0.0:
        return 1.0
    return _upper(bad, total, _mixture(bad, good, prior) + math.log(alpha))


def _upper(bad: float, total: float, wanted: float) -> float:
    """Where the log-likelihood comes down to `wanted` above the counts' own rate."""
    if bad <= NOTHING:
        return -math.expm1(wanted / total)
    good = total - bad
    if good * math.log(_NEARLY_ALL) >= wanted:
        return 1.0
    share, rest = bad / total, max(good, 1e-12) / total
    room = max(0.0, (bad * math.log(share) + good * math.log(rest) - wanted) / total)
    rate = _away(share, rest, room)
    if not share < rate < 1.0 - _NEARLY_ALL:
        rate = 1.0 - _NEARLY_ALL
    return _root(rate, bad, good, wanted, share, 1.0)


def _away(share: float, rest: float, room: float) -> float:
    """The rate over `share` at which the Kullback-Leibler divergence is about `room` nats a request; `rest` is 1 - share.

    The series of r in w = sqrt(2 room share rest), from the divergence's own: with a = (1 - 2 share)/(share rest) and
    b = 1/(share rest), r = share + w + a/3 w^2 + (a^2/36 - b/4) w^3 - (a^3/270 + ab/10) w^4. Where w is too large for it, the
    divergence of Poisson rates, u - ln u - 1 = room/share for u = r/share.
    """
    inverse = 1.0 / (share * rest)
    w = math.sqrt(2.0 * room / inverse)
    bend = (1.0 - 2.0 * share) * inverse
    if w * inverse * rest > _SERIES:
        most = 1.0 + room / share
        return share * (most + math.log(most + math.log(most)))
    square = bend * bend
    third = square / 36.0 - inverse / 4.0
    fourth = bend * (square / 270.0 + inverse / 10.0)
    return share + w * (1.0 + w * (bend / 3.0 + w * (third - w * fourth)))


def lower(bad: float, total: float, alpha: float, prior: float) -> float:
    """The largest rate that is excluded from below at risk `alpha`; 0 without bad requests."""
    if bad <= NOTHING or total <= 0.0:
        return 0.0
    good = total - bad
    wanted = _mixture(bad, good, prior) + math.log(alpha)
    rate = bad / total * math.exp((wanted - _likelihood(bad / total, bad, good)) / bad - 1.0)
    return _root(max(rate, 1e-300), bad, good, wanted, 0.0, bad / total)


def _likelihood(rate: float, bad: float, good: float) -> float:
    found = bad * math.log(rate) if bad > 0.0 else 0.0
    return found + (good * math.log1p(-rate) if good > 0.0 else 0.0)


def _root(rate: float, bad: float, good: float, wanted: float, low: float, high: float) -> float:
    """Where the log-likelihood comes down to `wanted`, between low and high. It is concave, so Newton runs in from outside; near the
    root, Householder's step of the fourth order: a step of a thousandth along which the curve is nearly straight is the last one."""
    log, log1p = math.log, math.log1p
    for _ in range(40):
        other = 1.0 - rate
        each_bad, each_good = bad / rate, good / other
        slope = each_bad - each_good
        if slope == 0.0:
            return rate
        step = (bad * log(rate) + good * log1p(-rate) - wanted) / slope
        second = -0.5 * step * (each_bad / rate + each_good / other) / slope
        if -0.2 < second < 0.2:
            third = step * step * (each_bad / (rate * rate) - each_good / (other * other)) / (3.0 * slope)
            step *= 1.0 + second + 2.0 * second * second - third
        after = rate - step
        if not low < after < high:
            after = (rate + (high if after >= high else low)) / 2.0
            after = min(max(after, 1e-300), 1.0 - 1e-12)
        close = 1e-3 if -_BENT < second < _BENT else 1e-7
        if abs(after - rate) <= close * (after if after < 0.5 else 1.0 - after):
            return after
        rate = after
    return rate


def missing(bad: float, total: float, rate: float, usual: float, alpha: float, prior: float) -> float | None:
    """Requests still missing until `rate` is excluded, if they come in at the usual rate; None where they never will be."""
    if excluded_nats(bad, total, rate, prior) >= math.log(1.0 / alpha):
        return 0.0
    return until_excluded(bad, total, rate, usual, alpha, prior)


def until_excluded(
    bad: float, total: float, rate: float, usual: float, alpha: float, prior: float
) -> float | None:
    """`missing` of a rate that is not excluded yet."""
    if usual >= rate:
        return None
    needed = math.log(1.0 / alpha)
    quiet = usual if usual * max(total, 100.0) >= 1.0 else 0.0
    odds = math.log(rate / (1.0 - rate)) if quiet else 0.0
    more = 0.0
    for _ in range(60):
        seen_bad, seen = bad + quiet * more, total + more
        # What one more request adds, from the mixture's own prediction of it (the mean of its beta): Newton's step.
        next_bad = (1.0 + seen_bad) / (prior + 1.0 + seen)
        gain = math.log1p(-next_bad) - math.log1p(-rate)
        if quiet:
            gain += quiet * (math.log(next_bad / (1.0 - next_bad)) - odds)
        if next_bad >= rate or gain <= 1e-12:
            more += max(16.0, seen)
        else:
            step = (needed - _log_mixture(seen_bad, seen, rate, prior)) / gain
            more = max(0.0, more + step)
            if abs(step) < 0.01:
                break
        if more > 1e12:
            return None
    return math.ceil(more - 0.01)


def likely(bad: float, total: float, rate: float, least: float) -> bool:
    """Whether `tail` is over `least`. Up to the mean it is a half or nearly so: a binomial's median is the mean or next to it. Far over
    the mean it is not: t over it at most exp(-t^2 / (2 (variance + t/3))) (Bernstein), which must be half of `least` at most."""
    mean = total * rate
    over = bad - mean
    if over <= 0.0 and least < _SURELY and bad <= math.floor(mean):
        return True
    if over > 0.0 and least >= _RARE:
        spread = mean * (1.0 - rate) + over / 3.0
        if over * over > 2.0 * math.log(2.0 / least) * spread:
            return False
    return tail(bad, total, rate) > least


def tail(bad: float, total: float, rate: float) -> float:
    """P(X >= bad) of a binomial: how often a canary at this rate shows as many. Fractions count as the next whole number."""
    reached = math.ceil(bad - 1e-9)
    if reached <= 0:
        return 1.0
    if reached > total or rate <= 0.0:
        return 0.0
    if rate >= 1.0:
        return 1.0
    if reached > _EXACT:
        return _peizer_pratt(reached - 1, total, rate)
    term = math.exp(total * math.log1p(-rate))
    if term < 1e-290:
        return _peizer_pratt(reached - 1, total, rate)
    under, odds = term, rate / (1.0 - rate)
    for at in range(1, reached):
        term *= (total - at + 1.0) / at * odds
        under += term
    return max(0.0, 1.0 - under)


_NONE_OR_ALL = 1e-9
"""So few are expected (to be bad, or not to be) that the chance of one is under this, and the formula below would lose its figures."""


def _peizer_pratt(reached: int, total: float, rate: float) -> float:
    """P(X > reached), by Peizer and Pratt (JASA 1968), absolute error under 0.001 for such counts."""
    other = 1.0 - rate
    over, under = reached + 0.5, total - reached - 0.5
    if under <= 0.0 or total * rate < _NONE_OR_ALL:
        return 0.0
    if total * other < _NONE_OR_ALL:
        return 1.0
    distance = reached + 2.0 / 3.0 - (total + 1.0 / 3.0) * rate
    distance += 0.02 * (other / (reached + 1.0) - rate / (total - reached) + (other - 0.5) / (total + 1.0))
    bend = 1.0 + other * _bend(over / (total * rate)) + rate * _bend(under / (total * other))
    deviate = distance / math.sqrt((total + 1.0 / 6.0) * rate * other) * math.sqrt(max(bend, 0.0))
    return 1.0 - _NORMAL.cdf(deviate)


def _bend(x: float) -> float:
    if abs(1.0 - x) < 1e-4:
        return (1.0 - x) / 3.0
    return (1.0 - x * x + 2.0 * x * math.log(x)) / (1.0 - x) ** 2

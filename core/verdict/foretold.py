"""What a bet foretells of a window, and what it costs when something else comes. It must not know what follows from a verdict.

A bet that the canary is w times worse foretells so many bad requests a window as control's rate, w and the traffic make. Evidence from sums of
both arms alone takes no notice of that: one clump of eight errors pleads for "25 points worse" as loudly as a quarter of all
requests, and hours without an error do not plead against it. So

* more than was foretold, and than chance adds to it, is not believed: the surplus of a window counts as if it had not been;
* less than was foretold is paid for, by the likelihood ratio of the canary's count alone (Poisson, w times usual over usual): x ln w - n p (w - 1).
  What it wins goes to a credit, what it loses is taken from there first and then from the capital.

Both only ever take evidence away from a process that reaches 1/a with probability a at most, so that bound stands whatever the rate is
taken to be. Both rise with the canary's bad requests, so that one more never weakens the evidence, now or later: what is learned of
clumps from the canary's own windows is learned in one direction only. They cost a persistent fault next to nothing, since its windows are as foretold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

from core.verdict import bets
from core.verdict.bets import Capital, Worked
from core.verdict.setup import Prepared

_LEAST = 1e-9
"""No rate is so small that nothing is foretold by it."""


def compare(
    prepared: Prepared, capital: Capital, canary: tuple[float, float], control: tuple[float, float],
    worth: Worked, usual: float, put: float, phi: float,
) -> Capital:  # fmt: skip
    """The bets of errors against control after a window with (bad, total) of both arms, control's total not 0; `usual`: the usual bad
    share by history and earlier windows. Slow requests are too many to come in clumps, so latency goes without."""
    (bad, total), (control_bad, control_total), settings = canary, control, prepared.settings
    rate, shown = usual if usual > _LEAST else _LEAST, control_bad / control_total
    rate = shown if shown > rate else rate
    # After an outage control's rate of late is too high to pay by: history and this window of control say more.
    quiet, most = usual, (control_bad + 1.0) / control_total
    if prepared.metric.usual is not None and prepared.usual < quiet:
        quiet = prepared.usual
    quiet = most if most < quiet else quiet
    cap = prepared.cap
    believed = most_believed(bad, worth, total, rate, settings.surprise)
    factors = bets.comparisons((bad,), total, (control_bad,), control_total, (worth,), cap, phi)
    if bad > 1.0:
        for place, one in enumerate(believed):
            if one < bad:
                alone = (worth[place],)
                (factors[place],) = bets.comparisons(
                    (one,), total, (control_bad,), control_total, (alone,), cap, phi
                )
    credit, fees = paid(capital.credit, worth, believed, total, rate, quiet, settings.arrears, phi)
    return bets.play(capital, [*map(mul, factors, fees)], put, credit)


def most_believed(bad: float, worth: Worked, total: float, rate: float, surprise: float) -> list[float]:
    """How many of a window's `bad` of `total` requests every bet believes when control's rate is `rate`: the foretold number, `surprise`
    standard deviations (Poisson) and one more at most; whole, so that small windows stay exact. What does not bet believes all."""
    if bad <= 1.0:  # one more than foretold is believed by every bet
        return [bad] * len(worth)
    found = []
    for _, more in worth:
        if more == 0.0:
            found.append(bad)
            continue
        foretold = total * _worse(more, rate)
        found.append(min(bad, math.ceil(foretold + surprise * math.sqrt(foretold) + 1.0)))
    return found


def paid(
    credit: Sequence[float], worth: Worked, believed: Sequence[float], total: float,
    rate: float, quiet: float, most: float, phi: float,
) -> tuple[tuple[float, ...], list[float]]:  # fmt: skip
    """(every bet's credit after the window, the factor, 1 or less, on its capital).

    `believed`: bad requests of `total` a bet; `rate`: the one that the odds ratio is put on; `quiet`: the usual rate that the bet pays by, not
    higher than that. `most`: nats of credit, which a bet also begins with. phi as for the bets.
    """
    # A rate whose odds are 1 + more times those of p is p + p (1 - p) more / (1 + more p). What does not bet gains and costs nothing.
    cost, exp = total * quiet * (1.0 - rate) / phi, math.exp
    left, factors = [], []
    for before, (log_tilt, more), bad in zip(credit or (most,) * len(worth), worth, believed):
        nats = before + bad * log_tilt / phi - cost * more / (1.0 + more * rate)
        if nats < 0.0:
            left.append(0.0)
            factors.append(exp(nats))
        else:
            left.append(nats if nats < most else most)
            factors.append(1.0)
    return tuple(left), factors


def _worse(more: float, rate: float) -> float:
    """The rate whose odds are 1 + `more` times those of `rate`."""
    return (1.0 + more) * rate / (1.0 + more * rate)

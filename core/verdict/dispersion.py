"""Whether errors come one by one or in clumps, from the stable version's own history. It must not know where that came from."""

from __future__ import annotations

from collections.abc import Sequence


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

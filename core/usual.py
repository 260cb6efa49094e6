"""What a baseline step measured of the stable version, as what is usual for the gates that follow. Pure.

Only ratios count requests, so only they say how much their share is worth. What a plan writes as `usual` on a rule goes before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.effects import Fact
from core.plan.models import Metric
from core.plan.runbook import Runbook

Usual = tuple[tuple[str, float, float], ...]
"""(metric of the plan, requests that failed, all requests)."""
BASELINE = "baseline"
"""The fact that says that a baseline was measured; its word `counts` is `written`."""


def measured(runbook: Runbook, values: Sequence[tuple[str, float | None, float | None]]) -> Usual:
    """From a baseline's (metric, value in its unit, requests)."""
    found = []
    for name, value, requests in values:
        metric = runbook.plan.metrics.get(name)
        if metric is not None and metric.ratio is not None and value is not None and requests:
            found.append((name, round(_failed(metric, value) * requests, 6), requests))
    return tuple(found)


def _failed(metric: Metric, value: float) -> float:
    """The share of failures: of an availability the rest."""
    share = min(max(value / (100.0 if metric.unit == "%" else 1.0), 0.0), 1.0)
    return share if metric.ratio is not None and metric.ratio.bad is not None else 1.0 - share


def written(usual: Usual) -> str:
    """'errors 3/1800, availability 0/200': for the journal."""
    return ", ".join(f"{name} {failed:.12g}/{requests:.12g}" for name, failed, requests in usual)


def known(facts: Iterable[tuple[datetime, Fact]], until: datetime) -> Usual:
    """What the last baseline before `until` measured, from the facts of a journal in their order; nothing where none was, or was
    written before counts were kept."""
    texts = [
        str(dict(fact.words).get("counts") or "")
        for at, fact in facts
        if fact.key == BASELINE and at <= until
    ]
    return tuple(_read(part) for part in texts[-1].split(", ") if part) if texts else ()


def _read(part: str) -> tuple[str, float, float]:
    name, counts = part.split(" ")
    failed, requests = counts.split("/")
    return name, float(failed), float(requests)

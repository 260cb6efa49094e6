"""A plan as it is, but with its metrics read from a Prometheus, and gates that look when their windows end: the rest stays
letter by letter. It must not know what a metric means.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

METRICS: Final = Path(__file__).parent / "ion-metrics.yml"
SOURCE: Final = '  prom: {prometheus: {url: "${PROMETHEUS_URL}", settle: 0s}}\n'
"""No settling: the demo waits for a scrape before it looks."""


def over_prometheus(plan: str) -> str:
    """The plan's text with the metrics of ION_METRICS. Raises ValueError for a plan without the two sections."""
    metrics = METRICS.read_text(encoding="utf-8")
    whole, found = re.subn(
        r"^metrics:\n(?:[ #].*\n|\n)*", lambda _: f"{_section(metrics)}\n", plan, count=1, flags=re.M
    )
    whole, sources = re.subn(r"^sources:\n", lambda match: match[0] + SOURCE, whole, count=1, flags=re.M)
    # A look waits for a scrape in real time: here evidence looks when the rules do, or a day would take half an hour.
    whole = re.sub(
        r"^gates:\n(?:[ #].*\n|\n)*", lambda found: _unhurried(found[0]), whole, count=1, flags=re.M
    )
    if not found or not sources:
        raise ValueError("the plan has no sections 'sources:' and 'metrics:' of its own")
    return whole


def _unhurried(gates: str) -> str:
    gates = re.sub(r"^    look:.*\n", "", gates, flags=re.M)
    return re.sub(r"^(    every: (\S+)\n)", r"\1    look: \2\n", gates, flags=re.M)


def _section(text: str) -> str:
    return text[text.index("metrics:") :]

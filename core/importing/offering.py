"""What a document says about limits, offered: rules for a gate as a template in comments. It must not know commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from core.importing.naming import Names
from core.importing.understood import Criterion
from core.plan.quantities import figure

MOST_RULES = 40
_UNITS = {"%": "%", "ms": "ms", "s": "s", "/s": "/s"}


def rules(criteria: Sequence[Criterion]) -> Iterator[str]:
    """The limits as rules of a gate, in comments: they need a source of metrics, which no document says."""
    offered: dict[tuple[str, str, str], Criterion] = {}
    for one in criteria:
        if one.unit in (*_UNITS, ""):
            offered.setdefault((one.metric, _side(one), figure(one.value) + one.unit), one)
    if not offered:
        return
    yield "# Limits of the document, as rules of a gate that only watches. They need a source of metrics: name it, say how each metric is"
    yield "# measured (docs/plan.md, docs/prometheus.md), take the '#' away, and give the gate to a traffic, bake or watch step."
    yield "#"
    yield '# sources: {measured: {prometheus: {url: "${PROMETHEUS_URL}"}}}'
    yield "# metrics:"
    names, ids = Names(30), dict[str, str]()
    shown = list(offered.values())[:MOST_RULES]
    for one in shown:
        if one.metric not in ids:
            ids[one.metric] = names.name(one.metric, "metric")
            unit = f', unit: "{_UNITS[one.unit]}"' if one.unit else ""
            yield f"#   {ids[one.metric]}: {{title: {json.dumps(_plain(one.metric), ensure_ascii=False)}, source: measured, gauge: TO SAY{unit}}}"
    yield "# gates:"
    yield "#   imported:"
    yield '#     title: "Limits of the document"'
    yield "#     rules:"
    for one in shown:
        yield f'#       - {{metric: {ids[one.metric]}, {_side(one)}: "{figure(one.value)}{one.unit}", then: observe}}  # line {one.line}: {_plain(one.text)[:120]}'
    if len(offered) > len(shown):
        yield f"#       and {len(offered) - len(shown)} more in the document"
    yield ""


def _side(one: Criterion) -> str:
    """The key of the good side. What must not be exceeded is good below; what has to be reached is good above."""
    if one.op in ("<", "<=", "="):
        return "below"
    return "below" if one.bad else "above"


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())

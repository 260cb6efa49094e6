"""What a plan says of a gate's evidence must fit the gate and its metrics: risks that are risks, looks inside windows, keys where
they mean something.

Names that do not exist are passed over here: `core.plan.references` reports them. It must not know how evidence is worked out.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.plan import models as m
from core.plan.problems import Finding, Path
from core.plan.quantities import Limit, figure, show_duration
from core.plan.wording import sentence

RISKIEST = 0.5
# Keys of a rule that only some kinds of metric give a meaning.
_FITS: dict[str, tuple[str, ...]] = {
    "usual": ("ratio", "quantile"),
    "tolerance": ("ratio", "quantile"),
    "evidence.phi": ("ratio",),
    "evidence.budget": ("ratio",),
    "evidence.edges": ("quantile",),
    "evidence.noise": ("gauge",),
}
_KINDS = {"ratio": "ratios", "quantile": "quantiles", "gauge": "gauges"}


def misjudged(plan: m.Plan) -> Iterator[Finding]:
    """Everything about gates' evidence that cannot work as it is written."""
    for name, gate in plan.gates.items():
        place: Path = ("gates", name)
        yield from _gate(gate, place)
        for index, rule in enumerate(gate.rules):
            metric = plan.metrics.get(rule.metric)
            where = (*place, "rules", index)
            yield from _tolerance(rule.tolerance, (*where, "tolerance"))
            if metric is not None:
                yield from _misplaced(rule, metric, where)
                yield from _usual(rule, metric, where)
                yield from _units(rule, metric, where)


def _gate(gate: m.Gate, place: Path) -> Iterator[Finding]:
    if gate.look is not None and gate.look > gate.every:
        yield Finding(
            (*place, "look"),
            f"Looks every {show_duration(gate.look)} would miss windows of {show_duration(gate.every)}.",
            "Look at least as often as 'every' says.",
        )
    if gate.alpha is not None and not 0.0 < gate.alpha <= RISKIEST:
        yield Finding(
            (*place, "alpha"),
            f"A risk of {figure(gate.alpha * 100)}% cannot be kept.",
            "Write more than 0% and at most 50%; 1% is usual.",
        )
    yield from _tolerance(gate.tolerance, (*place, "tolerance"))
    margin, incident = gate.margin, gate.evidence.incident.margin
    if incident is not None and incident < (margin or 1.5):
        yield Finding(
            (*place, "evidence", "incident", "margin"),
            f"In an incident {figure(incident)} times as bad would accuse, outside it {figure(margin or 1.5)} would not.",
            "The margin is not smaller in an incident.",
        )


def _tolerance(tolerance: float | None, place: Path) -> Iterator[Finding]:
    if tolerance is not None and not 0.0 < tolerance < 1.0:
        yield Finding(
            place,
            f"{figure(tolerance * 100)}% cannot be what is tolerated.",
            "Write more than 0% and less than 100%.",
        )


def _misplaced(rule: m.Rule, metric: m.Metric, place: Path) -> Iterator[Finding]:
    for key, kinds in _FITS.items():
        holder, _, inner = key.rpartition(".")
        value = getattr(rule.evidence if holder else rule, inner)
        if value is None or value == ():
            continue
        grown = key == "evidence.noise" and rule.growth_below is None
        if metric.kind not in kinds or grown:
            of = "growth of gauges" if inner == "noise" else " and ".join(_KINDS[kind] for kind in kinds)
            yield Finding(
                (*place, *key.split(".")), f"'{inner}' is said of {of} only.", f"Take '{inner}' out."
            )


def _usual(rule: m.Rule, metric: m.Metric, place: Path) -> Iterator[Finding]:
    """A stable version that breaks the limit by itself makes the limit useless."""
    if rule.usual is None or metric.kind != "ratio" or rule.below is None or metric.ratio is None:
        return
    if metric.ratio.bad is None or rule.below.unit not in ("%", ""):
        return
    share = rule.below.value / (100.0 if rule.below.unit == "%" else 1.0)
    if rule.usual >= share:
        yield Finding(
            (*place, "usual"),
            f"What is usual here ({figure(rule.usual * 100)}%) already breaks the limit of {rule.below.text}.",
            "Raise the limit, or correct what is usual.",
        )


def _units(rule: m.Rule, metric: m.Metric, place: Path) -> Iterator[Finding]:
    written: list[tuple[Path, Limit]] = [
        ((*place, "evidence", "edges", index), edge) for index, edge in enumerate(rule.evidence.edges)
    ]
    if rule.evidence.noise is not None:
        written.append(((*place, "evidence", "noise"), rule.evidence.noise))
    for where, one in written:
        try:
            Limit(one.value, one.unit).in_unit(metric.unit)
        except ValueError as wrong:
            yield Finding(where, sentence(str(wrong)))

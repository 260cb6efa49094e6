"""From a plan's gate to the engine that weighs its evidence; from what was read to a look of that engine goes `core.weighed_looks`.

One engine metric a rule. The strongest rule of a metric carries the metric's name and is the one that is compared with
control; others carry their rule's label and are held against their own limit only. Pure: the running gate and a replay both
come through here, so that they say the same of the same counts. What is done with a verdict is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from core.inputs import Reading
from core.plan.models import Bake, Frozen, Gate, Metric, Rule, SetTraffic, Watch
from core.plan.runbook import Runbook
from core.usual import Usual
from core.verdict import settings
from core.verdict.engine import Engine

Series = tuple[str, str]
"""(metric, track)"""
Known = Mapping[Series, tuple[float, Reading]]
"""The newest good reading of every series: (plan seconds, the reading)."""

SHAPES: Mapping[str, settings.Kind] = {
    "ratio": "counts",
    "quantile": "latency",
    "gauge": "gauge",
    "rate": "gauge",
}
_STRENGTH = ("rollback", "call", "observe")
_LEAST, _MOST = 1e-6, 1.0 - 1e-6
_STOP_OVER_WATCH = 5.0
"""Growth is noticed at one figure and accuses at five times that: 1 and 5 percent an hour of a memory."""


@dataclass(frozen=True)
class Bound:
    """A rule, and what the engine calls it. `turned`: bad for this rule is what is good in the metric; `controlled`: the metric
    tells the tracks apart, so that there is something to compare with."""

    rule: Rule
    metric: Metric
    judged: settings.Metric
    turned: bool = False
    controlled: bool = True

    @property
    def name(self) -> str:
        """As the engine and its findings call it."""
        return self.judged.name

    @property
    def as_shown(self) -> bool:
        """Whether the rule is held against what the metric shows in both arms, as it stands."""
        return self.controlled and not self.turned and self.judged.kind == self.shape

    @property
    def shape(self) -> settings.Kind:
        """How the metric shows itself, whatever a rule makes of it."""
        return SHAPES[self.metric.kind]


@dataclass(frozen=True, eq=False)
class Weighing:
    """A gate ready to be judged. `bound` follows the order of its rules."""

    gate: Gate
    bound: tuple[Bound, ...]
    engine: Engine
    fed: tuple[tuple[str, str, Bound | None], ...] = field(init=False)
    """(name in the engine, metric of the plan, the rule where it is not given what the metric shows as it stands)"""

    def __post_init__(self) -> None:
        given = [(one.name, one.rule.metric, None if one.as_shown else one) for one in self.bound]
        object.__setattr__(self, "fed", tuple(given))

    def of(self, name: str) -> Bound:
        """The rule behind a finding. KeyError when there is none."""
        return next(bound for bound in self.bound if bound.name == name)


@lru_cache(maxsize=256)
def weighing(runbook: Runbook, gate: str, usual: Usual = ()) -> Weighing:
    """The gate of this name, with its engine. `usual`: what the stable version showed before, for rules of which the plan says
    nothing. KeyError when the plan has no such gate."""
    found = runbook.gate(gate)
    before = {name: (failed, requests) for name, failed, requests in usual}
    bound = tuple(_measured(one, before) for one in _bound(runbook, found))
    metrics = tuple(one.judged for one in bound)
    return Weighing(found, bound, Engine(settings_of(runbook, found, metrics), metrics))


def _measured(bound: Bound, before: Mapping[str, tuple[float, float]]) -> Bound:
    counts = before.get(bound.rule.metric)
    if counts is None or bound.judged.kind != "counts":
        return bound
    failed, requests = counts
    bad = requests - failed if bound.turned else failed
    return replace(bound, judged=replace(bound.judged, before=(bad, requests)))


# ------------------------------------------------------------------------------------------------ from the plan's words


def settings_of(runbook: Runbook, gate: Gate, metrics: Iterable[settings.Metric]) -> settings.Settings:
    """Every constant of the gate: what the plan says, what follows from it, and the defaults.

    Where the plan does not say who decides, evidence does while there is a control, and either of both while there is none.
    """
    given = gate.evidence
    said: dict[str, Any] = {
        "decide_by": gate.decide_by or "evidence",
        "decide_alone": None if gate.decide_by is not None else "either",
        "alpha": gate.alpha, "tolerance": gate.tolerance, "margin": gate.margin,
        "planned": planned(runbook).total_seconds() or None,
        "later_stages": max(0, runbook.stages - 1),
        "share_comparison": given.shares.comparison, "share_absolute": given.shares.limit,
        "share_latency": given.shares.latency, "share_latency_absolute": given.shares.latency_limit,
        "share_gauge": given.shares.growth,
        "capital_start": given.capital.start, "capital_stages": given.capital.stages, "capital_spread": given.capital.spread,
        "incident_ratio": given.incident.ratio, "incident_on": given.incident.on, "incident_off": given.incident.off,
        "incident_most": given.incident.most, "incident_margin": _incident_margin(gate),
    }  # fmt: skip
    names = {one.name for one in fields(settings.Settings)}
    said |= {name: _plain(value) for name, value in _written(given) if name in names}
    return settings.Settings(**{name: value for name, value in said.items() if value is not None})


def _incident_margin(gate: Gate) -> float | None:
    """Not smaller than the margin outside incidents, also where only that one is written."""
    own = gate.evidence.incident.margin
    if own is None and gate.margin is not None:
        return max(settings.Settings().incident_margin, gate.margin)
    return own


def _written(part: Frozen) -> Iterator[tuple[str, Any]]:
    return (
        (name, getattr(part, name)) for name in type(part).model_fields if getattr(part, name) is not None
    )


def _plain(value: Any) -> Any:
    return value.total_seconds() if isinstance(value, timedelta) else value


def planned(runbook: Runbook) -> timedelta:
    """How long the canary will have traffic, as far as the plan tells: its bakes, or until the end of its watch if that is later."""
    began, whole = False, timedelta(0)
    for placed in runbook.route:
        body = placed.body
        began = began or isinstance(body, SetTraffic)
        if began and isinstance(body, Bake):
            whole += body.for_
        if began and isinstance(body, Watch):
            until = body.until.offset if body.until.days is None else timedelta(days=body.until.days)
            whole = max(whole, until or timedelta(0))
    return whole


def _bound(runbook: Runbook, gate: Gate) -> Iterator[Bound]:
    chief: dict[str, Rule] = {}
    for rule in sorted(gate.rules, key=lambda rule: (rule.advisory, _STRENGTH.index(rule.then))):
        chief.setdefault(rule.metric, rule)
    levels = {rule.metric: rule for rule in gate.rules if rule.growth_below is None}
    for rule in gate.rules:
        yield _bind(rule, runbook.metric(rule.metric), gate, levels, chief=chief[rule.metric] is rule)


def _bind(rule: Rule, metric: Metric, gate: Gate, levels: Mapping[str, Rule], *, chief: bool) -> Bound:
    common: dict[str, Any] = {
        "name": rule.metric if chief else rule.label,
        "compares": chief,
        "streak": rule.streak,
        "every": gate.every.total_seconds(),
        "minimum": float(rule.minimum if rule.minimum is not None else gate.minimum),
        "then": rule.then,
        "weight": rule.weight,
        "key": rule.key,
        "advisory": rule.advisory,
        "usual": rule.usual,
        "tolerance": rule.tolerance,
        "phi": rule.evidence.phi,
        "budget": rule.evidence.budget,
    }
    controlled = gate.track == "canary" and tells_tracks_apart(metric)
    if metric.ratio is not None:
        share, turned = _share(rule, metric)
        return Bound(rule, metric, settings.Metric(kind="counts", limit=share, **common), turned, controlled)
    if metric.quantile is not None and rule.below is not None:
        edges = tuple(sorted({edge.in_unit(metric.unit) for edge in rule.evidence.edges}))
        judged = settings.Metric(
            kind="latency", limit=rule.below.in_unit(metric.unit), quantile=metric.quantile.q, edges=edges, **common
        )  # fmt: skip
        return Bound(rule, metric, judged, controlled=controlled)
    return Bound(rule, metric, _gauge(rule, metric, levels, common), controlled=controlled)


def _gauge(
    rule: Rule, metric: Metric, levels: Mapping[str, Rule], common: Mapping[str, Any]
) -> settings.Metric:
    """A level or a growth; also what has no counts to weigh: requests per second, and a quantile that must stay over a limit."""
    grown = rule.growth_below
    if grown is None:
        limit = rule.below or rule.above
        assert limit is not None  # noqa: S101  # the model has exactly one of the three
        return settings.Metric(
            kind="gauge", limit=limit.in_unit(metric.unit), low_is_bad=rule.above is not None, growth=False, **common
        )  # fmt: skip
    figure = max(grown.in_unit(metric.unit), 1e-9)
    noticed = figure if rule.then == "observe" else figure / _STOP_OVER_WATCH
    level = levels.get(rule.metric)
    top = level.below.in_unit(metric.unit) if level is not None and level.below is not None else None
    noise = rule.evidence.noise
    return settings.Metric(
        kind="gauge", growth=True, growth_watch=noticed, growth_stop=noticed * _STOP_OVER_WATCH, reaches=top,
        noise=noticed if noise is None else noise.in_unit(metric.unit), **common,
    )  # fmt: skip


def _share(rule: Rule, metric: Metric) -> tuple[float, bool]:
    """(the bad share from which a rule is broken, whether bad is what the metric counts as good).

    An availability `above: 99.95%` is broken at 0.05 % bad or more.
    """
    limit = rule.below or rule.above
    assert limit is not None  # noqa: S101  # narrowed by the caller, both
    assert metric.ratio is not None  # noqa: S101  # only metrics of counts come here
    share = limit.in_unit(metric.unit) / (100.0 if metric.unit == "%" else 1.0)
    failures = metric.ratio.bad is not None
    turned = failures == (rule.above is not None)
    share = share if rule.below is not None else 1.0 - share
    return min(max(share, _LEAST), _MOST), turned


def tells_tracks_apart(metric: Metric) -> bool:
    """Whether the metric asks for one track at all: what does not name $track is the same number twice, and compares nothing."""
    return any("$track" in text for text in _texts(metric.model_dump()))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)

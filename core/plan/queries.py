"""What a plan asks of a Prometheus, and what it asks of which kind of source: queries that can be filled in safely, counters
that are counters, credentials that do not travel in the clear.

Names that do not exist are passed over here: `core.plan.references` reports them. It must not know how a server is reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from pydantic import BaseModel

from core.plan import models as m
from core.plan.problems import Finding, Path, did_you_mean
from core.plan.prometheus import GateAlerts, PrometheusCheck, PrometheusSource
from core.plan.promql import WINDOW, Unreadable, check, tokens
from core.plan.selectors import is_range, no_counter
from core.plan.walk import parts

_ASKS: dict[type[BaseModel], str] = {
    m.HttpCheck: "http",
    m.HttpAct: "http",
    m.ReadWeight: "http",
    PrometheusCheck: "prometheus",
    GateAlerts: "prometheus",
}
_LONGEST_LOOKBACK = timedelta(minutes=5)
_LOOPBACK = re.compile(r"http://(localhost|127\.[0-9.]+|\[::1\])([:/]|$)")


def speaks_jmespath(plan: m.Plan, metric: str) -> bool:
    """Whether the expressions of the metric of this name are JMESPath."""
    found = plan.metrics.get(metric)
    source = plan.sources.get(found.source) if found is not None else None
    return source is not None and source.kind != "prometheus"


def misasked(plan: m.Plan) -> Iterator[Finding]:
    """Everything about queries and their sources that cannot work as it is written."""
    for path, part in parts(plan):
        wanted = _ASKS.get(type(part))
        source = plan.sources.get(str(getattr(part, "source", "")))
        if wanted is not None and source is not None and "prometheus" in (wanted, source.kind):
            yield from _reached(path, str(getattr(part, "source", "")), source.kind, wanted)
        if isinstance(part, PrometheusSource):
            yield from _access(part, path)
        if isinstance(part, PrometheusCheck):
            yield from _check(plan, part, path)
    for name, metric in plan.metrics.items():
        source = plan.sources.get(metric.source)
        if source is not None and source.kind == "prometheus":
            yield from _metric(plan, metric, ("metrics", name))
        elif source is not None and source.kind == "http":
            yield from _json_metric(metric, ("metrics", name))


def _reached(path: Path, source: str, kind: str, wanted: str) -> Iterator[Finding]:
    if kind != wanted:
        message = f"'{source}' is a {kind} source, and this asks for {wanted}."
        yield Finding((*path, "source"), message, f"Name a {wanted} source.")


def _access(source: PrometheusSource, path: Path) -> Iterator[Finding]:
    secret = source.auth is not None or any(name.lower() == "authorization" for name in source.headers)
    in_the_clear = source.url.startswith("http://") and not _LOOPBACK.match(source.url)
    if secret and in_the_clear and not source.insecure:
        message = "Credentials would travel in the clear over 'http://'."
        yield Finding((*path, "url"), message, "Use 'https://', or say 'insecure: true' if that is meant.")
    if source.lookback > _LONGEST_LOOKBACK:
        message = "Prometheus itself looks back no further than 5m."
        yield Finding((*path, "lookback"), message, "Write 5m or less.")


def _json_metric(metric: m.Metric, path: Path) -> Iterator[Finding]:
    if metric.quantile is not None and metric.quantile.edges is not None:
        message = "The edges in a JSON answer are in the metric's own unit."
        yield Finding((*path, "quantile", "edges"), message, "Take 'edges' out.")


def _metric(plan: m.Plan, metric: m.Metric, path: Path) -> Iterator[Finding]:
    if metric.get is not None:
        message = "A prometheus source is not asked with 'get'."
        yield Finding((*path, "get"), message, "Take it out: the expressions are PromQL.")
    known = ("track", *plan.inputs)
    for place, query, counts in _expressions(metric):
        yield from _query(query, (*path, *place), known, counts=counts)


def _expressions(metric: m.Metric) -> Iterator[tuple[Path, str, bool]]:
    """(where, expression, whether it counts) of a metric."""
    if metric.ratio is not None:
        part = "bad" if metric.ratio.bad is not None else "good"
        yield ("ratio", part), metric.ratio.part, True
        yield ("ratio", "total"), metric.ratio.total, True
    if metric.quantile is not None:
        yield ("quantile", "buckets"), metric.quantile.buckets, True
    if metric.rate is not None:
        yield ("rate",), metric.rate, True
    if metric.gauge is not None:
        yield ("gauge",), metric.gauge, False


def _check(plan: m.Plan, part: PrometheusCheck, path: Path) -> Iterator[Finding]:
    if part.query is not None:
        yield from _query(part.query, (*path, "query"), tuple(plan.inputs), counts=False)
        for key in ("below", "above"):
            limit = getattr(part, key)
            try:
                _ = limit.in_unit(part.unit) if limit is not None else 0.0
            except ValueError as wrong:
                yield Finding((*path, key), f"{str(wrong).capitalize()}.", "Say the query's 'unit'.")


def _query(query: str, path: Path, known: tuple[str, ...], *, counts: bool) -> Iterator[Finding]:
    try:
        for wrong, advice in check(query, known):
            if advice is None:
                near = did_you_mean(wrong, known, "Write '$$' for a plain dollar sign.")
                shown = near.replace("'", "'$", 1) if near.startswith("Did") else near
                yield Finding(path, f"'${wrong}' has no value here.", shown)
            else:
                yield Finding(path, wrong, advice)
        if is_range(query):
            yield Finding(path, "This is a stretch of time and no value.", "Take the '[...]' at its end out.")
        elif counts:
            yield from _counter(query, path)
    except Unreadable as unreadable:
        yield Finding(path, str(unreadable), unreadable.advice)


def _counter(query: str, path: Path) -> Iterator[Finding]:
    """The bot takes differences of counters itself; a rate's difference would mean nothing."""
    function = no_counter(query)
    if function:
        message = f"A counter belongs here, and '{function}' makes none."
        yield Finding(path, message, "Write the counter itself, like 'http_requests_total{...}'.")
    elif any(token.text == f"${WINDOW}" for token in tokens(query)):
        yield Finding(path, f"A counter needs no '${WINDOW}'.", "The bot takes differences by itself.")

"""Plans that ask a Prometheus: what is sound, and every slip with its place and the way out."""

from __future__ import annotations

import json
from typing import Any

import factories
import pytest

from core.plan.models import Plan
from core.plan.parse import parse_plan
from core.plan.problems import PlanInvalid


def text(**changes: Any) -> str:
    """The small plan with a Prometheus; `changes` go into the parts they name, deep."""
    plan = factories.parsed(factories.PLAN)
    plan["sources"]["prom"] = {"prometheus": {"url": "https://prometheus.example"}}
    plan["metrics"]["lost"] = {
        "title": "Lost",
        "source": "prom",
        "ratio": {"bad": 'lost_total{track="$track",v="$version"}', "total": 'all_total{track="$track"}'},
        "unit": "%",
    }
    for section, parts in changes.items():
        for name, part in parts.items():
            plan[section][name] = (
                part if not isinstance(part, dict) else {**plan[section].get(name, {}), **part}
            )
    return json.dumps(plan)  # JSON is YAML, and quickly written


def sound(**changes: Any) -> Plan:
    return parse_plan(text(**changes))


def problem(**changes: Any) -> tuple[str, str, str]:
    with pytest.raises(PlanInvalid) as wrong:
        sound(**changes)
    (only,) = wrong.value.problems
    assert only.line > 0
    return only.path, only.message, only.suggestion


def metric(**kind: Any) -> dict[str, Any]:
    return {"metrics": {"other": {"title": "Other", "source": "prom", **kind}}}


def check(**asked: Any) -> dict[str, Any]:
    looks = {"title": "Looks", "check": {"prometheus": {"source": "prom", **asked}}, "id": "loaded"}
    return {"rollback": {"checklist": [looks]}}


def test_a_whole_source() -> None:
    source = sound(
        sources={
            "prom": {
                "prometheus": {
                    "url": "${URL}",
                    "timeout": "3s",
                    "headers": {"X-Scope-OrgID": "shop"},
                    "auth": {"basic": {"user": "${USER}", "password": "${PASSWORD}"}},
                    "tls": {"ca": "/etc/ca.pem", "certificate": "/etc/me.pem"},
                    "lookback": "2m",
                    "settle": "1s",
                }
            }
        }
    ).sources["prom"]
    assert source.kind == "prometheus"
    assert "${PASSWORD}" in source.texts


@pytest.mark.parametrize(
    "kind",
    [
        {"gauge": 'avg_over_time(memory{track="$track"}[$window])', "unit": "%"},
        {"rate": 'all_total{pod=~"shop-$track-.*"}', "unit": "/s"},
        {"quantile": {"buckets": 'sum by (le) (b_bucket{track="$track"})', "q": 0.9, "edges": "ms"}, "unit": "ms"},
        {"ratio": {"good": 'good_total{track="$track"}', "total": 'all_total{track="$track"}'}, "unit": "%"},
    ],
)  # fmt: skip
def test_every_kind_of_metric(kind: dict[str, Any]) -> None:
    assert sound(**metric(**kind)).metrics["other"].source == "prom"


def test_availability_is_for_every_source() -> None:
    plan = sound(metrics={"errors": {"ratio": {"good": "$track.good", "total": "$track.all"}}})
    ratio = plan.metrics["errors"].ratio
    assert ratio is not None
    assert ratio.part == "$track.good"


@pytest.mark.parametrize(
    ("kind", "path", "message", "suggestion"),
    [
        ({"gauge": "up", "get": "/metrics"}, "metrics.other.get", "A prometheus source is not asked with 'get'.", "Take it out: the expressions are PromQL."),
        ({"gauge": 'up{job="$trak"}'}, "metrics.other.gauge", "'$trak' has no value here.", "Did you mean '$track'?"),
        ({"gauge": "up{"}, "metrics.other.gauge", "'{' is never closed.", "Close every bracket you open, innermost first."),
        ({"gauge": "$track"}, "metrics.other.gauge", "'$track' may only stand inside the quoted value of a label.", 'Write it like {track="$track"}.'),
        ({"gauge": 'up{a="${TOKEN}"}'}, "metrics.other.gauge", "'${...}' is not filled in here.", "Secrets stand in sources and in programs only."),
        ({"gauge": "up[5m]"}, "metrics.other.gauge", "This is a stretch of time and no value.", "Take the '[...]' at its end out."),
        ({"rate": "rate(all_total[5m])", "unit": "/s"}, "metrics.other.rate", "A counter belongs here, and 'rate' makes none.", "Write the counter itself, like 'http_requests_total{...}'."),
        ({"ratio": {"bad": "increase(a[$window])", "total": "b"}}, "metrics.other.ratio.bad", "A counter belongs here, and 'increase' makes none.", "Write the counter itself, like 'http_requests_total{...}'."),
        ({"ratio": {"good": "a", "total": "sum_over_time(b[1h])"}}, "metrics.other.ratio.total", "A counter belongs here, and 'sum_over_time' makes none.", "Write the counter itself, like 'http_requests_total{...}'."),
        ({"quantile": {"buckets": "max(x[$window])", "q": 0.5}}, "metrics.other.quantile.buckets", "A counter needs no '$window'.", "The bot takes differences by itself."),
        ({"ratio": {"bad": "a", "good": "b", "total": "c"}}, "metrics.other.ratio", "A ratio has exactly one of: bad, good.", ""),
    ],
)  # fmt: skip
def test_a_metric_that_cannot_work(kind: dict[str, Any], path: str, message: str, suggestion: str) -> None:
    assert problem(**metric(**kind)) == (path, message, suggestion)


@pytest.mark.parametrize(
    ("asked", "path", "message"),
    [
        ({"query": "up", "rules": {"count": 1}, "below": 1}, "", "A prometheus check has exactly one of: rules, targets, alerts, query."),
        ({"query": "up"}, "", "A query's check has exactly one of: below, above, equals."),
        ({"rules": {"count": 1}, "below": 1}, "", "'below', 'above' and 'equals' go with 'query', not with 'rules'."),
        ({"rules": {"group": "x"}}, ".rules", "A check of rules says how many ('count') or which ('names')."),
        ({"query": 'up{a="$nothing"}', "equals": 1}, ".query", "'$nothing' has no value here."),
        ({"query": "up", "below": "5ms"}, ".below", "The limit 5 ms is in ms, but the metric is a plain number: write it without a unit."),
        ({"source": "api", "query": "up", "equals": 1}, ".source", "'api' is a http source, and this asks for prometheus."),
        ({"source": "promm", "query": "up", "equals": 1}, ".source", "There is no source 'promm'."),
    ],
)  # fmt: skip
def test_a_check_that_cannot_work(asked: dict[str, Any], path: str, message: str) -> None:
    said, words, _ = problem(**check(**asked))
    assert (said, words) == (f"rollback.checklist[0].check.prometheus{path}", message)


@pytest.mark.parametrize(
    "asked",
    [
        {"rules": {"count": 11, "names": ["A"], "group": "g", "health": "ok"}},
        {"targets": {"job": "shop", "at-least": 3, "up": True}},
        {"alerts": {"none-firing": True, "matching": {"severity": "critical"}}},
        {"query": 'kafka_brokers{cluster="$version"}', "equals": 3},
        {"query": "avg(x)", "below": "5%", "unit": "%"},
    ],
)
def test_every_kind_of_check(asked: dict[str, Any]) -> None:
    assert sound(**check(**asked)).sources["prom"].kind == "prometheus"


@pytest.mark.parametrize(
    ("source", "key", "message"),
    [
        ({"url": "http://prometheus.example", "auth": {"bearer": "${T}"}}, "url", "Credentials would travel in the clear over 'http://'."),
        ({"url": "http://prometheus.example", "headers": {"authorization": "x"}}, "url", "Credentials would travel in the clear over 'http://'."),
        ({"lookback": "10m"}, "lookback", "Prometheus itself looks back no further than 5m."),
        ({"timeout": "0s"}, "timeout", "This time may not be zero."),
        ({"url": "prometheus.example"}, "url", "'prometheus.example' is not an address."),
    ],
)  # fmt: skip
def test_a_source_that_cannot_work(source: dict[str, Any], key: str, message: str) -> None:
    whole = {"url": "https://prometheus.example", **source}
    path, words, suggestion = problem(sources={"prom": {"prometheus": whole}})
    assert (path, words) == (f"sources.prom.prometheus.{key}", message)
    assert suggestion


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"auth": {"bearer": "${T}"}, "headers": {"Authorization": "x"}}, "'auth' and the header Authorization say the same: keep one of the two."),
        ({"insecure": True, "tls": {"ca": "ca.pem"}}, "'insecure' trusts anybody, 'tls: ca' does not: keep one of the two."),
    ],
)  # fmt: skip
def test_a_source_that_says_two_things(source: dict[str, Any], message: str) -> None:
    whole = {"url": "https://prometheus.example", **source}
    path, words, _ = problem(sources={"prom": {"prometheus": whole}})
    assert (path, words) == ("sources.prom.prometheus", message)


@pytest.mark.parametrize(
    "source",
    [
        {"url": "http://127.0.0.1:9090", "auth": {"bearer": "${T}"}},
        {"url": "http://localhost:9090", "auth": {"bearer": "${T}"}},
        {"url": "http://prometheus.example", "auth": {"bearer": "${T}"}, "insecure": True},
        {"url": "http://prometheus.example"},
    ],
)
def test_what_may_go_in_the_clear(source: dict[str, Any]) -> None:
    assert sound(sources={"prom": {"prometheus": source}}).sources["prom"].kind == "prometheus"


def test_a_json_metric_says_where() -> None:
    path, message, suggestion = problem(metrics={"bare": {"title": "Bare", "source": "api", "gauge": "x"}})
    assert (path, message, suggestion) == (
        "metrics.bare",
        "It is not said where the http source has it.",
        "Add 'get: ...'.",
    )


def test_edges_of_json_are_in_the_metrics_unit() -> None:
    changed = {"p95": {"quantile": {"buckets": "$track.buckets", "q": 0.95, "edges": "s"}}}
    assert problem(metrics=changed)[0] == "metrics.p95.quantile.edges"


def test_a_gate_shows_the_alerts_of_a_prometheus_only() -> None:
    alerts = {"source": "prom", "matching": {"severity": "critical"}, "then": "call"}
    shown = sound(gates={"canary": {"alerts": alerts}}).gates["canary"].alerts
    assert shown is not None
    assert shown.then == "call"
    path, message, _ = problem(gates={"canary": {"alerts": {"source": "api"}}})
    assert (path, message) == (
        "gates.canary.alerts.source",
        "'api' is a http source, and this asks for prometheus.",
    )


def test_a_request_does_not_go_to_a_prometheus() -> None:
    path, _, _ = problem(traffic={"read": {"source": "prom"}})
    assert path == "traffic.read.source"


@pytest.mark.parametrize("name", ["window", "track"])
def test_an_input_cannot_take_the_name_of_what_the_bot_fills_in(name: str) -> None:
    assert problem(inputs={name: {}})[0] == f"inputs.{name}"

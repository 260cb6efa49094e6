"""The stand-in evaluates the part of PromQL that plans use, over samples and over curves of plan time.

The same questions are asked of the real one in tests/services/test_promql_on_both.py.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.prometheus.curves import Curves, Steps
from sandbox.prometheus.evaluating import BadQuery, Selector, Value
from sandbox.prometheus.promql import evaluate, parse
from sandbox.prometheus.stand_in import Samples

SERIES: dict[tuple[str, str], list[float]] = {
    ("partitions", "a"): [6.0, 6.0],
    ("partitions", "b"): [12.0, 12.0],
    ("partitions", "c"): [3.0, 3.0],
    ("requests", "a"): [100.0, 160.0],
    ("requests", "b"): [50.0, 20.0],
}


def value(query: str) -> Value:
    samples = Samples()
    for (metric, topic), values in SERIES.items():
        labels = (("__name__", metric), ("topic", topic))
        samples.series[labels] = [(at, one) for at, one in zip((0.0, 60.0), values, strict=True)]
    return evaluate(query, samples, 60.0)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("sum(partitions)", 21.0),
        ("count(partitions >= 6 <= 12)", 2.0),
        ("min(partitions)", 3.0),
        ("max by (nothing) (partitions)", 12.0),
        ("avg(partitions)", 7.0),
        ('partitions{topic="a"} + 1', 7.0),
        ('sum(partitions{topic=~"a|b"})', 18.0),
        ('sum(partitions{topic!~"a|b"})', 3.0),
        ('100 * sum(partitions{topic="c"}) / sum(partitions)', 300 / 21),
        ('sum(rate(requests{topic="a"}[2m]))', 1.0),
        ('sum(increase(requests{topic="b"}[2m]))', 20.0),  # a restart: what is there has been counted since
        ("sum(nothing) or vector(0)", 0.0),
        ('count(partitions unless partitions{topic="a"})', 2.0),
        ("count(partitions and on (topic) requests)", 2.0),
        ("sum(partitions > bool 5)", 2.0),
    ],
)
def test_what_a_query_gives(query: str, wanted: float) -> None:
    found = value(query)
    assert isinstance(found, dict)
    assert list(found.values()) == [pytest.approx(wanted)]


def test_numbers_alone() -> None:
    assert value("2 + 3 * 4") == 14.0
    assert value("-(2)") == -2.0


@pytest.mark.parametrize(
    "query", ["sum(", "sum(partitions))", "nonsense(partitions)", "partitions[5m] + 1", "a b", "{"]
)
def test_what_it_does_not_know_it_refuses(query: str) -> None:
    with pytest.raises(BadQuery):
        value(query)


def test_a_quantile_lies_inside_its_bucket() -> None:
    samples = Samples()
    for edge, count in (("0.1", 50.0), ("0.5", 95.0), ("+Inf", 100.0)):
        samples.series[("__name__", "b"), ("le", edge)] = [(0.0, count)]
    found = evaluate("histogram_quantile(0.5, b)", samples, 1.0)
    assert isinstance(found, dict)
    assert list(found.values()) == [pytest.approx(0.1)]
    assert evaluate("histogram_quantile(0.99, b)", samples, 1.0) == {(): 0.5}


def test_raw_samples_are_asked_for_with_a_span() -> None:
    asked = parse('requests{topic="a"}[90s]')
    assert isinstance(asked, Selector)
    assert asked.span_s == 90.0


def test_a_jump_of_days_is_a_second_of_real_time() -> None:
    begins = datetime(2025, 1, 28, tzinfo=UTC)
    plan, real = [begins], [1000.0]
    flow = Steps(begins.timestamp(), 2.0)
    curves = Curves(lambda: plan[0], lambda _: begins, lambda: real[0])
    curves.add("orders_total", flow.total, job="backend")
    asked = parse("orders_total[1h]")
    assert isinstance(asked, Selector)
    curves.window(asked, 995.0)
    plan[0], real[0] = begins + timedelta(days=7), 1001.0
    ((labels, points),) = curves.window(asked, 996.0).items()
    assert dict(labels)["job"] == "backend"
    assert [at for at, _ in points] == [995.0, 996.0]
    assert points[1][1] - points[0][1] == pytest.approx(2.0 * 7 * 86_400)
    per_s = evaluate("rate(orders_total[5m])", curves, 996.0)
    assert isinstance(per_s, dict)
    assert list(per_s.values()) == [pytest.approx(2.0)]  # over plan time, whatever the jump


def test_steps_add_up() -> None:
    steps = Steps(0.0, 1.0)
    steps.set(10.0, 3.0)
    steps.set(20.0, 0.0)
    assert (steps.total(10.0), steps.total(15.0), steps.total(100.0)) == (10.0, 25.0, 40.0)
    assert (steps.at(5.0), steps.at(12.0), steps.at(30.0)) == (1.0, 3.0, 0.0)

"""Readings: counters as they are, and everything that is missing, odd or out of reach says so instead of counting as good."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.http_source import Answer
from bot.performing.json_readings import read
from core.inputs import Reading
from core.plan.models import Metric, Quantile, Ratio

GOOD = {
    "tracks": {
        "canary": {
            "requests": 240,
            "errors": 3,
            "memory": 61.5,
            "buckets": [["5", 10], ["100", 200], ["+Inf", 240]],
        },
        "control": {
            "requests": 4560,
            "errors": 5,
            "memory": 60,
            "buckets": [[5, 100], [100, 4000], [math.inf, 4560]],
        },
    }
}


def metric(**kind: Any) -> Metric:
    return Metric(title="A number", source="api", get="/metrics", **kind)


ERRORS = metric(ratio=Ratio(bad="tracks.$track.errors", total="tracks.$track.requests"), unit="%")
P95 = metric(quantile=Quantile(buckets="tracks.$track.buckets", q=0.95), unit="ms")
MEMORY = metric(gauge="tracks.$track.memory", unit="%")
RPS = metric(rate="tracks.$track.requests", unit="/s")


def answered(document: Any, status: int = 200) -> Answer:
    return Answer(status, document, "")


def canary(of: Metric, document: Any) -> Reading:
    return read("it", of, "canary", answered(document))


def with_canary(**changed: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(GOOD))
    document["tracks"]["canary"] |= changed
    return document


@pytest.mark.parametrize(
    ("of", "canary_values", "control_values"),
    [
        (ERRORS, (3, 240), (5, 4560)),
        (P95, (5, 10, 100, 200, math.inf, 240), (5, 100, 100, 4000, math.inf, 4560)),
        (MEMORY, (61.5,), (60,)),
        (RPS, (240,), (4560,)),
    ],
)
def test_each_kind_is_read_as_counters(
    of: Metric, canary_values: tuple[float, ...], control_values: tuple[float, ...]
) -> None:
    assert read("it", of, "canary", answered(GOOD)) == Reading("it", "canary", "ok", canary_values)
    assert read("it", of, "control", answered(GOOD)) == Reading("it", "control", "ok", control_values)


@pytest.mark.parametrize("of", [ERRORS, P95, MEMORY, RPS])
@pytest.mark.parametrize(
    "document", [{}, {"tracks": {}}, {"tracks": None}, {"tracks": {"canary": None}}, [], 5, "text"]
)
def test_what_is_missing_is_no_data(of: Metric, document: Any) -> None:
    reading = canary(of, document)
    assert (reading.state, reading.values) == ("no-data", ())
    assert reading.detail


@pytest.mark.parametrize("of", [ERRORS, P95, MEMORY, RPS])
@pytest.mark.parametrize("key", ["errors", "requests", "memory", "buckets"])
def test_a_null_is_no_data_for_whoever_needs_it(of: Metric, key: str) -> None:
    uses = {"errors": [ERRORS], "requests": [ERRORS, RPS], "memory": [MEMORY], "buckets": [P95]}[key]
    assert canary(of, with_canary(**{key: None})).state == ("no-data" if of in uses else "ok")


@pytest.mark.parametrize("value", [-1, -0.5, math.nan, math.inf, "240", True, [], {}, "", 10**400])
def test_what_is_no_count_is_a_failure(value: Any) -> None:
    reading = canary(
        RPS, with_canary(requests=value) if not isinstance(value, float) else _raw("requests", value)
    )
    assert (reading.state, reading.values) == ("failed", ())
    assert reading.detail


def test_more_errors_than_requests_cannot_be() -> None:
    assert canary(ERRORS, with_canary(errors=241)).state == "failed"


@pytest.mark.parametrize(
    "buckets",
    [
        [["5", 10], ["100", 9], ["+Inf", 20]],  # counts fall
        [["100", 10], ["5", 20], ["+Inf", 30]],  # edges fall
        [["5", 10], ["5", 20], ["+Inf", 30]],  # the same edge twice
        [["5", 10], ["100", 20]],  # the end is missing
        [["five", 10], ["+Inf", 20]],
        [["5", "10"], ["+Inf", 20]],
        [["5", 10, 3], ["+Inf", 20]],
        {"5": 10},
        "5,10",
        [5, 10],
        [["-5", 10], ["+Inf", 20]],
        [["nan", 10], ["+Inf", 20]],
    ],
)
def test_buckets_that_cannot_be(buckets: Any) -> None:
    assert canary(P95, with_canary(buckets=buckets)).state == "failed"


def test_no_buckets_are_no_data() -> None:
    assert canary(P95, with_canary(buckets=[])).state == "no-data"


@pytest.mark.parametrize("status", [204, 301, 404, 429, 500, 503])
def test_another_status_is_a_failure_even_with_good_numbers(status: int) -> None:
    reading = read("it", RPS, "canary", answered(GOOD, status))
    assert (reading.state, str(status) in reading.detail) == ("failed", True)


def test_an_answer_that_is_no_json_is_a_failure() -> None:
    assert read("it", RPS, "canary", Answer(200, None, "<html>")).state == "failed"


def test_no_answer_is_a_failure_with_its_reason() -> None:
    assert read("it", RPS, "canary", "It did not answer.").detail == "It did not answer."


@pytest.mark.parametrize(
    "expression", ["tracks.$track.[", "length(tracks.$track.requests)", "sum(tracks)", "@@"]
)
def test_an_expression_that_cannot_be_applied_is_a_failure(expression: str) -> None:
    assert canary(metric(gauge=expression), GOOD).state == "failed"


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["tracks", "canary", "requests", "errors", "buckets", "memory"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(document=ANY_JSON, of=st.sampled_from([ERRORS, P95, MEMORY, RPS]))
def test_any_document_gives_a_reading_and_only_sound_numbers_are_ok(document: Any, of: Metric) -> None:
    reading = canary(of, document)
    assert (reading.state == "ok") == bool(reading.values)
    counts = reading.values[1::2] if of is P95 else reading.values
    assert all(math.isfinite(value) and value >= 0 for value in counts)


def _raw(key: str, value: float) -> dict[str, Any]:
    """NaN and Infinity, which Python's JSON reads though JSON has none."""
    text = json.dumps(with_canary()).replace(f'"{key}": 240', f'"{key}": {json.dumps(value)}')
    document: dict[str, Any] = json.loads(text)
    return document

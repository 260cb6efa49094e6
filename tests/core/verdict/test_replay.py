"""Recorded looks: what a line may be, what is said of a bad one, and that stored counts give the same verdicts again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st

from core.verdict import replay
from core.verdict.looks import Buckets, Counts, Gauge, Pair
from core.verdict.replay import BadLine, Entry

KINDS = {"errors": "counts", "p95": "latency", "memory": "gauge"}


def line(t: float, bad: int = 0, total: int = 180, **more: Any) -> str:
    metrics = {
        "errors": {"canary": {"bad": bad, "total": total}, "control": {"bad": 3, "total": 3420}},
        "p95": {
            "canary": {"buckets": [["100", 60], ["250", 160], ["500", 178], ["+Inf", 180]]},
            "control": None,
        },
        "memory": {"canary": {"value": 61.5}},
    }
    return json.dumps({"t": t, "stage": 1, "metrics": metrics, **more})


def test_a_line_is_a_look() -> None:
    entry = replay.read(line(300, 3), KINDS)
    assert (entry.look.t, entry.look.stage, entry.stage_end) == (300.0, 1, False)
    assert entry.look.readings["errors"] == Pair(Counts(3, 180), Counts(3, 3420))
    shape = entry.look.readings["p95"]
    assert isinstance(shape.canary, Buckets)
    assert shape.canary.buckets[-1] == (float("inf"), 180.0)
    assert shape.control is None
    assert entry.look.readings["memory"] == Pair(Gauge(61.5), None)


@pytest.mark.parametrize(
    "metrics",
    [
        {}, {"errors": None}, {"errors": {"canary": None}}, {"errors": {"canary": {"bad": None, "total": None}}},
        {"errors": {"canary": {"bad": float("nan"), "total": 3}}}, {"unheard-of": {"canary": 7}},
    ],
)  # fmt: skip
def test_what_is_missing_is_no_data(metrics: dict[str, Any]) -> None:
    entry = replay.read(json.dumps({"t": 300, "metrics": metrics}), KINDS)
    assert entry.look.readings.get("errors", Pair()).canary is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{no", "this is not JSON"),
        ("[]", "a line is an object"),
        ('{"stage": 1}', '"t" is missing or no number'),
        ('{"t": true}', '"t" is missing or no number'),
        ('{"t": 1, "stage": "two"}', '"stage" is no whole number'),
        ('{"t": 1, "metrics": []}', '"metrics" is no object'),
        ('{"t": 1, "stage_end": 1}', '"stage_end" is true or false'),
        ('{"t": 1, "metrics": {"errors": 3}}', "errors: no object such as"),
        ('{"t": 1, "metrics": {"errors": {"canary": 3}}}', "errors, canary: no object with bad and total"),
        (
            '{"t": 1, "metrics": {"errors": {"control": {"bad": 1}}}}',
            "errors, control: counts have bad and total",
        ),
        (
            '{"t": 1, "metrics": {"errors": {"canary": {"bad": 5, "total": 3}}}}',
            "errors, canary: 5 bad of 3 cannot be",
        ),
        (
            '{"t": 1, "metrics": {"memory": {"canary": {"value": "much"}}}}',
            "memory, canary: a gauge has a value",
        ),
        ('{"t": 1, "metrics": {"memory": {"canary": {}}}}', "memory, canary: a gauge has a value"),
        ('{"t": 1, "metrics": {"p95": {"canary": {"buckets": [1]}}}}', "p95, canary: buckets are pairs"),
        ('{"t": 1, "metrics": {"p95": {"canary": {"buckets": [["x", 1]]}}}}', "an edge or a count"),
        ('{"t": 1, "metrics": {"p95": {"canary": {"buckets": [["1", 5], ["+Inf", 3]]}}}}', "they never fall"),
        ('{"t": 1, "metrics": {"p95": {"canary": {"buckets": [["1", 5]]}}}}', '"+Inf"'),
    ],
)
def test_a_bad_line_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadLine) as refused:
        replay.read(text, KINDS)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"t": 1760000000000}', "no time in seconds: milliseconds are divided by 1,000"),
        ('{"t": 1, "stage": 100000}', '"stage" is no whole number'),
        ('{"t": 1' + "0" * 400 + "}", '"t" is'),
        (
            '{"t": 1, "metrics": {"errors": {"canary": {"bad": 1' + "0" * 400 + ', "total": 1}}}}',
            "counts have bad and total",
        ),
        ("[" * 100_000, "this is not JSON"),
    ],
)
def test_what_is_too_large_is_refused_too(text: str, sentence: str) -> None:
    with pytest.raises(BadLine) as refused:
        replay.read(text, KINDS)
    assert sentence in str(refused.value)


def test_names_that_are_not_wanted_are_told_apart() -> None:
    entry = replay.read(json.dumps({"t": 1, "metrics": {"errors": None, "erors": {"canary": 7}}}), KINDS)
    assert (tuple(entry.look.readings), entry.others) == (("errors",), ("erors",))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["t", "stage", "metrics", "errors", "p95", "memory", "canary", "control", "bad", "total", "buckets", "value", "stage_end"]),
        inner, max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


def told(line: str | bytes) -> str | Entry:
    """What is said of a line, or what it is."""
    try:
        return replay.read(line, KINDS)
    except BadLine as refused:
        return str(refused)


@given(st.dictionaries(st.sampled_from(["t", "stage", "stage_end", "metrics"]), json_values), st.booleans())
@settings(max_examples=draws(400), deadline=None)
def test_no_line_does_anything_but_be_read_or_be_refused(body: dict[str, Any], timed: bool) -> None:
    """Of a line that is read, every arm is one that can be, or no data."""
    found = told(json.dumps(body | ({"t": 60} if timed else {})))
    if isinstance(found, str):
        assert found
        assert "\n" not in found
        return
    arms = [arm for pair in found.look.readings.values() for arm in (pair.canary, pair.control)]
    assert all(arm is None or arm.sound() for arm in arms)


@given(st.text(max_size=60) | st.binary(max_size=60))
@settings(max_examples=draws(300), deadline=None)
def test_no_text_does_either(line: str | bytes) -> None:
    assert told(line)

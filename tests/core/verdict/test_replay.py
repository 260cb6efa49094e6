"""Recorded looks: what a line may be, what is said of a bad one, and that stored counts give the same verdicts again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import ERRORS, MEMORY, P95, engine

from core.verdict import replay
from core.verdict.looks import Buckets, Counts, Gauge, Pair
from core.verdict.replay import BadLine, Player

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


def test_one_line_in_one_line_out_and_a_bad_one_does_not_end_it() -> None:
    out = list(
        replay.play(engine(ERRORS, P95, MEMORY), [line(300), "", "{no", line(600), line(600), line(900)])
    )
    assert [one.get("verdict", "refused") for one in out] == ["GO", "refused", "GO", "refused", "GO"]
    assert out[1] == {
        "line": 3,
        "error": "line 3: this is not JSON: Expecting property name enclosed in double quotes at character 2",
    }
    assert out[3]["error"] == "line 5: a look at 600 s is not later than the one before at 600 s"
    assert json.loads(json.dumps(out[0]))["metrics"]["errors"]["total"] == 180


def test_a_stage_end_repeats_the_last_look_or_brings_its_own() -> None:
    out = list(
        replay.play(
            engine(ERRORS, P95, MEMORY),
            [line(300), '{"t": 310, "stage": 1, "stage_end": true}', line(600, stage_end=True)],
        )
    )
    assert [one.get("stage_end", False) for one in out] == [False, True, True]
    assert out[1]["verdict"] == out[0]["verdict"] == "GO"
    assert out[2]["t"] == 600


def test_a_stage_end_after_silence_is_not_go() -> None:
    out = list(
        replay.play(engine(ERRORS), [line(300), '{"t": 600, "metrics": {}}', '{"t": 610, "stage_end": true}'])
    )
    assert [one["verdict"] for one in out] == ["GO", "OBSERVE", "OBSERVE"]


def test_times_of_any_origin() -> None:
    said = [
        list(replay.play(engine(ERRORS), [line(begin + 300), line(begin + 600)]))
        for begin in (0, 1_760_000_000)
    ]
    assert said[0][1]["metrics"] == said[1][1]["metrics"]


def test_the_tally_says_what_would_have_rolled_back_when() -> None:
    player = Player(engine(ERRORS, decide_by="evidence"))
    for minute, bad in ((5, 0), (10, 2), (15, 2), (20, 2), (25, 60), (30, 60)):
        player.feed(line(minute * 60, bad))
    tally = player.tally
    assert (tally.looks, tally.streak) == (6, 20 * 60.0)
    assert tally.verdict == tally.evidence
    assert tally.evidence is not None
    assert tally.evidence >= 20 * 60.0
    assert tally.metrics == (("errors", tally.streak, tally.evidence),)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_stored_counts_give_the_same_verdicts_again(errors: list[int]) -> None:
    lines = [line(300.0 * place, bad) for place, bad in enumerate(errors, 1)]
    judge = engine(ERRORS, P95, MEMORY)
    assert list(replay.play(judge, lines)) == list(replay.play(judge, lines))

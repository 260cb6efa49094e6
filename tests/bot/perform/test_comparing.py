"""A comparison says yes, no, or that it cannot tell; what cannot be read is never a yes or a no."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.http_source import Answer
from bot.performing.comparing import judge, same
from core.plan.models import HttpCheck


def check(status: int = 200, **wanted: str | int | float | bool) -> HttpCheck:
    return HttpCheck.model_validate({"source": "api", "get": "/config", "status": status, "json": wanted})


def verdict(one: HttpCheck, status: int, document: Any) -> bool | None:
    return judge(one, "/config", Answer(status, document, ""), {"weight": 5, "version": "v1"}).agrees


@pytest.mark.parametrize(
    ("document", "agrees"),
    [
        ({"share": 5}, True),
        ({"share": 5.0}, True),
        ({"share": 10}, False),
        ({"share": 0}, False),
        ({"share": "5"}, False),
        ({"share": True}, False),
        ({"share": None}, None),
        ({}, None),
        (None, None),
        ([], None),
        ("text", None),
    ],
)
def test_a_weight_is_compared_as_a_number(document: Any, agrees: bool | None) -> None:
    assert verdict(check(share="$weight"), 200, document) is agrees


@pytest.mark.parametrize(
    ("status", "agrees"), [(200, True), (404, False), (403, False), (500, None), (503, None), (429, None)]
)
def test_a_status_alone(status: int, agrees: bool | None) -> None:
    assert verdict(check(), status, {}) is agrees


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_another_status_says_nothing_about_values(status: int) -> None:
    assert verdict(check(share=5), status, {"share": 0}) is None


def test_one_difference_is_enough_and_one_gap_is_not_a_yes() -> None:
    assert verdict(check(a=1, b=2), 200, {"a": 1, "b": 3}) is False
    assert verdict(check(a=1, b=2), 200, {"a": 1}) is None
    assert verdict(check(a=1, b=2), 200, {"b": 3}) is False


def test_the_evidence_says_what_was_found_and_what_was_wanted() -> None:
    said = judge(check(status_of="healthy"), "/config", Answer(200, {"status_of": "degraded"}, ""), {})
    assert said.evidence == "GET /config answered 200: status_of is 'degraded', not 'healthy'."


@pytest.mark.parametrize(("found", "wanted"), [(1, True), (0, False), ("1", 1), (None, "None"), ([1], 1)])
def test_kinds_are_not_mixed(found: Any, wanted: Any) -> None:
    assert not same(found, wanted)

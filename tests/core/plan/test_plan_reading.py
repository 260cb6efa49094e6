"""Reading plans: what YAML's scalars mean here, and that no text at all gives anything but a plan or a list of problems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st

from core.plan.document import read_document
from core.plan.models import Action, Checklist, Frozen, Watch
from core.plan.parse import parse_plan
from core.plan.problems import PlanInvalid
from core.plan.quantities import Growth, Limit
from core.plan.variables import fill, fill_text, names_in
from core.plan.walk import parts

SMALL = (Path(__file__).parent / "small.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("No", "No"), ("y", "y"), ("true", True), ("False", False), ("~", None), ("null", None),
        ("14:00", "14:00"), ("1:30:00", "1:30:00"), ("2025-10-22", "2025-10-22"), ("1_000", "1_000"), ("0x1F", 31), ("0o17", 15), ("017", 17),
        ("-3", -3), ("1e3", 1000.0), ("1.10", 1.1), (".5", 0.5), (".inf", ".inf"), (".nan", ".nan"), ("1e999", "1e999"), ("'5'", "5"), ('"true"', "true"),
        ("9" * 30, "9" * 30), ("v1.2.3", "v1.2.3"), ("=", "="), ("!!str 5", "5"), ("! 5", "5"), ("[a, on]", ["a", "on"]), ("{on: off}", {"on": "off"}),
        ("|\n  two\n  lines\n", "two\nlines\n"), ("1%", "1%"), ("5m", "5m"),
    ],
)  # fmt: skip
def test_scalars_mean_what_yaml_1_2_says(written: str, value: Any) -> None:
    document = read_document(f"key: {written}")
    assert document.data == {"key": value}
    assert type(document.data["key"]) is type(value)
    assert not document.problems


def test_keys_are_the_texts_that_were_written() -> None:
    assert list(read_document("on: 1\n5: 2\nnull: 3\n1.10: 4\n").data) == ["on", "5", "null", "1.10"]


def test_every_value_knows_its_line() -> None:
    document = read_document("a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n\ne: {}\n")
    assert document.lines == {
        (): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4, ("b", 1, "d"): 5, ("e",): 7,
    }  # fmt: skip
    assert document.line(("b", 1, "nowhere", 5)) == 4


def test_the_model_holds_values_not_texts() -> None:
    plan = parse_plan(SMALL)
    rules = plan.gates["canary"].rules
    assert rules[0].below == Limit(1, "%")
    assert rules[2].growth_below == Growth(1, "%")
    assert plan.gates["canary"].every == timedelta(minutes=5)
    assert plan.phases[1].steps[1].traffic.confirm[0].metric.below == Limit(0.5, "s")  # type: ignore[union-attr]  # the step is a traffic step
    assert plan.title.in_("ko") == "작은 계획"
    assert plan.roles["deployer"].title.in_("ko") == "Deployer"


def test_a_plan_says_itself_again() -> None:
    """What the model writes, the language reads back: nothing is lost on the way."""
    plan = parse_plan(SMALL)
    again = yaml.safe_dump(json.loads(plan.model_dump_json(by_alias=True)), allow_unicode=True)
    assert parse_plan(again) == plan


def test_parts_have_the_paths_people_write() -> None:
    found = {".".join(map(str, path)): type(part) for path, part in parts(parse_plan(SMALL))}
    assert found["phases.0.steps.0.checklist"] is Checklist
    assert found["phases.1.steps.7.watch"] is Watch
    assert found["actions.look"] is Action


# ------------------------------------------------------------------------------------------------------------- variables


def test_variables_are_filled_in_and_cannot_add_anything() -> None:
    values: dict[str, str | int] = {"weight": 5, "version": "v1 --force; rm", "rollback-owner": "me"}
    assert fill(["--traffic", "$weight", "--version=$version"], values) == [
        "--traffic",
        5,
        "--version=v1 --force; rm",
    ]
    assert fill({"percent": "$weight", "note": "to $weight %", "deep": [{"v": "$version"}]}, values) == {
        "percent": 5, "note": "to 5 %", "deep": [{"v": "v1 --force; rm"}],
    }  # fmt: skip
    assert fill_text("$$5 for $rollback-owner, $weight% $ $5", values) == "$5 for me, 5% $ $5"
    assert names_in(["$weight$version", {"$a": "$$b", "c": ["$rollback-owner-"]}]) == [
        "weight",
        "version",
        "a",
        "rollback-owner",
    ]
    with pytest.raises(KeyError):
        fill_text("$nobody", values)


@settings(deadline=None)
@given(st.text(max_size=30), st.sampled_from(["", "$weight", "$$", "$x"]))
def test_a_value_is_never_filled_in_itself(value: str, also: str) -> None:
    assert fill_text("<$x>", {"x": value + also}) == f"<{value}{also}>"
    assert fill("$x", {"x": value + also}) == value + also


# -------------------------------------------------------------------------------------------------------------- anything


def read(text: str) -> list[str]:
    """The sentences of the problems, or nothing when it is a plan. Any other exception goes through, and fails the test."""
    try:
        parse_plan(text)
    except PlanInvalid as invalid:
        return [f"{one.message} {one.suggestion}" for one in invalid.problems] or ["refused without a reason"]
    return []


def assert_plain(sentences: list[str]) -> None:
    for sentence in sentences:
        assert not any(
            word in sentence
            for word in (
                "Input should",
                "type=",
                "pydantic",
                "does not fit here",
                "Traceback",
                "NoneType",
                "refused without",
            )
        )
        assert sentence[0].isupper() or sentence[0] in "'0123456789-"


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_plan_or_a_list_of_problems(text: str) -> None:
    assert read(text)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("abc:-[]{}#&*!|>'\"%@`,? \n\t~0159.$\\x")))
def test_anything_that_looks_like_yaml_is_read_or_refused(text: str) -> None:
    assert read(text)


LINES = SMALL.splitlines(keepends=True)


@settings(max_examples=draws(50), deadline=None)
@given(st.data())
def test_a_torn_plan_is_read_or_refused(data: st.DataObject) -> None:
    """Lines taken out, doubled, swapped, moved to the side."""
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        at, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        how = data.draw(st.sampled_from(["drop", "double", "swap", "indent", "outdent"]))
        if how == "drop":
            lines[at] = ""
        elif how == "double":
            lines[at] *= 2
        elif how == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] = "  " + lines[at] if how == "indent" else lines[at][2:]
    assert_plain(read("".join(lines)))


WHOLE: dict[str, Any] = read_document(SMALL).data
WRONG: tuple[Any, ...] = (
    None, True, -1, 0, 10**17, 1.5, "", "x", "on", "5m", "1%", "T-1h", "$weight", "${X}", [], ["x"], [[]], {}, {"x": "y"}, {"en": "only"}, [{"id": "x"}],
)  # fmt: skip


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, key)
        yield from places(below, (*path, key))


PLACES = tuple(places(WHOLE))


def with_wrong(whole: Any, path: tuple[str | int, ...], wrong: Any) -> Any:
    """`whole` with `wrong` at `path`; unchanged where the path no longer leads anywhere."""
    if not path:
        return wrong
    if isinstance(whole, dict) and path[0] in whole:
        return {**whole, path[0]: with_wrong(whole[path[0]], path[1:], wrong)}
    if isinstance(whole, list) and isinstance(path[0], int) and path[0] < len(whole):
        return [*whole[: path[0]], with_wrong(whole[path[0]], path[1:], wrong), *whole[path[0] + 1 :]]
    return whole


@settings(max_examples=draws(80), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(WRONG)), min_size=1, max_size=4))
def test_any_value_anywhere_is_read_or_refused_in_plain_words(
    changes: list[tuple[tuple[str | int, ...], Any]],
) -> None:
    whole: Any = WHOLE
    for path, wrong in changes:
        whole = with_wrong(whole, path, wrong)
    assert_plain(read(json.dumps(whole)))


@pytest.mark.parametrize("kind", range(len(WRONG)), ids=lambda kind: repr(WRONG[kind]))
def test_one_wrong_value_has_a_sentence_in_plain_words(kind: int) -> None:
    """Every other place of the plan holds one of the wrong values, each in its turn, so that the test stays quick."""
    chosen = [path for number, path in enumerate(PLACES) if number % (2 * len(WRONG)) == 2 * kind]
    assert chosen
    for path in chosen:
        assert_plain(read(json.dumps(with_wrong(WHOLE, path, WRONG[kind]))))


def test_no_model_forgets_to_refuse_unknown_keys() -> None:
    found: set[type[Frozen]] = set()
    todo: list[type[Frozen]] = [Frozen]
    while todo:
        kinds = todo.pop().__subclasses__()
        todo.extend(kinds)
        found.update(kinds)
    assert len(found) > 40
    assert all(kind.model_config["extra"] == "forbid" and kind.model_config["frozen"] for kind in found)

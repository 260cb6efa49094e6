"""The JSON Schema for editors: it is the shipped file, it accepts what the language accepts and marks what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from core.plan.document import read_document
from core.plan.models import STEP_KINDS
from core.plan.schema import plan_schema, schema_text

PLANS = Path(__file__).parents[3] / "plans"
SMALL = Path(__file__).parent / "small.yml"
SHIPPED = sorted(PLANS.glob("*.yml"))


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = plan_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_shipped_file_is_up_to_date() -> None:
    assert (PLANS / "plan.schema.json").read_text(encoding="utf-8") == schema_text()


def test_plans_are_shipped() -> None:
    assert [path.name for path in SHIPPED]


@pytest.mark.parametrize("path", [*SHIPPED, SMALL], ids=lambda path: path.name)
def test_plans_validate(validator: jsonschema.Draft202012Validator, path: Path) -> None:
    data = read_document(path.read_text(encoding="utf-8")).data
    assert [error.message for error in validator.iter_errors(data)] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_plans_tell_editors_where_the_schema_is(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=plan.schema.json\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("service: shop", "servce: shop"),
        ("below: 500ms", "below: fast"),
        ("below: 500ms", "below: 'under 500ms'"),
        ("below: 500ms", "below: 500ms, above: 3ms"),
        ("growth-below: 1%/h", "growth-below: 1%"),
        ("for: 15m", "for: 15"),
        ("to: 5\n", "to: 500\n"),
        ("then: rollback", "then: rolback"),
        ("changes: false", "changes: no"),
        ("format: 1", "format: 2"),
        ("- decide:", "- decid:"),
        ("at: T-10m", "at: soon"),
        ("at: D-1 14:00", "at: D-1 25:00"),
        ("plan: small", "plan: Small Plan"),
        ("starters: [deployer]", "starters: []"),
        ("title: Canary\n", "title: {en: Canary}\n"),
        ("title: Canary\n", "title: 5\n"),
        ("check: {run: look}", "check: {run: look, metric: {metric: p95, below: 1s}}"),
        ('reviews: ["08:00"]', 'reviews: ["8:00"]'),
    ],
)
def test_wrong_plans_do_not_validate(validator: jsonschema.Draft202012Validator, old: str, new: str) -> None:
    text = SMALL.read_text(encoding="utf-8")
    assert old in text
    data = read_document(text.replace(old, new, 1)).data
    assert list(validator.iter_errors(data))


def test_an_author_sees_what_every_part_is_for() -> None:
    schema = plan_schema()
    described = {name for name, part in schema["$defs"].items() if "description" in part}
    undescribed = set(schema["$defs"]) - described
    assert {name for name in undescribed if not name.endswith("Step")} == set()
    assert {next(iter(schema["$defs"][name]["properties"])) for name in undescribed} <= set(STEP_KINDS)


def test_the_keys_are_those_people_write() -> None:
    def keys(value: Any) -> set[str]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        here = set(value.get("properties", {})) if isinstance(value, dict) else set()
        return here.union(*(keys(one) for one in inner))

    found = keys(plan_schema())
    assert {"growth-below", "four-eyes", "at-most", "for", "json"} <= found
    assert not [key for key in found if "_" in key]
    assert json.loads(schema_text()) == plan_schema()

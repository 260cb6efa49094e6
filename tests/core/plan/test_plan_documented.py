"""The page about the plan language: its example is a plan, and every key of the language is explained on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from core.plan import (
    access,
    audiences,
    by_command,
    criteria,
    emergency,
    items,
    over_http,
    people,
    playbooks,
    readiness,
)
from core.plan.models import STEP_KINDS, Frozen, Plan, Text
from core.plan.parse import FORMATS, parse_plan
from core.plan.prometheus import (
    GateAlerts,
    PrometheusCheck,
    PrometheusSource,
    WantedAlerts,
    WantedRules,
    WantedTargets,
)
from core.plan.walk import parts

PAGE = (Path(__file__).parents[3] / "docs" / "plan.md").read_text(encoding="utf-8")
PROMETHEUS_PAGE = (Path(__file__).parents[3] / "docs" / "prometheus.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.split("```yaml\n")[1].split("```")[0]
# What a cluster is asked has a page of its own.
MODULES = (
    Plan.__module__,
    items.__name__, access.__name__, audiences.__name__, by_command.__name__, criteria.__name__, emergency.__name__, over_http.__name__,
    people.__name__, playbooks.__name__, readiness.__name__,
)  # fmt: skip


def models() -> list[type[Frozen]]:
    found: list[type[Frozen]] = []
    todo: list[type[Frozen]] = [Frozen]
    while todo:
        kinds = todo.pop().__subclasses__()
        todo.extend(kinds)
        found.extend(kinds)
    return [kind for kind in found if kind.__module__ in MODULES]


@pytest.fixture(scope="module")
def example() -> Plan:
    return parse_plan(EXAMPLE)


def test_the_example_shows_every_part_of_the_language(example: Plan) -> None:
    shown = {type(part) for _, part in parts(example)}
    missing = {kind.__name__ for kind in models() if kind not in shown and kind.__subclasses__() == []}
    assert missing == set()


def test_the_example_is_a_plan_with_every_kind_of_step(example: Plan) -> None:
    kinds = {next(iter(type(step).model_fields)) for phase in example.phases for step in phase.steps}
    assert kinds == set(STEP_KINDS)


@pytest.mark.parametrize(
    "kind", [kind for kind in models() if kind is not Text], ids=lambda kind: kind.__name__
)
def test_every_key_is_explained_and_shown(kind: type[Frozen]) -> None:
    explained = set(re.findall(r"`([a-z0-9-]+)[`:]", PAGE.split("## How things are written")[1]))
    shown = set(re.findall(r"([a-z0-9-]+):", EXAMPLE))
    keys = {info.alias or name for name, info in kind.model_fields.items()}
    assert keys <= explained
    assert keys <= shown


def test_every_format_is_named() -> None:
    for number, versions in FORMATS.items():
        assert re.search(rf"Format {number} is read by\s+Deploy Captain {re.escape(versions)}", PAGE)


def test_the_part_about_prometheus_fits_the_example() -> None:
    """Its sources, metrics and gates stand in the place of the example's, its checklist before the example's phases."""
    whole = yaml.safe_load(EXAMPLE)
    part = yaml.safe_load(PROMETHEUS_PAGE.split("```yaml\n")[1].split("```")[0])
    for section in ("sources", "metrics", "gates"):
        whole[section] |= part[section]
    whole["phases"][0]["steps"][:0] = part["phases"][0]["steps"]
    plan = parse_plan(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False))
    assert plan.metrics["availability"].source == "prom"


PROMETHEUS = [PrometheusSource, PrometheusCheck, WantedRules, WantedTargets, WantedAlerts, GateAlerts]


@pytest.mark.parametrize("kind", PROMETHEUS, ids=lambda kind: kind.__name__)
def test_every_key_for_prometheus_is_explained(kind: type[Frozen]) -> None:
    explained = set(re.findall(r"[`{ ]([a-z0-9-]+)[`:,}]", PROMETHEUS_PAGE))
    assert {info.alias or name for name, info in kind.model_fields.items()} <= explained

"""The page about Kubernetes: its example shows every part that a plan may have there, and its text explains every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.plan import kubernetes, kubernetes_looks
from core.plan.kinds import Frozen
from core.plan.kubernetes import TWICE_IS_ONCE, VERBS
from core.plan.parse import parse_plan
from core.plan.walk import parts

PAGE = (Path(__file__).parents[3] / "docs" / "kubernetes.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.split("```yaml\n")[1].split("```")[0]
TEXT = PAGE.split("```")[2]
MODELS = sorted(
    (
        kind
        for module in (kubernetes, kubernetes_looks)
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == module.__name__
    ),
    key=str,
)


def test_the_example_shows_every_part() -> None:
    shown = {type(part) for _, part in parts(parse_plan(EXAMPLE))}
    assert {kind.__name__ for kind in MODELS if kind not in shown} == {"Workload"}


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_every_key_is_shown_and_explained(kind: type[Frozen]) -> None:
    keys = {info.alias or name for name, info in kind.model_fields.items()}
    assert keys <= set(re.findall(r"([a-z0-9-]+):", EXAMPLE))
    assert keys - {"source"} <= set(re.findall(r"`([a-z0-9-]+)[`:]", TEXT))


def test_the_table_says_how_each_verb_is_repeated() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|.*\| `(safe|ask)` \|$", TEXT, re.MULTILINE))
    assert rows == {verb: "safe" if verb in TWICE_IS_ONCE else "ask" for verb in VERBS}

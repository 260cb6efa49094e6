"""Every constant of a verdict is explained to the people who set it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from core.verdict.settings import Metric, Settings

PAGE = (Path(__file__).parents[3] / "docs" / "verdicts.md").read_text(encoding="utf-8")


def test_every_constant_is_on_the_page() -> None:
    names = [field.name for kind in (Settings, Metric) for field in dataclasses.fields(kind)]
    assert [name for name in names if name not in ("name", "kind") and f"`{name}`" not in PAGE] == []

"""The folder of plans on the disk: broken files beside good ones, and what is said when it is read anew."""

from __future__ import annotations

from pathlib import Path

import factories
import pytest

from bot.library import Library
from core.errors import Refused
from core.plan.problems import PlanInvalid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.yml").write_text(factories.PLAN, encoding="utf-8")
    (tmp_path / "team.yml").write_text("format: 1\n", encoding="utf-8")
    return tmp_path


def whats(library: Library) -> dict[str, str]:
    return {one.name: one.what for one in library.reload()}


def test_every_plan_is_told_and_a_broken_one_hides_no_other(folder: Path) -> None:
    library = Library(folder)
    (folder / "odd.yaml").write_text("format: 1\nplan: [", encoding="utf-8")
    (folder / "latin.yml").write_bytes("title: Größe".encode("latin-1"))
    assert whats(library) == {"good": "new", "odd": "broken", "latin": "broken"}
    assert library.read("good").plan.plan == "shop-canary"
    for name, told in (("odd", "line"), ("latin", "not UTF-8")):
        with pytest.raises(PlanInvalid, match=told):
            library.read(name)
    (folder / "odd.yaml").write_text(factories.PLAN, encoding="utf-8")
    (folder / "latin.yml").unlink()
    assert whats(library) == {"good": "same", "odd": "mended", "latin": "gone"}
    with pytest.raises(Refused, match="unknown-plan"):
        library.read("latin")


def test_a_plan_that_breaks_cannot_be_started_any_more(folder: Path) -> None:
    library = Library(folder)
    library.reload()
    runbook = library.read("good")
    (folder / "good.yml").write_text(factories.PLAN.replace("format: 1", "format: x"), encoding="utf-8")
    assert whats(library) == {"good": "broken"}
    with pytest.raises(PlanInvalid):
        library.read("good")
    assert runbook.plan.plan == "shop-canary", "what runs keeps its text"


def test_a_change_is_counted_with_what_makes_it_riskier(folder: Path) -> None:
    library = Library(folder)
    library.reload()
    (folder / "good.yml").write_text(factories.PLAN.replace("for: 30m", "for: 10m"), encoding="utf-8")
    (news,) = library.reload()
    assert [(change.weight, change.where) for change in news.changes] == [("riskier", "steps.bake.for")]

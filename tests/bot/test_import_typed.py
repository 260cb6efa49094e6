"""`captain plan import` as people type it: what goes where, in which language, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.__main__ import main

DOCUMENT = """# Shop release

## Before (T-2h)
- [x] Tests are green (coverage: 91% ✓)
- [ ] Backup is there
- see the wiki

## Limits
| Check | Criterion | Actual | Pass/Fail |
|---|---|---|---|
| Errors | < 0.5% | | |
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "release.md"
    path.write_text(DOCUMENT, encoding="utf-8")
    return path


def test_a_plan_in_a_file_that_the_checker_likes(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "shop.yml"
    assert main(["plan", "import", str(document), "-o", str(plan)]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "release.md: understood 2 items, 1 of them done already, in 1 sections." in said.err
    assert "1 rows to fill in" in said.err
    assert "  6: see the wiki" in said.err
    assert "9: Errors" not in said.err
    assert f"Written to {plan}: plan shop-release" in said.err
    assert main(["plan", "check", str(plan)]) == 0
    assert 'already: "coverage: 91% ✓"' in plan.read_text(encoding="utf-8")
    assert 'value: {unit: "%", below: 0.5}' in plan.read_text(encoding="utf-8")


def test_the_plan_goes_to_the_standard_output_and_the_report_beside_it(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "import", str(document)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("# yaml-language-server")
    assert "understood" in said.err


def test_in_korean(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "import", str(document), "--language", "ko"]) == 0
    assert "항목 2개를 읽었습니다(1개 섹션, 이미 완료 1개)." in capsys.readouterr().err


def test_as_json(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "import", str(document), "--json"]) == 0
    said = capsys.readouterr()
    shown = json.loads(said.out)
    assert shown["title"] == "Shop release"
    assert shown["items"][0] == {
        "title": "Tests are green (coverage: 91% ✓)", "section": "Before (T-2h)", "done": True, "line": 4,
        "evidence": "coverage: 91% ✓", "at": "T-2h",
    }  # fmt: skip
    assert shown["criteria"] == [
        {"text": "Errors: < 0.5%", "metric": "Errors", "op": "<", "value": 0.5, "unit": "%", "line": 11}
    ]
    assert shown["left"] == [{"line": 6, "text": "see the wiki", "why": "a list without boxes"}]
    assert said.err == ""


def test_json_and_a_plan_together(document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "shop.yml"
    assert main(["plan", "import", str(document), "--json", "-o", str(plan)]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Shop release"
    assert plan.exists()


def test_a_file_that_is_there_is_not_replaced_unless_somebody_says_so(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "shop.yml"
    plan.write_text("mine", encoding="utf-8")
    assert main(["plan", "import", str(document), "-o", str(plan)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert plan.read_text(encoding="utf-8") == "mine"
    assert main(["plan", "import", str(document), "-o", str(plan), "--force"]) == 0
    assert plan.read_text(encoding="utf-8") != "mine"


def test_what_cannot_be_read_or_written_is_one_sentence(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        [str(tmp_path / "away.md")],
        [str(tmp_path)],
        [str(document), "-o", str(tmp_path / "no" / "where.yml")],
    ):
        assert main(["plan", "import", *arguments]) == 1
        said = capsys.readouterr().err.strip().split("\n")[-1]
        assert said.startswith("captain: ")
        assert "Traceback" not in said


def test_a_document_without_anything_says_what_an_item_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n\nNothing to tick.\n", encoding="utf-8")
    assert main(["plan", "import", str(path), "--json"]) == 1
    assert "There is nothing to import in notes.md" in capsys.readouterr().err


def test_a_plan_too_large_is_said_and_the_json_still_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "large.md"
    path.write_text("- [ ] check the one thing that is to be checked here\n" * 9_000, encoding="utf-8")
    assert main(["plan", "import", str(path)]) == 1
    assert "at most 1000000" in capsys.readouterr().err
    assert main(["plan", "import", str(path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["items"]) == 9_000

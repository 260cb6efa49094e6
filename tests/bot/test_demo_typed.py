"""`captain demo` typed with a plan that is not there: one sentence, and at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.__main__ import main


@pytest.mark.parametrize("script", [("--script", "happy"), ()])
def test_a_plan_that_is_not_there_is_said_at_once(
    script: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--plan", "nope", "--port", "0", *script]) == 1
    said = capsys.readouterr().err
    assert said.startswith("captain demo: there is no plan 'nope' in ")
    assert "ion-deployment-day" in said


@pytest.mark.parametrize("folder", ["away", "a" * 300])
def test_a_folder_that_cannot_be_read_is_said(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--plans", str(tmp_path / folder), "--script", "happy"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("captain demo: the folder ")
    assert "cannot be read" in said

"""`captain plan preview`: all messages of a plan in one file that needs nobody, and `captain plan diff` beside it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import factories
import pytest

from bot.__main__ import main
from commands.preview import Heading, Shown, preview
from core import paper
from core.plan.runbook import read_runbook
from core.state import Status
from sandbox.slack.blockkit import check_blocks

ROOT = Path(__file__).parents[2]
ION = ROOT / "plans" / "ion-deployment-day.yml"
T0 = datetime(2026, 12, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize("plan", sorted((ROOT / "plans").glob("*.yml")), ids=lambda plan: str(plan.stem))
def test_a_plan_on_paper_comes_to_its_end_and_back(plan: Path) -> None:
    runbook = read_runbook(plan.read_text(encoding="utf-8"))
    sent = paper.play(runbook, T0, "en")
    assert sent[-1].deployment.status is Status.DONE
    called = {page.key for one in sent for page in one.deployment.pages if one.post.view == "page"}
    assert called <= {"verdict"}, "nothing goes wrong on paper; optional criteria may stay open"
    back = paper.play_back(runbook, T0, "en")
    assert back[-1].deployment.status is Status.ROLLED_BACK
    assert {"rollback", "page", "verdict", "checklist"} <= {one.post.view for one in back}


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("text", [ION.read_text(encoding="utf-8"), factories.PLAN], ids=["ion", "small"])
def test_every_kind_of_message_is_there_and_slack_would_take_it(text: str, language: str) -> None:
    scenes = preview(read_runbook(text), T0, language)
    shown = [one for one in scenes if isinstance(one, Shown)]
    wanted = {"card", "checklist", "decision", "signoff", "report", "page", "rollback", "verdict"}
    assert wanted <= {one.view for one in shown}
    for one in shown:
        assert check_blocks(one.drawn.blocks) == []
    assert [one.view for one in shown].count("report") <= 4, "reports of one kind are shown once"
    headings = [one.text for one in scenes if isinstance(one, Heading)]
    assert len(headings) == len(set(headings))


def test_a_plan_without_traffic_has_no_way_back() -> None:
    text = factories.PLAN.partition("      - traffic:")[0]
    for part in ("rollback", "traffic", "gates", "reports"):
        text = re.sub(rf"^{part}:.*\n(?:  .*\n)*", "", text, flags=re.MULTILINE)
    scenes = preview(read_runbook(text), T0, "en")
    assert not any(isinstance(one, Shown) and one.view == "rollback" for one in scenes)
    assert any(isinstance(one, Shown) and one.view == "verdict" for one in scenes)


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Messages of ion-api"), ("ko", "ion-api 배포 당일의 메시지")]
)
def test_the_file_loads_nothing_from_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, title: str
) -> None:
    file = tmp_path / "preview.html"
    assert main(["plan", "preview", str(ION), "-o", str(file), "--language", language]) == 0
    assert capsys.readouterr().out.strip() == str(file)
    text = file.read_text(encoding="utf-8")
    assert title in text
    assert "default-src 'none'" in text
    assert re.findall(r"(?:src|href)=[\"']", text) == []
    data = re.search(r'<script type="application/json" id="preview">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert "<" not in data[1]
    assert len(json.loads(data[1])["scenes"]) > 40


def test_a_title_cannot_end_the_document(tmp_path: Path) -> None:
    plan = tmp_path / "odd.yml"
    odd = factories.PLAN.replace('en: "The shop, a canary"', 'en: "</script><script>alert(1)</script>"')
    plan.write_text(odd, encoding="utf-8")
    assert main(["plan", "preview", str(plan), "-o", str(tmp_path / "odd.html"), "--language", "en"]) == 0
    assert "<script>alert" not in (tmp_path / "odd.html").read_text(encoding="utf-8")


def test_what_cannot_be_used_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "preview", str(ION), "-o", str(tmp_path / "no" / "where.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert main(["plan", "preview", str(tmp_path / "none.yml")]) == 1
    assert main(["plan", "preview", str(ION), "-o", str(tmp_path / "x.html"), "--t0", "someday"]) == 2


def test_a_difference_as_it_is_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.yml", tmp_path / "new.yml"
    old.write_text(factories.PLAN, encoding="utf-8")
    new.write_text(
        factories.PLAN.replace("for: 30m", "for: 10m").replace("below: 1%, streak", "below: 0.5%, streak"),
        encoding="utf-8",
    )
    assert main(["plan", "diff", str(old), str(old), "--language", "en"]) == 0
    assert capsys.readouterr().out == "The two plans say the same.\n"
    assert main(["plan", "diff", str(old), str(new), "--language", "en"]) == 1
    told = capsys.readouterr().out
    assert (
        told.index("Riskier")
        < told.index("The time under traffic in 'bake' went from 30m to 10m.")
        < told.index("Safer")
    )
    assert main(["plan", "diff", str(old), str(new), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {one["weight"] for one in found} == {"riskier", "safer"}
    assert main(["plan", "diff", str(old), str(tmp_path / "none.yml")]) == 2

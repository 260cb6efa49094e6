"""`captain plan timeline` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import factories
import pytest
from icalendar import Calendar

from bot.__main__ import main

ROOT = Path(__file__).parents[2]
ION = str(ROOT / "plans" / "ion-deployment-day.yml")
T0 = "2027-01-20T14:00"


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CAPTAIN_TEAM", "CAPTAIN_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)


def near(capsys: pytest.CaptureFixture[str], *line: str) -> str:
    assert main(["plan", "timeline", *line]) == 0
    return capsys.readouterr().out


def test_times_are_the_plans_or_those_of_a_zone(capsys: pytest.CaptureFixture[str]) -> None:
    shown = near(capsys, ION)
    assert "Times are those of UTC." in shown
    assert "  Phase “Rehearsal”" in shown
    seoul = near(capsys, ION, "--zone", "Asia/Seoul", "--language", "ko")
    assert "시각은 Asia/Seoul 기준입니다." in seoul
    assert " 23:00  T0" in seoul


def test_a_day_long_past_is_shown_too_for_nothing_begins_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "T0 2025-10-22 14:00" in near(capsys, ION, "--t0", "2025-10-22T14:00")
    assert "T0 2049-10-22 14:00" in near(capsys, ION, "--t0", "2049-10-22 14:00")


def test_people_stand_beside_their_roles_where_a_team_is_known(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTAIN_TEAM", str(ROOT / "team.example.yml"))
    assert "Needed: Final approver (ana, dana)" in near(capsys, ION)


def test_as_json_every_moment_has_its_offset(capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(near(capsys, ION, "--zone", "Europe/Berlin", "--json"))
    assert shown["plan"] == "ion-deployment-day"
    decision = next(one for one in shown["points"] if one["step"] == "hour-decision")
    assert decision["what"] == "decision"
    assert decision["at"].endswith(("+01:00", "+02:00"))
    assert decision["roles"] == ["final-approver", "deployer", "operations"]


def test_clocks_that_jump_are_said_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan = tmp_path / "berlin.yml"
    text = factories.PLAN.replace('t0: "14:00"', 't0: "14:00"\ntimezone: Europe/Berlin')
    plan.write_text(text.replace("    at: T0\n", "    at: D+1 02:30\n"), encoding="utf-8")
    shown = near(capsys, str(plan), "--t0", "2027-03-27T14:00")
    assert (
        "D+1 02:30 does not exist in Europe/Berlin on that day, because clocks go forward: 2027-03-28 03:30 counts."
        in shown
    )
    shown = near(capsys, str(plan), "--t0", "2027-10-30T14:00", "--language", "ko")
    assert "시계가 늦춰져 D+1 02:30 시각이 두 번" in shown


def test_a_calendar_file_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    near(capsys, ION, "--ics", str(tmp_path / "day.ics"))
    calendar = Calendar.from_ical((tmp_path / "day.ics").read_bytes())
    assert len(calendar.walk("VEVENT")) > 30
    assert len(calendar.walk("VALARM")) == 7


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["--zone", "Mars/Base"], "'Mars/Base' is not a time zone"),
        (["--t0", "someday"], "'someday' is not a start"),
        (["--ics", "/nowhere/day.ics"], "/nowhere/day.ics cannot be written"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], line: list[str], told: str
) -> None:
    assert main(["plan", "timeline", ION, *line]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1

"""The rota in the team file: what it may say, what is refused with a sentence, and what doctor finds missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.diagnosing.duty import duty_of
from bot.team import TeamRefused, deputies_of, read_team, rota_of
from core.plan.runbook import Runbook, read_runbook
from core.rota import Shift

PLANS = Path(__file__).parents[2] / "plans"
TEAM = """\
format: 1
people: {jun: U0JUN0000, min: U0MIN0000}
roles: {deployer: [jun]}
deputies: {on-call: [min]}
rota:
  on-call:
"""
NOW = datetime(2025, 10, 10, 9, 0, tzinfo=UTC)


def team(folder: Path, *lines: str) -> Path:
    path = folder / "team.yml"
    path.write_text(TEAM + "".join(f"    - {line}\n" for line in lines), encoding="utf-8")
    return path


def runbook(zone: str = "Asia/Seoul") -> Runbook:
    text = (PLANS / "ion-deployment-day.yml").read_text(encoding="utf-8")
    text = text.replace("timezone: UTC", f"timezone: {zone}")
    text = text.replace("  engineering-lead:\n    title:", "  on-call:\n    title: On call\n    rota: true\n  engineering-lead:\n    title:")  # fmt: skip
    text = text.replace("          until: D+1 16:00\n", "          until: D+6 16:00\n").replace("    at: D+1 16:00\n", "    at: D+6 16:00\n")  # fmt: skip
    return read_runbook(text)


def test_names_become_people_and_shifts_stand_in_the_order_of_time(tmp_path: Path) -> None:
    read = read_team(
        team(
            tmp_path,
            "{from: 2025-10-25, to: 2025-10-26, who: [min]}",
            "{from: '2025-10-22', to: 2025-10-23, who: [jun, U0OTHER00]}",
        )
    )
    assert rota_of(read) == (
        ("on-call", (
            Shift(date(2025, 10, 22), date(2025, 10, 23), ("U0JUN0000", "U0OTHER00")),
            Shift(date(2025, 10, 25), date(2025, 10, 26), ("U0MIN0000",)),
        )),
    )  # fmt: skip
    assert deputies_of(read) == (("on-call", ("U0MIN0000",)),)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{from: 2025-10-24, to: 2025-10-23, who: [jun]}"], "goes backwards"),
        (["{from: 2025-10-22, to: 2025-10-23, who: [jun]}", "{from: 2025-10-23, to: 2025-10-24, who: [min]}"],
         "2025-10-23 stands in two shifts (jun and min)"),
        (["{from: 2025-10-22, to: 2025-10-23, who: [jan]}"], "rota.on-call: 'jan' is neither a Slack id"),
        (["{from: 2025-10-22, to: 2025-10-23, who: []}"], "rota.on-call.0.who"),
        (["{from: someday, to: 2025-10-23, who: [jun]}"], "rota.on-call.0.from"),
        (["{to: 2025-10-23, who: [jun]}"], "rota.on-call.0.from"),
    ],
)  # fmt: skip
def test_a_rota_that_cannot_be_meant_is_refused_with_where_and_why(tmp_path: Path, lines: list[str], said: str) -> None:  # fmt: skip
    with pytest.raises(TeamRefused, match=r"team\.yml") as refused:
        read_team(team(tmp_path, *lines))
    assert said in str(refused.value)


def test_doctor_says_on_which_days_nobody_is_on_duty(tmp_path: Path) -> None:
    read = read_team(
        team(
            tmp_path,
            "{from: 2025-10-22, to: 2025-10-23, who: [jun]}",
            "{from: 2025-10-25, to: 2025-10-26, who: [jun]}",
        )
    )
    (found,) = duty_of(runbook(), read, {}, NOW)
    assert (found.state, found.key, dict(found.words)["days"]) == (
        "broken",
        "duty-gaps",
        "10-24, 10-27, 10-28",
    )
    (later,) = duty_of(runbook(), read, {"at": "2025-10-25"}, NOW)
    assert dict(later.words)["days"] == "10-27, 10-28, 10-29, 10-30, 10-31"


def test_doctor_says_when_there_is_no_rota_at_all_and_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "team.yml"
    path.write_text("format: 1\nroles: {deployer: [U0JUN0000]}\n", encoding="utf-8")
    assert [one.key for one in duty_of(runbook(), read_team(path), {}, NOW)] == ["duty-nowhere"]
    whole = read_team(team(tmp_path, "{from: 2025-10-22, to: 2025-10-28, who: [jun]}"))
    assert [one.key for one in duty_of(runbook(), whole, {}, NOW)] == ["duty-covered"]
    nobody_wants_one = read_runbook((PLANS / "ion-deployment-day.yml").read_text(encoding="utf-8"))
    assert duty_of(nobody_wants_one, whole, {}, NOW) == []

"""`captain rehearse` as it is typed: to the end without a bot, without Slack and without people; what it prints and answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.__main__ import main
from sandbox.slack import roster
from sandbox.world import World

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[2]
PLAN = r"""
format: 1
plan: quick
title: {en: Quick, ko: 빠른 배포}
service: ion-api
environment: production
starters: [deployer]
four-eyes: false
inputs:
  version: {pattern: 'v\d+\.\d+\.\d+'}
roles:
  deployer: {title: {en: Deployer, ko: 배포 담당}}
  nobody-yet: {title: {en: Release manager, ko: 릴리스 관리자}}
channels: {main: deployment}
programs: {deploy: "${ION_DEPLOY_SCRIPT}"}
sources: {api: {http: {url: "${ION_API_URL}"}}}
metrics:
  errors: {title: Errors, source: api, get: /api/v2/canary/metrics, unit: "%",
           ratio: {bad: tracks.$track.errors, total: tracks.$track.requests}}
  typo: {title: Typo, source: api, get: /api/v2/canary/metrics, gauge: tracks.$track.memry}
gates:
  canary: {title: Canary, rules: [{metric: errors, below: 1%, then: rollback}, {metric: typo, below: "1"}]}
actions:
  set-traffic: {title: Set the share, command: {program: deploy, args: [enable-canary, --traffic, $weight]}, repeat: safe}
  back: {title: Back, command: {program: deploy, args: [rollback, $version]}, repeat: safe}
traffic: {set: set-traffic, read: {source: api, get: /api/v2/canary/config, value: canary_percentage}}
escalation:
  - {tier: 1, for: fix, who: [deployer], within: 5m}
rollback: {by: [deployer], steps: [back], verify: {}}
phases:
  - id: all
    title: All
    at: T0
    steps:
      - signoff: {id: signed, title: Signed, roles: [nobody-yet]}
      - traffic: {id: five, title: {en: Five, ko: 다섯}, to: 5, gate: canary}
      - bake: {id: bake, title: Bake, for: 20m}
      - verdict: {id: end, title: End, by: [deployer], required: [{title: No rollback, holds: no-rollback}]}
"""


@dataclass
class Desk:
    """Where `captain` is typed."""

    world: World
    folder: Path
    environment: dict[str, str]
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    async def captain(self, *arguments: str) -> tuple[int, str, str]:
        """The exit status, standard output, standard error."""
        with self.monkeypatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            status = await asyncio.to_thread(main, ["rehearse", *arguments])
        said = self.capsys.readouterr()
        return status, said.out, said.err


@pytest.fixture
async def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Desk]:
    world = World(yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8")))
    await world.start()
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "quick.yml").write_text(PLAN, encoding="utf-8")
    environment = world.environment(tmp_path) | {"CAPTAIN_PLANS": str(tmp_path / "plans")}
    yield Desk(world, tmp_path, environment, monkeypatch, capsys)
    await world.stop()


QUICK = ("quick", "version=v2.14.0", "--speed", "3600")


async def test_it_comes_to_its_end_alone_and_prints_its_report(desk: Desk) -> None:
    desk.environment["SLACK_BOT_TOKEN"] = ""
    status, out, err = await desk.captain(*QUICK, "--language", "en")
    assert status == 0, out + err
    assert "Rehearsal of REHEARSAL ion-api v2.14.0 → production: DONE" in out
    assert "Nobody holds Release manager." in out
    assert "Typo, control: nothing in" in out
    assert "Set the share: Would run: deploy enable-canary --traffic 5" in out
    assert "Back: Would run: deploy rollback v2.14.0" in out
    assert "Canary: no past is kept by api" in out
    assert "Bake: " in out
    assert "Five: done" in err
    assert desk.world.service.changes == []
    assert desk.world.slack.log.calls == []
    assert [path.name for path in desk.folder.iterdir() if "sqlite" in path.name] == []


async def test_the_report_is_one_json_object(desk: Desk) -> None:
    status, out, _ = await desk.captain(*QUICK, "--local", "--json")
    assert status == 0
    read: dict[str, Any] = json.loads(out)
    assert (read["plan"], read["status"], read["verdict"], read["speed"]) == ("quick", "done", "GO", 3600.0)
    assert {one["name"] for one in read["review"]["missing"] if one["kind"] == "role"} == {"nobody-yet"}
    assert [one["step"] for one in read["review"]["steps"]] == ["signed", "five", "bake", "end"]
    assert {one["action"]: one["real"] for one in read["review"]["changes"]} == {
        "set-traffic": False,
        "back": False,
    }


async def test_korean(desk: Desk) -> None:
    status, out, _ = await desk.captain(*QUICK, "--local", "--language", "ko")
    assert status == 0
    assert "릴리스 관리자를 맡은 사람이 없습니다." in out
    assert "단계별 시간" in out


async def test_with_a_token_it_speaks_into_the_channel_of_rehearsals(desk: Desk) -> None:
    team = desk.folder / "team.yml"
    team.write_text(team.read_text(encoding="utf-8") + "rehearsal: incident\n", encoding="utf-8")
    status, out, err = await desk.captain(*QUICK)
    assert status == 0, out + err
    screen = desk.world.slack.people.screen
    assert any("The rehearsal of REHEARSAL" in str(m["text"]) for m in screen(roster.SENA, roster.INCIDENT))
    assert screen(roster.SENA, roster.DEPLOYMENT) == []
    assert [one for person in roster.PEOPLE for one in desk.world.slack.people.notifications(person[0])] == []
    shown = str(screen(roster.SENA, roster.INCIDENT))
    assert "L1" in shown
    assert "D1" not in shown


async def test_it_can_be_over_before_its_end(desk: Desk) -> None:
    status, out, err = await desk.captain(
        "quick", "version=v2.14.0", "--local", "--speed", "1", "--within", "0.05"
    )
    assert status == 1
    assert "not over after 0.05 minutes" in err
    assert "RUNNING" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("quik",), "There is no plan “quik”"),
        (("quick",), "“version” is missing"),
        (("quick", "version=latest"), "is not a valid version"),
        (("quick", "version=v1.0.0", "--speed", "0"), "“0” is no speed"),
        (("quick", "version=v1.0.0", "--at", "someday"), "start cannot be read"),
        (("quick", "version=v1.0.0"), "no channel is named for rehearsals"),
    ],
)
async def test_what_cannot_be_rehearsed_is_said_in_a_sentence(
    desk: Desk, arguments: tuple[str, ...], expected: str
) -> None:
    local = () if "channel" in expected else ("--local",)
    status, out, err = await desk.captain(*arguments, *local, "--language", "en")
    assert status == 2
    assert expected in err
    assert out == ""

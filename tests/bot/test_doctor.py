"""`captain doctor` as it is typed, in a world that is whole, and in the same world with one thing broken at a time."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import factories
import pytest
import yaml
from aiohttp import web

from bot import scopes
from bot.__main__ import main
from commands import texts
from sandbox.outside import MailSink
from sandbox.slack import roster
from sandbox.world import World
from sandbox.worlds import SETTINGS
from storage.clock import utcnow
from storage.database import Database
from storage.queries import Queries

ROOT = Path(__file__).parents[2]
SHIPPED = "ion-deployment-day"
PLAN = "small"
SMALL = r"""
format: 1
plan: small
title: Small
service: ion-api
environment: production
starters: [deployer]
inputs:
  version: {pattern: 'v\d+\.\d+\.\d+', example: v2.14.0}
roles:
  deployer: {title: Deployer}
  approver: {title: Approver}
  operations: {title: Operations}
  lead: {title: Lead}
channels: {main: deployment, alerts: deployment-alerts, incident: incident}
programs: {deploy: "${ION_DEPLOY_SCRIPT}"}
sources: {api: {http: {url: "${ION_API_URL}"}}}
metrics:
  errors: {title: Errors, source: api, get: /api/v2/canary/metrics, unit: "%",
           ratio: {bad: tracks.$track.errors, total: tracks.$track.requests}}
  memory: {title: Memory, source: api, get: /api/v2/canary/metrics, unit: "%", gauge: tracks.$track.memory_percent}
gates:
  canary: {title: Canary, rules: [{metric: errors, below: 1%, streak: 3, then: rollback}, {metric: memory, below: 85%}]}
actions:
  set-traffic:
    title: Set the share
    http: {source: api, path: /api/v2/canary/config, body: {percentage: $weight}}
    repeat: safe
  collect-metrics: {title: Collect, command: {program: deploy, args: [metrics]}, changes: false, repeat: safe}
  back: {title: Back, command: {program: deploy, args: [rollback]}, repeat: safe}
traffic: {set: set-traffic, read: {source: api, get: /api/v2/canary/config, value: canary_percentage}}
escalation:
  - {tier: 1, for: fix, who: [deployer], within: 5m}
  - {tier: 2, for: decide, who: [lead], within: 30m}
rollback: {by: [deployer, approver], steps: [back], verify: {}}
phases:
  - id: all
    title: All
    steps:
      - checklist:
          id: ready
          title: Ready
          items:
            - {id: health, title: Healthy, role: operations, check: {http: {source: api, get: /health, json: {status: healthy}}}}
            - {id: split, title: Split, check: {http: {source: api, get: /api/v2/canary/config, json: {canary_percentage: 5}}}}
            - {id: errors, title: Few errors, check: {metric: {metric: errors, below: 1%}}}
      - decide: {id: go, title: Go, by: [approver]}
      - traffic: {id: five, title: Five, to: 5, gate: canary}
      - bake: {id: bake, title: Bake, for: 1h}
      - verdict: {id: end, title: End, by: [approver], required: [{title: No rollback, holds: no-rollback}]}
"""
ROLES = {"deployer": ["gitcode"], "approver": ["lubit", "mina"], "operations": ["ops"], "lead": ["jun"]}


@dataclass
class Scene:
    """The world, the environment in which `captain` is typed, and what it said."""

    world: World
    folder: Path
    environment: dict[str, str]
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    closing: list[Callable[[], Any]] = field(default_factory=list)

    async def doctor(self, *arguments: str) -> tuple[int, str]:
        """The exit status, and what was printed."""
        with self.monkeypatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            status = await asyncio.to_thread(main, ["doctor", *arguments])
        return status, self.capsys.readouterr().out

    async def found(self, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        """The exit status, and every finding of every part."""
        status, said = await self.doctor(*(arguments or (PLAN,)), "--json")
        read = json.loads(said)
        assert read["complete"] == (status == 0)
        return status, [finding for part in read["parts"] for finding in part["findings"]]

    def team(self, change: Callable[[dict[str, Any]], object]) -> None:
        path = self.folder / "team.yml"
        read = factories.parsed(path.read_text(encoding="utf-8"))
        change(read)
        path.write_text(yaml.safe_dump(read), encoding="utf-8")

    def plan(self, old: str, new: str) -> None:
        """Changes something in the small plan."""
        path = self.folder / "plans" / f"{PLAN}.yml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


async def scene_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    manifest: dict[str, Any] | None = None,
) -> Scene:
    world = World(manifest or factories.parsed((ROOT / "manifest.yml").read_text(encoding="utf-8")))
    await world.start()
    scene = Scene(world, tmp_path, world.environment(tmp_path), monkeypatch, capsys)
    scene.team(lambda team: (team["roles"].update(ROLES), team["deputies"].clear()))
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / f"{PLAN}.yml").write_text(SMALL, encoding="utf-8")
    scene.environment["CAPTAIN_PLANS"] = str(tmp_path / "plans")
    return scene


@pytest.fixture
async def shipped(scene: Scene) -> Scene:
    """With the plan that is shipped and its people."""
    scene.environment["CAPTAIN_PLANS"] = str(ROOT / "plans")
    scene.world.environment(scene.folder)
    return scene


@pytest.fixture
async def scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Scene]:
    made = await scene_of(tmp_path, monkeypatch, capsys)
    yield made
    await made.world.stop()


# ------------------------------------------------------------------------------------------------------ a whole world


async def test_nothing_is_missing_and_every_part_was_looked_at(shipped: Scene) -> None:
    status, found = await shipped.found(SHIPPED)
    assert status == 0, [finding for finding in found if finding["state"] == "broken"]
    assert {finding["area"] for finding in found} == {
        "setting", "database", "slack", "scope", "bot", "plan", "channel", "role", "tier", "variable", "program", "source",
        "metric", "check", "traffic", "action", "rollback",
    }  # fmt: skip
    keys = {finding["subject"]: finding["key"] for finding in found}
    assert keys["errors/canary"] == "metric-quiet"
    assert keys["memory/canary"] == "metric-reads"
    assert keys["rehearse/script"] == "check-passes"
    assert keys["panels/split"] == "check-fails"
    assert keys["panels/error-panel"] == "check-later"
    scopes_found = {finding["subject"] for finding in found if finding["area"] == "scope"}
    assert scopes_found == scopes.NEEDED | scopes.PRIVATE | scopes.FILES | scopes.READING


async def test_nothing_in_the_world_is_changed(shipped: Scene) -> None:
    status, _ = await shipped.found(SHIPPED)
    assert status == 0
    assert shipped.world.service.changes == []
    assert shipped.world.slack.people.screen(roster.SENA, roster.DEPLOYMENT) == []
    assert not (shipped.folder / "captain.sqlite3").exists()
    asked = {call.method for call in shipped.world.slack.log.calls}
    assert asked == {"auth.test", "apps.connections.open", "conversations.info", "users.info"}
    assert {request.method for request in shipped.world.service.requests} == {"GET"}
    assert shipped.world.slack.connections == 0


async def test_a_table_for_people_in_both_languages(shipped: Scene) -> None:
    status, english = await shipped.doctor(SHIPPED, "--language", "en")
    assert status == 0
    assert "The bot itself" in english
    assert re.search(r"^  works  role +Final approver: Lubit, Mina\.$", english, re.MULTILINE)
    assert english.splitlines()[-1].startswith("Nothing that is needed is missing.")
    status, korean = await shipped.doctor(SHIPPED, "--language", "ko")
    assert status == 0
    assert "최종 승인자: Lubit 님, Mina 님." in korean
    assert korean.splitlines()[-1].startswith("필요한 것이 모두 갖춰져 있습니다.")


async def test_no_value_of_a_variable_is_ever_shown(scene: Scene) -> None:
    status, said = await scene.doctor(PLAN)
    assert status == 0
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ION_API_URL", "ION_DEPLOY_SCRIPT"):
        assert scene.environment[name] not in said


async def test_what_several_ask_is_asked_once(shipped: Scene) -> None:
    status, _ = await shipped.found(SHIPPED)
    assert status == 0
    about = [str(call.args["user"]) for call in shipped.world.slack.log.calls_of("users.info")]
    assert sorted(about) == sorted(set(about))
    text = (ROOT / "plans" / f"{SHIPPED}.yml").read_text(encoding="utf-8")
    assert text.count("{run: collect-metrics}") > 1
    _, found = await shipped.found(SHIPPED)
    outcomes = [one for one in found if one["subject"].endswith(("snapshot", "together"))]
    assert len({one["words"].get("evidence") for one in outcomes}) == 1


async def test_a_variable_that_is_not_set_is_the_cause_of_everything_once(scene: Scene) -> None:
    del scene.environment["ION_API_URL"]
    status, found = await scene.found(PLAN)
    assert status == 1
    about = [finding for finding in found if "ION_API_URL" in finding["what"] and finding["state"] != "works"]
    assert [(one["key"], one["state"]) for one in about] == [
        ("variable-missing", "broken"), ("variable-stops", "mind"),
    ]  # fmt: skip
    said = about[1]["what"]
    assert "sources api" in said
    assert "metrics Errors, Memory" in said
    assert "checks (2)" in said
    assert "the canary's share" in said
    assert not any(finding["area"] == "metric" for finding in found), (
        "not once more for each metric and track"
    )
    _, korean = await scene.doctor(PLAN, "--language", "ko")
    assert "지표 Errors, Memory" in korean


@pytest.mark.parametrize("plan", sorted(SETTINGS))
async def test_the_world_of_a_shipped_plan_lacks_nothing(
    plan: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setting = SETTINGS[plan]
    world = World(factories.parsed((ROOT / "manifest.yml").read_text(encoding="utf-8")), setting=setting)
    await world.start()
    try:
        scene = Scene(world, tmp_path, world.environment(tmp_path), monkeypatch, capsys)
        scene.environment["CAPTAIN_PLANS"] = str(ROOT / "plans")
        at = [word for word in setting.inputs.split() if word.startswith("at=")]
        status, found = await scene.found(plan, *at)
    finally:
        await world.stop()
    assert status == 0, [finding["what"] for finding in found if finding["state"] == "broken"]
    if plan == "matching-engine":
        logs = [one for one in found if one["key"] == "action-nothing-yet"]
        assert [one["subject"] for one in logs] == ["shard-1-log", "shard-2-log", "shard-3-log"]
        assert all("no pods yet" in one["what"] for one in logs)


async def test_without_a_name_every_plan_is_looked_at(scene: Scene) -> None:
    again = SMALL.replace(f"plan: {PLAN}", "plan: again")
    (scene.folder / "plans" / "again.yml").write_text(again, encoding="utf-8")
    status, said = await scene.doctor("--json")
    assert status == 0, said
    assert [part["plan"] for part in json.loads(said)["parts"]] == ["", "again", PLAN]


async def test_an_input_without_value_or_example_is_asked_for_and_not_invented(scene: Scene) -> None:
    scene.plan(", example: v2.14.0}", "}")
    scene.plan("args: [metrics]", "args: [metrics, $version]")
    scene.plan(
        "{id: split,",
        "{id: collected, title: Collected, check: {run: collect-metrics}}\n            - {id: split,",
    )
    status, found = await scene.found()
    assert status == 0
    keys = {one["key"] for one in found}
    assert {"input-unknown", "action-input", "check-input"} <= keys
    _, found = await scene.found(PLAN, "version=v9.9.9")
    dry = next(one for one in found if one["subject"] == "collect-metrics")
    assert "v9.9.9" in dry["words"]["evidence"]
    assert "input-unknown" not in {one["key"] for one in found}


# ------------------------------------------------------------------------------------------- one thing broken at a time


def _without(name: str) -> Callable[[Scene], None]:
    return lambda scene: scene.environment.update({name: ""})


def _set(name: str, value: str) -> Callable[[Scene], None]:
    return lambda scene: scene.environment.update({name: value})


def _holder(role: str, *people: str) -> Callable[[Scene], None]:
    return lambda scene: scene.team(lambda team: team["roles"].update({role: list(people)}))


def _no_roles(scene: Scene) -> None:
    scene.team(lambda team: team["roles"].pop("lead"))


def _broken_team(scene: Scene) -> None:
    (scene.folder / "team.yml").write_text("format: 1\nroles: {deployer: [nobody-known]}\n", encoding="utf-8")


def _foreign_database(scene: Scene) -> None:
    (scene.folder / "captain.sqlite3").write_text("not a database", encoding="utf-8")


def _unwritable_place(scene: Scene) -> None:
    (scene.folder / "file").write_text("", encoding="utf-8")
    scene.environment["CAPTAIN_DATABASE"] = str(scene.folder / "file" / "captain.sqlite3")


def _archived(scene: Scene) -> None:
    scene.world.slack.people.channels.archive(roster.SENA, roster.INCIDENT)


def _not_invited(scene: Scene) -> None:
    scene.world.slack.people.channels.remove(roster.SENA, roster.ALERTS, roster.BOT)


def _unlisted(scene: Scene) -> None:
    scene.team(lambda team: team["channels"].pop("incident"))
    scene.world.slack.people.channels.rename(roster.SENA, roster.INCIDENT, "other-name")


def _slack_fails(method: str) -> Callable[[Scene], object]:
    return lambda scene: scene.world.slack.faults.add(kind="fatal_error", method=method, times=99)


def _service(**faults: Any) -> Callable[[Scene], None]:
    return lambda scene: scene.world.service.faults.set(**faults)


def _share(scene: Scene) -> None:
    scene.plan("value: canary_percentage", "value: no.such.key")


def _metric(scene: Scene) -> None:
    scene.plan("gauge: tracks.$track.memory_percent", "gauge: tracks.$track.memory_percnt")


def _not_executable(scene: Scene) -> None:
    (scene.folder / "phase4_deployment_automation.sh").chmod(0o644)


def _option(scene: Scene) -> None:
    scene.plan("args: [metrics]", "args: [$version]")
    scene.plan(r"{pattern: 'v\d+\.\d+\.\d+', example: v2.14.0}", "{example: '--force'}")


BROKEN: list[tuple[str, Callable[[Scene], object], str, str]] = [
    ("bot token missing", _without("SLACK_BOT_TOKEN"), "setting-missing", "SLACK_BOT_TOKEN"),
    ("app token missing", _without("SLACK_APP_TOKEN"), "setting-missing", "SLACK_APP_TOKEN"),
    ("http without secret", lambda scene: scene.environment.update(
        {"CAPTAIN_SLACK_MODE": "http", "SLACK_SIGNING_SECRET": ""}), "setting-missing", "SLACK_SIGNING_SECRET"),
    ("http without port", lambda scene: scene.environment.update(
        {"CAPTAIN_SLACK_MODE": "http", "CAPTAIN_HTTP_PORT": "-1"}), "setting-port", "CAPTAIN_HTTP_PORT"),
    ("no plans", _set("CAPTAIN_PLANS", "/nowhere"), "setting-plans", "CAPTAIN_PLANS"),
    ("no workdir", _set("CAPTAIN_WORKDIR", "/nowhere"), "setting-workdir", "CAPTAIN_WORKDIR"),
    ("no team file", lambda scene: (scene.folder / "team.yml").unlink(), "team-missing", "CAPTAIN_TEAM"),
    ("broken team file", _broken_team, "team-refused", "CAPTAIN_TEAM"),
    ("foreign database", _foreign_database, "database-refused", ""),
    ("no database address", _set("CAPTAIN_DATABASE", "mysql://nowhere/db"), "database-refused", ""),
    ("nowhere to write", _unwritable_place, "database-locked", ""),
    ("wrong token", _set("SLACK_BOT_TOKEN", "xoxb-wrong"), "slack-refused", "token"),
    ("token revoked", lambda scene: scene.world.slack.revoke_token(), "slack-refused", "token"),
    ("no Slack", _set("SLACK_API_URL", "http://127.0.0.1:9/api/"), "slack-away", "token"),
    ("wrong app token", _set("SLACK_APP_TOKEN", "xapp-wrong"), "slack-socket-refused", "socket"),
    ("clock far off", lambda scene: scene.world.slack.set_clock_ahead(timedelta(minutes=5)), "clock-differs", "clock"),
    ("no such plan", _set("X", "x"), "plan-unknown", "smal"),
    ("plan with a mistake", lambda scene: scene.plan("starters: [deployer]", "starters: [deployr]"), "plan-invalid", PLAN),
    ("channel archived", _archived, "channel-archived", "incident"),
    ("bot not invited", _not_invited, "channel-stranger", "alerts"),
    ("channel unknown", _unlisted, "channel-unknown", "incident"),
    ("channel unreadable", _slack_fails("conversations.info"), "channel-unread", "main"),
    ("nobody holds a role", _holder("operations"), "role-empty", "operations"),
    ("somebody has left", _holder("deployer", "gitcode", roster.GONE), "person-gone", "deployer"),
    ("somebody is a guest", _holder("deployer", "gitcode", roster.GUEST), "person-guest", "deployer"),
    ("somebody is a bot", _holder("deployer", "gitcode", roster.BOT), "person-bot", "deployer"),
    ("somebody is unknown", _holder("deployer", "gitcode", "U0NOBODY0"), "person-unknown", "deployer"),
    ("a deputy has left", lambda scene: scene.team(
        lambda team: team["deputies"].update({"operations": [roster.GONE]})), "person-gone", "operations"),
    ("a tier calls nobody", _no_roles, "tier-nobody", "2"),
    ("variable missing", _without("ION_API_URL"), "variable-missing", "ION_API_URL"),
    ("program missing", _set("ION_DEPLOY_SCRIPT", "/nowhere/deploy.sh"), "program-missing", "deploy"),
    ("program not executable", _not_executable, "program-missing", "deploy"),
    ("service away", _set("ION_API_URL", "http://127.0.0.1:9"), "source-unreachable", "api"),
    ("service sick", _service(metrics_down=True), "source-sick", "api"),
    ("metrics of a sick service", _service(metrics_down=True), "metrics-failed", "api"),
    ("stable side without data", _service(no_data=True, track="control"), "metric-empty", "memory/control"),
    ("metric misspelt", _metric, "metric-empty", "memory/control"),
    ("share unreadable", _share, "traffic-unread", "read"),
    ("the way back's side is sick", lambda scene: scene.plan(
        "verify: {}", "healthy: [{http: {source: api, get: /nothing}}], verify: {}"), "side-sick", "healthy/1"),
    ("mail server away", lambda scene: scene.plan(
        "sources: {api:", "sources: {mail: {smtp: {host: 127.0.0.1, port: 9, from: a@b.example, tls: none}}, api:"),
     "source-unreachable", "mail"),
    ("an argument that would be an option", _option, "action-not-dry", "collect-metrics"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("breaks", "key", "subject"),
    [case[1:] for case in BROKEN],
    ids=[case[0] for case in BROKEN],
)
async def test_what_is_broken_is_named_with_how_to_mend_it(
    scene: Scene, breaks: Callable[[Scene], object], key: str, subject: str
) -> None:
    breaks(scene)
    status, found = await scene.found(subject if key == "plan-unknown" else PLAN)
    named = [one for one in found if one["key"] == key and (not subject or one["subject"] == subject)]
    assert named, sorted({(one["key"], one["subject"]) for one in found if one["state"] == "broken"})
    assert named[0]["state"] == "broken"
    assert len(named[0]["what"]) > 15
    assert len(named[0]["mend"]) > 15
    assert status == 1


@pytest.mark.parametrize("scope", sorted(scopes.NEEDED | scopes.PRIVATE | scopes.FILES | scopes.READING))
async def test_every_permission_is_looked_at_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], scope: str
) -> None:
    manifest = factories.parsed((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    manifest["oauth_config"]["scopes"]["bot"].remove(scope)
    scene = await scene_of(tmp_path, monkeypatch, capsys, manifest)
    try:
        status, found = await scene.found()
    finally:
        await scene.world.stop()
    (lacking,) = [one for one in found if one["area"] == "scope" and one["state"] != "works"]
    assert lacking["subject"] == scope
    other = (
        "scope-files"
        if scope in scopes.FILES
        else "scope-reading"
        if scope in scopes.READING
        else "scope-private"
    )
    assert lacking["key"] == ("scope-lacking" if scope in scopes.NEEDED else other)
    assert status == (1 if scope in scopes.NEEDED else 0)


def test_the_permissions_are_the_manifest_s() -> None:
    manifest = factories.parsed((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    assert (
        set(manifest["oauth_config"]["scopes"]["bot"])
        == scopes.NEEDED | scopes.PRIVATE | scopes.FILES | scopes.READING
    )


# ------------------------------------------------------------------------------- what somebody should know, and no more


NOTED: list[tuple[str, Callable[[Scene], object], str, str]] = [
    ("clock a little off", lambda scene: scene.world.slack.set_clock_ahead(timedelta(seconds=20)), "clock-differs", "clock"),
    ("people unreadable", _slack_fails("users.info"), "person-unread", "deployer"),
    ("canary without data", _service(no_data=True, track="canary"), "metric-quiet", "memory/canary"),
    ("no bot here", _set("CAPTAIN_HTTP_PORT", "9"), "bot-none", "readyz"),
    ("an address that is odd", lambda scene: scene.plan("get: /health,", "get: /helth,"), "check-fails", "ready/health"),
    ("a variable of the rehearsal", lambda scene: scene.plan(
        "escalation:", 'rehearsal: {sources: {api: {http: {url: "${STAGING_URL}"}}}}\nescalation:'), "variable-rehearsal", "STAGING_URL"),
    ("no channel for rehearsals", lambda scene: scene.team(lambda team: team.update(rehearsal="nowhere")), "channel-unknown", "rehearsal"),
    ("what follows is not there", lambda scene: scene.plan(
        "by: [approver], required:", "by: [approver], on-go: {plan: later}, required:"), "follow-missing", "later"),
    ("over http", lambda scene: scene.environment.update({"CAPTAIN_SLACK_MODE": "http"}), "slack-over-http", "requests"),
    ("a role of no use", lambda scene: scene.team(lambda team: team["roles"].update({"lead": []})), "role-unused", "lead"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "key", "subject"), [case[1:] for case in NOTED], ids=[case[0] for case in NOTED]
)
async def test_what_is_only_to_be_noted_does_not_fail(
    scene: Scene, changes: Callable[[Scene], object], key: str, subject: str
) -> None:
    changes(scene)
    status, found = await scene.found()
    named = [one for one in found if one["key"] == key and one["subject"] == subject]
    assert named, sorted((one["key"], one["subject"]) for one in found if one["state"] != "works")
    assert named[0]["state"] == "mind"
    assert status == (1 if key == "role-unused" else 0)  # that role is the only one of its tier


async def test_a_service_that_does_not_let_the_bot_in(scene: Scene) -> None:
    async def no(_request: web.Request) -> web.Response:
        return web.Response(status=401)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", no)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scene.environment["ION_API_URL"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    status, found = await scene.found()
    await runner.cleanup()
    assert status == 1
    assert ("source-unauthorised", "api") in {(one["key"], one["subject"]) for one in found}


@pytest.mark.parametrize(
    ("answer", "key", "state"),
    [
        ({"ready": False, "slack_connected": False, "outbox": 7, "last_error": "refused"}, "bot-not-ready", "broken"),
        ({"ready": True, "slack_connected": True, "outbox": 0, "last_error": None}, "bot-ready", "works"),
        ({"something": "else"}, "bot-stranger", "mind"),
    ],
)  # fmt: skip
async def test_what_a_running_bot_says_of_itself(
    scene: Scene, answer: dict[str, object], key: str, state: str
) -> None:
    async def readyz(_request: web.Request) -> web.Response:
        return web.json_response(answer, status=200 if answer.get("ready") else 503)

    app = web.Application()
    app.router.add_get("/readyz", readyz)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scene.environment["CAPTAIN_HTTP_PORT"] = str(runner.addresses[0][1])
    status, found = await scene.found()
    await runner.cleanup()
    (said,) = [one for one in found if one["area"] == "bot"]
    assert (said["key"], said["state"]) == (key, state)
    assert status == (1 if state == "broken" else 0)


# -------------------------------------------------------------------------------------------------------- the database


async def _made(scene: Scene) -> Path:
    path = scene.folder / "captain.sqlite3"
    database = await Database.open(f"sqlite+aiosqlite:///{path}", migrate=True)
    await Queries(database, utcnow).beat(utcnow())
    await database.close()
    return path


async def test_a_database_that_is_there_and_one_that_cannot_be_written(scene: Scene) -> None:
    path = await _made(scene)
    _, found = await scene.found()
    assert {one["key"] for one in found if one["area"] in ("database", "lock")} == {
        "database-good",
        "lock-free",
    }
    content = bytearray(path.read_bytes())
    content[18] = 3  # the file format's write version: SQLite then opens the file for reading only
    path.write_bytes(content)
    before = path.read_bytes()
    status, found = await scene.found()
    assert status == 1
    assert {one["key"] for one in found if one["area"] == "database"} == {"database-locked"}
    assert path.read_bytes() == before


async def test_a_database_of_a_newer_program(scene: Scene) -> None:
    path = await _made(scene)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_later'")
        connection.commit()
    status, found = await scene.found()
    assert status == 1
    (said,) = [one for one in found if one["area"] == "database"]
    assert said["key"] == "database-refused"
    assert "newer" in said["what"]


# ----------------------------------------------------------------------------------------------------------- the words


def _keys() -> set[str]:
    """Every key that a finding of the bot may have: the fourth argument of Finding(...), and texts that look like one."""
    known = {key.removeprefix("doctor.") for key in texts.en.CATALOGUE if key.startswith("doctor.")}
    found: set[str] = set()
    for path in (ROOT / "bot" / "diagnosing").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} & known
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "Finding"
                and len(node.args) > 3
            ):
                literal = node.args[3]
                found |= {str(literal.value)} if isinstance(literal, ast.Constant) else set()
    return found


def test_every_finding_has_its_sentence_and_what_is_broken_its_advice() -> None:
    keys = _keys()
    assert len(keys) > 60, "the scan has gone blind"
    assert sorted(key for key in keys if not texts.known(f"doctor.{key}")) == []
    advised = {key.removeprefix("mend.") for key in texts.en.CATALOGUE if key.startswith("mend.")}
    person = {f"person-{how}" for how in ("unknown", "gone", "bot", "guest", "stranger", "unread")}
    assert advised <= keys | person
    broken = {case[2] for case in BROKEN} | person
    assert broken <= advised


# ------------------------------------------------------------------------------------------------------ what stands outside


async def test_a_mail_server_and_what_follows_are_looked_at(scene: Scene) -> None:
    sink = MailSink(users={"captain": "p-0123456789"})
    await sink.start()
    scene.environment["MAIL_PASSWORD"] = "p-0123456789"
    smtp = f"{{host: 127.0.0.1, port: {sink.port}, from: a@b.example, tls: none, user: captain, password: '${{MAIL_PASSWORD}}'}}"
    scene.plan("sources: {api:", f"sources: {{mail: {{smtp: {smtp}}}, api:")
    scene.plan("by: [approver], required:", f"by: [approver], on-go: {{plan: {PLAN}-2}}, required:")
    (scene.folder / "plans" / f"{PLAN}-2.yml").write_text(
        SMALL.replace(f"plan: {PLAN}", f"plan: {PLAN}-2"), encoding="utf-8"
    )
    status, found = await scene.found()
    await sink.stop()
    keys = {(one["key"], one["subject"]): one["state"] for one in found}
    assert keys["mail-ready", "mail"] == "works"
    assert keys["follow-there", f"{PLAN}-2"] == "works"
    assert (status, sink.kept) == (0, [])

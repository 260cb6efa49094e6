"""Stories of emergencies with the whole bot in this process: playbooks walked by clicks and commands, and a rota by date."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from stage import ROOT, Stage, staged

from bot.app import App
from core.incidents import Incident
from core.state import Status
from sandbox.players import Players
from sandbox.slack import roster
from sandbox.world import Asked

pytestmark = pytest.mark.services  # whole bots: with the real programs, so that `make test` stays short

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BY_HAND = (("  automatic: true\n", "  automatic: false\n"),)
AT_ONCE = (
    ("    title: {en: \"Memory keeps rising\", ko: \"메모리 사용률 지속 증가\"}\n", "    title: Data is damaged\n    at-once: roll-back\n"),
)  # fmt: skip


def plan_with(folder: Path, *changes: tuple[str, str]) -> dict[str, str]:
    """The shipped plan with a few words changed, as the settings that name its folder."""
    text = (ROOT / "plans" / "ion-deployment-day.yml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    plans = folder / "own-plans"
    plans.mkdir()
    (plans / "ion-deployment-day.yml").write_text(text, encoding="utf-8")
    return {"CAPTAIN_PLANS": str(plans)}


@pytest.fixture
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    changes = getattr(request, "param", ())
    async with staged(tmp_path, **(plan_with(tmp_path, *changes) if changes else {})) as it:
        yield it


async def the(stage: Stage) -> Incident:
    return (await stage.deployment()).incidents[-1]


async def slow(stage: Stage) -> None:
    """The first window is slow: the rule stops and calls, and its playbook is walked."""
    await stage.started()
    await stage.play_until(T0 + 16 * MINUTE)
    stage.world.service.faults.set(track="canary", latency=2.5)
    await stage.until(T0 + 21 * MINUTE)


def newest(stage: Stage, word: str) -> dict[str, Any]:
    """The newest message in the channel whose sentence has this word."""
    return next(m for m in reversed(stage.channel()) if word in str(m.get("text", "")))


async def press(stage: Stage, user: str, verb: str) -> bool:
    """Clicks the newest button of this verb that belongs to an incident's question, and fills in what opens."""
    one = await the(stage)
    ask = Asked("remedy", one.key, f"{one.number}:{one.round}", (user,))
    done = await Players(stage.world).answer(user, ask, verb)
    await stage.quiet()
    return done


async def test_slow_answers_are_walked_to_watch_and_asked_again(stage: Stage) -> None:
    await slow(stage)
    one = await the(stage)
    assert (one.playbook, one.cause, one.stage) == ("slow-responses", "rule", "diagnosing")
    assert "P95" in one.todos[0].seen or "canary" in one.todos[0].seen, "the script's output is the evidence"
    assert "INCIDENT 1" in str(newest(stage, "please work through its steps"))
    while await stage.answer("todo"):
        pass
    assert (await the(stage)).stage == "asking"
    question = newest(stage, "decision needed about")
    assert "suggest" in str(question)
    assert await press(stage, roster.LUBIT, "incident.watch")
    assert (await the(stage)).stage == "watching"
    assert "decided about" in " ".join(stage.thread())
    stage.world.service.faults.clear()
    await stage.until(T0 + 36 * MINUTE)
    assert (await the(stage)).round == 2
    assert "suggest WATCH" in str(newest(stage, "decision needed about"))
    said = await stage.command("/deploy incident close slow-responses the cache was cold", roster.LUBIT)
    assert "closed the incident" in said
    assert (await the(stage)).closed == "the cache was cold"
    assert await stage.app.queries.verify("D1") == []


@pytest.mark.parametrize("stage", [BY_HAND], indirect=True)
async def test_high_errors_where_nothing_acts_alone_are_proposed_and_walked_to_the_way_back(
    stage: Stage,
) -> None:
    await stage.started()
    await stage.play_until(T0 + 22 * MINUTE)
    stage.world.service.faults.set(track="canary", errors=0.4)
    await stage.until(T0 + 40 * MINUTE)
    deployment = await stage.deployment()
    assert (deployment.status, deployment.rollback) == (Status.HELD, None)
    call = newest(stage, "Error rate")
    assert "The plan never rolls back by itself" in str(call)
    assert "rollback.start" in str(call)
    assert "Error rate" in str(call)
    while await stage.answer("todo"):
        pass
    assert await press(stage, roster.GITCODE, "incident.roll-back")
    deployment = await stage.until(T0 + 60 * MINUTE)
    assert deployment.status is Status.ROLLED_BACK
    assert deployment.rollback is not None
    assert deployment.rollback.by == roster.GITCODE
    assert await stage.answer("next-try", by=roster.GITCODE)
    one = await the(stage)
    assert one.next_try is not None
    assert one.next_try > await stage.now()
    assert (one.stage, one.closed) == ("closed", "settled")


async def test_a_rollback_of_the_bots_own_leaves_the_playbook_to_be_done_also_after_a_restart(
    stage: Stage,
) -> None:
    await stage.started()
    await stage.play_until(T0 + 16 * MINUTE)
    stage.world.service.faults.set(track="canary", errors=0.4)
    deployment = await stage.until(T0 + 40 * MINUTE)
    assert deployment.status is Status.ROLLED_BACK
    assert (await the(stage)).stage == "back"
    await stage.app.close()
    stage.app = App(stage.app.settings, environ=stage.environment)
    await stage.app.start()
    while await stage.answer("todo"):
        pass
    said = await stage.command("/deploy incident next high-errors at=2025-10-23 14:00", roster.LUBIT)
    assert "next try" in said
    assert (await the(stage)).next_try == T0 + timedelta(days=1)
    assert not (await the(stage)).open


@pytest.mark.parametrize("stage", [AT_ONCE], indirect=True)
async def test_a_person_declares_damaged_data_and_the_traffic_goes_back_at_once(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 22 * MINUTE)
    said = await stage.command("/deploy incident", roster.OPS)
    assert "`memory-rising`: Data is damaged" in said
    said = await stage.command("/deploy incident memory-risin orders", roster.OPS)
    assert "memory-rising" in said
    assert not (await stage.deployment()).incidents
    said = await stage.command("/deploy incident memory-rising orders are doubled", roster.OPS)
    assert "goes back at once" in said
    deployment = await stage.until(T0 + 32 * MINUTE)
    assert deployment.status is Status.ROLLED_BACK
    assert deployment.rollback is not None
    assert (deployment.rollback.by, deployment.rollback.reason) == (roster.OPS, "orders are doubled")
    assert "is open already" not in said
    said = await stage.command("/deploy incident memory-rising again", roster.OPS)
    assert "cannot" in said or "no deployment" in said.lower()


@pytest.mark.parametrize("stage", [[*BY_HAND, *AT_ONCE]], indirect=True)
async def test_where_nothing_acts_alone_a_declaration_only_proposes_and_its_button_asks_for_the_reason(
    stage: Stage,
) -> None:
    await stage.started()
    await stage.play_until(T0 + 22 * MINUTE)
    await stage.command("/deploy incident memory-rising orders are doubled", roster.OPS)
    deployment = await stage.deployment()
    assert deployment.rollback is None
    call = newest(stage, "wants the traffic back at once")
    assert re.search(r"orders are doubled", str(call))
    button = next(
        element
        for block in call["blocks"]
        for element in block.get("elements", ())
        if element.get("action_id") == "rollback.start"
    )
    clicked = await stage.people.click(
        roster.GITCODE, roster.DEPLOYMENT, str(call["ts"]), button["action_id"], value=button["value"]
    )
    assert clicked.ok
    await stage.app.answers.finish()
    view = stage.people.views(roster.GITCODE)[-1]
    written = {"reason": {"text": {"type": "plain_text_input", "value": "they are doubled"}}}
    assert (await stage.people.submit(roster.GITCODE, view["id"], written)).ok
    await stage.quiet()
    assert (await stage.deployment()).status is Status.ROLLING_BACK


# ------------------------------------------------------------------------------------------------------------- a rota

SEOUL = (
    ("timezone: UTC", "timezone: Asia/Seoul"),
    ("  engineering-lead:\n    title:", "  on-call:\n    title: On call\n    contact: tier-1\n    rota: true\n  engineering-lead:\n    title:"),
    ("    who: [deployer, operations]\n", "    who: [on-call]\n"),
    ("          until: D+1 16:00\n", "          until: D+6 16:00\n"),
    ("    at: D+1 16:00\n", "    at: D+6 16:00\n"),
)  # fmt: skip
ROTA = """
on-call:
  - {from: 2025-10-22, to: 2025-10-22, who: [jun]}
  - {from: 2025-10-23, to: 2025-10-23, who: [mina]}
  - {from: 2025-10-25, to: 2025-10-26, who: [jun]}
"""


def write_rota(path: Path) -> None:
    team = yaml.safe_load(path.read_text(encoding="utf-8"))
    del team["roles"]["on-call"]
    path.write_text(yaml.safe_dump({**team, "rota": yaml.safe_load(ROTA)}), encoding="utf-8")


@pytest.fixture
async def rota(tmp_path: Path) -> AsyncIterator[Stage]:
    """On call by the day, in Seoul; the canary's numbers stop while it is under traffic."""
    async with staged(tmp_path, **plan_with(tmp_path, *SEOUL)) as it:
        write_rota(Path(it.environment["CAPTAIN_TEAM"]))
        yield it


def seoul(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 10, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


async def test_a_day_changes_who_is_called_and_gaps_are_told_before_they_come(rota: Stage) -> None:
    said = await rota.command(
        "/deploy start ion-deployment-day version=v2.14.0 at=2025-10-22", roster.GITCODE
    )
    assert "10-24, 10-27, 10-28" in said
    said = await rota.command("/deploy oncall")
    assert "NOBODY on 10-24, 10-27, 10-28" in said
    assert f"<@{roster.JUN}>" in said
    await rota.until(seoul(22, 23, 59))
    assert (await rota.deployment()).holders("on-call") == (roster.JUN,)
    assert not any("nobody is on duty as On call" in text for text in rota.texts())
    await rota.until(seoul(23, 0, 1))
    assert (await rota.deployment()).holders("on-call") == (roster.MINA,)
    assert any("From 10-23 on On call is held by" in text for text in rota.thread())
    warning = newest(rota, "nobody is on duty as On call on 10-24")
    assert "/deploy assign on-call @somebody from=2025-10-24 to=2025-10-24" in str(warning)
    said = await rota.command(
        f"/deploy assign on-call <@{roster.OPS}> from=2025-10-24 to=2025-10-24", roster.GITCODE
    )
    assert "on 10-24" in said
    assert "somebody is on duty as On call again" in str(rota.channel())
    await rota.until(seoul(24, 9))
    assert (await rota.deployment()).holders("on-call") == (roster.OPS,)
    assert "NOBODY on 10-27, 10-28" in await rota.command("/deploy oncall")


async def test_contacts_say_who_and_when_they_are_called(rota: Stage) -> None:
    await rota.command("/deploy start ion-deployment-day version=v2.14.0 at=2025-10-22", roster.GITCODE)
    said = await rota.command("/deploy contacts")
    assert "Tier 1* (called as tier 1: find the cause and fix it)" in said
    assert "On call" in said
    assert f"Final approver*: <@{roster.LUBIT}>; deputies: <@{roster.MINA}>" in said

"""Numbers, links, criteria, meetings and approved runs, as people click and type them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import factories
import pytest
from commands_world import APPROVER, CHANNEL, DEPLOYER, SECOND, STRANGER, World, open_world

from core.inputs import Checked, EffectFailed, Ran, Tick
from core.state import Status, StepState

BEFORE = factories.PLAN.split("phases:\n")[0].replace(
    "starters: [deployer]", "starters: [deployer]\nfour-eyes: false"
)
STEPS = """\
phases:
  - id: before
    title: {en: Before, ko: 준비}
    steps:
"""
CRITERIA = """\
      - checklist:
          id: criteria
          title: {en: Is it good enough, ko: 충분한가}
          as: criteria
          items:
            - {id: errors, title: {en: Error rate, ko: 오류율}, role: deployer, value: {unit: "%", below: 0.1}, note: Staging had 0.02 %}
            - {id: disk, title: {en: Free disk, ko: 남은 디스크}, value: {unit: GB, at-least: 20}, evidence: link}
            - {id: health, title: {en: Healthy, ko: 상태}, check: {http: {source: api, get: /health, json: {pods: {at-least: 3}}}}}
            - {id: staging, title: {en: P95 in staging, ko: 스테이징 P95}, value: {unit: ms, below: 500, actual: 99.17}, already: Load test of phase 2}
"""
PAPERS = """\
      - checklist:
          id: papers
          title: Papers
          items:
            - {id: report, title: Test report, evidence: link}
            - {id: users, title: Users told, value: {unit: 명}}
"""
MEETING = """\
      - meeting: {id: kick-off, title: {en: Kick-off, ko: 시작 회의}, roles: [deployer, approver], within: 10m, items: [{id: risks, title: Risks}]}
"""
APPROVED = """\
      - run: {id: migrate, title: {en: Migrate, ko: 마이그레이션}, action: roll-back, approve: [approver], settle: 1m, confirm: [{http: {source: api, get: /health}}]}
"""
END = """\
      - announce: {id: end, title: End, text: The end}
"""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


async def begin(world: World, *steps: str) -> None:
    world.plans.found["shop-canary"] = BEFORE + STEPS + "".join(steps) + END
    await world.start()


async def step(world: World, id: str) -> StepState:
    found = (await world.deployment()).step(id)
    assert found is not None
    return found


def button(world: World, ts: str, verb: str, item: str) -> dict[str, str]:
    """Block id and value of the button about `item`."""
    message = next(m for m in world.slack.people.screen(DEPLOYER, CHANNEL) if m["ts"] == ts)
    for block in message["blocks"]:
        for element in [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]:
            if element.get("action_id") == verb and json.loads(element["value"]).get("i", "") == item:
                return {"block_id": block["block_id"], "value": element["value"]}
    raise AssertionError(f"no button {verb} about {item}")


async def press(world: World, user: str, view: str, subject: str, verb: str, item: str) -> str:
    """Hangs the message anew and presses a button on it."""
    ts = await world.hang(view, subject)
    await world.click(user, ts, verb, **button(world, ts, verb, item))
    return ts


async def menu(world: World, list_: str, choice: str) -> None:
    ts = await world.hang("checklist", list_)
    message = next(m for m in world.slack.people.screen(DEPLOYER, CHANNEL) if m["ts"] == ts)
    found = next(e for b in message["blocks"] for e in b.get("elements", []) if e.get("type") == "overflow")
    option = next(o for o in found["options"] if f'"v":"{choice}"' in o["value"])
    await world.click(DEPLOYER, ts, "item.more", selected=option["value"])


async def shown(world: World, view: str, subject: str) -> str:
    """A message as it stands now, as text."""
    ts = await world.hang(view, subject)
    message = next(m for m in world.slack.people.screen(DEPLOYER, CHANNEL) if m["ts"] == ts)
    return json.dumps(message["blocks"], ensure_ascii=False)


# ------------------------------------------------------------------------------------------------------------- values


async def test_ticking_a_value_takes_a_number(world: World) -> None:
    await begin(world, CRITERIA)
    await press(world, DEPLOYER, "checklist", "criteria", "item.done", "errors")
    window = world.window(DEPLOYER)
    assert "Error rate" in window
    assert "It passes when it is under 0.1 %." in window
    assert "known: Staging had 0.02 %" in window
    result = await world.submit(DEPLOYER, value="0.05", reason="from the dashboard")
    assert result.ok
    errors = (await step(world, "criteria")).items[0]
    assert (errors.mark, errors.value, errors.unit, errors.by, errors.note) == (
        "done", 0.05, "%", DEPLOYER, "from the dashboard",
    )  # fmt: skip


async def test_a_number_on_the_wrong_side_is_kept_as_a_fail_and_the_item_stays_open(world: World) -> None:
    await begin(world, CRITERIA)
    await press(world, DEPLOYER, "checklist", "criteria", "item.done", "errors")
    await world.submit(DEPLOYER, value="0.4")
    assert "FAIL (under 0.1 %). It stays open." in world.window(DEPLOYER)
    criteria = await step(world, "criteria")
    errors = criteria.items[0]
    assert (criteria.status, errors.mark, errors.value, errors.failed) == ("open", "open", 0.4, "0.4 %")
    assert "FAIL" in await shown(world, "checklist", "criteria")


async def test_a_fail_is_entered_anew_or_accepted_with_a_reason(world: World) -> None:
    await begin(world, CRITERIA)
    for number in ("0.4", "0.3"):
        await press(world, DEPLOYER, "checklist", "criteria", "item.done", "errors")
        await world.submit(DEPLOYER, value=number)
        for view in world.slack.people.views(DEPLOYER):
            await world.slack.people.close_view(DEPLOYER, view["id"])
    assert (await step(world, "criteria")).items[0].value == 0.3
    await press(world, DEPLOYER, "checklist", "criteria", "item.done", "errors")
    nothing = await world.submit(DEPLOYER)
    assert "needs a number" in nothing.view_errors["value"]
    await world.submit(DEPLOYER, reason="a known flake of the probe")
    errors = (await step(world, "criteria")).items[0]
    assert (errors.mark, errors.failed, errors.note) == ("done", "0.3 %", "a known flake of the probe")
    assert "accepted" in await shown(world, "checklist", "criteria")


async def test_a_text_that_is_no_number_is_told_how(world: World) -> None:
    await begin(world, PAPERS)
    await press(world, DEPLOYER, "checklist", "papers", "item.done", "users")
    view = world.slack.people.views(DEPLOYER)[-1]
    block = next(block for block in view["blocks"] if block.get("block_id") == "value")
    assert block["element"]["type"] == "number_input"
    result = await world.submit(DEPLOYER, value="twelve")
    assert result.view_errors["value"]
    await world.submit(DEPLOYER, value="1240")
    assert (await step(world, "papers")).items[1].value == 1240.0


async def test_only_the_owner_enters_a_number(world: World) -> None:
    await begin(world, CRITERIA)
    await press(world, APPROVER, "checklist", "criteria", "item.done", "errors")
    assert "It takes one of these roles: Deployer" in world.whispers(APPROVER)[0]


async def test_what_was_settled_before_the_start_opens_as_done(world: World) -> None:
    await begin(world, CRITERIA)
    staging = (await step(world, "criteria")).items[3]
    assert (staging.mark, staging.by, staging.value, staging.note) == (
        "done",
        "plan",
        99.17,
        "Load test of phase 2",
    )
    assert "99.17 ms" in await shown(world, "checklist", "criteria")


# -------------------------------------------------------------------------------------------------------------- links


async def test_a_link_is_asked_for_where_the_evidence_is_one(world: World) -> None:
    await begin(world, PAPERS)
    await press(world, DEPLOYER, "checklist", "papers", "item.done", "report")
    for wrong in ("it is on the wiki", "http://wiki.example/report", "https:// wiki"):
        result = await world.submit(DEPLOYER, reason=wrong)
        assert "https://" in result.view_errors["reason"]
    await world.submit(DEPLOYER, reason="see https://wiki.example/report?id=4")
    assert (await step(world, "papers")).items[0].mark == "done"


async def test_not_applicable_needs_a_reason_and_no_link(world: World) -> None:
    await begin(world, PAPERS)
    await menu(world, "papers", "na")
    await world.submit(DEPLOYER, item="report", reason="there is no report for a hot fix")
    assert (await step(world, "papers")).items[0].mark == "not-applicable"


# ----------------------------------------------------------------------------------------------------------- criteria


async def test_criteria_stand_in_a_table_with_what_was_measured(world: World) -> None:
    await begin(world, CRITERIA)
    await world.apply(Checked("criteria", "health", 1, False, "pods is 2, not at least 3.", value=2.0))
    table = (await shown(world, "checklist", "criteria")).split("```")[1]
    lines = [line.split("  ") for line in table.replace("\\n", "\n").strip().splitlines()]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert rows[0] == ["Result", "Actual", "Limit", "Criterion"]
    assert rows[1:] == [
        ["open", "–", "&lt; 0.1 %", "Error rate"],
        ["open", "–", "≥ 20 GB", "Free disk"],
        ["FAIL", "2", "≥ 3", "Healthy"],
        ["Pass", "99.17 ms", "&lt; 500 ms", "P95 in staging"],
    ]


async def test_a_failed_criterion_is_checked_again_and_passes(world: World) -> None:
    await begin(world, CRITERIA)
    await world.apply(Checked("criteria", "health", 1, False, "pods is 2, not at least 3.", value=2.0))
    await menu(world, "criteria", "ag")
    assert (await step(world, "criteria")).items[2].checking
    await world.apply(Checked("criteria", "health", 1, True, "pods is 3, at least 3.", value=3.0))
    health = (await step(world, "criteria")).items[2]
    assert (health.mark, health.value, health.failed) == ("done", 3.0, "")


async def test_a_failed_criterion_is_accepted_with_a_reason(world: World) -> None:
    await begin(world, CRITERIA)
    await world.apply(Checked("criteria", "health", 1, False, "pods is 2, not at least 3.", value=2.0))
    await press(world, DEPLOYER, "checklist", "criteria", "item.done", "health")
    await world.submit(DEPLOYER, item="health", reason="two are enough on a Sunday")
    health = (await step(world, "criteria")).items[2]
    assert (health.mark, health.by, health.failed) == ("done", DEPLOYER, "pods is 2, not at least 3.")
    assert "accepted" in await shown(world, "checklist", "criteria")


async def test_who_is_nobody_checks_nothing_again(world: World) -> None:
    await begin(world, CRITERIA)
    await world.apply(Checked("criteria", "health", 1, False, "pods is 2, not at least 3.", value=2.0))
    ts = await world.hang("checklist", "criteria")
    message = next(m for m in world.slack.people.screen(STRANGER, CHANNEL) if m["ts"] == ts)
    found = next(e for b in message["blocks"] for e in b.get("elements", []) if e.get("type") == "overflow")
    option = next(o for o in found["options"] if '"v":"ag"' in o["value"])
    await world.click(STRANGER, ts, "item.more", selected=option["value"])
    assert "You may not do this" in world.whispers(STRANGER)[0]
    assert not (await step(world, "criteria")).items[2].checking


# ----------------------------------------------------------------------------------------------------------- meetings


async def test_a_meeting_begins_when_everybody_is_here(world: World) -> None:
    await begin(world, MEETING)
    await press(world, DEPLOYER, "signoff", "kick-off", "sign.approve", "deployer")
    assert "1 of 2 here" in await shown(world, "signoff", "kick-off")
    await press(world, SECOND, "signoff", "kick-off", "sign.approve", "approver")
    assert (await step(world, "kick-off")).status == "done"
    assert (await step(world, "kick-off.items")).status == "open"


async def test_only_a_holder_is_here_for_a_role_and_may_leave_again(world: World) -> None:
    await begin(world, MEETING)
    await press(world, DEPLOYER, "signoff", "kick-off", "sign.approve", "approver")
    assert "You may not do this (say that somebody is here)" in world.whispers(DEPLOYER)[0]
    await press(world, DEPLOYER, "signoff", "kick-off", "sign.approve", "deployer")
    await press(world, DEPLOYER, "signoff", "kick-off", "sign.withdraw", "deployer")
    assert [sign.mark for sign in (await step(world, "kick-off")).signs] == ["open", "open"]


async def test_who_is_missing_is_named_and_may_come_late(world: World) -> None:
    await begin(world, MEETING)
    await press(world, DEPLOYER, "signoff", "kick-off", "sign.approve", "deployer")
    world.clock.advance(timedelta(minutes=11))
    await world.apply(Tick())
    kick_off = await step(world, "kick-off")
    assert (kick_off.status, kick_off.note) == ("done", "approver")
    assert "It has begun. Not here: Approver." in await shown(world, "signoff", "kick-off")
    await press(world, APPROVER, "signoff", "kick-off", "sign.approve", "approver")
    assert (await step(world, "kick-off")).signs[1].by == APPROVER
    assert "after it had begun" in await shown(world, "signoff", "kick-off")


# ------------------------------------------------------------------------------------------------------ approved runs


async def test_a_run_is_asked_for_with_what_it_would_do(world: World) -> None:
    await begin(world, APPROVED)
    asking = await step(world, "migrate.go")
    assert (asking.status, asking.stage_of_work) == ("open", "trying")
    await world.apply(
        Ran("approve:migrate.go:1", True, "Would run: deploy rollback\n3 to change, 0 to destroy")
    )
    card = await shown(world, "decision", "migrate.go")
    assert "3 to change, 0 to destroy" in card
    assert "OBSERVE" not in card
    await press(world, APPROVER, "decision", "migrate.go", "decision.go", "")
    deployment = await world.deployment()
    assert (await step(world, "migrate.go")).answer == "go"
    assert (await step(world, "migrate")).status in ("open", "waiting")
    assert deployment.status is Status.RUNNING


async def test_go_to_what_could_not_be_seen_takes_a_reason(world: World) -> None:
    await begin(world, APPROVED)
    await world.apply(EffectFailed("run", "approve:migrate.go:1", "The program is not installed here."))
    assert "The program is not installed here." in await shown(world, "decision", "migrate.go")
    await press(world, APPROVER, "decision", "migrate.go", "decision.go", "")
    assert world.slack.people.views(APPROVER)
    await world.submit(APPROVER, reason="we know this script")
    assert (await step(world, "migrate.go")).answer == "go"


async def test_only_who_approves_answers(world: World) -> None:
    await begin(world, APPROVED)
    await world.apply(Ran("approve:migrate.go:1", True, "Would run: deploy rollback"))
    await press(world, DEPLOYER, "decision", "migrate.go", "decision.go", "")
    assert "It takes one of these roles: Approver" in world.whispers(DEPLOYER)[0]

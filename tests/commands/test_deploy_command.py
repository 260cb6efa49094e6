"""`/deploy` as people type it: what they read back, and what stands in the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import factories
import pytest
from commands_world import ALERTS, APPROVER, DEPLOYER, GENERAL, SECOND, STRANGER, World, open_world

from core.inputs import Aborted, Measured, Ran, RollbackAsked, Tick, WeightRead
from core.state import Status
from sandbox.slack import roster
from storage.clock import PlanClock

LINE = "/deploy start shop-canary version=v7 at=2025-10-22T14:00Z"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


# ------------------------------------------------------------------------------------------------------------ starting


async def test_start_answers_with_what_comes_first(world: World) -> None:
    result = await world.command(DEPLOYER, LINE)
    assert "*shop v7 → production* has begun as *D1*" in result.text
    assert "“Ready”, 1 open" in result.text
    assert result.elapsed_ms < 1_000
    deployment = await world.deployment()
    assert deployment.status is Status.RUNNING
    assert deployment.started_by == DEPLOYER
    assert deployment.t0 == factories.T0
    assert deployment.inputs == {"version": "v7"}
    assert not deployment.rehearsal


@pytest.mark.parametrize(
    ("line", "t0"),
    [
        ("start shop-canary version=v7", factories.T0),
        ("start shop-canary version=v7 at=tomorrow 14:30", factories.T0 + timedelta(days=1, minutes=30)),
        ("start shop-canary version=v7 at=“내일 14:30”", factories.T0 + timedelta(days=1, minutes=30)),
        ("시작 shop-canary version=v7 at=2025-10-23 09:00", datetime(2025, 10, 23, 9, 0, tzinfo=UTC)),
        ("start at=+2h shop-canary version=v7", factories.START + timedelta(hours=2)),
    ],
)
async def test_start_reads_the_time_as_people_write_it(world: World, line: str, t0: datetime) -> None:
    await world.start(f"/deploy {line}")
    assert (await world.deployment()).t0 == t0


async def test_a_rehearsal_and_a_language_can_be_asked_for(world: World) -> None:
    world.team.rehearsal = "alerts"
    result = await world.command(DEPLOYER, f"{LINE} language=ko --rehearsal")
    assert "[리허설] shop v7 → production" in result.text
    assert "시작했습니다" in result.text
    deployment = await world.deployment()
    assert deployment.rehearsal
    assert deployment.language == "ko"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/deploy start", "• `/deploy start shop-canary`"),
        ("/deploy start shop-canari version=v7", "Did you mean “shop-canary”?"),
        (
            "/deploy start shop-canary version=seven",
            "“seven” is not a valid version. Write it like `version=v7`",
        ),
        ("/deploy start shop-canary", "“version” is missing. Write it like `version=v7`"),
        ("/deploy start shop-canary verison=v7", "Did you mean “version”?"),
        (
            "/deploy start shop-canary version=v7 at=teatime",
            "The start cannot be read: 'teatime' is not a start",
        ),
        ("/deploy start shop-canary version=v7 at=1999-01-01", "more than a year away"),
        ("/deploy strat shop-canary", "“strat” is not a command. Did you mean “/deploy start”?"),
        ("/deploy status", "No deployment is under way here"),
        ("/deploy pause", "No deployment is under way here"),
        ("/deploy list", "There has been no deployment yet"),
        ("/deploy help", "`/deploy start PLAN"),
        ("/deploy 도움말", "`/deploy start PLAN"),
        ("/deploy", "`/deploy start PLAN"),
        ("/deploy unlock", "Say which service"),
        ("/deploy unlock shop the cause is gone", "shop is not locked"),
        ("/deploy pa\x07use", "control characters"),
        ("/deploy " + "x" * 3_100, "up to 3000 are read"),
    ],
)
async def test_nothing_begins_and_the_answer_says_why(world: World, line: str, said: str) -> None:
    result = await world.command(DEPLOYER, line)
    assert said in result.text
    assert await world.queries.recent(1) == []


async def test_a_plan_with_problems_says_all_of_them(world: World) -> None:
    world.plans.found["broken"] = factories.PLAN.replace("gate: canary}", "gate: canari}").replace(
        "by: [approver]", "by: [aprover]"
    )
    result = await world.command(DEPLOYER, "/deploy start broken version=v7")
    assert "cannot be started as it is. Problems: " in result.text
    assert "line " in result.text
    assert "canari" in result.text
    assert "aprover" in result.text
    assert await world.queries.recent(1) == []


async def test_only_starters_start_and_the_refusal_names_them(world: World) -> None:
    result = await world.command(APPROVER, LINE)
    assert "You may not do this (start)" in result.text
    assert f"Deployer. Held by: <@{DEPLOYER}>" in result.text
    assert await world.queries.recent(1) == []


async def test_a_start_belongs_into_the_plans_channel(world: World) -> None:
    result = await world.command(DEPLOYER, LINE, channel=ALERTS)
    assert "works in #deployment" in result.text
    assert await world.queries.recent(1) == []


async def test_a_service_is_deployed_once_at_a_time(world: World) -> None:
    await world.start()
    result = await world.command(DEPLOYER, LINE)
    assert "shop in production is locked by D1" in result.text
    assert len(await world.queries.recent(5)) == 1


async def test_the_same_envelope_delivered_four_times_starts_once(world: World) -> None:
    world.slack.faults.add(kind="duplicate", times=4)
    await world.command(DEPLOYER, LINE)
    await world.answers.finish()
    assert [row.id for row in await world.queries.recent(5)] == ["D1"]


async def test_a_late_start_says_what_had_passed(world: World) -> None:
    world.plans.found["early"] = factories.PLAN.replace(
        "  - id: before\n", "  - id: before\n    at: T-3h\n"
    ).replace("      - signoff: {id: signed,", "      - signoff: {at: T-2h, id: signed,")
    result = await world.command(DEPLOYER, "/deploy start early version=v7 at=2025-10-22T14:00Z")
    assert "moments that have passed (1)" in result.text
    assert (await world.deployment()).steps[0].status == "missed"


async def test_a_rehearsals_clock_comes_from_the_room(tmp_path: Path) -> None:
    def pace(now: datetime) -> PlanClock:
        return PlanClock(factories.T0 - timedelta(minutes=5), now, 60.0)

    async with open_world(tmp_path, pace=pace) as world:
        await world.start()
        clock = await world.queries.plan_clock("D1")
        assert clock.now(world.clock()) == factories.T0 - timedelta(minutes=5)
        assert clock.speed == 60.0


# --------------------------------------------------------------------------------------------------------- looking


async def test_status_shows_the_card_with_its_buttons(world: World) -> None:
    await world.start()
    result = await world.command(APPROVER, "/deploy status")
    assert result.blocks[0]["text"]["text"] == "shop v7 → production: RUNNING"
    actions = [
        e["action_id"] for block in result.blocks if block["type"] == "actions" for e in block["elements"]
    ]
    assert actions == ["card.details", "card.pause"]


async def test_status_of_one_that_is_over(world: World) -> None:
    await world.start()
    await world.apply(Aborted(DEPLOYER, "wrong version"))
    for line in ("/deploy status", "/deploy status D1", "/deploy 상태 d1"):
        result = await world.command(APPROVER, line)
        assert result.blocks[0]["text"]["text"] == "shop v7 → production: ENDED"
    result = await world.command(APPROVER, "/deploy status D99")
    assert "There is no deployment D99" in result.text


async def test_list_shows_the_newest_first(world: World) -> None:
    await world.start()
    await world.apply(Aborted(DEPLOYER, "wrong version"))
    world.clock.advance(timedelta(minutes=1))
    await world.start()
    text = (await world.command(APPROVER, "/deploy list")).text
    assert text.index("*D2* shop → production: RUNNING") < text.index("*D1* shop → production: ENDED")


async def test_checklist_shows_what_is_open_with_buttons(world: World) -> None:
    await world.start()
    result = await world.command(DEPLOYER, "/deploy checklist")
    assert result.blocks[0]["text"]["text"] == "Ready: 0 of 2 done"
    assert result.ts is not None
    await world.click(DEPLOYER, result.ts, "item.done", block_id=result.blocks[1]["block_id"])
    step = (await world.deployment()).step("ready")
    assert step is not None
    assert [item.mark for item in step.items] == ["done", "open"]


async def test_commands_belong_into_the_channels_of_the_deployment(world: World) -> None:
    await world.start()
    assert "works in #deployment" in (await world.command(DEPLOYER, "/deploy status", channel=GENERAL)).text
    assert "works in #deployment" in (await world.command(DEPLOYER, "/deploy pause", channel="dm")).text
    assert (await world.deployment()).status is Status.RUNNING
    assert "RUNNING" in (await world.command(DEPLOYER, "/deploy status", channel=ALERTS)).text


async def test_with_several_deployments_the_line_says_which(world: World) -> None:
    await world.start()
    world.plans.found["other"] = factories.PLAN.replace("service: shop", "service: other")
    await world.start("/deploy start other version=v7")
    result = await world.command(DEPLOYER, "/deploy pause the database is slow")
    assert "Several deployments are under way: D1, D2" in result.text
    assert "`/deploy pause D1`" in result.text
    await world.command(DEPLOYER, "/deploy pause the database is slow d2")
    assert (await world.deployment("D1")).status is Status.RUNNING
    second = await world.deployment("D2")
    assert second.status is Status.HELD
    assert second.hold is not None
    assert dict(second.hold.words)["reason"] == "the database is slow"


# ---------------------------------------------------------------------------------------------------------- acting


async def test_pause_resume_abort(world: World) -> None:
    await world.start()
    result = await world.command(DEPLOYER, "/deploy pause lunch &amp; a look at p95=600ms")
    assert f"ON HOLD. Paused by <@{DEPLOYER}>. Reason: lunch &amp; a look at p95=600ms." in result.text
    assert "already stands still" in (await world.command(DEPLOYER, "/deploy pause")).text
    assert "You may not do this (resume)" in (await world.command(APPROVER, "/deploy resume")).text
    assert "resumed the deployment" in (await world.command(DEPLOYER, "/deploy 재개")).text
    assert "Nothing to resume" in (await world.command(DEPLOYER, "/deploy resume")).text
    assert "A reason is required" in (await world.command(DEPLOYER, "/deploy abort")).text
    assert "ended the deployment" in (await world.command(DEPLOYER, "/deploy abort wrong version")).text
    assert (await world.deployment()).status is Status.ABORTED


async def test_assign_gives_a_role_to_members_only(world: World) -> None:
    await world.start()
    assert "Say which role" in (await world.command(DEPLOYER, "/deploy assign")).text
    assert "Mention the people with @" in (await world.command(DEPLOYER, "/deploy assign approver ana")).text
    assert "has no role “boss”" in (await world.command(DEPLOYER, "/deploy assign boss @jun")).text
    refused = await world.command(DEPLOYER, f"/deploy assign approver <@{roster.GUEST}>")
    assert "cannot hold a role" in refused.text
    assert (await world.deployment()).holders("approver") == (APPROVER, SECOND)
    done = await world.command(DEPLOYER, "/deploy assign 승인자 @jun")
    assert f"gave the role Approver to <@{STRANGER}>" in done.text
    assert (await world.deployment()).holders("approver") == (STRANGER,)


async def test_unlock_lifts_the_lock_of_a_rollback(world: World) -> None:
    await world.to_the_canary()
    await world.apply(RollbackAsked(DEPLOYER, "errors"))
    held = await world.command(DEPLOYER, "/deploy unlock shop the cause is fixed")
    assert "cannot be done now (lift the lock): the deployment is ROLLING BACK" in held.text
    await world.apply(Ran("rollback:0:0", True, "ok"))
    await roll_back_proved(world)
    assert (await world.deployment()).status is Status.ROLLED_BACK
    locked = await world.command(DEPLOYER, LINE)
    assert "shop in production is locked by D1" in locked.text
    assert (
        "You may not do this (lift the lock)"
        in (await world.command(APPROVER, "/deploy unlock shop fixed")).text
    )
    assert "A reason is required" in (await world.command(DEPLOYER, "/deploy unlock shop production")).text
    done = await world.command(DEPLOYER, "/deploy unlock shop production fixed in v8")
    assert "lifted the lock. Reason: fixed in v8." in done.text
    assert await world.queries.lock("shop", "production") is None


async def test_home_keeps_what_is_left_to_do_after_a_rollback_until_it_is_unlocked(world: World) -> None:
    await world.to_the_canary()
    await world.apply(RollbackAsked(DEPLOYER, "errors"))
    await world.apply(Ran("rollback:0:0", True, "ok"))
    await roll_back_proved(world)
    assert (await world.deployment()).final
    shown = str(await world.home(DEPLOYER))
    assert "ROLLED BACK" in shown
    assert "The cause is found" in shown
    await world.command(DEPLOYER, "/deploy unlock shop production fixed in v8")
    await world.slack.people.open_home(DEPLOYER)
    await world.slack.until(lambda: "The cause is found" not in str(world.slack.people.home(DEPLOYER)))


async def roll_back_proved(world: World) -> None:
    """The reads and the measurements that prove a rollback."""
    for number in (1, 2, 3):
        await world.apply(
            Measured(
                f"verify-metrics:{number}",
                world.clock(),
                factories.readings(60_000.0 + 40_000 * number, 10.0),
            )
        )
        if (await world.deployment()).final:
            return
        await world.apply(WeightRead(f"verify:{number}", 0))
        world.clock.advance(timedelta(minutes=1))
        if not (await world.deployment()).final:
            await world.apply(Tick())

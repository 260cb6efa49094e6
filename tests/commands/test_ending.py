"""The readiness board, risks, how it went, what was lost and the plan that follows, as people type and click them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import factories
import pytest
from commands_world import (
    APPROVER,
    CHANNEL,
    DEPLOYER,
    GENERAL,
    SECOND,
    STRANGER,
    World,
    open_world,
    shown,
)

from core.inputs import (
    Decided,
    ItemMarked,
    Measured,
    Ran,
    Recorded,
    RollbackAsked,
    SignedOff,
    Tick,
    WeightRead,
)
from core.objectives import objectives
from core.state import Status

BOARD = """readiness:
  claimed: 85%
  categories: [{id: crew, title: {en: Crew, ko: 인원}, of: [ready], claimed: 95%}]
  go: [{title: {en: Everybody is here, ko: 모두 참석}, item: ready/people}]
  risks: [{id: blocker, title: {en: A blocker is open, ko: 미해결 차단 이슈}}]
"""
ROLLOUT = factories.PLAN[
    factories.PLAN.index("      - traffic: {id: first") : factories.PLAN.index("      - verdict:")
]
ENDS = (
    factories.PLAN.replace("plan: shop-canary", "plan: shop-ends")
    .replace("escalation:\n", f"{BOARD}escalation:\n")
    .replace("  verify:", "  objectives: {rto: 5m, rpo: 1m}\n  verify:")
    + "          outcome: true\n          on-go: {plan: shop-canary}\n"
)
START = "/deploy start shop-ends version=v7 at=2025-10-22T14:00Z"


@pytest.fixture(params=["en", "ko"])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with open_world(tmp_path, language=request.param) as opened:
        opened.plans.found["shop-ends"] = ENDS.replace(ROLLOUT, "")
        opened.plans.found["shop-rolls"] = ENDS.replace("plan: shop-ends", "plan: shop-rolls")
        yield opened


def said(world: World, en: str, ko: str) -> str:
    return ko if world.team.language == "ko" else en


async def begun(world: World, line: str = START) -> None:
    result = await world.command(DEPLOYER, line)
    assert "D1" in result.text, result.text


async def to_the_end(world: World) -> str:
    """All is met; the verdict asks how it went. The message's ts."""
    await begun(world)
    for item in ("people", "notes"):
        await world.apply(ItemMarked(DEPLOYER, "ready", item, "done"))
    await world.apply(SignedOff(APPROVER, "signed", "approver", "approve"))
    world.clock.set(factories.T0)
    await world.apply(Tick())
    await world.apply(Decided(APPROVER, "begin", 1, "go"))
    assert (await world.deployment()).verdict == "GO"
    return await world.hang("verdict")


# ---------------------------------------------------------------------------------------------------------- the board


async def test_the_board_is_shown_to_whoever_asks(world: World) -> None:
    await begun(world)
    for line in ("/deploy readiness", "/deploy 현황판", "/deploy board D1"):
        result = await world.command(STRANGER, line)
        assert "NO-GO" in result.text
        assert "0 %" in "\n".join(shown(result.blocks))
        assert "95 %" in "\n".join(shown(result.blocks))


async def test_one_click_puts_it_into_the_channel(world: World) -> None:
    await begun(world)
    ts = await world.hang("readiness")
    assert (await world.click(DEPLOYER, ts, "board.show")).ok
    assert (await world.deployment()).board_at is not None
    await world.click(STRANGER, ts, "board.show")
    assert said(world, "You may not do this", "권한이 없습니다") in world.whispers(STRANGER)[-1]


async def test_a_risk_is_declared_and_withdrawn_by_typing(world: World) -> None:
    await begun(world)
    result = await world.command(DEPLOYER, "/deploy risk")
    assert "blocker" in result.text
    result = await world.command(DEPLOYER, "/deploy risk weather it rains")
    assert "weather" in result.text
    result = await world.command(DEPLOYER, "/deploy risk blocker")
    assert said(world, "A reason is required", "사유") in result.text
    await world.command(DEPLOYER, "/deploy risk blocker payments fail in staging")
    assert [risk.reason for risk in (await world.deployment()).risks] == ["payments fail in staging"]
    result = await world.command(APPROVER, "/deploy risk blocker withdraw fixed and tested")
    assert (await world.deployment()).risks == ()
    assert "fixed and tested" in result.text


async def test_a_risk_is_declared_and_withdrawn_by_clicking(world: World) -> None:
    await begun(world)
    ts = await world.hang("readiness")
    await world.click(DEPLOYER, ts, "risk.declare")
    assert said(world, "forbids GO", "GO를 막습니다") in world.window(DEPLOYER)
    assert (await world.submit(DEPLOYER, risk="blocker", reason="payments fail")).ok
    assert [risk.by for risk in (await world.deployment()).risks] == [DEPLOYER]
    ts = await world.hang("readiness")
    await world.click(APPROVER, ts, "risk.withdraw")
    await world.submit(APPROVER, risk="blocker", reason="fixed")
    assert (await world.deployment()).risks == ()


async def test_a_question_shows_the_board_and_a_risk_refuses_go(world: World) -> None:
    await begun(world)
    for item in ("people", "notes"):
        await world.apply(ItemMarked(DEPLOYER, "ready", item, "done"))
    await world.apply(SignedOff(APPROVER, "signed", "approver", "approve"))
    world.clock.set(factories.T0)
    await world.apply(Tick())
    await world.command(DEPLOYER, "/deploy risk blocker payments fail")
    ts = await world.hang("decision", "begin:1")
    message = next(m for m in world.slack.people.screen(APPROVER, CHANNEL) if m["ts"] == ts)
    assert "NO-GO" in "\n".join(shown(message["blocks"]))
    assert said(world, "A blocker is open", "미해결 차단 이슈") in "\n".join(shown(message["blocks"]))
    await world.click(APPROVER, ts, "decision.go")
    assert said(world, "No GO while a risk stands", "GO는 없습니다") in world.whispers(APPROVER)[-1]
    step = (await world.deployment()).step("begin")
    assert step is not None
    assert step.answer is None


async def test_the_home_tab_has_the_board_in_a_line(world: World) -> None:
    await begun(world)
    assert said(world, "readiness NO-GO", "준비 현황 NO-GO") in str(await world.home(DEPLOYER))


# ------------------------------------------------------------------------------------------------------- the outcome


async def test_how_it_went_takes_a_reason_and_ends_it(world: World) -> None:
    ts = await to_the_end(world)
    await world.click(STRANGER, ts, "went.success")
    assert said(world, "You may not do this", "권한이 없습니다") in world.window(STRANGER)
    await world.click(APPROVER, ts, "went.partial")
    result = await world.submit(APPROVER, reason="two customers were slow")
    assert result.ok
    deployment = await world.deployment()
    assert deployment.status is Status.DONE
    assert deployment.outcome is not None
    assert (deployment.outcome.word, deployment.outcome.reason) == ("partial", "two customers were slow")
    ts = await world.hang("verdict")
    message = next(m for m in world.slack.people.screen(APPROVER, CHANNEL) if m["ts"] == ts)
    assert said(world, "partial success", "부분 성공") in "\n".join(shown(message["blocks"]))


async def test_a_command_does_not_answer_for_the_outcome(world: World) -> None:
    await to_the_end(world)
    assert said(world, "say how it went", "결과를 밝혀") in str(await world.home(APPROVER))
    await world.command(SECOND, "/gate go all well")
    assert (await world.deployment()).status is Status.RUNNING


# ------------------------------------------------------------------------------------------------ the plan that follows


async def test_what_follows_is_started_by_a_click_and_only_by_one(world: World) -> None:
    ts = await to_the_end(world)
    await world.click(APPROVER, ts, "went.success")
    await world.submit(APPROVER, reason="all well")
    assert len(await world.queries.recent(5)) == 1
    ts = await world.hang("verdict")
    await world.click(DEPLOYER, ts, "follow.start")
    view = world.slack.people.views(DEPLOYER)[-1]
    known = [block["element"].get("initial_value") for block in view["blocks"] if block["type"] == "input"]
    assert known[0] == "v7"
    result = await world.submit(DEPLOYER, version="v8", at="2025-10-23T14:00Z")
    assert result.ok
    rows = await world.queries.recent(5)
    assert [row.id for row in rows] == ["D2", "D1"]
    following = await world.deployment("D2")
    assert following.runbook.plan.plan == "shop-canary"
    assert (following.inputs["version"], following.started_by) == ("v8", DEPLOYER)
    assert "D2" in world.window(DEPLOYER)


async def test_who_may_not_start_it_is_told_so(world: World) -> None:
    ts = await to_the_end(world)
    await world.click(APPROVER, ts, "went.success")
    await world.submit(APPROVER, reason="all well")
    ts = await world.hang("verdict")
    await world.click(APPROVER, ts, "follow.start")
    await world.submit(APPROVER, version="v8")
    assert said(world, "You may not do this", "권한이 없습니다") in world.window(APPROVER)
    assert len(await world.queries.recent(5)) == 1


async def test_a_plan_that_is_not_there_is_said_in_a_sentence(world: World) -> None:
    ts = await to_the_end(world)
    await world.click(APPROVER, ts, "went.success")
    await world.submit(APPROVER, reason="all well")
    ts = await world.hang("verdict")
    del world.plans.found["shop-canary"]
    await world.click(DEPLOYER, ts, "follow.start")
    assert "shop-canary" in world.window(DEPLOYER)
    assert said(world, "There is no plan", "계획") in world.window(DEPLOYER)


# ---------------------------------------------------------------------------------------------------- what was lost


async def rolled_back(world: World) -> None:
    """T0 has come, and before the first share is set a person goes back; the proof is in."""
    await begun(world, START.replace("shop-ends", "shop-rolls"))
    for item in ("people", "notes"):
        await world.apply(ItemMarked(DEPLOYER, "ready", item, "done"))
    await world.apply(SignedOff(APPROVER, "signed", "approver", "approve"))
    world.clock.set(factories.T0)
    await world.apply(Tick())
    await world.apply(Decided(APPROVER, "begin", 1, "go"))
    await world.apply(Recorded("rollback/targets:1", ()))
    await world.apply(RollbackAsked(DEPLOYER, "orders are wrong"))
    await world.apply(Ran("rollback:0:0", True, "ok"))
    for number in (1, 2, 3):
        readings = factories.readings(20_000.0 * number, 0.0)
        await world.apply(WeightRead(f"verify:{number}", 0))
        await world.apply(Measured(f"verify-metrics:{number}", world.clock(), readings))
        world.clock.advance(timedelta(minutes=1))
        if not (await world.deployment()).final:
            await world.apply(Tick())


async def test_what_was_lost_is_held_against_the_rpo(world: World) -> None:
    await rolled_back(world)
    deployment = await world.deployment()
    assert deployment.status is Status.ROLLED_BACK
    assert [one.name for one in objectives(deployment)] == ["rto", "rpo"]
    ts = await world.hang("verdict")
    await world.click(DEPLOYER, ts, "loss.say")
    await world.submit(DEPLOYER, lost="a while", reason="")
    assert said(world, "no length of time", "시간 길이가 아닙니다") in world.window(DEPLOYER)
    await world.click(DEPLOYER, ts, "loss.say")
    result = await world.submit(DEPLOYER, lost="90s", reason="the last minute and a half")
    assert result.ok
    loss = (await world.deployment()).loss
    assert loss is not None
    assert (loss.seconds, loss.by) == (90, DEPLOYER)
    ts = await world.hang("verdict")
    message = next(m for m in world.slack.people.screen(DEPLOYER, CHANNEL) if m["ts"] == ts)
    text = "\n".join(shown(message["blocks"]))
    assert said(world, "Data lost: 1 min 30 s (RPO, at most 1 min): *FAIL*", "(RPO 1분 이내): *실패*") in text


# --------------------------------------------------------------------------------------------------- typed, not clicked


async def test_how_it_went_is_typed_in_one_word_with_a_reason(world: World) -> None:
    await to_the_end(world)
    for line in ("/deploy outcome", "/deploy outcome well it went"):
        assert "success" in (await world.command(APPROVER, line)).text
    assert (
        said(world, "A reason is required", "사유")
        in (await world.command(APPROVER, "/deploy outcome success")).text
    )
    result = await world.command(STRANGER, "/deploy outcome success all well")
    assert said(world, "You may not do this", "권한이 없습니다") in result.text
    assert (await world.deployment()).outcome is None
    result = await world.command(APPROVER, "/deploy 결과 부분 two customers were slow D1")
    assert said(world, "partial success", "부분 성공") in result.text
    deployment = await world.deployment()
    assert deployment.outcome is not None
    assert (deployment.outcome.word, deployment.outcome.reason) == ("partial", "two customers were slow")
    assert deployment.status is Status.DONE
    result = await world.command(APPROVER, "/deploy outcome failed after all")
    assert said(world, "said already", "이미 결과를 밝혔습니다") in result.text


async def test_what_was_lost_is_typed_when_it_is_over(world: World) -> None:
    await rolled_back(world)
    for line in ("/deploy loss", "/deploy loss plenty"):
        result = await world.command(DEPLOYER, line)
        assert said(world, "no length of time", "시간 길이가 아닙니다") in result.text
    result = await world.command(STRANGER, "/deploy loss 30s")
    assert said(world, "You may not do this", "권한이 없습니다") in result.text
    result = await world.command(DEPLOYER, "/deploy loss 90s the last minute and a half")
    assert "the last minute and a half" in result.text
    loss = (await world.deployment()).loss
    assert loss is not None
    assert (loss.seconds, loss.note) == (90, "the last minute and a half")
    result = await world.command(DEPLOYER, "/deploy loss 30s", GENERAL)
    assert said(world, "where the deployment lives", "채널") in result.text


@pytest.mark.parametrize(
    ("typed", "seconds", "note"),
    [
        ("1h 30m the last orders", 5_400, "the last orders"), ("5 m", 300, ""), ("1시간 30분 주문", 5_400, "주문"),
        ("90s", 90, ""), ("0s 5 were done again", 0, "5 were done again"), ("5m 2 h ago", 300, "2 h ago"),
    ],
)  # fmt: skip
async def test_a_length_of_several_words_is_taken_whole(
    world: World, typed: str, seconds: int, note: str
) -> None:
    await rolled_back(world)
    await world.command(DEPLOYER, f"/deploy loss {typed}")
    loss = (await world.deployment()).loss
    assert loss is not None
    assert (loss.seconds, loss.note) == (seconds, note)


async def test_a_reason_may_end_in_what_looks_like_an_id(world: World) -> None:
    await to_the_end(world)
    result = await world.command(APPROVER, "/deploy outcome success all good since v2")
    assert "all good since v2" in result.text
    result = await world.command(APPROVER, "/deploy outcome success all good D9")
    assert said(world, "There is no deployment D9", "D9 배포가 없습니다") in result.text


async def test_korean_refusals_take_the_particle_of_the_word(world: World) -> None:
    await begun(world)
    result = await world.command(DEPLOYER, "/deploy record D1 post-mortem")
    assert said(world, "“D1” is none of the papers", "‘D1’이라는 문서는 없습니다") in result.text
    result = await world.command(DEPLOYER, "/deploy record foo")
    assert said(world, "“foo” is none of the papers", "‘foo’라는 문서는 없습니다") in result.text

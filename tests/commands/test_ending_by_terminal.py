"""How it went, what was lost and which risks stand, from the terminal, beside a bot or without one, while Slack is down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from commands_world import DEPLOYER, Captain, World, open_world
from test_ending import ENDS, ROLLOUT, begun, rolled_back, said, to_the_end

from core.state import Status


@pytest.fixture(params=["en", "ko"])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with open_world(tmp_path, language=request.param) as opened:
        opened.plans.found["shop-ends"] = ENDS.replace(ROLLOUT, "")
        opened.plans.found["shop-rolls"] = ENDS.replace("plan: shop-ends", "plan: shop-rolls")
        yield opened


async def test_the_outcome(world: World, captain: Captain) -> None:
    await to_the_end(world)
    status, text = await captain("outcome", "D1", "success")
    assert (status, "--reason" in text) == (2, True)
    status, text = await captain("outcome", "D1", "partial", "--reason", "two were slow")
    assert status == 0, text
    assert said(world, "partial success", "부분 성공") in text
    assert "two were slow" in text
    deployment = await world.deployment()
    assert deployment.outcome is not None
    assert (deployment.status, deployment.outcome.word) == (Status.DONE, "partial")
    assert deployment.outcome.by.startswith("cli:")
    status, text = await captain("outcome", "D1", "failed", "--reason", "after all")
    assert status == 1
    assert said(world, "said already", "이미 결과를 밝혔습니다") in text


async def test_the_loss(world: World, captain: Captain) -> None:
    await rolled_back(world)
    status, text = await captain("loss", "D1", "plenty")
    assert status == 1
    assert said(world, "no length of time", "시간 길이가 아닙니다") in text
    status, text = await captain("loss", "D1", "90s", "--note", "the last orders")
    assert status == 0, text
    assert said(world, "within the RPO: NO", "RPO 이내: 아니요") in text
    loss = (await world.deployment()).loss
    assert loss is not None
    assert (loss.seconds, loss.note) == (90, "the last orders")


async def test_risks(world: World, captain: Captain) -> None:
    await begun(world)
    status, text = await captain("risk", "D1")
    assert (status, text.strip()) == (
        0,
        said(world, "blocker: A blocker is open", "blocker: 미해결 차단 이슈"),
    )
    status, text = await captain("risk", "D1", "weather", "--reason", "it rains")
    assert (status, "weather" in text, "blocker" in text) == (1, True, True)
    status, text = await captain("risk", "D1", "blocker")
    assert status == 1
    assert said(world, "A reason is required", "사유") in text
    status, text = await captain("risk", "D1", "blocker", "--reason", "payments fail")
    assert status == 0, text
    assert [risk.reason for risk in (await world.deployment()).risks] == ["payments fail"]
    result = await world.command(DEPLOYER, "/deploy readiness")
    assert "NO-GO" in result.text
    status, text = await captain("risk", "D1")
    assert "payments fail" in text
    status, text = await captain("risk", "D1", "blocker", "--withdraw", "--reason", "fixed")
    assert status == 0, text
    assert (await world.deployment()).risks == ()

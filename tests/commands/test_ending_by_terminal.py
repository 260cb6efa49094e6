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


async def test_nothing_lost_is_said_as_nothing_and_a_part_of_a_second_is_not_nothing(
    world: World, captain: Captain
) -> None:
    await rolled_back(world)
    _, text = await captain("loss", "D1", "0s")
    assert said(world, "how much data was lost: none (", "잃은 데이터를 밝혔습니다: 없음(") in text
    _, text = await captain("record", "D1")
    assert said(world, "| RPO | 1 min | none | Pass |", "| RPO | 1분 | 없음 | 통과 |") in text
    _, text = await captain("loss", "D1", "0.4s")
    assert said(world, "lost: 1 s (", "밝혔습니다: 1초(") in text


async def test_what_the_canary_was_given_is_not_said_to_be_less_than_it_may_have_been(
    world: World, captain: Captain
) -> None:
    await rolled_back(world)
    _, text = await captain("record", "D1", "--as", "post-mortem")
    assert said(world, "setting the canary's share from 0 % to 5 %", "0 %에서 5 %로") in text
    assert said(world, "at most 5 % of the traffic", "최대 5 %였습니다") in text


async def test_an_id_in_small_letters_is_the_same_deployment(world: World, captain: Captain) -> None:
    await begun(world)
    for line in (
        ("status", "d1"), ("risk", "d1"), ("record", "d1"), ("audit", "show", "d1"), ("audit", "verify", "d1"),
        ("risk", "d1", "blocker", "--reason", "payments fail"),
    ):  # fmt: skip
        status, text = await captain(*line)
        assert status == 0, text
        assert "0 rows" not in text
    status, text = await captain("watch", "d1")
    assert (status, said(world, "no daily rows", "일일 기록이 없어") in text) == (1, True)


async def test_an_id_that_nobody_has_points_to_the_command_line(world: World, captain: Captain) -> None:
    for line in (
        ("status", "D9"), ("outcome", "D9", "success", "--reason", "x"), ("loss", "D9", "0s"), ("risk", "D9"),
        ("watch", "D9"), ("record", "D9"), ("audit", "verify", "D9"),
    ):  # fmt: skip
        status, text = await captain(*line)
        assert (status, text.strip()) == (
            1,
            "captain: There is no deployment D9. `captain status` lists those that run.",
        )


async def test_a_risk_without_its_name_is_asked_for(world: World, captain: Captain) -> None:
    await begun(world)
    for line in (("risk", "D1", "--withdraw"), ("risk", "D1", "--reason", "payments fail")):
        status, text = await captain(*line)
        assert status == 1
        assert said(world, "Say which risk", "어떤 위험인지") in text
        assert "captain risk D1" in text
        assert "blocker" in text


async def test_people_have_their_names(
    world: World, captain: Captain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begun(world)
    await world.command(DEPLOYER, "/deploy risk blocker payments fail")
    team = tmp_path / "team.yml"
    team.write_text(f"format: 1\npeople: {{Mina: {DEPLOYER}}}\n", encoding="utf-8")
    monkeypatch.setenv("CAPTAIN_TEAM", str(team))
    status, text = await captain("risk", "D1")
    assert status == 0
    assert "Mina" in text
    assert DEPLOYER not in text


async def test_a_record_goes_into_a_folder_or_says_why_not(
    world: World, captain: Captain, tmp_path: Path
) -> None:
    await begun(world)
    status, text = await captain("record", "D1", "-o", str(tmp_path))
    assert (status, text.strip()) == (0, str(tmp_path / "D1-record.md"))
    for path in (tmp_path / "D1-record.md", tmp_path / ("a" * 300), tmp_path / "away" / "x.md"):
        status, text = await captain("record", "D1", "-o", str(path))
        assert status == 2
        assert text.startswith(f"captain: {path} ")

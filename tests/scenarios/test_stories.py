"""Stories of a deployment with the whole bot in this process: commands and clicks in, messages and the journal out.

Those in which hours pass under traffic run with the real programs (make test-services), so that make test stays short; what the
rules make of them is in tests/core.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stage import START, Stage, coarse_plans, staged

from core.state import Status
from sandbox.slack import roster

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, **coarse_plans(tmp_path)) as it:
        yield it


async def test_everything_is_recorded_with_who_and_when(stage: Stage) -> None:
    await stage.started()
    deployment = await stage.play_until(T0 + 70 * MINUTE)
    assert deployment.weight == 10
    settled = [item for step in deployment.steps for item in step.items if item.mark == "done"]
    assert len(settled) > 25
    assert all(item.by and item.at for item in settled)
    decisions = [step for step in deployment.steps if step.answer]
    assert [step.id for step in decisions] == ["go-tomorrow", "start-signal", "look-45", "hour-decision"]
    assert all(step.by == roster.LUBIT and step.closed_at for step in decisions)
    rows = await stage.app.queries.journal("D1")
    acts = [row for row in rows if row.kind in ("decided", "item-marked")]
    assert all(row.actor.startswith("U0") for row in acts)
    assert await stage.app.queries.verify("D1") == []


async def test_the_one_who_started_cannot_answer_go(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 - 24 * 60 * MINUTE + 60 * MINUTE, but=("go-tomorrow",))
    said = await stage.command("/gate go", roster.GITCODE)
    assert "GO" in said
    assert "started" in said
    assert (await stage.deployment()).step("go-tomorrow").answer is None  # type: ignore[union-attr]
    await stage.command("/gate go", roster.LUBIT)
    assert (await stage.deployment()).step("go-tomorrow").answer == "go"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "user", "expected"),
    [
        (START, roster.JUN, "Deployer"),
        (START, roster.GUEST, ""),
        ("/deploy start ion-deploymnt-day version=v2.14.0", roster.GITCODE, "ion-deployment-day"),
        ("/deploy start ion-deployment-day", roster.GITCODE, "version"),
        ("/deploy start ion-deployment-day version=latest", roster.GITCODE, "v2.14.0"),
        ("/deploy start ion-deployment-day version=v1.0.0 at=someday", roster.GITCODE, "2025-10-22 14:00"),
        ("/deploy strat ion-deployment-day", roster.GITCODE, "start"),
        ("/gate go", roster.LUBIT, ""),
        ("/rollback broken", roster.GITCODE, ""),
    ],
)
async def test_what_cannot_be_done_is_refused_in_a_sentence(
    stage: Stage, text: str, user: str, expected: str
) -> None:
    channel = roster.GENERAL if user == roster.GUEST else roster.DEPLOYMENT
    said = await stage.command(text, user, channel)
    assert len(said) > 20
    assert expected in said
    assert await stage.app.queries.active() == []


async def test_a_second_deployment_of_the_service_is_refused_by_name(stage: Stage) -> None:
    await stage.started()
    said = await stage.command(START)
    assert "D1" in said
    assert "ion-api" in said
    assert len(await stage.app.queries.active()) == 1


async def test_a_broken_plan_says_every_problem_and_hides_no_other(tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    good = (Path(__file__).parents[2] / "plans" / "ion-deployment-day.yml").read_text(encoding="utf-8")
    (plans / "ion-deployment-day.yml").write_text(good, encoding="utf-8")
    (plans / "broken.yml").write_text(
        good.replace("gate: canary\n", "gate: cannary\n")
        .replace("plan: ion-deployment-day", "plan: broken")
        .replace("every: 5m", "every: soon", 1),
        encoding="utf-8",
    )
    async with staged(tmp_path, CAPTAIN_PLANS=str(plans)) as stage:
        said = await stage.command("/deploy start broken version=v1.0.0")
        assert "cannary" in said
        assert "soon" in said
        assert "line" in said
        assert await stage.app.queries.active() == []
        await stage.started()


async def test_a_late_start_asks_what_became_of_the_moments_that_have_passed(stage: Stage) -> None:
    await stage.started(f"{START} at=+2h")
    deployment = await stage.deployment()
    missed = [step.id for step in deployment.steps if step.status == "missed"]
    assert missed == ["rehearse", "agenda", "go-tomorrow", "prepare"]
    assert not [step.id for step in deployment.steps if step.status == "open"]
    assert any("passed" in text.lower() or "missed" in text.lower() for text in stage.texts())
    for _ in missed:
        assert await stage.answer("missed", by=roster.GITCODE)
    deployment = await stage.deployment()
    assert all(deployment.step(step).status == "skipped" for step in missed)  # type: ignore[union-attr]
    assert deployment.step("stand-by").status != "missed"  # type: ignore[union-attr]


@pytest.mark.services
async def test_a_source_that_is_down_holds_calls_people_and_goes_on_when_it_is_back(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    stage.world.service.faults.set(metrics_down=True)
    deployment = await stage.until(T0 + 52 * MINUTE)
    assert deployment.status is Status.HELD
    assert deployment.hold is not None
    assert deployment.hold.key == "no-data"
    assert deployment.weight == 5
    assert any("called" in text for text in stage.texts())
    stage.world.service.faults.clear()
    deployment = await stage.until(T0 + 62 * MINUTE)
    assert deployment.status is Status.RUNNING
    assert deployment.weight == 5


@pytest.mark.services
async def test_a_call_climbs_the_tiers_until_somebody_answers(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    stage.world.service.faults.set(metrics_down=True)
    held = await stage.until(T0 + 48 * MINUTE)
    page = held.pages[-1]
    assert page.tier == 1
    assert page.accepted_at is not None
    assert (await stage.until(page.accepted_at + 5 * MINUTE)).pages[-1].tier == 2
    assert (await stage.until(page.accepted_at + 29 * MINUTE)).pages[-1].tier == 2
    assert (await stage.until(page.accepted_at + 30 * MINUTE)).pages[-1].tier == 3
    assert await stage.answer("page", by=roster.MINA)
    after = await stage.until(page.accepted_at + 40 * MINUTE)
    assert after.pages[-1].acked_by == roster.MINA
    assert not after.pages[-1].exhausted


@pytest.mark.services
async def test_nobody_answers_and_everybody_hears_of_it(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    stage.world.service.faults.set(metrics_down=True)
    held = await stage.until(T0 + 50 * MINUTE)
    accepted = held.pages[-1].accepted_at
    assert accepted is not None
    after = await stage.until(accepted + 61 * MINUTE)
    assert after.pages[-1].exhausted
    assert any("<!here>" in str(message) for message in stage.channel(channel=roster.ALERTS))


async def test_a_person_rolls_back_with_a_reason_and_it_is_proved(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    assert stage.world.service.config.weight == 5
    await stage.command("/rollback the checkout page is blank", roster.OPS)
    deployment = await stage.until(T0 + 45 * MINUTE)
    assert deployment.status is Status.ROLLED_BACK
    assert deployment.verdict == "ROLLBACK"
    assert stage.world.service.config.weight == 0
    assert any("checkout page is blank" in text for text in stage.thread() + stage.texts())
    said = await stage.command(START)
    assert "rolled back" in said.lower() or "rollback" in said.lower()
    await stage.command("/deploy unlock ion-api the page was fixed in v2.14.1")
    await stage.command("/deploy start ion-deployment-day version=v2.14.1")
    assert [d.inputs["version"] for d in await stage.app.queries.active()] == ["v2.14.1"]


@pytest.mark.services
async def test_pause_stops_the_bake_and_abort_is_refused_under_traffic(stage: Stage) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    await stage.command("/deploy pause lunch")
    before = (await stage.deployment()).step("fifteen-together")
    after = (await stage.pass_time(30 * MINUTE)).step("fifteen-together")
    assert before is not None
    assert after is not None
    assert after.status == "open"
    assert after.baked == before.baked
    assert "5 %" in await stage.command("/deploy abort enough")
    await stage.command("/deploy resume")
    assert (await stage.deployment()).status is Status.RUNNING


async def test_korean_is_spoken_throughout(tmp_path: Path) -> None:
    async with staged(tmp_path, language="ko", **coarse_plans(tmp_path)) as stage:
        await stage.started()
        await stage.play_until(T0 + 32 * MINUTE)
        texts = [text for text in stage.texts() + stage.thread() if text]
        assert len(texts) > 30
        assert all(any("가" <= letter <= "힣" for letter in text) for text in texts)

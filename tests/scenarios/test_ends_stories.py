"""The ends of a deployment with the whole bot in this process: mails that arrive, a status page, a ticket, a stretch of time that is
judged by the looks the bot has made itself, and a call that reaches people by e-mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ends_world import with_ends
from stage import Stage, staged

from core.objectives import objectives
from core.state import Status
from sandbox.outside import Outside
from sandbox.slack import roster

pytestmark = pytest.mark.services  # whole bots: with the real programs, so that `make test` stays short

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
FIRST = "    who: [deployer, operations]\n    within: 5m\n"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    both = Outside()
    await both.start()
    yield both
    await both.stop()


@pytest.fixture(params=["en"])
async def stage(tmp_path: Path, outside: Outside, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    changes = (
        ("host: 127.0.0.1, port: 1025", 'host: "${SMTP_HOST}", port: "${SMTP_PORT}"'),
        ("tls: none}}", 'tls: "${SMTP_TLS}", user: "${SMTP_USER}", password: "${SMTP_PASSWORD}"}}'),
        ('"http://127.0.0.1:1"', '"${STATUS_URL}", auth: {bearer: "${STATUS_TOKEN}"}'),
        ("executives: executives}", "executives: deployment-alerts}"),
        (FIRST, f"{FIRST}    also: [support]\n"),
    )
    plans = tmp_path / "plans"
    plans.mkdir()
    (plans / "ion-deployment-day.yml").write_text(with_ends(*changes).text, encoding="utf-8")
    more = {"CAPTAIN_PLANS": str(plans), "language": request.param, **outside.environment()}
    async with staged(tmp_path, **more) as it:
        yield it


def said(stage: Stage, en: str, ko: str) -> str:
    return ko if stage.world.wishes.language == "ko" else en


async def test_from_the_board_to_the_outcome(stage: Stage, outside: Outside) -> None:
    await stage.started()
    assert "NO-GO" in await stage.command("/deploy readiness")
    deployment = await stage.play_until(T0 + 27 * HOUR, but=("went",))
    assert (deployment.status, deployment.verdict) == (Status.RUNNING, "GO")
    serious = next(one for one in deployment.criteria if one[0] == "serious/0")
    assert serious[1] is True, "the looks of the last hour were kept, and are enough"
    mail = next(one for one in outside.mail.kept if "new version" in one.text or "새 버전" in one.text)
    assert mail.to == ("support@shop.example",)
    assert mail.user == "captain"
    assert said(stage, "Everybody knows", "모두에게 알림") in str(mail.message["Subject"])
    incident = next(one for one in outside.receiver.received if one.path == "/incidents")
    assert incident.body["version"] == "v2.14.0"
    assert (
        said(stage, "ion-api has a new version.", "ion-api 새 버전이 나왔습니다.") in incident.body["message"]
    )
    assert incident.authorization == "Bearer sandbox-status-token"
    assert any(said(stage, "Support has been told", "고객지원에") in text for text in stage.thread())
    assert await stage.answer("went", by=roster.LUBIT)
    deployment = await stage.deployment()
    assert deployment.status is Status.DONE
    assert deployment.outcome is not None
    assert deployment.outcome.word == "success"


@pytest.mark.parametrize("stage", ["en", "ko"], indirect=True)
async def test_a_rollback_calls_by_mail_and_opens_a_ticket(stage: Stage, outside: Outside) -> None:
    await stage.started()
    await stage.play_until(T0 + 32 * MINUTE)
    await stage.command("/rollback the checkout page is blank", roster.OPS)
    deployment = await stage.until(T0 + 50 * MINUTE)
    assert deployment.status is Status.ROLLED_BACK
    call = next(
        one for one in outside.mail.kept if said(stage, "is called", "호출") in str(one.message["Subject"])
    )
    assert said(stage, "A rollback is under way", "롤백하고 있습니다") in call.text
    assert "<@" not in call.text
    assert "&lt;" not in call.text
    rto, rpo = objectives(deployment)
    assert rto.met is True
    assert rpo.met is None
    step = deployment.step("rollback")
    ticket = step.item("post-mortem") if step is not None else None
    assert ticket is not None
    assert ticket.note == "https://status.example/tickets/1"


async def test_who_cannot_be_reached_holds_up_nothing(stage: Stage, outside: Outside) -> None:
    outside.mail.will("MAIL", *["550 5.7.1 not from you"] * 9)
    outside.receiver.statuses = [404]
    await stage.started()
    deployment = await stage.play_until(T0 + 27 * HOUR, but=("went",))
    assert deployment.verdict == "GO"
    thread = "\n".join(stage.thread())
    assert said(stage, "Support could NOT be told", "고객지원에") in thread
    assert "550 5.7.1 not from you" in thread
    assert "404" in thread

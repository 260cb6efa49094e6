"""`/deploy timeline` and `/deploy reschedule` as they are typed and clicked; the calendar file, parsed back by its library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import factories
import pytest
from commands_world import ALERTS, APPROVER, CHANNEL, DEPLOYER, SECOND, World, open_world
from icalendar import Calendar

from commands.calendar_file import Origin, calendar_file
from commands.scheduling import origin_of
from commands.telling import Voice
from commands.timetable import Timetable
from core import timeline
from core.inputs import Rescheduled
from core.plan.moments import Resolved
from core.plan.runbook import read_runbook

ION = (Path(__file__).parents[2] / "plans" / "ion-deployment-day.yml").read_text(encoding="utf-8")
EARLY = factories.PLAN.replace("  - id: before\n", "  - id: before\n    at: T-3h\n").replace(
    "      - signoff: {id: signed,", "      - signoff: {at: T-30m, id: signed,"
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


# ----------------------------------------------------------------------------------------------------------- timeline


async def test_the_timeline_of_a_deployment_has_slacks_own_times(world: World) -> None:
    await world.start()
    text = (await world.command(DEPLOYER, "/deploy timeline")).text
    assert text.startswith("*Timeline of shop v7 → production, T0 <!date^1761141600^{time}|14:00 UTC>*")
    assert "Ready (checklist). Needed: Deployer (<@" in text
    assert "decision “Begin”: to be answered by <!date^1761142500^{time}|14:15 UTC>, else HOLD counts" in text
    assert "• about <!date^1761142500^{time}|14:15 UTC>  Five percent (traffic)" in text


async def test_the_timeline_of_a_plan_needs_no_deployment(world: World) -> None:
    world.plans.found["ion-deployment-day"] = ION
    text = (
        await world.command(DEPLOYER, "/deploy timeline ion-deployment-day at=2025-10-30T14:00Z", ALERTS)
    ).text
    await world.answers.finish()
    whole = "\n".join([text, *world.whispers(DEPLOYER, ALERTS)])
    assert "Timeline of ion-api, deployment day, T0 <!date^1761832800^" in whole
    assert "Phase “Rehearsal”" in text
    assert "final verdict" in whole, "a long one comes in several messages"
    assert all(len(page) < 4_000 for page in (text, *world.whispers(DEPLOYER, ALERTS)))


async def test_a_name_that_is_none_is_answered_with_the_nearest(world: World) -> None:
    text = (await world.command(DEPLOYER, "/deploy timeline shop-canery")).text
    assert "no deployment and no plan “shop-canery”. Did you mean “shop-canary”?" in text


async def test_a_calendar_file_that_cannot_be_put_anywhere_is_said(world: World) -> None:
    await world.start()
    text = (await world.command(DEPLOYER, "/deploy timeline --ics")).text
    assert "The calendar file is put into the thread of D1" in text
    await world.answers.finish()
    assert "cannot be put into the thread" in world.whispers(DEPLOYER)[-1]
    text = (await world.command(DEPLOYER, "/deploy timeline shop-canary --ics")).text
    assert "captain plan timeline PLAN --ics FILE" in text


# ---------------------------------------------------------------------------------------------------------- reschedule


async def test_t0_is_moved_and_the_answer_says_so(world: World) -> None:
    await world.start()
    line = "/deploy reschedule D1 at=2025-10-23T14:00Z reason=the database is late"
    text = (await world.command(DEPLOYER, line)).text
    assert "moved T0 from <!date^1761141600^" in text
    assert "to <!date^1761228000^" in text
    assert "Reason: the database is late." in text
    deployment = await world.deployment()
    assert deployment.t0 == factories.T0 + timedelta(days=1)
    assert deployment.moves[0].reason == "the database is late"


async def test_the_clock_time_behind_a_day_belongs_to_it_and_the_id_may_stand_last(world: World) -> None:
    await world.start()
    await world.command(DEPLOYER, '/deploy reschedule at=tomorrow 15:30 reason="a meeting" D1')
    deployment = await world.deployment()
    assert (deployment.t0, deployment.moves[0].reason) == (
        factories.T0 + timedelta(days=1, minutes=90),
        "a meeting",
    )


@pytest.mark.parametrize(
    ("user", "line", "told"),
    [
        (APPROVER, "at=2025-10-23T14:00Z reason=x", "takes one of these roles: Deployer"),
        (DEPLOYER, "at=2025-10-23T14:00Z", "A reason is required (move T0)"),
        (DEPLOYER, "reason=x", "Say to when: `/deploy reschedule D1 at="),
        (DEPLOYER, "at=someday reason=x", "The start cannot be read"),
        (DEPLOYER, "at=2025-10-22T14:00Z reason=x", "so there is nothing to move"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_moves(world: World, user: str, line: str, told: str) -> None:
    await world.start()
    text = (await world.command(user, f"/deploy reschedule D1 {line}")).text
    assert told in text
    assert (await world.deployment()).moves == ()


async def test_with_traffic_t0_stays(world: World) -> None:
    await world.to_the_canary()
    text = (await world.command(DEPLOYER, "/deploy reschedule at=2025-10-23T14:00Z reason=x")).text
    assert "T0 cannot be moved any more" in text
    assert "5 % of the traffic" in text


async def test_missed_moments_are_shown_before_and_a_window_moves_t0(world: World) -> None:
    world.plans.found["early"] = EARLY
    await world.start("/deploy start early version=v7 at=2025-10-22T20:00Z")
    result = await world.command(DEPLOYER, "/deploy reschedule at=2025-10-22T13:10Z reason=we hurry")
    assert "moments of the plan would already be over and count as missed: 1" in result.text
    assert (await world.deployment()).moves == ()
    ts = next(m["ts"] for m in reversed(world.slack.people.screen(DEPLOYER, CHANNEL)) if m.get("ephemeral"))
    await world.click(DEPLOYER, ts, "reschedule.start")
    assert "• Ready" in world.window(DEPLOYER)
    field = next(b for b in world.slack.people.views(DEPLOYER)[-1]["blocks"] if b["type"] == "input")
    assert field["element"]["initial_value"] == "we hurry"
    await world.submit(DEPLOYER, reason="we hurry")
    deployment = await world.deployment()
    assert deployment.t0 == datetime(2025, 10, 22, 13, 10, tzinfo=UTC)
    assert [step.id for step in deployment.steps if step.status == "missed"] == ["ready"]


async def test_a_window_that_has_seen_another_t0_moves_nothing(world: World) -> None:
    world.plans.found["early"] = EARLY
    await world.start("/deploy start early version=v7 at=2025-10-22T20:00Z")
    await world.command(DEPLOYER, "/deploy reschedule at=2025-10-22T13:10Z reason=we hurry")
    ts = next(m["ts"] for m in reversed(world.slack.people.screen(DEPLOYER, CHANNEL)) if m.get("ephemeral"))
    await world.click(DEPLOYER, ts, "reschedule.start")
    first = datetime(2025, 10, 23, 9, tzinfo=UTC)
    await world.apply(Rescheduled(DEPLOYER, first, (await world.deployment()).t0, "a colleague was faster"))
    await world.submit(DEPLOYER, reason="we hurry")
    assert "T0 has been moved meanwhile" in world.window(DEPLOYER)
    assert (await world.deployment()).t0 == first


async def test_a_stranger_is_told_before_the_window_opens(world: World) -> None:
    world.plans.found["early"] = EARLY
    await world.start("/deploy start early version=v7 at=2025-10-22T20:00Z")
    text = (await world.command(SECOND, "/deploy reschedule at=2025-10-22T13:10Z reason=x")).text
    assert "takes one of these roles" in text


# ------------------------------------------------------------------------------------------------------- calendar file


def entries(content: bytes) -> dict[str, object]:
    calendar = Calendar.from_ical(content)
    assert calendar.errors == []
    return {str(event["uid"]): event for event in calendar.walk("VEVENT")}


def table(language: str = "en") -> Timetable:
    return Timetable(Voice(language, plain=True, runbook=read_runbook(ION)))


def of_ion(t0: datetime, sequence: int = 0, language: str = "en") -> bytes:
    points = timeline.of_plan(read_runbook(ION), Resolved(t0))
    return calendar_file(points, table(language), Origin("D12", "배포, day; one", factories.START, sequence))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_library_reads_back_what_was_written(language: str) -> None:
    content = of_ion(factories.T0, language=language)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    found = entries(content)
    decision = found["D12/hour-decision/decision@deploy-captain"]
    assert decision["dtstart"].dt == factories.T0 + timedelta(minutes=60)  # type: ignore[index]
    assert decision["dtend"].dt == factories.T0 + timedelta(minutes=75)  # type: ignore[index]
    assert str(decision["summary"]).startswith("배포, day; one: ")  # type: ignore[index]
    alarm = decision.walk("VALARM")[0]  # type: ignore[attr-defined]
    assert alarm["trigger"].dt == -timedelta(minutes=15)
    quiet = found["D12/rehearse/step@deploy-captain"]
    assert quiet.walk("VALARM") == []  # type: ignore[attr-defined]
    assert not any("canary-5" in uid for uid in found), "what only the bot does fills no calendar"


def test_a_second_import_moves_what_has_moved() -> None:
    first, second = entries(of_ion(factories.T0)), entries(of_ion(factories.T0 + timedelta(days=5), 1))
    assert set(first) == set(second)
    for uid, event in second.items():
        assert event["sequence"] == 1  # type: ignore[index]
        assert event["dtstart"].dt - first[uid]["dtstart"].dt == timedelta(days=5)  # type: ignore[index]


async def test_the_sequence_of_a_deployment_grows_with_every_move(world: World) -> None:
    await world.start()
    before = origin_of(await world.deployment(), "shop", world.clock())
    await world.command(DEPLOYER, "/deploy reschedule at=2025-10-23T14:00Z reason=x")
    after = origin_of(await world.deployment(), "shop", world.clock())
    assert (before.sequence, after.sequence) == (0, 1)
    assert before.prefix == after.prefix == "D1-20251022T130000Z"


# -------------------------------------------------------------------------------------------------------------- reload


async def test_the_plans_are_read_anew_and_whoever_asked_is_told_what_has_changed(world: World) -> None:
    world.plans.found |= {
        "shop-canary": factories.PLAN.replace("for: 30m", "for: 10m").replace("example: v7", "example: v8"),
        "early": EARLY,
        "odd": factories.PLAN.replace("service: shop", "servise: shop"),
    }
    text = (await world.command(DEPLOYER, "/deploy reload")).text
    assert "The plans have been read anew: 3." in text
    assert "`shop-canary` has changed. Changes: 2 (1 riskier, 0 safer, 1 other)." in text
    assert "◦ The time under traffic in 'bake' went from 30m to 10m." in text
    assert "`early` is new" in text
    assert text.index("`odd` is broken and cannot be started. Problems: 2") < text.index("`shop-canary`")
    assert "Did you mean 'service'?" in text
    world.plans.found["odd"] = factories.PLAN
    del world.plans.found["early"]
    text = (await world.command(DEPLOYER, "/deploy 새로고침")).text
    assert "`odd` can be started again" in text
    assert "`early` is gone" in text
    assert "Unchanged: shop-canary." in text


async def test_only_who_may_start_some_plan_may_have_them_read(world: World) -> None:
    text = (await world.command(APPROVER, "/deploy reload")).text
    assert "You may not do this (have the plans read anew)" in text
    assert f"Held by: <@{DEPLOYER}>" in text


async def test_a_start_says_when_the_plan_has_changed_since_the_last_time(world: World) -> None:
    await world.start()
    await world.command(DEPLOYER, "/deploy abort enough")
    world.clock.advance(timedelta(minutes=1))
    await world.start()
    await world.answers.finish()
    assert not any("has changed since" in text for text in world.whispers(DEPLOYER))
    await world.command(DEPLOYER, "/deploy abort enough")
    world.clock.advance(timedelta(minutes=1))
    world.plans.found["shop-canary"] = factories.PLAN.replace("for: 30m", "for: 10m")
    await world.start()
    await world.answers.finish()
    assert "The plan has changed since D2. Changes: 1 (1 riskier, 0 safer, 0 other)." in world.whispers(
        DEPLOYER
    )

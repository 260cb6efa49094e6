"""Rotas: who holds a role depends on the day, days without anybody are said before they come, and one may be filled."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure_world import APPROVER, DEPLOYER, PEOPLE, PureWorld, ion_but

from core.inputs import Assigned, Paused, Started, Tick
from core.machine import decide, wake_at
from core.rota import DAY, Shift, on, put, shown, without
from core.rules import duty, escalation
from core.start import new_deployment

SEOUL = (
    ("timezone: UTC", "timezone: Asia/Seoul"),
    ("  engineering-lead:\n    title: {en: \"Engineering lead\", ko: \"엔지니어링 리드\"}\n", "  on-call:\n    title: On call\n    rota: true\n  engineering-lead:\n    title: {en: \"Engineering lead\", ko: \"엔지니어링 리드\"}\n"),
    ("    who: [deployer, operations]\n", "    who: [on-call]\n"),
    ("starters: [deployer,", "starters: [on-call, deployer,"),
    ("          until: D+1 16:00\n", "          until: D+6 16:00\n"),
    ("    at: D+1 16:00\n", "    at: D+6 16:00\n"),
)  # fmt: skip
T0 = datetime(2025, 10, 22, 5, 0, tzinfo=UTC)  # 14:00 in Seoul
JUN, MIN = "U0JUN0000", "U0MIN0000"
ROTA = (
    ("on-call", (
        Shift(date(2025, 10, 22), date(2025, 10, 22), (JUN,)),
        Shift(date(2025, 10, 23), date(2025, 10, 23), (MIN,)),
        Shift(date(2025, 10, 25), date(2025, 10, 26), (JUN,)),
    )),
)  # fmt: skip


def begun(
    *, at: datetime = T0 - timedelta(minutes=20), rota: object = ROTA, deputies: object = ()
) -> PureWorld:
    fresh = new_deployment(
        id="D1", runbook=ion_but(*SEOUL), inputs={"version": "v2.14.0"}, t0=T0, language="en"
    )
    world = PureWorld(fresh, at)
    people = (*PEOPLE, ("on-call", dict(deputies).get("on-call", ())))  # type: ignore[call-overload]
    world.apply(Started(DEPLOYER, people, rota, deputies))  # type: ignore[arg-type]
    world.drain()
    return world


def seoul(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2025, 10, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


def test_who_holds_a_role_changes_at_midnight_of_the_plans_zone_and_the_journal_says_so() -> None:
    world = begun()
    assert world.deployment.holders("on-call") == (JUN,)
    world.run(seoul(22, 23, 59))
    assert world.deployment.holders("on-call") == (JUN,)
    assert not world.told().count("duty-changed")
    world.run(seoul(23))
    assert world.deployment.holders("on-call") == (MIN,)
    assert (world.words("duty-changed")["people"], world.words("duty-changed")["day"]) == (MIN, "10-23")


def test_who_may_act_is_whoever_is_on_duty_at_that_moment_even_before_a_beat() -> None:
    world = begun()
    world.move(seoul(23, 0, 1))
    assert world.refused(Paused(JUN, "yesterday's")) == "not-allowed"
    world.do(Paused(MIN, "today's"))


def test_a_call_reaches_whoever_is_on_duty_and_passes_a_day_without_anybody() -> None:
    world = begun()
    for day, called in ((22, (JUN,)), (23, (MIN,)), (24, (APPROVER,))):
        world.run(seoul(day, 12))
        opened = escalation.call(world.deployment, f"t{day}", "no-data", (), world.now)
        assert opened.deployment.pages[-1].called == called


def test_gaps_are_said_at_the_start_and_a_day_before_each() -> None:
    world = begun()
    assert world.words("duty-gaps") == {"role": "on-call", "days": "10-24, 10-27, 10-28"}
    assert not world.posted("gap")
    world.run(seoul(22, 23, 59))
    assert not world.posted("gap")
    world.run(seoul(23))
    assert [post.subject for post in world.posted("gap")] == ["on-call:2025-10-24:2025-10-24"]
    world.run(seoul(25, 23, 59))
    assert len(world.posted("gap")) == 1
    world.run(seoul(26))
    assert world.posted("gap")[-1].subject == "on-call:2025-10-27:2025-10-28"


def test_assigning_days_fills_a_gap_and_leaves_the_rest_of_the_rota() -> None:
    world = begun()
    world.run(seoul(23))
    world.do(Assigned(DEPLOYER, "on-call", (APPROVER,), date(2025, 10, 24), date(2025, 10, 24)))
    assert any(update.view == "gap" for update in world.updates), "the warning is drawn again"
    assert [day.day for day in duty.uncovered(world.deployment, "on-call")] == [27, 28]
    assert world.deployment.holders("on-call") == (MIN,)
    world.run(seoul(24))
    assert world.deployment.holders("on-call") == (APPROVER,)
    world.run(seoul(25))
    assert world.deployment.holders("on-call") == (JUN,)


def test_assigning_without_days_holds_from_now_on_whatever_the_rota_says() -> None:
    world = begun()
    world.run(seoul(23, 9))
    world.do(Assigned(DEPLOYER, "on-call", (APPROVER,)))
    for day in (23, 24, 25, 28):
        world.run(seoul(day, 12))
        assert world.deployment.holders("on-call") == (APPROVER,)
    assert duty.gaps(world.deployment) == ()


@pytest.mark.parametrize(
    ("since", "until", "key"),
    [
        (date(2025, 10, 25), date(2025, 10, 24), "duty-backwards"),
        (date(2025, 10, 1), date(2025, 10, 2), "duty-past"),
    ],
)
def test_days_that_cannot_be_assigned_are_refused(since: date, until: date, key: str) -> None:
    assert begun().refused(Assigned(DEPLOYER, "on-call", (JUN,), since, until)) == key


def test_deputies_step_in_on_a_day_without_anybody_but_it_is_still_a_gap() -> None:
    world = begun(deputies=(("on-call", (APPROVER,)),))
    assert world.deployment.holders("on-call") == (JUN, APPROVER)
    assert world.words("duty-gaps")["days"] == "10-24, 10-27, 10-28"
    world.run(seoul(24))
    assert world.deployment.holders("on-call") == (APPROVER,)


def test_a_plan_that_wants_somebody_each_day_and_has_no_rota_says_so() -> None:
    world = begun(rota=())
    assert str(world.words("duty-gaps")["days"]).startswith("10-22, 10-23, 10-24")
    assert [post.subject for post in world.posted("gap")] == ["on-call:2025-10-22:2025-10-28"]


def test_a_deployment_without_a_rota_never_wakes_for_one() -> None:
    fresh = new_deployment(id="D1", runbook=ion_but(), inputs={"version": "v2.14.0"}, t0=T0, language="en")
    decision = decide(fresh, Started(DEPLOYER, PEOPLE), T0 - timedelta(days=1))
    assert duty.next_moment(decision.deployment) is None
    assert decide(decision.deployment, Tick(), T0 - timedelta(hours=20)).deployment.rota_day is None


def test_it_wakes_at_the_midnight_that_matters() -> None:
    world = begun()
    moment = duty.next_moment(world.deployment)
    assert moment == seoul(23)
    assert wake_at(world.deployment) is not None


days = st.integers(0, 60).map(lambda n: date(2025, 10, 1) + n * DAY)
shifts = st.lists(st.tuples(days, st.integers(0, 5), st.sampled_from("ABC")), max_size=6)


@given(shifts, st.tuples(days, st.integers(0, 9)), days)
def test_a_shift_that_is_put_in_holds_its_days_and_no_others(
    given_: list[tuple[date, int, str]], new: tuple[date, int], day: date
) -> None:
    known: tuple[Shift, ...] = ()
    for since, length, who in given_:
        known = put(known, Shift(since, since + length * DAY, (who,)))
    since, until = new[0], new[0] + new[1] * DAY
    after = put(known, Shift(since, until, ("N",)))
    assert on(after, day) == (("N",) if since <= day <= until else on(known, day))
    assert all(one.until < two.since for one, two in pairwise(after))
    assert on(without(known, since, until), day) == (None if since <= day <= until else on(known, day))


def test_days_are_shown_as_people_write_them() -> None:
    assert shown((date(2025, 10, 4), date(2025, 10, 27))) == "10-04, 10-27"
    assert shown((date(2025, 12, 31), date(2026, 1, 1))) == "2025-12-31, 2026-01-01"

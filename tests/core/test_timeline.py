"""When everything of a plan is: the order, the estimates, what really happened, and the clocks that jump."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import factories
import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from pure_world import DEPLOYER, T0, at, begin, clock, ion

from core import timeline
from core.inputs import MissedSettled, RollbackAsked
from core.plan.models import Checklist
from core.plan.moments import Resolved, read_start
from core.plan.runbook import Runbook, read_runbook
from core.timeline import Point, key_of


def of_plan(runbook: Runbook, t0: datetime = T0) -> tuple[Point, ...]:
    return timeline.of_plan(runbook, Resolved(t0))


def one(points: tuple[Point, ...], step: str, what: str = "step") -> Point:
    found = [point for point in points if point.step == step and point.what == what]
    assert len(found) == 1, (step, what, found)
    return found[0]


def test_the_day_of_the_shipped_plan_is_as_its_runbook_has_it() -> None:
    points = of_plan(ion())
    shown = {
        point.step: (f"{point.at:%d %H:%M}", point.about)
        for point in points
        if point.what == "step" and point.at
    }
    assert shown["rehearse"] == ("21 14:00", False)
    assert shown["canary-5"] == ("22 14:05", True), (
        "there has to be time for the first metrics at a quarter past"
    )
    assert shown["first-metrics"] == ("22 14:15", False)
    assert shown["to-the-hour"] == ("22 14:45", True)
    assert shown["canary-10"] == ("22 15:05", False)
    assert shown["fifty"] == ("22 16:07", True)
    decision = one(points, "fifty-decision", "decision")
    assert (decision.at, decision.until, decision.default) == (clock("16:22"), clock("16:37"), "hold")
    assert decision.roles == ("final-approver", "deployer", "operations")
    ends = [point for point in points if point.what in ("review", "watch-end")]
    assert [(point.what, f"{point.at:%d %H:%M}") for point in ends if point.at] == [
        ("review", "23 08:00"), ("review", "23 16:00"), ("watch-end", "23 16:00"),
    ]  # fmt: skip


def test_every_step_and_every_due_item_is_there_once() -> None:
    points = of_plan(ion())
    steps = [point.step for point in points if point.what in ("step", "decision", "verdict", "report")]
    assert sorted(steps) == sorted(placed.body.id for placed in ion().route)
    due = [item for point in points if point.what == "due" for item in point.items]
    bodies = [placed.body for placed in ion().route]
    lists = [body for body in bodies if isinstance(body, Checklist)]
    items = [item.id for body in lists for item in body.items if item.due or body.due]
    assert sorted(due) == sorted(items)
    keys = [key_of(point) for point in points]
    assert len(set(keys)) == len(keys), "a calendar would take two moments for one"


def test_what_has_no_time_stands_at_the_start_and_says_so() -> None:
    points = of_plan(factories.runbook())
    assert one(points, "ready").at is None
    assert [point.step for point in points if point.when is None] == ["", "ready", "signed"]
    first = one(points, "first")
    assert (first.at, first.about) == (factories.T0 + timedelta(minutes=15), True)
    assert one(points, "bake").until == factories.T0 + timedelta(minutes=45)


@cache
def _ion_in(zone: str) -> Runbook:
    return read_runbook(ion().text.replace("timezone: UTC", f"timezone: {zone}"))


@settings(max_examples=draws(60), deadline=None)
@given(
    offset=st.integers(-60 * 24 * 200, 60 * 24 * 200),
    zone=st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_time_never_runs_backwards(offset: int, zone: str) -> None:
    points = of_plan(_ion_in(zone), T0 + timedelta(minutes=offset))
    times = [point.when for point in points if point.when is not None]
    assert times == sorted(times)
    assert all(point.until is None or point.at is None or point.until >= point.at for point in points)


# ------------------------------------------------------------------------------------------------- clocks that jump

NIGHT = """\
      - checklist:
          id: night
          title: Night
          at: D+1 02:30
          items: [{id: seen, title: Seen, role: deployer, due: D+1 02:45}]
      - verdict:
          id: end"""


def night(zone: str, written: str = "02:30") -> Runbook:
    text = factories.PLAN.replace("      - verdict:\n          id: end", NIGHT.replace("02:30", written))
    return read_runbook(text.replace('t0: "14:00"', f't0: "14:00"\ntimezone: {zone}'))


@pytest.mark.parametrize(
    ("zone", "day", "written", "note", "local"),
    [
        ("Europe/Berlin", (2026, 3, 28), "02:30", "skipped", "03:30"),
        ("Europe/Berlin", (2026, 10, 24), "02:30", "twice", "02:30"),
        ("America/New_York", (2026, 3, 7), "02:30", "skipped", "03:30"),
        ("America/New_York", (2026, 10, 31), "01:30", "twice", "01:30"),
        ("Asia/Seoul", (2026, 3, 28), "02:30", "", "02:30"),
    ],
)
def test_local_times_that_jump_follow_the_rule_and_say_so(
    zone: str, day: tuple[int, int, int], written: str, note: str, local: str
) -> None:
    there = ZoneInfo(zone)
    points = of_plan(night(zone, written), datetime(*day, 14, 0, tzinfo=there))
    point = one(points, "night")
    assert point.note == note
    assert point.at is not None
    assert f"{point.at.astimezone(there):%H:%M}" == local
    assert point.written == f"D+1 {written}"


def test_a_start_in_a_gap_keeps_its_note() -> None:
    berlin, now = ZoneInfo("Europe/Berlin"), datetime(2026, 3, 1, tzinfo=UTC)
    start = read_start("2026-03-29T02:30", None, berlin, now)
    assert (start.at, start.note) == (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "skipped")
    twice = read_start("2026-10-25 02:30", None, berlin, now)
    assert (twice.at, twice.note) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "twice")
    points = timeline.of_plan(night("Europe/Berlin"), start)
    assert next(point for point in points if point.what == "t0").note == "skipped"


# ------------------------------------------------------------------------------------------------ what really happened


def test_a_deployment_shows_what_was_and_what_lies_ahead() -> None:
    world = at("14:44")
    points = timeline.of_deployment(world.deployment, world.now)
    assert one(points, "rehearse").state == "skipped", "it was settled as done elsewhere"
    assert one(points, "start-signal", "decision").state == "done"
    traffic = one(points, "canary-5")
    assert (traffic.state, traffic.happened) == ("done", world.step("canary-5").opened_at)
    assert one(points, "fifteen-together").state == "now"
    assert one(points, "canary-10").state == "ahead"
    assert one(points, "canary-10").at == clock("15:05")
    assert next(point for point in points if point.what == "t0").state == "done"


def test_missed_moments_are_named() -> None:
    world = begin(at=clock("12:00"))
    points = timeline.of_deployment(world.deployment, world.now)
    missed = {point.step for point in points if point.state == "missed" and point.what != "due"}
    assert missed - {""} == {"rehearse", "agenda", "go-tomorrow", "prepare"}
    world.do(MissedSettled(DEPLOYER, "rehearse", "done", "yesterday"))
    points = timeline.of_deployment(world.deployment, world.now)
    assert one(points, "rehearse").state == "skipped"


def test_who_is_late_makes_the_rest_late_and_bakes_push_what_stands_behind() -> None:
    world = at("14:44")
    world.run(clock("15:40"))  # nobody answers
    points = timeline.of_deployment(world.deployment, world.now)
    assert one(points, "canary-10").state == "late"
    ahead = [point.at for point in points if point.state == "ahead" and point.what == "step" and point.at]
    assert all(moment >= world.now for moment in ahead)


def test_after_the_end_nothing_lies_ahead() -> None:
    world = at("14:44")
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.run(clock("14:50"))
    points = timeline.of_deployment(world.deployment, world.now)
    left = {point.what for point in points if point.state in ("ahead", "late")}
    assert left == set()


# ------------------------------------------------------------------------------------------------------ wider words

WIDER = """\
  - id: week
    title: The week
    steps:
      - meeting: {id: talk, title: We meet, at: T+2h, roles: [approver, deployer]}
      - watch:
          id: on-watch
          title: On watch
          until: D+3 16:00
          gate: canary
          reviews: ["09:00"]
          rows: {at: ["16:00"], metrics: [errors], items: [{id: seen, title: Seen, role: deployer}], role: deployer, due: 1h}
      - verdict:
          id: end"""


def test_a_watch_with_rows_is_one_watch_with_its_rows() -> None:
    text = factories.PLAN.replace("      - verdict:\n          id: end", WIDER)
    points = of_plan(read_runbook(text))
    assert one(points, "talk").kind == "meeting"
    watch = [(point.what, f"{point.at:%d %H:%M}") for point in points if point.kind == "watch" and point.at]
    assert watch == [
        ("step", "22 16:00"), ("review", "23 09:00"), ("review", "24 09:00"), ("review", "25 09:00"), ("watch-end", "25 16:00"),
    ]  # fmt: skip
    due = [
        (f"{point.at:%d %H:%M}", point.items, point.roles)
        for point in points
        if point.what == "due" and point.at
    ]
    assert due == [(f"{day} 17:00", ("errors", "seen"), ("deployer",)) for day in (23, 24, 25)]

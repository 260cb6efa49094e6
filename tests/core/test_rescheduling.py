"""T0 is moved: what has happened stays, what lies ahead moves, and what the new T0 leaves behind is missed as with a late start."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from pure_world import APPROVER, DEPLOYER, OPS, T0, PureWorld, Refused, at, begin, clock, coarse

from core import timeline
from core.inputs import Decided, Input, MissedSettled, Paused, Rescheduled, Resumed
from core.state import Status
from storage import codec

DAY = timedelta(days=1)


def move(
    world: PureWorld,
    t0: datetime = T0,
    *,
    by: str = DEPLOYER,
    reason: str = "the database is late",
    confirmed: bool = False,
) -> Rescheduled:
    """T0 moved by somebody who has seen it as it is."""
    return Rescheduled(by, t0, world.deployment.t0, reason, confirmed)


@cache
def _meeting() -> PureWorld:
    world = begin(at=clock("13:50", -1), runbook=coarse())
    world.play(clock("15:30", -1))
    return world


def meeting() -> PureWorld:
    """The day before at half past three: the rehearsal is over, the meeting too, and tomorrow is decided."""
    return _meeting().copy()


def test_what_lies_ahead_moves_and_what_happened_stays() -> None:
    world = meeting()
    before = world.deployment
    world.do(move(world, T0 + DAY))
    after = world.deployment
    assert after.t0 == T0 + DAY
    assert [step for step in after.steps if step.settled] == [step for step in before.steps if step.settled]
    assert world.words("rescheduled")["start"] == T0.isoformat()
    assert [post.view for post in world.posts[-3:]] == ["rescheduled", "timeline", "log"]
    move_ = after.moves[-1]
    assert (move_.by, move_.was, move_.to, move_.reason) == (DEPLOYER, T0, T0 + DAY, "the database is late")
    world.run(clock("16:30", -1))
    assert world.step("prepare").status == "waiting", "the afternoon's list is tomorrow's now"
    world.play(clock("13:00", 1))
    assert world.step("prepare").status == "done"
    assert world.step("assemble").status == "waiting"
    assert world.status() is Status.RUNNING


def test_the_whole_day_can_be_played_under_the_new_t0() -> None:
    world = meeting()
    world.do(move(world, T0 + DAY + timedelta(hours=3)))
    world.play(clock("20:00", 3))
    assert world.status() is Status.DONE
    opened = world.step("start-signal").opened_at
    assert opened == T0 + DAY + timedelta(hours=3)


def test_only_starters_with_a_reason_and_a_new_time() -> None:
    world = meeting()
    assert world.refused(move(world, T0 + DAY, by="U0NOBODY")) == "not-allowed"
    assert world.refused(move(world, T0 + DAY, reason=" ")) == "reason-required"
    assert world.refused(move(world, T0)) == "t0-same"


def test_of_two_at_once_the_second_sees_the_first() -> None:
    world = meeting()
    first, second = move(world, T0 + DAY), move(world, T0 + 2 * DAY, by=OPS)
    world.do(first)
    assert world.refused(second) == "t0-moved"
    with pytest.raises(Refused) as refused:
        world.apply(second)
    assert refused.value.args_["by"] == DEPLOYER
    world.do(move(world, T0 + 2 * DAY, by=OPS))
    assert len(world.deployment.moves) == 2


def test_after_the_traffic_has_moved_it_is_refused() -> None:
    world = at("14:14")
    assert world.deployment.weight == 5
    assert world.refused(move(world, T0 + DAY)) == "traffic-moved"


def test_on_hold_it_moves_and_open_questions_keep_their_deadline() -> None:
    world = begin(at=clock("13:50", -1), runbook=coarse())
    world.play(clock("14:59", -1))
    world.run(clock("15:01", -1))
    world.settle_items()
    asked = world.step("go-tomorrow")
    assert asked.status == "open"
    world.do(move(world, T0 + DAY))
    assert world.step("go-tomorrow").deadline == asked.deadline
    world.do(Paused(DEPLOYER, "lunch"))
    world.do(move(world, T0 + 2 * DAY))
    assert world.status() is Status.HELD
    world.do(Resumed(DEPLOYER))
    world.do(Decided(APPROVER, "go-tomorrow", asked.round, "go", "fine"))
    assert world.step("go-tomorrow").status == "done"


def test_moments_that_would_be_missed_are_shown_first_and_then_settled_one_by_one() -> None:
    world = meeting()
    near = clock("16:00", -1)
    assert world.refused(move(world, near)) == "t0-near"
    count = len(world.posts)
    world.do(move(world, near, confirmed=True))
    missed = [step.id for step in world.deployment.steps if step.status == "missed"]
    assert missed == ["prepare"]
    assert world.words("missed-by-moving") == {"steps": 1, "by": DEPLOYER}
    assert [post.view for post in world.posts[count:]].count("missed") == 1, "once, and no burst"
    assert not [post for post in world.posts[count:] if post.view in ("checklist", "decision")]
    for step in missed:
        world.do(MissedSettled(DEPLOYER, step, "not-applicable", "we hurry"))
    world.play(clock("23:00", -1))
    assert world.deployment.weight > 0


def test_a_t0_in_the_past_takes_a_confirmation() -> None:
    world = meeting()
    world.run(clock("13:59"))
    for back in (timedelta(0), timedelta(minutes=30)):
        assert world.refused(move(world, world.now - back)) == "t0-near"


def test_what_is_only_late_waits_for_its_turn_as_before() -> None:
    world = begin(at=clock("13:50", -1), runbook=coarse())
    world.run(clock("18:00", -1))  # nobody ticks anything
    assert world.step("rehearse").status == "open"
    world.do(move(world, T0 + timedelta(hours=1)))
    assert [step.id for step in world.deployment.steps if step.status == "missed"] == []


def test_what_was_missed_and_lies_ahead_again_waits() -> None:
    world = begin(at=clock("12:00"), runbook=coarse())
    assert world.step("prepare").status == "missed"
    world.do(MissedSettled(DEPLOYER, "rehearse", "done", "last week"))
    world.do(move(world, T0 + 3 * DAY))
    assert world.step("rehearse").status == "skipped", "what was settled stays so"
    assert world.step("prepare").status == "waiting"
    world.play(clock("23:00", 5))
    assert world.status() is Status.DONE


def test_whoever_was_reminded_too_early_is_reminded_anew() -> None:
    world = begin(at=clock("13:50", -1), runbook=coarse())
    world.run(clock("15:10", -1))
    assert len(world.when("item-overdue")) > 0
    early = len(world.when("item-overdue"))
    world.do(move(world, T0 + DAY))
    world.run(clock("14:30"))
    assert len(world.when("item-overdue")) == early
    world.run(clock("15:10"))
    assert len(world.when("item-overdue")) == 2 * early


def test_owners_of_due_items_are_told() -> None:
    world = begin(at=clock("13:50", -1), runbook=coarse())
    world.run(clock("14:10", -1))
    world.do(move(world, T0 + DAY))
    told = next(post for post in world.posts if post.view == "rescheduled")
    assert told.people == (OPS,), "the deployer's items are verified by the bot"


def test_it_is_written_and_read_again() -> None:
    world = meeting()
    world.do(move(world, T0 + DAY))
    before = world.deployment
    read = codec.read_snapshot(
        codec.write_snapshot(before), codec.write_gate(before.gate), runbook=before.runbook, rules_version=2, rules_now=2
    )  # fmt: skip
    assert read == before
    act = move(world, T0)
    assert codec.read_input(*codec.write_input(act)) == act


MINUTES = st.integers(-3 * 24 * 60, 20 * 24 * 60)


@settings(max_examples=draws(80), deadline=None)
@given(
    now=st.sampled_from(["13:55", "14:30", "15:30", "16:30", "18:00", "22:30"]),
    helped=st.booleans(),
    moves=st.lists(MINUTES, min_size=1, max_size=3),
)
def test_moving_never_moves_what_has_happened(now: str, helped: bool, moves: list[int]) -> None:
    world = _day_before(now, helped).copy()
    for minutes in moves:
        before, posts = world.deployment, len(world.posts)
        act: Input = move(world, T0 + timedelta(minutes=minutes), confirmed=True)
        try:
            world.apply(act)
        except Refused as refused:
            key = refused.key
        else:
            key = ""
        if key:
            assert key in ("t0-same", "traffic-moved")
            assert world.deployment == before
            continue
        world.drain()
        for old, new in zip(before.steps, world.deployment.steps, strict=True):
            if old.status in ("done", "failed") or (
                old.status == "skipped" and old.note != "its time had passed"
            ):
                assert new == old
            if old.status == "open":
                assert (new.opened_at, new.deadline, new.answer, new.round) == (
                    old.opened_at,
                    old.deadline,
                    old.answer,
                    old.round,
                )
                assert [replace(item, reminded=False) for item in new.items][: len(old.items)] == [
                    replace(item, reminded=False) for item in old.items
                ] or new.status == "done"
        burst = [post for post in world.posts[posts:] if post.view in ("checklist", "decision", "signoff")]
        assert len(burst) <= 2, "what is due now opens, nothing else"
        points = timeline.of_deployment(world.deployment, world.now)
        assert next(point.at for point in points if point.what == "t0") == world.deployment.t0


@cache
def _day_before(now: str, helped: bool) -> PureWorld:
    world = begin(at=clock("13:50", -1), runbook=coarse())
    if helped:
        world.play(clock(now, -1))
    else:
        world.run(clock(now, -1))
    return world

"""Looks that were missed while the bot was away: asked for from the sources' past, judged in order, and acted on when they are fresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from pure_world import DEPLOYER, PureWorld, at, clock, ion_but

from core.effects import Backfill, Effect, Measure
from core.inputs import Backfilled, Input, Measured, PastLook, Paused, Reading, Returned, Tick
from core.machine import gate_wake_at
from core.plan.runbook import read_runbook
from core.rules import backfill
from core.rules.stopwatch import stopwatch
from core.state import GateRun, Status

MINUTE = timedelta(minutes=1)
EVERY = ion_but(("    decide-by: either\n    every: 5m\n    minimum: 10\n    rules:\n      - {metric: errors, below: 1%, streak: 3", "    decide-by: streak\n    every: 1m\n    minimum: 2\n    rules:\n      - {metric: errors, below: 1%, streak: 3"))  # fmt: skip
"""The shipped plan with a look every minute while the canary bakes."""


def gate_of(world: PureWorld) -> GateRun:
    gate = world.deployment.gate
    assert gate is not None
    return gate


class Away:
    """A world whose bot is away from 14:31 on; its sources keep what they counted at every minute."""

    def __init__(self, *, bad: tuple[str, ...] = (), keeps: bool = True) -> None:
        self.world = at("14:31", runbook=EVERY)
        self.world.drain()
        self.since = self.world.now
        self.bad = tuple(clock(text) for text in bad)
        self.keeps = keeps
        self.past: dict[datetime, tuple[Reading, ...]] = {}
        self.effects: list[Effect] = []
        self.world.broken = self._answer

    def comes_back(self, text: str) -> PureWorld:
        """Time passes unseen; in the minutes before the `bad` moments a fifth of the canary's requests fail."""
        while self.world.now < clock(text):
            following = self.world.now + MINUTE
            self.world.service.error_share = 0.2 if following in self.bad else 0.0
            self.world.move(following)
            self.past[following] = tuple(
                reading for name in EVERY.plan.metrics for reading in self.world.service.read(EVERY, name)
            )
        self.world.service.error_share = 0.0
        self.world.do(Returned(self.since))
        return self.world

    def _answer(self, effect: Effect) -> Input | None:
        if isinstance(effect, Backfill | Measure):
            self.effects.append(effect)
        if isinstance(effect, Backfill):
            looks = (PastLook(moment, self._at(moment, effect)) for moment in effect.moments)
            return Backfilled(effect.ref, tuple(looks))
        return None

    def _at(self, moment: datetime, effect: Backfill) -> tuple[Reading, ...]:
        known = self.past.get(moment, ())
        if self.keeps and known:
            return tuple(reading for reading in known if reading.metric in effect.metrics)
        return tuple(
            Reading(name, track, "no-data", detail="no past")
            for name in effect.metrics
            for track in ("canary", "control")
        )


def test_missed_looks_are_filled_in_and_the_live_one_follows() -> None:
    away = Away()
    looks = gate_of(away.world).looks
    world = away.comes_back("14:38")
    filled = away.effects[0]
    assert isinstance(filled, Backfill)
    assert [moment.strftime("%H:%M") for moment in filled.moments] == [f"14:3{n}" for n in range(2, 8)]
    assert [effect.kind for effect in away.effects] == ["backfill", "measure"]
    assert world.words("backfilled") == {
        "since": clock("14:31").isoformat(), "until": clock("14:38").isoformat(), "samples": 6, "breaches": 0,
    }  # fmt: skip
    gate = gate_of(world)
    assert gate.looks == looks + 7
    assert gate.last_at == clock("14:38")
    assert gate.next_look == clock("14:39")
    assert not gate.busy


def test_a_breach_in_the_past_is_counted_and_a_streak_goes_on_with_it() -> None:
    world = Away(bad=("14:37", "14:38")).comes_back("14:38")
    assert world.words("backfilled")["breaches"] == 1
    errors = gate_of(world).rules[0]
    assert errors.streak == 2, "one in the past, one in the live look"
    assert errors.since == clock("14:36")
    assert world.status() is Status.RUNNING


def test_a_streak_that_was_complete_acts_now() -> None:
    world = Away(bad=("14:33", "14:34", "14:35")).comes_back("14:38")
    assert world.status() is Status.ROLLING_BACK
    assert world.words("rollback-rule")["streak"] == 3
    found = dict(stopwatch(world.deployment))
    assert found["detect_s"] == 360, "from the first bad window at 14:32 to the return: nobody saw it before"
    assert found["decide_s"] == 0


def test_a_streak_older_than_the_gates_patience_calls_people_and_rolls_nothing_back() -> None:
    stale = Away(bad=("14:33", "14:34", "14:35"))
    only_bad = {clock("14:33"), clock("14:34"), clock("14:35")}
    answer = stale._answer

    def forgetful(effect: Effect) -> Input | None:
        """The source has forgotten everything after the bad minutes, so nothing clears the streak."""
        answered = answer(effect)
        if isinstance(answered, Backfilled):
            return replace(
                answered,
                looks=tuple(look for look in answered.looks if look.at in only_bad | {clock("14:32")}),
            )
        return answered

    stale.world.broken = forgetful
    world = stale.comes_back("15:05")
    assert world.status() is Status.HELD
    held = world.deployment.hold
    assert held is not None
    assert (held.key, held.ref) == ("rule", "errors.below.rollback")
    assert "rule:errors.below.rollback" in world.open_pages()
    assert world.service.weight == 5


def test_a_stale_streak_that_has_cleared_is_only_told() -> None:
    world = Away(bad=("14:33", "14:34", "14:35")).comes_back("15:05")
    assert world.status() is Status.RUNNING
    assert world.words("backfilled")["breaches"] == 3
    assert world.open_pages() == []


def test_sources_without_a_past_are_said_to_have_none() -> None:
    away = Away(keeps=False)
    before = gate_of(away.world)
    world = away.comes_back("14:38")
    assert "backfill-empty" in world.told()
    assert "backfilled" not in world.told()
    gate = gate_of(world)
    assert gate.looks == before.looks + 1
    assert gate.evidence_at == clock("14:38"), "the live look closes one long window"


def test_without_an_answer_the_gate_goes_on_live_and_says_so() -> None:
    away = Away()
    world = away.world
    world.move(clock("14:38"))
    world.apply(Returned(away.since))
    (lost,) = [effect for effect in world.pending if isinstance(effect, Backfill)]
    world.pending.remove(lost)
    assert not any(isinstance(effect, Measure) for effect in world.pending), "no look before what was missed"
    assert gate_wake_at(world.deployment) == clock("14:39")
    world.run(clock("14:40"))
    assert "backfill-late" in world.told()
    assert gate_of(world).last_at == clock("14:40")
    before = world.deployment
    world.apply(Backfilled(lost.ref, ()))
    assert world.deployment == before


def test_a_look_under_way_is_given_up_for_the_past() -> None:
    away = Away()
    world = away.world
    world.move(clock("14:32"))
    world.apply(Tick())
    (look,) = [effect for effect in world.pending if isinstance(effect, Measure)]
    world.pending.remove(look)
    world.move(clock("14:38"))
    world.apply(Returned(away.since))
    (fill,) = [effect for effect in world.pending if isinstance(effect, Backfill)]
    assert fill.moments[0] == clock("14:32")
    before = world.deployment
    world.apply(Measured(look.ref, world.now, ()))
    assert world.deployment == before


def test_a_second_absence_begins_where_the_last_answer_was() -> None:
    away = Away()
    world = away.world
    world.move(clock("14:34"))
    world.apply(Returned(away.since))
    world.pending = [effect for effect in world.pending if not isinstance(effect, Backfill)]
    world.move(clock("14:38"))
    world.apply(Returned(clock("14:34")))
    (fill,) = [effect for effect in world.pending if isinstance(effect, Backfill)]
    assert fill.moments[0] == clock("14:32")


def test_a_short_absence_fills_nothing_in() -> None:
    world = at("14:31", runbook=EVERY)
    world.move(world.now + timedelta(seconds=70))
    world.apply(Returned(clock("14:31")))
    assert not any(isinstance(effect, Backfill) for effect in world.pending)
    assert any(isinstance(effect, Measure) for effect in world.pending)


def test_a_held_deployment_is_filled_in_too_and_a_rollback_is_not() -> None:
    away = Away()
    away.world.do(Paused(DEPLOYER, "lunch"))
    world = away.comes_back("14:38")
    assert world.words("backfilled")["samples"] == 6
    assert world.status() is Status.HELD


def test_moments_are_bounded_and_end_before_the_present() -> None:
    run = replace(gate_of(at("14:31", runbook=EVERY)), next_look=clock("14:32"))
    found = backfill.missed(run, MINUTE, clock("23:59"))
    assert len(found) == backfill.MOST
    assert found[-1] == clock("23:58")
    assert backfill.missed(run, MINUTE, clock("14:32")) == ()
    assert [b - a for a, b in pairwise(found)] == [MINUTE] * (len(found) - 1)


@pytest.mark.parametrize("order", [1, -1])
def test_looks_are_judged_in_the_order_of_their_times(order: int) -> None:
    away = Away(bad=("14:36", "14:37"))
    answer = away._answer

    def shuffled(effect: Effect) -> Input | None:
        answered = answer(effect)
        return (
            replace(answered, looks=answered.looks[::order]) if isinstance(answered, Backfilled) else answered
        )

    away.world.broken = shuffled
    world = away.comes_back("14:38")
    assert world.words("backfilled")["breaches"] == 2
    assert gate_of(world).rules[0].breached_total == 2


def test_where_nothing_acts_alone_everybody_who_is_needed_is_called() -> None:
    away = Away(bad=("14:33", "14:34", "14:35"))
    manual = read_runbook(EVERY.text.replace("  automatic: true", "  automatic: false"))
    away.world.deployment = replace(away.world.deployment, runbook=manual)
    world = away.comes_back("14:38")
    assert world.status() is Status.HELD
    assert world.open_pages() == ["rule:errors.below.rollback"]
    assert world.service.weight == 5

"""Before a look plan time stands still until a source that keeps real time has taken one more sample."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from factories import START, new, started

from bot.sampling import EVE, Brake, measuring_at
from bot.tempo import Pace
from core import gates
from core.machine import decide
from core.state import Deployment, RollbackRun

REAL = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
LOOK = START + timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def looking() -> Deployment:
    """Its gate looks at LOOK."""
    one = decide(new(), started(), START).deployment
    run = gates.begin("canary", one.runbook, START, after=None)
    return replace(one, gate=replace(run, next_look=LOOK), weight=5)


def test_time_runs_to_the_eve_of_a_look_stands_still_and_goes_on() -> None:
    one, brake, run = looking(), Brake(1.5), Pace("run", 60.0, LOOK, stretch="canary")
    eve = LOOK - EVE
    assert brake.pace(one, START, run, REAL) == replace(run, to=eve)
    assert brake.pace(one, eve - 5 * SECOND, run, REAL).kind == "jump"  # near enough not to be passed
    assert brake.pace(one, eve, run, REAL) == Pace("stand", 60.0, None, stretch="canary")
    assert brake.pace(one, eve, run, REAL + SECOND).kind == "stand"
    assert brake.pace(one, eve, run, REAL + 2 * SECOND) == run
    assert brake.pace(one, eve, run, REAL + 2 * SECOND) == run  # it has waited for this one


def test_a_jump_goes_to_the_eve_first_and_each_look_is_waited_for() -> None:
    one, brake, jump = looking(), Brake(1.0), Pace("jump", to=LOOK)
    assert brake.pace(one, START, jump, REAL) == Pace("jump", to=LOOK - EVE)
    assert brake.pace(one, LOOK - EVE, jump, REAL).kind == "stand"
    assert brake.pace(one, LOOK - EVE, jump, REAL + SECOND) == jump
    assert one.gate is not None
    later = replace(one, gate=replace(one.gate, next_look=LOOK + timedelta(minutes=5)))
    following = Pace("jump", to=LOOK + timedelta(minutes=5))
    assert brake.pace(later, LOOK, following, REAL + SECOND) == Pace(
        "jump", to=LOOK + timedelta(minutes=5) - EVE
    )


def test_without_such_a_source_or_before_other_moments_nothing_is_waited_for() -> None:
    one = looking()
    for pace in (Pace("run", 60.0, LOOK), Pace("jump", to=LOOK), Pace("stand")):
        assert Brake(0.0).pace(one, LOOK - EVE, pace, REAL) == pace
    other = Pace("jump", to=LOOK + SECOND)
    assert Brake(1.0).pace(one, LOOK, other, REAL) == other
    assert Brake(1.0).pace(one, LOOK, Pace("stand"), REAL) == Pace("stand")


def test_a_step_that_measures_and_a_proof_are_waited_for_too() -> None:
    one = looking()
    step = replace(one.steps[0], status="open", next_at=START + SECOND)
    proving = RollbackRun("bot", "", next_at=START + 2 * SECOND)
    assert measuring_at(replace(one, steps=(step,), rollback=proving)) == {
        LOOK,
        START + SECOND,
        START + 2 * SECOND,
    }

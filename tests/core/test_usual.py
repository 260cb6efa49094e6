"""What a baseline step measured is what is usual for the gates that follow: in the running gate, in the journal and in a replay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pure_world import at, clock, ion

from core import gate_evidence, usual
from core.effects import Fact
from core.inputs import Measured
from core.plan.models import Ratio
from core.replay_stored import SET, StoredLook, replayed, stages
from core.replay_tally import Tally
from core.state import GateRun
from core.verdict.settings import Metric, Settings
from core.verdict.setup import prepare
from storage import codec

RUNBOOK = ion()
SETTINGS = Settings()


def usual_share(metric: Metric) -> tuple[float, float]:
    """(the share the evidence starts from, how many requests it is worth)"""
    (found,) = prepare(SETTINGS, (metric,))
    return found.usual, found.usual_requests


def test_a_gate_starts_from_what_the_baseline_step_counted() -> None:
    world = at("13:49")
    world.service.stable_errors = 0.004
    world.play(clock("14:10"))
    gate = world.deployment.gate
    assert gate is not None
    ((name, bad, total),) = gate.usual
    assert name == "errors"
    assert 600.0 < total < 1800.0
    assert bad == pytest.approx(0.004 * total)
    on = gate_evidence.scales(world.deployment.runbook, gate.name, gate.usual)
    judged = on.engine.prepared[0]
    assert judged.usual == pytest.approx((bad + 0.001 * 200) / (total + 200))
    assert judged.usual_requests == pytest.approx(min(1000.0, total + 200))
    assert gate_evidence.scales(world.deployment.runbook, gate.name).engine.prepared[0].usual == 0.001


def test_it_is_in_the_journal_and_a_replay_starts_from_it_too() -> None:
    world = at("13:49")
    world.service.stable_errors = 0.004
    world.play(clock("14:12"))
    gate = world.deployment.gate
    assert gate is not None
    assert usual.known(world.facts, world.now) == gate.usual
    assert usual.known(world.facts, clock("13:50")) == ()
    looks = [
        StoredLook(gate.name, when, one.readings)
        for when, one in world.inputs
        if isinstance(one, Measured) and one.ref.startswith("look:")
    ]
    begun = stages(world.deployment.runbook, [(when, fact) for when, fact in world.facts if fact.key == SET])
    steps = list(replayed(world.deployment.runbook, looks, begun, Tally(), facts=world.facts))
    assert steps[-1].verdict == gate_evidence.verdict_of(world.deployment.runbook, gate)
    blind = list(replayed(world.deployment.runbook, looks, begun, Tally()))
    assert blind[-1].verdict != steps[-1].verdict


def test_the_next_gate_goes_on_with_it() -> None:
    world = at("13:49")
    world.play(clock("14:10"))
    gate = world.deployment.gate
    assert gate is not None
    after = replace(gate, name="watch")
    assert gate_evidence.carried(world.deployment.runbook, gate, after).usual == gate.usual != ()


def test_it_is_stored_with_the_gate_and_a_gate_from_before_has_none() -> None:
    world = at("14:10")
    gate = world.deployment.gate
    assert gate is not None
    assert gate.usual
    again = codec.read_gate(codec.write_gate(gate))
    assert again == gate
    assert GateRun("canary", world.now, world.now).usual == ()


def test_what_the_plan_says_goes_before_what_was_measured() -> None:
    assert usual_share(Metric("errors", "counts", before=(40.0, 800.0))) == pytest.approx((0.0402, 1000.0))
    assert usual_share(Metric("errors", "counts", before=(40.0, 800.0), usual=0.002)) == (0.002, 1000.0)
    assert usual_share(Metric("errors", "counts")) == (0.001, 200.0)
    assert usual_share(Metric("errors", "counts", before=(0.0, 300.0))) == pytest.approx((0.0004, 500.0))


@pytest.mark.parametrize("before", [(2.0, 1.0), (-1.0, 1.0), (0.0, float("inf"))])
def test_counts_that_cannot_be_are_refused(before: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"errors: .* are no counts"):
        Metric("errors", "counts", before=before)


def test_only_ratios_count_and_an_availability_counts_what_is_left() -> None:
    values = (("errors", 0.5, 800.0), ("p95", 240.0, None), ("memory", 60.0, None), ("gone", 1.0, 9.0))
    assert usual.measured(RUNBOOK, values) == (("errors", 4.0, 800.0),)
    assert usual.measured(RUNBOOK, (("errors", None, None),)) == ()
    good = RUNBOOK.metric("errors").model_copy(update={"ratio": Ratio(good="g", total="t")})
    plan = RUNBOOK.plan.model_copy(update={"metrics": {"errors": good}})
    assert usual.measured(replace(RUNBOOK, plan=plan), (("errors", 99.5, 800.0),)) == (
        ("errors", 4.0, 800.0),
    )


def test_what_is_written_is_read_again_and_an_older_journal_says_nothing() -> None:
    found = (("errors", 3.0, 1800.0), ("availability", 0.0, 200.5))
    now = clock("13:50")
    told = Fact("baseline", (("step", "baseline"), ("counts", usual.written(found))))
    assert usual.known([(now, told)], now) == found
    assert usual.known([(now, Fact("baseline", (("step", "baseline"),)))], now) == ()
    assert usual.known([(now, Fact("baseline", (("counts", ""),)))], now) == ()

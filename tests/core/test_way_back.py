"""Where the way back leads: recorded before the first change, looked at before the first step, refused when it is not safe; tried
out; measured by its stopwatch; over when the numbers are what they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pure_world import APPROVER, DEPLOYER, LEAD, PureWorld, at, begin, clock, coarse, ion, ion_but, literal

from core.asks import asks
from core.effects import SIDE, CheckItem, Effect, Measure, Record, Run, SetWeight
from core.inputs import (
    Checked,
    Decided,
    DryRunAsked,
    Input,
    Measured,
    MissedSettled,
    Paused,
    Reading,
    Recorded,
    Resumed,
    RollbackAsked,
)
from core.plan.runbook import Runbook
from core.rules.rollback import stopwatch
from core.state import RollbackRun, Status, Target

SCRIPT = "rollback-script"
SIDES = (
    "  steps: [rollback-script]\n",
    "  healthy:\n"
    "    - http: {source: api, get: /health}\n"
    "    - metric: {metric: errors, track: control, below: 5%}\n"
    "  steps: [rollback-script]\n",
)
BAND = ("    reads: 2\n", "    reads: 2\n    baseline: 20%\n")


def guarded() -> Runbook:
    """The shipped plan with checks of the side a rollback leads to."""
    return ion_but(SIDES)


def run_of(world: PureWorld) -> RollbackRun:
    run = world.deployment.rollback
    assert run is not None
    return run


def before_the_change(healthy: bool | None, runbook: Runbook | None = None) -> PureWorld:
    """A minute before T0, with a target of this health to come."""
    world = at("13:59", runbook=runbook)
    world.targets = {SCRIPT: healthy}
    return world


def start(world: PureWorld) -> None:
    """The approver says GO to the start signal."""
    world.run(clock("14:00"))
    assert world.answer("go")


# ------------------------------------------------------------------------------------------ before the first change


def test_nothing_is_changed_before_it_is_known_where_the_way_back_leads() -> None:
    world = before_the_change(True)
    order: list[str] = []

    def seen(effect: Effect) -> Input | None:
        if isinstance(effect, Record | SetWeight):
            order.append(effect.kind)
            assert effect.kind == "record" or world.deployment.targets
        return None

    world.broken = seen
    start(world)
    assert order == ["record", "set-weight"]
    (target,) = world.deployment.targets
    assert (target.action, target.healthy, target.data) == (SCRIPT, True, "7")
    assert world.words("target-recorded")["what"] == f"revision 7 of {SCRIPT}"
    world.play(clock("15:30"))
    assert world.deployment.weight == 10
    assert order == ["record", "set-weight", "set-weight"], "once is enough"


def test_while_it_is_being_read_the_deployment_waits_and_time_does_not_spin() -> None:
    world = at("13:59", runbook=coarse())
    world.run(clock("14:00"))
    world.apply(Decided(APPROVER, "start-signal", world.step("start-signal").round, "go", ""))
    (record,) = [effect for effect in world.pending if isinstance(effect, Record)]
    assert record.actions == (SCRIPT,)
    assert world.step("canary-5").status == "waiting"
    moment = world.next_moment()
    assert moment is None or moment > world.now


@pytest.mark.parametrize(
    ("healthy", "key"), [(False, "target-sick"), (None, "target-unknown")], ids=["sick", "nobody knows"]
)
def test_a_target_that_is_not_healthy_holds_and_calls_people(healthy: bool | None, key: str) -> None:
    world = before_the_change(healthy)
    start(world)
    held = world.deployment.hold
    assert held is not None
    assert held.key == key
    assert dict(held.words)["action"] == SCRIPT
    assert "failed:rollback/targets" in world.open_pages()
    assert world.changes == []


def test_a_target_that_cannot_be_recorded_holds_with_the_reason() -> None:
    world = at("13:59", runbook=coarse())
    world.broken = lambda e: (
        Recorded(e.ref, (), ((SCRIPT, "no such deployment"),)) if isinstance(e, Record) else None
    )
    start(world)
    held = world.deployment.hold
    assert held is not None
    assert (held.key, dict(held.words)["reason"]) == ("target-missing", "no such deployment")
    world.broken = None
    world.do(Resumed(DEPLOYER))
    assert world.status() is Status.RUNNING
    assert world.deployment.recording.round == 2
    assert world.service.weight == 5


def test_resuming_looks_again_and_force_goes_on_all_the_same() -> None:
    world = before_the_change(False)
    start(world)
    world.do(Resumed(DEPLOYER))
    assert world.status() is Status.HELD
    assert world.changes == []
    world.do(Resumed(DEPLOYER, "there was no version before this one"))
    assert world.service.weight == 5
    known = world.deployment.recording
    assert (known.accepted_by, known.accepted) == (DEPLOYER, "there was no version before this one")
    assert world.words("targets-accepted")["by"] == DEPLOYER
    assert world.open_pages() == []


def test_force_is_for_this_hold_only() -> None:
    world = at("13:59", runbook=coarse())
    world.do(Paused(DEPLOYER, "lunch"))
    assert world.refused(Resumed(DEPLOYER, "why not")) == "nothing-to-force"


def test_a_pause_meanwhile_does_not_make_a_sick_target_good() -> None:
    world = before_the_change(False)
    world.broken = lambda e: None
    world.run(clock("14:00"))
    world.apply(Decided(APPROVER, "start-signal", world.step("start-signal").round, "go", ""))
    world.apply(Paused(DEPLOYER, "lunch"))
    world.drain()
    assert world.deployment.recording.at is not None
    world.do(Resumed(DEPLOYER))
    held = world.deployment.hold
    assert held is not None
    assert held.key == "target-sick"
    assert world.changes == []


def test_with_checks_of_its_own_an_unknown_target_does_not_hold() -> None:
    world = before_the_change(None, guarded())
    start(world)
    assert world.service.weight == 5


# --------------------------------------------------------------------------------------------- before the first step


def canary(
    healthy: bool | None = None, *, runbook: Runbook | None = None, side: bool | None = True
) -> PureWorld:
    """Under traffic at 14:44, with a recorded target (None: the action needs none) and this word of that side."""
    plan = runbook or guarded()
    world = at("14:44", runbook=plan)
    if healthy is not None:
        target = Target(SCRIPT, healthy, "revision 7", "7", clock("14:00"))
        world.deployment = replace(world.deployment, targets=(target,))
    world.side = side
    return world


def test_a_healthy_side_is_looked_at_first_and_then_the_way_is_gone() -> None:
    world = canary()
    asked: list[str] = []
    world.broken = lambda e: asked.append(e.kind) if isinstance(e, CheckItem | Measure | Run) else None
    world.do(RollbackAsked(DEPLOYER, "odd"))
    assert asked[:3] == ["check", "measure", "run"]
    assert [one.health for one in run_of(world).side] == ["healthy", "healthy"]
    assert world.words("side-healthy")["checks"] == 2
    world.broken = None
    world.run(clock("14:50"))
    assert world.status() is Status.ROLLED_BACK


def test_a_sick_side_gets_no_traffic_and_people_are_called() -> None:
    world = canary(side=False)
    world.do(RollbackAsked(DEPLOYER, "odd"))
    run = run_of(world)
    assert (world.status(), run.stage, run.refused) == (Status.ROLLING_BACK, "refused", "side-sick")
    assert world.service.weight == 5
    assert not any(isinstance(change, str) for _, change in world.changes)
    assert world.open_pages() == ["rollback-refused"]
    assert [ask.kind for ask in asks(world.deployment)][-1] == "rollback"
    world.run(clock("16:00"))  # nothing happens by itself but that people are called
    assert run_of(world).stage == "refused"
    assert "rollback-late" not in world.told()
    page = next(page for page in world.deployment.pages if page.topic == "rollback-refused")
    assert page.tier == 3


def test_a_rule_does_not_go_to_a_sick_side_either() -> None:
    literally = ("decide-by: either\n    every: 5m", "decide-by: streak\n    every: 5m")
    world = canary(runbook=ion_but(SIDES, literally))
    world.service.stable_errors = 0.5  # the stable side has become worse than the canary
    world.service.error_share = 0.3
    world.run(clock("15:20"))
    run = run_of(world)
    assert (run.by, run.stage, run.refused) == ("bot", "refused", "side-sick")
    assert "errors" in str(dict(run.refused_words)["evidence"])
    assert world.service.weight == 5


def test_a_person_goes_all_the_same_with_a_reason() -> None:
    world = canary(side=False)
    world.do(RollbackAsked(DEPLOYER, "odd"))
    assert world.refused(RollbackAsked(DEPLOYER, " ", force=True)) == "reason-required"
    assert world.refused(RollbackAsked(DEPLOYER, "", "data-corruption", force=True)) == "reason-required"
    assert world.refused(RollbackAsked(LEAD, "we must", force=True)) == "not-allowed"
    world.do(RollbackAsked(APPROVER, "the canary loses orders", force=True))
    run = run_of(world)
    assert (run.forced_by, run.forced, run.stage) == (APPROVER, "the canary loses orders", "proving")
    assert world.words("rollback-forced") == {"by": APPROVER, "reason": "the canary loses orders"}
    assert world.service.weight == 0
    assert "rollback-refused" not in world.open_pages()
    world.run(clock("14:50"))
    assert world.status() is Status.ROLLED_BACK


def test_trying_again_looks_again() -> None:
    world = canary(side=False)
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.do(RollbackAsked(DEPLOYER, "look again"))
    assert (run_of(world).stage, run_of(world).inspection) == ("refused", 2)
    world.side = True
    world.do(RollbackAsked(DEPLOYER, "it was restarted"))
    assert run_of(world).forced_by == ""
    assert world.service.weight == 0


def test_force_from_the_beginning_asks_nobody() -> None:
    world = canary(side=False)
    asked: list[Effect] = []
    world.broken = lambda e: asked.append(e) if isinstance(e, CheckItem) else None
    world.do(RollbackAsked(DEPLOYER, "seconds count", force=True))
    assert asked == []
    assert world.service.weight == 0


def test_while_it_looks_a_second_person_can_only_force() -> None:
    world = canary()
    world.apply(RollbackAsked(DEPLOYER, "odd"))
    assert run_of(world).stage == "inspecting"
    assert world.refused(RollbackAsked(APPROVER, "odd")) == "already-rolling-back"
    world.apply(RollbackAsked(APPROVER, "now", force=True))
    assert any(isinstance(e, Run) and e.ref.startswith("rollback:") for e in world.pending)
    world.drain()
    assert run_of(world).forced_by == APPROVER
    assert run_of(world).side == (), "answers that nobody waits for any more change nothing"


@pytest.mark.parametrize(
    ("healthy", "goes"),
    [(True, True), (False, False), (None, False)],
    ids=["was healthy", "was sick", "none"],
)
@pytest.mark.parametrize("by_rule", [False, True], ids=["a person", "the rule"])
def test_when_nobody_can_tell_the_recorded_target_decides(
    healthy: bool | None, goes: bool, by_rule: bool
) -> None:
    world = canary(healthy, side=None)
    if by_rule:
        world.service.error_share = 0.3
        world.run(clock("15:20"))
    else:
        world.do(RollbackAsked(DEPLOYER, "odd"))
    run = run_of(world)
    if goes:
        assert world.service.weight == 0
        assert [one.health for one in run.side] == ["unknown", "healthy"]
    else:
        assert run.stage == "refused"
        assert run.refused == ("side-sick" if healthy is False else "side-unknown")
        assert world.service.weight == 5


def test_a_target_that_was_never_recorded_refuses_without_any_check() -> None:
    world = at("14:44", runbook=coarse())
    known = replace(
        world.deployment.recording, missing=((SCRIPT, "no such deployment"),), accepted_by=DEPLOYER
    )
    world.deployment = replace(world.deployment, recording=known)
    world.do(RollbackAsked(DEPLOYER, "odd"))
    assert run_of(world).refused == "side-missing"
    assert world.service.weight == 5


def test_metrics_of_that_side_are_judged_on_the_newest_window_that_says_something() -> None:
    world = canary()
    world.move(clock("14:49"))  # four minutes after the last look
    world.service.pass_time(1)
    world.service.stable_errors = 0.9
    world.service.pass_time(120)  # the stable side has been failing for two minutes
    world.do(RollbackAsked(DEPLOYER, "odd"))
    assert run_of(world).refused == "side-sick"


def test_a_source_that_is_down_says_nothing_of_that_side() -> None:
    world = canary(True)
    world.service.down = True
    world.do(RollbackAsked(DEPLOYER, "odd"))
    assert [one.health for one in run_of(world).side] == ["healthy", "unknown"]
    assert world.service.weight == 0


def test_an_answer_of_an_earlier_look_changes_nothing() -> None:
    world = canary(side=False)
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.apply(RollbackAsked(DEPLOYER, "again"))
    before = world.deployment
    world.apply(Checked(SIDE, "0", 1, True, "200"))
    world.apply(Measured("side-metrics:1", world.now, ()))
    assert world.deployment == before


# ------------------------------------------------------------------------------------------------ trying it out


def test_a_dry_run_asks_for_every_step_and_changes_nothing() -> None:
    world = canary()
    asked: list[Run] = []
    world.broken = lambda e: asked.append(e) if isinstance(e, Run) else None
    world.do(DryRunAsked(DEPLOYER))
    assert [(e.ref, e.action, e.dry, e.lane) for e in asked] == [("dry:0:1", SCRIPT, True, "read")]
    assert dict(asked[0].params)["weight"] == 0
    assert world.words("dry-ran") == {
        "number": 1, "action": SCRIPT, "evidence": "would change nothing else",
    }  # fmt: skip
    assert (world.status(), world.service.weight) == (Status.RUNNING, 5)
    assert world.deployment.dry is not None
    assert world.deployment.dry.outstanding == ()
    assert world.refused(DryRunAsked("U0STRANGE")) == "not-allowed"


def test_a_dry_run_is_possible_while_a_rollback_stands_refused() -> None:
    world = canary(side=False)
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.do(DryRunAsked(DEPLOYER))
    assert "dry-ran" in world.told()
    assert run_of(world).stage == "refused"


def test_a_rehearsal_only_tries_out_and_goes_on_as_if_it_had_been_done() -> None:
    world = begin(at=clock("12:00"), runbook=coarse())
    world.deployment = replace(world.deployment, rehearsal=True)
    acted: list[Effect] = []

    def seen(effect: Effect) -> Input | None:
        if isinstance(effect, Run | SetWeight) and ion().action(effect.action).changes:
            acted.append(effect)
        return None

    world.broken = seen
    for step in [step for step in world.deployment.steps if step.status == "missed"]:
        world.apply(MissedSettled(DEPLOYER, step.id, "done", "yesterday"))
    world.play(clock("14:05"))
    assert world.deployment.weight == 5
    assert world.service.weight == 0, "the real share is not touched"
    assert world.words("traffic-rehearsed") == {"step": "canary-5", "weight": 5}
    world.do(RollbackAsked(DEPLOYER, "rehearse the way back"))
    world.run(clock("14:20"))
    assert world.status() is Status.ROLLED_BACK
    assert [effect.lane for effect in acted] == ["read"] * len(acted)
    assert len(acted) == 2
    assert world.changes == []


# --------------------------------------------------------------------------------------------------- the stopwatch


def test_four_spans_of_a_rollback_by_rule() -> None:
    world = at("14:30", runbook=literal())
    world.service.error_share = 0.05
    world.broken = lambda e: world.move(world.now + timedelta(seconds=12)) if isinstance(e, Run) else None
    world.run(clock("15:00"))
    assert dict(stopwatch(world.deployment)) == {
        "detect_s": 300, "decide_s": 600, "act_s": 12, "recover_s": 60, "total_s": 972,
    }  # fmt: skip
    assert world.words("rolled-back")["decide_s"] == 600


def test_a_person_decides_after_the_call() -> None:
    world = at("14:31", runbook=coarse())
    world.service.silent = True
    world.run(clock("14:55"))
    (page,) = [page for page in world.deployment.pages if page.closed_at is None]
    world.do(RollbackAsked(DEPLOYER, "blind"))
    found = dict(stopwatch(world.deployment))
    assert found["detect_s"] is None
    assert found["decide_s"] == (clock("14:55") - page.opened_at).total_seconds()


def test_deciding_lasts_until_somebody_goes_on_all_the_same() -> None:
    world = canary(side=False)
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.run(clock("14:52"))
    world.do(RollbackAsked(DEPLOYER, "now", force=True))
    run = run_of(world)
    assert run.asked_at == clock("14:44")
    assert run.decided_at == clock("14:52")
    found = dict(stopwatch(world.deployment))
    assert (found["detect_s"], found["decide_s"], found["act_s"]) == (None, 480, 0)


# ------------------------------------------------------------------------------------------------- back to normal


def test_the_stable_side_must_come_back_to_what_was_normal() -> None:
    world = at("14:44", runbook=ion_but(BAND))
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.run(clock("14:48"))
    assert world.status() is Status.ROLLED_BACK
    errors, p95 = run_of(world).proof
    assert (errors.within_limit, errors.within_band) == (True, None), "a baseline of 0 has no band"
    assert (p95.within_limit, p95.within_band) == (True, True)
    assert p95.baseline is not None
    assert p95.edge == pytest.approx(p95.baseline * 1.2)


def test_within_the_limit_but_not_normal_is_not_over_and_the_next_tier_is_called() -> None:
    runbook = ion_but(
        BAND, ("metric: p95, track: control, below: 500ms", "metric: p95, track: control, below: 60s")
    )
    world = at("14:44", runbook=runbook)
    world.service.stable_slow = 0.3
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.run(clock("14:52"))
    assert world.status() is Status.ROLLING_BACK
    p95 = run_of(world).proof[1]
    assert (p95.within_limit, p95.within_band) == (True, False)
    assert world.words("rollback-late")["metrics"] == "p95"
    late = next(page for page in world.deployment.pages if page.topic == "rollback-late")
    assert late.tier == 2
    world.service.stable_slow = 0.0
    world.run(clock("14:58"))
    assert world.status() is Status.ROLLED_BACK


def test_where_more_is_better_the_band_lies_below() -> None:
    runbook = ion_but(
        BAND, ("metric: p95, track: control, below: 500ms", "metric: rps, track: control, above: 0.1/s")
    )
    world = at("14:44", runbook=runbook)
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.run(clock("14:48"))
    rps = run_of(world).proof[1]
    assert rps.baseline is not None
    assert rps.edge == pytest.approx(rps.baseline * 0.8)
    assert rps.within_band is True
    assert world.status() is Status.ROLLED_BACK


def test_a_reading_of_nothing_proves_nothing() -> None:
    world = at("14:44", runbook=ion_but(BAND))
    world.broken = lambda e: (
        Measured(e.ref, world.now, tuple(Reading(n, "control", "no-data") for n in e.metrics))
        if isinstance(e, Measure) and e.ref.startswith("verify-metrics")
        else None
    )
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.run(clock("14:52"))
    assert world.status() is Status.ROLLING_BACK
    assert world.words("rollback-late")["metrics"] == "errors,p95"

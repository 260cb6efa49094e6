"""Rules that the deployment day does not need: lists nobody waits for, limits from below, verdicts without a way back, and
what is still wanted when its turn comes."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from pure_world import APPROVER, DEPLOYER, OPS, T0, PureWorld, at, begin, clock, failed, ion, ion_but

from core import gates
from core.effects import CheckItem, Effect, Measure, Post, ReadBack, Run, SetWeight, Update
from core.inputs import (
    Aborted,
    Acknowledged,
    Decided,
    EffectFailed,
    ItemMarked,
    Paused,
    Ran,
    Reading,
    Resumed,
    RollbackAsked,
    SignedOff,
    Started,
    Tick,
)
from core.machine import TRANSITIONS, describe
from core.plan.runbook import Runbook, read_runbook
from core.rules.route import person_next
from core.start import new_deployment
from core.state import Status
from core.wanted import wanted

HEAD = """
format: 1
plan: other
title: Other
service: shop
environment: production
t0: "14:00"
starters: [deployer]
four-eyes: false
roles: {deployer: {title: Deployer}, qa: {title: QA}}
channels: {main: deployment}
programs: {deploy: "${DEPLOY}"}
sources: {api: {http: {url: "${URL}"}}}
metrics:
  errors: {title: E, source: api, get: /m, ratio: {bad: $track.e, total: $track.t}, unit: "%"}
  rps: {title: R, source: api, get: /m, rate: $track.t, unit: /s}
gates:
  calm: {title: Calm, every: 5m, look: 5m, rules: [{metric: errors, below: 1%, then: rollback}, {metric: rps, above: 0.05/s, then: call}]}
actions:
  set: {title: Set, command: {program: deploy, args: [$weight]}, repeat: safe}
  back: {title: Back, command: {program: deploy, args: [back]}, repeat: safe, playbook: by-hand}
  look: {title: Look, command: {program: deploy, args: [look]}, changes: false, repeat: safe}
  change: {title: Change, command: {program: deploy, args: [change]}, repeat: ask}
traffic: {set: set, read: {source: api, get: /w, value: w}}
playbooks: {by-hand: {title: By hand, steps: [{text: Set it to 0}]}}
escalation: [{tier: 1, for: fix, who: [deployer], within: 5m}]
rollback: {by: [deployer], steps: [back], verify: {reads: 1, metrics: [{metric: rps, track: control, above: 1/s}]}}
phases:
  - id: only
    title: Only
    steps:
"""
TEAM = (("deployer", (DEPLOYER,)), ("qa", (OPS, APPROVER)))


@cache
def plan(*steps: str) -> Runbook:
    return read_runbook(HEAD + "".join(f"      - {step}\n" for step in steps))


def play(*steps: str, at_: str = "14:00") -> PureWorld:
    """A deployment of a small plan, just begun."""
    fresh = new_deployment(id="D5", runbook=plan(*steps), inputs={}, t0=T0, language="ko")
    world = PureWorld(fresh, clock(at_))
    world.do(Started(DEPLOYER, TEAM))
    return world


SIGN = "signoff: {id: sign, title: S, roles: [qa], wait: false}"
ASK = "decide: {id: ask, title: A, by: [deployer]}"
FIVE = "traffic: {id: five, title: F, to: 5, gate: calm}"
BAKE = "bake: {id: bake, title: B, for: 10m}"
END = "verdict: {id: end, title: E, by: [deployer], required: [{title: N, holds: no-rollback}]}"
SIGNED = "verdict: {id: end, title: E, by: [deployer], required: [{title: S, holds: signed}]}"
VERDICT_ON_ERRORS = "verdict: {id: end, title: E, by: [deployer], required: [{title: M, metric: {metric: errors, below: 1%}}]}"
LIST = "checklist: {id: list, title: L, items: [{id: one, title: O, role: qa}, {id: two, title: T, optional: true}]}"


# ------------------------------------------------------------------------------------------- lists nobody waits for


def test_what_nobody_waits_for_must_still_be_there_for_the_verdict() -> None:
    world = play(SIGN, FIVE, BAKE, SIGNED)
    world.run(clock("14:30"))
    assert world.deployment.weight == 5
    assert world.step("bake").status == "done"
    assert world.step("end").status == "waiting"
    world.do(SignedOff(OPS, "sign", "qa", "approve"))
    assert (world.status(), world.deployment.verdict) == (Status.DONE, "GO")


def test_a_no_go_given_under_a_rejection_stands_when_the_rejection_is_gone() -> None:
    world = play(SIGN, ASK, FIVE, SIGNED)
    world.do(SignedOff(OPS, "sign", "qa", "reject", "two bugs"))
    assert world.status() is Status.HELD
    world.do(Decided(DEPLOYER, "ask", 1, "no-go", "two bugs"))
    world.do(SignedOff(APPROVER, "sign", "qa", "approve"))
    assert world.status() is Status.HELD
    assert world.deployment.hold is not None
    assert (world.deployment.hold.cause, world.deployment.hold.by) == ("decision", DEPLOYER)
    assert world.changes == []


def test_optional_items_do_not_count_and_may_be_ticked_later() -> None:
    verdict = "verdict: {id: end, title: E, by: [deployer], required: [{title: I, holds: items-settled}, {title: D, holds: decisions-go}]}"
    world = play(LIST, ASK, verdict)
    world.do(ItemMarked(OPS, "list", "one", "done"))
    assert world.step("list").status == "done"
    world.do(ItemMarked(DEPLOYER, "list", "two", "done"))
    assert world.step("list").items[1].by == DEPLOYER
    world.do(ItemMarked(DEPLOYER, "list", "two", "open"))
    assert world.step("list").status == "open"
    world.do(Decided(DEPLOYER, "ask", 1, "go"))
    world.do(ItemMarked(OPS, "list", "two", "not-applicable", "no"))
    assert (world.status(), world.deployment.verdict) == (Status.DONE, "GO")


# -------------------------------------------------------------------------------------------------------- the verdict


def test_no_go_at_the_verdict_rolls_back() -> None:
    stuck = play(SIGN, FIVE, VERDICT_ON_ERRORS)
    stuck.service.silent = True
    stuck.run(clock("14:01"))
    stuck.do(SignedOff(OPS, "sign", "qa", "approve"))
    assert stuck.status() is Status.HELD
    assert stuck.deployment.criteria[0][1] is None  # nothing is known, which is not met
    stuck.do(Decided(DEPLOYER, "end", 1, "no-go", "we saw nothing"))
    assert stuck.status() is Status.ROLLING_BACK


def test_no_go_at_a_verdict_that_changed_nothing_is_refused() -> None:
    world = play(VERDICT_ON_ERRORS)
    assert world.status() is Status.HELD
    assert world.deployment.criteria == (("0", None, "errors: no-gate"),)
    assert world.refused(Decided(DEPLOYER, "end", 1, "no-go", "x")) == "nothing-to-roll-back"
    world.do(Aborted(DEPLOYER, "nothing was done"))
    assert world.step("end").status == "skipped"  # so that its question goes from the screen
    start, _, steps = HEAD.partition("gates:")
    _, _, tail = steps.partition("escalation:")
    tail = "\n".join(line for line in tail.splitlines() if not line.startswith("rollback"))
    text = f"{start}escalation:{tail}\n      - {VERDICT_ON_ERRORS}\n"
    fresh = new_deployment(id="D6", runbook=read_runbook(text), inputs={}, t0=T0, language="en")
    without = PureWorld(fresh, T0)
    without.do(Started(DEPLOYER, TEAM))
    assert without.refused(Decided(DEPLOYER, "end", 1, "no-go", "x")) == "no-rollback-in-plan"
    assert without.refused(RollbackAsked(DEPLOYER, "x")) == "no-rollback-in-plan"


# ------------------------------------------------------------------------------------------------- limits from below


def test_too_little_traffic_breaks_a_limit_from_below() -> None:
    world = play(FIVE, BAKE, END)
    world.run(clock("14:05"))
    assert world.status() is Status.RUNNING
    world.service.per_second = 0.5  # the canary's share is 0.025 a second
    world.run(clock("14:10"))
    assert world.status() is Status.HELD
    assert world.words("breach")["side"] == "above"
    assert world.words("breach")["limit"] == "0.05 /s"


def test_the_stable_side_may_have_to_stay_above_something() -> None:
    world = play(FIVE, BAKE, END)
    world.service.per_second = 0.9
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.run(clock("14:02"))
    assert world.status() is Status.ROLLING_BACK
    world.service.per_second = 4.0
    world.run(clock("14:04"))
    assert world.status() is Status.ROLLED_BACK


def test_a_way_back_that_cannot_be_carried_out_calls_with_its_playbook() -> None:
    world = play(FIVE, BAKE, END)
    world.broken = lambda e: failed("run", e.ref, "no such program") if isinstance(e, Run) else None
    world.do(RollbackAsked(DEPLOYER, "odd"))
    assert [dict(f.words)["ref"] for _, f in world.facts if f.key == "rollback-effect-failed"] == [
        "rollback:0:0", "rollback:0:1", "rollback:0:2",
    ]  # fmt: skip
    assert [(p.topic, p.playbook) for p in world.deployment.pages] == [
        ("rollback", ""),
        ("rollback-failed", "by-hand"),
    ]


def test_a_call_that_slack_refuses_goes_on_while_rolling_back_too() -> None:
    world = at("14:31")
    world.broken = lambda e: failed("post", e.key, "no") if isinstance(e, Post) and e.answer else None
    world.do(RollbackAsked(DEPLOYER, "odd"))
    assert world.when("page-undelivered")
    assert world.deployment.pages[0].tier == 3


# ----------------------------------------------------------------------------------------------- who looks before a change


@pytest.mark.parametrize(
    ("after", "person"),
    [
        pytest.param([ASK], True, id="a question"),
        pytest.param([SIGN.replace(", wait: false", "")], True, id="a sign-off"),
        pytest.param([SIGN, "run: {id: c, title: C, action: change}"], False, id="a sign-off nobody waits for"),
        pytest.param([LIST], True, id="a list to tick"),
        pytest.param(
            ["checklist: {id: auto, title: A, items: [{id: a, title: A, check: {run: look}}]}",
             FIVE.replace("five", "ten").replace("to: 5", "to: 10")], False, id="a list that the bot ticks",
        ),
        pytest.param(["announce: {id: say, title: S, text: Hello}", ASK], True, id="an announcement, then a question"),
        pytest.param(["report: {id: rep, title: R}", FIVE.replace("five", "ten").replace("to: 5", "to: 10")], False, id="a report, then traffic"),
        pytest.param(["run: {id: peek, title: P, action: look}", ASK], True, id="a look, then a question"),
        pytest.param(["run: {id: do, title: D, action: change}", ASK], False, id="a change, then a question"),
        pytest.param(["watch: {id: w, title: W, until: D+1 08:00, gate: calm}"], False, id="the watch"),
        pytest.param([], False, id="nothing but the verdict"),
    ],
)  # fmt: skip
def test_without_a_person_before_the_next_change_a_bake_ends_on_evidence(
    after: list[str], person: bool
) -> None:
    runbook = plan(FIVE, BAKE, *after, END)
    world = play(FIVE, BAKE, *after, END)
    assert person_next(world.deployment, runbook.step("bake")) is person


def test_a_bake_that_is_the_last_step_has_nobody_after_it() -> None:
    runbook = read_runbook(
        HEAD
        + "      - checklist: {id: a, title: A, items: [{id: b, title: B}]}\n      - bake: {id: bake, title: B, for: 5m}\n"
    )
    fresh = new_deployment(id="D7", runbook=runbook, inputs={}, t0=T0, language="en")
    assert person_next(fresh, runbook.step("bake")) is False


# --------------------------------------------------------------------------------------------------------------- checks


def test_a_check_that_gave_up_is_a_check_that_did_not_pass() -> None:
    world = begin(at=clock("13:00", -1))
    world.broken = lambda e: (
        EffectFailed("check", f"{e.step}:{e.item}:{e.round}", "no answer")
        if isinstance(e, CheckItem)
        else None
    )
    world.run(clock("14:00", -1))
    assert {item.failed for item in world.step("rehearse").items} == {"", "no answer"}
    assert world.step("rehearse").status == "open"


# ------------------------------------------------------------------------------------------------------------ what is wanted


def test_every_effect_is_wanted_only_as_long_as_somebody_waits_for_it() -> None:
    world = at("15:03")
    world.run(clock("15:05"))
    world.run(clock("15:07"))
    deployment = world.deployment
    step = world.step("canary-10")
    assert step.stage_of_work == "settling"
    cases: list[tuple[Effect, bool]] = [
        (SetWeight(f"step:canary-10:{step.round}", "set-traffic", 10), False),  # it is set
        (ReadBack(f"step:canary-10:{step.round}"), False),  # and read
        (Run("step:nowhere:1", "x"), False),
        (Run("rollback:0:0", "rollback-script"), False),
        (ReadBack("verify:1"), False),
        (Measure("verify-metrics:1", ()), False),
        (Measure("look:999", ()), False),
        (Measure(f"confirm:canary-10:1:{step.round}", ()), True),
        (Measure("baseline:baseline:1", ()), False),
        (CheckItem("canary-10", "0", step.round), True),
        (CheckItem("canary-10", "0", step.round + 1), False),
        (CheckItem("nowhere", "0", 1), False),
        (Post("decision", "decision:hour-decision:1", "hour-decision:1"), False),
        (Post("page", "page:9:1", "9:1"), False),
        (Post("card", "card"), True),
        (Post("log"), True),
        (Update("card", "card"), True),
    ]
    for effect, expected in cases:
        assert wanted(deployment, effect) is expected, effect
    world.do(RollbackAsked(DEPLOYER, "odd"))
    assert not wanted(world.deployment, Measure(f"confirm:canary-10:1:{step.round}", ()))
    assert not wanted(world.deployment, Post("decision", "decision:ten:1", "ten:1"))
    assert not wanted(world.deployment, Post("outcome", "outcome:step:x:1", "step:x:1"))
    assert not wanted(world.deployment, SetWeight("step:canary-10:1", "set-traffic", 10), began=True)


def test_a_look_of_a_gate_that_waits_is_wanted_also_in_a_pause() -> None:
    world = at("14:31")
    world.do(Paused(DEPLOYER, "wait"))
    world.move(clock("14:35"))
    world.apply(Tick())
    look = next(effect for effect in world.pending if isinstance(effect, Measure))
    assert wanted(world.deployment, look)
    world.drain()
    assert not wanted(world.deployment, look)


def test_a_finished_deployment_wants_no_work_and_keeps_its_messages() -> None:
    world = at("16:30", day=1)
    assert world.deployment.final
    assert not wanted(world.deployment, CheckItem("daily-summary", "day-metrics", 1))
    assert not wanted(world.deployment, Measure("check:daily-summary:x:1", ()))
    assert wanted(world.deployment, Post("verdict", "verdict"))


# ------------------------------------------------------------------------------------------------------------- the page


def test_the_generated_table_names_every_input_and_every_status() -> None:
    lines = describe().splitlines()
    assert lines[0] == "| input | " + " | ".join(status.value for status in Status) + " |"
    assert len(lines) == 2 + len({kind for _, kind in TRANSITIONS})
    assert next(line for line in lines if "`started`" in line).count("refused") == len(Status) - 1
    assert "kept, no change" in next(line for line in lines if "`tick`" in line)
    assert "rollback.asked" in next(line for line in lines if "`rollback-asked`" in line)


def test_the_card_is_redrawn_and_old_questions_go_when_it_ends() -> None:
    world = begin(at=clock("14:00", -1))
    world.updates.clear()
    world.do(Aborted(DEPLOYER, "postponed"))
    assert {update.key for update in world.updates} == {"card", "checklist:rehearse"}


# ------------------------------------------------------------------------------------------------ a pace of its own


@pytest.mark.parametrize("reports", ["reports: {brief: null, full: 30m}", "reports: {brief: 5m, full: null}"])
def test_reports_may_be_of_one_kind_only(reports: str) -> None:
    text = HEAD.replace("phases:\n", f"{reports}\nphases:\n")
    steps = [FIVE, "bake: {id: bake, title: B, for: 65m}", END]
    runbook = read_runbook(text + "".join(f"      - {step}\n" for step in steps))
    world = PureWorld(new_deployment(id="D8", runbook=runbook, inputs={}, t0=T0, language="en"), T0)
    world.do(Started(DEPLOYER, TEAM))
    world.run(clock("15:01"))
    kinds: set[Any] = {dict(post.words)["kind"] for post in world.posted("report")}
    assert kinds == ({"full"} if "brief: null" in reports else {"brief"})


def test_a_report_before_there_is_traffic_does_not_count_as_one_with_traffic() -> None:
    world = play(
        "report: {id: early, title: E}", "bake: {id: calm-first, title: B, for: 40m}", FIVE, BAKE, END
    )
    assert [post.subject for post in world.posted("report")] == ["step:early"]
    world.run(clock("14:41"))
    assert world.deployment.weight == 5
    assert [post.subject for post in world.posted("report")] == ["step:early"]


def test_a_rule_without_a_sample_is_shown_as_unknown() -> None:
    run = gates.begin("canary", ion(), T0, after=None)
    assert {state.sample for state in run.rules} == {None}
    look = gates.judge(ion(), run, (Reading("errors", "canary", "ok", (0.0, 1.0)),), T0)
    assert look.run.recommendation == "OBSERVE"


def test_a_start_of_another_day_keeps_the_distances() -> None:
    late = T0 + timedelta(days=30)
    fresh = new_deployment(id="D9", runbook=ion(), inputs={"version": "v1.0.0"}, t0=late, language="en")
    world = PureWorld(fresh, late - timedelta(hours=30))
    people = tuple((role, (DEPLOYER, APPROVER, OPS)) for role in ion().plan.roles)
    world.do(Started(DEPLOYER, people))
    assert all(step.status == "waiting" for step in world.deployment.steps)
    assert world.next_moment() == late - timedelta(days=1)


def test_the_first_page_of_a_rollback_is_answered_like_any_other() -> None:
    world = at("14:31", runbook=ion_but(("reads: 2", "reads: 5")))
    world.do(RollbackAsked(DEPLOYER, "odd"))
    world.do(Acknowledged(DEPLOYER, 1))
    assert world.deployment.pages[0].acked_by == DEPLOYER
    world.run(clock("14:34"))
    assert world.status() is Status.ROLLING_BACK
    world.run(clock("14:35"))
    assert world.status() is Status.ROLLED_BACK


def test_resuming_after_a_late_answer_of_a_run_does_not_run_it_twice() -> None:
    world = play("run: {id: change, title: C, action: change}", LIST, END)
    assert world.step("change").status == "done"
    world.do(Paused(DEPLOYER, "x"))
    world.do(Ran("step:change:1", True, "again"))
    world.do(Resumed(DEPLOYER))
    assert world.changes == [("step:change:1", "change")]

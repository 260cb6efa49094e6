"""What people do, as the rules see it: numbers, links, reminders, criteria, meetings, approved runs, daily rows, long waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure_world import APPROVER, DEPLOYER, OPS, T0, PureWorld, clock
from test_other_plans import BAKE, END, FIVE, HEAD, SIGNED, play
from test_other_plans import plan as runbook

from core.asks import asks
from core.effects import Backfill, CheckItem, Effect, Measure, Run
from core.inputs import (
    Backfilled,
    Checked,
    Decided,
    EffectFailed,
    Input,
    ItemMarked,
    PastLook,
    Paused,
    Ran,
    Resumed,
    SignedOff,
    Started,
)
from core.plan.figures import parse_figure
from core.plan.models import Approval, Checklist, Item, Signoff, Stretch, Value, Watch
from core.plan.quantities import figure
from core.plan.runbook import read_runbook
from core.rules.reports import running
from core.rules.values import passing
from core.start import new_deployment
from core.state import Status
from core.understudy import answer

NUMBER = "checklist: {id: list, title: L, items: [{id: rate, title: R, value: {unit: '%', below: 0.5, at-least: 0}}, {id: size, title: S, value: {unit: GB}}]}"
KNOWN = "checklist: {id: list, title: L, items: [{id: old, title: O, already: In phase 1}, {id: p95, title: P, already: In phase 2, value: {unit: ms, below: 500, actual: 99.17}}]}"
MEETING = "meeting: {id: meet, title: M, roles: [deployer, qa], within: 10m, items: [{id: risks, title: R}]}"
APPROVED = "run: {id: go, title: G, action: change, approve: [qa], approve-within: 30m}"
CONFIRMED = "run: {id: go, title: G, action: change, settle: 2m, within: 5m, confirm: [{http: {source: api, get: /h}}, {run: look}]}"
ROWS = "watch: {id: on, title: {en: On watch, ko: 관찰}, until: D+3 16:00, gate: calm, reviews: ['08:00'], rows: {at: ['08:00'], metrics: [errors, rps], items: [{id: issues, title: Issues}], role: qa}}"


# ------------------------------------------------------------------------------------------------------------- values


def test_a_number_settles_an_item_on_the_right_side_only() -> None:
    world = play(NUMBER, END)
    assert world.refused(ItemMarked(DEPLOYER, "list", "rate", "done")) == "value-required"
    assert (
        world.refused(ItemMarked(DEPLOYER, "list", "rate", "done", "", "half a percent"))
        == "value-unreadable"
    )
    assert world.refused(ItemMarked(DEPLOYER, "list", "rate", "done", "", "0.4 GB")) == "value-unreadable"
    world.do(ItemMarked(DEPLOYER, "list", "rate", "done", "", "0.5"))
    rate = world.step("list").items[0]
    assert (rate.mark, rate.value, rate.failed, rate.by) == ("open", 0.5, "0.5 %", DEPLOYER)
    assert world.words("item-not-passed")["limits"] == "below=0.5 %;at-least=0 %"
    world.do(ItemMarked(OPS, "list", "rate", "done", "measured again", "0.2 %"))
    rate = world.step("list").items[0]
    assert (rate.mark, rate.value, rate.failed, rate.note) == ("done", 0.2, "", "measured again")
    world.do(ItemMarked(OPS, "list", "size", "done", "", "1,240"))
    assert world.step("list").items[1].value == 1240.0
    assert world.status() is Status.DONE


def test_a_number_on_the_wrong_side_is_accepted_with_a_reason_or_not_applicable() -> None:
    world = play(NUMBER)
    world.do(ItemMarked(DEPLOYER, "list", "rate", "done", "", "7"))
    assert world.refused(ItemMarked(DEPLOYER, "list", "rate", "done")) == "value-required"
    other = world.copy()
    world.do(ItemMarked(DEPLOYER, "list", "rate", "done", "the probe is broken"))
    assert (world.step("list").items[0].mark, world.told()[-1]) == ("done", "item-accepted")
    other.do(ItemMarked(DEPLOYER, "list", "rate", "not-applicable", "there is no traffic"))
    assert other.step("list").items[0].mark == "not-applicable"


def test_opening_again_forgets_the_number() -> None:
    world = play(NUMBER)
    world.do(ItemMarked(DEPLOYER, "list", "rate", "done", "", "0.1"))
    world.do(ItemMarked(DEPLOYER, "list", "rate", "open"))
    assert world.step("list").items[0].value is None


@given(
    st.floats(-1e9, 1e9).map(lambda number: round(number, 6)), st.sampled_from(["", "%", "GB", "명", "건"])
)
def test_every_number_that_is_written_is_read(number: float, unit: str) -> None:
    read = parse_figure(f" {figure(number)} {unit}")
    assert (read.value, read.unit) == (number, unit)


@pytest.mark.parametrize(
    "text",
    ["", "x", "0,08", "1,24", "01,240", "1 2", "∞", "nan", "1.2.3", "12" * 20, "1" + " " * 9 + "a b"],
)
def test_what_could_be_two_numbers_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        parse_figure(text)


SIDES = st.one_of(
    st.fixed_dictionaries({"below": st.floats(-1000, 1000)}),
    st.fixed_dictionaries({"above": st.floats(-1000, 1000)}),
    st.tuples(st.floats(-1000, 1000), st.floats(1, 1000)).map(
        lambda pair: {"at_least": pair[0], "at_most": pair[0] + pair[1]}
    ),
)


@given(SIDES)
def test_who_plays_a_person_knows_a_number_that_passes(sides: dict[str, float]) -> None:
    written = {key: round(limit, 3) for key, limit in sides.items()}
    value = Value.model_validate({"unit": "ms", **written})
    item = Item.model_validate({"id": "one", "title": "One", "value": value})
    assert value.passes(float(passing(item)))


# ---------------------------------------------------------------------------------------------- links, known, reminded


def test_a_link_is_an_address() -> None:
    world = play("checklist: {id: list, title: L, items: [{id: report, title: R, evidence: link}]}")
    assert world.refused(ItemMarked(DEPLOYER, "list", "report", "done")) == "evidence-required"
    for text in ("later", "http://wiki.example", "https://", "ftp://a.b"):
        assert world.refused(ItemMarked(DEPLOYER, "list", "report", "done", text)) == "link-required"
    world.do(ItemMarked(DEPLOYER, "list", "report", "done", "https://jira/browse/OPS-4"))
    assert world.step("list").status == "done"


def test_what_was_settled_before_the_start_is_done_by_the_plan() -> None:
    world = play(KNOWN, END)
    assert [(item.mark, item.by, item.note, item.value) for item in world.step("list").items] == [
        ("done", "plan", "In phase 1", None),
        ("done", "plan", "In phase 2", 99.17),
    ]
    assert world.told().count("item-already-done") == 2
    assert world.status() is Status.DONE


def test_what_the_plan_says_is_settled_can_be_opened_again() -> None:
    world = play(KNOWN.replace("{id: old", "{id: new, title: N}, {id: old"))
    world.do(ItemMarked(DEPLOYER, "list", "old", "open", "it was another phase"))
    assert world.step("list").items[1].mark == "open"


def test_the_owner_is_reminded_before_it_is_due_and_when_it_is() -> None:
    item = "{id: one, title: O, role: qa, due: D0 18:00, remind: 1h}, {id: two, title: T, due: D0 18:00}"
    world = play(f"checklist: {{id: list, title: L, items: [{item}]}}", at_="15:00")
    world.run(clock("17:30"))
    assert (world.when("item-due-soon"), world.when("item-overdue")) == ([clock("17:00")], [])
    assert world.words("item-due-soon")["people"] == f"{OPS},{APPROVER}"
    world.run(clock("18:30"))
    assert world.when("item-overdue") == [clock("18:00")] * 2


def test_nobody_is_reminded_early_of_what_opens_late() -> None:
    item = "{id: one, title: O, due: D0 18:00, remind: 5h}"
    world = play(
        f"checklist: {{id: list, title: L, at: D0 19:00, items: [{item}]}}".replace("D0 18:00", "D0 19:30"),
        at_="18:59",
    )
    world.run(clock("19:10"))
    assert world.told().count("item-due-soon") == 1


# ----------------------------------------------------------------------------------------------------------- criteria


def test_a_criterion_keeps_what_was_measured_and_is_checked_again() -> None:
    world = play(
        FIVE,
        "checklist: {id: good, title: G, at: T+20m, as: criteria, items: [{id: errors, title: E, check: {metric: {metric: errors, below: 1%}}}]}",
        END,
    )
    world.service.error_share = 0.008
    world.run(clock("14:30"))
    world.service.error_share = 0.0
    passed = world.step("good").items[0]
    assert (passed.mark, passed.by, passed.unit) == ("done", "bot", "%")
    assert passed.value == pytest.approx(0.8, abs=0.01)


def test_a_failed_criterion_is_looked_at_again() -> None:
    sick = play(
        FIVE,
        "checklist: {id: good, title: G, at: T+2m, as: criteria, items: [{id: errors, title: E, check: {metric: {metric: errors, below: 1%}}}]}",
        END,
    )
    sick.service.error_share = 0.012
    sick.run(clock("14:02"))
    failed = sick.step("good").items[0]
    assert failed.mark == "open"
    assert failed.value == pytest.approx(1.2, abs=0.01)
    sick.service.error_share = 0.0
    sick.move(clock("14:04"))
    assert sick.refused(ItemMarked(DEPLOYER, "good", "errors", "done")) == "evidence-required"
    sick.do(ItemMarked(DEPLOYER, "good", "*", "open"))
    assert sick.step("good").items[0].mark == "done"


# ----------------------------------------------------------------------------------------------------------- meetings


def test_a_meeting_is_attendance_and_a_list() -> None:
    attendance, agenda = (placed.body for placed in runbook(MEETING).route)
    assert isinstance(attendance, Signoff)
    assert (attendance.attendance, attendance.within) == (True, timedelta(minutes=10))
    assert isinstance(agenda, Checklist)
    assert (agenda.id, agenda.wait) == ("meet.items", True)


def test_one_person_is_here_for_several_roles_and_who_is_missing_is_named() -> None:
    world = play(MEETING, END)
    assert world.refused(SignedOff(OPS, "meet", "deployer", "approve")) == "not-allowed"
    assert world.refused(SignedOff(DEPLOYER, "meet", "deployer", "reject", "no")) == "nothing-to-reject"
    assert world.refused(SignedOff(DEPLOYER, "meet", "deployer", "withdraw")) == "not-here"
    assert world.refused(SignedOff(DEPLOYER, "meet", "nobody", "approve")) == "role-not-asked"
    world.do(SignedOff(DEPLOYER, "meet", "deployer", "approve"))
    assert world.refused(SignedOff(DEPLOYER, "meet", "deployer", "approve")) == "already-here"
    world.run(clock("14:20"))
    assert world.when("attendance-missing") == [clock("14:10")]
    assert world.words("attendance-missing")["roles"] == "qa"
    assert world.step("meet.items").status == "open"
    world.do(SignedOff(OPS, "meet", "qa", "approve"))
    assert world.told()[-1] == "attended-late"
    assert world.refused(SignedOff(OPS, "meet", "qa", "withdraw")) == "step-not-open"


def test_without_a_time_everybody_is_waited_for() -> None:
    world = play(MEETING.replace(", within: 10m", ""))
    world.run(clock("20:00"))
    assert world.step("meet").status == "open"


def test_who_says_only_that_he_is_here_has_signed_nothing() -> None:
    sign = "signoff: {id: sign, title: S, roles: [qa]}"
    world = play(MEETING, sign, SIGNED)
    world.do(SignedOff(DEPLOYER, "meet", "deployer", "approve"))
    world.run(clock("14:10"))
    world.do(ItemMarked(DEPLOYER, "meet.items", "risks", "done"))
    world.do(SignedOff(OPS, "sign", "qa", "approve"))
    assert world.step("meet").signs[1].mark == "open"
    assert (world.status(), world.deployment.verdict) == (Status.DONE, "GO")


# ------------------------------------------------------------------------------------------------------ approved runs


def test_a_run_waits_for_its_approval_with_what_it_would_do() -> None:
    assert isinstance(runbook(APPROVED).step("go.go").body, Approval)
    world = play(APPROVED, END)
    asked = world.step("go.go")
    assert (asked.status, asked.tried, asked.evidence) == ("open", "ok", "would change nothing else")
    assert asked.deadline == clock("14:30")
    assert world.changes == []
    world.do(Decided(APPROVER, "go.go", asked.round, "go"))
    assert [what for _, what in world.changes] == ["change"]
    assert world.status() is Status.DONE


def test_nobody_is_asked_before_it_is_known_what_would_be_done() -> None:
    world = PureWorld(play(APPROVED).deployment, clock("14:00"))
    fresh = play(APPROVED)
    answers: list[Effect] = []

    def held_back(effect: Effect) -> Input | None:
        if isinstance(effect, Run) and effect.dry:
            answers.append(effect)
            return EffectFailed("run", effect.ref, "terraform: no such file")
        return None

    fresh.broken = held_back
    fresh.do(Decided(APPROVER, "go.go", fresh.step("go.go").round, "hold", "not yet"))
    fresh.do(Resumed(DEPLOYER))
    asked = fresh.step("go.go")
    assert len(answers) == 1
    assert (asked.tried, asked.evidence) == ("failed", "terraform: no such file")
    assert fresh.refused(Decided(APPROVER, "go.go", asked.round, "go")) == "go-unseen-needs-reason"
    fresh.do(Decided(APPROVER, "go.go", asked.round, "go", "we know this script"))
    assert fresh.step("go").status == "done"
    assert world.step("go.go").answer is None


def test_without_an_answer_it_holds_and_nothing_is_run() -> None:
    world = play(APPROVED)
    world.run(clock("15:00"))
    assert world.status() is Status.HELD
    assert world.changes == []


def test_a_run_is_done_when_its_confirmation_passes() -> None:
    world = play(CONFIRMED, END)
    assert (world.step("go").status, world.step("go").stage_of_work) == ("open", "settling")
    world.run(clock("14:02"))
    assert world.step("go").status == "done"
    assert world.told().count("confirmed") == 2


def test_a_run_that_is_not_confirmed_in_time_holds_and_is_run_again_after_resuming() -> None:
    world = play(CONFIRMED, END)
    said = {"ok": False}

    def sick(effect: Effect) -> Input | None:
        if isinstance(effect, CheckItem) and effect.item == "0":
            return Checked(effect.step, effect.item, effect.round, said["ok"], "GET /h answered 503")
        return None

    world.broken = sick
    world.run(clock("14:10"))
    assert world.status() is Status.HELD
    assert world.step("go").status == "failed"
    said["ok"] = True
    world.do(Resumed(DEPLOYER))
    world.run(clock("14:20"))
    assert world.status() is Status.DONE
    assert [what for _, what in world.changes] == ["change", "change"]


def test_a_pause_while_it_settles_runs_nothing_twice() -> None:
    world = play(CONFIRMED, END)
    world.do(Paused(DEPLOYER, "lunch"))
    world.run(clock("14:30"))
    world.do(Resumed(DEPLOYER))
    world.run(clock("14:40"))
    assert world.status() is Status.DONE
    assert len(world.changes) == 1


# --------------------------------------------------------------------------------------------------------- daily rows


def test_a_watch_with_rows_is_stretches_and_lists() -> None:
    route = [placed.body for placed in runbook(ROWS).route]
    assert [body.id for body in route] == [
        "on.d1",
        "on.d1.row",
        "on.d2",
        "on.d2.row",
        "on.d3",
        "on.d3.row",
        "on",
    ]
    assert all(isinstance(body, Watch) for body in route[::2])
    row = route[3]
    assert isinstance(row, Checklist)
    assert (row.title.en, row.title.ko, row.wait) == ("On watch: D+2", "관찰: D+2", False)
    assert row.due is not None
    assert row.due.text == "D+2 16:00"


def test_a_row_at_the_end_of_the_watch_comes_after_it() -> None:
    route = [placed.body.id for placed in runbook(ROWS.replace("D+3 16:00", "D+2 08:00")).route]
    assert route == ["on.d1", "on.d1.row", "on", "on.d2.row"]


def test_several_clock_times_and_chosen_days() -> None:
    text = ROWS.replace("at: ['08:00']", "at: ['08:00', '16:00'], days: [1, 3]")
    route = [placed.body.id for placed in runbook(text).route]
    assert route[:4] == ["on.d1.0800", "on.d1.0800.row", "on.d1.1600", "on.d1.1600.row"]
    assert route[-2:] == ["on", "on.d3.1600.row"]


def test_the_bot_fills_in_what_it_measured_since_the_row_before() -> None:
    world = play(FIVE, ROWS, END)
    world.service.error_share = world.service.stable_errors = 0.002
    world.run(clock("08:30", 1))
    errors, rps, issues = world.step("on.d1.row").items
    assert (errors.mark, errors.by) == ("done", "bot")
    assert errors.value == pytest.approx(0.2, abs=0.01)
    assert rps.mark == "done"
    assert rps.value == pytest.approx(0.2, rel=0.1)
    assert (issues.mark, world.step("on.d2").status) == ("open", "open")
    world.service.error_share = world.service.stable_errors = 0.006
    world.run(clock("08:30", 2))
    second = world.step("on.d2.row").items[0]
    assert second.value == pytest.approx(0.6, abs=0.02), "only what came since the row before"
    world.service.restart()
    world.service.error_share = world.service.stable_errors = 0.004
    world.run(clock("08:30", 3))
    assert world.step("on.d3.row").items[0].value == pytest.approx(0.4, abs=0.02), "a restart loses nothing"
    assert world.told().count("review") == 3
    world.run(clock("17:00", 3))
    assert world.step("on").status == "done"
    assert world.step("end").status == "waiting"
    for day in (1, 2, 3):
        world.do(ItemMarked(OPS, f"on.d{day}.row", "issues", "done", "none"))
    assert (world.status(), world.deployment.verdict) == (Status.DONE, "GO")


def test_a_row_over_the_limit_is_a_fail_that_a_person_settles() -> None:
    steps = "".join(f"      - {step}\n" for step in (FIVE, ROWS))
    watching = read_runbook(f"{HEAD}{steps}      - {END}\n".replace("then: call", "then: observe"))
    fresh = new_deployment(id="D5", runbook=watching, inputs={}, t0=T0, language="ko")
    world = PureWorld(fresh, T0)
    world.service.per_second = 0.5
    world.do(Started(DEPLOYER, (("deployer", (DEPLOYER,)), ("qa", (OPS, APPROVER)))))
    world.run(clock("08:30", 1))
    rps = world.step("on.d1.row").items[1]
    assert rps.mark == "open"
    assert rps.value == pytest.approx(0.025, rel=0.1)
    world.do(ItemMarked(OPS, "on.d1.row", "rps", "done", "it is the night"))
    assert world.told()[-1] == "item-accepted"


def test_without_data_a_row_says_so_and_stays_open() -> None:
    world = play(FIVE, ROWS, END)
    world.run(clock("07:59", 1))
    world.service.silent = True
    world.run(clock("08:00", 1))
    errors = world.step("on.d1.row").items[0]
    assert (errors.mark, errors.value) == ("open", None)
    assert "missing" in errors.failed


# -------------------------------------------------------------------------------------------------------- a stretch

STRETCH = "checklist: {id: good, title: G, at: T+3h, as: criteria, items: [{id: errors, title: E, check: {metric: {metric: errors, below: 1%, over: 1h}}}]}"


def test_an_item_is_judged_over_the_last_stretch_of_time() -> None:
    world = play(FIVE, STRETCH, END)
    looks: list[PastLook] = []

    def kept(effect: Effect) -> Input | None:
        if isinstance(effect, Measure):
            looks.append(PastLook(world.now, world.service.read(world.deployment.runbook, "errors")))
        return Backfilled(effect.ref, tuple(looks)) if isinstance(effect, Backfill) else None

    world.broken = kept
    world.service.error_share = world.service.stable_errors = 0.009
    world.run(clock("15:30"))
    world.service.error_share = world.service.stable_errors = 0.002
    world.run(clock("17:10"))
    errors = world.step("good").items[0]
    assert errors.mark == "done"
    assert errors.value == pytest.approx(0.2, abs=0.02), "not 0.6, as since the traffic began"


def test_a_stretch_that_nobody_has_seen_is_no_pass() -> None:
    world = play(FIVE, STRETCH, END)
    world.service.error_share = world.service.stable_errors = 0.0
    world.run(clock("17:10"))
    errors = world.step("good").items[0]
    assert (errors.mark, errors.value) == ("open", None)
    assert "not-covered" in errors.failed


def test_an_answer_about_a_stretch_that_nobody_waits_for_changes_nothing() -> None:
    world = play(FIVE, STRETCH, END)
    world.run(clock("17:10"))
    before = world.step("good")
    world.do(Backfilled(f"stretch:good:errors:1:{int(clock('17:00').timestamp())}", ()))
    assert world.step("good") == before


# --------------------------------------------------------------------------------------------------------- long waits

FOLLOW_UP = (
    "checklist: {id: day, title: Day 1, at: D+1 10:00, items: [{id: ok, title: Ok}]}",
    "watch: {id: month, title: The first month, until: D+30 09:00}",
    "checklist: {id: end, title: Month 1, at: D+30 10:00, due: D+31 10:00, items: [{id: ok, title: Ok}]}",
)


def test_a_plan_without_traffic_waits_for_weeks() -> None:
    world = play(*FOLLOW_UP)
    assert world.next_moment() == clock("10:00", 1)
    world.run(clock("11:00", 1))
    world.settle_items()
    assert world.next_moment() == clock("09:00", 30)
    world.run(clock("10:30", 30))
    assert world.step("month").status == "done"
    assert world.step("end").status == "open"
    world.settle_items()
    assert world.status() is Status.DONE


def test_a_wait_before_the_traffic_ends_no_reports() -> None:
    wait = "watch: {id: wait, title: W, until: T0}"
    world = play(wait, FIVE, BAKE, END, at_="13:00")
    world.run(clock("14:01"))
    assert world.deployment.weight == 5
    assert running(world.deployment)


def test_stretches_have_no_review_twice() -> None:
    bodies = [
        placed.body for placed in runbook(FIVE, BAKE, ROWS, END).route if isinstance(placed.body, Stretch)
    ]
    assert [body.since.text if body.since else "" for body in bodies] == [
        "",
        "D+1 08:00",
        "D+2 08:00",
        "D+3 08:00",
    ]


# ------------------------------------------------------------------------------------------------------ who is not there


def test_the_understudy_answers_all_of_it() -> None:
    link = "checklist: {id: papers, title: P, items: [{id: report, title: R, evidence: link}]}"
    world = play(NUMBER, link, MEETING, APPROVED, END)
    for _ in range(20):
        found = asks(world.deployment)
        if not found:
            break
        world.do(answer(world.deployment, found[0]))
    assert world.status() is Status.DONE


def test_an_answer_of_a_run_that_is_settling_is_late() -> None:
    world = play(CONFIRMED)
    step = world.step("go")
    world.do(Ran(f"step:go:{step.round}", True, "once more"))
    assert world.step("go") == step
    assert world.now == T0

"""Playbooks that people walk: how an incident begins, its times, its question, what an answer sets going, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pure_world import (
    APPROVER,
    COARSE,
    DEPLOYER,
    OPS,
    PureWorld,
    at,
    clock,
    coarse,
    failed,
    in_seconds,
    ion_but,
)

from commands.blocks import home
from commands.papers import incidents as papers
from commands.telling import voice
from core import understudy
from core.asks import asks
from core.effects import Run
from core.incidents import (
    Incident,
    IncidentAnswered,
    IncidentAsked,
    IncidentClosed,
    IncidentDeclared,
    IncidentMarked,
    NextTrySet,
)
from core.inputs import Ran, Resumed, RollbackAsked
from core.plan.models import Remedy
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook, read_runbook
from core.state import Status
from core.suggesting import suggestion, weighed

MINUTE = timedelta(minutes=1)
ACTS = (
    ("      options: [watch, hot-fix, roll-back]\n    bands:\n      - {metric: errors, above: 1%, suggest: roll-back}\n",
     "      options: [watch, hot-fix, scale-out, roll-back]\n    actions: {scale-out: more-pods}\n    bands:\n      - {metric: errors, above: 1%, suggest: roll-back}\n"),
    ("  service-status:\n", "  more-pods:\n    title: More pods\n    command: {program: deploy, args: [scale, '+2']}\n  service-status:\n"),
)  # fmt: skip
"""The slow playbook with an answer that runs an action."""
BY_HAND = ("  automatic: true\n", "  automatic: false\n")


def slow(*changes: tuple[str, str]) -> PureWorld:
    """Slow answers in the first window: the rule has called, and its playbook is being walked."""
    world = at("14:15", runbook=ion_but(*changes))
    world.service.slow_share = 0.5
    world.run(clock("14:20"))
    return world


def the(world: PureWorld) -> Incident:
    """The newest incident."""
    return world.deployment.incidents[-1]


def tick_all(world: PureWorld) -> None:
    for ask in asks(world.deployment):
        if ask.kind == "todo":
            world.do(IncidentMarked(ask.people[0], the(world).number, int(ask.subject), "done", "seen"))


def answer(world: PureWorld, remedy: Remedy, reason: str = "", by: str = APPROVER) -> None:
    world.do(IncidentAnswered(by, the(world).number, the(world).round, remedy, reason))


# ------------------------------------------------------------------------------------------------------- how it begins


def test_a_rule_that_calls_begins_its_playbook_and_the_looks_show_what_they_found() -> None:
    world = slow()
    incident = the(world)
    assert (incident.playbook, incident.cause, incident.stage) == ("slow-responses", "rule", "diagnosing")
    assert incident.todos[0].seen == "ok"
    assert incident.todos[0].mark == "open", "what the bot saw is evidence; a person still looks at it"
    assert [post.key for post in world.posted("incident")] == ["incident:1"]
    assert not any(isinstance(effect, Run) and not effect.looks for effect in world.pending)


def test_a_rollback_of_the_bots_own_leaves_the_steps_of_its_playbook_to_be_done() -> None:
    world = at("14:16", runbook=coarse())
    world.service.error_share = 0.5
    world.run(clock("14:35"))
    assert world.status() is Status.ROLLED_BACK
    incident = the(world)
    assert (incident.playbook, incident.cause, incident.stage) == ("high-errors", "rollback", "back")
    assert {ask.kind for ask in asks(world.deployment)} >= {"todo", "next-try"}
    tick_all(world)
    assert the(world).open
    assert world.refused(NextTrySet(APPROVER, 1, world.now)) == "next-try-past"
    world.do(NextTrySet(APPROVER, 1, world.now + timedelta(days=1)))
    assert (the(world).stage, the(world).closed_by, the(world).closed) == ("closed", "bot", "settled")


def test_a_failed_action_begins_the_playbook_it_names() -> None:
    world = at("13:59", runbook=coarse())
    world.broken = lambda effect: (
        Ran(effect.ref, False, "no route to host") if isinstance(effect, Run) is False and effect.kind == "set-weight" else None
    )  # fmt: skip
    world.play(clock("14:02"))
    assert (the(world).playbook, the(world).cause) == ("script-fails", "failed")


def test_one_incident_a_playbook_and_a_person_may_begin_any() -> None:
    world = at("14:30", runbook=coarse())
    world.do(IncidentDeclared(OPS, "memory-rising", "the graph climbs"))
    assert (the(world).by, the(world).note, the(world).cause) == (OPS, "the graph climbs", "person")
    assert world.refused(IncidentDeclared(DEPLOYER, "memory-rising")) == "incident-open"
    assert world.refused(IncidentDeclared("U0NOBODY", "high-errors")) == "not-allowed"
    assert world.refused(IncidentDeclared(OPS, "memory-risin")) == "unknown-playbook"
    world.do(IncidentDeclared(OPS, "high-errors"))
    assert [one.number for one in world.deployment.incidents] == [1, 2]
    assert world.refused(IncidentClosed(APPROVER, 1, " ")) == "reason-required"
    world.do(IncidentClosed(APPROVER, 1, "a false alarm"))
    world.do(IncidentDeclared(OPS, "memory-rising"))
    assert the(world).number == 3


def test_what_somebody_has_closed_does_not_open_again_for_the_same_call() -> None:
    world = slow()
    world.do(IncidentClosed(APPROVER, 1, "known"))
    world.run(clock("14:24"))
    assert "rule:p95.below.call" in world.open_pages()
    assert len(world.deployment.incidents) == 1


# --------------------------------------------------------------------------------------------------- steps and times


def test_a_late_step_is_reminded_and_people_are_called_tier_by_tier() -> None:
    world = slow()
    world.do(IncidentMarked(OPS, 1, 0, "done"))
    world.run(clock("14:26"))
    late = [dict(fact.words)["todo"] for _, fact in world.facts if fact.key == "incident-late"]
    assert late == ["slow-responses/1", "slow-responses/2", "slow-responses/3"]
    page = next(page for page in world.deployment.pages if page.topic == "incident:1:late")
    assert page.open
    world.run(page.deadline or world.now)
    again = world.deployment.page(page.number)
    assert again is not None
    assert again.tier == 2
    tick_all(world)
    assert "incident:1:late" not in world.open_pages()


def test_a_step_is_its_owners_and_is_settled_once() -> None:
    world = slow()
    assert world.refused(IncidentMarked(OPS, 1, 1, "done")) == "not-allowed"
    assert world.refused(IncidentMarked(DEPLOYER, 1, 1, "not-applicable")) == "reason-required"
    assert world.refused(IncidentMarked(DEPLOYER, 1, 9, "done")) == "no-such-todo"
    assert world.refused(IncidentMarked(DEPLOYER, 7, 1, "done")) == "no-such-incident"
    world.do(IncidentMarked(DEPLOYER, 1, 1, "done", "the pool is full"))
    assert (the(world).todos[1].by, the(world).todos[1].note) == (DEPLOYER, "the pool is full")
    assert world.refused(IncidentMarked(DEPLOYER, 1, 1, "done")) == "item-already"
    world.do(IncidentMarked(DEPLOYER, 1, 1, "open"))
    assert the(world).todos[1].mark == "open"


def test_the_question_comes_with_the_last_tick_or_when_the_time_of_the_steps_is_over_or_when_asked_for() -> (
    None
):
    ticked, timed, asked = slow(), slow(), slow()
    tick_all(ticked)
    assert the(ticked).stage == "asking"
    timed.run(clock("14:25"))
    assert the(timed).stage == "asking"
    asked.do(IncidentAsked(OPS, 1))
    assert the(asked).stage == "asking"
    assert asked.refused(IncidentAsked(OPS, 1)) == "incident-not-askable"
    assert [post.subject for post in asked.posted("incident-question")] == ["1:1"]


def test_a_look_that_shows_nothing_leaves_its_step_to_a_person() -> None:
    world = at("14:15", runbook=coarse())
    world.service.slow_share = 0.5
    world.broken = lambda effect: (
        failed("run", effect.ref, "the script is gone") if isinstance(effect, Run) and effect.looks else None
    )
    world.run(clock("14:20"))
    assert (the(world).todos[0].seen, the(world).todos[0].failed) == ("", "the script is gone")
    assert world.told().count("incident-look-failed") == 1


# ------------------------------------------------------------------------------------------------------- the answers


def test_watch_keeps_it_open_and_asks_again_at_the_next_look() -> None:
    world = slow()
    tick_all(world)
    assert world.refused(IncidentAnswered(OPS, 1, 1, "watch")) == "not-allowed"
    assert world.refused(IncidentAnswered(APPROVER, 1, 1, "restart")) == "not-a-remedy"
    answer(world, "watch")
    assert the(world).stage == "watching"
    assert the(world).next_at == world.now + 10 * MINUTE
    assert world.refused(IncidentAnswered(APPROVER, 1, 1, "watch")) == "incident-not-asked"
    world.run(world.now + 10 * MINUTE)
    assert (the(world).stage, the(world).round) == ("asking", 2)
    assert world.refused(IncidentAnswered(APPROVER, 1, 1, "watch")) == "incident-not-asked"


def test_a_fix_holds_the_deployment_until_the_incident_is_closed() -> None:
    world = at("14:30", runbook=coarse())
    world.do(IncidentDeclared(OPS, "slow-responses"))
    tick_all(world)
    assert world.refused(IncidentAnswered(APPROVER, 1, 1, "hot-fix")) == "reason-required"
    answer(world, "hot-fix", "the index is missing")
    assert world.status() is Status.HELD
    assert world.refused(Resumed(DEPLOYER)) == "close-incident-first"
    assert [ask.kind for ask in asks(world.deployment) if ask.kind in ("fix", "hold")] == ["fix"]
    world.run(clock("14:40"))
    assert world.status() is Status.HELD
    world.do(IncidentClosed(DEPLOYER, 1, "the index is there"))
    assert world.status() is Status.RUNNING


def test_roll_back_is_what_rollback_is_with_its_rights_and_its_reason() -> None:
    alone = ("  by: [deployer, final-approver, operations]\n  triggers", "  by: [deployer]\n  triggers")
    world = slow(alone)
    tick_all(world)
    assert world.refused(IncidentAnswered(APPROVER, 1, 1, "roll-back", "slow")) == "not-allowed"
    assert world.refused(IncidentAnswered(DEPLOYER, 1, 1, "roll-back")) == "reason-required"
    answer(world, "roll-back", "the logs do not say why", by=DEPLOYER)
    assert world.deployment.rollback is not None
    assert world.deployment.rollback.reason == "the logs do not say why"
    world.run(clock("14:40"))
    assert world.status() is Status.ROLLED_BACK
    assert the(world).stage == "back"
    assert {ask.kind for ask in asks(world.deployment)} >= {"next-try"}


def test_an_answer_runs_its_action_through_the_world_also_while_the_deployment_stands_still() -> None:
    world = slow(*ACTS)
    tick_all(world)
    assert world.status() is Status.HELD
    answer(world, "scale-out")
    assert world.changes[-1] == ("incident:1:act:1", "more-pods")
    assert (the(world).stage, the(world).outcome) == ("watching", "ok")
    assert the(world).next_at == world.now + 10 * MINUTE


@pytest.mark.parametrize("unknown", [False, True])
def test_an_action_that_did_not_do_it_is_asked_about_again(unknown: bool) -> None:
    world = slow(*ACTS)
    tick_all(world)
    world.broken = lambda effect: (
        failed("run", effect.ref, "connection lost", unknown=unknown) if isinstance(effect, Run) and effect.lane == "world" else None
    )  # fmt: skip
    answer(world, "scale-out")
    assert (the(world).stage, the(world).round, the(world).failed) == ("asking", 2, "connection lost")
    assert world.told().count("incident-act-unknown" if unknown else "incident-act-failed") == 1


def test_a_rollback_withdraws_an_answers_action_that_nobody_has_begun() -> None:
    world = slow(*ACTS)
    tick_all(world)
    world.apply(IncidentAnswered(APPROVER, 1, 1, "scale-out"))
    world.apply(RollbackAsked(DEPLOYER, "enough"))
    world.drain()
    assert ("incident:1:act:1", "more-pods") not in world.changes
    assert (the(world).stage, the(world).ref) == ("back", "")


def test_silence_without_a_default_calls_more_people_and_does_nothing_else() -> None:
    world = slow()
    tick_all(world)
    world.run(the(world).deadline or world.now)
    assert world.told().count("incident-unanswered") == 1
    assert "incident:1:question" in world.open_pages()
    assert (the(world).stage, world.deployment.rollback) == ("asking", None)
    answer(world, "watch")
    assert "incident:1:question" not in world.open_pages()


@pytest.mark.parametrize("automatic", [True, False])
def test_a_default_of_rolling_back_acts_only_where_rollbacks_are_automatic(automatic: bool) -> None:
    default = ("      options: [watch, hot-fix, roll-back]\n    bands:\n      - {metric: errors", "      options: [watch, hot-fix, roll-back]\n      default: roll-back\n    bands:\n      - {metric: errors")  # fmt: skip
    world = slow(default, *(() if automatic else (BY_HAND,)))
    tick_all(world)
    world.run(the(world).deadline or world.now)
    assert (world.deployment.rollback is not None) == automatic
    if not automatic:
        assert [page.key for page in world.deployment.pages if page.topic == "incident:1:question"] == ["incident-proposed"]  # fmt: skip


@pytest.mark.parametrize("automatic", [True, False])
def test_declared_at_once_the_way_back_begins_or_is_proposed(automatic: bool) -> None:
    at_once = ("    title: {en: \"Memory keeps rising\", ko: \"메모리 사용률 지속 증가\"}\n", "    title: Data is damaged\n    at-once: roll-back\n")  # fmt: skip
    world = at("14:30", runbook=ion_but(at_once, *(() if automatic else (BY_HAND,))))
    world.do(IncidentDeclared(OPS, "memory-rising", "orders are doubled"))
    if automatic:
        run = world.deployment.rollback
        assert run is not None
        assert (run.key, run.by, run.reason) == ("incident", OPS, "orders are doubled")
    else:
        assert world.deployment.rollback is None
        assert [page.key for page in world.deployment.pages] == ["incident-at-once"]


def test_a_plan_that_never_acts_alone_calls_people_and_proposes() -> None:
    world = at("14:20", runbook=ion_but(BY_HAND))
    world.service.error_share = 0.5
    world.run(clock("14:50"))
    assert world.deployment.rollback is None
    assert world.status() is Status.HELD
    page = next(page for page in world.deployment.pages if page.topic == "rule:errors.below.rollback")
    assert dict(page.words)["then"] == "rollback"
    assert the(world).playbook == "high-errors"


def test_who_stands_in_for_people_walks_an_incident_to_its_end() -> None:
    world = at("14:30", runbook=coarse())
    world.deployment = replace(world.deployment, rehearsal=True)
    for name in ("slow-responses", "high-errors"):
        world.do(IncidentDeclared(OPS, name))
    for _ in range(40):
        found = [ask for ask in asks(world.deployment) if ask.kind in ("todo", "remedy", "fix", "next-try")]
        if found:
            world.do(understudy.answer(world.deployment, found[0]))
        else:
            world.run(world.now + MINUTE)
    assert [one.open for one in world.deployment.incidents] == [False, False]
    assert world.deployment.incidents[0].round == 2


def test_the_record_has_every_step_the_answer_and_the_next_try() -> None:
    world = slow()
    tick_all(world)
    answer(world, "roll-back", "the logs do not say why")
    world.run(clock("14:40"))
    world.do(NextTrySet(APPROVER, 1, world.now + timedelta(days=1)))
    written = "\n".join(
        line for part in papers.section(world.deployment, voice(world.deployment, world.now)) for line in part
    )
    assert "## Incident 1: P95 above 500 ms" in written
    assert written.count("done,") == 4
    assert "Decided: ROLL BACK" in written
    assert "the logs do not say why" in written
    assert "Next try" in written


def test_home_shows_what_an_incident_asks_of_somebody_with_its_buttons() -> None:
    world = slow()
    view = str(home.draw([(world.deployment, world.now)], DEPLOYER, voice(world.deployment, world.now)))
    assert "Incident “P95 above 500 ms”: Five minutes with the logs" in view
    assert view.count("incident.done") == 2
    tick_all(world)
    view = str(home.draw([(world.deployment, world.now)], APPROVER, voice(world.deployment, world.now)))
    assert "waits for your decision" in view


# ------------------------------------------------------------------------------------------------------- suggestions


def suggested(world: PureWorld) -> str | None:
    return suggestion(weighed(world.deployment, the(world), world.now))


def test_bands_suggest_and_what_was_not_measured_never_reads_as_fine() -> None:
    world = slow()
    assert suggested(world) == "roll-back"  # P99 is over 800 ms
    world.service.slow_share = 0.0
    world.run(clock("14:25"))
    assert suggested(world) == "watch"
    world.service.down = True
    world.run(clock("14:41"))
    assert suggested(world) is None
    world.run(clock("14:51"))
    assert suggested(world) == "roll-back"  # it has lasted half an hour, whatever the source says


@pytest.mark.parametrize("runbook", [coarse(), in_seconds(COARSE)], ids=["in its unit", "in another unit"])
def test_growth_suggests_what_the_plan_says(runbook: Runbook) -> None:
    world = at("15:30", runbook=runbook)
    world.do(IncidentDeclared(OPS, "memory-rising"))
    assert suggested(world) == "watch"
    for minute in range(60):
        world.service.memory = 61.0 + minute * 0.05
        world.run(world.now + MINUTE)
        world.help_along()
    assert suggested(world) == "hot-fix"


def test_an_incident_ends_with_the_deployment() -> None:
    world = at("16:04", runbook=coarse())
    world.do(IncidentDeclared(OPS, "slow-responses"))
    tick_all(world)
    answer(world, "watch")
    world.play(clock("16:10", day=1))
    assert world.status() is Status.DONE
    assert (the(world).stage, the(world).closed) == ("closed", "over")


# ------------------------------------------------------------------------------------------------------ the language


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "      options: [roll-back, hot-fix]\n",
            "      options: [roll-back, hot-fix, restart]\n",
            "go together",
        ),
        ("suggest: roll-back}\n    next-try", "suggest: scale-out}\n    next-try", "not among the options"),
        ("        action: service-status\n", "        action: rollback-script\n", "only looks"),
        ("        action: service-status\n", "        action: nothing\n", "There is no action 'nothing'"),
        ("{metric: p99, above: 800ms", "{metric: p99, above: 8%", "%"),
        ("{metric: memory, growth-below: 1%/h", "{metric: p95, growth-below: 1ms/h", "gauges"),
        ("{lasts: 30m, suggest", "{lasts: 30m, metric: p95, suggest", "lasts"),
        ("    watch: 10m\n", "    watch: 0m\n", "zero"),
    ],
)
def test_a_playbook_that_cannot_be_walked_is_refused_with_a_sentence(old: str, new: str, said: str) -> None:
    text = ion_but().text
    assert old in text
    with pytest.raises(PlanInvalid) as invalid:
        read_runbook(text.replace(old, new, 1))
    assert said in str(invalid.value)

"""Calling people until somebody answers: tiers counted from the moment Slack took the call, answers, ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from pure_world import APPROVER, DEPLOYER, LEAD, OPS, PureWorld, at, clock, coarse, failed

from core.asks import asks
from core.effects import Effect, Post, Update
from core.errors import Refused
from core.inputs import Acknowledged, Assigned, Input, Posted, Resumed, Returned, RollbackAsked, Tick
from core.machine import decide, wake_at
from core.state import Page
from core.wanted import wanted

MINUTE = timedelta(minutes=1)


def called() -> PureWorld:
    """At 15:00 nobody has answered the question of 14:45, and the first tier has just been called. For every test its own."""
    return _called().copy()


@cache
def _called() -> PureWorld:
    world = at("14:44", runbook=coarse())
    world.run(clock("15:00"))
    assert world.open_pages() == ["decision:look-45"]
    return world


def page(world: PureWorld) -> Page:
    return world.deployment.pages[-1]


def calls(world: PureWorld) -> list[tuple[str, tuple[str, ...]]]:
    """(key, people) of every call in the channel."""
    return [(post.key, post.people) for post in world.posted("page") if post.place == "top"]


def test_tiers_come_after_five_thirty_and_sixty_minutes() -> None:
    world = called()
    assert calls(world) == [("page:1:1", (DEPLOYER, OPS))]
    assert page(world).accepted_at == clock("15:00")
    moments = []
    for key in ("page:1:2", "page:1:3", "page:1:all"):
        while calls(world)[-1][0] != key:
            world.run(world.now + MINUTE)
        moments.append(world.now)
    assert moments == [clock("15:05"), clock("15:30"), clock("16:00")]
    assert calls(world)[1:3] == [("page:1:2", (APPROVER,)), ("page:1:3", (LEAD,))]


def test_every_person_called_gets_a_message_of_their_own_too() -> None:
    world = called()
    own = [post for post in world.posted("page") if post.place == "dm"]
    assert [(post.key, post.channel) for post in own] == [
        (f"page:1:1:dm:{DEPLOYER}", DEPLOYER),
        (f"page:1:1:dm:{OPS}", OPS),
    ]
    assert all(post.priority == 0 for post in world.posted("page"))


def test_tiers_count_from_acceptance_not_from_the_call() -> None:
    world = at("14:44", runbook=coarse())
    held: list[Post] = []

    def slack_is_away(effect: Effect) -> Input | None:
        if isinstance(effect, Post) and effect.view == "page":
            held.append(effect)
            return Tick()  # it waits in the outbox
        return None

    world.broken = slack_is_away
    world.run(clock("15:20"))
    assert page(world).deadline is None
    assert page(world).tier == 1  # a call that nobody could see does not climb
    world.broken = None
    world.do(Posted(held[0].key))
    assert (page(world).accepted_at, page(world).deadline) == (clock("15:20"), clock("15:25"))
    world.run(clock("15:50"))
    assert [at_.strftime("%H:%M") for at_ in world.when("page-called")] == ["15:00", "15:25", "15:50"]


def test_after_the_last_tier_everybody_is_called_once_and_it_is_said() -> None:
    world = called()
    world.run(clock("20:00"))
    assert page(world).exhausted
    assert page(world).open
    assert page(world).deadline is None
    assert world.when("page-exhausted") == [clock("16:00")]
    last = world.posted("page")[-1]
    assert (last.key, last.people, last.channel) == ("page:1:all", ("!here",), "alerts")
    world.do(Acknowledged(LEAD, 1))  # better late than never
    assert page(world).acked_by == LEAD


@pytest.mark.parametrize(
    ("minutes", "tier", "by"), [(2, 1, OPS), (10, 2, APPROVER), (10, 2, OPS), (45, 3, LEAD)]
)
def test_an_answer_at_any_tier_by_any_holder_of_a_role_stops_the_climbing(
    minutes: int, tier: int, by: str
) -> None:
    world = called()
    world.run(clock("15:00") + minutes * MINUTE)
    assert page(world).tier == tier
    world.do(Acknowledged(by, 1))
    assert world.words("page-acknowledged") == {"page": 1, "by": by, "tier": tier, "took_s": minutes * 60}
    before = len(calls(world))
    world.run(world.now + 14 * MINUTE)
    assert len(calls(world)) == before
    assert [ask for ask in asks(world.deployment) if ask.kind == "page"] == []


def test_the_first_answer_counts_and_the_second_learns_whose_it_was() -> None:
    world = called()
    assert world.refused(Acknowledged("U0STRANGE", 1)) == "not-allowed"
    assert world.refused(Acknowledged(OPS, 7)) == "no-such-page"
    world.do(Acknowledged(OPS, 1))
    with pytest.raises(Refused) as refused:
        decide(world.deployment, Acknowledged(DEPLOYER, 1), world.now)
    assert (refused.value.key, refused.value.args_["by"]) == ("page-already-acknowledged", OPS)
    world.do(Resumed(DEPLOYER))
    assert world.refused(Acknowledged(DEPLOYER, 1)) == "page-already-acknowledged"


def test_an_answer_redraws_every_copy_of_every_tier() -> None:
    world = called()
    world.run(clock("16:00"))
    world.updates.clear()
    world.do(Acknowledged(OPS, 1))
    assert {(update.key, update.subject) for update in world.updates if update.view == "page"} == {
        ("page:1:1", "1:1"), (f"page:1:1:dm:{DEPLOYER}", "1:1"), (f"page:1:1:dm:{OPS}", "1:1"),
        ("page:1:2", "1:2"), (f"page:1:2:dm:{APPROVER}", "1:2"),
        ("page:1:3", "1:3"), (f"page:1:3:dm:{LEAD}", "1:3"), ("page:1:all", "1:0"),
    }  # fmt: skip


@given(st.permutations(["ack", "tick"]))
def test_an_answer_in_the_very_instant_of_the_deadline_is_either_or(order: list[str]) -> None:
    world = called()
    world.move(clock("15:05"))
    acts: dict[str, Input] = {"ack": Acknowledged(OPS, 1), "tick": Tick()}
    for name in order:
        world.do(acts[name])
    assert page(world).acked_by == OPS
    climbed = len(calls(world)) == 2
    assert climbed == (order[0] == "tick")
    world.run(clock("15:19"))
    assert len(calls(world)) == (2 if climbed else 1)


def test_an_answer_that_arrives_after_the_deadline_stops_it_even_before_the_beat() -> None:
    world = called()
    world.move(clock("15:07"))
    world.do(Acknowledged(OPS, 1))
    assert calls(world) == [("page:1:1", (DEPLOYER, OPS))]
    assert page(world).deadline == clock("15:22")


def test_an_answer_without_an_end_is_called_again_after_a_quarter_of_an_hour() -> None:
    world = called()
    world.run(clock("15:02"))
    world.do(Acknowledged(OPS, 1))
    world.run(clock("15:16"))
    assert "page-reopened" not in world.told()
    world.run(clock("15:17"))
    assert world.words("page-reopened") == {"page": 1, "by": OPS}
    assert calls(world)[-1] == ("page:1:1.2", (DEPLOYER, OPS))
    assert (page(world).acked_by, page(world).deadline) == ("", clock("15:22"))
    before = world.deployment
    world.do(Posted("page:1:1"))
    assert world.deployment == before
    world.run(clock("15:22"))
    assert calls(world)[-1] == ("page:1:2.2", (APPROVER,))


def test_an_answer_with_an_end_is_not() -> None:
    world = called()
    world.do(Acknowledged(OPS, 1))
    world.do(Resumed(OPS))
    assert page(world).closed_at == clock("15:00")
    world.run(clock("15:14"))
    assert len(calls(world)) == 1


def test_an_empty_tier_is_skipped_and_said() -> None:
    world = at("14:44", runbook=coarse())
    people = tuple((role, who if role != "final-approver" else ()) for role, who in world.deployment.people)
    world.deployment = replace(world.deployment, people=people)  # everybody with the role has left the team
    world.run(clock("15:05"))
    assert calls(world) == [("page:1:1", (DEPLOYER, OPS)), ("page:1:3", (LEAD,))]
    assert world.words("tier-empty") == {"page": 1, "tier": 2, "roles": "final-approver"}
    assert page(world).deadline == clock("16:00")


def test_nobody_in_any_tier_goes_to_the_channel_at_once_and_may_still_be_answered() -> None:
    world = at("14:44", runbook=coarse())
    world.deployment = replace(world.deployment, people=(("qa", (LEAD,)),))
    world.run(clock("15:00"))
    assert world.words("page-exhausted") == {"page": 1}
    assert calls(world) == [("page:1:all", ("!here",))]
    world.do(Acknowledged("cli:root", 1))
    world.run(clock("15:15"))
    assert world.words("page-reopened")["by"] == "cli:root"
    assert calls(world)[-1] == ("page:1:all.2", ("!here",))
    assert page(world).exhausted


def test_a_call_that_slack_refuses_goes_on_to_the_next_tier_at_once() -> None:
    world = at("14:44", runbook=coarse())
    world.broken = lambda e: failed("post", e.key, "channel_not_found") if _is_call(e, 1) else None  # type: ignore[union-attr]
    world.run(clock("15:00"))
    assert world.words("page-undelivered") == {"page": 1, "tier": 1, "reason": "channel_not_found"}
    assert (page(world).tier, page(world).accepted_at) == (2, clock("15:00"))
    assert page(world).deadline == clock("15:30")


def _is_call(effect: Effect, tier: int) -> bool:
    return isinstance(effect, Post) and effect.key == f"page:1:{tier}"


def test_when_no_call_at_all_can_be_delivered_it_ends_exhausted_not_in_circles() -> None:
    world = at("14:44", runbook=coarse())
    world.broken = lambda e: (
        failed("post", e.key, "away") if isinstance(e, Post) and e.view == "page" else None
    )
    world.run(clock("16:00"))
    assert page(world).exhausted
    assert [dict(f.words)["tier"] for _, f in world.facts if f.key == "page-undelivered"] == [1, 2, 3]


def test_late_or_repeated_news_of_a_call_changes_nothing() -> None:
    world = called()
    world.run(clock("15:06"))
    before = world.deployment
    for news in (
        Posted("page:1:1"),
        Posted("page:9:1"),
        Posted("card"),
        failed("post", "page:1:1", "late"),
        failed("post", f"page:1:1:dm:{OPS}", "closed"),
        failed("post", "page:1:all", "no"),
    ):
        world.do(news)
    assert world.deployment == before


def test_a_topic_has_one_call_however_often_its_reason_comes() -> None:
    world = at("14:31", runbook=coarse())
    world.service.down = True
    world.run(clock("15:30"))
    assert [p.topic for p in world.deployment.pages] == ["no-data"]
    world.service.down = False
    world.run(clock("15:45"))
    world.service.down = True
    world.run(clock("16:30"))
    assert [p.topic for p in world.deployment.pages if p.topic == "no-data"] == ["no-data", "no-data"]


def test_two_reasons_are_two_calls_and_all_are_over_with_the_deployment() -> None:
    world = called()
    world.service.down = True
    world.run(clock("15:20"))
    assert world.open_pages() == ["decision:look-45", "no-data"]
    world.service.down = False
    world.do(RollbackAsked(DEPLOYER, "enough"))
    assert world.open_pages() == ["rollback"]
    world.run(clock("15:24"))
    assert world.open_pages() == []
    assert wake_at(world.deployment) is None


def test_a_deadline_that_passed_while_the_bot_was_away_is_made_good_at_once_and_once() -> None:
    world = called()
    world.move(clock("15:20"))
    world.do(Returned(clock("15:00")))
    assert calls(world)[1:] == [("page:1:2", (APPROVER,))]
    world.do(Tick())
    assert len(calls(world)) == 2
    assert page(world).deadline == clock("15:30")  # still counted from 15:00


def test_a_call_that_was_answered_before_it_was_sent_is_not_sent() -> None:
    world = called()
    world.move(clock("15:05"))
    world.apply(Tick())
    second = [effect for effect in world.pending if isinstance(effect, Post) and effect.view == "page"]
    assert len(second) == 2
    assert all(wanted(world.deployment, effect) for effect in second)
    world.apply(Acknowledged(OPS, 1))
    assert not any(wanted(world.deployment, effect) for effect in second)


def test_somebody_who_took_over_a_role_is_called_from_the_next_tier_on() -> None:
    world = called()
    world.do(Assigned(DEPLOYER, "final-approver", (LEAD,)))
    world.run(clock("15:05"))
    assert calls(world)[-1] == ("page:1:2", (LEAD,))


WAYS: list[tuple[str, Callable[[PureWorld], None]]] = [
    ("answer it", lambda w: w.do(Acknowledged(OPS, 1))),
    ("leave it", lambda w: None),
    ("go on", lambda w: w.do(Resumed(DEPLOYER))),
]


@settings(max_examples=draws(25), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3600), st.sampled_from([way for _, way in WAYS])), max_size=12))
def test_an_open_call_always_has_a_next_moment_or_is_said_to_be_exhausted(
    story: list[tuple[int, Callable[[PureWorld], None]]],
) -> None:
    world = called()
    for seconds, way in story:
        world.run(world.now + timedelta(seconds=seconds))
        try:
            way(world)
        except Refused:
            continue
        for one in world.deployment.pages:
            waits = one.closed_at is None and not one.exhausted
            assert not waits or (one.deadline is not None and one.deadline > world.now)
        keys = {
            update.key for update in world.updates if isinstance(update, Update) and update.view == "page"
        }
        assert keys <= {post.key for post in world.posted("page")}

"""The ends of a deployment: the verdict with its criteria, how it went, audiences, tickets, objectives, and the readiness board."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest
from ends_world import with_ends
from hypothesis import given
from hypothesis import strategies as st
from pure_world import APPROVER, DEPLOYER, LEAD, OPS, T0, PureWorld, at, begin, clock, failed

from core.effects import STRETCH, TICKET, Backfill, Effect, Notify, Run, Update
from core.errors import Refused
from core.inputs import Backfilled, Decided, Input, ItemMarked, PastLook, Ran, Reading, RollbackAsked
from core.objectives import objectives
from core.plan.models import Item, MetricCriterion
from core.progress import counted, weighted
from core.readiness import board
from core.sayings import BoardAsked, LossSaid, OutcomeSaid, RiskSaid
from core.state import ItemState, Status
from core.stretch import moments, seen_over

LINK = "https://tickets.example/17"
ENDS = with_ends()


def past(bad: float, hole: tuple[int, int] = (0, 0)) -> object:
    """What a source with a past answers: of a hundred requests a moment so many were bad; nothing between two moments."""

    def looks(effect: Backfill) -> Backfilled:
        found = []
        for number, moment in enumerate(effect.moments):
            silent = hole[0] < number < hole[1]
            reading = Reading("errors", "canary", "ok", (bad * number, 100.0 * number))
            found.append(PastLook(moment, () if silent else (reading,)))
        return Backfilled(effect.ref, tuple(found))

    return looks


def told(world: PureWorld, bad: float = 0.0, hole: tuple[int, int] = (0, 0), link: str = LINK) -> PureWorld:
    """The world with tickets and a past."""

    def answers(effect: Effect) -> Input | None:
        if isinstance(effect, Backfill) and effect.ref.startswith(STRETCH):
            found = past(bad, hole)(effect)  # type: ignore[operator]
            assert isinstance(found, Backfilled)
            return found
        if isinstance(effect, Run) and effect.ref.startswith(TICKET):
            return Ran(effect.ref, True, "201", link=link)
        return None

    world.broken = answers
    return world


@cache
def _played(bad: float, hole: tuple[int, int]) -> PureWorld:
    world = told(begin(runbook=ENDS), bad, hole)
    world.play(T0 + timedelta(days=2))
    return world


def at_the_end(bad: float = 0.0, hole: tuple[int, int] = (0, 0)) -> PureWorld:
    """Two days of it, played once; a copy, for every test its own."""
    return _played(bad, hole).copy()


def criterion(world: PureWorld, key: str) -> tuple[bool | None, str]:
    return next((met, evidence) for name, met, evidence in world.deployment.criteria if name == key)


# ------------------------------------------------------------------------------------------------------- the verdict


def test_all_is_met_and_somebody_says_how_it_went() -> None:
    world = at_the_end()
    deployment = world.deployment
    assert (deployment.status, deployment.verdict) == (Status.RUNNING, "GO")
    assert criterion(world, "serious/0")[0] is True
    assert "[6h]" in criterion(world, "serious/0")[1]
    with pytest.raises(Refused, match="reason-required"):
        world.apply(OutcomeSaid(APPROVER, "success", " "))
    with pytest.raises(Refused, match="not-allowed"):
        world.apply(OutcomeSaid(OPS, "success", "fine"))
    world.apply(OutcomeSaid(APPROVER, "partial", "two customers were slow"))
    assert world.deployment.status is Status.DONE
    assert world.deployment.outcome is not None
    assert (world.deployment.outcome.word, world.deployment.outcome.by) == ("partial", APPROVER)


def test_what_has_failed_does_not_end_as_go_by_itself() -> None:
    world = at_the_end()
    world.apply(OutcomeSaid(APPROVER, "failed", "orders were lost"))
    held = world.deployment.hold
    assert held is not None
    assert held.key == "outcome-failed"
    step = world.deployment.step("verdict")
    assert step is not None
    world.apply(Decided(APPROVER, "verdict", step.round, "go", "they were found again"))
    assert world.deployment.status is Status.DONE


def test_what_was_said_too_early_is_corrected() -> None:
    world = at_the_end()
    world.apply(OutcomeSaid(APPROVER, "failed", "orders were lost"))
    world.apply(OutcomeSaid(APPROVER, "success", "they were only late"))
    assert world.deployment.status is Status.DONE
    with pytest.raises(Refused, match="outcome-said"):
        world.apply(OutcomeSaid(APPROVER, "failed", "after all"))


def test_something_serious_proposes_a_rollback_and_does_nothing_by_itself() -> None:
    world = at_the_end(bad=6.0)
    deployment = world.deployment
    assert (deployment.status, deployment.verdict) == (Status.HELD, "HOLD")
    assert deployment.hold is not None
    assert deployment.hold.key == "verdict-serious"
    assert any(page.key == "verdict-serious" for page in deployment.pages)
    assert deployment.rollback is None
    assert deployment.weight > 0


def test_a_hole_in_the_past_is_not_known_and_proposes_nothing() -> None:
    world = at_the_end(hole=(3, 14))
    assert criterion(world, "serious/0")[0] is None
    assert world.deployment.hold is not None
    assert world.deployment.hold.key == "verdict"


def test_a_source_that_has_no_past_is_not_known() -> None:
    world = begin(runbook=ENDS)
    world.play(T0 + timedelta(days=2))
    assert criterion(world, "serious/0")[0] is None
    assert world.deployment.verdict == "HOLD"


def test_too_few_of_the_optional_criteria_hold() -> None:
    hard = with_ends(
        ("metric: p95, below: 300ms", "metric: p95, below: 1ms"),
        ("item: overnight/feedback", "item: rollback/cause"),
    )
    world = told(begin(runbook=hard))
    world.play(T0 + timedelta(days=2))
    assert criterion(world, "optional/0")[0] is False
    assert criterion(world, "optional/1")[0] is None
    assert world.deployment.verdict == "HOLD"


def test_standing_still_while_the_past_is_read_asks_again_afterwards() -> None:
    world = at_the_end()
    step = world.deployment.step("verdict")
    assert step is not None
    assert step.round == 1
    asked = replace(step, stage_of_work="measuring")
    held = replace(world.deployment, status=Status.HELD, verdict="", criteria=()).with_step(asked)
    world.deployment = held
    world.apply(Backfilled(f"{STRETCH}verdict:1", ()))
    waits = world.deployment.step("verdict")
    assert waits is not None
    assert waits.status == "waiting"


# ------------------------------------------------------------------------------------------------ a stretch of time


def stretch(over: timedelta = timedelta(hours=24), side: str = "below") -> MetricCriterion:
    return MetricCriterion.model_validate(
        {"metric": "errors", side: "1%", "over": f"{int(over.total_seconds())}s"}
    )


def test_counters_add_up_across_a_restart() -> None:
    metric = ENDS.metric("errors")
    looks = []
    for number, moment in enumerate(moments(timedelta(hours=24), T0)):
        since = number if number < 12 else number - 12  # the process began again at zero
        looks.append(PastLook(moment, (Reading("errors", "canary", "ok", (1.0 * since, 100.0 * since)),)))
    seen = seen_over(metric, stretch(), looks, T0)
    assert seen.state == "ok"
    assert seen.value == pytest.approx(1.0)
    assert seen.count == pytest.approx(
        2300.0
    )  # what was counted between the last look before and the restart is lost


def test_a_gauge_is_as_bad_as_its_worst_look() -> None:
    metric = ENDS.metric("memory")
    looks = [
        PastLook(moment, (Reading("errors", "canary", "ok", (50.0 + (40.0 if number == 7 else 0.0),)),))
        for number, moment in enumerate(moments(timedelta(hours=24), T0))
    ]
    assert seen_over(metric, stretch(), looks, T0).value == 90.0
    assert seen_over(metric, stretch(side="above"), looks, T0).value == 50.0


@given(st.sets(st.integers(0, 24), max_size=24), st.floats(0, 100))
def test_a_stretch_says_something_only_when_it_is_covered(gone: set[int], share: float) -> None:
    metric = ENDS.metric("errors")
    every = moments(timedelta(hours=24), T0)
    looks = [
        PastLook(moment, (Reading("errors", "canary", "ok", (share * number, 100.0 * number)),))
        for number, moment in enumerate(every)
        if number not in gone
    ]
    seen = seen_over(metric, stretch(), looks, T0)
    kept = [number for number in range(25) if number not in gone]
    covered = bool(kept) and kept[0] <= 2 and kept[-1] >= 22
    whole = all(later - earlier <= 6 for earlier, later in pairwise(kept))
    assert (seen.state == "ok") == (covered and whole and len(kept) > 1)
    if seen.state == "ok":
        assert seen.value == pytest.approx(share, abs=1e-6)


# --------------------------------------------------------------------------------------------- audiences and tickets


def test_everybody_is_told_and_nobody_waits_for_it() -> None:
    world = at_the_end()
    step = world.deployment.step("told")
    assert step is not None
    assert step.status == "done"
    assert [notice.audience for notice in world.notices if notice.view == "announce"] == [
        "support",
        "customers",
    ]
    posts = [post for post in world.posts if post.view == "announce" and post.subject == "told"]
    assert [(post.channel, post.key) for post in posts] == [
        ("main", "announce:told"),
        ("executives", "announce:told:executives"),
    ]
    assert world.told().count("audience-told") == 2


def test_an_audience_that_cannot_be_told_is_told_by_hand() -> None:
    world = told(begin(runbook=ENDS))
    before = world.broken

    def silent(effect: Effect) -> Input | None:
        if isinstance(effect, Notify):
            return failed("notify", effect.ref, "no route")
        return before(effect) if before is not None else None

    world.broken = silent
    world.play(T0 + timedelta(days=2))
    assert world.deployment.verdict == "GO"
    fact = next(fact for _, fact in world.facts if fact.key == "audience-failed")
    assert dict(fact.words)["evidence"] == "ion-api has a new version."


def test_a_call_reaches_the_audiences_of_its_tier() -> None:
    world = at("14:44", runbook=ENDS)
    world.service.silent = True
    world.run(clock("15:40"))
    calls = [notice for notice in world.notices if notice.view == "page"]
    assert {notice.audience for notice in calls} <= {"support"}
    page = next(page for page in world.deployment.pages if page.tier >= 2)
    assert any(key.endswith(":to:executives") for key in page.copies)
    assert any(notice.subject == f"{page.number}:2" for notice in calls)


def test_in_a_rehearsal_nothing_goes_out() -> None:
    world = told(begin(runbook=ENDS))
    world.deployment = replace(world.deployment, rehearsal=True)
    world.play(T0 + timedelta(days=2))
    assert world.notices == []
    assert world.told().count("audience-dry") == 2


def test_a_rehearsal_tells_through_what_stands_in() -> None:
    stand_in = "rehearsal: {sources: {mail: {smtp: {host: 127.0.0.1, port: 1026, from: a@b.example, tls: none}}}}\nphases:\n"
    world = told(begin(runbook=with_ends(("\nphases:\n", f"\n{stand_in}"))))
    world.deployment = replace(world.deployment, rehearsal=True)
    world.play(T0 + timedelta(days=2))
    assert [notice.audience for notice in world.notices] == ["support"]


def rolled_back(link: str = LINK) -> PureWorld:
    world = told(at("14:44", runbook=ENDS), link=link)
    world.apply(RollbackAsked(DEPLOYER, "orders are wrong"))
    world.run(clock("15:10"))
    assert world.deployment.status is Status.ROLLED_BACK
    return world


def test_the_ticket_of_a_post_mortem_is_opened_after_the_rollback() -> None:
    world = rolled_back()
    step = world.deployment.step("rollback")
    item = step.item("post-mortem") if step is not None else None
    assert item is not None
    assert (item.mark, item.by, item.note) == ("done", "bot", LINK)
    assert "ticket-opened" in world.told()


@pytest.mark.parametrize(
    "link", ["", "http://tickets.example/1", "javascript:alert(1)", "https://a b", "https://a|b>c"]
)
def test_an_answer_without_a_usable_link_leaves_it_to_a_person(link: str) -> None:
    world = rolled_back(link)
    step = world.deployment.step("rollback")
    item = step.item("post-mortem") if step is not None else None
    assert item is not None
    assert (item.mark, item.failed) == ("open", "no-link")
    with pytest.raises(Refused, match="link-required"):
        world.apply(ItemMarked(OPS, "rollback", "post-mortem", "done", "I have opened one"))
    world.apply(ItemMarked(OPS, "rollback", "post-mortem", "done", LINK))
    step = world.deployment.step("rollback")
    assert step is not None
    item = step.item("post-mortem")
    assert item is not None
    assert item.mark == "done"


def test_a_ticket_that_comes_late_is_told_all_the_same() -> None:
    world = told(at("14:44", runbook=ENDS))
    world.broken = lambda effect: (
        None if not isinstance(effect, Run) or TICKET not in effect.ref else failed("run", effect.ref, "no")
    )
    world.apply(RollbackAsked(DEPLOYER, "orders are wrong"))
    world.run(clock("15:10"))
    world.apply(ItemMarked(OPS, "rollback", "post-mortem", "done", LINK))
    world.apply(Ran("ticket:rollback:post-mortem:0", True, "201", link="https://tickets.example/18"))
    assert world.told()[-1] == "ticket-late"


# ------------------------------------------------------------------------------------------------------- objectives


def test_the_stopwatch_says_rto_and_a_person_says_rpo() -> None:
    world = rolled_back()
    rto, rpo = objectives(world.deployment)
    assert rto.name == "rto"
    assert rto.took_s is not None
    assert rto.met is (rto.took_s <= 300)
    assert (rpo.took_s, rpo.met) == (None, None)
    with pytest.raises(Refused, match="not-allowed"):
        world.apply(LossSaid(LEAD, 0))
    world.apply(LossSaid(OPS, 90, "the last minute and a half"))
    assert objectives(world.deployment)[1].met is False
    world.apply(LossSaid(OPS, 30, "counted again"))
    assert objectives(world.deployment)[1].met is True
    assert any(isinstance(effect, Update) and effect.view == "verdict" for effect in world.pending)


# ---------------------------------------------------------------------------------------------------------- the board


def test_the_board_says_what_stands_in_the_way_of_go() -> None:
    world = begin(at=clock("14:00", -1), runbook=ENDS)
    found = board(world.deployment, world.now)
    assert found is not None
    assert found.answer == "NO-GO"
    assert [one.met for one in found.conditions] == [False, None]
    world.play(clock("13:00"))
    found = board(world.deployment, world.now)
    assert found is not None
    assert found.answer == "GO"
    assert found.percent == 100.0


def test_a_risk_forbids_go_until_it_is_withdrawn() -> None:
    world = at("13:59", runbook=ENDS)
    world.apply(RiskSaid(OPS, "open-blocker", True, "payments fail in staging"))
    world.run(clock("14:00"))
    found = board(world.deployment, world.now)
    assert found is not None
    assert found.answer == "NO-GO"
    step = next(step for step in world.deployment.open_steps if step.id == "start-signal")
    with pytest.raises(Refused, match="risk-stands"):
        world.apply(Decided(APPROVER, "start-signal", step.round, "go"))
    for wrong, key in (
        (RiskSaid(OPS, "open-blocker", True, "again"), "risk-stands-already"),
        (RiskSaid(OPS, "open-blocker", False, " "), "reason-required"),
        (RiskSaid(OPS, "weather", True, "rain"), "unknown-risk"),
        (RiskSaid("U0STRANGE", "open-blocker", False, "gone"), "not-allowed"),
    ):
        with pytest.raises(Refused, match=key):
            world.apply(wrong)
    world.apply(RiskSaid(OPS, "open-blocker", False, "fixed and tested"))
    world.apply(Decided(APPROVER, "start-signal", step.round, "go"))
    assert world.deployment.risks == ()


def test_the_board_in_the_channel_follows_what_people_do() -> None:
    world = begin(at=clock("14:00", -1), runbook=ENDS)
    world.apply(BoardAsked(OPS))
    world.drain()
    assert [post.key for post in world.posts if post.view == "readiness"] == ["readiness"]
    world.apply(RiskSaid(OPS, "open-blocker", True, "payments fail in staging"))
    world.drain()
    assert "readiness" in [update.key for update in world.updates]


ITEMS = st.lists(st.tuples(st.sampled_from(["open", "done", "not-applicable"]), st.booleans()), max_size=30)


def _items(marks: list[tuple[str, bool]]) -> list[tuple[Item, ItemState]]:
    return [
        (Item(id=f"i{n}", title=f"Item {n}", optional=optional), ItemState(f"i{n}", mark))  # type: ignore[arg-type]
        for n, (mark, optional) in enumerate(marks)
    ]


@given(ITEMS)
def test_percent_is_never_over_100_nor_below_0(marks: list[tuple[str, bool]]) -> None:
    far = counted(_items(marks))
    assert 0 <= far.percent <= 100
    assert 0 <= far.required_percent <= 100
    assert far.done <= far.counted <= far.total
    assert (far.percent == 100) == all(mark != "open" for mark, _ in marks)


@given(ITEMS, st.integers(0, 29))
def test_more_done_never_lowers_it(marks: list[tuple[str, bool]], place: int) -> None:
    opened = [number for number, (mark, _) in enumerate(marks) if mark == "open"]
    if not opened:
        return
    chosen = opened[place % len(opened)]
    more = [
        ("done", optional) if n == chosen else (mark, optional) for n, (mark, optional) in enumerate(marks)
    ]
    before, after = counted(_items(marks)), counted(_items(more))
    assert after.percent >= before.percent
    assert after.required_percent >= before.required_percent


@given(
    st.lists(st.tuples(st.floats(0.01, 1000), st.floats(0, 100)), max_size=12),
    st.integers(0, 11),
    st.floats(0, 100),
)
def test_the_whole_follows_its_parts(parts: list[tuple[float, float]], place: int, more: float) -> None:
    whole = weighted(parts)
    assert 0 <= whole <= 100
    if parts:
        chosen = place % len(parts)
        better = [(w, max(p, more)) if n == chosen else (w, p) for n, (w, p) in enumerate(parts)]
        assert weighted(better) >= whole - 1e-9

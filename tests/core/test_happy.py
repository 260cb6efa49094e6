"""The deployment day on paper, from the rehearsal to the verdict: everything opens in its order and at its time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from pure_world import APPROVER, DEPLOYER, OPS, T0, PureWorld, at, begin, clock

from core.asks import asks
from core.inputs import ItemMarked
from core.machine import wake_at
from core.report import summarise
from core.state import Deployment, Status

OPENINGS = [
    ("rehearse", -1, "14:00"),
    ("agenda", -1, "15:00"),
    ("go-tomorrow", -1, "15:00"),
    ("prepare", -1, "16:00"),
    ("stand-by", -1, "17:00"),
    ("assemble", 0, "13:45"),
    ("state", 0, "13:50"),
    ("baseline", 0, "13:50"),
    ("last-checks", 0, "13:55"),
    ("start-signal", 0, "14:00"),
    ("canary-5", 0, "14:00"),
    ("first-metrics", 0, "14:15"),
    ("first-five", 0, "14:15"),
    ("to-half-past", 0, "14:20"),
    ("panels", 0, "14:30"),
    ("fifteen-together", 0, "14:30"),
    ("analysis-15", 0, "14:45"),
    ("look-45", 0, "14:45"),
    ("to-the-hour", 0, "14:45"),
    ("hour-report", 0, "15:00"),
    ("hour-decision", 0, "15:00"),
    ("canary-10", 0, "15:05"),
    ("second-metrics", 0, "15:15"),
    ("ten-first", 0, "15:15"),
    ("half-past-three", 0, "15:30"),
    ("ten-second", 0, "15:30"),
    ("collecting", 0, "15:45"),
    ("ten-third", 0, "15:45"),
    ("analysis", 0, "16:00"),
    ("final-decision", 0, "16:00"),
    ("after-checks", 0, "16:05"),
    ("canary-50", 0, "16:05"),
    ("fifty", 0, "16:07"),
    ("fifty-decision", 0, "16:22"),
    ("canary-100", 0, "16:22"),
    ("hundred", 0, "16:24"),
    ("complete", 0, "16:39"),
    ("hand-over-list", 0, "16:39"),
    ("hand-over-signed", 0, "16:39"),
    ("overnight", 0, "16:39"),
    ("overnight-watch", 0, "16:39"),
    ("daily-summary", 1, "16:00"),
    ("verdict", 1, "16:00"),
]


@pytest.fixture(scope="module")
def day() -> PureWorld:
    """The whole of it, played once; its tests only look."""
    world = begin(at=clock("14:00", -1))
    world.play(clock("16:30", 1))
    return world


def test_every_step_opens_in_the_plans_order_and_at_its_time(day: PureWorld) -> None:
    opened = [(step.id, step.opened_at) for step in day.deployment.steps]
    assert opened == [(step_id, clock(at, days)) for step_id, days, at in OPENINGS]


def test_it_ends_with_go_and_every_criterion_shows_its_evidence(day: PureWorld) -> None:
    deployment = day.deployment
    assert (deployment.status, deployment.verdict) == (Status.DONE, "GO")
    assert deployment.ended_at == clock("16:00", 1)
    assert [met for _, met, _ in deployment.criteria] == [True] * 5
    assert deployment.criteria[-1][2].startswith("errors 0 % < 1 % (n=")
    assert not day.open_pages()
    assert deployment.hold is None
    assert wake_at(deployment) is None
    assert asks(deployment) == ()


def test_traffic_rises_only_in_the_plans_order_each_after_a_fresh_read(day: PureWorld) -> None:
    assert day.changes == [
        ("step:canary-5:1", 5),
        ("step:canary-10:1", 10),
        ("step:canary-50:1", 50),
        ("step:canary-100:1", 100),
    ]
    assert day.when("traffic-set") == [clock("14:00"), clock("15:05"), clock("16:05"), clock("16:22")]
    assert day.when("traffic-confirmed") == [clock("14:10"), clock("15:10"), clock("16:07"), clock("16:24")]


def test_every_item_signature_and_decision_says_who_and_when(day: PureWorld) -> None:
    people = {DEPLOYER, OPS, APPROVER}
    items = [item for step in day.deployment.steps for item in step.items]
    assert len(items) == 57
    assert all(item.mark == "done" and item.at is not None for item in items)
    assert {item.by for item in items} == people | {"bot"}
    signs = [sign for step in day.deployment.steps for sign in step.signs]
    assert [(sign.role, sign.by, sign.at) for sign in signs] == [
        ("deployer", DEPLOYER, clock("16:39")),
        ("operations", OPS, clock("16:39")),
    ]
    assert all(len(sign.seen) == 8 for sign in signs)
    answered = [(s.id, s.by, s.closed_at) for s in day.deployment.steps if s.answer is not None]
    assert answered == [
        ("go-tomorrow", APPROVER, clock("15:00", -1)),
        ("start-signal", APPROVER, clock("14:00")),
        ("look-45", APPROVER, clock("14:45")),
        ("hour-decision", APPROVER, clock("15:00")),
        ("final-decision", APPROVER, clock("16:00")),
        ("fifty-decision", APPROVER, clock("16:22")),
    ]


def test_the_baseline_is_of_the_stable_side_before_the_start(day: PureWorld) -> None:
    baseline = day.deployment.baseline
    assert baseline is not None
    assert baseline.at == clock("13:55")
    values = {name: value for name, value, _ in baseline.values}
    counts = {name: count for name, _, count in baseline.values}
    assert (values["errors"], counts["errors"]) == (0.0, 1200.0)
    assert (values["memory"], counts["memory"]) == (60.0, None)
    assert values["rps"] == pytest.approx(4.0)


def _reports(world: PureWorld, kind: str) -> list[str]:
    return [p.subject for p in world.posted("report") if dict(p.words)["kind"] == kind]


def test_full_reports_come_at_their_slots_and_a_slot_has_one(day: PureWorld) -> None:
    assert _reports(day, "full") == [
        "full:1",
        "step:analysis-15",
        "step:hour-report",
        "step:half-past-three",
        "step:collecting",
        "step:analysis",
        "full:5",
    ]
    keys = [post.key for post in day.posted("report")]
    assert len(keys) == len(set(keys))


def test_a_report_of_the_plan_names_the_next_check(day: PureWorld) -> None:
    following = {p.subject: dict(p.words)["next"] for p in day.posted("report")}
    assert following["step:half-past-three"] == clock("15:45").isoformat()
    assert following["step:analysis"] == clock("16:15").isoformat()
    assert following["full:1"] == clock("15:00").isoformat()


def test_a_brief_report_is_posted_only_when_it_says_something_new() -> None:
    world = at("15:30")
    slots = [int(subject.partition(":")[2]) for subject in _reports(world, "brief")]
    assert slots == sorted(set(slots))
    assert 8 <= len(slots) < 18  # ninety minutes have eighteen slots
    assert all(post.place == "thread" for post in world.posted("report") if post.subject.startswith("brief"))


def test_when_nothing_at_all_changes_no_brief_is_posted() -> None:
    world = at("15:20")  # the last report told that the next bake has begun
    before = len(world.posted("report"))
    world.run(clock("15:29"))
    assert world.deployment.gate is not None
    assert world.deployment.gate.brief is not None
    assert world.deployment.gate.brief.slot == 17
    assert len(world.posted("report")) == before


def test_reviews_of_the_watch_stand_in_for_the_reports(day: PureWorld) -> None:
    assert _reports(day, "review") == [
        "review:overnight-watch-2025-10-23T08-00",
        "review:overnight-watch-2025-10-23T16-00",
    ]
    after_hours = [at for at, fact in day.facts if fact.key == "bake-done"]
    assert max(after_hours) < clock("17:00")


def test_the_watch_looks_every_half_hour_through_the_night(day: PureWorld) -> None:
    gate = day.deployment.gate
    assert gate is not None
    assert gate.name == "watch"
    assert gate.last_at == clock("16:00", 1)  # and once more for the verdict
    assert gate.recommendation == "GO"


def test_windows_of_a_metric_never_overlap() -> None:
    world = at("14:00")
    windows: dict[str, list[tuple[object, object]]] = {}
    previous: Deployment | None = None
    while world.now < clock("15:30"):
        world.play(min(clock("15:30"), world.now + timedelta(minutes=5)))
        gate = world.deployment.gate
        if gate is None or world.deployment == previous:
            continue
        for sample in gate.samples:
            if sample.track == "canary" and sample.metric == "errors" and sample.state == "ok":
                windows.setdefault(sample.metric, []).append((sample.since, sample.until))
        previous = world.deployment
    spans = list(dict.fromkeys(windows["errors"]))
    assert len(spans) >= 10
    assert all(one[1] <= following[0] for one, following in pairwise(spans))  # type: ignore[operator]


def test_nothing_is_called_in_a_healthy_day(day: PureWorld) -> None:
    assert day.deployment.pages == ()
    assert not [key for key in day.told() if key.startswith(("held-", "rollback-", "breach"))]


def test_the_summary_speaks_of_canary_control_and_baseline() -> None:
    world = at("15:00")
    summary = summarise(world.deployment, world.now)
    errors = next(row for row in summary.rows if row.metric == "errors")
    assert (errors.value, errors.control, errors.baseline, errors.since_start) == (0.0, 0.0, 0.0, 0.0)
    assert errors.count == 60
    assert errors.state == "ok"
    assert (errors.limit_kind, errors.needed, errors.then) == ("below", 3, "rollback")
    assert summary.requests == 720
    assert (summary.weight, summary.recommendation, summary.gate) == (5, "GO", "canary")
    assert summary.next_at == clock("15:01")
    memory = next(row for row in summary.rows if row.metric == "memory")
    assert (memory.value, memory.control, memory.count, memory.trend) == (61.0, 60.0, None, "flat")
    rps = next(row for row in summary.rows if row.metric == "rps")
    assert rps.value == pytest.approx(0.2)
    assert (rps.limit, rps.limit_kind, rps.needed, rps.trend) == (None, "", 0, "flat")


def test_an_item_may_be_opened_again_and_blocks_until_it_is_settled() -> None:
    world = begin(at=clock("14:00", -1))
    world.settle_items()
    world.do(ItemMarked(OPS, "rehearse", "dashboard", "open", "it was the wrong one"))
    world.play(clock("14:59", -1))  # ticked again by whoever owns it
    assert world.step("rehearse").status == "done"
    world.do(ItemMarked(OPS, "rehearse", "dashboard", "open", "again"))
    world.run(clock("15:30", -1))
    assert world.step("agenda").status == "waiting"
    world.play(clock("15:31", -1))
    assert world.step("agenda").opened_at == clock("15:30", -1)


def test_the_night_before_needs_few_wakings() -> None:
    world = begin(at=T0 - timedelta(days=1))
    world.play(clock("13:44"))
    assert len(world.inputs) < 60

"""The plan laid out for the rules: the route, canaries written out, parts by name, the moments steps open at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.plan.models import Bake, Decide, SetTraffic
from core.plan.moments import parse_moment
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook, read_runbook

SMALL = (Path(__file__).parent / "small.yml").read_text(encoding="utf-8")
T0 = datetime(2025, 10, 22, 12, 0, tzinfo=UTC)  # 14:00 in Berlin


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return read_runbook(SMALL)


def test_the_route_is_every_step_in_order(runbook: Runbook) -> None:
    assert [placed.body.id for placed in runbook.route] == [
        "ready", "signed", "normal",
        "start", "first", "first-bake", "rest.25", "rest.25.bake", "rest.25.go", "rest.100", "rest.100.bake",
        "status", "told", "summed", "watching", "end",
    ]  # fmt: skip
    assert [placed.index for placed in runbook.route] == list(range(16))
    assert [placed.body.id for placed in runbook.route if placed.first_of_phase] == ["ready", "start"]
    assert {placed.phase.id for placed in runbook.route[:3]} == {"before"}


def test_stages_are_the_traffic_steps(runbook: Runbook) -> None:
    assert {placed.body.id: placed.stage for placed in runbook.route if placed.stage} == {
        "first": 1,
        "rest.25": 2,
        "rest.100": 3,
    }
    assert runbook.stages == 3
    assert all(isinstance(placed.body, SetTraffic) == bool(placed.stage) for placed in runbook.route)


def test_a_canary_is_written_out(runbook: Runbook) -> None:
    traffic, bake, go = (runbook.step(f"rest.25{part}").body for part in ("", ".bake", ".go"))
    assert isinstance(traffic, SetTraffic)
    assert isinstance(bake, Bake)
    assert isinstance(go, Decide)
    assert (traffic.to, traffic.gate, traffic.title.in_("en"), traffic.title.in_("ko")) == (
        25,
        "canary",
        "The rest: 25 %",
        "나머지: 25 %",
    )
    assert (bake.for_, go.by, go.title.in_("en")) == (
        timedelta(minutes=10),
        ("approver",),
        "The rest: on to 100 %?",
    )


def test_nobody_is_asked_when_nobody_approves() -> None:
    silent = read_runbook(SMALL.replace("          approve: [approver]\n", ""))
    assert [placed.body.id for placed in silent.route if placed.body.id.startswith("rest")] == [
        "rest.25",
        "rest.25.bake",
        "rest.100",
        "rest.100.bake",
    ]


def test_a_very_long_title_does_not_break_a_canary() -> None:
    read = read_runbook(SMALL.replace("title: {en: The rest, ko: 나머지}", f"title: {'x' * 3000}"))
    assert read.step("rest.25").body.title.in_("en").endswith(": 25 %")


def test_a_step_opens_at_the_later_of_its_moment_and_its_phase() -> None:
    text = SMALL.replace(
        "checklist:\n          id: ready", "checklist:\n          at: D-1 15:00\n          id: ready"
    )
    opens = {
        placed.body.id: placed.opens_at(T0, read_runbook(text).zone) for placed in read_runbook(text).route
    }
    assert opens["ready"] == datetime(2025, 10, 21, 13, 0, tzinfo=UTC)
    assert opens["signed"] is None
    assert opens["normal"] == T0 - timedelta(minutes=10)
    assert opens["start"] == T0
    assert read_runbook(SMALL).step("ready").opens_at(T0, read_runbook(SMALL).zone) == datetime(
        2025, 10, 21, 12, 0, tzinfo=UTC
    )


def test_parts_are_found_by_name(runbook: Runbook) -> None:
    assert runbook.gate("canary").title.in_("en") == "Canary"
    assert runbook.metric("p95").unit == "ms"
    assert runbook.action("look").changes is False
    assert runbook.zone.key == "Europe/Berlin"
    assert runbook.moment(parse_moment("D+1 08:00"), T0) == datetime(2025, 10, 23, 6, 0, tzinfo=UTC)
    for wrong in (runbook.gate, runbook.metric, runbook.action, runbook.step):
        with pytest.raises(KeyError) as missing:
            wrong("nothing")
        assert "it has:" in str(missing.value)


def test_runbooks_are_equal_by_their_text(runbook: Runbook) -> None:
    same, other = read_runbook(SMALL), read_runbook(SMALL + "# reviewed\n")
    assert runbook == same
    assert hash(runbook) == hash(same)
    assert runbook != other
    assert runbook != SMALL
    assert runbook.plan == other.plan
    assert len(runbook.digest) == 64


def test_a_wrong_plan_is_no_runbook() -> None:
    with pytest.raises(PlanInvalid):
        read_runbook(SMALL.replace("gate: canary", "gate: nothing"))

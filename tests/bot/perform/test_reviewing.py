"""LookBack: gates played over the past of a source that has one, in the way every vendor is asked; and what it says without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from perform_world import World, perform_world, quick

from bot.errors import TryLater
from bot.perform import Adapters
from bot.performing.ports import Vendors, Wanted
from bot.performing.work import Work
from core.effects import LookBack
from core.inputs import Reading, Reviewed
from core.rehearsal import Replayed, Review
from core.state import Deployment, Status

LOOK_BACK = LookBack("review")


class Remembering:
    """A source that remembers: a hundred requests a look, and from `sick` on five of them failed. It is only ever asked for the
    stable side."""

    def __init__(self, sick: timedelta | None = None, fails: bool = False) -> None:
        self.sick, self.fails = sick, fails
        self.asked: list[datetime] = []
        self.origin: datetime | None = None

    async def read(self, work: Work, wanted: Sequence[Wanted]) -> list[Reading]:
        raise AssertionError("nobody asks for the present here")

    async def history(
        self, work: Work, wanted: Sequence[Wanted], moments: Sequence[datetime]
    ) -> list[list[Reading]] | None:
        if self.fails:
            raise TryLater(1.0, "The source 'api' did not answer in time.")
        assert {one.track for one in wanted} == {"control"}
        self.asked += moments
        self.origin = self.origin or moments[0]
        return [[self._at(one.name, moment) for one in wanted] for moment in moments]

    def _at(self, name: str, moment: datetime) -> Reading:
        assert self.origin is not None
        looks = (moment - self.origin) / timedelta(minutes=5)
        sick = 0.0 if self.sick is None else max(0.0, looks - self.sick / timedelta(minutes=5))
        return Reading(name, "control", "ok", (round(sick * 5), round(looks * 100)))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with perform_world(tmp_path) as opened:
        yield opened


def _over(deployment: Deployment) -> Deployment:
    return replace(deployment, status=Status.DONE, rehearsal=True)


async def review(world: World, remembering: Remembering | None = None) -> Review:
    """The report, with this source in the place of HTTP."""
    vendors = world.adapters.vendors
    if remembering is not None:
        vendors = replace(vendors, measures={"http": remembering})
    world.adapters = Adapters(world.adapters.slack, vendors, world.secrets)
    await world.ask(LOOK_BACK, change=_over)
    await world.performer(**quick()).drain_once()
    (answer,) = [one for one in await world.answers() if isinstance(one, Reviewed)]
    return answer.review


async def played(world: World, remembering: Remembering | None = None) -> Replayed:
    (one,) = (await review(world, remembering)).replayed
    return one


async def test_seven_days_of_looks_are_played(world: World) -> None:
    source = Remembering()
    found = await played(world, source)
    assert (found.gate, found.looks, found.fired, found.no_past) == ("canary", 2016, (), ())
    assert found.judged == 2015  # the first look has no window yet
    assert source.asked == sorted(source.asked)
    assert source.asked[-1] - source.asked[0] == timedelta(days=7) - timedelta(minutes=5)
    assert source.asked[-1] <= world.clock()


async def test_what_would_have_fired_is_named_with_its_time_and_value(world: World) -> None:
    found = await played(world, Remembering(sick=timedelta(days=6)))
    (fired,) = found.fired
    assert (fired.metric, fired.times, fired.worst) == ("errors", 1, 5.0)
    assert fired.first_at - found.since == timedelta(days=6, minutes=10)


async def test_a_source_without_a_past_is_named(world: World) -> None:
    found = await played(world)
    assert (found.no_past, found.looks, found.fired) == (("api",), 0, ())


async def test_a_past_that_cannot_be_read_is_said_and_the_rest_is_there(world: World) -> None:
    told = await review(world, Remembering(fails=True))
    (one,) = told.replayed
    assert one.problem == "The source 'api' did not answer in time."
    assert {change.action for change in told.changes} >= {"post-safe", "run-safe"}
    assert "looks" not in {change.action for change in told.changes}  # it changes nothing
    shown = next(change for change in told.changes if change.action == "run-safe")
    assert (shown.ok, shown.evidence) == (True, "Would run: script rollback")


async def test_nobody_who_reads_metrics(world: World) -> None:
    world.adapters = Adapters(world.adapters.slack, Vendors(acts=world.adapters.vendors.acts), world.secrets)
    (one,) = (await review(world)).replayed
    assert one.no_past == ("api",)


async def test_it_is_not_made_twice_nor_for_a_deployment_in_earnest(world: World) -> None:
    await world.ask(LOOK_BACK, change=lambda deployment: replace(deployment, status=Status.DONE))
    await world.performer(**quick()).drain_once()
    assert [one for one in await world.answers() if isinstance(one, Reviewed)] == []

"""Rehearsals through Slack: beside a real deployment, in their own channel and time, with people and without, to the report.

The bot is the real one; its clock is moved by the test, so that sixty plan seconds pass in a second nobody waits for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from stage import ROOT, words_of

from bot.app import App
from bot.settings import Settings
from core.asks import asks
from core.inputs import ItemMarked, RollbackAsked
from core.machine import gate_wake_at, wake_at
from core.state import Deployment, Status
from sandbox.service.app import CanaryService
from sandbox.slack import roster
from sandbox.world import World
from storage.clock import ManualClock, utcnow

PLAN = r"""
format: 1
plan: small
title: Small
service: ion-api
environment: production
starters: [deployer]
inputs:
  version: {pattern: 'v\d+\.\d+\.\d+', example: v2.14.0}
roles:
  deployer: {title: Deployer}
  final-approver: {title: Approver}
  operations: {title: Operations}
  nobody-yet: {title: Release manager}
channels: {main: deployment, alerts: deployment-alerts}
sources: {api: {http: {url: "${ION_API_URL}"}}}
metrics:
  errors: {title: Errors, source: api, get: /api/v2/canary/metrics, unit: "%",
           ratio: {bad: tracks.$track.errors, total: tracks.$track.requests}}
  rps: {title: Requests, source: api, get: /api/v2/canary/metrics, unit: /s, rate: tracks.$track.requests}
gates:
  canary: {title: Canary, every: 5m, minimum: 1, rules: [{metric: errors, below: 10%, streak: 2, then: rollback}]}
actions:
  set-traffic:
    title: Set the share
    http: {source: api, path: /api/v2/canary/config, body: {enabled: true, canary_percentage: $weight}}
    repeat: safe
  back:
    title: Back
    http: {source: api, path: /api/v2/canary/rollback, body: {reason: rehearsal}}
    repeat: safe
traffic: {set: set-traffic, read: {source: api, get: /api/v2/canary/config, value: canary_percentage}}
escalation:
  - {tier: 1, for: fix, who: [deployer], within: 5m}
  - {tier: 2, for: decide, who: [nobody-yet], within: 30m}
reports: {brief: 5m, full: 30m, metrics: [rps]}
rollback: {by: [deployer], steps: [back], verify: {metrics: [{metric: errors, track: control, below: 10%}], within: 30m}}
STAND_IN
phases:
  - id: before
    title: Before
    at: T-1h
    steps:
      - checklist:
          id: ready
          title: Ready
          items:
            - {id: health, title: Healthy, check: {http: {source: api, get: /health, json: {status: healthy}}}}
            - {id: weather, title: The weather is fine, check: {http: {source: api, get: /weather}}}
            - {id: told, title: Everybody knows, role: operations, evidence: true}
      - signoff: {id: signed, title: Signed, roles: [final-approver, nobody-yet]}
  - id: all
    title: All
    at: T0
    steps:
      - decide: {id: go, title: Go, by: [final-approver], within: 15m}
      - traffic: {id: five, title: Five, to: 5, gate: canary,
                  confirm: [{http: {source: api, get: /api/v2/canary/config, json: {canary_percentage: 5}}}]}
      - bake: {id: bake, title: Bake, for: 30m}
      - verdict: {id: end, title: End, by: [final-approver], required: [{title: Few errors, metric: {metric: errors, below: 10%}}]}
"""
STAND_IN = 'rehearsal: {sources: {api: {http: {url: "${STAGING_URL}"}}}}'
START = "/deploy start small version=v2.14.0"
SECOND = timedelta(seconds=1)


class Bench:
    """Types and clicks; lets real time pass; looks at the screen."""

    def __init__(self, world: World, app: App, clock: ManualClock) -> None:
        self.world, self.app, self.clock = world, app, clock

    async def command(self, text: str, user: str = roster.GITCODE, channel: str = roster.GENERAL) -> str:
        command, _, rest = text.partition(" ")
        result = await self.world.slack.people.command(user, channel, command, rest)
        assert result.ok, result.error
        await self.quiet()
        return words_of(result)

    async def deployment(self, name: str) -> Deployment:
        return await self.app.queries.load(name)

    async def quiet(self) -> None:
        for _ in range(500):
            if not await self.app.performer.drain_once() and not await self.app.understudy.answer_once():
                return
        raise AssertionError("it does not come to rest")

    async def real(self, span: timedelta) -> None:
        """So much real time passes, second by second."""
        for _ in range(int(span.total_seconds())):
            self.clock.advance(SECOND)
            await self.app.ticker.tick_once()
            await self.quiet()

    async def to_the_end(self, name: str) -> Deployment:
        """From moment to moment until it is over and its report is there."""
        for _ in range(3_000):
            deployment = await self.deployment(name)
            if deployment.final and deployment.rehearsing.review is not None:
                return deployment
            moments = [at for at in (wake_at(deployment), gate_wake_at(deployment)) if at is not None]
            pace = await self.app.queries.plan_clock(name)
            real = min(
                (at for one in moments if (at := pace.at(one)) is not None), default=self.clock() + SECOND
            )
            self.clock.set(max(real, self.clock() + timedelta(milliseconds=50)))
            await self.app.ticker.tick_once()
            await self.quiet()
        raise AssertionError(f"it does not end: {await self.deployment(name)}")

    def texts(self, channel: str) -> list[str]:
        return [str(m.get("text", "")) for m in self.world.slack.people.screen(roster.SENA, channel)]

    def rung(self) -> list[object]:
        """Every notification of anybody."""
        return [one for person in roster.PEOPLE for one in self.world.slack.people.notifications(person[0])]


@asynccontextmanager
async def bench_of(folder: Path, stand_in: str = "", team: str = "", **more: str) -> AsyncIterator[Bench]:
    world = World(yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8")))
    await world.start()
    world.slack.people.channels.invite(roster.GITCODE, roster.GENERAL, roster.BOT)
    environment = world.environment(folder) | {
        "CAPTAIN_WORLD_URL": "", "CAPTAIN_HTTP_PORT": "-1", "CAPTAIN_AWAY": "1e9", "CAPTAIN_PLANS": str(folder / "plans"),
    } | more  # fmt: skip
    (folder / "plans").mkdir()
    (folder / "plans" / "small.yml").write_text(PLAN.replace("STAND_IN", stand_in), encoding="utf-8")
    (folder / "team.yml").write_text(
        (folder / "team.yml").read_text(encoding="utf-8") + team, encoding="utf-8"
    )
    clock = ManualClock(utcnow())
    app = App(Settings(**environment), clock=clock, environ=environment)  # type: ignore[arg-type]
    try:
        await app.start()
        yield Bench(world, app, clock)
    finally:
        await app.close()
        await world.stop()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path) as it:
        yield it


async def test_it_runs_beside_the_real_one_at_its_own_speed_and_under_its_own_lock(tmp_path: Path) -> None:
    async with bench_of(tmp_path) as bench:
        plan = tmp_path / "plans" / "small.yml"
        real = plan.read_text(encoding="utf-8").replace(", nobody-yet]", "]")
        plan.write_text(real, encoding="utf-8")
        said = await bench.command(f"{START} at=+2h", channel=roster.DEPLOYMENT)
        assert "has begun as *D1*" in said
        said = await bench.command(f"{START} --rehearsal")
        assert "has begun as *D2*" in said
        assert "a rehearsal at 60 times the speed" in said
        before = [(await bench.app.queries.plan_clock(name)).now(bench.clock()) for name in ("D1", "D2")]
        await bench.real(10 * SECOND)
        after = [(await bench.app.queries.plan_clock(name)).now(bench.clock()) for name in ("D1", "D2")]
        assert [late - early for early, late in zip(before, after, strict=True)] == [
            10 * SECOND,
            600 * SECOND,
        ]
        lock = await bench.app.queries.lock("ion-api", "production")
        own = await bench.app.queries.lock("ion-api", "production~rehearsal")
        assert lock is not None
        assert own is not None
        assert (lock.deployment_id, own.deployment_id) == ("D1", "D2")
        assert "locked by D2" in await bench.command(f"{START} --rehearsal")
        assert (await bench.deployment("D1")).status is Status.RUNNING


async def test_it_speaks_in_its_own_channel_and_wakes_nobody(bench: Bench) -> None:
    await bench.command(f"{START} --rehearsal")
    await bench.real(20 * 60 * SECOND // 10)
    deployment = await bench.deployment("D1")
    assert deployment.pages or deployment.steps[0].status == "open"
    assert bench.texts(roster.DEPLOYMENT) == []
    assert bench.texts(roster.ALERTS) == []
    assert any("REHEARSAL ion-api v2.14.0 → production" in text for text in bench.texts(roster.GENERAL))
    assert bench.rung() == []
    for person in roster.PEOPLE:
        assert bench.world.slack.people.screen(person[0], "dm") == []


async def test_people_are_called_when_that_is_asked_for(bench: Bench) -> None:
    await bench.command(f"{START} --rehearsal --mention")
    assert bench.rung() != []


@pytest.mark.parametrize(
    ("text", "channel", "expected"),
    [
        (f"{START} --rehearsal", roster.DEPLOYMENT, "does not go into the channel of the real deployment"),
        (f"{START} --rehearsal speed=0", roster.GENERAL, "“0” is no speed"),
        (f"{START} --rehearsal speed=fast", roster.GENERAL, "“fast” is no speed"),
        (f"{START} --unattended", roster.DEPLOYMENT, "add `--rehearsal`"),
        (f"{START} speed=60", roster.DEPLOYMENT, "The plan takes no “speed”"),
    ],
)
async def test_what_cannot_be_rehearsed_is_refused_in_a_sentence(
    bench: Bench, text: str, channel: str, expected: str
) -> None:
    assert expected in await bench.command(text, channel=channel)
    assert await bench.app.queries.active() == []


async def test_the_team_says_where_rehearsals_go(tmp_path: Path) -> None:
    async with bench_of(tmp_path, team=f"rehearsal: {roster.GENERAL}\n") as bench:
        said = await bench.command(f"{START} --rehearsal", channel=roster.DEPLOYMENT)
        assert "has begun as *D1*" in said
        assert (await bench.deployment("D1")).rehearsing.channel == roster.GENERAL
        assert bench.texts(roster.DEPLOYMENT) == []


async def test_the_team_s_channel_must_be_there(tmp_path: Path) -> None:
    async with bench_of(tmp_path, team="rehearsal: no-such-channel\n") as bench:
        assert "sees no channel #no-such-channel" in await bench.command(f"{START} --rehearsal")


async def test_anybody_with_a_role_answers_anything_and_nobody_else_does(bench: Bench) -> None:
    await bench.command(f"{START} --rehearsal")
    assert [ask.kind for ask in asks(await bench.deployment("D1"))].count("item") == 2
    for item, note in (("told", "they do"), ("weather", "I looked out of the window")):
        marked = ItemMarked(roster.GITCODE, "ready", item, "done", note)
        await bench.app.ledger.apply("D1", marked, key=item)
    await bench.quiet()
    assert "You hold none of the roles" in await bench.command("/signoff approve", roster.SENA)
    for role in ("final-approver", "nobody-yet"):
        await bench.command(f"/signoff {role} approve", roster.GITCODE)
    await bench.real(61 * SECOND)
    assert (await bench.deployment("D1")).step("go").status == "open"  # type: ignore[union-attr]
    await bench.command("/gate go", roster.GITCODE)
    step = (await bench.deployment("D1")).step("go")
    assert step is not None
    assert (step.answer, step.by) == ("go", roster.GITCODE)


async def test_without_people_it_comes_to_its_end_and_reports(bench: Bench) -> None:
    await bench.command(f"{START} --rehearsal --unattended")
    deployment = await bench.to_the_end("D1")
    await bench.quiet()
    assert deployment.status is Status.DONE
    assert bench.world.service.changes == []
    review = deployment.rehearsing.review
    assert review is not None
    assert review.problem == ""
    assert ("role", "nobody-yet") in {(one.kind, one.name) for one in review.missing}
    assert ("tier", "2") in {(one.kind, one.name) for one in review.missing}
    assert {(one.step, one.item) for one in review.checks} == {("ready", "weather"), ("five", "")}
    assert {one.action: one.ok for one in review.changes} == {"set-traffic": True, "back": True}
    assert "canary_percentage" in next(one.evidence for one in review.changes if one.action == "set-traffic")
    times = {one.step: one for one in review.steps}
    assert times["bake"].plan_s is not None
    assert times["bake"].real_s is not None
    assert 1800 <= times["bake"].plan_s <= 2400
    assert times["bake"].real_s == pytest.approx(times["bake"].plan_s / 60, abs=2)
    assert [one.no_past for one in review.replayed] == [("api",)]
    told = bench.texts(roster.GENERAL)
    assert any("The rehearsal of REHEARSAL ion-api" in text for text in told)
    shown = str(bench.world.slack.people.screen(roster.SENA, roster.GENERAL))
    assert "Nobody holds Release manager" in shown
    assert await bench.app.queries.lock("ion-api", "production~rehearsal") is None
    assert await bench.app.queries.verify("D1") == []


async def test_while_the_bot_is_away_a_rehearsal_stands(tmp_path: Path) -> None:
    async with bench_of(tmp_path) as bench:
        await bench.command(f"{START} --rehearsal")
        await bench.real(10 * SECOND)
        before = (await bench.app.queries.plan_clock("D1")).now(bench.clock())
        await bench.app.close()
        bench.clock.advance(timedelta(hours=3))
        again = App(bench.app.settings, clock=bench.clock, environ=bench.app.environ)
        await again.start()
        try:
            assert (await again.queries.plan_clock("D1")).now(bench.clock()) == before
            assert [row.kind for row in await again.queries.journal("D1")].count("returned") == 0
        finally:
            await again.close()


async def test_on_a_stand_in_actions_are_carried_out_and_production_is_left_alone(tmp_path: Path) -> None:
    now = [utcnow()]
    staging = CanaryService(seed=7, plan_time=lambda: now[0], per_5min=12000, error_rate=0.0)
    await staging.start()
    async with bench_of(tmp_path, STAND_IN, STAGING_URL=staging.url) as bench:

        async def to_the_end() -> Deployment:
            for _ in range(600):
                deployment = await bench.deployment("D1")
                if deployment.final and deployment.rehearsing.review is not None:
                    return deployment
                now[0] += timedelta(seconds=2)  # its traffic counts in real time
                await bench.real(2 * SECOND)
            raise AssertionError("it does not end")

        await bench.command(f"{START} --rehearsal --unattended")
        deployment = await to_the_end()
        assert deployment.status is Status.DONE
        assert [change.config.percentage for change in staging.changes] == [5]
        assert bench.world.service.changes == []
        review = deployment.rehearsing.review
        assert review is not None
        assert {one.action: one.real for one in review.changes} == {"set-traffic": True, "back": True}
        samples = await bench.app.queries.samples("D1", "canary", 100)
        assert len(samples) > 4
    await staging.stop()


async def test_a_way_back_in_a_rehearsal_leaves_no_lock_and_ends_although_nothing_proves_it(
    bench: Bench,
) -> None:
    await bench.command(f"{START} --rehearsal --unattended")
    for _ in range(400):
        deployment = await bench.deployment("D1")
        if deployment.weight:
            break
        await bench.real(SECOND)
    await bench.app.ledger.apply("D1", RollbackAsked(roster.GITCODE, "try it"), key="try")
    await bench.quiet()
    deployment = await bench.to_the_end("D1")
    assert deployment.status is Status.ROLLED_BACK
    assert not deployment.locked
    assert await bench.app.queries.lock("ion-api", "production~rehearsal") is None
    assert bench.world.service.changes == []
    review = deployment.rehearsing.review
    assert review is not None
    assert "proof" in {one.kind for one in review.missing}  # the stable side of this world has no traffic

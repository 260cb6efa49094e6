"""Whole deployments whose gate reads from the real Prometheus: plan time is moved by the test, and stands still until the service
has been scraped once more, for Prometheus knows real time only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster_world import eventually
from prometheus_world import value
from real_prometheus import RealPrometheus, StartPrometheus
from stage import ROOT, Stage

from bot.app import App
from bot.settings import Settings
from core.state import Deployment, Status
from sandbox.prometheus.overlay import over_prometheus
from sandbox.world import World

MINUTE = timedelta(minutes=1)
STEPS: list[dict[str, Any]] = [
    {"baseline": {"id": "normal", "title": "What is normal", "metrics": ["errors", "p95"], "over": "5m"}},
    {"canary": {"id": "canary", "title": "Canary", "gate": "canary", "stages": [{"weight": 25, "bake": "16m"}, {"weight": 100, "bake": "16m"}]}},
    {
        "verdict": {
            "id": "end", "title": "Verdict", "by": ["final-approver"],
            "required": [{"title": "No rollback", "holds": "no-rollback"}, {"title": "Few errors", "metric": {"metric": "errors", "below": "1%"}}],
        }
    },
]  # fmt: skip
RULES = """
groups:
  - name: ion
    rules:
      - {alert: CanaryFails, expr: 'process_memory_percent{track="canary"} > 1000', labels: {severity: critical}}
      - {alert: Scraped, expr: 'up == 1', labels: {severity: info}}
"""


def plan() -> str:
    """The shipped plan over Prometheus, with two short stages instead of its days."""
    text = over_prometheus((ROOT / "plans" / "ion-deployment-day.yml").read_text(encoding="utf-8"))
    whole = yaml.safe_load(text)
    whole["plan"] = "ion-short"
    whole["sources"]["prom"]["prometheus"] |= {"timeout": "2s"}
    whole["gates"]["canary"]["alerts"] = {"source": "prom", "matching": {"alertname": "Scraped"}}
    whole["phases"] = [{"id": "rollout", "title": "Rollout", "at": "T0", "steps": STEPS}]
    checks = [
        {"id": "rules", "title": "Rules are loaded", "check": {"prometheus": {"source": "prom", "rules": {"count": 2, "names": ["CanaryFails"]}}}},
        {"id": "targets", "title": "It is scraped", "check": {"prometheus": {"source": "prom", "targets": {"job": "ion-api", "at-least": 1}}}},
        {"id": "alerts", "title": "Nothing critical fires", "check": {"prometheus": {"source": "prom", "alerts": {"none-firing": True, "matching": {"severity": "critical"}}}}},
        {"id": "pods", "title": "Four pods answer", "check": {"prometheus": {"source": "prom", "query": 'pods_ready{track="control"}', "equals": 4}}},
    ]  # fmt: skip
    ready = {"checklist": {"id": "ready", "title": "Ready", "items": checks}}
    whole["phases"].insert(0, {"id": "before", "title": "Before", "steps": [ready]})
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False)


class Scraped(Stage):
    """Every moment of plan time is scraped before anything looks, while Prometheus is there."""

    def __init__(self, world: World, app: App, environment: dict[str, str], server: RealPrometheus) -> None:
        super().__init__(world, app, environment)
        self.plan_file = Path(environment["CAPTAIN_PLANS"]) / "ion-short.yml"
        self.server = server
        self.away = False

    async def _set(self, moment: datetime) -> None:
        await super()._set(moment)
        if not self.away:
            await self.scrape()

    async def scrape(self) -> None:
        """Waits until the service has been scraped after this moment."""
        query = 'count_over_time(up{job="ion-api"}[1h])'
        before = await value(self.server.url, query) or 0
        await eventually(lambda: value(self.server.url, query), lambda seen: (seen or 0) > before + 1)

    async def begin(self) -> Deployment:
        """The deployment has begun, and all traffic moves by itself from here."""
        await self.scrape()
        await self.started("/deploy start ion-short version=v2.14.0 at=+10m")
        return await self.deployment()


@pytest.fixture
async def stage(tmp_path: Path, prometheus_server: StartPrometheus) -> AsyncIterator[Scraped]:
    """A bot, a service, and a Prometheus that scrapes it."""
    plans, rules = tmp_path / "plans", tmp_path / "rules.yml"
    plans.mkdir()
    (plans / "ion-short.yml").write_text(plan(), encoding="utf-8")
    rules.write_text(RULES, encoding="utf-8")
    world = World(yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8")))
    await world.start()
    address = world.service.url.removeprefix("http://")
    server = await asyncio.to_thread(prometheus_server, {"ion-api": [address]}, rules=[rules])
    await eventually(lambda: value(server.url, "sum(ALERTS)"), lambda seen: seen is not None)
    environment = world.environment(tmp_path) | {
        "CAPTAIN_TEMPO": "script",
        "CAPTAIN_AWAY": "0",
        "CAPTAIN_HTTP_PORT": "-1",
        "CAPTAIN_PLANS": str(plans),
        "PROMETHEUS_URL": server.url,
    }
    app = App(Settings(**environment), environ=environment)  # type: ignore[arg-type]
    one = Scraped(world, app, environment, server)
    try:
        await app.start()
        yield one
    finally:
        await app.close()
        await world.stop()


async def test_a_healthy_canary_is_judged_to_all_of_the_traffic(stage: Scraped) -> None:
    deployment = await stage.begin()
    items = deployment.step("ready")
    assert items is not None
    assert [(item.mark, item.failed) for item in items.items] == [("done", "")] * 4
    assert [item.note for item in items.items] == [
        "2 alert rules are loaded.",
        "1 of 1 targets of 'ion-api' are up.",
        "No alert with severity=critical fires.",
        'pods_ready{track="control"} is 4.',
    ]
    deployment = await stage.play_until(deployment.t0 + 30 * MINUTE)
    status = await stage.command("/gate status")
    assert "*Scraped* (instance=" in status
    deployment = await stage.play_until(deployment.t0 + 60 * MINUTE)
    assert (deployment.status, deployment.verdict, deployment.weight) == (Status.DONE, "GO", 100)
    judged = [state for state in deployment.gate.rules if state.judged_total] if deployment.gate else []
    assert len(judged) >= 6
    assert deployment.baseline is not None
    assert all(value is not None for _, value, _ in deployment.baseline.values)


async def test_a_leak_is_found_and_only_proposes(stage: Scraped) -> None:
    """Memory that grows by 12 points an hour and stays below its limit: no rule acts, and the canary goes no further by itself."""
    path = stage.plan_file
    path.write_text(path.read_text(encoding="utf-8").replace("bake: 16m", "bake: 50m"), encoding="utf-8")
    deployment = await stage.begin()
    await stage.play_until(deployment.t0 + 2 * MINUTE)
    stage.world.service.faults.set(track="canary", memory_growth=12.0)
    deployment = await stage.until(deployment.t0 + 60 * MINUTE)
    assert deployment.gate is not None
    growth = next(state for state in deployment.gate.rules if state.label == "memory.growth.observe")
    assert growth.sample is not None
    assert growth.sample.state == "breach"
    assert growth.sample.value is not None
    assert growth.sample.value > 6.0
    assert deployment.gate.recommendation == "OBSERVE"
    assert (deployment.status, deployment.weight) == (Status.HELD, 25)
    assert deployment.hold is not None
    assert deployment.hold.key == "no-evidence"
    assert deployment.rollback is None


async def test_a_sick_canary_is_rolled_back(stage: Scraped) -> None:
    deployment = await stage.begin()
    await stage.play_until(deployment.t0 + 6 * MINUTE)
    stage.world.make_sick(True)
    deployment = await stage.play_until(deployment.t0 + 40 * MINUTE, but=("rollback",))
    assert deployment.status is Status.ROLLED_BACK
    assert deployment.rollback is not None
    assert dict(deployment.rollback.words)["metric"] == "errors"


async def test_a_prometheus_that_is_killed_in_mid_stage_holds_and_goes_on(stage: Scraped) -> None:
    deployment = await stage.begin()
    await stage.play_until(deployment.t0 + 7 * MINUTE)
    await asyncio.to_thread(stage.server.stop, kill=True)
    stage.away = True
    held = await stage.until(deployment.t0 + 26 * MINUTE)
    assert (held.status, held.weight) == (Status.HELD, 25)
    assert held.hold is not None
    assert held.hold.key == "no-data"
    told = [text for text in stage.texts() if "called" in text]
    assert any("“prom” cannot be reached" in text for text in told), stage.texts()
    assert any("Start Prometheus again" in text for text in told)
    await asyncio.to_thread(stage.server.start)
    await eventually(lambda: value(stage.server.url, "sum(up)"), lambda seen: seen == 1, 30)
    stage.away = False
    back = await stage.until(deployment.t0 + 37 * MINUTE)
    # The numbers are back. What was not seen is not made up for: the stage may have to wait until it has enough of them.
    assert back.hold is None or back.hold.key == "no-evidence", back.hold
    assert back.gate is not None
    assert {one.state for one in back.gate.samples if one.metric == "errors"} == {"ok"}, (
        "they are judged again"
    )
    done = await stage.play_until(deployment.t0 + 90 * MINUTE, but=("page",))
    assert (done.status, done.verdict) == (Status.DONE, "GO")


# ------------------------------------------------------------------------------------------------------- an absence


def quick() -> str:
    """One stage in real time, looked at every two seconds."""
    whole = yaml.safe_load(plan())
    whole["plan"] = "ion-quick"
    whole["gates"] = {
        "canary": {
            "title": "Canary", "every": "2s", "minimum": 5, "patience": "1m",
            "rules": [{"metric": "errors", "below": "1%", "streak": 3, "then": "call"}],
        }
    }  # fmt: skip
    stages = [{"weight": 50, "bake": "10m"}]
    whole["phases"] = [
        {
            "id": "rollout",
            "title": "Rollout",
            "steps": [{"canary": {**STEPS[1]["canary"], "stages": stages}}, STEPS[2]],
        }
    ]
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False)


async def living(stage: Stage, seconds: float) -> None:
    """The bot lives for so long, in real time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        await stage.app.ticker.tick_once()
        await stage.quiet()
        await asyncio.sleep(0.1)


async def test_what_happened_while_the_bot_was_away_is_filled_in(
    tmp_path: Path, prometheus_server: StartPrometheus
) -> None:
    """It breaks the limit while nobody looks and is well again before the bot is back: found all the same."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "ion-quick.yml").write_text(quick(), encoding="utf-8")
    world = World(yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8")), per_5min=60_000)
    await world.start()
    world.set_time(world.plan_now(), 1.0)
    address = world.service.url.removeprefix("http://")
    server = await asyncio.to_thread(prometheus_server, {"ion-api": [address]})
    await eventually(lambda: value(server.url, "sum(up)"), lambda seen: seen == 1)
    environment = world.environment(tmp_path) | {
        "CAPTAIN_AWAY": "3",
        "CAPTAIN_HTTP_PORT": "-1",
        "CAPTAIN_PLANS": str(tmp_path / "plans"),
        "CAPTAIN_WORLD_URL": "",
        "PROMETHEUS_URL": server.url,
    }
    settings = Settings(**environment)  # type: ignore[arg-type]
    stage = Stage(world, App(settings, environ=environment), environment)
    try:
        await stage.app.start()
        await stage.started("/deploy start ion-quick version=v2.14.0 at=+1h")
        await living(stage, 8)
        deployment = await stage.deployment()
        assert (deployment.weight, deployment.status) == (50, Status.RUNNING)
        await stage.app.close()
        world.make_sick(True)
        await asyncio.sleep(8)
        world.make_sick(False)
        await asyncio.sleep(3)
        stage.app = App(settings, environ=environment)
        await stage.app.start()
        await living(stage, 5)
        told = next(text for text in stage.thread() if "samples filled in" in text)
        filled, breaches = (
            int(part) for part in re.findall(r"samples filled in: (\d+), breaches found: (\d+)", told)[0]
        )
        assert filled >= 4
        assert 3 <= breaches <= filled
        back = await stage.deployment()
        assert [page.topic for page in back.pages] == ["rule:errors.below.call"]
        gate = back.gate
        assert gate is not None
        assert gate.rules[0].sample is not None
        assert gate.rules[0].sample.state == "ok"  # it looks again, and all is well
    finally:
        await stage.app.close()
        await world.stop()

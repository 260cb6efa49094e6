"""`captain demo`: a local workspace, a service to deploy and the bot as a process of its own; played by a person or by a script."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import yaml

from bot.cli.hosting import Bot, BotInside, BotProcess
from bot.library import Library
from bot.settings import PLANS
from sandbox.players import Teammates
from sandbox.prometheus.overlay import over_prometheus
from sandbox.prometheus.server import INTERVAL_S, LocalPrometheus
from sandbox.scripted import Script
from sandbox.world import World
from sandbox.worlds import setting_of

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
QUICK_LIMIT_S = 300.0
"""Real seconds for a quick script, on a machine that has other things to do."""
SAMPLED_LIMIT_S = 900.0
"""Real seconds for a script that waits for a sample before every look."""


def demo(wanted: argparse.Namespace) -> int:
    """0 when the script ended as it should, or when the person has had enough."""
    try:
        _require_plan(wanted.plans or PLANS, wanted.plan)
        return asyncio.run(_script(wanted) if wanted.script else _play(wanted))
    except RuntimeError as failed:
        print(f"captain demo: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _require_plan(folder: Path, name: str) -> None:
    """A script would wait for a deployment that cannot begin until its time is over."""
    try:
        known = Library(folder).names()
    except OSError as wrong:
        raise RuntimeError(f"the folder {folder} cannot be read: {wrong.strerror}") from None
    if name not in known:
        raise RuntimeError(f"there is no plan '{name}' in {folder}; it has: {', '.join(known) or 'none'}")


async def _prepared(
    wanted: argparse.Namespace, stack: AsyncExitStack, *, tempo: str, port: int
) -> tuple[World, Bot]:
    folder = wanted.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="captain-demo-")))
    folder.mkdir(parents=True, exist_ok=True)
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    world = World(
        manifest, setting=setting_of(wanted.plan), seed=wanted.seed, language=wanted.language or "en"
    )
    try:
        await world.start(port=port)
    except OSError:
        await world.start(port=0)
    stack.push_async_callback(world.stop)
    environment = world.environment(folder, unhurried=tempo == "demo") | {
        "CAPTAIN_TEMPO": tempo,
        "CAPTAIN_BEAT": "0.2" if tempo == "demo" else "1",  # where time jumps, the tempo ticks
        "CAPTAIN_AWAY": "0",
    }
    if wanted.plans is not None:
        environment["CAPTAIN_PLANS"] = str(wanted.plans.resolve())
    if wanted.metrics == "prometheus":
        environment |= await _prometheus(wanted, world, folder, stack)
    inside = tempo == "quick" and not wanted.kill
    bot: Bot = (BotInside if inside else BotProcess)(environment, folder / "bot.log")
    stack.push_async_callback(bot.stop)
    await bot.start()
    return world, bot


async def _prometheus(
    wanted: argparse.Namespace, world: World, folder: Path, stack: AsyncExitStack
) -> dict[str, str]:
    """A Prometheus that scrapes the service, and the plan with its metrics from there."""
    if not world.site.scraped():
        raise RuntimeError(f"{wanted.plan} needs no --metrics: what it reads is there already")
    plan = (wanted.plans or PLANS) / f"{wanted.plan}.yml"
    try:
        text = over_prometheus(await asyncio.to_thread(plan.read_text, encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise RuntimeError(
            f"the plan {plan.name} cannot be read with metrics of Prometheus: {wrong}"
        ) from None
    server = LocalPrometheus(folder / "prometheus", world.site.scraped())
    stack.push_async_callback(server.stop)
    await server.start()
    plans = folder / "plans"
    plans.mkdir(exist_ok=True)
    (plans / plan.name).write_text(text, encoding="utf-8")
    return {
        "CAPTAIN_PLANS": str(plans),
        "CAPTAIN_SAMPLING": str(1.5 * INTERVAL_S),
        "PROMETHEUS_URL": server.url,
    }


async def _play(wanted: argparse.Namespace) -> int:
    """For a person at the page."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with AsyncExitStack() as stack:
        world, _ = await _prepared(wanted, stack, tempo="demo", port=wanted.port)
        world.welcome()
        print(
            f"\n  Deploy Captain is ready. Open  {world.slack.url}  in a browser, and type in #deployment:\n"
        )
        print(f"      {world.setting.command}\n")
        print("  Ctrl-C ends the demo; nothing of it stays.\n", flush=True)
        await Teammates(world).run(stop)
    return 0


async def _script(wanted: argparse.Namespace) -> int:
    """Unattended: the same commands and clicks, a transcript, the verdict on the last line."""
    async with AsyncExitStack() as stack:
        world, bot = await _prepared(wanted, stack, tempo="quick" if wanted.quick else "script", port=0)
        setting = world.setting
        limit_s = setting.at_most_s if wanted.metrics == "json" else SAMPLED_LIMIT_S
        limit_s = min(limit_s, QUICK_LIMIT_S) if wanted.quick else limit_s
        script = Script(world, wanted.script, say=partial(print, flush=True), limit_s=limit_s)
        if wanted.kill:

            async def kill() -> None:
                print("--- the bot is killed (SIGKILL), and away for seven minutes ---", flush=True)
                await bot.kill()
                world.advance(timedelta(minutes=7))
                await bot.start()
                print("--- the bot is back ---", flush=True)

            script.in_the_middle(kill)
        verdict = await script.play()
    print(f"verdict: {verdict}", flush=True)
    if verdict != setting.expected[wanted.script]:
        print(
            f"captain demo: the script '{wanted.script}' should have ended in {setting.expected[wanted.script]}",
            file=sys.stderr,
        )
        return 1
    return 0

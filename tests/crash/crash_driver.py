"""A bot process that kills itself: opens the database, asks for one effect, drains the outbox, and dies by SIGKILL at a
stage of that effect if it is told to.

Reads one JSON line a run from its input and answers with the exit status of the process that ran it. Each run is a process
of its own, forked from this one so that nobody waits for the imports; nothing of a run is left in memory for the next.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.adapters.slack import SlackWeb, slack_client
from bot.perform import Adapters, Drain, Performer
from bot.performing.followed import Manners
from bot.performing.pacing import SlackPacing
from bot.secrets import Secrets
from bot.vendors import vendors
from core import gates
from core.decision import Decision
from core.effects import (
    SIDE,
    Backfill,
    CheckItem,
    Effect,
    LookBack,
    Measure,
    Notify,
    Post,
    ReadBack,
    Record,
    Run,
    SetWeight,
    Update,
)
from core.incidents import Incident, Todo
from core.inputs import Input, Paused, Started, Tick
from core.plan.runbook import read_runbook
from core.start import new_deployment
from core.state import (
    Deployment,
    DryRun,
    Hold,
    Page,
    Recording,
    RollbackRun,
    Status,
    StepState,
)
from storage.clock import utcnow
from storage.database import Database
from storage.ledger import Ledger
from storage.messages import Messages
from storage.outbox import Claim, Outbox
from storage.queries import Queries

PERSON = "U0GITCODE"
T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
PLAN = """\
format: 1
plan: ion-crash
title: Crash
service: ion-api
environment: production
starters: [deployer]
roles: {deployer: {title: Deployer}}
channels: {main: deployment}
programs: {script: {run: "${ION_SCRIPT}", environment: [ION_API_URL]}}
sources: {api: {http: {url: "${ION_API_URL}"}}, told: {http: {url: "${TOLD_URL}"}}}
audiences: {board: {title: The board, webhook: {source: told, path: /told, body: {text: $text}}}}
metrics:
  errors: {title: Errors, source: api, get: /api/v2/canary/metrics, ratio: {bad: tracks.$track.errors, total: tracks.$track.requests}, unit: "%"}
gates:
  canary: {title: Canary, rules: [{metric: errors, below: 1%}]}
actions:
  set:
    title: Set the share
    http: {source: api, path: /api/v2/canary/config, body: {enabled: true, canary_percentage: $weight}}
    repeat: probe
    probe: {source: api, get: /api/v2/canary/config, json: {canary_percentage: $weight}}
  back:
    title: Roll back
    command: {program: script, args: [rollback]}
    repeat: probe
    probe: {source: api, get: /api/v2/canary/config, json: {canary_percentage: 0}}
  back-asking: {title: Roll back, command: {program: script, args: [rollback]}, repeat: ask}
  back-talking:
    title: Roll back at length
    command: {program: script, args: [talk]}
    repeat: probe
    probe: {source: api, get: /api/v2/canary/config, json: {canary_percentage: 0}}
  look: {title: Look, command: {program: script, args: [status]}, changes: false, repeat: safe}
playbooks:
  slow:
    title: Slow
    steps: [{text: Look at it, action: look}]
    decide: {by: [deployer], options: [restart]}
    actions: {restart: back}
traffic: {set: set, read: {source: api, get: /api/v2/canary/config, value: canary_percentage}}
escalation: [{tier: 1, for: fix, who: [deployer], within: 5m}]
rollback: {by: [deployer], healthy: [{http: {source: api, get: /health}}], steps: [back], verify: {reads: 2}}
phases:
  - id: rollout
    title: Rollout
    steps:
      - checklist: {id: ready, title: Ready, items: [{id: health, title: Healthy, check: {http: {source: api, get: /health}}}]}
      - run: {id: act, title: Act, action: back}
      - baseline: {id: normal, title: Normal, metrics: [errors]}
      - traffic: {id: first, title: Five percent, to: 5, gate: canary}
      - verdict: {id: end, title: Verdict, by: [deployer], required: [{title: No rollback, holds: no-rollback}]}
"""

CARD = Post("card", "card", "", "top", priority=1)
ASKED: dict[str, Effect] = {
    "measure": Measure("baseline:normal:1", ("errors",)),
    "check": CheckItem("ready", "health", 1),
    "run": Run("step:act:1", "back"),
    "run-asking": Run("step:act:1", "back-asking"),
    "run-talking": Run("step:act:1", "back-talking"),
    "set-weight": SetWeight("step:first:1", "set", 10),
    "run-incident": Run("incident:1:act:1", "back"),
    "run-look": Run("incident:1:look:0", "look", looks=True),
    "run-dry": Run("dry:0:1", "back", dry=True),
    "set-weight-dry": SetWeight("step:first:1", "set", 10, dry=True),
    "check-side": CheckItem(SIDE, "0", 1),
    "record": Record("rollback/targets:1", ("back",)),
    "backfill": Backfill("backfill:1", ("errors",), (T0,)),
    "look-back": LookBack("review"),
    "read-back": ReadBack("step:first:1"),
    "post": Post("page", "page:1:1", "1:1", "top", people=(PERSON,), priority=0, answer=True),
    "notify": Notify("notice:page:1:1:board", "board", "page", "1:1"),
    "update": Update("card", "card"),
}
"""One effect of every kind; and more where a kind has several ways: an action whose plan says to ask, one that shows how far it
is and prints a lot, dry runs, a look at the side a rollback leads to."""


def rules(name: str) -> Callable[[Deployment, Input, datetime], Decision]:
    """A tick posts the card; a pause asks for the effect; answers change nothing."""

    def decide(deployment: Deployment, happened: Input, now: datetime) -> Decision:
        if isinstance(happened, Started):
            return Decision(_begun(deployment, name))
        if isinstance(happened, Tick):
            return Decision(deployment, effects=(CARD,))
        if isinstance(happened, Paused):
            return Decision(_when_asked(deployment, name), effects=(ASKED[name],))
        return Decision(deployment)

    return decide


def _when_asked(deployment: Deployment, name: str) -> Deployment:
    """Where the effect is wanted: a report at the end of a rehearsal, an update of what has changed."""
    if name == "look-back":
        return replace(deployment, status=Status.DONE, rehearsal=True)
    return _held(deployment) if name == "update" else deployment


def _held(deployment: Deployment) -> Deployment:
    """Something that the card shows, so that there is something to update."""
    why = Hold("paused", PERSON, "paused", (("by", PERSON), ("reason", "lunch")), T0)
    return replace(deployment, status=Status.HELD, hold=why)


def _begun(deployment: Deployment, name: str) -> Deployment:
    steps = tuple(
        StepState(placed.body.id, "open", opened_at=T0, round=1) for placed in deployment.runbook.route
    )
    deployment = replace(deployment, steps=steps)
    first = deployment.step("first")
    assert first is not None
    if name.startswith("set-weight"):
        deployment = deployment.with_step(replace(first, stage_of_work="setting"))
    if name == "read-back":
        deployment = deployment.with_step(replace(first, stage_of_work="reading"))
    gate = gates.begin("canary", deployment.runbook, T0, after=None)
    if name == "check-side":
        run = RollbackRun(PERSON, "odd", stage="inspecting", inspection=1, outstanding=("side:0:1",))
        deployment = replace(deployment, rollback=run)
    deployment = replace(
        deployment,
        incidents=(
            Incident(
                1,
                "slow",
                PERSON,
                "person",
                "",
                T0,
                (Todo(ref="incident:1:look:0"),),
                stage="acting",
                round=1,
                answer="restart",
                ref="incident:1:act:1",
            ),
        ),
        dry=DryRun(PERSON, 1, T0, ("dry:0:1",)),
        recording=Recording("rollback/targets:1", 1),
        gate=replace(gate, filling="backfill:1", filling_until=T0),
    )
    page = Page(1, "unknown", "unknown", (("step", "act"), ("reason", "nobody knows")), T0, called=(PERSON,))
    people = (("deployer", (PERSON,)),)
    status = Status.ROLLING_BACK if name == "check-side" else Status.RUNNING
    return replace(deployment, status=status, people=people, pages=(page,), started_at=T0)


async def run(told: dict[str, Any]) -> None:
    """One life of the bot: from its start to an empty outbox, or to its death."""
    kind = ASKED[told["name"]].kind

    def observe(stage: str, claim: Claim) -> None:
        if stage == told["stage"] and claim.effect.kind == kind and (claim.effect != CARD):
            os.kill(os.getpid(), signal.SIGKILL)
        if stage == "showing":
            (folder / "seen").touch()

    folder = Path(told["folder"])
    known = {"ION_API_URL": told["service"], "TOLD_URL": told["board"], "ION_SCRIPT": str(folder / "script")}
    secrets = Secrets({**os.environ, **known})
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'captain.sqlite3'}", migrate=False)
    async with aiohttp.ClientSession() as session:
        ledger = Ledger(
            database, utcnow, rules(told["name"]), wake_at=lambda _: None, gate_wake_at=lambda _: None,
            is_quiet=lambda *_: False,
        )  # fmt: skip
        outbox = Outbox(database, utcnow)
        adapters = Adapters(
            SlackWeb(slack_client(session, told["token"], told["slack"])),
            vendors(session, secrets, folder),
            secrets,
        )
        messages = Messages(database, utcnow)
        performer = Performer(
            ledger, outbox, Queries(database, utcnow), messages, adapters, utcnow,
            owner=f"bot-{os.getpid()}", observe=observe, pacing=SlackPacing(posts_per_s=1000), drain=Drain(lease_s=0.3),
            manners=Manners(after_s=0.0, every_s=0.02),
        )  # fmt: skip
        new = new_deployment(id="D1", runbook=read_runbook(PLAN), inputs={}, t0=T0, language="en")
        await ledger.open(new, Started(PERSON, ()), key="start")
        for key, happened in (("card", Tick()), ("ask", Paused(PERSON, "lunch"))):
            await ledger.apply("D1", happened, key=key)
            await _drain(performer, outbox)
        while await messages.showing("progress"):  # whatever an earlier life was showing
            await performer.drain_once()
            await asyncio.sleep(0.01)
    await database.close()


async def _drain(performer: Performer, outbox: Outbox) -> None:
    while await outbox.depth():
        if not await performer.drain_once():
            await asyncio.sleep(0.01)  # the lease of the one that died has to end


def main() -> None:
    """Forks a process for every line, waits for its end, and says how it was."""
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            asyncio.run(run(told))
            sys.stderr.flush()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

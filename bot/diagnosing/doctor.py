"""The whole examination: the bot's own house once, then every plan that was named.

It must not know how findings are worded or shown, nor who asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import aiohttp

from bot.adapters.slack_inspection import SlackInspection
from bot.diagnosing.duty import duty_of
from bot.diagnosing.follow import following
from bot.diagnosing.host import database_of, running, settings_of, variables_of
from bot.diagnosing.people import people_of
from bot.diagnosing.unset import said_once
from bot.diagnosing.workspace import Workspace
from bot.diagnosing.world import World
from bot.library import Library
from bot.performing.ports import Vendors
from bot.secrets import Secrets
from bot.settings import Settings
from bot.team import TeamFile, TeamRefused, read_team
from commands.room import Diagnose
from core.errors import Refused
from core.findings import Finding
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook
from storage.clock import Clock
from storage.queries import Queries


@dataclass(frozen=True)
class Surroundings:
    """What doctor works with. `queries` is None while there is no database that can be read."""

    settings: Settings
    session: aiohttp.ClientSession
    slack: SlackInspection
    vendors: Vendors
    secrets: Secrets
    clock: Clock
    queries: Queries | None = None


class Doctor:
    """One examination. Slack is asked about a person or the list of channels once, however many plans there are."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._team, self._team_finding = _team(around.settings)
        named = self._team.channels if self._team is not None else {}
        self.workspace = Workspace(around.slack, around.settings, around.clock, named=named)

    async def house(self) -> list[Finding]:
        """Settings, database, team file, Slack, and the bot that runs here already."""
        around = self._around
        found = [*settings_of(around.settings), self._team_finding, *await database_of(around.settings)]
        found += await self.workspace.app()
        return [*found, *await running(around.session, around.settings)]

    def read(self, name: str) -> Runbook | Finding:
        """The plan of this name, or what is wrong with it."""
        try:
            return Library(self._around.settings.plans).read(name)
        except Refused as refused:
            words = (("name", name), ("near", str(dict(refused.args_).get("near") or "")))
            return Finding("plan", name, "broken", "plan-unknown", words)
        except (OSError, UnicodeDecodeError) as unreadable:
            return Finding(
                "plan", name, "broken", "plan-unreadable", (("name", name), ("reason", str(unreadable)))
            )
        except PlanInvalid as invalid:
            first = str(invalid.problems[0])
            words_of = (("name", name), ("problems", len(invalid.problems)), ("first", first))
            return Finding("plan", name, "broken", "plan-invalid", words_of)

    async def look(self, runbook: Runbook, inputs: Mapping[str, str], programs: bool) -> list[Finding]:
        """Everything a plan needs that can be read."""
        around, plan = self._around, runbook.plan
        steps = (("name", plan.plan), ("phases", len(plan.phases)), ("steps", len(runbook.route)))
        found = [Finding("plan", plan.plan, "works", "plan-good", steps)]
        found += following(runbook, Library(around.settings.plans).names())
        found += await self._lock(runbook)
        if self.workspace.reachable:
            found += [await self.workspace.channel(key, name) for key, name in plan.channels.items()]
        if self._team is not None:
            found += await people_of(runbook, self._team, self.workspace)
            found += duty_of(runbook, self._team, inputs, around.clock())
        if self._team is not None and self._team.rehearsal and self.workspace.reachable:
            known = await self.workspace.channel("rehearsal", self._team.rehearsal)
            found.append(known if known.state == "works" else replace(known, state="mind"))
        variables = variables_of(runbook, around.secrets)
        world = World(
            runbook, around.vendors, around.secrets, around.clock, inputs=dict(inputs), programs=programs
        )
        unset = [one.subject for one in variables if one.key == "variable-missing"]
        return [*found, *variables, *said_once(await world.findings(), unset)]

    async def _lock(self, runbook: Runbook) -> list[Finding]:
        plan = runbook.plan
        if self._around.queries is None:
            return []
        lock = await self._around.queries.lock(plan.service, plan.environment)
        where = (("service", plan.service), ("environment", plan.environment))
        if lock is None:
            return [Finding("lock", plan.service, "works", "lock-free", where)]
        words = (*where, ("deployment", lock.deployment_id))
        if lock.held == "active":
            return [Finding("lock", plan.service, "mind", "lock-active", words)]
        return [Finding("lock", plan.service, "broken", "lock-left", words)]


def on_demand(around: Surroundings) -> Diagnose:
    """For somebody who asks in Slack: one plan, and no program is started for that."""

    async def diagnose(runbook: Runbook, inputs: Mapping[str, str]) -> tuple[Finding, ...]:
        doctor = Doctor(around)
        doctor.workspace.reachable = True  # whoever asks has come through it
        return tuple(await doctor.look(runbook, inputs, programs=False))

    return diagnose


def _team(settings: Settings) -> tuple[TeamFile | None, Finding]:
    path = str(settings.team)
    if not settings.team.is_file():
        return None, Finding("setting", "CAPTAIN_TEAM", "broken", "team-missing", (("path", path),))
    try:
        team = read_team(settings.team)
    except TeamRefused as refused:
        return None, Finding("setting", "CAPTAIN_TEAM", "broken", "team-refused", (("reason", str(refused)),))
    words = (("path", path), ("n", len(team.roles)))
    return team, Finding("setting", "CAPTAIN_TEAM", "works", "team-good", words)

"""Whether somebody is on duty on each day, for the roles of which a plan wants that: the team file's rota is looked through.

Nobody knows yet when it will start: `at=` says it, else the day on which the rota begins that is still to come, else the next
T0. It must not know Slack.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from bot.team import TeamFile, deputies_of, roles_of, rota_of
from core.findings import Finding
from core.inputs import Started
from core.plan.moments import any_start, local, parse_clock
from core.plan.runbook import Runbook
from core.rota import shifts_of, shown
from core.rules import duty
from core.state import Deployment


def duty_of(runbook: Runbook, team: TeamFile, inputs: Mapping[str, str], now: datetime) -> list[Finding]:
    """One finding for every role with `rota: true`."""
    found = []
    for role, wanted in runbook.plan.roles.items():
        if not wanted.rota:
            continue
        t0 = _t0(runbook, team, role, inputs.get("at"), now)
        blank = Deployment("", runbook, {}, t0, "en")
        started = Started("", roles_of(team), rota_of(team), deputies_of(team))
        peopled = duty.begin(blank, started, t0)
        days, missing = duty.days(peopled), duty.uncovered(peopled, role)
        day = shown(days[:1])
        if not missing:
            words = (("role", role), ("day", day), ("until", shown(days[-1:])))
            found.append(Finding("role", role, "works", "duty-covered", words))
        elif len(missing) == len(days) and not shifts_of(rota_of(team), role):
            found.append(Finding("role", role, "broken", "duty-nowhere", (("role", role),)))
        else:
            words = (("role", role), ("days", shown(missing)), ("day", day))
            found.append(Finding("role", role, "broken", "duty-gaps", words))
    return found


def _t0(runbook: Runbook, team: TeamFile, role: str, at: str | None, now: datetime) -> datetime:
    today = now.astimezone(runbook.zone).date()
    ahead: list[date] = [shift.since for shift in shifts_of(rota_of(team), role) if shift.since >= today]
    if at is None and ahead:
        return local(min(ahead), parse_clock(runbook.plan.t0 or "00:00"), runbook.zone).at
    try:
        return any_start(at, runbook.plan.t0, runbook.zone, now).at
    except ValueError:
        return now

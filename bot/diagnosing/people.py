"""Whether there is somebody for everything a plan asks of people: every role, every deputy, every tier of its escalation.

It must not know Slack: whether an account can act is asked of `Workspace`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.diagnosing.workspace import Standing, Workspace
from bot.team import TeamFile
from core.findings import Finding, State
from core.plan.models import Checklist, Decide, Plan, Signoff, Verdict
from core.plan.runbook import Runbook


@dataclass(frozen=True)
class _Held:
    holders: tuple[str, ...]
    deputies: tuple[str, ...]
    able: frozenset[str]

    @property
    def everybody(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.holders, *self.deputies)))


async def people_of(runbook: Runbook, team: TeamFile, workspace: Workspace) -> list[Finding]:
    """Every role with everybody who holds it, then every tier."""
    plan = runbook.plan
    standings: dict[str, Standing] = {}
    roles: dict[str, _Held] = {}
    found: list[Finding] = []
    for role in plan.roles:
        on_duty = [one for shift in team.rota.get(role, ()) for one in shift.who]
        holders = _ids(team, (*team.roles.get(role, ()), *on_duty))
        deputies = _ids(team, team.deputies.get(role, ()))
        for person in (*holders, *deputies):
            if person not in standings:
                standings[person] = await workspace.person(person) if workspace.reachable else "there"
        able = frozenset(one for one in (*holders, *deputies) if standings[one] in ("there", "unread"))
        roles[role] = _Held(holders, deputies, able)
        found += [
            _person(role, one, standings[one]) for one in roles[role].everybody if standings[one] != "there"
        ]
        found.append(_role(role, roles[role], role in needed(runbook)))
    return [*found, *_tiers(plan, roles)]


def needed(runbook: Runbook) -> frozenset[str]:
    """Roles that the plan asks something of: to start, to sign, to tick, to decide, to roll back."""
    plan = runbook.plan
    found: set[str] = {*plan.starters, *(plan.rollback.by if plan.rollback is not None else ())}
    for placed in runbook.route:
        match placed.body:
            case Signoff():
                found.update(placed.body.roles)
            case Decide() | Verdict():
                found.update(placed.body.by)
            case Checklist():
                found.update(item.role for item in placed.body.items if item.role and not item.optional)
            case _:
                pass
    return frozenset(found)


def _ids(team: TeamFile, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(team.people.get(name, name) for name in names))


def _person(role: str, person: str, standing: Standing) -> Finding:
    words = (("role", role), ("person", person))
    return Finding("role", role, "mind" if standing == "unread" else "broken", f"person-{standing}", words)


def _role(role: str, held: _Held, asked: bool) -> Finding:
    able = [one for one in held.everybody if one in held.able]
    words = (("role", role), ("people", ",".join(able)))
    if not able:
        state: State = "broken" if asked else "mind"
        return Finding("role", role, state, "role-empty" if asked else "role-unused", words)
    if len(able) == 1 and asked:
        return Finding("role", role, "mind", "role-alone", words)
    return Finding("role", role, "works", "role-held", words)


def _tiers(plan: Plan, roles: Mapping[str, _Held]) -> list[Finding]:
    found = []
    for tier in plan.escalation:
        able = [one for role in tier.who for one in roles[role].everybody if one in roles[role].able]
        words = (
            ("tier", tier.tier),
            ("roles", ",".join(tier.who)),
            ("people", ",".join(dict.fromkeys(able))),
        )
        state: State = "works" if able else "broken"
        found.append(Finding("tier", str(tier.tier), state, "tier-answers" if able else "tier-nobody", words))
    return found

"""The rota of a deployment with its gaps, the warning before one, and the contacts: role, who, deputies, when they are called.

Who holds a role is named, not mentioned, where a table would wake people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from commands.blocks import kit, parts
from commands.blocks.kit import Drawn
from commands.telling import Voice
from core.effects import Words
from core.plan.models import Contact
from core.rota import DAY, shifts_of, shown
from core.rules import duty
from core.state import Deployment

CONTACTS: tuple[Contact, ...] = ("tier-1", "tier-2", "tier-3", "when-needed", "business")


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The warning before a gap ('ROLE:FIRST:LAST', ISO days); covered when somebody has been put there."""
    name = parts.subject(deployment, voice)
    role, first, last = [*subject.split(":"), "", ""][:3]
    days = _run(first, last)
    still = tuple(day for day in days if day in set(duty.uncovered(deployment, role)))
    if not still:
        said = voice.say("gap.covered", days=shown(days) or "–", role=voice.role(role))
        return kit.drawn(f"{name}: {said}", [kit.section(said)])
    stand_ins = duty.deputies(deployment, role)
    deputies = (
        voice.say("gap.deputies", people=voice.people(stand_ins)) if stand_ins else voice.say("gap.nobody")
    )
    title, when = voice.role(role), shown(still)
    since, until = still[0].isoformat(), still[-1].isoformat()
    blocks = [
        kit.header(voice.say("gap.title", role=title)),
        kit.section(voice.say("gap.text", days=when, role=title, deputies=deputies)),
        kit.section(voice.say("gap.how", role=voice.safe(role), since=since, until=until)),
        kit.context(deployment.id),
    ]
    asked = parts.mentioned(deployment, deployment.runbook.plan.starters, voice)
    return kit.drawn(voice.say("gap.sentence", name=name, role=title, days=when, people=asked), blocks)


def _run(first: str, last: str) -> tuple[date, ...]:
    try:
        since, until = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return ()
    return tuple(since + number * DAY for number in range(max(0, (until - since).days) + 1))


def with_rota(deployment: Deployment) -> tuple[str, ...]:
    """The roles that have shifts, or that the plan wants somebody for each day."""
    plan = deployment.runbook.plan
    return tuple(role for role, known in plan.roles.items() if known.rota or shifts_of(deployment.rota, role))


def rota(deployment: Deployment, voice: Voice) -> str:
    """Every role with a rota: today's, each shift, and the days without anybody."""
    lines = [voice.say("duty.title", name=parts.subject(deployment, voice))]
    days = duty.days(deployment)
    for role in with_rota(deployment):
        lines.append(
            voice.say("duty.role", role=voice.role(role), people=voice.people(deployment.holders(role)))
        )
        for shift in shifts_of(deployment.rota, role):
            ends = (shift.since,) if shift.since == shift.until else (shift.since, shift.until)
            when = shown(ends).replace(", ", " – ")
            lines.append(voice.say("duty.shift", days=when, people=voice.people(shift.who)))
        lines.extend(_rest(deployment, role, days, voice))
    return "\n".join([*lines, voice.say("duty.how")])


def _rest(deployment: Deployment, role: str, days: tuple[date, ...], voice: Voice) -> Iterator[str]:
    always = duty.standing(deployment, role)
    if always:
        yield voice.say("duty.always", people=voice.people(always))
    if deployment.runbook.plan.roles[role].rota:
        missing = duty.uncovered(deployment, role)
        if missing:
            yield voice.say("duty.gaps", days=shown(missing))
        else:
            yield voice.say("duty.no-gaps", until=shown(days[-1:]))


def gap_lines(deployment: Deployment, voice: Voice) -> list[str]:
    """What is said at the start about days without anybody."""
    first = deployment.rota_day or duty.day_of(deployment, deployment.started_at or deployment.t0)
    lines = []
    for role, known in deployment.runbook.plan.roles.items():
        missing = duty.uncovered(deployment, role, first) if known.rota else ()
        if missing:
            lines.append(voice.say("start.gaps", role=voice.role(role), days=shown(missing)))
    return lines


def contacts(deployment: Deployment, voice: Voice) -> str:
    """Who is who, by where they stand in the escalation."""
    plan = deployment.runbook.plan
    lines = [voice.say("contacts.title", name=parts.subject(deployment, voice))]
    for contact in (*CONTACTS, None):
        roles = [role for role, known in plan.roles.items() if known.contact == contact]
        if not roles:
            continue
        head = voice.say(f"contacts.{contact or 'other'}")
        purposes = [
            voice.say("contacts.tier", tier=tier.tier, purpose=voice.text(tier.purpose))
            for tier in plan.escalation
            if contact == f"tier-{tier.tier}"
        ]
        lines.append(f"{head} ({purposes[0]})" if purposes else head)
        lines.extend(_contact(deployment, role, voice) for role in roles)
    return "\n".join(lines)


def _contact(deployment: Deployment, role: str, voice: Voice) -> str:
    stand_ins = duty.deputies(deployment, role)
    holders = tuple(person for person in deployment.holders(role) if person not in stand_ins)
    also = voice.say("contacts.deputies", people=voice.people(stand_ins)) if stand_ins else ""
    return voice.say("contacts.row", role=voice.role(role), people=voice.people(holders), deputies=also)


def beside_a_call(deployment: Deployment, voice: Voice) -> list[str]:
    """Whom those who are called may ask, named apart and not mentioned: when needed, and business."""
    quiet = replace(voice, plain=True)
    lines = []
    for contact, key, word in (
        ("when-needed", "page-view.contacts", "needed"),
        ("business", "page-view.business", "business"),
    ):
        roles = [role for role, known in deployment.runbook.plan.roles.items() if known.contact == contact]
        if roles:
            named = ", ".join(quiet.role(role) for role in roles)
            lines.append(voice.say(key, **{word: named}))
    return lines

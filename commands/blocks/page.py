"""A call for people: why, until when, who is next, the one button that stops it, and the playbook to work by."""

from __future__ import annotations

from dataclasses import replace

from commands.blocks import duty, kit, parts
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.plan.models import Playbook
from core.roles import holders_of
from core.state import Deployment, Page

STEPS = 12
PROPOSING = frozenset(
    {
        "rule",
        "evidence",
        "over-limit",
        "streak-alone",
        "streak-unproved",
        "streak-usual",
        "propose",
        "propose-proved",
        "incident-at-once",
        "incident-proposed",
        "incident-unanswered",
    }
)
"""Calls that ask for a decision about the traffic: they bring the button of a rollback."""


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The call `subject` ('PAGE:TIER'; tier 0 calls everybody in the channel)."""
    number, _, tier_text = subject.partition(":")
    page = deployment.page(int(number)) if number.isdigit() else None
    if page is None:
        said = voice.say("page-view.gone")
        return kit.drawn(said, [kit.section(said)])
    tier = int(tier_text) if tier_text.isdigit() else page.tier
    why = voice.tell(f"page.{page.key}", page.words)
    return (
        _calling(deployment, page, tier, why, voice)
        if page.open
        else _over(deployment, page, tier, why, voice)
    )


def _calling(deployment: Deployment, page: Page, tier: int, why: str, voice: Voice) -> Drawn:
    name = parts.subject(deployment, voice)
    people = called(deployment, page, tier, voice)
    blocks: list[Block] = [
        kit.header(
            voice.say("page-view.everybody" if tier == 0 else "page-view.title", tier=tier, name=name)
        ),
        kit.section(f"{people} {why}"),
        kit.section(_terms(deployment, page, tier, voice)),
    ]
    blocks.extend(_proposal(deployment, page, voice))
    blocks.extend(_playbook(deployment, page, voice))
    beside = duty.beside_a_call(deployment, voice)
    if beside:
        blocks.append(kit.context(*beside))
    button = kit.button(
        voice.say("button.ack"), Verb.PAGE_ACK, Value(deployment.id, i=str(page.number)), style="primary",
        accessible=voice.say("button.ack-of", number=page.number, name=name),
    )  # fmt: skip
    buttons = [button, *_way_back(deployment, page, voice)]
    blocks.append(kit.actions(*buttons, block_id=kit.block_id("page", f"{page.number}:{tier}", page.tier)))
    blocks.append(kit.context(voice.say("page-view.meaning", id=deployment.id, number=page.number)))
    return kit.drawn(voice.say("page-view.sentence", people=people, name=name, why=why), blocks)


def _proposal(deployment: Deployment, page: Page, voice: Voice) -> list[Block]:
    """What the bot would have done itself, where the plan let it."""
    plan = deployment.runbook.plan.rollback
    wanted = page.topic.startswith("rule:") and dict(page.words).get("then") == "rollback"
    if plan is None or plan.automatic or not wanted:
        return []
    named = ", ".join(voice.role(role) for role in plan.by)
    return [kit.section(voice.say("page-view.proposes", roles=named))]


def _way_back(deployment: Deployment, page: Page, voice: Voice) -> list[Element]:
    """The button that takes the traffic back, where people are called to say whether it shall."""
    asking = page.topic.startswith("rule:") or page.key in PROPOSING
    if not asking or not parts.can_roll_back(deployment):
        return []
    name = parts.subject(deployment, voice)
    accessible = voice.say("button.rollback-of", name=name)
    return [
        kit.button(
            voice.say("button.rollback"), Verb.ROLLBACK_START, Value(deployment.id), style="danger", accessible=accessible
        )
    ]  # fmt: skip


def called(deployment: Deployment, page: Page, tier: int, voice: Voice) -> str:
    """Those whom this tier calls, mentioned."""
    if tier == 0:
        return voice.person("!here")
    if tier == page.tier and page.called:
        return voice.people(page.called)
    tiers = deployment.runbook.plan.escalation
    return voice.people(holders_of(deployment, tiers[tier - 1].who)) if tier <= len(tiers) else ""


def _terms(deployment: Deployment, page: Page, tier: int, voice: Voice) -> str:
    tiers = deployment.runbook.plan.escalation
    if tier == 0 or (page.exhausted and tier == page.tier):
        return voice.say("page-view.exhausted")
    if tier < page.tier:
        return voice.say("page-view.passed-on", tier=page.tier)
    purpose = voice.text(tiers[tier - 1].purpose)
    by = voice.say("page-view.until", at=voice.when(page.deadline)) if page.deadline is not None else ""
    within = voice.span(tiers[tier - 1].within)
    following = next((other for other in tiers[tier:] if holders_of(deployment, other.who)), None)
    after = voice.say("page-view.then-everybody")
    if following is not None:
        after = voice.say(
            "page-view.then",
            tier=following.tier,
            who=parts.roles(deployment, following.who, _unmentioned(voice)),
        )
    return kit.lines([voice.say("page-view.for", purpose=purpose, within=within, by=by), after])


def _unmentioned(voice: Voice) -> Voice:
    """Those who come next are named by role, not called yet."""
    return replace(voice, plain=True, names=lambda _: voice.say("word.not-called"))


def _playbook(deployment: Deployment, page: Page, voice: Voice) -> list[Block]:
    playbook = deployment.runbook.plan.playbooks.get(page.playbook)
    if playbook is None:
        return []
    walked = deployment.open_incident(page.playbook)
    if walked is not None:
        title = voice.text(playbook.title, 120)
        return [kit.section(voice.say("page-view.incident", number=walked.number, title=title))]
    return [kit.section(playbook_lines(playbook, deployment, voice))]


def playbook_lines(playbook: Playbook, deployment: Deployment, voice: Voice) -> str:
    """The playbook's title and its numbered steps with their times."""
    lines = [f"*{voice.say('page-view.playbook', title=voice.text(playbook.title))}*"]
    for number, step in enumerate(playbook.steps[:STEPS], 1):
        within = (
            f" ({voice.say('phrase.within', span=voice.span(step.within))})"
            if step.within is not None
            else ""
        )
        owner = f" — {voice.role(step.role)}" if step.role is not None else ""
        lines.append(f"{number}. {voice.text(step.text, 220)}{within}{owner}")
    if len(playbook.steps) > STEPS:
        lines.append(voice.say("word.more", n=len(playbook.steps) - STEPS))
    return "\n".join(lines)


def _over(deployment: Deployment, page: Page, tier: int, why: str, voice: Voice) -> Drawn:
    name = parts.subject(deployment, voice)
    how = "acked" if page.acked_at is not None else "closed"
    if page.acked_at is not None:
        took = voice.span(page.acked_at - page.opened_at)
        state = voice.say(
            "page-view.acked", by=voice.person(page.acked_by), at=voice.when(page.acked_at), took=took
        )
    else:
        state = voice.say("page-view.closed")
    blocks: list[Block] = [
        kit.header(voice.say(f"page-view.over-{how}", number=page.number, name=name)),
        kit.section(f"{why}\n{state}"),
    ]
    if page.acked_at is not None and page.closed_at is None:
        blocks.extend(_playbook(deployment, page, voice))
    return kit.drawn(voice.say("page-view.sentence-over", name=name, number=page.number, state=state), blocks)

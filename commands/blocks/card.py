"""The one live card of a deployment: where it stands, what it waits for, and the buttons that stop it. Edited in place."""

from __future__ import annotations

from commands.blocks import daily, incident, kit, parts, side, weighed
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.report import summarise
from core.state import Deployment, Status


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The card as it stands."""
    blocks: list[Block] = [
        kit.header(
            voice.say(
                "card.title", subject=parts.subject(deployment, voice), status=parts.status(deployment, voice)
            )
        ),
        kit.fields(_fields(deployment, voice)),
        kit.section(parts.steps_line(deployment, voice)),
        *_troubles(deployment, voice),
    ]
    days = daily.card_line(deployment, voice)
    if days:
        blocks.append(kit.section(days))
    waiting = parts.waiting(deployment, voice)
    if waiting:
        blocks.append(
            kit.section(f"*{voice.say('card.waiting')}*\n" + "\n".join(f"• {line}" for line in waiting))
        )
    buttons = _buttons(deployment, voice)
    blocks.append(kit.actions(*buttons, block_id=kit.block_id("card", deployment.id, deployment.status)))
    blocks.append(kit.context(_small_print(deployment, voice)))
    return kit.drawn(_sentence(deployment, voice, waiting), blocks)


def _fields(deployment: Deployment, voice: Voice) -> list[str]:
    shown = [
        (voice.say("card.traffic"), parts.traffic(deployment, voice)),
        (voice.say("card.t0"), voice.when(deployment.t0)),
        (voice.say("card.starter"), voice.person(deployment.started_by)),
    ]
    if deployment.gate is not None and not deployment.final:
        summary = summarise(deployment, voice.now or deployment.t0)
        verdict = parts.recommendation(summary, voice) or voice.say("metric.none")
        told = ", ".join(part for part in (verdict, weighed.head(summary, voice)) if part)
        shown.append((voice.say("card.gate"), f"{voice.gate(deployment.gate.name)}: {told}"))
    if deployment.verdict:
        shown.append((voice.say("card.outcome"), voice.say(f"verdict.{deployment.verdict.lower()}")))
    return [f"*{name}*\n{value}" for name, value in shown]


def _troubles(deployment: Deployment, voice: Voice) -> list[Block]:
    """Why it stands still, what is being rolled back, who is being called; nothing when all is well."""
    lines = []
    held = deployment.hold
    if held is not None:
        why = voice.tell(f"hold.{held.key}", held.words)
        lines.append(voice.say("card.held", why=why, at=voice.when(held.since)))
    if deployment.rollback is not None:
        run = deployment.rollback
        why = voice.tell(
            f"rollback.{run.key or 'person'}", {"by": run.by, "reason": run.reason, **dict(run.words)}
        )
        lines.append(voice.say("card.rollback", why=why))
        if run.stage == "refused":
            lines.append(side.refusal(run, voice))
    for page in deployment.pages:
        if page.closed_at is not None:
            continue
        why = voice.tell(f"page.{page.key}", page.words)
        state = (
            "exhausted"
            if page.exhausted and page.acked_at is None
            else "acked"
            if page.acked_at
            else "calling"
        )
        lines.append(
            voice.say(
                f"card.page-{state}",
                number=page.number,
                tier=page.tier,
                by=voice.person(page.acked_by),
                why=why,
                people=voice.people(page.called, most=5),
            )
        )
    lines.extend(incident.line(deployment, one, voice) for one in deployment.incidents if one.open)
    tries = [one.next_try for one in deployment.incidents if one.next_try is not None]
    if tries:
        lines.append(voice.say("card.next-try", at=voice.when(tries[-1])))
    if deployment.locked:
        lines.append(voice.say("card.locked", service=deployment.runbook.plan.service))
    return [kit.section("\n".join(lines[:8]))] if lines else []


def _buttons(deployment: Deployment, voice: Voice) -> list[Element]:
    value = Value(deployment.id)
    name = parts.subject(deployment, voice)
    buttons = [
        kit.button(
            voice.say("button.details"),
            Verb.CARD_DETAILS,
            value,
            accessible=voice.say("button.details-of", name=name),
        )
    ]
    if deployment.status is Status.RUNNING:
        buttons.append(
            kit.button(
                voice.say("button.pause"),
                Verb.CARD_PAUSE,
                value,
                accessible=voice.say("button.pause-of", name=name),
            )
        )
    held = deployment.hold
    if deployment.status is Status.HELD and held is not None and held.cause != "unknown":
        buttons.append(
            kit.button(
                voice.say("button.resume"),
                Verb.CARD_RESUME,
                value,
                accessible=voice.say("button.resume-of", name=name),
            )
        )
    if parts.can_roll_back(deployment):
        label = voice.say("button.rollback")
        accessible = voice.say("button.rollback-of", name=name)
        buttons.append(kit.button(label, Verb.CARD_ROLLBACK, value, style="danger", accessible=accessible))
    if deployment.locked:
        buttons.append(
            kit.button(
                voice.say("button.unlock"),
                Verb.UNLOCK,
                value,
                accessible=voice.say("button.unlock-of", name=name),
            )
        )
    return buttons


def _small_print(deployment: Deployment, voice: Voice) -> str:
    shown = [deployment.id]
    gate = deployment.gate
    if gate is not None and gate.last_at is not None:
        shown.append(voice.say("card.checked", at=voice.when(gate.opened_at or gate.last_at)))
    if gate is not None and parts.under_way(deployment) and deployment.status is not Status.ROLLING_BACK:
        ends = (
            gate.opened_at + deployment.runbook.gate(gate.name).every
            if gate.opened_at is not None
            else gate.next_look
        )
        shown.append(voice.say("card.next-look", at=voice.when(max(ends, gate.next_look))))
    if deployment.ended_at is not None:
        shown.append(voice.say("card.ended", at=voice.when(deployment.ended_at)))
    return " · ".join(shown)


def _sentence(deployment: Deployment, voice: Voice, waiting: list[str]) -> str:
    said = voice.say("card.sentence", subject=parts.subject(deployment, voice), status=parts.status(deployment, voice),
                     share=voice.share(deployment.weight))  # fmt: skip
    return f"{said} {voice.say('card.sentence-waits', who=waiting[0])}" if waiting else said

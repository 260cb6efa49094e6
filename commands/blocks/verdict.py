"""How it ended, or why it cannot end by itself: every criterion with its evidence, and who settles a HOLD."""

from __future__ import annotations

from commands.blocks import kit, parts
from commands.blocks.kit import Block, Drawn
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.plan.models import Criterion, Verdict
from core.rules.rollback import stopwatch
from core.state import Deployment

MOST = 20


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The final verdict as it stands."""
    name = parts.subject(deployment, voice)
    verdict = deployment.verdict.lower() or "hold"
    blocks: list[Block] = [
        kit.header(voice.say(f"verdict-view.title-{verdict}", name=name)),
        kit.section(voice.say(f"verdict-view.{verdict}")),
    ]
    criteria = _criteria(deployment, voice)
    if criteria:
        blocks.append(kit.section("\n".join(criteria)))
    if deployment.rollback is not None:
        run = deployment.rollback
        why = voice.tell(
            f"rollback.{run.key or 'person'}", {"by": run.by, "reason": run.reason, **dict(run.words)}
        )
        blocks.append(kit.section(kit.lines([why, parts.stopwatch(stopwatch(deployment), voice)])))
    blocks.extend(_what_next(deployment, voice))
    blocks.append(kit.section(voice.say("verdict-view.record", id=deployment.id)))
    blocks.append(kit.context(_small_print(deployment, voice)))
    return kit.drawn(voice.say(f"verdict-view.sentence-{verdict}", name=name), blocks)


def _body(deployment: Deployment) -> Verdict | None:
    return next((p.body for p in deployment.runbook.route if isinstance(p.body, Verdict)), None)


def _criteria(deployment: Deployment, voice: Voice) -> list[str]:
    body = _body(deployment)
    required: tuple[Criterion, ...] = body.required if body is not None else ()
    lines = []
    for number, met, evidence in deployment.criteria[:MOST]:
        known = number.isdigit() and int(number) < len(required)
        title = voice.text(required[int(number)].title) if known else voice.safe(number, 60)
        state = voice.say(
            "criterion.unknown" if met is None else "criterion.met" if met else "criterion.not-met"
        )
        said = f" — {voice.evidence(evidence, 200)}" if evidence else ""
        lines.append(f"• *{title}*: {state}{said}")
    if len(deployment.criteria) > MOST:
        lines.append(voice.say("word.more", n=len(deployment.criteria) - MOST))
    return lines


def _what_next(deployment: Deployment, voice: Voice) -> list[Block]:
    body = _body(deployment)
    step = deployment.step(body.id) if body is not None else None
    if body is not None and step is not None and step.status == "open" and not deployment.final:
        value = Value(deployment.id, step.id, r=step.round)
        return [
            kit.section(voice.say("verdict-view.who", who=parts.roles(deployment, body.by, voice))),
            kit.actions(
                kit.button(voice.say("button.go-with-reason"), Verb.DECISION_GO, value),
                kit.button(voice.say("button.no-go"), Verb.DECISION_NO_GO, value, style="danger"),
                block_id=kit.block_id("verdict", step.id, step.round),
            ),
        ]
    if deployment.locked:
        button = kit.button(voice.say("button.unlock"), Verb.UNLOCK, Value(deployment.id))
        who = parts.roles(deployment, deployment.runbook.plan.starters, voice)
        return [
            kit.section(voice.say("verdict-view.locked", service=deployment.runbook.plan.service, who=who)),
            kit.actions(button, block_id=kit.block_id("unlock", deployment.id)),
        ]
    return []


def _small_print(deployment: Deployment, voice: Voice) -> str:
    ended = (
        voice.say("card.ended", at=voice.when(deployment.ended_at)) if deployment.ended_at is not None else ""
    )
    return " · ".join(part for part in (deployment.id, ended) if part)

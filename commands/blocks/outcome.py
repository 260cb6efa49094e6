"""Nobody knows whether an action happened: what was tried, and the question to the people who can look."""

from __future__ import annotations

from commands.blocks import kit, parts
from commands.blocks.kit import Block, Drawn
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.roles import holders_of
from core.state import Deployment


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The question about the effect with ref `subject`."""
    name, action = parts.subject(deployment, voice), voice.ref(subject)
    held = deployment.hold
    if held is None or held.cause != "unknown" or held.ref != subject:
        said = voice.say("outcome.settled", action=action)
        return kit.drawn(f"{name}: {said}", [kit.section(said)])
    starters = deployment.runbook.plan.starters
    people = voice.people(holders_of(deployment, starters))
    value = Value(deployment.id, i=subject)
    blocks: list[Block] = [
        kit.header(voice.say("outcome.title", action=action)),
        kit.section(f"{people} {voice.tell(f'hold.{held.key}', held.words)}"),
        kit.section(voice.say("outcome.ask", who=parts.roles(deployment, starters, voice))),
        kit.actions(
            kit.button(voice.say("button.happened"), Verb.OUTCOME_HAPPENED, value),
            kit.button(voice.say("button.not-happened"), Verb.OUTCOME_NOT_HAPPENED, value),
            block_id=kit.block_id("outcome", subject, held.since),
        ),
        kit.context(voice.say("outcome.meaning", id=deployment.id)),
    ]
    return kit.drawn(voice.say("outcome.sentence", name=name, action=action, people=people), blocks)

"""Moments of the plan that had passed before the deployment was started: each must be settled by a person."""

from __future__ import annotations

from commands.blocks import kit, parts
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.roles import holders_of
from core.state import Deployment, StepState

ROWS = 7
EVERY = "*"
"""Stands for all missed steps in a button's value."""


def missed(deployment: Deployment) -> tuple[StepState, ...]:
    """The steps that are still to be settled."""
    return tuple(step for step in deployment.steps if step.status == "missed")


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """All missed steps, some at a time; the next come up when these are settled."""
    name, left = parts.subject(deployment, voice), missed(deployment)
    if not left:
        said = voice.say("missed.none")
        return kit.drawn(f"{name}: {said}", [kit.section(said)])
    people = voice.people(holders_of(deployment, deployment.runbook.plan.starters))
    blocks: list[Block] = [
        kit.header(voice.say("missed.title", n=len(left))),
        kit.section(f"{people} {voice.say('missed.ask')}"),
    ]
    for step in left[:ROWS]:
        opens = parts.opens_at(deployment, step.id)
        was = voice.say("missed.was", at=voice.when(opens)) if opens is not None else ""
        blocks.append(
            kit.section(
                kit.lines([f"*{voice.step(step.id)}*", was]), block_id=kit.block_id("missed-step", step.id)
            )
        )
        blocks.append(
            kit.actions(*_buttons(deployment, step.id, voice), block_id=kit.block_id("missed", step.id))
        )
    if len(left) > ROWS:
        blocks.append(kit.context(voice.say("missed.more", n=len(left) - ROWS)))
    if len(left) > 1:
        value = Value(deployment.id, EVERY)
        every = kit.button(voice.say("button.missed-all-done"), Verb.MISSED_DONE, value)
        blocks.append(kit.actions(every, block_id=kit.block_id("missed", "all", len(left))))
    return kit.drawn(voice.say("missed.sentence", name=name, n=len(left), people=people), blocks)


def _buttons(deployment: Deployment, step_id: str, voice: Voice) -> list[Element]:
    value, title = Value(deployment.id, step_id), voice.step(step_id)
    return [
        kit.button(
            voice.say(f"button.missed-{name}"),
            verb,
            value,
            accessible=voice.say(f"button.missed-{name}-of", step=title),
        )
        for name, verb in (("done", Verb.MISSED_DONE), ("na", Verb.MISSED_NA), ("todo", Verb.MISSED_TODO))
    ]

"""The App Home of one person: what needs them now with its buttons, what is under way or was rolled back and is not yet
settled, which roles they hold. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from commands.blocks import ending, kit, parts, readiness, weighed
from commands.blocks.kit import Block
from commands.buttons import Value, Verb
from commands.telling import Voice, voice
from core.asks import Ask, asks
from core.evidence import seen
from core.incidents import number_in
from core.report import summarise
from core.roles import roles_of
from core.state import Deployment

NEEDS = 25
DEPLOYMENTS = 10

INCIDENT = {
    "todo": ("button.done", Verb.INCIDENT_DONE),
    "fix": ("button.close-incident", Verb.INCIDENT_CLOSE),
    "next-try": ("button.next-try", Verb.INCIDENT_NEXT_TRY),
}
"""What a person does about an incident from here; a decision wants its evidence beside it."""

Standing = tuple[Deployment, datetime]
"""A deployment and its plan time."""


def draw(standing: Sequence[Standing], user: str, speaking: Voice) -> dict[str, Any]:
    """The view for views.publish, within its 100 blocks."""
    needs = [
        (deployment, now, ask)
        for deployment, now in standing
        for ask in asks(deployment)
        if user in ask.people
    ]
    blocks: list[Block] = [kit.header(speaking.say("home.needs"))]
    for deployment, now, ask in needs[:NEEDS]:
        blocks.extend(_need(deployment, ask, voice(deployment, now)))
    if not needs:
        blocks.append(kit.section(speaking.say("home.nothing")))
    if len(needs) > NEEDS:
        blocks.append(kit.context(speaking.say("word.more", n=len(needs) - NEEDS)))
    blocks.append(kit.header(speaking.say("home.active")))
    for deployment, now in standing[:DEPLOYMENTS]:
        blocks.append(_active(deployment, user, voice(deployment, now)))
        blocks.extend(readiness.at_home(deployment, voice(deployment, now)))
    if not standing:
        blocks.append(kit.section(speaking.say("home.none-active")))
    blocks.append(kit.context(speaking.say("started.help")))
    return {"type": "home", "blocks": kit.fit(blocks, kit.VIEW_BLOCKS, kit.VIEW_BYTES)}


def _active(deployment: Deployment, user: str, speaking: Voice) -> Block:
    name = parts.subject(deployment, speaking)
    held = ", ".join(speaking.role(role) for role in roles_of(deployment, user)) or speaking.say(
        "home.no-role"
    )
    state = ", ".join(
        part for part in (parts.status(deployment, speaking), _weighed(deployment, speaking)) if part
    )
    said = f"*{name}*: {state}\n{parts.steps_line(deployment, speaking)}\n{speaking.say('home.roles', roles=held)}"
    button = kit.button(speaking.say("button.details"), Verb.CARD_DETAILS, Value(deployment.id))
    return kit.section(said, accessory=button, block_id=kit.block_id("home", deployment.id, said))


def _weighed(deployment: Deployment, speaking: Voice) -> str:
    """What the gate recommends and its score, while it looks."""
    if deployment.gate is None or deployment.weight == 0 or not parts.under_way(deployment):
        return ""
    summary = summarise(deployment, speaking.now or deployment.t0)
    shown = parts.recommendation(summary, speaking), weighed.head(summary, speaking)
    return " ".join(part for part in shown if part)


def _need(deployment: Deployment, ask: Ask, speaking: Voice) -> list[Block]:
    """One thing that waits for this person, with the buttons that act at once."""
    due = f" ({speaking.say('phrase.due', due=speaking.when(ask.due))})" if ask.due is not None else ""
    what = speaking.item(ask.step, ask.subject) if ask.kind == "item" else ""
    one = deployment.incident(number_in(ask.step))
    if ask.kind == "todo" and one is not None:
        what = speaking.todo(f"{one.playbook}/{ask.subject}")
    role = speaking.role(ask.subject) if ask.kind == "sign" else ""
    action = speaking.ref(ask.subject) if ask.kind == "outcome" else ""
    step = parts.about(deployment, ask.step, speaking)
    number = ask.subject if ask.kind == "page" else ""
    said = speaking.say(
        f"home.{ask.kind}", item=what, step=step, role=role, action=action, number=number, due=due
    )
    said = f"*{parts.subject(deployment, speaking)}*\n{said}"
    buttons = _buttons(deployment, ask, speaking)
    name = kit.block_id("need", f"{deployment.id}/{ask.kind}/{ask.step}/{ask.subject}", said)
    blocks = [kit.section(said, block_id=name)]
    return [*blocks, kit.actions(*buttons, block_id=f"{name}:do"[:255])] if buttons else blocks


def _buttons(deployment: Deployment, ask: Ask, speaking: Voice) -> list[dict[str, Any]]:
    step = deployment.step(ask.step)
    asked = step.round if step is not None else 0
    if ask.kind == "page":
        value = Value(deployment.id, i=ask.subject)
        return [kit.button(speaking.say("button.ack"), Verb.PAGE_ACK, value, style="primary")]
    if ask.kind == "item":
        value = Value(deployment.id, ask.step, ask.subject, asked)
        return [kit.button(speaking.say("button.done"), Verb.ITEM_DONE, value)]
    if ask.kind in INCIDENT:
        key, verb = INCIDENT[ask.kind]
        return [kit.button(speaking.say(key), verb, Value(deployment.id, ask.step, ask.subject))]
    if ask.kind == "sign":
        value = Value(deployment.id, ask.step, ask.subject, asked, seen(deployment, ask.step))
        return [kit.button(speaking.say("button.approve"), Verb.SIGN_APPROVE, value)]
    if ask.kind == "hold":
        return [kit.button(speaking.say("button.resume"), Verb.CARD_RESUME, Value(deployment.id))]
    return _of_several(deployment, ask, speaking)


def _of_several(deployment: Deployment, ask: Ask, speaking: Voice) -> list[dict[str, Any]]:
    """The buttons of what can be answered in more than one way."""
    step, alone, about = (
        Value(deployment.id, ask.step), Value(deployment.id), Value(deployment.id, i=ask.subject),
    )  # fmt: skip
    several: dict[str, list[tuple[str, Verb, Value]]] = {
        "missed": [
            ("button.missed-done", Verb.MISSED_DONE, step),
            ("button.missed-todo", Verb.MISSED_TODO, step),
        ],
        "rollback": [
            ("button.rollback-again", Verb.ROLLBACK_START, alone),
            ("button.rollback-anyway", Verb.ROLLBACK_FORCE, alone),
        ],
        "went": [(f"button.went-{word}", verb, step) for word, verb in ending.WENT.items()],
        "outcome": [
            ("button.happened", Verb.OUTCOME_HAPPENED, about),
            ("button.not-happened", Verb.OUTCOME_NOT_HAPPENED, about),
        ],
    }
    # A decision is none of them: it wants its evidence beside it, and the message in the channel has both.
    return [kit.button(speaking.say(key), verb, value) for key, verb, value in several.get(ask.kind, ())]

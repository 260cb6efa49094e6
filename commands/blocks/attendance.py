"""Who is here: the roles of a meeting, each with who came and when, or a button to say so. Also when it has begun.

It must not know what the meeting is about.
"""

from __future__ import annotations

from commands.blocks import kit, parts
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.state import Deployment, SignState, StepState

MOST = 20


def draw(deployment: Deployment, step: StepState, voice: Voice) -> Drawn:
    """The card of the meeting's attendance."""
    missing = [sign.role for sign in step.signs if sign.mark != "approve"]
    here = len(step.signs) - len(missing)
    title = voice.say("signoff.attendance", title=voice.step(step.id), done=here, all=len(step.signs))
    blocks: list[Block] = [kit.header(title)]
    if step.status == "done" and missing:
        blocks.append(kit.section(voice.say("signoff.begun", roles=", ".join(map(voice.role, missing)))))
    blocks.extend(_row(deployment, step, sign, voice) for sign in step.signs[:MOST])
    if len(step.signs) > MOST:
        blocks.append(kit.context(voice.say("word.more", n=len(step.signs) - MOST)))
    blocks.append(kit.context(voice.say("signoff.here-meaning", id=deployment.id)))
    asked = (
        voice.say("signoff.here-asks", who=parts.roles(deployment, missing, voice))
        if missing
        else voice.say("signoff.here-complete")
    )
    name = parts.subject(deployment, voice)
    return kit.drawn(voice.say("signoff.sentence", name=name, headline=title, asks=asked), blocks)


def _row(deployment: Deployment, step: StepState, sign: SignState, voice: Voice) -> Block:
    role = voice.role(sign.role)
    if sign.mark == "approve":
        late = sign.role in step.note.split(",")  # who was missing when it began
        at = voice.when(sign.at) if sign.at is not None else "–"
        state = voice.say("sign.late" if late else "sign.here", by=voice.person(sign.by), at=at)
    else:
        state = voice.say("sign.missing", who=voice.people(deployment.holders(sign.role), most=5))
    text = f"*{role}*\n{state}"
    open_ = step.status in ("open", "done") and not deployment.final
    accessory = _button(deployment, step, sign, role, voice) if open_ else None
    return kit.section(
        text, accessory=accessory, block_id=kit.block_id("here", f"{step.id}/{sign.role}", text, step.status)
    )


def _button(
    deployment: Deployment, step: StepState, sign: SignState, role: str, voice: Voice
) -> Element | None:
    value = Value(deployment.id, step.id, sign.role, step.round)
    if sign.mark != "approve":
        accessible = voice.say("button.here-of", role=role)
        return kit.button(voice.say("button.here"), Verb.SIGN_APPROVE, value, accessible=accessible)
    if step.status != "open":
        return None
    accessible = voice.say("button.leave-of", role=role)
    return kit.button(voice.say("button.leave"), Verb.SIGN_WITHDRAW, value, accessible=accessible)

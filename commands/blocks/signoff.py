"""The sign-off board: every role with its signature, or who may give it."""

from __future__ import annotations

from commands.blocks import attendance, kit, parts
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.evidence import seen
from core.rules.attendance import is_attendance
from core.state import Deployment, SignState, StepState

MOST = 20
COMMENT = 200


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The board of step `subject`."""
    step = deployment.step(subject) or StepState(subject)
    if is_attendance(deployment, subject):
        return attendance.draw(deployment, step, voice)
    signed = sum(sign.mark == "approve" for sign in step.signs)
    title = voice.say("signoff.headline", title=voice.step(subject), done=signed, all=len(step.signs))
    digest = seen(deployment, subject)
    blocks: list[Block] = [kit.header(title)]
    blocks.extend(_row(deployment, step, sign, digest, voice) for sign in step.signs[:MOST])
    if len(step.signs) > MOST:
        blocks.append(kit.context(voice.say("word.more", n=len(step.signs) - MOST)))
    if step.status == "open" and any(sign.mark != "reject" for sign in step.signs):
        reject = kit.button(
            voice.say("button.reject"),
            Verb.SIGN_REJECT,
            Value(deployment.id, subject, r=step.round, e=digest),
        )
        blocks.append(kit.actions(reject, block_id=kit.block_id("signoff", subject, step.round, digest)))
    blocks.append(kit.context(voice.say("signoff.evidence", digest=digest, id=deployment.id)))
    waiting = [sign.role for sign in step.signs if sign.mark != "approve"]
    asked = (
        voice.say("signoff.asks", who=parts.roles(deployment, waiting, voice))
        if waiting
        else voice.say("signoff.complete")
    )
    return kit.drawn(
        voice.say("signoff.sentence", name=parts.subject(deployment, voice), headline=title, asks=asked),
        blocks,
    )


def _row(deployment: Deployment, step: StepState, sign: SignState, digest: str, voice: Voice) -> Block:
    role = voice.role(sign.role)
    said = voice.say("phrase.note", note=voice.safe(sign.comment, COMMENT)) if sign.comment else ""
    if sign.mark == "open":
        who = voice.people(deployment.holders(sign.role), most=5)
        state = voice.say("sign.stale" if said else "sign.open", who=who)
    else:
        at = voice.when(sign.at) if sign.at is not None else "–"
        state = voice.say(f"sign.{sign.mark}", by=voice.person(sign.by), at=at) + said
    text = f"*{role}*\n{state}"
    accessory = _button(deployment, step, sign, digest, role, voice) if step.status == "open" else None
    return kit.section(
        text, accessory=accessory, block_id=kit.block_id("sign", f"{step.id}/{sign.role}", text, digest)
    )


def _button(
    deployment: Deployment, step: StepState, sign: SignState, digest: str, role: str, voice: Voice
) -> Element:
    value = Value(deployment.id, step.id, sign.role, step.round, digest)
    if sign.mark == "approve":
        accessible = voice.say("button.withdraw-of", role=role)
        return kit.button(voice.say("button.withdraw"), Verb.SIGN_WITHDRAW, value, accessible=accessible)
    accessible = voice.say("button.approve-of", role=role)
    return kit.button(voice.say("button.approve"), Verb.SIGN_APPROVE, value, accessible=accessible)

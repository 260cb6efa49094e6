"""The first message of a deployment: what begins, and for newcomers what to click; the card below it says where things stand."""

from __future__ import annotations

from commands.blocks import kit, parts
from commands.blocks.kit import Block, Drawn
from commands.telling import Voice
from core.effects import Words
from core.state import Deployment


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The welcome; with the word tour=True, a short tour too."""
    name = parts.subject(deployment, voice)
    said = voice.say(
        "started.sentence",
        name=name,
        by=voice.person(deployment.started_by),
        t0=voice.when(deployment.t0),
        id=deployment.id,
    )
    blocks: list[Block] = [kit.header(voice.say("started.title", name=name)), kit.section(said)]
    if dict(words).get("tour"):
        blocks.append(kit.section(voice.say("started.tour")))
    blocks.append(kit.context(voice.say("started.help")))
    return kit.drawn(said, blocks)

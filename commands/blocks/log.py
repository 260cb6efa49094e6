"""One line of the log in the card's thread: a fact as a sentence, its output below it where there is some."""

from __future__ import annotations

from commands import escape
from commands.blocks import kit, parts
from commands.blocks.kit import Drawn
from commands.telling import Voice
from core.effects import Words
from core.state import Deployment

OUTPUT = 1_500
INLINE = 120


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The fact named by the word 'fact', filled in by the others."""
    given = dict(words)
    key = str(given.pop("fact", "") or "")
    output = str(given.get("evidence") or "")
    long = len(output) > INLINE or "\n" in output.strip()
    if long:
        given["evidence"] = voice.say("word.output-below")
    said = voice.tell(f"fact.{key}", given)
    blocks = [kit.section(said)]
    if long:
        blocks.append(kit.section(escape.code(output, OUTPUT)))
    return kit.drawn(f"{parts.subject(deployment, voice)}: {said}", blocks)

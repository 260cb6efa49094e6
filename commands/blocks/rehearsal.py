"""The report of a rehearsal as a message: what was wrong first, the times last."""

from __future__ import annotations

from commands import rehearsal_report
from commands.blocks import kit
from commands.blocks.kit import Block, Drawn
from commands.telling import Voice
from core.effects import Words
from core.rehearsal import Review
from core.state import Deployment

MOST = 15
"""Lines under one heading; the command line shows all."""


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The report, when it is there."""
    review = deployment.rehearsing.review or Review()
    blocks: list[Block] = [kit.header(rehearsal_report.title(deployment, voice))]
    blocks += [kit.context(said) for said in rehearsal_report.remarks(deployment, review, voice)]
    for part in rehearsal_report.report(review, voice):
        shown = [f"• {line}" for line in part.lines[:MOST]] or [voice.say("rehearsal.none")]
        if len(part.lines) > MOST:
            shown.append(voice.say("word.more", n=len(part.lines) - MOST))
        blocks.append(kit.section("\n".join([f"*{part.heading}*", *shown])))
    return kit.drawn(rehearsal_report.title(deployment, voice, "rehearsal.sentence"), blocks)

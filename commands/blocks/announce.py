"""What the plan says at a moment, in the plan's own words."""

from __future__ import annotations

from commands.blocks import kit, parts
from commands.blocks.kit import Drawn
from commands.telling import Voice
from core.effects import Words
from core.plan.models import Announce
from core.state import Deployment


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The announcement of step `subject`."""
    body = next((p.body for p in deployment.runbook.route if p.body.id == subject), None)
    text = voice.text(body.text, 2_800) if isinstance(body, Announce) else voice.step(subject)
    name = parts.subject(deployment, voice)
    return kit.drawn(f"{name}: {text}", [kit.section(f"*{name}*\n{text}"), kit.context(deployment.id)])

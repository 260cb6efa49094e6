"""A long action while it runs: how long it has been running and what it said last; and the words for its whole output.

Edited in place, and a courtesy: what counts is said by the log. It must not know how it is sent.
"""

from __future__ import annotations

from datetime import timedelta

from commands import escape
from commands.blocks import kit, parts
from commands.blocks.kit import Drawn
from commands.telling import Voice
from core.effects import Words
from core.state import Deployment

OUTPUT = 1_500


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """`words`: what (`action`, or `step` and `item`), `state` (running, done, failed, unknown, again, interrupted), `took_s`,
    and `output`, its last lines."""
    given = dict(words)
    took = voice.span(timedelta(seconds=round(float(given.get("took_s") or 0))))
    said = voice.say(f"progress.{given.get('state') or 'running'}", what=what(words, voice), took=took)
    blocks = [kit.section(said)]
    shown = escape.code(str(given.get("output") or ""), OUTPUT)
    if shown:
        blocks.append(kit.section(shown))
    return kit.drawn(f"{parts.subject(deployment, voice)}: {said}", blocks)


def whole(words: Words, voice: Voice, size: int, why: str = "") -> str:
    """The line beside a file with the whole output of `size` bytes; `why` it could not be put there."""
    shown = f"{size / 1000:,.1f} kB" if size >= 1_000 else f"{size} B"
    if why:
        return voice.say("file.refused", what=what(words, voice), size=shown, why=voice.safe(why))
    return voice.say("file.whole", what=what(words, voice), size=shown)


def what(words: Words, voice: Voice) -> str:
    """The action, or the item that is verified, by its title."""
    given = dict(words)
    if given.get("item"):
        return voice.item(str(given.get("step") or ""), str(given["item"]))
    return voice.action(str(given.get("action") or ""))

"""The moments of a deployment that lie ahead, in its thread; and the message that says that T0 was moved.

It must not know how a timeline is made.
"""

from __future__ import annotations

from dataclasses import replace

from commands.blocks import kit, parts
from commands.blocks.kit import Block, Drawn
from commands.telling import Voice
from commands.timetable import Timetable
from core import timeline
from core.effects import Words
from core.state import Deployment

NEXT = 8
"""So many moments are shown with their old and new times."""
BYTES, SECTION = 9_000, 2_600


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """Everything that lies ahead, as far as a message holds it."""
    now = voice.now or deployment.t0
    points = timeline.of_deployment(deployment, now)
    table = Timetable(voice, deployment.holders)
    lines = [
        line(point, table) for point in points if point.state in ("ahead", "now", "late", "overdue", "missed")
    ]
    name = parts.subject(deployment, voice)
    title = voice.say("timeline.title", name=name, t0=voice.when(deployment.t0))
    shown = fitting(lines, BYTES)
    blocks: list[Block] = [kit.section(f"*{title}*")]
    blocks += [kit.section(page) for page in pages(shown, SECTION)]
    if len(shown) < len(lines):
        blocks.append(kit.context(voice.say("timeline.rest", n=len(lines) - len(shown), id=deployment.id)))
    blocks += [kit.context(said) for said in table.remarks(points, deployment.runbook.zone)]
    return kit.drawn(title, blocks)


def rescheduled(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """Old and new times of what comes next; `subject` is the number of the move, from 1."""
    number = int(subject or len(deployment.moves)) - 1
    if not 0 <= number < len(deployment.moves):
        return kit.drawn(parts.subject(deployment, voice), [])
    move = deployment.moves[number]
    name, now = parts.subject(deployment, voice), voice.now or move.at
    said = voice.tell(
        "rescheduled.sentence", {"name": name, "by": move.by, "start": move.was, "t0": move.to, "reason": move.reason}
    )  # fmt: skip
    before = {
        timeline.key_of(point): point.at
        for point in timeline.of_deployment(replace(deployment, t0=move.was), now)
    }
    ahead = timeline.of_deployment(replace(deployment, t0=move.to), now)
    following = timeline.next_points(tuple(point for point in ahead if point.what != "phase"), NEXT)
    table = Timetable(voice, deployment.holders)
    lines = []
    for point in following:
        was = before.get(timeline.key_of(point))
        # With its day, also when that is today: the day is what has moved, most of the time.
        old = replace(voice, now=None).when(was) if was is not None and was != point.at else ""
        lines.append(line(point, table, voice.say("rescheduled.was", at=old) if old else ""))
    blocks: list[Block] = [kit.header(voice.say("rescheduled.title", name=name)), kit.section(said)]
    if lines:
        blocks += [
            kit.section(page) for page in pages([f"*{voice.say('rescheduled.next')}*", *lines], SECTION)
        ]
    if any(step.deadline is not None and step.status == "open" for step in deployment.steps):
        blocks.append(kit.context(voice.say("rescheduled.deadlines")))
    return kit.drawn(said, blocks)


def line(point: timeline.Point, table: Timetable, remark: str = "") -> str:
    """One moment with its time in each reader's zone, and a remark on that time."""
    voice, when = table.voice, point.when
    if when is None:
        shown = voice.say("timeline.no-time")
    else:
        shown = voice.when(when)
        if point.about and point.happened is None:
            shown = voice.say("timeline.about", at=shown)
    said = table.line(point)
    shown = f"{shown} {remark}" if remark else shown
    return f"• {shown}  {f'*{said}*' if point.what in ('t0', 'phase') else said}"


def fitting(lines: list[str], most: int) -> list[str]:
    """The first lines that have room in so many bytes."""
    kept, size = [], 0
    for one in lines:
        size += len(one.encode()) + 2
        if size > most:
            break
        kept.append(one)
    return kept


def pages(lines: list[str], most: int) -> list[str]:
    """The lines in texts of at most `most` characters; a line is never torn."""
    found: list[str] = []
    for one in lines:
        if found and len(found[-1]) + len(one) < most:
            found[-1] += f"\n{one}"
        else:
            found.append(one)
    return found

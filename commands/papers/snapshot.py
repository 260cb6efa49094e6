"""The gate's numbers as they stand, and as they stood at every turn. It must not know where the document goes."""

from __future__ import annotations

from collections.abc import Iterator

from commands.blocks import parts
from commands.papers import markdown, numbers
from commands.papers.markdown import inline
from commands.telling import Voice
from core.record import Record


def write(record: Record, voice: Voice) -> str:
    """The numbers."""
    return markdown.document(_blocks(record, voice))


def _blocks(record: Record, voice: Voice) -> Iterator[list[str]]:
    deployment = record.deployment
    title = voice.say("snapshot.title", name=parts.subject(deployment, voice), id=deployment.id)
    yield [f"# {inline(title)}"]
    rows = numbers.table(record.numbers, voice)
    if not rows:
        yield [voice.say("snapshot.none")]
    else:
        at = record.numbers.looked_at or record.numbers.at
        yield [voice.say("snapshot.lead", at=voice.when(at))]
        yield rows
    for one in record.moments:
        yield [f"## {voice.when(one.at)}: {inline(voice.tell(f'fact.{one.about}', one.words))}"]
        yield numbers.table(one.numbers, voice)

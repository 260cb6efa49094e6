"""The draft of a post-mortem: what the journal knows is filled in, what only people know is asked for in brackets.

It blames nobody; roles act in it through what they decided. It must not know where the document goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands import texts
from commands.blocks import parts
from commands.papers import markdown, numbers, whole
from commands.papers.markdown import inline
from commands.telling import Voice
from core.record import Record


def write(record: Record, voice: Voice) -> str:
    """The draft."""
    return markdown.document(_blocks(record, voice))


def _blocks(record: Record, voice: Voice) -> Iterator[list[str]]:
    deployment = record.deployment
    title = voice.say("post-mortem.title", name=parts.subject(deployment, voice), id=deployment.id)
    yield [f"# {inline(title)}"]
    yield [voice.say("post-mortem.lead", at=voice.when(record.written_at))]
    yield _heading("summary", voice)
    if deployment.rollback is None:
        yield [voice.say("post-mortem.none")]
    else:
        yield [inline(voice.say("post-mortem.why", why=whole.why(record, voice)))]
        yield whole.stopwatch(record, voice)
    yield _heading("impact", voice)
    yield _impact(record, voice)
    yield _heading("timeline", voice)
    yield whole.story(record, voice, _began(record))
    yield _heading("decisions", voice)
    for one in record.answers:
        yield [f"**{inline(voice.step(one.step))}**"]
        yield from whole.answered(one, voice)
    turn = next((one for one in record.moments if one.about.startswith("rollback")), None)
    if turn is not None:
        yield _heading("numbers", voice)
        yield numbers.table(turn.numbers, voice)
    yield _heading("cause", voice)
    yield [voice.say("post-mortem.cause-ask")]
    for name in ("well", "badly"):
        yield _heading(name, voice)
        yield [f"- {voice.say('post-mortem.fill')}"]
    yield _heading("actions", voice)
    heads = [voice.say(f"post-mortem.{head}") for head in ("action", "owner", "due")]
    yield markdown.table(heads, [[voice.say("post-mortem.fill")] * 3])
    if record.afterwards:
        yield [f"## {voice.say('record.afterwards')}"]
        yield whole.items(record.afterwards, voice)


def _began(record: Record) -> datetime | None:
    """When the first traffic was asked for: what came before is in the record."""
    return next((said.at for said in record.story if said.fact.key == "traffic-asked"), None)


def _heading(name: str, voice: Voice) -> list[str]:
    return [f"## {voice.say(f'post-mortem.{name}')}"]


def _impact(record: Record, voice: Voice) -> list[str]:
    impact = record.impact
    lines = [voice.say("post-mortem.share", most=impact.most)]
    lines.extend(
        voice.say(
            "post-mortem.bad",
            metric=inline(voice.metric(name)),
            bad=texts.number(bad),
            count=texts.number(count),
        )
        for name, bad, count in impact.bad
    )
    if impact.requests is None:
        lines.append(voice.say("post-mortem.requests-unknown"))
    lines.append(voice.say("post-mortem.users"))
    return [f"- {line}" for line in lines]

"""The hand-over note: how it stands, what is still to do, who is called, what comes next, and the way back.

It must not know where the document goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from commands.blocks import parts
from commands.papers import markdown, numbers, whole
from commands.papers.markdown import inline
from commands.telling import Voice
from core.record import ItemLine, Record
from core.roles import holders_of

NEXT = 6
"""Steps ahead that are named."""


def write(record: Record, voice: Voice) -> str:
    """The note."""
    return markdown.document(_blocks(record, voice))


def _blocks(record: Record, voice: Voice) -> Iterator[list[str]]:
    deployment = record.deployment
    title = voice.say("hand-over.title", name=parts.subject(deployment, voice), id=deployment.id)
    yield [f"# {inline(title)}"]
    yield [voice.say("hand-over.lead", at=voice.when(record.written_at))]
    yield _heading("now", voice)
    yield _now(record, voice)
    rows = numbers.table(record.numbers, voice)
    if rows:
        yield _heading("numbers", voice)
        yield rows
    yield _heading("open", voice)
    left = _open(record)
    yield whole.items(left, voice) if left else [voice.say("hand-over.none-open")]
    coming = _next(record, voice)
    if coming:
        yield _heading("next", voice)
        yield coming
    yield _heading("calls", voice)
    yield _calls(record, voice)
    yield _heading("back", voice)
    yield _back(record, voice)
    yield [f"## {voice.say('record.people')}"]
    yield whole.people(record, voice)
    yield _heading("signed", voice)
    heads = (voice.say("record.what"), voice.say("record.who"), voice.say("record.when"))
    yield markdown.table(heads, [(voice.say(f"hand-over.{side}"), "", "") for side in ("gives", "takes")])


def _heading(name: str, voice: Voice) -> list[str]:
    return [f"## {voice.say(f'hand-over.{name}')}"]


def _now(record: Record, voice: Voice) -> list[str]:
    deployment = record.deployment
    said = voice.say(
        "hand-over.share", status=parts.status(deployment, voice), share=voice.share(deployment.weight)
    )
    lines = [inline(said)]
    if deployment.hold is not None:
        lines.append(inline(voice.tell(f"hold.{deployment.hold.key}", deployment.hold.words)))
    if deployment.rollback is not None:
        lines.append(inline(whole.why(record, voice)))
    lines.extend(inline(line) for line in parts.waiting(deployment, voice))
    return [f"- {line}" for line in lines]


def _open(record: Record) -> tuple[ItemLine, ...]:
    lists = [
        chapter.items
        for part in record.parts
        for chapter in part.chapters
        if chapter.state.status in ("open", "waiting") and chapter.items
    ]
    if not record.deployment.final:
        return tuple(line for items in lists for line in items if line.state.mark == "open")
    return tuple(line for line in record.afterwards if line.state.mark == "open")


def _next(record: Record, voice: Voice) -> list[str]:
    deployment = record.deployment
    if deployment.final:
        return []
    lines = []
    for placed in deployment.runbook.route:
        state = deployment.step(placed.body.id)
        at = placed.opens_at(deployment.t0, deployment.runbook.zone)
        if state is not None and state.status == "waiting" and at is not None:
            title = inline(voice.text(placed.body.title))
            lines.append(f"- {voice.say('hand-over.next-line', at=voice.when(at), step=title)}")
    return lines[:NEXT]


def _calls(record: Record, voice: Voice) -> list[str]:
    deployment = record.deployment
    return [
        "- "
        + inline(
            voice.say(
                "hand-over.tier",
                tier=tier.tier,
                purpose=voice.text(tier.purpose),
                people=voice.people(holders_of(deployment, tier.who), most=20),
                within=voice.span(tier.within),
            )
        )
        for tier in deployment.runbook.plan.escalation
    ]


def _back(record: Record, voice: Voice) -> list[str]:
    plan = record.deployment.runbook.plan.rollback
    if plan is None:
        return [voice.say("hand-over.no-back")]
    roles = ", ".join(voice.role(name) for name in plan.by)
    actions = ", ".join(voice.action(name) for name in plan.steps)
    return [
        voice.say("hand-over.back-how", id=record.deployment.id, roles=inline(roles)),
        "",
        voice.say("hand-over.back-actions", actions=inline(actions)),
    ]

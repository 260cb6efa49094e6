"""The record as a Markdown document in the shape of its runbook: the filled-in checklist, who signed and decided what on which
numbers, the way back, and the story.

It must not know where the document goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from commands.blocks import criteria, parts
from commands.papers import daily, ends, incidents, markdown, numbers
from commands.papers.markdown import inline
from commands.telling import Voice
from core.plan.models import Signoff
from core.record import Answered, Chapter, ItemLine, Part, Record
from core.rules.values import shown
from core.state import ItemState, SignState

Lines = list[str]
SPANS = ("detect", "decide", "act", "recover", "total")


def write(record: Record, voice: Voice) -> str:
    """The whole record."""
    return markdown.document(_blocks(record, voice))


def _blocks(record: Record, voice: Voice) -> Iterator[Lines]:
    deployment = record.deployment
    yield [
        "# "
        + inline(
            voice.say(
                "record.title", name=deployment.runbook.plan.title.in_(voice.language), id=deployment.id
            )
        )
    ]
    lead = "record.lead" if deployment.final else "record.lead-open"
    yield [voice.say(lead, at=voice.when(record.written_at))]
    yield _head(record, voice)
    yield [f"## {voice.say('record.people')}"]
    yield people(record, voice)
    for part in record.parts:
        yield from _part(part, voice)
    yield from daily.section(record.deployment, voice)
    yield from rollback(record, voice)
    yield from ends.achieved(record.deployment, voice)
    yield from _verdict(record, voice)
    yield from ends.outcome(record.deployment, voice)
    yield from ends.readiness(record.deployment, voice)
    yield from _moments(record, voice)
    yield from incidents.section(record.deployment, voice)
    yield from _pages(record, voice)
    yield [f"## {voice.say('record.story')}"]
    yield story(record, voice)
    yield [f"## {voice.say('record.seal')}"]
    yield [seal(record, voice)]


def _head(record: Record, voice: Voice) -> Lines:
    deployment, plan = record.deployment, record.deployment.runbook.plan
    rows = [
        ("record.head", inline(f"{deployment.id} · {parts.subject(deployment, voice)}")),
        (
            "record.plan",
            inline(voice.say("record.plan-digest", plan=plan.plan, digest=deployment.runbook.digest)),
        ),
        ("record.service", inline(f"{plan.service} / {deployment.environment}")),
    ]
    for name, value in deployment.inputs.items():
        asked = plan.inputs.get(name)
        title = asked.title.in_(voice.language) if asked is not None and asked.title is not None else name
        rows.append((voice.say("record.version", title=inline(title)), inline(value)))
    started = deployment.started_at
    if started is not None:
        said = voice.say("record.by-at", by=voice.person(deployment.started_by), at=voice.when(started))
        rows.append(("record.started", inline(said)))
    rows.append(("record.t0", voice.when(deployment.t0)))
    ended = deployment.ended_at
    rows.append(("record.ended", voice.when(ended) if ended else voice.say("record.not-ended")))
    rows.append(("record.status", inline(parts.status(deployment, voice))))
    if deployment.verdict:
        rows.append(("record.verdict", inline(voice.say(f"verdict.{deployment.verdict.lower()}"))))
    return markdown.table(
        (voice.say("record.what"), " "),
        [(voice.say(key) if key.startswith("record.") else key, value) for key, value in rows],
    )


def people(record: Record, voice: Voice) -> Lines:
    """Who held which role at the end."""
    roles = record.deployment.runbook.plan.roles
    return markdown.table(
        (voice.say("record.role"), voice.say("record.who")),
        [
            (inline(voice.role(name)), inline(voice.people(record.deployment.holders(name), most=30)))
            for name in roles
        ],
    )


# ------------------------------------------------------------------------------------------------------ the runbook


def _part(part: Part, voice: Voice) -> Iterator[Lines]:
    at = f" ({voice.say('record.from', at=voice.when(part.at))})" if part.at is not None else ""
    yield [f"## {inline(voice.text(part.title))}{at}"]
    for chapter in part.chapters:
        yield [f"### {inline(voice.text(chapter.title))}"]
        yield [inline(_standing(chapter, voice))]
        yield items(chapter.items, voice)
        yield _signs(chapter, voice)
        for one in chapter.answers:
            yield from answered(one, voice)
        if chapter.state.evidence:
            yield [voice.say("record.evidence")]
            yield markdown.fenced(chapter.state.evidence)


def _standing(chapter: Chapter, voice: Voice) -> str:
    state = chapter.state
    opened = voice.when(state.opened_at) if state.opened_at is not None else voice.say("record.none")
    if state.status == "done" and state.closed_at is not None:
        return voice.say("record.step-done", opened=opened, closed=voice.when(state.closed_at))
    if state.status == "skipped":
        note = voice.safe(state.note, 300)
        return voice.say("record.step-skipped", note=note) if note else voice.say("record.step-skipped-bare")
    return voice.say(f"record.step-{state.status}", opened=opened)


def items(found: tuple[ItemLine, ...], voice: Voice) -> Lines:
    """Boxes as they were filled in, with who, when and on which evidence below each."""
    return [line for one in found for line in _item(one, voice)]


def _item(line: ItemLine, voice: Voice) -> Iterator[str]:
    state = line.state
    box = " " if state.mark == "open" else "x"
    optional = f" ({voice.say('record.item-optional')})" if line.optional else ""
    yield f"- [{box}] {inline(voice.text(line.title))}{optional}"
    yield f"  - {inline(_marked(state, voice))}"
    if "\n" in state.note.strip():  # what a program printed
        yield f"  - {voice.say('record.evidence')}"
        yield ""
        yield from markdown.fenced(state.note, "    ")
    elif state.note:
        yield f"  - {inline(voice.say('record.item-evidence', evidence=voice.evidence(state.note, 2_000)))}"
    if state.value is not None:
        # What a person entered stands as it was entered; what the bot measured is rounded, as everywhere.
        exact = state.by not in ("bot", "")
        figure = shown(state.value, state.unit) if exact else voice.value(state.value, state.unit)
        number = {"number": figure, "limits": line.limits}
        yield f"  - {inline(voice.tell('record.item-number' if line.limits else 'record.item-number-alone', number))}"
    if line.known is not None:
        yield f"  - {inline(voice.say('item.known', note=voice.text(line.known, 2_000)))}"
    if state.failed and state.mark == "done":
        yield f"  - {inline(voice.say('record.item-accepted', evidence=voice.evidence(state.failed, 2_000)))}"
    if state.failed and state.mark != "done":
        yield f"  - {inline(voice.say('record.item-failed', evidence=voice.evidence(state.failed, 2_000)))}"
    if state.mark == "open":
        if line.role:
            yield f"  - {inline(voice.say('record.item-owner', role=voice.role(line.role)))}"
        if line.due is not None:
            yield f"  - {inline(voice.say('record.item-due', at=voice.when(line.due)))}"


def _marked(state: ItemState, voice: Voice) -> str:
    if state.mark == "open" or state.at is None:
        return voice.say("record.item-open")
    return voice.say(f"record.item-{state.mark}", by=voice.person(state.by), at=voice.when(state.at))


def _signature(chapter: Chapter, sign: SignState, voice: Voice) -> str:
    """Who says only that he is here has approved nothing."""
    placed = voice.runbook.find(chapter.id) if voice.runbook is not None else None
    attendance = placed is not None and isinstance(placed.body, Signoff) and placed.body.attendance
    if not attendance:
        return f"mark.{sign.mark}"
    return "record.here" if sign.mark == "approve" else "record.not-here"


def _signs(chapter: Chapter, voice: Voice) -> Lines:
    return markdown.table(
        [voice.say(f"record.{head}") for head in ("role", "signature", "who", "when", "comment")],
        [
            (
                inline(voice.role(sign.role)),
                inline(voice.say(_signature(chapter, sign, voice))),
                inline(voice.person(sign.by)) if sign.by else "",
                voice.when(sign.at) if sign.at is not None else "",
                inline(voice.safe(sign.comment, 2_000)),
            )
            for sign in chapter.signs
        ],
    )


def answered(one: Answered, voice: Voice) -> Iterator[Lines]:
    """An answer, and the numbers that stood when it was given."""
    said = {"answer": voice.answer(one.answer), "at": voice.when(one.at)}
    if one.by:
        reason = (
            voice.say("phrase.reason", reason=inline(voice.safe(one.reason, 2_000))) if one.reason else ""
        )
        yield [voice.say("record.answer", by=inline(voice.person(one.by)), reasoned=reason, **said)]
    else:
        yield [voice.say("record.answer-default", **said)]
    rows = numbers.table(one.numbers, voice)
    if rows:
        recommended = one.numbers.recommendation or voice.say("record.none")
        yield [voice.say("record.stood", recommendation=inline(recommended))]
        yield rows


# ----------------------------------------------------------------------------------------------------- how it ended


def rollback(record: Record, voice: Voice) -> Iterator[Lines]:
    """Why, how long it took, and what people had to do then."""
    if record.deployment.rollback is None:
        return
    yield [f"## {voice.say('record.rollback')}"]
    yield [inline(why(record, voice))]
    yield stopwatch(record, voice)
    if record.afterwards:
        yield [f"### {voice.say('record.afterwards')}"]
        yield items(record.afterwards, voice)


def why(record: Record, voice: Voice) -> str:
    """The reason of the rollback, in the words of the card."""
    run = record.deployment.rollback
    if run is None:
        return voice.say("post-mortem.none")
    return voice.tell(
        f"rollback.{run.key or 'person'}", {"by": run.by, "reason": run.reason, **dict(run.words)}
    )


def stopwatch(record: Record, voice: Voice) -> Lines:
    """Detect, decide, act, recover."""
    spans = dict(record.stopwatch)
    rows = []
    for name in SPANS:
        seconds = spans.get(f"{name}_s")
        said = (
            voice.span(timedelta(seconds=float(seconds)))
            if isinstance(seconds, int | float)
            else voice.say("word.unknown")
        )
        rows.append((voice.say(f"record.span-{name}"), said))
    return markdown.table((voice.say("record.stopwatch"), " "), rows if spans else [])


def _verdict(record: Record, voice: Voice) -> Iterator[Lines]:
    deployment = record.deployment
    if not deployment.verdict and not record.criteria:
        return
    yield [f"## {voice.say('record.criteria')}"]
    if deployment.verdict:
        yield [f"**{inline(voice.say(f'verdict.{deployment.verdict.lower()}'))}**"]
    rows = []
    for one in record.criteria:
        state = "unknown" if one.met is None else "met" if one.met else "not-met"
        title = voice.text(one.title) if one.title is not None else voice.say("record.none")
        said = voice.evidence(one.evidence, 500)
        if one.criterion is not None:
            said = criteria.told(one.criterion, one.evidence, voice)
        rows.append((inline(title), voice.say(f"criterion.{state}"), inline(said)))
    heads = ("record.criterion", "record.met", "record.evidence")
    yield markdown.table([voice.say(head).rstrip(":") for head in heads], rows)


def _moments(record: Record, voice: Voice) -> Iterator[Lines]:
    if not record.moments:
        return
    yield [f"## {voice.say('record.moments')}"]
    for one in record.moments:
        yield [f"{voice.when(one.at)}: {inline(voice.tell(f'fact.{one.about}', one.words))}"]
        yield numbers.table(one.numbers, voice)


def _pages(record: Record, voice: Voice) -> Iterator[Lines]:
    if not record.pages:
        return
    yield [f"## {voice.say('record.pages')}"]
    rows = []
    for page in record.pages:
        by = voice.say("record.unanswered")
        if page.acked_by and page.acked_at is not None:
            by = voice.say("record.by-at", by=voice.person(page.acked_by), at=voice.when(page.acked_at))
        reason = inline(voice.tell(f"page.{page.key}", page.words))
        rows.append((voice.when(page.opened_at), reason, str(page.tier), inline(by)))
    heads = ("called", "called-for", "tier", "answered")
    yield markdown.table([voice.say(f"record.{head}") for head in heads], rows)


def story(record: Record, voice: Voice, since: datetime | None = None) -> Lines:
    """Every fact that people were told, in order; `since`: from this moment on."""
    return [
        f"- {voice.when(said.at)}: {inline(voice.tell(f'fact.{said.fact.key}', said.fact.words))}"
        for said in record.story
        if since is None or said.at >= since
    ]


def seal(record: Record, voice: Voice) -> str:
    """Whether the journal is as it was written."""
    if record.seal.problems:
        return inline(voice.say("record.broken", problems="; ".join(record.seal.problems)))
    return voice.say("record.whole", rows=record.seal.rows, hash=record.seal.hash, id=record.deployment.id)
